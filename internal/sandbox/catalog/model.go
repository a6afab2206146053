// Package catalog is the embedded portal's catalogue of services: forms,
// documents, fees, terms and departments, and the search over them. The data
// are YAML in data/, reviewed and compiled into catalog.bin by cmd/catalogue;
// a service is decoded when it is asked for. Fees and terms carry their source
// and date and are no advice. Only internal/sandbox packages and the compiler
// may import it.
package catalog

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
)

// Levels of account, in ascending order (features A3).
const (
	LevelSimplified = "simplified"
	LevelStandard   = "standard"
	LevelConfirmed  = "confirmed"
)

// MaxAttachmentBytes is the largest attachment that any service takes, bytes
// (features C2).
const MaxAttachmentBytes = 5 << 20

// The kinds of person who may ask for a service.
const (
	Citizen      = "person"
	Entrepreneur = "entrepreneur"
	Organisation = "organisation"
	Foreigner    = "foreigner"
)

// The states of a service.
const (
	Active   = "active"
	Seasonal = "seasonal" // taken between two days of the year
	Obsolete = "obsolete" // taken no more; Successor says what stands for it
)

// Brief is what a list of services shows of one.
type Brief struct {
	Code       string
	Slug       string
	Title      i18n.Text
	Summary    i18n.Text
	Topic      string   // key in vocabulary.yaml
	Situations []string // keys in vocabulary.yaml
	Department string   // key in departments.yaml
	Persons    []string // Citizen …
	Level      string   // of the account
	Popularity int      // 0…100, larger comes first
	State      string   // Active …
	Season     string   // "01-03 / 09-05", first and last day (month-day), when Seasonal
	Successor  string   // slug, when Obsolete
	Regions    []string // codes of the subjects where it is rendered; empty is everywhere
	Online     bool     // an application can be sent; else only the place and papers are told
	FeeKopecks int64    // the usual fee, 0 is free
	TermDays   int      // calendar days to a decision, at most
	Orgs       bool     // organisations may ask for it
}

// Service is one service of the catalogue.
type Service struct {
	Brief
	Version     string // of the form
	Signature   string // "none", "simple", "qualified"
	Push        string // "chunked" or "single"
	Request     string // name of the request document in the archive
	AsOf        string // of fees and terms, yyyy-mm-dd
	TermSource  Source
	Real        bool // the code is one of the real API ЕПГУ
	PrintedForm bool
	Keywords    []string
	Steps       []i18n.Text
	Documents   []Document
	Variants    []Variant // what differs by region
	Fees        []Fee
	LegalActs   []i18n.Text
	Contacts    []i18n.Text // beside those of the department
	Result      i18n.Text   // title of the resulting document
	Corrections []Correction
	Refusals    []i18n.Text
	Pages       []Page // of the form; fields that name none are put together by their groups
	Fields      []Field
	Rules       []Rule // about several fields

	dept *Department
}

// Source says where a figure comes from.
type Source struct {
	Kind  string    // "open" (public secondary sources), "law" (the text of the act), "training" (made up for training)
	Title i18n.Text // for people
	Date  string    // when it was looked up, yyyy-mm-dd
}

// Training is the kind of a source that holds for training only.
const Training = "training"

// Variant is what differs in one region.
type Variant struct {
	Region   string // code of the subject
	TermDays int    // calendar days, 0 when as everywhere
	Note     i18n.Text
	Contact  i18n.Text
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
	Rule      i18n.Text  `yaml:"rule"`     // how it is reckoned when it is not one sum; Kopecks is then the usual or least one
	Discount  int        `yaml:"discount"` // percent for paying early
	Basis     i18n.Text  `yaml:"basis"`    // article of the law
	Since     string     `yaml:"since"`    // from which day it holds, yyyy-mm-dd
	Source    Source     `yaml:"-"`
	KBK       string     `yaml:"kbk"`
}

