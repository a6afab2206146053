package settings

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// Edit returns the text of the config file with one setting changed. An empty
// profile means the top level; a nil value removes the setting. Comments on
// other lines stay. A file that is written in a way which cannot be edited line by
// line (values over several lines, tables in one line) is left for a person.
func Edit(text, profile, name string, value *string) (string, error) {
	if profile != "" {
		profile = profilesTable + "." + profile
	}
	return change(text, profile, name, value)
}

// change is Edit for any table: "profiles.NAME", "banks.NAME" or "" for the top.
func change(text, table, name string, value *string) (string, error) {
	out, err := edit(text, table, name, value)
	if err != nil {
		return "", err
	}
	before, err := parse("config.toml", []byte(text))
	if err != nil {
		return out, nil // whoever reads the result is told
	}
	after, err := parse("config.toml", []byte(out))
	if err == nil && holds(before, after, table, name, value) {
		return out, nil
	}
	return "", fault.New(exitcode.Usage, "config.not_editable", i18n.Say(
		"файл настроек записан так, что его строку не заменить", "the config file is written in a way that its line cannot be replaced")).
		Advise(i18n.Say("исправьте его в редакторе: это config.toml в папке настроек", "change it in an editor: it is config.toml in the folder of settings"))
}

// holds reports whether after is before with one setting changed.
func holds(before, after document, table, name string, value *string) bool {
	want := func(d document, put bool) map[string]map[string]string {
		all := map[string]map[string]string{"": maps.Clone(d.top)}
		for p, t := range d.profiles {
			all[profilesTable+"."+p] = maps.Clone(t)
		}
		for b, t := range d.banks {
			all[banksTable+"."+b] = maps.Clone(t)
		}
		if put {
			at := table
			if all[at] == nil {
				all[at] = map[string]string{}
			}
			if delete(all[at], name); value != nil {
				all[at][name] = *value
			}
		}
		maps.DeleteFunc(all, func(_ string, t map[string]string) bool { return len(t) == 0 })
		return all
	}
	a, b := want(before, true), want(after, false)
	return maps.EqualFunc(a, b, maps.Equal[map[string]string, map[string]string]) && reflect.DeepEqual(before.keys, after.keys)
}

// heading returns the table that a line begins, as TOML reads it; ok is false for
// any other line.
func heading(line string) (table string, ok bool) {
	var t struct {
		Profiles map[string]map[string]any `toml:"profiles"`
		Banks    map[string]map[string]any `toml:"banks"`
	}
	if toml.Unmarshal([]byte(line), &t) != nil || len(t.Profiles)+len(t.Banks) != 1 {
		return "", false
	}
	for p := range t.Profiles {
		table = profilesTable + "." + p
	}
	for b := range t.Banks {
		table = banksTable + "." + b
	}
	return table, true
}

func edit(text, table, name string, value *string) (string, error) {
	section := ""
	if table != "" {
		section = "[" + table + "]"
	}
	line := ""
	if value != nil {
		b, err := toml.Marshal(map[string]string{name: *value})
		if err != nil {
			return "", err
		}
		line = strings.TrimSpace(string(b))
	}
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if text == "" {
		lines = nil
	}
	at, insert := -1, -1
	current := ""
	if section == "" {
		insert = 0
	}
	for i, l := range lines {
		t := strings.TrimSpace(l)
		if strings.HasPrefix(t, "[") {
			current = t
			if h, ok := heading(t); ok && table != "" && h == table {
				current = section
			}
			if current == section { // the profile of this change
				insert = i + 1
			}
			continue
		}
		if current != section {
			continue
		}
		if t != "" {
			insert = i + 1
		}
		if k, _, ok := strings.Cut(t, "="); ok && strings.Trim(strings.TrimSpace(k), `"'`) == name {
			at = i
		}
	}
	switch {
	case at >= 0 && value != nil:
		lines[at] = line
	case at >= 0:
		lines = slices.Delete(lines, at, at+1)
	case value == nil:
	case insert >= 0:
		lines = slices.Insert(lines, insert, line)
	default:
		if len(lines) > 0 {
			lines = append(lines, "")
		}
		lines = append(lines, section, line)
	}
	out := strings.Join(lines, "\n")
	if out != "" {
		out += "\n"
	}
	return out, nil
}

// Set writes one setting to the config file by way of write, which replaces
// the file atomically.
func (s *Settings) Set(profile, name string, value *string, write func(path string, data []byte) error) error {
	if profile != "" {
		if m, ok := badProfile(profile); !ok {
			return fault.New(exitcode.Usage, "config.bad_value", m)
		}
	}
	if value != nil {
		if err := CheckKey(name, *value, profile != ""); err != nil {
			return err
		}
		if fixed := builtin(profile)[name]; fixed != "" && fixed != *value {
			return fault.New(exitcode.Usage, "config.address_fixed", addressOfBuiltin(profile))
		}
	}
	b, err := os.ReadFile(s.Path())
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	text, err := Edit(string(b), profile, name, value)
	if err != nil {
		return err
	}
	return s.replace(text, write)
}

// replace puts a new text in the place of the config file.
func (s *Settings) replace(text string, write func(path string, data []byte) error) error {
	doc, err := parse(s.Path(), []byte(text))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(s.Path()), 0o700); err != nil {
		return err
	}
	if err := write(s.Path(), []byte(text)); err != nil {
		return err
	}
	s.file = doc
	return nil
}
