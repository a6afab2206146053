//go:build unix

package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/journaltest"
	"github.com/epgu-cli/epgu/internal/journal/postgres"
)

func code(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Code
	}
	return fmt.Sprint(err)
}

func TestAServerThatCrashesLosesNothingThatWasAcknowledged(t *testing.T) {
	o := fresh(t)
	j := opener(o)(t)
	var mu sync.Mutex
	acked := map[string]bool{}
	var wg sync.WaitGroup
	begun := make(chan struct{}, 1)
	for w := range 6 {
		wg.Go(func() {
			for n := 0; ; n++ {
				p := journaltest.NewPayment(w*1_000_000 + n)
				_, err := j.Plan(context.Background(), []journal.Payment{p})
				if err != nil {
					if c := code(err); c != journal.CodeStore && c != journal.CodeUncertain && c != journal.CodeUnreached {
						t.Errorf("a crash of the server gives %v", err)
					}
					return
				}
				mu.Lock()
				acked[p.ID] = true
				if len(acked) == 50 {
					begun <- struct{}{}
				}
				mu.Unlock()
			}
		})
	}
	<-begun
	if err := server(t).Restart(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	journaltest.Holds(t, j)
	for id := range acked {
		if _, err := j.Payment(t.Context(), id); err != nil {
			t.Fatalf("acknowledged and lost: %v", err)
		}
	}
	if _, err := j.Plan(t.Context(), []journal.Payment{journaltest.NewPayment(9)}); err != nil {
		t.Fatalf("the same handle after the crash: %v", err)
	}
}

func TestAWorkerThatLostItsSessionLosesWhatOthersRecovered(t *testing.T) {
	o := fresh(t)
	a, b := opener(o)(t), opener(o)(t)
	ps := journaltest.NewRun("r", 2)
	if _, err := a.Plan(t.Context(), ps); err != nil {
		t.Fatal(err)
	}
	for _, p := range ps {
		if err := a.Move(t.Context(), []journal.Transition{journaltest.Step(p.ID, journal.Planned, journal.Claimed, journal.Engine),
			journaltest.Step(p.ID, journal.Claimed, journal.Sending, journal.Engine)}); err != nil {
			t.Fatal(err)
		}
	}
	cut := func() {
		c, err := pgx.Connect(t.Context(), o.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close(t.Context())
		if _, err := c.Exec(t.Context(), "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'epgu'"); err != nil {
			t.Fatal(err)
		}
	}
	// Cut off and back before anybody looks: it is still its own.
	cut()
	first := []journal.Transition{journaltest.Step(ps[0].ID, journal.Sending, journal.Accepted, journal.Engine)}
	if err := a.Move(t.Context(), first); err != nil && a.Move(t.Context(), first) != nil {
		t.Fatalf("the owner came back and was refused: %v", err)
	}
	cut()
	if got, err := b.Recover(t.Context()); err != nil && code(err) != journal.CodeUnreached {
		t.Fatal(err)
	} else if err != nil {
		if got, err = b.Recover(t.Context()); err != nil || got.Unknown != 1 {
			t.Fatalf("recovered %+v %v", got, err)
		}
	}
	second := []journal.Transition{journaltest.Step(ps[1].ID, journal.Sending, journal.Accepted, journal.Engine)}
	err := a.Move(t.Context(), second)
	if code(err) == journal.CodeUnreached { // its dead session was found out
		err = a.Move(t.Context(), second)
	}
	var stale *journal.StaleError
	if !errors.As(err, &stale) || stale.Actual != journal.Unknown {
		t.Fatalf("the worker that was taken for dead gets %v", err)
	}
}

func TestANewerSchemaOnTheServerIsRefusedUnlessItIsCompatible(t *testing.T) {
	for compat, refused := range map[int]bool{5: false, 6: true} {
		o := fresh(t)
		if _, err := opener(o)(t).Plan(t.Context(), []journal.Payment{journaltest.NewPayment(1)}); err != nil {
			t.Fatal(err)
		}
		superuser(t, o, fmt.Sprintf("UPDATE meta SET version = 6, compat = %d", compat))
		_, err := opener(o)(t).Plan(t.Context(), []journal.Payment{journaltest.NewPayment(2)})
		if refused && code(err) != journal.CodeNewer || !refused && err != nil {
			t.Errorf("compatible from version %d: %v", compat, err)
		}
	}
}

func TestThePasswordOfTheJournalIsNotInItsErrors(t *testing.T) {
	for _, url := range []string{"postgres://demo:hunter2@127.0.0.1:1/x?connect_timeout=1", "postgres://demo:hunter2@[bad/x"} {
		j, err := postgres.Open(t.Context(), postgres.Options{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		_, err = j.Counts(t.Context(), "r")
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v", err)
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestTheServersTablesThemselvesRefuseEdits(t *testing.T) {
	o := fresh(t)
	if _, err := opener(o)(t).Plan(t.Context(), journaltest.NewRun("r", 3)); err != nil {
		t.Fatal(err)
	}
	c, err := pgx.Connect(t.Context(), o.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	if _, err := c.Exec(t.Context(), "SET search_path = "+o.Schema); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{
		"UPDATE events SET at = 0", "DELETE FROM events", "TRUNCATE events", "DELETE FROM entries", "UPDATE entries SET key = 'x'", "UPDATE entries SET amount = 1",
		"INSERT INTO entries SELECT 99, 99, gen_random_uuid(), kind, key, 2, false, run, line, amount, state, owner, lease, live FROM entries WHERE first = 1",
		"INSERT INTO entries SELECT 99, 99, gen_random_uuid(), kind, key, 1, true, run, line, amount, state, owner, lease, live FROM entries WHERE first = 1",
	} {
		if _, err := c.Exec(t.Context(), s); err == nil {
			t.Errorf("%s was obeyed", s)
		}
	}
}
