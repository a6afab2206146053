package audit

import (
	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/ui/i18n"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/untrusted"
)

func reportView() output.View[journal.Report] {
	return output.View[journal.Report]{Fields: []output.Field[journal.Report]{
		{Name: "holds", Title: i18n.Text{RU: "Цепочка цела", EN: "The chain holds"}, Value: func(r journal.Report) any { return r.Bad == nil }},
		{Name: "events", Title: i18n.Text{RU: "Событий", EN: "Events"}, Value: func(r journal.Report) any { return r.Events }},
		{Name: "records", Title: i18n.Text{RU: "Записей", EN: "Records"}, Value: func(r journal.Report) any { return r.Records }},
		{Name: "head", Title: i18n.Text{RU: "Конец цепочки", EN: "Head"}, Value: func(r journal.Report) any { return r.Head.Hash.String() }},
		{Name: "headLag", Title: i18n.Text{RU: "Событий после отметки", EN: "Events after the mark"}, Value: func(r journal.Report) any { return r.HeadLag }},
		{Name: "bad", Title: i18n.Text{RU: "Первая ошибка", EN: "First fault"}, Value: func(r journal.Report) any {
			if r.Bad == nil {
				return nil
			}
			return output.Dual{Machine: r.Bad, Human: i18n.Text{RU: "%s: событие %d (%s)", EN: "%s: event %d (%s)"}.
				With(faultTitle(r.Bad.Fault), r.Bad.Seq, untrusted.Text(r.Bad.Detail))}
		}},
	}}
}

// faultTitle names a damage for people.
func faultTitle(f journal.Fault) i18n.Text {
	switch f {
	case journal.Edited:
		return i18n.Text{RU: "событие изменено", EN: "an event was edited"}
	case journal.Missing:
		return i18n.Text{RU: "событие пропало", EN: "an event is absent"}
	case journal.Reordered:
		return i18n.Text{RU: "события переставлены", EN: "events were reordered"}
	case journal.Truncated:
		return i18n.Text{RU: "конец журнала отрезан", EN: "the end is cut off"}
	case journal.Torn:
		return i18n.Text{RU: "файл повреждён", EN: "the file is damaged"}
	case journal.Headless:
		return i18n.Text{RU: "нет отметки о конце цепочки", EN: "the mark of the chain's end is absent"}
	case journal.Forked:
		return i18n.Text{RU: "отметка о конце — от другой цепочки", EN: "the mark of the end is of another chain"}
	case journal.Unfounded:
		return i18n.Text{RU: "запись не следует из событий", EN: "a record does not follow from its events"}
	case journal.Impossible:
		return i18n.Text{RU: "событие, которого не бывает", EN: "an event that the rules forbid"}
	}
	return i18n.Text{RU: string(f), EN: string(f)}
}

func newVerify(f *factory.Factory) *cobra.Command {
	var out output.Options
	var at place
	tr := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd := &cobra.Command{
		Use:   "verify",
		Short: tr("Пересчитать цепочку журнала без сети", "Recompute the journal's chain, offline"),
		Long: tr(`Пересчитывает хеши всех событий, сверяет с ними каждую запись и отметку о конце цепочки, проверяет сам файл базы.
Называет первое повреждение: изменённое, пропавшее, переставленное событие, отрезанный конец. Ничего не пишет и не чинит.
Копию журнала (папку с journal.db и journal.head) можно проверить на другой машине и с диска, доступного только для чтения: --journal ПАПКА.
Код выхода: 0 — цепочка цела, 1 — повреждена, 5 — журнала нет.`,
			`Recomputes the hashes of all events, compares every record and the mark of the chain's end with them, and checks the database file itself.
Names the first damage: an event edited, absent or reordered, an end cut off. Writes and mends nothing.
A copy of the journal (a folder with journal.db and journal.head) can be verified on another machine and from a read-only disk: --journal FOLDER.
Exit code: 0 the chain holds, 1 it is damaged, 5 there is no journal.`),
		Example: "  epgu audit verify\n  epgu audit verify --journal /media/archive/journal-2026-07 --json holds,events,head",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			j, err := at.open(cmd.Context(), f)
			if err != nil {
				return err
			}
			report, err := j.Verify(cmd.Context())
			if err != nil && report.Bad == nil {
				return err
			}
			if err2 := output.Object(f.IO, &out, reportView(), report); err2 != nil {
				return err2
			}
			return err
		},
	}
	at.flag(cmd, f)
	output.AddFlags(cmd, &out, reportView(), f.Lang)
	return cmd
}
