package compile

import (
	"io/fs"
	"strings"

	"gopkg.in/yaml.v3"
)

// places finds the lines of fields and rules of forms. It reads the files once
// more, and only when there is a mistake to tell.
type places struct {
	files fs.FS
	docs  map[string]*yaml.Node
}

// doc is the root mapping of a file, or nil.
func (p *places) doc(name string) *yaml.Node {
	if n, ok := p.docs[name]; ok {
		return n
	}
	var doc yaml.Node
	if raw, err := fs.ReadFile(p.files, name); err == nil && yaml.Unmarshal(raw, &doc) == nil && len(doc.Content) > 0 {
		p.docs[name] = doc.Content[0]
		return doc.Content[0]
	}
	p.docs[name] = nil
	return nil
}

// field finds a field of a service's form by its path: among the questions of
// the service, in the form, or in a block that the form uses.
func (p *places) field(r *record, form, path string) (file string, line int) {
	parts := strings.Split(strings.ReplaceAll(path, "[]", ""), ".")
	if file, line = p.within(r.file, child(r.node, "ask"), parts); line > 0 {
		return file, line
	}
	file = "forms/" + form + ".yaml"
	doc := p.doc(file)
	if in, line := p.within(file, child(doc, "fields"), parts); line > 0 {
		return in, line
	}
	if steps := child(doc, "steps"); steps != nil {
		for _, s := range steps.Content {
			if in, line := p.within(file, child(s, "fields"), parts); line > 0 {
				return in, line
			}
		}
	}
	return "", 0
}

// within finds a field in a list of them; line is 0 when it is not there.
func (p *places) within(file string, list *yaml.Node, parts []string) (string, int) {
	if list == nil {
		return "", 0
	}
	for _, n := range list.Content {
		name, use := child(n, "name"), child(n, "use")
		switch {
		case name != nil && name.Value == parts[0] && len(parts) == 1:
			return file, n.Line
		case name != nil && name.Value == parts[0]:
			return p.within(file, child(n, "fields"), parts[1:])
		case use != nil:
			const shared = "fields.yaml"
			if in, line := p.within(shared, child(child(p.doc(shared), "blocks"), use.Value), parts); line > 0 {
				return in, line
			}
		}
	}
	return "", 0
}

// rule finds the n-th rule of a form.
func (p *places) rule(form string, n int) (file string, line int) {
	file = "forms/" + form + ".yaml"
	if rules := child(p.doc(file), "rules"); rules != nil && n < len(rules.Content) {
		return file, rules.Content[n].Line
	}
	return "", 0
}
