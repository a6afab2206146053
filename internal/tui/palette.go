package tui

import (
	"bytes"
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/keymap"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/rows"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
	"github.com/epgu-cli/epgu/internal/ui/keys"
)

// palette finds every action and every object by its name and does it.
type palette struct {
	root    *Root
	field   kit.Field
	actions []screen.Action
	places  []objects
	found   []*rows.Found // the last answer of each place
	hits    []hit
	at      int
	pane    kit.Pane
	turn    int
	stop    context.CancelFunc
	x       int
}

// objects are the things of one screen.
type objects struct {
	entry screen.Entry
	rows  *rows.Rows
}

// hit is one line of the palette.
type hit struct {
	title, detail string
	off           i18n.Localised
	run           func() tea.Cmd
}

// mostObjects is how many objects of a screen are offered for one query.
const mostObjects = 20

// looked is the message that the objects have been searched.
type looked struct {
	of    *palette
	turn  int
	hits  []hit
	found []*rows.Found
}

func newPalette(r *Root) *palette {
	p := &palette{root: r}
	if top := r.top(); top != nil {
		p.actions = append(p.actions, top.screen.Actions(r.env)...)
	}
	for _, a := range r.global() {
		if a.ID != "palette" {
			p.actions = append(p.actions, a)
		}
	}
	p.places = r.objects()
	p.hits = p.commands()
	return p
}

// openPalette opens the palette, and loads in the background what it can find on
// screens that nobody has opened yet.
func (r *Root) openPalette() tea.Cmd {
	r.ask(newPalette(r))
	if !r.signed {
		return nil
	}
	var cmds []tea.Cmd
	for _, e := range r.o.Entries {
		if e.Objects != nil && r.screens[e.ID] == nil && (!e.Training || r.env.Training) {
			s, back := r.screen(e)
			cmds = append(cmds, s.Open(r.env, ""), back)
		}
	}
	return tea.Batch(cmds...)
}

// objects are the things that are known, by screen.
func (r *Root) objects() []objects {
	var out []objects
	for _, e := range r.o.Entries {
		if s := r.screens[e.ID]; s != nil && e.Objects != nil {
			if o := e.Objects(s); o.Len() > 0 {
				out = append(out, objects{e, o})
			}
		}
	}
	return out
}

// palette looks anew through objects that have come since the palette was opened.
func (r *Root) palette() tea.Cmd {
	if len(r.dialogs) == 0 {
		return nil
	}
	p, ok := r.dialogs[len(r.dialogs)-1].Dialog.(*palette)
	if !ok {
		return nil
	}
	fresh := r.objects()
	same := slices.EqualFunc(fresh, p.places, func(a, b objects) bool { return a.entry.ID == b.entry.ID && a.rows.Len() == b.rows.Len() })
	if same {
		return nil
	}
	p.places, p.found = fresh, nil
	at := p.at
	cmd := p.search(r.env)
	p.at = at // the cursor stays: actions come before objects
	return cmd
}

func (p *palette) Title(*screen.Env) i18n.Localised {
	return i18n.Text{RU: "Команды и всё остальное", EN: "Commands and everything else"}
}

func (p *palette) Typing() bool { return true }

func (p *palette) Cursor() (int, int, bool) { return p.x, 0, true }

// commands are the actions that match what is typed.
func (p *palette) commands() []hit {
	e := p.root.env
	var out []hit
	for _, a := range p.actions {
		if !matches(p.field.Value(), a.Title.RU+" "+a.Title.EN+" "+a.ID+" "+a.Command) {
			continue
		}
		detail := ""
		if ks := e.Keys.Of(a.ID, a.Keys); len(ks) > 0 {
			detail = keymap.Title(ks[0])
		}
		if a.Command != "" {
			detail += "  " + a.Command
		}
		out = append(out, hit{a.Title.In(e.Lang), detail, a.Off, func() tea.Cmd { return p.root.run(a) }})
	}
	return out
}

// matches reports whether every word of a query is in a text; a query typed on
// the other layout counts, too.
func matches(query, text string) bool {
	folded := []byte(text)
	rows.Fold(folded, folded)
	all := func(q string) bool {
		for _, w := range rows.Words(q) {
			if !bytes.Contains(folded, w) {
				return false
			}
		}
		return true
	}
	return all(query) || all(otherLayout(query))
}

// otherLayout is what the keys of a text give on the Latin layout.
func otherLayout(s string) string {
	out := []rune(s)
	for i, r := range out {
		out[i] = keys.Rune(r)
	}
	return string(out)
}

