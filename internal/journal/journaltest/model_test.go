package journaltest_test

import (
	"testing"

	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/journaltest"
)

func TestTheModelKeepsTheContract(t *testing.T) {
	journaltest.Run(t, func(testing.TB) journaltest.Opener {
		m := journaltest.NewModel()
		return func(testing.TB) journal.Journal { return m.Open() }
	})
}
