package forms

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Known is what is known before anybody answers.
type Known struct {
	Values map[string]any
	// Sources says where each value is from, by its path: the profile, a register,
	// an earlier application. Words of the portal.
	Sources map[string]untrusted.Text
	// Reused are the paths of values that come from earlier applications and not from
	// the profile or a register.
	Reused []string
	// Suggestions are items that a repeated group may be filled from, by its path:
	// the children and the vehicles of the registers, and those of earlier
	// applications.
	Suggestions map[string][]Suggestion
}

// Suggestion is one item that a register knows.
type Suggestion struct {
	Title  untrusted.Text `json:"title"`
	Source untrusted.Text `json:"source,omitempty"`
	Values map[string]any `json:"values"`
}

// DictionaryEntry is one line of a dictionary.
type DictionaryEntry struct {
	Value  string
	Title  untrusted.Text
	Parent string
	Leaf   bool
}

// Dictionaries are the portal's lists. core/dictionaries keeps them.
type Dictionaries interface {
	// Find returns entries under parent ("" is all of them) whose title or value has
	// all the words of text, at most limit, and whether there are more.
	Find(ctx context.Context, code, parent, text string, limit int) ([]DictionaryEntry, bool, error)
	// Entry returns one entry by its value; ok is false when there is none.
	Entry(ctx context.Context, code, value string) (entry DictionaryEntry, ok bool, err error)
}

// Filling is a form being filled: the answers so far, and what they ask for
// next. It is not for several goroutines at once.
type Filling struct {
	form   *Form
	known  Known
	values map[string]any
	dict   Dictionaries
}

// Fill begins to fill the form: defaults first, then what is known, then what
// is given. dict may be nil: values from dictionaries are then not looked up.
func (f *Form) Fill(known Known, given map[string]any, dict Dictionaries) *Filling {
	x := &Filling{form: f, known: known, dict: dict}
	x.values = f.Coerce(Merge(f.Defaults(), cloneTree(known.Values), cloneTree(given)))
	return x
}

// Lay puts answers over those that are there, group by group and item by item.
func (x *Filling) Lay(answers map[string]any) {
	x.values = x.form.Coerce(Merge(x.values, cloneTree(answers)))
}

// Replace puts answers in place of all that are there, those that were known included.
func (x *Filling) Replace(answers map[string]any) { x.values = x.form.Coerce(cloneTree(answers)) }

// Form returns the form that is being filled.
func (x *Filling) Form() *Form { return x.form }

// Step is a page of the form with what is asked on it now.
type Step struct {
	Key     string
	Title   untrusted.Text
	Entries []Entry
	Missing int // required fields without an answer
}

// The kinds of Entry.
const (
	KindField = iota // takes a value
	KindGroup        // heads the entries of a group, which follow
	KindList         // heads a repeated group; items follow, each with its KindItem
	KindItem         // heads the entries of one item
)

// Entry is one line of a step: a field, or the heading of a group or an item.
type Entry struct {
	Kind     int
	Path     string // where its value stands: children[0].lastName
	Field    Field
	Depth    int // 0 is the step itself
	Number   int // of an item, from 1
	Value    any
	Text     string         // the value as people read it: titles of options, stars of a secret
	Required bool           // it must be answered before the form can be sent
	Source   untrusted.Text // where the value was taken from, while nobody has changed it
	Problem  i18n.Message   // what is wrong with the value that is there
	Example  i18n.Message   // a value that would do, for a field that has none
	CanAdd   bool           // of a list: one more item is allowed
	CanDrop  bool           // of an item: it may be removed
}

// Steps lists the pages of the form with what is asked for the answers so far,
// in order; pages on which nothing is asked are left out.
func (x *Filling) Steps() []Step {
	tree := cloneTree(x.values)
	x.form.compute(tree)
	wrong := map[string]i18n.Message{}
	for _, w := range x.form.Validate(x.values) {
		wrong[w.Name] = w.Message
	}
	var steps []Step
	at := map[string]int{}
	for i := range x.form.fields {
		fd := &x.form.fields[i]
		var entries []Entry
		x.entries(&entries, fd, tree, wrong, nil, 0)
		if len(entries) == 0 {
			continue
		}
		key, title := x.form.stepOf(fd)
		n, ok := at[key]
		if !ok {
			n = len(steps)
			at[key] = n
			steps = append(steps, Step{Key: key, Title: title})
		}
		steps[n].Entries = append(steps[n].Entries, entries...)
	}
	order := func(s Step) int {
		return slices.IndexFunc(x.form.steps, func(t stepTitle) bool { return t.Key == s.Key })
	}
	slices.SortStableFunc(steps, func(a, b Step) int { return cmp.Compare(order(a), order(b)) })
	for i := range steps {
		for _, e := range steps[i].Entries {
			if e.Required && blank(e.Value) && (e.Kind == KindField || e.Kind == KindList) {
				steps[i].Missing++
			}
		}
	}
	return steps
}

