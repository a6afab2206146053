package audit

import (
	"bufio"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/audit"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

func storyView() output.View[audit.Entry] {
	text := func(s string) any {
		if s == "" {
			return nil
		}
		return untrusted.Text(s)
	}
	return output.View[audit.Entry]{Fields: []output.Field[audit.Entry]{
		{Name: "seq", Title: i18n.Text{RU: "№", EN: "No."}, Value: func(e audit.Entry) any { return e.Seq }},
		{Name: "at", Title: i18n.Text{RU: "Когда", EN: "When"}, Value: func(e audit.Entry) any { return e.At }},
		{Name: "subject", Title: i18n.Text{RU: "Запись", EN: "Record"}, Value: func(e audit.Entry) any { return e.Subject }},
		{Name: "kind", Title: i18n.Text{RU: "Событие", EN: "Event"}, Value: func(e audit.Entry) any { return output.Dual{Machine: string(e.Kind), Human: audit.KindTitle(e.Kind)} }},
		{Name: "from", Title: i18n.Text{RU: "Было", EN: "From"}, Value: func(e audit.Entry) any {
			return output.Dual{Machine: string(e.Change.From), Human: audit.StateTitle(e.Kind, e.Change.From)}
		}},
		{Name: "to", Title: i18n.Text{RU: "Стало", EN: "To"}, Value: func(e audit.Entry) any {
			return output.Dual{Machine: string(e.Change.To), Human: audit.StateTitle(e.Kind, e.Change.To)}
		}},
		{Name: "witness", Title: i18n.Text{RU: "На основании", EN: "Witness"}, Value: func(e audit.Entry) any {
			return output.Dual{Machine: string(e.Change.Witness), Human: audit.WitnessTitle(e.Change.Witness)}
		}},
		{Name: "who", Title: i18n.Text{RU: "Кто", EN: "Who"}, Value: func(e audit.Entry) any { return text(e.Who()) }},
		{Name: "why", Title: i18n.Text{RU: "Почему", EN: "Why"}, Value: func(e audit.Entry) any { return text(e.Why()) }},
		{Name: "details", Title: i18n.Text{RU: "Что видно", EN: "What was seen"}, Value: func(e audit.Entry) any {
			if len(e.Change.Details) == 0 {
				return nil
			}
			return output.Dual{Machine: e.Change.Details, Human: untrusted.Text(e.Change.Details)}
		}, Wide: true},
		{Name: "signature", Title: i18n.Text{RU: "Подпись", EN: "Signature"}, Value: func(e audit.Entry) any {
			if e.Signed == nil {
				return nil
			}
			return output.Dual{Machine: signatureOf(e.Signed), Human: audit.SignatureTitle(e.Signed)}
		}},
		{Name: "body", Title: i18n.Text{RU: "Подробно", EN: "Body"}, Value: func(e audit.Entry) any {
			return output.Dual{Machine: e.Body, Human: untrusted.Text(e.Body)}
		}, Wide: true},
		{Name: "hash", Title: i18n.Text{RU: "Хеш", EN: "Hash"}, Value: func(e audit.Entry) any { return e.Hash.String() }},
	}, Default: []string{"seq", "at", "kind", "from", "to", "witness", "who", "why"}}
}

func newShow(f *factory.Factory) *cobra.Command {
	var out output.Options
	var at place
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "show УИН|ЗАПИСЬ", EN: "show УИН|RECORD"}.In(f.Lang),
		Short: i18n.Text{RU: "Вся история одного платежа или заявления", EN: "The whole story of one payment or application"}.In(f.Lang),
		Long: i18n.Text{RU: `Что платили, кому и сколько, каждый шаг с временем: кто или что его подтверждает и что при этом увидели.
По УИН — все платежи по нему, кто бы ни платил; по номеру записи — одна.`,
			EN: `What was paid, to whom and how much; every step with its time, who or what vouches for it, and what was seen.
By УИН all its payments, whoever paid; by a record's ID that one.`}.In(f.Lang),
		Example: "  epgu audit show 18810177170325189254\n  epgu audit show 18810177170325189254 --json at,to,witness,who,why",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			j, err := at.open(cmd.Context(), f)
			if err != nil {
				return err
			}
			stories, err := j.Story(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if f.IO.IsStdoutTTY() && !out.Machine() && !cmd.Flags().Changed("columns") {
				return tell(cmd.Context(), f, stories)
			}
			var rows []audit.Entry
			for i := range stories {
				es, err := audit.Entries(cmd.Context(), &stories[i])
				if err != nil {
					return err
				}
				rows = append(rows, es...)
			}
			if len(rows) == 0 {
				return fault.New(exitcode.NotFound, "journal.not_found", i18n.Text{RU: "в журнале нет ничего про %s", EN: "the journal holds nothing about %s"}.With(args[0]))
			}
			return output.List(f.IO, &out, storyView(), rows, output.Page{})
		},
	}
	at.flag(cmd, f)
	output.AddFlags(cmd, &out, storyView(), f.Lang)
	return cmd
}

// tell prints stories for a person at a terminal.
func tell(ctx context.Context, f *factory.Factory, stories []journal.Story) error {
	ios := f.IO
	w, st := bufio.NewWriter(ios.Out), ios.OutStyle()
	for i := range stories {
		s := &stories[i]
		if i > 0 {
			fmt.Fprintln(w)
		}
		if s.Payment != nil {
			for n, line := range audit.HeadOf(s.Payment) {
				text := untrusted.Clean(ios.Say(line))
				if n == 0 {
					text = st.Bold(text)
				}
				fmt.Fprintln(w, text)
			}
		} else if s.Submission != nil {
			fmt.Fprintln(w, st.Bold(untrusted.Clean(ios.Say(i18n.Text{RU: "Заявление «%s» (%s)", EN: "Application %q (%s)"}.With(s.Submission.Title, s.Submission.ID)))))
		}
		es, err := audit.Entries(ctx, s)
		if err != nil {
			return err
		}
		for _, e := range es {
			fmt.Fprintf(w, "  %s  %s\n", i18n.Second(e.At.In(ios.Location)).In(ios.Lang), untrusted.Clean(ios.Say(audit.Step(&e))))
			for _, more := range audit.Evidence(&e) {
				fmt.Fprintf(w, "                       %s\n", st.Dim(untrusted.Clean(ios.Say(more))))
			}
		}
	}
	return w.Flush()
}
