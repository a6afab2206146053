// Package dictionaries holds the lists of the embedded portal that /api/nsi
// gives and that forms take values from. The entries are for training: offices
// are made up, for every region alike; of countries and kinds of business only
// common ones are there (codes of ОКСМ and of ОКВЭД 2, titles shortened). Only
// internal/sandbox packages may import it.
package dictionaries

import (
	_ "embed" // the entries
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

//go:embed lists.txt
var data string

// regions is the dictionary whose top entries are the subjects of the Federation.
const regions = "REGIONS"

// Entry is one line of a dictionary.
type Entry struct {
	Value      string
	Parent     string // value of the entry above; "" is the top
	Title      i18n.Text
	Attributes map[string]untrusted.Text
}

// Dictionary is one list.
type Dictionary struct {
	Entries []Entry
	byValue map[string]int
	parents map[string]bool
}

// All returns every dictionary by its code, read once when first needed.
func All() (map[string]*Dictionary, error) { return all() }

var all = sync.OnceValues(func() (map[string]*Dictionary, error) { return parse(data) })

// parse reads lists as lists.txt is written; its head says how. An error names
// the line.
func parse(text string) (map[string]*Dictionary, error) {
	p := parser{out: map[string]*Dictionary{}}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, "\n")
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := p.line(line); err != nil {
			return nil, fmt.Errorf("lists.txt:%d: %w", n, err)
		}
	}
	p.close()
	return p.out, nil
}

type parser struct {
	out   map[string]*Dictionary
	code  string
	each  int       // entries below each region
	sign  string    // that their values begin with after the region's
	title i18n.Text // of these
	above []string  // values that the next line may be below, by depth
}

func (p *parser) line(line string) error {
	if head, ok := strings.CutPrefix(line, "== "); ok {
		p.close()
		return p.open(strings.Fields(head))
	}
	d := p.out[p.code]
	if d == nil {
		return errors.New(`no dictionary is begun: "== CODE" is missing`)
	}
	columns := strings.Split(strings.TrimLeft(line, " "), " | ")
	if len(columns) < 3 {
		return errors.New("value | Russian title | English title is wanted")
	}
	e := Entry{Value: columns[0], Title: i18n.Text{RU: columns[1], EN: columns[2]}}
	if e.Value == "*" {
		p.title = e.Title
		return nil
	}
	depth := (len(line) - len(strings.TrimLeft(line, " "))) / 2
	if depth > len(p.above) {
		return errors.New("deeper than the line before by more than two spaces")
	}
	if depth > 0 {
		e.Parent = p.above[depth-1]
	}
	p.above = append(p.above[:depth], e.Value)
	for _, c := range columns[3:] {
		name, value, ok := strings.Cut(c, "=")
		if !ok {
			return fmt.Errorf("NAME=attribute is wanted, not %q", c)
		}
		if e.Attributes == nil {
			e.Attributes = map[string]untrusted.Text{}
		}
		e.Attributes[name] = untrusted.Text(value)
	}
	if d.Entry(e.Value) != nil {
		return fmt.Errorf("%s is there twice", e.Value)
	}
	d.add(e)
	return nil
}

// open begins a dictionary: CODE, or CODE each N of SIGN.
func (p *parser) open(words []string) error {
	if len(words) != 1 && (len(words) != 5 || words[1] != "each" || words[3] != "of") {
		return errors.New(`"== CODE" or "== CODE each N of L" is wanted`)
	}
	if p.code = words[0]; p.out[p.code] != nil {
		return fmt.Errorf("dictionary %s is there twice", p.code)
	}
	p.each, p.above, p.title = 0, nil, i18n.Text{}
	p.out[p.code] = &Dictionary{byValue: map[string]int{}, parents: map[string]bool{}}
	if len(words) == 5 {
		n, err := strconv.Atoi(words[2])
		if err != nil {
			return err
		}
		p.each, p.sign = n, words[4]
	}
	return nil
}

// close gives every region its entries.
func (p *parser) close() {
	if p.each == 0 {
		return
	}
	d := p.out[p.code]
	for _, r := range p.out[regions].tops() {
		if p.code != regions {
			d.add(Entry{Value: r.Value, Title: r.Title})
		}
		for n := 1; n <= p.each; n++ {
			d.add(Entry{Value: fmt.Sprintf("%s-%s%d", r.Value, p.sign, n), Parent: r.Value, Title: i18n.Text{
				RU: numbered(p.title.RU, n, r.Title.RU), EN: numbered(p.title.EN, n, r.Title.EN)}})
		}
	}
	p.each = 0
}

func numbered(title string, n int, region string) string {
	return strings.NewReplacer("%d", strconv.Itoa(n), "%s", region).Replace(title)
}

func (d *Dictionary) add(e Entry) {
	d.byValue[e.Value] = len(d.Entries)
	d.parents[e.Parent] = true
	d.Entries = append(d.Entries, e)
}

// tops are the entries that are below no other.
func (d *Dictionary) tops() []Entry {
	var out []Entry
	for _, e := range d.Entries {
		if e.Parent == "" {
			out = append(out, e)
		}
	}
	return out
}

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
