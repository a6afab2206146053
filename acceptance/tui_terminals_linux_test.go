package acceptance

import (
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/tui/drive"
)

// The console of the machine itself has keys, signs and colours of its own, and neither a
// clipboard nor a title nor a second screen.
func TestTheCabinetWorksOnTheLinuxConsole(t *testing.T) {
	p := newProgram(t, build(t), "EPGU_LANG=ru")
	p.signIn("confirmed")
	const f1, f2, f5, f9, home, end = "\x1b[[A", "\x1b[[B", "\x1b[[E", "\x1b[20~", "\x1b[1~", "\x1b[4~"
	w := p.window(80, 25, "TERM=linux", "COLORTERM=").Awaits("Всего к оплате")
	w.Send(f2).Awaits("What needs you now").Send(f2).Awaits("Что нужно от вас сейчас")
	w.Send(f1).Awaits("┌─ Клавиши").Send("\x1b").Loses("Клавиши")
	w.Send("2").Awaits("p оплатить").Send(end).Awaits(">   Транспортный налог").Send(home).Awaits(">   Штраф за проезд").Send(" ").Awaits("√ в корзине")
	w.Send("c").Awaits("нет буфера обмена: ").Send(f5).Loses("нет буфера")
	w.Send(f9).Awaits("Завершить сеанс").Send("\x1b").Loses("Завершить сеанс")
	w.Send("й") // q on the Russian layout
	if code := w.Ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
	w.Restored()
	w.AskedNothing()
	raw := w.Raw()
	for _, alien := range []string{"\x1b]", "\x1bP", "\x1b[>", "38;2;", "38;5;", "╭", "›", "₽"} {
		if strings.Contains(raw, alien) {
			t.Errorf("the console was sent %q", alien)
		}
	}
	if !strings.HasSuffix(strings.TrimRight(raw[strings.LastIndex(raw, "\x1b[2J"):], "\r\n"), "\x1b[?25h") {
		t.Error("the screen was not cleared at the end")
	}
}

func TestTheCabinetIsWorkedByTheMouseWhichTheTerminalGetsBack(t *testing.T) {
	p := newProgram(t, build(t), "EPGU_LANG=ru")
	p.signIn("confirmed")
	const wheelDown, wheelUp, f4 = "\x1b[<65;20;10M", "\x1b[<64;20;10M", "\x1bOS"
	w := p.window(100, 30).Awaits("Всего к оплате").Click("2 Начисления").Awaits("p оплатить")
	w.Click("Исполнительский сбор").Awaits("›   Исполнительский").Send(wheelDown).Awaits("›   Транспортный").Send(wheelUp).Awaits("›   Штраф за проезд")
	w.Click("Штраф за проезд").Awaits("Получатель").Send("\x1b").Awaits("За что").Awaits("Space в корзину")
	w.Click("команды").Awaits("Команды и всё остальное").Send("завершить").Click("› завершить сеанс").Awaits("› Ничего не делать")
	w.Click("Ничего не делать").Loses("Ничего не делать").Click("клавиши").Awaits("Везде").Click("Enter — закрыть").Loses("Везде")
	w.Send(f4).Awaits("выделяйте текст как обычно")
	if raw := w.Raw(); strings.LastIndex(raw, "\x1b[?1002l") < strings.LastIndex(raw, "\x1b[?1002h") {
		t.Error("the mouse was not given back")
	}
	w.Send(f4).Awaits("с Shift").Click("выйти").Ends()
	w.Restored()
	// Whoever wants to select at any time never gives it away.
	p.mustRun("config", "set", "mouse", "off")
	w = p.window(100, 30).Awaits("Всего к оплате").Send("q")
	w.Ends()
	if raw := w.Raw(); strings.Contains(raw, "\x1b[?1002h") || strings.Contains(raw, "\x1b[?1000h") {
		t.Error("the mouse was taken")
	}
}

