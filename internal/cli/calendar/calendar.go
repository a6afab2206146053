// Package calendar is the noun "calendar": what is to come, as a list and as a file for
// calendars.
package calendar

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/listing"
	"github.com/epgu-cli/epgu/internal/cli/signer"
	"github.com/epgu-cli/epgu/internal/core/calendar"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// New returns the noun with its verbs.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "calendar",
		Short: i18n.Text{RU: "Что предстоит: список и файл для календарей", EN: "What is to come: a list and a file for calendars"}.In(f.Lang),
		Args:  cobra.NoArgs,
	}
	f.Verbs(cmd, func() []*cobra.Command { return []*cobra.Command{newList(f), newExport(f), newWatch(f)} })
	return cmd
}

// choice is which kinds of entries are wanted.
type choice struct{ only []string }

func (o *choice) flags(f *factory.Factory, cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&o.only, "only", nil, i18n.Text{RU: "только этот `вид`: %s", EN: "only this `kind`: %s"}.With(joined()).In(f.Lang))
}

func (o *choice) kinds() ([]calendar.Kind, error) {
	var out []calendar.Kind
	for _, k := range o.only {
		if !slices.Contains(calendar.Kinds(), calendar.Kind(k)) {
			return nil, fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "--only: вида «%s» нет", EN: "--only: there is no kind %q"}.With(untrusted.Text(k))).
				Advise(i18n.Text{RU: "есть: %s", EN: "there are: %s"}.With(joined()))
		}
		out = append(out, calendar.Kind(k))
	}
	return out, nil
}

func joined() string {
	var all []string
	for _, k := range calendar.Kinds() {
		all = append(all, string(k))
	}
	return strings.Join(all, ", ")
}

func service(f *factory.Factory, c *factory.Connection) *calendar.Service {
	return &calendar.Service{Portal: c.Cabinet, Capabilities: c.Capabilities, Clock: f.Clock, Lang: f.IO.Lang, Certificates: func(context.Context) ([]calendar.Expiring, error) {
		store, err := signer.Store(f)
		if err != nil {
			return nil, err
		}
		all, err := store.List()
		if fault.ExitOf(err) == exitcode.NotFound {
			return nil, nil
		}
		var out []calendar.Expiring
		for _, e := range all {
			if e.Certificate != nil && e.HasKey {
				out = append(out, calendar.Expiring{ID: e.Certificate.Hash()[:16], Name: e.Name, Until: e.Certificate.NotAfter()})
			}
		}
		return out, err
	}}
}

func newList(f *factory.Factory) *cobra.Command {
	var o choice
	var kinds []calendar.Kind
	view := output.View[calendar.Entry]{Fields: []output.Field[calendar.Entry]{
		{Name: "start", Title: i18n.Text{RU: "Когда", EN: "When"}, Value: func(e calendar.Entry) any {
			if e.AllDay {
				return output.Date(e.Start)
			}
			return output.Dual{Machine: e.Start, Human: i18n.Moment(e.Start)}
		}},
		{Name: "kind", Title: i18n.Text{RU: "Вид", EN: "Kind"}, Value: func(e calendar.Entry) any { return output.Dual{Machine: string(e.Kind), Human: e.Kind.Title()} }},
		{Name: "summary", Title: i18n.Text{RU: "Что", EN: "What"}, Value: func(e calendar.Entry) any { return untrusted.Text(e.Summary) }, Wide: true},
		{Name: "place", Title: i18n.Text{RU: "Где", EN: "Where"}, Value: func(e calendar.Entry) any { return untrusted.Text(e.Place) }, Wide: true},
		{Name: "todo", Title: i18n.Text{RU: "Что делать", EN: "What to do"}, Value: func(e calendar.Entry) any { return untrusted.Text(e.Description) }, Wide: true},
		{Name: "uid", Title: i18n.Text{RU: "Номер", EN: "ID"}, Value: func(e calendar.Entry) any { return untrusted.Text(e.UID) }},
	}, Default: []string{"start", "kind", "summary", "place"}}
	cmd := &cobra.Command{
		Use:   "list",
		Short: i18n.Text{RU: "Что предстоит, по времени", EN: "What is to come, by time"}.In(f.Lang),
		PreRunE: func(*cobra.Command, []string) (err error) {
			kinds, err = o.kinds()
			return err
		},
	}
	o.flags(f, cmd)
	return listing.Command(f, cmd, listing.List[calendar.Entry]{View: view, Limit: 50, Get: listing.Whole(func(ctx context.Context, c *factory.Connection) ([]calendar.Entry, error) {
		return service(f, c).Entries(ctx, kinds...)
	})})
}

// file is what was written.
type file struct {
	path    string
	entries int
	changed bool
}

func fileView() output.View[file] {
	return output.View[file]{Fields: []output.Field[file]{
		{Name: "path", Title: i18n.Text{RU: "Файл", EN: "File"}, Value: func(x file) any { return x.path }},
		{Name: "entries", Title: i18n.Text{RU: "Записей", EN: "Entries"}, Value: func(x file) any { return x.entries }},
		{Name: "changed", Title: i18n.Text{RU: "Изменилось", EN: "Changed"}, Value: func(x file) any { return x.changed }},
	}}
}

