package acceptance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/tui/drive"
)

// asked opens a command on a terminal of 80 columns.
func (p *program) asked(args ...string) *drive.Window {
	p.t.Helper()
	cmd := p.command(args...)
	cmd.Env = append(cmd.Env, "TERM=xterm-256color")
	return drive.OpenWindow(p.t, cmd, 80, 60)
}

// A person is asked for everything that is required, files too; whatever interrupts
// them, the next try goes on where they were.
func TestAnApplicationIsAskedForOnATerminalAndContinuedAfterAnyInterruption(t *testing.T) {
	p := newProgram(t, build(t), "EPGU_LANG=ru")
	p.signIn("confirmed")
	dir := filepath.Join(p.home, "Мои файлы")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	me := filepath.Join(dir, "фото (1).jpg")
	if err := photo(me); err != nil {
		t.Fatal(err)
	}
	text := filepath.Join(dir, "text.jpg")
	if err := os.WriteFile(text, []byte("текст"), 0o600); err != nil {
		t.Fatal(err)
	}
	create := func() *drive.Window { return p.asked("application", "create", "zagranpasport") }

	// Ctrl-C before anything is answered leaves nothing behind.
	if code := create().Awaits("номер:").Send("\x03").Awaits("прервано").Ends(); code != 130 {
		t.Errorf("exit %d", code)
	}
	if out := p.mustRun("application", "draft", "--json", "id"); !strings.Contains(out, `"items":[]`) {
		t.Error(out)
	}
	// Killed after an answer: the answer is there, and the person is offered to go on.
	w := create().Awaits("Причина").Send("1\n").Awaits("Занятость").Awaits("номер:")
	if err := w.Process().Kill(); err != nil {
		t.Fatal(err)
	}
	w.Ends()
	w = create().Awaits("Есть черновик этого заявления").Send("\n").Awaits("Занятость").Send("4\n").Awaits("Где получить").Send("2\n")
	// Whatever is no photo is refused with the reason, and asked for again.
	w.Awaits("Вложения").Awaits("путь к файлу").Send("\n").Awaits("без этого заявление не подать")
	w.Send("нет такого.jpg\n").Awaits("файла нет такого.jpg нет").Send(dir + "\n").Awaits("папка, а нужен файл").Send(text + "\n").Awaits("не JPEG")
	if code := w.Send("\x03").Awaits("epgu application submit").Ends(); code != 130 {
		t.Errorf("exit %d", code)
	}
	// The path may be dropped onto the window; what was attached is in the draft.
	w = create().Awaits("Есть черновик").Send("да\n").Awaits("путь к файлу").Send("'" + me + "' \n").Awaits("Остальное — по желанию").Send("\n").Awaits("Черновик сохранён")
	if code := w.Ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
	var drafts struct{ Items []struct{ ID string } }
	p.decode(&drafts, "application", "draft", "list", "--json", "id")
	if len(drafts.Items) != 1 {
		t.Fatalf("%d drafts", len(drafts.Items))
	}
	id := drafts.Items[0].ID
	if view, err := p.command("application", "draft", "view", id).CombinedOutput(); err != nil || !strings.Contains(string(view), "вложение photo: "+me) {
		t.Errorf("%v %s", err, view)
	}
	// A file that is gone is asked for again, and ~ is the person's home.
	if err := os.Rename(me, filepath.Join(dir, "новое.jpg")); err != nil {
		t.Fatal(err)
	}
	w = p.asked("application", "submit", id).Awaits("фото (1).jpg нет").Awaits("путь к файлу").Send("~/Мои\\ файлы/новое.jpg\n").Awaits("по желанию").Send("\n")
	if code := w.Awaits("Оплатить: epgu pay ").Awaits("Следить: epgu application watch ").Ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
	if left, _ := filepath.Glob(filepath.Join(p.home, "*", "drafts", "*", "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// What was given with the command is not lost when the first question is interrupted,
// and a draft takes its files without a terminal, too.
func TestWhatWasGivenWithTheCommandIsKept(t *testing.T) {
	p := newProgram(t, build(t), "EPGU_LANG=en")
	p.signIn("confirmed")
	me := filepath.Join(p.home, "me.jpg")
	if err := photo(me); err != nil {
		t.Fatal(err)
	}
	w := p.asked("application", "create", "zagranpasport", "--set", "reason=first", "--attach", "photo=~/me.jpg", "--submit")
	if code := w.Awaits("number:").Send("\x03").Awaits("application submit").Ends(); code != 130 {
		t.Errorf("exit %d", code)
	}
	var drafts struct{ Items []struct{ ID string } }
	p.decode(&drafts, "application", "draft", "list", "--json", "id")
	if len(drafts.Items) != 1 {
		t.Fatalf("%d drafts", len(drafts.Items))
	}
	p.mustRun("application", "draft", "edit", drafts.Items[0].ID, "--set", "employment=none", "--set", "office=77-01")
	p.mustRun("application", "submit", drafts.Items[0].ID)

	var kept struct{ DraftID string }
	p.decode(&kept, "application", "create", "zagranpasport", "--set", "reason=first", "--set", "employment=none", "--set", "office=77-01", "--attach", me, "--json", "draftId")
	if _, err := p.run("", "application", "submit", kept.DraftID, "--again", "another person"); err != nil {
		t.Error(err)
	}
}

// Nobody sends an answer that was taken by default without having seen it: whoever was
// asked something is shown what was passed over, may see the whole, and change it.
func TestWhatTheQuestionsPassedOverIsOffered(t *testing.T) {
	p := newProgram(t, build(t), "EPGU_LANG=en")
	p.signIn("confirmed")
	w := p.asked("application", "create", "marriage", "--set", "role=groom", "--set", "citizenship=RU", "--set", "partner.firstName=Анна", "--set", "partner.lastName=Образцова",
		"--set", "partner.birthDate=1992-03-04", "--set", "partner.citizenship=KZ", "--set", "partner.passport=4500 000002", "--set", "day=2027-06-12", "--set", "region=63")
	// A region that is no capital has offices, too.
	w.Awaits("Training registry office No. 3, Samara Region").Send("63-Z3\n")
	w.Awaits("The rest is up to you").Awaits("Earlier marriage: There was none").Awaits("Common children: add").Send("?\n")
	w.Awaits("Citizenship: Kazakhstan").Awaits("Last name: Учебный (profile)").Awaits("The rest is up to you")
	w.Send("4\n").Awaits("Dissolved").Awaits("number [1]").Send("divorced\n").Awaits("Record of the end of the marriage").Send("120179770000100001\n")
	w.Awaits("The rest is up to you").Send("3\n").Awaits("Name after the marriage").Send("\n") // it may be left empty
	if code := w.Awaits("The rest is up to you").Send("\n").Awaits("The draft is kept").Ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
	var drafts struct {
		Items []struct{ Data map[string]any }
	}
	p.decode(&drafts, "application", "draft", "list", "--json", "data")
	if len(drafts.Items) != 1 || drafts.Items[0].Data["before"] != "divorced" || drafts.Items[0].Data["newName"] != nil {
		t.Errorf("%v", drafts)
	}
	// Whoever gave everything with the command is asked nothing.
	w = p.asked("application", "create", "public-request", "--set", "kind=question", "--set", "subject=Первый", "--set", "text=Учебное обращение без личных данных, для проверки.")
	if code := w.Awaits("The draft is kept").Ends(); code != 0 {
		t.Errorf("exit %d", code)
	}
}
