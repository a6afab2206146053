package sim

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/ledger"
)

// spoil lets somebody who is not the programme change the journal behind its back: an
// event, a record, a sum, or the end of the chain.
func (b *bankWorld) spoil() {
	d := b.disk
	if len(d.events) < 3 {
		return
	}
	i := b.rnd.IntN(len(d.events) - 1)
	// What is durable is replaced and never changed in place: transactions look at it.
	switch b.rnd.IntN(4) {
	case 0:
		d.events = slices.Clone(d.events)
		d.events[i].Body = append(slices.Clone(d.events[i].Body), ' ')
	case 1:
		d.events = slices.Delete(slices.Clone(d.events), i, i+1)
	case 2:
		d.rows = slices.Clone(d.rows)
		e := *d.rows[0]
		e.Amount++
		d.rows[0] = &e
	default:
		d.tally = slices.Clone(d.tally)
		d.tally[0].N++
	}
	d.touched = true
	b.spoiled = len(d.events)
	b.log("SPOILED: the journal was changed from outside, %d events", b.spoiled)
}

// refusing lets processes go on, die and begin for a while: none may write anything.
func (b *bankWorld) refusing() error {
	b.disk.faults = false
	for range 80 {
		if len(b.clerks) == 0 {
			b.road(b.offices[0])
			b.reading(b.offices[0])
		}
		if len(b.procs) == 0 {
			b.start(b.plans[1], nil)
		}
		for _, c := range slices.Clone(b.clerks) {
			if b.lives(c) {
				c.turn()
			}
		}
		if len(b.procs) > 0 {
			b.procs[0].step()
		}
		if n := len(b.disk.events); n != b.spoiled {
			return fmt.Errorf("a journal that was changed from outside has %d events instead of %d", n, b.spoiled)
		}
	}
	j := ledger.New(&handle{b.disk, "00000000-0000-7000-8000-00000000ffff"}, "00000000-0000-7000-8000-00000000ffff")
	defer j.Close()
	var corrupt *journal.CorruptError
	if _, err := j.Verify(context.Background()); !errors.As(err, &corrupt) {
		return fmt.Errorf("the change is not found: %w", err)
	}
	return nil
}
