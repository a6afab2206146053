package acceptance

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// chromium is a real browser without a window, steered over a pair of pipes
// (--remote-debugging-pipe). It is used as a person with a keyboard would: no
// script runs on the pages.
type chromium struct {
	t       *testing.T
	to      *os.File
	from    *bufio.Reader
	session string
	id      int
	loads   int // pages that were shown in full
}

// openChromium starts the browser, or skips the test where there is none.
func openChromium(t *testing.T) *chromium {
	t.Helper()
	exe, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium here: the sign-in pages are not tried in a real browser (Debian: chromium)")
	}
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be given more pipes on Windows")
	}
	theirIn, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	// Helpers of the browser write for a moment after it has gone, so this
	// folder is removed as far as it can be.
	home, err := os.MkdirTemp("", "epgu-chromium")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	ctx, cancel := context.WithTimeout(t.Context(), 2*limit)
	// Every page is a new one, and shown at once.
	// No sandbox of its own: it will not run as root with one, and it opens nothing but our pages.
	cmd := exec.CommandContext(ctx, exe, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--lang=en", "--accept-lang=en",
		"--disable-features=PaintHolding,BackForwardCache,Translate",
		"--disable-extensions", "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe",
		"--user-data-dir="+home, "about:blank")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home}
	cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = theirIn.Close(), theirOut.Close()
	t.Cleanup(func() {
		_ = to.Close() // ends the browser by itself
		cancel()
		_ = cmd.Wait()
		_ = from.Close()
	})
	c := &chromium{t: t, to: to, from: bufio.NewReader(from)}
	var target struct{ TargetID string }
	c.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	c.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	c.session = attached.SessionID
	for method, params := range map[string]map[string]any{
		"Page.enable": nil, "DOM.enable": nil,
		"Emulation.setScriptExecutionDisabled": {"value": true},
		"Emulation.setFocusEmulationEnabled":   {"enabled": true},
	} {
		c.call(method, params, nil)
	}
	return c
}

type devToolsMessage struct {
	ID     int
	Method string
	Result json.RawMessage
	Error  *struct{ Message string }
}

func (c *chromium) read() devToolsMessage {
	c.t.Helper()
	raw, err := c.from.ReadBytes(0)
	if err != nil {
		c.t.Fatalf("the browser is gone: %v", err)
	}
	var m devToolsMessage
	if err := json.Unmarshal(bytes.TrimSuffix(raw, []byte{0}), &m); err != nil {
		c.t.Fatal(err)
	}
	if m.Method == "Page.loadEventFired" {
		c.loads++
	}
	return m
}

// try runs a command and returns its error, if any.
func (c *chromium) try(method string, params map[string]any, into any) string {
	c.t.Helper()
	c.id++
	call := map[string]any{"id": c.id, "method": method}
	if params != nil {
		call["params"] = params
	}
	if c.session != "" {
		call["sessionId"] = c.session
	}
	raw, err := json.Marshal(call)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.to.Write(append(raw, 0)); err != nil {
		c.t.Fatal(err)
	}
	for {
		m := c.read()
		if m.ID != c.id {
			continue
		}
		if m.Error != nil {
			return m.Error.Message
		}
		if into != nil {
			if err := json.Unmarshal(m.Result, into); err != nil {
				c.t.Fatal(err)
			}
		}
		return ""
	}
}

func (c *chromium) call(method string, params map[string]any, into any) {
	c.t.Helper()
	if e := c.try(method, params, into); e != "" {
		c.t.Fatalf("%s: %s", method, e)
	}
}

// page is the markup of the page now; empty between two pages.
func (c *chromium) page() string {
	c.t.Helper()
	var doc struct{ Root struct{ NodeID int } }
	var out struct{ OuterHTML string }
	if c.try("DOM.getDocument", nil, &doc) != "" || c.try("DOM.getOuterHTML", map[string]any{"nodeId": doc.Root.NodeID}, &out) != "" {
		return ""
	}
	return out.OuterHTML
}

// sees waits for a page with these words. A browser that never shows it is
// ended by its deadline.
func (c *chromium) sees(words string) {
	c.t.Helper()
	var last string
	for range 2000 {
		if page := c.page(); page != "" {
			if last = page; strings.Contains(page, words) {
				return
			}
		}
	}
	c.t.Fatalf("the browser never showed %q but\n%s", words, last)
}

// open goes to an address and waits for its page.
func (c *chromium) open(address string) {
	c.t.Helper()
	before := c.loads
	c.call("Page.navigate", map[string]any{"url": address}, nil)
	for c.loads == before {
		c.read()
	}
}

