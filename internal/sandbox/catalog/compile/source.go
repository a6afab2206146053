// Package compile reads the catalogue's YAML, checks every rule of its schema
// and gives the whole as one value to be packed. It is run by cmd/catalogue and
// by tests, never by the portal itself.
package compile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"sort"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
)

// Problem is one mistake in the data.
type Problem struct {
	File string
	Line int
	Text string
}

func (p Problem) Error() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text) }

// ref is a text, or the key of one in shared.yaml.
type ref struct {
	key  string
	text i18n.Text
}

func (r *ref) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&r.key)
	}
	return n.Decode(&r.text)
}

// document is a document, or the key of one in shared.yaml; a key that ends
// with "?" is of one that is not required.
type document struct {
	key string
	doc catalog.Document
}

func (d *document) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&d.key)
	}
	return n.Decode(&d.doc)
}

// fee is a fee with its basis and source as keys of shared.yaml.
type fee struct {
	Kopecks   int64              `yaml:"kopecks"`
	Title     i18n.Text          `yaml:"title"`
	Condition i18n.Text          `yaml:"condition"`
	When      *catalog.Condition `yaml:"when"`
	Rule      i18n.Text          `yaml:"rule"`
	Discount  int                `yaml:"discount"`
	Basis     string             `yaml:"basis"`
	Since     string             `yaml:"since"`
	Source    string             `yaml:"source"`
	KBK       string             `yaml:"kbk"`
}

type variant struct {
	Region  string    `yaml:"region"`
	Days    int       `yaml:"days"`
	Note    i18n.Text `yaml:"note"`
	Contact i18n.Text `yaml:"contact"`
}

// record is a service as it is written in services/*.yaml. What a record leaves
// out is taken from the defaults of its file.
type record struct {
	Code        string               `yaml:"code"`
	Slug        string               `yaml:"slug"`
	Title       i18n.Text            `yaml:"title"`
	Summary     i18n.Text            `yaml:"summary"`
	Topic       string               `yaml:"topic"`
	Situations  []string             `yaml:"situations"`
	Department  string               `yaml:"department"`
	Persons     []string             `yaml:"persons"`
	Level       string               `yaml:"level"`
	Popularity  int                  `yaml:"popularity"`
	State       string               `yaml:"state"`
	Season      string               `yaml:"season"`
	Successor   string               `yaml:"successor"`
	Regions     []string             `yaml:"regions"`
	Offline     bool                 `yaml:"offline"` // cannot be asked for here
	Days        int                  `yaml:"days"`    // calendar days to a decision
	Workdays    int                  `yaml:"workdays"`
	TermSource  string               `yaml:"termSource"`
	AsOf        string               `yaml:"asOf"`
	Steps       []ref                `yaml:"steps"`
	Documents   []document           `yaml:"documents"`
	Fees        []fee                `yaml:"fees"`
	Acts        []ref                `yaml:"acts"`
	Contacts    []i18n.Text          `yaml:"contacts"`
	Variants    []variant            `yaml:"variants"`
	Result      ref                  `yaml:"result"`
	Refusals    []ref                `yaml:"refusals"`
	Corrections []catalog.Correction `yaml:"corrections"`
	Keywords    []string             `yaml:"keywords"`
	Form        string               `yaml:"form"` // name of a file in forms/; the slug's own, else "general"
	Ask         []catalog.Field      `yaml:"ask"`  // fields before those of the form
	Signature   string               `yaml:"signature"`
	Push        string               `yaml:"push"`
	Request     string               `yaml:"request"`
	Real        bool                 `yaml:"real"`
	PrintedForm bool                 `yaml:"printedForm"`

	file string
	node *yaml.Node
}

// form is a file of forms/: its fields, or steps with theirs.
type form struct {
	Version     string               `yaml:"version"`
	Corrections []catalog.Correction `yaml:"corrections"`
	Fields      []catalog.Field      `yaml:"fields"`
	Steps       []step               `yaml:"steps"`
	Rules       []catalog.Rule       `yaml:"rules"`
}

// step is a page of a form.
type step struct {
	Key    string          `yaml:"key"`
	Title  i18n.Text       `yaml:"title"`
	Fields []catalog.Field `yaml:"fields"`
}

// change is an entry of changes.yaml.
type change struct {
	Date    string    `yaml:"date"`
	Service string    `yaml:"service"` // slug
	Kind    string    `yaml:"kind"`
	Text    i18n.Text `yaml:"text"`
}

// shared is shared.yaml: what many services refer to by a key.
type shared struct {
	Sources map[string]struct {
		Kind  string    `yaml:"kind"`
		Title i18n.Text `yaml:"title"`
		Date  string    `yaml:"date"`
	} `yaml:"sources"`
	Acts      map[string]i18n.Text        `yaml:"acts"`
	Steps     map[string]i18n.Text        `yaml:"steps"`
	Refusals  map[string]i18n.Text        `yaml:"refusals"`
	Results   map[string]i18n.Text        `yaml:"results"`
	Documents map[string]catalog.Document `yaml:"documents"`
}