// stepOf is the page of a field: that of the form, else its group.
func (f *Form) stepOf(fd *Field) (key string, title untrusted.Text) {
	if i := slices.IndexFunc(f.steps, func(t stepTitle) bool { return t.Key == fd.Step }); i >= 0 {
		return fd.Step, f.steps[i].Title
	}
	return "group:" + fd.Group.Raw(), fd.Group
}

func (x *Filling) entries(out *[]Entry, fd *Field, tree map[string]any, wrong map[string]i18n.Message, at path, depth int) {
	here := at.child(fd.Name)
	if !fd.When.holds(tree, here) {
		return
	}
	v, _ := get(tree, here)
	e := Entry{Kind: KindField, Path: here.String(), Field: *fd, Depth: depth, Value: v, Required: fd.Required && fd.Computed == nil}
	if !blank(v) {
		e.Text, e.Problem = fd.text(v, x.form.Lang), wrong[e.Path]
		if given, ok := get(x.known.Values, here); ok && equal(given, v) {
			e.Source = x.known.Sources[e.Path]
		}
	} else if _, missing := wrong[e.Path]; missing {
		e.Required = true // the form's schema may ask for it in ways of its own
	}
	if blank(v) {
		e.Example = x.example(fd, tree, here)
	}
	switch {
	case fd.Type == Object:
		e.Kind, e.Value = KindGroup, v
		*out = append(*out, e)
		for i := range fd.Fields {
			from := len(*out)
			x.entries(out, &fd.Fields[i], tree, wrong, here, depth+1)
			if !fd.Required && blank(v) { // of a group that nobody has begun nothing is needed
				for k := from; k < len(*out); k++ {
					(*out)[k].Required = false
				}
			}
		}
	case fd.Type == List && len(fd.Fields) > 0:
		list, _ := v.([]any)
		e.Kind, e.Required, e.Text = KindList, fd.Required && len(list) < max(fd.MinItems, 1), ""
		e.CanAdd = fd.MaxItems == 0 && len(list) <= maxIndex || len(list) < fd.MaxItems
		if len(list) < fd.MinItems || len(list) == 0 {
			e.Value = nil
		}
		*out = append(*out, e)
		for n := range list {
			item := here.item(n)
			*out = append(*out, Entry{Kind: KindItem, Path: item.String(), Field: *fd, Depth: depth + 1, Number: n + 1, Value: list[n],
				CanDrop: !fd.Required || len(list) > fd.MinItems})
			for i := range fd.Fields {
				x.entries(out, &fd.Fields[i], tree, wrong, item, depth+2)
			}
		}
	default:
		*out = append(*out, e)
	}
}

// example is the example of a field, or a day that the rules of the form take where
// it would stand, or nothing.
func (x *Filling) example(fd *Field, tree map[string]any, at path) i18n.Message {
	if fd.Example == "" || fd.Secret {
		return i18n.Message{}
	}
	if fd.Format != "date" || !slices.ContainsFunc(x.form.rules, func(r crossRule) bool { return r.At == fd.Path }) {
		return sample(fd, fd.Example)
	}
	for _, day := range []string{fd.Example, x.form.fitting(fd)} {
		tried := cloneTree(tree)
		if put(tried, at, day) == nil && x.form.problemAt(fd, at, day, tried).IsZero() {
			return sample(fd, day)
		}
	}
	return i18n.Message{}
}

