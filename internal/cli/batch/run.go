package batch

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/approval"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/progress"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

type runOptions struct {
	f           *factory.Factory
	out         output.Options
	plan        string
	via         string
	policy      string
	maxSum      string
	until       string
	only        string
	skip        string
	wait        time.Duration
	maxAge      time.Duration
	recheck     time.Duration
	concurrency int
	ended       bool
	unbounded   bool
	bank        bankOptions

	approved *approval.Result
	rules    *rules
}

func newRun(f *factory.Factory) *cobra.Command {
	o := &runOptions{f: f}
	tr := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd := &cobra.Command{
		Use:   tr("run ПЛАН", "run PLAN"),
		Short: tr("Выполнить одобренный план, каждую строку ровно один раз", "Run an approved plan, every row exactly once"),
		Long: tr(`Выполняет только одобренный и не изменённый план. Каждый платёж сначала надёжно записывается в журнал и лишь потом отправляется.
Прервать можно в любой момент: Ctrl-C, выключение питания, обрыв связи. Та же команда продолжит с того же места и ничего не оплатит дважды.
Чей исход неизвестен, тот не повторяется, пока портал, выписка или человек не скажут, что с ним (epgu batch reconcile).
Не начинает вовсе, если подписей мало, план изменён или устарел, начисление с тех пор изменилось, профиль не тот или план уже выполняется.
Портал, который это умеет, получает одобрения и сам не проводит ничего сверх подписанных числа и суммы платежей.
Код выхода: 0 — всё оплачено, 7 — есть неизвестный исход, 8 — выполнено частично, 9 — план нельзя выполнять, 10 — часть ещё проводится, 130 — прервано.`,
			`Runs an approved and unchanged plan only. Every payment is durably journalled first and sent afterwards.
It may be broken off at any moment: Ctrl-C, a power cut, a lost connection. The same command goes on from the same place and pays nothing twice.
What has an unknown outcome is not repeated until the portal, a statement or a person says what became of it (epgu batch reconcile).
It does not begin at all with too few signatures, a changed or stale plan, a charge that has changed since, another profile, or a run of the same plan under way.
A portal that can is given the approvals and itself pays nothing beyond the number and the sum that were signed.
Exit code: 0 all paid, 7 something is unknown, 8 partly done, 9 the plan must not be run, 10 some is still being settled, 130 interrupted.`),
		Example: "  epgu batch run july.plan\n  epgu batch run july.plan --until 18:00 --max-sum 500000\n  epgu batch run july.plan --via bank-file --payers accounts.json -o to-bank/",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.plan = args[0]
			return o.run(cmd.Context())
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&o.via, "via", "portal", tr("`дорога`: portal или bank-file", "`road`: portal or bank-file"))
	fl.StringVar(&o.policy, "policy", "", tr("`файл` правил одобрения, тот же, что у плана", "approval policy `file`, the plan's own"))
	fl.StringVar(&o.maxSum, "max-sum", "", tr("отправить не больше `рублей` за этот раз", "send at most so many `rubles` this time"))
	fl.StringVar(&o.until, "until", "", tr("не отправлять после `времени` (18:00 или 2026-07-31T18:00)", "send nothing after this `time` (18:00 or 2026-07-31T18:00)"))
	fl.StringVar(&o.only, "only", "", tr("только `строки` плана: 1-100,205", "only these `rows` of the plan: 1-100,205"))
	fl.StringVar(&o.skip, "skip", "", tr("кроме `строк` плана: 7,12-15", "all but these `rows` of the plan: 7,12-15"))
	fl.DurationVar(&o.wait, "wait", 2*time.Minute, tr("сколько ждать проведения принятых платежей", "how long to wait until accepted payments are settled"))
	fl.DurationVar(&o.maxAge, "max-age", 7*24*time.Hour, tr("план старше — устарел", "an older plan is stale"))
	fl.DurationVar(&o.recheck, "recheck", 24*time.Hour, tr("переспросить начисление, если его смотрели раньше: сначала все такие, потом каждое перед отправкой", "ask for a charge again when it was looked at longer ago: all such first, then each before it is sent"))
	fl.BoolVar(&o.ended, "leave-ended", false, tr("не платить строки, чья сумма была верна до прошедшего дня, остальное оплатить", "leave out rows whose sum held until a day that has passed, and pay the rest"))
	fl.BoolVar(&o.unbounded, "without-authorisation", false, tr("не передавать одобрения порталу, который по ним ограничил бы план; только если это разрешают правила одобрения", "do not hand the approvals to a portal that would bound the plan by them; only where the approval policy lets it"))
	fl.IntVar(&o.concurrency, "concurrency", bulkpay.DefaultConcurrency, tr("запросов одновременно, не больше", "most requests at once"))
	o.bank.flags(cmd, tr)
	output.AddFlags(cmd, &o.out, eventView(), f.Lang)
	return cmd
}

