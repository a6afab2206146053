package batch

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/approval"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/reconcile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/payfile/statement"
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
}

func newReconcile(f *factory.Factory) *cobra.Command {
	o := &reconcileOptions{f: f, keys: newKeyFlags(f)}
	tr := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd := &cobra.Command{
		Use:   tr("reconcile ПЛАН", "reconcile PLAN"),
		Short: tr("Выяснить, чем кончилось то, чей исход неизвестен", "Find out what became of what is uncertain"),
		Long: tr(`Спрашивает всех свидетелей о каждом незавершённом платеже и показывает, что сказал каждый:
1 — портал о самом платеже по его номеру, 2 — выписка банка, 3 — отметка начисления об оплате. Переводит только доказанное.
Если свидетели молчат, решить может человек: --decide ПЛАТЁЖ --as paid --why "…" --cert ИМЯ. Решение с причиной и подписью по ГОСТ
остаётся в журнале; что подпись верна, покажет epgu audit show ПЛАТЁЖ.`,
			`Asks every witness about each payment that is not final and shows what each said:
1 the portal about the payment by its ID, 2 the bank's statement, 3 the charge's paid flag. Moves only what is proven.
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
	p, err := openPlan(o.plan)
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
		return o.decision(ctx, desk, p.Header.ID)
	}
	said := &told{open: map[string][]reconcile.Says{}}
	for _, path := range o.statements {
		if err := o.statement(ctx, j, p, path, said); err != nil {
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
	told := output.Stream(o.f.IO, &o.out, findingView(), said.before(desk.Run(ctx, p.Header.ID)), nil)
	return errors.Join(told, o.end(context.WithoutCancel(ctx), j, p.Header.ID))
}

// end says what is left open.
func (o *reconcileOptions) end(ctx context.Context, j journal.Journal, run string) error {
	counts, err := j.Counts(ctx, run)
	if err != nil {
		return err
	}
	// What is still being sent after the dead have been cleared away is in the hands
	// of somebody who lives.
	unknown, pending := counts[journal.Unknown].N, counts[journal.Accepted].N+counts[journal.Sending].N
	if o.dry {
		unknown, pending = unknown+counts[journal.Sending].N, counts[journal.Accepted].N
	}
	if n := unknown; n > 0 {
		return fault.New(exitcode.Unknown, "batch.unknown", i18n.Text{RU: "исход всё ещё неизвестен: %d", EN: "still unknown: %d"}.With(n)).
			Advise(i18n.Say("повторите позже, приложите выписку (--statement) или решите сами (--decide)", "repeat later, give a statement (--statement), or decide yourself (--decide)"))
	}
	if n := pending; n > 0 {
		return fault.New(exitcode.Pending, "batch.pending", i18n.Text{RU: "ещё не проведено: %d", EN: "not settled yet: %d"}.With(n)).
			Advise(i18n.Say("повторите позже; ушедшее через банк закроет выписка: --statement", "repeat later; what went by a bank is settled by its statement: --statement"))
	}
	return nil
}

// told is what statements have said, once for each payment.
type told struct {
	closed []reconcile.Finding         // what nobody else is asked about
	open   map[string][]reconcile.Says // the rest, by the payment's ID
}

// add takes what a line of a statement says; q is as the payment is now.
func (t *told) add(f reconcile.Finding, now journal.State) {
	id := f.Payment.ID
	if now == journal.Unknown || now == journal.Accepted || now == journal.Sending {
		t.open[id] = append(t.open[id], f.Says...)
		return
	}
	for i := range t.closed {
		if c := &t.closed[i]; c.Payment.ID == id {
			c.Says = append(c.Says, f.Says...)
			if f.To != "" {
				c.Payment.State, c.To = f.Payment.State, f.To
			}
			return
		}
	}
	t.closed = append(t.closed, f)
}

// before yields what statements have settled, then what the other witnesses say, with
// the statements' word before theirs.
func (t *told) before(rest iter.Seq2[reconcile.Finding, error]) iter.Seq2[reconcile.Finding, error] {
	return func(yield func(reconcile.Finding, error) bool) {
		for _, f := range t.closed {
			if !yield(f, nil) {
				return
			}
		}
		for f, err := range rest {
			f.Says = append(t.open[f.Payment.ID], f.Says...)
			if !yield(f, err) {
				return
			}
		}
	}
}

// statement settles what a statement proves, whichever plan it belongs to, and notes
// what it says of this one's payments.
func (o *reconcileOptions) statement(ctx context.Context, j journal.Journal, p *planfile.Plan, path string, said *told) (err error) {
	in, err := os.Open(path)
	if err != nil {
		return fault.New(exitcode.Usage, "statement.open", i18n.Text{RU: "выписку %s не открыть", EN: "statement %s cannot be opened"}.With(path)).Because(err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	r, err := bankfiles.Import(ctx, j, p.Header.Profile, filepath.Base(path), in, bankfiles.How{Dry: o.dry})
	if err != nil {
		return err
	}
	o.f.IO.Note(i18n.Text{RU: "Выписка %s: проведено %d, было проведено %d, требует внимания %d", EN: "Statement %s: %d settled, %d settled before, %d need a look"}.
		With(filepath.Base(path), r.Settled, r.Already, r.Doubts))
	for _, f := range slices.Concat(r.Faults, r.Notes) {
		o.f.IO.Note(i18n.Text{RU: "%s: %s", EN: "%s: %s"}.With(f.Name, f.Message))
	}
	for i := range r.Found {
		f := &r.Found[i]
		ids := slices.Concat(f.Candidates, []string{f.Payment}) // the one it was is a candidate, too
		slices.Sort(ids)
		for _, id := range slices.Compact(ids) {
			if id == "" {
				continue
			}
			q, err := j.Payment(ctx, id)
			if err != nil {
				return err
			}
			if q.Run == p.Header.ID {
				said.add(stated(f, q), q.State)
			}
		}
	}
	return nil
}

// stated is what a line of a statement says of a payment; q is as it is now.
func stated(f *bankfiles.Found, q journal.Payment) reconcile.Finding {
	says := reconcile.Says{Witness: journal.Statement, Rank: reconcile.RankOf(journal.Statement), What: "paid"}
	out := reconcile.Finding{Payment: q}
	switch {
	case f.Outcome != statement.Matched:
		says.What = string(f.Outcome)
	case !f.Already:
		out.Payment.State, out.To = f.Was, journal.Paid
	}
	out.Says = []reconcile.Says{says}
	return out
}

// decision records a person's word, signed.
func (o *reconcileOptions) decision(ctx context.Context, desk *reconcile.Desk, run string) error {
	to := journal.State(o.as)
	switch to {
	case journal.Paid, journal.Refused, journal.Returned, journal.Accepted, journal.Planned:
	default:
		return flagValue("as", o.as, "paid, refused, returned, accepted, planned")
	}
	if strings.TrimSpace(o.why) == "" {
		return fault.New(exitcode.Usage, "decision.no_reason", i18n.Say("нужна причина: --why", "a reason is needed: --why"))
	}
	p, err := desk.Journal.Payment(ctx, o.decide)
	if err != nil {
		return err
	}
	if p.Run != run {
		return fault.New(exitcode.NotFound, "decision.other_plan", i18n.Text{
			RU: "платёж %s не из этого плана", EN: "payment %s does not belong to this plan"}.With(o.decide))
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
