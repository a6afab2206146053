package tui_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui"
	"github.com/epgu-cli/epgu/internal/tui/drive"
	"github.com/epgu-cli/epgu/internal/tui/keymap"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/rows"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

// What people complain about in interfaces like this one, each with its test; those
// of other packages run on a real terminal or go through every screen.
//
//	busy while nothing happens           term: TestNothingWakesTheProcessUpWhileNothingMoves
//	a long list freezes                  TestALongListNeverFreezes
//	a selection is lost by repainting    TestNothingIsWrittenWhenNothingHasChanged
//	text cannot be selected              TestTheMouseCanBeGivenBackToTheTerminal,
//	                                     acceptance: TestTheCabinetIsWorkedByTheMouseWhichTheTerminalGetsBack
//	copying fails in tmux                TestCopyingGoesThroughOneSequenceThatMultiplexersKnow,
//	                                     acceptance: TestTheCabinetInTmuxIsWorkedAndCopiedFromByTheTerminalAroundIt,
//	                                     TestTheCabinetInScreenIsWorkedAndCopiedFromByTheTerminalAroundIt
//	keys are dead in Cyrillic            TestEveryKeyWorksOnTheCyrillicLayoutTooAndCtrlC,
//	                                     keymap: TestEveryRussianLetterIsTheKeyItStandsOn,
//	                                     registry: TestEveryLetterOfEveryScreenDoesTheSameOnTheRussianLayout
//	answers of the terminal are left     term: TestAnEndByAnErrorLeavesNothingInTheInputOfTheShell
//	wide characters hang the program     TestWideCharactersAtAnyEdgeNeitherHangNorMoveARow
//	a Windows window changes its size    term: TestAWindowOfWindowsThatChangesItsSizeIsFollowed
//	names hold control characters        TestControlCharactersInNamesDriveNoTerminal
//	the terminal is called too small     TestAnUsualTerminalIsNeverTooSmall,
//	                                     registry: TestEveryScreenStandsAnySizeAndAPortalThatIsDown
//	Yes is the default                   TestWhatDestroysSomethingDoesNothingByDefault,
//	                                     charges: TestAnEmptyLineAtTheSumPaysNothing
//	a dialog takes a key of something    TestADialogThatOpensByItselfTakesNoKeyTypedForSomethingElse
//	the browser prints on the screen     acceptance: TestTheOutputOfTheBrowserNeverSpoilsTheScreen
//	a screen reader hears drawings       registry: TestWhatIsReadAloudHoldsNoDrawingsAndIsNeverDrawnOver,
//	                                     acceptance: TestTheCabinetIsReadLineByLineWhereTheScreenIsNotSeen
//	the first character is lost          term: TestKeysTypedBeforeTheFirstFrameAreNotLost

var now = time.Date(2026, 12, 1, 12, 3, 0, 0, clock.Moscow())

// many is a screen with a long list.
type many struct {
	rows  *rows.Rows
	list  kit.List
	drawn int
	did   []string
}

func newMany(n int) *many {
	m := &many{rows: &rows.Rows{}}
	for i := range n {
		m.rows.Append(fmt.Sprint(i), fmt.Sprintf("Заявление %07d", i), "Загранпаспорт")
	}
	m.list.Draw = func(_ *screen.Env, r *rows.Rows, i, cols int) view.Line {
		m.drawn++
		return kit.Row([]kit.Column{{}, {Width: 20}}, cols, []string{r.Cell(i, 1), r.Cell(i, 2)})
	}
	return m
}