// A line of 20 kB a second shows the newest frame instead of all of them; one that takes
// nothing keeps nobody from ending the program.
func TestTheCabinetWorksOnASlowLineAndEndsOnADeadOne(t *testing.T) {
	p := newProgram(t, build(t), "EPGU_LANG=ru")
	p.signIn("confirmed")
	w := p.window(120, 40).Line(20_000).Awaits("Всего к оплате").Send("3").Awaits("Ведомство").Awaits("Запись к врачу")
	before := len(w.Raw())
	w.Send(strings.Repeat("j", 150)).Awaits("Запись").Send("/паспорт").Awaits("/ паспорт").Send("\r").Awaits("›   ")
	if n := len(w.Raw()) - before; n > 40_000 { // 150 frames of a scrolled list would be more than 300 kB
		t.Errorf("%d bytes were written", n)
	}
	if code := w.Send("\x1b").Loses("/ паспорт").Send("q").Ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
	w.Restored()

	w = p.window(120, 40).Awaits("Всего к оплате").Line(1)
	for i := range 20 { // whole frames, until the line is full
		w.Resize(120+i%2, 40)
		w.Send("1")
	}
	w.Signal(syscall.SIGTERM)
	w.Gone(10 * time.Second)
}

// screen keeps what it is given for a clipboard to itself, unless it is wrapped.
func TestTheCabinetInScreenIsWorkedAndCopiedFromByTheTerminalAroundIt(t *testing.T) {
	screen, err := exec.LookPath("screen")
	if err != nil {
		t.Skip("screen is not installed: apt-get install screen")
	}
	p := newProgram(t, build(t), "EPGU_LANG=ru")
	p.signIn("confirmed")
	dir, err := os.MkdirTemp("", "screen") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // after the one that ends what listens there
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(screen, "-U", "-c", "/dev/null", p.exe)
	cmd.Env = append(p.command().Env, "TERM=xterm-256color", "LC_ALL=C.UTF-8", "SCREENDIR="+dir)
	w := drive.OpenWindow(t, cmd, 100, 30).Answers()
	t.Cleanup(func() {
		quit := exec.Command(screen, "-X", "quit")
		quit.Env = cmd.Env
		_ = quit.Run() // it has ended already when all went well
	})
	multiplexed(t, w)
}

