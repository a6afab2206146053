package catalog

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/core/account"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

// page is one service.
type page struct {
	kit.Scrolled
	src  Source
	code string
	data screen.Load[*wire.ServiceDetails]
}

// kept is the message that a service was kept, or no longer is.
type kept struct {
	by   *page
	keep bool
	err  error
}

// Open loads the service.
func (p *page) Open(e *screen.Env, code string) tea.Cmd {
	if code != "" && code != p.code {
		p.data.Forget()
		p.code = code
		p.Top()
	}
	asked := p.code
	return p.data.Start(e, "", func(ctx context.Context) (*wire.ServiceDetails, error) { return p.src.Service(ctx, asked) })
}

// Close ends the load.
func (p *page) Close(*screen.Env) { p.data.Stop() }

// AsOf says how old it is.
func (p *page) AsOf() (time.Time, bool, error) { return p.data.At, p.data.Loading, p.data.Err }

// Update takes data and scrolls.
func (p *page) Update(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	if p.data.Take(msg) {
		return nil, true
	}
	if m, ok := msg.(kept); ok && m.by == p {
		if m.err != nil {
			return screen.Fail(m.err), true
		}
		said := i18n.Text{RU: "Услуга сохранена", EN: "The service is kept"}
		if !m.keep {
			said = i18n.Text{RU: "Услуга больше не сохранена", EN: "The service is no longer kept"}
		}
		return tea.Batch(screen.Tell(said), p.Open(e, "")), true
	}
	return nil, p.Scrolled.Update(msg)
}

// Actions is what can be done with one service.
func (p *page) Actions(e *screen.Env) []screen.Action {
	var off, offline i18n.Localised
	s := p.data.Value
	saved := s != nil && s.Saved
	switch {
	case s == nil:
		off = i18n.Say("услуга ещё не загружена", "the service is not loaded yet")
		offline = off
	case s.Obsolete:
		offline = i18n.Say("услуга больше не оказывается", "the service is no longer rendered")
	case !s.Online:
		offline = i18n.Say("через портал её не подать", "it cannot be asked for through the portal")
	}
	code := p.code
	create := "epgu application create " + code
	keep := screen.Action{ID: "service.keep", Title: i18n.Text{RU: "сохранить", EN: "keep"}, Keys: []string{"s"}, Command: "epgu service save " + p.code, Off: off, Footer: true}
	if saved {
		keep.Title, keep.Command = i18n.Text{RU: "не хранить", EN: "forget"}, "epgu service save --remove "+p.code
	}
	keep.Run = func() tea.Cmd {
		ctx := e.Ctx
		return func() tea.Msg { return kept{p, !saved, p.src.Keep(ctx, code, !saved)} }
	}
	return []screen.Action{
		{ID: "service.create", Title: i18n.Text{RU: "подать заявление", EN: "apply"}, Keys: []string{"a"}, Command: create, Off: offline, Footer: true,
			Run: func() tea.Cmd { return screen.Go("apply", code) }},
		keep,
		{ID: "service.template", Title: i18n.Text{RU: "по шаблону", EN: "by a template"}, Keys: []string{"t"}, Command: "epgu application template list", Off: offline, Footer: true,
			Run: func() tea.Cmd { return screen.Go("apply", "templates "+code) }},
	}
}

// Draw draws the page.
func (p *page) Draw(e *screen.Env, size view.Size) view.Frame {
	if p.data.Value == nil {
		return view.Frame{}.Fit(size)
	}
	return p.View(body(e, p.data.Value, size.W), size)
}

func body(e *screen.Env, s *wire.ServiceDetails, cols int) view.Frame {
	out := append(view.Frame{view.Blank()}, kit.Facts(facts(e, s), cols)...)
	section := func(ru, en string, lines []string) {
		if len(lines) == 0 {
			return
		}
		out = append(out, view.Blank(), view.Say(theme.Accent, " "+e.T(ru, en)))
		for _, l := range lines {
			for i, row := range view.Wrap(theme.Plain, l, max(cols-4, 8)) {
				mark := "   "
				if i == 0 {
					mark = " • "
				}
				out = append(out, view.Of(view.Text(theme.Muted, mark)).With(row.Spans...))
			}
		}
	}
	section("Сколько стоит", "Fees", fees(e, s.Fees))
	section("Документы", "Documents", documents(e, s.Documents))
	section("Шаги", "Steps", texts(s.Steps))
	section("В регионах иначе", "Different by region", variants(e, s.Variants))
	section("Почему могут отказать", "Why it may be refused", texts(s.Refusals))
	section("Основание", "Legal acts", texts(s.LegalActs))
	section("Куда обратиться", "Contacts", texts(s.Contacts))
	return out
}

