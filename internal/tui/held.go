package tui

import (
	"encoding/json"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/tui/screen"
)

// heldKey is under which key the cache keeps what a screen holds.
func heldKey(id string) string { return "held." + id }

// givenBack is the message that something was held when the program ended last.
type givenBack struct {
	to  screen.Keeping
	raw json.RawMessage
}

// restore reads what a screen held when the program ended last.
func (r *Root) restore(e screen.Entry, s screen.Screen) tea.Cmd {
	k, ok := s.(screen.Keeping)
	if !ok || r.env.Cache == nil {
		return nil
	}
	cache, now := r.env.Cache, r.env.Clock.Now()
	return func() tea.Msg {
		var raw json.RawMessage
		if _, ok := cache.Get(heldKey(e.ID), &raw); !ok || string(raw) == "null" {
			return nil
		}
		cache.Put(heldKey(e.ID), now, nil) // it is the screen's again
		return givenBack{k, raw}
	}
}

func (r *Root) giveBack(m givenBack) tea.Cmd {
	return m.to.GiveBack(r.env, func(into any) bool { return json.Unmarshal(m.raw, into) == nil })
}

// keep puts by what a screen holds.
func (r *Root) keep(id string, s screen.Screen) {
	k, ok := s.(screen.Keeping)
	if !ok || r.env.Cache == nil {
		return
	}
	if held := k.Held(); held != nil {
		r.env.Cache.Put(heldKey(id), r.env.Clock.Now(), held)
	}
}

// sparing does one thing of the end, whatever state a fault has left a screen in: the
// others end in order all the same.
func sparing(do func()) {
	defer func() { _ = recover() }()
	do()
}
