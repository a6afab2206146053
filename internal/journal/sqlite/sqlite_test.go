package sqlite_test

import (
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
