package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/journaltest"
	"github.com/epgu-cli/epgu/internal/journal/sqlite"
)

func TestOpeningTouchesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state", "journal")
	j, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("the folder is there: %v", err)
	}
}

func TestOnlyTheUserMayReadTheJournal(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "journal")
	j := opener(dir)(t)
	if _, err := j.Plan(t.Context(), []journal.Payment{journaltest.NewPayment(1)}); err != nil {
		t.Fatal(err)
	}
	seen := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		st, err := d.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		if st.Mode().Perm() != want {
			t.Errorf("%s has mode %o, want %o", path, st.Mode().Perm(), want)
		}
		seen++
		return nil
	})
	if err != nil || seen < 7 {
		t.Fatalf("%d files, %v", seen, err)
	}
}

func TestAClosedJournalLeavesNothingRunning(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	dir := t.TempDir()
	fill(t, dir, 10)
	owners, err := os.ReadDir(filepath.Join(dir, "owners"))
	if err != nil || len(owners) != 0 {
		t.Errorf("owners left: %v %v", owners, err)
	}
}

func TestANewerSchemaIsRefusedUnlessItIsCompatible(t *testing.T) {
	for compat, refused := range map[int]bool{4: false, 5: true} {
		dir := t.TempDir()
		fill(t, dir, 1)
		db, err := sql.Open("sqlite", filepath.Join(dir, "journal.db"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec("UPDATE meta SET version = 5, compat = ?", compat); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		j := opener(dir)(t)
		_, write := j.Plan(t.Context(), []journal.Payment{journaltest.NewPayment(50)})
		_, read := j.Counts(t.Context(), "r")
		for _, err := range []error{write, read} {
			var f *fault.Error
			if refused && (!errors.As(err, &f) || f.Code != journal.CodeNewer || f.Exit != exitcode.Conflict) || !refused && err != nil {
				t.Errorf("compatible from version %d: %v", compat, err)
			}
		}
	}
}

// untilFull plans until there is no space left, and returns what was acknowledged.
func untilFull(t *testing.T, j journal.Journal) []journal.Payment {
	t.Helper()
	var kept []journal.Payment
	for i := range 10_000 {
		ps := make([]journal.Payment, 20)
		for k := range ps {
			ps[k] = journaltest.NewPayment(i*20 + k)
		}
		_, err := j.Plan(context.Background(), ps)
		if err == nil {
			kept = append(kept, ps...)
			continue
		}
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != journal.CodeNoSpace {
			t.Fatalf("a full disk gives %v", err)
		}
		for _, p := range ps {
			if _, err := j.Payment(context.Background(), p.ID); err == nil {
				t.Fatalf("%s is journalled, although the call failed", p.ID)
			}
		}
		return kept
	}
	t.Fatal("the disk never filled")
	return nil
}

// intact wants every acknowledged payment to be there and the chain to hold.
func intact(t *testing.T, j journal.Journal, kept []journal.Payment) {
	t.Helper()
	if r := journaltest.Holds(t, j); r.Records != int64(len(kept)) {
		t.Fatalf("%d records, %d were acknowledged", r.Records, len(kept))
	}
	for _, p := range kept {
		if _, err := j.Payment(t.Context(), p.ID); err != nil {
			t.Fatal(fmt.Errorf("acknowledged and lost: %w", err))
		}
	}
}
