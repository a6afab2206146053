package acceptance

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/core/signin"
)

// Terminals tell of a Russian key in four ways: the Kitty protocol with and without the
// Latin key it stands on, a letter, and й as и with a breve.
func TestARussianKeyIsUnderstoodHoweverTheTerminalTellsOfIt(t *testing.T) {
	p := newProgram(t, build(t), "EPGU_LANG=ru")
	p.signIn("confirmed")
	for name, quit := range map[string]string{
		"with the key": "\x1b[1081::113;5u", "without it": "\x1b[1081;5u", "a letter": "й", "и and a breve": "и\u0306",
	} {
		w := p.window(100, 30).Awaits("Всего к оплате")
		// In a field the same is text: the letter, its two halves, and with its text told.
		w.Send("2").Awaits("p оплатить").Send("/ра").Send("и\u0306").Send("он").Awaits("/ раи\u0306он").Send("\x15").Send("\x1b[1080;;1080:774u").Awaits("/ и\u0306")
		w.Send("\x1b").Awaits("p оплатить").Send("\x1b[1083::107;5u").Awaits("Команды и всё остальное").Send("\x1b").Loses("Команды и всё остальное")
		if code := w.Send(quit).Ends(); code != 0 {
			t.Errorf("%s: exit %d", name, code)
		}
		w.Restored()
	}
}

func TestTwoCabinetsOfOnePersonPayAChargeOnceAndKeepWhatBothFilledIn(t *testing.T) {
	p := newProgram(t, build(t), "EPGU_LANG=ru")
	p.signIn("confirmed")
	a, b := p.window(100, 30).Awaits("Всего к оплате"), p.window(100, 30).Awaits("Всего к оплате")
	a.Send("2").Awaits("p оплатить").Send("/скорости\r").Awaits("1 / 4")
	b.Send("2").Awaits("p оплатить").Send("/скорости\r").Awaits("1 / 4") // known before the other pays
	answered(a.Send("p"), "Наберите сумму", "562,50\r").Awaits("Оплачено 562,50")
	answered(b.Send("p"), "Не получилось", "").Awaits("оплачен")
	// Each changes something else, and the other sees it.
	a.Send("\x1b").Awaits("Исполнительский").Send("3").Awaits("Ведомство").Send("/детский сад\r").Awaits("›   Запись ребёнка").Send("\r").Awaits("s сохранить").Send("s").Awaits("Услуга сохранена")
	b.Send("\r").Loses("Не получилось").Send("\x1b").Awaits("Исполнительский").Send("3").Awaits("Ведомство").Send("m").Awaits("[сохранённые] 1 /").Awaits("★")
	if code := a.Send("q").Ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
	if code := b.Send("q").Ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
	if out := p.mustRun("pay", "list", "--all", "--json", "amountKopecks"); strings.Count(out, "56250") != 1 {
		t.Errorf("paid: %s", out)
	}
	p.mustRun("audit", "verify")
}

func TestAPaymentGoesOnWithoutItsScreenAndItsProgramAndIsSentOnce(t *testing.T) {
	t.Parallel()
	p := newProgram(t, build(t), "EPGU_LANG=ru")
	p.signIn("confirmed")
	w := p.window(120, 30).Awaits("Всего к оплате").Send("2").Awaits("p оплатить").Send("/скорости\r").Awaits("1 / 4").Send("p").Awaits("Наберите сумму")
	p.mustRun("sandbox", "faults", "--slow", "1500", "--path", "/api/cabinet/v1/payments")
	answered(w, "Наберите сумму", "562,50\r").Awaits("Платим: 0 из 1")
	w.Send("1").Awaits("Что нужно от вас сейчас").Send("2").Awaits("Платим: 0 из 1").Awaits("Оплачено 562,50")
	// The program is ended in the middle of another: it awaits the answer.
	w.Send("\x1b").Awaits("Исполнительский").Send("/красный\r").Awaits("1 / ")
	answered(w.Send("p"), "Наберите сумму", "1500\r").Awaits("Платим: 0 из 1")
	w.Signal(syscall.SIGTERM).Ends()
	w.Restored()
	p.mustRun("sandbox", "faults", "--off")
	w = p.window(120, 30).Awaits("Что нужно от вас сейчас").Send("2").Awaits("Всего к оплате")
	w.Send("q").Ends()
	if out := p.mustRun("pay", "list", "--all", "--json", "amountKopecks"); strings.Count(out, "56250") != 1 || strings.Count(out, "150000") != 1 {
		t.Errorf("paid: %s", out)
	}
	p.mustRun("audit", "verify")
}