// find returns the node that the selector names; 0 when there is none now.
func (c *chromium) find(selector string) int {
	c.t.Helper()
	var doc struct{ Root struct{ NodeID int } }
	var node struct{ NodeID int }
	if c.try("DOM.getDocument", nil, &doc) != "" || c.try("DOM.querySelector", map[string]any{"nodeId": doc.Root.NodeID, "selector": selector}, &node) != "" {
		return 0
	}
	return node.NodeID
}

// focused waits until the focus is where the page puts it: keys before that
// are lost.
func (c *chromium) focused(selector string) {
	c.t.Helper()
	for range 5000 {
		if c.find(selector+":focus") != 0 {
			return
		}
	}
	c.t.Fatalf("the focus never came to %s", selector)
}

// types writes into whatever has the focus.
func (c *chromium) types(text string) {
	c.t.Helper()
	c.call("Input.insertText", map[string]any{"text": text}, nil)
}

// key presses a key: "Tab", "ArrowDown", or "Enter", which sends a form and waits for the
// page that comes of it.
func (c *chromium) key(name string) {
	c.t.Helper()
	before := c.loads
	code, text := 9, ""
	switch name {
	case "Enter":
		code, text = 13, "\r"
	case "ArrowDown":
		code = 40
	}
	for _, kind := range []string{"keyDown", "keyUp"} {
		params := map[string]any{"type": kind, "key": name, "code": name, "windowsVirtualKeyCode": code, "nativeVirtualKeyCode": code}
		if kind == "keyDown" && text != "" {
			params["text"] = text
		}
		c.call("Input.dispatchKeyEvent", params, nil)
	}
	for name == "Enter" && c.loads == before {
		c.read()
	}
}

// focus moves the focus to what the selector names, from where the page put it.
func (c *chromium) focus(selector string) {
	c.t.Helper()
	c.focused("[autofocus]")
	node := c.find(selector)
	if node == 0 {
		c.t.Fatalf("no %s on the page:\n%s", selector, c.page())
	}
	c.call("DOM.focus", map[string]any{"nodeId": node}, nil)
	c.focused(selector)
}

// press puts the focus on a button and presses Enter.
func (c *chromium) press(step string) {
	c.t.Helper()
	c.focus(`button[value="` + step + `"]`)
	c.key("Enter")
}

// login types login and password on the first page.
func (c *chromium) login(user, password string) {
	c.t.Helper()
	c.sees("<h1>Sign in</h1>")
	c.focused("#login")
	c.types(user)
	c.key("Tab")
	c.focused("#password")
	c.types(password)
	c.key("Enter")
}

// pageSignIn is "epgu auth login --browser" that waits while the test plays
// the person in the browser.
type pageSignIn struct {
	t       *testing.T
	cmd     *exec.Cmd
	out     bytes.Buffer
	errOut  bytes.Buffer
	address string
}

func beginOnPage(t *testing.T, p *program, args ...string) *pageSignIn {
	t.Helper()
	s := &pageSignIn{t: t}
	// The browser of this person only notes the address down, in a pipe.
	fifo := filepath.Join(t.TempDir(), "address")
	if out, err := exec.Command("mkfifo", fifo).CombinedOutput(); err != nil {
		t.Skipf("no named pipes here: %s", out)
	}
	script := filepath.Join(p.home, "browser.sh")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nprintf '%s\\n' \"$1\" > \"$2\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	plain := p.command(append([]string{"auth", "login", "--browser", "--json", "name,signedIn,orgOid"}, args...)...)
	s.cmd = exec.CommandContext(ctx, plain.Path, plain.Args[1:]...)
	s.cmd.Env = append(plain.Env, "BROWSER="+script+" %s "+fifo)
	s.cmd.Stdout, s.cmd.Stderr = &s.out, &s.errOut
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(fifo, os.O_RDWR, 0) // opens without a writer, too
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.SetReadDeadline(time.Now().Add(limit / 2)); err != nil {
		t.Logf("no deadline on the pipe: %v", err)
	}
	line, err := bufio.NewReader(f).ReadString('\n')
	if err != nil {
		t.Fatalf("no page was opened: %v\n%s", err, s.errOut.String())
	}
	s.address = strings.TrimSpace(line)
	return s
}

// ends waits for the program and holds it to an exit code and a word.
func (s *pageSignIn) ends(code int, word string) {
	s.t.Helper()
	_ = s.cmd.Wait()
	if got := s.cmd.ProcessState.ExitCode(); got != code || !strings.Contains(s.out.String()+s.errOut.String(), word) {
		s.t.Errorf("exit %d, want %d and %q\n%s%s", got, code, word, s.out.String(), s.errOut.String())
	}
}

