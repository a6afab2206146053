package compile

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"gopkg.in/yaml.v3"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
	"github.com/epgu-cli/epgu/internal/sandbox/dictionaries"
	"github.com/epgu-cli/epgu/internal/sandbox/search"
)

// Whole reads and checks the data. Every mistake is in the error, each a
// Problem with its file and line.
func Whole(files fs.FS) (*catalog.Whole, error) {
	src, err := read(files)
	if err != nil {
		return nil, err
	}
	c := &compiler{src: src, departments: map[string]*catalog.Department{}, places: places{files: files, docs: map[string]*yaml.Node{}}}
	for i := range src.departments {
		d := &src.departments[i]
		c.departments[d.Key] = d
	}
	w := &catalog.Whole{Departments: src.departments, Vocabulary: catalog.Vocabulary{
		Topics: src.vocabulary.Topics, Situations: src.vocabulary.Situations, Regions: src.vocabulary.Regions, Groups: src.fields.Groups,
	}}
	records := slices.Clone(src.records)
	slices.SortStableFunc(records, func(a, b *record) int {
		return cmp.Or(b.Popularity-a.Popularity, strings.Compare(a.Code, b.Code))
	})
	c.known = map[string]*record{}
	for _, r := range records {
		for _, key := range []string{r.Code, r.Slug, r.Title.RU, r.Title.EN} {
			if other := c.known[key]; other != nil {
				c.report(r, "code", "%q is there twice: also at %s:%d", key, other.file, other.node.Line)
			}
			c.known[key] = r
		}
	}
	for _, r := range records {
		w.Services = append(w.Services, c.service(r))
	}
	c.vocabularies(w)
	w.Changes = c.changes()
	if len(c.problems) > 0 {
		return nil, c.failed()
	}
	docs := make([]search.Doc, len(w.Services))
	for i := range w.Services {
		s := &w.Services[i]
		w.Briefs = append(w.Briefs, s.Brief)
		docs[i] = catalog.IndexDoc(s, &w.Vocabulary, c.departments[s.Department])
	}
	w.Index = search.Pack(docs, Words(src.words))
	return w, nil
}

// Words turns synonyms.yaml into the dictionary of the search.
func Words(d dictionary) search.Dictionary {
	out := search.Dictionary{Stop: d.Stop, Weak: d.Weak}
	for _, s := range d.Synonyms {
		out.Synonyms = append(out.Synonyms, search.Synonym{Say: s.Say, Means: s.Means})
	}
	for _, s := range d.Clipped {
		out.Clipped = append(out.Clipped, search.Clipped{Say: s.Say, Means: s.Means})
	}
	return out
}

type compiler struct {
	src         *sources
	departments map[string]*catalog.Department
	known       map[string]*record
	problems    []Problem
	places      places
	form        string                         // of the service at hand
	at          func() (file string, line int) // where what is looked at in the form stands; nil is the service
}

func (c *compiler) failed() error {
	slices.SortFunc(c.problems, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, strings.Compare(a.Text, b.Text))
	})
	errs := make([]error, len(c.problems))
	for i, p := range c.problems {
		errs[i] = p
	}
	return errors.Join(errs...)
}

// report notes a mistake at a key of a record, or at its beginning; one in the
// form at the field or rule that is looked at.
func (c *compiler) report(r *record, key, format string, args ...any) {
	line := r.node.Line
	if v := child(r.node, key); v != nil {
		line = v.Line
	}
	file := r.file
	if key == "form" && c.at != nil {
		if in, n := c.at(); n > 0 {
			file, line = in, n
		}
	}
	c.problems = append(c.problems, Problem{file, line, r.Slug + ": " + fmt.Sprintf(format, args...)})
}

