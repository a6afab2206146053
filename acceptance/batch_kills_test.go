//go:build linux

package acceptance

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/journal/journaltest/pgcluster"
)

var (
	kills    = flag.Int("kills", 20, "how many times a process that runs a plan is killed")
	killRows = flag.Int("kill-rows", 300, "rows of the plan that is run")
	killSeed = flag.Uint64("kill-seed", 1, "what the moments of the kills are drawn from")
)

// killer starts runs of a plan and kills them at moments drawn from its seed.
type killer struct {
	t    *testing.T
	rnd  *rand.Rand
	span time.Duration // half of the kills fall somewhere in this time after the start

	mu *sync.Mutex // guards n
	n  *tally
}

// tally is what all workers have seen together.
type tally struct {
	left    int            // kills to go
	hits    map[string]int // kills by what was going on
	ends    map[int]int    // runs that ended by themselves, by exit code
	missed  int            // how many of those there were
	outages int            // times the portal was killed
}

// newKiller makes a killer of as many workers as run at once.
func newKiller(t *testing.T, o *office, workers int) *killer {
	t.Helper()
	// A command that looks at the plan and the journal, and pays nothing, is the
	// measure of this machine: the moments have to cover what comes before the
	// first payment and what comes after.
	began := time.Now()
	o.clerk.must("batch", "status", o.plan)
	span := max(300*time.Millisecond, time.Duration(4*workers)*time.Since(began))
	t.Logf("seed %d, kills within %s of the start", *killSeed, span.Round(time.Millisecond))
	return &killer{t: t, rnd: rand.New(rand.NewPCG(*killSeed, 0)), span: span, mu: new(sync.Mutex),
		n: &tally{left: *kills, hits: map[string]int{}, ends: map[int]int{}}}
}

// take reports whether there is a kill to go, and takes it.
func (k *killer) take() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.n.left == 0 || k.n.missed > 10**kills {
		return false
	}
	k.n.left--
	return true
}

// hit counts a kill.
func (k *killer) hit(phase string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.n.hits[phase]++
}

// missed gives a kill back: the run had ended by itself.
func (k *killer) missed(exit int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.n.left++
	k.n.missed++
	k.n.ends[exit]++
}

func (k *killer) draw(within time.Duration) time.Duration {
	return time.Duration(k.rnd.Int64N(int64(within)))
}

// output keeps what a run prints and tells when the run has first written an
// answer down, or asks.
type output struct {
	text  bytes.Buffer
	begun chan struct{}
	once  sync.Once
}

func (o *output) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(`"moved"`)) || bytes.Contains(p, []byte(`"asking"`)) {
		o.once.Do(func() { close(o.begun) })
	}
	return o.text.Write(p)
}

// round runs the plan once and kills the process, unless it ends before. It
// reports whether the plan is through.
func (k *killer) round(c *clerk, plan string, outage func() error) (through bool, err error) {
	cmd := c.command("batch", "run", plan, "--ndjson", "--wait", "1s", "--concurrency", fmt.Sprint(1+k.rnd.IntN(8)))
	events := &output{begun: make(chan struct{})}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = events, &said
	if err := cmd.Start(); err != nil {
		return false, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	if outage != nil {
		back, moment := make(chan error, 1), time.After(k.draw(k.span))
		go func() {
			<-moment
			back <- outage()
		}()
		defer func() { err = errors.Join(err, <-back) }()
	}
	// Half of the kills come any time after the start, half of them soon after the
	// run has written something down, however busy this machine is.
	var death <-chan time.Time
	var begun <-chan struct{}
	if k.rnd.IntN(2) == 0 {
		death = time.After(k.draw(k.span))
	} else {
		begun = events.begun
	}
	for {
		select {
		case <-begun:
			death, begun = time.After(k.draw(200*time.Millisecond)), nil
		case <-death:
			if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
				return false, err
			}
			death = nil
		case err := <-ended:
			var exit *exec.ExitError
			if err == nil || errors.As(err, &exit) && exit.Exited() {
				k.missed(cmd.ProcessState.ExitCode())
				return err == nil, known(cmd.ProcessState.ExitCode(), said.String())
			}
			k.hit(phase(events.text.Bytes()))
			return false, nil
		}
	}
}

// known holds the end of a run that was not killed to what a run may say while
// others are killed around it.
func known(exit int, said string) error {
	switch exit {
	case 0, 6, 7, 8, 9, 10:
		return nil
	}
	return fmt.Errorf("a run that was not killed ended with %d: %s", exit, said)
}

