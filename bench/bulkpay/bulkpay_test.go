package bulkpay

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	engine "github.com/epgu-cli/epgu/internal/core/bulkpay"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/sqlite"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

var (
	rows     = flag.Int("rows", 4_000, "payments of one measurement")
	workers  = flag.Int("workers", 16, "requests at once")
	service  = flag.Duration("service", 2*time.Millisecond, "how long the portal takes over one payment")
	resumeOf = flag.Int("resume-rows", 20_000, "rows of the plan that is resumed half done")
)

// portal answers every payment as paid, after its service time.
func portal(t testing.TB) (url string, payments *atomic.Int64) {
	t.Helper()
	payments = new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in wire.PaymentRequest
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		time.Sleep(*service)
		payments.Add(1)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(wire.Payment{ID: in.ID, State: "paid", UIN: in.UIN, AmountKopecks: in.AmountKopecks, ReceiptID: in.ID})
	}))
	t.Cleanup(s.Close)
	return s.URL, payments
}

func plan(t testing.TB, n int) *planfile.Plan {
	t.Helper()
	return planAt(t, filepath.Join(t.TempDir(), "bench.plan"), n)
}

func planAt(t testing.TB, path string, n int) *planfile.Plan {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := planfile.NewWriter(f, planfile.Header{ID: "01980000-0000-7000-8000-000000000001", Profile: "bench", Payer: "7700000000", Method: "account"})
	if err != nil {
		t.Fatal(err)
	}
	payee := &planfile.Payee{Name: "УФК по г. Москве", Account: "03100643000000017300", BIK: "004525988"}
	for i := range n {
		if err := w.Write(&planfile.Row{Status: planfile.Pay, Kopecks: 50_000, UIN: fmt.Sprintf("18%018d", i), Payer: "7700000000", Payee: payee,
			Purpose: "Государственная пошлина", Cells: []string{"1", "2", "3"}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	p, err := planfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func client(t testing.TB, url string) *cabinet.Client {
	t.Helper()
	tr, err := transport.New(transport.Options{Origins: []string{url}, Base: &http.Transport{MaxIdleConnsPerHost: *workers},
		Tokens: func(context.Context, string) (string, error) { return "token", nil }})
	if err != nil {
		t.Fatal(err)
	}
	return cabinet.New(tr, url)
}

func open(t testing.TB) journal.Journal {
	t.Helper()
	j, err := sqlite.Open(t.Context(), sqlite.Options{Dir: filepath.Join(t.TempDir(), "journal")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func run(t testing.TB, c *cabinet.Client, j journal.Journal, p *planfile.Plan, o engine.Options) time.Duration {
	t.Helper()
	o.Concurrency = *workers
	r := &engine.Run{Portal: c, Journal: j, Plan: p, Clock: clock.System{}, Sched: engine.NewGoroutines(*workers), Options: o}
	began := time.Now()
	report, err := r.Execute(t.Context())
	took := time.Since(began)
	if err != nil || report.Err() != nil && report.Stop == nil {
		t.Fatal(report, err)
	}
	return took
}

// bare posts the same payments and writes nothing down.
func bare(t testing.TB, url string, n int) time.Duration {
	t.Helper()
	c := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: *workers}}
	var next atomic.Int64
	var wg sync.WaitGroup
	began := time.Now()
	for range *workers {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				body, err := json.Marshal(wire.PaymentRequest{ID: fmt.Sprintf("01980000-0000-7000-8000-%012x", i), UIN: fmt.Sprintf("18%018d", i), AmountKopecks: 50_000, Method: "account"})
				if err != nil {
					t.Error(err)
					return
				}
				resp, err := c.Post(url+"/api/cabinet/v1/payments", "application/json", bytes.NewReader(body))
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			}
		})
	}
	wg.Wait()
	return time.Since(began)
}

func TestRatioToABareLoop(t *testing.T) {
	url, paid := portal(t)
	loop := bare(t, url, *rows)
	paid.Store(0)
	took := run(t, client(t, url), open(t), plan(t, *rows), engine.Options{})
	if paid.Load() != int64(*rows) {
		t.Fatalf("%d payments arrived, want %d", paid.Load(), *rows)
	}
	again := bare(t, url, *rows)
	base := (loop + again) / 2
	t.Logf("%d payments, %d at once, %v each at the portal: bare loop %.0f/s, engine %.0f/s; throughput ratio %.2f", *rows, *workers, *service,
		float64(*rows)/base.Seconds(), float64(*rows)/took.Seconds(), base.Seconds()/took.Seconds())
}

func TestRatioToOneCommitPerRow(t *testing.T) {
	url, _ := portal(t)
	n := min(*rows, 300)
	c, j := client(t, url), open(t)
	began := time.Now()
	for i := range n { // the careful way without groups: four commits for a payment, one after the other
		got, err := j.Plan(t.Context(), []journal.Payment{{Profile: "bench", Via: journal.ViaPortal, Payer: "7700000000", UIN: fmt.Sprintf("19%018d", i), AmountKopecks: 50_000}})
		if err != nil {
			t.Fatal(err)
		}
		p := got[0].Payment
		step := func(from, to journal.State) {
			if err := j.Move(t.Context(), []journal.Transition{{ID: p.ID, From: from, To: to, Evidence: journal.Evidence{Witness: journal.Engine}}}); err != nil {
				t.Fatal(err)
			}
		}
		step(journal.Planned, journal.Claimed)
		step(journal.Claimed, journal.Sending)
		if _, err := c.Pay(t.Context(), wire.PaymentRequest{ID: p.ID, UIN: p.UIN, AmountKopecks: p.AmountKopecks, Method: "account"}); err != nil {
			t.Fatal(err)
		}
		step(journal.Sending, journal.Paid)
	}
	each := time.Since(began).Seconds() / float64(n)
	took := run(t, c, open(t), plan(t, *rows), engine.Options{}).Seconds() / float64(*rows)
	t.Logf("one commit per step: %.2f ms a payment; engine: %.3f ms a payment; ratio %.1f", 1000*each, 1000*took, each/took)
}

func TestRatioOfAResume(t *testing.T) {
	url, paid := portal(t)
	path := filepath.Join(t.TempDir(), "half.plan")
	c, j, p := client(t, url), open(t), planAt(t, path, *resumeOf)
	half := p.Totals.Pay.Kopecks / 2
	run(t, c, j, p, engine.Options{MaxKopecks: half})
	before := paid.Load()
	reopened := time.Now()
	again, err := planfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	var firstNew time.Duration
	began := time.Now()
	run(t, c, j, again, engine.Options{MaxKopecks: 50_000 * 100, Events: func(e engine.Event) {
		if firstNew == 0 && e.Kind == engine.Moved && e.To == journal.Paid {
			firstNew = time.Since(began)
		}
	}})
	t.Logf("%d rows, %d paid before: plan opened in %v, first new payment written down %v later", *resumeOf, before, began.Sub(reopened), firstNew)
	if paid.Load() != before+100 {
		t.Fatalf("%d new payments, want 100", paid.Load()-before)
	}
}

func TestRatioOfMemory(t *testing.T) {
	url, _ := portal(t)
	peak := func(n int) uint64 {
		c, j, p := client(t, url), open(t), plan(t, n)
		runtime.GC()
		var most uint64
		seen := 0
		run(t, c, j, p, engine.Options{Events: func(engine.Event) {
			if seen++; seen%500 == 0 {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapInuse)
			}
		}})
		return most
	}
	small, large := peak(*rows/4), peak(*rows)
	t.Logf("heap in use at %d rows %d KiB, at %d rows %d KiB", *rows/4, small>>10, *rows, large>>10)
}