// fitting is the example of a field; of a day that the form's rules about today
// refuse (it was right in the year of the form), another one that they take.
func (f *Form) fitting(fd *Field) string {
	today, err := time.Parse(time.DateOnly, f.Today)
	if fd.Format != "date" || err != nil {
		return fd.Example
	}
	var from, to time.Time
	for i := range f.rules {
		if r := &f.rules[i]; r.At == fd.Path && r.of == nil {
			day, _ := relative(r.Of, today) // it was read when the form was
			switch {
			case r.Kind == "notBefore" && (from.IsZero() || day.After(from)):
				from = day
			case r.Kind == "notAfter" && (to.IsZero() || day.Before(to)):
				to = day
			}
		}
	}
	example, err := time.Parse(time.DateOnly, fd.Example)
	if err == nil && !example.Before(from) && (to.IsZero() || !example.After(to)) {
		return fd.Example
	}
	const month = 30 * 24 * time.Hour
	switch {
	case to.IsZero():
		return from.Add(month).Format(time.DateOnly)
	case from.IsZero():
		return to.Add(-month).Format(time.DateOnly)
	}
	return from.Add(to.Sub(from) / 2).Format(time.DateOnly)
}

// sample is a value of a field as people write it.
func sample(fd *Field, value string) i18n.Message {
	if day, err := time.Parse(time.DateOnly, value); err == nil && fd.Format == "date" {
		return i18n.Text{RU: "%s", EN: "%s"}.With(i18n.Day(day))
	}
	return i18n.Text{RU: "%s", EN: "%s"}.With(untrusted.Text(value))
}

// text writes a value as people read it.
func (fd *Field) text(v any, lang i18n.Lang) string {
	if fd.Secret {
		return "••••"
	}
	switch v := v.(type) {
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = fd.text(item, lang)
		}
		return strings.Join(parts, ", ")
	case map[string]any:
		var parts []string
		for i := range fd.Fields {
			if s, ok := v[fd.Fields[i].Name]; ok && len(fd.Fields[i].Fields) == 0 && !blank(s) {
				parts = append(parts, fd.Fields[i].text(s, lang))
			}
		}
		return strings.Join(parts, ", ")
	}
	for _, o := range fd.Options {
		if equal(o.Value, v) {
			return o.Title.String()
		}
	}
	s := plain(v)
	if fd.Format == "date" {
		if d, err := time.Parse(time.DateOnly, s); err == nil {
			return i18n.Day(d).In(lang)
		}
	}
	return untrusted.Clean(s)
}

// Set answers a field with what was typed; an empty text takes the answer back.
// The answer is kept only if it fits the field; else the error is a fault that
// says what was expected, with an example.
func (x *Filling) Set(ctx context.Context, at, typed string) error {
	fd, p, err := x.open(at)
	if err != nil {
		return err
	}
	if strings.TrimSpace(typed) == "" {
		remove(x.values, p)
		return nil
	}
	return x.setValue(ctx, fd, p, fd.coerce(typed))
}

// SetValue is Set for a value that is of the right type already: that of an
// Option, a boolean, a number.
func (x *Filling) SetValue(ctx context.Context, at string, v any) error {
	fd, p, err := x.open(at)
	if err != nil {
		return err
	}
	return x.setValue(ctx, fd, p, v)
}

func (x *Filling) open(at string) (*Field, path, error) {
	wrong := func(m i18n.Message) error {
		e := fault.New(exitcode.Usage, "form.field", m)
		e.Fields = []fault.Field{{Name: at, Message: m}}
		return e
	}
	p, err := parsePath(at)
	if err != nil {
		return nil, nil, wrong(pathMessage(err))
	}
	fd := x.form.byPath[p.schema()]
	switch {
	case fd == nil:
		return nil, nil, wrong(x.form.unknownField(p))
	case len(fd.Fields) > 0:
		return nil, nil, wrong(i18n.Say("это группа полей: отвечайте на каждое", "this is a group of fields: answer each of them"))
	case fd.Computed != nil:
		return nil, nil, wrong(i18n.Say("это считается само", "this is reckoned by itself"))
	}
	return fd, p, nil
}

func (x *Filling) setValue(ctx context.Context, fd *Field, p path, v any) error {
	wrong := func(m i18n.Message) error {
		e := fault.New(exitcode.Usage, "form.field", m)
		e.Fields = []fault.Field{{Name: p.String(), Message: m}}
		return e
	}
	if fd.Dictionary != nil && x.dict != nil {
		entry, m, err := x.entry(ctx, fd, p, plain(v), x.values)
		if err != nil {
			return err
		}
		if !m.IsZero() {
			return wrong(m)
		}
		v = entry.Value
	}
	tree := cloneTree(x.values)
	if err := put(tree, p, v); err != nil {
		return wrong(pathMessage(err))
	}
	if m := x.form.problemAt(fd, p, v, tree); !m.IsZero() {
		return wrong(m)
	}
	return put(x.values, p, v)
}

