package store_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

func counter(fill int) store.Schema {
	return store.Schema{Name: "counter",
		Migrations: []string{"CREATE TABLE counter(n INTEGER NOT NULL) STRICT; CREATE TABLE kept(n INTEGER NOT NULL) STRICT"},
		Keep:       []string{"kept"},
		Fill: func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, "INSERT INTO counter VALUES(?)", fill)
			return err
		}}
}

func open(t *testing.T, dir string, schemas ...store.Schema) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), dir, schemas...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func number(t *testing.T, db *store.DB, query string) (n int) {
	t.Helper()
	if err := db.Read(t.Context(), func(tx *sql.Tx) error { return tx.QueryRow(query).Scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTwoOpeningsOfOneFileLoseNoWrite(t *testing.T) {
	dir := t.TempDir()
	a, b := open(t, dir, counter(0)), open(t, dir, counter(0))
	const each = 50
	var wg sync.WaitGroup
	for _, db := range []*store.DB{a, b, a, b} {
		wg.Go(func() {
			for range each {
				err := db.Write(t.Context(), func(tx *sql.Tx) error {
					var n int
					if err := tx.QueryRow("SELECT n FROM counter").Scan(&n); err != nil {
						return err
					}
					_, err := tx.Exec("UPDATE counter SET n = ?", n+1)
					return err
				})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if n := number(t, a, "SELECT n FROM counter"); n != 4*each {
		t.Errorf("%d of %d writes survived", n, 4*each)
	}
}

func TestTheStateIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "portal")
	db := open(t, dir, counter(0))
	number(t, db, "SELECT n FROM counter")
	for name, want := range map[string]os.FileMode{"": 0o700, store.FileName: 0o600, store.FileName + "-wal": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%q has mode %o, want %o", name, got, want)
		}
	}
}

func TestAFolderMayHaveAnyName(t *testing.T) {
	for _, name := range []string{"with space", "процент % и ?", "a#b&c=d", "q?_pragma=x"} {
		dir := filepath.Join(t.TempDir(), name)
		db := open(t, dir, counter(3))
		if n := number(t, db, "SELECT n FROM counter"); n != 3 {
			t.Errorf("%q: %d", name, n)
		}
		if _, err := os.Stat(filepath.Join(dir, store.FileName)); err != nil {
			t.Error(err)
		}
	}
}

func TestAFailedWriteLeavesNothing(t *testing.T) {
	db := open(t, t.TempDir(), counter(0))
	boom := errors.New("boom")
	err := db.Write(t.Context(), func(tx *sql.Tx) error {
		if _, err := tx.Exec("UPDATE counter SET n = 7"); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatalf("got %v", err)
	}
	if n := number(t, db, "SELECT n FROM counter"); n != 0 {
		t.Errorf("n = %d", n)
	}
}

func TestAWriteWhoseAskerHasGoneIsCancelledAndLeavesNothing(t *testing.T) {
	db := open(t, t.TempDir(), counter(1))
	ctx, cancel := context.WithCancel(t.Context())
	err := db.Write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec("UPDATE counter SET n = 2"); err != nil {
			return err
		}
		cancel()
		for { // until the transaction has been taken away
			if _, err := tx.Exec("UPDATE counter SET n = 3"); err != nil {
				return err
			}
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if n := number(t, db, "SELECT n FROM counter"); n != 1 {
		t.Errorf("the counter is %d", n)
	}
}

func TestAReadCannotWrite(t *testing.T) {
	db := open(t, t.TempDir(), counter(0))
	err := db.Read(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec("UPDATE counter SET n = 7")
		return err
	})
	if err == nil {
		t.Error("a reading transaction wrote")
	}
}

func TestASchemaGrowsAndAnOlderProgramRefusesTheFile(t *testing.T) {
	dir := t.TempDir()
	old := counter(3)
	first := open(t, dir, old)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	grown := old
	grown.Migrations = append([]string{}, old.Migrations...)
	grown.Migrations = append(grown.Migrations, "ALTER TABLE counter ADD COLUMN extra INTEGER NOT NULL DEFAULT 5")
	db := open(t, dir, grown)
	if n := number(t, db, "SELECT n + extra FROM counter"); n != 8 {
		t.Errorf("n + extra = %d: the fill ran again or the migration did not", n)
	}
	if _, err := store.Open(t.Context(), dir, old); !errors.Is(err, store.ErrNewer) {
		t.Errorf("an older program got %v", err)
	}
}

func TestResetKeepsWhatItMustAndFillsTheRestAnew(t *testing.T) {
	db := open(t, t.TempDir(), counter(3))
	if err := db.Write(t.Context(), func(tx *sql.Tx) error {
		if err := store.SetSetting(t.Context(), tx, store.KeptSetting+"seed", "1"); err != nil {
			return err
		}
		if err := store.SetSetting(t.Context(), tx, "other", "1"); err != nil {
			return err
		}
		if _, err := store.AddEvent(t.Context(), tx, store.Event{Kind: "test"}); err != nil {
			return err
		}
		_, err := tx.Exec("UPDATE counter SET n = 100; INSERT INTO kept VALUES(42)")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]int{
		"SELECT n FROM counter":         3,
		"SELECT count(*) FROM counter":  1,
		"SELECT n FROM kept":            42,
		"SELECT count(*) FROM settings": 1,
		"SELECT count(*) FROM events":   0,
	} {
		if got := number(t, db, query); got != want {
			t.Errorf("%s = %d, want %d", query, got, want)
		}
	}
}
