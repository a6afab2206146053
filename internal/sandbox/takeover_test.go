package sandbox_test

import (
	"net/http"
	"testing"

	"github.com/epgu-cli/epgu/internal/sandbox/signin"
)

// takeovers are the changes by which whoever holds a marker could make the
// account his own: each opens a recovery or confirms sign-ins.
func takeovers() map[string]func(p *portal, marker, password string) answer {
	return map[string]func(p *portal, marker, password string) answer{
		"phone": func(p *portal, marker, password string) answer {
			return p.call("POST", "/me/contact-changes", marker, `{"kind":"mobile","value":"+79000000098","password":"`+password+`"}`)
		},
		"e-mail": func(p *portal, marker, password string) answer {
			return p.call("POST", "/me/contact-changes", marker, `{"kind":"email","value":"thief@example.org","password":"`+password+`"}`)
		},
		"authenticator": func(p *portal, marker, password string) answer {
			return p.call("POST", "/me/totp", marker, `{"password":"`+password+`"}`)
		},
	}
}

func TestAStolenMarkerChangesNoPhone(t *testing.T) {
	for name, change := range takeovers() {
		p := openPortal(t)
		stolen := p.tokens(p.system()).access
		sent := p.lastCode(anna)
		for _, password := range []string{"", "wrong"} {
			if a := change(p, stolen, password); a.status != http.StatusForbidden || a.json(t)["code"] != "password.wrong" {
				t.Errorf("%s by the password %q: %d %s", name, password, a.status, a.body)
			}
		}
		if got := p.lastCode(anna); got != sent {
			t.Errorf("%s: a refused change sent the code %s", name, got)
		}
		if a := p.call("PUT", "/me/totp", stolen, `{"code":"000000"}`); a.status != http.StatusConflict {
			t.Errorf("%s: a secret waits for its code: %d %s", name, a.status, a.body)
		}
		if a := change(p, stolen, annaPassword); a.status != http.StatusCreated {
			t.Errorf("%s by the right password: %d %s", name, a.status, a.body)
		}
	}
}

func TestGuessingThePasswordOfAChangeLocksTheAccount(t *testing.T) {
	for name, change := range takeovers() {
		p := openPortal(t)
		stolen := p.tokens(p.system()).access
		var last answer
		for range 5 {
			last = change(p, stolen, "wrong")
		}
		if last.status != http.StatusLocked {
			t.Errorf("%s, the fifth wrong password: %d %s", name, last.status, last.body)
		}
		// One count for every place that asks: the right password opens nothing now.
		if a := change(p, stolen, annaPassword); a.status != http.StatusLocked {
			t.Errorf("%s at a locked account: %d %s", name, a.status, a.body)
		}
		if a := p.call("PUT", "/me/password", stolen, `{"old":"`+annaPassword+`","new":"New-password-1"}`); a.status != http.StatusLocked {
			t.Errorf("%s: the password of a locked account: %d %s", name, a.status, a.body)
		}
		if got := p.outcomes(stolen); got[0] != "locked!" || got[1] != "wrong_password" {
			t.Errorf("%s: history %v", name, got)
		}
		p.clock.Advance(signin.LockTerm)
		if a := p.begin(p.authorization(p.system()), anna, annaPassword, ""); a.status != http.StatusCreated {
			t.Errorf("%s: the lock outlives its term: %d %s", name, a.status, a.body)
		}
	}
}
