package acceptance

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestHintsLeadOut fails in many ways, does what the hint says and sees that the
// advised command does not fail in the same way again.
func TestHintsLeadOut(t *testing.T) {
	p := newProgram(t, build(t))
	dir := t.TempDir()
	for name, text := range map[string]string{"r.ods": "PK", "payers.json": `{"a":1}`, "text.txt": "text", "july.csv": "UIN;Amount in kopecks\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	fails := func(args ...string) (code, hint string) {
		cmd := p.command(append(args, "--json")...)
		cmd.Dir = dir
		var errOut bytes.Buffer
		cmd.Stderr = &errOut
		if cmd.Run() == nil {
			return "", ""
		}
		for line := range strings.Lines(errOut.String()) {
			var e struct{ Code, Hint string }
			if json.Unmarshal([]byte(line), &e) == nil && e.Code != "" {
				return e.Code, e.Hint
			}
		}
		t.Errorf("epgu %s: no error object in %q", strings.Join(args, " "), errOut.String())
		return "", ""
	}
	command := regexp.MustCompile(`\bepgu ([a-z0-9][^\n;,:()…]*)`)
	named := 0
	walk := func(lines ...string) {
		for _, line := range lines {
			code, hint := fails(strings.Fields(line)...)
			if code == "" {
				t.Errorf("epgu %s was expected to fail", line)
				continue
			}
			if hint == "" {
				t.Errorf("epgu %s: %s has no hint", line, code)
				continue
			}
			for _, advised := range command.FindAllStringSubmatch(hint, -1) {
				named++
				args := strings.Fields(advised[1])
				for i, a := range args { // ПЛАН, FILE, NAME and the like
					if a == strings.ToUpper(a) && strings.ToLower(a) != a {
						args[i] = "text.txt"
					}
				}
				again, _ := fails(args...)
				if again == code {
					t.Errorf("epgu %s fails with %s and advises «epgu %s», which fails the same way", line, code, advised[1])
				}
				if strings.Contains(line, "--profile") && strings.Contains(hint, "run: ") && !strings.Contains(advised[1], "--profile") {
					t.Errorf("epgu %s advises «epgu %s», which runs at another portal", line, advised[1])
				}
			}
		}
	}
	walk(
		"bill list", "application view 999", "application list", "pay receipt 1", "auth sessions", "notice list", "servce list",
		"config get portl", "sign text.txt --cert nobody --yes", "cert bind nobody", "cert view nobody",
		"batch run nosuch.plan", "batch status nosuch.plan", "batch plan july.csv", "verify text.txt",
		"service view zagranpasport --profile svcdev", "bill list --profile svcdev", "pay 18810177170325189254 --yes --profile prod",
		"application create zagranpasport --profile svcdev", "application create 10000000109 --file absent.xml --profile svcdev", "profile view --profile prod", "org list --profile svcdev",
		"sandbox users --profile prod", "service list --profile nosuch", "auth login --no-input", "pay methods --profile prod",
	)
	p.signIn("confirmed")
	walk("application view 999", "application edit 999", "application history 999", "application draft view nosuch", "application template view nosuch", "pay view nosuch", "pay receipt nosuch", "pay notify nosuch",
		"bill view 18810177170325189254", "service view zagranpasport-x", "service form zagranpasport-x", "appointment view 999", "audit show 1", "org switch 5", "bank statement nosuch", "batch report nosuch.plan -o x.csv",
		"dict list NOSUCH", "config get langg", "pay import r.ods")
	if named < 30 {
		t.Errorf("only %d commands were advised", named)
	}
}
