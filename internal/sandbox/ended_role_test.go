package sandbox_test

import (
	"net/http"
	"slices"
	"testing"
)

// TestAnEndedRoleOpensNothingOfTheOrganisationAndLeavesThePersonHisOwn covers a
// marker that outlives the powers it was issued with.
func TestAnEndedRoleOpensNothingOfTheOrganisationAndLeavesThePersonHisOwn(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	chief := p.chief(s)
	members := "/organisations/" + company + "/members"
	if a := p.call("POST", members, chief, `{"login":"`+petr+`","position":"Курьер","powers":["orders"]}`); a.status != http.StatusCreated {
		t.Fatalf("%d %s", a.status, a.body)
	}
	id := p.begin(p.authorization(s), petr, petrPassword, company).json(t)["id"].(string)
	courier := p.redeem(s, p.factor(id, "totp", totp(p.clock.Now())).json(t)["code"].(string)).access
	draft := map[string]any{"service": "zagranpasport", "data": map[string]any{"reason": "first"}}
	if a := p.keyed(api+"/drafts", courier, uuid(1), draft); a.status != http.StatusCreated {
		t.Fatalf("%d %s", a.status, a.body)
	}
	all := items(t, p.call("GET", members, chief, ""))
	i := slices.IndexFunc(all, func(m map[string]any) bool { return m["position"] == "Курьер" })
	if i < 0 {
		t.Fatalf("%v", all)
	}
	if a := p.call("DELETE", members+"/"+all[i]["oid"].(string), chief, ""); a.status != http.StatusNoContent {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for name, a := range map[string]answer{
		"a reading":                  p.call("GET", "/drafts", courier, ""),
		"a new request":              p.postJSON(api+"/drafts", courier, draft),
		"a new request with a key":   p.keyed(api+"/drafts", courier, uuid(2), draft),
		"the answer of an early key": p.keyed(api+"/drafts", courier, uuid(1), draft),
	} {
		if a.status != http.StatusForbidden || a.json(t)["code"] != "bad_delegation" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	for _, path := range []string{"/me", "/devices", "/level-requests", "/sessions", "/sign-in-history", "/organisations", "/consents", "/me/profile", "/me/second-factor"} {
		if a := p.call("GET", path, courier, ""); a.status != http.StatusOK {
			t.Errorf("his own %s: %d %s", path, a.status, a.body)
		}
	}
	if a := p.keyed(api+"/devices", courier, uuid(3), map[string]any{"code": p.ask("Phone", "")["code"]}); a.status != http.StatusCreated {
		t.Errorf("a device of his own: %d %s", a.status, a.body)
	}
}
