package calendar

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/tui"
	"github.com/epgu-cli/epgu/internal/tui/drive"
)

var now = time.Date(2026, 12, 1, 12, 3, 0, 0, clock.Moscow())

type portal struct{ now time.Time }

func (p *portal) Clock(context.Context) (*wire.Clock, error) {
	return &wire.Clock{Now: p.now, Speed: 1, SkipIdle: true}, nil
}

func (p *portal) Advance(_ context.Context, by time.Duration) (*wire.AdvanceResult, error) {
	p.now = p.now.Add(by)
	return &wire.AdvanceResult{Now: p.now, Events: 3}, nil
}

func TestTheTrainingCalendarMovesForwardInBothLanguages(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.RU, i18n.EN} {
		for _, size := range [][2]int{{80, 24}, {120, 40}} {
			d := drive.Start(t, drive.Simple(now, lang, Entry(&portal{now})), size[0], size[1])
			d.Golden(fmt.Sprintf("calendar.%s.%dx%d", lang, size[0], size[1])).Press("d").Golden(fmt.Sprintf("moved.%s.%dx%d", lang, size[0], size[1]))
		}
	}
}

func TestAnotherPeriodIsTyped(t *testing.T) {
	p := &portal{now}
	drive.Start(t, drive.Simple(now, i18n.RU, Entry(p)), 80, 24).Press("p").Type("вчера").Press("enter").Sees("не срок").Press("ctrl+u").Type("36h").Press("enter").Sees("03.12.2026", "3 события")
	if !p.now.Equal(now.Add(36 * time.Hour)) {
		t.Error(p.now)
	}
}

func TestAPortalThatIsNoTrainingOneShowsNoCalendar(t *testing.T) {
	o := drive.Simple(now, i18n.RU, Entry(&portal{now}))
	o.Begin = func(context.Context) (tui.Session, error) { return tui.Session{SignedIn: true}, nil }
	drive.Start(t, o, 80, 24).Press("ctrl+k").Paste("Учебный календарь").Sees("Ничего не найдено")
}
