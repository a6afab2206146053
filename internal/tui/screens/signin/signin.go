package signin

import (
	"context"
	"errors"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/core/signin"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/tui/keymap"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
	"github.com/epgu-cli/epgu/internal/ui/width"
)

// ID names the screen.
const ID = "signin"

// Entry is the screen in the registry.
func Entry(src Source) screen.Entry {
	return screen.Entry{ID: ID, Title: i18n.Text{RU: "Вход", EN: "Sign in"}, Command: "", Public: true, New: func() screen.Screen { return newSignIn(src) }}
}

// stage is what is being asked.
type stage int

const (
	password stage = iota // login and password
	code                  // the code of a second factor
	push                  // waiting for a bound device
	page                  // waiting for the browser
)

// SignIn is the screen.
type SignIn struct {
	src     Source
	stage   stage
	form    kit.Form // login and password
	codes   kit.Form
	busy    bool
	turn    int
	stop    context.CancelFunc
	attempt Attempt
	factors []wire.Factor
	kind    string // of the factor in use
	pushed  *wire.Push
	address string
	hintFor string // a code that a training portal shows itself
}

// answered is the end of one step of a sign-in.
type answered struct {
	to      *SignIn
	turn    int
	attempt Attempt
	factors []wire.Factor
	kind    string
	push    *wire.Push
	done    bool
	demo    string
	err     error
	// outside is a way besides login and password: its error belongs to no field.
	outside bool
	// roles are those in whose name whoever is in now may act; nil leaves no choice.
	roles []kit.Role
	// unchecked is a marker whose signature nobody here can check.
	unchecked bool
}

// demos are the people of a training portal.
type demos struct {
	to     *SignIn
	people []Demo
}

// addressed is the address of the portal's page.
type addressed struct {
	to      *SignIn
	turn    int
	address string
}

// pushLook is how long one question waits for a device to answer.
const pushLook = 20 * time.Second

func newSignIn(src Source) *SignIn {
	s := &SignIn{src: src}
	need := func(v string) i18n.Localised {
		if strings.TrimSpace(v) == "" {
			return i18n.Say("заполните", "fill this in")
		}
		return nil
	}
	s.form.Fields = []*kit.FormField{
		{Label: i18n.Text{RU: "Логин", EN: "Login"}, Hint: i18n.Text{RU: "телефон, почта, СНИЛС или ИНН", EN: "phone, e-mail, СНИЛС or ИНН"}, Check: need},
		{Label: i18n.Text{RU: "Пароль", EN: "Password"}, Field: kit.Field{Secret: true}, Check: need},
	}
	s.codes.Fields = []*kit.FormField{{Label: i18n.Text{RU: "Код", EN: "Code"}, Field: kit.Field{Max: 40}, Check: need}}
	return s
}

// Open begins anew.
func (s *SignIn) Open(e *screen.Env, _ string) tea.Cmd {
	s.form.Submit = func() tea.Cmd { return s.begin(e) }
	s.codes.Submit = func() tea.Cmd { return s.answer(e, s.kind, s.codes.Fields[0].Value()) }
	return nil
}

// Close ends what waits.
func (s *SignIn) Close(*screen.Env) { s.cancel() }

func (s *SignIn) cancel() {
	if s.stop != nil {
		s.stop()
		s.stop = nil
	}
	s.turn++
	s.busy = false
}

// Title says where in the sign-in one is.
func (s *SignIn) Title(*screen.Env) i18n.Localised {
	switch s.stage {
	case code, push:
		return i18n.Text{RU: "Вход: подтверждение", EN: "Sign in: confirmation"}
	case page:
		return i18n.Text{RU: "Вход в браузере", EN: "Sign in by browser"}
	}
	return i18n.Text{RU: "Вход", EN: "Sign in"}
}

// Typing says that letters are text.
func (s *SignIn) Typing() bool { return s.stage == password || s.stage == code }

// Cursor is where they go.
func (s *SignIn) Cursor() (int, int, bool) {
	f := &s.form
	if s.stage == code {
		f = &s.codes
	}
	x, y, ok := f.Cursor()
	return x, y + 2 + s.offset(), ok
}

// Click goes to a field.
func (s *SignIn) Click(_ *screen.Env, _, y int) tea.Cmd {
	switch s.stage {
	case password:
		s.form.Click(y - 2 - s.offset())
	case code:
		s.codes.Click(y - 2 - s.offset())
	}
	return nil
}

// Scroll does nothing: everything is seen.
func (s *SignIn) Scroll(*screen.Env, int) tea.Cmd { return nil }