// problemAt says what is wrong with one value, the others apart.
func (f *Form) problemAt(fd *Field, p path, v any, tree map[string]any) i18n.Message {
	if s, ok := v.(string); ok {
		if m := unwritable(s); !m.IsZero() {
			return m
		}
	}
	if fd.rule != nil {
		t := &trial{at: slices.Clone(p)}
		fd.rule.judge(t, v)
		var first i18n.Message
		for _, bad := range t.out {
			f.explain(bad, func(_ path, m i18n.Message) {
				if first.IsZero() {
					first = m
				}
			})
		}
		if !first.IsZero() {
			return first
		}
	}
	if m := fd.checkDigits(v, tree, p); !m.IsZero() {
		return f.withExample(m, fd)
	}
	for i := range f.rules {
		r := &f.rules[i]
		if r.Kind != "sum" && r.Kind != "any" && slices.ContainsFunc(r.broken(f, tree), func(q path) bool { return slices.Equal(q, p) }) {
			return both(r.Message)
		}
	}
	return i18n.Message{}
}

// entry finds the line of a dictionary that an answer means: by its value, or
// by its title when that is clear.
func (x *Filling) entry(ctx context.Context, fd *Field, p path, typed string, tree map[string]any) (DictionaryEntry, i18n.Message, error) {
	e, ok, err := x.dict.Entry(ctx, fd.Dictionary.Code, typed)
	if err != nil {
		return e, i18n.Message{}, err
	}
	parent := x.parent(fd, p, tree)
	if ok {
		m, err := x.misplaced(ctx, fd, e, parent)
		return e, m, err
	}
	found, more, err := x.find(ctx, fd, parent, typed, maxNamed)
	if err != nil {
		return e, i18n.Message{}, err
	}
	for _, one := range found {
		if strings.EqualFold(one.Title.Raw(), typed) {
			return one, i18n.Message{}, nil
		}
	}
	if len(found) == 1 {
		return found[0], i18n.Message{}, nil
	}
	if len(found) == 0 {
		return e, i18n.Text{RU: "в справочнике %s такого нет: нужны код или слово из названия; искать: epgu service form %s --explain %s --find СЛОВО",
			EN: "dictionary %s has no such entry: the code or a word of the name is wanted; to search: epgu service form %s --explain %s --find WORD"}.With(fd.Dictionary.Code, x.form.Service, fd.Path), nil
	}
	names := make([]string, len(found))
	for i, one := range found {
		names[i] = untrusted.Clean(one.Value) + " (" + one.Title.String() + ")"
	}
	if more {
		names = append(names, "…")
	}
	return e, i18n.Text{RU: "подходит несколько, уточните: %s", EN: "several fit, choose one: %s"}.With(strings.Join(names, ", ")), nil
}

// find lists the entries that a field takes, at most limit.
func (x *Filling) find(ctx context.Context, fd *Field, parent, text string, limit int) ([]DictionaryEntry, bool, error) {
	if !fd.Dictionary.Leaf {
		return x.dict.Find(ctx, fd.Dictionary.Code, parent, text, limit)
	}
	const spare = 10 // branches are few beside what is below them
	found, more, err := x.dict.Find(ctx, fd.Dictionary.Code, parent, text, spare*limit)
	found = slices.DeleteFunc(found, func(e DictionaryEntry) bool { return !e.Leaf })
	if len(found) > limit {
		found, more = found[:limit], true
	}
	return found, more, err
}

// maxHeight bounds the way up a dictionary, which could have a loop.
const maxHeight = 16

