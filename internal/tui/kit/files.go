package kit

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/keymap"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

// mostListed bounds how many entries of a folder are offered.
const mostListed = 10_000

// Files asks for a file: its path is typed, pasted or dropped into the field, or
// found in the folder that is shown below it.
type Files struct {
	Head i18n.Localised
	// Want says which files are offered; nil offers all. Any can be typed.
	Want func(name string) bool
	// Given is the path to begin with, "" for the current folder.
	Given string
	Do    func(path string) tea.Cmd
	// Over tells that the dialog is closed, with an answer or without; may be nil.
	Over func()

	field   Field
	known   bool   // the folder has been read
	done    bool   // answered, even if that was before it was on the screen
	dir     string // whose entries are shown
	entries []fs.DirEntry
	err     error
	at      int
	turn    int
	waits   bool // Enter was pressed before the folder was read
	x       int
	pane    Pane
}

// listed is the message that a folder was read.
type listed struct {
	to      *Files
	turn    int
	dir     string
	entries []fs.DirEntry
	err     error
}

// AskFile opens the dialog. It takes keys from now on, even if it is not on the
// screen yet.
func AskFile(d *Files) tea.Cmd {
	d.field.Set(d.Given)
	d.dir, _ = d.split()
	return screen.Ask(d)
}

// Opened reads the folder.
func (d *Files) Opened(*screen.Env) tea.Cmd { return d.read() }

// read reads the folder in the background.
func (d *Files) read() tea.Cmd {
	d.turn++
	turn, dir := d.turn, d.dir
	return func() tea.Msg { return read(d, turn, dir) }
}

// read reads a folder: folders first, then files.
func read(d *Files, turn int, dir string) listed {
	m := listed{to: d, turn: turn, dir: dir}
	f, err := os.Open(dir)
	if err != nil {
		m.err = err
		return m
	}
	defer f.Close()
	all, err := f.ReadDir(mostListed)
	m.err = err
	if len(all) > 0 || isEnd(err) {
		m.err = nil
	}
	m.entries = all
	slices.SortFunc(m.entries, func(a, b fs.DirEntry) int {
		if a.IsDir() != b.IsDir() {
			if a.IsDir() {
				return -1
			}
			return 1
		}
		return strings.Compare(strings.ToLower(a.Name()), strings.ToLower(b.Name()))
	})
	return m
}

func isEnd(err error) bool { return errors.Is(err, io.EOF) }

func (d *Files) show(m listed) {
	d.dir, d.entries, d.err, d.at, d.known = m.dir, m.entries, m.err, 0, true
}

// over ends the dialog.
func (d *Files) over() bool {
	d.done = true
	if d.Over != nil {
		d.Over()
	}
	return true
}

// Left tells that nothing was chosen.
func (d *Files) Left(*screen.Env) tea.Cmd {
	d.over()
	return nil
}

// Title is the title of the box.
func (d *Files) Title(*screen.Env) i18n.Localised { return d.Head }

// Typing is always so.
func (d *Files) Typing() bool { return true }

// Cursor is where the path is typed.
func (d *Files) Cursor() (x, y int, ok bool) { return d.x, 0, true }

// split is the folder of what is typed and the beginning of a name in it.
func (d *Files) split() (dir, name string) {
	dir, name = filepath.Split(Path(d.field.Value()))
	if dir == "" {
		dir = "."
	}
	return filepath.Clean(dir), name
}

// above is the folder that a folder is in, as an entry of it.
type above struct{ fs.DirEntry }

func (above) Name() string { return ".." }
func (above) IsDir() bool  { return true }

// matching are the entries that what is typed may mean; what it names exactly
// comes first. Hidden ones are meant only when a dot begins the name.
func (d *Files) matching() []fs.DirEntry {
	_, name := d.split()
	var exact, out []fs.DirEntry
	for _, e := range d.entries {
		switch {
		case e.Name() == name:
			exact = append(exact, e)
		case !e.IsDir() && d.Want != nil && !d.Want(e.Name()):
		case strings.HasPrefix(e.Name(), ".") && !strings.HasPrefix(name, "."):
		case strings.Contains(strings.ToLower(e.Name()), strings.ToLower(name)):
			out = append(out, e)
		}
	}
	if out = append(exact, out...); d.known && strings.HasPrefix("..", name) {
		out = append(out, above{})
	}
	return out
}

