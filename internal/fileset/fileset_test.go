package fileset_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/fileset"
)

func begin(t *testing.T, dir string, whole bool, names ...string) *fileset.Set {
	t.Helper()
	s, err := fileset.Begin(dir, "plan", whole)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		f, err := s.Create(n)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte("text of " + n)); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// visible lists the files that a person sees.
func visible(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path != dir && strings.HasPrefix(e.Name(), ".") {
			if e.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		if !e.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			out = append(out, rel)
		}
		return nil
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return out
}

// hidden lists everything else.
func hidden(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			out = append(out, e.Name())
		}
	}
	return out
}

func TestASetIsSeenAsAWholeWhereverItIsPut(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(dir string) error
		files   []string
		want    func(id string) []string
	}{
		"a folder that is not there":             {func(string) error { return nil }, []string{"a", "b"}, func(string) []string { return []string{"a", "b"} }},
		"an empty folder":                        {func(d string) error { return os.Mkdir(d, 0o755) }, []string{"a", "b"}, func(string) []string { return []string{"a", "b"} }},
		"one file in a folder with something in": {full, []string{"a"}, func(string) []string { return []string{"a", "old"} }},
		"several in a folder with something in":  {full, []string{"a", "b"}, func(id string) []string { return []string{"old", id + "/a", id + "/b"} }},
	} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			dir := filepath.Join(home, "bank")
			if err := c.prepare(dir); err != nil {
				t.Fatal(err)
			}
			before := visible(t, home)
			s := begin(t, dir, true, c.files...)
			if got := visible(t, home); !slices.Equal(got, before) {
				t.Fatalf("seen before it is complete: %v", got)
			}
			at, err := s.Publish()
			if err != nil {
				t.Fatal(err)
			}
			if got := visible(t, dir); !slices.Equal(got, c.want(s.ID())) {
				t.Errorf("seen: %v", got)
			}
			if b, err := os.ReadFile(filepath.Join(at, "a")); err != nil || string(b) != "text of a" {
				t.Errorf("%q %v", b, err)
			}
			if err := s.Drop(); err != nil {
				t.Error(err)
			}
			if left := append(hidden(t, home), hidden(t, dir)...); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
			if fate, path, err := fileset.Settle(dir, s.ID(), "a"); fate != fileset.Published || path != filepath.Join(at, "a") || err != nil {
				t.Errorf("settled as %v %q %v", fate, path, err)
			}
		})
	}
}

func full(dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "old"), []byte("old"), 0o600)
}

func TestAFileThatIsThereIsNeverReplaced(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bank")
	if err := full(dir); err != nil {
		t.Fatal(err)
	}
	s := begin(t, dir, true, "old")
	if _, err := s.Publish(); !os.IsExist(err) {
		t.Errorf("published: %v", err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "old")); err != nil || string(b) != "old" {
		t.Errorf("the old file: %q %v", b, err)
	}
	if err := s.Drop(); err != nil || len(hidden(t, dir)) > 0 {
		t.Errorf("left behind %v, %v", hidden(t, dir), err)
	}
}

func TestASetThatWasLeftIsWithdrawnAndCannotAppearLater(t *testing.T) {
	for _, whole := range []bool{true, false} {
		dir := filepath.Join(t.TempDir(), "bank")
		if err := full(dir); err != nil {
			t.Fatal(err)
		}
		if whole {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
		}
		s := begin(t, dir, whole, "a", "b")
		if fate, _, err := fileset.Settle(dir, s.ID(), "a"); fate != fileset.Alive || err != nil {
			t.Fatalf("while its process lives: %v %v", fate, err)
		}
		if left, err := fileset.Left(dir, "plan-"); err != nil || len(left) > 0 {
			t.Fatalf("left by the living: %v %v", left, err)
		}
		s.Die()
		for range 2 { // whoever settles it may die, too
			if fate, _, err := fileset.Settle(dir, s.ID(), "a"); fate != fileset.Withdrawn || err != nil {
				t.Fatalf("settled as %v %v", fate, err)
			}
		}
		if _, err := s.Publish(); err == nil {
			t.Error("a set that was withdrawn appeared")
		}
		if left, err := fileset.Left(dir, "other-"); err != nil || len(left) > 0 {
			t.Errorf("the sets of others: %v %v", left, err)
		}
		left, err := fileset.Left(dir, "plan-")
		if err != nil || !slices.Equal(left, []string{s.ID()}) {
			t.Errorf("left: %v %v", left, err)
		}
		if err := fileset.Remove(dir, s.ID()); err != nil {
			t.Fatal(err)
		}
		if left := hidden(t, filepath.Dir(dir)); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
		if fate, _, err := fileset.Settle(dir, s.ID(), "a"); fate != fileset.Gone || err != nil {
			t.Errorf("settled as %v %v", fate, err)
		}
	}
}

// A process that died between showing a single file and clearing up.
func TestAFileThatIsSeenIsPublishedWhateverElseIsLeft(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bank")
	if err := full(dir); err != nil {
		t.Fatal(err)
	}
	s := begin(t, dir, true, "a")
	if err := os.Link(filepath.Join(dir, ".epgu-"+s.ID()+".partial", "a"), filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	s.Die()
	if fate, _, err := fileset.Settle(dir, s.ID(), "a"); fate != fileset.Published || err != nil {
		t.Errorf("settled as %v %v", fate, err)
	}
}
