package account

import (
	"context"
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

// profile is what the portal knows of a person.
type profile struct {
	kit.Scrolled
	src  Source
	data screen.Load[*person]
	role bool // is being changed
}

// The messages of changing the role.
type (
	offered struct {
		by    *profile
		roles []kit.Role
		err   error
	}
	acts struct {
		by  *profile
		err error
	}
)

// Open loads it.
func (p *profile) Open(e *screen.Env, _ string) tea.Cmd {
	return p.data.Start(e, "profile", func(ctx context.Context) (*person, error) { return p.src.Profile(ctx) })
}

// Close ends the load.
func (p *profile) Close(*screen.Env) { p.data.Stop() }

// AsOf says how old it is.
func (p *profile) AsOf() (time.Time, bool, error) { return p.data.At, p.data.Loading, p.data.Err }

// Update takes data and scrolls.
func (p *profile) Update(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	if p.data.Take(msg) {
		return nil, true
	}
	switch m := msg.(type) {
	case offered:
		if m.by != p {
			return nil, false
		}
		return p.choose(e, m), true
	case acts:
		if m.by != p {
			return nil, false
		}
		p.role = false
		if m.err != nil {
			return screen.Fail(m.err), true
		}
		return screen.Signed(true), true // what the other one sees is another's
	}
	return nil, p.Scrolled.Update(msg)
}

// Actions is what can be done here.
func (p *profile) Actions(e *screen.Env) []screen.Action {
	var changing i18n.Localised
	if p.role {
		changing = i18n.Say("роль уже меняется", "the role is being changed already")
	}
	open := func(id, title, en, key, command, to string) screen.Action {
		return screen.Action{ID: id, Title: i18n.Text{RU: title, EN: en}, Keys: []string{key}, Command: command, Footer: true,
			Run: func() tea.Cmd { return screen.Go(to, "") }}
	}
	return []screen.Action{
		open("profile.sessions", "сеансы", "sessions", "s", "epgu auth sessions", SessionsID),
		open("profile.devices", "устройства", "devices", "d", "epgu auth devices list", DevicesID),
		open("profile.history", "история входов", "sign-ins", "i", "epgu auth history", SignInsID),
		{ID: "profile.role", Title: i18n.Text{RU: "сменить роль", EN: "change the role"}, Keys: []string{"o"}, Command: "epgu org list", Off: changing, Footer: true,
			Run: func() tea.Cmd {
				return func() tea.Msg {
					roles, err := p.src.Roles(e.Ctx)
					return offered{p, roles, err}
				}
			}},
	}
}

// choose asks in whose name to act from now on.
func (p *profile) choose(e *screen.Env, m offered) tea.Cmd {
	switch {
	case m.err != nil:
		return screen.Fail(m.err)
	case len(m.roles) == 0:
		return screen.Tell(i18n.Say("Вы не представляете ни одной организации", "You act for no organisation"))
	}
	return kit.AskRole(m.roles, true, func(r kit.Role) tea.Cmd {
		if r.Now {
			return nil
		}
		p.role = true
		command := "epgu org switch " + r.OID
		if r.OID == "" {
			command = "epgu org switch --self"
		}
		ctx := e.Ctx
		return tea.Batch(screen.Ran(command), func() tea.Msg { return acts{p, p.src.Act(ctx, r.OID)} })
	}, nil)
}

// Draw draws it.
func (p *profile) Draw(e *screen.Env, size view.Size) view.Frame {
	if p.data.Value == nil {
		return view.Frame{}.Fit(size)
	}
	return p.View(append(view.Frame{view.Blank()}, kit.Facts(facts(e, p.data.Value), size.W)...), size)
}

func facts(e *screen.Env, p *person) []kit.Fact {
	f := func(ru, en, value string) kit.Fact { return kit.Fact{Name: e.T(ru, en), Value: value} }
	me := p.Person
	name := f("Кто", "Who", me.FullName().String())
	name.Role = theme.Strong
	level, snils, inn, mobile, email := me.Level, me.SNILS, me.INN, me.Mobile.String(), me.Email.String()
	if pr := p.Profile; pr != nil {
		// Contacts and level are those of the profile, whatever the marker lets ЕСИА tell.
		level, snils, inn, mobile, email = pr.Level, pr.SNILS, pr.INN, pr.Mobile, pr.Email
	}
	list := []kit.Fact{name, f("Дата рождения", "Date of birth", date(e, me.BirthDate)), f("СНИЛС", "СНИЛС", snils), f("ИНН", "ИНН", inn),
		f("Телефон", "Phone", mobile), f("Почта", "E-mail", email), f("Учётная запись", "Account", account.Title(level).In(e.Lang)),
		f("Номер в ЕСИА", "ЕСИА number", me.OID)}
	if pr := p.Profile; pr != nil {
		if pr.Recheck {
			list = append(list, kit.Fact{Name: e.T("Проверка", "Check"), Value: e.T("данные проверяются", "the data are being checked"), Role: theme.Warning})
		}
		for _, a := range pr.Addresses {
			title := f("Проживание", "Living at", account.AddressLine(a))
			if a.Type == wire.AddressRegistered {
				title = f("Регистрация", "Registered at", account.AddressLine(a))
			}
			list = append(list, title)
		}
		for _, d := range pr.Documents {
			checked := e.T("не проверен", "not checked")
			if d.Verified {
				checked = e.T("проверен", "checked")
			}
			t := account.DocumentTitle(d.Type)
			list = append(list, f(t.RU, t.EN, strings.TrimSpace(d.Series+" "+d.Number)+", "+checked))
		}
		for _, c := range pr.Children {
			list = append(list, f("Ребёнок", "Child", strings.Join(strings.Fields(c.LastName.String()+" "+c.FirstName.String()+" "+c.MiddleName.String()), " ")+", "+date(e, c.BirthDate)))
		}
		for _, v := range pr.Vehicles {
			list = append(list, f("Транспорт", "Vehicle", v.Name.String()+" "+v.Plate+e.T(", СТС ", ", certificate ")+v.STS))
		}
	}
	if me.Role.Name != "" {
		list = append(list, f("Действует за", "Acts for", me.Role.Name.String()))
	}
	return list
}

// date writes yyyy-mm-dd as the language writes dates.
func date(e *screen.Env, s string) string {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return s
	}
	if e.Lang == i18n.EN {
		return s
	}
	return t.Format("02.01.2006")
}
