// Package output is the one way a command prints an object or a list. A
// command describes its data once, as a View, and every form follows from it:
// a table or "title: value" lines on a terminal, tab-separated text in a
// pipe, --json, --jq, --template, --csv and --ndjson. Text is made harmless
// here, so a command cannot forget to. cli and tui may import it.
package output

import (
	"fmt"
	"strings"

	"github.com/epgu-cli/epgu/internal/i18n"
)

// Field is one named value of a T.
type Field[T any] struct {
	// Name is the name in JSON and in --json, lower camel case. A field of
	// type i18n.Money ends in "Kopecks", since JSON carries integer kopecks.
	Name string
	// Title heads the column or the line for people.
	Title i18n.Text
	// Value returns the value: a string, an untrusted.Text, an integer, a
	// float, a bool, i18n.Money (kopecks), time.Time (zero is "none"), Date,
	// any i18n.Localised, a slice of those, a Dual, nil, or anything that
	// encoding/json can write. A string type that is also i18n.Localised (an
	// enumeration) is its own value for machines and its text for people.
	Value func(T) any
	// Wide marks a column that may be cut when the terminal is narrow. No
	// other column ever is: a number with a missing digit is worse than no
	// table.
	Wide bool
	// Lines marks text of several lines; an object view keeps its breaks.
	Lines bool
}

// View describes how a T is shown.
type View[T any] struct {
	Fields []Field[T]
	// Default names the fields that people see in a table and scripts in
	// tab-separated lines, in that order; empty means all. An object on a
	// terminal and JSON show all fields.
	Default []string
}

// Dual is a value with one face for machines and another for people, such as
// a status code and its text.
type Dual struct{ Machine, Human any }

// FieldInfo is what a flag needs to know about a field.
type FieldInfo struct {
	Name  string
	Title i18n.Text
}

// Described is a View without its type.
type Described interface{ Describe() []FieldInfo }

// Describe lists the fields of the view.
func (v View[T]) Describe() []FieldInfo {
	return v.shape().describe()
}

// Check reports what is wrong with the view, for use in tests: names twice,
// unknown defaults, names or titles missing, a name that a flag cannot take,
// money (seen in the zero T) whose name does not say kopecks.
func (v View[T]) Check() error { return v.shape().check() }

func (v shape) check() error {
	seen := make(map[string]bool, len(v.fields))
	for _, f := range v.fields {
		switch {
		case f.name == "" || strings.Trim(f.name, nameChars) != "":
			return fmt.Errorf("field %q: a name is letters and digits", f.name)
		case f.name == helpWord || f.name == allFields:
			return fmt.Errorf("field %q: the word has a meaning of its own in --json", f.name)
		case seen[f.name]:
			return fmt.Errorf("field %q is there twice", f.name)
		case f.title.RU == "" || f.title.EN == "":
			return fmt.Errorf("field %q: the title lacks a language", f.name)
		case f.hollow:
			return fmt.Errorf("field %q has no value", f.name)
		}
		seen[f.name] = true
	}
	for _, name := range v.byDefault {
		if !seen[name] {
			return fmt.Errorf("default field %q is unknown", name)
		}
	}
	return nil
}

// CheckWith is Check that also looks at the values of a sample: money must
// say kopecks in its name.
func (v View[T]) CheckWith(sample T) error {
	if err := v.Check(); err != nil {
		return err
	}
	for _, f := range v.Fields {
		if _, ok := f.Value(sample).(i18n.Money); ok && !strings.HasSuffix(f.Name, "Kopecks") && f.Name != "kopecks" {
			return fmt.Errorf("field %q is money: its name must end in Kopecks", f.Name)
		}
	}
	return nil
}

const nameChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// shape is a View without its type: what the forms need to know of its fields.
type shape struct {
	fields    []shapeField
	byDefault []string
}

type shapeField struct {
	name        string
	title       i18n.Text
	wide, lines bool
	hollow      bool // it has no value
}

// shape is made anew for each type of row: nothing else of a view should be.
//
//go:noinline
func (v View[T]) shape() shape {
	s := shape{make([]shapeField, len(v.Fields)), v.Default}
	for i, f := range v.Fields {
		s.fields[i] = shapeField{f.Name, f.Title, f.Wide, f.Lines, f.Value == nil}
	}
	return s
}

// pick returns the indexes of the named fields; no names means all.
func (v shape) pick(names []string) []int {
	idx := make([]int, 0, len(v.fields))
	if len(names) == 0 {
		for i := range v.fields {
			idx = append(idx, i)
		}
		return idx
	}
	for _, name := range names {
		for i := range v.fields {
			if v.fields[i].name == name {
				idx = append(idx, i)
				break
			}
		}
	}
	return idx
}

func (v shape) describe() []FieldInfo {
	infos := make([]FieldInfo, len(v.fields))
	for i, f := range v.fields {
		infos[i] = FieldInfo{f.name, f.title}
	}
	return infos
}

func (v shape) names(idx []int) []string {
	names := make([]string, len(idx))
	for i, f := range idx {
		names[i] = v.fields[f].name
	}
	return names
}
