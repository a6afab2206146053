// Package bill is the noun "bill": what there is to pay.
package bill

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/listing"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// New returns the noun with its verbs.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bill",
		Short: i18n.Text{RU: "Начисления: пошлины, штрафы, налоги, долги", EN: "Charges: duties, fines, taxes, debts"}.In(f.Lang),
		Args:  cobra.NoArgs,
	}
	f.Verbs(cmd, func() []*cobra.Command {
		return []*cobra.Command{newList(f), newSearch(f), newView(f), newPhotos(f), newDispute(f), newCertificate(f)}
	})
	return cmd
}

func view() output.View[wire.Charge] {
	day := func(t *time.Time) any {
		if t == nil {
			return nil
		}
		return output.Date(*t)
	}
	return output.View[wire.Charge]{Fields: []output.Field[wire.Charge]{
		{Name: "uin", Title: i18n.Text{RU: "УИН", EN: "УИН"}, Value: func(c wire.Charge) any { return c.UIN }},
		{Name: "kind", Title: i18n.Text{RU: "Вид", EN: "Kind"}, Value: func(c wire.Charge) any { return kind(c.Kind) }},
		{Name: "state", Title: i18n.Text{RU: "Состояние", EN: "State"}, Value: func(c wire.Charge) any { return state(c.State) }},
		{Name: "title", Title: i18n.Text{RU: "За что", EN: "For what"}, Value: func(c wire.Charge) any { return c.Title }, Wide: true},
		{Name: "purpose", Title: i18n.Text{RU: "Назначение платежа", EN: "Purpose"}, Value: func(c wire.Charge) any { return c.Purpose }, Wide: true},
		{Name: "amountKopecks", Title: i18n.Text{RU: "Начислено", EN: "Charged"}, Value: func(c wire.Charge) any { return i18n.Money(c.AmountKopecks) }},
		{Name: "dueKopecks", Title: i18n.Text{RU: "К оплате", EN: "Due"}, Value: func(c wire.Charge) any { return i18n.Money(c.DueKopecks) }},
		{Name: "issuedAt", Title: i18n.Text{RU: "Дата", EN: "Issued"}, Value: func(c wire.Charge) any { return c.IssuedAt }},
		{Name: "payUntil", Title: i18n.Text{RU: "Оплатить до", EN: "Pay until"}, Value: func(c wire.Charge) any { return day(c.PayUntil) }},
		{Name: "discountUntil", Title: i18n.Text{RU: "Скидка до", EN: "Discount until"}, Value: func(c wire.Charge) any {
			if c.Discount == nil {
				return nil
			}
			return output.Date(c.Discount.LastDay)
		}},
		{Name: "discountKopecks", Title: i18n.Text{RU: "Сумма со скидкой", EN: "Sum with the discount"}, Value: func(c wire.Charge) any {
			if c.Discount == nil {
				return nil
			}
			return i18n.Money(c.Discount.DueKopecks)
		}},
		{Name: "afterDiscountKopecks", Title: i18n.Text{RU: "Сумма после скидки", EN: "Sum after the discount"}, Value: func(c wire.Charge) any {
			if c.Discount == nil {
				return nil
			}
			return i18n.Money(c.AmountKopecks - c.PaidKopecks)
		}},
		{Name: "paidKopecks", Title: i18n.Text{RU: "Уже оплачено", EN: "Paid already"}, Value: func(c wire.Charge) any { return i18n.Money(c.PaidKopecks) }},
		detail("ruling", "Постановление", "Ruling", func(d *wire.ChargeDetails) any { return untrusted.Text(d.Ruling) }),
		detail("offenceAt", "Когда", "When", func(d *wire.ChargeDetails) any { return d.At }),
		detail("place", "Где", "Where", func(d *wire.ChargeDetails) any { return d.Place }),
		detail("article", "Статья", "Article", func(d *wire.ChargeDetails) any { return d.Article }),
		detail("plate", "Машина", "Vehicle", func(d *wire.ChargeDetails) any { return untrusted.Text(d.Plate) }),
		detail("sts", "СТС", "СТС", func(d *wire.ChargeDetails) any { return untrusted.Text(d.STS) }),
		detail("vin", "VIN", "VIN", func(d *wire.ChargeDetails) any { return untrusted.Text(d.VIN) }),
		detail("photos", "Снимков", "Photos", func(d *wire.ChargeDetails) any { return d.Photos }),
		{Name: "dispute", Title: i18n.Text{RU: "Возражение", EN: "Dispute"}, Value: func(c wire.Charge) any {
			if c.Dispute == nil {
				return nil
			}
			return disputeState(c.Dispute.State)
		}},
		{Name: "disputeAnswer", Title: i18n.Text{RU: "Ответ на возражение", EN: "Answer to the dispute"}, Value: func(c wire.Charge) any {
			if c.Dispute == nil {
				return nil
			}
			return c.Dispute.Answer
		}, Wide: true},
		{Name: "payee", Title: i18n.Text{RU: "Получатель", EN: "Payee"}, Value: func(c wire.Charge) any { return c.Payee.Name }, Wide: true},
		{Name: "payeeInn", Title: i18n.Text{RU: "ИНН получателя", EN: "Payee's ИНН"}, Value: func(c wire.Charge) any { return c.Payee.INN }},
		{Name: "payeeKpp", Title: i18n.Text{RU: "КПП получателя", EN: "Payee's КПП"}, Value: func(c wire.Charge) any { return c.Payee.KPP }},
		{Name: "account", Title: i18n.Text{RU: "Счёт получателя", EN: "Payee's account"}, Value: func(c wire.Charge) any { return c.Payee.Account }},
		{Name: "bik", Title: i18n.Text{RU: "БИК", EN: "БИК"}, Value: func(c wire.Charge) any { return c.Payee.BIK }},
		{Name: "corrAccount", Title: i18n.Text{RU: "Единый казначейский счёт", EN: "Treasury account"}, Value: func(c wire.Charge) any { return c.Payee.CorrAccount }},
		{Name: "kbk", Title: i18n.Text{RU: "КБК", EN: "КБК"}, Value: func(c wire.Charge) any { return c.Payee.KBK }},
		{Name: "oktmo", Title: i18n.Text{RU: "ОКТМО", EN: "ОКТМО"}, Value: func(c wire.Charge) any { return c.Payee.OKTMO }},
		{Name: "payer", Title: i18n.Text{RU: "Плательщик", EN: "Payer"}, Value: func(c wire.Charge) any { return c.PayerName }},
		{Name: "orderId", Title: i18n.Text{RU: "Заявление", EN: "Application"}, Value: func(c wire.Charge) any {
			if c.OrderID == 0 {
				return nil
			}
			return c.OrderID
		}},
		{Name: "paymentId", Title: i18n.Text{RU: "Платёж", EN: "Payment"}, Value: func(c wire.Charge) any { return c.PaymentID }},
	}, Default: []string{"uin", "title", "dueKopecks", "state", "payUntil", "discountUntil"}}
}

