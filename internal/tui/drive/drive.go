// Package drive uses the interface without a person: it presses keys as bytes of
// a terminal, lets every command finish, and reads what a terminal emulator shows
// afterwards. Only tests import it, and the program that makes the pictures of the
// documentation.
package drive

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui"
	"github.com/epgu-cli/epgu/internal/tui/keymap"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/term"
)

var update = flag.Bool("update", false, "write the golden frames anew")

// patience bounds how long the commands of one step may take, real time.
const patience = 20 * time.Second

// Driver is an interface in a terminal emulator.
type Driver struct {
	t     testing.TB
	root  *tui.Root
	model tea.Model
	emu   *vt.Emulator
	out   *counter
	paint *term.Painter

	came    chan tea.Msg
	pending int
	allowed int
	quit    bool
	clock   clock.Clock
	patient time.Duration
	longest Span
}

// counter writes to the emulator, keeps what was written and how long the emulator
// took to read it.
type counter struct {
	emu  *vt.Emulator
	all  bytes.Buffer
	took Span
}

func (c *counter) Write(b []byte) (int, error) {
	c.all.Write(b)
	began := begin()
	defer func() { c.took = c.took.plus(began.span()) }()
	return c.emu.Write(b)
}

// Start opens an interface of cols columns and rows rows, and lets it come to
// rest.
func Start(t testing.TB, o tui.Options, cols, rows int) *Driver {
	t.Helper()
	return StartAllowing(t, o, cols, rows, 0)
}

// StartAllowing is Start with some commands still under way afterwards, see
// Allow.
func StartAllowing(t testing.TB, o tui.Options, cols, rows, allowed int) *Driver {
	t.Helper()
	emu := vt.NewEmulator(cols, rows)
	out := &counter{emu: emu}
	d := &Driver{t: t, emu: emu, out: out, came: make(chan tea.Msg, 64), allowed: allowed, patient: patience,
		paint: term.NewPainter(out, []string{"TERM=xterm-256color"}, colorprofile.TrueColor, cols, rows)}
	if o.Clipboard == nil {
		o.Clipboard = func(text string) { d.paint.Send(ansi.SetSystemClipboard(text)) }
	}
	d.clock = o.Env.Clock
	d.root = tui.New(o)
	d.model = d.root
	t.Cleanup(func() { d.root.Close() })
	d.run(d.model.Init())
	d.Send(tea.WindowSizeMsg{Width: cols, Height: rows})
	return d
}

// Allow lets so many commands stay under way when a step ends: those that wait
// for something that the test brings later.
func (d *Driver) Allow(n int) *Driver { d.allowed = n; return d }

// Patient bounds how long the commands of one step may take, real time.
func (d *Driver) Patient(most time.Duration) *Driver { d.patient = most; return d }

// run starts a command, as Bubble Tea does.
func (d *Driver) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	d.pending++
	go func() { d.came <- finished{cmd()} }()
}

// finished is the end of a command.
type finished struct{ msg tea.Msg }

func (d *Driver) take(msg tea.Msg) {
	switch m := msg.(type) {
	case nil:
		return
	case tea.BatchMsg:
		for _, c := range m {
			d.run(c)
		}
		return
	case tea.QuitMsg:
		d.quit = true
		return
	}
	var cmd tea.Cmd
	began := begin()
	d.model, cmd = d.model.Update(msg)
	if took := began.span(); took.Processor > d.longest.Processor {
		d.longest = took
	}
	d.run(cmd)
}

// Longest is the longest time of the processor for which one message has held the
// loop since the last call.
func (d *Driver) Longest() Span {
	was := d.longest
	d.longest = Span{}
	return was
}

// Send gives the interface a message and waits until it has come to rest.
func (d *Driver) Send(msg tea.Msg) *Driver {
	d.t.Helper()
	if size, ok := msg.(tea.WindowSizeMsg); ok {
		d.paint.Resize(size.Width, size.Height)
	}
	d.take(msg)
	d.Settle()
	return d
}

// Settle waits until no more commands are under way than Allow lets.
func (d *Driver) Settle() *Driver {
	d.t.Helper()
	late := time.After(d.patient)
	for d.pending > d.allowed || len(d.came) > 0 {
		select {
		case m := <-d.came:
			d.pending--
			d.take(m.(finished).msg)
		case <-late:
			d.t.Fatalf("%d commands have not ended; the screen:\n%s", d.pending, d.Screen())
		}
	}
	d.Paint()
	return d
}

