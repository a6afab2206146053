//go:build unix

package bulkpay

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/epgu-cli/epgu/internal/clock"
	engine "github.com/epgu-cli/epgu/internal/core/bulkpay"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/sqlite"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

var (
	rows    = flag.Int("rows", 200, "payments of one measurement")
	rounds  = flag.Int("rounds", 1, "measurements of each side, taken in turns")
	workers = flag.Int("workers", 16, "requests at once")
	exe     = flag.String("epgu", "", "the programme to measure against; built when empty")
)

// plan writes and opens a plan that pays these charges.
func plan(t testing.TB, path string, charges []due) *planfile.Plan {
	t.Helper()
	id, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := planfile.NewWriter(f, planfile.Header{ID: id.String(), Profile: "bench", Payer: "7700000000", Method: "account"})
	if err != nil {
		t.Fatal(err)
	}
	payee := &planfile.Payee{Name: "УФК по г. Москве", Account: "03100643000000017300", BIK: "004525988"}
	for _, c := range charges {
		if err := w.Write(&planfile.Row{Status: planfile.Pay, Kopecks: c.kopecks, UIN: c.uin, Payer: "7700000000", Payee: payee,
			Purpose: "Административный штраф", Checked: time.Now(), Cells: []string{"1", "2", "3"}}); err != nil {
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

func open(t testing.TB) journal.Journal {
	t.Helper()
	j, err := sqlite.Open(t.Context(), sqlite.Options{Dir: filepath.Join(t.TempDir(), "journal")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

// run executes a plan and returns how long it took until every payment was sent,
// answered and written down, and until the run ended: it asks once more about what
// was only accepted.
func run(t testing.TB, c *cabinet.Client, j journal.Journal, p *planfile.Plan, atSent func()) (sent, whole time.Duration) {
	t.Helper()
	defer engine.SaveMemory(p.Totals.Rows)()
	began := time.Now()
	r := &engine.Run{Portal: c, Journal: j, Plan: p, Clock: clock.System{}, Sched: engine.NewGoroutines(*workers),
		Options: engine.Options{Concurrency: *workers, Recheck: 24 * time.Hour, Events: func(e engine.Event) {
			if e.Kind == engine.Asking {
				sent = time.Since(began)
				atSent()
			}
		}}}
	report, err := r.Execute(t.Context())
	whole = time.Since(began)
	if err != nil || report.Stop != nil || report.Sent.N != p.Totals.Pay.N {
		t.Fatalf("%+v, %v", report, err)
	}
	return sent, whole
}

// bare posts the same payments and writes nothing down.
func bare(t testing.TB, url, token string, charges []due) time.Duration {
	t.Helper()
	c := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: *workers}}
	defer c.CloseIdleConnections()
	var next atomic.Int64
	var wg sync.WaitGroup
	began := time.Now()
	for range *workers {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(charges)); i = next.Add(1) - 1 {
				if err := post(c, url, token, charges[i]); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(began)
}

func post(c *http.Client, url, token string, d due) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	body, err := json.Marshal(wire.PaymentRequest{ID: id.String(), UIN: d.uin, AmountKopecks: d.kopecks, Method: "account"})
	if err != nil {
		return err
	}
	req, err := http.NewRequest(http.MethodPost, url+wire.Base+"/payments", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", id.String())
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		b, _ := io.ReadAll(resp.Body)
		return fmt.Errorf("status %d: %s", resp.StatusCode, b)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

func median(d []time.Duration) time.Duration {
	d = slices.Sorted(slices.Values(d))
	return d[len(d)/2]
}

func perSecond(n int, d time.Duration) float64 { return float64(n) / d.Seconds() }

// The engine and a bare loop pay fines of the same portal in turns.
func TestRatioToABareLoop(t *testing.T) {
	s := serve(t, (2**rounds+1)**rows)
	bare(t, s.url, s.token, s.take(t, *rows/2)) // warms the portal up
	var loops, sents, wholes []time.Duration
	var cpuLoop, cpuEngine spent
	cpu := func() spent { return spent{ownCPU(), cpuOf(s.pid)} }
	for i := range *rounds {
		before := cpu()
		loops = append(loops, bare(t, s.url, s.token, s.take(t, *rows)))
		cpuLoop.add(before, cpu())
		p, j := plan(t, filepath.Join(t.TempDir(), "bench.plan"), s.take(t, *rows)), open(t)
		before = cpu()
		sent, whole := run(t, s.client(t), j, p, func() { cpuEngine.add(before, cpu()) })
		sents, wholes = append(sents, sent), append(wholes, whole)
		t.Logf("round %d: bare loop %.0f/s, engine %.0f/s, ratio %.2f", i+1, perSecond(*rows, loops[i]), perSecond(*rows, sent), loops[i].Seconds()/sent.Seconds())
	}
	loop, sent, whole := median(loops), median(sents), median(wholes)
	t.Logf("epgu sandbox serve, %d payments, %d at once, medians of %d rounds: bare loop %.0f/s, engine %.0f/s; ratio %.2f (best of each %.2f); with its questions about what was accepted the run took %.1f s",
		*rows, *workers, *rounds, perSecond(*rows, loop), perSecond(*rows, sent), loop.Seconds()/sent.Seconds(),
		slices.Min(loops).Seconds()/slices.Min(sents).Seconds(), whole.Seconds())
	each := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(*rows**rounds) }
	t.Logf("processor time of client and portal together: bare loop %.0f µs a payment, engine %.0f µs; ratio %.2f (client %.0f and %.0f µs, portal %.0f and %.0f µs)",
		each(cpuLoop.whole()), each(cpuEngine.whole()), cpuLoop.whole().Seconds()/cpuEngine.whole().Seconds(),
		each(cpuLoop.client), each(cpuEngine.client), each(cpuLoop.portal), each(cpuEngine.portal))
}

// spent is processor time of the two processes.
type spent struct{ client, portal time.Duration }

func (s *spent) add(from, to spent) {
	s.client += to.client - from.client
	s.portal += to.portal - from.portal
}

func (s spent) whole() time.Duration { return s.client + s.portal }
