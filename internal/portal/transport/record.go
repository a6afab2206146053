package transport

import (
	"fmt"
	"time"

	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Record is what the operators of a portal ask for when something went wrong
// (REG-1.8: date, method, host, order, headers), and nothing personal.
type Record struct {
	At        time.Time
	Method    string
	Host      string
	Path      string        // with {name} in place of values
	OrderID   int64         // 0 when the request is not about an order
	Status    int           // 0 without an answer
	Outcome   string        // "answered", "not-sent", "lost"
	RequestID string        // the portal's, else ours
	Attempt   int           // from 1
	Took      time.Duration // until the headers of the answer
	// What follows has its secrets hidden; String leaves it out.
	Query   string
	Headers string // of the request, "  Name: value\n" each
	Body    string // of the request: JSON and forms as they are, anything else by its size
	Answer  string // JSON that came back
}

// String returns the record as one line of words and key=value pairs, without a line break.
func (r Record) String() string {
	return untrusted.Clean(fmt.Sprintf("%s %s %s%s order=%d status=%d outcome=%s request=%s attempt=%d took=%dms",
		r.At.Format(time.RFC3339), r.Method, r.Host, r.Path, r.OrderID, r.Status, r.Outcome, r.RequestID, r.Attempt, r.Took.Milliseconds()))
}
