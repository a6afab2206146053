package bulkpay

import (
	"encoding/json"
	"testing"

	"github.com/epgu-cli/epgu/internal/journal"
)

func TestAPaymentThatComesAgainWhileItIsInHandWaitsForTheFirst(t *testing.T) {
	var h hands
	first, second := journal.Payment{ID: "a", Row: 1}, journal.Payment{ID: "a", Row: 1, Extra: json.RawMessage(`{"lost":true}`)}
	if h.holds(first) {
		t.Fatal("what is not in hand was kept back")
	}
	h.take(first.ID)
	if !h.holds(second) || h.holds(journal.Payment{ID: "b"}) {
		t.Fatal("the wrong payment was kept back")
	}
	got, again := h.drop("a")
	if !again || string(got.Extra) != string(second.Extra) {
		t.Fatalf("%v, %+v: want the second, with what it carries", again, got)
	}
	if h.holds(second) {
		t.Fatal("it was kept back with nothing in hand")
	}
}

func TestAStoppingRunGivesBackWhatItKeptBack(t *testing.T) {
	var h hands
	for row, id := range []string{"a", "b", "c"} {
		h.take(id)
		if id != "b" {
			h.holds(journal.Payment{ID: id, Row: row})
		}
	}
	if got := h.again(); len(got) != 2 || got[0].ID != "a" || got[1].ID != "c" {
		t.Fatalf("given back: %+v", got)
	}
	if _, again := h.drop("a"); again {
		t.Fatal("what was given back came once more")
	}
}

func TestOnlyWhatThePortalKeepsUnderTheIDSettlesAnotherSending(t *testing.T) {
	shown := journal.Evidence{Witness: journal.Engine, Details: json.RawMessage(`{"state":"refused"}`)}
	for _, c := range []struct {
		name string
		t    journal.Transition
		want bool
	}{
		{"accepted", journal.Transition{To: journal.Accepted, Evidence: shown}, true},
		{"paid", journal.Transition{To: journal.Paid, Evidence: shown}, true},
		{"refused and kept", journal.Transition{To: journal.Refused, Evidence: shown}, true},
		{"denied, nothing kept", journal.Transition{To: journal.Refused, Evidence: journal.Evidence{Witness: journal.Engine}}, false},
		{"lost", journal.Transition{To: journal.Unknown}, false},
	} {
		if got := firm(&c.t); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
