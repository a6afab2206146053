package term_test

import (
	"testing"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"

	"github.com/epgu-cli/epgu/internal/tui/term"
)

// Windows has no signal for it: the console tells it among the keys.
func TestAWindowOfWindowsThatChangesItsSizeIsFollowed(t *testing.T) {
	if got, want := term.Message(uv.WindowSizeEvent{Width: 90, Height: 30}), (tea.WindowSizeMsg{Width: 90, Height: 30}); got != want {
		t.Errorf("%#v, want %#v", got, want)
	}
}