func TestTheCabinetInTmuxIsWorkedAndCopiedFromByTheTerminalAroundIt(t *testing.T) {
	tmux, err := exec.LookPath("tmux")
	if err != nil {
		t.Skip("tmux is not installed: apt-get install tmux")
	}
	p := newProgram(t, build(t), "EPGU_LANG=ru")
	p.signIn("confirmed")
	dir, err := os.MkdirTemp("", "tmux") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // after the one that ends what listens there
	conf := filepath.Join(dir, "conf")
	if err := os.WriteFile(conf, []byte("set -g set-clipboard on\nset -g mouse on\nset -sg escape-time 0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(tmux, "-u", "-S", filepath.Join(dir, "s"), "-f", conf, "new-session", p.exe)
	cmd.Env = append(p.command().Env, "TERM=xterm-256color", "LC_ALL=C.UTF-8")
	w := drive.OpenWindow(t, cmd, 100, 30).Answers()
	t.Cleanup(func() { _ = exec.Command(tmux, "-S", filepath.Join(dir, "s"), "kill-server").Run() })
	w.Awaits("Всего к оплате").Click("2 Начисления").Awaits("p оплатить").Send("1")
	multiplexed(t, w)
}

// multiplexed uses the cabinet through whatever stands between it and the terminal: its
// keys, its words and its clipboard go through it.
func multiplexed(t *testing.T, w *drive.Window) {
	t.Helper()
	const f1, f2, f5, down, pgup, esc = "\x1bOP", "\x1bOQ", "\x1b[15~", "\x1b[B", "\x1b[5~", "\x1b"
	w.Awaits("Всего к оплате").Send(f2).Awaits("What needs you now").Send(f2).Awaits("Что нужно от вас сейчас")
	w.Send(f1).Awaits("Клавиши").Send(esc).Loses("Клавиши").Send("2").Awaits("p оплатить").Send(f5)
	w.Send(down).Awaits("›   Исполнительский").Send(pgup).Awaits("›   Штраф за проезд").Send("о").Awaits("›   Исполнительский")
	w.Send("/").Send("\x1b[200~налог\x1b[201~").Awaits("/ налог").Send("\r").Awaits("›   Транспортный").Send("c").Awaits("Скопировано: ")
	w.Resize(60, 20)
	w.Awaits("Скопировано: ")
	_, after, _ := strings.Cut(w.Screen(), "Скопировано: ")
	copied := "\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte(strings.TrimSpace(strings.SplitN(after, "\n", 2)[0])))
	w.Shows("the copied text at the terminal", func() bool {
		return strings.Contains(w.Raw(), copied) || strings.Contains(w.Raw(), strings.Replace(copied, ";c;", ";;", 1))
	})
	w.Send("й").Ends()
}

// Colours are those that the environment tells of; without any the frame says the same.
func TestTheCabinetKeepsToTheColoursThatThereAre(t *testing.T) {
	p := newProgram(t, build(t), "EPGU_LANG=ru")
	p.signIn("confirmed")
	colour := regexp.MustCompile("\x1b\\[[0-9;]*m")
	for _, x := range []struct {
		env       []string
		all, none string // what every colour fits, and none does
	}{
		{[]string{"NO_COLOR=1"}, `^(0|1|4|7|22|24|27|)$`, `38|48|3[0-7]|4[0-7]|9[0-7]`},
		{[]string{"TERM=xterm", "COLORTERM="}, "", `[34]8;[25];`},
		{[]string{"TERM=xterm-256color", "COLORTERM="}, "", `[34]8;2;`},
	} {
		w := p.window(100, 30, x.env...).Awaits("› ₽ Штраф за проезд").Awaits("Всего к оплате").Send("2").Awaits("p оплатить").Send(" ").Awaits("✓ в корзине 1").Send("p").Awaits("Наберите сумму")
		time.Sleep(600 * time.Millisecond)                                                     // a dialog that opened by itself takes no keys at first
		w.Send("\x1b").Loses("Наберите сумму").Send("x").Loses("в корзине 1").Send("q").Ends() // the next one begins with an empty basket
		w.Restored()
		used := colour.FindAllString(w.Raw(), -1)
		if len(used) == 0 && x.env[0] != "NO_COLOR=1" {
			t.Errorf("%v: no looks at all", x.env)
		}
		for _, c := range used {
			for part := range strings.SplitSeq(strings.TrimSuffix(strings.TrimPrefix(c, "\x1b["), "m"), ";") {
				if x.all != "" && !regexp.MustCompile(x.all).MatchString(part) {
					t.Fatalf("%v: %q", x.env, c)
				}
			}
			if x.all == "" && x.none != "" && regexp.MustCompile(x.none).MatchString(c) {
				t.Fatalf("%v: %q", x.env, c)
			}
		}
	}
}

// A shell stops the program and takes it back: the screen is given back meanwhile, and what
// was typed is there afterwards.
func TestTheCabinetIsStoppedByCtrlZAndGoneOnWith(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed: nobody here can stop and continue a job")
	}
	p := newProgram(t, build(t), "EPGU_LANG=ru")
	p.signIn("confirmed")
	cmd := exec.Command(bash, "-c", `set -m; "$0"; echo STOPPED; read line; fg >/dev/null; echo END`, p.exe)
	cmd.Env = append(p.command().Env, "TERM=xterm-256color", "COLORTERM=truecolor")
	w := drive.OpenWindow(t, cmd, 100, 30).Awaits("Всего к оплате").Send("2").Awaits("p оплатить").Send("/нало").Awaits("/ нало").Send("\x1a").Awaits("STOPPED")
	w.Restored()
	w.Resize(90, 28) // of which a stopped program is told nothing
	w.Send("\r").Awaits("/ нало").Awaits("Транспортный налог").Send("г").Awaits("/ налог").Send("\r").Send("q").Awaits("END").Ends()
	w.Restored()
}

func TestALongPasteIsTakenWholeAndAtOnce(t *testing.T) {
	p := newProgram(t, build(t), "EPGU_LANG=ru")
	p.signIn("confirmed")
	w := p.window(100, 30).Awaits("Всего к оплате").Send("2").Awaits("p оплатить").Send("/")
	w.Send("\x1b[200~" + strings.Repeat("штраф q p \x1b[31m ", 5000) + "налог\x1b[201~").Awaits("налог").Awaits("Ничего не найдено") // 140 kB, of which none is a command
	w.Send("\x15").Awaits("Штраф за проезд").Send("\x1b[200~налог\r\n\x1b[201~").Awaits("Транспортный налог").Loses("Штраф за проезд")
	w.Send("\r").Send("q")
	if code := w.Ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
	w.Restored()
}
