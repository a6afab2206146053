package workflow

import (
	"fmt"
	"iter"
	"testing"

	"github.com/epgu-cli/epgu/internal/core/bulkpay/reconcile"
	"github.com/epgu-cli/epgu/internal/journal"
)

func TestEachPaymentIsListedOnceHoweverManyWitnessesSpeak(t *testing.T) {
	of := func(id string, state, to journal.State, says ...string) reconcile.Finding {
		f := reconcile.Finding{Payment: journal.Payment{ID: id, State: state}, To: to}
		for _, s := range says {
			f.Says = append(f.Says, reconcile.Says{What: s})
		}
		return f
	}
	said := &Told{open: map[string][]reconcile.Says{}}
	said.add(of("a", journal.Accepted, journal.Paid, "paid"), journal.Paid)
	said.add(of("b", journal.Unknown, "", "ambiguous"), journal.Unknown)
	said.add(of("a", journal.Paid, "", "paid"), journal.Paid) // by another statement
	said.add(of("b", journal.Unknown, "", "conflict"), journal.Unknown)
	said.add(of("c", journal.Paid, "", "conflict"), journal.Paid)
	said.add(of("c", journal.Accepted, journal.Paid, "paid"), journal.Paid)
	var rest iter.Seq2[reconcile.Finding, error] = func(yield func(reconcile.Finding, error) bool) {
		_ = yield(of("b", journal.Unknown, journal.Paid, "paid"), nil) && yield(of("d", journal.Accepted, "", "accepted"), nil)
	}
	var got []string
	for f, err := range said.Before(rest) {
		if err != nil {
			t.Fatal(err)
		}
		line := fmt.Sprint(f.Payment.ID, " ", f.Payment.State, "→", f.To)
		for _, s := range f.Says {
			line += " " + s.What
		}
		got = append(got, line)
	}
	want := []string{"a accepted→paid paid paid", "c accepted→paid conflict paid", "b unknown→paid ambiguous conflict paid", "d accepted→ accepted"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q", got)
	}
}

func TestANoticeThatIsSaidTwiceIsListedOnceAndAStatementComesAfterIt(t *testing.T) {
	notice := func(word string) reconcile.Finding {
		return reconcile.Finding{Payment: journal.Payment{ID: "a", State: journal.Accepted}, Says: []reconcile.Says{{Witness: journal.Bank, What: word}}}
	}
	said := &Told{}
	for _, word := range []string{"accepted", "executed", "accepted", "executed"} {
		said.add(notice(word), journal.Accepted)
	}
	paid := reconcile.Finding{Payment: journal.Payment{ID: "a", State: journal.Paid}, To: journal.Paid, Says: []reconcile.Says{{Witness: journal.Statement, What: "paid"}}}
	said.add(paid, journal.Paid)
	said.add(notice("executed"), journal.Paid) // late
	var got []string
	for f := range said.Before(func(func(reconcile.Finding, error) bool) {}) {
		for _, s := range f.Says {
			got = append(got, s.What)
		}
	}
	if fmt.Sprint(got) != "[accepted executed paid]" {
		t.Errorf("%q", got)
	}
}
