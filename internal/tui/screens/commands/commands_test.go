package commands

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/drive"
)

var now = time.Date(2026, 12, 1, 12, 3, 0, 0, clock.Moscow())

func TestCommandsAreCopiedOnRequestTheLatestOrAllInTheirOrder(t *testing.T) {
	o := drive.Simple(now, i18n.RU, Entry())
	o.Env.Log.Add(now, "epgu bill list")
	o.Env.Log.Add(now, "epgu pay 18810177170325189001")
	d := drive.Start(t, o, 80, 24).Sees("› 12:03 epgu pay 18810177170325189001", "epgu bill list")
	copied := func(keys, want string) {
		t.Helper()
		d.Written()
		if w := d.Press(keys).Written(); !strings.Contains(w, "\x1b]52;c;"+base64.StdEncoding.EncodeToString([]byte(want))+"\x07") {
			t.Errorf("%s wrote %q", keys, w)
		}
	}
	if strings.Contains(d.Written(), "\x1b]52") {
		t.Error("copied before anybody asked")
	}
	copied("c", "epgu pay 18810177170325189001")
	copied("a", "epgu bill list\nepgu pay 18810177170325189001")
	d.Press("down")
	copied("enter", "epgu bill list")
}

func TestNothingDoneSaysSoAndCopiesNothing(t *testing.T) {
	drive.Start(t, drive.Simple(now, i18n.RU, Entry()), 80, 24).Sees("Ещё ничего не сделано").Press("a").Sees("копировать нечего")
}
