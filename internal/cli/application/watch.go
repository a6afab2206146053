package application

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/tracking"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

func eventView() output.View[tracking.Event] {
	return output.View[tracking.Event]{Fields: []output.Field[tracking.Event]{
		{Name: "at", Title: i18n.Text{RU: "Когда", EN: "When"}, Value: func(e tracking.Event) any { return e.At }},
		{Name: "orderId", Title: i18n.Text{RU: "Номер", EN: "Number"}, Value: func(e tracking.Event) any { return e.OrderID }},
		{Name: "statusId", Title: i18n.Text{RU: "Код", EN: "Code"}, Value: func(e tracking.Event) any { return e.StatusID }},
		{Name: "status", Title: i18n.Text{RU: "Статус", EN: "Status"}, Value: func(e tracking.Event) any { return e.Title }, Wide: true},
		{Name: "comment", Title: i18n.Text{RU: "Пояснение", EN: "Comment"}, Value: func(e tracking.Event) any { return e.Comment }, Wide: true},
		{Name: "final", Title: i18n.Text{RU: "Итог", EN: "Final"}, Value: func(e tracking.Event) any { return e.Final }},
		{Name: "unpaid", Title: i18n.Text{RU: "К оплате (УИН)", EN: "To pay (УИН)"}, Value: func(e tracking.Event) any { return e.Unpaid }},
		{Name: "message", Title: i18n.Text{RU: "Сообщение ведомства", EN: "Message of the department"}, Value: func(e tracking.Event) any { return e.Message }},
	}, Default: []string{"at", "statusId", "status", "comment"}}
}

func newHistory(f *factory.Factory) *cobra.Command {
	var out output.Options
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "history НОМЕР", EN: "history NUMBER"}.In(f.Lang),
		Short: i18n.Text{RU: "Что происходило с заявлением", EN: "What happened to an application"}.In(f.Lang),
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := orderID(args[0])
			if err != nil {
				return err
			}
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			events, err := c.Track.History(cmd.Context(), id)
			if err != nil {
				return err
			}
			return output.List(f.IO, &out, eventView(), events, output.Page{})
		},
	}
	output.AddFlags(cmd, &out, eventView(), f.Lang)
	return cmd
}

type watchOptions struct {
	f       *factory.Factory
	out     output.Options
	until   string
	timeout time.Duration
	patient bool
	all     bool
	once    bool
	details bool
	since   time.Duration
	exec    string
}

