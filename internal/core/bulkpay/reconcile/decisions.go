package reconcile

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"

	"github.com/epgu-cli/epgu/internal/core/bulkpay/approval"
	"github.com/epgu-cli/epgu/internal/journal"
)

// Book is where decisions are recorded.
type Book interface {
	Payment(ctx context.Context, id string) (journal.Payment, error)
	Events(ctx context.Context, f journal.EventFilter) iter.Seq2[journal.Event, error]
}

// Decisions is what a look at all recorded decisions found.
type Decisions struct {
	N    int           // decisions of people
	BadN int           // those whose signature does not hold, or that bear none
	Bad  []BadDecision // the first MostBad of them
}

// BadDecision is a decision that nobody can be held to.
type BadDecision struct {
	Seq     int64 // of its event
	Payment string
	Who     string // as the event says
	Signed  Signed
}

// MostBad bounds Decisions.Bad; the rest is only counted.
const MostBad = 100

// VerifyDecisions checks the signature under every decision in the journal, as
// VerifyDecision does. That its chain holds is for the journal itself to say.
func VerifyDecisions(ctx context.Context, j Book, v approval.Verifier) (*Decisions, error) {
	found := &Decisions{}
	word := []byte(`"` + journal.Operator + `"`)
	for e, err := range j.Events(ctx, journal.EventFilter{}) {
		if err != nil {
			return nil, err
		}
		// Decisions are few among millions of events: the rest is not decoded.
		if e.Kind != journal.PaymentMoved || !bytes.Contains(e.Body, word) {
			continue
		}
		var c journal.Change
		if err := json.Unmarshal(e.Body, &c); err != nil {
			return nil, journal.Store(err)
		}
		if c.Witness != journal.Operator {
			continue
		}
		p, err := j.Payment(ctx, e.Subject)
		if err != nil {
			return nil, err
		}
		found.N++
		signed := VerifyDecision(ctx, &p, &c, v)
		if signed.Holds {
			continue
		}
		if found.BadN++; len(found.Bad) < MostBad {
			found.Bad = append(found.Bad, BadDecision{e.Seq, e.Subject, c.Who, signed})
		}
	}
	return found, nil
}
