package certificates

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/core/signing"
	"github.com/epgu-cli/epgu/internal/core/verifying"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost/verdict"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/rows"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
	"github.com/epgu-cli/epgu/internal/ui/progress"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// ID names the screen.
const ID = "certificates"

// soon is how long before its end a certificate is marked.
const soon = 30 * 24 * time.Hour

// Entry is the screen in the registry.
func Entry(src Source) screen.Entry {
	return screen.Entry{ID: ID, Title: i18n.Text{RU: "Сертификаты и подпись", EN: "Certificates and signing"}, Key: "7", Command: "epgu cert list",
		New: func() screen.Screen { return newCertificates(src) },
		Objects: func(s screen.Screen) *rows.Rows {
			out := &rows.Rows{}
			for _, c := range s.(*certificates).All() {
				out.Append(c.Name, c.Subject)
			}
			return out
		}}
}

// certificates is the screen.
type certificates struct {
	kit.Records[Certificate]
	src    Source
	wanted string // where the cursor goes when the list has come
}

// The messages of what takes several steps.
type (
	opened struct { // a key file was looked at
		by                *certificates
		key               string
		closed, container bool
		err               error
	}
	codeSent struct {
		by           *certificates
		name, target string
		err          error
	}
	lookedAt struct {
		by          *certificates
		signing     Signing
		certificate string
		err         error
	}
	checked struct {
		by     *certificates
		report *verifying.Report
		err    error
	}
	// done is the end of anything: a line, or an error.
	done struct {
		by   *certificates
		text i18n.Localised
		err  error
	}
)

func newCertificates(src Source) *certificates {
	s := &certificates{src: src}
	s.Key = ID
	s.Fetch = src.List
	s.Cells = func(c Certificate) []string { return []string{c.Name, c.Subject, c.Issuer} }
	s.Line, s.Head = line, head
	s.Empty = i18n.Text{RU: "Сертификатов нет. n — новый ключ, i — взять готовый.", EN: "There are no certificates. n makes a key, i takes in one that you have."}
	s.Chosen = func(c Certificate) tea.Cmd { return about(c) }
	return s
}

// Open lists what there is; with a name the cursor goes to it.
func (s *certificates) Open(e *screen.Env, name string) tea.Cmd {
	if name != "" && !s.Select(name) {
		s.wanted = name
	}
	return s.Load(e)
}

// keys are those that can sign.
func (s *certificates) keys() []kit.Key {
	var out []kit.Key
	for _, c := range s.All() {
		if c.HasKey && !c.Requested {
			out = append(out, kit.Key{Name: c.Name, Subject: c.Subject})
		}
	}
	return out
}

// Update takes data and keys.
func (s *certificates) Update(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	ctx := e.Ctx
	switch m := msg.(type) {
	case opened:
		if m.by != s {
			return nil, false
		}
		if m.err != nil {
			return screen.Fail(m.err), true
		}
		return s.certificateOf(ctx, m), true
	case codeSent:
		if m.by != s {
			return nil, false
		}
		if m.err != nil {
			return screen.Fail(m.err), true
		}
		return screen.Ask(&kit.Typed{Head: i18n.Text{RU: "Привязать «%s»", EN: "Bind %q"}.With(untrusted.Text(m.name)), ByItself: true, Accept: something,
			Ask: i18n.Text{RU: "Код отправлен: %s. Наберите его:", EN: "A code was sent to %s. Type it:"}.With(untrusted.Text(m.target)),
			Do: func(code string) tea.Cmd {
				return s.end(func() error { return s.src.Confirm(ctx, m.name, strings.TrimSpace(code)) }, i18n.Text{RU: "Сертификат «%s» привязан к учётной записи", EN: "Certificate %q is bound to the account"}.With(untrusted.Text(m.name)))
			}}), true
	case lookedAt:
		if m.by != s {
			return nil, false
		}
		if m.err != nil {
			return screen.Fail(m.err), true
		}
		return s.confirm(ctx, m), true
	case checked:
		if m.by != s {
			return nil, false
		}
		if m.err != nil {
			return screen.Fail(m.err), true
		}
		return screen.Ask(verdictOf(m.report)), true
	case done:
		if m.by != s {
			return nil, false
		}
		if m.err != nil {
			return screen.Fail(m.err), true
		}
		return tea.Batch(screen.Tell(m.text), s.Load(e)), true
	}
	cmd, handled := s.Records.Update(e, msg)
	if s.wanted != "" && s.Select(s.wanted) {
		s.wanted = ""
	}
	return cmd, handled
}