// Awaits lets commands end until a text is on the screen. It is for steps that
// leave something under way, see Allow.
func (d *Driver) Awaits(text string) *Driver {
	d.t.Helper()
	late := time.After(d.patient)
	for d.Paint(); !strings.Contains(flat(d.Screen()), flat(text)); d.Paint() {
		select {
		case m := <-d.came:
			d.pending--
			d.take(m.(finished).msg)
		case <-late:
			d.t.Fatalf("%q has not come; the screen:\n%s", text, d.Screen())
		}
	}
	return d
}

// Paint brings the terminal up to date.
func (d *Driver) Paint() {
	d.paint.Show(d.model.View())
	d.paint.Paint()
}

// Bytes sends bytes as a terminal does.
func (d *Driver) Bytes(s string) *Driver {
	d.t.Helper()
	var dec uv.EventDecoder
	buf := []byte(s)
	for len(buf) > 0 {
		n, e := dec.Decode(buf)
		buf = buf[n:]
		if m := term.Message(e); m != nil {
			d.Send(m)
		}
	}
	return d
}

// Press presses keys by their names: "down", "ctrl+k", "enter", "p", "й".
func (d *Driver) Press(keys ...string) *Driver {
	d.t.Helper()
	for _, k := range keys {
		d.Bytes(encode(d.t, k))
	}
	return d
}

// Took is how long a key took.
type Took struct {
	// Frame is until its frame was written, without Emulator, the time in which the
	// emulator read it.
	Frame, Emulator Span
	// Whole is, by the clock, until everything that the key began had ended and was seen.
	Whole time.Duration
}

// Stroke presses a key and tells how long it took.
func (d *Driver) Stroke(key string) Took {
	d.t.Helper()
	b := []byte(encode(d.t, key))
	d.out.took = Span{}
	began := begin()
	var dec uv.EventDecoder
	_, e := dec.Decode(b)
	d.take(term.Message(e))
	d.Paint()
	took := Took{Frame: began.span().minus(d.out.took), Emulator: d.out.took}
	d.Settle()
	took.Whole = time.Since(began.began)
	return took
}

// Type types text into whatever has the cursor.
func (d *Driver) Type(text string) *Driver {
	d.t.Helper()
	for _, r := range text {
		d.Bytes(string(r))
	}
	return d
}

// Paste pastes text, as a terminal with bracketed paste does.
func (d *Driver) Paste(text string) *Driver {
	d.t.Helper()
	return d.Send(tea.PasteMsg{Content: text})
}

// Click clicks the first place where text is seen.
func (d *Driver) Click(text string) *Driver {
	d.t.Helper()
	for y, line := range strings.Split(d.Screen(), "\n") {
		if x := strings.Index(line, text); x >= 0 {
			return d.Send(tea.MouseClickMsg{Button: tea.MouseLeft, X: len([]rune(line[:x])), Y: y})
		}
	}
	d.t.Fatalf("%q is not on the screen:\n%s", text, d.Screen())
	return d
}

// Resize changes the size of the terminal.
func (d *Driver) Resize(cols, rows int) *Driver {
	d.t.Helper()
	d.emu.Resize(cols, rows)
	return d.Send(tea.WindowSizeMsg{Width: cols, Height: rows})
}

// Screen is the text on the screen, without spaces at the ends of rows.
func (d *Driver) Screen() string { return text(d.emu) }

func text(emu *vt.Emulator) string {
	var b strings.Builder
	for y := range emu.Height() {
		var row strings.Builder
		for x := range emu.Width() {
			c := emu.CellAt(x, y)
			switch {
			case c == nil:
				row.WriteByte(' ')
			case c.Content == "" && c.Width == 0: // the second half of a wide character
			case c.Content == "":
				row.WriteByte(' ')
			default:
				row.WriteString(c.Content)
			}
		}
		if y > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(strings.TrimRight(row.String(), " "))
	}
	return b.String()
}

// flat makes the spaces that keep sums together usual ones.
func flat(s string) string { return strings.ReplaceAll(s, "\u00a0", " ") }