// Correction is something that a department may ask to mend.
type Correction struct {
	Field string    `yaml:"field"` // name of a field or of a document
	Text  i18n.Text `yaml:"text"`
}

// Page is a step of a form.
type Page struct {
	Key   string
	Title i18n.Text
}

// Field is one field of a form, a group of fields ("object") or a repeated
// group ("list"). On the wire and in Values its name is a path from the root of
// the form: lastName, address.city, children[0].lastName.
type Field struct {
	Use       string     `yaml:"use"` // stands for a block of fields.yaml
	Name      string     `yaml:"name"`
	Type      string     `yaml:"type"` // "string", "date", "integer", "boolean", "choice", "object", "list"
	Title     i18n.Text  `yaml:"title"`
	Hint      i18n.Text  `yaml:"hint"`
	Group     string     `yaml:"group"` // key in groups of fields.yaml
	Page      string     `yaml:"-"`     // key of the form's page
	Required  bool       `yaml:"required"`
	When      *Condition `yaml:"when"`      // asked, and required if Required, only then
	Pattern   string     `yaml:"pattern"`   // RE2 that ECMA-262 reads alike
	Example   string     `yaml:"example"`   // a value that the pattern takes
	Format    string     `yaml:"format"`    // JSON Schema format: "email"
	Check     string     `yaml:"check"`     // "snils", "inn", "account:bik"
	Mask      string     `yaml:"mask"`      // how clients may dress it: "snils", "phone", "99:99"
	Min       *int64     `yaml:"min"`       // of integers
	Max       *int64     `yaml:"max"`       // of integers
	MaxLength int        `yaml:"maxLength"` // characters; 500 when 0
	Choices   []Choice   `yaml:"choices"`
	Prefill   string     `yaml:"prefill"`
	Reuse     bool       `yaml:"reuse"` // prefilled from the last application for the service
	Default   string     `yaml:"default"`
	Secret    bool       `yaml:"secret"`
	Was       []string   `yaml:"was"` // paths in earlier versions of the form

	Dictionary *Lookup      `yaml:"dictionary"` // the value is from it
	Compute    *Computation `yaml:"compute"`    // it follows from others and is not asked

	Fields   []Field   `yaml:"fields"`   // of an object, or of an item of a list
	Item     i18n.Text `yaml:"item"`     // what an item is called
	MinItems int       `yaml:"minItems"` // 1 when 0 and Required
	MaxItems int       `yaml:"maxItems"` // 20 when 0
	Known    string    `yaml:"known"`    // register whose entries are offered as items: "children", "vehicles", "self" (the applicant)

	re *regexp.Regexp
}

// Lookup names a dictionary; Parent is the field whose value its entries are
// under. Leaf wants an entry with nothing below it: an office, not its region.
type Lookup struct {
	Code   string `yaml:"code"`
	Parent string `yaml:"parent"`
	Leaf   bool   `yaml:"leaf"`
}

// Computation says how a value follows from others: "age" in full years of a
// birth date, "count" of a list, "sum" of a field over a list.
type Computation struct {
	Kind string `yaml:"kind"`
	Of   string `yaml:"of"`
}

// Rule is about several fields: "notBefore" and "notAfter" (At against Of, a
// field or "today", "today-14y"), "different", "unique" (At over its list),
// "sum" (of At over its list is Equals), "any" (one of Fields is filled).
type Rule struct {
	Kind    string     `yaml:"kind"`
	At      string     `yaml:"at"`
	Of      string     `yaml:"of"`
	Equals  *int64     `yaml:"equals"`
	Fields  []string   `yaml:"fields"`
	When    *Condition `yaml:"when"`
	Message i18n.Text  `yaml:"message"`
}

// Choice is one value of a choice field.
type Choice struct {
	Value string    `yaml:"value"`
	Title i18n.Text `yaml:"title"`
}

