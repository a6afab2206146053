package sandbox_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/sandbox/signin"
)

func TestATerminalSignInByApplicationCodeEndsWithMarkers(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	a := p.begin(p.authorization(s), petr, petrPassword, "")
	if a.status != http.StatusCreated {
		t.Fatalf("%d %s", a.status, a.body)
	}
	v := a.json(t)
	if kind := v["factors"].([]any)[0].(map[string]any)["kind"]; kind != "totp" {
		t.Errorf("the best factor is %v", kind)
	}
	done := p.factor(v["id"].(string), "totp", totp(p.clock.Now())).json(t)
	if done["state"] != "done" || done["authState"] != uuid(1) {
		t.Fatalf("%v", done)
	}
	m := p.redeem(s, done["code"].(string))
	c := claims(t, m.access)
	if c["urn:esia:sbj_id"].(interface{ String() string }).String() != "1000000003" || c["client_id"] != s.id {
		t.Errorf("claims %v", c)
	}
	if c["permissions"] != `[{"sysname":"APIPGU"}]` {
		t.Errorf("permissions %v", c["permissions"])
	}
	if sbj := claims(t, m.id)["urn:esia:sbj"].(map[string]any); sbj["urn:esia:sbj:lvl"] != "PR" || sbj["urn:esia:sbj:is_tru"] != true {
		t.Errorf("subject %v", sbj)
	}
}

func TestAnApplicationCodeWorksOnce(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	code := totp(p.clock.Now())
	for i, want := range []int{http.StatusOK, http.StatusUnauthorized} {
		a := p.begin(p.authorization(s), petr, petrPassword, "")
		if got := p.factor(a.json(t)["id"].(string), "totp", code); got.status != want {
			t.Errorf("use %d: %d %s", i+1, got.status, got.body)
		}
	}
}

func TestAWrongPasswordAndAnUnknownLoginReadTheSame(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	for _, login := range []string{petr, "nobody@example.org", ""} {
		a := p.begin(p.authorization(s), login, "wrong", "")
		if v := a.json(t); a.status != http.StatusUnauthorized || v["code"] != "signin.wrong_password" {
			t.Errorf("login %q: %d %v", login, a.status, v["code"])
		}
	}
}

func TestFiveWrongPasswordsLockTheAccountUntilTheTermEnds(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	for i := range 5 {
		a := p.begin(p.authorization(s), anna, "wrong", "")
		want := http.StatusUnauthorized
		if i == 4 {
			want = http.StatusLocked
		}
		if a.status != want {
			t.Fatalf("try %d: %d %s", i+1, a.status, a.body)
		}
	}
	a := p.begin(p.authorization(s), anna, annaPassword, "")
	if v := a.json(t); a.status != http.StatusLocked || v["ref"] == "" || a.header.Get("Retry-After") == "" {
		t.Errorf("the right password opened a locked account: %d %v", a.status, v)
	}
	p.clock.Advance(signin.LockTerm)
	if a := p.begin(p.authorization(s), anna, annaPassword, ""); a.status != http.StatusCreated {
		t.Errorf("after the lock: %d %s", a.status, a.body)
	}
}

func TestASMSCodeExpiresAndANewOneReplacesTheOld(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	id := p.begin(p.authorization(s), anna, annaPassword, "").json(t)["id"].(string)
	old := p.lastCode(anna)
	if a := p.factor(id, "sms", ""); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") != "30" {
		t.Errorf("a code at once after a code: %d %s", a.status, a.header.Get("Retry-After"))
	}
	p.clock.Advance(signin.CodeTerm)
	if v := p.factor(id, "sms", old).json(t); v["code"] != "signin.code_expired" {
		t.Errorf("an old code: %v", v)
	}
	if a := p.factor(id, "sms", ""); a.status != http.StatusOK {
		t.Fatalf("a new code: %d %s", a.status, a.body)
	}
	fresh := p.lastCode(anna)
	if fresh != old {
		if a := p.factor(id, "sms", old); a.status != http.StatusUnauthorized {
			t.Errorf("the old code after a new one: %d", a.status)
		}
	}
	if v := p.factor(id, "sms", fresh).json(t); v["state"] != "done" {
		t.Errorf("the new code: %v", v)
	}
}

func TestThreeWrongCodesEndTheSignIn(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	id := p.begin(p.authorization(s), anna, annaPassword, "").json(t)["id"].(string)
	good := p.lastCode(anna)
	wrong := "000000"
	if good == wrong {
		wrong = "000001"
	}
	for i, want := range []int{http.StatusUnauthorized, http.StatusUnauthorized, http.StatusTooManyRequests, http.StatusNotFound} {
		if a := p.factor(id, "sms", wrong); a.status != want {
			t.Errorf("try %d: %d %s", i+1, a.status, a.body)
		}
	}
	if a := p.factor(id, "sms", good); a.status != http.StatusNotFound {
		t.Errorf("the right code after three wrong ones: %d", a.status)
	}
}

func TestASignInEndsByItself(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	id := p.begin(p.authorization(s), anna, annaPassword, "").json(t)["id"].(string)
	p.clock.Advance(signin.FlowTerm + time.Second)
	if a := p.factor(id, "sms", p.lastCode(anna)); a.status != http.StatusNotFound {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestActingForAnOrganisationPutsItIntoTheMarker(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	q := p.authorization(s)
	q["scope_org"] = "org_inn"
	s.seal(q, "")
	id := p.begin(q, oleg, olegPassword, company).json(t)["id"].(string)
	code := p.factor(id, "sms", p.lastCode(oleg)).json(t)["code"].(string)
	ex := p.exchange(s, code)
	ex["scope_org"] = "org_inn"
	s.seal(ex, code)
	a := p.form("/aas/oauth2/v3/te", ex)
	if a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	c := claims(t, a.json(t)["access_token"].(string))
	if c["org_oid"].(interface{ String() string }).String() != company {
		t.Errorf("org_oid %v", c["org_oid"])
	}
	if a := p.begin(p.authorization(s), anna, annaPassword, company); a.status != http.StatusForbidden {
		t.Errorf("a stranger acted for the organisation: %d %s", a.status, a.body)
	}
}

func TestOrganisationScopesOfSomebodyWithoutOneAreRefused(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	q := p.authorization(s)
	q["scope_org"] = "org_inn"
	s.seal(q, "")
	if v := p.begin(q, anna, annaPassword, "").json(t); v["code"] != "esia.007194" {
		t.Errorf("%v", v)
	}
}