func (c *compiler) service(r *record) catalog.Service {
	s := catalog.Service{
		Brief: catalog.Brief{
			Code: r.Code, Slug: r.Slug, Title: r.Title, Summary: r.Summary, Topic: r.Topic, Situations: r.Situations, Department: r.Department,
			Persons: r.Persons, Level: r.Level, Popularity: r.Popularity, State: cmp.Or(r.State, catalog.Active), Season: r.Season, Successor: r.Successor,
			Regions: r.Regions, Online: !r.Offline, TermDays: r.Days, Orgs: slices.Contains(r.Persons, catalog.Organisation),
		},
		Signature: cmp.Or(r.Signature, "none"), Push: cmp.Or(r.Push, "chunked"), Request: cmp.Or(r.Request, "req.xml"), AsOf: r.AsOf,
		Real: r.Real, PrintedForm: r.PrintedForm, Keywords: r.Keywords, Contacts: r.Contacts,
	}
	if r.Workdays > 0 {
		s.TermDays = (r.Workdays*7 + 4) / 5 // a week has five of them
	}
	s.TermSource = c.source(r, "termSource", r.TermSource)
	c.identity(r, &s)
	s.Steps = c.texts(r, "steps", "step", r.Steps, c.src.shared.Steps)
	s.LegalActs = c.texts(r, "acts", "act", r.Acts, c.src.shared.Acts)
	s.Refusals = c.texts(r, "refusals", "refusal", r.Refusals, c.src.shared.Refusals)
	s.Result = c.texts(r, "result", "result", []ref{r.Result}, c.src.shared.Results)[0]
	c.documents(r, &s)
	c.fees(r, &s)
	c.variants(r, &s)
	c.fields(r, &s)
	c.conditions(r, &s)
	return s
}

var (
	slugForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	codeForm = regexp.MustCompile(`^[0-9]{8,11}$`)
	season   = regexp.MustCompile(`^[01][0-9]-[0-3][0-9] / [01][0-9]-[0-3][0-9]$`)
)

// identity checks what a list shows of a service.
func (c *compiler) identity(r *record, s *catalog.Service) {
	if !codeForm.MatchString(r.Code) {
		c.report(r, "code", "a code is 8 to 11 digits, not %q", r.Code)
	}
	if !slugForm.MatchString(r.Slug) {
		c.report(r, "slug", "a slug is small Latin letters, digits and hyphens, not %q", r.Slug)
	}
	c.text(r, "title", r.Title)
	c.text(r, "summary", r.Summary)
	c.oneOf(r, "topic", r.Topic, keys(c.src.vocabulary.Topics))
	c.oneOf(r, "department", r.Department, slices.Collect(maps.Keys(c.departments)))
	c.oneOf(r, "level", r.Level, []string{catalog.LevelSimplified, catalog.LevelStandard, catalog.LevelConfirmed})
	c.oneOf(r, "state", s.State, []string{catalog.Active, catalog.Seasonal, catalog.Obsolete})
	c.oneOf(r, "signature", s.Signature, []string{"none", "simple", "qualified"})
	c.oneOf(r, "push", s.Push, []string{"chunked", "single"})
	for _, v := range r.Situations {
		c.oneOf(r, "situations", v, keys(c.src.vocabulary.Situations))
	}
	for _, v := range r.Regions {
		c.oneOf(r, "regions", v, keys(c.src.vocabulary.Regions))
	}
	for _, v := range r.Persons {
		c.oneOf(r, "persons", v, []string{catalog.Citizen, catalog.Entrepreneur, catalog.Organisation, catalog.Foreigner})
	}
	if len(r.Persons) == 0 {
		c.report(r, "persons", "nobody may ask for it")
	}
	if r.Popularity < 1 || r.Popularity > 100 {
		c.report(r, "popularity", "popularity is 1 to 100, not %d", r.Popularity)
	}
	if r.Days <= 0 && r.Workdays <= 0 {
		c.report(r, "days", "the term is missing: days or workdays")
	}
	if len(r.Keywords) < 2 {
		c.report(r, "keywords", "at least two words by which people call it")
	}
	if (s.State == catalog.Seasonal) != season.MatchString(r.Season) {
		c.report(r, "season", "a seasonal service, and no other, has a season like \"04-01 / 09-05\"")
	}
	var next *record
	if r.Successor != "" {
		next = c.known[r.Successor]
	}
	if (s.State == catalog.Obsolete) != (next != nil && next != r) || r.Successor != "" && next == nil {
		c.report(r, "successor", "an obsolete service, and no other, names the slug of its successor")
	}
	c.date(r, "asOf", r.AsOf)
}

