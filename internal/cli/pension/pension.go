// Package pension is the noun "pension": accounts, contributions, what is to
// come, and the signed statement of it.
package pension

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/bill"
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
		Use:   "pension",
		Short: i18n.Text{RU: "Пенсионный счёт: остатки, взносы, выплаты, выписка", EN: "The pension account: balances, contributions, payments, statement"}.In(f.Lang),
		Args:  cobra.NoArgs,
	}
	f.Verbs(cmd, func() []*cobra.Command {
		return []*cobra.Command{newView(f), newAccounts(f), newContributions(f), newExpected(f), newStatement(f)}
	})
	return cmd
}

// offered fails unless the portal has pension accounts.
func offered(ctx context.Context, c *factory.Connection) error {
	caps, err := c.Capabilities(ctx)
	if err != nil {
		return err
	}
	return cabinet.Require(caps, wire.CapPension)
}

func newView(f *factory.Factory) *cobra.Command {
	var out output.Options
	sum := func(p *wire.Pension, get func(wire.PensionAccount) int64) any {
		if p == nil {
			return i18n.Money(0)
		}
		total := int64(0)
		for _, a := range p.Accounts {
			total += get(a)
		}
		return i18n.Money(total)
	}
	view := output.View[*wire.Pension]{Fields: []output.Field[*wire.Pension]{
		{Name: "snils", Title: i18n.Text{RU: "СНИЛС", EN: "СНИЛС"}, Value: func(p *wire.Pension) any { return field(p, func() any { return untrusted.Text(p.SNILS) }) }},
		{Name: "points", Title: i18n.Text{RU: "Пенсионный коэффициент", EN: "Pension points"}, Value: func(p *wire.Pension) any { return field(p, func() any { return untrusted.Text(p.Points) }) }},
		{Name: "serviceMonths", Title: i18n.Text{RU: "Стаж, месяцев", EN: "Service, months"}, Value: func(p *wire.Pension) any { return field(p, func() any { return p.ServiceMonths }) }},
		{Name: "retirementDate", Title: i18n.Text{RU: "Пенсия с", EN: "Pension from"}, Value: func(p *wire.Pension) any { return field(p, func() any { return output.Day(p.RetirementDate) }) }},
		{Name: "balanceKopecks", Title: i18n.Text{RU: "На счетах", EN: "On the accounts"}, Value: func(p *wire.Pension) any {
			return sum(p, func(a wire.PensionAccount) int64 { return a.BalanceKopecks })
		}},
		{Name: "interestKopecks", Title: i18n.Text{RU: "Доход за год", EN: "Interest of the year"}, Value: func(p *wire.Pension) any {
			return sum(p, func(a wire.PensionAccount) int64 { return a.InterestKopecks })
		}},
		{Name: "asOf", Title: i18n.Text{RU: "На дату", EN: "As of"}, Value: func(p *wire.Pension) any { return field(p, func() any { return p.AsOf }) }},
	}}
	cmd := &cobra.Command{
		Use:   "view",
		Short: i18n.Text{RU: "Счёт одним взглядом", EN: "The account at a glance"}.In(f.Lang),
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			p, err := get(cmd.Context(), c)
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, view, p)
		},
	}
	output.AddFlags(cmd, &out, view, f.Lang)
	return cmd
}

func field(p *wire.Pension, get func() any) any {
	if p == nil {
		return nil
	}
	return get()
}

func get(ctx context.Context, c *factory.Connection) (*wire.Pension, error) {
	if err := offered(ctx, c); err != nil {
		return nil, err
	}
	return c.Cabinet.Pension(ctx)
}

// accountKind names a kind of pension account.
func accountKind(kind string) output.Dual {
	t := i18n.Text{RU: kind, EN: kind}
	switch kind {
	case "insurance":
		t = i18n.Text{RU: "страховая пенсия", EN: "insurance pension"}
	case "savings":
		t = i18n.Text{RU: "накопительная пенсия", EN: "funded pension"}
	}
	return output.Dual{Machine: kind, Human: t}
}

func newAccounts(f *factory.Factory) *cobra.Command {
	view := output.View[wire.PensionAccount]{Fields: []output.Field[wire.PensionAccount]{
		{Name: "id", Title: i18n.Text{RU: "Счёт", EN: "Account"}, Value: func(a wire.PensionAccount) any { return untrusted.Text(a.ID) }},
		{Name: "kind", Title: i18n.Text{RU: "Вид", EN: "Kind"}, Value: func(a wire.PensionAccount) any { return accountKind(a.Kind) }},
		{Name: "title", Title: i18n.Text{RU: "Название", EN: "Title"}, Value: func(a wire.PensionAccount) any { return a.Title }, Wide: true},
		{Name: "insurer", Title: i18n.Text{RU: "Страховщик", EN: "Insurer"}, Value: func(a wire.PensionAccount) any { return a.Insurer }, Wide: true},
		{Name: "balanceKopecks", Title: i18n.Text{RU: "Остаток", EN: "Balance"}, Value: func(a wire.PensionAccount) any { return i18n.Money(a.BalanceKopecks) }},
		{Name: "interestKopecks", Title: i18n.Text{RU: "Доход за год", EN: "Interest of the year"}, Value: func(a wire.PensionAccount) any { return i18n.Money(a.InterestKopecks) }},
	}}
	return listing.Command(f, &cobra.Command{
		Use:   "accounts",
		Short: i18n.Text{RU: "Счета и остатки", EN: "Accounts and balances"}.In(f.Lang),
	}, listing.List[wire.PensionAccount]{
		View: view,
		Get: listing.Whole(func(ctx context.Context, c *factory.Connection) ([]wire.PensionAccount, error) {
			p, err := get(ctx, c)
			if err != nil {
				return nil, err
			}
			return p.Accounts, nil
		}),
	})
}

