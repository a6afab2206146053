// Package dictionaries holds the lists of the embedded portal that /api/nsi
// gives and that forms take values from. The entries are for training. Only
// internal/sandbox packages may import it.
package dictionaries

import (
	_ "embed" // the entries
	"encoding/json"
	"sync"

	"github.com/epgu-cli/epgu/internal/untrusted"
)

//go:embed dictionaries.json
var data []byte

// Entry is one line of a dictionary.
type Entry struct {
	Value      string                    `json:"value"`
	Parent     string                    `json:"parent"` // value of the entry above; "" is the top
	Title      untrusted.Text            `json:"title"`
	Attributes map[string]untrusted.Text `json:"attributes"`
}

// Dictionary is one list.
type Dictionary struct {
	Entries []Entry
	byValue map[string]int
	parents map[string]bool
}

// All returns every dictionary by its code, read once when first needed.
func All() (map[string]*Dictionary, error) { return all() }

var all = sync.OnceValues(func() (map[string]*Dictionary, error) {
	var raw map[string][]Entry
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, err
	}
	out := make(map[string]*Dictionary, len(raw))
	for code, entries := range raw {
		d := &Dictionary{Entries: entries, byValue: make(map[string]int, len(entries)), parents: map[string]bool{}}
		for i, e := range entries {
			d.byValue[e.Value] = i
			d.parents[e.Parent] = true
		}
		out[code] = d
	}
	return out, nil
})

// Entry returns the entry with this value, or nil.
func (d *Dictionary) Entry(value string) *Entry {
	i, ok := d.byValue[value]
	if !ok {
		return nil
	}
	return &d.Entries[i]
}

// Leaf reports whether nothing is under a value.
func (d *Dictionary) Leaf(value string) bool { return !d.parents[value] }

// Under reports whether e is somewhere below the entry parent; everything is
// below "".
func (d *Dictionary) Under(e *Entry, parent string) bool {
	for depth := 0; e != nil && depth <= len(d.Entries); depth++ {
		if parent == "" || e.Parent == parent {
			return true
		}
		e = d.Entry(e.Parent)
	}
	return false
}
