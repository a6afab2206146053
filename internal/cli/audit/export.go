package audit

import (
	"bufio"
	"encoding/json"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
)

func newExport(f *factory.Factory) *cobra.Command {
	var at place
	var since, until string
	tr := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd := &cobra.Command{
		Use:   "export",
		Short: tr("Вывести журнал построчно в JSON, с хешами", "Print the journal as JSON lines, with the hashes"),
		Long: tr("Печатает события по одному на строку, не держа их в памяти. Как считается хеш события, сказано в docs/journal.md: цепочку можно проверить чужой программой.",
			"Prints one event a line and keeps none in memory. docs/journal.md says how an event's hash is made: a programme of others can check the chain."),
		Example: "  epgu audit export > journal.ndjson\n  epgu audit export --since 2026-07-01 --until 2026-08-01 > july.ndjson",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var filter journal.EventFilter
			for _, b := range []struct {
				flag, value string
				to          *time.Time
			}{{"since", since, &filter.Since}, {"until", until, &filter.Until}} {
				if b.value == "" {
					continue
				}
				t, err := day(b.value)
				if err != nil {
					return fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "--%s не может быть «%s»; подходит, например: 2026-07-01", EN: "--%s cannot be %q; use, for example: 2026-07-01"}.With(b.flag, b.value))
				}
				*b.to = t
			}
			j, err := at.open(cmd.Context(), f)
			if err != nil {
				return err
			}
			w := bufio.NewWriterSize(f.IO.Out, 64<<10)
			enc := json.NewEncoder(w)
			enc.SetEscapeHTML(false)
			for e, err := range j.Events(cmd.Context(), filter) {
				if err != nil {
					return err
				}
				if err := enc.Encode(&e); err != nil {
					return err
				}
			}
			return w.Flush()
		},
	}
	cmd.Flags().StringVar(&since, "since", "", tr("с этого `дня` (по Москве) или момента", "from this `day` (Moscow) or moment on"))
	cmd.Flags().StringVar(&until, "until", "", tr("до этого `дня` или момента, не включая его", "up to this `day` or moment, without it"))
	at.flag(cmd, f)
	return cmd
}

// day reads a day of Moscow, where UTC+3 has been kept since 26.10.2014, or a
// moment with its zone.
func day(s string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	return time.ParseInLocation(time.DateOnly, s, clock.Moscow())
}
