package acceptance

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
)

// TestEachRefusalOfAPIEPGUIsASentenceWithTheNextStep makes the portal answer with every
// error code of SPEC-1.13, section 2.5, and end archives in every processing state of
// its appendix 1.
func TestEachRefusalOfAPIEPGUIsASentenceWithTheNextStep(t *testing.T) {
	p := newProgram(t, build(t))
	p.signIn("confirmed")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.yaml"), []byte("kind: question\nsubject: Учебный вопрос\ntext: Учебное обращение без личных данных, для проверки.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	type refusal struct {
		Code, Message, Hint string
		Exit                int
	}
	submit := func(subject string) (refusal, string) {
		cmd := p.command("application", "create", "public-request", "--from", "a.yaml", "--set", "subject="+subject, "--submit", "--json", "orderId,processing")
		cmd.Dir = dir
		var out, errOut bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errOut
		var failed *exec.ExitError
		if err := cmd.Run(); err != nil && !errors.As(err, &failed) {
			t.Fatal(err)
		}
		var r refusal
		for line := range strings.Lines(errOut.String()) {
			var e refusal
			if json.Unmarshal([]byte(line), &e) == nil && e.Code != "" {
				r = e
			}
		}
		if failed != nil && failed.ExitCode() != r.Exit {
			t.Errorf("%s: exit %d, the error says %d", subject, failed.ExitCode(), r.Exit)
		}
		return r, out.String()
	}
	seen := map[string]string{}
	good := func(name string, r refusal, code string, exit int) {
		t.Helper()
		if r.Code != code || r.Exit != exit {
			t.Errorf("%s: %+v, want %s with exit %d", name, r, code, exit)
		}
		if len(r.Message) < 20 || strings.Contains(r.Message, name) || r.Hint == "" {
			t.Errorf("%s is no sentence with a next step: %+v", name, r)
		}
		if other := seen[r.Message]; other != "" {
			t.Errorf("%s and %s are told in the same words: %s", name, other, r.Message)
		}
		seen[r.Message] = name
	}
	exits := map[string]int{wire.ErrNotFound: 5, wire.ErrServiceNotFound: 5, wire.ErrLimitation: 6, wire.ErrInternal: 7}
	for _, code := range wire.ErrorCodes() {
		p.mustRun("sandbox", "faults", "--answer", code, "--path", "/api/gusmev/push")
		exit := 4
		if e, ok := exits[code]; ok {
			exit = e
		}
		r, _ := submit("code " + code)
		told := "gusmev." + code
		if code == wire.ErrInternal { // what a push has done before it failed, nobody knows
			told = "application.not_seen_yet"
		}
		good(code, r, told, exit)
	}
	p.mustRun("sandbox", "faults", "--off")
	for _, state := range wire.FailedCodes() {
		p.mustRun("sandbox", "faults", "--intake", state)
		exit := 4
		if state == wire.CodeLimitation || state == wire.CodeInternal {
			exit = 6
		}
		r, _ := submit("state " + state)
		good(state, r, "application.rejected", exit)
	}
	// What holds an archive up does not end it.
	p.mustRun("sandbox", "faults", "--intake", wire.CodeRetry)
	if r, out := submit("held up"); r.Code != "" || !strings.Contains(out, wire.CodeDone) {
		t.Errorf("%+v, %s", r, out)
	}
	// What was refused is sent anew by the same command once the cause is gone, under a
	// number of its own.
	p.mustRun("sandbox", "faults", "--off")
	if r, out := submit("state " + wire.CodeInternal); r.Code != "" || !strings.Contains(out, wire.CodeDone) {
		t.Errorf("%+v, %s", r, out)
	}
	if _, err := p.run("", "sandbox", "faults", "--answer", "no_such_code"); err == nil {
		t.Error("a code that does not exist was taken")
	}
}
