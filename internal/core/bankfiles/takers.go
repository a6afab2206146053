package bankfiles

import (
	"context"
	"slices"

	"github.com/epgu-cli/epgu/internal/journal"
)

// Takers tells of orders whose outcome is unknown whether somebody else has had their
// numbers before. The orders of the journal are read once for all of them, however many
// are asked about. Not safe for concurrent use.
type Takers struct {
	book Book
	of   map[number][]string // payments that carry a number of an unknown one; nil until it is read
}

// number is one number of a payer's account and a year.
type number struct {
	sheet
	n int
}

// NewTakers returns the takers of a journal. It reads nothing yet.
func NewTakers(book Book) *Takers { return &Takers{book: book} }

// Later reports whether somebody else's order took one of the payments' numbers before
// them in the chain and has it still. Whoever takes numbers asks Ours before anything
// leaves, so that orders of which this is true have never left: their process ended
// between the two.
func (t *Takers) Later(ctx context.Context, payments []journal.Payment) (bool, error) {
	if err := t.know(ctx, payments); err != nil {
		return false, err
	}
	for i := range payments {
		p := &payments[i]
		at, n, ok := numberOf(p)
		if !ok {
			continue
		}
		for _, id := range t.of[number{at, n}] {
			if id == p.ID {
				continue
			}
			ours, err := takenAt(ctx, t.book, p.ID, at, n)
			if err != nil {
				return false, err
			}
			theirs, err := takenAt(ctx, t.book, id, at, n)
			if err != nil {
				return false, err
			}
			if theirs != 0 && theirs < ours {
				return true, nil
			}
		}
	}
	return false, nil
}

// know reads who carries the numbers of all unknown orders, unless these orders were
// among them then: whoever had their numbers before was in the journal by that time, and
// who takes them later does not matter.
func (t *Takers) know(ctx context.Context, payments []journal.Payment) error {
	known := true
	for i := range payments {
		if at, n, ok := numberOf(&payments[i]); ok && !slices.Contains(t.of[number{at, n}], payments[i].ID) {
			known = false
		}
	}
	if known {
		return nil
	}
	of := map[number][]string{}
	note := func(p *journal.Payment) {
		if at, n, ok := numberOf(p); ok {
			of[number{at, n}] = []string{}
		}
	}
	for i := range payments {
		note(&payments[i])
	}
	vias := [...]journal.Via{journal.ViaBankFile, journal.ViaDirectBank}
	for _, via := range vias {
		for p, err := range t.book.List(ctx, journal.Filter{Via: via, States: []journal.State{journal.Unknown}}) {
			if err != nil {
				return err
			}
			note(&p)
		}
	}
	for _, via := range vias {
		for p, err := range t.book.List(ctx, journal.Filter{Via: via}) {
			if err != nil {
				return err
			}
			if at, n, ok := numberOf(&p); ok {
				if ids := of[number{at, n}]; ids != nil {
					of[number{at, n}] = append(ids, p.ID)
				}
			}
		}
	}
	t.of = of
	return nil
}

// takenAt returns where in the chain a payment took the number that it has; 0 when it
// has it no more.
func takenAt(ctx context.Context, book Book, id string, at sheet, n int) (seq int64, err error) {
	for e, err := range book.Events(ctx, journal.EventFilter{Subject: id}) {
		if err != nil {
			return 0, err
		}
		p, err := carriedBy(&e)
		if err != nil {
			return 0, err
		}
		if len(p.Extra) == 0 {
			continue
		}
		where, k, ok := numberOf(&p)
		switch {
		case !ok || where != at || k != n:
			seq = 0
		case seq == 0:
			seq = e.Seq
		}
	}
	return seq, nil
}
