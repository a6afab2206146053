package tui

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/atomicfile"
)

// maxCached bounds one kept piece, bytes: what is larger is fetched anew.
const maxCached = 4 << 20

// FileCache keeps what was shown last in files of one profile, for the person
// alone (0600). It is forgotten when somebody signs in or out, and can be deleted
// at any time.
type FileCache struct{ Dir string }

// kept is one file.
type kept struct {
	AsOf  time.Time       `json:"asOf"`
	Value json.RawMessage `json:"value"`
}

func (c *FileCache) path(key string) string {
	safe := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '_'
	}, key)
	return filepath.Join(c.Dir, safe+".json")
}

// Get reads a piece.
func (c *FileCache) Get(key string, v any) (time.Time, bool) {
	path := c.path(key)
	info, err := os.Stat(path)
	if err != nil || info.Size() > maxCached {
		return time.Time{}, false
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return time.Time{}, false
	}
	var k kept
	if json.Unmarshal(b, &k) != nil || k.AsOf.IsZero() || json.Unmarshal(k.Value, v) != nil {
		return time.Time{}, false
	}
	return k.AsOf, true
}

// Put keeps a piece. That it cannot be kept is no news to anybody.
func (c *FileCache) Put(key string, asOf time.Time, v any) {
	value, err := json.Marshal(v)
	if err != nil || len(value) > maxCached {
		return
	}
	b, err := json.Marshal(kept{asOf, value})
	if err != nil {
		return
	}
	if os.MkdirAll(c.Dir, 0o700) == nil {
		_ = atomicfile.Write(c.path(key), b, 0o600)
	}
}

// Clear forgets everything.
func (c *FileCache) Clear() { _ = os.RemoveAll(c.Dir) }
