// Package catalog is the embedded portal's catalogue of services: forms,
// documents, fees, terms and departments as data files, and the search over
// them. Fees and terms are training data with an as-of date, not advice.
// Only internal/sandbox packages may import it.
package catalog

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"

	"github.com/epgu-cli/epgu/internal/i18n"
)

//go:embed data/*.yaml
var data embed.FS

// Levels of account, in ascending order (features A3).
const (
	LevelSimplified = "simplified"
	LevelStandard   = "standard"
	LevelConfirmed  = "confirmed"
)

// MaxAttachmentBytes is the largest attachment that any service takes, bytes
// (features C2).
const MaxAttachmentBytes = 5 << 20

// Service is one service of the catalogue.
type Service struct {
	Code        string       `yaml:"code"`
	Slug        string       `yaml:"slug"`
	Version     string       `yaml:"version"` // of the form
	Title       i18n.Text    `yaml:"title"`
	Summary     i18n.Text    `yaml:"summary"`
	Topic       i18n.Text    `yaml:"topic"`
	Department  string       `yaml:"department"` // key in departments.yaml
	Popularity  int          `yaml:"popularity"` // larger comes first
	Level       string       `yaml:"level"`
	Orgs        bool         `yaml:"orgs"`      // organisations may ask for it
	Signature   string       `yaml:"signature"` // "none", "simple", "qualified"
	Push        string       `yaml:"push"`      // "chunked" or "single"
	Request     string       `yaml:"request"`   // name of the request document in the archive
	TermDays    int          `yaml:"termDays"`  // calendar days to a decision
	AsOf        string       `yaml:"asOf"`      // of fees and terms, yyyy-mm-dd
	Real        bool         `yaml:"real"`      // the code is one of the real API ЕПГУ
	PrintedForm bool         `yaml:"printedForm"`
	Obsolete    bool         `yaml:"obsolete"`
	Keywords    []string     `yaml:"keywords"`
	Steps       []i18n.Text  `yaml:"steps"`
	Documents   []Document   `yaml:"documents"`
	Fees        []Fee        `yaml:"fees"`
	LegalActs   []i18n.Text  `yaml:"legalActs"`
	Result      i18n.Text    `yaml:"result"` // title of the resulting document
	Corrections []Correction `yaml:"corrections"`
	Refusals    []i18n.Text  `yaml:"refusals"`
	Fields      []Field      `yaml:"fields"`

	dept *Department
}

// Document is an attachment that a service takes.
type Document struct {
	Name     string     `yaml:"name"`
	Title    i18n.Text  `yaml:"title"`
	Required bool       `yaml:"required"`
	When     *Condition `yaml:"when"`
	Types    []string   `yaml:"types"`    // MIME types
	MaxBytes int64      `yaml:"maxBytes"` // bytes; MaxAttachmentBytes when 0
	// MinWidth and MinHeight are the fewest pixels of a picture; 0 is no bound. A
	// photo of 35×45 mm at 300 dpi has 413×531.
	MinWidth  int `yaml:"minWidth"`
	MinHeight int `yaml:"minHeight"`
}

// Fee is what a service costs. A fee applies when its condition holds; of
// several the first one counts.
type Fee struct {
	Title     i18n.Text  `yaml:"title"`
	Condition i18n.Text  `yaml:"condition"`
	When      *Condition `yaml:"when"`
	Kopecks   int64      `yaml:"kopecks"`
	Discount  int        `yaml:"discount"` // percent for paying early
	Basis     i18n.Text  `yaml:"basis"`
	KBK       string     `yaml:"kbk"`
}

// Correction is something that a department may ask to mend.
type Correction struct {
	Field string    `yaml:"field"` // name of a field or of a document
	Text  i18n.Text `yaml:"text"`
}

