package tui

import (
	"encoding/json"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/tui/screen"
)

// heldKey is under which key is kept what a screen holds of a person: nobody else is
// given it.
func heldKey(id, owner string) string { return "held." + id + "." + owner }

// givenBack is the message that something was held when the program, or the session,
// ended last.
type givenBack struct {
	to  screen.Keeping
	raw json.RawMessage
}

// restore reads what a screen holds of the person who is signed in, once it is known
// who that is.
func (r *Root) restore(id string, s screen.Screen) tea.Cmd {
	k, ok := s.(screen.Keeping)
	if !ok || r.o.Held == nil || r.owner == "" {
		return nil
	}
	kept, key, now := r.o.Held, heldKey(id, r.owner), r.env.Clock.Now()
	return func() tea.Msg {
		var raw json.RawMessage
		if _, ok := kept.Get(key, &raw); !ok || string(raw) == "null" {
			return nil
		}
		kept.Put(key, now, nil) // it is the screen's again
		return givenBack{k, raw}
	}
}

// restoreAll gives back to every screen that is open already.
func (r *Root) restoreAll() tea.Cmd {
	var cmds []tea.Cmd
	for id, s := range r.screens {
		cmds = append(cmds, r.restore(id, s))
	}
	return tea.Batch(cmds...)
}

func (r *Root) giveBack(m givenBack) tea.Cmd {
	return m.to.GiveBack(r.env, func(into any) bool { return json.Unmarshal(m.raw, into) == nil })
}

// keep puts by what a screen holds, when the returned function is called: that writes
// a file.
func (r *Root) keep(id string, s screen.Screen) (write func()) {
	k, ok := s.(screen.Keeping)
	if !ok || r.o.Held == nil || r.owner == "" {
		return func() {}
	}
	held := k.Held()
	if held == nil {
		return func() {}
	}
	kept, key, now := r.o.Held, heldKey(id, r.owner), r.env.Clock.Now()
	return func() { kept.Put(key, now, held) }
}

// sparing does one thing of the end, whatever state a fault has left a screen in: the
// others end in order all the same.
func sparing(do func()) {
	defer func() { _ = recover() }()
	do()
}
