package org

import (
	"context"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/listing"
	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// counted is a line of statistics, with the largest total beside it.
type counted struct {
	applications.Stat
	most int
}

// barWidth is how many characters the longest bar has.
const barWidth = 20

// bar draws a share of barWidth in eighths of a character.
func bar(n, most int) string {
	if most == 0 {
		return ""
	}
	eighths := n * barWidth * 8 / most
	if n > 0 && eighths == 0 {
		eighths = 1
	}
	s := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		s += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return s
}

func days(d float64) any {
	if d < 0 {
		return nil
	}
	return math.Round(d*10) / 10
}

func statsView() output.View[counted] {
	return output.View[counted]{Fields: []output.Field[counted]{
		{Name: "key", Title: i18n.Text{RU: "Код", EN: "Key"}, Value: func(c counted) any { return c.Key }},
		{Name: "title", Title: i18n.Text{RU: "Что", EN: "What"}, Value: func(c counted) any {
			if c.Key == "" {
				return output.Dual{Machine: "", Human: i18n.Say("всего", "in all")}
			}
			return c.Title
		}, Wide: true},
		{Name: "total", Title: i18n.Text{RU: "Всего", EN: "Total"}, Value: func(c counted) any { return c.Total }},
		{Name: "share", Title: i18n.Text{RU: "Доля", EN: "Share"}, Value: func(c counted) any {
			if c.Key == "" {
				return nil
			}
			return output.Dual{Machine: c.Total, Human: bar(c.Total, c.most)}
		}},
		{Name: "active", Title: i18n.Text{RU: "В работе", EN: "Under way"}, Value: func(c counted) any { return c.Active }},
		{Name: "waiting", Title: i18n.Text{RU: "Ждут вас", EN: "Wait for you"}, Value: func(c counted) any { return c.Waiting }},
		{Name: "overdue", Title: i18n.Text{RU: "Просрочено", EN: "Overdue"}, Value: func(c counted) any { return c.Overdue }},
		{Name: "rendered", Title: i18n.Text{RU: "Оказано", EN: "Rendered"}, Value: func(c counted) any { return c.Rendered }},
		{Name: "refused", Title: i18n.Text{RU: "Отказано", EN: "Refused"}, Value: func(c counted) any { return c.Refused }},
		{Name: "refusedPercent", Title: i18n.Text{RU: "Отказов, %", EN: "Refused, %"}, Value: func(c counted) any { return math.Round(c.RefusedShare() * 100) }},
		{Name: "withdrawn", Title: i18n.Text{RU: "Отозвано", EN: "Withdrawn"}, Value: func(c counted) any { return c.Withdrawn }},
		{Name: "failed", Title: i18n.Text{RU: "Не принято", EN: "Not taken"}, Value: func(c counted) any { return c.Failed }},
		{Name: "medianDays", Title: i18n.Text{RU: "Обычно дней", EN: "Median days"}, Value: func(c counted) any { return days(c.MedianDays) }},
		{Name: "longestDays", Title: i18n.Text{RU: "Самое долгое, дней", EN: "Longest, days"}, Value: func(c counted) any { return days(c.LongestDays) }},
	}, Default: []string{"title", "share", "total", "active", "overdue", "rendered", "refused", "medianDays"}}
}

func newStats(f *factory.Factory) *cobra.Command {
	var filter applications.Filter
	by := "service"
	cmd := &cobra.Command{
		Use:   "stats",
		Short: i18n.Text{RU: "Статистика заявлений: сроки и отказы по услугам, ведомствам и месяцам", EN: "Statistics of applications: terms and refusals by service, department and month"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Считает заявления роли, в которой вы сейчас (epgu org switch): сколько в работе, ждёт вас, просрочено, оказано, отказано, и сколько дней уходит от подачи до решения.",
			EN: "Counts the applications of the role in force (epgu org switch): how many are under way, wait for you, are overdue, rendered, refused, and how many days pass from the sending to the decision."}.In(f.Lang),
		Example: "  epgu org stats\n  epgu org stats --by month --from 2026-01-01 --json key,total,refusedPercent,medianDays",
		PreRunE: func(*cobra.Command, []string) error {
			for _, word := range applications.Groupings() {
				if by == word {
					return filter.Check()
				}
			}
			return fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "--by не может быть «%s»; подходит: %s", EN: "--by cannot be %q; use: %s"}.With(by, strings.Join(applications.Groupings(), ", ")))
		},
	}
	cmd.Flags().StringVar(&by, "by", by, i18n.Text{RU: "считать по: service (услуги), department (ведомства) или month (месяцы подачи)", EN: "count by service, department or month of sending"}.In(f.Lang))
	cmd.Flags().StringVar(&filter.Service, "service", "", i18n.Text{RU: "только эта услуга", EN: "only this service"}.In(f.Lang))
	_ = cmd.RegisterFlagCompletionFunc("service", f.CompleteService) // fails only for a flag that is not there
	cmd.Flags().StringVar(&filter.Region, "region", "", i18n.Text{RU: "только этот регион: `ОКАТО` или его первые цифры", EN: "only this region: an `ОКАТО` or its first digits"}.In(f.Lang))
	cmd.Flags().StringVar(&filter.From, "from", "", i18n.Text{RU: "поданные с этого `дня` (по Москве)", EN: "submitted from this `day` (Moscow) on"}.In(f.Lang))
	cmd.Flags().StringVar(&filter.To, "to", "", i18n.Text{RU: "поданные по этот `день` включительно", EN: "submitted up to this `day`, inclusive"}.In(f.Lang))
	return listing.Command(f, cmd, listing.List[counted]{View: statsView(), Get: func(ctx context.Context, c *factory.Connection, _ int) ([]counted, output.Page, error) {
		all, _, err := cabinet.Take(0, func(q cabinet.PageQuery) (*wire.Page[wire.Application], error) {
			return c.Cabinet.Applications(ctx, filter.Query(q))
		})
		if err != nil {
			return nil, output.Page{}, err
		}
		caps, err := c.Cabinet.Capabilities(ctx) // the calendar that counts is the portal's
		if err != nil {
			return nil, output.Page{}, err
		}
		stats := applications.Stats(all, by, caps.Time)
		most := 0
		for _, s := range stats[:len(stats)-1] {
			most = max(most, s.Total)
		}
		out := make([]counted, len(stats))
		for i, s := range stats {
			out[i] = counted{s, most}
		}
		return out, output.Page{Total: len(out)}, nil
	}})
}
