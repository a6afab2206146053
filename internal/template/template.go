// Package template runs Go templates (the language of text/template) over plain
// data: maps with string keys, lists, strings, numbers, booleans and nil. It calls
// no methods and looks into no structs, so a program that links it, unlike one
// that links text/template, keeps no method alive for a template that might name
// it. It parses with text/template/parse; the tests take text/template as judge.
// ui/output prints with it, and the pages of the embedded portal.
package template

import (
	"fmt"
	"html"
	"io"
	"maps"
	"text/template/parse"
)

// Func is a function that a template may call. Arguments are plain data; so is
// the result.
type Func func(args ...any) (any, error)

// Template is a set of named templates. It may be run by several goroutines.
type Template struct {
	main   string
	trees  map[string]*parse.Tree
	escape bool
}

// Parse reads a template whose functions, besides the built-in ones, are named in
// funcs; what they do is said to Execute.
func Parse(name, text string, funcs map[string]Func) (*Template, error) {
	t := &Template{main: name, trees: map[string]*parse.Tree{}}
	return t, t.Add(name, text, funcs)
}

// HTML returns the template that prints every value escaped for HTML. That is right
// in text and in quoted attributes, and nowhere else: not in scripts, styles,
// unquoted attributes, nor for a whole address that somebody else chooses.
func (t *Template) HTML() *Template {
	return &Template{main: t.main, trees: t.trees, escape: true}
}

// Add reads another file into the set. What it defines replaces what had the name
// before, unless it is empty, as text/template does.
func (t *Template) Add(name, text string, funcs map[string]Func) error {
	known := make(map[string]any, len(funcs))
	for name := range funcs {
		known[name] = struct{}{}
	}
	for name := range builtins() {
		known[name] = struct{}{}
	}
	trees, err := parse.Parse(name, text, "", "", known)
	if err != nil {
		return err
	}
	for name, tree := range trees {
		if old := t.trees[name]; old == nil || !parse.IsEmptyTree(tree.Root) {
			t.trees[name] = tree
		}
	}
	return nil
}

// Execute runs the template that Parse read.
func (t *Template) Execute(w io.Writer, data any, funcs map[string]Func) error {
	return t.ExecuteNamed(w, t.main, data, funcs)
}

// ExecuteNamed runs one template of the set. What was printed before an error
// stays printed.
func (t *Template) ExecuteNamed(w io.Writer, name string, data any, funcs map[string]Func) (err error) {
	s := &state{t: t, w: w, funcs: builtins()}
	maps.Copy(s.funcs, funcs)
	defer func() {
		switch e := recover().(type) {
		case nil:
		case failure:
			err = e.err
		default:
			panic(e)
		}
	}()
	s.template(name, data)
	return nil
}

// failure carries an error out of the walk.
type failure struct{ err error }

// print writes a value as fmt does; what is missing is named as text/template
// names it.
func (s *state) print(v any) {
	text := "<no value>"
	if v != nil {
		text = fmt.Sprint(v)
	}
	if s.t.escape {
		text = html.EscapeString(text)
	}
	s.write(text)
}

func (s *state) write(text string) {
	if _, err := io.WriteString(s.w, text); err != nil {
		panic(failure{err})
	}
}
