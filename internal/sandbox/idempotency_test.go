package sandbox_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/sandbox/repeat"
)

// keyed is a good request of a creating POST by Oleg, the chief of the demo
// company.
type keyed struct {
	path, token string
	body        any // nil: the operation takes none
	key         string
}

// creating prepares, for every creating POST of the contract, a request that
// the portal accepts.
func creating() map[string]func(t *testing.T, p *portal, s system) keyed {
	return map[string]func(t *testing.T, p *portal, s system) keyed{
		"/sign-ins": func(_ *testing.T, p *portal, s system) keyed {
			return keyed{path: "/sign-ins", body: map[string]any{"authorization": wire(p.authorization(s)), "login": petr, "password": petrPassword}}
		},
		"/registrations": func(*testing.T, *portal, system) keyed {
			return keyed{path: "/registrations", body: newcomer(nil)}
		},
		"/recoveries": func(*testing.T, *portal, system) keyed {
			return keyed{path: "/recoveries", body: map[string]any{"login": petr}}
		},
		"/me/totp": func(_ *testing.T, p *portal, s system) keyed {
			return keyed{path: "/me/totp", token: p.chief(s), body: map[string]any{"password": olegPassword}}
		},
		"/me/contact-changes": func(_ *testing.T, p *portal, s system) keyed {
			return keyed{path: "/me/contact-changes", token: p.chief(s), body: map[string]any{"kind": "email", "value": "new@example.org", "password": olegPassword}}
		},
		"/me/changes/{id}/revert": func(t *testing.T, p *portal, s system) keyed {
			token := p.chief(s)
			return keyed{path: "/me/changes/" + p.edit(t, token, `{"addresses":[{"type":"PLV","region":"Учебная область","city":"г. Новый","house":"2"}]}`) + "/revert", token: token, body: map[string]any{}}
		},
		"/me/deletion-requests": func(_ *testing.T, p *portal, s system) keyed {
			return keyed{path: "/me/deletion-requests", token: p.chief(s), body: map[string]any{"what": "messages"}}
		},
		"/level-requests": func(_ *testing.T, p *portal, s system) keyed {
			return keyed{path: "/level-requests", token: p.tokens(s).access, body: map[string]any{"level": "confirmed", "way": "bank"}}
		},
		"/organisations/{oid}/members": func(_ *testing.T, p *portal, s system) keyed {
			return keyed{path: "/organisations/" + company + "/members", token: p.chief(s),
				body: map[string]any{"login": petr, "position": "Юрист", "powers": []string{"orders"}}}
		},
		"/certificate-requests": func(t *testing.T, p *portal, s system) keyed {
			return keyed{path: "/certificate-requests", token: p.chief(s), body: map[string]any{"request": request(t)}}
		},
		"/certificates": func(t *testing.T, p *portal, s system) keyed {
			token := p.chief(s)
			issued := p.postJSON(api+"/certificate-requests", token, map[string]any{"request": request(t)}).json(t)
			return keyed{path: "/certificates", token: token, body: map[string]any{"certificatePem": issued["certificatePem"]}}
		},
		"/drafts": func(_ *testing.T, p *portal, s system) keyed {
			return keyed{path: "/drafts", token: p.chief(s), body: map[string]any{"service": "zagranpasport", "data": map[string]any{"reason": "first"}}}
		},
		"/application-templates": func(_ *testing.T, p *portal, s system) keyed {
			return keyed{path: "/application-templates", token: p.chief(s), body: map[string]any{"name": "Отпуск", "service": "zagranpasport", "data": map[string]any{"reason": "first"}}}
		},
		"/charges/{uin}/disputes": func(t *testing.T, p *portal, s system) keyed {
			token := p.tokens(s).access
			return keyed{path: "/charges/" + p.due(t, token)["uin"].(string) + "/disputes", token: token, body: map[string]any{"reason": "not-mine", "text": "не моя"}}
		},
		"/payments": func(t *testing.T, p *portal, s system) keyed {
			token := p.tokens(s).access
			c := p.due(t, token)
			return keyed{path: "/payments", token: token, key: uuid(77),
				body: map[string]any{"id": uuid(77), "uin": c["uin"], "amountKopecks": c["dueKopecks"], "method": "account"}}
		},
		"/certificate-sign-ins": func(_ *testing.T, p *portal, s system) keyed {
			return keyed{path: "/certificate-sign-ins", body: map[string]any{"authorization": wire(p.authorization(s))}}
		},
		"/me/recovery-codes": func(_ *testing.T, p *portal, s system) keyed {
			return keyed{path: "/me/recovery-codes", token: p.tokens(s).access, body: map[string]any{"password": annaPassword}}
		},
		"/device-bindings": func(*testing.T, *portal, system) keyed {
			return keyed{path: "/device-bindings", body: map[string]any{"name": "Phone"}}
		},
		"/devices": func(t *testing.T, p *portal, s system) keyed {
			code := p.ask("Phone", "")["code"]
			return keyed{path: "/devices", token: p.tokens(s).access, body: map[string]any{"code": code}}
		},
		"/appointments": func(_ *testing.T, p *portal, s system) keyed {
			token := p.tokens(s).access
			return keyed{path: "/appointments", token: token, key: uuid(81), body: map[string]any{"id": uuid(81), "slot": p.freeSlot(token)}}
		},
		"/appointment-waits": func(_ *testing.T, p *portal, s system) keyed {
			return keyed{path: "/appointment-waits", token: p.tokens(s).access, key: uuid(82), body: map[string]any{"id": uuid(82), "subject": "doctor-dentist", "place": "77-P1"}}
		},
		// What follows the sending of an application: internal/sandbox/cabinet tests it.
		"/applications/{orderId}/messages":   nil,
		"/applications/{orderId}/documents":  nil,
		"/applications/{orderId}/versions":   nil,
		"/applications/{orderId}/reversions": nil,

		"/approver-checks":            nil, // a question: it makes nothing
		"/payment-authorisations":     nil, // signed, and the key is its id for ever: internal/sandbox/cabinet tests it
		"/payments/{id}/confirmation": nil, // creates nothing: it confirms by a code, which works once
		"/payments/{id}/payee-notices": func(t *testing.T, p *portal, s system) keyed {
			token := p.tokens(s).access
			c := p.due(t, token)
			paid := p.keyed(api+"/payments", token, uuid(78), map[string]any{"id": uuid(78), "uin": c["uin"], "amountKopecks": c["dueKopecks"], "method": "account"})
			if paid.status != http.StatusCreated {
				t.Fatalf("%d %s", paid.status, paid.body)
			}
			p.do("GET", api+"/payments/"+uuid(78), map[string]string{"Authorization": "Bearer " + token, "Prefer": "wait=60"}, "")
			return keyed{path: "/payments/" + uuid(78) + "/payee-notices", token: token}
		},
	}
}

