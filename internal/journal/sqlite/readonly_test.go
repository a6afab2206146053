package sqlite_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/journaltest"
	"github.com/epgu-cli/epgu/internal/journal/sqlite"
)

// whole is every file under dir with its bytes.
func whole(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		out[strings.TrimPrefix(path, dir)] = string(b)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func same(t *testing.T, dir string, before map[string]string) {
	t.Helper()
	after := whole(t, dir)
	for name, b := range before {
		if after[name] != b {
			t.Errorf("%s has changed", name)
		}
	}
	if len(after) != len(before) {
		t.Errorf("the folder had %d files, now %d", len(before), len(after))
	}
}

func copied(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

func sealedOpen(t *testing.T, dir string) journal.Journal {
	t.Helper()
	j, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func TestACopyIsVerifiedAndReadWithoutChangingAByte(t *testing.T) {
	for name, live := range map[string]bool{"of a closed journal": false, "of an open one, with its log": true} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			j := opener(dir)(t)
			if _, err := j.Plan(t.Context(), journaltest.NewRun("r", 700)); err != nil {
				t.Fatal(err)
			}
			if !live {
				if err := j.Close(); err != nil {
					t.Fatal(err)
				}
			}
			to := copied(t, dir)
			before := whole(t, to)
			if _, wal := before["/journal.db-wal"]; wal != live {
				t.Fatalf("the copy has a log: %v", wal)
			}
			c := sealedOpen(t, to)
			r, err := c.Verify(t.Context())
			if err != nil || r.Events != 700 || r.Bad != nil {
				t.Fatalf("%+v, %v", r, err)
			}
			n := 0
			for _, err := range c.Events(t.Context(), journal.EventFilter{}) {
				if err != nil {
					t.Fatal(err)
				}
				n++
			}
			if n != 700 {
				t.Errorf("%d events", n)
			}
			if _, err := c.Plan(t.Context(), journaltest.NewRun("s", 1)); fault.ExitOf(err) != exitcode.Conflict {
				t.Errorf("writing to a copy: %v", err)
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
			same(t, to, before)
			if live {
				if err := j.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestDamageOfACopyIsNamedAndTheCopyStays(t *testing.T) {
	for name, c := range map[string]struct {
		harm func(t *testing.T, dir string)
		want journal.Fault
	}{
		"an edited event": {func(t *testing.T, dir string) {
			raw(dir).Exec(t, "UPDATE events SET body = CAST(replace(CAST(body AS TEXT), 'amount', 'Amount') AS BLOB) WHERE seq = 3")
		}, journal.Edited},
		"its end cut off": {func(t *testing.T, dir string) { raw(dir).Exec(t, "DELETE FROM events WHERE seq > 690") }, journal.Truncated},
		"no database":     {func(t *testing.T, dir string) { gone(t, dir, "journal.db") }, journal.Truncated},
		"no mark":         {func(t *testing.T, dir string) { gone(t, dir, "journal.head") }, journal.Headless},
		"half of the file": {func(t *testing.T, dir string) {
			st, err := os.Stat(filepath.Join(dir, "journal.db"))
			if err == nil {
				err = os.Truncate(filepath.Join(dir, "journal.db"), st.Size()/2)
			}
			if err != nil {
				t.Fatal(err)
			}
		}, journal.Torn},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			fill(t, dir, 700)
			c.harm(t, dir)
			before := whole(t, dir)
			j := sealedOpen(t, dir)
			_, err := j.Verify(t.Context())
			var corrupt *journal.CorruptError
			if !errors.As(err, &corrupt) || corrupt.Bad.Fault != c.want {
				t.Errorf("%v, want %s", err, c.want)
			}
			if err := j.Close(); err != nil {
				t.Error(err)
			}
			same(t, dir, before)
		})
	}
}

func gone(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

func TestAFolderWithoutAJournalIsSaidToHaveNone(t *testing.T) {
	j := sealedOpen(t, t.TempDir())
	if _, err := j.Verify(t.Context()); fault.ExitOf(err) != exitcode.NotFound {
		t.Fatal(err)
	}
}
