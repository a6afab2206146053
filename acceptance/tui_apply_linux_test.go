package acceptance

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/tui/drive"
)

const (
	keyF6 = "\x1b[17~"
	keyF8 = "\x1b[19~"
)

// applying opens the form of a service from its page in the catalogue.
func (p *program) applying(search, title string) *drive.Window {
	p.t.Helper()
	w := p.window(120, 40).Awaits("Всего к оплате")
	w.Send("3").Awaits("Ведомство").Send("/" + search).Awaits("›   " + title).Send("\r\r").Awaits("подать заявление")
	return w.Send("a").Awaits("Шаг 1 из")
}

// submitNow answers the question before a submission; a window that opens by itself
// takes no keys at first.
func submitNow(w *drive.Window) {
	w.Send(keyF8).Awaits("Подать заявление?")
	time.Sleep(600 * time.Millisecond)
	w.Send("y\r")
}

func TestAnApplicationIsFilledAndSubmittedOnTheScreen(t *testing.T) {
	p := newProgram(t, build(t), "EPGU_LANG=ru")
	p.signIn("confirmed")
	dir := filepath.Join(t.TempDir(), "my files")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := photo(filepath.Join(dir, "me.jpg")); err != nil {
		t.Fatal(err)
	}
	w := p.applying("загранпаспорт нового", "Загранпаспорт нового")
	// Whatever is wrong leads to its field, whose list opens by Enter.
	options := map[string][2]string{"Причина получения": {"Впервые", "Впервые"}, "Где получить паспорт": {"Примерный", "пр. Примерный, 2"}, "Занятость": {"Не работаю", "Не работаю"}}
	mark := regexp.MustCompile(`›   ! не заполнено: (\S.*?)\s*\n`)
	answer := func() {
		w.Send(keyF6).Awaits("›   ! ")
		name := mark.FindStringSubmatch(w.Screen())
		if name == nil || options[name[1]][0] == "" {
			t.Fatalf("what is to be answered here?\n%s", w.Screen())
		}
		option := options[name[1]]
		w.Send("\r").Awaits("Enter или буквы").Send("\r").Awaits("Enter — выбрать, Esc").Send(option[0]).Awaits(option[0]).Send("\r").Awaits(option[1] + " ▾").Awaits("Черновик сохранён")
	}
	answer()
	// The program is killed: nothing that was answered is lost.
	if err := w.Process().Kill(); err != nil {
		t.Fatal(err)
	}
	w.Ends()
	w = p.applying("загранпаспорт нового", "Загранпаспорт нового").Awaits("Впервые").Awaits("Черновик сохранён")
	answer()
	answer()
	w.Send(keyF6).Awaits("! не приложен файл: Фотография").Send("\r").Awaits("Путь можно набрать")
	w.Send("\x1b[200~'" + filepath.Join(dir, "me.jpg") + "'\x1b[201~\r").Awaits("JPEG ·")
	submitNow(w)
	w.Awaits("Заявление подано: №").Awaits("Оплатить начисление")
	if code := w.Send("q").Ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
	w.Restored()
	out, err := p.run("", "application", "list", "--json", "orderId,service")
	if err != nil || !strings.Contains(out, `"total":1`) {
		t.Errorf("%v %s", err, out)
	}
	if out, err = p.run("", "application", "draft", "--json", "id"); err != nil || !strings.Contains(out, `"items":[]`) {
		t.Errorf("%v %s", err, out)
	}
}

func TestALostAnswerToASubmissionOnTheScreenIsUnknownAndMakesNoSecondApplication(t *testing.T) {
	t.Parallel()
	p := newProgram(t, build(t), "EPGU_LANG=ru")
	p.signIn("confirmed")
	faults := func(args ...string) {
		if _, err := p.run("", append([]string{"sandbox", "faults"}, args...)...); err != nil {
			t.Fatal(err)
		}
	}
	w := p.applying("доходах", "Справка о доходах")
	w.Send(keyF6).Awaits("! не заполнено: Год").Send("\r").Awaits("› Год").Send("2024\r").Awaits("Черновик сохранён")
	faults("--lose-reply", "100%", "--path", "/api/gusmev")
	submitNow(w)
	w.Awaits("НЕИЗВЕСТНО")
	faults("--off")
	// The program ends and begins anew: the draft is there, and so is the warning.
	w.Send("q").Ends()
	w = p.applying("доходах", "Справка о доходах").Awaits("неизвестно, дошло ли").Awaits("2024")
	submitNow(w)
	w.Awaits("Заявление подано: №").Awaits("второго заявления нет")
	w.Send("q").Ends()
	out, err := p.run("", "application", "list", "--json", "orderId,service")
	if err != nil || !strings.Contains(out, `"total":1`) {
		t.Errorf("%v %s", err, out)
	}
}

// What the portal says, what dictionaries say and how dates are written all turn at once.
func TestAnOpenFormTurnsIntoTheOtherLanguageOnTheScreen(t *testing.T) {
	p := newProgram(t, build(t), "EPGU_LANG=en")
	p.signIn("confirmed")
	const f2 = "\x1bOQ"
	w := p.window(100, 30).Awaits("Due in all").Send("3").Awaits("Department").Send("/passport of the new").Awaits("›   Foreign passport of the new").Send("\r\r").Awaits("apply").Send("a").Awaits("Step 1 of")
	w.Send("\r").Awaits("Enter chooses").Send("\r").Awaits("An adult").Send("\x0e").Awaits("← profile").Awaits("1985-04-12").Send("\x1b[B\x1b[B\x15Образцович") // typed, and taken by nobody yet
	w.Awaits("› Middle name").Awaits("Образцович").Send(f2).Awaits("Шаг 2 из").Awaits("› Отчество").Awaits("Образцович").Awaits("12.04.1985").Awaits("Мужской").Awaits("Мобильный телефон")
	w.Send("\x10").Awaits("Взрослому").Send(f2).Awaits("An adult").Send("\x0e").Awaits("Образцович").Awaits("1985-04-12")
	w.Send("\x03").Ends()
	w.Restored()
}
