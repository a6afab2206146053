package sim

import (
	"context"
	"fmt"

	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/ledger"
)

// check holds what must be true of a world at its end.
func (w *world) check() error {
	ctx := context.Background()
	j := ledger.New(&handle{w.disk, "00000000-0000-7000-8000-00000000ffff"}, "00000000-0000-7000-8000-00000000ffff")
	defer j.Close()

	// The chain holds, and the records follow from it.
	if report, err := j.Verify(ctx); err != nil {
		return fmt.Errorf("the journal does not hold: %w (%+v)", err, report)
	}

	// No debt settles twice.
	moved := map[string]string{} // key → ID
	var bankSum int64
	for _, e := range w.bank.order {
		if e.state == "refused" {
			continue
		}
		if first := moved[e.key]; first != "" {
			return fmt.Errorf("%s was paid twice: %s and %s", e.key, first, e.req.ID)
		}
		moved[e.key] = e.req.ID
		bankSum += e.req.AmountKopecks
	}

	// Every row is in exactly one state, and the journal says what the bank says.
	var journalSum int64
	known := map[string]bool{}
	keys := map[string]bool{} // business keys with a payment that is not refused
	for _, plan := range w.plans {
		rows := map[int]journal.Payment{}
		for p, err := range j.List(ctx, journal.Filter{Run: plan.Header.ID}) {
			if err != nil {
				return err
			}
			if have, twice := rows[p.Row]; twice {
				return fmt.Errorf("row %d has two payments: %s and %s", p.Row, have.ID, p.ID)
			}
			rows[p.Row] = p
			known[p.ID] = true
			if !p.State.Frees() {
				if keys[p.BusinessKey] {
					return fmt.Errorf("two payments of %s are not refused", p.BusinessKey)
				}
				keys[p.BusinessKey] = true
			}
			e := w.bank.paid[p.ID]
			at := "nothing"
			if e != nil {
				at = e.state
			}
			right := false
			switch p.State {
			case journal.Paid, journal.Refused:
				right = at == string(p.State) || p.State == journal.Refused && at == "nothing"
			case journal.Accepted: // the bank may have gone on since the last question
				right = at == "accepted" || at == "paid" || at == "refused"
			case journal.Unknown: // nobody who could be believed has said anything
				right = e == nil
			case journal.Planned: // the run stopped before it
				right = at == "nothing"
			}
			if !right {
				return fmt.Errorf("row %d, %s: the journal says %s (%s), the bank has %s", p.Row, p.ID, p.State, p.Reason.Code, at)
			}
			if p.State == journal.Paid || p.State == journal.Accepted && at != "refused" {
				journalSum += p.AmountKopecks
			}
		}
		for r, err := range plan.ToPay(1) {
			if err != nil {
				return err
			}
			if _, ok := rows[r.N]; ok {
				continue
			}
			// Not journalled: another payment holds its key.
			q := r.Payment(plan.Head(), journal.ViaPortal)
			holders, err := j.ByKey(ctx, q.Key())
			if err != nil {
				return err
			}
			if len(holders) == 0 {
				return fmt.Errorf("row %d was forgotten", r.N)
			}
		}
	}
	for _, e := range w.bank.order {
		if !known[e.req.ID] {
			return fmt.Errorf("the bank has a payment that the journal does not know: %s", e.req.ID)
		}
	}

	// Sums are conserved.
	if journalSum != bankSum {
		return fmt.Errorf("the bank moved %d, the journal says %d", bankSum, journalSum)
	}
	return nil
}
