package apply

import (
	"testing"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/screen"
)

func TestAnOpenFormFollowsTheLanguageAndKeepsWhatWasAnswered(t *testing.T) {
	p := &portal{}
	d := start(t, p, i18n.RU, 100, 40).Press("enter", "enter").Sees("На бумаге") // kind
	d.Press("down").Press("ctrl+u").Type("Примерова").Press("down").Type("912")  // a name is taken, a telephone half typed
	saves := p.saves
	d.Press("f2").Sees("What is needed", "Kind", "On paper", "Surname", "Примерова", "912").SeesNot("Фамилия", "На бумаге")
	if p.saves != saves {
		t.Error("the draft was kept anew, though nothing was answered")
	}
	d.Press("f2").Sees("Что нужно", "Фамилия", "Примерова", "912").SeesNot("Surname")
	d.Press("ctrl+u").Type("+79001234567").Press("enter").Press("f2").Sees("+79001234567", "Surname")
	if got := p.kept.Values["applicant"].(map[string]any); got["lastName"] != "Примерова" || got["mobile"] != "+79001234567" {
		t.Errorf("kept %v", got)
	}
}

func TestAFormIsInTheLanguageThatWasChosenWhileItWasNotSeen(t *testing.T) {
	d := start(t, &portal{}, i18n.RU, 100, 40).Press("enter", "enter").Sees("На бумаге")
	d.Send(screen.GoMsg{ID: "first"}).Press("f2").Send(screen.GoMsg{ID: ID, Arg: "900"}).Sees("Kind", "On paper")
}

func TestAnItemThatWasRemovedDoesNotComeBackWithTheLanguage(t *testing.T) {
	d := start(t, &portal{}, i18n.RU, 100, 40).Press("ctrl+n").Press("ctrl+o").Press("1").Sees("Ребёнок 1", "Пётр").Press("ctrl+o").Press("2").Type("Марья").Press("enter")
	d.Press("up", "up").Press("ctrl+x").Press("right", "enter").SeesNot("Марья").Press("f2").Sees("Step 2 of 4", "Пётр").SeesNot("Марья")
}

func TestAFormStaysAsItIsWhenThePortalDoesNotAnswerInTheOtherLanguage(t *testing.T) {
	p := &portal{beginErrs: []error{nil, fault.New(exitcode.Unavailable, "portal.down", i18n.Say("портал недоступен", "the portal is not available"))}}
	d := start(t, p, i18n.RU, 100, 40).Press("enter", "enter").Press("f2").Sees("The questions stay in the language before: the portal is not available", "Вид", "На бумаге")
	d.Press("f5").Sees("Kind", "On paper") // it is asked for again
}

func TestWhatIsWrongIsToldInTheLanguageThatWasSwitchedTo(t *testing.T) {
	start(t, &portal{}, i18n.RU, 100, 40).Press("f6").Sees("! не заполнено: Вид").Press("f2").Sees("! missing: Kind", "! no file attached: Фотография")
}

func TestAFileThatIsDroppedStandsInsteadOfThePathBeforeIt(t *testing.T) {
	d := start(t, &portal{}, i18n.RU, 100, 40).Press("ctrl+n", "ctrl+n").Sees("Фотография", "обязательно, не заполнено: 1")
	d.Paste("'/nowhere/моё фото.png' ").Press("enter").Sees("файла /nowhere/моё фото.png нет")
	d.Paste("'"+picture(t)+"'").Press("enter").Press("up").Sees("✓ подходит").SeesNot("nowhere", "не заполнено")
}