// Field is one field of a form.
type Field struct {
	Use       string     `yaml:"use"` // stands for a block of fields.yaml
	Name      string     `yaml:"name"`
	Type      string     `yaml:"type"` // "string", "date", "integer", "boolean", "choice"
	Title     i18n.Text  `yaml:"title"`
	Hint      i18n.Text  `yaml:"hint"`
	Group     string     `yaml:"group"` // key in groups of fields.yaml
	Required  bool       `yaml:"required"`
	When      *Condition `yaml:"when"`      // asked, and required if Required, only then
	Pattern   string     `yaml:"pattern"`   // RE2 that ECMA-262 reads alike
	Example   string     `yaml:"example"`   // a value that the pattern takes
	Format    string     `yaml:"format"`    // JSON Schema format: "email"
	Check     string     `yaml:"check"`     // "snils", "inn", "account:bik"
	Min       *int64     `yaml:"min"`       // of integers
	Max       *int64     `yaml:"max"`       // of integers
	MaxLength int        `yaml:"maxLength"` // characters; 500 when 0
	Choices   []Choice   `yaml:"choices"`
	Prefill   string     `yaml:"prefill"`
	Default   string     `yaml:"default"`
	Secret    bool       `yaml:"secret"`

	re *regexp.Regexp
}

// Choice is one value of a choice field.
type Choice struct {
	Value string    `yaml:"value"`
	Title i18n.Text `yaml:"title"`
}

// Condition holds when the value of Field is one of In.
type Condition struct {
	Field string   `yaml:"field"`
	In    []string `yaml:"in"`
}

// Holds reports whether the condition holds; a nil condition always does.
func (c *Condition) Holds(values map[string]string) bool {
	return c == nil || slices.Contains(c.In, values[c.Field])
}

// Department is who renders services, and to whom duties are paid.
type Department struct {
	Key      string      `yaml:"key"`
	Code     string      `yaml:"code"`    // stateOrgCode on the wire
	ID       int64       `yaml:"id"`      // stateOrgId on the wire
	Chapter  string      `yaml:"chapter"` // administrator, first three digits of КБК
	Name     i18n.Text   `yaml:"name"`
	Officer  i18n.Text   `yaml:"officer"` // the post of the responsible person
	Contacts []i18n.Text `yaml:"contacts"`
	Payee    Payee       `yaml:"payee"`
}

// Payee are the requisites that a department is paid by.
type Payee struct {
	Name        string `yaml:"name"`
	INN         string `yaml:"inn"`
	KPP         string `yaml:"kpp"`
	Account     string `yaml:"account"`
	BankName    string `yaml:"bankName"`
	BIK         string `yaml:"bik"`
	CorrAccount string `yaml:"corrAccount"`
	KBK         string `yaml:"kbk"`
	OKTMO       string `yaml:"oktmo"`
}

// Dept returns the department of the service.
func (s *Service) Dept() *Department { return s.dept }

// TargetCode is the targetCode of API ЕПГУ.
func (s *Service) TargetCode() string { return "-" + s.Code }

// FeeFor returns the fee that applies to an application with these values, or
// nil when it is free.
func (s *Service) FeeFor(values map[string]string) *Fee {
	for i := range s.Fees {
		if s.Fees[i].When.Holds(values) && s.Fees[i].Kopecks > 0 {
			return &s.Fees[i]
		}
	}
	return nil
}

// UsualFee returns the fee shown in lists, kopecks.
func (s *Service) UsualFee() int64 {
	if len(s.Fees) == 0 {
		return 0
	}
	return s.Fees[0].Kopecks
}

// Document returns the document with this name, or nil.
func (s *Service) Document(name string) *Document {
	for i := range s.Documents {
		if s.Documents[i].Name == name {
			return &s.Documents[i]
		}
	}
	return nil
}

// Field returns the field with this name, or nil.
func (s *Service) Field(name string) *Field {
	for i := range s.Fields {
		if s.Fields[i].Name == name {
			return &s.Fields[i]
		}
	}
	return nil
}