// Condition holds when everything that is set of it does. Fields are named as in
// the form they are in; compiled, each is a path from its root.
type Condition struct {
	Field string      `yaml:"field"`
	In    []string    `yaml:"in"`    // the value is one of these
	NotIn []string    `yaml:"notIn"` // it is there and none of these
	Min   *int64      `yaml:"min"`
	Max   *int64      `yaml:"max"`
	All   []Condition `yaml:"all"`
	Any   []Condition `yaml:"any"`
}

// Holds reports whether the condition holds; a nil condition always does.
func (c *Condition) Holds(values map[string]string) bool { return c.holds(values, "") }

// holds is Holds for what stands at a path.
func (c *Condition) holds(values map[string]string, at string) bool {
	if c == nil {
		return true
	}
	if c.Field != "" {
		v := values[beside(c.Field, at)]
		if len(c.In) > 0 && !slices.Contains(c.In, v) || len(c.NotIn) > 0 && (v == "" || slices.Contains(c.NotIn, v)) {
			return false
		}
		if c.Min != nil || c.Max != nil {
			n, err := strconv.ParseInt(v, 10, 64)
			if err != nil || c.Min != nil && n < *c.Min || c.Max != nil && n > *c.Max {
				return false
			}
		}
	}
	for i := range c.All {
		if !c.All[i].holds(values, at) {
			return false
		}
	}
	return len(c.Any) == 0 || slices.ContainsFunc(c.Any, func(a Condition) bool { return a.holds(values, at) })
}

// beside puts the indexes of the place at into the brackets of a path of the
// form, as far as the two go the same way.
func beside(path, at string) string {
	if !strings.Contains(path, "[]") {
		return path
	}
	out := ""
	for {
		head, rest, found := strings.Cut(path, "[]")
		out += head
		if !found {
			return out
		}
		if !strings.HasPrefix(at, head+"[") {
			return out + "[]" + rest
		}
		index, after, _ := strings.Cut(at[len(head):], "]")
		out += index + "]"
		path, at = rest, after
	}
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

// Taken reports whether applications are taken on this day: never for an
// obsolete service, within its season for a seasonal one.
func (b *Brief) Taken(day time.Time) bool {
	switch b.State {
	case Obsolete:
		return false
	case Seasonal:
		from, to, _ := strings.Cut(b.Season, " / ")
		d := day.Format("01-02")
		if from <= to {
			return from <= d && d <= to
		}
		return d >= from || d <= to // over the new year
	}
	return true
}

// TargetCode is the targetCode of API ЕПГУ.
func (b *Brief) TargetCode() string { return "-" + b.Code }

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
func (b *Brief) UsualFee() int64 { return b.FeeKopecks }

// Document returns the document with this name, or nil.
func (s *Service) Document(name string) *Document {
	for i := range s.Documents {
		if s.Documents[i].Name == name {
			return &s.Documents[i]
		}
	}
	return nil
}

// Field returns the field at a path of the form ("children[].lastName"), or
// nil; indexes do not matter.
func (s *Service) Field(path string) *Field {
	list := s.Fields
	var found *Field
	rest := anyIndex(path)
	for more := true; more; {
		var name string
		name, rest, more = strings.Cut(rest, ".")
		name, indexed := strings.CutSuffix(name, "[]")
		i := slices.IndexFunc(list, func(f Field) bool { return f.Name == name })
		if i < 0 || indexed && list[i].Type != "list" || more && !indexed && list[i].Type == "list" {
			return nil
		}
		found = &list[i]
		list = found.Fields
	}
	return found
}

// anyIndex makes a path of the form of a path of values: children[2].x →
// children[].x.
func anyIndex(path string) string {
	if !strings.Contains(path, "[") {
		return path
	}
	var b strings.Builder
	inside := false
	for _, r := range path {
		switch {
		case r == '[':
			inside = true
			b.WriteString("[]")
		case r == ']':
			inside = false
		case !inside:
			b.WriteRune(r)
		}
	}
	return b.String()
}