func keys(list []catalog.Named) []string {
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = n.Key
	}
	return out
}

func (c *compiler) oneOf(r *record, key, value string, of []string) {
	if !slices.Contains(of, value) {
		slices.Sort(of)
		c.report(r, key, "%s %q is none of %s", key, value, strings.Join(of, ", "))
	}
}

func (c *compiler) date(r *record, key, value string) {
	if _, err := time.Parse(time.DateOnly, value); err != nil {
		c.report(r, key, "%s: a day like 2026-01-31, not %q", key, value)
	}
}

// text wants both languages, each in its letters.
func (c *compiler) text(r *record, key string, t i18n.Text) {
	cyrillic := func(s string) bool {
		return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) })
	}
	switch {
	case t.RU == "" || t.EN == "":
		c.report(r, key, "%s: a text in both languages is needed: ru %q, en %q", key, t.RU, t.EN)
	case !cyrillic(t.RU):
		c.report(r, key, "%s: the Russian text %q has no Russian letters", key, t.RU)
	case cyrillic(t.EN):
		c.report(r, key, "%s: the English text %q has Russian letters", key, t.EN)
	case strings.TrimSpace(t.RU) != t.RU || strings.TrimSpace(t.EN) != t.EN || strings.Contains(t.RU+t.EN, "  "):
		c.report(r, key, "%s: needless spaces in %q", key, t.RU)
	}
}

func (c *compiler) source(r *record, key, name string) catalog.Source {
	s, ok := c.src.shared.Sources[name]
	if !ok {
		c.report(r, key, "no source %q in shared.yaml", name)
	}
	return catalog.Source{Kind: s.Kind, Title: s.Title, Date: s.Date}
}

// texts resolves references. At least one text is wanted.
func (c *compiler) texts(r *record, key, what string, list []ref, from map[string]i18n.Text) []i18n.Text {
	out := make([]i18n.Text, 0, len(list))
	for _, item := range list {
		t := item.text
		if item.key != "" {
			var ok bool
			if t, ok = from[item.key]; !ok {
				c.report(r, key, "no %s %q in shared.yaml", what, item.key)
				t = i18n.Text{RU: "—", EN: "—"}
				out = append(out, t)
				continue
			}
		}
		c.text(r, key, t)
		out = append(out, t)
	}
	if len(out) == 0 {
		c.report(r, key, "at least one %s is needed", what)
	}
	return out
}

func (c *compiler) documents(r *record, s *catalog.Service) {
	seen := map[string]bool{}
	for _, d := range r.Documents {
		doc := d.doc
		if d.key != "" {
			name, optional := strings.CutSuffix(d.key, "?")
			known, ok := c.src.shared.Documents[name]
			if !ok {
				c.report(r, "documents", "no document %q in shared.yaml", name)
				continue
			}
			doc = known
			doc.Name, doc.Required = cmp.Or(doc.Name, camel(name)), !optional
		}
		if doc.MaxBytes == 0 {
			doc.MaxBytes = catalog.MaxAttachmentBytes
		}
		c.text(r, "documents", doc.Title)
		if doc.MaxBytes > catalog.MaxAttachmentBytes || len(doc.Types) == 0 || seen[doc.Name] || doc.Name == "" {
			c.report(r, "documents", "document %q: a name of its own, formats, and at most %d bytes are needed", doc.Name, catalog.MaxAttachmentBytes)
		}
		seen[doc.Name] = true
		s.Documents = append(s.Documents, doc)
	}
}

// camel makes a name for --attach of a key: birth-certificate → birthCertificate.
func camel(key string) string {
	parts := strings.Split(key, "-")
	for i := 1; i < len(parts); i++ {
		if parts[i] != "" {
			parts[i] = strings.ToUpper(parts[i][:1]) + parts[i][1:]
		}
	}
	return strings.Join(parts, "")
}

