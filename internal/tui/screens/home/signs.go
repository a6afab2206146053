package home

import (
	"cmp"
	"slices"
	"strings"

	"github.com/epgu-cli/epgu/internal/tui/keymap"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
	"github.com/epgu-cli/epgu/internal/ui/width"
)

// leastNeeds is how many rows of what is needed are left before the signs give way.
const leastNeeds = 5

// signs tell whoever is here for the first time where one may go and by which key. They
// can be clicked.
type signs struct {
	all []sign
	top int // the row of the first, -1 when they are not seen
}

type sign struct {
	id, key, title string
	x, y, w        int
}

// draw lays the signs out in columns under a title.
func (s *signs) draw(e *screen.Env, cols int) view.Frame {
	s.all = s.all[:0]
	cell := 0
	for _, x := range e.Entries {
		if x.Card || x.ID == ID || x.Training && !e.Training || x.Key == "" {
			continue
		}
		keys := e.Keys.Of("open."+x.ID, []string{x.Key})
		if len(keys) == 0 {
			continue
		}
		one := sign{id: x.ID, key: keymap.Title(keys[0]), title: x.Title.In(e.Lang)}
		one.w = width.String(one.key) + 1 + width.String(one.title)
		cell = max(cell, one.w+3)
		s.all = append(s.all, one)
	}
	slices.SortStableFunc(s.all, func(a, b sign) int { return cmp.Compare(onKeyboard(a.key), onKeyboard(b.key)) })
	if len(s.all) == 0 {
		return nil
	}
	out := view.Frame{view.Blank(), view.Say(theme.Strong, "  "+e.T("Куда перейти", "Where to go"))}
	columns := max((cols-2)/cell, 1)
	for i := range s.all {
		one := &s.all[i]
		one.x, one.y = 2+i%columns*cell, len(out)-1
		if i%columns == 0 {
			out = append(out, view.Of(view.Text(theme.Plain, "  ")))
			one.y++
		}
		last := len(out) - 1
		out[last] = out[last].With(view.Text(theme.Accent, one.key), view.Text(theme.Plain, " "+width.Left(one.title, cell-1-width.String(one.key))))
	}
	return out
}

// onKeyboard is where a key stands: the digits as on the keyboard, then all others.
func onKeyboard(key string) int {
	if at := strings.Index("1234567890", key); at >= 0 {
		return at
	}
	return 10
}

// put says at which row the signs begin.
func (s *signs) put(top int, seen bool) {
	if s.top = top; !seen {
		s.top = -1
	}
}

// at is the screen to which a click leads.
func (s *signs) at(x, y int) (id string, ok bool) {
	for _, one := range s.all {
		if s.top >= 0 && y == s.top+one.y && x >= one.x && x < one.x+one.w {
			return one.id, true
		}
	}
	return "", false
}
