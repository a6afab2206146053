package kit

import (
	"fmt"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/tui/keymap"
	"github.com/epgu-cli/epgu/internal/tui/rows"
	"github.com/epgu-cli/epgu/internal/tui/screen"
)

// numbered are n rows from a number on; every tenth is a fine.
func numbered(from, n int) *rows.Rows {
	r := &rows.Rows{}
	for i := from; i < from+n; i++ {
		what := "duty"
		if i%10 == 0 {
			what = "fine"
		}
		r.Append(fmt.Sprint(i), what)
	}
	return r
}

func TestAListThatIsLoadedAnewStaysFilteredAndItsCursorWhereItWas(t *testing.T) {
	e := &screen.Env{Ctx: t.Context(), Keys: keymap.New(nil)}
	for _, n := range []int{100, atOnce + 100} {
		var l List
		settle := func(cmd tea.Cmd) {
			if cmd != nil {
				l.Update(e, cmd())
			}
		}
		settle(l.Set(e, numbered(0, n)))
		settle(l.Search(e, "fine"))
		l.cursor = 3
		at := func() string {
			i, ok := l.Current()
			if !ok {
				return ""
			}
			return l.Rows().Cell(i, 0)
		}
		if at() != "30" {
			t.Fatalf("%d rows: the cursor is on %q", n, at())
		}
		cmd := l.Set(e, numbered(-10, n)) // one more fine, before the others
		if l.Len() > n/10+1 {
			t.Errorf("%d rows: %d are shown before they are filtered", n, l.Len())
		}
		if got := at(); got != "30" && got != "" {
			t.Errorf("%d rows: %q is under the cursor before it is known what is shown", n, got)
		}
		if settle(cmd); at() != "30" {
			t.Errorf("%d rows: the cursor moved to %q", n, at())
		}
	}
}

func TestAKeyThatIsQuickerThanTheSearchMeansNothingThatWasThereBefore(t *testing.T) {
	e := &screen.Env{Ctx: t.Context(), Keys: keymap.New(nil)}
	var l List
	l.Set(e, numbered(1, atOnce+100))
	cmd := l.Search(e, "fine")
	if i, ok := l.Current(); ok {
		t.Errorf("row %d is under the cursor while it is searched", i)
	}
	l.Update(e, cmd())
	if i, ok := l.Current(); !ok || l.Rows().Cell(i, 1) != "fine" {
		t.Errorf("row %d, %v", i, ok)
	}
}
