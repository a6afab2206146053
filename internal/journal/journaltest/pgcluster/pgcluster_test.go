//go:build unix

package pgcluster_test

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/epgu-cli/epgu/internal/journal/journaltest/pgcluster"
)

func TestAServerThatWasKilledComesBackWithWhatItHad(t *testing.T) {
	c, err := pgcluster.Start(pgcluster.Memory())
	if errors.Is(err, pgcluster.ErrAbsent) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	run := func(sql string) error {
		s, err := pgx.Connect(t.Context(), c.URL)
		if err != nil {
			return err
		}
		defer s.Close(t.Context())
		_, err = s.Exec(t.Context(), sql)
		return err
	}
	if err := run("CREATE TABLE kept (n integer); INSERT INTO kept VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := c.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := run("INSERT INTO kept SELECT max(n) + 1 FROM kept"); err != nil {
			t.Fatal(err)
		}
	}
}
