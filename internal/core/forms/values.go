package forms

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/ui/i18n"
)

// MaxValuesBytes bounds a file of values, bytes.
const MaxValuesBytes = 4 << 20

// ReadValues reads values from JSON or YAML; the name decides only how a
// mistake is told, because JSON is YAML.
func ReadValues(r io.Reader, name string) (map[string]any, error) {
	b, err := io.ReadAll(io.LimitReader(r, MaxValuesBytes+1))
	if err != nil {
		return nil, err
	}
	bad := func(cause error) error {
		return fault.New(exitcode.Usage, "values.unreadable", i18n.Text{
			RU: "файл %s не читается как YAML или JSON с парами «поле: значение»", EN: "%s is not YAML or JSON with pairs of field and value"}.With(filepath.Base(name))).Because(cause)
	}
	if len(b) > MaxValuesBytes {
		return nil, bad(fmt.Errorf("more than %d bytes", MaxValuesBytes))
	}
	values := map[string]any{}
	if strings.HasPrefix(strings.TrimSpace(string(b)), "{") {
		if err := decode(b, &values); err != nil {
			return nil, bad(err)
		}
		return values, nil
	}
	// Scalars are taken as written: in YAML 012 is ten and "да" may be true,
	// but in a form they are what the person typed.
	var doc yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		return nil, bad(err)
	}
	if len(doc.Content) == 0 {
		return values, nil
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, bad(fmt.Errorf("line %d: pairs of field and value expected", root.Line))
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		k, v := root.Content[i], root.Content[i+1]
		if v.Kind != yaml.ScalarNode {
			return nil, bad(fmt.Errorf("line %d: %s must be one value", v.Line, k.Value))
		}
		if v.Tag == "!!null" {
			continue
		}
		values[k.Value] = v.Value
	}
	return values, nil
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

// Nearest returns the candidate that name was probably meant to be, or "".
func Nearest(name string, candidates []string) string {
	best, bestDistance := "", 3
	for _, c := range slices.Sorted(slices.Values(candidates)) {
		if d := distance(strings.ToLower(name), strings.ToLower(c)); d < bestDistance && d < max(len([]rune(c)), 2) {
			best, bestDistance = c, d
		}
	}
	return best
}

// distance is the optimal string alignment distance: insertions, deletions,
// substitutions and swaps of neighbours.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 64 || len(y) > 64 {
		return 64
	}
	var prev2 []int
	prev := make([]int, len(y)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(x); i++ {
		cur := make([]int, len(y)+1)
		cur[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev = prev, cur
	}
	return prev[len(y)]
}
