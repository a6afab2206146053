//go:build unix

package journaltest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/journal"
)

// The environment of a child: what it does, on which journal, by which seed.
const (
	childEnv = "EPGU_JOURNAL_CHILD"
	placeEnv = "EPGU_JOURNAL_PLACE"
	seedEnv  = "EPGU_JOURNAL_SEED"
)

// ChildMain is for TestMain: in a process that Crash or TwoProcesses started it
// works on the journal and does not return; elsewhere it returns at once.
func ChildMain(open func(place string) (journal.Journal, error)) {
	role := os.Getenv(childEnv)
	if role == "" {
		return
	}
	seed, err := strconv.ParseUint(os.Getenv(seedEnv), 10, 64)
	if err == nil {
		var j journal.Journal
		if j, err = open(os.Getenv(placeEnv)); err == nil {
			err = work(role, j, seed)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// work says on stdout, line by line, what the journal has acknowledged: an ID and
// the state it was brought to.
func work(role string, j journal.Journal, seed uint64) error {
	var mu sync.Mutex
	say := func(s journal.State, ps ...journal.Payment) {
		var b strings.Builder
		for _, p := range ps {
			fmt.Fprintf(&b, "%s %s\n", p.ID, s)
		}
		mu.Lock()
		defer mu.Unlock()
		_, _ = os.Stdout.WriteString(b.String()) // one write: whole lines or none
	}
	if role == "hold" {
		p := NewPayment(int(seed))
		if err := drive(j, []journal.Payment{p}, say, 2); err != nil {
			return err
		}
		_, err := io.Copy(io.Discard, os.Stdin) // until killed
		return err
	}
	errs := make(chan error)
	for w := range 8 {
		go func() {
			rnd := rand.New(rand.NewPCG(seed, uint64(w)))
			for n := 0; ; n++ {
				ps := make([]journal.Payment, 1+rnd.IntN(4))
				for i := range ps {
					ps[i] = NewPayment(int(seed)*1_000_000 + w*100_000 + n*10 + i)
					ps[i].Run, ps[i].Row = fmt.Sprint("run-", seed), w*100_000+n*10+i
				}
				if err := drive(j, ps, say, 1+rnd.IntN(4)); err != nil {
					errs <- err
					return
				}
			}
		}()
	}
	return <-errs
}

// drive plans payments and moves them so many steps.
func drive(j journal.Journal, ps []journal.Payment, say func(journal.State, ...journal.Payment), steps int) error {
	ctx := context.Background()
	if _, err := j.Plan(ctx, ps); err != nil {
		return err
	}
	say(journal.Planned, ps...)
	path := []journal.State{journal.Planned, journal.Claimed, journal.Sending, journal.Accepted, journal.Paid}
	for s := range steps {
		ts := make([]journal.Transition, len(ps))
		for i, p := range ps {
			ts[i] = Step(p.ID, path[s], path[s+1], journal.Engine)
		}
		if err := j.Move(ctx, ts); err != nil {
			return err
		}
		say(path[s+1], ps...)
	}
	return nil
}

func rank(s journal.State) int {
	switch s {
	case journal.Claimed:
		return 1
	case journal.Sending:
		return 2
	case journal.Accepted:
		return 3
	case journal.Paid:
		return 4
	}
	return 0
}

func child(t testing.TB, role, place string, seed uint64) (*exec.Cmd, *bufio.Scanner, io.Closer) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+role, placeEnv+"="+place, fmt.Sprintf("%s=%d", seedEnv, seed))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(out), in
}

// Crash kills a process that works on the journal at place with SIGKILL, times
// times, each at a moment chosen by its seed, in the middle of group commits, and
// wants of what is left: the chain holds, nothing acknowledged is lost, and the
// next process makes what was sending unknown and frees what was claimed.
func Crash(t *testing.T, place string, open Opener, times int) {
	if underRace {
		times /= 4
	}
	lag, unknown, acknowledged := int64(0), 0, 0
	for seed := range uint64(times) {
		cmd, lines, in := child(t, "crash", place, seed+1)
		after := 1 + rand.New(rand.NewPCG(seed, 99)).IntN(120)
		acked := map[string]journal.State{}
		hear := func() bool {
			if !lines.Scan() {
				return false
			}
			id, s, ok := strings.Cut(lines.Text(), " ")
			if ok && len(id) == 36 {
				acked[id] = journal.State(s)
			}
			return true
		}
		for range after {
			if !hear() {
				t.Fatalf("seed %d: the child ended by itself", seed)
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for hear() { // what it had said before it died
		}
		_ = cmd.Wait()
		_ = in.Close()

		j := open(t)
		r, err := j.Verify(t.Context())
		if err != nil {
			t.Fatalf("seed %d: %v %+v", seed, err, r.Bad)
		}
		lag = max(lag, r.HeadLag)
		for id, s := range acked {
			p, err := j.Payment(t.Context(), id)
			if err != nil {
				t.Fatalf("seed %d: %s was acknowledged as %s: %v", seed, id, s, err)
			}
			if rank(p.State) < rank(s) {
				t.Fatalf("seed %d: %s was acknowledged as %s and is %s", seed, id, s, p.State)
			}
		}
		acknowledged += len(acked)
		unknown += settle(t, j)
		if c, err := j.Counts(t.Context(), fmt.Sprint("run-", seed+1)); err != nil || c[journal.Sending].N+c[journal.Claimed].N != 0 {
			t.Fatalf("seed %d: left behind %v %v", seed, c, err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	j := open(t)
	report := Holds(t, j)
	if unknown == 0 || acknowledged == 0 {
		t.Fatalf("%d kills proved nothing: %d acknowledged, %d unknown", times, acknowledged, unknown)
	}
	t.Logf("%d kills: %d acknowledged payments kept, %d sending became unknown, %d events hold, the head lagged by at most %d events",
		times, acknowledged, unknown, report.Events, lag)
}

// settle recovers until nothing of a dead owner is left. A server needs a moment
// to notice that its client is gone.
func settle(t testing.TB, j journal.Journal) (unknown int) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		r, err := j.Recover(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		unknown += r.Unknown
		left := 0
		for _, err := range j.List(t.Context(), journal.Filter{States: []journal.State{journal.Sending, journal.Claimed}}) {
			if err != nil {
				t.Fatal(err)
			}
			left++
		}
		if left == 0 {
			return unknown
		}
	}
	t.Fatal("what a dead owner left was not recovered")
	return 0
}

// TwoProcesses wants a living process to keep what it sends while this one
// recovers, and to lose it once it is killed.
func TwoProcesses(t *testing.T, place string, open Opener) {
	cmd, lines, in := child(t, "hold", place, 7)
	defer in.Close()
	id := ""
	for lines.Scan() {
		var s string
		if id, s, _ = strings.Cut(lines.Text(), " "); s == string(journal.Sending) {
			break
		}
	}
	j := open(t)
	if r, err := j.Recover(t.Context()); err != nil || r != (journal.Recovered{}) {
		t.Errorf("took %+v %v from a living process", r, err)
	}
	if s := state(t, j, id); s != journal.Sending {
		t.Errorf("it is %s", s)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if n := settle(t, j); n != 1 {
		t.Errorf("%d became unknown, want 1", n)
	}
	if s := state(t, j, id); s != journal.Unknown {
		t.Errorf("it is %s", s)
	}
}
