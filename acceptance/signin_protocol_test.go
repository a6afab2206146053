package acceptance

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/epgu-cli/epgu/internal/portal/esia"
)

// people of the demo portal whose codes come by SMS, or not.
const (
	annaLogin = "+79000000002" // standard account
	olegLogin = "+79000000005" // chief of the demo company
)

const demoCompany = "1000000101"

// bySMS signs somebody in whose code comes to the demo phone; a program reads it
// there, as in cron.
func (p *program) bySMS(login string, more ...string) outcome {
	p.t.Helper()
	u := p.person(func(u demoUser) bool { return u.Login == login })
	phone := filepath.Join(p.home, "phone.sh")
	var script strings.Builder
	script.WriteString("#!/bin/sh\n")
	for _, e := range p.command().Env {
		name, value, _ := strings.Cut(e, "=")
		script.WriteString("export " + name + "='" + value + "'\n")
	}
	script.WriteString(p.exe + ` sandbox users --jq '.items[] | select(.login == "` + login + `") | .lastCode'` + "\n")
	if err := os.WriteFile(phone, []byte(script.String()), 0o700); err != nil {
		p.t.Fatal(err)
	}
	args := append([]string{"auth", "login", "--user", login, "--password-stdin", "--factor", "sms", "--otp-command", phone}, more...)
	return p.end(strings.NewReader(u.Password+"\n"), args...)
}

// forms are what came to the token endpoints of a portal.
type forms struct {
	mu   sync.Mutex
	seen []form
}

type form struct {
	path string
	url.Values
}

// watch keeps every form that comes to a token endpoint, and lets it through.
func (s *servedPortal) watch(t *testing.T) *forms {
	f := &forms{}
	s.answer(func(r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/te") {
			return false
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		v, err := url.ParseQuery(string(body))
		if err != nil {
			t.Error(err)
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.seen = append(f.seen, form{r.URL.Path, v})
		return false
	}, http.NotFoundHandler())
	return f
}

func (f *forms) of(grant string) []form {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(f.seen), func(v form) bool { return v.Get("grant_type") != grant })
}

func TestTheProtocolAndTheRefreshStringAreSwitchesOfTheProfile(t *testing.T) {
	bin := build(t)
	for _, tc := range []struct{ protocol, refresh, path string }{
		{"v2", "redirect", "/aas/oauth2/v3/te"},
		{"v2", "marker", "/aas/oauth2/v3/te"},
		{"v1", "redirect", "/aas/oauth2/te"},
	} {
		t.Run(tc.protocol+" "+tc.refresh, func(t *testing.T) {
			portal := servePortal(t)
			p := portal.client(t, bin)
			for name, value := range map[string]string{"esia_protocol": tc.protocol, "esia_refresh": tc.refresh} {
				if got := p.end(nil, "config", "set", name, value, "--in-profile", "local"); got.code != 0 {
					t.Fatalf("%+v", got)
				}
				got := p.end(nil, "config", "list", "--json", "name,value,source,where")
				if want := `{"name":"` + name + `","value":"` + value + `","source":"profile","where":"[profiles.local]"}`; !strings.Contains(got.out, want) {
					t.Errorf("config list does not say %s:\n%s", want, got.out)
				}
			}
			seen := portal.watch(t)
			if got := p.bySMS(annaLogin, "--json", "signedIn"); got.code != 0 {
				t.Fatalf("%+v", got)
			}
			p.expire("local")
			if got := p.end(nil, "profile", "view", "--json", "oid"); got.code != 0 {
				t.Fatalf("%+v", got)
			}
			codes, refreshes := seen.of("authorization_code"), seen.of("refresh_token")
			if len(codes) != 1 || len(refreshes) != 1 || codes[0].path != tc.path || refreshes[0].path != tc.path {
				t.Fatalf("%v %v", codes, refreshes)
			}
			raw := 64 // bytes of a bare signature; a CMS has hundreds
			for _, f := range []form{codes[0], refreshes[0]} {
				sig, err := base64.RawURLEncoding.DecodeString(f.Get("client_secret"))
				if err != nil || (len(sig) == raw) != (tc.protocol == "v2") {
					t.Errorf("client_secret of %d bytes, %v", len(sig), err)
				}
			}
			if got := refreshes[0].Has("redirect_uri"); got != (tc.refresh == "redirect") {
				t.Errorf("redirect_uri is there: %v", got)
			}
			if got := refreshes[0].Has("client_certificate_hash"); got != (tc.refresh == "redirect" && tc.protocol == "v2") {
				t.Errorf("client_certificate_hash is there: %v", got)
			}
		})
	}
}

