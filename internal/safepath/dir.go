// Package safepath writes files whose names or contents come from outside into
// a folder of the user's choice: a name cannot lead out of the folder, a link
// planted in it is not followed, an unfinished file is never taken for a
// finished one, and nothing is overwritten unless asked. It is a leaf: every
// package may import it.
package safepath

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Stable codes of the errors of this package.
const (
	CodeExists  = "file.exists"      // a file of that name is there, and the policy is Refuse
	CodeSymlink = "file.symlink"     // a symbolic link stands in place of the file
	CodeNotFile = "file.not_regular" // a directory or device stands in place of the file
)

// Policy says what to do when the folder already has a file of the name.
type Policy int

// The policies.
const (
	Refuse    Policy = iota // return a fault with CodeExists
	Number                  // use "name (2).ext", "name (3).ext" and so on
	Overwrite               // replace a regular file; anything else is refused
)

// maxNumber bounds the search of a free number.
const maxNumber = 10_000

// partialSuffix ends the name of a file that is not complete.
const partialSuffix = ".partial"

// Dir is a folder that files are written into and never out of.
type Dir struct {
	root *os.Root
	path string
}

// OpenDir opens the folder at path; it is made (0700, with its parents) if
// absent. Links in the path itself are the user's own and are followed.
func OpenDir(path string) (*Dir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return &Dir{root: root, path: path}, nil
}

// Close releases the folder. Files that are being written stay usable.
func (d *Dir) Close() error { return d.root.Close() }

// File is a file being written; nobody sees it under its name until Commit.
type File struct {
	f       *os.File
	dir     *Dir
	name    string // wanted name
	partial string
	policy  Policy
	done    bool
}

// Create starts a file. The name goes through SanitizeName. The bytes are
// written to "NAME.<random>.partial" (0600) in the same folder. With Refuse and
// Overwrite, what stands in the way is reported now, before anything is
// downloaded, and once more at Commit.
func (d *Dir) Create(name string, policy Policy) (*File, error) {
	name = SanitizeName(name)
	if policy != Number {
		if err := d.check(name, policy); err != nil {
			return nil, err
		}
	}
	var b [4]byte
	rand.Read(b[:])
	partial := name + "." + hex.EncodeToString(b[:]) + partialSuffix
	f, err := d.root.OpenFile(partial, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return &File{f: f, dir: d, name: name, partial: partial, policy: policy}, nil
}

// Write adds bytes to the file.
func (f *File) Write(p []byte) (int, error) { return f.f.Write(p) }

// Commit makes the bytes durable, gives the file its name and returns the path,
// which starts as the folder's path was given. On an error the unfinished file
// is removed.
func (f *File) Commit() (path string, err error) {
	if f.done {
		return "", fs.ErrClosed
	}
	f.done = true
	defer func() {
		// After a success the partial name is gone or is a second name of
		// the file; after an error it is waste.
		if rerr := f.dir.root.Remove(f.partial); err == nil && rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
			err = rerr
		}
	}()
	err = f.f.Sync()
	if cerr := f.f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return "", err
	}
	name, err := f.publish()
	if err != nil {
		return "", err
	}
	return filepath.Join(f.dir.path, name), nil
}

// Close drops the file unless it was committed; it is safe to defer.
func (f *File) Close() error {
	if f.done {
		return nil
	}
	f.done = true
	err := f.f.Close()
	if rerr := f.dir.root.Remove(f.partial); err == nil {
		err = rerr
	}
	return err
}

// publish gives the complete file its final name and returns that name.
func (f *File) publish() (string, error) {
	if f.policy == Overwrite {
		if err := f.dir.check(f.name, Overwrite); err != nil {
			return "", err
		}
		return f.name, f.dir.root.Rename(f.partial, f.name)
	}
	name := f.name
	for n := 2; ; n++ {
		err := f.dir.place(f.partial, name)
		if err == nil {
			return name, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", err
		}
		if f.policy == Refuse {
			if cerr := f.dir.check(name, Refuse); cerr != nil {
				return "", cerr
			}
			return "", err
		}
		if n > maxNumber {
			return "", err
		}
		ext := extension(f.name)
		name = fmt.Sprintf("%s (%d)%s", strings.TrimSuffix(f.name, ext), n, ext)
	}
}

// place gives the file partial the name without replacing anything, not even
// what appears at this very moment; fs.ErrExist says that the name is taken. A
// hard link does that in one step; where there are none (FAT, some network
// folders) the name is reserved by an empty file first.
func (d *Dir) place(partial, name string) error {
	err := d.root.Link(partial, name)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	r, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := r.Close(); err != nil {
		return err
	}
	return d.root.Rename(partial, name)
}

// check reports what stands in the way of name under the policy.
func (d *Dir) check(name string, policy Policy) error {
	fi, err := d.root.Lstat(name)
	shown := untrusted.Text(filepath.Join(d.path, name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case fi.Mode()&fs.ModeSymlink != 0:
		return fault.New(exitcode.Usage, CodeSymlink, i18n.Text{
			RU: "на месте файла %s стоит символическая ссылка, файл не записан",
			EN: "a symbolic link stands in place of %s; the file was not written",
		}.With(shown)).Advise(i18n.Say("удалите ссылку или выберите другую папку", "remove the link or choose another folder"))
	case !fi.Mode().IsRegular():
		return fault.New(exitcode.Usage, CodeNotFile, i18n.Text{
			RU: "%s уже есть, и это не обычный файл",
			EN: "%s is there already and is not a regular file",
		}.With(shown)).Advise(i18n.Say("выберите другую папку", "choose another folder"))
	case policy == Refuse:
		return fault.New(exitcode.Usage, CodeExists, i18n.Text{
			RU: "файл %s уже есть, он не тронут",
			EN: "%s is there already and was left as it is",
		}.With(shown)).Advise(i18n.Say("уберите файл, выберите другую папку или разрешите перезапись", "move the file away, choose another folder or allow overwriting"))
	}
	return nil
}
