//go:build unix

package sqlite_test

import (
	"context"
	"os"
	"testing"

	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/journaltest"
	"github.com/epgu-cli/epgu/internal/journal/sqlite"
)

func TestMain(m *testing.M) {
	journaltest.ChildMain(func(place string) (journal.Journal, error) {
		return sqlite.Open(context.Background(), sqlite.Options{Dir: place})
	})
	os.Exit(m.Run())
}

func TestAKilledProcessLosesNothingThatWasAcknowledged(t *testing.T) {
	dir := t.TempDir()
	journaltest.Crash(t, dir, opener(dir), 100)
}

func TestALivingProcessKeepsWhatItSends(t *testing.T) {
	dir := t.TempDir()
	journaltest.TwoProcesses(t, dir, opener(dir))
}
