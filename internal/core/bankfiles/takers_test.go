package bankfiles_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"testing"

	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/journal"
)

// counted is a journal that counts what is read of it.
type counted struct {
	payments []journal.Payment
	read     int
}

// take journals an order with a number.
func (c *counted) take(t *testing.T, number int, state journal.State) journal.Payment {
	t.Helper()
	extra, err := (billing.Carried{Number: strconv.Itoa(number), Day: "2026-03-02", PayerAccount: "40702810900000000001"}).Extra()
	if err != nil {
		t.Fatal(err)
	}
	p := journal.Payment{ID: fmt.Sprint("p", len(c.payments)), Via: journal.ViaDirectBank, State: state, Extra: extra}
	c.payments = append(c.payments, p)
	return p
}

func (c *counted) List(_ context.Context, f journal.Filter) iter.Seq2[journal.Payment, error] {
	return func(yield func(journal.Payment, error) bool) {
		for _, p := range c.payments {
			if p.Via != f.Via || len(f.States) > 0 && !slices.Contains(f.States, p.State) {
				continue
			}
			if c.read++; !yield(p, nil) {
				return
			}
		}
	}
}

func (c *counted) Events(_ context.Context, f journal.EventFilter) iter.Seq2[journal.Event, error] {
	return func(yield func(journal.Event, error) bool) {
		for i, p := range c.payments {
			if p.ID == f.Subject && !yield(journal.Event{Seq: int64(i + 1), Subject: p.ID, Body: fmt.Appendf(nil, `{"extra":%s}`, p.Extra)}, nil) {
				return
			}
		}
	}
}

func TestAskingAboutManyOrdersReadsTheJournalOnce(t *testing.T) {
	const settled, unknown = 300, 40
	book := &counted{}
	for n := range settled {
		book.take(t, 1+n, journal.Paid)
	}
	var asked []journal.Payment
	for n := range unknown { // every other number was taken before
		number := settled + 1 + n
		if n%2 == 0 {
			number = 1 + n
		}
		asked = append(asked, book.take(t, number, journal.Unknown))
	}
	takers := bankfiles.NewTakers(book)
	for i, p := range asked {
		later, err := takers.Later(t.Context(), []journal.Payment{p})
		if err != nil || later != (i%2 == 0) {
			t.Fatalf("order %d: %v, %v", i, later, err)
		}
	}
	if most := settled + 2*unknown; book.read > most {
		t.Errorf("%d payments were read for %d questions, at most %d are needed", book.read, unknown, most)
	}

	// Orders that are unknown only since then are looked at anew, with who came between.
	first, last := book.take(t, 900, journal.Paid), book.take(t, 900, journal.Unknown)
	for _, c := range []struct {
		p     journal.Payment
		later bool
	}{{first, false}, {last, true}} {
		if later, err := takers.Later(t.Context(), []journal.Payment{c.p}); err != nil || later != c.later {
			t.Fatalf("%s: %v, %v", c.p.ID, later, err)
		}
	}
}
