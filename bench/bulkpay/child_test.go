//go:build unix

package bulkpay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	engine "github.com/epgu-cli/epgu/internal/core/bulkpay"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/sqlite"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// order is what a process of its own is to do, so that its start and its memory
// are those of one run.
type order struct {
	Plan    string // path
	Journal string // folder
	Kopecks int64  // at most so much is sent; 0 is everything
}

// outcome is what that process tells.
type outcome struct {
	Opened time.Duration // since it began: the plan is open, its hash has been checked
	First  time.Duration // since it began: the first payment leaves
	Spent  time.Duration // of processor until then
	Ended  time.Duration
	Paid   int   // sent by this process
	Peak   int64 // bytes: the most that was resident
	CPU    time.Duration
	Err    string
}

const childOrder = "EPGU_BENCH_ORDER"

// TestMain lets the test binary be the process that is measured.
func TestMain(m *testing.M) {
	if s := os.Getenv(childOrder); s != "" {
		began := time.Now()
		var o order
		out := outcome{}
		err := json.Unmarshal([]byte(s), &o)
		if err == nil {
			err = out.run(&o, began)
		}
		if err != nil {
			out.Err = err.Error()
		}
		_ = json.NewEncoder(os.Stdout).Encode(out)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// instant is a portal without a network: it costs nothing, so that the rest shows.
type instant struct{ first func() }

func (p instant) Pay(_ context.Context, r wire.PaymentRequest) (*wire.Payment, error) {
	p.first()
	return &wire.Payment{ID: r.ID, State: "paid", UIN: r.UIN, AmountKopecks: r.AmountKopecks, ReceiptID: r.ID, UIP: "10000000000000000000000000000000"}, nil
}

func (instant) Charge(context.Context, string) (*wire.Charge, error) {
	return nil, errors.New("nobody asks for a charge here")
}

// Payment knows every payment: what a worker was sending when it died had arrived.
func (instant) Payment(_ context.Context, id string, _ time.Duration) (*wire.Payment, error) {
	return &wire.Payment{ID: id, State: "paid", AmountKopecks: sampleKopecks, ReceiptID: id}, nil
}

func (out *outcome) run(o *order, began time.Time) error {
	ctx := context.Background()
	p, err := planfile.Open(o.Plan)
	if err != nil {
		return err
	}
	defer p.Close()
	out.Opened = time.Since(began)
	j, err := sqlite.Open(ctx, sqlite.Options{Dir: o.Journal})
	if err != nil {
		return err
	}
	var once sync.Once
	portal := instant{func() { once.Do(func() { out.First, out.Spent = time.Since(began), ownCPU() }) }}
	defer engine.SaveMemory(p.Totals.Rows)() // as "epgu batch run" does
	r := &engine.Run{Portal: portal, Journal: j, Plan: p, Clock: clock.System{}, Sched: engine.NewGoroutines(engine.DefaultConcurrency),
		Options: engine.Options{MaxKopecks: o.Kopecks, Recheck: 24 * time.Hour}}
	report, err := r.Execute(ctx)
	if err != nil {
		return err
	}
	out.Paid = report.Sent.N
	if n := report.Counts[journal.Unknown].N; n > 0 && o.Kopecks == 0 { // a run that stops at a sum asks nobody
		return fmt.Errorf("%d payments are unknown", n)
	}
	if err := j.Close(); err != nil {
		return err
	}
	out.Ended, out.Peak, out.CPU = time.Since(began), peak(), ownCPU()
	return nil
}

// inChild has a process of its own do it.
func inChild(t testing.TB, o order) outcome {
	t.Helper()
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), childOrder+"="+string(b))
	c.Stderr = os.Stderr
	said, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	var out outcome
	if err := json.Unmarshal(said, &out); err != nil {
		t.Fatal(err)
	}
	if out.Err != "" {
		t.Fatal(out.Err)
	}
	return out
}

// peak is the largest resident size of this process so far, in bytes; 0 where
// the system does not tell.
func peak() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if v, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(v), " kB"), 10, 64)
			return kib << 10
		}
	}
	return 0
}
