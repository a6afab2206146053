// Command startup measures what a start of epgu costs against a bare cobra
// program, whole processes in turn in one run: processor time, clock time, page faults
// and peak memory of "--version", completion and "--help"; and how big the stripped
// program is. Page faults are nearly all of the cost and do not depend on what else
// the machine does. Beside them stands what the libraries cost that epgu must have,
// linked into the bare program and never called. It fails above the bars given.
//
//	go run ./bench/startup
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// bars are what is allowed at most.
type bars struct {
	ratio  float64 // of processor time, --version and completion
	faults float64 // of page faults, the same
	memory int64   // KiB of peak memory above the bare program
	size   int64   // bytes of the stripped program
}

func main() {
	rounds := flag.Int("rounds", 60, "processes of each kind")
	var b bars
	flag.Float64Var(&b.ratio, "most", 0, "fail when --version or completion costs more processor time than this many bare programs; 0 only prints")
	flag.Float64Var(&b.faults, "faults", 0, "fail when --version or completion costs more page faults than this many bare programs; 0 only prints")
	flag.Int64Var(&b.memory, "memory", 12<<10, "KiB of peak memory above a bare program that are allowed")
	flag.Int64Var(&b.size, "size", 32_000_000, "bytes that the stripped program may have")
	flag.Parse()
	if err := run(*rounds, b); err != nil {
		fmt.Fprintln(os.Stderr, "startup:", err)
		os.Exit(1)
	}
}

// cost is what one process took.
type cost struct {
	processor, clock time.Duration
	faults           int64
}

func run(rounds int, most bars) error {
	dir, err := os.MkdirTemp("", "bench-startup-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for name, pkg := range map[string]string{"epgu": "./cmd/epgu", "bare": "./bench/startup/bare", "linked": "./bench/startup/linked"} {
		cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(dir, name), pkg)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", pkg, err, out)
		}
	}
	var failed []error
	info, err := os.Stat(filepath.Join(dir, "epgu"))
	if err != nil {
		return err
	}
	fmt.Printf("stripped program: %.1f MB (at most %.1f)\n", float64(info.Size())/1e6, float64(most.size)/1e6)
	if info.Size() > most.size {
		failed = append(failed, fmt.Errorf("the stripped program has %d bytes, at most %d are allowed", info.Size(), most.size))
	}
	least, err := peak(filepath.Join(dir, "bare"), dir)
	if err != nil {
		return err
	}
	processor := func(c cost) time.Duration { return c.processor }
	clock := func(c cost) time.Duration { return c.clock }
	pageFaults := func(c cost) int64 { return c.faults }
	for _, args := range [][]string{{"--version"}, {"__complete", ""}, {"__complete", "pay", ""}, {"--help"}} {
		costs := map[string][]cost{}
		var peaks []int64
		for range rounds {
			for _, name := range []string{"bare", "linked", "epgu"} {
				c, err := once(filepath.Join(dir, name), dir, args)
				if err != nil {
					return err
				}
				costs[name] = append(costs[name], c)
			}
			took, err := peak(filepath.Join(dir, "bare"), dir, append([]string{filepath.Join(dir, "epgu")}, args...)...)
			if err != nil {
				return err
			}
			peaks = append(peaks, took)
		}
		bare, ours := costs["bare"], costs["epgu"]
		ratio, faults := ratioOf(ours, bare, processor), ratioOf(ours, bare, pageFaults)
		memory := middle(peaks, func(kib int64) int64 { return kib }) - least
		fmt.Printf("%-20q median of %d processes: %.2f × a bare cobra program by processor time, %.2f × by the clock, %.2f × by page faults; %+.1f MiB of peak memory\n",
			args, rounds, ratio, ratioOf(ours, bare, clock), faults, float64(memory)/1024)
		fmt.Printf("%-20s the libraries alone: %.2f × by processor time, %.2f × by the clock, %.2f × by page faults\n", "",
			ratioOf(costs["linked"], bare, processor), ratioOf(costs["linked"], bare, clock), ratioOf(costs["linked"], bare, pageFaults))
		if args[0] == "--help" {
			continue
		}
		if most.ratio > 0 && ratio > most.ratio {
			failed = append(failed, fmt.Errorf("%q costs %.2f × a bare cobra program, at most %.2f × is allowed", args, ratio, most.ratio))
		}
		if most.faults > 0 && faults > most.faults {
			failed = append(failed, fmt.Errorf("%q costs %.2f × the page faults of a bare cobra program, at most %.2f × are allowed", args, faults, most.faults))
		}
		if memory > most.memory {
			failed = append(failed, fmt.Errorf("%q takes %d KiB more than a bare cobra program, at most %d are allowed", args, memory, most.memory))
		}
	}
	return errors.Join(failed...)
}

// peak is what a program took, KiB; the bare program says it.
func peak(bare, home string, of ...string) (int64, error) {
	cmd := exec.Command(bare, of...)
	cmd.Env = append(environment(home), "BENCH_PEAK=of")
	if len(of) == 0 {
		cmd = exec.Command(bare, "--version")
		cmd.Env = append(environment(home), "BENCH_PEAK=self")
	}
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("memory of %q: %w", of, err)
	}
	for line := range strings.Lines(said.String()) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "VmHWM:" {
			return strconv.ParseInt(f[1], 10, 64)
		}
	}
	return 0, errors.New("the bare program does not say how much memory was taken")
}

func middle[C any, T int64 | time.Duration](costs []C, of func(C) T) T {
	values := make([]T, len(costs))
	for i, c := range costs {
		values[i] = of(c)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func ratioOf[T int64 | time.Duration](ours, bare []cost, of func(cost) T) float64 {
	return float64(middle(ours, of)) / float64(middle(bare, of))
}

func environment(home string) []string {
	return []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8"}
}

// once runs a program in a home of its own.
func once(program, home string, args []string) (cost, error) {
	cmd := exec.Command(program, args...)
	cmd.Env = environment(home)
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return cost{}, fmt.Errorf("%s %q: %w", filepath.Base(program), args, err)
	}
	c := cost{clock: time.Since(began), processor: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		c.faults = u.Minflt
	}
	return c, nil
}