func (m *many) Open(e *screen.Env, _ string) tea.Cmd              { return m.list.Set(e, m.rows) }
func (m *many) Update(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) { return m.list.Update(e, msg) }
func (m *many) Draw(e *screen.Env, size view.Size) view.Frame     { return m.list.View(e, size) }
func (m *many) Typing() bool                                      { return m.list.Typing() }
func (m *many) Cursor() (int, int, bool)                          { return m.list.Cursor() }
func (m *many) Click(e *screen.Env, _, y int) tea.Cmd             { return m.list.Click(e, y) }
func (m *many) Scroll(_ *screen.Env, lines int) tea.Cmd           { m.list.Scroll(lines); return nil }
func (m *many) Actions(*screen.Env) []screen.Action {
	i, _ := m.list.Current()
	return []screen.Action{
		{ID: "many.cancel", Title: i18n.Text{RU: "отозвать", EN: "cancel"}, Keys: []string{"d"}, Command: "epgu application cancel", Footer: true, Run: func() tea.Cmd {
			return screen.Ask(&kit.Confirm{Head: i18n.Text{RU: "Отозвать?", EN: "Cancel?"}, Text: i18n.Say("Заявление будет отозвано.", "The application will be cancelled."), Yes: i18n.Text{RU: "Отозвать", EN: "Cancel it"},
				Do: func() tea.Cmd { m.did = append(m.did, fmt.Sprint("cancel ", i)); return nil }})
		}},
		{ID: "many.copy", Title: i18n.Text{RU: "копировать", EN: "copy"}, Keys: []string{"c"}, Run: func() tea.Cmd { return screen.Copy(m.rows.Cell(i, 1)) }},
		{ID: "many.late", Title: i18n.Text{RU: "позже", EN: "later"}, Keys: []string{"t"}, Run: func() tea.Cmd {
			return screen.Ask(&kit.Confirm{ByItself: true, Head: i18n.Text{RU: "Само", EN: "By itself"}, Text: i18n.Say("Открылось само.", "It opened by itself."), Yes: i18n.Text{RU: "Да", EN: "Yes"},
				Do: func() tea.Cmd { m.did = append(m.did, "late"); return nil }})
		}},
	}
}

func options(m *many) tui.Options {
	o := drive.Simple(now, i18n.RU, screen.Entry{ID: "many", Title: i18n.Text{RU: "Много", EN: "Many"}, Key: "1", New: func() screen.Screen { return m },
		Objects: func(screen.Screen) *rows.Rows { return m.rows }})
	o.Mouse = true
	return o
}

func TestALongListNeverFreezes(t *testing.T) {
	// A frame costs what is seen, not what there is: 40 rows of five thousand or of
	// a million.
	for _, n := range []int{5_000, 300_000} {
		m := newMany(n)
		d := drive.Start(t, options(m), 120, 40)
		m.drawn = 0
		d.Press("down", "pgdown", "G", "up", "g")
		if frames := 5 * 2; m.drawn > frames*40 { // the driver draws once, the test reads once
			t.Errorf("%d rows drawn for 5 keys on %d rows", m.drawn, n)
		}
		d.Press("G").Sees(fmt.Sprintf("Заявление %07d", n-1))
	}
}

func TestNothingIsWrittenWhenNothingHasChanged(t *testing.T) {
	d := drive.Start(t, options(newMany(100)), 120, 40)
	d.Written()
	for range 10 {
		d.Paint()
	}
	d.Send(struct{}{})
	if w := d.Written(); w != "" {
		t.Errorf("%q was written", w)
	}
}

func TestAStepOfTheCursorWritesLittle(t *testing.T) {
	d := drive.Start(t, options(newMany(1000)), 120, 40)
	for _, key := range []string{"down", "down", "j", "up"} {
		d.Written()
		d.Press(key)
		if n := len(d.Written()); n > 2000 {
			t.Errorf("%s: %d bytes", key, n)
		}
	}
}