// misplaced says that an entry is not under the one that was chosen above it (an
// office of another region), or that others are under it where none may be.
func (x *Filling) misplaced(ctx context.Context, fd *Field, e DictionaryEntry, parent string) (i18n.Message, error) {
	if fd.Dictionary.Leaf && !e.Leaf {
		return i18n.Text{RU: "%s (%s) — это раздел справочника, нужна строка внутри него; искать: epgu service form %s --explain %s --find СЛОВО",
			EN: "%s (%s) is a part of the dictionary, and an entry in it is wanted; to search: epgu service form %s --explain %s --find WORD"}.
			With(untrusted.Text(e.Value), e.Title, x.form.Service, fd.Path), nil
	}
	if parent == "" {
		return i18n.Message{}, nil
	}
	for at, n := e, 0; at.Parent != "" && n < maxHeight; n++ {
		if at.Parent == parent {
			return i18n.Message{}, nil
		}
		up, ok, err := x.dict.Entry(ctx, fd.Dictionary.Code, at.Parent)
		if err != nil {
			return i18n.Message{}, err
		}
		if !ok {
			break
		}
		at = up
	}
	above := fd.Dictionary.Parent
	if q, err := parsePath(above); err == nil && x.form.byPath[q.schema()] != nil {
		above = x.form.byPath[q.schema()].Title.Raw()
	}
	return i18n.Text{RU: "%s (%s) сюда не относится: в поле «%s» выбрано %s; искать: epgu service form %s --explain %s --find СЛОВО",
		EN: "%s (%s) does not belong here: %q is %s; to search: epgu service form %s --explain %s --find WORD"}.
		With(untrusted.Text(e.Value), e.Title, untrusted.Text(above), untrusted.Text(parent), x.form.Service, fd.Path), nil
}

// parent is the value that the entries of a field are under.
func (x *Filling) parent(fd *Field, p path, tree map[string]any) string {
	if fd.Dictionary.Parent == "" {
		return ""
	}
	q, err := parsePath(fd.Dictionary.Parent)
	if err != nil {
		return ""
	}
	v, _ := get(tree, near(q, p))
	return plain(v)
}

// Choices lists what a field may be answered with: its options, or the entries
// of its dictionary that have the words of text, at most limit. more says that
// there are others.
func (x *Filling) Choices(ctx context.Context, at, text string, limit int) (list []Option, more bool, err error) {
	fd, p, err := x.open(at)
	if err != nil {
		return nil, false, err
	}
	if fd.Dictionary == nil || x.dict == nil {
		for _, o := range fd.Options {
			if strings.Contains(strings.ToLower(o.Title.Raw()+" "+plain(o.Value)), strings.ToLower(text)) {
				list = append(list, o)
			}
		}
		if len(list) > limit {
			return list[:limit], true, nil
		}
		return list, false, nil
	}
	found, more, err := x.find(ctx, fd, x.parent(fd, p, x.values), text, limit)
	for _, e := range found {
		list = append(list, Option{Value: e.Value, Title: e.Title})
	}
	return list, more, err
}

// Suggestions lists items that a repeated group may be filled from.
func (x *Filling) Suggestions(list string) []Suggestion {
	p, err := parsePath(list)
	if err != nil {
		return nil
	}
	return x.known.Suggestions[p.schema()]
}

// AddItem adds an item to a repeated group, filled from a suggestion when one
// is given, and returns its path.
func (x *Filling) AddItem(list string, from *Suggestion) (string, error) {
	p, err := parsePath(list)
	if err != nil {
		return "", fault.New(exitcode.Usage, "form.field", pathMessage(err))
	}
	fd := x.form.byPath[p.schema()]
	if fd == nil || fd.Type != List || len(fd.Fields) == 0 {
		return "", fault.New(exitcode.Usage, "form.field", i18n.Text{RU: "%s — не повторяемая группа", EN: "%s is no repeated group"}.With(untrusted.Text(list)))
	}
	v, _ := get(x.values, p)
	items, _ := v.([]any)
	if limit := cmp.Or(fd.MaxItems, maxIndex+1); len(items) >= limit {
		return "", fault.New(exitcode.Usage, "form.items", i18n.Text{RU: "больше %d добавить нельзя", EN: "no more than %d can be added"}.With(limit))
	}
	item := defaults(fd.Fields)
	if from != nil {
		item, _ = coerceObject(fd.Fields, Merge(item, cloneTree(from.Values))).(map[string]any)
	}
	at := p.item(len(items))
	return at.String(), put(x.values, at, item)
}

// RemoveItem takes an item out; those after it move up.
func (x *Filling) RemoveItem(item string) error {
	p, err := parsePath(item)
	if err != nil {
		return fault.New(exitcode.Usage, "form.field", pathMessage(err))
	}
	if len(p) == 0 || p[len(p)-1].name != "" || !remove(x.values, p) {
		return fault.New(exitcode.Usage, "form.field", i18n.Text{RU: "%s — такого элемента нет", EN: "there is no item %s"}.With(untrusted.Text(item)))
	}
	return nil
}