func newWatch(f *factory.Factory) *cobra.Command {
	o := &watchOptions{f: f}
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "watch НОМЕР…", EN: "watch NUMBER…"}.In(f.Lang),
		Short: i18n.Text{RU: "Следить за заявлениями до решения", EN: "Follow applications until they are decided"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Печатает каждое событие, как только оно случается. Кончает на том, что задано в --until; если ведомство ждёт вас (оплата, исправление) или вышло время — код 10.\n\nЗа несколькими заявлениями следит, пока не завершится каждое. --all следит за всеми заявлениями профиля, и новыми тоже, пока не прервут или не выйдет --timeout; запросов столько, сколько перемен, а не заявлений. --all --once печатает, что изменилось с прошлого такого запуска, и кончает: так удобно по расписанию.\n\n--exec запускает программу на каждое событие и подаёт ей событие в JSON на стандартный ввод; её вывод идёт в stderr. Если программа хоть раз не справилась — код 8.",
			EN: "Prints every event as it happens. Ends at what --until says; when the department waits for you (a duty, a correction) or the time is up the exit code is 10.\n\nSeveral applications are followed until each has ended. --all follows all applications of the profile, new ones too, until it is interrupted or --timeout is up; it costs requests by changes, not by applications. --all --once prints what has changed since the last such run and ends: the way for a schedule.\n\n--exec runs a program for each event with the event as JSON on its standard input; what it prints goes to stderr. When it failed even once the exit code is 8."}.In(f.Lang),
		Example: "  epgu application watch 2350000001 --until final --timeout 1h\n  epgu application watch --all --ndjson\n  epgu application watch --all --once --exec 'notify-send --app-name epgu'",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			ids := make([]int64, 0, len(args))
			for _, arg := range args {
				id, err := orderID(arg)
				if err != nil {
					return err
				}
				if !slices.Contains(ids, id) {
					ids = append(ids, id)
				}
			}
			if err := o.check(cmd, ids); err != nil {
				return err
			}
			return o.run(cmd.Context(), ids)
		},
	}
	cmd.Flags().StringVar(&o.until, "until", "final", i18n.Text{RU: "ждать: final (решение), next (любое событие) или код статуса; с --all — обычно без конца", EN: "wait for: final (the decision), next (any event) or a status code; with --all there is no end by default"}.In(f.Lang))
	cmd.Flags().DurationVar(&o.timeout, "timeout", 0, i18n.Text{RU: "ждать не дольше, например 10m; 0 — без предела", EN: "wait no longer than this, such as 10m; 0 is no limit"}.In(f.Lang))
	cmd.Flags().BoolVar(&o.patient, "patient", false, i18n.Text{RU: "ждать и тогда, когда ведомство ждёт вас", EN: "go on waiting even when the department waits for you"}.In(f.Lang))
	cmd.Flags().BoolVar(&o.all, "all", false, i18n.Text{RU: "за всеми заявлениями профиля", EN: "all applications of the profile"}.In(f.Lang))
	cmd.Flags().BoolVar(&o.once, "once", false, i18n.Text{RU: "с --all: что изменилось с прошлого раза, и конец", EN: "with --all: what has changed since the last time, and end"}.In(f.Lang))
	cmd.Flags().BoolVar(&o.details, "details", false, i18n.Text{RU: "с --all: и пояснения, по запросу на каждую перемену", EN: "with --all: comments, too, at a request for each change"}.In(f.Lang))
	cmd.Flags().DurationVar(&o.since, "since", 0, i18n.Text{RU: "с --all: и то, что случилось за этот срок до запуска", EN: "with --all: what happened within this time before the start, too"}.In(f.Lang))
	cmd.Flags().StringVar(&o.exec, "exec", "", i18n.Text{RU: "`программа` на каждое событие; событие — на её стандартном вводе, в JSON", EN: "a `program` for each event, which it gets as JSON on standard input"}.In(f.Lang))
	output.AddFlags(cmd, &o.out, eventView(), f.Lang)
	return cmd
}

// check refuses what does not go together.
func (o *watchOptions) check(cmd *cobra.Command, ids []int64) error {
	usage := func(ru, en string) error { return fault.New(exitcode.Usage, "watch.usage", i18n.Say(ru, en)) }
	switch {
	case o.all && len(ids) > 0:
		return usage("--all — за всеми; номера тогда не называют", "--all is all of them: name no numbers then")
	case !o.all && len(ids) == 0:
		return usage("не названо ни одного заявления; за всеми следит --all", "no application is named; --all follows all of them")
	case !o.all && (o.once || o.details || o.since != 0):
		return usage("--once, --details и --since — только вместе с --all", "--once, --details and --since go with --all only")
	case o.once && (cmd.Flags().Changed("until") || o.timeout != 0):
		return usage("--once ничего не ждёт: --until и --timeout с ним ни к чему", "--once waits for nothing: --until and --timeout make no sense with it")
	case o.since < 0:
		return usage("--since — срок вида 2h, не меньше нуля", "--since is a time such as 2h, not less than zero")
	}
	if o.all && !cmd.Flags().Changed("until") {
		o.until = ""
	}
	return nil
}