func eventView() output.View[bulkpay.Event] {
	return output.View[bulkpay.Event]{Fields: []output.Field[bulkpay.Event]{
		{Name: "at", Title: i18n.Text{RU: "Когда", EN: "When"}, Value: func(e bulkpay.Event) any { return e.At }},
		{Name: "kind", Title: i18n.Text{RU: "Событие", EN: "Event"}, Value: func(e bulkpay.Event) any { return string(e.Kind) }},
		{Name: "row", Title: i18n.Text{RU: "Строка", EN: "Row"}, Value: func(e bulkpay.Event) any { return e.Row }},
		{Name: "id", Title: i18n.Text{RU: "Платёж", EN: "Payment"}, Value: func(e bulkpay.Event) any { return e.ID }},
		{Name: "uin", Title: i18n.Text{RU: "УИН", EN: "УИН"}, Value: func(e bulkpay.Event) any { return e.UIN }},
		{Name: "amountKopecks", Title: i18n.Text{RU: "Сумма", EN: "Amount"}, Value: func(e bulkpay.Event) any { return i18n.Money(e.Kopecks) }},
		{Name: "from", Title: i18n.Text{RU: "Было", EN: "From"}, Value: func(e bulkpay.Event) any { return string(e.From) }},
		{Name: "to", Title: i18n.Text{RU: "Стало", EN: "To"}, Value: func(e bulkpay.Event) any {
			return output.Dual{Machine: string(e.To), Human: billing.StateTitle(e.To)}
		}},
		{Name: "code", Title: i18n.Text{RU: "Код", EN: "Code"}, Value: func(e bulkpay.Event) any { return e.Code }},
		{Name: "text", Title: i18n.Text{RU: "Пояснение", EN: "Text"}, Value: func(e bulkpay.Event) any { return untrusted.Text(e.Text) }, Wide: true},
	}, Default: []string{"at", "kind", "row", "uin", "amountKopecks", "to", "code"}}
}

func (o *runOptions) run(ctx context.Context) (err error) {
	if o.via != string(journal.ViaPortal) && o.via != string(journal.ViaBankFile) {
		return flagValue("via", o.via, "portal, bank-file")
	}
	limits, err := o.limits()
	if err != nil {
		return err
	}
	p, err := openPlan(o.plan)
	if err != nil {
		return err
	}
	defer p.Close()
	done, err := take(o.plan, o.via, o.f.Clock)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	if err := o.fresh(ctx, p); err != nil {
		return err
	}
	if err := o.whole(ctx, p); err != nil {
		return err
	}
	if o.via == string(journal.ViaBankFile) {
		return o.bank.run(ctx, o.f, p, limits, o.out.Machine())
	}
	return o.byPortal(ctx, p, limits)
}

// limits reads the options that bound the run.
func (o *runOptions) limits() (bulkpay.Options, error) {
	l := bulkpay.Options{Concurrency: o.concurrency, Wait: o.wait, Recheck: o.recheck}
	if o.maxSum != "" {
		k, err := billing.ParseRubles(o.maxSum)
		if err != nil || k <= 0 {
			return l, flagValue("max-sum", o.maxSum, "500000,00")
		}
		l.MaxKopecks = k
	}
	if o.until != "" {
		t, err := moment(o.until, o.f.Clock.Now())
		if err != nil {
			return l, flagValue("until", o.until, "18:00, 2026-07-31T18:00")
		}
		l.Until = t
	}
	only, err := ranges(o.only)
	if err != nil {
		return l, flagValue("only", o.only, "1-100,205")
	}
	skip, err := ranges(o.skip)
	if err != nil {
		return l, flagValue("skip", o.skip, "7,12-15")
	}
	if len(only)+len(skip) > 0 {
		l.Want = func(row int) bool { return (len(only) == 0 || within(only, row)) && !within(skip, row) }
	}
	return l, nil
}

