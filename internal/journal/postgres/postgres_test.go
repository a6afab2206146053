//go:build unix

package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/journaltest"
	"github.com/epgu-cli/epgu/internal/journal/journaltest/pgcluster"
	"github.com/epgu-cli/epgu/internal/journal/postgres"
)

var (
	cluster *pgcluster.Cluster // nil where there is no server
	schemas atomic.Int64
)

func TestMain(m *testing.M) {
	journaltest.ChildMain(func(place string) (journal.Journal, error) {
		url, schema, _ := strings.Cut(place, "\n")
		return postgres.Open(context.Background(), postgres.Options{URL: url, Schema: schema})
	})
	c, err := pgcluster.Start(pgcluster.Memory(), "fsync=off", "shared_buffers=64MB")
	if err != nil && !errors.Is(err, pgcluster.ErrAbsent) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	cluster = c
	code := m.Run()
	if c != nil {
		if err := c.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// server skips the test where there is no PostgreSQL.
func server(t testing.TB) *pgcluster.Cluster {
	t.Helper()
	if cluster == nil {
		t.Skip(pgcluster.ErrAbsent)
	}
	return cluster
}

// fresh returns the options of a journal that does not exist yet.
func fresh(t testing.TB) postgres.Options {
	return postgres.Options{URL: server(t).URL, Schema: fmt.Sprintf("j%d", schemas.Add(1))}
}

func opener(o postgres.Options) journaltest.Opener {
	return func(t testing.TB) journal.Journal {
		t.Helper()
		j, err := postgres.Open(t.Context(), o)
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

func TestPostgreSQLKeepsTheContract(t *testing.T) {
	server(t)
	journaltest.Run(t, func(t testing.TB) journaltest.Opener { return opener(fresh(t)) })
}

func TestPostgreSQLAnswersAsTheModelDoes(t *testing.T) {
	server(t)
	journaltest.Property(t, func(t testing.TB) journaltest.Opener { return opener(fresh(t)) })
}

func TestAKilledWorkerLosesNothingThatWasAcknowledged(t *testing.T) {
	o := fresh(t)
	journaltest.Crash(t, o.URL+"\n"+o.Schema, opener(o), 100)
}

func TestALivingWorkerKeepsWhatItSends(t *testing.T) {
	o := fresh(t)
	journaltest.TwoProcesses(t, o.URL+"\n"+o.Schema, opener(o))
}

func TestPostgreSQLNamesEveryTampering(t *testing.T) {
	server(t)
	journaltest.Tamper(t, func(t testing.TB) (journaltest.Opener, journaltest.Raw) {
		o := fresh(t)
		return opener(o), journaltest.Raw{
			Blob: func(hex string) string { return `'\x` + hex + "'" },
			Exec: func(t testing.TB, statements ...string) { superuser(t, o, statements...) },
		}
	})
}

// superuser runs statements that the triggers do not see.
func superuser(t testing.TB, o postgres.Options, statements ...string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), o.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	before := []string{"SET search_path = " + o.Schema}
	var after []string
	for _, table := range []string{"events", "entries", "tallies"} {
		before = append(before, "ALTER TABLE "+table+" DISABLE TRIGGER ALL")
		after = append(after, "ALTER TABLE "+table+" ENABLE TRIGGER ALL")
	}
	for _, s := range slices.Concat(before, statements, after) {
		if _, err := c.Exec(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func TestTheTablesOnTheServerThemselvesRefuseEdits(t *testing.T) {
	o := fresh(t)
	j := opener(o)(t)
	if _, err := j.Plan(t.Context(), journaltest.NewRun("r", 3)); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{
		"UPDATE events SET at = 0", "DELETE FROM events", "TRUNCATE events", "DELETE FROM entries", "UPDATE entries SET key = 'x'", "UPDATE entries SET state = 'unknown'",
		"UPDATE tallies SET n = n + 1", "DELETE FROM tallies", "TRUNCATE tallies",
	} {
		c, err := pgx.Connect(t.Context(), o.URL)
		if err != nil {
			t.Fatal(err)
		}
		// Not even a session that says it repeats what another server has done.
		if _, err := c.Exec(t.Context(), "SET search_path = "+o.Schema+"; SET session_replication_role = replica; "+s); err == nil {
			t.Errorf("%s was obeyed", s)
		}
		if err := c.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if _, err := j.Plan(t.Context(), []journal.Payment{journaltest.NewPayment(50)}); err != nil {
		t.Errorf("what was refused stops the journal: %v", err)
	}
	journaltest.Holds(t, j)
}

func TestAnEventThatDoesNotFollowIsFoundBeforeWriting(t *testing.T) {
	o := fresh(t)
	if _, err := opener(o)(t).Plan(t.Context(), journaltest.NewRun("r", 3)); err != nil {
		t.Fatal(err)
	}
	c, err := pgx.Connect(t.Context(), o.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	for _, s := range []string{"SET search_path = " + o.Schema, "INSERT INTO events SELECT 4, at, subject, kind, previous, body, hash FROM events WHERE seq = 3", "UPDATE head SET seq = 4"} {
		if _, err := c.Exec(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	var corrupt *journal.CorruptError
	if _, err := opener(o)(t).Plan(t.Context(), []journal.Payment{journaltest.NewPayment(50)}); !errors.As(err, &corrupt) || corrupt.Bad.Seq != 4 {
		t.Errorf("writing: %v", err)
	}
}