func request(t *testing.T) string {
	t.Helper()
	key, err := gost3410.GenerateKey(gost3410.Default256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := cert.CreateRequest(rand.Reader, cert.Name{CommonName: "x"}, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(cert.RequestPEM(der))
}

// chief signs Oleg in for his company.
func (p *portal) chief(s system) string {
	p.t.Helper()
	id := p.begin(p.authorization(s), oleg, olegPassword, company).json(p.t)["id"].(string)
	done := p.factor(id, "sms", p.lastCode(oleg)).json(p.t)
	return p.redeem(s, done["code"].(string)).access
}

// edit edits the profile and returns the id of the change.
func (p *portal) edit(t *testing.T, token, body string) string {
	t.Helper()
	a := p.do("PATCH", api+"/me/profile", map[string]string{"Authorization": "Bearer " + token, "Content-Type": "application/json", "If-Match": "*"}, body)
	if a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	return a.json(t)["change"].(map[string]any)["id"].(string)
}

// due returns a charge that Anna may pay or dispute.
// freeSlot is a time at which a doctor receives and that can be booked.
func (p *portal) freeSlot(token string) string {
	p.t.Helper()
	a := p.get(api+"/appointment-subjects/doctor-therapist/places/77-P1/slots", token)
	var slots struct{ Items []struct{ ID string } }
	if err := json.Unmarshal(a.body, &slots); err != nil || len(slots.Items) == 0 {
		p.t.Fatalf("no free time: %d %s", a.status, a.body)
	}
	return slots.Items[0].ID
}

func (p *portal) due(t *testing.T, token string) map[string]any {
	t.Helper()
	p.postJSON("/sandbox/v1/seed", "", map[string]any{"seed": 1, "login": "anna@example.org", "charges": 1, "kind": "fine"})
	list := items(t, p.call("GET", "/charges?state=due", token, ""))
	if len(list) == 0 {
		t.Fatal("no charge is due")
	}
	return list[0]
}

// keyed posts with a key.
func (p *portal) keyed(path, token, key string, body any) answer {
	p.t.Helper()
	var raw []byte
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			p.t.Fatal(err)
		}
	}
	return p.raw(path, token, key, string(raw))
}