func (s *SignIn) offset() int {
	if s.stage == code {
		return 1
	}
	return 0
}

// step runs one step in the background.
func (s *SignIn) step(e *screen.Env, do func(ctx context.Context) answered) tea.Cmd {
	s.cancel()
	ctx, stop := context.WithCancel(e.Ctx)
	s.stop, s.busy = stop, true
	turn := s.turn
	return func() tea.Msg {
		defer stop()
		a := do(ctx)
		a.to, a.turn = s, turn
		return a
	}
}

// begin signs in by login and password.
func (s *SignIn) begin(e *screen.Env) tea.Cmd {
	user, pass := strings.TrimSpace(s.form.Fields[0].Value()), s.form.Fields[1].Value()
	return s.step(e, func(ctx context.Context) answered {
		a, err := s.src.Begin(ctx, user, pass)
		if err != nil {
			return answered{err: err}
		}
		return s.onward(ctx, a, "", user)
	})
}

// in is the end of a sign-in by a person; it says in whose name the person may act.
func (s *SignIn) in(ctx context.Context, a answered) answered {
	if a.done = a.err == nil; a.done {
		a.roles = s.src.Roles(ctx)
	}
	return a
}

// onward finishes an attempt that is done, or says what is asked next. It runs in
// the background, alone with the attempt.
func (s *SignIn) onward(ctx context.Context, a Attempt, kind, user string) answered {
	if a.Done() {
		return s.in(ctx, answered{attempt: a, err: s.src.Finish(ctx, a)})
	}
	out := answered{attempt: a, factors: signin.Codes(a.Factors()), push: a.Push(), kind: kind}
	if out.kind == "" && len(out.factors) > 0 {
		out.kind = out.factors[0].Kind
	}
	if out.kind == "totp" && kind == "" {
		if c := s.src.KeptCode(ctx, user); c != "" {
			if a.Answer(ctx, "totp", c) == nil && a.Done() {
				return s.in(ctx, answered{attempt: a, err: s.src.Finish(ctx, a)})
			}
		}
	}
	if out.kind == "push" && (out.push == nil || out.push.State != "pending") {
		if err := a.Answer(ctx, "push", ""); err != nil {
			out.err = err
			return out
		}
		out.push = a.Push()
	}
	out.demo = s.src.DemoCode(ctx, user, out.kind)
	return out
}

// answer gives a code, or asks for a new one with "".
func (s *SignIn) answer(e *screen.Env, kind, value string) tea.Cmd {
	a, user := s.attempt, strings.TrimSpace(s.form.Fields[0].Value())
	return s.step(e, func(ctx context.Context) answered {
		err := a.Answer(ctx, kind, strings.TrimSpace(value))
		if err != nil {
			return answered{attempt: a, factors: signin.Codes(a.Factors()), kind: kind, push: a.Push(), err: err}
		}
		return s.onward(ctx, a, kind, user)
	})
}

// await waits for the bound device.
func (s *SignIn) await(e *screen.Env) tea.Cmd {
	a := s.attempt
	return s.step(e, func(ctx context.Context) answered {
		asked := e.Clock.Now()
		if err := a.AwaitPush(ctx, pushLook); err != nil {
			return answered{attempt: a, factors: signin.Codes(a.Factors()), kind: "push", err: err}
		}
		if a.Push() != nil && e.Clock.Now().Sub(asked) < time.Second {
			// A portal that does not hold its answers is not asked all the time.
			if err := e.Clock.Sleep(ctx, time.Second); err != nil {
				return answered{err: err}
			}
		}
		return s.onward(ctx, a, "push", "")
	})
}

// Update takes answers and keys.
func (s *SignIn) Update(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	switch m := msg.(type) {
	case answered:
		if m.to != s {
			return nil, false
		}
		if m.turn != s.turn {
			return nil, true
		}
		s.busy = false
		return s.take(e, m), true
	case demos:
		if m.to != s {
			return nil, false
		}
		return s.offerDemos(m.people), true
	case addressed:
		if m.to != s {
			return nil, false
		}
		if m.turn == s.turn {
			s.address = m.address
		}
		return nil, true
	case tea.KeyPressMsg:
		if s.busy && s.Typing() {
			return nil, true
		}
	}
	switch s.stage {
	case password:
		return s.form.Update(e, msg)
	case code:
		return s.codes.Update(e, msg)
	}
	return nil, false
}

