package kit

import (
	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/tui/keymap"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

// Scrolled is text that may be longer than its room: a card, a page. A screen
// embeds it and gives it what it draws.
type Scrolled struct {
	top  int
	rows int // of the last View
}

// Top goes back to the beginning.
func (s *Scrolled) Top() { s.top = 0 }

// Update takes the keys that scroll, and reports whether it was one.
func (s *Scrolled) Update(msg tea.Msg) bool {
	k, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return false
	}
	switch keymap.Name(tea.Key(k)) {
	case "down", "j":
		s.top++
	case "up", "k":
		s.top--
	case "pgdown", "space":
		s.top += s.rows
	case "pgup":
		s.top -= s.rows
	case "home", "g":
		s.top = 0
	case "end", "G":
		s.top = 1 << 30 // View knows where the end is
	default:
		return false
	}
	return true
}

// View returns what of all is seen in the room given.
func (s *Scrolled) View(all view.Frame, size view.Size) view.Frame {
	s.rows = size.H
	s.top = max(0, min(s.top, len(all)-size.H))
	return all[s.top:].Fit(size)
}
