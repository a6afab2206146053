package forms

import (
	"bytes"
	"encoding/json"
	"errors"

	"io"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Bounds of a file of values.
const (
	MaxValuesBytes = 4 << 20 // bytes
	maxLines       = 60_000
	maxMarks       = 200_000 // signs that begin something inside a line
	maxNodes       = 60_000
	maxProblems    = 50
)

// ReadValues reads values from JSON or YAML; name is the file's, for the
// message. Scalars of YAML are taken as written: 012 stays 012, "no" is no
// false, a date and 20 digits are what they are. Everything that cannot be taken
// so is a usage fault that names each place with its line.
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
	case bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")):
		return nil, bad(i18n.Say("это UTF-16: сохраните его в UTF-8", "it is UTF-16: save it as UTF-8"))
	case !utf8.Valid(b):
		return nil, bad(i18n.Say("это не текст в UTF-8", "it is not text in UTF-8"))
	}
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	d := &reading{}
	read := d.yaml
	if bytes.HasPrefix(bytes.TrimSpace(b), []byte("{")) {
		read = d.json
	}
	values, err := read(b)
	var told *fault.Error
	switch {
	case errors.As(err, &told):
		return nil, bad(told.Message)
	case err != nil:
		if m, ok := syntax(err); ok {
			return nil, bad(m).Because(err)
		}
		return nil, bad(i18n.Say("нужен YAML или JSON с парами «поле: значение»", "YAML or JSON with pairs of field and value is needed")).Because(err)
	case len(d.wrong) == 1:
		f := d.wrong[0]
		return nil, bad(i18n.Text{RU: "%s: %s", EN: "%s: %s"}.With(f.where, f.Message))
	case len(d.wrong) > 0:
		e := bad(i18n.Text{RU: "в нём ошибки: %d", EN: "it has mistakes: %d"}.With(len(d.wrong)))
		for _, f := range d.wrong {
			e.Fields = append(e.Fields, fault.Field{Name: f.Name, Message: i18n.Text{RU: "%s: %s", EN: "%s: %s"}.With(f.where, f.Message)})
		}
		return nil, e
	}
	return values, nil
}

// atLine finds the line in what a YAML parser says. This pattern and the others are
// compiled when one is needed first: a start of the program needs none.
var atLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`line (\d+)`) })

// syntax says at which line a YAML file cannot be read.
func syntax(err error) (i18n.Message, bool) {
	m := atLine().FindStringSubmatch(err.Error())
	if m == nil {
		return i18n.Message{}, false
	}
	return i18n.Text{RU: "строка %s не читается как YAML; нужны пары «поле: значение», значение с двоеточием или решёткой — в кавычках",
		EN: "line %s is no YAML; pairs of field and value are needed, a value with a colon or a hash in quotes"}.With(m[1]), true
}

// reading is a file being read: what is wrong with it, and how much there was.
type reading struct {
	wrong []misplaced
	nodes int
}

type misplaced struct {
	fault.Field
	where i18n.Message
}

func (d *reading) bad(line int, at path, m i18n.Message) {
	if len(d.wrong) < maxProblems {
		d.wrong = append(d.wrong, misplaced{fault.Field{Name: untrusted.Clean(at.String()), Message: m}, i18n.Text{RU: "строка %d", EN: "line %d"}.With(line)})
	}
}

// count bounds how much is kept of a file.
func (d *reading) count(at path) error {
	if d.nodes++; d.nodes > maxNodes {
		return refused(i18n.Text{RU: "значений больше %d", EN: "more than %d values"}.With(maxNodes))
	}
	if len(at) > maxLevels {
		return refused(i18n.Text{RU: "вложенность больше %d уровней", EN: "nested deeper than %d levels"}.With(maxLevels))
	}
	return nil
}

func refused(m i18n.Message) *fault.Error { return fault.New(exitcode.Usage, "values.unreadable", m) }

// json reads one JSON object, token by token: a deep or long one is refused
// before it is built.
func (d *reading) json(b []byte) (map[string]any, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	line := func() int { return 1 + bytes.Count(b[:dec.InputOffset()], []byte("\n")) }
	v, err := d.jsonValue(dec, line, nil)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more after the object")
	}
	m, _ := v.(map[string]any)
	return m, nil
}

