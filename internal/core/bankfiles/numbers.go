package bankfiles

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"
	"strconv"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
)

// orderNumbers is how many numbers there are: field 3 holds six digits.
const orderNumbers = 999_999

// Book is what Numbers reads in the journal.
type Book interface {
	List(ctx context.Context, f journal.Filter) iter.Seq2[journal.Payment, error]
	Events(ctx context.Context, f journal.EventFilter) iter.Seq2[journal.Event, error]
}

// Numbers gives out the numbers of payment orders: within one payer's account and
// one year none is given twice, whichever plan, file or machine took it. There is
// no counter beside the journal. A number is taken by being journalled with its
// payment, and of two who took the same one at the same time the later in the
// chain gives way. Not safe for concurrent use.
type Numbers struct {
	book Book
	last map[sheet]int // the greatest number
	mark int64         // events up to here have been looked at
	read bool
}

// sheet is what numbers are unique within.
type sheet struct {
	account string
	year    int
}

// NewNumbers returns the numbers of a journal. It reads nothing yet.
func NewNumbers(book Book) *Numbers { return &Numbers{book: book, last: map[sheet]int{}} }

// Take proposes n numbers for orders of a day, after all that were taken or proposed
// before. They are the caller's once they are journalled and Ours says so.
func (s *Numbers) Take(ctx context.Context, account string, day time.Time, n int) ([]string, error) {
	if err := s.catchUp(ctx, nil, nil); err != nil {
		return nil, err
	}
	out := make([]string, 0, n)
	at := s.last[sheet{account, day.Year()}]
	for len(out) < n {
		// Banks tell orders apart by the last three digits, and some refuse 000.
		if at++; at%1000 == 0 {
			continue
		}
		if at > orderNumbers {
			return nil, fault.New(exitcode.Refused, "order.numbers_over", i18n.Text{
				RU: "номера поручений счёта %s за %d год кончились", EN: "the order numbers of account %s for %d have run out"}.With(account, day.Year())).
				Advise(i18n.Say("платите с другого счёта", "pay from another account"))
		}
		out = append(out, strconv.Itoa(at))
	}
	s.last[sheet{account, day.Year()}] = at
	return out, nil
}

// Ours reports whether the numbers journalled with these payments since they
// were taken were nobody's before. When they were not the payments must give them
// back before anybody sees their file.
func (s *Numbers) Ours(ctx context.Context, payments []journal.Payment) (bool, error) {
	ours := make(map[string]bool, len(payments))
	for i := range payments {
		ours[payments[i].ID] = true
	}
	taken := map[number]bool{} // by others, since the mark
	good := true
	// As long as nobody else has taken any, what is ours needs no look: Take knows it.
	known := func(subject string) bool { return len(taken) == 0 && ours[subject] }
	err := s.catchUp(ctx, known, func(subject string, at sheet, n int) {
		switch {
		case !ours[subject]:
			taken[number{at, n}] = true
		case taken[number{at, n}]:
			good = false
		}
	})
	return good, err
}

// carriedBy is what an event wrote down with its payment, for numberOf; its Extra is
// empty when the event left that alone.
func carriedBy(e *journal.Event) (journal.Payment, error) {
	var body struct {
		Extra json.RawMessage `json:"extra"`
	}
	if err := json.Unmarshal(e.Body, &body); err != nil {
		return journal.Payment{}, journal.Store(err)
	}
	return journal.Payment{Extra: body.Extra, CreatedAt: e.At}, nil
}

// catchUp takes over what was journalled since the last look; what is known of whose
// payment is passed over. Both functions may be nil.
func (s *Numbers) catchUp(ctx context.Context, known func(subject string) bool, told func(subject string, at sheet, n int)) error {
	if !s.read {
		return s.begin(ctx)
	}
	for e, err := range s.book.Events(ctx, journal.EventFilter{After: s.mark}) {
		if err != nil {
			return err
		}
		s.mark = e.Seq
		if known != nil && known(e.Subject) {
			continue
		}
		if e.Kind != journal.PaymentPlanned && e.Kind != journal.PaymentBegun && e.Kind != journal.PaymentMoved || !bytes.Contains(e.Body, []byte(`"payerAccount"`)) {
			continue
		}
		p, err := carriedBy(&e)
		if err != nil {
			return err
		}
		if at, n, ok := numberOf(&p); ok {
			s.last[at] = max(s.last[at], n)
			if told != nil {
				told(e.Subject, at, n)
			}
		}
	}
	return nil
}

// begin looks through all payments by orders for banks.
func (s *Numbers) begin(ctx context.Context) error {
	for e, err := range s.book.Events(ctx, journal.EventFilter{Newest: true, Limit: 1}) {
		if err != nil {
			return err
		}
		s.mark = e.Seq
	}
	for _, via := range [...]journal.Via{journal.ViaBankFile, journal.ViaDirectBank} {
		for p, err := range s.book.List(ctx, journal.Filter{Via: via}) {
			if err != nil {
				return err
			}
			if at, n, ok := numberOf(&p); ok {
				s.last[at] = max(s.last[at], n)
			}
		}
	}
	s.read = true
	return nil
}

// numberOf returns the number that a payment took and where. Payments from before
// orders kept their day count for the year in which they were journalled.
func numberOf(p *journal.Payment) (at sheet, n int, ok bool) {
	c := billing.CarriedOf(p)
	n, err := strconv.Atoi(c.Number)
	if err != nil || n < 1 || c.PayerAccount == "" {
		return at, 0, false
	}
	day, err := time.Parse(time.DateOnly, c.Day)
	if err != nil {
		day = p.CreatedAt.In(clock.Moscow())
	}
	return sheet{c.PayerAccount, day.Year()}, n, true
}
