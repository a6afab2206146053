package bankfiles

import (
	"errors"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Sheet is a place for one file of orders on a shelf. What a process that died has
// left of one is found by Resume, for the payments carry its set.
type Sheet struct {
	shelf Shelf
	stage Stage
	file  io.WriteCloser
	path  string
	kept  bool
}

// NewSheet begins the file at path, which must not be there. tag begins the ID of its
// set.
func NewSheet(shelf Shelf, path, tag string) (*Sheet, error) {
	stage, err := shelf.Begin(filepath.Dir(path), tag, false)
	if err != nil {
		return nil, unwritable(path, err)
	}
	f, err := stage.Create(filepath.Base(path))
	if err != nil {
		return nil, errors.Join(unwritable(path, err), stage.Drop())
	}
	return &Sheet{shelf: shelf, stage: stage, file: f, path: path}, nil
}

func unwritable(path string, err error) error {
	return fault.New(exitcode.Usage, "file.unwritable", i18n.Text{RU: "файл %s не записать", EN: "the file %s cannot be written"}.With(untrusted.Text(path))).Because(err)
}

// Exists is the error of a file that is there already.
func Exists(path string) *fault.Error {
	return fault.New(exitcode.Conflict, "file.exists", i18n.Text{
		RU: "файл %s уже есть; он мог уйти в банк, поэтому не заменяется", EN: "the file %s exists; it may have gone to the bank, so it is not replaced"}.With(untrusted.Text(path))).
		Advise(i18n.Say("назовите другой файл: -o", "name another file: -o"))
}

// Write fills the file.
func (s *Sheet) Write(p []byte) (int, error) { return s.file.Write(p) }

// ID names the set of the file, Dir its folder.
func (s *Sheet) ID() string { return s.stage.ID() }

// Dir is the file's folder, absolute.
func (s *Sheet) Dir() string { return s.stage.Dir() }

// Commit shows the file.
func (s *Sheet) Commit() (string, error) {
	if err := s.file.Close(); err != nil {
		return "", err
	}
	if _, err := s.stage.Publish(); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return "", Exists(s.path).Because(err)
		}
		return "", err
	}
	return s.path, nil
}

// Withdraw sees to it that a file which could not be shown cannot appear later; an
// error says that it may have been seen.
func (s *Sheet) Withdraw(why error) error {
	return Withdraw(s.shelf, s.stage, filepath.Base(s.path), why)
}

// Keep leaves what was not shown for Resume: payments may still hang on it.
func (s *Sheet) Keep() { s.kept = true }

// Close gives up what was not shown. It is safe to defer.
func (s *Sheet) Close() error {
	if s.kept {
		return s.stage.Leave()
	}
	return s.stage.Drop()
}
