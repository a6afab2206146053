// Package charges is the screens of what there is to pay: the list with a basket,
// one charge, and paying with the typed total. It pays by the same engine as
// "epgu pay".
package charges

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/payfile/qr"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/tui/rows"
)

// Source is what these screens need of the core.
type Source interface {
	// Due goes through everything that is due.
	Due(ctx context.Context, each func(wire.Charge) error) error
	Charge(ctx context.Context, uin string) (*wire.Charge, error)
	// Code is the payment code of what is due on a charge today.
	Code(ctx context.Context, uin string) (*qr.Symbol, error)
	Quote(ctx context.Context, uin string) (*billing.Quote, error)
	Pay(ctx context.Context, q *billing.Quote) (journal.Payment, error)
	// Follow waits for a payment; confirm is asked for the code, if one is needed.
	Follow(ctx context.Context, id string, confirm func(context.Context, wire.Factor) (string, error)) (journal.Payment, error)
	// Open returns the payments of the journal that are not settled yet.
	Open(ctx context.Context) ([]journal.Payment, error)
}

// followFor is how long a payment is followed before it is left to be looked at
// later.
const followFor = 2 * time.Minute

// Over is the source over the core.
func Over(f *factory.Factory) Source { return core{f} }

type core struct{ f *factory.Factory }

func (c core) Due(ctx context.Context, each func(wire.Charge) error) error {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return err
	}
	for charge, err := range conn.Cabinet.AllCharges(ctx, cabinet.ChargeQuery{State: "due"}) {
		if err != nil {
			return err
		}
		if err := each(charge); err != nil {
			return err
		}
	}
	return nil
}

func (c core) Charge(ctx context.Context, uin string) (*wire.Charge, error) {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return conn.Cabinet.Charge(ctx, uin)
}

func (c core) Code(ctx context.Context, uin string) (*qr.Symbol, error) {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return nil, err
	}
	charge, err := conn.Cabinet.ChargeForBank(ctx, uin)
	if err != nil {
		return nil, err
	}
	if charge.DueKopecks <= 0 {
		return nil, bankfiles.NothingDue(uin)
	}
	payload, err := qr.Encode(bankfiles.OfCharge(*charge, charge.DueKopecks).Code(), qr.Auto)
	if err != nil {
		return nil, err
	}
	return qr.Draw(payload)
}

func (c core) engine(ctx context.Context) (*billing.Engine, error) {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return conn.Billing(ctx)
}

func (c core) Quote(ctx context.Context, uin string) (*billing.Quote, error) {
	e, err := c.engine(ctx)
	if err != nil {
		return nil, err
	}
	return e.Quote(ctx, billing.PayRequest{UIN: uin})
}

func (c core) Pay(ctx context.Context, q *billing.Quote) (journal.Payment, error) {
	e, err := c.engine(ctx)
	if err != nil {
		return journal.Payment{}, err
	}
	return e.Pay(ctx, q)
}

func (c core) Follow(ctx context.Context, id string, confirm func(context.Context, wire.Factor) (string, error)) (journal.Payment, error) {
	e, err := c.engine(ctx)
	if err != nil {
		return journal.Payment{}, err
	}
	return e.Follow(ctx, id, followFor, confirm)
}

func (c core) Open(ctx context.Context) ([]journal.Payment, error) {
	j, err := c.f.Journal(ctx)
	if err != nil {
		return nil, err
	}
	s, err := c.f.Settings()
	if err != nil {
		return nil, err
	}
	var out []journal.Payment
	for p, err := range j.List(ctx, journal.Filter{Profile: s.ProfileName(), States: []journal.State{journal.Claimed, journal.Sending, journal.Accepted, journal.Unknown}, N: 100}) {
		if err != nil {
			return nil, err
		}
		if p.UIN != "" && p.Run == "" {
			out = append(out, p)
		}
	}
	return out, nil
}

// The cells of a row of the list.
const (
	cellUIN      = iota
	cellTitle    // for what
	cellDue      // to pay today, rubles as ParseRubles reads them
	cellUntil    // pay until, 02.01.2006
	cellDiscount // last day of the discount, 02.01.2006
	cellState    // of wire.Charge
	cellPayee
)

// mostKept is how many charges are kept for the next start.
const mostKept = 500

// list is everything that is due, in little memory.
type list struct {
	rows *rows.Rows
	sum  int64 // kopecks
}

func (l *list) add(c wire.Charge) {
	until, discount := "", ""
	if c.PayUntil != nil {
		until = day(*c.PayUntil)
	}
	if c.Discount != nil {
		discount = day(c.Discount.LastDay)
	}
	l.rows.Append(c.UIN, c.Title.String(), billing.FormatRubles(c.DueKopecks), until, discount, c.State, c.Payee.Name.String())
	l.sum += c.DueKopecks
}

// kept is how a list stands in the cache.
type kept struct {
	Rows [][]string `json:"rows"`
	Sum  int64      `json:"sum"`
}

// MarshalJSON writes the first rows.
func (l *list) MarshalJSON() ([]byte, error) {
	k := kept{Sum: l.sum}
	for i := range min(l.rows.Len(), mostKept) {
		k.Rows = append(k.Rows, l.rows.Cells(i))
	}
	return json.Marshal(k)
}

// UnmarshalJSON reads them.
func (l *list) UnmarshalJSON(b []byte) error {
	var k kept
	if err := json.Unmarshal(b, &k); err != nil {
		return err
	}
	l.rows, l.sum = &rows.Rows{}, k.Sum
	for _, r := range k.Rows {
		if len(r) <= cellPayee {
			return errors.New("a row too short")
		}
		l.rows.Append(r...)
	}
	return nil
}

// fetch reads everything that is due. What of it was paid here just now is listed for as long as the
// portal has not noticed, and is no part of the sum.
func fetch(src Source, settled map[string]bool) func(ctx context.Context) (*list, error) {
	return func(ctx context.Context) (*list, error) {
		l := &list{rows: &rows.Rows{}}
		err := src.Due(ctx, func(c wire.Charge) error {
			l.add(c)
			if settled[c.UIN] {
				l.sum -= c.DueKopecks
			}
			return ctx.Err()
		})
		return l, err
	}
}
