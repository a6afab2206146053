package month

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/flock"
	"github.com/epgu-cli/epgu/internal/gost/streebog"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// folder is one that nobody sees under its name until it is complete. While it is
// being written its process holds a lock beside it, by which the next one tells what a
// process that died has left.
type folder struct {
	temp, dir string
	lock      *flock.Lock
	files     []File
}

// lockSuffix follows the name of the hidden folder.
const lockSuffix = ".lock"

func newFolder(dir string) (*folder, error) {
	dir = filepath.Clean(dir)
	if _, err := os.Lstat(dir); err == nil {
		return nil, fault.New(exitcode.Conflict, "file.exists", i18n.Text{RU: "%s уже есть; закрытый месяц не перезаписывается", EN: "%s is already there; a closed month is not written over"}.With(dir)).
			Advise(i18n.Say("назовите другую папку", "name another folder"))
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, unwritable(dir, err)
	}
	prefix := "." + filepath.Base(dir) + ".partial-"
	sweep(filepath.Dir(dir), prefix)
	temp, err := os.MkdirTemp(filepath.Dir(dir), prefix) // 0700
	if err != nil {
		return nil, unwritable(dir, err)
	}
	lock, err := flock.TryLock(temp + lockSuffix)
	if err != nil {
		return nil, errors.Join(unwritable(dir, err), os.RemoveAll(temp))
	}
	return &folder{temp: temp, dir: dir, lock: lock}, nil
}

// sweep removes what processes that died have left half written. What cannot be
// removed does no harm.
func sweep(home, prefix string) {
	left, err := filepath.Glob(filepath.Join(home, prefix+"*"))
	if err != nil {
		return
	}
	for _, path := range left {
		path = strings.TrimSuffix(path, lockSuffix)
		lock, err := flock.TryLock(path + lockSuffix)
		if err != nil {
			continue // it is being written at this moment
		}
		_ = os.RemoveAll(path)
		_ = os.Remove(path + lockSuffix)
		_ = lock.Unlock()
	}
}

func unwritable(dir string, err error) error {
	return fault.New(exitcode.Failure, "month.folder", i18n.Text{RU: "папку %s не записать", EN: "folder %s cannot be written"}.With(dir)).Because(err).
		Advise(i18n.Say("проверьте права и место на диске", "see to the permissions and to the disk's space"))
}

// commit shows the folder under its name.
func (f *folder) commit() error {
	if _, err := os.Lstat(f.dir); err == nil {
		return fault.New(exitcode.Conflict, "file.exists", i18n.Text{RU: "%s появилась тем временем; ничего не перезаписано", EN: "%s has appeared meanwhile; nothing was written over"}.With(f.dir))
	}
	if err := os.Rename(f.temp, f.dir); err != nil {
		return unwritable(f.dir, err)
	}
	if parent, err := os.Open(filepath.Dir(f.dir)); err == nil {
		_ = parent.Sync() // where a folder can be synced; the files themselves are
		_ = parent.Close()
	}
	f.unlock()
	f.temp = ""
	return nil
}

// drop removes what was not committed.
func (f *folder) drop() {
	if f.temp != "" {
		_ = os.RemoveAll(f.temp)
		f.unlock()
	}
}

// unlock gives the lock up; its name is never used again.
func (f *folder) unlock() {
	_ = os.Remove(f.temp + lockSuffix)
	_ = f.lock.Unlock()
}

// sheet is a file of the folder that is hashed while it is written. It holds no
// open file while another is being written, so there may be many.
type sheet struct {
	folder *folder
	path   string // with slashes
	file   *os.File
	w      *bufio.Writer
	n      int64
	sha    hash.Hash
	gost   hash.Hash
}

func (f *folder) sheet(path string) *sheet {
	return &sheet{folder: f, path: path, sha: sha256.New(), gost: streebog.New256()}
}

// Write adds to the file and to its hashes.
func (s *sheet) Write(p []byte) (int, error) {
	if s.file == nil {
		if err := s.open(); err != nil {
			return 0, err
		}
	}
	n, err := s.w.Write(p)
	s.n += int64(n)
	_, _ = s.sha.Write(p[:n]) // hashes do not fail
	_, _ = s.gost.Write(p[:n])
	return n, err
}

func (s *sheet) open() error {
	full := filepath.Join(s.folder.temp, filepath.FromSlash(s.path))
	flags := os.O_WRONLY | os.O_APPEND
	if s.w == nil {
		if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
			return err
		}
		flags |= os.O_CREATE | os.O_EXCL
	}
	file, err := os.OpenFile(full, flags, 0o600)
	if err != nil {
		return err
	}
	if s.file = file; s.w == nil {
		s.w = bufio.NewWriterSize(file, 32<<10)
	} else {
		s.w.Reset(file)
	}
	return nil
}

// rest gives the open file up until the next Write.
func (s *sheet) rest() error {
	if s.file == nil {
		return nil
	}
	err := errors.Join(s.w.Flush(), s.file.Sync(), s.file.Close())
	s.file = nil
	return err
}

// end completes the file and enters it into the folder's list.
func (s *sheet) end() error {
	if s.w == nil { // nothing was written: an empty file is a file, too
		if err := s.open(); err != nil {
			return err
		}
	}
	if err := s.rest(); err != nil {
		return err
	}
	s.folder.files = append(s.folder.files, File{s.path, s.n, hex.EncodeToString(s.sha.Sum(nil)), hex.EncodeToString(s.gost.Sum(nil))})
	return nil
}

// safeName makes a part of a file's name of something that came from outside.
func safeName(s string) string {
	out := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.', r >= 'а' && r <= 'я', r >= 'А' && r <= 'Я':
			return r
		}
		return '_'
	}, s)
	if out = strings.Trim(out, "."); out == "" {
		return "_"
	}
	if r := []rune(out); len(r) > 60 {
		out = string(r[:60])
	}
	return out
}
