package acceptance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/signin"
)

const (
	mariaLogin = "+79000000004" // accountant of the demo company
	mariaOID   = "1000000004"
	demoTrader = "1000000102"
)

// company is a portal with the chief and the accountant of the demo company, each
// at a machine of their own and acting for it.
type company struct {
	portal       *servedPortal
	chief, maria *program
	bills        []string // of the company
	letters      int      // written so far
}

func openCompany(t *testing.T, c clock.Clock) *company {
	t.Helper()
	o := &company{portal: servePortalAt(t, c)}
	bin := build(t)
	o.chief, o.maria = o.portal.client(t, bin), o.portal.client(t, bin)
	if got := o.chief.bySMS(olegLogin, "--org", demoCompany); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	u := o.maria.person(func(u demoUser) bool { return u.Login == mariaLogin })
	code, err := signin.TOTP(u.TOTPSecret, c.Now())
	if err != nil {
		t.Fatal(err)
	}
	if got := o.maria.end(strings.NewReader(u.Password), "auth", "login", "--user", u.Login, "--password-stdin", "--otp", code, "--org", demoCompany); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	list := o.chief.end(nil, "bill", "list", "--json", "uin")
	var bills struct{ Items []struct{ UIN string } }
	if err := json.Unmarshal([]byte(list.out), &bills); err != nil || len(bills.Items) == 0 {
		t.Fatalf("%v %+v", err, list)
	}
	for _, b := range bills.Items {
		o.bills = append(o.bills, b.UIN)
	}
	return o
}

// apply sends a letter, each time another one.
func (o *company) apply(p *program) outcome {
	o.letters++
	return p.end(nil, "application", "create", "public-request", "--submit", "--set", "kind=question",
		"--set", fmt.Sprintf("subject=Письмо %d", o.letters), "--set", "text=Текст", "--json")
}

// pay pays the next bill of the company.
func (o *company) pay(p *program) outcome { return p.end(nil, "pay", o.bills[0], "--yes", "--json") }

// refusedAs holds a refusal to the published word, the exit code and the advice.
func refusedAs(t *testing.T, got outcome, word, advice string) {
	t.Helper()
	if got.code != 4 || !strings.Contains(got.errOut, word+`"`) || !strings.Contains(got.errOut, advice) {
		t.Errorf("want %s, exit 4 and %q: %+v", word, advice, got)
	}
}

func TestAMissingPowerIsRefusedInThePublishedWords(t *testing.T) {
	t.Parallel()
	o := openCompany(t, clock.System{})
	if got := o.apply(o.maria); got.code != 0 {
		t.Fatalf("an accountant with every power: %+v", got)
	}
	delegate := func(powers string) {
		t.Helper()
		if got := o.chief.end(nil, "org", "delegate", mariaLogin, "--powers", powers, "--position", "Бухгалтер"); got.code != 0 {
			t.Fatalf("%+v", got)
		}
	}
	delegate("payments")
	refusedAs(t, o.apply(o.maria), "push_denied", "epgu org delegate")
	if got := o.pay(o.maria); got.code != 0 {
		t.Errorf("with the power to pay: %+v", got)
	}
	delegate("orders")
	if got := o.apply(o.maria); got.code != 0 {
		t.Errorf("with the power to apply: %+v", got)
	}
	list := o.maria.end(nil, "org", "list", "--json", "oid,powers,current")
	if !strings.Contains(list.out, `"powers":["orders"]`) || !strings.Contains(list.out, `"current":true`) {
		t.Errorf("%+v", list)
	}
	o.bills = o.bills[1:]
	refusedAs(t, o.pay(o.maria), "push_denied", "epgu org delegate")
	ru := o.maria.end(nil, "pay", o.bills[0], "--yes", "--lang", "ru")
	if ru.code != 4 || !strings.Contains(ru.errOut, "Нет полномочий платить") || !strings.Contains(ru.errOut, "что делать:") {
		t.Errorf("%+v", ru)
	}
	// In her own name nothing has changed.
	if got := o.maria.end(nil, "org", "switch", "--self"); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	if got := o.apply(o.maria); got.code != 0 {
		t.Errorf("for herself: %+v", got)
	}
}

