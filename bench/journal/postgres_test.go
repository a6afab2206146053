//go:build unix

package journal_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/journaltest/pgcluster"
	"github.com/epgu-cli/epgu/internal/journal/postgres"
)

// BenchmarkSharedJournal does on a PostgreSQL of its own, with fsync, what
// BenchmarkGroupedAgainstOneCommitPerRow does on SQLite, and lets three machines
// (three handles) write at once.
func BenchmarkSharedJournal(b *testing.B) {
	c, err := pgcluster.Start("", "shared_buffers=256MB", "max_wal_size=4GB")
	if errors.Is(err, pgcluster.ErrAbsent) {
		b.Skip(err)
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := c.Stop(); err != nil {
			b.Error(err)
		}
	})
	for k := range b.N {
		handles := make([]journal.Journal, 3)
		for i := range handles {
			if handles[i], err = postgres.Open(b.Context(), postgres.Options{URL: c.URL, Schema: fmt.Sprintf("bench%d", k)}); err != nil {
				b.Fatal(err)
			}
		}
		single := plan(b, handles[0], 0, 1000, 1, 1)
		grouped := plan(b, handles[0], 10_000, 60_000, 4000, 2)
		many := plan(b, handles[0], 100_000, 20_000, 1, 256)
		const each = 8000
		three := rate(3*each, func() {
			var wg sync.WaitGroup
			for i, j := range handles {
				wg.Go(func() { plan(b, j, 200_000+i*each, each, 1, 128) })
			}
			wg.Wait()
		})
		for _, j := range handles {
			if err := j.Close(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(grouped/single, "x-one-commit-per-row")
		b.ReportMetric(three/single, "x-three-machines")
		fmt.Printf("PostgreSQL: one row per commit %.0f rows/s; groups of 4000 %.0f rows/s: %.1f x; 256 callers of one row %.0f rows/s: %.1f x; three machines of 128 callers %.0f rows/s: %.1f x\n",
			single, grouped, grouped/single, many, many/single, three, three/single)
	}
}
