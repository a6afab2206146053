package sandbox_test

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// browser walks through the sign-in pages as a person without scripts does: it
// knows forms, cookies and redirects, and stops at the client's address.
type browser struct {
	t       *testing.T
	client  *http.Client
	address *url.URL
	status  int
	page    string
	left    *url.URL // where the portal sent the person, once it did
	lang    string
}

func newBrowser(t *testing.T, base, lang string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, lang: lang}
	own, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	b.client = &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Host != own.Host {
			b.left = r.URL
			return http.ErrUseLastResponse
		}
		r.Header.Set("Accept-Language", lang)
		return nil
	}}
	return b
}

func (b *browser) take(req *http.Request) {
	b.t.Helper()
	req.Header.Set("Accept-Language", b.lang)
	resp, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.address, b.status, b.page = resp.Request.URL, resp.StatusCode, string(body)
}

func (b *browser) open(address string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), "GET", address, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	b.take(req)
}

// press sends the form whose button is named, with what was typed.
func (b *browser) press(step string, typed map[string]string) {
	b.t.Helper()
	for _, form := range regexp.MustCompile(`(?s)<form method="post" action="([^"]*)">(.*?)</form>`).FindAllStringSubmatch(b.page, -1) {
		if !strings.Contains(form[2], `value="`+step+`"`) {
			continue
		}
		v := url.Values{"step": {step}}
		for _, hidden := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`).FindAllStringSubmatch(form[2], -1) {
			v.Set(hidden[1], html.UnescapeString(hidden[2]))
		}
		for k, s := range typed {
			v.Set(k, s)
		}
		to, err := b.address.Parse(html.UnescapeString(form[1]))
		if err != nil {
			b.t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(b.t.Context(), "POST", to.String(), strings.NewReader(v.Encode()))
		if err != nil {
			b.t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		b.take(req)
		return
	}
	b.t.Fatalf("no button %q on the page:\n%s", step, b.page)
}

func (b *browser) sees(words ...string) {
	b.t.Helper()
	for _, w := range words {
		if !strings.Contains(b.page, w) {
			b.t.Errorf("the page at %s does not say %q:\n%s", b.address, w, b.page)
		}
	}
}

// serve puts the portal on a real port, as browsers need it.
func (p *portal) serve() string {
	p.t.Helper()
	s := httptest.NewServer(p.portal.Handler())
	p.t.Cleanup(s.Close)
	return s.URL
}

func query(q map[string]string) string {
	v := url.Values{}
	for k, s := range q {
		v.Set(k, s)
	}
	return "?" + v.Encode()
}

func (p *portal) visit(s system, lang string, change func(q map[string]string)) *browser {
	p.t.Helper()
	base := p.serve()
	q := p.authorization(s)
	q["redirect_uri"] = "http://127.0.0.1:1/callback"
	if change != nil {
		change(q)
	}
	s.seal(q, "")
	b := newBrowser(p.t, base, lang)
	b.open(base + "/aas/oauth2/v2/ac" + query(q))
	return b
}

func TestAPersonSignsInThroughThePages(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	verifier := strings.Repeat("v", 50)
	b := p.visit(s, "ru", func(q map[string]string) {
		q["code_challenge"], q["code_challenge_method"] = challenge(verifier), "S256"
	})
	b.sees("<h1>Вход</h1>", "Это не Госуслуги", `<html lang="ru">`)
	b.press("password", map[string]string{"login": anna, "password": "wrong"})
	b.sees("Неверный логин или пароль", `role="alert"`, `79000000002"`, `aria-invalid="true"`)
	b.press("password", map[string]string{"login": anna, "password": annaPassword})
	b.sees("Подтверждение входа", "-00-02")
	b.press("factor", map[string]string{"code": "wrong!"})
	b.sees("Неверный код", "осталось: 2 попытки")
	b.press("factor", map[string]string{"code": p.lastCode(anna)})
	b.sees("Разрешение на доступ", "Образцова Анна Примеровна", "подавать заявления от вашего имени", "СНИЛС")
	b.press("consent", nil)
	if b.left == nil || b.left.Host != "127.0.0.1:1" || b.left.Query().Get("state") != uuid(1) {
		t.Fatalf("the person was left at %v", b.left)
	}
	ex := p.exchange(s, b.left.Query().Get("code"))
	ex["redirect_uri"] = "http://127.0.0.1:1/callback"
	s.seal(ex, ex["code"])
	ex["code_verifier"] = verifier
	if a := p.form("/aas/oauth2/v3/te", ex); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestACodeIsWorthNothingWithoutItsVerifier(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	b := p.visit(s, "ru", func(q map[string]string) {
		q["code_challenge"], q["code_challenge_method"] = challenge("right"), "S256"
	})
	b.press("password", map[string]string{"login": anna, "password": annaPassword})
	b.press("factor", map[string]string{"code": p.lastCode(anna)})
	b.press("consent", nil)
	ex := p.exchange(s, b.left.Query().Get("code"))
	ex["redirect_uri"] = "http://127.0.0.1:1/callback"
	s.seal(ex, ex["code"])
	ex["code_verifier"] = "stolen"
	if v := p.form("/aas/oauth2/v3/te", ex).json(t); !strings.HasPrefix(v["error_description"].(string), "ESIA-007040") {
		t.Errorf("%v", v)
	}
}

func TestThePagesSpeakEnglishOnRequest(t *testing.T) {
	p := openPortal(t)
	b := p.visit(p.system(), "en", nil)
	b.sees("<h1>Sign in</h1>", `<html lang="en">`)
	b.open(b.address.String() + "&lang=ru")
	b.sees("<h1>Вход</h1>")
	b.press("password", map[string]string{"login": anna, "password": annaPassword})
	b.sees("Подтверждение входа")
}

func TestCancellingAndRefusingReachTheClientAsARefusal(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	cancelled := p.visit(s, "ru", nil)
	cancelled.press("cancel", nil)
	refused := p.visit(s, "ru", nil)
	refused.press("password", map[string]string{"login": anna, "password": annaPassword})
	refused.press("factor", map[string]string{"code": p.lastCode(anna)})
	refused.press("refuse", nil)
	for name, b := range map[string]*browser{"cancelled": cancelled, "refused": refused} {
		if b.left == nil {
			t.Fatalf("%s: the person was left at %s", name, b.address)
		}
		q := b.left.Query()
		if q.Get("error") != "access_denied" || !strings.HasPrefix(q.Get("error_description"), "ESIA-007004") || q.Get("state") != uuid(1) || q.Has("code") {
			t.Errorf("%s: %v", name, q)
		}
	}
}

func TestTheChiefChoosesARoleOnThePages(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	b := p.visit(s, "ru", nil)
	b.press("password", map[string]string{"login": oleg, "password": olegPassword})
	b.press("factor", map[string]string{"code": p.lastCode(oleg)})
	b.sees("Выбор роли", "Частное лицо", "ООО «Учебная ромашка»", "Генеральный директор", "ИП Директоров")
	b.press("role", map[string]string{"org": "999"})
	b.sees("Вы не представляете эту организацию")
	b.press("role", map[string]string{"org": company})
	b.sees("Директоров Олег Примерович, ООО «Учебная ромашка»")
	b.press("consent", nil)
	ex := p.exchange(s, b.left.Query().Get("code"))
	ex["redirect_uri"] = "http://127.0.0.1:1/callback"
	s.seal(ex, ex["code"])
	c := claims(t, p.form("/aas/oauth2/v3/te", ex).json(t)["access_token"].(string))
	if c["org_oid"].(interface{ String() string }).String() != company {
		t.Errorf("org_oid %v", c["org_oid"])
	}
}

func TestAnApplicationCodeOrAnSMSMayBeChosenOnThePages(t *testing.T) {
	p := openPortal(t)
	b := p.visit(p.system(), "ru", nil)
	b.press("password", map[string]string{"login": petr, "password": petrPassword})
	b.sees("Код из приложения на телефоне")
	b.press("send", map[string]string{"kind": "sms"})
	b.sees("Код из сообщения")
	b.press("way", nil)
	b.sees("Код из приложения на телефоне")
	b.press("factor", map[string]string{"code": totp(p.clock.Now())})
	b.sees("Разрешение на доступ")
}

func TestALockedAccountIsToldOnThePage(t *testing.T) {
	p := openPortal(t)
	b := p.visit(p.system(), "ru", nil)
	for range 5 {
		b.press("password", map[string]string{"login": anna, "password": "wrong"})
	}
	b.sees("закрыта после неверных попыток", "номер обращения L-")
	b.press("password", map[string]string{"login": anna, "password": annaPassword})
	b.sees("закрыта после неверных попыток")
}

func TestAStolenAddressOfASignInIsUselessInAnotherBrowser(t *testing.T) {
	p := openPortal(t)
	b := p.visit(p.system(), "ru", nil)
	b.press("password", map[string]string{"login": anna, "password": annaPassword})
	thief := newBrowser(t, "http://"+b.address.Host, "ru")
	thief.open(b.address.String())
	if thief.status != http.StatusNotFound || strings.Contains(thief.page, "csrf") {
		t.Errorf("%d %s", thief.status, thief.page)
	}
}

func TestAFormOfAnotherSiteIsRefused(t *testing.T) {
	p := openPortal(t)
	b := p.visit(p.system(), "ru", nil)
	b.press("password", map[string]string{"login": anna, "password": annaPassword, "csrf": "forged"})
	if b.status != http.StatusForbidden {
		t.Errorf("%d %s", b.status, b.page)
	}
}

func TestAForeignRedirectIsShownAndNeverFollowed(t *testing.T) {
	p := openPortal(t)
	b := p.visit(p.system(), "ru", func(q map[string]string) { q["redirect_uri"] = "https://thief.example/callback" })
	if b.left != nil || b.status != http.StatusBadRequest {
		t.Fatalf("left for %v, %d", b.left, b.status)
	}
	b.sees("ESIA-007023")
}

func TestWhatThePersonTypedCannotBecomeMarkup(t *testing.T) {
	p := openPortal(t)
	b := p.visit(p.system(), "ru", nil)
	b.press("password", map[string]string{"login": `"><script>alert(1)</script>`, "password": "x"})
	if strings.Contains(b.page, "<script>") {
		t.Error("markup from a form field reached the page")
	}
}

func TestThePagesForbidScriptsAndFrames(t *testing.T) {
	p := openPortal(t)
	base := p.serve()
	s := p.system()
	b := newBrowser(t, base, "ru")
	b.open(base + "/aas/oauth2/v2/ac" + query(p.authorization(s)))
	resp, err := b.client.Get(b.address.String())
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	csp := resp.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "form-action 'self' http://127.0.0.1"} {
		if !strings.Contains(csp, want) {
			t.Errorf("Content-Security-Policy %q lacks %q", csp, want)
		}
	}
	if strings.Contains(b.page, "<script") {
		t.Error("a page needs a script")
	}
}

func TestAClientOfConfirmedAccountsTurnsOthersAway(t *testing.T) {
	p := openPortal(t)
	b := p.visit(p.system(), "ru", func(q map[string]string) { q["person_filter"] = "Y29uZl9hY2M" }) // conf_acc
	b.press("password", map[string]string{"login": anna, "password": annaPassword})
	b.press("factor", map[string]string{"code": p.lastCode(anna)})
	if b.left == nil || !strings.HasPrefix(b.left.Query().Get("error_description"), "ESIA-007055") {
		t.Errorf("left at %v, page %s", b.left, b.page)
	}
}

func TestSigningOutInTheBrowserEndsTheClientsSession(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	b := p.visit(s, "ru", nil)
	b.press("password", map[string]string{"login": anna, "password": annaPassword})
	b.press("factor", map[string]string{"code": p.lastCode(anna)})
	b.press("consent", nil)
	ex := p.exchange(s, b.left.Query().Get("code"))
	ex["redirect_uri"] = "http://127.0.0.1:1/callback"
	s.seal(ex, ex["code"])
	marker := p.form("/aas/oauth2/v3/te", ex).json(t)["access_token"].(string)
	b.open("http://" + b.address.Host + "/idp/ext/Logout?client_id=" + s.id)
	b.sees("Вы вышли")
	if a := p.get("/rs/prns/1000000002", marker); a.status != http.StatusUnauthorized {
		t.Errorf("the client's marker still works: %d", a.status)
	}
}