// Problems returns everything that is wrong with the answers, in the order of
// the form, values of dictionaries included; nothing when they can be sent.
func (x *Filling) Problems(ctx context.Context) ([]fault.Field, error) {
	settled, _ := x.form.Settle(x.values)
	out := x.form.validate(settled)
	if x.dict == nil {
		return out, nil
	}
	for _, fd := range x.form.all {
		if fd.Dictionary == nil {
			continue
		}
		for _, p := range places(settled, fd.path) {
			v, ok := get(settled, p)
			s, isText := v.(string)
			if !ok || !isText || s == "" {
				continue
			}
			e, m, err := x.entry(ctx, fd, p, s, settled)
			if err != nil {
				return nil, err
			}
			if !m.IsZero() {
				out = append(out, fault.Field{Name: p.String(), Message: m})
			} else if e.Value != s { // a title was given
				_ = put(x.values, p, e.Value) // it is there
			}
		}
	}
	place := func(w fault.Field) []int {
		p, err := parsePath(w.Name)
		if err != nil {
			return []int{1 << 30}
		}
		return x.form.place(p)
	}
	slices.SortStableFunc(out, func(a, b fault.Field) int { return slices.Compare(place(a), place(b)) })
	return out, nil
}

// Check is Problems as one error.
func (x *Filling) Check(ctx context.Context) error {
	wrong, err := x.Problems(ctx)
	if err != nil || len(wrong) == 0 {
		return err
	}
	return Invalid(x.form.Service, wrong)
}

// Values returns what is to be sent, and the paths of answers that are not,
// because nothing asks for them any more.
func (x *Filling) Values() (values map[string]any, left []string) { return x.form.Settle(x.values) }

// Draft returns all the answers as they are, for keeping; Fill takes them back.
func (x *Filling) Draft() map[string]any { return cloneTree(x.values) }

// Row is one line of a review of the answers.
type Row struct {
	Path   string
	Title  untrusted.Text
	Text   string // empty for a heading
	Depth  int
	Number int // of an item, from 1; 0 is no item
	Source untrusted.Text
}

// Review lists the answers that would be sent, as people read them, with
// headings; titles of dictionaries in place of their codes.
func (x *Filling) Review(ctx context.Context) ([]Row, error) {
	var out []Row
	for _, s := range x.Steps() {
		rows := []Row{{Title: s.Title}}
		for _, e := range s.Entries {
			if blank(e.Value) {
				continue
			}
			r := Row{Path: e.Path, Title: e.Field.Title, Depth: e.Depth + 1, Number: e.Number, Source: e.Source}
			switch e.Kind {
			case KindField:
				r.Text = e.Text
				if s, ok := e.Value.(string); ok && e.Field.Dictionary != nil && x.dict != nil {
					entry, ok, err := x.dict.Entry(ctx, e.Field.Dictionary.Code, s)
					if err != nil {
						return nil, err
					}
					if ok {
						r.Text = entry.Title.String()
					}
				}
			case KindItem:
				if e.Field.Item != "" {
					r.Title = e.Field.Item
				}
			}
			rows = append(rows, r)
		}
		if len(rows) > 1 {
			out = append(out, rows...)
		}
	}
	return out, nil
}

// Fee returns what these answers cost, nil when nothing.
func (x *Filling) Fee() *Fee { return x.form.FeeFor(x.values) }

// Document is an attachment that a service takes.
type Document struct {
	Name     string
	Title    untrusted.Text
	Required bool
	When     json.RawMessage // a Condition; empty always holds
}

// Attachments returns the documents that go with these answers; Required is
// true only for those without which they cannot be sent.
func (x *Filling) Attachments(all []Document) ([]Document, error) {
	settled, _ := x.form.Settle(x.values)
	var out []Document
	for _, d := range all {
		if len(d.When) > 0 {
			var c Condition
			if err := json.Unmarshal(d.When, &c); err != nil {
				return nil, fmt.Errorf("document %s: %w", d.Name, err)
			}
			if !c.holds(settled, nil) {
				continue
			}
		}
		out = append(out, d)
	}
	return out, nil
}
