package kit

import (
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/screen"
)

// What was done before counts for the bar, and says nothing about how fast it goes now.
func TestTheRateAndWhatIsLeftAreThoseOfThisRun(t *testing.T) {
	began := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	e := &screen.Env{Lang: i18n.RU, Clock: clock.NewManual(began.Add(30 * time.Second))}
	for _, x := range []struct {
		p    Progress
		want string
	}{
		{Progress{Done: 60, Of: 600, Since: began}, " 60 / 600 · 10 % · 120 в минуту · осталось 4 мин 30 с"},
		{Progress{Done: 560, Of: 600, Since: began, Before: 500}, " 560 / 600 · 93 % · 120 в минуту · осталось 20 с"},
		{Progress{Done: 60, Of: 60_060, Since: began}, "· осталось 8 ч 20 мин"},
		{Progress{Done: 500, Of: 600, Since: began, Before: 500}, " 500 / 600 · 83 %"},
		{Progress{Done: 600, Of: 600, Since: began, Before: 500}, " 600 / 600 · 100 % · 200 в минуту"},
		{Progress{Done: 2, Of: 600}, " 2 / 600 · 0 %"},
	} {
		if got := x.p.View(e, 120).String(); !strings.HasSuffix(got, x.want) {
			t.Errorf("%+v: %q, want %q", x.p, got, x.want)
		}
	}
	e.Lang = i18n.EN
	if got := (Progress{Done: 60, Of: 600, Since: began}).View(e, 120).String(); !strings.HasSuffix(got, "120 a minute · left 4 min 30 s") {
		t.Error(got)
	}
}
