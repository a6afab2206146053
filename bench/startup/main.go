// Command startup measures what a start of epgu costs against a bare cobra
// program, whole processes in turn in one run: processor time, clock time and peak
// memory of "--version", completion and "--help"; and how big the stripped program
// is. It fails above the bars given.
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
	"syscall"
	"time"
)

// bars are what is allowed at most.
type bars struct {
	ratio  float64 // of processor time, --version and completion
	memory int64   // KiB of peak memory above the bare program
	size   int64   // bytes of the stripped program
}

func main() {
	rounds := flag.Int("rounds", 60, "processes of each kind")
	var b bars
	flag.Float64Var(&b.ratio, "most", 0, "fail when --version or completion costs more processor time than this many bare programs; 0 only prints")
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
	memory           int64 // peak, KiB
}

func run(rounds int, most bars) error {
	dir, err := os.MkdirTemp("", "bench-startup-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for name, pkg := range map[string]string{"epgu": "./cmd/epgu", "bare": "./bench/startup/bare"} {
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
	for _, args := range [][]string{{"--version"}, {"__complete", ""}, {"__complete", "pay", ""}, {"--help"}} {
		var bare, ours []cost
		for range rounds {
			b, err := once(filepath.Join(dir, "bare"), dir, args)
			if err != nil {
				return err
			}
			o, err := once(filepath.Join(dir, "epgu"), dir, args)
			if err != nil {
				return err
			}
			bare, ours = append(bare, b), append(ours, o)
		}
		processor := func(c cost) time.Duration { return c.processor }
		ratio := ratioOf(ours, bare, processor)
		memory := middle(ours, func(c cost) int64 { return c.memory }) - middle(bare, func(c cost) int64 { return c.memory })
		fmt.Printf("%-20q median of %d processes: %.2f × a bare cobra program by processor time, %.2f × by the clock; %+.1f MiB of peak memory\n",
			args, rounds, ratio, ratioOf(ours, bare, func(c cost) time.Duration { return c.clock }), float64(memory)/1024)
		if args[0] == "--help" {
			continue
		}
		if most.ratio > 0 && ratio > most.ratio {
			failed = append(failed, fmt.Errorf("%q costs %.2f × a bare cobra program, at most %.2f × is allowed", args, ratio, most.ratio))
		}
		if memory > most.memory {
			failed = append(failed, fmt.Errorf("%q takes %d KiB more than a bare cobra program, at most %d are allowed", args, memory, most.memory))
		}
	}
	return errors.Join(failed...)
}

func middle[T int64 | time.Duration](costs []cost, of func(cost) T) T {
	values := make([]T, len(costs))
	for i, c := range costs {
		values[i] = of(c)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func ratioOf(ours, bare []cost, of func(cost) time.Duration) float64 {
	return float64(middle(ours, of)) / float64(middle(bare, of))
}

// once runs a program in a home of its own.
func once(program, home string, args []string) (cost, error) {
	cmd := exec.Command(program, args...)
	cmd.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8"}
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return cost{}, fmt.Errorf("%s %q: %w", filepath.Base(program), args, err)
	}
	c := cost{clock: time.Since(began), processor: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		c.memory = u.Maxrss
	}
	return c, nil
}
