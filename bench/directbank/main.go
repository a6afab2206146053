// Command directbank measures the road by DirectBank as ratios in one run. Orders of
// a plan go in packets to "epgu sandbox serve", a process of its own, as "epgu batch
// run --via directbank" sends them: journalled, kept, sent, and heard of. A bare loop
// then posts the very same packets to another fresh bank and writes nothing down.
// Both end when the bank has every order on its books. A statement of as many
// operations is read beside a bare walk over its tokens. It fails when a bar is
// missed.
//
//	go run ./bench/directbank                      100,000 orders in packets of 1,000
//	go run ./bench/directbank -orders 10000        as continuous integration runs it
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

const (
	postBar      = 0.8
	memoryBar    = 64 << 20
	statementBar = 3.0
	flatBar      = 4 << 20
	rounds       = 5
)

// job is what a process of its own is to do, so that its memory is that of one piece
// of work.
type job struct {
	Do     string // "send", "post", "statement", "tokens"
	URL    string
	Dir    string // of the journal and the box
	Plan   string
	File   string
	Packet int
	Bank   int // the bank's process
}

// outcome is what that process tells.
type outcome struct {
	Posted  time.Duration // until the last packet was answered
	Booked  time.Duration // until the bank had every order on its books
	Heard   time.Duration // until everything that it tells was heard and written down
	CPU     time.Duration // of the processor; where the system does not tell, of the clock
	Own     time.Duration // of the processor until Booked
	Both    time.Duration // and with the bank's process
	Packets int
	Entries int
	Idle    int64 // bytes that were resident before the work
	Peak    int64 // and at most
	Sent    int64 // and at most until Booked
}

func main() {
	orders := flag.Int("orders", 100_000, "orders to send, and operations of the statement")
	packet := flag.Int("packet", 1_000, "orders of a packet")
	turns := flag.Int("rounds", 1, "measurements of each side, in turns")
	exe := flag.String("epgu", "", "the program that is the bank; built when empty")
	only := flag.String("only", "", "orders or statement; both when empty")
	child := flag.String("job", "", "what a process of its own does (JSON)")
	flag.Parse()
	err := func() error {
		if *child != "" {
			return doJob(*child)
		}
		dir, err := os.MkdirTemp("", "epgu-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		var missed []error
		if *only != "statement" {
			missed = append(missed, measureOrders(dir, *exe, *orders, *packet, *turns))
		}
		if *only != "orders" {
			missed = append(missed, measureStatement(dir, *orders))
		}
		return errors.Join(missed...)
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/directbank:", err)
		os.Exit(1)
	}
}

func doJob(text string) error {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return err
	}
	out := outcome{}
	began := time.Now()
	var err error
	switch j.Do {
	case "send":
		err = send(&j, &out)
	case "post":
		err = post(&j, &out)
	case "statement":
		out.Entries, err = entries(j.File)
	case "tokens":
		out.Entries, err = tokens(j.File)
	default:
		err = fmt.Errorf("no job %q", j.Do)
	}
	if err != nil {
		return err
	}
	out.CPU, out.Peak = ownCPU(), peakResident()
	if out.CPU == 0 {
		out.CPU = time.Since(began)
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}

// inChild has a process of its own do a job.
func inChild(j *job) (outcome, error) {
	var out outcome
	self, err := os.Executable()
	if err != nil {
		return out, err
	}
	b, err := json.Marshal(j)
	if err != nil {
		return out, err
	}
	c := exec.Command(self, "-job", string(b))
	c.Stderr = os.Stderr
	raw, err := c.Output()
	if err != nil {
		return out, fmt.Errorf("%s: %w", j.Do, err)
	}
	return out, json.Unmarshal(raw, &out)
}

// measureOrders sends a plan and posts its packets again, each to a fresh bank.
func measureOrders(dir, exe string, orders, packet, turns int) error {
	if exe == "" {
		exe = filepath.Join(dir, "epgu")
		build := exec.Command("go", "build", "-o", exe, "./cmd/epgu")
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("build: %w\n%s", err, out)
		}
	}
	plan := filepath.Join(dir, "orders.plan")
	if err := writePlan(plan, orders); err != nil {
		return err
	}
	var posted, booked, worked []float64
	var ours, bare outcome
	var used [2]int64
	for turn := range turns {
		home := filepath.Join(dir, fmt.Sprint("turn-", turn))
		var err error
		if ours, used[0], err = atBank(exe, filepath.Join(home, "bank"), &job{Do: "send", Dir: filepath.Join(home, "own"), Plan: plan, Packet: packet}); err != nil {
			return err
		}
		if bare, used[1], err = atBank(exe, filepath.Join(home, "bare"), &job{Do: "post", Dir: filepath.Join(home, "own"), Plan: plan, Packet: packet}); err != nil {
			return err
		}
		posted, booked, worked = append(posted, over(bare.Posted, ours.Posted)), append(booked, over(bare.Booked, ours.Booked)), append(worked, over(bare.Both, ours.Both))
		if err := os.RemoveAll(home); err != nil {
			return err
		}
	}
	ratio := median(worked)
	if bare.Both == 0 { // the system does not tell
		ratio = median(booked)
	}
	fmt.Printf("%d orders in %d packets of %d\n\n", orders, bare.Packets, packet)
	fmt.Printf("| | ours | bare loop | ratio | bar |\n|---|---|---|---|---|\n")
	fmt.Printf("| until every order is on the bank's books, processor time of client and bank, µs an order | %.0f | %.0f | %.2f | ≥ %.1f |\n", perOrder(ours.Both, orders), perOrder(bare.Both, orders), ratio, postBar)
	fmt.Printf("| the same by the clock | %.2f s | %.2f s | %.2f | |\n", ours.Booked.Seconds(), bare.Booked.Seconds(), median(booked))
	fmt.Printf("| of it until the last packet was answered by its id | %.2f s | %.2f s | %.2f | |\n", ours.Posted.Seconds(), bare.Posted.Seconds(), median(posted))
	fmt.Printf("| processor time of the client alone, µs an order | %.0f | %.0f | | |\n", perOrder(ours.Own, orders), perOrder(bare.Own, orders))
	fmt.Printf("| memory of the client above idle | %.1f MiB | %.1f MiB | | ≤ %d MiB |\n", mib(ours.Sent-ours.Idle), mib(bare.Sent-bare.Idle), memoryBar>>20)
	fmt.Printf("| hearing two notices of each order and writing them down | %.2f s, %.1f MiB | | | |\n", ours.Heard.Seconds(), mib(ours.Peak-ours.Idle))
	fmt.Printf("| memory of the bank above idle | %.1f MiB | %.1f MiB | | |\n\n", mib(used[0]), mib(used[1]))
	if ratio < postBar || ours.Sent-ours.Idle > memoryBar {
		return errors.New("the bar of the orders is missed")
	}
	return nil
}

