// Package fileset lets several files appear together or not at all, and finds what a
// process that died has left half done. The files are written into a hidden folder;
// one rename or one link shows them. It is a leaf: every package may import it.
package fileset

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/flock"
)

// The names of what is hidden: prefix, ID of the set, suffix.
const (
	hidden    = ".epgu-"
	partial   = ".partial"   // being written, or left by a process that died
	withdrawn = ".withdrawn" // taken out of the hands of whoever wrote it
	lockName  = ".lock"      // held by the process that writes the set
)

// Set is a set of files that nobody sees yet. One goroutine uses it.
type Set struct {
	id, dir string
	whole   bool // the folder itself appears with the set
	stage   string
	lock    *flock.Lock
	names   []string
}

// Begin starts a set of files in the folder dir. tag begins its ID and holds letters,
// digits and hyphens. With whole, a folder that is not there, or that is empty,
// appears with its files in it; else, or when it holds something, one file appears in
// it and several appear in a folder of their own in it, which has the ID as its name.
// Without whole dir must be there.
func Begin(dir, tag string, whole bool) (*Set, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	var b [4]byte
	if _, err := rand.Read(b[:]); err != nil {
		return nil, err
	}
	s := &Set{id: tag + "-" + hex.EncodeToString(b[:]), dir: dir, whole: whole && replaceable(dir)}
	home := dir
	if s.whole {
		home = filepath.Dir(dir)
	}
	s.stage = filepath.Join(home, hidden+s.id+partial)
	if s.lock, err = flock.TryLock(filepath.Join(home, hidden+s.id+lockName)); err != nil {
		return nil, err
	}
	if err := os.Mkdir(s.stage, 0o700); err != nil {
		return nil, errors.Join(err, s.unlock())
	}
	return s, nil
}

// replaceable reports whether a folder may be put in the place of dir: there is
// nothing, or an empty folder that is no link and not the working directory.
func replaceable(dir string) bool {
	fi, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		parent, err := os.Stat(filepath.Dir(dir))
		return err == nil && parent.IsDir()
	}
	if err != nil || !fi.IsDir() {
		return false
	}
	if here, err := os.Getwd(); err != nil || here == dir {
		return false
	}
	f, err := os.Open(dir)
	if err != nil {
		return false
	}
	defer f.Close()
	_, err = f.Readdirnames(1)
	return errors.Is(err, io.EOF)
}

// ID names the set.
func (s *Set) ID() string { return s.id }

// Dir is the folder that the set was begun for, absolute.
func (s *Set) Dir() string { return s.dir }

