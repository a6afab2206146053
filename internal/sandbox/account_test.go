package sandbox_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/sandbox/signin"
)

const api = "/api/cabinet/v1"

func (p *portal) call(method, path, token, body string) answer {
	p.t.Helper()
	return p.do(method, api+path, map[string]string{"Authorization": "Bearer " + token}, body)
}

// fields lists "field:code" of a refusal.
func fields(t *testing.T, a answer) []string {
	t.Helper()
	list, _ := a.json(t)["fields"].([]any)
	out := []string{}
	for _, f := range list {
		m := f.(map[string]any)
		out = append(out, m["field"].(string)+":"+m["code"].(string))
	}
	slices.Sort(out)
	return out
}

func items(t *testing.T, a answer) []map[string]any {
	t.Helper()
	var out []map[string]any
	list, ok := a.json(t)["items"].([]any)
	if !ok {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for _, i := range list {
		out = append(out, i.(map[string]any))
	}
	return out
}

// newcomer is a good registration.
func newcomer(change func(m map[string]any)) map[string]any {
	m := map[string]any{"lastName": "Новичков", "firstName": "Егор", "birthDate": "1999-05-05", "mobile": "+7 900 000-00-77",
		"email": "egor@example.org", "agreeTerms": true}
	if change != nil {
		change(m)
	}
	return m
}

func TestARegistrationNamesEveryFieldAtFault(t *testing.T) {
	p := openPortal(t)
	for _, c := range []struct {
		name   string
		change func(m map[string]any)
		want   []string
	}{
		{"empty", func(m map[string]any) { clear(m) }, []string{"agreeTerms:required", "birthDate:malformed", "firstName:required", "lastName:required", "mobile:required"}},
		{"taken", func(m map[string]any) { m["mobile"], m["email"] = anna, "petr@example.org" }, []string{"email:taken", "mobile:taken"}},
		{"a child", func(m map[string]any) { m["birthDate"] = "2020-01-01" }, []string{"birthDate:too_young"}},
		{"not born yet", func(m map[string]any) { m["birthDate"] = "2030-01-01" }, []string{"birthDate:range"}},
		{"wrong digits", func(m map[string]any) { m["inn"] = "960000000301" }, []string{"inn:malformed"}},
		{"markup for a name", func(m map[string]any) { m["lastName"] = "<b>" }, []string{"lastName:malformed"}},
		{"no phone", func(m map[string]any) { m["mobile"] = "12345" }, []string{"mobile:malformed"}},
	} {
		if got := fields(t, p.postJSON(api+"/registrations", "", newcomer(c.change))); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// strangersCode is the newest code sent to somebody without an account.
func (p *portal) strangersCode() string {
	p.t.Helper()
	return items(p.t, p.get("/sandbox/v1/messages", ""))[0]["code"].(string)
}

// register registers the newcomer and returns his marker.
func (p *portal) register(s system) string {
	p.t.Helper()
	c := p.postJSON(api+"/registrations", "", newcomer(nil)).json(p.t)
	done := p.postJSON(api+"/registrations/"+c["id"].(string)+"/code", "", map[string]string{"code": p.strangersCode(), "password": "Novichkov-1"}).json(p.t)
	if done["state"] != "done" {
		p.t.Fatalf("%v", done)
	}
	login := done["login"].(string)
	id := p.begin(p.authorization(s), login, "Novichkov-1", "").json(p.t)["id"].(string)
	return p.redeem(s, p.factor(id, "sms", p.lastCode(login)).json(p.t)["code"].(string)).access
}

func TestARegistrationEndsWithASimplifiedAccount(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	c := p.postJSON(api+"/registrations", "", newcomer(nil)).json(t)
	path := api + "/registrations/" + c["id"].(string) + "/code"
	code := p.strangersCode()
	if got := fields(t, p.postJSON(path, "", map[string]string{"code": code, "password": "short"})); !slices.Equal(got, []string{"password:no_case", "password:no_digit", "password:too_short"}) {
		t.Errorf("%v", got)
	}
	wrong := "000000"
	if wrong == code {
		wrong = "111111"
	}
	if a := p.postJSON(path, "", map[string]string{"code": wrong, "password": "Novichkov-1"}); a.status != http.StatusUnauthorized || a.json(t)["code"] != "challenge.wrong_code" {
		t.Errorf("%d %s", a.status, a.body)
	}
	p.clock.Advance(time.Minute)
	if a := p.postJSON(path, "", map[string]string{}); a.status != http.StatusOK {
		t.Fatalf("a new code: %d %s", a.status, a.body)
	}
	if a := p.postJSON(path, "", map[string]string{"code": p.strangersCode(), "password": "Novichkov-1"}); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := p.postJSON(path, "", map[string]string{"code": code, "password": "Novichkov-1"}); a.status != http.StatusNotFound {
		t.Errorf("a registration twice: %d", a.status)
	}
	id := p.begin(p.authorization(s), "+79000000077", "Novichkov-1", "").json(t)["id"].(string)
	m := p.redeem(s, p.factor(id, "sms", p.lastCode("+79000000077")).json(t)["code"].(string))
	if v := p.get("/rs/prns/1000001001", m.access).json(t); v["trusted"] != false || v["rIdDoc"] != nil || v["lastName"] != "Новичков" {
		t.Errorf("%v", v)
	}
}

func TestALevelIsRaisedByPapersAndThenByAVisit(t *testing.T) {
	p := openPortal(t)
	marker := p.register(p.system())
	papers := func(number, snils string) map[string]any {
		return map[string]any{"level": "standard", "snils": snils, "gender": "M", "birthPlace": "г. Примерск",
			"passport": map[string]any{"series": "0000", "number": number, "issueDate": "2015-01-01", "issueId": "000-000", "issuedBy": "Отделом"}}
	}
	if got := fields(t, p.postJSON(api+"/level-requests", marker, map[string]any{"level": "confirmed", "way": "bank"})); !slices.Equal(got, []string{"level:not_next"}) {
		t.Errorf("%v", got)
	}
	bad := papers("12", "112-233-445 96")
	bad["passport"].(map[string]any)["issueDate"] = "2005-01-01"
	if got := fields(t, p.postJSON(api+"/level-requests", marker, bad)); !slices.Equal(got, []string{"passport.issueDate:too_early", "passport.number:malformed", "snils:malformed"}) {
		t.Errorf("%v", got)
	}
	if got := fields(t, p.postJSON(api+"/level-requests", marker, papers("000021", "000-000-006 06"))); !slices.Equal(got, []string{"snils:taken"}) {
		t.Errorf("%v", got)
	}
	wait := func() map[string]any {
		t.Helper()
		a := p.do("GET", api+"/level-requests", map[string]string{"Authorization": "Bearer " + marker, "Prefer": "wait=5"}, "")
		return items(t, a)[0]
	}
	if a := p.postJSON(api+"/level-requests", marker, papers("000022", "000-000-021 09")); a.status != http.StatusCreated {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := p.postJSON(api+"/level-requests", marker, papers("000021", "000-000-021 09")); a.status != http.StatusConflict {
		t.Errorf("a second request meanwhile: %d", a.status)
	}
	if l := wait(); l["state"] != "refused" || l["reason"].(map[string]any)["code"] != "passport_not_found" {
		t.Errorf("%v", l)
	}
	if a := p.postJSON(api+"/level-requests", marker, papers("000021", "000-000-021 09")); a.status != http.StatusCreated {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if l := wait(); l["state"] != "done" {
		t.Fatalf("%v", l)
	}
	if v := p.get("/rs/prns/1000001001", marker).json(t); v["snils"] != "000-000-021 09" || v["rIdDoc"] == nil || v["trusted"] != false {
		t.Errorf("standard: %v", v)
	}
	if a := p.postJSON(api+"/level-requests", marker, map[string]any{"level": "confirmed", "way": "bank"}); a.status != http.StatusCreated {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if l := wait(); l["state"] != "done" {
		t.Fatalf("%v", l)
	}
	if v := p.get("/rs/prns/1000001001", marker).json(t); v["trusted"] != true {
		t.Errorf("confirmed: %v", v)
	}
}

func TestRecoveryGivesANewPasswordAndEndsEverySession(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	m := p.tokens(s)
	c := p.postJSON(api+"/recoveries", "", map[string]string{"login": "anna@example.org"}).json(t)
	done := p.postJSON(api+"/recoveries/"+c["id"].(string)+"/code", "", map[string]string{"code": p.lastCode(anna), "password": "New-password-1"})
	if done.status != http.StatusOK {
		t.Fatalf("%d %s", done.status, done.body)
	}
	if a := p.get("/rs/prns/1000000002", m.access); a.status != http.StatusUnauthorized {
		t.Errorf("an old session lives: %d", a.status)
	}
	if a := p.begin(p.authorization(s), anna, annaPassword, ""); a.status != http.StatusUnauthorized {
		t.Errorf("the old password: %d", a.status)
	}
	if a := p.begin(p.authorization(s), anna, "New-password-1", ""); a.status != http.StatusCreated {
		t.Errorf("the new password: %d", a.status)
	}
}

func TestRecoveryDoesNotTellWhoHasAnAccount(t *testing.T) {
	p := openPortal(t)
	known := p.postJSON(api+"/recoveries", "", map[string]string{"login": "anna@example.org"})
	unknown := p.postJSON(api+"/recoveries", "", map[string]string{"login": "nobody@example.org"})
	k, u := known.json(t), unknown.json(t)
	if known.status != unknown.status || k["target"] != u["target"] || k["state"] != u["state"] {
		t.Errorf("%v and %v differ", k, u)
	}
	if a := p.postJSON(api+"/recoveries/"+u["id"].(string)+"/code", "", map[string]string{"code": "000000", "password": "New-password-1"}); a.status != http.StatusUnauthorized {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestALockedAccountIsOpenedByItsPassport(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	for range 5 {
		p.begin(p.authorization(s), anna, "wrong", "")
	}
	for _, c := range []struct {
		passport any
		want     string
	}{{nil, "passport:required"}, {map[string]string{"series": "0000", "number": "000009"}, "passport:mismatch"}} {
		body := map[string]any{"login": anna, "passport": c.passport}
		if got := fields(t, p.postJSON(api+"/recoveries", "", body)); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%v", got)
		}
	}
	a := p.postJSON(api+"/recoveries", "", map[string]any{"login": anna, "passport": map[string]string{"series": "0000", "number": "000006"}})
	if a.status != http.StatusCreated {
		t.Fatalf("%d %s", a.status, a.body)
	}
	p.postJSON(api+"/recoveries/"+a.json(t)["id"].(string)+"/code", "", map[string]string{"code": p.lastCode(anna), "password": "New-password-1"})
	if a := p.begin(p.authorization(s), anna, "New-password-1", ""); a.status != http.StatusCreated {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	first := p.tokens(s)
	p.clock.Advance(time.Minute)
	second := p.tokens(s)
	list := items(t, p.call("GET", "/sessions", second.access, ""))
	if len(list) != 2 || list[0]["current"] != true || list[1]["current"] != false || list[0]["method"] != "PWD" {
		t.Fatalf("%v", list)
	}
	stranger := p.register(s)
	if a := p.call("DELETE", "/sessions/"+list[1]["id"].(string), stranger, ""); a.status != http.StatusNotFound {
		t.Errorf("a stranger ended a session: %d", a.status)
	}
	if a := p.call("DELETE", "/sessions", second.access, ""); a.status != http.StatusNoContent {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := p.call("GET", "/sessions", first.access, ""); a.status != http.StatusUnauthorized || a.json(t)["code"] != "auth.revoked" {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := p.call("DELETE", "/sessions/current", second.access, ""); a.status != http.StatusNoContent {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := p.call("GET", "/sessions", second.access, ""); a.status != http.StatusUnauthorized {
		t.Errorf("%d", a.status)
	}
}

func TestTheHistoryMarksASignInFromAStrangeProgram(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	p.begin(p.authorization(s), anna, "wrong", "")
	p.tokens(s)
	b := p.visit(s, "ru", nil) // a browser over TCP: another program, another address
	b.press("password", map[string]string{"login": anna, "password": annaPassword})
	b.press("factor", map[string]string{"code": p.lastCode(anna)})
	b.press("consent", nil)
	var got []string
	for _, e := range items(t, p.call("GET", "/sign-in-history", p.tokens(s).access, "")) {
		line := e["outcome"].(string)
		if e["suspicious"] == true {
			line += "!"
		}
		got = append(got, line)
	}
	if want := []string{"done", "done!", "done", "wrong_password"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestAChangedPasswordLeavesOnlyThisSession(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	other, own := p.tokens(s), p.tokens(s)
	if a := p.call("PUT", "/me/password", own.access, `{"old":"wrong","new":"New-password-1"}`); a.status != http.StatusForbidden {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := p.call("PUT", "/me/password", own.access, `{"old":"`+annaPassword+`","new":"New-password-1"}`); a.status != http.StatusNoContent {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := p.call("GET", "/sessions", other.access, ""); a.status != http.StatusUnauthorized {
		t.Errorf("another session lives: %d", a.status)
	}
	if a := p.call("GET", "/sessions", own.access, ""); a.status != http.StatusOK {
		t.Errorf("this session ended: %d", a.status)
	}
}

func TestAConsentTakenBackEndsTheMarkersOfItsSystem(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	m := p.tokens(s)
	list := items(t, p.call("GET", "/consents", m.access, ""))
	if len(list) != 1 || list[0]["sysname"] != "APIPGU" || list[0]["responsible"] != "epgu" {
		t.Fatalf("%v", list)
	}
	if a := p.call("DELETE", "/consents/999", m.access, ""); a.status != http.StatusNotFound {
		t.Errorf("%d", a.status)
	}
	if a := p.call("DELETE", "/consents/1", m.access, ""); a.status != http.StatusNoContent {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := p.call("GET", "/me", m.access, ""); a.status != http.StatusUnauthorized || a.json(t)["code"] != "auth.consent_withdrawn" {
		t.Errorf("the marker issued before is taken: %d %s", a.status, a.body)
	}
	if a := p.get("/api/gusmev/order/getOrdersStatus?orderIds=1", m.access); a.status != http.StatusUnauthorized {
		t.Errorf("API ЕПГУ takes the marker: %d %s", a.status, a.body)
	}
	if a := p.refresh(s, m.refresh, true); a.status == http.StatusOK {
		t.Errorf("the marker is renewed: %s", a.body)
	}
	p.clock.Advance(time.Minute) // the next code of the application
	again := p.tokens(s)
	if a := p.call("GET", "/me", again.access, ""); a.status != http.StatusOK {
		t.Errorf("a new sign-in: %d %s", a.status, a.body)
	}
	var kinds []string
	for _, c := range items(t, p.call("GET", "/me/changes", again.access, "")) {
		kinds = append(kinds, c["kind"].(string))
	}
	if !slices.Equal(kinds, []string{"consent.given", "consent.withdrawn", "consent.given"}) {
		t.Errorf("the history tells %v", kinds)
	}
}

func TestThePowersOfAnOrganisationAreGivenByItsChiefForATerm(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	id := p.begin(p.authorization(s), oleg, olegPassword, company).json(t)["id"].(string)
	chief := p.redeem(s, p.factor(id, "sms", p.lastCode(oleg)).json(t)["code"].(string)).access
	orgs := items(t, p.call("GET", "/organisations", chief, ""))
	if len(orgs) != 2 || orgs[0]["current"] != true || orgs[0]["chief"] != true || orgs[1]["kind"] != "BUSINESS" {
		t.Errorf("%v", orgs)
	}
	until := start.Add(48 * time.Hour).Format(time.RFC3339)
	members := "/organisations/" + company + "/members"
	if got := fields(t, p.call("POST", members, chief, `{"login":"`+anna+`","position":"Курьер","powers":["orders"]}`)); !slices.Equal(got, []string{"login:level"}) {
		t.Errorf("powers for an account that is not confirmed: %v", got)
	}
	if a := p.call("POST", members, chief, `{"login":"`+petr+`","position":"Курьер","powers":["orders"],"until":"`+until+`"}`); a.status != http.StatusCreated {
		t.Fatalf("%d %s", a.status, a.body)
	}
	id = p.begin(p.authorization(s), petr, petrPassword, company).json(t)["id"].(string)
	courier := p.redeem(s, p.factor(id, "totp", totp(p.clock.Now())).json(t)["code"].(string)).access
	if a := p.call("GET", members, courier, ""); a.status != http.StatusForbidden {
		t.Errorf("the courier read the members: %d", a.status)
	}
	if n := len(items(t, p.call("GET", members, chief, ""))); n != 3 {
		t.Errorf("%d members", n)
	}
	if a := p.call("DELETE", members+"/1000000005", chief, ""); a.status != http.StatusForbidden {
		t.Errorf("the chief was removed: %d", a.status)
	}
	p.clock.Advance(49 * time.Hour)
	if a := p.begin(p.authorization(s), petr, petrPassword, company); a.status != http.StatusForbidden {
		t.Errorf("powers outlived their term: %d", a.status)
	}
}

func TestTheRoleIsSwitchedWithoutAPassword(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	id := p.begin(p.authorization(s), oleg, olegPassword, "").json(t)["id"].(string)
	self := p.redeem(s, p.factor(id, "sms", p.lastCode(oleg)).json(t)["code"].(string)).access
	a := p.postJSON(api+"/roles/switch", self, map[string]any{"authorization": wire(p.authorization(s)), "orgOid": company})
	if a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	c := claims(t, p.redeem(s, a.json(t)["code"].(string)).access)
	if c["org_oid"].(interface{ String() string }).String() != company {
		t.Errorf("%v", c)
	}
	for org, want := range map[string]int{"999": http.StatusForbidden, "x": http.StatusUnprocessableEntity} {
		if a := p.postJSON(api+"/roles/switch", self, map[string]any{"authorization": wire(p.authorization(s)), "orgOid": org}); a.status != want {
			t.Errorf("%s: %d %s", org, a.status, a.body)
		}
	}
	q := p.authorization(s)
	q["client_secret"] = strings.Repeat("A", 86)
	if a := p.postJSON(api+"/roles/switch", self, map[string]any{"authorization": wire(q), "orgOid": company}); a.status != http.StatusUnauthorized {
		t.Errorf("an unsigned request: %d %s", a.status, a.body)
	}
}

func TestAnApplicationOnThePhoneIsTurnedOnAndOffByItsCode(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	m := p.tokens(s)
	setup := p.call("POST", "/me/totp", m.access, `{"password":"`+annaPassword+`"}`).json(t)
	secret := setup["secret"].(string)
	if !strings.HasPrefix(setup["uri"].(string), "otpauth://totp/") || !strings.Contains(setup["uri"].(string), secret) {
		t.Errorf("%v", setup)
	}
	if a := p.call("PUT", "/me/totp", m.access, `{"code":"12345"}`); a.status != http.StatusForbidden {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := p.call("PUT", "/me/totp", m.access, `{"code":"`+signin.TOTP(secret, p.clock.Now())+`"}`); a.status != http.StatusNoContent {
		t.Fatalf("%d %s", a.status, a.body)
	}
	p.clock.Advance(time.Minute)
	begun := p.begin(p.authorization(s), anna, annaPassword, "").json(t)
	if kind := begun["factors"].([]any)[0].(map[string]any)["kind"]; kind != "totp" {
		t.Errorf("the best factor is %v", kind)
	}
	if a := p.factor(begun["id"].(string), "totp", signin.TOTP(secret, p.clock.Now())); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	p.clock.Advance(time.Minute)
	if a := p.call("PUT", "/me/totp", m.access, `{"off":true,"code":"`+signin.TOTP(secret, p.clock.Now())+`"}`); a.status != http.StatusNoContent {
		t.Fatalf("%d %s", a.status, a.body)
	}
	begun = p.begin(p.authorization(s), anna, annaPassword, "").json(t)
	if kind := begun["factors"].([]any)[0].(map[string]any)["kind"]; kind != "sms" {
		t.Errorf("the best factor afterwards is %v", kind)
	}
}
