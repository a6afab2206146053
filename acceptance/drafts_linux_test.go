package acceptance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/tui/drive"
)

// On a terminal EDITOR is enough, a text that cannot be read is offered again until it
// can, and a draft is removed only by a yes.
func TestADraftIsEditedAndRemovedOnATerminal(t *testing.T) {
	editor := filepath.Join(t.TempDir(), "editor")
	script := `#!/bin/sh
if grep -q '^ofice' "$1"; then sed -i -e 's/^ofice/office/' "$1"; else sed -i -e 's/^office:.*/ofice: 77-01/' "$1"; fi
`
	if err := os.WriteFile(editor, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	p := newProgram(t, build(t), "EPGU_LANG=ru", "EDITOR="+editor, "VISUAL=", "EPGU_EDITOR=")
	p.signIn("confirmed")
	var made struct{ ID string }
	p.decode(&made, "application", "draft", "new", "zagranpasport", "--set", "reason=first", "--json")
	open := func(args ...string) *drive.Window {
		cmd := p.command(args...)
		cmd.Env = append(cmd.Env, "TERM=xterm-256color")
		return drive.OpenWindow(t, cmd, 100, 40)
	}
	w := open("application", "draft", "edit", made.ID).Awaits("ofice").Awaits("Открыть снова?")
	if code := w.Send("\n").Awaits("Черновик сохранён").Ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
	if out := p.mustRun("application", "draft", "view", made.ID, "--json", "data"); !strings.Contains(out, `"office":"77-01"`) {
		t.Error(out)
	}
	w = open("application", "draft", "remove", made.ID).Awaits("Удалить черновик")
	if code := w.Send("\n").Awaits("ничего не сделано").Ends(); code != 2 {
		t.Errorf("exit %d", code)
	}
	w = open("application", "draft", "remove", made.ID).Awaits("Удалить черновик")
	if code := w.Send("да\n").Awaits("Черновик удалён").Ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
	if left, _ := filepath.Glob(filepath.Join(p.home, "*", "drafts", "*", "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// The program is killed while the editor is open: what was typed is offered, and goes
// into the draft when the person goes on with it; until then it is offered again.
func TestATextThatAKilledEditorLeftIsGoneOnWith(t *testing.T) {
	editor := filepath.Join(t.TempDir(), "editor")
	// Typed once; then the program that has opened the editor dies. Later the editor
	// leaves what it is shown.
	script := `#!/bin/sh
if grep -q '^office: "77-02"' "$1"; then exit 0; fi
if [ -e "$0.over" ]; then cp "$1" "$0.fresh"; exit 1; fi
sed -i -e 's/^office:.*/office: "77-02" # nearer to home/' "$1"
touch "$0.over"
kill -9 $PPID
`
	if err := os.WriteFile(editor, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	p := newProgram(t, build(t), "EPGU_LANG=en", "EDITOR="+editor, "VISUAL=", "EPGU_EDITOR=")
	p.signIn("confirmed")
	var made struct{ ID string }
	p.decode(&made, "application", "draft", "new", "zagranpasport", "--set", "reason=first", "--set", "office=77-01", "--json")
	open := func() *drive.Window {
		cmd := p.command("application", "draft", "edit", made.ID)
		cmd.Env = append(cmd.Env, "TERM=xterm-256color")
		return drive.OpenWindow(t, cmd, 100, 40)
	}
	office := func() string { return p.mustRun("application", "draft", "view", made.ID, "--json", "data") }

	open().Ends() // killed
	if _, err := os.Stat(editor + ".over"); err != nil {
		t.Fatal("the editor was not open: ", err)
	}
	if out := office(); !strings.Contains(out, `"office":"77-01"`) {
		t.Error(out)
	}
	// Not now: the editor opens what the draft has, and the text stays.
	open().Awaits("never got into the draft").Awaits("Go on with it?").Send("n\n").Ends()
	if seen, err := os.ReadFile(editor + ".fresh"); err != nil || !strings.Contains(string(seen), "office: \"77-01\"") {
		t.Errorf("the editor was shown %s, %v", seen, err)
	}
	// Now: the editor opens the text, and the draft gets it.
	if code := open().Awaits("Go on with it?").Send("\n").Awaits("draft is kept").Ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
	if out := office(); !strings.Contains(out, `"office":"77-02"`) {
		t.Error(out)
	}
	// Nothing is left to be offered.
	if code := open().Awaits("Nothing was changed").Ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
}
