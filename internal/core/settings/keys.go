package settings

import (
	"maps"
	"slices"

	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// Keymap returns the user's own keys of the full-screen interface by the name of
// the action, from the table [keys] of the config file:
//
//	[keys]
//	charges.pay = "f8"
//	palette = ["ctrl+p", "f10"]
//	charges.all = []
//
// An empty list takes the keys of an action away. Which actions and keys there
// are is not known here.
func (s *Settings) Keymap() map[string][]string { return s.file.keys }

// readKeys reads the table. A name with a dot may be quoted or not: TOML makes a
// table of one that is not.
func readKeys(v any) (map[string][]string, []fault.Field) {
	out := map[string][]string{}
	var bad []fault.Field
	var walk func(prefix string, v any)
	walk = func(prefix string, v any) {
		wrong := func() {
			bad = append(bad, fault.Field{Name: "keys." + prefix, Message: i18n.Say("нужна клавиша или список клавиш, например \"f8\" или [\"p\", \"f8\"]", `a key or a list of keys is needed, such as "f8" or ["p", "f8"]`)})
		}
		switch v := v.(type) {
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(v)) {
				walk(join(prefix, name), v[name])
			}
		case string:
			out[prefix] = []string{v}
		case []any:
			keys := []string{}
			for _, k := range v {
				s, ok := k.(string)
				if !ok {
					wrong()
					return
				}
				keys = append(keys, s)
			}
			out[prefix] = keys
		default:
			wrong()
		}
	}
	if _, ok := v.(map[string]any); !ok {
		return out, []fault.Field{{Name: "keys", Message: i18n.Say("это должна быть таблица [keys]", "it must be a table [keys]")}}
	}
	walk("", v)
	return out, bad
}

func join(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}