func TestTheMouseCanBeGivenBackToTheTerminal(t *testing.T) {
	d := drive.Start(t, options(newMany(100)), 80, 24)
	if v := d.Root().View(); v.MouseMode == tea.MouseModeNone {
		t.Fatal("the mouse does not work")
	}
	d.Click("Заявление 0000003").Sees("› Заявление 0000003")
	d.Send(tea.MouseWheelMsg{Button: tea.MouseWheelDown}).Sees("› Заявление 0000006")
	d.Written()
	d.Press("f4").Sees("выделяйте текст как обычно")
	if v := d.Root().View(); v.MouseMode != tea.MouseModeNone || !strings.Contains(d.Written(), "\x1b[?1002l") {
		t.Error("the mouse was not given back")
	}
	d.Press("f4").Sees("с Shift")
}

func TestAClickOnAKeyOfTheFooterDoesIt(t *testing.T) {
	drive.Start(t, options(newMany(100)), 80, 24).Click("команды").Sees("Команды и всё остальное").Press("esc").Click("отозвать").Sees("Отозвать?")
}

func TestCopyingGoesThroughOneSequenceThatMultiplexersKnow(t *testing.T) {
	d := drive.Start(t, options(newMany(100)), 80, 24)
	d.Written()
	d.Press("c").Sees("Скопировано: Заявление 0000000")
	if w := d.Written(); !strings.Contains(w, "\x1b]52;c;") || strings.Contains(w, "\x1bPtmux;") {
		t.Errorf("written: %q", w)
	}
}

func TestEveryKeyWorksOnTheCyrillicLayoutTooAndCtrlC(t *testing.T) {
	m := newMany(100)
	d := drive.Start(t, options(m), 80, 24)
	d.Press("о").Sees("› Заявление 0000001")                                  // j
	d.Press("П").Sees("› Заявление 0000099")                                  // G
	d.Press("п").Sees("› Заявление 0000000")                                  // g
	d.Press("в").Sees("Отозвать?").Press("esc")                               // d
	d.Press(".").Type("в0099 д").Sees(" / в0099 д").Press("esc")              // the key of / gives a full stop; text stays text
	d.Bytes("\x1b[1083::107;5u").Sees("Команды и всё остальное").Press("esc") // Ctrl+л with the base key k
	d.Bytes("\x1b[1083;5u").Sees("Команды и всё остальное").Press("esc")      // without it
	if d.Bytes("\x1b[1089;5u"); !d.Quit() {                                   // Ctrl+с
		t.Error("Ctrl+С does not end the program")
	}
}

func TestThePaletteUnderstandsTextTypedOnTheOtherLayout(t *testing.T) {
	// "quit" typed while the keyboard is switched to Russian.
	drive.Start(t, options(newMany(10)), 80, 24).Press("ctrl+k").Type("йгше").Sees("выйти")
}

func TestControlCharactersInNamesDriveNoTerminal(t *testing.T) {
	m := newMany(0)
	m.rows.Append("0", "a\x1b]52;c;ZXZpbA==\x07\x1b[2J\x9b31m\u202e\u2066\rb\tc", "日本語\u200b и\u0306")
	d := drive.Start(t, options(m), 80, 24).Sees("日本語")
	// What the terminal makes of it could hide what came: the frame itself is looked at too.
	frame, written := d.Root().Frame().String(), strings.ReplaceAll(d.Written(), "\x1b[H\x1b[2J", "")
	if !strings.Contains(written, "日本語") {
		t.Fatal("nothing was written: this test sees nothing")
	}
	for _, bad := range []string{"ZXZpbA==\x07", "\x1b[2J", "\x9b31m", "\u009b", "\u202e", "\u2066", "\u200b", "\rb", "\t"} {
		if strings.Contains(written, bad) || strings.Contains(frame, bad) {
			t.Errorf("%q reached the terminal", bad)
		}
	}
	if rows := strings.Split(d.Screen(), "\n"); len(rows) != 24 {
		t.Errorf("%d rows", len(rows))
	}
}