// fresh refuses a plan that must not be run now.
func (o *runOptions) fresh(ctx context.Context, p *planfile.Plan) error {
	s, err := o.f.Settings()
	if err != nil {
		return err
	}
	if name := s.ProfileName(); name != p.Header.Profile {
		return fault.New(exitcode.Conflict, "batch.other_profile", i18n.Text{
			RU: "план составлен для профиля %s, а выбран %s", EN: "the plan was made for profile %s, and %s is chosen"}.With(untrusted.Text(p.Header.Profile), name)).
			Advise(i18n.Text{RU: "добавьте --profile %s", EN: "add --profile %s"}.With(untrusted.Text(p.Header.Profile)))
	}
	rules, err := loadRules(o.f, o.policy)
	if err != nil {
		return err
	}
	if o.approved, err = rules.check(ctx, o.plan, p); err != nil {
		return err
	}
	rules.warn(o.f)
	o.rules = rules
	for _, v := range o.approved.Verdicts {
		if v.Err == nil && v.Approval.Unchecked {
			o.f.IO.Note(i18n.Text{RU: "За сертификат, которым одобрил %s, никто не ручается: подписано с --without-check", EN: "Nobody vouches for the certificate by which %s has approved: signed with --without-check"}.With(untrusted.Text(v.Approval.By.Name)))
		}
	}
	now := o.f.Clock.Now()
	stale := i18n.Say("составьте и одобрите план заново; уже отправленное второй раз не уйдёт", "make and approve the plan again; what was sent is not sent twice")
	if age := now.Sub(p.Header.CreatedAt); age > o.maxAge {
		return fault.New(exitcode.Conflict, "batch.stale", i18n.Text{
			RU: "план устарел: составлен %s", EN: "the plan is stale: it was made on %s"}.With(p.Header.CreatedAt.Local().Format("02.01.2006 15:04"))).Advise(stale)
	}
	return nil
}

// whole reads all of a plan that was never begun, so that a damaged row is named
// before anything is paid. A run that goes on does not wait for that: every row is
// held against what was signed when it is read.
func (o *runOptions) whole(ctx context.Context, p *planfile.Plan) error {
	j, err := o.f.Journal(ctx)
	if err != nil {
		return err
	}
	counts, err := j.Counts(ctx, p.Header.ID)
	if err != nil || len(counts) > 0 {
		return err
	}
	return p.Verify()
}

