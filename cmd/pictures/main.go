// Command pictures draws the pictures of the documentation from the real program:
// it runs in a window of its own, is used by its keys, and what the window shows
// becomes docs/img/tui-NAME.LANG.svg. Linux only.
//
//	go run ./cmd/pictures
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/core/signin"
)

func main() {
	t := &failing{}
	err := draw(t)
	t.clean()
	if err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
}

// failing lets the driver of the tests run in a program.
type failing struct {
	testing.TB
	after []func()
}

func (f *failing) Helper()           {}
func (f *failing) Cleanup(do func()) { f.after = append(f.after, do) }
func (f *failing) Fatal(args ...any) { f.Fatalf("%s", fmt.Sprint(args...)) }
func (f *failing) Fatalf(format string, args ...any) {
	f.clean()
	fmt.Fprintf(os.Stderr, "pictures: "+format+"\n", args...)
	os.Exit(1)
}

func (f *failing) clean() {
	for i := len(f.after) - 1; i >= 0; i-- {
		f.after[i]()
	}
	f.after = nil
	runtime.KeepAlive(f)
}

func draw(t *failing) error {
	dir, err := os.MkdirTemp("", "pictures")
	if err != nil {
		return err
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	exe := filepath.Join(dir, "epgu")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", exe, "./cmd/epgu").CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	for _, lang := range []string{"ru", "en"} {
		if err := inLanguage(t, exe, filepath.Join(dir, lang), lang); err != nil {
			return err
		}
	}
	return nil
}

// words are what is waited for on the screens.
var words = map[string]struct{ enter, code, home, charges, sum, services, page, form, from string }{
	"ru": {"Войдите, чтобы видеть своё", "Код из приложения", "Всего к оплате", "p оплатить", "Наберите сумму", "Ведомство", "подать заявление", "Шаг 1 из", "← профиль"},
	"en": {"Sign in to see what is yours", "Code of the authenticator", "Due in all", "p pay", "Type the sum", "Department", "apply", "Step 1 of", "← profile"},
}

func inLanguage(t *failing, exe, home, lang string) error {
	env := []string{"EPGU_HOME=" + home, "EPGU_STORE=file", "EPGU_LANG=" + lang, "TERM=xterm-256color", "COLORTERM=truecolor", "PATH=" + os.Getenv("PATH"), "HOME=" + home}
	list := exec.Command(exe, "sandbox", "users", "--json")
	list.Env = env
	out, err := list.Output()
	if err != nil {
		return err
	}
	var people struct {
		Items []struct{ Login, Password, TOTPSecret string }
	}
	if err := json.Unmarshal(out, &people); err != nil {
		return err
	}
	w, u := words[lang], people.Items[0]
	win := open(t, exe, env)
	win.Awaits(w.enter).Send(u.Login + "\t" + u.Password + "\r").Awaits(w.code)
	code, err := signin.TOTP(u.TOTPSecret, time.Now())
	if err != nil {
		return err
	}
	save := func(name string) error {
		time.Sleep(300 * time.Millisecond) // the last frame
		return os.WriteFile(filepath.Join("docs", "img", "tui-"+name+"."+lang+".svg"), []byte(win.Picture()), 0o644)
	}
	win.Send(code + "\r").Awaits(w.home)
	if err := save("home"); err != nil {
		return err
	}
	win.Send("2").Awaits(w.charges).Send(" ").Send(" ").Send("p").Awaits(w.sum)
	if err := save("pay"); err != nil {
		return err
	}
	time.Sleep(600 * time.Millisecond) // a dialog that opened by itself takes no keys at first
	win.Send("\x1b[27u").Send("\x0b")
	if err := save("palette"); err != nil {
		return err
	}
	win.Send("\x1b[27u").Send("3").Awaits(w.services).Awaits("›   ").Send("\r").Awaits(w.page).Send("a").Awaits(w.form)
	// The second page says from where it was filled in.
	win.Send("\x0e").Awaits(w.from)
	if err := save("form"); err != nil {
		return err
	}
	win.Send("\x03").Ends()
	return nil
}
