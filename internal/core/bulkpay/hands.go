package bulkpay

import (
	"maps"
	"slices"

	"github.com/epgu-cli/epgu/internal/journal"
)

// hands are the payments between being marked as sending and having their outcome
// recorded, by ID. A process that was taken for dead may claim, as the owner it
// still is, a payment that it is sending already: another has recovered it, asked
// the portal, which did not know it yet, and given it back. Sent once more beside
// the first, the refusal of one would be recorded as the end of both. So the second
// waits until the first is known.
type hands struct {
	in    map[string]bool
	twins map[string]journal.Payment // claimed while in hand
}

func (h *hands) take(id string) {
	if h.in == nil {
		h.in, h.twins = map[string]bool{}, map[string]journal.Payment{}
	}
	h.in[id] = true
}

// holds keeps p back if it is in hand.
func (h *hands) holds(p journal.Payment) bool {
	if !h.in[p.ID] {
		return false
	}
	h.twins[p.ID] = p
	return true
}

// drop lets a payment go and returns the one that was kept back for it.
func (h *hands) drop(id string) (p journal.Payment, again bool) {
	p, again = h.twins[id]
	delete(h.in, id)
	delete(h.twins, id)
	return p, again
}

// again takes all that is kept back, in the order of rows.
func (h *hands) again() []journal.Payment {
	out := slices.SortedFunc(maps.Values(h.twins), func(a, b journal.Payment) int { return a.Row - b.Row })
	h.twins = map[string]journal.Payment{}
	return out
}
