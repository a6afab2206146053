package journal

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/audit"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/reconcile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/tui/drive"
)

var now = time.Date(2026, 12, 1, 12, 3, 0, 0, clock.Moscow())

// book is a journal with one payment.
type book struct {
	bad      *journal.BadEvent
	unsigned int
}

const payment = "01980000-0000-7000-8000-00000000000a"

func (b *book) all() []Event {
	ev := func(seq int64, kind journal.Kind, from, to journal.State, w journal.Witness, who string) Event {
		return Event{Event: journal.Event{Seq: seq, At: now.Add(time.Duration(seq-5) * time.Minute), Subject: payment, Kind: kind},
			Change: journal.Change{From: from, To: to, Evidence: journal.Evidence{Witness: w, Who: who}}}
	}
	return []Event{
		ev(4, journal.PaymentMoved, journal.Unknown, journal.Paid, journal.Operator, "Борисов Борис"),
		ev(3, journal.PaymentMoved, journal.Sending, journal.Unknown, journal.Engine, ""),
		ev(2, journal.PaymentMoved, journal.Planned, journal.Sending, journal.Engine, ""),
		ev(1, journal.PaymentPlanned, "", "", "", ""),
	}
}

func (b *book) Events(_ context.Context, each func(Event) bool) error {
	for _, e := range b.all() {
		if !each(e) {
			break
		}
	}
	return nil
}

func (b *book) Story(_ context.Context, id string) ([]Story, error) {
	if id != payment {
		return nil, nil
	}
	s := Story{Payment: &journal.Payment{ID: payment, UIN: "18810177170325189001", Payer: "7700000000", AmountKopecks: 56250, State: journal.Paid, PayeeName: "УФК по г. Москве", PayeeAccount: "03100643000000017300"}}
	for _, e := range b.all() {
		s.Entries = append([]audit.Entry{{Event: e.Event, Change: e.Change}}, s.Entries...)
	}
	return []Story{s}, nil
}

func (b *book) Verify(context.Context) (*audit.Proof, error) {
	p := &audit.Proof{Report: journal.Report{Events: 4, Records: 1, Bad: b.bad}}
	if b.bad != nil {
		return p, fault.New(exitcode.Failure, "journal.corrupt", i18n.Say("журнал изменён: событие 2", "the journal was changed: event 2"))
	}
	p.Decisions = &reconcile.Decisions{N: 1, BadN: b.unsigned}
	if b.unsigned > 0 {
		return p, fault.New(exitcode.Failure, "audit.decision", i18n.Say("подпись не подтверждает решений: 1", "decisions without a valid signature: 1"))
	}
	return p, nil
}

func start(t *testing.T, b *book, lang i18n.Lang, cols, rows int) *drive.Driver {
	return drive.Start(t, drive.Simple(now, lang, Entries(b)...), cols, rows)
}

func TestTheJournalAndAStoryInBothLanguages(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.RU, i18n.EN} {
		for _, size := range [][2]int{{80, 24}, {120, 40}} {
			name := fmt.Sprintf("%s.%dx%d", lang, size[0], size[1])
			d := start(t, &book{}, lang, size[0], size[1]).Golden("events." + name)
			d.Press("v").Golden("proved." + name).Press("enter").Golden("story." + name)
		}
	}
}

func TestAJournalThatWasChangedSaysSoAndKeepsSayingIt(t *testing.T) {
	d := start(t, &book{bad: &journal.BadEvent{Seq: 2, Fault: journal.Edited}}, i18n.RU, 100, 30).Press("v").Sees("журнал изменён: событие 2")
	d.Pause().Press("enter").Sees("ЦЕПОЧКА НЕ ЦЕЛА: событие изменено, событие 2")
}

func TestADecisionWithoutAValidSignatureIsNamed(t *testing.T) {
	d := start(t, &book{unsigned: 1}, i18n.RU, 100, 30).Press("v").Sees("подпись не подтверждает решений")
	d.Pause().Press("enter").Sees("решений без верной подписи: 1")
}

func TestARecordIsFoundByTyping(t *testing.T) {
	start(t, &book{}, i18n.RU, 120, 30).Press("/").Type("борисов").Press("enter").Sees("1 / 4", "исход неизвестен → оплачен").Press("enter").Sees("562,50", "решение человека", "кто: Борисов Борис")
}
