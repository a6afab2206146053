package sqlite_test

import (
	"errors"
	"testing"

	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/journaltest"
	"github.com/epgu-cli/epgu/internal/journal/sqlite"
)

// opener returns an opener of the journal in dir; what it opens is closed with
// the test.
func opener(dir string) journaltest.Opener {
	return func(t testing.TB) journal.Journal {
		t.Helper()
		j, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := j.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
		return j
	}
}

func TestSQLiteKeepsTheContract(t *testing.T) {
	journaltest.Run(t, func(t testing.TB) journaltest.Opener { return opener(t.TempDir()) })
}

func TestSQLiteAnswersAsTheModelDoes(t *testing.T) {
	journaltest.Property(t, func(t testing.TB) journaltest.Opener { return opener(t.TempDir()) })
}

// What a journal has in hand it knows without reading; what another has moved
// meanwhile it must not.
func TestWhatAnotherHasMovedIsNotTakenFromMemory(t *testing.T) {
	open := opener(t.TempDir())
	mine, other := open(t), open(t)
	ps := journaltest.NewRun("r", 3)
	if _, err := mine.Begin(t.Context(), ps); err != nil {
		t.Fatal(err)
	}
	move := func(j journal.Journal, i int, w journal.Witness) error {
		return j.Move(t.Context(), []journal.Transition{{ID: ps[i].ID, From: journal.Sending, To: journal.Accepted, Evidence: journal.Evidence{Witness: w}}})
	}
	if err := move(mine, 0, journal.Engine); err != nil {
		t.Fatal(err)
	}
	if err := move(other, 1, journal.PortalByID); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		var stale *journal.StaleError
		if err := move(mine, i, journal.Engine); !errors.As(err, &stale) || stale.Actual != journal.Accepted {
			t.Errorf("payment %d moved twice: %v", i, err)
		}
	}
	if err := move(mine, 2, journal.Engine); err != nil {
		t.Error(err)
	}
	journaltest.Holds(t, mine)
}