func (p *palette) Update(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	switch m := msg.(type) {
	case looked:
		if m.of == p && m.turn == p.turn {
			p.hits, p.found = append(p.commands(), m.hits...), m.found
			p.at = min(p.at, max(len(p.hits)-1, 0))
		}
	case tea.PasteMsg:
		p.field.Insert(m.Content)
		return p.search(e), false
	case screen.ClickMsg:
		i, ok := p.pane.At(m)
		switch {
		case !ok:
		case i == p.at:
			return p.choose()
		default:
			p.at = i
		}
	case tea.KeyPressMsg:
		k := tea.Key(m)
		switch keymap.Name(k) {
		case "esc", "ctrl+k":
			p.halt()
			return nil, true
		case "up", "ctrl+p":
			p.at = max(p.at-1, 0)
		case "down", "ctrl+n":
			p.at = min(p.at+1, max(len(p.hits)-1, 0))
		case "pgup":
			p.at = max(p.at-10, 0)
		case "pgdown":
			p.at = min(p.at+10, max(len(p.hits)-1, 0))
		case "enter":
			return p.choose()
		default:
			before := p.field.Value()
			if p.field.Key(k) && p.field.Value() != before {
				return p.search(e), false
			}
		}
	}
	return nil, false
}

// choose does what is under the cursor.
func (p *palette) choose() (tea.Cmd, bool) {
	if p.at >= len(p.hits) {
		return nil, false
	}
	h := p.hits[p.at]
	p.halt()
	return h.run(), true
}

// halt ends a search that is under way.
func (p *palette) halt() {
	if p.stop != nil {
		p.stop()
		p.stop = nil
	}
}

// search looks through the objects in the background, among those found for less of
// the query.
func (p *palette) search(e *screen.Env) tea.Cmd {
	p.halt()
	p.turn++
	p.at, p.pane, p.hits = 0, kit.Pane{}, p.commands()
	query, turn, earlier := p.field.Value(), p.turn, p.found
	if len(rows.Words(query)) == 0 {
		return nil
	}
	ctx, stop := context.WithCancel(e.Ctx)
	p.stop = stop
	places := p.places
	return func() tea.Msg {
		defer stop()
		var out []hit
		answers := make([]*rows.Found, len(places))
		for i, o := range places {
			var before *rows.Found
			if earlier != nil {
				before = earlier[i]
			}
			found := o.rows.Find(ctx, query, before)
			if found == nil {
				return nil
			}
			answers[i] = found
			for _, i := range found.Hits[:min(len(found.Hits), mostObjects)] {
				cells := o.rows.Cells(int(i))
				title, detail := cells[0], o.entry.Title.In(e.Lang)
				if len(cells) > 1 {
					title = cells[1]
				}
				if len(cells) > 2 {
					detail += " · " + cells[2]
				}
				out = append(out, hit{title, detail, nil, func() tea.Cmd { return screen.Go(o.entry.ID, cells[0]) }})
			}
		}
		return looked{p, turn, out, answers}
	}
}

func (p *palette) Draw(e *screen.Env, size view.Size) view.Frame {
	line, at := p.field.Draw(size.W-2, true)
	p.x = at + 2
	if p.field.Value() == "" {
		line = view.Of(view.Text(theme.Field, e.T("слово: услуга, начисление, действие…", "a word: service, charge, action…"))).Fit(size.W - 2)
	}
	out := view.Frame{view.Of(view.Text(theme.Accent, "› ")).With(line.Spans...)}
	from, to := p.pane.Fit(p.at, len(p.hits), size.H-1, len(out))
	if len(p.hits) == 0 {
		out = append(out, view.Say(theme.Muted, "  "+e.T("Ничего не найдено", "Nothing found")))
	}
	for i := from; i < to; i++ {
		h := p.hits[i]
		mark := "  "
		base := theme.Plain
		if i == p.at {
			mark, base = "› ", theme.Selected
		}
		left := view.Of(view.Text(theme.Plain, mark+h.title)).On(base)
		right := view.Of(view.Text(theme.Muted, h.detail)).On(base)
		if h.off != nil {
			right = view.Of(view.Text(theme.Muted, e.Say(h.off))).On(base)
		}
		l := view.Both(left, right, size.W)
		l.Base = base
		out = append(out, l)
	}
	for len(out) < min(size.H, 14) {
		out = append(out, view.Blank().Fit(size.W))
	}
	return out
}