// take goes where an answer leads.
func (s *SignIn) take(e *screen.Env, m answered) tea.Cmd {
	if m.attempt != nil {
		s.attempt, s.factors = m.attempt, m.factors
	}
	if m.kind != "" {
		s.kind = m.kind
	}
	s.hintFor = m.demo
	if m.err != nil && m.outside {
		if m.done { // the role was refused, not the person
			s.reset()
			return tea.Batch(screen.Signed(true), screen.Fail(m.err))
		}
		return screen.Fail(m.err)
	}
	if m.err != nil {
		return s.failed(m.err)
	}
	if m.done {
		s.reset()
		var told tea.Cmd
		if m.unchecked {
			told = screen.Ask(&kit.Notice{Head: i18n.Text{RU: "Маркер", EN: "Marker"}, ByItself: true, Lines: func(e *screen.Env, cols int) view.Frame {
				return view.Wrap(theme.Plain, e.T("Подпись маркера не проверена: у профиля нет ключа информационной системы.", "The signature of the marker was not checked: the profile has no key of an information system."), cols)
			}})
		}
		ran := screen.Ran("epgu auth login")
		if len(m.roles) > 0 {
			return tea.Batch(told, ran, s.role(e, m.roles))
		}
		return tea.Batch(told, ran, screen.Signed(true))
	}
	s.pushed = m.push
	s.codes.Fields[0].Set("")
	if s.kind == "push" {
		s.stage = push
		return s.await(e)
	}
	s.stage = code
	return nil
}

// role asks in whose name to act. The session is the person's own until another
// role is there, and whatever becomes of that, the person is in.
func (s *SignIn) role(e *screen.Env, roles []kit.Role) tea.Cmd {
	return kit.AskRole(roles, true, func(r kit.Role) tea.Cmd {
		if r.Now {
			return screen.Signed(true)
		}
		act := s.step(e, func(ctx context.Context) answered {
			err := s.src.Act(ctx, r.OID)
			return answered{done: true, err: err, outside: true}
		})
		return tea.Batch(screen.Ran("epgu org switch "+r.OID), act)
	}, func(*screen.Env) tea.Cmd { return screen.Signed(true) })
}

// failed shows an error where it belongs: at the field that was wrong.
func (s *SignIn) failed(err error) tea.Cmd {
	var f *fault.Error
	if !errors.As(err, &f) {
		return screen.Fail(err)
	}
	switch s.stage {
	case password:
		s.form.Complain(1, f.Message)
		s.form.Fields[1].Set("")
		return nil
	case code:
		if s.attempt != nil {
			s.codes.Complain(0, f.Message)
			s.codes.Fields[0].Set("")
			return nil
		}
	case push:
		// What waits for a code that nobody has asked for would wait in vain: only a way that
		// needs nothing to be sent is offered at once.
		others := s.others()
		s.stage, s.kind = password, ""
		for _, f := range others {
			if f.Kind == "totp" || f.Kind == "recovery" {
				s.stage, s.kind = code, f.Kind
				break
			}
		}
	case page:
		s.stage = password
	}
	return screen.Fail(err)
}

// others are the factors besides the one in use.
func (s *SignIn) others() []wire.Factor {
	var out []wire.Factor
	for _, f := range s.factors {
		if f.Kind != s.kind {
			out = append(out, f)
		}
	}
	return out
}

// reset forgets everything typed.
func (s *SignIn) reset() {
	for _, f := range append(append([]*kit.FormField{}, s.form.Fields...), s.codes.Fields...) {
		f.Set("")
	}
	s.form.Focus(0)
	s.stage, s.attempt, s.factors, s.kind, s.pushed, s.address, s.hintFor = password, nil, nil, "", nil, "", ""
}

