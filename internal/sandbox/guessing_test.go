package sandbox_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/sandbox/signin"
)

func TestFiveWrongPassportsEndTheRecoveryOfALockedAccount(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	for range 5 {
		p.begin(p.authorization(s), anna, "wrong", "")
	}
	recovery := func(number string) answer {
		return p.postJSON(api+"/recoveries", "", map[string]any{"login": anna, "passport": map[string]string{"series": "0000", "number": number}})
	}
	for i := range 5 {
		if a := recovery("000007"); a.status != http.StatusUnprocessableEntity {
			t.Fatalf("try %d: %d %s", i+1, a.status, a.body)
		}
	}
	a := recovery("000006")
	if v := a.json(t); a.status != http.StatusTooManyRequests || v["code"] != "recovery.too_many_tries" || a.header.Get("Retry-After") == "" {
		t.Fatalf("the right passport after five wrong ones: %d %s", a.status, a.body)
	}
	p.clock.Advance(signin.LockTerm)
	// The tries of that lock are forgotten with it: one wrong password is one.
	if a := p.begin(p.authorization(s), anna, "wrong", ""); a.status != http.StatusUnauthorized {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := p.begin(p.authorization(s), anna, annaPassword, ""); a.status != http.StatusCreated {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestAPhoneHasFiveRecoveriesUnderWayAndNobodyLearnsWhoseItIs(t *testing.T) {
	for _, login := range []string{anna, "+79000000099", "nobody@example.org", "000-111-222 33", "no login at all"} {
		p := openPortal(t)
		for _, other := range []string{"000-111-444 55", "000-111-444 55", "000-111-444 55", "000-111-444 55", "nothing"} {
			p.postJSON(api+"/recoveries", "", map[string]string{"login": other}) // those of others count for others
		}
		begin := func() answer { return p.postJSON(api+"/recoveries", "", map[string]string{"login": login}) }
		for i := range 5 {
			if a := begin(); a.status != http.StatusCreated || a.json(t)["codeExpiresAt"] == nil {
				t.Fatalf("%s, %d: %d %s", login, i+1, a.status, a.body)
			}
		}
		if a := begin(); a.status != http.StatusTooManyRequests || a.json(t)["code"] != "challenge.too_many" {
			t.Errorf("%s: %d %s", login, a.status, a.body)
		}
		p.clock.Advance(time.Hour)
		if a := begin(); a.status != http.StatusCreated {
			t.Errorf("%s an hour later: %d", login, a.status)
		}
	}
}

func TestGuessingThePresentPasswordLocksTheAccountAndStandsInTheHistory(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	own := p.tokens(s).access
	var last answer
	for range 5 {
		last = p.call("PUT", "/me/password", own, `{"old":"wrong","new":"New-password-1"}`)
	}
	if last.status != http.StatusLocked {
		t.Fatalf("%d %s", last.status, last.body)
	}
	if a := p.call("PUT", "/me/password", own, `{"old":"`+annaPassword+`","new":"New-password-1"}`); a.status != http.StatusLocked {
		t.Errorf("the right password of a locked account: %d", a.status)
	}
	if got := p.outcomes(own); got[0] != "locked!" || got[1] != "wrong_password" {
		t.Errorf("history %v", got)
	}
}
