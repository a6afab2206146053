package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/journaltest"
)

func open(t testing.TB, dir string) journal.Journal {
	t.Helper()
	j, err := Open(t.Context(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func plan(t testing.TB, j journal.Journal, ps ...journal.Payment) error {
	t.Helper()
	_, err := j.Plan(t.Context(), ps)
	return err
}

// known asks whether a new process would take the journal as it is.
func known(t testing.TB, dir string) bool {
	t.Helper()
	s := &store{o: Options{Dir: dir, Wait: 1e9}, owner: "00000000-0000-7000-8000-000000000001"}
	s.marks = s.newMarks()
	_, known, err := s.Known(t.Context())
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	return known
}

// A process that saw no tables yet meets a head that another one has kept meanwhile.
func TestAJournalThatAnotherProcessMakesAtTheSameMomentIsNotDamaged(t *testing.T) {
	dir := t.TempDir()
	if err := plan(t, open(t, dir), journaltest.NewPayment(1)); err != nil {
		t.Fatal(err)
	}
	s := &store{o: Options{Dir: dir, Wait: 1e9}, owner: "00000000-0000-7000-8000-000000000001"}
	s.marks = s.newMarks()
	defer s.Close()
	db, err := s.database(true)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	c, err := s.connect(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := s.takeHead(t.Context(), c, 0); err != nil {
		t.Error(err)
	}
}

func TestThoseWhoBeginAJournalTogetherShareIt(t *testing.T) {
	for range 20 {
		dir := t.TempDir()
		var wg sync.WaitGroup
		for n := range 6 {
			j := open(t, dir)
			wg.Go(func() {
				if err := plan(t, j, journaltest.NewPayment(n)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
}

func TestAJournalThatOnlyThisProgrammeTouchesIsNeverVerifiedAsAWhole(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	if err := plan(t, j, journaltest.NewPayment(1)); err != nil {
		t.Fatal(err)
	}
	if !known(t, dir) {
		t.Error("not known beside a process that has it open")
	}
	// Enough for the log to go into the database more than once.
	for i := range 6 {
		ps := journaltest.NewRun("r", 5000)
		for k := range ps {
			ps[k] = journaltest.NewPayment(10 + i*5000 + k)
		}
		if err := plan(t, j, ps...); err != nil {
			t.Fatal(err)
		}
	}
	if !known(t, dir) {
		t.Error("not known after the log went into the database")
	}
	other := open(t, dir)
	for i := range 4 {
		for _, w := range []journal.Journal{j, other} {
			if err := plan(t, w, journaltest.NewPayment(100_000+10*i), journaltest.NewPayment(100_001+10*i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if !known(t, dir) {
		t.Error("not known after all have closed it")
	}
	reader := open(t, dir)
	if _, err := reader.Counts(t.Context(), "r"); err != nil {
		t.Fatal(err)
	}
	if err := reader.Close(); err != nil || !known(t, dir) {
		t.Errorf("not known after a reader: %v", err)
	}
}

func TestAJournalWithoutItsMarkIsVerifiedOnceAndGoesOn(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"removed": os.Remove,
		"emptied": func(p string) error { return os.Truncate(p, 0) },
		"scribbled": func(p string) error {
			return os.WriteFile(p, []byte("epgu journal mark 1 1 1 1 1 1 00000000\n"), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			j := open(t, dir)
			if err := plan(t, j, journaltest.NewPayment(1)); err != nil {
				t.Fatal(err)
			}
			for range 2 { // under an open journal, too
				if err := spoil(filepath.Join(dir, "journal.mark")); err != nil {
					t.Fatal(err)
				}
				if known(t, dir) {
					t.Fatal("known without its mark")
				}
				if err := plan(t, j, journaltest.NewPayment(2)); err != nil {
					t.Fatal(err)
				}
				if !known(t, dir) {
					t.Error("verified and written to, and still not known")
				}
				if err := j.Close(); err != nil {
					t.Fatal(err)
				}
				j = open(t, dir)
			}
		})
	}
}

// editor changes bytes of the database without SQLite.
func editor(t *testing.T, dir string, edit func([]byte) []byte) {
	t.Helper()
	path := filepath.Join(dir, "journal.db")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, edit(b), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestBytesChangedInTheDatabaseStopAllWriting(t *testing.T) {
	for name, edit := range map[string]func([]byte) []byte{
		"a word":          func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("sandbox"), []byte("sandb0x")) },
		"a page of zeros": func(b []byte) []byte { copy(b[len(b)/2/4096*4096:], make([]byte, 4096)); return b },
		"half of it":      func(b []byte) []byte { return b[:len(b)/2/4096*4096] },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			j := open(t, dir)
			if err := plan(t, j, journaltest.NewRun("r", 300)...); err != nil {
				t.Fatal(err)
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			running := open(t, dir)
			if err := plan(t, running, journaltest.NewPayment(1000)); err != nil {
				t.Fatal(err)
			}
			editor(t, dir, edit)
			for who, j := range map[string]journal.Journal{"a process that runs": running, "a new process": open(t, dir)} {
				var corrupt *journal.CorruptError
				for range 2 {
					if err := plan(t, j, journaltest.NewPayment(1001)); !errors.As(err, &corrupt) {
						t.Errorf("%s writes: %v", who, err)
					}
				}
			}
		})
	}
}

// Rows that no trigger guards may be changed by another programme without a change
// of the schema, and the file of the database stays as it is while the journal is
// open.
func TestRowsChangedBesideARunningProcessStopItsWriting(t *testing.T) {
	for _, s := range []string{"UPDATE entries SET owner = 'x' WHERE first = 2", "UPDATE tallies SET amount = amount + 1",
		"INSERT INTO events SELECT max(seq) + 1, at, subject, kind, previous, body, hash FROM events"} {
		t.Run(strings.Fields(s)[0]+strings.Fields(s)[1], func(t *testing.T) {
			dir := t.TempDir()
			j := open(t, dir)
			if err := plan(t, j, journaltest.NewRun("r", 5)...); err != nil {
				t.Fatal(err)
			}
			db, err := sql.Open("sqlite", filepath.Join(dir, "journal.db"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.ExecContext(context.Background(), s); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			var corrupt *journal.CorruptError
			if err := plan(t, j, journaltest.NewPayment(1000)); !errors.As(err, &corrupt) {
				t.Errorf("a process that runs writes: %v", err)
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			if err := plan(t, open(t, dir), journaltest.NewPayment(1000)); !errors.As(err, &corrupt) {
				t.Errorf("a new process writes: %v", err)
			}
		})
	}
}

func FuzzAMarkIsWholeOrNothing(f *testing.F) {
	f.Add([]byte(mark{schema: 12, file: trace{4096, 1, 2, 3}}.String()))
	f.Add([]byte("epgu journal mark 1 12 4096 1 2 3 00000000\n"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, ok := parseMark(b); ok && m.String() != string(b) {
			t.Fatalf("%q was read as %v", b, m)
		}
	})
}
