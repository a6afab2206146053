package batch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/bank"
	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/approval"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/reconcile"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/workflow"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

type reconcileOptions struct {
	f          *factory.Factory
	out        output.Options
	plan       string
	statements []string
	decide     string
	as         string
	why        string
	yes        bool
	keys       keyFlags
	dry        bool
	offline    bool
	asks       bank.Flags
	wait       time.Duration
}

func newReconcile(f *factory.Factory) *cobra.Command {
	o := &reconcileOptions{f: f, keys: newKeyFlags(f), asks: bank.NewFlags(f)}
	tr := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd := &cobra.Command{
		Use:   tr("reconcile ПЛАН", "reconcile PLAN"),
		Short: tr("Выяснить, чем кончилось то, чей исход неизвестен", "Find out what became of what is uncertain"),
		Long: tr(`Спрашивает всех свидетелей о каждом незавершённом платеже и показывает, что сказал каждый:
1 — портал о самом платеже по его номеру, 2 — банк и его выписка, 3 — отметка начисления об оплате. Переводит только доказанное.
Если свидетели молчат, решить может человек: --decide ПЛАТЁЖ --as paid --why "…" --cert ИМЯ. Решение с причиной и подписью по ГОСТ
остаётся в журнале; что подпись верна, покажет epgu audit show ПЛАТЁЖ.`,
			`Asks every witness about each payment that is not final and shows what each said:
1 the portal about the payment by its ID, 2 the bank and its statement, 3 the charge's paid flag. Moves only what is proven.
Where all are silent a person may decide: --decide PAYMENT --as paid --why "…" --cert NAME. The decision stays in the journal with its reason
and a GOST signature; epgu audit show PAYMENT tells whether the signature holds.`),
		Example: "  epgu batch reconcile july.plan\n  epgu batch reconcile july.plan --statement kl_to_1c.txt\n  epgu batch reconcile july.plan --decide 0198… --as refused --why \"звонок в банк 15.07\" --cert anna",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.plan = args[0]
			return o.run(cmd.Context())
		},
	}
	fl := cmd.Flags()
	fl.StringArrayVar(&o.statements, "statement", nil, tr("выписка банка (1С или CSV), можно повторять", "a bank `statement` (1C or CSV); may be repeated"))
	fl.StringVar(&o.decide, "decide", "", tr("решить о `платеже` самому", "decide about a `payment` yourself"))
	fl.StringVar(&o.as, "as", "", tr("решение: paid, refused, returned (деньги вернулись), accepted или planned (отправить ещё раз)", "the decision: paid, refused, returned (the money came back), accepted or planned (send it again)"))
	fl.StringVar(&o.why, "why", "", tr("`причина` решения", "`reason` of the decision"))
	fl.BoolVarP(&o.yes, "yes", "y", false, tr("не переспрашивать о решении", "do not ask again about a decision"))
	o.keys.add(cmd)
	o.asks.Add(cmd, false)
	fl.DurationVar(&o.wait, "bank-wait", time.Minute, tr("сколько ждать ответов банка (directbank)", "how long to wait for the bank's answers (directbank)"))
	fl.BoolVar(&o.dry, "dry-run", false, tr("только показать", "only show"))
	fl.BoolVar(&o.offline, "offline", false, tr("не спрашивать ни портал, ни банк", "ask neither the portal nor a bank"))
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
	p, err := workflow.Open(o.plan)
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
		return o.decision(ctx, j, desk, p)
	}
	said, at := &workflow.Told{}, deskOf(o.f)
	for _, path := range o.statements {
		if err := at.Statement(ctx, p, path, o.dry, said); err != nil {
			return err
		}
	}
	if !o.offline && !o.dry {
		o.asks.Who = o.keys.who
		if err := o.asks.Settle(ctx, at, p, said, o.wait); err != nil {
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
	// A reader that has left, or Ctrl-C, changes nothing about what is still unknown.
	told := output.Stream(o.f.IO, &o.out, findingView(), said.Before(desk.Run(ctx, p.Header.ID)), nil)
	return errors.Join(told, at.Settled(context.WithoutCancel(ctx), p, o.dry))
}

// decision records a person's word, signed.
func (o *reconcileOptions) decision(ctx context.Context, j journal.Journal, desk *reconcile.Desk, plan *planfile.Plan) error {
	to := journal.State(o.as)
	switch to {
	case journal.Paid, journal.Refused, journal.Returned, journal.Accepted, journal.Planned:
	default:
		return flagValue("as", o.as, "paid, refused, returned, accepted, planned")
	}
	if strings.TrimSpace(o.why) == "" {
		return fault.New(exitcode.Usage, "decision.no_reason", i18n.Say("нужна причина: --why", "a reason is needed: --why"))
	}
	p, err := workflow.OfPlan(ctx, j, plan, o.decide)
	if err != nil {
		return err
	}
	if o.keys.cert == "" && o.keys.key == "" && o.keys.who.Signer == "" && !o.f.IO.CanPrompt() {
		return fault.New(exitcode.Usage, "decision.no_key", i18n.Say("решение подписывают: нужен --cert ИМЯ (или --key и --cert)", "a decision is signed: --cert NAME is needed (or --key and --cert)"))
	}
	if !o.yes {
		if err := prompt.New(o.f.IO).TypedConfirm(ctx, prompt.Typed{
			Label: i18n.Text{RU: "Платёж %s на %s (УИН %s) станет «%s» по вашему слову. Наберите его номер", EN: "Payment %s of %s (УИН %s) becomes %s on your word. Type its ID"}.
				With(o.decide, i18n.Money(p.AmountKopecks), untrusted.Text(p.UIN), billing.StateTitle(to)),
			Expected: o.decide, Flag: "--yes",
		}); err != nil {
			return err
		}
	}
	key, err := o.keys.open(ctx)
	if err != nil {
		return err
	}
	now, err := desk.Decide(ctx, reconcile.Decision{ID: o.decide, To: to, Why: o.why}, approval.GOST{Key: key})
	if err != nil {
		return err
	}
	return output.List(o.f.IO, &o.out, findingView(), []reconcile.Finding{{Payment: p, To: now.State,
		Says: []reconcile.Says{{Witness: journal.Operator, Rank: reconcile.RankOf(journal.Operator), What: string(to)}}}}, output.Page{})
}
