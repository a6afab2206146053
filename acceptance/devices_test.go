package acceptance

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// bindPhone makes another program the bound device of the one who is signed in
// with p.
func bindPhone(t *testing.T, p *program, fits func(demoUser) bool) *program {
	t.Helper()
	phone := newProgram(t, filepath.Dir(p.exe), p.env...)
	got := phone.end(nil, "auth", "devices", "bind", "--name", "My phone", "--no-wait", "--json", "code")
	var shown struct{ Code string }
	if err := json.Unmarshal([]byte(got.out), &shown); got.code != 0 || err != nil {
		t.Fatalf("%+v", got)
	}
	if got := p.end(nil, "auth", "devices", "confirm", shown.Code); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	if got := p.end(nil, "auth", "devices", "confirm", shown.Code, "--otp", p.person(fits).LastCode); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	if got := phone.end(nil, "auth", "devices", "bind", "--finish"); got.code != 0 {
		t.Fatalf("%+v", got)
	}
	return phone
}

// waitingSignIn is a sign-in of Anna's that waits for her phone: the request, its number
// and the phone. Nothing of the sign-in goes by the way, and at the end of the test it has
// ended with that code.
func (c *crossing) waitingSignIn(ends int) (id, number string, phone *program) {
	c.t.Helper()
	c.p.end(nil, "auth", "devices", "remove", "My phone", "--yes")
	phone = bindPhone(c.t, c.p, standard)
	u := c.p.person(standard)
	cmd := c.portal.client(c.t, filepath.Dir(c.p.exe)).command("auth", "login", "--user", u.Login, "--password-stdin", "--factor", "push")
	number, over := numberOf(c.t, cmd, u.Password)
	c.t.Cleanup(func() {
		_ = over() // its code says it
		if got := cmd.ProcessState.ExitCode(); got != ends {
			c.t.Errorf("the sign-in that was decided ended with %d, want %d", got, ends)
		}
	})
	return c.field(phone, "id", "auth", "devices", "requests", "--wait", "20s"), number, phone
}

// numberOf starts a sign-in and returns the number that it shows, and how to wait for its
// end.
func numberOf(t *testing.T, cmd *exec.Cmd, password string) (number string, over func() error) {
	t.Helper()
	cmd.Stdin = strings.NewReader(password + "\n")
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	var words []string
	for lines := bufio.NewScanner(said); number == "" && lines.Scan(); {
		words = append(words, lines.Text())
		if _, after, ok := strings.Cut(lines.Text(), "The number: "); ok {
			number = strings.TrimSpace(after)
		}
	}
	if len(number) != 2 {
		t.Fatalf("the number is %q: %q", number, words)
	}
	return number, cmd.Wait
}

func (p *program) signInBySMS(fits func(demoUser) bool) demoUser {
	p.t.Helper()
	u := p.person(fits)
	got := p.end(strings.NewReader(u.Password+"\n"), "auth", "login", "--user", u.Login, "--password-stdin",
		// The command that gives the code gets none of our settings by itself.
		"--otp-command", "env EPGU_HOME="+p.home+" "+strings.Join(p.env, " ")+" "+p.exe+` sandbox messages --to `+u.Login+` --jq .items[0].code`)
	if got.code != 0 {
		p.t.Fatalf("%+v", got)
	}
	return u
}

func TestASignInInTheTerminalIsApprovedOnAPhoneByItsNumber(t *testing.T) {
	portal := servePortal(t)
	p := portal.client(t, build(t))
	u := p.signInBySMS(standard)
	phone := bindPhone(t, p, standard)

	other := portal.client(t, filepath.Dir(p.exe))
	cmd := other.command("auth", "login", "--user", u.Login, "--password-stdin", "--factor", "push", "--json", "name,signedIn")
	var out strings.Builder
	cmd.Stdout = &out
	number, over := numberOf(t, cmd, u.Password)
	shown := phone.end(nil, "auth", "devices", "requests", "--wait", "20s", "--json", "kind,client,address,agent")
	if shown.code != 0 || !strings.Contains(shown.out, `"kind":"sign-in"`) || !strings.Contains(shown.out, `"address":"127.0.0.1"`) || strings.Contains(shown.out, number+`"`) {
		t.Errorf("%+v", shown)
	}
	if got := phone.end(nil, "auth", "devices", "approve"); got.code != 2 || !strings.Contains(got.errOut, "--number") {
		t.Errorf("approved without the number: %+v", got)
	}
	if got := phone.end(nil, "auth", "devices", "approve", "--number", "0"); got.code != 4 {
		t.Errorf("approved by a wrong number: %+v", got)
	}
	if got := phone.end(nil, "auth", "devices", "approve", "--number", number); got.code != 0 {
		t.Errorf("%+v", got)
	}
	if err := over(); err != nil || !strings.Contains(out.String(), `"signedIn":true`) {
		t.Errorf("%v: %s", err, out.String())
	}
	// The phone holds a token of a device, not a session.
	if got := phone.end(nil, "auth", "status", "--json", "signedIn"); got.code != 3 {
		t.Errorf("%+v", got)
	}
	if b, err := os.ReadFile(filepath.Join(phone.home, "state", "vault", "profile-local.vault")); err != nil || strings.Contains(string(b), "token") {
		t.Errorf("the vault is not sealed: %v", err)
	}
}

func TestAPushIsConfirmedOnThePortalsPageInARealBrowser(t *testing.T) {
	t.Parallel()
	browser := openChromium(t)
	if _, err := exec.LookPath("mkfifo"); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	p := serveTraining(t)
	u := p.signInBySMS(standard)
	phone := bindPhone(t, p, standard)
	for name, run := range map[string]struct {
		answer []string
		sees   string
		code   int
		word   string
	}{
		"approved": {[]string{"approve", "--number"}, "<h1>Allow access</h1>", 0, "Образцова"},
		"denied":   {[]string{"deny"}, "denied on your device", 3, "--wait"},
	} {
		t.Run(name, func(t *testing.T) {
			browser.t = t
			wait := "30s"
			if run.code != 0 {
				wait = "12s" // nobody comes back from a page that says no
			}
			s := beginOnPage(t, p, "--wait", wait)
			browser.open(s.address)
			browser.login(u.Login, u.Password)
			browser.sees("<h1>Confirm the sign-in</h1>")
			node := browser.find(`input[value="push"] ~ button`)
			if node == 0 {
				t.Fatalf("no push on the page:\n%s", browser.page())
			}
			browser.call("DOM.focus", map[string]any{"nodeId": node}, nil)
			browser.key("Enter")
			browser.sees(`class="number"`)
			_, rest, _ := strings.Cut(browser.page(), `class="number"><strong>`)
			number, _, _ := strings.Cut(rest, "<")
			answer := append([]string{"auth", "devices"}, run.answer...)
			if run.answer[0] == "approve" {
				answer = append(answer, number)
			}
			if got := phone.end(nil, answer...); got.code != 0 {
				t.Fatalf("%+v", got)
			}
			// Nobody touches the browser: the page looks for the answer by itself.
			for !strings.Contains(browser.page(), run.sees) {
				for before := browser.loads; browser.loads == before; {
					browser.read()
				}
			}
			if strings.Contains(browser.page(), `http-equiv="refresh"`) {
				t.Error("a page that is done loads itself again")
			}
			if run.code == 0 {
				browser.press("consent")
				browser.sees("Return to the terminal")
			}
			s.ends(run.code, run.word)
		})
	}
}
