package acceptance

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/core/signin"
	"github.com/epgu-cli/epgu/internal/tui/drive"
)

// window opens the interface in a window of its own.
func (p *program) window(cols, rows int, env ...string) *drive.Window {
	p.t.Helper()
	cmd := p.command()
	cmd.Env = append(cmd.Env, "TERM=xterm-256color", "COLORTERM=truecolor")
	cmd.Env = append(cmd.Env, env...)
	return drive.OpenWindow(p.t, cmd, cols, rows)
}

func TestTheCabinetOpensOnATerminalSignsInPaysAndGivesTheTerminalBack(t *testing.T) {
	p := newProgram(t, build(t), "EPGU_LANG=ru")
	w := p.window(100, 30).Awaits("Войдите, чтобы видеть своё").Awaits("учебный портал")
	u := p.person(confirmed)
	w.Send(u.Login + "\t" + u.Password + "\r").Awaits("Код из приложения")
	code, err := signin.TOTP(u.TOTPSecret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	w.Send(code + "\r").Awaits("Что нужно от вас сейчас").Awaits("Всего к оплате")
	w.Send("2").Awaits("Штраф за превышение скорости").Awaits("p оплатить")
	w.Send("/скорости\r").Awaits("1 / 4").Send("p").Awaits("Наберите сумму")
	time.Sleep(600 * time.Millisecond) // a dialog that opened by itself takes no keys at first
	w.Send("562,50\r").Awaits("Оплачено 562,50")
	if code := w.Send("q").Ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
	w.Restored()
	w.AskedNothing()
	out, err := p.run("", "pay", "list", "--json", "amountKopecks,state")
	if err != nil || !strings.Contains(out, `"amountKopecks":56250`) || !strings.Contains(out, `"state":"paid"`) {
		t.Errorf("%v %s", err, out)
	}
	// The next start shows what was known last, before the portal is asked.
	w = p.window(100, 30).Awaits("Всего к оплате")
	if code := w.Send("q").Ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
	// After a sign-out nothing of the person is left to be shown.
	if _, err := p.run("", "auth", "logout"); err != nil {
		t.Fatal(err)
	}
	if kept, _ := filepath.Glob(filepath.Join(p.home, "cache", "screens", "*", "*")); len(kept) > 0 {
		t.Errorf("kept: %v", kept)
	}
	w = p.window(100, 30).Awaits("Войдите, чтобы видеть своё")
	if strings.Contains(w.Raw(), "Всего к оплате") {
		t.Error("the charges of the person who signed out were shown")
	}
	w.Send("\x03").Ends()
	w.Restored()
}

func TestTheCabinetIsReadLineByLineWhereTheScreenIsNotSeen(t *testing.T) {
	p := newProgram(t, build(t), "EPGU_LANG=ru")
	w := p.window(100, 60, "ACCESSIBLE=1").Awaits("Логин (телефон, почта, СНИЛС или ИНН)")
	u := p.person(confirmed)
	w.Send(u.Login + "\n").Awaits("Пароль").Send(u.Password + "\n").Awaits("Код; пусто")
	code, err := signin.TOTP(u.TOTPSecret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	w.Send(code + "\n").Awaits("Главная, на").Awaits("Номер строки, действие")
	if raw := w.Raw(); strings.Contains(raw, "\x1b[?1049h") || strings.ContainsAny(raw, "│╭█⣿") || strings.Contains(raw, u.Password) {
		t.Errorf("not for reading aloud:\n%q", raw)
	}
	w.Send("2\n")
	w.Send("\x04")
	w.Ends()
}

func TestAMadeUpPersonIsChosenAndSignsInLineByLine(t *testing.T) {
	p := newProgram(t, build(t), "EPGU_LANG=ru")
	w := p.window(140, 60, "ACCESSIBLE=1").Awaits("Логин (телефон, почта, СНИЛС или ИНН)").Send("\n").Awaits("6. demo")
	w.Send("6\n").Awaits("Учебные люди этого портала").Send("1\n").Awaits("Логин [+79000000001]").Send("\n").Awaits("Пароль [уже введено]").Send("\n").Awaits("Код; пусто")
	w.Send("\x04").Ends()
}

func TestACommandWithoutAPersonStillPrintsHelp(t *testing.T) {
	p := newProgram(t, build(t))
	if _, err := p.run(""); err == nil || !strings.Contains(err.Error(), "exit status 2") {
		t.Errorf("%v", err)
	}
	cmd := p.command("--no-input")
	cmd.Env = append(cmd.Env, "TERM=xterm-256color")
	if code := drive.OpenWindow(t, cmd, 80, 24).Ends(); code != 2 {
		t.Errorf("--no-input: exit %d", code)
	}
}

func TestTheCabinetEndsInOrderBySIGTERMAndByALostTerminal(t *testing.T) {
	p := newProgram(t, build(t))
	w := p.window(80, 24).Awaits("Sign in to see what is yours").Signal(syscall.SIGTERM)
	w.Ends()
	w.Restored()
	w = p.window(80, 24).Awaits("Sign in to see what is yours")
	w.HangUp()
	if code := w.Ends(); code == 0 {
		t.Error("a lost terminal ends as if nothing had happened")
	}
}

func TestTwoCabinetsAreOpenAtOnce(t *testing.T) {
	p := newProgram(t, build(t))
	p.signIn("confirmed")
	a, b := p.window(80, 24), p.window(80, 24)
	a.Awaits("Due in all")
	b.Awaits("Due in all")
	a.Send("q").Ends()
	b.Send("q").Ends()
}

func TestWrongKeysInTheConfigAreNamedBeforeTheScreenIsTaken(t *testing.T) {
	p := newProgram(t, build(t))
	if err := os.Mkdir(filepath.Join(p.home, "config"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.home, "config", "config.toml"), []byte("[keys]\npalete = \"hyper+p\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := p.window(80, 24)
	if code := w.Ends(); code != 2 || !strings.Contains(w.Raw(), "keys.palete") || strings.Contains(w.Raw(), "\x1b[?1049h") {
		t.Errorf("exit %d: %s", code, w.Raw())
	}
}

// What the browser prints must not land on the screen.
func TestTheOutputOfTheBrowserNeverSpoilsTheScreen(t *testing.T) {
	bin := build(t)
	_, address := serve(t, bin)
	noisy := filepath.Join(t.TempDir(), "browser")
	if err := os.WriteFile(noisy, []byte("#!/bin/sh\nfor i in 1 2 3 4 5 6 7 8 9; do echo NOISE; echo NOISE >&2; done\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	p := newProgram(t, bin, "BROWSER="+noisy, "EPGU_PROFILE=web", "EPGU_PORTAL="+address)
	w := p.window(100, 30).Awaits("Sign in to see what is yours").Send("\x1b[18~").Awaits("Sign in on the portal's page").Awaits("client_id")
	time.Sleep(500 * time.Millisecond) // the browser is another process
	if strings.Contains(w.Raw(), "NOISE") {
		t.Errorf("the screen:\n%s", w.Screen())
	}
	w.Send("\x03").Ends()
	w.Restored()
}

func TestTheCabinetWorksInTmux(t *testing.T) {
	tmux, err := exec.LookPath("tmux")
	if err != nil {
		t.Skip("tmux is not installed: apt-get install tmux")
	}
	p := newProgram(t, build(t), "EPGU_LANG=ru")
	p.signIn("confirmed")
	// A socket's path must be short.
	dir, err := os.MkdirTemp("", "tmux")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	in := func(args ...string) string {
		t.Helper()
		cmd := exec.Command(tmux, append([]string{"-S", filepath.Join(dir, "s"), "-f", "/dev/null"}, args...)...)
		cmd.Env = append(p.command().Env, "TERM=xterm-256color", "LC_ALL=C.UTF-8")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("tmux %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	sees := func(text string) {
		t.Helper()
		var screen string
		for range 200 {
			if screen = strings.ReplaceAll(in("capture-pane", "-p", "-t", "a"), "\u00a0", " "); strings.Contains(screen, text) {
				return
			}
			time.Sleep(50 * time.Millisecond) // tmux tells nobody when a pane has changed
		}
		t.Fatalf("%q has not come; the pane:\n%s", text, screen)
	}
	in("-u", "new-session", "-d", "-s", "a", "-x", "100", "-y", "30", p.exe+"; echo LEFT $?; sleep 100")
	defer in("kill-server")
	sees("Что нужно от вас сейчас")
	sees("Всего к оплате")
	in("send-keys", "-t", "a", "2")
	sees("p оплатить")
	// What is copied lands in tmux, which hands it on to its own terminal.
	in("set-option", "-g", "set-clipboard", "on")
	in("send-keys", "-t", "a", "c")
	sees("Скопировано: ")
	if copied := strings.TrimSpace(in("show-buffer")); copied == "" {
		t.Error("nothing was copied into tmux")
	} else {
		sees("Скопировано: " + copied)
	}
	in("send-keys", "-t", "a", "о", "C-k")
	sees("Команды и всё остальное")
	in("send-keys", "-t", "a", "-l", "справка")
	in("send-keys", "-t", "a", "Enter")
	sees("Это тот же кабинет")
	in("resize-window", "-t", "a", "-x", "60", "-y", "20")
	sees("Это тот же кабинет")
	in("send-keys", "-t", "a", "q")
	sees("LEFT 0")
}

func TestTheCabinetWorksInScreen(t *testing.T) {
	screen, err := exec.LookPath("screen")
	if err != nil {
		t.Skip("screen is not installed: apt-get install screen")
	}
	p := newProgram(t, build(t), "EPGU_LANG=en") // what screen copies out is ASCII
	p.signIn("confirmed")
	dir, err := os.MkdirTemp("", "screen") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	try := func(args ...string) ([]byte, error) {
		cmd := exec.Command(screen, append([]string{"-U", "-c", "/dev/null", "-S", "a"}, args...)...)
		cmd.Env = append(p.command().Env, "TERM=xterm-256color", "LC_ALL=C.UTF-8", "SCREENDIR="+dir)
		return cmd.CombinedOutput()
	}
	in := func(args ...string) {
		t.Helper()
		if out, err := try(args...); err != nil {
			t.Fatalf("screen %v: %v\n%s", args, err, out)
		}
	}
	shot := filepath.Join(dir, "shot")
	sees := func(text string) {
		t.Helper()
		var pane string
		for range 200 {
			_, _ = try("-X", "hardcopy", shot) // there is no session until screen has made its socket
			b, err := os.ReadFile(shot)
			if pane = strings.ReplaceAll(string(b), "\u00a0", " "); err == nil && strings.Contains(pane, text) {
				return
			}
			time.Sleep(50 * time.Millisecond) // screen tells nobody when a window has changed
		}
		t.Fatalf("%q has not come; the window:\n%s", text, pane)
	}
	in("-d", "-m", "sh", "-c", p.exe+"; echo LEFT $?; sleep 100")
	defer func() { in("-X", "quit") }()
	sees("What needs you now")
	in("-X", "stuff", "2")
	sees("p pay")
	in("-X", "stuff", "\x0b")
	sees("Commands and everything else")
	in("-X", "stuff", "payment code")
	in("-X", "stuff", "\r")
	sees("Payment code")
	in("-X", "stuff", "0")
	sees("This is the same cabinet")
	in("-X", "stuff", "q")
	sees("LEFT 0")
}
