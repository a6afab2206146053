// Package drafts keeps on this machine what a portal's draft cannot hold: the
// comments that a person wrote into it in an editor, the text itself while it is
// being edited, and which files of this machine are to go with it. Commands and the
// TUI use it.
package drafts

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/safepath"
)

// Store keeps what belongs to the drafts of one profile, in files that only
// their owner reads. Dir need not exist.
type Store struct {
	Dir string
}

// maxKept bounds a file of what is kept of a draft, bytes.
const maxKept = 1 << 20

func (s *Store) comments(id string) string {
	return filepath.Join(s.Dir, safepath.SanitizeName(id)+".json")
}

// Comments returns the comments of a draft by the path of the field, as
// forms.Comments gives them; none when there are none that can be read.
func (s *Store) Comments(id string) map[string]string { return read(s.comments(id)) }

func read(path string) map[string]string {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	var out map[string]string
	if json.NewDecoder(io.LimitReader(file, maxKept)).Decode(&out) != nil {
		return nil
	}
	return out
}

// Keep replaces the comments of a draft.
func (s *Store) Keep(id string, comments map[string]string) error {
	if len(comments) == 0 {
		_ = os.Remove(s.comments(id)) // as with Forget
		return nil
	}
	return s.write(s.comments(id), comments)
}

func (s *Store) write(path string, v map[string]string) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return err
	}
	return atomicfile.Write(path, b, 0o600)
}

func (s *Store) files(id string) string {
	return filepath.Join(s.Dir, safepath.SanitizeName(id)+".files")
}

// Files returns where the attachments of a draft lie, by the document's name; none
// when none can be read. Whether the files are still there is for the caller to see.
func (s *Store) Files(id string) map[string]string { return read(s.files(id)) }

// KeepFiles replaces what Files returns; paths are absolute.
func (s *Store) KeepFiles(id string, byName map[string]string) error {
	if len(byName) == 0 {
		if err := os.Remove(s.files(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	return s.write(s.files(id), byName)
}

// Forget drops what is kept of a draft that is no more. What stays behind does
// no harm: numbers of drafts do not come again.
func (s *Store) Forget(id string) {
	_ = os.Remove(s.comments(id)) // as said
	_ = os.Remove(s.files(id))
}

// Scratch writes a draft's text into a new file of its own to be edited there.
// The caller removes the file, but only once what is in it is safe elsewhere.
func (s *Store) Scratch(id string, text []byte) (path string, err error) {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return "", err
	}
	file, err := os.CreateTemp(s.Dir, safepath.SanitizeName(id)+"-*.yaml")
	if err != nil {
		return "", err
	}
	_, err = file.Write(text)
	if errClose := file.Close(); err == nil {
		err = errClose
	}
	if err != nil {
		_ = os.Remove(file.Name()) // the first error is the one to tell
		return "", err
	}
	return file.Name(), nil
}

// Left lists the texts of a draft that Scratch wrote and nobody removed, the
// latest first: the program was killed while they were being edited, or they
// could not be kept.
func (s *Store) Left(id string) []string {
	begin := safepath.SanitizeName(id) + "-"
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		return nil
	}
	var out []string
	written := map[string]time.Time{}
	for _, e := range entries {
		number, ok := strings.CutPrefix(strings.TrimSuffix(e.Name(), ".yaml"), begin)
		if info, err := e.Info(); ok && err == nil && info.Mode().IsRegular() && strings.Trim(number, "0123456789") == "" {
			path := filepath.Join(s.Dir, e.Name())
			out, written[path] = append(out, path), info.ModTime()
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return written[b].Compare(written[a]) })
	return out
}
