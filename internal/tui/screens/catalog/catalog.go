package catalog

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/keymap"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/rows"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

// The screens of this package.
const (
	ID     = "catalog"
	PageID = "service"
)

// Entries are the screens of this package.
func Entries(src Source) []screen.Entry {
	return []screen.Entry{
		{ID: ID, Title: i18n.Text{RU: "Услуги", EN: "Services"}, Key: "3", Command: "epgu service list",
			New: func() screen.Screen { return newServices(src) },
			Objects: func(s screen.Screen) *rows.Rows {
				if all := s.(*services).data.Value; all != nil {
					return all.rows.View()
				}
				return nil
			}},
		{ID: PageID, Title: i18n.Text{RU: "Услуга", EN: "Service"}, Card: true, New: func() screen.Screen { return &page{src: src} }},
	}
}

// services is the catalogue.
type services struct {
	src   Source
	data  screen.Load[*list]
	list  kit.List
	query kit.Field
	shown int // how many rows the search and the filters left

	typing     bool
	free, kept bool // the filters
	turn       int
	pending    bool // what is found is not known yet
	enter      bool // pressed before it was
	stop       context.CancelFunc
}

// searched is the message that a search has ended.
type searched struct {
	by     *services
	turn   int
	places []uint32 // in data
}

func newServices(src Source) *services {
	s := &services{src: src}
	s.list.Head = head
	s.list.Empty = i18n.Text{RU: "Таких услуг нет.", EN: "There are no such services."}
	s.list.Draw = func(e *screen.Env, r *rows.Rows, i, cols int) view.Line {
		return line(e, r.Cells(i), s.data.Value.facts[i], cols)
	}
	s.list.Open = func(i int) tea.Cmd { return screen.Go(PageID, s.list.Rows().Cell(i, cellCode)) }
	return s
}

// Open loads the catalogue. With a code the page of that service is shown.
func (s *services) Open(e *screen.Env, arg string) tea.Cmd {
	cmd := s.data.Start(e, "catalog", fetch(s.src))
	if arg != "" {
		return tea.Batch(cmd, screen.Go(PageID, arg))
	}
	return cmd
}

// Close ends the load and a search.
func (s *services) Close(*screen.Env) {
	s.data.Stop()
	s.list.Close()
	s.halt()
}

func (s *services) halt() {
	if s.stop != nil {
		s.stop()
		s.stop = nil
	}
}

// AsOf says how old the catalogue is.
func (s *services) AsOf() (time.Time, bool, error) { return s.data.At, s.data.Loading, s.data.Err }

// Typing says whether the search is being typed.
func (s *services) Typing() bool { return s.typing }

// Cursor is the place of the search.
func (s *services) Cursor() (x, y int, ok bool) {
	if !s.typing {
		return 0, 0, false
	}
	_, at := s.query.Draw(1<<16, true)
	return 3 + at, 0, true
}

// Click and Scroll work the list below the search.
func (s *services) Click(e *screen.Env, _, y int) tea.Cmd {
	if y == 0 {
		s.typing = true
		return nil
	}
	return s.list.Click(e, y-1)
}

// Scroll moves the cursor.
func (s *services) Scroll(_ *screen.Env, lines int) tea.Cmd { s.list.Scroll(lines); return nil }

// Update takes data and keys.
func (s *services) Update(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	if s.data.Take(msg) {
		if !s.data.Known() {
			return nil, true
		}
		return s.search(e), true
	}
	switch m := msg.(type) {
	case searched:
		if m.by != s {
			return nil, false
		}
		if m.turn != s.turn {
			return nil, true
		}
		s.pending = false
		cmd := s.show(e, m.places, true)
		if i, ok := s.list.Current(); ok && s.enter {
			cmd = tea.Batch(cmd, s.list.Open(i))
		}
		s.enter = false
		return cmd, true
	case tea.PasteMsg:
		if s.typing {
			s.query.Insert(m.Content)
			return s.search(e), true
		}
	case tea.KeyPressMsg:
		if cmd, ok := s.key(e, tea.Key(m)); ok {
			return cmd, true
		}
	}
	return s.list.Update(e, msg)
}

