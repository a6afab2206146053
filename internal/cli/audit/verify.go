package audit

import (
	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/audit"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/reconcile"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// badDecision is what a script learns of a decision that nobody can be held to.
type badDecision struct {
	Seq       int64     `json:"seq"`
	Payment   string    `json:"payment"`
	Who       string    `json:"who"` // as the journal says
	Signature signature `json:"signature"`
}

func badDecisions(d *reconcile.Decisions) []badDecision {
	out := make([]badDecision, 0, len(d.Bad))
	for i := range d.Bad {
		b := &d.Bad[i]
		out = append(out, badDecision{b.Seq, b.Payment, b.Who, signatureOf(&b.Signed)})
	}
	return out
}

func reportView() output.View[*audit.Proof] {
	return output.View[*audit.Proof]{Fields: []output.Field[*audit.Proof]{
		{Name: "holds", Title: i18n.Text{RU: "Цепочка цела", EN: "The chain holds"}, Value: func(r *audit.Proof) any { return r.Bad == nil }},
		{Name: "events", Title: i18n.Text{RU: "Событий", EN: "Events"}, Value: func(r *audit.Proof) any { return r.Events }},
		{Name: "records", Title: i18n.Text{RU: "Записей", EN: "Records"}, Value: func(r *audit.Proof) any { return r.Records }},
		{Name: "head", Title: i18n.Text{RU: "Конец цепочки", EN: "Head"}, Value: func(r *audit.Proof) any { return r.Head.Hash.String() }},
		{Name: "headLag", Title: i18n.Text{RU: "Событий после отметки", EN: "Events after the mark"}, Value: func(r *audit.Proof) any { return r.HeadLag }},
		{Name: "bad", Title: i18n.Text{RU: "Первая ошибка", EN: "First fault"}, Value: func(r *audit.Proof) any {
			if r.Bad == nil {
				return nil
			}
			return output.Dual{Machine: r.Bad, Human: i18n.Text{RU: "%s: событие %d (%s)", EN: "%s: event %d (%s)"}.
				With(audit.FaultTitle(r.Bad.Fault), r.Bad.Seq, untrusted.Text(r.Bad.Detail))}
		}},
		{Name: "decisions", Title: i18n.Text{RU: "Решений людей", EN: "People's decisions"}, Value: func(r *audit.Proof) any {
			if r.Decisions == nil {
				return nil
			}
			return r.Decisions.N
		}},
		{Name: "badDecisions", Title: i18n.Text{RU: "Из них без верной подписи", EN: "Of them without a valid signature"}, Value: func(r *audit.Proof) any {
			if r.Decisions == nil {
				return nil
			}
			return output.Dual{Machine: badDecisions(r.Decisions), Human: i18n.Text{RU: "%d", EN: "%d"}.With(r.Decisions.BadN)}
		}},
	}}
}

func newVerify(f *factory.Factory) *cobra.Command {
	var out output.Options
	var at place
	tr := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd := &cobra.Command{
		Use:   "verify",
		Short: tr("Пересчитать цепочку журнала без сети", "Recompute the journal's chain, offline"),
		Long: tr(`Пересчитывает хеши всех событий, сверяет с ними каждую запись и отметку о конце цепочки, проверяет сам файл базы.
Называет первое повреждение: изменённое, пропавшее, переставленное событие, отрезанный конец. Потом проверяет подпись под каждым
решением человека (epgu batch reconcile --decide) и называет те, которые не подписаны или подписаны неверно. Ничего не пишет и не чинит.
Копию журнала (папку с journal.db и journal.head) можно проверить на другой машине и с диска, доступного только для чтения: --journal ПАПКА.
Код выхода: 0 — цепочка цела и решения подписаны, 1 — нет, 5 — журнала нет.`,
			`Recomputes the hashes of all events, compares every record and the mark of the chain's end with them, and checks the database file itself.
Names the first damage: an event edited, absent or reordered, an end cut off. Then checks the signature under every
decision of a person (epgu batch reconcile --decide) and names those that bear none or a wrong one. Writes and mends nothing.
A copy of the journal (a folder with journal.db and journal.head) can be verified on another machine and from a read-only disk: --journal FOLDER.
Exit code: 0 the chain holds and the decisions are signed, 1 not so, 5 there is no journal.`),
		Example: "  epgu audit verify\n  epgu audit verify --journal /media/archive/journal-2026-07 --json holds,events,head",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			j, err := at.open(cmd.Context(), f)
			if err != nil {
				return err
			}
			proof, err := audit.Verify(cmd.Context(), j)
			if proof == nil {
				return err
			}
			if err2 := output.Object(f.IO, &out, reportView(), proof); err2 != nil {
				return err2
			}
			return err
		},
	}
	at.flag(cmd, f)
	output.AddFlags(cmd, &out, reportView(), f.Lang)
	return cmd
}