func facts(e *screen.Env, s *wire.ServiceDetails) []kit.Fact {
	f := func(ru, en, value string) kit.Fact { return kit.Fact{Name: e.T(ru, en), Value: value} }
	title, price := f("Услуга", "Service", s.Title.String()), f("Пошлина", "Fee", fee(e, s.FeeKopecks))
	title.Role, price.Role = theme.Strong, theme.Strong
	term := ""
	if s.TermDays > 0 {
		term = e.Say(i18n.Text{RU: "до %d календарных дней", EN: "up to %d calendar days"}.With(s.TermDays))
	}
	signature := map[string]string{"simple": e.T("простая", "simple"), "qualified": e.T("квалифицированная", "qualified")}[s.Signature]
	if signature == "" {
		signature = e.T("не нужна", "not needed")
	}
	online := e.T("нет", "no")
	if s.Online {
		online = e.T("да", "yes")
	}
	list := []kit.Fact{title, f("Коротко", "In short", s.Summary.String()), price, f("Срок", "Term", term),
		f("Результат", "Result", s.Result.String()), f("Ведомство", "Department", s.Department.String()), f("Учётная запись", "Account", account.Title(s.Level).In(e.Lang)),
		f("Подпись", "Signature", signature), f("Через портал", "Online", online)}
	switch s.State {
	case "seasonal":
		from, to, _ := strings.Cut(s.Season, " / ")
		list = append(list, kit.Fact{Name: e.T("Сезон", "Season"), Value: e.T("с ", "from ") + monthDay(from) + e.T(" по ", " to ") + monthDay(to), Role: theme.Warning})
	case "obsolete":
		list = append(list, kit.Fact{Name: e.T("Состояние", "State"), Value: e.T("больше не оказывается, вместо неё ", "no longer rendered, use ") + s.Successor, Role: theme.Bad})
	}
	return append(list, f("Код, имя", "Code, name", s.Code+", "+s.Slug))
}

// monthDay turns 06-01 into 01.06.
func monthDay(s string) string {
	if month, day, ok := strings.Cut(s, "-"); ok {
		return day + "." + month
	}
	return s
}

func texts(list []wire.Text) []string {
	out := make([]string, len(list))
	for i, t := range list {
		out[i] = t.String()
	}
	return out
}

func fees(e *screen.Env, list []wire.Fee) []string {
	out := make([]string, len(list))
	for i, f := range list {
		out[i] = f.Title.String() + ": " + i18n.Rubles(e.Lang, f.AmountKopecks)
		if f.DiscountPercent > 0 {
			out[i] += e.Say(i18n.Text{RU: ", скидка %d %%", EN: ", %d%% off"}.With(f.DiscountPercent))
		}
		for _, more := range []wire.Text{f.Condition, f.Rule, f.Basis} {
			if more != "" {
				out[i] += "; " + more.String()
			}
		}
	}
	return out
}

func documents(e *screen.Env, list []wire.Document) []string {
	out := make([]string, len(list))
	for i, d := range list {
		need := e.T("по желанию", "optional")
		if d.Required {
			need = e.T("обязательно", "required")
		}
		kinds := make([]string, len(d.Types))
		for i, t := range d.Types {
			_, kind, _ := strings.Cut(t, "/")
			if strings.HasSuffix(kind, "wordprocessingml.document") {
				kind = "docx"
			}
			kinds[i] = strings.ToUpper(kind)
		}
		out[i] = fmt.Sprintf("%s (%s) — %s", d.Title, d.Name, need)
		if len(kinds) > 0 {
			out[i] += "; " + strings.Join(kinds, ", ")
		}
		if d.MaxBytes > 0 {
			out[i] += e.Say(i18n.Text{RU: ", до %d МБ", EN: ", up to %d MB"}.With(max(d.MaxBytes>>20, 1)))
		}
	}
	return out
}

func variants(e *screen.Env, list []wire.Variant) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = v.RegionTitle.String() + ": " + v.Note.String()
		if v.TermDays > 0 {
			out[i] += e.Say(i18n.Text{RU: " (дней: %d)", EN: " (%d days)"}.With(v.TermDays))
		}
	}
	return out
}
