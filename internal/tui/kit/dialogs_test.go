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
	e := &screen.Env{Lang: i18n.RU}
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
	if s := frame.String(); len(frame) != size.H || !strings.Contains(s, "› 21 ключ 21") || !strings.Contains(s, "Enter — выбрать") {
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
