package batch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/reconcile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/ui/i18n"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

type reconcileOptions struct {
	f          *factory.Factory
	out        output.Options
	plan       string
	statements []string
	decide     string
	as         string
	why        string
	dry        bool
	offline    bool
}

func newReconcile(f *factory.Factory) *cobra.Command {
	o := &reconcileOptions{f: f}
	tr := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd := &cobra.Command{
		Use:   tr("reconcile ПЛАН", "reconcile PLAN"),
		Short: tr("Выяснить, чем кончилось то, чей исход неизвестен", "Find out what became of what is uncertain"),
		Long: tr(`Спрашивает всех свидетелей о каждом незавершённом платеже и показывает, что сказал каждый:
1 — портал о самом платеже по его номеру, 2 — выписка банка, 3 — отметка начисления об оплате. Переводит только доказанное.
Если свидетели молчат, решить может человек: --decide ПЛАТЁЖ --as paid --why "…"; решение остаётся в журнале.`,
			`Asks every witness about each payment that is not final and shows what each said:
1 the portal about the payment by its ID, 2 the bank's statement, 3 the charge's paid flag. Moves only what is proven.
Where all are silent a person may decide: --decide PAYMENT --as paid --why "…"; the decision stays in the journal.`),
		Example: "  epgu batch reconcile july.plan\n  epgu batch reconcile july.plan --statement kl_to_1c.txt\n  epgu batch reconcile july.plan --decide 0198… --as refused --why \"звонок в банк 15.07\"",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.plan = args[0]
			return o.run(cmd.Context())
		},
	}
	fl := cmd.Flags()
	fl.StringArrayVar(&o.statements, "statement", nil, tr("выписка банка (1С или CSV), можно повторять", "a bank `statement` (1C or CSV); may be repeated"))
	fl.StringVar(&o.decide, "decide", "", tr("решить о `платеже` самому", "decide about a `payment` yourself"))
	fl.StringVar(&o.as, "as", "", tr("решение: paid, refused, accepted или planned (отправить ещё раз)", "the decision: paid, refused, accepted or planned (send it again)"))
	fl.StringVar(&o.why, "why", "", tr("`причина` решения", "`reason` of the decision"))
	fl.BoolVar(&o.dry, "dry-run", false, tr("только показать", "only show"))
	fl.BoolVar(&o.offline, "offline", false, tr("не спрашивать портал", "do not ask the portal"))
	output.AddFlags(cmd, &o.out, findingView(), f.Lang)
	return cmd
}

func findingView() output.View[reconcile.Finding] {
	said := func(f reconcile.Finding) string {
		var parts []string
		for _, s := range f.Says {
			parts = append(parts, fmt.Sprintf("%d %s: %s", s.Rank, s.Witness, s.What))
		}
		return strings.Join(parts, "; ")
	}
	return output.View[reconcile.Finding]{Fields: []output.Field[reconcile.Finding]{
		{Name: "row", Title: i18n.Text{RU: "Строка", EN: "Row"}, Value: func(f reconcile.Finding) any { return f.Payment.Row }},
		{Name: "id", Title: i18n.Text{RU: "Платёж", EN: "Payment"}, Value: func(f reconcile.Finding) any { return f.Payment.ID }},
		{Name: "uin", Title: i18n.Text{RU: "УИН", EN: "УИН"}, Value: func(f reconcile.Finding) any { return f.Payment.UIN }},
		{Name: "amountKopecks", Title: i18n.Text{RU: "Сумма", EN: "Amount"}, Value: func(f reconcile.Finding) any { return i18n.Money(f.Payment.AmountKopecks) }},
		{Name: "was", Title: i18n.Text{RU: "Было", EN: "Was"}, Value: func(f reconcile.Finding) any {
			return output.Dual{Machine: string(f.Payment.State), Human: billing.StateTitle(f.Payment.State)}
		}},
		{Name: "says", Title: i18n.Text{RU: "Свидетели", EN: "Witnesses"}, Value: func(f reconcile.Finding) any { return output.Dual{Machine: f.Says, Human: said(f)} }, Wide: true},
		{Name: "is", Title: i18n.Text{RU: "Стало", EN: "Is"}, Value: func(f reconcile.Finding) any {
			if f.To == "" {
				return nil
			}
			return output.Dual{Machine: string(f.To), Human: billing.StateTitle(f.To)}
		}},
	}, Default: []string{"row", "uin", "amountKopecks", "was", "says", "is"}}
}

