package forms

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/epgu-cli/epgu/internal/i18n"
)

// Bounds of a path and of the tree that it leads into.
const (
	maxPathBytes = 512
	maxLevels    = 16
	maxIndex     = 999
)

// anyItem stands for the index in a path of the form: children[].lastName.
const anyItem = -1

// elem is one step of a path: a name, or an index when the name is "".
type elem struct {
	name  string
	index int
}

// path leads to a place in the tree of values.
type path []elem

// String writes the path as people give it: children[0].lastName.
func (p path) String() string {
	var b strings.Builder
	for i, e := range p {
		switch {
		case e.name != "":
			if i > 0 {
				b.WriteByte('.')
			}
			b.WriteString(e.name)
		case e.index == anyItem:
			b.WriteString("[]")
		default:
			b.WriteByte('[')
			b.WriteString(strconv.Itoa(e.index))
			b.WriteByte(']')
		}
	}
	return b.String()
}

// schema is the path with every index left out: what a field is called in the
// form.
func (p path) schema() string {
	q := slices.Clone(p)
	for i := range q {
		if q[i].name == "" {
			q[i].index = anyItem
		}
	}
	return q.String()
}

func (p path) child(name string) path { return append(slices.Clip(p), elem{name: name}) }
func (p path) item(i int) path        { return append(slices.Clip(p), elem{index: i}) }

// parsePath reads a path. Names are what stands between dots and brackets; an
// index is a decimal number from 0 to 999.
func parsePath(s string) (path, error) {
	bad := func(m i18n.Message) (path, error) { return nil, &pathError{m} }
	if len(s) > maxPathBytes {
		return bad(i18n.Text{RU: "путь длиннее %d байт", EN: "the path has more than %d bytes"}.With(maxPathBytes))
	}
	var p path
	for rest := s; rest != ""; {
		if len(p) >= 2*maxLevels {
			return bad(i18n.Text{RU: "вложенность больше %d уровней", EN: "nested deeper than %d levels"}.With(maxLevels))
		}
		if rest[0] == '[' {
			text, after, ok := strings.Cut(rest[1:], "]")
			n, err := strconv.Atoi(text)
			switch {
			case len(p) == 0 || !ok:
				return bad(i18n.Say("скобки не на месте; нужно, например, children[0].lastName", "the brackets are out of place; write it like children[0].lastName"))
			case text == "":
				n = anyItem
			case err != nil || n < 0 || n > maxIndex || text != strconv.Itoa(n):
				return bad(i18n.Text{RU: "номер в скобках — от 0 до %d", EN: "the number in brackets is 0 to %d"}.With(maxIndex))
			}
			p, rest = append(p, elem{index: n}), after
			if rest != "" && rest[0] != '[' && rest[0] != '.' {
				return bad(i18n.Say("после скобки нужна точка: children[0].lastName", "a dot must follow the bracket: children[0].lastName"))
			}
			continue
		}
		if rest[0] == '.' {
			if len(p) == 0 {
				return bad(i18n.Say("путь начинается с точки", "the path begins with a dot"))
			}
			rest = rest[1:]
		}
		end := strings.IndexAny(rest, ".[")
		if end < 0 {
			end = len(rest)
		}
		name := strings.TrimSpace(rest[:end])
		if name == "" {
			return bad(i18n.Say("в пути пустое имя", "a name in the path is empty"))
		}
		p, rest = append(p, elem{name: name}), rest[end:]
	}
	if len(p) == 0 {
		return bad(i18n.Say("имя поля пусто", "the name of the field is empty"))
	}
	return p, nil
}

// pathError says why a text is no path.
type pathError struct{ message i18n.Message }

func (e *pathError) Error() string { return e.message.In(i18n.EN) }

// get returns the value at p.
func get(tree any, p path) (any, bool) {
	for _, e := range p {
		switch t := tree.(type) {
		case map[string]any:
			v, ok := t[e.name]
			if !ok || e.name == "" {
				return nil, false
			}
			tree = v
		case []any:
			if e.name != "" || e.index < 0 || e.index >= len(t) {
				return nil, false
			}
			tree = t[e.index]
		default:
			return nil, false
		}
	}
	return tree, true
}

// put sets the value at p and makes what is missing on the way; a list grows by
// one item at most, so that a mistyped index does not make hundreds.
func put(tree map[string]any, p path, v any) error {
	out, err := putAt(tree, p, v)
	if err == nil {
		if m, ok := out.(map[string]any); !ok || len(m) != len(tree) {
			return fmt.Errorf("the root was replaced")
		}
	}
	return err
}

func putAt(at any, p path, v any) (any, error) {
	if len(p) == 0 {
		return v, nil
	}
	e := p[0]
	if e.name != "" {
		m, ok := at.(map[string]any)
		if at == nil {
			m, ok = map[string]any{}, true
		}
		if !ok {
			return nil, &pathError{i18n.Text{RU: "здесь уже стоит значение, а не группа полей: %s", EN: "a value stands here already, not a group of fields: %s"}.With(e.name)}
		}
		sub, err := putAt(m[e.name], p[1:], v)
		if err == nil {
			m[e.name] = sub
		}
		return m, err
	}
	list, ok := at.([]any)
	if at != nil && !ok {
		return nil, &pathError{i18n.Say("здесь уже стоит одно значение, а не список", "one value stands here already, not a list")}
	}
	if e.index < 0 {
		return nil, &pathError{i18n.Say("в скобках нужен номер: children[0]", "a number is needed in the brackets: children[0]")}
	}
	if e.index > len(list) {
		return nil, &pathError{i18n.Text{RU: "номера идут подряд с 0: следующий — [%d]", EN: "the numbers go one by one from 0: the next one is [%d]"}.With(len(list))}
	}
	var old any
	if e.index < len(list) {
		old = list[e.index]
	}
	sub, err := putAt(old, p[1:], v)
	if err != nil {
		return nil, err
	}
	if e.index == len(list) {
		return append(list, sub), nil
	}
	list[e.index] = sub
	return list, nil
}

// remove takes the value at p out of the tree; an item of a list closes the gap.
func remove(tree map[string]any, p path) bool {
	if len(p) == 0 {
		return false
	}
	up, ok := get(tree, p[:len(p)-1])
	if !ok {
		return false
	}
	last := p[len(p)-1]
	switch t := up.(type) {
	case map[string]any:
		_, ok := t[last.name]
		delete(t, last.name)
		return ok
	case []any:
		if last.name != "" || last.index < 0 || last.index >= len(t) {
			return false
		}
		shorter := slices.Delete(slices.Clone(t), last.index, last.index+1)
		return put(tree, p[:len(p)-1], shorter) == nil
	}
	return false
}

// clone copies a tree, so that a change of one is not seen in the other.
func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[k] = clone(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = clone(x)
		}
		return out
	}
	return v
}

func cloneTree(m map[string]any) map[string]any {
	out, _ := clone(m).(map[string]any)
	if out == nil {
		out = map[string]any{}
	}
	return out
}

// Leaf is one scalar of a tree of values with its path.
type Leaf struct {
	Path  string
	Value any
}

// Leaves lists the scalars of a tree in the order of names and of items.
func Leaves(values map[string]any) []Leaf {
	var out []Leaf
	var walk func(p path, v any)
	walk = func(p path, v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, name := range sortedKeys(v) {
				walk(p.child(name), v[name])
			}
		case []any:
			for i, x := range v {
				walk(p.item(i), x)
			}
		default:
			out = append(out, Leaf{p.String(), v})
		}
	}
	walk(nil, values)
	return out
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
