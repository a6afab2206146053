//go:build unix

package bulkpay

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	engine "github.com/epgu-cli/epgu/internal/core/bulkpay"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/journaltest/pgcluster"
	"github.com/epgu-cli/epgu/internal/journal/postgres"
)

// A careful programme without groups commits each step of each payment by itself:
// four commits for a payment. The engine commits the same four steps in groups.
func TestRatioToOneCommitPerRow(t *testing.T) {
	commits(t, "SQLite", open(t), open(t))
}

// TestRatioToOneCommitPerRowOnPostgreSQL does the same on a server of its own, with
// fsync.
func TestRatioToOneCommitPerRowOnPostgreSQL(t *testing.T) {
	c, err := pgcluster.Start("", "shared_buffers=256MB", "max_wal_size=4GB")
	if errors.Is(err, pgcluster.ErrAbsent) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	shared := func(schema string) journal.Journal {
		j, err := postgres.Open(t.Context(), postgres.Options{URL: c.URL, Schema: schema})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = j.Close() })
		return j
	}
	commits(t, "PostgreSQL", shared("single"), shared("grouped"))
}

func commits(t *testing.T, name string, single, grouped journal.Journal) {
	n := min(*large, 300)
	began := time.Now()
	var planned time.Duration
	for _, d := range sample(n) {
		at := time.Now()
		got, err := single.Plan(t.Context(), []journal.Payment{{Profile: "bench", Via: journal.ViaPortal, Payer: "7700000000", UIN: d.uin, AmountKopecks: d.kopecks}})
		if err != nil {
			t.Fatal(err)
		}
		planned += time.Since(at)
		from := journal.Planned
		for _, to := range []journal.State{journal.Claimed, journal.Sending, journal.Paid} {
			if err := single.Move(t.Context(), []journal.Transition{{ID: got[0].Payment.ID, From: from, To: to, Evidence: journal.Evidence{Witness: journal.Engine}}}); err != nil {
				t.Fatal(err)
			}
			from = to
		}
	}
	four, one := time.Since(began).Seconds()/float64(n), planned.Seconds()/float64(n)
	p := plan(t, filepath.Join(t.TempDir(), "commits.plan"), sample(*large))
	r := &engine.Run{Portal: instant{func() {}}, Journal: grouped, Plan: p, Clock: clock.System{}, Sched: engine.NewGoroutines(*workers),
		Options: engine.Options{Concurrency: *workers, Recheck: 24 * time.Hour}}
	began = time.Now()
	report, err := r.Execute(t.Context())
	each := time.Since(began).Seconds() / float64(*large)
	if err != nil || report.Err() != nil {
		t.Fatalf("%+v, %v", report, err)
	}
	t.Logf("%s: a commit for each step of each payment: %.2f ms a payment (one commit alone %.2f ms); the engine, with a portal that costs nothing: %.3f ms a payment; ratio %.1f (to one commit alone %.1f)",
		name, 1000*four, 1000*one, 1000*each, four/each, one/each)
}
