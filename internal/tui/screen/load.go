package screen

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"
)

// Cache keeps what was shown last, so that the next start has something to show
// before the portal answers.
type Cache interface {
	// Get reads what was kept under a key into v and says when it was true; ok is
	// false when there is nothing that can be read.
	Get(key string, v any) (asOf time.Time, ok bool)
	Put(key string, asOf time.Time, v any)
	// Clear forgets everything of this profile.
	Clear()
}

// Load is a piece of data that a screen shows: what is known of it, since when,
// and whether it is being fetched. The old value stays until a new one has
// arrived; a new fetch cancels the one before it.
type Load[T any] struct {
	// Value is what is known, the zero T before anything is.
	Value T
	Fetching
}

// Fetching is how a piece of data stands, whatever it is.
type Fetching struct {
	// At is when the value was true; zero when nothing is known.
	At time.Time
	// Err is why the last fetch failed; nil when it did not.
	Err error
	// Loading says that a fetch is under way.
	Loading bool

	turn   int
	cancel context.CancelFunc
}

// arrived is the message that a fetch has ended.
type arrived struct {
	to     *Fetching
	turn   int
	value  any
	at     time.Time
	err    error
	cached bool
}

// Known reports whether there is anything to show.
func (l *Fetching) Known() bool { return !l.At.IsZero() }

// Start fetches. With a key the value is shown from the cache at once, and kept
// there afterwards. The command that it returns does the waiting.
func (l *Load[T]) Start(e *Env, key string, fetch func(ctx context.Context) (T, error)) tea.Cmd {
	return l.start(e, key, func(ctx context.Context) (any, error) { return fetch(ctx) }, func() (any, time.Time, bool) {
		var v T
		at, ok := e.Cache.Get(key, &v)
		return v, at, ok
	})
}

// start is Start for values of which nothing is known but how to get them: it is one
// for all screens, so that each costs the program little.
func (l *Fetching) start(e *Env, key string, fetch func(ctx context.Context) (any, error), kept func() (any, time.Time, bool)) tea.Cmd {
	l.Stop()
	l.turn++
	turn := l.turn
	ctx, cancel := context.WithCancel(e.Ctx)
	l.cancel, l.Loading = cancel, true
	fresh := func() tea.Msg {
		defer cancel()
		v, err := fetch(ctx)
		m := arrived{to: l, turn: turn, value: v, at: e.Clock.Now(), err: err}
		if err == nil && key != "" && e.Cache != nil && ctx.Err() == nil {
			e.Cache.Put(key, m.at, v)
		}
		return m
	}
	if key == "" || e.Cache == nil || l.Known() {
		return fresh
	}
	cached := func() tea.Msg {
		v, at, ok := kept()
		if !ok {
			return nil
		}
		return arrived{to: l, turn: turn, value: v, at: at, cached: true}
	}
	return tea.Batch(cached, fresh)
}

// Take takes a message if it is this load's, and reports whether it was. An
// answer to a fetch that was cancelled is dropped.
func (l *Load[T]) Take(msg tea.Msg) bool {
	v, fresh, mine := l.take(msg)
	if fresh {
		l.Value = v.(T)
	}
	return mine
}

// take is Take; fresh says that the value is to be shown.
func (l *Fetching) take(msg tea.Msg) (value any, fresh, mine bool) {
	m, ok := msg.(arrived)
	if !ok || m.to != l {
		return nil, false, false
	}
	switch {
	case m.turn != l.turn:
	case m.cached:
		if fresh = !l.Known(); fresh {
			l.At = m.at
		}
	default:
		l.Loading, l.cancel = false, nil
		if errors.Is(m.err, context.Canceled) {
			break
		}
		if l.Err = m.err; m.err == nil {
			l.At, fresh = m.at, true
		}
	}
	return m.value, fresh, true
}

// Forget is Stop, and nothing is known afterwards: for a screen that turns to
// another thing. An answer about the one before is dropped.
func (l *Load[T]) Forget() {
	l.Stop()
	var none T
	l.Value, l.At, l.Err = none, time.Time{}, nil
}

// Stop cancels a fetch that is under way.
func (l *Fetching) Stop() {
	if l.cancel != nil {
		l.cancel()
		l.cancel = nil
	}
	l.turn++
	l.Loading = false
}
