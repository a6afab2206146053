package screen

import (
	"slices"
	"time"
)

// Done is an action that was done, as the command that equals it.
type Done struct {
	At      time.Time
	Command string
}

// keepDone is how many commands the log keeps.
const keepDone = 500

// Log is the list of commands that equal what was done on the screens, the
// oldest first. It belongs to the loop of messages.
type Log struct{ done []Done }

// Add notes a command. Doing the same twice in a row is noted once.
func (l *Log) Add(at time.Time, command string) {
	if command == "" {
		return
	}
	if n := len(l.done); n > 0 && l.done[n-1].Command == command {
		l.done[n-1].At = at
		return
	}
	l.done = append(l.done, Done{at, command})
	if len(l.done) > keepDone {
		l.done = slices.Delete(l.done, 0, len(l.done)-keepDone)
	}
}

// All returns the log, the oldest first.
func (l *Log) All() []Done { return l.done }
