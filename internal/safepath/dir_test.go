package safepath_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/safepath"
)

func codeOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}

func open(t *testing.T, path string) *safepath.Dir {
	t.Helper()
	d, err := safepath.OpenDir(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func save(d *safepath.Dir, name, content string, p safepath.Policy) (string, error) {
	f, err := d.Create(name, p)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if _, err := f.Write([]byte(content)); err != nil {
		return "", err
	}
	return f.Commit()
}

func listing(t *testing.T, dir string) map[string]string {
	t.Helper()
	es, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, e := range es {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil && e.Type()&fs.ModeSymlink == 0 {
			t.Fatal(err)
		}
		out[e.Name()] = string(b)
	}
	return out
}

func TestAFileAppearsUnderItsNameOnlyWhenComplete(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	d := open(t, dir)
	f, err := d.Create("../receipt.pdf", safepath.Refuse)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("all")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(filepath.Join(dir, "receipt.pdf")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("seen before commit: %v", err)
	}
	path, err := f.Commit()
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(dir, "receipt.pdf"); path != want {
		t.Errorf("path %q, want %q", path, want)
	}
	if _, err := f.Commit(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("second commit: %v", err)
	}
	if got := listing(t, dir); len(got) != 1 || got["receipt.pdf"] != "all" {
		t.Errorf("folder holds %v", got)
	}
}

func TestADroppedFileLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	f, err := open(t, dir).Create("x", safepath.Refuse)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if got := listing(t, dir); len(got) != 0 {
		t.Errorf("folder holds %v", got)
	}
}

func TestWhatIsThereIsTreatedByPolicy(t *testing.T) {
	for _, c := range []struct {
		name   string
		policy safepath.Policy
		code   string
		file   string
		old    string
	}{
		{"refuse", safepath.Refuse, safepath.CodeExists, "", "old"},
		{"number", safepath.Number, "", "a (3).tar.gz", "old"},
		{"overwrite", safepath.Overwrite, "", "a.tar.gz", "new"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for _, n := range []string{"a.tar.gz", "a (2).tar.gz"} {
				if err := os.WriteFile(filepath.Join(dir, n), []byte("old"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			path, err := save(open(t, dir), "a.tar.gz", "new", c.policy)
			if codeOf(err) != c.code || (err == nil) != (c.code == "") {
				t.Fatalf("error %v, want code %q", err, c.code)
			}
			if c.file != "" && path != filepath.Join(dir, c.file) {
				t.Errorf("saved as %q, want %q", path, c.file)
			}
			got := listing(t, dir)
			if got["a.tar.gz"] != c.old {
				t.Errorf("a.tar.gz holds %q, want %q", got["a.tar.gz"], c.old)
			}
			if c.file != "" && got[c.file] != "new" {
				t.Errorf("%s holds %q", c.file, got[c.file])
			}
		})
	}
}

func TestAFileThatAppearsDuringTheDownloadIsNotOverwritten(t *testing.T) {
	dir := t.TempDir()
	f, err := open(t, dir).Create("x", safepath.Refuse)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.WriteFile(filepath.Join(dir, "x"), []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Commit(); codeOf(err) != safepath.CodeExists {
		t.Errorf("commit: %v", err)
	}
	if got := listing(t, dir); len(got) != 1 || got["x"] != "theirs" {
		t.Errorf("folder holds %v", got)
	}
}

func TestASymlinkPlantedInTheFolderIsNotFollowed(t *testing.T) {
	outside := t.TempDir()
	for _, target := range []string{filepath.Join(outside, "victim"), filepath.Join(outside, "dangling"), "../inside", "."} {
		for _, policy := range []safepath.Policy{safepath.Refuse, safepath.Number, safepath.Overwrite} {
			if err := os.WriteFile(filepath.Join(outside, "victim"), []byte("victim"), 0o600); err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			if err := os.Symlink(target, filepath.Join(dir, "x.pdf")); err != nil {
				t.Skipf("skipped: no symlinks here: %v", err)
			}
			path, err := save(open(t, dir), "x.pdf", "new", policy)
			if policy == safepath.Number {
				if err != nil || path != filepath.Join(dir, "x (2).pdf") {
					t.Errorf("%s, number: %q, %v", target, path, err)
				}
			} else if codeOf(err) != safepath.CodeSymlink {
				t.Errorf("%s, policy %d: %v", target, policy, err)
			}
			if got := listing(t, outside); len(got) != 1 || got["victim"] != "victim" {
				t.Errorf("%s: outside holds %v", target, got)
			}
		}
	}
}

func TestASymlinkPlantedDuringTheDownloadIsNotFollowed(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "victim")
	for _, policy := range []safepath.Policy{safepath.Refuse, safepath.Overwrite} {
		dir := t.TempDir()
		f, err := open(t, dir).Create("x", policy)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(outside, filepath.Join(dir, "x")); err != nil {
			t.Skipf("skipped: no symlinks here: %v", err)
		}
		if _, err := f.Commit(); codeOf(err) != safepath.CodeSymlink {
			t.Errorf("policy %d: %v", policy, err)
		}
		if _, err := os.Lstat(outside); err == nil {
			t.Error("the link was followed")
		}
	}
}

func TestADirectoryInPlaceOfTheFileIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, policy := range []safepath.Policy{safepath.Refuse, safepath.Overwrite} {
		if _, err := save(open(t, dir), "x", "new", policy); codeOf(err) != safepath.CodeNotFile {
			t.Errorf("policy %d: %v", policy, err)
		}
	}
}

func TestSimultaneousDownloadsOfOneNameAllSurvive(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if _, err := save(d, "x.pdf", "content", safepath.Number); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got := listing(t, dir)
	if len(got) != 16 {
		t.Errorf("%d files, want 16: %v", len(got), got)
	}
	for n, c := range got {
		if c != "content" {
			t.Errorf("%s holds %q", n, c)
		}
	}
}
