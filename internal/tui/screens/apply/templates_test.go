package apply

import (
	"fmt"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/tui/screen"
)

// sad is a template for the form of the tests.
func sad() wire.Template {
	return wire.Template{ID: "t1", Name: "Сад у дома", Service: "900", FormVersion: "2026-01", Data: map[string]any{"kind": "online", "office": "8"}}
}

func TestAFormIsFilledByATemplateThatIsChosen(t *testing.T) {
	p := &portal{templates: []wire.Template{sad(), {ID: "t2", Name: "Сад у работы", Service: "900", Data: map[string]any{"office": "7"}}}}
	d := start(t, p, i18n.RU, 100, 40).Sees("Шаблонов: 2, Ctrl-T").SeesNot("Электронно")
	d.Press("ctrl+t").Sees("Сад у дома", "Сад у работы").Type("дом").SeesNot("у работы").Press("enter")
	d.Sees("Заполнено по шаблону «Сад у дома»", "Электронно", "отделение № 8", "← «Сад у дома»", "Демина")
	if p.kept == nil || fmt.Sprint(p.kept.Values["office"]) != "8" {
		t.Errorf("the draft: %+v", p.kept)
	}
	d.Send(screen.GoMsg{ID: ID, Arg: "900"}).Sees("Электронно") // gone on with
}

func TestATemplateIsChosenBeforeTheFormIsSeen(t *testing.T) {
	p := &portal{templates: []wire.Template{sad()}, kept: &Draft{ID: "draft-0", ETag: "0", At: now, Values: map[string]any{"kind": "paper"}}}
	d := start(t, p, i18n.RU, 100, 40)
	d.Send(screen.GoMsg{ID: ID, Arg: "templates 900"}).Sees("Заполнить по шаблону", "Сад у дома").Press("enter").Sees("Электронно")
	if p.kept.ID == "draft-0" {
		t.Error("the draft of other answers was written over")
	}
	start(t, &portal{}, i18n.RU, 100, 40).Send(screen.GoMsg{ID: ID, Arg: "templates 901"}).Sees("шаблонов для этой услуги ещё нет")
}

func TestTheAnswersAreKeptAsATemplateWhichIsReplacedOnlyWhenConfirmed(t *testing.T) {
	p := &portal{}
	d := start(t, p, i18n.RU, 100, 40).Press("enter", "down", "enter").Sees("Электронно")
	d.Press("ctrl+g").Press("enter").Sees("нужно имя").Type("Наш сад").Press("enter").Sees("Шаблон «Наш сад» сохранён")
	if len(p.templates) != 1 || p.templates[0].Data["kind"] != "online" {
		t.Fatalf("kept %+v", p.templates)
	}
	if _, known := p.templates[0].Data["applicant"].(map[string]any)["lastName"]; known {
		t.Error("what the profile says became a part of the template")
	}
	d.Press("home", "up", "up").Press("enter", "up", "enter").Sees("На бумаге")
	d.Press("ctrl+g").Type("Наш сад").Press("enter").Sees("Заменить шаблон?").Pause().Press("enter")
	if p.templates[0].Data["kind"] != "online" {
		t.Fatal("replaced by the answer that was chosen to begin with")
	}
	d.Press("ctrl+g").Type("Наш сад").Press("enter").Pause().Press("y", "enter").Sees("Шаблон «Наш сад» сохранён")
	if p.templates[0].Data["kind"] != "paper" {
		t.Errorf("kept %+v", p.templates)
	}
	d.Press("ctrl+k").Type("сохранить как шаблон").Press("enter").Sees("Имя шаблона:")
}

func TestAnEarlierApplicationIsRepeatedWithWhatIsOtherwiseByNow(t *testing.T) {
	p := &portal{}
	d := start(t, p, i18n.RU, 100, 40).Send(screen.GoMsg{ID: ID, Arg: "repeat 7001"})
	d.Sees("Чем заполнено", "Заполнено как заявление № 7001", "тогда было «Прежняя», теперь «Демина»", "Вложения не повторяются").Pause().Press("enter")
	d.Sees("На бумаге", "Демина", "Черновик сохранён").Send(screen.GoMsg{ID: ID, Arg: "900"}).Sees("На бумаге")
	if got := p.begun[len(p.begun)-1]; got.Repeat != 7001 {
		t.Errorf("begun from %+v", got)
	}
}

func TestWhatIsNotKeptYetIsKeptBeforeTheFormIsFilledFromSomethingElse(t *testing.T) {
	down := fault.New(exitcode.Unavailable, "portal.down", i18n.Say("портал недоступен", "the portal is away"))
	p := &portal{templates: []wire.Template{sad()}, saveErrs: []error{down}}
	d := start(t, p, i18n.RU, 100, 40).Press("down", "down").Press("ctrl+u").Type("Примерова").Press("enter").Sees("Черновик не сохранён")
	var kept []string
	p.onSave = func(d Draft) { kept = append(kept, fmt.Sprint(d.Values)) }
	d.Press("ctrl+t", "enter").Sees("Заполнено по шаблону")
	if !strings.Contains(strings.Join(kept, "\n"), "Примерова") {
		t.Errorf("kept %v", kept)
	}
}

func TestTemplatesInBothLanguages(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.RU, i18n.EN} {
		for _, size := range [][2]int{{80, 24}, {120, 40}} {
			name := fmt.Sprintf("%s.%dx%d", lang, size[0], size[1])
			d := start(t, &portal{templates: []wire.Template{sad()}}, lang, size[0], size[1])
			d.Press("ctrl+t").Golden("templates." + name).Press("enter").Golden("filled." + name)
			d.Press("ctrl+g").Golden("keep." + name).Press("esc")
			d.Send(screen.GoMsg{ID: ID, Arg: "repeat 7001"}).Golden("repeat." + name)
		}
	}
}
