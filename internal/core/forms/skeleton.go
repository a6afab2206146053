package forms

import (
	"encoding/json"
	"regexp"
	"strings"
	"sync"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// ruleMark begins the comments that Skeleton writes: those of a person begin
// otherwise and are kept when a draft is edited again.
const ruleMark = "#| "

// Skeleton writes the form as YAML to be filled in: every field with its title,
// rule and example as comments in language l. Fields that must be answered
// stand empty, the others are commented out with their example; values of the
// tree stand as they are. comments are the person's own, by path (Comments).
func (f *Form) Skeleton(values map[string]any, comments map[string]string, l i18n.Lang) []byte {
	w := &skeleton{f: f, l: l, comments: comments, root: Merge(f.Defaults(), values)}
	w.comment(both(f.Title))
	w.comment(i18n.Text{RU: "услуга %s, форма %s; строки с «#|» — пояснения, поля без ответа закомментированы", EN: "service %s, form %s; lines with #| explain, fields without an answer are commented out"}.With(f.Service, f.Version))
	if own := comments[""]; own != "" {
		w.own("", own)
	}
	step := "\x00"
	for i := range f.fields {
		fd := &f.fields[i]
		key, title := f.stepOf(fd)
		if key != step && title != "" {
			w.b.WriteByte('\n')
			w.comment(i18n.Text{RU: "— %s —", EN: "— %s —"}.With(title))
		}
		step = key
		v, ok := values[fd.Name]
		w.field(fd, v, ok, nil, "", false)
	}
	return []byte(w.b.String())
}

type skeleton struct {
	f        *Form
	l        i18n.Lang
	b        strings.Builder
	comments map[string]string
	root     map[string]any
}

// comment writes an explanation of the whole.
func (w *skeleton) comment(m i18n.Message) {
	w.b.WriteString(ruleMark + untrusted.Clean(m.In(w.l)) + "\n")
}

func (w *skeleton) own(indent, text string) {
	for line := range strings.SplitSeq(text, "\n") {
		w.b.WriteString(indent + line + "\n")
	}
}

// field writes one field. Off says that what is around it is commented out.
func (w *skeleton) field(fd *Field, v any, given bool, at path, indent string, off bool) {
	if fd.Computed != nil {
		return
	}
	here := at.child(fd.Name)
	live := given && v != nil || fd.Required && fd.When.holds(w.root, here) && !off
	hash := ""
	if !live {
		hash = "# "
	}
	parts := []i18n.Message{both(fd.Title)}
	parts = append(parts, w.f.Explain(*fd)...)
	text := make([]string, len(parts))
	for i, p := range parts {
		text[i] = strings.TrimSuffix(untrusted.Clean(p.In(w.l)), ".")
	}
	for _, line := range wrapped(strings.Join(text, "; "), 96-len(indent)) {
		w.b.WriteString(indent + ruleMark + line + "\n")
	}
	if own := w.comments[here.String()]; own != "" {
		w.own(indent, own)
	}
	head := indent + hash + fd.Name + ":"
	switch {
	case fd.Type == Object:
		w.b.WriteString(head + "\n")
		m, _ := v.(map[string]any)
		for i := range fd.Fields {
			sub := &fd.Fields[i]
			x, ok := m[sub.Name]
			w.field(sub, x, ok, here, indent+hash+"  ", !live)
		}
		if live && !w.begun(fd, m, here) {
			w.b.WriteString(indent + "  {}\n")
		}
	case fd.Type == List && len(fd.Fields) > 0:
		list, _ := v.([]any)
		for len(list) < max(fd.MinItems, 1) {
			list = append(list, map[string]any{})
		}
		w.b.WriteString(head + "\n")
		for n, item := range list {
			m, _ := item.(map[string]any)
			w.b.WriteString(indent + hash + "  -\n")
			for i := range fd.Fields {
				sub := &fd.Fields[i]
				x, ok := m[sub.Name]
				w.field(sub, x, ok, here.item(n), indent+hash+"    ", !live)
			}
			if live && !w.begun(fd, m, here.item(n)) {
				w.b.WriteString(indent + "    {}\n")
			}
		}
	case given && v != nil:
		w.b.WriteString(head + " " + scalarYAML(v) + "\n")
	case !live && fd.Default != nil:
		w.b.WriteString(head + " " + scalarYAML(fd.Default) + "\n")
	case !live && fd.Example != "":
		w.b.WriteString(head + " " + scalarYAML(fd.coerce(w.f.fitting(fd))) + "\n")
	case fd.Default != nil:
		w.b.WriteString(head + " " + scalarYAML(fd.Default) + "\n")
	default:
		w.b.WriteString(head + "\n")
	}
}

// begun reports whether a live group has a live line of its own.
func (w *skeleton) begun(fd *Field, m map[string]any, at path) bool {
	for i := range fd.Fields {
		sub := &fd.Fields[i]
		if sub.Computed == nil && (m[sub.Name] != nil || sub.Required && sub.When.holds(w.root, at.child(sub.Name))) {
			return true
		}
	}
	return false
}

// wrapped breaks a text at words.
func wrapped(s string, width int) []string {
	var out []string
	line := ""
	n := 0
	for word := range strings.FieldsSeq(s) {
		size := len([]rune(word))
		if n > 0 && n+1+size > max(width, 30) {
			out = append(out, line)
			line, n = "", 0
		}
		if n > 0 {
			line += " "
			n++
		}
		line += word
		n += size
	}
	return append(out, line)
}

// plainYAML is a text that every reader of YAML takes as this text.
var plainYAML = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\p{L}][\p{L}\p{N} .,()/№«»+-]*$`) })

// scalarYAML writes a scalar so that every reader of YAML takes it as what it is.
func scalarYAML(v any) string {
	s, ok := v.(string)
	if !ok {
		if list, ok := v.([]any); ok {
			parts := make([]string, len(list))
			for i, x := range list {
				parts[i] = scalarYAML(x)
			}
			return "[" + strings.Join(parts, ", ") + "]"
		}
		return plain(v)
	}
	if plainYAML().MatchString(s) && strings.TrimSpace(s) == s && !strings.Contains(s, ", ") {
		switch strings.ToLower(s) {
		case "y", "yes", "n", "no", "on", "off", "true", "false", "null", "nan", "inf":
		default:
			return s
		}
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return `""`
	}
	return strings.TrimSuffix(b.String(), "\n")
}