// end does the last step of something and tells how it went.
func (s *certificates) end(do func() error, text i18n.Localised) tea.Cmd {
	return func() tea.Msg { return done{s, text, do()} }
}

func something(v string) i18n.Localised {
	if strings.TrimSpace(v) == "" {
		return i18n.Say("здесь пусто", "nothing was typed")
	}
	return nil
}

// Actions is what can be done with keys and files.
func (s *certificates) Actions(e *screen.Env) []screen.Action {
	c, ok := s.Current()
	var none, unbound, unable, keyless i18n.Localised
	if !ok {
		none = i18n.Say("сертификат не выбран", "no certificate is chosen")
		unbound, keyless = none, none
	} else if c.Requested {
		unbound = i18n.Say("сертификат ещё только запрошен", "the certificate is only requested yet")
	}
	if ok && !c.HasKey {
		keyless = i18n.Say("ключ у другой программы: запрос составит она", "another program has the key: it makes the request")
	}
	if len(s.keys()) == 0 {
		unable = i18n.Say("нет ни одного сертификата с ключом", "there is no certificate with a key")
	}
	ctx, name := e.Ctx, kit.Shell(c.Name)
	return []screen.Action{
		{ID: "certificates.view", Title: i18n.Text{RU: "подробно", EN: "details"}, Keys: []string{"enter"}, Command: "epgu cert view " + name, Off: none, Footer: true,
			Run: func() tea.Cmd { return about(c) }},
		{ID: "certificates.sign", Title: i18n.Text{RU: "подписать файл", EN: "sign a file"}, Keys: []string{"s"}, Command: "epgu sign", Off: unable, Footer: true,
			Run: func() tea.Cmd { return s.sign(ctx) }},
		{ID: "certificates.verify", Title: i18n.Text{RU: "проверить подпись", EN: "check a signature"}, Keys: []string{"v"}, Command: "epgu verify", Footer: true,
			Run: func() tea.Cmd { return s.verify(ctx) }},
		{ID: "certificates.import", Title: i18n.Text{RU: "импорт", EN: "import"}, Keys: []string{"i"}, Command: "epgu cert import", Footer: true,
			Run: func() tea.Cmd { return s.take(ctx) }},
		{ID: "certificates.new", Title: i18n.Text{RU: "новый ключ", EN: "new key"}, Keys: []string{"n"}, Command: "epgu cert new", Footer: true,
			Run: func() tea.Cmd { return s.create(ctx) }},
		{ID: "certificates.request", Title: i18n.Text{RU: "запросить сертификат", EN: "request a certificate"}, Keys: []string{"r"}, Command: "epgu cert request " + name, Off: keyless,
			Run: func() tea.Cmd { return s.request(ctx, c) }},
		{ID: "certificates.bind", Title: i18n.Text{RU: "привязать к учётной записи", EN: "bind to the account"}, Keys: []string{"b"}, Command: "epgu cert bind " + name, Off: unbound,
			Run: func() tea.Cmd {
				return func() tea.Msg {
					target, err := s.src.Bind(ctx, c.Name)
					return codeSent{s, c.Name, target, err}
				}
			}},
		{ID: "certificates.remove", Title: i18n.Text{RU: "удалить", EN: "remove"}, Keys: []string{"delete"}, Command: "epgu cert remove " + name, Off: none,
			Run: func() tea.Cmd { return s.remove(ctx, c) }},
		{ID: "certificates.filter", Title: i18n.Text{RU: "найти", EN: "find"}, Keys: []string{"/"}, Run: func() tea.Cmd { s.Filter(); return nil }},
	}
}

// sign asks which file and which key, shows what was read, and signs exactly that.
func (s *certificates) sign(ctx context.Context) tea.Cmd {
	return kit.AskFile(&kit.Files{Head: i18n.Text{RU: "Какой файл подписать?", EN: "Which file is to be signed?"}, Do: func(file string) tea.Cmd {
		return kit.AskKey(s.keys(), func(certificate, pin string) tea.Cmd {
			return func() tea.Msg {
				x, err := s.src.Look(ctx, file, certificate, pin)
				return lookedAt{s, x, certificate, err}
			}
		})
	}})
}

