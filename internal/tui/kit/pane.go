package kit

import "github.com/epgu-cli/epgu/internal/tui/screen"

// Pane is the part of a dialog's list that has room: it keeps the cursor in sight and
// knows which entry a click means.
type Pane struct{ top, first, n int }

// Fit returns which of n entries are seen in a room of so many rows, with that at the
// cursor among them. first is the row of the dialog at which they begin.
func (p *Pane) Fit(at, n, room, first int) (from, to int) {
	room = max(room, 1)
	if at < p.top {
		p.top = at
	}
	if at >= p.top+room {
		p.top = at - room + 1
	}
	p.top = max(0, min(p.top, n-room))
	p.first, p.n = first, min(room, n-p.top)
	return p.top, p.top + p.n
}

// At is the entry that was clicked; ok is false when none was.
func (p *Pane) At(m screen.ClickMsg) (i int, ok bool) {
	row := m.Y - p.first
	return p.top + row, row >= 0 && row < p.n
}