func (s *services) key(e *screen.Env, k tea.Key) (tea.Cmd, bool) {
	name := keymap.Name(k)
	switch {
	case name == "esc" && (s.typing || s.query.Value() != ""):
		s.typing = false
		s.query.Set("")
		return s.search(e), true
	case !s.typing && (name == "/" || name == "."): // the key of / on the Russian layout
		s.typing = true
		return nil, true
	case !s.typing:
		return nil, false
	}
	switch name {
	case "enter":
		s.typing = false
		return nil, true
	case "up", "down", "pgup", "pgdown":
		return nil, false // the list's
	}
	before := s.query.Value()
	if !s.query.Key(k) {
		return nil, false
	}
	if s.query.Value() != before {
		return s.search(e), true
	}
	return nil, true
}

// search looks for what is typed now, in the background, and ends the search
// before it: by names as the core finds them, with typing errors and the other
// layout, and after those by all words of a service.
func (s *services) search(e *screen.Env) tea.Cmd {
	s.halt()
	s.turn++
	query, turn, all := s.query.Value(), s.turn, s.data.Value
	s.pending, s.enter = false, false
	if all == nil {
		return nil
	}
	if strings.TrimSpace(query) == "" {
		places := make([]uint32, all.rows.Len())
		for i := range places {
			places[i] = uint32(i)
		}
		return s.show(e, places, false)
	}
	ctx, stop := context.WithCancel(e.Ctx)
	s.stop, s.pending = stop, true
	return func() tea.Msg {
		defer stop()
		m := searched{by: s, turn: turn}
		seen := map[uint32]bool{}
		add := func(i uint32) {
			if !seen[i] {
				seen[i] = true
				m.places = append(m.places, i)
			}
		}
		// Without the names of the core the words below still find what they say.
		codes, err := s.src.Search(ctx, query)
		if err != nil {
			codes = nil
		}
		for _, c := range codes {
			if i, ok := all.index[c]; ok {
				add(i)
			}
		}
		if hits := all.rows.Find(ctx, query, nil); hits != nil {
			for _, i := range hits.Hits {
				add(i)
			}
		}
		return m
	}
}

// show puts services into the list, those that the filters let through. The best
// answer of a search is under the cursor.
func (s *services) show(e *screen.Env, places []uint32, best bool) tea.Cmd {
	all := s.data.Value
	shown := make([]uint32, 0, len(places))
	for _, i := range places {
		if f := all.facts[i]; s.free && f.Fee > 0 || s.kept && !f.Saved {
			continue
		}
		shown = append(shown, i)
	}
	s.shown = len(shown)
	cmd := s.list.SetPart(e, all.rows, shown)
	if best && len(shown) > 0 {
		s.list.Select(all.rows.Cell(int(shown[0]), cellCode))
	}
	return cmd
}