func TestAPowerWhoseTermIsOverIsRefusedInThePublishedWords(t *testing.T) {
	moment := clock.NewManual(time.Now()) // the portal's
	o := openCompany(t, moment)
	token, err := o.chief.run("", "auth", "token")
	if err != nil {
		t.Fatal(err)
	}
	// The command line gives whole days; the portal takes any moment.
	body, err := json.Marshal(map[string]any{"login": mariaLogin, "powers": []string{"orders", "payments"}, "position": "Бухгалтер",
		"until": moment.Now().Add(3 * time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.portal.URL+"/api/cabinet/v1/organisations/"+demoCompany+"/members", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(token))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		t.Fatal(resp.Status)
	}
	if got := o.maria.end(nil, "bill", "list", "--json", "uin"); got.code != 0 {
		t.Fatalf("within the term: %+v", got)
	}
	moment.Advance(3*time.Minute + time.Second)
	for name, got := range map[string]outcome{"apply": o.apply(o.maria), "pay": o.pay(o.maria),
		"look at what the company owes": o.maria.end(nil, "bill", "list", "--json", "uin")} {
		t.Run(name, func(t *testing.T) { refusedAs(t, got, "bad_delegation", "epgu org switch --self") })
	}
	if got := o.maria.end(nil, "org", "list", "--json", "oid"); got.code != 0 || !strings.Contains(got.out, `"total":0`) {
		t.Errorf("%+v", got)
	}
}

func TestPowersThatWereTakenBackLeaveOnlyTheWayOut(t *testing.T) {
	o := openCompany(t, clock.System{})
	if got := o.chief.end(nil, "org", "revoke", mariaOID); got.code != 2 || !strings.Contains(got.errOut, "--yes") {
		t.Errorf("without an answer: %+v", got)
	}
	if got := o.chief.end(nil, "org", "revoke", mariaOID, "--yes"); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	refusedAs(t, o.apply(o.maria), "bad_delegation", "epgu org switch --self")
	refusedAs(t, o.pay(o.maria), "bad_delegation", "epgu org switch --self")
	if got := o.maria.end(nil, "org", "switch", demoCompany); got.code != 5 {
		t.Errorf("%+v", got)
	}
	if got := o.maria.end(nil, "org", "switch", "--self", "--json", "role"); got.code != 0 || !strings.Contains(got.out, `"role":"person"`) {
		t.Errorf("%+v", got)
	}
	if got := o.apply(o.maria); got.code != 0 {
		t.Errorf("for herself: %+v", got)
	}
	// Only a chief gives and takes.
	if got := o.maria.end(nil, "org", "members", "--org", demoCompany); got.code != 5 {
		t.Errorf("%+v", got)
	}
}

func TestAChiefActsForACompanyAndForHisOwnTrade(t *testing.T) {
	o := openCompany(t, clock.System{})
	for org, kind := range map[string]string{demoTrader: "BUSINESS", demoCompany: "LEGAL"} {
		if got := o.chief.end(nil, "org", "switch", org, "--json", "role,orgOid"); got.code != 0 || !strings.Contains(got.out, `"orgOid":"`+org+`"`) {
			t.Fatalf("%+v", got)
		}
		if got := o.chief.end(nil, "org", "list", "--jq", ".items[] | select(.current) | .kind"); strings.TrimSpace(got.out) != kind {
			t.Errorf("%+v", got)
		}
		if got := o.chief.end(nil, "auth", "status", "--json", "role,orgOid,orgName"); got.code != 0 || !strings.Contains(got.out, org) {
			t.Errorf("%+v", got)
		}
		if got := o.apply(o.chief); got.code != 0 {
			t.Errorf("as %s: %+v", kind, got)
		}
	}
}
