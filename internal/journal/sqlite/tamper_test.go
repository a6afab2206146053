package sqlite_test

import (
	"bytes"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/journaltest"
)

// raw opens the database of dir behind the journal's back.
func raw(dir string) journaltest.Raw {
	return journaltest.Raw{
		Blob: func(hex string) string { return "x'" + hex + "'" },
		Exec: func(t testing.TB, statements ...string) {
			t.Helper()
			db, err := sql.Open("sqlite", filepath.Join(dir, "journal.db"))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			for _, trigger := range []string{"events_stay", "events_keep", "entries_one", "entries_final", "entries_fixed", "entries_keep"} {
				statements = append([]string{"DROP TRIGGER " + trigger}, statements...)
			}
			for _, s := range statements {
				if _, err := db.Exec(s); err != nil {
					t.Fatalf("%s: %v", s, err)
				}
			}
		},
	}
}

func TestSQLiteNamesEveryTampering(t *testing.T) {
	journaltest.Tamper(t, func(t testing.TB) (journaltest.Opener, journaltest.Raw) {
		dir := t.TempDir()
		return opener(dir), raw(dir)
	})
}

func TestTheTablesThemselvesRefuseEdits(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 3)
	db, err := sql.Open("sqlite", filepath.Join(dir, "journal.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range []string{
		"UPDATE events SET at = 0", "DELETE FROM events", "DELETE FROM entries", "UPDATE entries SET key = 'x'", "UPDATE entries SET amount = 1",
		"INSERT INTO entries SELECT 99, 99, x'00', kind, key, 2, 0, run, row, amount, state, owner, lease, live FROM entries WHERE first = 1",
		"INSERT INTO entries SELECT 99, 99, x'00', kind, key, 1, 0, run, row, amount, state, owner, lease, live FROM entries WHERE first = 1",
	} {
		if _, err := db.Exec(s); err == nil {
			t.Errorf("%s was obeyed", s)
		}
	}
}

// fill plans n payments in dir and closes the journal.
func fill(t testing.TB, dir string, n int) {
	t.Helper()
	j := opener(dir)(t)
	if _, err := j.Plan(t.Context(), journaltest.NewRun("r", n)); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

// damaged wants Verify and Plan to find the fault, and every file to stay as it
// is.
func damaged(t *testing.T, dir string, want journal.Fault) {
	t.Helper()
	before := files(t, dir)
	j := opener(dir)(t)
	_, err := j.Plan(t.Context(), []journal.Payment{journaltest.NewPayment(900)})
	var e *journal.CorruptError
	if !errors.As(err, &e) || e.Bad.Fault != want {
		t.Errorf("writing: %v, want %s", err, want)
	}
	r, err := j.Verify(t.Context())
	if !errors.As(err, &e) || e.Bad.Fault != want || r.Bad == nil || (want != journal.Headless && e.Bad.Seq == 0) {
		t.Errorf("verifying: %v %+v, want %s", err, r.Bad, want)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
	after := files(t, dir)
	for _, name := range []string{"journal.db", "journal.head"} {
		if !bytes.Equal(before[name], after[name]) {
			t.Errorf("%s was changed", name)
		}
	}
}

func files(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for _, name := range []string{"journal.db", "journal.db-wal", "journal.head"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		out[name] = b
	}
	return out
}

func TestADatabaseCutInTheMiddleIsTorn(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 500)
	path := filepath.Join(dir, "journal.db")
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, st.Size()/2); err != nil {
		t.Fatal(err)
	}
	damaged(t, dir, journal.Torn)
}

func TestAFileThatIsNoDatabaseIsTorn(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 50)
	b := files(t, dir)["journal.db"]
	copy(b, "garbage garbage garbage")
	if err := os.WriteFile(filepath.Join(dir, "journal.db"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	damaged(t, dir, journal.Torn)
}

func TestALostHeadIsNoticed(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"removed":   os.Remove,
		"emptied":   func(p string) error { return os.Truncate(p, 0) },
		"scribbled": func(p string) error { return os.WriteFile(p, bytes.Repeat([]byte("x"), 256), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			fill(t, dir, 3)
			if err := spoil(filepath.Join(dir, "journal.head")); err != nil {
				t.Fatal(err)
			}
			damaged(t, dir, journal.Headless)
		})
	}
}

func TestADeletedDatabaseIsNotReplacedByAnEmptyOne(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 3)
	if err := os.Remove(filepath.Join(dir, "journal.db")); err != nil {
		t.Fatal(err)
	}
	j := opener(dir)(t)
	var e *journal.CorruptError
	if _, err := j.Verify(t.Context()); !errors.As(err, &e) || e.Bad.Fault != journal.Truncated || e.Bad.Seq != 1 {
		t.Errorf("verifying: %v", err)
	}
	if _, err := j.Plan(t.Context(), []journal.Payment{journaltest.NewPayment(1)}); !errors.As(err, &e) || e.Bad.Fault != journal.Truncated {
		t.Errorf("writing: %v", err)
	}
}

func TestAnOlderCopyPutBackIsTruncated(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 10)
	old := files(t, dir)["journal.db"]
	j := opener(dir)(t)
	if _, err := j.Plan(t.Context(), []journal.Payment{journaltest.NewPayment(100)}); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "journal.db"), old, 0o600); err != nil {
		t.Fatal(err)
	}
	damaged(t, dir, journal.Truncated)
}

// After a crash the last commits are in the WAL alone.
func TestAWALCutAtItsEndIsTruncated(t *testing.T) {
	dir, crashed := t.TempDir(), t.TempDir()
	j := opener(dir)(t)
	for i := range 20 {
		if _, err := j.Plan(t.Context(), []journal.Payment{journaltest.NewPayment(i)}); err != nil {
			t.Fatal(err)
		}
	}
	// The next call is answered only after the head of the one before was kept.
	if _, err := j.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, b := range files(t, dir) {
		if name == "journal.db-wal" {
			if len(b) < 64<<10 {
				t.Fatalf("the WAL holds only %d bytes", len(b))
			}
			b = b[:len(b)/2]
		}
		if err := os.WriteFile(filepath.Join(crashed, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	j = opener(crashed)(t)
	var e *journal.CorruptError
	if _, err := j.Plan(t.Context(), []journal.Payment{journaltest.NewPayment(900)}); !errors.As(err, &e) || e.Bad.Fault != journal.Truncated {
		t.Errorf("writing: %v", err)
	}
	if _, err := j.Verify(t.Context()); !errors.As(err, &e) || e.Bad.Fault != journal.Truncated || e.Bad.Seq < 2 || e.Bad.Seq > 20 {
		t.Errorf("verifying: %v", err)
	}
}
