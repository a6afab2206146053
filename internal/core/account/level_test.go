package account_test

import (
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/core/account"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

func TestEachLevelSaysWhatItGivesAndHowToGoOn(t *testing.T) {
	for _, c := range []struct {
		level, next wire.Level
		ru, en, how string
	}{
		{wire.LevelSimplified, wire.LevelStandard, "упрощённая", "simplified", "--passport"},
		{wire.LevelStandard, wire.LevelConfirmed, "стандартная", "standard", "--way bank"},
		{wire.LevelConfirmed, "", "подтверждённая", "confirmed", "highest"},
		{"other", "", "other", "other", "highest"},
	} {
		if got := account.NextLevel(c.level); got != c.next {
			t.Errorf("%s: next %q", c.level, got)
		}
		if got := account.Title(c.level); got.RU != c.ru || got.EN != c.en {
			t.Errorf("%s: title %v", c.level, got)
		}
		if got := account.HowTo(c.level).EN; !strings.Contains(got, c.how) {
			t.Errorf("%s: how to %q", c.level, got)
		}
		if gives := account.Gives(c.level); (gives.RU == "") != (c.level == "other") || (gives.EN == "") != (c.level == "other") {
			t.Errorf("%s: gives %v", c.level, gives)
		}
	}
}

func TestALevelIsEnoughForItselfAndWhatIsBelow(t *testing.T) {
	order := []wire.Level{wire.LevelSimplified, wire.LevelStandard, wire.LevelConfirmed}
	for i, have := range order {
		for j, need := range order {
			if got := account.Reaches(have, need); got != (i >= j) {
				t.Errorf("%s for %s: %v", have, need, got)
			}
		}
		if !account.Reaches(have, "unheard-of") {
			t.Errorf("%s: a level that we do not know is the portal's to judge", have)
		}
	}
}

func TestATooLowLevelNamesBothLevelsAndTheWayUp(t *testing.T) {
	f := account.TooLow("Загран\x1b[2Jпаспорт", wire.LevelSimplified, wire.LevelConfirmed)
	ru, en := f.Message.In(i18n.RU), f.Message.In(i18n.EN)
	if f.Exit != exitcode.Refused || f.Code != "account.level" || strings.Contains(ru, "\x1b") {
		t.Errorf("%+v", f)
	}
	for _, want := range []string{"подтверждённая", "упрощённая", "паспорт"} {
		if !strings.Contains(ru, want) {
			t.Errorf("no %q in %q", want, ru)
		}
	}
	if !strings.Contains(en, "needs a confirmed account, yours is simplified") || !strings.Contains(f.Hint.In(i18n.EN), "epgu profile level raise") {
		t.Errorf("%q %q", en, f.Hint.In(i18n.EN))
	}
}
