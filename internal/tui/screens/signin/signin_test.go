package signin

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/tui"
	"github.com/epgu-cli/epgu/internal/tui/drive"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screens/help"
)

var now = time.Date(2026, 12, 1, 12, 3, 0, 0, clock.Moscow())

// portal lets one person in.
type portal struct {
	factors  []wire.Factor
	in       bool
	asked    []string
	browsing chan struct{}
	pin      string
	decided  chan struct{}
	roles    []kit.Role
	refuses  bool // another role, and a request to a device
}

func (p *portal) Roles(context.Context) []kit.Role { return p.roles }
func (p *portal) Act(_ context.Context, oid string) error {
	p.asked = append(p.asked, "role "+oid)
	if p.refuses {
		return fault.New(exitcode.Refused, "auth.other_role", i18n.Say("роль не выдана", "the role was not given"))
	}
	return nil
}

func (p *portal) Begin(_ context.Context, user, password string) (Attempt, error) {
	if user != "+79000000001" || password != "верный пароль" {
		return nil, fault.New(exitcode.Auth, "signin.wrong_password", i18n.Say("неверный логин или пароль", "wrong login or password"))
	}
	return &attempt{p: p}, nil
}
func (p *portal) KeptCode(context.Context, string) string { return "" }
func (p *portal) Finish(context.Context, Attempt) error   { p.in = true; return nil }
func (p *portal) Certificates() ([]string, error) {
	return []string{"рабочий", "личный"}, nil
}
func (p *portal) Demo(context.Context) []Demo {
	return []Demo{{"Учебный П. П.", "+79000000001", "верный пароль"}}
}
func (p *portal) DemoCode(context.Context, string, string) string { return "" }
func (p *portal) ByCertificate(_ context.Context, name, pin string) error {
	if pin != p.pin {
		return fault.New(exitcode.Usage, "cert.pin", i18n.Say("неверный PIN", "wrong PIN"))
	}
	p.asked, p.in = append(p.asked, name), true
	return nil
}
func (p *portal) ByAPIKey(_ context.Context, key string, keep bool) error {
	if key != "верный-ключ" {
		return fault.New(exitcode.Auth, "esia.api_key", i18n.Say("ключ не подошёл", "the key does not fit"))
	}
	p.asked, p.in = append(p.asked, fmt.Sprintf("key, kept %v", keep)), true
	return nil
}
func (p *portal) ByToken(_ context.Context, token string) (bool, error) {
	p.asked, p.in = append(p.asked, "token "+token), true
	return false, nil
}
func (p *portal) ByBrowser(ctx context.Context, told func(string)) error {
	told("https://portal.example/aas/oauth2/v2/ac?client_id=DEMO")
	select {
	case <-p.browsing:
		p.in = true
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

type attempt struct {
	p    *portal
	done bool
	push *wire.Push
}

func (a *attempt) Done() bool             { return a.done }
func (a *attempt) Factors() []wire.Factor { return a.p.factors }
func (a *attempt) Push() *wire.Push       { return a.push }
func (a *attempt) Answer(_ context.Context, kind, code string) error {
	a.p.asked = append(a.p.asked, kind+":"+code)
	switch {
	case kind == "push":
		a.push = &wire.Push{Number: "42", State: "pending", ExpiresAt: now.Add(5 * time.Minute)}
	case code == "":
	case code == "123456":
		a.done = true
	default:
		return fault.New(exitcode.Auth, "signin.wrong_code", i18n.Say("неверный код", "wrong code"))
	}
	return nil
}
func (a *attempt) AwaitPush(ctx context.Context, _ time.Duration) error {
	if a.p.refuses {
		return fault.New(exitcode.Refused, "signin.push_denied", i18n.Say("вход отклонён на устройстве", "the device has refused the sign-in"))
	}
	select {
	case <-a.p.decided:
		a.done, a.push = true, nil
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func options(p *portal, lang i18n.Lang) tui.Options {
	o := drive.Simple(now, lang, Entry(p), help.Entry())
	o.First, o.Guest = ID, ID
	o.Env.Training = true
	o.Begin = func(context.Context) (tui.Session, error) { return tui.Session{SignedIn: p.in, Training: true}, nil }
	return o
}

// script answers questions in order and hears everything.
type script struct {
	answers []string
	heard   strings.Builder
}

func (s *script) Say(line string) { s.heard.WriteString(line + "\n") }
func (s *script) Ask(_ context.Context, label string, _ bool) (string, error) {
	s.heard.WriteString("? " + label + "\n")
	if len(s.answers) == 0 {
		return "", io.EOF
	}
	a := s.answers[0]
	s.answers = s.answers[1:]
	return a, nil
}

func speak(t *testing.T, p *portal, answers ...string) string {
	s := &script{answers: answers}
	if err := tui.RunLines(t.Context(), s, options(p, i18n.RU)); err != nil {
		t.Fatal(err)
	}
	return s.heard.String()
}

// demoNumber is the number of the action that chooses a made-up person.
const demoNumber = "6"

func TestAMadeUpPersonChosenLineByLineSignsInByEmptyLines(t *testing.T) {
	p := &portal{factors: sms}
	heard := speak(t, p, "", demoNumber, "1", "", "", "123456")
	for _, want := range []string{"Учебные люди этого портала", "? Логин [+79000000001] (телефон, почта, СНИЛС или ИНН); пусто — оставить, ? — другие действия\n", "? Пароль [уже введено]; пусто — оставить\n"} {
		if !strings.Contains(heard, want) {
			t.Errorf("%q was not said:\n%s", want, heard)
		}
	}
	if strings.Contains(heard, "верный пароль") {
		t.Errorf("the password was said:\n%s", heard)
	}
	if !p.in {
		t.Errorf("not signed in:\n%s", heard)
	}
}

func TestAWrongPasswordLineByLineKeepsTheLogin(t *testing.T) {
	p := &portal{factors: sms}
	heard := speak(t, p, "+79000000001", "мимо", "", "верный пароль", "123456")
	if !p.in || !strings.Contains(heard, "неверный логин или пароль\n? Пароль\n") {
		t.Errorf("signed in: %v\n%s", p.in, heard)
	}
	if heard := speak(t, &portal{}, "+79000000001", "мимо", "?"); !strings.Contains(heard, "Действия.") {
		t.Errorf("the other actions cannot be reached:\n%s", heard)
	}
}

var sms = []wire.Factor{{Kind: "totp"}, {Kind: "sms", Target: "+7 *** ***-00-01"}, {Kind: "push"}}

var roles = []kit.Role{{Now: true}, {OID: "9600000016", Title: "ООО «Пример», ИНН 7700000016"}}

// entered signs in by password and code, up to the question of the role.
func entered(t *testing.T, p *portal) *drive.Driver {
	d := drive.Start(t, options(p, i18n.RU), 80, 24).Press("f8", "enter").Press("enter").Type("123456").Press("enter")
	return d.Sees("От чьего имени действовать?", "1 от своего имени (сейчас так)", "2 ООО «Пример», ИНН 7700000016")
}

func TestWhoeverActsForAnOrganisationChoosesInWhoseNameToSignIn(t *testing.T) {
	p := &portal{factors: sms, roles: roles}
	d := entered(t, p).Press("2").Sees("От чьего имени") // a key typed for the code answers nothing
	d.Pause().Press("2").SeesNot("От чьего имени")
	if last := p.asked[len(p.asked)-1]; last != "role 9600000016" {
		t.Errorf("asked %q", p.asked)
	}
}

func TestOnesOwnNameIsTakenWithoutAskingThePortalAgain(t *testing.T) {
	for _, keys := range [][]string{{"enter"}, {"1"}, {"esc"}} {
		p := &portal{factors: sms, roles: roles}
		entered(t, p).Pause().Press(keys...).SeesNot("От чьего имени")
		if last := p.asked[len(p.asked)-1]; last != "totp:123456" || !p.in {
			t.Errorf("%v: asked %q", keys, p.asked)
		}
	}
}

func TestARefusedRoleIsSaidAndThePersonIsInAllTheSame(t *testing.T) {
	p := &portal{factors: sms, roles: roles, refuses: true}
	entered(t, p).Pause().Press("2").Sees("роль не выдана")
	if !p.in {
		t.Error("nobody is in")
	}
}

func TestAnOrganisationSignsInByItsAPIKey(t *testing.T) {
	p := &portal{}
	d := drive.Start(t, options(p, i18n.RU), 80, 24).Bytes("\x1bk").Paste("не тот").SeesNot("не тот").Press("enter", "1").Sees("ключ не подошёл").Pause().Press("enter")
	d.Bytes("\x1bk").Paste("верный-ключ").Press("enter").Sees("не хранить ключ").Press("2")
	if len(p.asked) != 1 || p.asked[0] != "key, kept true" {
		t.Errorf("%q", p.asked)
	}
}

func TestAMarkerThatNobodyCanCheckIsTakenAndSaidSo(t *testing.T) {
	p := &portal{}
	drive.Start(t, options(p, i18n.RU), 80, 24).Bytes("\x1bt").Paste("eyJ.demo.x").SeesNot("eyJ").Press("enter").Sees("Подпись маркера не проверена")
	if len(p.asked) != 1 || p.asked[0] != "token eyJ.demo.x" {
		t.Errorf("%q", p.asked)
	}
}

func TestOneSignsInByPasswordAndCode(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.RU, i18n.EN} {
		p := &portal{factors: sms}
		d := drive.Start(t, options(p, lang), 80, 24)
		d.Type("+79000000001").Press("tab").Type("верный пароль").SeesNot("верный пароль").Press("enter")
		d.Type("123456").Press("enter")
		if !p.in {
			t.Fatalf("not signed in; the screen:\n%s", d.Screen())
		}
	}
}

func TestEveryStepOfASignInInBothLanguages(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.RU, i18n.EN} {
		for _, size := range [][2]int{{80, 24}, {120, 40}} {
			name := fmt.Sprintf("%s.%dx%d", lang, size[0], size[1])
			begin := func(p *portal) *drive.Driver { return drive.Start(t, options(p, lang), size[0], size[1]) }
			d := begin(&portal{factors: sms, roles: roles}).Golden("password." + name)
			d.Press("f8").Golden("people."+name).Press("enter", "enter").Golden("code." + name)
			d.Press("f6").Golden("factors." + name).Press("esc")
			d.Type("123456").Press("enter").Golden("role." + name)
			begin(&portal{}).Press("f6").Golden("certificate." + name).Press("enter").Golden("pin." + name)
			browsing := make(chan struct{})
			d = begin(&portal{browsing: browsing}).Allow(1).Press("f7").Awaits("client_id").Golden("page." + name)
			close(browsing)
			d.Allow(0).Settle()
			decided := make(chan struct{})
			d = begin(&portal{factors: []wire.Factor{{Kind: "push"}, {Kind: "totp"}}, decided: decided}).Press("f8", "enter").Allow(1).Press("enter").Awaits("42").Golden("push." + name)
			close(decided)
			d.Allow(0).Settle()
		}
	}
}

func TestAWrongPasswordIsToldAtTheFieldAndTheLoginStays(t *testing.T) {
	p := &portal{factors: sms}
	drive.Start(t, options(p, i18n.RU), 80, 24).Type("+79000000001").Press("tab").Type("не тот").Press("enter").
		Sees("неверный логин или пароль", "+79000000001").Type("верный пароль").Press("enter").Sees("Код из приложения").
		Type("000000").Press("enter").Sees("неверный код").Type("123456").Press("enter")
	if !p.in {
		t.Error("not signed in")
	}
}

func TestAnotherFactorCanBeChosenAndSentAgain(t *testing.T) {
	p := &portal{factors: sms}
	d := drive.Start(t, options(p, i18n.RU), 80, 24).Type("+79000000001").Press("tab").Type("верный пароль").Press("enter", "f6").
		Sees("Как подтвердить вход?", "код в СМС на +7 *** ***-00-01").Press("1").Sees("Код отправлен на +7 *** ***-00-01").Press("f7")
	if len(p.asked) != 2 || p.asked[0] != "sms:" || p.asked[1] != "sms:" {
		t.Errorf("asked %v", p.asked)
	}
	d.Type("123456").Press("enter")
	if !p.in {
		t.Error("not signed in")
	}
}

func TestAPushShowsItsNumberUntilTheDeviceHasDecided(t *testing.T) {
	p := &portal{factors: []wire.Factor{{Kind: "push"}, {Kind: "totp"}}, decided: make(chan struct{})}
	d := drive.Start(t, options(p, i18n.RU), 80, 24).Type("+79000000001").Press("tab").Type("верный пароль").Allow(1).Press("enter")
	d.Awaits("Наберите там число: 42").Sees("epgu auth devices approve --number 42", "до 12:08")
	close(p.decided)
	d.Allow(0).Settle()
	if !p.in {
		t.Error("not signed in")
	}
}

func TestAPushThatIsRefusedNeverPromisesACodeThatNobodySent(t *testing.T) {
	for _, x := range []struct {
		others []wire.Factor
		sees   string
	}{
		{[]wire.Factor{{Kind: "sms", Target: "+7 *** ***-00-01"}, {Kind: "totp"}}, "Код из приложения"},
		{[]wire.Factor{{Kind: "sms", Target: "+7 *** ***-00-01"}}, "Войдите, чтобы видеть своё"},
	} {
		p := &portal{factors: append([]wire.Factor{{Kind: "push"}}, x.others...), refuses: true}
		d := drive.Start(t, options(p, i18n.RU), 80, 24).Press("f8", "enter", "enter").Sees("вход отклонён на устройстве").Pause().Press("enter")
		d.Sees(x.sees).SeesNot("Код отправлен")
		for _, asked := range p.asked {
			if asked == "sms:" {
				t.Error("a code was asked for unasked")
			}
		}
	}
}

func TestACertificateSignsInByItsPIN(t *testing.T) {
	p := &portal{pin: "1234"}
	d := drive.Start(t, options(p, i18n.RU), 80, 24).Press("f6").Sees("1 рабочий", "2 личный").Press("down", "enter").Sees("PIN к «личный»").Type("0000").SeesNot("0000").Press("enter").Sees("неверный PIN")
	d.Pause().Press("enter").Press("f6", "2").Type("1234").Press("enter")
	if !p.in || p.asked[0] != "личный" {
		t.Errorf("signed in: %v, by %v", p.in, p.asked)
	}
}

func TestTheBrowsersPageIsWaitedForAndCanBeLeft(t *testing.T) {
	p := &portal{browsing: make(chan struct{})}
	d := drive.Start(t, options(p, i18n.RU), 80, 24).Allow(1).Press("f7").Awaits("https://portal.example/aas/oauth2/v2/ac?client_id=DEMO")
	d.Allow(0).Press("esc").Sees("Логин")
	d.Allow(1).Press("f7")
	close(p.browsing)
	d.Allow(0).Settle()
	if !p.in {
		t.Error("not signed in")
	}
}

func TestLettersOfCommandsAreTextWhileTheLoginIsTyped(t *testing.T) {
	d := drive.Start(t, options(&portal{}, i18n.RU), 80, 24).Type("q?1pйя").Sees("q?1pйя")
	if d.Quit() {
		t.Error("the program was left")
	}
}

func TestATrainingPortalOffersItsPeople(t *testing.T) {
	p := &portal{factors: sms}
	drive.Start(t, options(p, i18n.RU), 80, 24).Press("f8").Sees("Учебный П. П., +79000000001").Press("enter", "enter").Sees("Код из приложения")
}