func (o *reconcileOptions) run(ctx context.Context) error {
	p, err := planfile.Open(o.plan)
	if err != nil {
		return err
	}
	defer p.Close()
	j, err := o.f.Journal(ctx)
	if err != nil {
		return err
	}
	desk := &reconcile.Desk{Journal: j, Clock: o.f.Clock, Dry: o.dry}
	if o.decide != "" {
		return o.decision(ctx, desk)
	}
	for _, path := range o.statements {
		if err := o.statement(ctx, j, p, path); err != nil {
			return err
		}
	}
	if !o.offline {
		c, err := o.f.Connect(ctx)
		if err != nil {
			return err
		}
		desk.Portal = c.Cabinet
	}
	if err := output.Stream(o.f.IO, &o.out, findingView(), desk.Run(ctx, p.Header.ID), nil); err != nil {
		return err
	}
	counts, err := j.Counts(ctx, p.Header.ID)
	if err != nil {
		return err
	}
	if n := counts[journal.Unknown].N + counts[journal.Sending].N; n > 0 {
		return fault.New(exitcode.Unknown, "batch.unknown", i18n.Text{RU: "исход всё ещё неизвестен: %d", EN: "still unknown: %d"}.With(n)).
			Advise(i18n.Say("повторите позже, приложите выписку (--statement) или решите сами (--decide)", "repeat later, give a statement (--statement), or decide yourself (--decide)"))
	}
	if n := counts[journal.Accepted].N; n > 0 {
		return fault.New(exitcode.Pending, "batch.pending", i18n.Text{RU: "ещё не проведено: %d", EN: "not settled yet: %d"}.With(n))
	}
	return nil
}

// statement settles what a statement proves, whichever plan it belongs to.
func (o *reconcileOptions) statement(ctx context.Context, j journal.Journal, p *planfile.Plan, path string) (err error) {
	in, err := os.Open(path)
	if err != nil {
		return fault.New(exitcode.Usage, "statement.open", i18n.Text{RU: "выписку %s не открыть", EN: "statement %s cannot be opened"}.With(path)).Because(err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	r, err := bankfiles.Import(ctx, j, p.Header.Profile, filepath.Base(path), in, o.dry)
	if err != nil {
		return err
	}
	o.f.IO.Note(i18n.Text{RU: "Выписка %s: проведено %d, было проведено %d, требует внимания %d", EN: "Statement %s: %d settled, %d settled before, %d need a look"}.
		With(filepath.Base(path), r.Settled, r.Already, r.Doubts))
	for _, f := range r.Faults {
		o.f.IO.Note(i18n.Text{RU: "%s: %s", EN: "%s: %s"}.With(f.Name, f.Message))
	}
	return nil
}

// decision records a person's word.
func (o *reconcileOptions) decision(ctx context.Context, desk *reconcile.Desk) error {
	to := journal.State(o.as)
	switch to {
	case journal.Paid, journal.Refused, journal.Accepted, journal.Planned:
	default:
		return flagValue("as", o.as, "paid, refused, accepted, planned")
	}
	if strings.TrimSpace(o.why) == "" {
		return fault.New(exitcode.Usage, "decision.no_reason", i18n.Say("нужна причина: --why", "a reason is needed: --why"))
	}
	if err := prompt.New(o.f.IO).TypedConfirm(ctx, prompt.Typed{
		Label:    i18n.Text{RU: "Платёж %s станет «%s» по вашему слову. Наберите его номер", EN: "Payment %s becomes %s on your word. Type its ID"}.With(o.decide, billing.StateTitle(to)),
		Expected: o.decide,
	}); err != nil {
		return err
	}
	p, err := desk.Decide(ctx, reconcile.Decision{ID: o.decide, To: to, Who: login(), Why: o.why})
	if err != nil {
		return err
	}
	return output.List(o.f.IO, &o.out, findingView(), []reconcile.Finding{{Payment: p, To: p.State,
		Says: []reconcile.Says{{Witness: journal.Operator, Rank: 4, What: string(to)}}}}, output.Page{})
}