// made gathers the entries, and the file for calendars with what has gone since.
func made(ctx context.Context, f *factory.Factory, c *factory.Connection, kinds []calendar.Kind) (ics []byte, out file, err error) {
	entries, err := service(f, c).Entries(ctx, kinds...)
	if err != nil {
		return nil, out, err
	}
	s, err := f.Settings()
	if err != nil {
		return nil, out, err
	}
	memory := filepath.Join(s.Dirs.State, "calendar", url.PathEscape(s.ProfileName())+".json")
	told, changed, err := calendar.Remember(memory, entries, kinds, f.Clock.Now())
	if err != nil {
		return nil, out, err
	}
	var b bytes.Buffer
	err = calendar.Write(&b, told, i18n.Text{RU: "Госуслуги", EN: "State services"}.In(f.IO.Lang))
	return b.Bytes(), file{entries: len(told), changed: changed}, err
}

func newExport(f *factory.Factory) *cobra.Command {
	var o choice
	var out output.Options
	to := "-"
	cmd := &cobra.Command{
		Use:   "export",
		Short: i18n.Text{RU: "Файл для календарей (iCalendar)", EN: "A file for calendars (iCalendar)"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Приёмы, сроки оплаты и скидок, ответы по заявлениям, напоминания о черновиках, концы сертификатов — одним файлом .ics (RFC 5545). Записи сохраняют свои номера: повторный импорт обновляет их, а не удваивает; что отпало, помечается отменённым.",
			EN: "Visits, terms of payment and of discounts, answers to applications, reminders of drafts, ends of certificates, in one .ics file (RFC 5545). Entries keep their ids: importing it again updates them and doubles nothing; what has gone is marked cancelled."}.In(f.Lang),
		Example: "  epgu calendar export -o gosuslugi.ics\n  epgu calendar export --only appointment,discount > soon.ics",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			kinds, err := o.kinds()
			if err != nil {
				return err
			}
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			ics, written, err := made(cmd.Context(), f, c, kinds)
			if err != nil {
				return err
			}
			if to == "-" {
				_, err := f.IO.Out.Write(ics)
				return err
			}
			if err := atomicfile.Write(to, ics, 0o600); err != nil {
				return err
			}
			written.path = to
			return output.Object(f.IO, &out, fileView(), written)
		},
	}
	o.flags(f, cmd)
	cmd.Flags().StringVarP(&to, "output", "o", "-", i18n.Text{RU: "записать в `файл`; «-» — вывести", EN: "write to a `file`; \"-\" prints it"}.In(f.Lang))
	output.AddFlags(cmd, &out, fileView(), f.Lang)
	return cmd
}

func newWatch(f *factory.Factory) *cobra.Command {
	var o choice
	var out output.Options
	interval, timeout := 15*time.Minute, time.Duration(0)
	const least = time.Minute
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "watch ФАЙЛ", EN: "watch FILE"}.In(f.Lang),
		Short: i18n.Text{RU: "Держать файл для календарей свежим", EN: "Keep a file for calendars fresh"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Пишет файл сразу и потом, когда что-то изменилось; о каждой записи файла — строка. Ошибка портала не останавливает: о ней сказано в stderr, попытка повторится. Кончает по Ctrl-C или --timeout.",
			EN: "Writes the file at once and later whenever something has changed, with a line for each time. A fault of the portal does not stop it: it is told on stderr and tried again. It ends by Ctrl-C or --timeout."}.In(f.Lang),
		Example: "  epgu calendar watch ~/calendars/gosuslugi.ics --interval 30m",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			kinds, err := o.kinds()
			if err != nil {
				return err
			}
			if interval < least {
				return fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "--interval: не чаще раза в %s", EN: "--interval: at most once in %s"}.With(least.String()))
			}
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			ctx := cmd.Context()
			if timeout > 0 {
				limited, cancel := context.WithTimeout(ctx, timeout)
				defer cancel()
				ctx = limited
			}
			return output.Stream(f.IO, &out, fileView(), func(yield func(file, error) bool) {
				for first := true; ; first = false {
					ics, written, err := made(ctx, f, c, kinds)
					switch {
					case ctx.Err() != nil:
						if cmd.Context().Err() != nil {
							yield(file{}, cmd.Context().Err())
						}
						return
					case err != nil && (first || fault.ExitOf(err) != exitcode.Unavailable):
						yield(file{}, err)
						return
					case err != nil:
						f.IO.Note(i18n.Text{RU: "портал не ответил, попробую снова через %s", EN: "the portal did not answer, trying again in %s"}.With(interval.String()))
					case first || written.changed:
						if err := atomicfile.Write(args[0], ics, 0o600); err != nil {
							yield(file{}, err)
							return
						}
						written.path = args[0]
						if !yield(written, nil) {
							return
						}
					}
					if err := f.Clock.Sleep(ctx, interval); err != nil && !errors.Is(err, context.DeadlineExceeded) {
						yield(file{}, err)
						return
					} else if err != nil {
						return
					}
				}
			}, func() output.Page { return output.Page{} })
		},
	}
	o.flags(f, cmd)
	cmd.Flags().DurationVar(&interval, "interval", interval, i18n.Text{RU: "как часто смотреть", EN: "how often to look"}.In(f.Lang))
	cmd.Flags().DurationVar(&timeout, "timeout", 0, i18n.Text{RU: "не дольше, например 8h; 0 — без предела", EN: "no longer than this, such as 8h; 0 is no limit"}.In(f.Lang))
	output.AddFlags(cmd, &out, fileView(), f.Lang)
	return cmd
}
