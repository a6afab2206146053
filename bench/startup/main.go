// Command startup measures what "epgu --version" and "epgu --help" cost against
// a bare cobra program, whole processes in turn in one run, and prints ratios.
//
//	go run ./bench/startup
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 60, "processes of each kind")
	most := flag.Float64("most", 0, "fail when a ratio is above this; 0 only prints")
	flag.Parse()
	if err := run(*rounds, *most); err != nil {
		fmt.Fprintln(os.Stderr, "startup:", err)
		os.Exit(1)
	}
}

func run(rounds int, most float64) error {
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
	for _, arg := range []string{"--version", "--help"} {
		var bare, ours []time.Duration
		for range rounds {
			b, err := once(filepath.Join(dir, "bare"), arg)
			if err != nil {
				return err
			}
			o, err := once(filepath.Join(dir, "epgu"), arg)
			if err != nil {
				return err
			}
			bare, ours = append(bare, b), append(ours, o)
		}
		slices.Sort(bare)
		slices.Sort(ours)
		ratio := float64(ours[rounds/2]) / float64(bare[rounds/2])
		fmt.Printf("%-10s median of %d processes: %.2f × a bare cobra program (fastest: %.2f ×)\n", arg, rounds, ratio, float64(ours[0])/float64(bare[0]))
		if most > 0 && ratio > most {
			return fmt.Errorf("%s costs %.2f × a bare cobra program, at most %.2f × is allowed", arg, ratio, most)
		}
	}
	return nil
}

func once(program, arg string) (time.Duration, error) {
	cmd := exec.Command(program, arg)
	began := time.Now()
	err := cmd.Run()
	return time.Since(began), err
}
