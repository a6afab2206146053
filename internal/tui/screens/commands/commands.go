// Package commands is the screen that lists the commands equal to what was done
// on the other screens, ready to be copied.
package commands

import (
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/rows"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

// ID names the screen.
const ID = "commands"

// Entry is the screen in the registry.
func Entry() screen.Entry {
	return screen.Entry{ID: ID, Title: i18n.Text{RU: "То же командами", EN: "The same by commands"}, Key: "f12", Public: true, New: func() screen.Screen { return newLog() }}
}

// Log is the screen.
type Log struct{ list kit.List }

func newLog() *Log {
	l := &Log{}
	l.list.Draw = func(e *screen.Env, r *rows.Rows, i, cols int) view.Line {
		return kit.Row([]kit.Column{{Width: 5, Role: theme.Muted}, {}}, cols, []string{r.Cell(i, 1), r.Cell(i, 2)})
	}
	l.list.Empty = i18n.Text{RU: "Ещё ничего не сделано.", EN: "Nothing was done yet."}
	return l
}

// Open takes the log as it is now, the latest first.
func (l *Log) Open(e *screen.Env, _ string) tea.Cmd {
	r := &rows.Rows{}
	done := e.Log.All()
	for i := len(done) - 1; i >= 0; i-- {
		r.Append(strconv.Itoa(i), done[i].At.In(e.Location).Format("15:04"), done[i].Command)
	}
	return l.list.Set(e, r)
}

// Update takes keys.
func (l *Log) Update(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) { return l.list.Update(e, msg) }

// Typing is the list's.
func (l *Log) Typing() bool { return l.list.Typing() }

// Cursor is the list's.
func (l *Log) Cursor() (int, int, bool) { return l.list.Cursor() }

// Click chooses a row.
func (l *Log) Click(e *screen.Env, _, y int) tea.Cmd { return l.list.Click(e, y) }

// Scroll moves the cursor.
func (l *Log) Scroll(_ *screen.Env, lines int) tea.Cmd { l.list.Scroll(lines); return nil }

// Spoken reads the log.
func (l *Log) Spoken(e *screen.Env) screen.Spoken { return l.list.Spoken(e) }

// Draw draws the log.
func (l *Log) Draw(e *screen.Env, size view.Size) view.Frame { return l.list.View(e, size) }

// Actions copies.
func (l *Log) Actions(*screen.Env) []screen.Action {
	var off i18n.Localised
	i, ok := l.list.Current()
	if !ok {
		off = i18n.Say("копировать нечего", "there is nothing to copy")
	}
	return []screen.Action{
		{ID: "commands.copy", Title: i18n.Text{RU: "скопировать", EN: "copy"}, Keys: []string{"c", "enter"}, Off: off, Footer: true,
			Run: func() tea.Cmd { return screen.Copy(l.list.Rows().Cell(i, 2)) }},
		{ID: "commands.all", Title: i18n.Text{RU: "скопировать все", EN: "copy all"}, Keys: []string{"a"}, Off: off, Footer: true, Run: func() tea.Cmd {
			all := l.list.Rows()
			var lines []string
			for i := all.Len() - 1; i >= 0; i-- {
				lines = append(lines, all.Cell(i, 2))
			}
			return screen.Copy(strings.Join(lines, "\n"))
		}},
	}
}
