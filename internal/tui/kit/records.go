package kit

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/rows"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

// Records is the list of a screen whose things come all at once: sessions,
// certificates, consents. A screen embeds it and adds its actions. What comes by
// the thousand is better kept as rows only.
type Records[T any] struct {
	// Key names the list in the cache, "" keeps it out: then nothing is shown
	// before it is loaded.
	Key   string
	Fetch func(ctx context.Context) ([]T, error)
	// Cells are what a thing is found by; the first names it.
	Cells func(v T) []string
	// Line draws a thing, Head the titles above the list.
	Line  func(e *screen.Env, v T, cols int) view.Line
	Head  func(e *screen.Env, cols int) view.Line
	Empty i18n.Text
	// Chosen is called for the thing under the cursor by Enter or a click; may be
	// nil.
	Chosen func(v T) tea.Cmd

	data screen.Load[[]T]
	list List
}

// Load fetches the list, at first and anew.
func (r *Records[T]) Load(e *screen.Env) tea.Cmd {
	if r.list.Draw == nil {
		r.list.Draw = func(e *screen.Env, _ *rows.Rows, i, cols int) view.Line { return r.Line(e, r.data.Value[i], cols) }
		r.list.Head, r.list.Empty = r.Head, r.Empty
		if r.Chosen != nil {
			r.list.Open = func(i int) tea.Cmd { return r.Chosen(r.data.Value[i]) }
		}
	}
	return r.data.Start(e, r.Key, r.Fetch)
}

// Update takes data, and keys for the list.
func (r *Records[T]) Update(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	if r.data.Take(msg) {
		all := &rows.Rows{}
		for _, v := range r.data.Value {
			all.Append(r.Cells(v)...)
		}
		return r.list.Set(e, all), true
	}
	return r.list.Update(e, msg)
}

// View returns the list in the room given.
func (r *Records[T]) View(e *screen.Env, size view.Size) view.Frame {
	if !r.data.Known() {
		return view.Frame{}.Fit(size)
	}
	return r.list.View(e, size).Fit(size)
}

// Spoken reads the list.
func (r *Records[T]) Spoken(e *screen.Env) screen.Spoken {
	if !r.data.Known() {
		return screen.Spoken{}
	}
	return r.list.Spoken(e)
}

// Current is the thing under the cursor; ok is false when there is none.
func (r *Records[T]) Current() (v T, ok bool) {
	if i, ok := r.list.Current(); ok {
		return r.data.Value[i], true
	}
	return v, false
}

// Select moves the cursor to the thing of that name, if it is there.
func (r *Records[T]) Select(name string) bool { return r.list.Select(name) }

// All is what is known, in the order in which it came.
func (r *Records[T]) All() []T { return r.data.Value }

// Filter begins to filter the list.
func (r *Records[T]) Filter() { r.list.Filter() }

// AsOf says how old the list is.
func (r *Records[T]) AsOf() (time.Time, bool, error) {
	return r.data.At, r.data.Loading, r.data.Err
}

// Typing says whether the filter is being typed.
func (r *Records[T]) Typing() bool { return r.list.Typing() }

// Cursor is the place of the filter.
func (r *Records[T]) Cursor() (x, y int, ok bool) { return r.list.Cursor() }

// Click and Scroll work the list.
func (r *Records[T]) Click(e *screen.Env, _, y int) tea.Cmd { return r.list.Click(e, y) }

// Scroll moves the cursor.
func (r *Records[T]) Scroll(_ *screen.Env, lines int) tea.Cmd { r.list.Scroll(lines); return nil }

// Forget empties the list, for a screen that turns to another thing.
func (r *Records[T]) Forget() {
	r.data.Forget()
	r.list.Close()
	r.list.rows, r.list.part, r.list.found = nil, nil, nil
}

// Close ends a load and a search.
func (r *Records[T]) Close(*screen.Env) {
	r.data.Stop()
	r.list.Close()
}
