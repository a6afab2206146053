package directbank_test

import (
	"context"
	"encoding/json"
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
		ear := &directbank.Ear{Bank: "demo", Profile: "sandbox", Journal: j, Box: directbank.Disk{Dir: t.TempDir()}}
		for _, s := range c.notices {
			if err := ear.Take(t.Context(), notice(id, "", s.status, s.failure)); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
		}
		p, err := j.Payment(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if got := billing.CarriedOf(&p); p.State != c.want || got.BankStatus != c.status || ear.Heard[len(ear.Heard)-1].Word != c.last {
			t.Errorf("%s: %s, bank's status %q, heard %q", c.name, p.State, got.BankStatus, ear.Heard[len(ear.Heard)-1].Word)
		}
	}
}

func TestANoticeAboutARequestMovesNothing(t *testing.T) {
	j, id := sent(t, journal.Unknown, 1)
	ear := &directbank.Ear{Bank: "demo", Profile: "sandbox", Journal: j, Box: directbank.Disk{Dir: t.TempDir()}}
	request := "00000000-0000-4000-8000-000000000004"
	if err := ear.Take(t.Context(), notice(request, request, "", "2207")); err != nil {
		t.Fatal(err)
	}
	if p, err := j.Payment(t.Context(), id); err != nil || p.State != journal.Unknown || ear.Heard[0].Word != directbank.Unfamiliar || ear.Heard[0].Answers != request {
		t.Errorf("%v %v %+v", err, p.State, ear.Heard)
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