func (s *certificates) confirm(ctx context.Context, m lookedAt) tea.Cmd {
	f := m.signing.File()
	if f.Status != "" { // decided already: signed before, or it cannot be
		if f.Status == signing.Failed {
			return screen.Fail(f.Reason)
		}
		return screen.Tell(messageOf(f.Reason))
	}
	return screen.Ask(&kit.Confirm{Head: i18n.Text{RU: "Подписать файл", EN: "Sign a file"}, ByItself: true, Yes: i18n.Text{RU: "Подписать", EN: "Sign"},
		Lines: func(e *screen.Env, cols int) view.Frame {
			return kit.Facts([]kit.Fact{
				{Name: e.T("Файл", "File"), Value: f.Path, Role: theme.Strong},
				{Name: e.T("Размер", "Size"), Value: e.Say(progress.Bytes(f.Size))},
				{Name: e.T("Хеш (Стрибог)", "Hash (Streebog)"), Value: f.Hash},
				{Name: e.T("Чем", "With"), Value: m.certificate},
			}, cols)
		},
		Do: func() tea.Cmd {
			return tea.Batch(screen.Ran("epgu sign "+kit.Shell(f.Path)+" --cert "+kit.Shell(m.certificate)), func() tea.Msg {
				err := m.signing.Sign(ctx)
				return done{s, i18n.Text{RU: "Подписано: %s", EN: "Signed: %s"}.With(untrusted.Text(strings.Join(f.Signatures, ", "))), err}
			})
		}})
}

// verify asks which file, and whom one trusts.
func (s *certificates) verify(ctx context.Context) tea.Cmd {
	return kit.AskFile(&kit.Files{Head: i18n.Text{RU: "Подпись какого файла проверить?", EN: "Which file's signature is to be checked?"}, Do: func(file string) tea.Cmd {
		return screen.Ask(&kit.Typed{Head: i18n.Text{RU: "Проверить подпись", EN: "Check a signature"},
			Ask:    i18n.Say("Файл корневых сертификатов, которым вы доверяете (без него «действительна» не скажет никто):", "The file of root certificates that you trust (without one nobody says \"valid\"):"),
			Accept: func(string) i18n.Localised { return nil },
			Do: func(typed string) tea.Cmd {
				roots, command := kit.Path(typed), "epgu verify "+kit.Shell(file)
				if roots != "" {
					command += " --roots " + kit.Shell(roots)
				}
				return tea.Batch(screen.Ran(command), func() tea.Msg {
					r, err := s.src.Verify(ctx, file, roots)
					return checked{s, r, err}
				})
			}})
	}})
}

// verdictOf shows what a check came to.
func verdictOf(r *verifying.Report) screen.Dialog {
	return &kit.Notice{Head: i18n.Text{RU: "Проверка подписи", EN: "Check of a signature"}, ByItself: true, Lines: func(e *screen.Env, cols int) view.Frame {
		out := view.Wrap(roleOf(r.Status()), e.Say(r.Status().Text())+": "+filepath.Base(r.File), cols)
		if len(r.Signatures) == 0 {
			out = append(out, view.Wrap(theme.Bad, e.T("никто не подписал", "nobody has signed"), cols)...)
		}
		for i := range r.Signatures {
			x := &r.Signatures[i]
			out = append(out, view.Blank())
			out = append(out, view.Wrap(roleOf(x.Status()), verifying.Signer(x)+" — "+e.Say(x.Status().Text()), cols)...)
			if !x.Time.IsZero() {
				out = append(out, view.Wrap(theme.Plain, e.T("время (со слов подписавшего): ", "time (the signer's word): ")+e.Moment(x.Time), cols)...)
			}
			if c := x.Certificate; c != nil {
				out = append(out, view.Wrap(theme.Muted, fmt.Sprintf(e.T("сертификат № %s, до %s, выдал %s", "certificate no. %s, until %s, issued by %s"), c.Serial(), e.Day(c.NotAfter()), c.Issuer.String()), cols)...)
			}
			for _, why := range x.Reasons {
				out = append(out, view.Wrap(theme.Warning, e.T("причина: ", "reason: ")+e.Say(why.Message), cols)...)
			}
		}
		return out
	}}
}

func roleOf(s verdict.Status) theme.Role {
	switch s {
	case verdict.Valid:
		return theme.Good
	case verdict.Invalid:
		return theme.Bad
	}
	return theme.Warning
}

