package catalog

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/clock"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

const (
	// namesFor is how long names are believed without asking the portal.
	namesFor = 24 * time.Hour
	// maxNames bounds the file, bytes.
	maxNames = 8 << 20
)

// Names are the names of all services, kept in a file and renewed by ETag. It
// answers without the portal, so completion and a search while typing can use
// it; the portal's own search understands more (word forms, synonyms). It may
// be used by many goroutines.
type Names struct {
	Path  string
	Clock clock.Clock

	mu     sync.Mutex
	loaded *file
	search []entry
}

// file is the content of the file.
type file struct {
	Tag   string             `json:"tag"`
	Items []wire.ServiceHint `json:"items"`
}

// entry is a service made ready for the search.
type entry struct {
	hint  int
	words []word
	names []string // what people call it, whole
}

type word struct {
	text  []rune
	title bool
}

func (n *Names) stale() bool {
	info, err := os.Stat(n.Path)
	return err != nil || n.Clock.Now().Sub(info.ModTime()) > namesFor
}

// load reads the file once.
func (n *Names) load() (*file, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.loaded != nil {
		return n.loaded, nil
	}
	f, err := os.Open(n.Path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxNames+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxNames {
		return nil, errors.New("the file of names is too large")
	}
	var c file
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, err
	}
	n.loaded = &c
	return n.loaded, nil
}

// keep writes the file; what cannot be written is asked for again next time.
func (n *Names) keep(c *file) {
	raw, err := json.Marshal(c)
	if err != nil || os.MkdirAll(filepath.Dir(n.Path), 0o700) != nil || atomicfile.Write(n.Path, raw, 0o600) != nil {
		return
	}
	now := n.Clock.Now()
	_ = os.Chtimes(n.Path, now, now) // an older time only means an early renewal
	n.mu.Lock()
	n.loaded, n.search = c, nil
	n.mu.Unlock()
}

// All returns every service that is known, popular first; nil when nothing is
// kept yet.
func (n *Names) All() []wire.ServiceHint {
	c, err := n.load()
	if err != nil {
		return nil
	}
	return c.Items
}

// Complete returns the services whose short name or code begins with what was
// typed; with nothing of the kind, those that it may mean in words.
func (n *Names) Complete(typed string) []wire.ServiceHint {
	var out []wire.ServiceHint
	typed = strings.ToLower(typed)
	for _, h := range n.All() {
		if strings.HasPrefix(h.Slug, typed) || strings.HasPrefix(h.Code, typed) && typed != "" {
			out = append(out, h)
		}
	}
	if len(out) == 0 && typed != "" {
		out = n.Search(typed, 20)
	}
	return out
}

// Search returns the services that a text being typed may mean, best first, at
// most limit of them: by words and their beginnings, a letter wrong, the other
// keyboard layout. It asks nobody and takes well under a millisecond for a
// catalogue of hundreds.
func (n *Names) Search(text string, limit int) []wire.ServiceHint {
	entries, items := n.entries()
	if out := search(entries, items, split(text), limit); len(out) > 0 {
		return out
	}
	return search(entries, items, split(otherLayout(text)), limit)
}

func (n *Names) entries() ([]entry, []wire.ServiceHint) {
	c, err := n.load()
	if err != nil {
		return nil, nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.search == nil {
		n.search = make([]entry, len(c.Items))
		for i, h := range c.Items {
			e := entry{hint: i}
			for _, w := range split(h.Title.Raw() + " " + h.Slug) {
				e.words = append(e.words, word{[]rune(w), true})
			}
			for _, k := range h.Words {
				called := split(k.Raw())
				e.names = append(e.names, strings.Join(called, " "))
				for _, w := range called {
					e.words = append(e.words, word{[]rune(w), false})
				}
			}
			n.search[i] = e
		}
	}
	return n.search, c.Items
}

// split gives the words of a text in small letters, ё as е.
func split(text string) []string {
	return strings.FieldsFunc(strings.ReplaceAll(strings.ToLower(text), "ё", "е"), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

func search(entries []entry, items []wire.ServiceHint, asked []string, limit int) []wire.ServiceHint {
	if len(asked) == 0 {
		return nil
	}
	type hit struct{ score, at int }
	whole := strings.Join(asked, " ")
	var hits []hit
	for at, e := range entries {
		sum, answered := 0, 0
		for _, a := range asked {
			best := 0
			runes := []rune(a)
			for _, w := range e.words {
				best = max(best, closeness(runes, w))
			}
			if best > 0 {
				answered++
			}
			sum += best
		}
		if slices.Contains(e.names, whole) {
			sum += 100
		}
		if 2*answered > len(asked) {
			hits = append(hits, hit{sum * answered, at})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Or(b.score-a.score, a.at-b.at) }) // popular first
	out := make([]wire.ServiceHint, 0, min(limit, len(hits)))
	for _, h := range hits[:min(limit, len(hits))] {
		out = append(out, items[entries[h.at].hint])
	}
	return out
}

// closeness says how well a typed word fits a word of a name, 0…100.
func closeness(typed []rune, w word) int {
	same := 0
	for same < len(typed) && same < len(w.text) && typed[same] == w.text[same] {
		same++
	}
	score := 0
	switch {
	case same == len(typed) && same == len(w.text):
		score = 90
	case same == len(typed) && same >= 2:
		score = 50 + 30*len(typed)/len(w.text)
	case same >= 4 && len(typed)-same <= 3 && len(w.text)-same <= 3: // another form of the word
		score = 60
	case len(typed) >= 5 && len(w.text) >= len(typed)-1 && oneWrong(typed, w.text[:min(len(w.text), len(typed)+1)]):
		score = 40
	}
	if score > 0 && w.title {
		score += 10
	}
	return score
}

// oneWrong reports whether a differs from the beginning of b by one letter that
// is wrong, missing, needless or out of turn.
func oneWrong(a, b []rune) bool {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	begins := func(x, y []rune) bool { // x is the beginning of y, or y of x but for its last letter
		n := min(len(x), len(y))
		return slices.Equal(x[:n], y[:n]) && len(x) <= len(y)
	}
	x, y := a[i:], b[i:]
	switch {
	case len(x) == 0:
		return true
	case len(y) > 0 && begins(x[1:], y[1:]), begins(x[1:], y), len(y) > 0 && begins(x, y[1:]):
		return true
	}
	return len(x) > 1 && len(y) > 1 && x[0] == y[1] && x[1] == y[0] && begins(x[2:], y[2:])
}

// otherLayout gives what the same keys write in the Russian layout.
func otherLayout(text string) string {
	const latin, cyrillic = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`", "йцукенгшщзхъфывапролджэячсмитьбюе"
	keys := []rune(cyrillic)
	return strings.Map(func(r rune) rune {
		if i := strings.IndexRune(latin, r); i >= 0 {
			return keys[i]
		}
		return r
	}, strings.ToLower(text))
}
