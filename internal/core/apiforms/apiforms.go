// Package apiforms makes the documents of services of API ЕПГУ whose formats are
// published: a form for people, and from its answers the XML that the service
// reads. What a document needs of the submission itself (its number, its moment)
// is left as fields of core/parcel. Packages under core use it.
package apiforms

import (
	"fmt"
	"strings"

	"github.com/epgu-cli/epgu/internal/core/parcel"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// Document is an attachment that a form takes.
type Document struct {
	Name     string
	Title    i18n.Text
	Required bool
	Types    []string // MIME types
	MaxBytes int64
}

// Form is the form of one service.
type Form struct {
	Code      string
	Version   string // of the published format
	Documents []Document
	schema    func() object
	build     func(v values) []parcel.File
}

// all are the forms that are known.
func all() []Form { return []Form{pensionDelivery(), enforcement(), goskey(), goskeyOrganisation()} }

// Of returns the form of a service; ok is false when its format is not published
// in full, or was not read.
func Of(code string) (Form, bool) {
	for _, f := range all() {
		if f.Code == code {
			return f, true
		}
	}
	return Form{}, false
}

// Schema returns the form as JSON Schema 2020-12, in the language.
func (f Form) Schema(lang i18n.Lang) []byte { return f.schema().document(f.Code, f.Version, lang) }

// Build makes the documents of an application from answers that fit the schema;
// what is attached goes into the archive beside them.
func (f Form) Build(answers map[string]any) []parcel.File { return f.build(values(answers)) }

// values are answers, a tree.
type values map[string]any

// text returns the answer at a path, "" when there is none.
func (v values) text(path string) string {
	var at any = map[string]any(v)
	for _, part := range strings.Split(path, ".") {
		m, ok := at.(map[string]any)
		if !ok {
			return ""
		}
		at = m[part]
	}
	switch at := at.(type) {
	case nil:
		return ""
	case string:
		return at
	case bool:
		if at {
			return "true"
		}
		return "false"
	}
	return fmt.Sprint(at)
}

// list returns the items of a repeated group.
func (v values) list(name string) []values {
	items, _ := v[name].([]any)
	var out []values
	for _, x := range items {
		if m, ok := x.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}
