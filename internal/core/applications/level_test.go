package applications_test

import (
	"testing"

	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/i18n"
)

func TestALevelThatIsTooLowIsNamedWithTheOneThatIsNeeded(t *testing.T) {
	service := cabinet.Service{Title: "Загранпаспорт", Level: cabinet.LevelConfirmed}
	err := applications.CheckLevel(cabinet.LevelStandard, service)
	wantExit(t, err, exitcode.Refused)
	if got := err.Error(); got != `service "Загранпаспорт" needs a confirmed account, yours is standard` {
		t.Error(got)
	}
	for _, l := range []cabinet.Level{cabinet.LevelSimplified, cabinet.LevelStandard, cabinet.LevelConfirmed} {
		if applications.LevelTitle(l).In(i18n.RU) == "неизвестная" {
			t.Errorf("%s has no title", l)
		}
	}
	if err := applications.CheckLevel(cabinet.LevelConfirmed, service); err != nil {
		t.Error(err)
	}
}