func (c *compiler) fees(r *record, s *catalog.Service) {
	for _, f := range r.Fees {
		out := catalog.Fee{Kopecks: f.Kopecks, Title: f.Title, Condition: f.Condition, When: f.When, Rule: f.Rule, Discount: f.Discount, Since: f.Since, KBK: f.KBK}
		c.text(r, "fees", f.Title)
		if !f.Condition.IsZero() {
			c.text(r, "fees", f.Condition)
		}
		if !f.Rule.IsZero() {
			c.text(r, "fees", f.Rule)
		}
		out.Source = c.source(r, "fees", f.Source)
		basis, ok := c.src.shared.Acts[f.Basis]
		if !ok {
			c.report(r, "fees", "a fee names the article it is taken by: no act %q in shared.yaml", f.Basis)
		}
		out.Basis = basis
		if out.Since != "" {
			c.date(r, "fees", out.Since)
		}
		if d := c.departments[r.Department]; out.KBK == "" && d != nil {
			out.KBK = d.Payee.KBK
		}
		if _, err := requisites.ParseKBK(out.KBK); err != nil {
			c.report(r, "fees", "%v", err)
		}
		if out.Kopecks < 0 || out.Kopecks == 0 && out.When == nil || out.Discount < 0 || out.Discount > 99 {
			c.report(r, "fees", "a fee of %d kopecks with a discount of %d %%", out.Kopecks, out.Discount)
		}
		s.Fees = append(s.Fees, out)
	}
	if len(s.Fees) > 0 {
		s.FeeKopecks = s.Fees[0].Kopecks
	}
}

func (c *compiler) variants(r *record, s *catalog.Service) {
	for _, v := range r.Variants {
		c.oneOf(r, "variants", v.Region, keys(c.src.vocabulary.Regions))
		c.text(r, "variants", v.Note)
		if !v.Contact.IsZero() {
			c.text(r, "variants", v.Contact)
		}
		s.Variants = append(s.Variants, catalog.Variant{Region: v.Region, TermDays: v.Days, Note: v.Note, Contact: v.Contact})
	}
}

// fields puts the form of a service together: its own questions, then the form.
func (c *compiler) fields(r *record, s *catalog.Service) {
	name := r.Form
	if c.src.forms[r.Slug] != nil {
		name = r.Slug
	}
	name = cmp.Or(name, "general")
	c.form = name
	f := c.src.forms[name]
	if f == nil {
		c.report(r, "form", "no form %q in forms/", name)
		return
	}
	s.Version = f.Version
	s.Corrections = append(slices.Clone(r.Corrections), f.Corrections...)
	own := slices.Clone(r.Ask)
	for _, p := range f.Steps {
		c.text(r, "form", p.Title)
		s.Pages = append(s.Pages, catalog.Page{Key: p.Key, Title: p.Title})
		fields := c.opened(r, name, slices.Concat(own, p.Fields))
		own = nil // the service's own questions come first
		for i := range fields {
			fields[i].Page = p.Key
		}
		s.Fields = append(s.Fields, fields...)
	}
	s.Fields = append(s.Fields, c.opened(r, name, slices.Concat(own, f.Fields))...)
	if len(s.Pages) > 0 && len(f.Fields) > 0 {
		c.report(r, "form", "form %s has both fields and steps", name)
	}
	s.Rules = deepRules(f.Rules)
	c.checkFields(r, s.Fields, "")
}

// opened puts blocks in place of their names, and copies what forms share:
// paths of conditions are written into the copies.
func (c *compiler) opened(r *record, name string, fields []catalog.Field) []catalog.Field {
	var out []catalog.Field
	for _, field := range fields {
		list := []catalog.Field{field}
		if field.Use != "" {
			block, ok := c.src.fields.Blocks[field.Use]
			if !ok {
				c.report(r, "form", "form %s: no block of fields %q", name, field.Use)
			}
			list = slices.Clone(block)
			for i := range list { // what stands beside "use" holds for the whole block
				if field.When != nil {
					list[i].When = field.When
				}
				if field.Group != "" {
					list[i].Group = field.Group
				}
			}
		}
		for _, f := range list {
			f.Fields = c.opened(r, name, f.Fields)
			f.When = deep(f.When)
			if f.Dictionary != nil {
				d := *f.Dictionary
				f.Dictionary = &d
			}
			if f.Compute != nil {
				d := *f.Compute
				f.Compute = &d
			}
			out = append(out, f)
		}
	}
	return out
}