func (o *watchOptions) run(ctx context.Context, ids []int64) error {
	until, err := parseUntil(o.until)
	if err != nil {
		return err
	}
	shown := eventView()
	if len(ids) != 1 { // which one an event is about is no longer plain
		shown.Default = slices.Insert(shown.Default, 1, "orderId")
	}
	emit := output.NewFeed(o.f.IO, &o.out, shown).Put
	var hook *hook
	if o.exec != "" {
		if hook, err = newHook(o.f.IO, o.exec); err != nil {
			return err
		}
		show := emit
		emit = func(e tracking.Event) error {
			if err := show(e); err != nil {
				return err
			}
			return hook.run(ctx, e)
		}
	}
	c, err := o.f.Connect(ctx)
	if err != nil {
		return err
	}
	switch {
	case o.all:
		err = o.followAll(ctx, c, until, emit)
	case len(ids) > 1:
		_, err = c.Track.Follow(ctx, tracking.FollowOptions{IDs: ids, Until: until, Timeout: o.timeout, Details: true}, emit)
	default:
		err = o.one(ctx, c, ids[0], until, emit)
	}
	if hook != nil {
		err = errors.Join(err, hook.failed())
	}
	return err
}

func (o *watchOptions) one(ctx context.Context, c *factory.Connection, id int64, until func(tracking.Event) bool, emit func(tracking.Event) error) error {
	began := true
	return c.Track.Watch(ctx, id, tracking.Options{Until: func(e tracking.Event) bool {
		if o.until == "next" && began {
			return false
		}
		return until(e)
	}, Timeout: o.timeout, Patient: o.patient, Paid: o.paid, CaughtUp: func() { began = false }}, emit)
}

// followAll follows every application, from where the last --once has ended or from
// now.
func (o *watchOptions) followAll(ctx context.Context, c *factory.Connection, until func(tracking.Event) bool, emit func(tracking.Event) error) error {
	opts := tracking.FollowOptions{Timeout: o.timeout, Details: o.details, Once: o.once, Until: until}
	now := o.f.Clock.Now()
	if !c.LacksCatalog(ctx) { // the calendar that counts is the portal's
		caps, err := c.Cabinet.Capabilities(ctx)
		if err != nil {
			return err
		}
		now = caps.Time
	}
	opts.From.After = now.Add(-o.since)
	if !o.once {
		_, err := c.Track.Follow(ctx, opts, emit)
		return err
	}
	me, err := c.SignIn.Me(ctx)
	if err != nil {
		return err
	}
	kept, found, err := c.Place.Read(me.Applicant())
	if err != nil {
		return err
	}
	switch {
	case found && o.since == 0:
		opts.From = kept
	case o.since == 0:
		opts.From.After = now.Add(-firstLook)
		o.f.IO.Note(i18n.Say("Так ещё не следили: показано то, что изменилось за сутки. Дальше — с этого места.", "This was not done before: what changed within a day is shown. Next time it goes on from here."))
	}
	cursor, err := c.Track.Follow(ctx, opts, emit)
	if err != nil {
		return err // what was told will be told again rather than lost
	}
	return c.Place.Write(me.Applicant(), cursor)
}

// firstLook is how far back the first --once looks.
const firstLook = 24 * time.Hour

// paid looks into the journal: what this machine has paid needs no reminder,
// although the portal's own flag lags behind.
func (o *watchOptions) paid(ctx context.Context, uin string) (bool, error) {
	j, err := o.f.Journal(ctx)
	if err != nil {
		return false, err
	}
	known, err := j.ByUIN(ctx, uin)
	for _, p := range known {
		if p.State == journal.Paid || p.State == journal.Accepted {
			return true, err
		}
	}
	return false, err
}

func parseUntil(s string) (func(tracking.Event) bool, error) {
	switch s {
	case "":
		return nil, nil
	case "final":
		return func(e tracking.Event) bool { return e.Final }, nil
	case "next":
		return func(tracking.Event) bool { return true }, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return nil, fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "--until не может быть «%s»; подходит: final, next или код статуса", EN: "--until cannot be %q; use final, next or a status code"}.With(s))
	}
	return func(e tracking.Event) bool { return e.StatusID == n }, nil
}
