package output

import (
	"fmt"
	"slices"
	"strings"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// fieldNames checks names against a view, which is described only when asked.
type fieldNames struct {
	view  Described
	infos []FieldInfo
}

func (n *fieldNames) all() []FieldInfo {
	if n.infos == nil {
		n.infos = n.view.Describe()
	}
	return n.infos
}

func (n *fieldNames) known(name string) bool {
	return slices.ContainsFunc(n.all(), func(f FieldInfo) bool { return f.Name == name })
}

// parse splits and checks "a,b"; all unknown names are reported at once.
func (n *fieldNames) parse(s string) ([]string, error) {
	var names []string
	var faults []fault.Field
	for name := range strings.SplitSeq(s, ",") {
		name = strings.TrimSpace(name)
		switch {
		case name == "":
		case n.known(name):
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		default:
			faults = append(faults, fault.Field{Name: untrusted.Clean(name), Message: i18n.Say("нет такого поля", "there is no such field")})
		}
	}
	if len(faults) == 0 && len(names) > 0 {
		return names, nil
	}
	have := make([]string, 0, len(n.all()))
	for _, f := range n.all() {
		have = append(have, f.Name)
	}
	message := i18n.Text{RU: "не понимаю список полей %q", EN: "cannot read the list of fields %q"}.With(s)
	if len(faults) == 1 {
		message = i18n.Text{RU: "нет поля «%s»", EN: "unknown field %q"}.With(untrusted.Text(faults[0].Name))
	}
	err := fault.New(exitcode.Usage, "output.unknown_field", message).
		Advise(i18n.Text{RU: "есть поля: %s", EN: "the fields are: %s"}.With(strings.Join(have, ", ")))
	err.Fields = faults
	return nil, err
}

// looksLikeFields reports whether an argument can only be a list of fields:
// every name is known, or there are several and at least one is known (the
// others are then reported as mistakes rather than taken for arguments).
func (n *fieldNames) looksLikeFields(s string) bool {
	if s == helpWord || s == allFields {
		return true
	}
	known, parts := 0, strings.Split(s, ",")
	for _, name := range parts {
		name = strings.TrimSpace(name)
		if name == "" || strings.Trim(name, nameChars) != "" {
			return false
		}
		if n.known(name) {
			known++
		}
	}
	return known == len(parts) || len(parts) > 1 && known > 0
}

// complete offers the next field name after what is typed.
func (n *fieldNames) complete(typed string) []string {
	done, last := "", typed
	if i := strings.LastIndexByte(typed, ','); i >= 0 {
		done, last = typed[:i+1], typed[i+1:]
	}
	var out []string
	for _, f := range n.all() {
		if strings.HasPrefix(f.Name, last) && !slices.Contains(strings.Split(done, ","), f.Name) {
			out = append(out, done+f.Name)
		}
	}
	return out
}

// FieldsHelp is what --json help returns in place of an error: the fields a
// command can print. Print it and exit 0.
type FieldsHelp struct{ Fields []FieldInfo }

// Error makes FieldsHelp pass through flag parsing.
func (h *FieldsHelp) Error() string { return "the list of fields was asked for" }

// Print writes one field per line, name and title, to stdout.
func (h *FieldsHelp) Print(ios *iostreams.IOStreams) error {
	view := View[FieldInfo]{Fields: []Field[FieldInfo]{
		{Name: "name", Title: i18n.Text{RU: "Поле", EN: "Field"}, Value: func(f FieldInfo) any { return f.Name }},
		{Name: "title", Title: i18n.Text{RU: "Что это", EN: "Meaning"}, Value: func(f FieldInfo) any { return f.Title }, Wide: true},
	}}
	return List(ios, &Options{}, view, h.Fields, Page{})
}

// jsonFlag is --json.
type jsonFlag struct {
	o     *Options
	names *fieldNames
}

func (f *jsonFlag) Type() string   { return "fields" }
func (f *jsonFlag) String() string { return "" }

func (f *jsonFlag) Set(s string) error {
	switch s {
	case helpWord:
		return &FieldsHelp{f.names.all()}
	case allFields, "":
		f.o.selected = nil
	default:
		names, err := f.names.parse(s)
		if err != nil {
			return err
		}
		f.o.selected = names
	}
	f.o.json = true
	return f.o.choose(formJSON)
}

// columnsFlag is --columns.
type columnsFlag struct {
	o     *Options
	names *fieldNames
}

func (f *columnsFlag) Type() string   { return "fields" }
func (f *columnsFlag) String() string { return strings.Join(f.o.columns, ",") }

func (f *columnsFlag) Set(s string) error {
	if s == helpWord {
		return &FieldsHelp{f.names.all()}
	}
	names, err := f.names.parse(s)
	f.o.columns = names
	return err
}

// switchFlag is --csv and --ndjson.
type switchFlag struct {
	o    *Options
	form form
}

func (f *switchFlag) Type() string     { return "bool" }
func (f *switchFlag) String() string   { return fmt.Sprint(f.o != nil && f.o.form == f.form) }
func (f *switchFlag) IsBoolFlag() bool { return true }

func (f *switchFlag) Set(s string) error {
	switch s {
	case "true":
		return f.o.choose(f.form)
	case "false":
		return nil
	default:
		return fault.New(exitcode.Usage, "output.switch",
			i18n.Text{RU: "нужно true или false, а не %q", EN: "want true or false, not %q"}.With(s))
	}
}

// delimiterFlag is --delimiter.
type delimiterFlag struct{ o *Options }

func (f *delimiterFlag) Type() string { return "delimiter" }

func (f *delimiterFlag) String() string {
	if f.o == nil {
		return "comma"
	}
	switch f.o.comma {
	case ';':
		return "semicolon"
	case '\t':
		return "tab"
	}
	return "comma"
}

func (f *delimiterFlag) Set(s string) error {
	switch s {
	case "comma", ",":
		f.o.comma = ','
	case "semicolon", ";":
		f.o.comma = ';'
	case "tab", "\t", `\t`:
		f.o.comma = '\t'
	default:
		return fault.New(exitcode.Usage, "output.delimiter",
			i18n.Text{RU: "нет такого разделителя: %q", EN: "there is no such delimiter: %q"}.With(s)).
			Advise(i18n.Say("можно comma, semicolon или tab", "use comma, semicolon or tab"))
	}
	return nil
}