// Catalog is the whole catalogue. It does not change after it is read, so it
// may be used by many goroutines.
type Catalog struct {
	services    []*Service // popular first
	departments map[string]*Department
	groups      map[string]i18n.Text
	byKey       map[string]*Service // code, slug, targetCode

	indexOnce sync.Once
	index     *index
}

// Load reads the embedded data; it costs a few milliseconds, so call it once
// and keep the result.
func Load() (*Catalog, error) { return load(data) }

func load(files fs.FS) (*Catalog, error) {
	c := &Catalog{departments: map[string]*Department{}, byKey: map[string]*Service{}}
	var depts struct {
		Departments []*Department `yaml:"departments"`
	}
	if err := read(files, "data/departments.yaml", &depts); err != nil {
		return nil, err
	}
	for _, d := range depts.Departments {
		c.departments[d.Key] = d
	}
	var common struct {
		Groups map[string]i18n.Text `yaml:"groups"`
		Blocks map[string][]Field   `yaml:"blocks"`
	}
	if err := read(files, "data/fields.yaml", &common); err != nil {
		return nil, err
	}
	c.groups = common.Groups
	names, err := fs.Glob(files, "data/service-*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list the services: %w", err)
	}
	for _, name := range names {
		s := &Service{}
		if err := read(files, name, s); err != nil {
			return nil, err
		}
		if err := c.complete(s, common.Blocks); err != nil {
			return nil, fmt.Errorf("%s: %w", path.Base(name), err)
		}
		for _, key := range []string{s.Code, s.Slug, s.TargetCode()} {
			if c.byKey[key] != nil {
				return nil, fmt.Errorf("%s: %s is there twice", path.Base(name), key)
			}
			c.byKey[key] = s
		}
		c.services = append(c.services, s)
	}
	slices.SortStableFunc(c.services, func(a, b *Service) int { return b.Popularity - a.Popularity })
	return c, nil
}

func read(files fs.FS, name string, into any) error {
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", path.Base(name), err)
	}
	return nil
}

// complete expands blocks, fills what goes without saying and compiles patterns.
func (c *Catalog) complete(s *Service, blocks map[string][]Field) error {
	if s.dept = c.departments[s.Department]; s.dept == nil {
		return fmt.Errorf("no department %q", s.Department)
	}
	if s.Request == "" {
		s.Request = "req.xml"
	}
	for i := range s.Documents {
		if s.Documents[i].MaxBytes == 0 {
			s.Documents[i].MaxBytes = MaxAttachmentBytes
		}
	}
	var fields []Field
	for _, f := range s.Fields {
		if f.Use == "" {
			fields = append(fields, f)
			continue
		}
		block, ok := blocks[f.Use]
		if !ok {
			return fmt.Errorf("no block of fields %q", f.Use)
		}
		fields = append(fields, block...)
	}
	seen := map[string]bool{}
	for i := range fields {
		f := &fields[i]
		if seen[f.Name] {
			return fmt.Errorf("field %s is there twice", f.Name)
		}
		seen[f.Name] = true
		if f.Type == "" {
			f.Type = "string"
		}
		if f.MaxLength == 0 {
			f.MaxLength = 500
		}
		if _, ok := c.groups[f.Group]; !ok {
			return fmt.Errorf("field %s: no group %q", f.Name, f.Group)
		}
		if f.Pattern != "" {
			re, err := regexp.Compile(f.Pattern)
			if err != nil {
				return fmt.Errorf("field %s: %w", f.Name, err)
			}
			f.re = re
		}
	}
	s.Fields = fields
	return nil
}

// Services returns every service, popular first. The slice is the caller's.
func (c *Catalog) Services() []*Service { return slices.Clone(c.services) }

// Department returns the department with this key, or nil.
func (c *Catalog) Department(key string) *Department { return c.departments[key] }

// Find returns the service with this code, targetCode or slug (any case), or
// nil.
func (c *Catalog) Find(key string) *Service {
	return c.byKey[strings.ToLower(strings.TrimSpace(key))]
}
