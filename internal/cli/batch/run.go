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
	"github.com/epgu-cli/epgu/internal/core/bulkpay/workflow"
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
	direct      directOptions
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
		Example: "  epgu batch run july.plan\n  epgu batch run july.plan --until 18:00 --max-sum 500000\n  epgu batch run july.plan --via bank-file --payers accounts.json -o to-bank/\n  epgu batch run july.plan --via directbank --bank romashka",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.plan = args[0]
			return o.run(cmd.Context())
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&o.via, "via", "portal", tr("`дорога`: portal, bank-file или directbank", "`road`: portal, bank-file or directbank"))
	fl.StringVar(&o.policy, "policy", "", tr("`файл` правил одобрения, тот же, что у плана", "approval policy `file`, the plan's own"))
	fl.StringVar(&o.maxSum, "max-sum", "", tr("отправить не больше `рублей` за этот раз", "send at most so many `rubles` this time"))
	fl.StringVar(&o.until, "until", "", tr("не отправлять после `времени` (18:00 или 2026-07-31T18:00)", "send nothing after this `time` (18:00 or 2026-07-31T18:00)"))
	fl.StringVar(&o.only, "only", "", tr("только `строки` плана: 1-100,205", "only these `rows` of the plan: 1-100,205"))
	fl.StringVar(&o.skip, "skip", "", tr("кроме `строк` плана: 7,12-15", "all but these `rows` of the plan: 7,12-15"))
	fl.DurationVar(&o.wait, "wait", workflow.DefaultWait, tr("сколько ждать проведения принятых платежей", "how long to wait until accepted payments are settled"))
	fl.DurationVar(&o.maxAge, "max-age", workflow.DefaultMaxAge, tr("план старше — устарел", "an older plan is stale"))
	fl.DurationVar(&o.recheck, "recheck", workflow.DefaultRecheck, tr("переспросить начисление, если его смотрели раньше: сначала все такие, потом каждое перед отправкой", "ask for a charge again when it was looked at longer ago: all such first, then each before it is sent"))
	fl.BoolVar(&o.ended, "leave-ended", false, tr("не платить строки, чья сумма была верна до прошедшего дня, остальное оплатить", "leave out rows whose sum held until a day that has passed, and pay the rest"))
	fl.BoolVar(&o.unbounded, "without-authorisation", false, tr("не передавать одобрения порталу, который по ним ограничил бы план; только если это разрешают правила одобрения", "do not hand the approvals to a portal that would bound the plan by them; only where the approval policy lets it"))
	fl.IntVar(&o.concurrency, "concurrency", bulkpay.DefaultConcurrency, tr("запросов одновременно, не больше", "most requests at once"))
	o.bank.flags(cmd, tr)
	o.direct.flags(f, cmd, tr)
	output.AddFlags(cmd, &o.out, eventView(), f.Lang)
	return cmd
}

func eventView() output.View[bulkpay.Event] {
	return output.View[bulkpay.Event]{Fields: []output.Field[bulkpay.Event]{
		{Name: "at", Title: i18n.Text{RU: "Когда", EN: "When"}, Value: func(e bulkpay.Event) any { return e.At }},
		{Name: "kind", Title: i18n.Text{RU: "Событие", EN: "Event"}, Value: func(e bulkpay.Event) any { return output.Dual{Machine: string(e.Kind), Human: e.Kind.Title()} }},
		{Name: "row", Title: i18n.Text{RU: "Строка", EN: "Row"}, Value: func(e bulkpay.Event) any { return e.Row }},
		{Name: "id", Title: i18n.Text{RU: "Платёж", EN: "Payment"}, Value: func(e bulkpay.Event) any { return e.ID }},
		{Name: "uin", Title: i18n.Text{RU: "УИН", EN: "УИН"}, Value: func(e bulkpay.Event) any { return e.UIN }},
		{Name: "amountKopecks", Title: i18n.Text{RU: "Сумма", EN: "Amount"}, Value: func(e bulkpay.Event) any { return i18n.Money(e.Kopecks) }},
		{Name: "from", Title: i18n.Text{RU: "Было", EN: "From"}, Value: func(e bulkpay.Event) any {
			if e.From == "" {
				return ""
			}
			return output.Dual{Machine: string(e.From), Human: billing.StateTitle(e.From)}
		}},
		{Name: "to", Title: i18n.Text{RU: "Стало", EN: "To"}, Value: func(e bulkpay.Event) any {
			return output.Dual{Machine: string(e.To), Human: billing.StateTitle(e.To)}
		}},
		{Name: "code", Title: i18n.Text{RU: "Код", EN: "Code"}, Value: func(e bulkpay.Event) any { return e.Code }},
		{Name: "text", Title: i18n.Text{RU: "Пояснение", EN: "Text"}, Value: func(e bulkpay.Event) any { return untrusted.Text(e.Text) }, Wide: true},
	}, Default: []string{"at", "kind", "row", "uin", "amountKopecks", "to", "code"}}
}

func (o *runOptions) run(ctx context.Context) (err error) {
	if o.via != string(journal.ViaPortal) && !journal.Via(o.via).ByBank() {
		return flagValue("via", o.via, "portal, bank-file, directbank")
	}
	if err := o.direct.check(journal.Via(o.via)); err != nil {
		return err
	}
	limits, err := o.limits()
	if err != nil {
		return err
	}
	x := &workflow.Execution{Path: o.plan, Via: journal.Via(o.via), Policy: o.policy, MaxAge: o.maxAge, LeaveEnded: o.ended, Unbounded: o.unbounded, Options: limits}
	if err := deskOf(o.f).Begin(ctx, x); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, x.Close()) }()
	if x.Via == journal.ViaBankFile {
		return o.bank.run(ctx, o.f, x, o.out.Machine())
	}
	if x.Via == journal.ViaDirectBank {
		return o.direct.run(ctx, o.f, x, o.out.Machine())
	}
	return o.byPortal(ctx, x)
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

func (o *runOptions) byPortal(ctx context.Context, x *workflow.Execution) error {
	var feed *output.Feed[bulkpay.Event]
	if o.out.Machine() {
		feed = output.NewFeed(o.f.IO, &o.out, eventView())
	}
	var looking, bar *progress.Task
	last := 0
	x.Looking = func(n int) {
		if looking == nil {
			looking = progress.Start(o.f.IO, i18n.Text{RU: "Сверяю начисления", EN: "Looking at the charges again"}, progress.Options{Clock: o.f.Clock})
		}
		looking.Add(int64(n - last))
		last = n
	}
	x.Looked = func() {
		if looking != nil {
			looking.Stop()
		}
	}
	x.Sending = func() {
		bar = progress.Start(o.f.IO, i18n.Text{RU: "Плачу", EN: "Paying"}, progress.Options{Total: int64(x.Plan.Totals.Pay.N), Clock: o.f.Clock})
	}
	var broken error
	x.Options.Events = func(e bulkpay.Event) {
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
	report, ended, err := x.ByPortal(ctx)
	if bar != nil {
		bar.Stop()
	}
	if err != nil {
		return errors.Join(err, broken)
	}
	if feed == nil {
		s := &workflow.Standing{Path: o.plan, Plan: x.Plan, Counts: report.Counts, Approvals: x.Approved.Good}
		broken = output.Object(o.f.IO, &o.out, statusView(), s)
	}
	// A reader that has left changes nothing about how the run ended.
	return errors.Join(ended, broken)
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