// The renderer once went round for ever on a wide character at the edge of a row.
func TestWideCharactersAtAnyEdgeNeitherHangNorMoveARow(t *testing.T) {
	m := newMany(0)
	for i, s := range []string{"日本語日本語日本語日本語日本語", "👨‍👩‍👧‍👦👩🏽‍🚀🏳️‍🌈👍🏿👍🏿👍🏿", "🇷🇺🇷🇺🇷🇺🇷🇺", "и\u0306и\u0306и\u0306й", "한국어 한국어 한국어", "ａｂｃｄｅｆ", "a日b本c語", "\u0301\u0301日"} {
		m.rows.Append(fmt.Sprint(i), s+s+s, s)
	}
	d := drive.Start(t, options(m), 60, 14)
	for cols := 20; cols < 90; cols++ {
		d.Resize(cols, 14).Press("down")
		for i, l := range d.Root().Frame() {
			if l.Width() != cols {
				t.Fatalf("%d columns: row %d is %d wide: %q", cols, i, l.Width(), l.String())
			}
		}
		if line := strings.Split(d.Screen(), "\n")[13]; !strings.Contains(line, "Ctrl-K") {
			t.Fatalf("%d columns: the footer is gone:\n%s", cols, d.Screen())
		}
	}
}

func TestAnUsualTerminalIsNeverTooSmall(t *testing.T) {
	d := drive.Start(t, options(newMany(100)), 80, 24).SeesNot("Окно мало")
	for _, size := range [][2]int{{40, 12}, {300, 100}, {80, 24}} {
		d.Resize(size[0], size[1]).SeesNot("Окно мало").Sees("Заявление 000")
	}
	d.Resize(20, 6).SeesNot("Окно мало").Sees("Загранпаспорт")
	d.Resize(10, 3).Sees("Окно мало")
	d.Resize(80, 24).Sees("› Заявление 0000000")
}

func TestWhatDestroysSomethingDoesNothingByDefault(t *testing.T) {
	m := newMany(100)
	d := drive.Start(t, options(m), 80, 24)
	d.Press("d").Sees("› Ничего не делать").Press("enter")
	d.Press("d", "esc")
	d.Press("d", "y").Sees("› Отозвать") // y alone does nothing yet
	d.Press("esc")
	if len(m.did) > 0 {
		t.Fatalf("done: %v", m.did)
	}
	d.Press("d", "right", "enter")
	if len(m.did) != 1 {
		t.Errorf("done: %v", m.did)
	}
}

func TestADialogThatOpensByItselfTakesNoKeyTypedForSomethingElse(t *testing.T) {
	m := newMany(100)
	d := drive.Start(t, options(m), 80, 24).Press("t").Press("y", "enter").Sees("Открылось само")
	if len(m.did) > 0 {
		t.Fatal("it was answered by keys typed before it opened")
	}
	d.Pause().Press("y", "enter")
	if len(m.did) != 1 {
		t.Error("it takes no answer at all")
	}
}

func TestThemesChangeAndTheirNamesAreTold(t *testing.T) {
	d := drive.Start(t, options(newMany(3)), 80, 24)
	seen := map[string]bool{}
	for range theme.Names() {
		d.Press("f3")
		seen[d.Screen()] = true
	}
	if len(seen) != len(theme.Names()) {
		t.Errorf("%d themes", len(seen))
	}
}

func TestNothingIsSaidByColourAlone(t *testing.T) {
	// The frame without any looks still tells the chosen row, and what failed.
	m := newMany(10)
	o := options(m)
	o.Theme = "plain"
	d := drive.Start(t, o, 80, 24).Press("down").Sees("› Заявление 0000001")
	d.Send(screen.TellMsg{Text: i18n.Say("не вышло", "failed"), Bad: true}).Sees("! не вышло")
	d.Send(screen.TellMsg{Text: i18n.Say("сделано", "done")}).Sees("✓ сделано")
	for line := range strings.SplitSeq(d.Root().View().Content, "\x1b[") {
		if code, _, ok := strings.Cut(line, "m"); ok && strings.ContainsAny(code, "3489") && code != "4" && code != "0;4" && code != "0;1;4" {
			t.Errorf("a colour is set: %q", code)
		}
	}
}

