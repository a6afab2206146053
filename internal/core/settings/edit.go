package settings

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
)

// Edit returns the text of the config file with one setting changed. An empty
// profile means the top level; a nil value removes the setting. Comments on
// other lines stay.
func Edit(text, profile, name string, value *string) (string, error) {
	section := ""
	if profile != "" {
		section = "[profiles." + profile + "]"
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
		if k, _, ok := strings.Cut(t, "="); ok && strings.TrimSpace(k) == name {
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
	s.file = document{top: maps.Clone(doc.top), profiles: doc.profiles}
	return nil
}
