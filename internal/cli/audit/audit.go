// Package audit is the noun "audit": proving the journal and telling what
// happened to a payment or an application.
package audit

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/ui/i18n"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/untrusted"
)

// New returns the noun with its verbs.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: i18n.Text{RU: "Журнал: проверить цепочку, показать историю платежа", EN: "The journal: prove its chain, tell a payment's story"}.In(f.Lang),
		Args:  cobra.NoArgs,
	}
	f.Verbs(cmd, func() []*cobra.Command { return []*cobra.Command{newVerify(f), newShow(f), newExport(f)} })
	return cmd
}

func newVerify(f *factory.Factory) *cobra.Command {
	var out output.Options
	view := output.View[journal.Report]{Fields: []output.Field[journal.Report]{
		{Name: "holds", Title: i18n.Text{RU: "Цепочка цела", EN: "The chain holds"}, Value: func(r journal.Report) any { return r.Bad == nil }},
		{Name: "events", Title: i18n.Text{RU: "Событий", EN: "Events"}, Value: func(r journal.Report) any { return r.Events }},
		{Name: "records", Title: i18n.Text{RU: "Записей", EN: "Records"}, Value: func(r journal.Report) any { return r.Records }},
		{Name: "head", Title: i18n.Text{RU: "Конец цепочки", EN: "Head"}, Value: func(r journal.Report) any { return r.Head.Hash.String() }},
		{Name: "headLag", Title: i18n.Text{RU: "Событий после отметки", EN: "Events after the mark"}, Value: func(r journal.Report) any { return r.HeadLag }},
		{Name: "bad", Title: i18n.Text{RU: "Первая ошибка", EN: "First fault"}, Value: func(r journal.Report) any {
			if r.Bad == nil {
				return nil
			}
			return output.Dual{Machine: r.Bad, Human: untrusted.Text(string(r.Bad.Fault) + ": " + r.Bad.Detail)}
		}},
	}}
	cmd := &cobra.Command{
		Use:   "verify",
		Short: i18n.Text{RU: "Пересчитать цепочку журнала без сети", EN: "Recompute the journal's chain, offline"}.In(f.Lang),
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			j, err := f.Journal(cmd.Context())
			if err != nil {
				return err
			}
			report, err := j.Verify(cmd.Context())
			if err != nil && report.Bad == nil {
				return err
			}
			if err2 := output.Object(f.IO, &out, view, report); err2 != nil {
				return err2
			}
			return err
		},
	}
	output.AddFlags(cmd, &out, view, f.Lang)
	return cmd
}

// entry is one event of a story.
type entry struct {
	journal.Event
	change journal.Change
}

func newShow(f *factory.Factory) *cobra.Command {
	var out output.Options
	view := output.View[entry]{Fields: []output.Field[entry]{
		{Name: "seq", Title: i18n.Text{RU: "№", EN: "No."}, Value: func(e entry) any { return e.Seq }},
		{Name: "at", Title: i18n.Text{RU: "Когда", EN: "When"}, Value: func(e entry) any { return e.At }},
		{Name: "subject", Title: i18n.Text{RU: "Запись", EN: "Record"}, Value: func(e entry) any { return e.Subject }},
		{Name: "kind", Title: i18n.Text{RU: "Событие", EN: "Event"}, Value: func(e entry) any { return string(e.Kind) }},
		{Name: "from", Title: i18n.Text{RU: "Было", EN: "From"}, Value: func(e entry) any { return string(e.change.From) }},
		{Name: "to", Title: i18n.Text{RU: "Стало", EN: "To"}, Value: func(e entry) any { return string(e.change.To) }},
		{Name: "witness", Title: i18n.Text{RU: "На основании", EN: "Witness"}, Value: func(e entry) any { return string(e.change.Witness) }},
		{Name: "body", Title: i18n.Text{RU: "Подробно", EN: "Body"}, Value: func(e entry) any {
			return output.Dual{Machine: e.Body, Human: untrusted.Text(e.Body)}
		}, Wide: true},
		{Name: "hash", Title: i18n.Text{RU: "Хеш", EN: "Hash"}, Value: func(e entry) any { return e.Hash.String() }},
	}, Default: []string{"seq", "at", "kind", "from", "to", "witness"}}
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "show УИН|ЗАПИСЬ", EN: "show УИН|RECORD"}.In(f.Lang),
		Short: i18n.Text{RU: "Вся история одного платежа или заявления", EN: "The whole story of one payment or application"}.In(f.Lang),
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			j, err := f.Journal(cmd.Context())
			if err != nil {
				return err
			}
			stories, err := j.Story(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			var rows []entry
			for _, s := range stories {
				for _, ev := range s.Events {
					e := entry{Event: ev}
					if ev.Kind == journal.PaymentMoved || ev.Kind == journal.SubmissionMoved {
						if err := json.Unmarshal(ev.Body, &e.change); err != nil {
							return err
						}
					}
					rows = append(rows, e)
				}
			}
			if len(rows) == 0 {
				return fault.New(exitcode.NotFound, "journal.not_found", i18n.Text{RU: "в журнале нет ничего про %s", EN: "the journal holds nothing about %s"}.With(args[0]))
			}
			return output.List(f.IO, &out, view, rows, output.Page{})
		},
	}
	output.AddFlags(cmd, &out, view, f.Lang)
	return cmd
}

func newExport(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:   "export",
		Short: i18n.Text{RU: "Вывести весь журнал построчно в JSON, с хешами", EN: "Print the whole journal as JSON lines, with the hashes"}.In(f.Lang),
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			j, err := f.Journal(cmd.Context())
			if err != nil {
				return err
			}
			return j.Export(cmd.Context(), f.IO.Out)
		},
	}
}