func TestTheUsersOwnKeysAreInForceAndShown(t *testing.T) {
	m := newMany(10)
	o := options(m)
	o.Env.Keys = keymap.New(map[string][]string{"many.cancel": {"f9"}, "palette": {"ctrl+p"}})
	d := drive.Start(t, o, 80, 24).Sees("F9 отозвать", "Ctrl-P команды").Press("d").SeesNot("Отозвать?").Press("f9").Sees("Отозвать?").Press("esc")
	d.Bytes("\x10").Sees("Команды и всё остальное")
}

func TestWhatWasDoneIsInTheLogAsCommands(t *testing.T) {
	o := options(newMany(10))
	d := drive.Start(t, o, 80, 24).Press("d", "esc")
	if done := o.Env.Log.All(); len(done) != 1 || done[0].Command != "epgu application cancel" {
		t.Errorf("the log: %v", done)
	}
	_ = d
}

func TestTheCacheKeepsForThePersonAloneAndForgets(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "screens")
	c := &tui.FileCache{Dir: dir}
	c.Put("../charges", now, []string{"Штраф"})
	var got []string
	at, ok := c.Get("../charges", &got)
	if !ok || !at.Equal(now) || len(got) != 1 {
		t.Fatalf("%v %v %v", at, ok, got)
	}
	files, _ := os.ReadDir(dir)
	if len(files) != 1 {
		t.Fatalf("%d files", len(files))
	}
	if info, _ := files[0].Info(); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if err := os.WriteFile(filepath.Join(dir, files[0].Name()), []byte("{broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, ok := c.Get("../charges", &got); ok {
		t.Error("a broken file was read")
	}
	c.Clear()
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Error("something is left")
	}
}

func TestSigningOutForgetsWhatWasShown(t *testing.T) {
	dir := t.TempDir()
	o := options(newMany(10))
	o.Env.Cache = &tui.FileCache{Dir: filepath.Join(dir, "x")}
	o.Env.Cache.Put("charges", now, "мой штраф")
	out := false
	o.SignOut = func(context.Context) error { out = true; return nil }
	d := drive.Start(t, o, 80, 24).Press("f9").Sees("› Ничего не делать").Press("right", "enter")
	if _, err := os.Stat(filepath.Join(dir, "x")); !out || !os.IsNotExist(err) {
		t.Errorf("signed out: %v, the cache: %v\n%s", out, err, d.Screen())
	}
}

func TestDialogsAndThePaletteAreWorkedByTheMouse(t *testing.T) {
	m := newMany(100)
	d := drive.Start(t, options(m), 80, 24)
	// The first click only chooses; the one on what is chosen does it.
	d.Press("d").Click("Отозвать ").Sees("› Отозвать")
	if len(m.did) > 0 {
		t.Fatal("one click did what cannot be undone")
	}
	d.Click("Отозвать ").SeesNot("Отозвать?")
	if len(m.did) != 1 {
		t.Fatalf("done: %v", m.did)
	}
	d.Press("d").Click("Ничего не делать").SeesNot("Отозвать?")
	d.Press("?").Sees("Клавиши").Send(tea.MouseWheelMsg{Button: tea.MouseWheelDown}).Click("Enter — закрыть").SeesNot("закрыть")
	d.Press("ctrl+k").Click("  позже").Sees("› позже").Click("› позже").Sees("Открылось само")
	// Nor does a click answer a dialog that opened under it.
	d.Click("Ничего не делать").Sees("Открылось само").Pause().Click("Ничего не делать").SeesNot("Открылось само")
	d.Press("ctrl+k").Send(tea.MouseWheelMsg{Button: tea.MouseWheelDown}).Send(tea.MouseWheelMsg{Button: tea.MouseWheelUp}).Sees("› отозвать").Press("esc")
	if len(m.did) != 1 {
		t.Errorf("done: %v", m.did)
	}
}
