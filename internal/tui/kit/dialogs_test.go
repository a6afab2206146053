package kit

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

func TestAChoiceOfMoreThanHasRoomShowsWhatTheCursorIsOnAndTakesClicks(t *testing.T) {
	e := &screen.Env{Lang: i18n.RU, Ctx: t.Context()}
	chosen := -1
	d := &Choice{Do: func(i int) tea.Cmd { chosen = i; return nil }}
	for i := range 30 {
		d.Options = append(d.Options, Option{Title: i18n.Text{RU: "ключ %d", EN: "key %d"}.With(i + 1)})
	}
	size := view.Size{W: 30, H: 6}
	for range 20 {
		d.Draw(e, size)
		d.Update(e, tea.KeyPressMsg{Code: tea.KeyDown})
	}
	frame := d.Draw(e, size)
	if s := frame.String(); len(frame) != size.H || !strings.Contains(s, "› ключ 21") || !strings.Contains(s, "Enter — выб") {
		t.Fatalf("%d rows:\n%s", len(frame), s)
	}
	row := 0
	for y, l := range frame {
		if strings.Contains(l.String(), "ключ 19") {
			row = y
		}
	}
	if _, done := d.Update(e, screen.ClickMsg{X: 3, Y: row}); done || chosen >= 0 {
		t.Fatal("a click elsewhere only moves")
	}
	d.Draw(e, size)
	if _, done := d.Update(e, screen.ClickMsg{X: 3, Y: row}); !done || chosen != 18 {
		t.Errorf("chosen %d", chosen)
	}
	if _, done := d.Update(e, screen.ClickMsg{X: 3, Y: 5}); done {
		t.Error("the hint is no option")
	}
}

func TestAnOptionOfManyIsFoundByTypingAndByPages(t *testing.T) {
	e := &screen.Env{Lang: i18n.RU, Ctx: t.Context()}
	chosen := -1
	d := &Choice{Do: func(i int) tea.Cmd { chosen = i; return nil }}
	for i := range 250 {
		d.Options = append(d.Options, Option{Title: i18n.Text{RU: "Поликлиника № %d, Орёл", EN: "Surgery %d"}.With(i + 1)})
	}
	d.Options[7].Off = i18n.Say("закрыта", "closed")
	size := view.Size{W: 60, H: 12}
	press := func(k tea.Key) (done bool) {
		_, done = d.Update(e, tea.KeyPressMsg(k))
		d.Draw(e, size)
		return done
	}
	sees := func(want string) {
		t.Helper()
		if s := d.Draw(e, size).String(); !strings.Contains(s, want) {
			t.Fatalf("%q is not in\n%s", want, s)
		}
	}
	if !d.Typing() {
		t.Error("letters would be taken for keys")
	}
	d.Draw(e, size)
	press(tea.Key{Code: tea.KeyPgDown})
	sees("› Поликлиника № 10,")
	press(tea.Key{Code: tea.KeyPgUp})
	sees("› Поликлиника № 1,")
	for _, r := range "орел 24" { // a digit is a part of what is looked for, and е finds ё
		if press(tea.Key{Code: r, Text: string(r)}) {
			t.Fatalf("%q chose %d", r, chosen)
		}
	}
	sees("› Поликлиника № 24,")
	press(tea.Key{Code: tea.KeyDown})
	if !press(tea.Key{Code: tea.KeyEnter}) || chosen != 123 {
		t.Errorf("chosen %d", chosen)
	}
	d.Update(e, tea.PasteMsg{Content: "99"})
	sees("Ничего не найдено")
	if chosen = -1; press(tea.Key{Code: tea.KeyEnter}) || chosen >= 0 {
		t.Errorf("nothing was found, and %d was chosen", chosen)
	}
	d.query.Set("№ 8,")
	sees("закрыта")
	if press(tea.Key{Code: tea.KeyEnter}) || chosen >= 0 {
		t.Errorf("what cannot be chosen was: %d", chosen)
	}
}

func TestAWholePathThatIsPastedStandsInsteadOfWhatWasThere(t *testing.T) {
	for pasted, want := range map[string]string{
		"/a/b.png": "/a/b.png", "'/a b/c.png' ": "'/a b/c.png'", "file:///a.png\n": "file:///a.png", "part": "/old/part", "../x": "/old/../x",
	} {
		var f Field
		f.Set("/old/")
		if f.Drop(pasted); f.Value() != want {
			t.Errorf("%q: %q, want %q", pasted, f.Value(), want)
		}
	}
}

func TestAClickGoesToTheFieldOfAForm(t *testing.T) {
	e := &screen.Env{Lang: i18n.RU}
	var f Form
	for i := range 3 {
		f.Fields = append(f.Fields, &FormField{Label: i18n.Text{RU: fmt.Sprint("поле ", i)}, Hint: i18n.Text{RU: "подсказка"}})
	}
	for y, l := range f.View(e, view.Size{W: 60, H: 10}) {
		if strings.Contains(l.String(), "поле 2") {
			f.Click(y)
		}
	}
	if f.At() != 2 {
		t.Errorf("in field %d", f.At())
	}
}
