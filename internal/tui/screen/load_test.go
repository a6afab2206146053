package screen

import (
	"context"
	"errors"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/clock"
)

type kept map[string]int

func (k kept) Get(key string, v any) (time.Time, bool) {
	n, ok := k[key]
	if ok {
		*v.(*int) = n
	}
	return then, ok
}
func (k kept) Put(key string, _ time.Time, v any) { k[key] = v.(int) }
func (k kept) Clear()                             { clear(k) }

var then, later = time.Date(2026, 12, 1, 12, 3, 0, 0, time.UTC), time.Date(2026, 12, 1, 12, 10, 0, 0, time.UTC)

func number(n int, err error) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		return n, err
	}
}

func TestTheLastKnownValueIsShownUntilTheNewOneIsThere(t *testing.T) {
	e := &Env{Ctx: t.Context(), Clock: clock.NewManual(later), Cache: kept{"n": 1}}
	var l Load[int]
	both, ok := l.Start(e, "n", number(2, nil))().(tea.BatchMsg)
	if !ok || len(both) != 2 {
		t.Fatal("the cache and the portal are asked at once")
	}
	if l.Take(both[0]()); l.Value != 1 || !l.At.Equal(then) || !l.Loading {
		t.Errorf("from the cache: %+v", l)
	}
	if l.Take(both[1]()); l.Value != 2 || !l.At.Equal(later) || l.Loading {
		t.Errorf("fresh: %+v", l)
	}
	if e.Cache.(kept)["n"] != 2 {
		t.Error("the next start does not know it")
	}
	// An older answer never comes over a newer one.
	if l.Take(both[0]()); l.Value != 2 {
		t.Errorf("the cache came over what is newer: %+v", l)
	}
}

func TestStaleDataStaysWhenALoadFailsAndSaysWhy(t *testing.T) {
	e := &Env{Ctx: t.Context(), Clock: clock.NewManual(later)}
	l := Load[int]{Value: 1, Fetching: Fetching{At: then}}
	down := errors.New("down")
	load := l.Start(e, "", number(0, down))
	if l.Value != 1 || !l.Known() || !l.Loading {
		t.Errorf("while loading: %+v", l)
	}
	if l.Take(load()); l.Value != 1 || !l.At.Equal(then) || !errors.Is(l.Err, down) {
		t.Errorf("after a failure: %+v", l)
	}
}

func TestANewLoadCancelsTheOneBefore(t *testing.T) {
	e := &Env{Ctx: t.Context(), Clock: clock.NewManual(later)}
	var l, other Load[int]
	cancelled := make(chan struct{})
	first := l.Start(e, "", func(ctx context.Context) (int, error) {
		<-ctx.Done()
		close(cancelled)
		return 1, nil // whatever it says
	})
	answer := make(chan tea.Msg)
	go func() { answer <- first() }()
	second := l.Start(e, "", number(2, nil))
	<-cancelled
	if m := <-answer; !l.Take(m) || l.Known() {
		t.Errorf("the load that was given up is shown: %+v", l)
	}
	m := second()
	if other.Take(m) {
		t.Error("a load took the answer of another")
	}
	if !l.Take(m) || l.Value != 2 {
		t.Errorf("%+v", l)
	}
	if m := l.Start(e, "", number(3, nil)); m != nil {
		l.Forget()
		if l.Take(m()); l.Known() {
			t.Errorf("after Forget: %+v", l)
		}
	}
}
