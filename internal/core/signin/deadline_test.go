package signin

import (
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
)

func TestTheEndOfDirectConnectionsIsADayInMoscow(t *testing.T) {
	for at, ended := range map[time.Time]bool{
		time.Date(2026, 12, 31, 23, 59, 59, 0, clock.Moscow()): false,
		time.Date(2026, 12, 31, 21, 0, 0, 0, time.UTC):         true,
	} {
		if got := DirectAccess(at).In(i18n.EN); strings.Contains(got, "ended on 31.12.2026") != ended || !strings.Contains(got, "--api-key-stdin") {
			t.Errorf("%s: %s", at, got)
		}
	}
}
