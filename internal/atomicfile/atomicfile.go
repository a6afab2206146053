// Package atomicfile replaces a file as a whole or not at all: a reader, and a
// machine that loses power, sees the old content or the new one, never a mix.
// It is a leaf: every package may import it.
package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrSymlink reports that the target is a symbolic link. A link in the place
// of a secret is a trap or a mistake, so it is never followed nor replaced.
var ErrSymlink = errors.New("target is a symbolic link")

// ErrNotRegular reports that the target is a directory, a device or another
// thing that is no regular file.
var ErrNotRegular = errors.New("target is not a regular file")

// tempSuffix ends the names of files that are not complete yet.
const tempSuffix = ".tmp"

// File is a new version of a file that nobody sees until Commit. Exactly one
// goroutine may use it.
type File struct {
	f      *os.File
	target string
	done   bool
}

// Create starts a new version of the file at path with permissions mode (0
// means 0600). The bytes go to a temporary file in the same directory, which
// must exist. It returns ErrSymlink or ErrNotRegular when the target is one.
func Create(path string, mode fs.FileMode) (*File, error) {
	if mode == 0 {
		mode = 0o600
	}
	if err := checkTarget(path); err != nil {
		return nil, err
	}
	dir, base := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	// CreateTemp opens with O_EXCL and 0600, so a planted link is not followed
	// and nobody else can read the bytes before the mode is widened.
	f, err := os.CreateTemp(dir, tempPrefix(base)+"*"+tempSuffix)
	if err != nil {
		return nil, err
	}
	if mode != 0o600 {
		if err := f.Chmod(mode); err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
			return nil, err
		}
	}
	return &File{f: f, target: path}, nil
}

// Write adds bytes to the new version.
func (f *File) Write(p []byte) (int, error) { return f.f.Write(p) }

// Commit makes the new version durable and puts it in the place of the old
// one. After an error the old version is untouched, except that an error of
// the last step, flushing the directory, leaves the new version in place
// without the promise that it survives a power cut.
func (f *File) Commit() error {
	if f.done {
		return fs.ErrClosed
	}
	f.done = true
	name := f.f.Name()
	err := f.f.Sync()
	if cerr := f.f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = checkTarget(f.target)
	}
	if err == nil {
		err = replace(name, f.target)
	}
	if err != nil {
		_ = os.Remove(name)
		return err
	}
	return SyncDir(filepath.Dir(f.target))
}

// Close drops the new version unless it was committed; it is safe to defer.
func (f *File) Close() error {
	if f.done {
		return nil
	}
	f.done = true
	err := f.f.Close()
	if rerr := os.Remove(f.f.Name()); err == nil {
		err = rerr
	}
	return err
}

// Write replaces the file at path with data; see Create and Commit.
func Write(path string, data []byte, mode fs.FileMode) error {
	f, err := Create(path, mode)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Commit()
}

// RemoveStale removes the temporary files that killed writers of path left
// behind. The caller must know that nobody is writing path now, for example by
// holding its lock.
func RemoveStale(path string) error {
	dir, base := filepath.Dir(path), filepath.Base(path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		n := e.Name()
		if strings.HasPrefix(n, tempPrefix(base)) && strings.HasSuffix(n, tempSuffix) && e.Type().IsRegular() {
			if err := os.Remove(filepath.Join(dir, n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// tempPrefix starts the names of the temporary files of base. The tilde keeps
// apart the files of "a" and of "a.b".
func tempPrefix(base string) string { return "." + base + "~" }

func checkTarget(path string) error {
	fi, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case fi.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("%s: %w", path, ErrSymlink)
	case !fi.Mode().IsRegular():
		return fmt.Errorf("%s: %w", path, ErrNotRegular)
	}
	return nil
}
