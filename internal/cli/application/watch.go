package application

import (
	"context"
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
}

func newWatch(f *factory.Factory) *cobra.Command {
	o := &watchOptions{f: f}
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "watch НОМЕР", EN: "watch NUMBER"}.In(f.Lang),
		Short: i18n.Text{RU: "Следить за заявлением до решения", EN: "Follow an application until it is decided"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Печатает каждое событие, как только оно случается. Кончает на том, что задано в --until; если ведомство ждёт вас (оплата, исправление) или вышло время — код 10.",
			EN: "Prints every event as it happens. Ends at what --until says; when the department waits for you (a duty, a correction) or the time is up the exit code is 10."}.In(f.Lang),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := orderID(args[0])
			if err != nil {
				return err
			}
			return o.run(cmd.Context(), id)
		},
	}
	cmd.Flags().StringVar(&o.until, "until", "final", i18n.Text{RU: "ждать: final (решение), next (любое событие) или код статуса", EN: "wait for: final (the decision), next (any event) or a status code"}.In(f.Lang))
	cmd.Flags().DurationVar(&o.timeout, "timeout", 0, i18n.Text{RU: "ждать не дольше, например 10m; 0 — без предела", EN: "wait no longer than this, such as 10m; 0 is no limit"}.In(f.Lang))
	cmd.Flags().BoolVar(&o.patient, "patient", false, i18n.Text{RU: "ждать и тогда, когда ведомство ждёт вас", EN: "go on waiting even when the department waits for you"}.In(f.Lang))
	output.AddFlags(cmd, &o.out, eventView(), f.Lang)
	return cmd
}

func (o *watchOptions) run(ctx context.Context, id int64) error {
	until, err := parseUntil(o.until)
	if err != nil {
		return err
	}
	c, err := o.f.Connect(ctx)
	if err != nil {
		return err
	}
	feed := output.NewFeed(o.f.IO, &o.out, eventView())
	began := true
	return c.Track.Watch(ctx, id, tracking.Options{Until: func(e tracking.Event) bool {
		if o.until == "next" && began {
			return false
		}
		return until(e)
	}, Timeout: o.timeout, Patient: o.patient, Paid: o.paid, CaughtUp: func() { began = false }}, feed.Put)
}

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