// Sees fails the test when one of the texts is not on the screen.
func (d *Driver) Sees(texts ...string) *Driver {
	d.t.Helper()
	for _, s := range texts {
		if !strings.Contains(flat(d.Screen()), flat(s)) {
			d.t.Fatalf("%q is not on the screen:\n%s", s, d.Screen())
		}
	}
	return d
}

// SeesNot fails the test when one of the texts is on the screen.
func (d *Driver) SeesNot(texts ...string) *Driver {
	d.t.Helper()
	for _, s := range texts {
		if strings.Contains(flat(d.Screen()), flat(s)) {
			d.t.Fatalf("%q is on the screen:\n%s", s, d.Screen())
		}
	}
	return d
}

// Golden compares the screen with testdata/NAME.txt; -update writes it.
func (d *Driver) Golden(name string) *Driver {
	d.t.Helper()
	path := filepath.Join("testdata", name+".txt")
	got := d.Screen() + "\n"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			d.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			d.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		d.t.Fatalf("%v; go test -update writes it", err)
	}
	if string(want) != got {
		d.t.Errorf("%s has changed; go test -update writes it anew.\n--- want\n%s--- got\n%s", path, want, got)
	}
	return d
}

// Root is the model under test.
func (d *Driver) Root() *tui.Root { return d.root }

// Quit reports whether the program has ended.
func (d *Driver) Quit() bool { return d.quit }

// Emulator is the terminal.
func (d *Driver) Emulator() *vt.Emulator { return d.emu }

// Written returns everything that was written to the terminal since the last
// call.
func (d *Driver) Written() string {
	s := d.out.all.String()
	d.out.all.Reset()
	return s
}

// encode writes a key as a terminal sends it.
func encode(t testing.TB, key string) string {
	t.Helper()
	switch key {
	case "enter":
		return "\r"
	case "tab":
		return "\t"
	case "shift+tab":
		return "\x1b[Z"
	case "esc":
		return "\x1b[27u" // as kitty sends it: a lone ESC needs time to be known for one
	case "space":
		return " "
	case "backspace":
		return "\x7f"
	case "up":
		return "\x1b[A"
	case "down":
		return "\x1b[B"
	case "right":
		return "\x1b[C"
	case "left":
		return "\x1b[D"
	case "home":
		return "\x1b[H"
	case "end":
		return "\x1b[F"
	case "pgup":
		return "\x1b[5~"
	case "pgdown":
		return "\x1b[6~"
	case "delete":
		return "\x1b[3~"
	case "f1", "f2", "f3", "f4":
		return "\x1bO" + string('P'+rune(key[1]-'1'))
	case "f5":
		return "\x1b[15~"
	case "f6", "f7", "f8":
		return "\x1b[1" + string('7'+rune(key[1]-'6')) + "~"
	case "f9":
		return "\x1b[20~"
	case "f12":
		return "\x1b[24~"
	}
	if c, ok := strings.CutPrefix(key, "ctrl+"); ok && len(c) == 1 {
		return string(rune(c[0] & 0x1f))
	}
	if len([]rune(key)) != 1 {
		t.Fatalf("the driver cannot press %q", key)
	}
	return key
}

// Simple is the surroundings of a few screens without any others: the first of
// them is shown, everybody is signed in, and the clock stands at now.
func Simple(now time.Time, lang i18n.Lang, entries ...screen.Entry) tui.Options {
	env := &screen.Env{Ctx: context.Background(), Lang: lang, Clock: clock.NewManual(now), Location: clock.Moscow(), Keys: keymap.New(nil), Log: &screen.Log{}}
	return tui.Options{Env: env, Entries: entries, First: entries[0].ID, Theme: "dark", Begin: func(context.Context) (tui.Session, error) {
		return tui.Session{SignedIn: true, Person: "Демина А. П.", Training: true, Profile: "sandbox", Owner: "1"}, nil
	}}
}

// Pause lets a second pass on a clock that stands still by itself.
func (d *Driver) Pause() *Driver {
	if c, ok := d.clock.(*clock.Manual); ok {
		c.Advance(time.Second)
	}
	return d
}

// Opened is the screen of an entry, nil before it was opened.
func (d *Driver) Opened(id string) screen.Screen { return d.root.Opened(id) }
