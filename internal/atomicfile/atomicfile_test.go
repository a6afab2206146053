package atomicfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/epgu-cli/epgu/internal/atomicfile"
)

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	es, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range es {
		out = append(out, e.Name())
	}
	return out
}

func TestWriteReplacesTheWholeFileAndLeavesNothingElse(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state.json")
	for _, want := range []string{"a long first version", "short"} {
		if err := atomicfile.Write(path, []byte(want), 0); err != nil {
			t.Fatal(err)
		}
		if got := read(t, path); got != want {
			t.Errorf("content %q, want %q", got, want)
		}
	}
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("left in the directory: %v", got)
	}
}

func TestTheModeIs0600UnlessAskedOtherwise(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: Windows has no permission bits")
	}
	dir := t.TempDir()
	for _, c := range []struct{ ask, want fs.FileMode }{{0, 0o600}, {0o600, 0o600}, {0o644, 0o644}} {
		path := filepath.Join(dir, c.want.String()+c.ask.String())
		// A looser old version must not lend its mode to the new one.
		if err := os.WriteFile(path, []byte("old"), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := atomicfile.Write(path, []byte("x"), c.ask); err != nil {
			t.Fatal(err)
		}
		fi, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if fi.Mode().Perm() != c.want {
			t.Errorf("asked %o: mode %o, want %o", c.ask, fi.Mode().Perm(), c.want)
		}
	}
}

func TestAnUncommittedVersionIsNeverSeen(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state")
	if err := atomicfile.Write(path, []byte("old"), 0); err != nil {
		t.Fatal(err)
	}
	f, err := atomicfile.Create(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("half of the n")); err != nil {
		t.Fatal(err)
	}
	if got := read(t, path); got != "old" {
		t.Errorf("content before commit %q", got)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("commit after close: %v", err)
	}
	if got := read(t, path); got != "old" {
		t.Errorf("content after close %q", got)
	}
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("left in the directory: %v", got)
	}
}

func TestASymlinkInPlaceOfTheTargetIsRefused(t *testing.T) {
	dir := t.TempDir()
	victim := filepath.Join(dir, "victim")
	link := filepath.Join(dir, "state")
	if err := os.WriteFile(victim, []byte("victim"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(victim, link); err != nil {
		t.Skipf("skipped: no symlinks here: %v", err)
	}
	if err := atomicfile.Write(link, []byte("x"), 0); !errors.Is(err, atomicfile.ErrSymlink) {
		t.Errorf("write through a link: %v", err)
	}
	if got := read(t, victim); got != "victim" {
		t.Errorf("the link's target became %q", got)
	}
}

func TestASymlinkPlantedWhileWritingIsRefused(t *testing.T) {
	dir := t.TempDir()
	victim := filepath.Join(dir, "victim")
	if err := os.WriteFile(victim, []byte("victim"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "state")
	f, err := atomicfile.Create(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.Symlink(victim, path); err != nil {
		t.Skipf("skipped: no symlinks here: %v", err)
	}
	if err := f.Commit(); !errors.Is(err, atomicfile.ErrSymlink) {
		t.Errorf("commit over a planted link: %v", err)
	}
	if got := read(t, victim); got != "victim" {
		t.Errorf("the link's target became %q", got)
	}
}

func TestADirectoryInPlaceOfTheTargetIsRefused(t *testing.T) {
	if err := atomicfile.Write(t.TempDir(), []byte("x"), 0); !errors.Is(err, atomicfile.ErrNotRegular) {
		t.Errorf("got %v", err)
	}
}

func TestRemoveStaleTakesOnlyTheLeftoversOfItsOwnFile(t *testing.T) {
	dir := t.TempDir()
	for _, n := range []string{".a~123.tmp", ".a~9.tmp", ".a.b~1.tmp", ".a~keep", "a", "a~1.tmp"} {
		if err := os.WriteFile(filepath.Join(dir, n), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := atomicfile.RemoveStale(filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	got := names(t, dir)
	want := []string{".a.b~1.tmp", ".a~keep", "a", "a~1.tmp"}
	if len(got) != len(want) {
		t.Fatalf("left %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("left %v, want %v", got, want)
		}
	}
}
