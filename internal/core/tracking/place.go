package tracking

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/portal/gusmev"
)

// Place keeps how far the applications of each owner were followed: a file an owner.
type Place struct {
	Dir string
}

func (p *Place) path(owner string) string { return filepath.Join(p.Dir, filepath.Base(owner)+".json") }

// Read returns where following has ended; false when nobody has followed yet. A file
// that cannot be read as a cursor is as good as none.
func (p *Place) Read(owner string) (gusmev.Cursor, bool, error) {
	var c gusmev.Cursor
	b, err := os.ReadFile(p.path(owner))
	if errors.Is(err, fs.ErrNotExist) {
		return c, false, nil
	}
	if err != nil {
		return c, false, err
	}
	if json.Unmarshal(b, &c) != nil || c.After.IsZero() {
		return gusmev.Cursor{}, false, nil
	}
	return c, true, nil
}

// Write keeps where following has ended.
func (p *Place) Write(owner string, c gusmev.Cursor) error {
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(p.Dir, 0o700); err != nil {
		return err
	}
	return atomicfile.Write(p.path(owner), append(b, '\n'), 0o600)
}
