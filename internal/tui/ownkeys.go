package tui

import (
	"maps"
	"slices"
	"strings"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/keymap"
	"github.com/epgu-cli/epgu/internal/tui/screen"
)

// CheckKeys reports keys of the user's own that cannot be pressed, and those of
// an action of the whole interface that does not exist. Actions of a screen may
// depend on what it shows, so only the screen's name is checked for them. path is
// the config file.
func CheckKeys(own map[string][]string, entries []screen.Entry, path string) error {
	r := &Root{o: Options{Entries: entries}, env: &screen.Env{Training: true}} // every screen has its name, shown now or not
	known := map[string]bool{"signout": true}
	for _, a := range r.global() {
		known[a.ID] = true
	}
	var fields []fault.Field
	for _, id := range slices.Sorted(maps.Keys(own)) {
		if !known[id] && !ofScreen(id) {
			fields = append(fields, fault.Field{Name: "keys." + id, Message: i18n.Say("нет такого действия; имена — в docs/tui.ru.md", "no such action; the names are in docs/tui.md")})
		}
		for _, k := range own[id] {
			if !keymap.Valid(k) {
				fields = append(fields, fault.Field{Name: "keys." + id, Message: i18n.Text{RU: "«%s» — не клавиша; бывают: p, P, ctrl+p, alt+p, f8, enter, pgdown", EN: "%q is no key; there are: p, P, ctrl+p, alt+p, f8, enter, pgdown"}.With(k)})
			}
		}
	}
	if len(fields) == 0 {
		return nil
	}
	e := fault.New(exitcode.Usage, "config.keys", i18n.Text{RU: "клавиши в %s заданы неверно", EN: "the keys in %s are wrong"}.With(path)).
		Advise(i18n.Say("исправьте таблицу [keys] или удалите её", "mend the table [keys], or delete it"))
	e.Fields = fields
	return e
}

// ofScreen reports whether an action's name is that of a screen: "charges.pay".
func ofScreen(id string) bool {
	name, action, ok := strings.Cut(id, ".")
	return ok && name != "" && name != "open" && action != ""
}