func deep(w *catalog.Condition) *catalog.Condition {
	if w == nil {
		return nil
	}
	out := *w
	out.All, out.Any = slices.Clone(w.All), slices.Clone(w.Any)
	for _, list := range [][]catalog.Condition{out.All, out.Any} {
		for i := range list {
			list[i] = *deep(&list[i])
		}
	}
	return &out
}

func deepRules(rules []catalog.Rule) []catalog.Rule {
	out := slices.Clone(rules)
	for i := range out {
		out[i].When = deep(out[i].When)
	}
	return out
}

// checkFields checks the fields of one object and what is below.
func (c *compiler) checkFields(r *record, fields []catalog.Field, at string) {
	seen := map[string]bool{}
	defer func() { c.at = nil }()
	for i := range fields {
		field := &fields[i]
		path := at + field.Name
		c.at = func() (string, int) { return c.places.field(r, c.form, path) }
		field.Type, field.MaxLength = cmp.Or(field.Type, "string"), cmp.Or(field.MaxLength, 500)
		c.text(r, "form", field.Title)
		c.oneOf(r, "form", field.Type, []string{"string", "date", "integer", "boolean", "choice", "object", "list"})
		if _, ok := c.src.fields.Groups[field.Group]; !ok && (at == "" || field.Group != "") {
			c.report(r, "form", "field %s: no group %q", path, field.Group)
		}
		if seen[field.Name] || !fieldName.MatchString(field.Name) {
			c.report(r, "form", "field %s is there twice, or its name is no name", path)
		}
		seen[field.Name] = true
		if field.Pattern != "" {
			if re, err := regexp.Compile(field.Pattern); err != nil || !re.MatchString(field.Example) {
				c.report(r, "form", "field %s: the example %q does not fit the pattern %q", path, field.Example, field.Pattern)
			}
		}
		if asked := field.Type == "date" || field.Type == "integer" || field.Type == "string" && field.Required; asked && field.Compute == nil && field.Example == "" {
			c.report(r, "form", "field %s: an example is wanted: people are shown how to write it", path)
		}
		for _, choice := range field.Choices {
			c.text(r, "form", choice.Title)
		}
		if (field.Type == "choice") != (len(field.Choices) > 0) {
			c.report(r, "form", "field %s: a choice, and nothing else, has choices", path)
		}
		if field.Dictionary != nil {
			all, err := dictionaries.All()
			if err != nil || all[field.Dictionary.Code] == nil {
				c.report(r, "form", "field %s: no dictionary %q", path, field.Dictionary.Code)
			} else if field.Example == "" || all[field.Dictionary.Code].Entry(field.Example) == nil {
				c.report(r, "form", "field %s: the example %q is not in dictionary %s", path, field.Example, field.Dictionary.Code)
			}
		}
		group := field.Type == "object" || field.Type == "list"
		if group != (len(field.Fields) > 0) {
			c.report(r, "form", "field %s: an object or a list, and nothing else, has fields", path)
		}
		if field.Known != "" {
			c.oneOf(r, "form", field.Known, []string{"children", "vehicles", "self"})
		}
		switch field.Type {
		case "object":
			c.checkFields(r, field.Fields, path+".")
		case "list":
			c.text(r, "form", field.Item)
			c.checkFields(r, field.Fields, path+"[].")
		}
	}
}

