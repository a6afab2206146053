package catalog

import (
	_ "embed"
	"fmt"
	"hash/crc64"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/packed"
	"github.com/epgu-cli/epgu/internal/sandbox/search"
)

// compiled is data/ as cmd/catalogue compiled it.
//
//go:embed catalog.bin
var compiled string

// Named is an entry of a vocabulary: a topic, a life situation, a region.
type Named struct {
	Key   string    `yaml:"key"`
	Title i18n.Text `yaml:"title"`
}

// Change is something that became different in a service, told to those who
// keep it.
type Change struct {
	Date    string // yyyy-mm-dd, from which it holds
	Service string // code
	Kind    string // "fee", "form", "law", "term", "new", "obsolete"
	Text    i18n.Text
}

// Vocabulary is what services refer to.
type Vocabulary struct {
	Topics     []Named
	Situations []Named
	Regions    []Named
	Groups     map[string]i18n.Text // of form fields
}

// Whole is everything that a compiled catalogue holds, each part as one value
// of the blob; the services follow one by one in the order of Briefs.
type Whole struct {
	Departments []Department
	Vocabulary  Vocabulary
	Changes     []Change
	Briefs      []Brief
	Index       search.Packed
	Services    []Service
}

// The numbers of the values in the blob.
const (
	partDepartments = iota
	partVocabulary
	partChanges
	partBriefs
	partIndex
	partServices
)

// Compile writes a whole catalogue as the blob that Open reads.
func Compile(w *Whole) ([]byte, error) {
	var out packed.Writer
	for _, part := range []any{w.Departments, w.Vocabulary, w.Changes, w.Briefs, w.Index} {
		if err := out.Add(part); err != nil {
			return nil, err
		}
	}
	for i := range w.Services {
		if err := out.Add(w.Services[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", w.Services[i].Slug, err)
		}
	}
	return out.Bytes(), nil
}

// Catalog is the whole catalogue. It does not change after it is read, so it
// may be used by many goroutines.
type Catalog struct {
	blob        *packed.Reader
	departments map[string]*Department
	Vocabulary  Vocabulary
	briefs      []Brief // popular first
	byKey       map[string]int
	slots       []slot

	version func() string
	changes func() ([]Change, error)
	index   func() (*search.Index, error)
}

type slot struct {
	once    sync.Once
	service *Service
}

// Load opens the embedded catalogue; what is not asked for is not decoded.
func Load() (*Catalog, error) { return Open(compiled) }

// Open opens a compiled catalogue.
func Open(blob string) (*Catalog, error) {
	r, err := packed.Open(blob)
	if err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	c := &Catalog{blob: r, departments: map[string]*Department{}, byKey: map[string]int{}}
	var depts []Department
	for part, into := range map[int]any{partDepartments: &depts, partVocabulary: &c.Vocabulary, partBriefs: &c.briefs} {
		if err := r.Read(part, into); err != nil {
			return nil, fmt.Errorf("catalogue, part %d: %w", part, err)
		}
	}
	if r.Len() != partServices+len(c.briefs) {
		return nil, fmt.Errorf("catalogue: %w", packed.ErrBroken)
	}
	for i := range depts {
		c.departments[depts[i].Key] = &depts[i]
	}
	for i := range c.briefs {
		b := &c.briefs[i]
		c.byKey[b.Code], c.byKey[b.Slug], c.byKey[b.TargetCode()] = i, i, i
	}
	c.slots = make([]slot, len(c.briefs))
	c.version = sync.OnceValue(func() string {
		return strconv.FormatUint(crc64.Checksum([]byte(blob), crc64.MakeTable(crc64.ECMA)), 16)
	})
	c.changes = sync.OnceValues(func() ([]Change, error) {
		var list []Change
		err := r.Read(partChanges, &list)
		return list, err
	})
	c.index = sync.OnceValues(func() (*search.Index, error) {
		var p search.Packed
		if err := r.Read(partIndex, &p); err != nil {
			return nil, err
		}
		return search.Unpack(p), nil
	})
	return c, nil
}

// at decodes service i. The blob was proved whole when it was made (the tests
// read every service of the embedded one), so a service that cannot be read is
// one that is not there.
func (c *Catalog) at(i int) *Service {
	slot := &c.slots[i]
	slot.once.Do(func() {
		s := &Service{}
		if err := c.blob.Read(partServices+i, s); err != nil {
			return
		}
		s.dept = c.departments[s.Department]
		if patterns(s.Fields) {
			slot.service = s
		}
	})
	return slot.service
}

// patterns compiles those of fields and reports whether all are good.
func patterns(fields []Field) bool {
	for i := range fields {
		f := &fields[i]
		if !patterns(f.Fields) {
			return false
		}
		if f.Pattern == "" {
			continue
		}
		re, err := regexp.Compile(f.Pattern)
		if err != nil {
			return false
		}
		f.re = re
	}
	return true
}

// Version names this state of the catalogue: a CRC of the compiled data.
func (c *Catalog) Version() string { return c.version() }

// Briefs returns every service in short, popular first. The slice is the
// catalogue's own: it must not be changed.
func (c *Catalog) Briefs() []Brief { return c.briefs }

// Services decodes every service, popular first.
func (c *Catalog) Services() []*Service {
	out := make([]*Service, len(c.briefs))
	for i := range c.briefs {
		out[i] = c.at(i)
	}
	return out
}

// Changes returns what became different in services, latest first. The slice is
// the catalogue's own.
func (c *Catalog) Changes() ([]Change, error) { return c.changes() }

// Department returns the department with this key, or nil.
func (c *Catalog) Department(key string) *Department { return c.departments[key] }

// Find returns the service with this code, targetCode or slug (any case), or
// nil.
func (c *Catalog) Find(key string) *Service {
	i, ok := c.byKey[strings.ToLower(strings.TrimSpace(key))]
	if !ok {
		return nil
	}
	return c.at(i)
}

// title of a key in a vocabulary; the key itself when it is not there.
func title(list []Named, key string) i18n.Text {
	if i := slices.IndexFunc(list, func(n Named) bool { return n.Key == key }); i >= 0 {
		return list[i].Title
	}
	return i18n.Text{RU: key, EN: key}
}

// TopicTitle is the name of a topic.
func (c *Catalog) TopicTitle(key string) i18n.Text { return title(c.Vocabulary.Topics, key) }

// SituationTitle is the name of a life situation.
func (c *Catalog) SituationTitle(key string) i18n.Text { return title(c.Vocabulary.Situations, key) }

// RegionTitle is the name of a region.
func (c *Catalog) RegionTitle(code string) i18n.Text { return title(c.Vocabulary.Regions, code) }
