// Package home is the first screen: what needs its owner now.
package home

import (
	"context"
	"time"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/signer"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Source is what this screen needs of the core. Each part is asked by itself, so
// that one that fails hides none of the others.
type Source interface {
	Charges(ctx context.Context) (Charges, error)
	Applications(ctx context.Context) ([]Application, error)
	Requests(ctx context.Context) ([]Request, error)
	Payments(ctx context.Context) ([]Payment, error)
	Certificates(ctx context.Context) ([]Certificate, error)
}

// Charges is what is due.
type Charges struct {
	Count int      `json:"count"`
	Sum   int64    `json:"sum"`            // kopecks
	Soon  []Charge `json:"soon,omitempty"` // those whose discount or term ends first
}

// Charge is one charge that ends soon.
type Charge struct {
	UIN      string    `json:"uin"`
	Title    wire.Text `json:"title"`
	Due      int64     `json:"due"`   // kopecks
	After    int64     `json:"after"` // kopecks once the discount is over
	Discount time.Time `json:"discount,omitzero"`
	Until    time.Time `json:"until,omitzero"`
}

// Application is one that waits for its owner.
type Application struct {
	ID         int64     `json:"id"`
	Title      wire.Text `json:"title"`
	Status     wire.Text `json:"status"`
	Correction bool      `json:"correction"`
	Until      time.Time `json:"until,omitzero"`
	Unpaid     []string  `json:"unpaid,omitempty"`
}

// Request is something that a bound device is asked to confirm.
type Request struct {
	ID     string    `json:"id"`
	Client wire.Text `json:"client"`
	Until  time.Time `json:"until"`
}

// Payment is one of the journal that is not settled.
type Payment struct {
	ID    string `json:"id"`
	UIN   string `json:"uin,omitempty"`
	Run   string `json:"run,omitempty"`
	Sum   int64  `json:"sum"` // kopecks
	State string `json:"state"`
}

// Certificate is one that ends soon, or has ended.
type Certificate struct {
	Name  string    `json:"name"`
	Until time.Time `json:"until"`
}

// Bounds of what one screen shows.
const (
	mostSoon     = 5
	mostPayments = 20
	// certificateSoon is how long before its end a certificate is spoken of.
	certificateSoon = 30 * 24 * time.Hour
)

// Over is the source over the core.
func Over(f *factory.Factory) Source { return core{f} }

type core struct{ f *factory.Factory }

func (c core) Charges(ctx context.Context) (Charges, error) {
	var out Charges
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return out, err
	}
	for ch, err := range conn.Cabinet.AllCharges(ctx, cabinet.ChargeQuery{State: "due"}) {
		if err != nil {
			return out, err
		}
		out.Count++
		out.Sum += ch.DueKopecks
		out.add(ch)
	}
	return out, nil
}

// add keeps the charges that end first.
func (c *Charges) add(ch wire.Charge) {
	x := Charge{UIN: ch.UIN, Title: ch.Title, Due: ch.DueKopecks}
	if ch.PayUntil != nil {
		x.Until = *ch.PayUntil
	}
	if ch.Discount != nil {
		x.Discount, x.After = ch.Discount.LastDay, ch.AmountKopecks-ch.PaidKopecks
	}
	if x.Until.IsZero() && x.Discount.IsZero() {
		return
	}
	at := 0
	for at < len(c.Soon) && !x.end().Before(c.Soon[at].end()) {
		at++
	}
	if at == mostSoon {
		return
	}
	c.Soon = append(c.Soon[:at], append([]Charge{x}, c.Soon[at:]...)...)
	c.Soon = c.Soon[:min(len(c.Soon), mostSoon)]
}

// end is when something about the charge ends first.
func (c Charge) end() time.Time {
	if !c.Discount.IsZero() && (c.Until.IsZero() || c.Discount.Before(c.Until)) {
		return c.Discount
	}
	return c.Until
}

func (c core) Applications(ctx context.Context) ([]Application, error) {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return nil, err
	}
	var out []Application
	for _, state := range []string{"correction", "unpaid"} {
		page, err := conn.Cabinet.Applications(ctx, cabinet.ApplicationQuery{State: state})
		if err != nil {
			return nil, err
		}
		for _, a := range page.Items {
			x := Application{ID: a.OrderID, Title: a.ServiceTitle, Status: a.StatusTitle, Correction: a.Correction != nil, Unpaid: a.UnpaidUINs}
			if a.Correction != nil {
				x.Until = a.Correction.Until
			}
			out = append(out, x)
		}
	}
	return out, nil
}

func (c core) Requests(ctx context.Context) ([]Request, error) {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return nil, err
	}
	// Whoever is no bound device is asked nothing.
	if id, _, err := conn.Devices.This(ctx); err != nil || id == "" {
		return nil, err
	}
	all, err := conn.Devices.Requests(ctx, 0)
	if err != nil {
		return nil, err
	}
	var out []Request
	for _, r := range all {
		if r.State == "pending" {
			out = append(out, Request{ID: r.ID, Client: r.Client, Until: r.ExpiresAt})
		}
	}
	return out, nil
}

func (c core) Payments(ctx context.Context) ([]Payment, error) {
	j, err := c.f.Journal(ctx)
	if err != nil {
		return nil, err
	}
	s, err := c.f.Settings()
	if err != nil {
		return nil, err
	}
	var out []Payment
	for p, err := range j.List(ctx, journal.Filter{Profile: s.ProfileName(), States: []journal.State{journal.Unknown}, N: mostPayments}) {
		if err != nil {
			return nil, err
		}
		out = append(out, Payment{ID: p.ID, UIN: p.UIN, Run: p.Run, Sum: p.AmountKopecks, State: string(p.State)})
	}
	return out, nil
}

func (c core) Certificates(context.Context) ([]Certificate, error) {
	store, err := signer.Store(c.f)
	if err != nil {
		return nil, err
	}
	all, err := store.List()
	if err != nil {
		if fault.ExitOf(err) == exitcode.NotFound {
			return nil, nil
		}
		return nil, err
	}
	var out []Certificate
	for _, e := range all {
		if e.Certificate != nil && e.HasKey && e.Certificate.NotAfter().Before(c.f.Clock.Now().Add(certificateSoon)) {
			out = append(out, Certificate{e.Name, e.Certificate.NotAfter()})
		}
	}
	return out, nil
}
