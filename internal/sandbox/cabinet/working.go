package cabinet

import "sync"

// working is the set of payments whose requests this process is carrying out. A
// second request with the same id is told to come again instead of being queued:
// who repeats at once has most likely lost the first answer.
type working struct {
	mu  sync.Mutex
	ids map[string]bool
}

// begin reports whether nobody else is at work on the id.
func (w *working) begin(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ids[id] {
		return false
	}
	w.ids[id] = true
	return true
}

func (w *working) end(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.ids, id)
}
