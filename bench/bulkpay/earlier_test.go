//go:build unix && earlier

package bulkpay

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var against = flag.String("against", "", "the commit whose build is measured beside this one")

// build is one of the two that are compared: its programme, and its measurements,
// which are its own tests of this package.
type build struct {
	name  string
	epgu  string
	tests string
	dir   string // of this package in its tree
}

// earlier builds a commit in a work tree of its own, which goes away with the test.
func earlier(t *testing.T, commit string) build {
	t.Helper()
	top, err := exec.Command("git", "rev-parse", "--show-toplevel").Output()
	if err != nil {
		t.Fatalf("the repository is needed to build %s: %v", commit, err)
	}
	repository, tree := strings.TrimSpace(string(top)), filepath.Join(t.TempDir(), "tree")
	must := func(dir, name string, args ...string) {
		t.Helper()
		c := exec.Command(name, args...)
		c.Dir = dir
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
		}
	}
	must(repository, "git", "worktree", "add", "--detach", "--force", tree, commit)
	t.Cleanup(func() {
		c := exec.Command("git", "worktree", "remove", "--force", tree)
		c.Dir = repository
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("remove the work tree: %v\n%s", err, out)
		}
	})
	b := build{name: commit, epgu: filepath.Join(tree, "epgu.bench"), tests: filepath.Join(tree, "bulkpay.bench"), dir: filepath.Join(tree, "bench", "bulkpay")}
	must(tree, "go", "build", "-o", b.epgu, "./cmd/epgu")
	must(tree, "go", "test", "-c", "-o", b.tests, "./bench/bulkpay")
	return b
}

// measure runs one of the build's own measurements and finds numbers in what it
// says. A measurement may fail its own bounds on a busy machine; its numbers count.
func (b build) measure(t *testing.T, test string, find ...*regexp.Regexp) [][]float64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, b.tests, "-test.run", "^"+test+"$", "-test.v", "-test.timeout", "30m", "-epgu", b.epgu, "-rounds", "1",
		"-rows", strconv.Itoa(*rows), "-workers", strconv.Itoa(*workers), "-small", strconv.Itoa(*small), "-large", strconv.Itoa(*large))
	c.Dir = b.dir
	out, failed := c.CombinedOutput()
	var found [][]float64
	for _, f := range find {
		all := f.FindAllSubmatch(out, -1)
		if len(all) == 0 {
			t.Fatalf("%s of %s does not say %s: %v\n%s", test, b.name, f, failed, out)
		}
		for _, m := range all {
			var numbers []float64
			for _, word := range m[1:] {
				n, err := strconv.ParseFloat(string(word), 64)
				if d, err2 := time.ParseDuration(string(word)); err != nil && err2 == nil {
					n, err = d.Seconds(), nil
				}
				if err != nil {
					t.Fatalf("%s of %s: %v", test, b.name, err)
				}
				numbers = append(numbers, n)
			}
			found = append(found, numbers)
		}
	}
	return found
}

// What the measurements say; the builds that are compared say the same words.
func clockWords() *regexp.Regexp {
	return regexp.MustCompile(`round 1: bare loop (\d+)/s, engine (\d+)/s`)
}

func cpuWords() *regexp.Regexp {
	return regexp.MustCompile(`bare loop (\d+) µs a payment, engine (\d+) µs`)
}

func peakWords() *regexp.Regexp { return regexp.MustCompile(`(\d+) rows: peak ([\d.]+) MiB`) }

func resumeWords() *regexp.Regexp {
	return regexp.MustCompile(`first new payment after (\S+) \((\S+) of processor\)`)
}

func planWords() *regexp.Regexp {
	return regexp.MustCompile(`(\d+) rows planned in .*peak ([\d.]+) MiB`)
}

// middle is the median of one number of each round.
func middle(rounds [][]float64, i int) float64 {
	var all []float64
	for _, r := range rounds {
		all = append(all, r[i])
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// The build of an earlier commit and this one do the same, in turns, each against
// its own portal.
func TestRatioToAnEarlierBuild(t *testing.T) {
	if *against == "" {
		t.Fatal("name a commit with -against")
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	builds := []build{earlier(t, *against), {name: "this build", epgu: programme(t), tests: os.Args[0], dir: here}}

	var speed, resume [2][][]float64
	for round := range *rounds {
		for turn := range builds {
			i := (round + turn) % 2 // who is first takes turns too
			m := builds[i].measure(t, "TestRatioToABareLoop", clockWords(), cpuWords())
			speed[i] = append(speed[i], slices.Concat(m...))
			t.Logf("round %d, %s: bare loop %.0f/s and %.0f µs, engine %.0f/s and %.0f µs", round+1, builds[i].name, m[0][0], m[1][0], m[0][1], m[1][1])
		}
	}
	for range min(*rounds, 3) {
		for i, b := range builds {
			resume[i] = append(resume[i], b.measure(t, "TestRatioOfAResume", resumeWords())[0])
		}
	}
	var told bytes.Buffer
	fmt.Fprintf(&told, "%d payments, %d at once, medians of %d rounds\n", *rows, *workers, *rounds)
	for i, b := range builds {
		at := func(n int) float64 { return middle(speed[i], n) }
		fmt.Fprintf(&told, "%s: bare loop %.0f/s, %.0f µs of processor a payment, client and portal; engine %.0f/s, %.0f µs; engine to bare loop %.2f, it adds %.0f µs\n",
			b.name, at(0), at(2), at(1), at(3), at(1)/at(0), at(3)-at(2))
	}
	was, is := func(n int) float64 { return middle(speed[0], n) }, func(n int) float64 { return middle(speed[1], n) }
	fmt.Fprintf(&told, "the portal takes the bare loop's payments %.2f times as fast, with %.2f of the processor time (%.2f times as many a second of processor)\n",
		is(0)/was(0), is(2)/was(2), was(2)/is(2))
	for _, b := range builds {
		peak := b.measure(t, "TestRatioOfMemory", peakWords())
		growth := b.measure(t, "TestRatioOfPlanning", planWords())
		fmt.Fprintf(&told, "%s: a run of %.0f rows takes %.1f MiB (%.1f at %.0f rows); planning grows by %.0f bytes a row (%.1f MiB at %.0f rows)\n",
			b.name, peak[1][0], peak[1][1], peak[0][1], peak[0][0],
			(growth[1][1]-growth[0][1])*(1<<20)/(growth[1][0]-growth[0][0]), growth[1][1], growth[1][0])
	}
	fmt.Fprintf(&told, "first payment of a plan of %d rows that is half done: %.2f s against %.2f s, %.2f of it; by processor time %.2f s against %.2f s, %.2f of it",
		*large, middle(resume[1], 0), middle(resume[0], 0), middle(resume[1], 0)/middle(resume[0], 0),
		middle(resume[1], 1), middle(resume[0], 1), middle(resume[1], 1)/middle(resume[0], 1))
	t.Log(told.String())
}