// serveTraining runs "epgu sandbox serve" and returns a program of its profile.
func serveTraining(t *testing.T) *program {
	t.Helper()
	server := newProgram(t, build(t))
	cmd := server.command("sandbox", "serve", "--addr", "127.0.0.1:0", "--json")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var at struct{ URL string }
	if err := json.Unmarshal([]byte(line), &at); err != nil {
		t.Fatal(err)
	}
	return newProgram(t, filepath.Dir(server.exe), "EPGU_PROFILE=local", "EPGU_PORTAL="+at.URL)
}

func simplified(u demoUser) bool { return u.Level == "simplified" }
func standard(u demoUser) bool   { return u.Level == "standard" }
func chief(u demoUser) bool      { return u.OrgOID != "" && u.TOTPSecret == "" }

func TestSigningInOnThePortalsPageInARealBrowser(t *testing.T) {
	t.Parallel()
	browser := openChromium(t)
	p := serveTraining(t)

	t.Run("success, by keyboard alone", func(t *testing.T) {
		browser.t = t
		s := beginOnPage(t, p)
		browser.open(s.address)
		u := p.person(standard)
		browser.login(u.Login, u.Password)
		browser.sees("<h1>Confirm the sign-in</h1>")
		browser.focused("#code")
		browser.types(p.person(standard).LastCode)
		browser.key("Enter")
		browser.sees("<h1>Allow access</h1>")
		browser.focused(`button[value="consent"]`)
		browser.key("Enter") // the button has the focus
		browser.sees("Return to the terminal")
		if strings.Contains(browser.page(), "code=") {
			t.Error("the page shows the code")
		}
		s.ends(0, "Образцова")
	})
	t.Run("wrong password, then wrong code, then success for an organisation", func(t *testing.T) {
		browser.t = t
		u := p.person(chief)
		s := beginOnPage(t, p, "--org", u.OrgOID)
		browser.open(s.address)
		browser.login(u.Login, "wrong")
		browser.sees("The login or the password is wrong")
		browser.focus("#password")
		browser.types(u.Password)
		browser.key("Enter")
		browser.sees("<h1>Confirm the sign-in</h1>")
		wrong := "000000"
		if p.person(chief).LastCode == wrong {
			wrong = "000001"
		}
		browser.focused("#code")
		browser.types(wrong)
		browser.key("Enter")
		browser.sees("The code is wrong")
		browser.focus("#code")
		browser.types(p.person(chief).LastCode)
		browser.key("Enter")
		// The request names the organisation: there is no role to choose.
		browser.sees("<h1>Allow access</h1>")
		browser.sees("Учебная ромашка")
		browser.press("consent")
		browser.sees("Return to the terminal")
		s.ends(0, `"orgOid":"`+u.OrgOID+`"`)
	})
	t.Run("the organisation is chosen on the page", func(t *testing.T) {
		browser.t = t
		u := p.person(chief)
		s := beginOnPage(t, p)
		browser.open(s.address)
		browser.login(u.Login, u.Password)
		browser.sees("<h1>Confirm the sign-in</h1>")
		browser.types(p.person(chief).LastCode)
		browser.key("Enter")
		browser.sees("<h1>Choose a role</h1>")
		browser.focused("#role0")
		browser.key("ArrowDown") // from oneself to the company
		browser.focused("#role1")
		browser.key("Enter")
		browser.sees("<h1>Allow access</h1>")
		browser.sees("Учебная ромашка")
		browser.press("consent")
		browser.sees("Return to the terminal")
		s.ends(0, `"orgOid":"`+u.OrgOID+`"`)
	})
	t.Run("cancelled", func(t *testing.T) {
		browser.t = t
		s := beginOnPage(t, p)
		browser.open(s.address)
		browser.sees("<h1>Sign in</h1>")
		browser.press("cancel")
		browser.sees("You are not signed in")
		s.ends(4, "ESIA-007004")
	})
	t.Run("consent withheld", func(t *testing.T) {
		browser.t = t
		s := beginOnPage(t, p)
		browser.open(s.address)
		u := p.person(standard)
		browser.login(u.Login, u.Password)
		browser.sees("<h1>Confirm the sign-in</h1>")
		browser.focused("#code")
		browser.types(p.person(standard).LastCode)
		browser.key("Enter")
		browser.sees("<h1>Allow access</h1>")
		browser.press("refuse")
		browser.sees("You are not signed in")
		s.ends(4, "ESIA-007004")
	})
	t.Run("locked after wrong tries", func(t *testing.T) {
		browser.t = t
		s := beginOnPage(t, p)
		browser.open(s.address)
		u := p.person(simplified)
		browser.login(u.Login, "wrong")
		for range 4 {
			browser.sees("The login or the password is wrong")
			browser.focus("#password")
			browser.types("wrong again")
			browser.key("Enter")
		}
		browser.sees("The account is locked after wrong tries")
		browser.press("cancel")
		browser.sees("You are not signed in")
		s.ends(4, "ESIA-007004")
	})
}