func (o *runOptions) byPortal(ctx context.Context, p *planfile.Plan, limits bulkpay.Options) error {
	defer bulkpay.SaveMemory(p.Totals.Rows)()
	c, err := o.f.Connect(ctx)
	if err != nil {
		return err
	}
	j, err := o.f.Journal(ctx)
	if err != nil {
		return err
	}
	var feed *output.Feed[bulkpay.Event]
	if o.out.Machine() {
		feed = output.NewFeed(o.f.IO, &o.out, eventView())
	}
	r := &bulkpay.Run{Portal: c.Cabinet, Journal: j, Plan: p, Clock: o.f.Clock, Sched: bulkpay.NewGoroutines(limits.Concurrency), Options: limits}
	if err := o.precheck(ctx, r); err != nil {
		return err
	}
	if err := o.afford(ctx, c, j, p); err != nil {
		return err
	}
	if r.Authorisation, err = o.authorise(ctx, c, p); err != nil {
		return err
	}
	bar := progress.Start(o.f.IO, i18n.Text{RU: "Плачу", EN: "Paying"}, progress.Options{Total: int64(p.Totals.Pay.N), Clock: o.f.Clock})
	defer bar.Stop()
	var broken error
	r.Options.Events = func(e bulkpay.Event) {
		switch e.Kind {
		case bulkpay.Moved:
			if e.From == journal.Sending {
				bar.Add(1)
			}
		case bulkpay.Resumed:
			bar.Skip(int64(e.Row))
		case bulkpay.Held:
			bar.SetLabel(i18n.Text{RU: "Плачу (портал просит паузу)", EN: "Paying (the portal asks for a pause)"})
		case bulkpay.Stopping:
			o.f.IO.Note(i18n.Say("Останавливаюсь: жду ответов на то, что уже отправлено", "Stopping: waiting for the answers to what is on its way"))
		case bulkpay.Asking:
			bar.SetLabel(i18n.Text{RU: "Жду проведения", EN: "Waiting for settlement"})
		}
		if feed != nil && broken == nil {
			broken = feed.Put(e)
		}
	}
	report, err := r.Execute(ctx)
	bar.Stop()
	if err != nil {
		return errors.Join(err, broken)
	}
	if feed == nil {
		s := standingOf(o.plan, p, report.Counts)
		s.approvals = o.approved.Good
		broken = output.Object(o.f.IO, &o.out, statusView(), s)
	}
	// A reader that has left changes nothing about how the run ended.
	return errors.Join(o.closing(ctx, j, p, report.Err()), broken)
}

// closing points a run that has left something open to the road that closes it: the
// portal knows nothing of what a bank file has begun.
func (o *runOptions) closing(ctx context.Context, j journal.Journal, p *planfile.Plan, end error) error {
	var f *fault.Error
	if !errors.As(end, &f) || f.Code != bulkpay.CodePending && f.Code != bulkpay.CodeRefused {
		return end
	}
	byBank := func(state journal.State) (found bool, err error) {
		for _, err := range j.List(ctx, journal.Filter{Run: p.Header.ID, Via: journal.ViaBankFile, States: []journal.State{state}, N: 1}) {
			return err == nil, err
		}
		return false, nil
	}
	sent, err := byBank(journal.Accepted)
	begun, err2 := byBank(journal.Planned)
	switch {
	case err != nil || err2 != nil:
		return errors.Join(end, err, err2)
	case begun:
		f.Advise(i18n.Text{RU: "строки, начатые файлом в банк, доводит он же: epgu batch run %s --via bank-file", EN: "rows begun by a bank file are finished by one: epgu batch run %s --via bank-file"}.With(o.plan))
	case sent:
		f.Advise(i18n.Text{RU: "ушедшее файлом в банк закроет выписка: epgu batch reconcile %s --statement ВЫПИСКА", EN: "what went by a bank file is settled by the bank's statement: epgu batch reconcile %s --statement STATEMENT"}.With(o.plan))
	}
	return end
}

func flagValue(flag, got, want string) error {
	return fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "--%s не может быть «%s»; подходит, например: %s", EN: "--%s cannot be %q; use, for example: %s"}.With(flag, got, want))
}

// moment reads a time of today, or of a day.
func moment(s string, now time.Time) (time.Time, error) {
	if t, err := time.ParseInLocation("15:04", s, now.Location()); err == nil {
		y, m, d := now.Date()
		return time.Date(y, m, d, t.Hour(), t.Minute(), 0, 0, now.Location()), nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	return time.ParseInLocation("2006-01-02T15:04", s, now.Location())
}

// ranges reads "1-100,205".
func ranges(s string) ([][2]int, error) {
	if s == "" {
		return nil, nil
	}
	var out [][2]int
	for _, part := range strings.Split(s, ",") {
		from, to, span := strings.Cut(strings.TrimSpace(part), "-")
		if !span {
			to = from
		}
		a, err := strconv.Atoi(from)
		if err != nil {
			return nil, err
		}
		b, err := strconv.Atoi(to)
		if err != nil || a < 1 || b < a {
			return nil, strconv.ErrRange
		}
		out = append(out, [2]int{a, b})
	}
	return out, nil
}

func within(list [][2]int, n int) bool {
	for _, r := range list {
		if n >= r[0] && n <= r[1] {
			return true
		}
	}
	return false
}