// dictionary is synonyms.yaml.
type dictionary struct {
	Stop     []string `yaml:"stop"`
	Weak     []string `yaml:"weak"`
	Synonyms []struct {
		Say   []string `yaml:"say"`
		Means []string `yaml:"means"`
	} `yaml:"synonyms"`
	Clipped []struct {
		Say   string `yaml:"say"`
		Means string `yaml:"means"`
	} `yaml:"clipped"`
}

type sources struct {
	records     []*record
	departments []catalog.Department
	vocabulary  struct {
		Topics     []catalog.Named `yaml:"topics"`
		Situations []catalog.Named `yaml:"situations"`
		Regions    []catalog.Named `yaml:"regions"`
	}
	fields struct {
		Groups map[string]i18n.Text       `yaml:"groups"`
		Blocks map[string][]catalog.Field `yaml:"blocks"`
	}
	forms   map[string]*form
	shared  shared
	changes []change
	changed []*yaml.Node
	words   dictionary
}

// decode reads a file strictly: an unknown key is an error with its line.
func decode(files fs.FS, name string, into any) error {
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func read(files fs.FS) (*sources, error) {
	s := &sources{forms: map[string]*form{}}
	var depts struct {
		Departments []catalog.Department `yaml:"departments"`
	}
	var changes struct {
		Changes []change `yaml:"changes"`
	}
	var errs []error
	for name, into := range map[string]any{
		"departments.yaml": &depts, "vocabulary.yaml": &s.vocabulary, "fields.yaml": &s.fields,
		"shared.yaml": &s.shared, "synonyms.yaml": &s.words, "changes.yaml": &changes,
	} {
		errs = append(errs, decode(files, name, into))
	}
	s.departments, s.changes = depts.Departments, changes.Changes
	formFiles, err := fs.Glob(files, "forms/*.yaml")
	errs = append(errs, err)
	for _, name := range formFiles {
		f := &form{}
		errs = append(errs, decode(files, name, f))
		s.forms[strings.TrimSuffix(path.Base(name), ".yaml")] = f
	}
	serviceFiles, err := fs.Glob(files, "services/*.yaml")
	errs = append(errs, err)
	sort.Strings(serviceFiles)
	for _, name := range serviceFiles {
		list, err := readServices(files, name)
		errs = append(errs, err)
		s.records = append(s.records, list...)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	s.changed, err = sequence(files, "changes.yaml", "changes")
	return s, err
}

func readServices(files fs.FS, name string) ([]*record, error) {
	var content struct {
		Defaults record    `yaml:"defaults"`
		Services []*record `yaml:"services"`
	}
	if err := decode(files, name, &content); err != nil {
		return nil, err
	}
	nodes, err := sequence(files, name, "services")
	if err != nil || len(nodes) != len(content.Services) {
		return nil, errors.Join(err, fmt.Errorf("%s: services are not a list", name))
	}
	for i, r := range content.Services {
		r.file, r.node = name, nodes[i]
		inherit(r, &content.Defaults)
	}
	return content.Services, nil
}

// sequence gives the nodes of a list of a file, for their lines.
func sequence(files fs.FS, name, key string) ([]*yaml.Node, error) {
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	if v := child(doc.Content[0], key); v != nil {
		return v.Content, nil
	}
	return nil, nil
}

// child is the value of a key of a mapping.
func child(n *yaml.Node, key string) *yaml.Node {
	for i := 0; n != nil && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// inherit fills what a record leaves out.
func inherit(r, d *record) {
	text := func(to *string, from string) {
		if *to == "" {
			*to = from
		}
	}
	text(&r.Topic, d.Topic)
	text(&r.Department, d.Department)
	text(&r.Level, d.Level)
	text(&r.State, d.State)
	text(&r.TermSource, d.TermSource)
	text(&r.AsOf, d.AsOf)
	text(&r.Form, d.Form)
	text(&r.Signature, d.Signature)
	text(&r.Push, d.Push)
	if r.Days == 0 && r.Workdays == 0 {
		r.Days, r.Workdays = d.Days, d.Workdays
	}
	if r.Persons == nil {
		r.Persons = d.Persons
	}
	if r.Situations == nil {
		r.Situations = d.Situations
	}
	if r.Steps == nil {
		r.Steps = d.Steps
	}
	if r.Documents == nil {
		r.Documents = slices.Clone(d.Documents)
	}
	if r.Acts == nil {
		r.Acts = d.Acts
	}
	if r.Refusals == nil {
		r.Refusals = d.Refusals
	}
	if r.Result == (ref{}) {
		r.Result = d.Result
	}
	if r.Regions == nil {
		r.Regions = d.Regions
	}
}
