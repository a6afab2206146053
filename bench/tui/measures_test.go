package tui

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/drive"
	"github.com/epgu-cli/epgu/internal/tui/rows"
)

var (
	count = flag.Int("rows", 20_000, "charges; a hundredth of them services, a twentieth applications")
	idle  = flag.Duration("idle", time.Second, "how long the idle program is watched")
	fzf   = flag.String("fzf", "", "the program fzf, the baseline of the filter")
	hold  = flag.Bool("hold", false, "bounds of time hold, too")
	epgu  = flag.String("epgu", "", "the program; built when empty")
)

// patience is how long a million rows may take to be loaded on a busy machine.
const patience = 5 * time.Minute

// table is what was measured, beside what is allowed.
type table struct {
	t    *testing.T
	rows []string
}

// line adds a row. A bound that is passed is marked, and fails when it holds.
func (t *table) line(what, got, bound string, ok, holds bool) {
	mark := ""
	if !ok {
		mark = " **over**"
		if holds {
			t.t.Errorf("%s: %s, the bound is %s", what, got, bound)
		}
	}
	t.rows = append(t.rows, fmt.Sprintf("| %s | %s%s | %s |", what, got, mark, bound))
}

// timed is line for what a busy machine changes.
func (t *table) timed(what, got, bound string, ok bool) { t.line(what, got, bound, ok, *hold) }

// most is the longest that a key or a message may keep a person waiting.
const most = 16 * time.Millisecond

// span adds a time that is bound by the processor, and by the clock when nobody
// else wants the processor.
func (t *table) span(what string, s drive.Span, more string) {
	t.timed(what, fmt.Sprintf("%.2f ms of the processor, %.2f ms by the clock%s", ms(s.Processor), ms(s.Clock), more), "16 ms", s.Processor <= most && (s.Clock <= most || !calm()))
}

func TestMeasures(t *testing.T) {
	tab := &table{t: t, rows: []string{"| what | measured | bound |", "|---|---|---|"}}
	defer func() { t.Log("\n" + strings.Join(tab.rows, "\n")) }() // also of what was cut short
	// The time of the processor is that of a thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	n := *count
	all, bill := entries(n)
	o := drive.Simple(now, i18n.RU, all...)
	before := heap()
	d := drive.Start(t, o, 120, 40).Patient(patience).Press("4", "2")
	held := d.Longest()
	tab.span("the longest that the arrival of any of these lists holds the keyboard", held, "")
	cost := heap() - before
	bill.still = true
	var text int64
	var loaded *rows.Rows
	total := 0
	for _, e := range all {
		if e.Objects == nil {
			continue
		}
		r := e.Objects(d.Opened(e.ID))
		text += r.Bytes()
		total += r.Len()
		if e.ID == "charges" {
			loaded = r
		}
	}
	ratio := float64(cost) / float64(text)
	tab.line(fmt.Sprintf("memory for each byte of %d services, %d applications and %d charges in lists", n/100, n/20, n), fmt.Sprintf("%.2f × (%.1f MB of text)", ratio, float64(text)/1e6), "1.5 ×", ratio <= 1.5 && total == n+n/20+n/100, n >= 100_000)

	keys(tab, d)
	bill.still = false
	behind(tab, d)
	bill.still = true

	bytes := 0
	for _, k := range []string{"g", "down", "down", "down", "up", "down"} {
		d.Written()
		if d.Press(k); k != "g" {
			bytes = max(bytes, len(d.Written()))
		}
	}
	tab.line("bytes for a step of the cursor in a long list, 120×40", fmt.Sprint(bytes), "2000", bytes <= 2000, true)

	filter(tab, d, loaded)
	atOnce(tab)
	program(tab)
}

// calm reports whether nobody else wants the processors.
func calm() bool {
	var load float64
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return true
	}
	if _, err := fmt.Sscan(string(b), &load); err != nil {
		return true
	}
	return load <= float64(runtime.NumCPU())
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// p99 adds what keys took.
func p99(tab *table, what string, took []drive.Took) {
	part := func(share int, of func(k drive.Took) time.Duration) time.Duration {
		all := make([]time.Duration, len(took))
		for i, k := range took {
			all[i] = of(k)
		}
		slices.Sort(all)
		return all[len(all)*share/100]
	}
	for _, with := range []bool{false, true} {
		what, name := what, fmt.Sprintf(", p99 of %d keys", len(took))
		if with {
			name = ", with the emulator that reads the frame"
		}
		processor := func(k drive.Took) time.Duration {
			if with {
				return k.Frame.Processor + k.Emulator.Processor
			}
			return k.Frame.Processor
		}
		clock := func(k drive.Took) time.Duration {
			if with {
				return k.Frame.Clock + k.Emulator.Clock
			}
			return k.Frame.Clock
		}
		tab.span(what+name, drive.Span{Processor: part(99, processor), Clock: part(99, clock)}, fmt.Sprintf("; median %.2f ms", ms(part(50, clock))))
	}
}

// keys walks, pages, jumps, changes screens and their parts, fills the basket,
// filters, and opens dialogs.
func keys(tab *table, d *drive.Driver) {
	var took []drive.Took
	round := []string{"2", "down", "j", "pgdown", "up", "G", "up", "pgup", "space", "g", "down", "x", // charges
		"/", "9", "7", "backspace", "esc",
		"3", "down", "G", "f", "pgdown", "f", "/", "с", "а", "esc", "g", // services
		"4", "pgdown", "G", "f", "down", "f", "f", "f", "up", "f", "/", "з", "esc", "g", // applications
		"ctrl+k", "1", "8", "down", "backspace", "esc", "?", "esc", "2"}
	for range 8 {
		for _, k := range round {
			took = append(took, d.Stroke(k))
		}
	}
	p99(tab, "key to frame", took)
	held := d.Longest()
	tab.span("the longest that a message holds the loop meanwhile", held, "")
}

