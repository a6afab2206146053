package pay

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/listing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// fromPortal shows the portal's word about a payment in the same columns as the
// journal's.
func fromPortal(p wire.Payment) payment {
	out := payment{title: p.Title, Payment: journal.Payment{
		ID: p.ID, UIN: p.UIN, AmountKopecks: p.AmountKopecks, State: journal.State(p.State), ReceiptID: p.ReceiptID,
		PortalPaymentID: p.UIP, PayeeName: p.Payee.Name.Raw(), CreatedAt: p.CreatedAt, UpdatedAt: p.CreatedAt,
	}}
	if p.State == "confirming" {
		out.State = journal.Accepted
	}
	if p.PaidAt != nil {
		out.UpdatedAt = *p.PaidAt
	}
	if r := p.Reason; r != nil {
		out.Reason = journal.Reason{Code: r.Code, Text: r.Text.Raw()}
	}
	return out
}

func newList(f *factory.Factory) *cobra.Command {
	payments := listing.Paged(func(ctx context.Context, c *factory.Connection, q cabinet.PageQuery) (*wire.Page[wire.Payment], error) {
		return c.Cabinet.Payments(ctx, cabinet.PaymentQuery{PageQuery: q})
	})
	return listing.Command(f, &cobra.Command{
		Use:   "list",
		Short: i18n.Text{RU: "Мои платежи на портале", EN: "My payments at the portal"}.In(f.Lang),
	}, listing.List[payment]{
		View: view(), Limit: 30,
		Get: func(ctx context.Context, c *factory.Connection, limit int) ([]payment, output.Page, error) {
			items, page, err := payments(ctx, c, limit)
			rows := make([]payment, len(items))
			for i, p := range items {
				rows[i] = fromPortal(p)
			}
			return rows, page, err
		},
	})
}

func newView(f *factory.Factory) *cobra.Command {
	var out output.Options
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "view ПЛАТЁЖ", EN: "view PAYMENT"}.In(f.Lang),
		Short: i18n.Text{RU: "Что портал знает о платеже", EN: "What the portal knows of a payment"}.In(f.Lang),
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			p, err := c.Cabinet.Payment(cmd.Context(), args[0], 0)
			if err != nil {
				return err
			}
			shown := fromPortal(*p)
			if p.Confirm != nil && p.Confirm.Page != "" && !c.Embedded {
				if shown.page, _, err = pageAddress(cmd.Context(), f, p.Confirm.Page); err != nil {
					return err
				}
			}
			if err := remember(cmd.Context(), c, p.ID); err != nil {
				return err
			}
			return output.Object(f.IO, &out, view(), shown)
		},
	}
	output.AddFlags(cmd, &out, view(), f.Lang)
	return cmd
}

// remember lets the journal learn what the portal says of a payment that it
// still waits for.
func remember(ctx context.Context, c *factory.Connection, id string) error {
	engine, err := c.Billing(ctx)
	if err != nil {
		return err
	}
	p, err := engine.Journal.Payment(ctx, id)
	if fault.ExitOf(err) == exitcode.NotFound && err != nil {
		return nil // made elsewhere: nothing here waits for it
	}
	if err != nil || p.Via != journal.ViaPortal || p.State != journal.Accepted && p.State != journal.Unknown {
		return err
	}
	_, err = engine.Settle(ctx, p)
	return err
}

// confirmation says by what a payment is confirmed.
func confirmation(by string) output.Dual {
	t := i18n.Text{RU: by, EN: by}
	switch by {
	case "sms":
		t = i18n.Text{RU: "код из СМС", EN: "code by SMS"}
	case "token":
		t = i18n.Text{RU: "код банка", EN: "the bank's code"}
	case "":
		t = i18n.Text{RU: "не нужно", EN: "none"}
	}
	return output.Dual{Machine: by, Human: t}
}

func newMethods(f *factory.Factory) *cobra.Command {
	view := output.View[wire.PaymentMethod]{Fields: []output.Field[wire.PaymentMethod]{
		{Name: "id", Title: i18n.Text{RU: "Способ", EN: "Method"}, Value: func(m wire.PaymentMethod) any { return m.ID }},
		{Name: "title", Title: i18n.Text{RU: "Название", EN: "Title"}, Value: func(m wire.PaymentMethod) any { return m.Title }, Wide: true},
		{Name: "default", Title: i18n.Text{RU: "По умолчанию", EN: "Default"}, Value: func(m wire.PaymentMethod) any { return m.Default }},
		{Name: "confirm", Title: i18n.Text{RU: "Подтверждение", EN: "Confirmation"}, Value: func(m wire.PaymentMethod) any { return confirmation(m.Confirm) }},
		{Name: "limitKopecks", Title: i18n.Text{RU: "Предел", EN: "Limit"}, Value: func(m wire.PaymentMethod) any { return i18n.Money(m.LimitKopecks) }},
		{Name: "balanceKopecks", Title: i18n.Text{RU: "Остаток", EN: "Balance"}, Value: func(m wire.PaymentMethod) any {
			if m.BalanceKopecks == nil {
				return nil
			}
			return i18n.Money(*m.BalanceKopecks)
		}},
	}}
	return listing.Command(f, &cobra.Command{
		Use:   "methods",
		Short: i18n.Text{RU: "Чем можно платить", EN: "Ways to pay"}.In(f.Lang),
	}, listing.List[wire.PaymentMethod]{
		View: view,
		Get: listing.Whole(func(ctx context.Context, c *factory.Connection) ([]wire.PaymentMethod, error) {
			return c.Cabinet.PaymentMethods(ctx)
		}),
	})
}
