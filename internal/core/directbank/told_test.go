package directbank_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/directbank"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/sqlite"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
)

// sent is a journal with one payment that went to the bank and is in a state.
func sent(t *testing.T, state journal.State, sendings int) (journal.Journal, string) {
	t.Helper()
	j, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir(), Clock: clock.NewManual(time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	r, err := j.Plan(t.Context(), []journal.Payment{{Profile: "sandbox", Via: journal.ViaDirectBank, Payer: "9600000016", UIN: "18817542897238799645", AmountKopecks: 100}})
	if err != nil {
		t.Fatal(err)
	}
	id := r[0].Payment.ID
	extra, err := (billing.Carried{Bank: "demo", Packet: "p1", Sendings: sendings}).Extra()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Claim(t.Context(), journal.Claim{IDs: []string{id}}); err != nil {
		t.Fatal(err)
	}
	engine := journal.Evidence{Witness: journal.Engine}
	if err := j.Move(t.Context(), []journal.Transition{{ID: id, From: journal.Claimed, To: journal.Sending, Extra: extra, Evidence: engine}, {ID: id, From: journal.Sending, To: state, Evidence: engine}}); err != nil {
		t.Fatal(err)
	}
	return j, id
}

func notice(id, request, status, failure string) *directbank.Incoming {
	n := &wire.StatusDocNotice{ExtID: id, RequestID: request}
	if failure != "" {
		n.Result.Error = &wire.Error{Code: failure, Description: "слова банка"}
	} else {
		n.Result.Status = &wire.Status{Code: status, Name: "слова банка"}
	}
	return &directbank.Incoming{ID: "n", Kind: wire.KindDocNotice, Doc: n, Answers: request}
}

// What notices make of a payment, in the order in which they come.
// listener keeps what an ear tells.
type listener struct{ heard []directbank.Told }

func (l *listener) hear(t *directbank.Told) error {
	l.heard = append(l.heard, *t)
	return nil
}

func TestNoticesMoveAPaymentForwardOnly(t *testing.T) {
	type said struct{ status, failure string }
	for _, c := range []struct {
		name     string
		from     journal.State
		sendings int
		notices  []said
		want     journal.State
		status   string
		last     directbank.Word
	}{
		{"accepted, then executed", journal.Accepted, 1, []said{{"01", ""}, {"02", ""}}, journal.Accepted, "02", directbank.Executed},
		{"a lost answer, then a notice", journal.Unknown, 1, []said{{"01", ""}}, journal.Accepted, "01", directbank.Accepted},
		{"a notice twice", journal.Unknown, 1, []said{{"02", ""}, {"02", ""}}, journal.Accepted, "02", directbank.Executed},
		{"an old word after a new one", journal.Accepted, 1, []said{{"02", ""}, {"01", ""}}, journal.Accepted, "02", directbank.Accepted},
		{"put off, then executed", journal.Accepted, 1, []said{{"04", ""}, {"02", ""}}, journal.Accepted, "02", directbank.Executed},
		{"to be confirmed", journal.Unknown, 1, []said{{"06", ""}}, journal.Accepted, "06", directbank.Unconfirmed},
		{"refused", journal.Accepted, 1, []said{{"01", ""}, {"03", ""}}, journal.Refused, "03", directbank.Refused},
		{"annulled after a lost answer", journal.Unknown, 1, []said{{"05", ""}}, journal.Refused, "05", directbank.Annulled},
		{"refused after it was executed", journal.Accepted, 1, []said{{"02", ""}, {"03", ""}}, journal.Accepted, "02", directbank.Contradiction},
		{"executed after it was refused", journal.Accepted, 1, []said{{"03", ""}, {"02", ""}}, journal.Refused, "03", directbank.Contradiction},
		{"refused, and it went twice", journal.Accepted, 2, []said{{"03", ""}}, journal.Accepted, "", directbank.Refused},
		{"a copy is refused for a copy", journal.Unknown, 1, []said{{"", "2202"}}, journal.Accepted, "", directbank.Arrived},
		{"another document of the number", journal.Unknown, 1, []said{{"", "2203"}}, journal.Unknown, "", directbank.AnotherLike},
		{"not known at this moment", journal.Unknown, 1, []said{{"", "2207"}}, journal.Unknown, "", directbank.Unfamiliar},
		{"wrong requisites", journal.Accepted, 1, []said{{"", "2205"}}, journal.Refused, "", directbank.Refused},
		{"a wrong signature", journal.Unknown, 1, []said{{"", "2014"}}, journal.Refused, "", directbank.Refused},
		{"a failure inside the bank", journal.Unknown, 1, []said{{"", "1010"}}, journal.Unknown, "", directbank.Failed},
		{"a status that nobody knows", journal.Unknown, 1, []said{{"77", ""}}, journal.Unknown, "", directbank.Failed},
	} {
		j, id := sent(t, c.from, c.sendings)
		told := &listener{}
		ear := &directbank.Ear{Bank: "demo", Profile: "sandbox", Journal: j, Box: directbank.Disk{Dir: t.TempDir()}, Hear: told.hear}
		for _, s := range c.notices {
			if err := ear.Take(t.Context(), notice(id, "", s.status, s.failure)); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
		}
		p, err := j.Payment(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if got := billing.CarriedOf(&p); p.State != c.want || got.BankStatus != c.status || told.heard[len(told.heard)-1].Word != c.last {
			t.Errorf("%s: %s, bank's status %q, heard %q", c.name, p.State, got.BankStatus, told.heard[len(told.heard)-1].Word)
		}
	}
}

// commits counts how often something is written down.
type commits struct {
	journal.Journal
	n int
}

func (c *commits) Move(ctx context.Context, ts []journal.Transition) error {
	c.n++
	return c.Journal.Move(ctx, ts)
}

// A bank tells of a thousand orders in one packet: they are written down at once, the
// several notices of one order in the order in which they stand.
func TestThePacketsNoticesAreWrittenDownTogether(t *testing.T) {
	for _, c := range []struct {
		statuses []string
		want     string
		last     directbank.Word
	}{
		{[]string{"01", "02"}, "02", directbank.Executed},
		{[]string{"02", "01", "02"}, "02", directbank.Executed},
		{[]string{"02", "03"}, "02", directbank.Contradiction},
	} {
		j, id := sent(t, journal.Unknown, 1)
		counted := &commits{Journal: j}
		told := &listener{}
		ear := &directbank.Ear{Bank: "demo", Profile: "sandbox", Journal: counted, Box: directbank.Disk{Dir: t.TempDir()}, Hear: told.hear}
		var docs []*directbank.Incoming
		for _, s := range c.statuses {
			docs = append(docs, notice(id, "", s, ""))
		}
		if err := ear.Take(t.Context(), docs...); err != nil {
			t.Fatal(err)
		}
		p, err := j.Payment(t.Context(), id)
		if err != nil || p.State != journal.Accepted || billing.CarriedOf(&p).BankStatus != c.want || counted.n != 1 || len(told.heard) != len(docs) || told.heard[len(docs)-1].Word != c.last {
			t.Errorf("%v: %v, %s %+v, %d commits, heard %+v", c.statuses, err, p.State, billing.CarriedOf(&p), counted.n, told.heard)
		}
	}
}

// meddling moves the payment itself just before the first writing.
type meddling struct {
	journal.Journal
	id   string
	done bool
}

func (m *meddling) Move(ctx context.Context, ts []journal.Transition) error {
	if !m.done {
		m.done = true
		if err := m.Journal.Move(ctx, []journal.Transition{{ID: m.id, From: journal.Unknown, To: journal.Accepted, Evidence: journal.Evidence{Witness: journal.Bank}}}); err != nil {
			return err
		}
	}
	return m.Journal.Move(ctx, ts)
}

func TestANoticeOfAPaymentThatSomebodyMovesMeanwhileIsJudgedAnew(t *testing.T) {
	j, id := sent(t, journal.Unknown, 1)
	told := &listener{}
	ear := &directbank.Ear{Bank: "demo", Profile: "sandbox", Journal: &meddling{Journal: j, id: id}, Box: directbank.Disk{Dir: t.TempDir()}, Hear: told.hear}
	docs := []*directbank.Incoming{notice(id, "", "03", "")}
	if err := ear.Take(t.Context(), docs...); !errors.Is(err, directbank.ErrLater) || len(told.heard) != 0 {
		t.Fatalf("%v, heard %+v", err, told.heard)
	}
	if err := ear.Take(t.Context(), docs...); err != nil || len(told.heard) != 1 {
		t.Fatalf("%v, heard %+v", err, told.heard)
	}
	if p, err := j.Payment(t.Context(), id); err != nil || p.State != journal.Refused {
		t.Errorf("%v %s", err, p.State)
	}
}

func TestANoticeAboutARequestMovesNothing(t *testing.T) {
	j, id := sent(t, journal.Unknown, 1)
	told := &listener{}
	ear := &directbank.Ear{Bank: "demo", Profile: "sandbox", Journal: j, Box: directbank.Disk{Dir: t.TempDir()}, Hear: told.hear}
	request := "00000000-0000-4000-8000-000000000004"
	if err := ear.Take(t.Context(), notice(request, request, "", "2207")); err != nil {
		t.Fatal(err)
	}
	if p, err := j.Payment(t.Context(), id); err != nil || p.State != journal.Unknown || told.heard[0].Word != directbank.Unfamiliar || told.heard[0].Answers != request {
		t.Errorf("%v %v %+v", err, p.State, told.heard)
	}
}

// A refusal counts only when it is of the order itself, and said by the bank that has it.
func TestARefusalOfSomethingElseLeavesTheOrderWhereItIs(t *testing.T) {
	const question, recall, strange = "00000000-0000-4000-8000-000000000003", "00000000-0000-4000-8000-000000000004", "00000000-0000-4000-8000-000000000005"
	box := directbank.Disk{Dir: t.TempDir()}
	keep := func(packet, kind, id string) {
		raw := `<Packet xmlns="http://directbank.1c.ru/XMLSchema" id="` + packet + `" formatVersion="2.3.2" creationDate="2026-03-02T10:00:00"><Document id="` + id + `" dockind="` + kind + `" formatVersion="2.3.2"><Data>AA==</Data></Document></Packet>`
		for _, name := range []string{packet, id} {
			if err := box.PutSent(name, []byte(raw)); err != nil {
				t.Fatal(err)
			}
		}
	}
	keep("q", "03", question)
	keep("r", "04", recall)
	for _, c := range []struct {
		name, bank, request, status, failure string
		want                                 journal.State
		word                                 directbank.Word
	}{
		{"our question is answered by a refusal", "demo", question, "03", "", journal.Refused, directbank.Refused},
		{"our question is answered by the order's error", "demo", question, "", "2205", journal.Refused, directbank.Refused},
		{"the recall could not be done", "demo", recall, "03", "", journal.Accepted, directbank.NotRecalled},
		{"the recall's signature is wrong", "demo", recall, "", "2014", journal.Accepted, directbank.NotRecalled},
		{"the recall was done", "demo", recall, "05", "", journal.Refused, directbank.Annulled},
		{"a request of somebody else was refused", "demo", strange, "03", "", journal.Accepted, directbank.NotRecalled},
		{"another bank refuses it", "other", "", "03", "", journal.Accepted, directbank.Refused},
	} {
		j, id := sent(t, journal.Accepted, 1)
		told := &listener{}
		ear := &directbank.Ear{Bank: c.bank, Profile: "sandbox", Journal: j, Box: box, Hear: told.hear}
		if err := ear.Take(t.Context(), notice(id, c.request, c.status, c.failure)); err != nil {
			t.Fatal(err)
		}
		p, err := j.Payment(t.Context(), id)
		if err != nil || p.State != c.want || told.heard[0].Word != c.word {
			t.Errorf("%s: %v, %s, heard %q", c.name, err, p.State, told.heard[0].Word)
		}
	}
	// A packet that the order does not stand in any more.
	j, id := sent(t, journal.Accepted, 1)
	keep("p0", "10", id)
	keep("p1", "10", id)
	told := &listener{}
	ear := &directbank.Ear{Bank: "demo", Profile: "sandbox", Journal: j, Box: box, Hear: told.hear}
	for _, c := range []struct {
		packet string
		want   journal.State
	}{{"p0", journal.Accepted}, {"P1", journal.Refused}} {
		n := &wire.StatusPacketNotice{PacketID: c.packet, Result: wire.Result{Error: &wire.Error{Code: "2004"}}}
		if err := ear.Take(t.Context(), &directbank.Incoming{ID: "n", Kind: wire.KindPacketNotice, Packet: n}); err != nil {
			t.Fatal(err)
		}
		if p, err := j.Payment(t.Context(), id); err != nil || p.State != c.want {
			t.Errorf("packet %s: %v, %s", c.packet, err, p.State)
		}
	}
}

// Two processes took one number, and both were killed before they looked whose it is: the
// order of the later one has not left and never does; the one that had the number first
// stays a question for the bank.
func TestAnOrderWhoseNumberWasAnotherOnesBeforeNeverLeft(t *testing.T) {
	j, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir(), Clock: clock.NewManual(time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	box := directbank.Disk{Dir: t.TempDir()}
	var ids []string
	for i, uin := range []string{"18817542897238799645", "18810177170325189255"} {
		r, err := j.Plan(t.Context(), []journal.Payment{{Profile: "sandbox", Via: journal.ViaDirectBank, Payer: "9600000016", UIN: uin, AmountKopecks: 100}})
		if err != nil {
			t.Fatal(err)
		}
		id := r[0].Payment.ID
		ids = append(ids, id)
		packet := "p" + string(rune('0'+i))
		raw := `<Packet xmlns="http://directbank.1c.ru/XMLSchema" id="` + packet + `" formatVersion="2.3.2" creationDate="2026-03-02T10:00:00"><Document id="` + id + `" dockind="10" formatVersion="2.3.2"><Data>AA==</Data></Document></Packet>`
		if err := box.PutSent(packet, []byte(raw)); err != nil {
			t.Fatal(err)
		}
		extra, err := (billing.Carried{Bank: "demo", Packet: packet, Sendings: 1, Number: "3", Day: "2026-03-02", PayerAccount: "40702810900000000001"}).Extra()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := j.Claim(t.Context(), journal.Claim{IDs: []string{id}}); err != nil {
			t.Fatal(err)
		}
		engine := journal.Evidence{Witness: journal.Engine}
		if err := j.Move(t.Context(), []journal.Transition{{ID: id, From: journal.Claimed, To: journal.Sending, Extra: extra, Evidence: engine}, {ID: id, From: journal.Sending, To: journal.Unknown, Evidence: engine}}); err != nil {
			t.Fatal(err)
		}
	}
	told := &listener{}
	ear := &directbank.Ear{Bank: "demo", Profile: "sandbox", Journal: j, Box: box, Hear: told.hear}
	desk := &directbank.Desk{Section: &directbank.Section{Name: "demo"}} // it has no connection: nothing may be sent
	for i, want := range []struct {
		known bool
		state journal.State
	}{{false, journal.Unknown}, {true, journal.Planned}} {
		known, err := ear.Again(t.Context(), desk, ids[i])
		p, err2 := j.Payment(t.Context(), ids[i])
		if err != nil || err2 != nil || known != want.known || p.State != want.state {
			t.Errorf("order %d: known %v, %s, %v, %v", i, known, p.State, err, err2)
		}
	}
	p, err := j.Payment(t.Context(), ids[1])
	if c := billing.CarriedOf(&p); err != nil || c.Number != "" || c.Packet != "" || c.Sendings != 0 || told.heard[0].Word != directbank.NeverLeft {
		t.Errorf("%v %+v %+v", err, c, told.heard)
	}
}

func TestAFetchedPacketIsKeptUntilItWasHeard(t *testing.T) {
	d := directbank.Disk{Dir: t.TempDir()}
	for _, id := range []string{"../../etc/passwd", "50214585876"} {
		if known, err := d.Known(id); known || err != nil {
			t.Fatal(known, err)
		}
		if err := d.PutFetched(id, []byte(id)); err != nil {
			t.Fatal(err)
		}
	}
	list, err := d.Fetched()
	if err != nil || len(list) != 2 {
		t.Fatalf("%v %v", list, err)
	}
	if b, err := d.Open("../../etc/passwd"); err != nil || string(b) != "../../etc/passwd" {
		t.Errorf("%q %v", b, err)
	}
	if err := d.Done("50214585876"); err != nil {
		t.Fatal(err)
	}
	if list, err := d.Fetched(); err != nil || len(list) != 1 {
		t.Errorf("%v %v", list, err)
	}
	if known, err := d.Known("50214585876"); !known || err != nil {
		t.Errorf("what was heard is fetched again: %v", err)
	}
	unlock, err := d.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := d.Lock(short); err == nil {
		t.Error("two processes hear one bank at once")
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
}

func TestASectionNamesAllItsErrorsAtOnce(t *testing.T) {
	_, err := directbank.ParseSection("demo", map[string]string{"bik": "12", "account": "1", "inn": "1", "compress": "maybe", "documents": "10(x)"})
	b, _ := json.Marshal(err)
	if err == nil || len(b) == 0 {
		t.Fatal("it passed")
	}
}
