package charges

import (
	"context"
	"io"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui"
	"github.com/epgu-cli/epgu/internal/tui/drive"
)

// script answers questions in order and hears everything.
type script struct {
	t       *testing.T
	answers []string
	heard   strings.Builder
}

func (s *script) Say(line string) { s.heard.WriteString(line + "\n") }
func (s *script) Ask(_ context.Context, label string, _ bool) (string, error) {
	s.heard.WriteString("? " + label + "\n")
	if len(s.answers) == 0 {
		return "", io.EOF
	}
	a := s.answers[0]
	s.answers = s.answers[1:]
	s.heard.WriteString("> " + a + "\n")
	return a, nil
}

func speak(t *testing.T, p *portal, answers ...string) string {
	s := &script{t: t, answers: answers}
	if err := tui.RunLines(t.Context(), s, drive.Simple(now, i18n.RU, Entries(p)...)); err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(s.heard.String(), "\u00a0", " ")
}

func TestChargesArePaidLineByLineWithTheSameTypedTotal(t *testing.T) {
	p := demo()
	heard := speak(t, p, "1 b", "2 b", "p", "100", "2062,50")
	for _, want := range []string{"1. Превышение скорости", "в корзине 2: 2 062,50 ₽", "Будет уплачено 2 062,50 ₽. Наберите сумму:", "набрано 100,00 ₽", "Оплачено: 2 из 2"} {
		if !strings.Contains(heard, want) {
			t.Errorf("%q was not said:\n%s", want, heard)
		}
	}
	if len(p.paid) != 2 {
		t.Errorf("paid %v", p.paid)
	}
	for _, bad := range []string{"│", "╭", "█", "\x1b", "›"} {
		if strings.Contains(heard, bad) {
			t.Errorf("%q was said:\n%s", bad, heard)
		}
	}
}

func TestAnEmptyLineAtTheSumPaysNothing(t *testing.T) {
	p := demo()
	if heard := speak(t, p, "3 p", ""); len(p.paid) > 0 || !strings.Contains(heard, "6 000,00") {
		t.Errorf("paid %v:\n%s", p.paid, heard)
	}
}

func TestACardIsReadAndAListIsFilteredLineByLine(t *testing.T) {
	heard := speak(t, demo(), "/газон", "1", "esc", "?", "")
	for _, want := range []string{"Поиск: газон", "1. Стоянка на газоне", "Получатель, УФК по г. Москве", "Действия.", "p — оплатить (epgu pay 18810177170325189002)"} {
		if !strings.Contains(heard, want) {
			t.Errorf("%q was not said:\n%s", want, heard)
		}
	}
}
