//go:build unix

package bulkpay

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/sqlite"
)

var (
	small = flag.Int("small", 1_000, "rows of the small plan of the measurement of memory")
	large = flag.Int("large", 4_000, "rows of the large one, and of the plan that is resumed half done")
)

// sampleKopecks is what each of them is for.
const sampleKopecks = 50_000

// sample makes charges that only a portal of our own has.
func sample(n int) []due {
	out := make([]due, n)
	for i := range out {
		// УИНs of a real register come in no order.
		out[i] = due{fmt.Sprintf("188%017d", (uint64(i)*2654435761)%100_000_000_000), sampleKopecks}
	}
	return out
}

// The memory of a run does not depend on its rows.
func TestRatioOfMemory(t *testing.T) {
	dir := t.TempDir()
	measure := func(n int) outcome {
		path := filepath.Join(dir, fmt.Sprint(n, ".plan"))
		plan(t, path, sample(n))
		o := inChild(t, order{Plan: path, Journal: filepath.Join(dir, fmt.Sprint(n, ".journal"))})
		if o.Paid != n {
			t.Fatalf("%d of %d rows were paid", o.Paid, n)
		}
		t.Logf("%d rows: peak %.1f MiB, %.0f payments/s, %.0f µs of processor each", n, float64(o.Peak)/(1<<20), perSecond(n, o.Ended-o.Opened),
			float64(o.CPU.Microseconds())/float64(n))
		return o
	}
	a, b := measure(*small), measure(*large)
	t.Logf("peak memory at %d rows is %.2f of that at %d", *large, float64(b.Peak)/float64(a.Peak), *small)
	if b.Peak > 64<<20 && !raced {
		t.Errorf("peak memory %d MiB, at most 64 MiB", b.Peak>>20)
	}
}

// A plan half done begins to pay at once, however long it is.
func TestRatioOfAResume(t *testing.T) {
	dir := t.TempDir()
	path, folder := filepath.Join(dir, "half.plan"), filepath.Join(dir, "journal")
	began := time.Now()
	p := plan(t, path, sample(*large))
	written := time.Since(began)
	began = time.Now()
	half(t, folder, p)
	t.Logf("plan of %d rows written at %.0f rows/s; half of it journalled as paid in %v", *large, perSecond(*large, written), time.Since(began).Round(time.Second))
	o := inChild(t, order{Plan: path, Journal: folder, Kopecks: 1000 * sampleKopecks})
	t.Logf("resumed: the plan's hash checked after %v, first new payment after %v (%v of processor), ended after %v; peak %.1f MiB", o.Opened, o.First, o.Spent, o.Ended, float64(o.Peak)/(1<<20))
	if o.Paid != 1000 {
		t.Errorf("%d payments, want 1000", o.Paid)
	}
	if o.First > 2*time.Second {
		t.Errorf("the first new payment left after %v, at most 2 s", o.First)
	}
}

// inHand is what the dead worker of half was sending, and as much again was claimed.
const inHand = 500

// half journals the first half of a plan as paid, in large groups, and leaves more
// rows as a run leaves them that dies: being sent, and claimed.
func half(t testing.TB, folder string, p *planfile.Plan) {
	t.Helper()
	ctx := context.Background()
	j, err := sqlite.Open(ctx, sqlite.Options{Dir: folder})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	var group []journal.Payment
	n := 0
	flush := func(to ...journal.State) {
		results, err := j.Take(ctx, group, 0)
		if err != nil {
			t.Fatal(err)
		}
		ts := make([]journal.Transition, 0, 2*len(results))
		for _, r := range results {
			from := journal.Claimed
			for _, s := range to {
				ts = append(ts, journal.Transition{ID: r.Payment.ID, From: from, To: s, Evidence: journal.Evidence{Witness: journal.Engine}})
				from = s
			}
		}
		if err := j.Move(ctx, ts); err != nil {
			t.Fatal(err)
		}
		group = group[:0]
	}
	for r, err := range p.ToPay(1) {
		if err != nil {
			t.Fatal(err)
		}
		q := r.Payment(p.Head(), journal.ViaPortal)
		if q.Extra, err = (billing.Carried{Checked: r.Checked}).Extra(); err != nil {
			t.Fatal(err)
		}
		group = append(group, q)
		n++
		switch paid := p.Totals.Rows / 2; {
		case n == paid, n < paid && len(group) == 4000:
			flush(journal.Sending, journal.Paid)
		case n == paid+inHand:
			flush(journal.Sending)
		case n == paid+2*inHand:
			flush()
			return
		}
	}
}
