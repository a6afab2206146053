//go:build unix

package bulkpay_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/bulkpay"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/sqlite"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

var (
	kills    = flag.Int("kills", 15, "how many times the running process is killed")
	killRows = flag.Int("kill-rows", 4_000, "rows of the plan that is run")
)

// The environment of the child that runs a plan.
const (
	childPlan    = "EPGU_TEST_PLAN"
	childJournal = "EPGU_TEST_JOURNAL"
	childPortal  = "EPGU_TEST_PORTAL"
)

// TestMain lets the test binary be the process that is killed.
func TestMain(m *testing.M) {
	if path := os.Getenv(childPlan); path != "" {
		os.Exit(int(child(path)))
	}
	os.Exit(m.Run())
}

// child runs a plan as the programme does: real journal, real client, real
// goroutines.
func child(path string) exitcode.Code {
	ctx := context.Background()
	fail := func(err error) exitcode.Code {
		fmt.Fprintln(os.Stderr, err)
		return exitcode.Failure
	}
	p, err := planfile.Open(path)
	if err != nil {
		return fail(err)
	}
	j, err := sqlite.Open(ctx, sqlite.Options{Dir: os.Getenv(childJournal)})
	if err != nil {
		return fail(err)
	}
	url := os.Getenv(childPortal)
	t, err := transport.New(transport.Options{Origins: []string{url}, Tokens: token})
	if err != nil {
		return fail(err)
	}
	r := &bulkpay.Run{Portal: cabinet.New(t, url), Journal: j, Plan: p, Clock: clock.System{}, Sched: bulkpay.NewGoroutines(16), Options: bulkpay.Options{Group: 100}}
	report, err := r.Execute(ctx)
	if err != nil {
		return fail(err)
	}
	if err := j.Close(); err != nil {
		return fail(err)
	}
	return fault.ExitOf(report.Err())
}

func token(context.Context, string) (string, error) { return "token", nil }

// wait is longer than another worker needs for what it has in hand.
const wait = 20 * time.Second

// ledgerPortal keeps one promise: one ID is one payment.
type ledgerPortal struct {
	mu       sync.Mutex
	payments map[string]wire.Payment
	requests int
}

func (l *ledgerPortal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	l.mu.Lock()
	defer l.mu.Unlock()
	switch r.Method {
	case http.MethodPost:
		var in wire.PaymentRequest
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		l.requests++
		p, ok := l.payments[in.ID]
		if !ok {
			p = wire.Payment{ID: in.ID, State: "paid", UIN: in.UIN, AmountKopecks: in.AmountKopecks, ReceiptID: in.ID}
			l.payments[in.ID] = p
		}
		_ = json.NewEncoder(w).Encode(p)
	default:
		p, ok := l.payments[filepath.Base(r.URL.Path)]
		if !ok {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusNotFound)
			_ = json.NewEncoder(w).Encode(wire.Problem{Title: "Нет", Status: http.StatusNotFound, Code: "payment.not_found",
				RequestID: r.Header.Get("X-Request-Id"), Subject: filepath.Base(r.URL.Path)})
			return
		}
		_ = json.NewEncoder(w).Encode(p)
	}
}

// writePlan writes a plan of so many charges.
func writePlan(t *testing.T, path string, rows int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := planfile.NewWriter(f, planfile.Header{ID: runID, Profile: "demo", Payer: "7700000000", Method: "account"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		if err := w.Write(&planfile.Row{Status: planfile.Pay, Kopecks: int64(100 + i), UIN: fmt.Sprintf("18%018d", i+1), Payer: "7700000000"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// A process that runs a plan is killed at random moments, again and again; the
// same command at last pays every row, once.
func TestKilledAtRandomMomentsARunPaysEveryRowOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes for some seconds")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "kill.plan")
	writePlan(t, path, *killRows)
	portal := &ledgerPortal{payments: map[string]wire.Payment{}}
	server := httptest.NewServer(portal)
	defer server.Close()
	dirJournal := filepath.Join(dir, "journal")
	command := func() *exec.Cmd {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), childPlan+"="+path, childJournal+"="+dirJournal, childPortal+"="+server.URL)
		c.Stderr = os.Stderr
		return c
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	killed := 0
	for range *kills {
		c := command()
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- c.Wait() }()
		select {
		case <-time.After(time.Duration(10+rnd.IntN(110)) * time.Millisecond):
			if err := c.Process.Kill(); err != nil {
				t.Log(err)
			}
			<-ended
			killed++
		case <-ended:
		}
	}
	last := command()
	if err := last.Run(); err != nil {
		t.Fatalf("the last run: %v", err)
	}
	server.Close() // waits for what killed processes had still sent
	paid := map[string]string{}
	for id, p := range portal.payments {
		if first := paid[p.UIN]; first != "" {
			t.Errorf("%s was paid twice: %s and %s", p.UIN, first, id)
		}
		paid[p.UIN] = id
	}
	if len(paid) != *killRows {
		t.Errorf("%d of %d rows are paid", len(paid), *killRows)
	}
	j, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dirJournal})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	counts, err := j.Counts(t.Context(), runID)
	if err != nil || counts[journal.Paid].N != *killRows {
		t.Errorf("the journal says %+v, %v", counts, err)
	}
	if _, err := j.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	if killed == 0 {
		t.Error("every run ended before it could be killed: more rows are needed")
	}
	t.Logf("killed %d times, %d requests for %d rows", killed, portal.requests, *killRows)
}