// detail is a field of what happened; a charge without details has none.
func detail(name, ru, en string, get func(*wire.ChargeDetails) any) output.Field[wire.Charge] {
	return output.Field[wire.Charge]{Name: name, Title: i18n.Text{RU: ru, EN: en}, Wide: true, Value: func(c wire.Charge) any {
		if c.Details == nil {
			return nil
		}
		return get(c.Details)
	}}
}

func kind(k string) output.Dual {
	t := i18n.Text{RU: k, EN: k}
	switch k {
	case "duty":
		t = i18n.Text{RU: "пошлина", EN: "duty"}
	case "fine":
		t = i18n.Text{RU: "штраф", EN: "fine"}
	case "tax":
		t = i18n.Text{RU: "налог", EN: "tax"}
	case "debt":
		t = i18n.Text{RU: "взыскание", EN: "enforcement debt"}
	}
	return output.Dual{Machine: k, Human: t}
}

func state(s string) output.Dual {
	t := i18n.Text{RU: s, EN: s}
	switch s {
	case "unpaid":
		t = i18n.Text{RU: "не оплачено", EN: "unpaid"}
	case "partly-paid":
		t = i18n.Text{RU: "оплачено частично", EN: "partly paid"}
	case "paid":
		t = i18n.Text{RU: "оплачено", EN: "paid"}
	case "annulled":
		t = i18n.Text{RU: "отменено", EN: "annulled"}
	case "clarified":
		t = i18n.Text{RU: "уточнено, ждёт оплаты", EN: "corrected, to be paid"}
	case "forcibly-settled":
		t = i18n.Text{RU: "взыскано принудительно", EN: "collected by force"}
	}
	return output.Dual{Machine: s, Human: t}
}

func newList(f *factory.Factory) *cobra.Command {
	var stateFlag string
	var order int64
	cmd := &cobra.Command{
		Use:   "list",
		Short: i18n.Text{RU: "Что нужно оплатить", EN: "What there is to pay"}.In(f.Lang),
	}
	cmd.Flags().StringVar(&stateFlag, "state", "due", i18n.Text{RU: "due (всё, что ждёт оплаты), unpaid, partly-paid, clarified, paid, annulled, forcibly-settled или all", EN: "due (whatever is to be paid), unpaid, partly-paid, clarified, paid, annulled, forcibly-settled or all"}.In(f.Lang))
	cmd.Flags().Int64Var(&order, "application", 0, i18n.Text{RU: "только по этому заявлению", EN: "only of this application"}.In(f.Lang))
	return listing.Command(f, cmd, listing.List[wire.Charge]{
		View: view(), Limit: 100,
		Get: listing.Paged(func(ctx context.Context, c *factory.Connection, q cabinet.PageQuery) (*wire.Page[wire.Charge], error) {
			query := cabinet.ChargeQuery{PageQuery: q, State: stateFlag, OrderID: order}
			if stateFlag == "all" {
				query.State = ""
			}
			return c.Cabinet.Charges(ctx, query)
		}),
	})
}

func newView(f *factory.Factory) *cobra.Command {
	var out output.Options
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "view УИН", EN: "view УИН"}.In(f.Lang),
		Short: i18n.Text{RU: "Одно начисление", EN: "One charge"}.In(f.Lang),
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			uin, err := parseUIN(args[0])
			if err != nil {
				return err
			}
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			charge, err := c.Cabinet.Charge(cmd.Context(), uin)
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, view(), *charge)
		},
	}
	output.AddFlags(cmd, &out, view(), f.Lang)
	return cmd
}
