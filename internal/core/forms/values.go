package forms

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// MaxValuesBytes bounds a file of values, bytes.
const MaxValuesBytes = 4 << 20

// ReadValues reads values from JSON or YAML, which JSON is a part of; name is
// the file's, for the message. Every mistake is a usage fault.
func ReadValues(r io.Reader, name string) (map[string]any, error) {
	bad := func(why i18n.Message) *fault.Error {
		return fault.New(exitcode.Usage, "values.unreadable", i18n.Text{
			RU: "из файла %s нельзя взять поля: %s", EN: "no fields can be taken from %s: %s"}.With(untrusted.Text(filepath.Base(name)), why))
	}
	b, err := io.ReadAll(io.LimitReader(r, MaxValuesBytes+1))
	if err != nil {
		return nil, bad(i18n.Say("файл не читается", "it cannot be read")).Because(err)
	}
	switch {
	case len(b) > MaxValuesBytes:
		return nil, bad(i18n.Text{RU: "он больше %d МиБ", EN: "it is larger than %d MiB"}.With(MaxValuesBytes >> 20))
	case !utf8.Valid(b):
		return nil, bad(i18n.Say("это не текст в UTF-8", "it is not text in UTF-8"))
	}
	values := map[string]any{}
	// A null is a field left out, but one that is named.
	put := func(line int, name string, v any) *fault.Error {
		at := i18n.Text{RU: "строка %d", EN: "line %d"}.With(line)
		switch _, twice := values[name]; {
		case twice:
			return bad(i18n.Text{RU: "%s: поле %s указано дважды", EN: "%s: field %s is given twice"}.With(at, untrusted.Text(name)))
		case nested(v):
			return bad(i18n.Text{RU: "%s: у поля %s должно быть одно значение, без вложенных", EN: "%s: field %s must have one value and nothing nested"}.With(at, untrusted.Text(name)))
		}
		values[name] = v
		return nil
	}
	read := readYAML
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	if bytes.HasPrefix(bytes.TrimSpace(b), []byte("{")) {
		read = readJSON
	}
	if err := read(b, put); err != nil {
		var f *fault.Error
		if errors.As(err, &f) {
			return nil, f
		}
		return nil, bad(i18n.Say("нужен YAML или JSON с парами «поле: значение»", "YAML or JSON with pairs of field and value is needed")).Because(err)
	}
	maps.DeleteFunc(values, func(_ string, v any) bool { return v == nil })
	return values, nil
}

func nested(v any) bool {
	switch v.(type) {
	case map[string]any, []any, *yaml.Node:
		return true
	}
	return false
}

// readJSON gives the pairs of one JSON object to put.
func readJSON(b []byte, put func(line int, name string, v any) *fault.Error) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if _, err := d.Token(); err != nil { // the brace
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var v any
		if err := d.Decode(&v); err != nil {
			return err
		}
		line := 1 + bytes.Count(b[:d.InputOffset()], []byte("\n"))
		if err := put(line, name.(string), v); err != nil { // the decoder lets only strings stand here
			return err
		}
	}
	if _, err := d.Token(); err != nil { // the other brace
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after the object")
	}
	return nil
}

// readYAML gives the pairs of one YAML mapping to put. Scalars are taken as
// written: in YAML 012 is ten and "да" may be true, but in a form they are what
// the person typed.
func readYAML(b []byte, put func(line int, name string, v any) *fault.Error) error {
	d := yaml.NewDecoder(bytes.NewReader(b))
	var doc, more yaml.Node
	switch err := d.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return err
	}
	if err := d.Decode(&more); !errors.Is(err, io.EOF) {
		return errors.New("there is more than one document")
	}
	root := doc.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return nil
	}
	if root.Kind != yaml.MappingNode {
		return errors.New("there are no pairs")
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		k, v := root.Content[i], root.Content[i+1]
		var value any = v.Value
		switch {
		case k.Kind != yaml.ScalarNode || v.Kind != yaml.ScalarNode:
			value = v
			if v.Kind == yaml.ScalarNode {
				value = k
			}
		case v.Tag == "!!null":
			value = nil
		}
		if err := put(k.Line, k.Value, value); err != nil {
			return err
		}
	}
	return nil
}

// Assignments reads "name=value" pairs.
func Assignments(pairs []string) (map[string]any, error) {
	values := map[string]any{}
	var fields []fault.Field
	for _, p := range pairs {
		name, value, ok := strings.Cut(p, "=")
		name = strings.TrimSpace(name)
		if !ok || name == "" {
			fields = append(fields, fault.Field{Name: p, Message: i18n.Say("нужно имя=значение", "must be name=value")})
			continue
		}
		values[name] = value
	}
	if len(fields) > 0 {
		e := fault.New(exitcode.Usage, "values.assignment", i18n.Say("--set понят не полностью", "--set could not be read"))
		e.Fields = fields
		return nil, e
	}
	return values, nil
}

// Merge lays the layers over each other, the last one on top.
func Merge(layers ...map[string]any) map[string]any {
	out := map[string]any{}
	for _, l := range layers {
		maps.Copy(out, l)
	}
	return out
}

// Coerce turns what people write into what the form's types want: "5" into a
// number where a number is meant, "да" into true, 31.12.2026 into 2026-12-31.
// What cannot be turned stays as it is, for Validate to name.
func (f *Form) Coerce(values map[string]any) map[string]any {
	out := make(map[string]any, len(values))
	for name, v := range values {
		fd, ok := f.Field(name)
		if ok {
			v = fd.coerce(v)
		}
		out[name] = v
	}
	return out
}

func (fd Field) coerce(v any) any {
	s, isText := v.(string)
	switch fd.Type {
	case "integer", "number":
		if isText {
			n := json.Number(strings.ReplaceAll(strings.ReplaceAll(strings.TrimSpace(s), "\u00a0", ""), ",", "."))
			if _, err := n.Float64(); err == nil && json.Valid([]byte(n)) {
				return n
			}
		}
	case "boolean":
		if isText {
			switch strings.ToLower(strings.TrimSpace(s)) {
			case "true", "yes", "y", "1", "да", "д":
				return true
			case "false", "no", "n", "0", "нет", "н":
				return false
			}
		}
	default:
		switch x := v.(type) {
		case json.Number:
			return x.String()
		case string:
			x = strings.TrimSpace(x)
			if fd.Format == "date" {
				if d, err := time.Parse("02.01.2006", x); err == nil {
					return d.Format(time.DateOnly)
				}
			}
			// A title typed in place of its value is understood.
			for _, o := range fd.Options {
				if ov, ok := o.Value.(string); ok && ov != x && strings.EqualFold(o.Title.Raw(), x) {
					return ov
				}
			}
			return x
		}
	}
	return v
}