// Actions is what can be done with the catalogue.
func (s *services) Actions(e *screen.Env) []screen.Action {
	i, ok := s.list.Current()
	code := ""
	var none i18n.Localised
	if ok {
		code = s.list.Rows().Cell(i, cellCode)
	} else if !s.pending {
		none = i18n.Say("услуга не выбрана", "no service is chosen")
	}
	find := "epgu service list"
	if q := strings.TrimSpace(s.query.Value()); q != "" {
		find = fmt.Sprintf("epgu service search %q", q)
	}
	toggle := func(flag *bool) func() tea.Cmd {
		return func() tea.Cmd { *flag = !*flag; return s.search(e) }
	}
	return []screen.Action{
		{ID: "catalog.open", Title: i18n.Text{RU: "подробно", EN: "details"}, Keys: []string{"enter"}, Command: "epgu service view " + code, Off: none, Footer: true,
			Run: func() tea.Cmd {
				if s.pending { // what will be found is meant, not what stands there still
					s.enter = true
					return nil
				}
				return screen.Go(PageID, code)
			}},
		{ID: "catalog.search", Title: i18n.Text{RU: "найти", EN: "find"}, Keys: []string{"/"}, Command: find, Footer: true,
			Run: func() tea.Cmd { s.typing = true; return nil }},
		{ID: "catalog.free", Title: i18n.Text{RU: "только бесплатные", EN: "only free ones"}, Keys: []string{"f"}, Command: "epgu service list --fee free", Footer: true, Run: toggle(&s.free)},
		{ID: "catalog.kept", Title: i18n.Text{RU: "только сохранённые", EN: "only kept ones"}, Keys: []string{"m"}, Command: "epgu service save", Footer: true, Run: toggle(&s.kept)},
	}
}

func columns() []kit.Column {
	return []kit.Column{{Width: 1, Role: theme.Accent}, {Share: 3}, {Share: 2, Role: theme.Muted, Least: 90}, {Width: 12, Right: true}, {Width: 8, Right: true, Role: theme.Muted, Least: 60}}
}

func head(e *screen.Env, cols int) view.Line {
	return kit.Row(columns(), cols, []string{"", e.T("Услуга", "Service"), e.T("Ведомство", "Department"), e.T("Пошлина", "Fee"), e.T("Дней", "Days")},
		theme.Muted, theme.Muted, theme.Muted, theme.Muted, theme.Muted)
}

func line(e *screen.Env, cells []string, f terms, cols int) view.Line {
	mark, days := "", ""
	if f.Saved {
		mark = "★"
	}
	if f.Days > 0 {
		days = fmt.Sprint(f.Days)
	}
	return kit.Row(columns(), cols, []string{mark, cells[cellTitle], cells[cellDepartment], fee(e, f.Fee), days})
}

func fee(e *screen.Env, kopecks int64) string {
	if kopecks == 0 {
		return e.T("бесплатно", "free")
	}
	return i18n.Rubles(e.Lang, kopecks)
}

// Spoken reads what was looked for and what it found.
func (s *services) Spoken(e *screen.Env) screen.Spoken {
	out := s.list.Spoken(e)
	if q := strings.TrimSpace(s.query.Value()); q != "" {
		out.Lines = append([]string{e.T("Поиск: ", "Search: ") + q}, out.Lines...)
	}
	return out
}

// Draw draws the search and what it found.
func (s *services) Draw(e *screen.Env, size view.Size) view.Frame {
	if s.data.Value == nil {
		return view.Frame{}.Fit(size)
	}
	out := view.Frame{s.searchLine(e, size.W)}
	return append(out, s.list.View(e, view.Size{W: size.W, H: max(size.H-1, 1)})...).Fit(size)
}

func (s *services) searchLine(e *screen.Env, cols int) view.Line {
	var filters []string
	if s.free {
		filters = append(filters, e.T("бесплатные", "free"))
	}
	if s.kept {
		filters = append(filters, e.T("сохранённые", "kept"))
	}
	count := fmt.Sprintf(" %d / %d ", s.shown, s.data.Value.rows.Len())
	if len(filters) > 0 {
		count = " [" + strings.Join(filters, ", ") + "]" + count
	}
	right := view.Of(view.Text(theme.Muted, count))
	if !s.typing && s.query.Value() == "" {
		return view.Both(view.Say(theme.Muted, " / "+e.T("найти услугу: паспорт, сад, штраф…", "find a service: паспорт, сад, штраф…")), right, cols)
	}
	left := view.Of(view.Text(theme.Accent, " / "))
	field, _ := s.query.Draw(max(cols-right.Width()-4, 4), s.typing)
	return view.Both(left.With(field.Spans...), right, cols)
}