func TestABadSwitchIsRefusedWithWhatFits(t *testing.T) {
	p := newProgram(t, build(t))
	for name, fits := range map[string]string{"esia_protocol": "v2, v1", "esia_refresh": "redirect, marker", "esia_access": "offline, online", "esia_person_filter": "conf_acc, acc_kid, acc_not_kid"} {
		if got := p.end(nil, "config", "set", name, "nonsense", "--in-profile", "local"); got.code != 2 || !strings.Contains(got.errOut, fits) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	p.env = append(p.env, "EPGU_ESIA_PROTOCOL=v3")
	if got := p.end(nil, "auth", "status"); got.code != 2 || !strings.Contains(got.errOut, "EPGU_ESIA_PROTOCOL") {
		t.Errorf("%+v", got)
	}
}

func TestOnlineAccessLeavesNoRefreshMarker(t *testing.T) {
	portal := servePortal(t)
	p := portal.client(t, build(t), "EPGU_ESIA_ACCESS=online")
	if got := p.bySMS(annaLogin, "--json", "renews"); got.code != 0 || !strings.Contains(got.out, `"renews":false`) {
		t.Fatalf("%+v", got)
	}
	p.expire("local")
	if got := p.end(nil, "profile", "view"); got.code != 3 || !strings.Contains(got.errOut, "epgu auth login") {
		t.Errorf("%+v", got)
	}
}

func TestAFilterOnConfirmedAccountsTurnsOthersAwayAndSaysHow(t *testing.T) {
	portal := servePortal(t)
	p := portal.client(t, build(t), "EPGU_ESIA_PERSON_FILTER=conf_acc")
	if got := p.bySMS(annaLogin, "--json"); got.code != 4 || !strings.Contains(got.errOut, `"code":"esia.007055"`) || !strings.Contains(got.errOut, "epgu profile level") {
		t.Errorf("%+v", got)
	}
	if got := p.bySMS(olegLogin, "--json", "signedIn"); got.code != 0 {
		t.Errorf("%+v", got)
	}
}

func TestTheMarkerOfAnEmployeeHasTheOrganisationAndItsScope(t *testing.T) {
	bin := build(t)
	const scope = "http://esia.gosuslugi.ru/org_ogrn?org_oid=" + demoCompany
	for _, protocol := range []string{"v2", "v1"} {
		t.Run(protocol, func(t *testing.T) {
			portal := servePortal(t)
			p := portal.client(t, bin, "EPGU_ESIA_PROTOCOL="+protocol)
			check := func(when string) {
				t.Helper()
				token, err := p.run("", "auth", "token")
				if err != nil {
					t.Fatal(err)
				}
				c, err := esia.Peek(strings.TrimSpace(token))
				if err != nil || c.OrgOID != 1000000101 || !slices.Contains(strings.Fields(c.Scope), scope) {
					t.Errorf("%s: %+v %v", when, c, err)
				}
			}
			if got := p.bySMS(olegLogin, "--org", demoCompany, "--json", "role,orgOid"); got.code != 0 || !strings.Contains(got.out, `"orgOid":"`+demoCompany+`"`) {
				t.Fatalf("%+v", got)
			}
			check("after the sign-in")
			p.expire("local")
			check("after a refresh")
			if got := p.end(nil, "org", "switch", "--self", "--json", "role"); got.code != 0 || !strings.Contains(got.out, `"role":"person"`) {
				t.Fatalf("%+v", got)
			}
			if got := p.end(nil, "org", "switch", demoCompany, "--json", "role"); got.code != 0 || !strings.Contains(got.out, `"role":"organisation"`) {
				t.Fatalf("%+v", got)
			}
			check("after a change of role")
		})
	}
}

func TestThePortalMayChangeTheKeyOfItsMarkersUnderALivingSession(t *testing.T) {
	portal := servePortal(t)
	p := portal.client(t, build(t))
	if got := p.bySMS(annaLogin); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	kid := func() string {
		t.Helper()
		resp, err := http.Get(portal.URL + "/.well-known/epgu")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var caps struct {
			ESIA struct{ CertificatePEM string }
		}
		if err := json.NewDecoder(resp.Body).Decode(&caps); err != nil {
			t.Fatal(err)
		}
		return caps.ESIA.CertificatePEM
	}
	before := kid()
	resp, err := http.Post(portal.URL+"/sandbox/v1/keys/rotate", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if after := kid(); after == before || !strings.HasSuffix(after, before) {
		t.Fatal("the portal has no new key beside the old one")
	}
	if got := p.end(nil, "profile", "view", "--json", "oid"); got.code != 0 {
		t.Errorf("a marker of the old key: %+v", got)
	}
	p.expire("local")
	if got := p.end(nil, "profile", "view", "--json", "oid"); got.code != 0 {
		t.Errorf("a marker of the new key: %+v", got)
	}
}