func (p *portal) raw(path, token, key, body string) answer {
	p.t.Helper()
	h := map[string]string{"Idempotency-Key": key}
	if body != "" {
		h["Content-Type"] = "application/json"
	}
	if token != "" {
		h["Authorization"] = "Bearer " + token
	}
	return p.do("POST", path, h, body)
}

func TestEveryCreatingPostHonoursItsKey(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromFile("../../docs/api/cabinet.openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	known := creating()
	for path, item := range doc.Paths.Map() {
		op := item.Post
		if op == nil {
			continue
		}
		takes := false
		for _, param := range op.Parameters {
			takes = takes || param.Value.Name == "Idempotency-Key"
		}
		creates := op.Responses.Status(http.StatusCreated) != nil
		short := strings.TrimPrefix(path, api)
		prepare, listed := known[short]
		switch {
		case !creates && !takes:
			continue
		case !takes:
			t.Errorf("POST %s creates and takes no Idempotency-Key", path)
		case !listed:
			t.Errorf("POST %s takes an Idempotency-Key that nothing tests: add a request to creating()", path)
		case prepare != nil:
			t.Run(short, func(t *testing.T) { honours(t, prepare) })
		}
	}
}

func honours(t *testing.T, prepare func(t *testing.T, p *portal, s system) keyed) {
	p := openPortal(t)
	k := prepare(t, p, p.system())
	if k.key == "" {
		k.key = uuid(9)
	}
	path := api + k.path
	first := p.keyed(path, k.token, k.key, k.body)
	if first.status >= 300 {
		t.Fatalf("the request is not a good one: %d %s", first.status, first.body)
	}
	second := p.keyed(path, k.token, k.key, k.body)
	if k.path == "/payments" { // a payment tells how it stands today
		if second.status != http.StatusOK || first.json(t)["id"] != second.json(t)["id"] {
			t.Errorf("again: %d %s", second.status, second.body)
		}
	} else if second.status != first.status || string(second.body) != string(first.body) {
		t.Errorf("the same request again: %d %s\nfirst: %d %s", second.status, second.body, first.status, first.body)
	} else if second.header.Get("Idempotency-Replayed") != "true" || second.header.Get("Location") != first.header.Get("Location") || second.header.Get("ETag") != first.header.Get("ETag") {
		t.Errorf("headers %v\nfirst %v", second.header, first.header)
	}
	if second.header.Get("X-Request-Id") == first.header.Get("X-Request-Id") {
		t.Error("two requests have one id")
	}
	other := map[string]any{"another": "request"}
	if k.path == "/payments" {
		other = map[string]any{"id": k.key, "uin": "0", "amountKopecks": 1, "method": "account"}
	}
	third := p.keyed(path, k.token, k.key, other)
	if third.status != http.StatusConflict && third.status != http.StatusUnprocessableEntity || !strings.HasSuffix(fmt.Sprint(third.json(t)["code"]), "key_reused") {
		t.Errorf("the key with another body: %d %s", third.status, third.body)
	}
}

func TestAKeyBelongsToOnePersonAndOnePath(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	body := map[string]any{"what": "messages"}
	first := p.keyed(api+"/me/deletion-requests", p.chief(s), "k", body).json(t)
	second := p.keyed(api+"/me/deletion-requests", p.tokens(s).access, "k", body).json(t)
	if first["id"] == second["id"] || second["id"] == nil {
		t.Errorf("%v and %v", first, second)
	}
	if a := p.keyed(api+"/me/deletion-requests", "", "k", body); a.status != http.StatusUnauthorized {
		t.Errorf("nobody hears the answer of somebody: %d %s", a.status, a.body)
	}
	if a := p.keyed(api+"/me/deletion-requests", "forged", "k", body); a.status != http.StatusUnauthorized {
		t.Errorf("a forged marker: %d %s", a.status, a.body)
	}
}

func TestARefusalKeepsNothingAndCountsWhatItCounted(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	wrong := map[string]any{"authorization": wire(p.authorization(s)), "login": petr, "password": "wrong"}
	for range 5 {
		p.keyed(api+"/sign-ins", "", "k", wrong)
	}
	if a := p.begin(p.authorization(s), petr, petrPassword, ""); a.status == http.StatusCreated {
		t.Error("wrong passwords under one key are not counted: the account is not locked")
	}
	token := p.chief(s)
	if a := p.keyed(api+"/me/deletion-requests", token, "k", map[string]any{"what": "nonsense"}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := p.keyed(api+"/me/deletion-requests", token, "k", map[string]any{"what": "messages"}); a.status != http.StatusCreated {
		t.Errorf("the key is spent by a refusal: %d %s", a.status, a.body)
	}
}

func TestAnAnswerIsForgottenAfterItsTerm(t *testing.T) {
	p := openPortal(t)
	first := p.keyed(api+"/registrations", "", "k", newcomer(nil)).json(t)
	p.clock.Advance(repeat.Term - time.Second)
	if again := p.keyed(api+"/registrations", "", "k", newcomer(nil)).json(t); again["id"] != first["id"] {
		t.Error("forgotten too soon")
	}
	p.clock.Advance(2 * time.Second)
	if again := p.keyed(api+"/registrations", "", "k", newcomer(nil)).json(t); again["id"] == first["id"] {
		t.Error("kept for ever")
	}
}

func TestTwentyRequestsWithOneKeyCreateOneThing(t *testing.T) {
	p := openPortal(t)
	token := p.chief(p.system())
	var wg sync.WaitGroup
	var mu sync.Mutex
	ids, busy := map[any]bool{}, 0
	for range 20 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			a := p.keyed(api+"/me/deletion-requests", token, "k", map[string]any{"what": "documents"})
			mu.Lock()
			defer mu.Unlock()
			v := a.json(p.t)
			switch {
			case a.status == http.StatusCreated:
				ids[v["id"]] = true
			case a.status == http.StatusConflict && v["code"] == "idempotency.in_progress" && a.header.Get("Retry-After") == "1":
				busy++
			default:
				p.t.Errorf("%d %s", a.status, a.body)
			}
		}()
	}
	wg.Wait()
	if len(ids) != 1 {
		t.Errorf("%d things, %d told to wait", len(ids), busy)
	}
	if n := len(items(t, p.call("GET", "/me/deletion-requests", token, ""))); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestAKeptAnswerTellsNothingToWhoeverReadsTheDatabase(t *testing.T) {
	p := openPortal(t)
	token := p.tokens(p.system()).access
	codes := p.keyed(api+"/me/recovery-codes", token, "k", map[string]any{"password": annaPassword}).json(t)["codes"].([]any)
	for _, name := range []string{"portal.db", "portal.db-wal"} {
		raw, err := os.ReadFile(filepath.Join(p.dir, name))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), codes[0].(string)) || strings.Contains(string(raw), annaPassword) {
			t.Errorf("%s holds a recovery code or a password", name)
		}
	}
}
