package orders

import (
	"context"
	"time"

	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// Rating is what an applicant thinks of how it went.
type Rating struct {
	Score int       `json:"score"` // 1 to 5
	Text  string    `json:"text,omitempty"`
	At    time.Time `json:"at"`
}

// Rateable reports whether the service has come to an end that can be judged.
func Rateable(o *Order) bool { return o.StatusID == Done || o.StatusID == Refused }

// Indicator says at a glance how an application stands against its term.
type Indicator string

// The indicators.
const (
	InTime    Indicator = "in-time"
	Soon      Indicator = "soon"    // a fifth of the term is left
	Overdue   Indicator = "overdue" // the term is over and nothing is decided
	OwnerTurn Indicator = "waiting" // waits for the applicant
	Rendered  Indicator = "done"
	Declined  Indicator = "refused"
	Retracted Indicator = "withdrawn"
)

// Indicate returns the indicator of an application on a day.
func Indicate(o *Order, now time.Time) Indicator {
	switch {
	case o.StatusID == Done:
		return Rendered
	case o.StatusID == Withdrawn || o.StatusID == Withdrawing:
		return Retracted
	case o.Final:
		return Declined
	case o.Phase == Held || o.Phase == Mending || o.Phase == Asked:
		return OwnerTurn
	case now.After(o.Expected):
		return Overdue
	case now.After(o.Expected.Add(-o.Expected.Sub(o.Submitted) / 5)):
		return Soon
	}
	return InTime
}

// Public returns a page of the public register: every application that was sent, the
// newest number first. Who applied is no part of it, and no face may add it.
func Public(ctx context.Context, q store.Queryer, f Filter, limit, offset int) ([]*Order, int, error) {
	f.Sent = true
	return list(ctx, q, " FROM orders WHERE 1 = 1", nil, f, limit, offset)
}