func newExpected(f *factory.Factory) *cobra.Command {
	view := output.View[wire.PensionPayment]{Fields: []output.Field[wire.PensionPayment]{
		{Name: "date", Title: i18n.Text{RU: "Дата", EN: "Date"}, Value: func(p wire.PensionPayment) any { return output.Day(p.Date) }},
		{Name: "title", Title: i18n.Text{RU: "Выплата", EN: "Payment"}, Value: func(p wire.PensionPayment) any { return p.Title }, Wide: true},
		{Name: "amountKopecks", Title: i18n.Text{RU: "Сумма", EN: "Amount"}, Value: func(p wire.PensionPayment) any { return i18n.Money(p.AmountKopecks) }},
	}}
	return listing.Command(f, &cobra.Command{
		Use:   "expected",
		Short: i18n.Text{RU: "Ожидаемые выплаты", EN: "Payments to come"}.In(f.Lang),
	}, listing.List[wire.PensionPayment]{
		View: view,
		Get: listing.Whole(func(ctx context.Context, c *factory.Connection) ([]wire.PensionPayment, error) {
			p, err := get(ctx, c)
			if err != nil {
				return nil, err
			}
			return p.Expected, nil
		}),
	})
}

func newContributions(f *factory.Factory) *cobra.Command {
	var year int
	view := output.View[wire.PensionContribution]{Fields: []output.Field[wire.PensionContribution]{
		{Name: "period", Title: i18n.Text{RU: "Период", EN: "Period"}, Value: func(c wire.PensionContribution) any { return untrusted.Text(c.Period) }},
		{Name: "account", Title: i18n.Text{RU: "Счёт", EN: "Account"}, Value: func(c wire.PensionContribution) any { return accountKind(c.Account) }},
		{Name: "employer", Title: i18n.Text{RU: "Работодатель", EN: "Employer"}, Value: func(c wire.PensionContribution) any { return c.Employer }, Wide: true},
		{Name: "employerInn", Title: i18n.Text{RU: "ИНН", EN: "ИНН"}, Value: func(c wire.PensionContribution) any { return untrusted.Text(c.EmployerINN) }},
		{Name: "amountKopecks", Title: i18n.Text{RU: "Взнос", EN: "Contribution"}, Value: func(c wire.PensionContribution) any { return i18n.Money(c.AmountKopecks) }},
	}}
	cmd := &cobra.Command{
		Use:   "contributions",
		Short: i18n.Text{RU: "Взносы работодателей", EN: "What employers paid in"}.In(f.Lang),
	}
	cmd.Flags().IntVar(&year, "year", 0, i18n.Text{RU: "только за этот год", EN: "of this year only"}.In(f.Lang))
	return listing.Command(f, cmd, listing.List[wire.PensionContribution]{
		View: view, Limit: 24,
		Get: listing.Paged(func(ctx context.Context, c *factory.Connection, q cabinet.PageQuery) (*wire.Page[wire.PensionContribution], error) {
			if err := offered(ctx, c); err != nil {
				return nil, err
			}
			return c.Cabinet.PensionContributions(ctx, year, q)
		}),
	})
}

// statement is the saved statement.
type statement struct {
	title                 wire.Text
	path, signature, root string
}

func newStatement(f *factory.Factory) *cobra.Command {
	var out output.Options
	var dir string
	view := output.View[statement]{Fields: []output.Field[statement]{
		{Name: "title", Title: i18n.Text{RU: "Документ", EN: "Document"}, Value: func(s statement) any { return s.title }},
		{Name: "path", Title: i18n.Text{RU: "Файл", EN: "File"}, Value: func(s statement) any { return s.path }},
		{Name: "signature", Title: i18n.Text{RU: "Подпись", EN: "Signature"}, Value: func(s statement) any { return s.signature }},
		{Name: "root", Title: i18n.Text{RU: "Корневой сертификат", EN: "Root certificate"}, Value: func(s statement) any { return s.root }},
	}}
	cmd := &cobra.Command{
		Use:   "statement",
		Short: i18n.Text{RU: "Подписанная выписка со счёта (PDF)", EN: "A signed statement of the account (PDF)"}.In(f.Lang),
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.Connect(cmd.Context())
			if err == nil {
				err = offered(cmd.Context(), c)
			}
			if err != nil {
				return err
			}
			d, err := c.Cabinet.PensionStatement(cmd.Context())
			if err != nil {
				return err
			}
			s := statement{title: d.Title}
			if s.path, s.signature, s.root, err = bill.SaveSigned(d, dir); err != nil {
				return err
			}
			return output.Object(f.IO, &out, view, s)
		},
	}
	cmd.Flags().StringVarP(&dir, "output", "o", ".", i18n.Text{RU: "`папка` для файлов", EN: "`folder` for the files"}.In(f.Lang))
	output.AddFlags(cmd, &out, view, f.Lang)
	return cmd
}
