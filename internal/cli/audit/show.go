package audit

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/approval"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/reconcile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// entry is one event of a story.
type entry struct {
	journal.Event
	change journal.Change
	first  *journal.Override // of the event that began the record
	signed *reconcile.Signed // of a person's decision
}

// who is the person behind an event, if there was one.
func (e *entry) who() string {
	if e.first != nil {
		return e.first.Who
	}
	return e.change.Who
}

// why is what was given as the reason: of a person, or of whoever refused.
func (e *entry) why() string {
	switch {
	case e.first != nil:
		return e.first.Reason
	case e.change.Why != "":
		return e.change.Why
	case e.change.Reason != nil:
		return strings.TrimSpace(e.change.Reason.Code + " " + e.change.Reason.Text)
	}
	return ""
}

func storyView() output.View[entry] {
	text := func(s string) any {
		if s == "" {
			return nil
		}
		return untrusted.Text(s)
	}
	return output.View[entry]{Fields: []output.Field[entry]{
		{Name: "seq", Title: i18n.Text{RU: "№", EN: "No."}, Value: func(e entry) any { return e.Seq }},
		{Name: "at", Title: i18n.Text{RU: "Когда", EN: "When"}, Value: func(e entry) any { return e.At }},
		{Name: "subject", Title: i18n.Text{RU: "Запись", EN: "Record"}, Value: func(e entry) any { return e.Subject }},
		{Name: "kind", Title: i18n.Text{RU: "Событие", EN: "Event"}, Value: func(e entry) any { return string(e.Kind) }},
		{Name: "from", Title: i18n.Text{RU: "Было", EN: "From"}, Value: func(e entry) any { return string(e.change.From) }},
		{Name: "to", Title: i18n.Text{RU: "Стало", EN: "To"}, Value: func(e entry) any { return string(e.change.To) }},
		{Name: "witness", Title: i18n.Text{RU: "На основании", EN: "Witness"}, Value: func(e entry) any { return string(e.change.Witness) }},
		{Name: "who", Title: i18n.Text{RU: "Кто", EN: "Who"}, Value: func(e entry) any { return text(e.who()) }},
		{Name: "why", Title: i18n.Text{RU: "Почему", EN: "Why"}, Value: func(e entry) any { return text(e.why()) }},
		{Name: "details", Title: i18n.Text{RU: "Что видно", EN: "What was seen"}, Value: func(e entry) any {
			if len(e.change.Details) == 0 {
				return nil
			}
			return output.Dual{Machine: e.change.Details, Human: untrusted.Text(e.change.Details)}
		}, Wide: true},
		{Name: "signature", Title: i18n.Text{RU: "Подпись", EN: "Signature"}, Value: func(e entry) any {
			if e.signed == nil {
				return nil
			}
			return output.Dual{Machine: signatureOf(e.signed), Human: signatureTitle(e.signed)}
		}},
		{Name: "body", Title: i18n.Text{RU: "Подробно", EN: "Body"}, Value: func(e entry) any {
			return output.Dual{Machine: e.Body, Human: untrusted.Text(e.Body)}
		}, Wide: true},
		{Name: "hash", Title: i18n.Text{RU: "Хеш", EN: "Hash"}, Value: func(e entry) any { return e.Hash.String() }},
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
			var rows []entry
			for i := range stories {
				es, err := entries(cmd.Context(), &stories[i])
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

func entries(ctx context.Context, s *journal.Story) ([]entry, error) {
	rows := make([]entry, 0, len(s.Events))
	for _, ev := range s.Events {
		e := entry{Event: ev}
		switch ev.Kind {
		case journal.PaymentMoved, journal.SubmissionMoved:
			if err := json.Unmarshal(ev.Body, &e.change); err != nil {
				return nil, journal.Store(err)
			}
			if e.change.Witness == journal.Operator && s.Payment != nil {
				signed := reconcile.VerifyDecision(ctx, s.Payment, &e.change, approval.Roots{})
				e.signed = &signed
			}
		case journal.PaymentPlanned, journal.SubmissionPrepared:
			var began struct {
				Override *journal.Override `json:"override"`
			}
			if err := json.Unmarshal(ev.Body, &began); err != nil {
				return nil, journal.Store(err)
			}
			e.first = began.Override
		}
		rows = append(rows, e)
	}
	return rows, nil
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
			for n, line := range headOf(s.Payment) {
				text := untrusted.Clean(ios.Say(line))
				if n == 0 {
					text = st.Bold(text)
				}
				fmt.Fprintln(w, text)
			}
		} else if s.Submission != nil {
			fmt.Fprintln(w, st.Bold(untrusted.Clean(ios.Say(i18n.Text{RU: "Заявление «%s» (%s)", EN: "Application %q (%s)"}.With(s.Submission.Title, s.Submission.ID)))))
		}
		es, err := entries(ctx, s)
		if err != nil {
			return err
		}
		for _, e := range es {
			fmt.Fprintf(w, "  %s  %s\n", e.At.In(ios.Location).Format("02.01.2006 15:04:05"), untrusted.Clean(ios.Say(step(&e))))
			for _, more := range evidence(&e) {
				fmt.Fprintf(w, "                       %s\n", st.Dim(untrusted.Clean(ios.Say(more))))
			}
		}
	}
	return w.Flush()
}

// headOf says what a payment is.
func headOf(p *journal.Payment) []i18n.Message {
	lines := []i18n.Message{i18n.Text{RU: "Платёж %s: %s, %s", EN: "Payment %s: %s, %s"}.With(p.ID, i18n.Money(p.AmountKopecks), billing.StateTitle(p.State))}
	add := func(m i18n.Message) { lines = append(lines, m) }
	if p.UIN != "" {
		add(i18n.Text{RU: "УИН %s, плательщик %s", EN: "УИН %s, payer %s"}.With(p.UIN, p.Payer))
	} else {
		add(i18n.Text{RU: "без УИН, плательщик %s", EN: "no УИН, payer %s"}.With(p.Payer))
	}
	if p.PayeeName != "" || p.PayeeAccount != "" {
		add(i18n.Text{RU: "получатель %s, счёт %s", EN: "payee %s, account %s"}.With(p.PayeeName, p.PayeeAccount))
	}
	if p.Run != "" {
		add(i18n.Text{RU: "план %s, строка %d", EN: "plan %s, row %d"}.With(p.Run, p.Row))
	}
	if c := billing.CarriedOf(p); p.Via == journal.ViaBankFile {
		add(i18n.Text{RU: "поручение № %s в файле %s", EN: "order No. %s in file %s"}.With(c.Number, c.File))
	} else if p.Via == journal.ViaDirectBank {
		add(i18n.Text{RU: "поручение № %s, банк %s, пакет %s", EN: "order No. %s, bank %s, packet %s"}.With(c.Number, c.Bank, c.Packet))
	}
	if p.PortalPaymentID != "" {
		add(i18n.Text{RU: "номер у портала %s", EN: "the portal's number is %s"}.With(p.PortalPaymentID))
	}
	if p.LinkedTo != "" {
		add(i18n.Text{RU: "повторяет платёж %s", EN: "repeats payment %s"}.With(p.LinkedTo))
	}
	return lines
}

// step says in words what an event did.
func step(e *entry) i18n.Message {
	switch e.Kind {
	case journal.PaymentPlanned:
		if e.first != nil {
			return i18n.Say("внесён в журнал повторно, по решению человека", "journalled again, by a person's decision")
		}
		return i18n.Say("внесён в журнал", "journalled")
	case journal.SubmissionPrepared:
		return i18n.Say("внесено в журнал", "journalled")
	}
	return i18n.Text{RU: "%s → %s: %s", EN: "%s → %s: %s"}.With(stateWord(e.change.From), stateWord(e.change.To), witnessTitle(e.change.Witness))
}

func stateWord(s journal.State) i18n.Text {
	switch s {
	case journal.Planned:
		return i18n.Text{RU: "в плане", EN: "planned"}
	case journal.Claimed:
		return i18n.Text{RU: "взят", EN: "claimed"}
	case journal.Sending:
		return i18n.Text{RU: "отправляется", EN: "sending"}
	case journal.Accepted:
		return i18n.Text{RU: "принят", EN: "accepted"}
	case journal.Paid:
		return i18n.Text{RU: "оплачен", EN: "paid"}
	case journal.Refused:
		return i18n.Text{RU: "отклонён", EN: "refused"}
	case journal.Returned:
		return i18n.Text{RU: "деньги вернулись", EN: "money returned"}
	case journal.Unknown:
		return i18n.Text{RU: "исход неизвестен", EN: "unknown"}
	}
	return i18n.Text{RU: string(s), EN: string(s)}
}

// witnessTitle says on whose word.
func witnessTitle(w journal.Witness) i18n.Text {
	switch w {
	case journal.Engine:
		return i18n.Text{RU: "записала программа", EN: "written by the programme"}
	case journal.PortalByID:
		return i18n.Text{RU: "ответ портала о платеже", EN: "the portal's word about the payment"}
	case journal.Statement:
		return i18n.Text{RU: "выписка банка", EN: "a bank statement"}
	case journal.ChargeFlag:
		return i18n.Text{RU: "начисление погашено", EN: "the charge is settled"}
	case journal.OwnFile:
		return i18n.Text{RU: "файл для банка", EN: "the file for the bank"}
	case journal.Operator:
		return i18n.Text{RU: "решение человека", EN: "a person's decision"}
	}
	return i18n.Text{RU: string(w), EN: string(w)}
}

// evidence is what stands behind an event: a person, a reason, what was seen.
func evidence(e *entry) []i18n.Message {
	var out []i18n.Message
	if who := e.who(); who != "" {
		out = append(out, i18n.Text{RU: "кто: %s", EN: "who: %s"}.With(who))
	}
	if why := e.why(); why != "" {
		out = append(out, i18n.Text{RU: "почему: %s", EN: "why: %s"}.With(why))
	}
	if e.signed != nil {
		out = append(out, signatureTitle(e.signed))
	} else if len(e.change.Details) > 0 {
		out = append(out, i18n.Text{RU: "видно: %s", EN: "seen: %s"}.With(string(e.change.Details)))
	}
	if until := e.change.LeaseUntil; until != 0 {
		out = append(out, i18n.Text{RU: "процесс %s, не дольше %s", EN: "process %s, until %s"}.With(e.change.Owner, time.UnixMicro(until).UTC().Format(time.TimeOnly)+" UTC"))
	}
	return out
}
