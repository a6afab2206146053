package journal_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/journaltest"
	"github.com/epgu-cli/epgu/internal/journal/sqlite"
)

func open(b *testing.B, dir string) journal.Journal {
	b.Helper()
	j, err := sqlite.Open(b.Context(), sqlite.Options{Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := j.Close(); err != nil {
			b.Error(err)
		}
	})
	return j
}

// row is the n-th payment of a large register; УИНs come in no order.
func row(n int) journal.Payment {
	p := journaltest.NewPayment(n)
	p.UIN = fmt.Sprintf("188%017d", (uint64(n)*2654435761)%100_000_000_000)
	p.Run, p.Row = "run", n
	return p
}

// rate runs f for n rows and returns rows per second.
func rate(n int, f func()) float64 {
	start := time.Now()
	f()
	return float64(n) / time.Since(start).Seconds()
}

// plan plans rows from+1 to from+n in calls of size, by so many callers at once.
func plan(b *testing.B, j journal.Journal, from, n, size, callers int) float64 {
	var next atomic.Int64
	return rate(n, func() {
		var wg sync.WaitGroup
		for range callers {
			wg.Go(func() {
				for {
					at := int(next.Add(int64(size))) - size
					if at >= n {
						return
					}
					ps := make([]journal.Payment, min(size, n-at))
					for i := range ps {
						ps[i] = row(from + at + i + 1)
					}
					if _, err := j.Plan(context.Background(), ps); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
	})
}

// bare inserts one row per durable transaction into a bare table: the cost of a
// commit and nothing else.
func bare(b *testing.B, n int) float64 {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "bare.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE TABLE t (id INTEGER PRIMARY KEY, body BLOB)"); err != nil {
		b.Fatal(err)
	}
	st, err := db.Prepare("INSERT INTO t (body) VALUES (?)")
	if err != nil {
		b.Fatal(err)
	}
	body := make([]byte, 600)
	return rate(n, func() {
		for range n {
			if _, err := st.Exec(body); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkGroupedAgainstOneCommitPerRow compares rows per second of the journal
// with groups, with many callers of one row each, and with one caller of one row.
func BenchmarkGroupedAgainstOneCommitPerRow(b *testing.B) {
	for range b.N {
		j := open(b, b.TempDir())
		single := plan(b, j, 0, 2000, 1, 1)
		grouped := plan(b, j, 10_000, 100_000, 4000, 2)
		many := plan(b, j, 200_000, 40_000, 1, 256)
		base := bare(b, 2000)
		b.ReportMetric(grouped/single, "x-one-commit-per-row")
		b.ReportMetric(many/single, "x-256-callers")
		b.ReportMetric(grouped/base, "x-bare-commit-per-row")
		fmt.Printf("one row per commit %.0f rows/s; groups of 4000 %.0f rows/s: %.1f x; 256 callers of one row %.0f rows/s: %.1f x; bare table, one row per commit %.0f rows/s: %.1f x\n",
			single, grouped, grouped/single, many, many/single, base, grouped/base)
	}
}

// BenchmarkMovesOfManyWorkers drives payments from planned to accepted as a run
// does: claims of 64, then sending and accepted for each payment by its worker.
func BenchmarkMovesOfManyWorkers(b *testing.B) {
	for range b.N {
		j := open(b, b.TempDir())
		const n = 20_000
		plan(b, j, 0, n, 4000, 2)
		drive := func(run string, workers, n int) float64 {
			var left atomic.Int64
			left.Store(int64(n))
			return rate(n, func() {
				var wg sync.WaitGroup
				for range workers {
					wg.Go(func() {
						for left.Add(-64) > -64 {
							ps, err := j.Claim(context.Background(), journal.Claim{Run: run, N: 64})
							if err != nil {
								b.Error(err)
								return
							}
							for _, p := range ps {
								for _, s := range [][2]journal.State{{journal.Claimed, journal.Sending}, {journal.Sending, journal.Accepted}} {
									if err := j.Move(context.Background(), []journal.Transition{journaltest.Step(p.ID, s[0], s[1], journal.Engine)}); err != nil {
										b.Error(err)
										return
									}
								}
							}
						}
					})
				}
				wg.Wait()
			})
		}
		one := drive("run", 1, 1024)
		many := drive("run", 256, n-2048)
		b.ReportMetric(many/one, "x-one-worker")
		fmt.Printf("payments driven by one worker %.0f/s, by 256 workers %.0f/s: %.1f x\n", one, many, many/one)
	}
}

// BenchmarkMillion plans a large register, kills nothing but closes it half done,
// and measures how it comes back: 1,000,000 rows with EPGU_BENCH_ROWS.
func BenchmarkMillion(b *testing.B) {
	n := 100_000
	if s := os.Getenv("EPGU_BENCH_ROWS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	for range b.N {
		dir := b.TempDir()
		j := open(b, dir)
		planned := plan(b, j, 0, n, 4000, 2)
		fmt.Printf("planned %d rows at %.0f rows/s; peak memory %s\n", n, planned, peak())
		half := 0
		for half < n/2 {
			ps, err := j.Claim(context.Background(), journal.Claim{Run: "run", N: 4000})
			if err != nil {
				b.Fatal(err)
			}
			ts := make([]journal.Transition, 0, 2*len(ps))
			for _, p := range ps {
				ts = append(ts, journaltest.Step(p.ID, journal.Claimed, journal.Sending, journal.Engine), journaltest.Step(p.ID, journal.Sending, journal.Paid, journal.Engine))
			}
			if err := j.Move(context.Background(), ts); err != nil {
				b.Fatal(err)
			}
			half += len(ps)
		}
		if err := j.Close(); err != nil {
			b.Fatal(err)
		}
		runtime.GC()

		start := time.Now()
		j = open(b, dir)
		if _, err := j.Recover(context.Background()); err != nil {
			b.Fatal(err)
		}
		c, err := j.Counts(context.Background(), "run")
		if err != nil {
			b.Fatal(err)
		}
		ps, err := j.Claim(context.Background(), journal.Claim{Run: "run", N: 64})
		if err != nil || len(ps) != 64 || ps[0].Row != half+1 {
			b.Fatalf("resumed at %v %v", ps, err)
		}
		fmt.Printf("resumed %d open rows of %d: first claim after %v\n", c.Open(), n, time.Since(start))

		start = time.Now()
		listed := 0
		for _, err := range j.List(context.Background(), journal.Filter{Run: "run"}) {
			if err != nil {
				b.Fatal(err)
			}
			listed++
		}
		fmt.Printf("listed %d rows at %.0f rows/s; peak memory %s\n", listed, float64(listed)/time.Since(start).Seconds(), peak())
		start = time.Now()
		r, err := j.Verify(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		fmt.Printf("verified %d events of %d records at %.0f events/s; peak memory %s\n", r.Events, r.Records, float64(r.Events)/time.Since(start).Seconds(), peak())
	}
}

// peak is the largest resident size of this process so far.
func peak() string {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(status)) {
		if v, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			return strings.TrimSpace(v)
		}
	}
	return "unknown"
}