func over(bare, ours time.Duration) float64 { return float64(bare) / float64(max(ours, 1)) }

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

func perOrder(d time.Duration, n int) float64 { return float64(d.Microseconds()) / float64(n) }

func mib(n int64) float64 { return float64(n) / (1 << 20) }

// measureStatement reads a statement beside a bare walk over its tokens.
func measureStatement(dir string, n int) error {
	large, small := filepath.Join(dir, "large.xml"), filepath.Join(dir, "small.xml")
	size, err := writeStatement(large, n)
	if err != nil {
		return err
	}
	if _, err := writeStatement(small, n/10); err != nil {
		return err
	}
	var read, walk []time.Duration
	var peaks [2]int64
	for range rounds {
		for i, one := range []*job{{Do: "tokens", File: large}, {Do: "statement", File: large}, {Do: "statement", File: small}} {
			out, err := inChild(one)
			if err != nil {
				return err
			}
			switch i {
			case 0:
				walk = append(walk, out.CPU)
			case 1:
				if out.Entries != n {
					return fmt.Errorf("%d of %d operations were read", out.Entries, n)
				}
				read, peaks[0] = append(read, out.CPU), max(peaks[0], out.Peak)
			case 2:
				peaks[1] = max(peaks[1], out.Peak)
			}
		}
	}
	slices.Sort(read)
	slices.Sort(walk)
	a, b := read[rounds/2], walk[rounds/2]
	ratio := float64(a) / float64(b)
	fmt.Printf("a statement of %d operations, %.0f MB\n\n", n, float64(size)/1e6)
	fmt.Printf("| | ours | bare token walk | ratio | bar |\n|---|---|---|---|---|\n")
	fmt.Printf("| processor time, median of %d | %.2f s | %.2f s | %.2f | ≤ %.0f |\n", rounds, a.Seconds(), b.Seconds(), ratio, statementBar)
	fmt.Printf("| peak memory, against a tenth of the operations | %.1f MiB | %.1f MiB of the tenth | %+.1f MiB | ≤ %d MiB more |\n\n", mib(peaks[0]), mib(peaks[1]), mib(peaks[0]-peaks[1]), flatBar>>20)
	if ratio > statementBar || peaks[0]-peaks[1] > flatBar {
		return errors.New("the bar of the statement is missed")
	}
	return nil
}