// Update takes what is typed and moves in the list.
func (d *Files) Update(_ *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	if d.done {
		return nil, true
	}
	switch m := msg.(type) {
	case listed:
		if m.to != d || m.turn != d.turn || d.known {
			return nil, false
		}
		d.show(m)
		if d.waits {
			d.waits = false
			return d.choose()
		}
	case tea.PasteMsg:
		d.field.Drop(m.Content)
		return d.typed(), false
	case screen.ClickMsg:
		i, ok := d.pane.At(m)
		switch {
		case !ok:
		case i == d.at:
			return d.choose()
		default:
			d.at = i
		}
	case tea.KeyPressMsg:
		k := tea.Key(m)
		switch keymap.Name(k) {
		case "esc":
			return nil, d.over()
		case "up":
			d.at = max(d.at-1, 0)
		case "down":
			d.at = max(0, min(d.at+1, len(d.matching())-1))
		case "pgup":
			d.at = max(d.at-10, 0)
		case "pgdown":
			d.at = max(0, min(d.at+10, len(d.matching())-1))
		case "tab":
			return d.complete(), false
		case "enter":
			return d.choose()
		default:
			if d.field.Key(k) {
				return d.typed(), false
			}
		}
	}
	return nil, false
}

// typed follows a change of the path: another folder is read.
func (d *Files) typed() tea.Cmd {
	d.at = 0
	if errors.Is(d.err, fs.ErrNotExist) {
		d.err = nil
	}
	dir, _ := d.split()
	if dir == filepath.Clean(d.dir) {
		return nil
	}
	d.dir, d.entries, d.err, d.known = dir, nil, nil, false
	return d.read()
}

// complete writes the entry under the cursor into the field.
func (d *Files) complete() tea.Cmd {
	if all := d.matching(); d.at < len(all) {
		d.field.Set(d.pathOf(all[d.at]))
		return d.typed()
	}
	return nil
}

func (d *Files) pathOf(e fs.DirEntry) string {
	path := filepath.Join(d.dir, e.Name())
	if e.IsDir() {
		path += string(filepath.Separator)
	}
	return path
}

// choose takes the entry under the cursor: a folder is entered, a file is the
// answer.
func (d *Files) choose() (tea.Cmd, bool) {
	if !d.known {
		d.waits = true
		return nil, false
	}
	all := d.matching()
	if d.at >= len(all) {
		if d.err == nil {
			d.err = fs.ErrNotExist
		}
		return nil, false
	}
	if all[d.at].IsDir() {
		return d.complete(), false
	}
	path := d.pathOf(all[d.at])
	return d.Do(path), d.over()
}

// Draw draws the field and the folder.
func (d *Files) Draw(e *screen.Env, size view.Size) view.Frame {
	line, at := d.field.Draw(size.W, true)
	d.x = at
	out := view.Frame{{Spans: line.Spans}}
	all := d.matching()
	tail := view.Wrap(theme.Muted, e.T("Путь можно набрать, вставить или перетащить; Tab — дополнить, Enter — выбрать", "Type, paste or drop a path; Tab completes, Enter chooses"), size.W)
	switch {
	case errors.Is(d.err, fs.ErrNotExist):
		out = append(out, view.Say(theme.Bad, e.T("такого файла или папки нет", "there is no such file or folder")))
	case d.err != nil:
		out = append(out, view.Say(theme.Bad, e.T("папку не прочитать: ", "the folder cannot be read: ")+d.err.Error()))
	case !d.known:
		out = append(out, view.Say(theme.Muted, e.T("читаем папку…", "reading the folder…")))
	case len(all) == 0:
		out = append(out, view.Say(theme.Muted, e.T("подходящих файлов здесь нет", "there are no such files here")))
	}
	from, to := d.pane.Fit(d.at, len(all), size.H-len(out)-len(tail)-1, len(out))
	for i := from; i < to; i++ {
		mark, base, name := "  ", theme.Plain, all[i].Name()
		if all[i].IsDir() {
			name += "/"
		}
		if i == d.at {
			mark, base = "› ", theme.Selected
		}
		out = append(out, view.Of(view.Text(theme.Plain, mark+name)).On(base).Fit(size.W))
	}
	return append(append(out, view.Blank()), tail...)
}

// Spoken asks for the path.
func (d *Files) Spoken(e *screen.Env) screen.Spoken {
	q := screen.Question{Label: e.T("Путь к файлу", "Path of the file")}
	if d.err != nil {
		q.Wrong = e.T("такого файла нет", "there is no such file")
	}
	return screen.Spoken{Ask: []screen.Question{q}, Answer: func(_ *screen.Env, answers []string) (tea.Cmd, bool) {
		path := Path(answers[0])
		if path == "" {
			return nil, d.over()
		}
		return d.Do(path), d.over()
	}}
}
