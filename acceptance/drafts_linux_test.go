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