// Actions are the other ways to sign in. All keys work while text is typed.
func (s *SignIn) Actions(e *screen.Env) []screen.Action {
	again := screen.Action{ID: "signin.again", Title: i18n.Text{RU: "сначала", EN: "start again"}, Keys: []string{"esc"}, Footer: true,
		Run: func() tea.Cmd { s.cancel(); s.reset(); return nil }}
	switch s.stage {
	case code, push:
		var none i18n.Localised
		if len(s.others()) == 0 {
			none = i18n.Say("другого способа портал не предлагает", "the portal offers no other way")
		}
		var out []screen.Action
		if s.stage == code {
			out = append(out, s.enter(&s.codes))
		}
		out = append(out, screen.Action{ID: "signin.factor", Title: i18n.Text{RU: "другой способ", EN: "another way"}, Keys: []string{"f6"}, Off: none, Footer: true, Run: func() tea.Cmd { return s.choose(e) }})
		if s.kind == "sms" || s.kind == "email" {
			out = append(out, screen.Action{ID: "signin.resend", Title: i18n.Text{RU: "прислать ещё раз", EN: "send again"}, Keys: []string{"f7"}, Footer: true, Run: func() tea.Cmd { return s.answer(e, s.kind, "") }})
		}
		return append(out, again)
	case page:
		return []screen.Action{again}
	}
	out := []screen.Action{
		s.enter(&s.form),
		{ID: "signin.certificate", Title: i18n.Text{RU: "сертификат", EN: "certificate"}, Keys: []string{"f6"}, Command: "epgu auth login --cert", Footer: true, Run: func() tea.Cmd { return s.certificate(e) }},
		{ID: "signin.browser", Title: i18n.Text{RU: "браузер", EN: "browser"}, Keys: []string{"f7"}, Command: "epgu auth login --browser", Footer: true, Run: func() tea.Cmd { return s.browser(e) }},
	}
	out = append(out,
		screen.Action{ID: "signin.apikey", Title: i18n.Text{RU: "ключ API", EN: "API key"}, Keys: []string{"alt+k"}, Command: "epgu auth login --api-key-stdin", Run: func() tea.Cmd { return s.apiKey(e) }},
		screen.Action{ID: "signin.token", Title: i18n.Text{RU: "готовый маркер доступа", EN: "an access marker"}, Keys: []string{"alt+t"}, Command: "epgu auth login --with-token", Run: func() tea.Cmd { return s.token(e) }})
	if e.Training {
		out = append(out, screen.Action{ID: "signin.demo", Title: i18n.Text{RU: "учебный человек", EN: "demo person"}, Keys: []string{"f8"}, Command: "epgu sandbox users", Footer: true, Run: func() tea.Cmd {
			return func() tea.Msg { return demos{s, s.src.Demo(e.Ctx)} }
		}})
	}
	return out
}

// enter goes on with what is filled in.
func (s *SignIn) enter(f *kit.Form) screen.Action {
	return screen.Action{ID: "signin.enter", Title: i18n.Text{RU: "войти", EN: "sign in"}, Keys: []string{"enter"}, Command: "epgu auth login", Footer: true, Run: f.Send}
}

// filled wants something typed.
func filled(v string) i18n.Localised {
	if strings.TrimSpace(v) == "" {
		return i18n.Say("заполните", "fill this in")
	}
	return nil
}

// apiKey signs in by the API key of an organisation's employee.
func (s *SignIn) apiKey(e *screen.Env) tea.Cmd {
	head := i18n.Text{RU: "Вход по ключу API", EN: "Sign in by API key"}
	return screen.Ask(&kit.Typed{Head: head, Secret: true, Accept: filled, Ask: i18n.Say("Ключ API сотрудника организации:", "The API key of an organisation's employee:"),
		Do: func(key string) tea.Cmd {
			in := func(keep bool) tea.Cmd {
				return s.step(e, func(ctx context.Context) answered {
					err := s.src.ByAPIKey(ctx, strings.TrimSpace(key), keep)
					return answered{done: err == nil, err: err, outside: true}
				})
			}
			return screen.Ask(&kit.Choice{Head: head, Options: []kit.Option{
				{Title: i18n.Say("не хранить ключ", "do not keep the key")},
				{Title: i18n.Say("оставить ключ в хранилище: сеанс начнётся заново сам", "keep the key in the vault: a session begins anew by itself")},
			}, Do: func(i int) tea.Cmd { return in(i == 1) }})
		}})
}

// token takes a marker from elsewhere.
func (s *SignIn) token(e *screen.Env) tea.Cmd {
	return screen.Ask(&kit.Typed{Head: i18n.Text{RU: "Вход по маркеру", EN: "Sign in by a marker"}, Secret: true, Accept: filled, Ask: i18n.Say("Маркер доступа:", "The access marker:"),
		Do: func(token string) tea.Cmd {
			return s.step(e, func(ctx context.Context) answered {
				checked, err := s.src.ByToken(ctx, strings.TrimSpace(token))
				return answered{done: err == nil, err: err, outside: true, unchecked: err == nil && !checked}
			})
		}})
}