func (d *reading) jsonValue(dec *json.Decoder, line func() int, at path) (any, error) {
	if err := d.count(at); err != nil {
		return nil, refusedAt(line(), err)
	}
	t, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('{'):
		out := map[string]any{}
		for dec.More() {
			t, err := dec.Token()
			if err != nil {
				return nil, err
			}
			name, _ := t.(string) // the decoder lets only strings stand here
			here := at.child(name)
			if _, twice := out[name]; twice {
				d.bad(line(), here, twiceMessage(here))
			}
			v, err := d.jsonValue(dec, line, here)
			if err != nil {
				return nil, err
			}
			d.keep(out, name, v)
		}
		_, err := dec.Token()
		return out, err
	case json.Delim('['):
		out := []any{}
		for dec.More() {
			if len(out) > maxIndex {
				return nil, refusedAt(line(), tooMany())
			}
			v, err := d.jsonValue(dec, line, at.item(len(out)))
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		_, err := dec.Token()
		return out, err
	}
	return t, nil
}

// keep puts a pair in, unless it says nothing: a null is a field left out, but
// one that is named.
func (d *reading) keep(out map[string]any, name string, v any) {
	if v != nil {
		out[name] = v
	}
}

func twiceMessage(at path) i18n.Message {
	return i18n.Text{RU: "поле %s указано дважды", EN: "field %s is given twice"}.With(untrusted.Text(at.String()))
}

func tooMany() error {
	return refused(i18n.Text{RU: "в списке больше %d значений", EN: "a list has more than %d values"}.With(maxIndex + 1))
}

func refusedAt(line int, err error) error {
	var f *fault.Error
	if errors.As(err, &f) {
		return refused(i18n.Text{RU: "строка %d: %s", EN: "line %d: %s"}.With(line, f.Message))
	}
	return err
}

// yaml reads one YAML mapping.
func (d *reading) yaml(b []byte) (map[string]any, error) {
	// The parser builds its whole tree before anybody can stop it, some 200 bytes
	// for each sign; a form needs far less.
	if n := bytes.Count(b, []byte("\n")); n > maxLines {
		return nil, refused(i18n.Text{RU: "в нём %d строк, можно не больше %d", EN: "it has %d lines, at most %d"}.With(n, maxLines))
	}
	marks := 0
	for _, c := range b {
		if strings.IndexByte("[]{},:-?&*", c) >= 0 {
			marks++
		}
	}
	if marks > maxMarks {
		return nil, refused(i18n.Text{RU: "в нём больше %d знаков разметки", EN: "it has more than %d marks of structure"}.With(maxMarks))
	}
	if deep(b) {
		return nil, refused(i18n.Text{RU: "вложенность больше %d уровней", EN: "nested deeper than %d levels"}.With(4 * maxLevels))
	}
	dec := yaml.NewDecoder(bytes.NewReader(b))
	var doc, more yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return map[string]any{}, nil
	case err != nil:
		return nil, err
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, refused(i18n.Say("в нём несколько документов YAML, а нужен один: уберите строки «---»", "it has several YAML documents and one is wanted: remove the lines ---"))
	}
	root := doc.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return map[string]any{}, nil
	}
	if root.Kind != yaml.MappingNode {
		return nil, refused(i18n.Say("в нём нет пар «поле: значение»", "it has no pairs of field and value"))
	}
	v, err := d.yamlValue(root, nil)
	m, _ := v.(map[string]any)
	return m, err
}

// deep looks for brackets that the parser would follow one into another.
func deep(b []byte) bool {
	level := 0
	for _, c := range b {
		switch c {
		case '[', '{':
			if level++; level > 4*maxLevels {
				return true
			}
		case ']', '}':
			level = max(level-1, 0)
		case '\n':
			if level < 4 { // brackets in texts do not add up over lines
				level = 0
			}
		}
	}
	return false
}