// phase tells from its events what a run was doing when it was killed.
func phase(events []byte) string {
	moved, last := 0, ""
	for line := range bytes.Lines(events) {
		var e struct{ Kind string }
		if json.Unmarshal(line, &e) != nil {
			continue // cut off by the kill
		}
		if last = e.Kind; last == "moved" {
			moved++
		}
	}
	switch {
	case last == "" || last == "resumed" && moved == 0:
		return "before its first answer"
	case last == "asking" || bytes.Contains(events, []byte(`"asking"`)):
		return "asking what became of payments"
	case last == "held":
		return "in a pause"
	}
	return "paying"
}

func (k *killer) tell() {
	n := 0
	for _, phase := range slices.Sorted(maps.Keys(k.n.hits)) {
		k.t.Logf("killed %4d times %s", k.n.hits[phase], phase)
		n += k.n.hits[phase]
	}
	for _, exit := range slices.Sorted(maps.Keys(k.n.ends)) {
		k.t.Logf("ended %5d times by itself with exit %d", k.n.ends[exit], exit)
	}
	k.t.Logf("killed %d times in all, the portal %d times", n, k.n.outages)
	if n < *kills {
		k.t.Errorf("%d kills of %d before the rows were through: more rows are needed", n, *kills)
	}
}

// trouble makes the portal slow, so that kills meet payments on their way, and
// now and then loses an answer.
func trouble(c *clerk) {
	c.must("sandbox", "faults", "--path", "/api/cabinet/v1/payments", "--slow", "50", "--lose-reply", "2%", "--status-503", "1%", "--seed", "5")
}

// The programme is killed at random moments while it runs a plan, and the portal
// now and then too; the same command at last pays every row, once.
func TestARunKilledAgainAndAgainPaysEveryRowOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t, build(t), *killRows)
	trouble(o.clerk)
	k := newKiller(t, o, 1)
	for k.take() {
		var outage func() error
		if k.rnd.IntN(10) == 0 {
			k.n.outages++
			outage = func() error { o.portal.kill(); return o.portal.start() }
		}
		through, err := k.round(o.clerk, o.plan, outage)
		if err != nil {
			t.Fatal(err)
		}
		if through {
			break
		}
	}
	k.tell()
	o.clerk.must("sandbox", "faults", "--off")
	o.finish(o.clerk, o.plan)
	o.settled(o.clerk, o.plan)
}

// Several machines share one journal; whoever runs the plan is killed at random
// moments, and the others take over; the journal's server is killed, too.
func TestKilledWorkersOfASharedJournalPayEveryRowOnce(t *testing.T) {
	t.Parallel()
	pg, err := pgcluster.Start("")
	if errors.Is(err, pgcluster.ErrAbsent) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pg.Stop(); err != nil {
			t.Error(err)
		}
	})
	bin, journal := build(t), "EPGU_JOURNAL="+pg.URL
	o := newOffice(t, bin, *killRows, journal)
	trouble(o.clerk)
	const workers = 2
	var up sync.RWMutex // held while the server is down
	servers := 0        // times it was killed
	k := newKiller(t, o, workers)
	var wg sync.WaitGroup
	for n := range workers {
		worker := newClerk(t, bin, o.portal, journal)
		worker.must("org", "switch", organisation)
		plan := filepath.Join(worker.home, "july.plan")
		for _, suffix := range []string{"", ".approvals"} {
			data, err := os.ReadFile(o.plan + suffix)
			if err == nil {
				err = os.WriteFile(plan+suffix, data, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		own := *k
		own.rnd = rand.New(rand.NewPCG(*killSeed, uint64(n)+1))
		wg.Go(func() {
			begin := func() bool { // no run is begun while there is no server
				up.RLock()
				defer up.RUnlock()
				return own.take()
			}
			for begin() {
				var outage func() error
				if n == 0 && own.rnd.IntN(4) == 0 { // the server of the journal dies, too
					outage = func() error {
						up.Lock()
						defer up.Unlock()
						servers++
						return pg.Kill()
					}
				}
				through, err := own.round(worker, plan, outage)
				if err != nil {
					t.Error(err)
					return
				}
				if through {
					return
				}
			}
		})
	}
	wg.Wait()
	k.tell()
	t.Logf("the server of the journal was killed %d times", servers)
	if servers == 0 {
		t.Error("the server of the journal was never killed: more kills are needed")
	}
	o.clerk.must("sandbox", "faults", "--off")
	o.finish(o.clerk, o.plan)
	o.settled(o.clerk, o.plan)
	if strings.Contains(o.clerk.must("audit", "export"), pg.URL) {
		t.Error("the journal's address is in its export")
	}
}