func (s *SignIn) offerDemos(people []Demo) tea.Cmd {
	c := &kit.Choice{Head: i18n.Text{RU: "Учебные люди этого портала", EN: "The made-up people of this portal"}, Do: func(i int) tea.Cmd {
		s.form.Fields[0].Set(people[i].Login)
		s.form.Fields[1].Set(people[i].Password)
		s.form.Focus(1)
		return nil
	}}
	for _, p := range people {
		c.Options = append(c.Options, kit.Option{Title: i18n.Text{RU: "%s, %s", EN: "%s, %s"}.With(p.Name, p.Login)})
	}
	if len(people) == 0 {
		return screen.Tell(i18n.Say("на этом портале учебных людей нет", "this portal has no made-up people"))
	}
	return screen.Ask(c)
}

// choose offers the other factors.
func (s *SignIn) choose(e *screen.Env) tea.Cmd {
	others := s.others()
	c := &kit.Choice{Head: i18n.Text{RU: "Как подтвердить вход?", EN: "How to confirm the sign-in?"}, Do: func(i int) tea.Cmd {
		s.cancel()
		s.kind = others[i].Kind
		s.codes.Fields[0].Set("")
		s.stage = code
		switch s.kind {
		case "push":
			a := s.attempt
			return s.step(e, func(ctx context.Context) answered { return s.onward(ctx, a, "push", "") })
		case "sms", "email":
			return s.answer(e, s.kind, "")
		}
		return nil
	}}
	for _, f := range others {
		c.Options = append(c.Options, kit.Option{Title: factorName(f)})
	}
	return screen.Ask(c)
}

// factorName names a factor for people.
func factorName(f wire.Factor) i18n.Localised {
	switch f.Kind {
	case "totp":
		return i18n.Text{RU: "код из приложения", EN: "code of the authenticator"}
	case "sms":
		return i18n.Text{RU: "код в СМС на %s", EN: "code by SMS to %s"}.With(f.Target)
	case "email":
		return i18n.Text{RU: "код на почту %s", EN: "code by e-mail to %s"}.With(f.Target)
	case "push":
		return i18n.Text{RU: "запрос на привязанное устройство", EN: "request to a bound device"}
	case "recovery":
		return i18n.Text{RU: "запасной код", EN: "recovery code"}
	}
	return i18n.Text{RU: "%s", EN: "%s"}.With(wire.Text(f.Kind))
}

// certificate asks which one, then its PIN.
func (s *SignIn) certificate(e *screen.Env) tea.Cmd {
	return func() tea.Msg {
		names, err := s.src.Certificates()
		if err != nil {
			return screen.FailMsg{Err: err}
		}
		if len(names) == 0 {
			return screen.TellMsg{Text: i18n.Say("на этой машине нет сертификата с ключом: epgu cert import", "there is no certificate with a key on this machine: epgu cert import"), Bad: true}
		}
		c := &kit.Choice{Head: i18n.Text{RU: "Войти по сертификату", EN: "Sign in by certificate"}, Do: func(i int) tea.Cmd { return screen.Ask(s.pin(e, names[i])) }}
		for _, n := range names {
			c.Options = append(c.Options, kit.Option{Title: i18n.Text{RU: "%s", EN: "%s"}.With(wire.Text(n))})
		}
		return screen.AskMsg{Dialog: c}
	}
}

func (s *SignIn) pin(e *screen.Env, name string) screen.Dialog {
	return &kit.Typed{Head: i18n.Text{RU: "Войти по сертификату", EN: "Sign in by certificate"}, Ask: i18n.Text{RU: "PIN к «%s»", EN: "PIN of %q"}.With(wire.Text(name).String()), Secret: true,
		Accept: func(string) i18n.Localised { return nil },
		Do: func(pin string) tea.Cmd {
			return s.step(e, func(ctx context.Context) answered {
				return s.in(ctx, answered{err: s.src.ByCertificate(ctx, name, pin)})
			})
		}}
}

// browser signs in on the portal's page.
func (s *SignIn) browser(e *screen.Env) tea.Cmd {
	s.stage, s.address = page, ""
	told := make(chan string, 1)
	cmd := s.step(e, func(ctx context.Context) answered {
		err := s.src.ByBrowser(ctx, func(address string) { told <- address })
		close(told)
		return s.in(ctx, answered{err: err})
	})
	turn := s.turn
	return tea.Batch(cmd, func() tea.Msg {
		if a, ok := <-told; ok {
			return addressed{s, turn, a}
		}
		return nil
	})
}