func (d *reading) yamlValue(n *yaml.Node, at path) (any, error) {
	if err := d.count(at); err != nil {
		return nil, refusedAt(n.Line, err)
	}
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		d.bad(n.Line, at, i18n.Say("ссылки YAML (& и *) не читаются: напишите значение ещё раз или в кавычках", "references of YAML (& and *) are not read: write the value again, or in quotes"))
		return nil, nil
	}
	if n.Style&yaml.TaggedStyle != 0 {
		d.bad(n.Line, at, i18n.Text{RU: "указание типа %s не читается: уберите его", EN: "the tag %s is not read: remove it"}.With(untrusted.Text(n.Tag)))
		return nil, nil
	}
	switch n.Kind {
	case yaml.MappingNode:
		out := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			k, v := n.Content[i], n.Content[i+1]
			if k.Kind == yaml.ScalarNode && k.Value == "<<" && k.Style == 0 {
				d.bad(k.Line, at.child("<<"), i18n.Say("слияния YAML (<<) не читаются: повторите поля", "merges of YAML (<<) are not read: write the fields again"))
				continue
			}
			if k.Kind != yaml.ScalarNode || k.Anchor != "" {
				d.bad(k.Line, at, i18n.Say("имя поля должно быть простым текстом", "the name of a field must be plain text"))
				continue
			}
			here := at.child(k.Value)
			if _, twice := out[k.Value]; twice {
				d.bad(k.Line, here, twiceMessage(here))
				continue
			}
			value, err := d.yamlValue(v, here)
			if err != nil {
				return nil, err
			}
			d.keep(out, k.Value, value)
		}
		return out, nil
	case yaml.SequenceNode:
		out := []any{}
		for i, x := range n.Content {
			if i > maxIndex {
				return nil, refusedAt(n.Line, tooMany())
			}
			v, err := d.yamlValue(x, at.item(i))
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	}
	if n.Tag == "!!null" {
		// Somebody is called Null, too.
		if n.Value != "" && n.Value != "~" {
			d.bad(n.Line, at, i18n.Text{RU: "%s без кавычек в YAML значит «ничего»; если это текст — возьмите его в кавычки, если нечего указать — оставьте пусто",
				EN: "%s without quotes is nothing in YAML; quote it if it is a text, leave it empty if there is nothing to say"}.With(untrusted.Text(n.Value)))
		}
		return nil, nil
	}
	if n.Style == 0 && exponent().MatchString(n.Value) && n.Tag == "!!float" {
		d.bad(n.Line, at, i18n.Text{RU: "%s похоже на округлённое число: запишите все цифры, длинный номер — в кавычках", EN: "%s looks like a rounded number: write all digits, a long number in quotes"}.With(untrusted.Text(n.Value)))
		return nil, nil
	}
	return n.Value, nil
}

// exponent is a number with an exponent, which spreadsheets make of long codes.
var exponent = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[-+]?[0-9]+([.][0-9]+)?[eE][-+]?[0-9]+$`)
})

// Comments returns the comments that a person wrote into a YAML file of values,
// by the path of the field that they stand above or beside, "" for the head of
// the file. What Skeleton writes, and fields that are commented out, are none.
func Comments(b []byte) map[string]string {
	var doc yaml.Node
	if len(b) > MaxValuesBytes || bytes.Count(b, []byte("\n")) > maxLines || deep(b) || yaml.Unmarshal(b, &doc) != nil || len(doc.Content) == 0 {
		return nil
	}
	out := map[string]string{}
	keep := func(at path, texts ...string) {
		for _, text := range texts {
			for line := range strings.SplitSeq(text, "\n") {
				line = strings.TrimSpace(line)
				if line == "" || strings.HasPrefix(line, strings.TrimSpace(ruleMark)) || commentedOut().MatchString(line) {
					continue
				}
				if old := out[at.String()]; old != "" {
					line = old + "\n" + line
				}
				out[at.String()] = line
			}
		}
	}
	var walk func(n *yaml.Node, at path)
	walk = func(n *yaml.Node, at path) {
		if len(at) > maxLevels {
			return
		}
		switch n.Kind {
		case yaml.MappingNode:
			for i := 0; i+1 < len(n.Content); i += 2 {
				k, v := n.Content[i], n.Content[i+1]
				here := at.child(k.Value)
				keep(here, k.HeadComment, k.LineComment, v.LineComment, k.FootComment)
				walk(v, here)
			}
		case yaml.SequenceNode:
			for i, item := range n.Content {
				keep(at.item(i), item.HeadComment)
				walk(item, at.item(i))
			}
		}
	}
	keep(nil, doc.HeadComment)
	walk(doc.Content[0], nil)
	return out
}

// commentedOut is a field that Skeleton leaves to be uncommented.
var commentedOut = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^#\s*([A-Za-z][A-Za-z0-9]*:( |$)|-$|#)`)
})