func TestAPortalThatGoesAwayIsShownAndComesBackByItself(t *testing.T) {
	t.Parallel()
	p := newProgram(t, build(t), "EPGU_LANG=ru")
	p.signIn("confirmed")
	w := p.window(120, 30).Awaits("Всего к оплате").Send("2").Awaits("p оплатить").Awaits("Штраф за проезд")
	p.mustRun("sandbox", "faults", "--down")
	w.Send("\x12").Awaits("Не обновлено").Awaits("само — в").Send("j").Awaits("›   Исполнительский сбор")
	p.mustRun("sandbox", "faults", "--off")
	w.Loses("Не обновлено").Awaits("›   Исполнительский сбор").Send("q").Ends() // nothing was pressed: it tries by itself
}

func TestWhatWasInTheBasketWaitsForItsPersonPastTheEndOfTheSession(t *testing.T) {
	p := newProgram(t, build(t), "EPGU_LANG=ru")
	standard := func(u demoUser) bool { return u.Level == "standard" }
	u := p.signInBySMS(standard)
	p.mustRun("sandbox", "seed", "--seed", "3", "--charges", "2", "--user", u.Login)
	w := p.window(100, 30).Awaits("Всего к оплате").Send("2").Awaits("p оплатить").Send(" ").Awaits("в корзине 1").Signal(syscall.SIGHUP)
	w.Ends()
	if err := os.RemoveAll(filepath.Join(p.home, "state", "vault")); err != nil { // the session is over
		t.Fatal(err)
	}
	p.window(100, 30).Awaits("Войдите, чтобы видеть своё").Send("\x03").Ends()
	p.signIn("confirmed") // somebody else
	w = p.window(100, 30).Awaits("Всего к оплате").Send("2").Awaits("p оплатить")
	if strings.Contains(w.Screen(), "в корзине") {
		t.Errorf("the basket of somebody else:\n%s", w.Screen())
	}
	w.Send("q").Ends()
	p.signInBySMS(standard)
	w = p.window(100, 30).Awaits("Всего к оплате").Send("2").Awaits("Корзина прошлого раза").Awaits("в корзине 1")
	w.Send("q").Ends()
	// Who signs out leaves nothing.
	p.window(100, 30).Awaits("Всего к оплате").Send("2").Awaits("Корзина прошлого раза").Send("\x03").Ends()
	p.mustRun("auth", "logout")
	if kept, _ := filepath.Glob(filepath.Join(p.home, "cache", "typed", "*", "*")); len(kept) > 0 {
		t.Errorf("kept: %v", kept)
	}
}

func TestAnApplicationIsFilledAndADutyPaidLineByLine(t *testing.T) {
	p := newProgram(t, build(t), "EPGU_LANG=ru")
	u := p.person(confirmed)
	w := p.window(140, 200, "ACCESSIBLE=1").Awaits("Логин (телефон, почта, СНИЛС или ИНН)")
	w.Send(u.Login + "\n").Awaits("Пароль").Send(u.Password + "\n").Awaits("Код; пусто")
	code, err := signin.TOTP(u.TOTPSecret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	w.Send(code + "\n").Awaits("Главная, на")
	w.Send("open.charges\n").Awaits("Начисления, на").Send("/скорости\n").Awaits("1. Штраф за превышение скорости").Send("1 p\n").Awaits("Наберите сумму").Send("562,50\n").Awaits("Оплачено 562,50")
	w.Send("open.catalog\n").Awaits("Услуги, на").Send("/справка о доходах\n").Awaits("1. Справка о доходах").Send("1\n").Awaits("Услуга, на").Send("a\n").Awaits("Шаг 1 из")
	w.Send("1\n").Awaits("Год (пусто").Send("2024\n").Awaits("1. Год, обязательно: 2024")
	w.Send("submit\n").Awaits("Подать заявление?").Awaits("1. Ничего не делать").Send("2\n").Awaits("Заявление подано: №")
	w.Send("\x04").Ends()
	if raw := w.Raw(); strings.Contains(raw, "\x1b[?1049h") || strings.ContainsAny(raw, "│╭█⣿") {
		t.Error("something was drawn")
	}
}