// behind presses keys while a whole list is being loaded anew, with a basket that
// has to be looked for in it.
func behind(tab *table, d *drive.Driver) {
	d.Press("g", "space", "space")
	d.Allow(2).Press("ctrl+r")
	var took []drive.Took
	round := []string{"down", "pgdown", "G", "up", "pgup", "g"}
	for range 60 {
		for _, k := range round {
			took = append(took, d.Stroke(k))
		}
	}
	d.Allow(0).Settle()
	p99(tab, "the same while all charges are loaded anew", took)
	held := d.Longest()
	tab.span("the longest that a message holds the loop meanwhile, the list's arrival too", held, "")
	d.Press("x")
}

// filter types into the filter of the charges, key by key, and compares what a key
// takes until the filtered list is seen with a run of fzf on the same lines.
func filter(tab *table, d *drive.Driver, all *rows.Rows) {
	path := filepath.Join(tab.t.TempDir(), "lines")
	write(tab.t, path, all)
	var ours, theirs, fastest []time.Duration
	var worst, worstFastest float64
	for _, query := range []string{"скорости 977", "188101770009", "газон", "нет такого"} {
		d.Press("g", "/")
		r := []rune(query)
		for i, c := range r {
			own := d.Stroke(string(c)).Whole
			ours = append(ours, own)
			if *fzf == "" || i != 0 && i != len(r)-1 { // a run of fzf is long
				continue
			}
			took := run(tab.t, path, "--filter", string(r[:i+1]))
			theirs = append(theirs, took)
			worst = max(worst, float64(own)/float64(took))
			took = run(tab.t, path, "--exact", "--no-sort", "--filter", string(r[:i+1]))
			fastest = append(fastest, took)
			worstFastest = max(worstFastest, float64(own)/float64(took))
		}
		d.Press("esc")
	}
	slices.Sort(ours)
	got := fmt.Sprintf("median %.1f ms, slowest %.1f ms", ms(ours[len(ours)/2]), ms(ours[len(ours)-1]))
	if *fzf == "" {
		tab.line("a key of the filter until the filtered list is seen", got+"; skipped the comparison: fzf is not here", "1.0 × fzf --filter", true, false)
		return
	}
	version, err := exec.Command(*fzf, "--version").Output()
	if err != nil {
		tab.t.Fatal(err)
	}
	slices.Sort(theirs)
	slices.Sort(fastest)
	name := "fzf " + strings.Fields(string(version))[0]
	tab.timed("a key of the filter until the filtered list is seen, against "+name+" --filter", fmt.Sprintf("%.2f × at worst (%s; fzf median %.1f ms)", worst, got, ms(theirs[len(theirs)/2])), "1.0 ×", worst <= 1)
	tab.timed("the same against "+name+" --exact --no-sort --filter", fmt.Sprintf("%.2f × at worst (fzf median %.1f ms)", worstFastest, ms(fastest[len(fastest)/2])), "1.0 ×", worstFastest <= 1)

	// fzf reads the lines in each run; we have read them before.
	began := time.Now()
	again := read(tab.t, path)
	reading := time.Since(began)
	again.Find(tab.t.Context(), "скорости 977", nil)
	took := time.Since(began)
	base := run(tab.t, path, "--filter", "скорости 977")
	tab.line("reading all lines anew and one search, against a run of fzf", fmt.Sprintf("%.2f × (%.1f ms, of which reading %.1f ms)", float64(took)/float64(base), ms(took), ms(reading)), "–", true, false)
}

// mostAtOnce is the longest list that is looked through while the key is taken, see
// kit.List.
const mostAtOnce = 20_000

// atOnce types into the filter of the longest list that is looked through while the key
// is taken: no key may be kept waiting by it.
func atOnce(tab *table) {
	all, _ := entries(mostAtOnce)
	d := drive.Start(tab.t, drive.Simple(now, i18n.RU, all...), 120, 40).Patient(patience).Press("2")
	d.Longest()
	var took []drive.Took
	for range 5 {
		for _, query := range []string{"скорости 977", "18810177000", "газон стоянка на", "нет такого"} {
			d.Press("g", "/")
			for _, c := range query {
				took = append(took, d.Stroke(string(c)))
			}
			for range query {
				took = append(took, d.Stroke("backspace")) // each of these looks through the whole list
			}
			d.Press("esc")
		}
	}
	p99(tab, fmt.Sprintf("a key of the filter of %d rows, looked through at once", mostAtOnce), took)
	tab.span("the longest of them", d.Longest(), "")
}

func write(t *testing.T, path string, all *rows.Rows) {
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	for i := range all.Len() {
		_, _ = w.WriteString(strings.Join(all.Cells(i), " ") + "\n") // Flush says
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) *rows.Rows {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := &rows.Rows{}
	for s := bufio.NewScanner(f); s.Scan(); {
		r.Append(s.Text())
	}
	return r
}

// run is one run of fzf on the lines.
func run(t *testing.T, path string, args ...string) time.Duration {
	began := time.Now()
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	cmd := exec.Command(*fzf, args...)
	cmd.Env = append(os.Environ(), "FZF_DEFAULT_OPTS=", "FZF_DEFAULT_OPTS_FILE=")
	cmd.Stdin = in
	if err := cmd.Run(); err != nil && cmd.ProcessState.ExitCode() != 1 { // 1: no line fits
		t.Fatal(err)
	}
	return time.Since(began)
}