var fieldName = regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`)

// conditions checks what refers to fields and documents.
func (c *compiler) conditions(r *record, s *catalog.Service) {
	when := func(key, what string, w *catalog.Condition) { c.place(r, s, key, what, "", w) }
	c.fieldConditions(r, s, s.Fields, "")
	for i := range s.Documents {
		s.Documents[i].When = deep(s.Documents[i].When)
		when("documents", "document "+s.Documents[i].Name, s.Documents[i].When)
	}
	for i := range s.Fees {
		s.Fees[i].When = deep(s.Fees[i].When)
		when("fees", "a fee", s.Fees[i].When)
	}
	c.rules(r, s)
	for _, k := range s.Corrections {
		c.text(r, "corrections", k.Text)
		if s.Field(k.Field) == nil && s.Document(k.Field) == nil {
			c.report(r, "corrections", "a correction of the unknown %q", k.Field)
		}
	}
	if len(s.Corrections) == 0 {
		c.report(r, "corrections", "neither the service nor its form says what may have to be mended")
	}
}

// fieldConditions resolves the names in the conditions of fields: each becomes
// a path from the root.
func (c *compiler) fieldConditions(r *record, s *catalog.Service, fields []catalog.Field, at string) {
	defer func() { c.at = nil }()
	for i := range fields {
		f := &fields[i]
		c.at = func() (string, int) { return c.places.field(r, c.form, at+f.Name) }
		c.place(r, s, "form", "field "+at+f.Name, at, f.When)
		refer := func(what string, name *string) {
			full := c.nearest(s, at, *name)
			if full == "" {
				c.report(r, "form", "field %s: %s refers to the unknown field %q", at+f.Name, what, *name)
			}
			*name = full
		}
		if f.Dictionary != nil && f.Dictionary.Parent != "" {
			refer("dictionary", &f.Dictionary.Parent)
			c.covered(r, s, f, at+f.Name)
		}
		if f.Compute != nil {
			refer("compute", &f.Compute.Of)
		}
		if kind, other, ok := strings.Cut(f.Check, ":"); ok {
			refer("check", &other)
			f.Check = kind + ":" + other
		}
		switch f.Type {
		case "object":
			c.fieldConditions(r, s, f.Fields, at+f.Name+".")
		case "list":
			c.fieldConditions(r, s, f.Fields, at+f.Name+"[].")
		}
	}
}

// covered wants something to choose whatever is chosen above: a form ends where a
// region has no office.
func (c *compiler) covered(r *record, s *catalog.Service, f *catalog.Field, path string) {
	above := s.Field(f.Dictionary.Parent)
	all, err := dictionaries.All()
	if err != nil || above == nil || above.Dictionary == nil || all[f.Dictionary.Code] == nil || all[above.Dictionary.Code] == nil {
		return // told of elsewhere
	}
	below, parents := all[f.Dictionary.Code], all[above.Dictionary.Code]
	var bare []string
	for i := range parents.Entries {
		if e := &parents.Entries[i]; e.Parent == "" && below.Leaf(e.Value) {
			bare = append(bare, e.Value)
		}
	}
	if len(bare) > 0 {
		c.report(r, "form", "field %s: dictionary %s has nothing below %s of %s", path, f.Dictionary.Code, strings.Join(bare, ", "), above.Dictionary.Code)
	}
}

// nearest finds the field that a name means at a place of the form: beside it,
// else in the groups around; "" when there is none.
func (c *compiler) nearest(s *catalog.Service, at, name string) string {
	for {
		if s.Field(at+name) != nil {
			return at + name
		}
		if at == "" {
			return ""
		}
		at = at[:strings.LastIndexByte(strings.TrimSuffix(at, "."), '.')+1]
	}
}

// place resolves the names in a condition.
func (c *compiler) place(r *record, s *catalog.Service, key, what, at string, w *catalog.Condition) {
	if w == nil {
		return
	}
	if w.Field != "" {
		full := c.nearest(s, at, w.Field)
		if full == "" {
			c.report(r, key, "%s depends on the unknown field %q", what, w.Field)
		} else {
			c.conditionValues(r, key, what, s.Field(full), w)
		}
		w.Field = full
	}
	for _, list := range [][]catalog.Condition{w.All, w.Any} {
		for i := range list {
			c.place(r, s, key, what, at, &list[i])
		}
	}
}

// conditionValues wants values that the field can have.
func (c *compiler) conditionValues(r *record, key, what string, f *catalog.Field, w *catalog.Condition) {
	known := []string{"true", "false"}
	switch f.Type {
	case "boolean":
	case "choice":
		known = nil
		for _, ch := range f.Choices {
			known = append(known, ch.Value)
		}
	default:
		return
	}
	for _, v := range slices.Concat(w.In, w.NotIn) {
		if !slices.Contains(known, v) {
			c.report(r, key, "%s depends on the value %q, which %s does not have", what, v, f.Name)
		}
	}
}

// rules checks those about several fields.
func (c *compiler) rules(r *record, s *catalog.Service) {
	defer func() { c.at = nil }()
	for i := range s.Rules {
		x := &s.Rules[i]
		c.at = func() (string, int) { return c.places.rule(c.form, i) }
		c.text(r, "form", x.Message)
		c.oneOf(r, "form", x.Kind, []string{"notBefore", "notAfter", "different", "unique", "sum", "any"})
		at := ""
		if j := strings.LastIndexByte(x.At, '.'); j >= 0 {
			at = x.At[:j+1]
		}
		c.place(r, s, "form", "a rule", at, x.When)
		names := append([]string{x.At}, x.Fields...)
		if x.Of != "" && !strings.HasPrefix(x.Of, "today") {
			names = append(names, x.Of)
		}
		for _, name := range names {
			if s.Field(name) == nil {
				c.report(r, "form", "a rule is about the unknown field %q", name)
			}
		}
		if x.Kind == "sum" && x.Equals == nil {
			c.report(r, "form", "rule sum of %q has no value", x.At)
		}
	}
}

// vocabularies checks what services refer to, and that all of it is used.
func (c *compiler) vocabularies(w *catalog.Whole) {
	used := map[string]bool{}
	for i := range w.Services {
		s := &w.Services[i]
		used[s.Topic], used["dept:"+s.Department] = true, true
		for _, k := range s.Situations {
			used[k] = true
		}
	}
	note := func(file, format string, args ...any) {
		c.problems = append(c.problems, Problem{file, 1, fmt.Sprintf(format, args...)})
	}
	if all, err := dictionaries.All(); err != nil {
		note("vocabulary.yaml", "%v", err)
	} else {
		for _, n := range w.Vocabulary.Regions {
			if e := all["REGIONS"].Entry(n.Key); e == nil || e.Title != n.Title {
				note("vocabulary.yaml", "region %s is not in dictionary REGIONS by the same name", n.Key)
			}
		}
	}
	for _, n := range slices.Concat(w.Vocabulary.Topics, w.Vocabulary.Situations) {
		if !used[n.Key] || n.Title.RU == "" || n.Title.EN == "" {
			note("vocabulary.yaml", "%s: nothing refers to it, or its name is missing", n.Key)
		}
	}
	for _, d := range w.Departments {
		if !used["dept:"+d.Key] {
			note("departments.yaml", "%s: it renders nothing", d.Key)
		}
	}
	for key, s := range c.src.shared.Sources {
		_, err := time.Parse(time.DateOnly, s.Date)
		if err != nil || s.Title.RU == "" || s.Title.EN == "" || !slices.Contains([]string{"open", "law", catalog.Training}, s.Kind) {
			note("shared.yaml", "source %s: a kind (open, law, training), a title in both languages and a day are needed", key)
		}
	}
}

func (c *compiler) changes() []catalog.Change {
	out := make([]catalog.Change, 0, len(c.src.changes))
	for i, ch := range c.src.changes {
		note := func(format string, args ...any) {
			c.problems = append(c.problems, Problem{"changes.yaml", c.src.changed[i].Line, fmt.Sprintf(format, args...)})
		}
		r := c.known[ch.Service]
		if r == nil {
			note("no service %q", ch.Service)
			continue
		}
		if _, err := time.Parse(time.DateOnly, ch.Date); err != nil {
			note("a day like 2026-01-31, not %q", ch.Date)
		}
		if ch.Text.RU == "" || ch.Text.EN == "" {
			note("a text in both languages is needed")
		}
		if kinds := []string{"fee", "form", "law", "term", "new", "obsolete"}; !slices.Contains(kinds, ch.Kind) {
			note("kind %q is none of %s", ch.Kind, strings.Join(kinds, ", "))
		}
		out = append(out, catalog.Change{Date: ch.Date, Service: r.Code, Kind: ch.Kind, Text: ch.Text})
	}
	slices.SortStableFunc(out, func(a, b catalog.Change) int { return strings.Compare(b.Date, a.Date) })
	return out
}