// remove takes the typed name: there is no way back.
func (s *certificates) remove(ctx context.Context, c Certificate) tea.Cmd {
	return screen.Ask(&kit.Typed{Head: i18n.Text{RU: "Удалить", EN: "Remove"}, Ask: i18n.Text{RU: "Ключ и сертификат «%s» будут удалены, вернуть их нельзя. Наберите имя:", EN: "Key and certificate %q will be removed for good. Type the name:"}.With(untrusted.Text(c.Name)),
		Accept: func(v string) i18n.Localised {
			if strings.TrimSpace(v) != c.Name {
				return i18n.Say("это не его имя; ничего не сделано", "that is not its name; nothing was done")
			}
			return nil
		},
		Do: func(string) tea.Cmd {
			return s.end(func() error { return s.src.Remove(ctx, c.Name) }, i18n.Text{RU: "«%s» удалён", EN: "%q is removed"}.With(untrusted.Text(c.Name)))
		}})
}

func messageOf(err error) i18n.Localised {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Message
	}
	return i18n.Text{RU: "%s", EN: "%s"}.With(untrusted.Text(err.Error()))
}

// state says what a certificate is good for now.
func (c *Certificate) state(e *screen.Env) (string, theme.Role) {
	switch now := e.Clock.Now(); {
	case c.Requested:
		return e.T("только запрос", "only requested"), theme.Warning
	case now.After(c.Until):
		return e.T("истёк", "expired"), theme.Bad
	case now.Before(c.From):
		return e.T("ещё не действует", "not valid yet"), theme.Warning
	case c.Until.Sub(now) < soon:
		return e.T("скоро истечёт", "expires soon"), theme.Warning
	}
	return e.T("действует", "good"), theme.Good
}

func columns() []kit.Column {
	return []kit.Column{{Width: 14, Role: theme.Strong}, {Width: 16}, {Width: 10, Role: theme.Muted}, {Width: 5, Least: 70}, {Share: 2}, {Share: 1, Role: theme.Muted, Least: 100}}
}

func head(e *screen.Env, cols int) view.Line {
	return kit.Row(columns(), cols, []string{e.T("Имя", "Name"), e.T("Состояние", "State"), e.T("До", "Until"), e.T("Ключ", "Key"), e.T("Владелец", "Subject"), e.T("Выдал", "Issuer")},
		theme.Muted, theme.Muted, theme.Muted, theme.Muted, theme.Muted, theme.Muted)
}

func line(e *screen.Env, c Certificate, cols int) view.Line {
	state, role := c.state(e)
	until, key := "", e.T("нет", "no")
	if !c.Requested {
		until = e.Day(c.Until)
	}
	if c.HasKey {
		key = e.T("есть", "yes")
	}
	return kit.Row(columns(), cols, []string{c.Name, state, until, key, c.Subject, c.Issuer}, theme.Plain, role)
}

// about says all about one certificate.
func about(c Certificate) tea.Cmd {
	return screen.Ask(&kit.Notice{Head: i18n.Text{RU: "Сертификат «%s»", EN: "Certificate %q"}.With(untrusted.Text(c.Name)), Lines: func(e *screen.Env, cols int) view.Frame {
		state, role := c.state(e)
		day := func(t time.Time) string {
			if t.IsZero() {
				return ""
			}
			return e.Day(t)
		}
		made, failed := "", ""
		if c.SelfMade {
			made = e.T("да: за него никто не ручается", "yes: nobody vouches for it")
		}
		if c.Failed > 0 {
			failed = fmt.Sprint(c.Failed)
		}
		key := e.T("нет: подписывает другая программа", "no: another program signs")
		if c.HasKey {
			key = e.T("здесь, под PIN", "here, under its PIN")
		}
		return kit.Facts([]kit.Fact{
			{Name: e.T("Владелец", "Subject"), Value: c.Subject, Role: theme.Strong},
			{Name: e.T("Состояние", "State"), Value: state, Role: role},
			{Name: e.T("Действует", "Valid"), Value: strings.Trim(day(c.From)+" – "+day(c.Until), " –")},
			{Name: e.T("Выдал", "Issuer"), Value: c.Issuer},
			{Name: e.T("Номер", "Serial"), Value: c.Serial},
			{Name: e.T("Самоподписан", "Self-signed"), Value: made, Role: theme.Warning},
			{Name: e.T("Ключ", "Key"), Value: key},
			{Name: e.T("Неверных PIN подряд", "Wrong PINs in a row"), Value: failed, Role: theme.Bad},
			{Name: e.T("Хеш", "Hash"), Value: c.Hash},
		}, cols)
	}})
}

// Draw draws the list.
func (s *certificates) Draw(e *screen.Env, size view.Size) view.Frame { return s.View(e, size) }