// Spoken asks the same line by line.
func (s *SignIn) Spoken(e *screen.Env) screen.Spoken {
	var out screen.Spoken
	switch s.stage {
	case password:
		out = s.form.Spoken(e)
	case code:
		out = s.codes.Spoken(e)
		out.Lines = append(out.Lines, e.Say(s.asked()))
		if s.hintFor != "" {
			out.Lines = append(out.Lines, e.T("Учебный портал показывает код сам: ", "The training portal shows the code itself: ")+s.hintFor)
		}
	default:
		out.Lines = kit.Said(s.Draw(e, view.Size{W: 100, H: 40}))
	}
	return out
}

// Draw draws what is asked.
func (s *SignIn) Draw(e *screen.Env, size view.Size) view.Frame {
	out := view.Frame{view.Blank()}
	switch s.stage {
	case password:
		out = append(out, view.Say(theme.Strong, "  "+e.T("Войдите, чтобы видеть своё", "Sign in to see what is yours")))
		out = append(out, s.form.View(e, view.Size{W: size.W, H: max(size.H-4, 3)})...)
		if e.Training {
			out = append(out, view.Blank())
			out = append(out, indented(view.Wrap(theme.Muted, e.T("Это учебный портал: всё в нём ненастоящее. F8 — выбрать учебного человека.", "This is a training portal: nothing in it is real. F8 chooses a made-up person."), size.W-4))...)
		}
		out = append(out, s.ways(e)...)
	case code:
		out = append(out, view.Say(theme.Strong, "  "+e.T("Подтвердите вход", "Confirm the sign-in")), view.Say(theme.Plain, "  "+e.Say(s.asked())))
		out = append(out, s.codes.View(e, view.Size{W: size.W, H: max(size.H-5, 2)})...)
		if s.hintFor != "" {
			out = append(out, view.Blank(), view.Say(theme.Muted, "  "+e.T("Учебный портал показывает код сам: ", "The training portal shows the code itself: ")+s.hintFor))
		}
	case push:
		out = append(out, view.Say(theme.Strong, "  "+e.T("Подтвердите вход на привязанном устройстве", "Confirm the sign-in on your bound device")))
		if s.pushed != nil {
			out = append(out, view.Blank(), view.Of(view.Text(theme.Plain, "  "+e.T("Наберите там число: ", "Type this number there: ")), view.Text(theme.Strong, wire.Text(s.pushed.Number).String())),
				view.Say(theme.Muted, "  "+e.T("На устройстве: ", "On the device: ")+"epgu auth devices approve --number "+wire.Text(s.pushed.Number).String()),
				view.Say(theme.Muted, "  "+e.T("Запрос действует до ", "The request lasts until ")+e.Moment(s.pushed.ExpiresAt)))
		}
	case page:
		out = append(out, view.Say(theme.Strong, "  "+e.T("Войдите на странице портала", "Sign in on the portal's page")))
		if s.address != "" {
			out = append(out, view.Blank())
			out = append(out, indented(view.Wrap(theme.Accent, s.address, max(size.W-4, 8)))...)
		}
	}
	if s.busy && s.stage != push {
		out = append(out, view.Blank(), view.Say(theme.Accent, "  "+e.T("Ждём ответа портала…", "Waiting for the portal…")))
	}
	return out
}

// ways names the other ways to sign in: the footer has no room for all.
func (s *SignIn) ways(e *screen.Env) view.Frame {
	out := view.Frame{view.Blank(), view.Say(theme.Plain, "  "+e.T("Другие способы войти", "Other ways to sign in"))}
	for _, a := range s.Actions(e) {
		if keys := e.Keys.Of(a.ID, a.Keys); a.ID != "signin.enter" && len(keys) > 0 {
			out = append(out, view.Of(view.Text(theme.Accent, "  "+width.Left(keymap.Title(keys[0]), 7)), view.Text(theme.Plain, a.Title.In(e.Lang))))
		}
	}
	return out
}

func (s *SignIn) asked() i18n.Localised {
	switch s.kind {
	case "totp":
		return i18n.Text{RU: "Код из приложения", EN: "Code of the authenticator"}
	case "recovery":
		return i18n.Text{RU: "Запасной код", EN: "Recovery code"}
	}
	for _, f := range s.factors {
		if f.Kind == s.kind {
			return i18n.Text{RU: "Код отправлен на %s", EN: "The code was sent to %s"}.With(f.Target)
		}
	}
	return i18n.Text{RU: "Код подтверждения", EN: "Confirmation code"}
}

func indented(f view.Frame) view.Frame {
	for i, l := range f {
		f[i] = view.Of(view.Text(theme.Plain, "  ")).With(l.Spans...)
	}
	return f
}
