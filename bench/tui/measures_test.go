package tui

import (
	"context"
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

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/payfile/qr"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/tui/drive"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/rows"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/screens/charges"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

var (
	count = flag.Int("rows", 20_000, "charges; a hundredth of them services, a twentieth applications")
	idle  = flag.Duration("idle", time.Second, "how long the idle program is watched")
	fzf   = flag.String("fzf", "", "the programme fzf; built from the module proxy when empty and -rows is large")
)

const fzfVersion = "v0.65.2"

var now = time.Date(2026, 12, 1, 12, 3, 0, 0, clock.Moscow())

// source is a portal with very many charges.
type source struct{ n int }

func charge(i int) wire.Charge {
	titles := []wire.Text{"Штраф за превышение скорости на 20–40 км/ч", "Транспортный налог за 2025 год", "Госпошлина за загранпаспорт", "Исполнительский сбор", "Стоянка на газоне"}
	until := now.AddDate(0, 0, i%300)
	return wire.Charge{UIN: fmt.Sprintf("18810177%012d", i), Kind: "fine", State: "unpaid", Title: titles[i%len(titles)], DueKopecks: int64(50000 + i%97700), PayUntil: &until, Payee: wire.Payee{Name: "УФК по г. Москве"}}
}

func (s source) Due(ctx context.Context, each func(wire.Charge) error) error {
	for i := range s.n {
		if err := each(charge(i)); err != nil {
			return err
		}
	}
	return nil
}
func (s source) Charge(context.Context, string) (*wire.Charge, error)  { c := charge(1); return &c, nil }
func (s source) Quote(context.Context, string) (*billing.Quote, error) { return nil, context.Canceled }
func (s source) Pay(context.Context, *billing.Quote) (journal.Payment, error) {
	return journal.Payment{}, context.Canceled
}
func (s source) Follow(context.Context, string, func(context.Context, wire.Factor) (string, error)) (journal.Payment, error) {
	return journal.Payment{}, context.Canceled
}
func (s source) Code(context.Context, string) (*qr.Symbol, error) { return nil, context.Canceled }
func (s source) Open(context.Context) ([]journal.Payment, error)  { return nil, nil }

// plain is a list of n rows.
type plain struct {
	n    int
	list kit.List
}

func (p *plain) Open(e *screen.Env, _ string) tea.Cmd {
	if p.list.Rows() != nil {
		return nil
	}
	r := &rows.Rows{}
	for i := range p.n {
		r.Append(fmt.Sprint(i), fmt.Sprintf("Заявление %07d", i), "Загранпаспорт нового поколения", "принято ведомством", "01.12.2026")
	}
	p.list.Draw = func(_ *screen.Env, r *rows.Rows, i, cols int) view.Line {
		return kit.Row([]kit.Column{{Width: 18}, {}, {Width: 20}, {Width: 10}}, cols, r.Cells(i)[1:])
	}
	return p.list.Set(e, r)
}
func (p *plain) Update(e *screen.Env, m tea.Msg) (tea.Cmd, bool) { return p.list.Update(e, m) }
func (p *plain) Draw(e *screen.Env, size view.Size) view.Frame   { return p.list.View(e, size) }
func (p *plain) Actions(*screen.Env) []screen.Action             { return nil }

func TestMeasures(t *testing.T) {
	n := *count
	entries := charges.Entries(source{n})
	entries = append(entries,
		screen.Entry{ID: "services", Title: i18n.Text{RU: "Услуги", EN: "Services"}, Key: "3", New: func() screen.Screen { return &plain{n: n / 100} }},
		screen.Entry{ID: "applications", Title: i18n.Text{RU: "Заявления", EN: "Applications"}, Key: "4", New: func() screen.Screen { return &plain{n: n / 20} }})
	o := drive.Simple(now, i18n.RU, entries...)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	d := drive.Start(t, o, 120, 40).Press("3", "4", "2")
	runtime.GC()
	runtime.ReadMemStats(&after)
	all := entries[0].Objects(d.Opened("charges"))
	text := all.Bytes() + int64(n/100+n/20)*170
	table := []string{"| what | measured | bound |\n|---|---|---|"}
	line := func(what, got, bound string, ok bool) {
		mark := ""
		if !ok {
			mark = " **over**"
		}
		table = append(table, fmt.Sprintf("| %s | %s%s | %s |", what, got, mark, bound))
	}
	ratio := float64(after.HeapAlloc-before.HeapAlloc) / float64(text)
	line(fmt.Sprintf("memory for each byte of %d rows", n+n/100+n/20), fmt.Sprintf("%.2f × (%d MB of text)", ratio, text>>20), "1.5 ×", ratio <= 1.5)

	// Keys: walking, paging, jumping, changing screens, a dialog.
	var took []time.Duration
	keys := []string{"down", "down", "pgdown", "up", "G", "up", "pgup", "g", "3", "down", "G", "4", "pgdown", "2", "ctrl+k", "down", "esc"}
	for range 12 {
		for _, k := range keys {
			took = append(took, d.Stroke(k))
		}
	}
	slices.Sort(took)
	p99 := took[len(took)*99/100]
	line("key to frame, p99 of "+fmt.Sprint(len(took)), fmt.Sprintf("%.2f ms (median %.2f)", ms(p99), ms(took[len(took)/2])), "16 ms", p99 <= 16*time.Millisecond)

	most := 0
	for _, k := range []string{"down", "down", "down", "up", "down"} {
		d.Written()
		d.Press(k)
		most = max(most, len(d.Written()))
	}
	line("bytes for a step of the cursor, 120×40", fmt.Sprint(most), "2000", most <= 2000)

	search(t, all, line)
	wakeups(t, line)
	t.Log("\n" + strings.Join(table, "\n"))
	if strings.Contains(strings.Join(table, ""), "**over**") && n >= 1_000_000 {
		t.Error("a bound is passed")
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// search types queries key by key and compares every key with a run of fzf.
func search(t *testing.T, all *rows.Rows, line func(what, got, bound string, ok bool)) {
	exe := *fzf
	if exe == "" && *count >= 1_000_000 {
		dir := t.TempDir()
		cmd := exec.Command("go", "install", "github.com/junegunn/fzf@"+fzfVersion)
		cmd.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=-mod=mod")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Logf("fzf: %v\n%s", err, out)
		} else {
			exe = filepath.Join(dir, "fzf")
		}
	}
	path := filepath.Join(t.TempDir(), "lines")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range all.Len() {
		if _, err := f.WriteString(strings.Join(all.Cells(i), " ") + "\n"); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	var ours, theirs []time.Duration
	var worst float64
	for _, query := range []string{"скорость 977", "188101770009", "газон 31", "нет такого"} {
		var earlier *rows.Found
		r := []rune(query)
		for i := 1; i <= len(r); i++ {
			q := string(r[:i])
			began := time.Now()
			earlier = all.Find(t.Context(), q, earlier)
			own := time.Since(began)
			ours = append(ours, own)
			if exe == "" || i%3 != 0 && i != len(r) { // a run of fzf is long
				continue
			}
			began = time.Now()
			in, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(exe, "--filter", q)
			cmd.Stdin = in
			_ = cmd.Run() // no hit is exit 1
			in.Close()
			base := time.Since(began)
			theirs = append(theirs, base)
			worst = max(worst, float64(own)/float64(base))
		}
	}
	slices.Sort(ours)
	got := fmt.Sprintf("median %.1f ms, slowest %.1f ms", ms(ours[len(ours)/2]), ms(ours[len(ours)-1]))
	if exe == "" {
		line("search for each key", got+"; fzf is not here", "1.0 × fzf --filter", true)
		return
	}
	slices.Sort(theirs)
	line("search for each key against fzf --filter "+fzfVersion, fmt.Sprintf("%.2f × at worst (%s; fzf median %.1f ms)", worst, got, ms(theirs[len(theirs)/2])), "1.0 ×", worst <= 1)
}