// Create begins a file of the set, mode 0600. Closing it makes its bytes durable.
func (s *Set) Create(name string) (io.WriteCloser, error) {
	if filepath.Base(name) != name || strings.HasPrefix(name, ".") {
		return nil, fmt.Errorf("fileset: %q is no name of a file", name)
	}
	f, err := os.OpenFile(filepath.Join(s.stage, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	s.names = append(s.names, name)
	return &file{f}, nil
}

type file struct{ *os.File }

func (f *file) Close() error { return errors.Join(f.Sync(), f.File.Close()) }

// Publish shows the files and returns the folder in which they are. After an error
// nobody has seen any of them, unless Find says so.
func (s *Set) Publish() (string, error) {
	if err := atomicfile.SyncDir(s.stage); err != nil {
		return "", err
	}
	at, err := s.show()
	if err != nil {
		return "", err
	}
	err = errors.Join(os.RemoveAll(s.stage), atomicfile.SyncDir(filepath.Dir(at)), s.unlock())
	return at, err
}

func (s *Set) show() (string, error) {
	if s.whole {
		if fi, err := os.Lstat(s.dir); err == nil {
			_ = os.Chmod(s.stage, fi.Mode().Perm()) // the folder keeps its mode, where that can be
		}
		if err := replaceFolder(s.stage, s.dir); err == nil {
			return s.dir, nil
		} else if _, there := os.Lstat(s.dir); there != nil {
			return "", err
		}
		// It is in use or has got something in it: the set gets a folder of its own.
	}
	if len(s.names) == 1 {
		return s.dir, place(filepath.Join(s.stage, s.names[0]), filepath.Join(s.dir, s.names[0]))
	}
	at := filepath.Join(s.dir, s.id)
	if _, err := os.Lstat(at); err == nil {
		return "", &fs.PathError{Op: "publish", Path: at, Err: fs.ErrExist}
	}
	return at, os.Rename(s.stage, at)
}

// place shows a file under its name and never replaces one.
func place(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// A file system without links.
	if _, there := os.Lstat(to); there == nil {
		return &fs.PathError{Op: "publish", Path: to, Err: fs.ErrExist}
	}
	return os.Rename(from, to)
}

// Drop removes the set. After Publish it does nothing.
func (s *Set) Drop() error {
	if s.lock == nil {
		return nil
	}
	return errors.Join(os.RemoveAll(s.stage), s.unlock())
}

// Leave gives the set up as it is; Settle finds it.
func (s *Set) Leave() error { return s.unlock() }

func (s *Set) unlock() error {
	if s.lock == nil {
		return nil
	}
	// The name of the lock is never used again, so its file may go.
	err := errors.Join(os.Remove(s.lockPath()), s.lock.Unlock())
	s.lock = nil
	return err
}

func (s *Set) lockPath() string { return strings.TrimSuffix(s.stage, partial) + lockName }

// Fate is what has become of a set.
type Fate int

// The fates.
const (
	Gone      Fate = iota // neither published, where it was to be, nor left half done
	Published             // its files can be seen
	Withdrawn             // it was left half done: nobody has seen it, and nobody will
	Alive                 // another process is writing it
)

// Settle says what has become of the set id that was begun for the folder dir and
// was to hold a file of this name. One that was left half done is taken out of the
// hands of whoever wrote it, even of a process that only seems dead: after Withdrawn
// it cannot be published. path is the file, when it is published.
func Settle(dir, id, name string) (fate Fate, path string, err error) {
	if id == "" || filepath.Base(id) != id || filepath.Base(name) != name {
		return Gone, "", nil
	}
	published := func() bool {
		for _, p := range []string{filepath.Join(dir, id, name), filepath.Join(dir, name)} {
			if fi, err := os.Lstat(p); err == nil && fi.Mode().IsRegular() {
				path = p
				return true
			}
		}
		return false
	}
	if published() {
		return Published, path, nil
	}
	fate = Gone
	for _, home := range []string{dir, filepath.Dir(dir)} {
		base := filepath.Join(home, hidden+id)
		if alive, err := held(base + lockName); alive || err != nil {
			return Alive, "", err
		}
		switch err := os.Rename(base+partial, base+withdrawn); {
		case err == nil:
			fate = Withdrawn
		case !errors.Is(err, fs.ErrNotExist):
			return Gone, "", err
		default:
			if _, there := os.Lstat(base + withdrawn); there == nil {
				fate = Withdrawn
			}
		}
	}
	if published() { // it was quicker than the rename
		return Published, path, nil
	}
	return fate, "", nil
}

// held reports whether a living process holds the lock.
func held(path string) (bool, error) {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	l, err := flock.TryLock(path)
	if errors.Is(err, flock.ErrLocked) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return false, l.Unlock()
}

// Left lists the sets for the folder dir whose ID begins with prefix and that processes
// which died have left.
func Left(dir, prefix string) ([]string, error) {
	var ids []string
	err := each(dir, prefix, func(_, id string, _ string) error {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
		return nil
	})
	return ids, err
}

// Remove removes what is left of a set that Left has listed and that matters to
// nobody.
func Remove(dir, id string) error {
	return each(dir, id, func(home, found, name string) error {
		if found != id {
			return nil
		}
		return os.RemoveAll(filepath.Join(home, name))
	})
}

// each goes through what is hidden of dead sets, by name.
func each(dir, prefix string, do func(home, id, name string) error) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	for _, home := range []string{dir, filepath.Dir(dir)} {
		entries, err := os.ReadDir(home)
		if err != nil {
			continue // it is not there, or nothing of ours can be
		}
		for _, e := range entries {
			id, found := strings.CutPrefix(e.Name(), hidden)
			if !found || !strings.HasPrefix(id, prefix) {
				continue
			}
			id = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(id, partial), withdrawn), lockName)
			if alive, err := held(filepath.Join(home, hidden+id+lockName)); err != nil {
				return err
			} else if alive {
				continue
			}
			if err := do(home, id, e.Name()); err != nil {
				return err
			}
		}
	}
	return nil
}
