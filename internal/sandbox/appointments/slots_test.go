package appointments

import (
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/sandbox/dictionaries"
)

// A slot is what its id says, or there is no such slot.
func FuzzASlotIsReadAsItWasWrittenOrNotAtAll(f *testing.F) {
	for _, id := range []string{"doctor-dentist.77-P1.20261202T0915", "marriage.77-Z1.20261202T1000", "doctor-dentist.77-P1.20261205T0915", "doctor-dentist.77-P1.2026", "..", "", "x.y.z", "doctor-dentist.77-P1.20261202T0915\n"} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		s, ok, err := ParseSlot(id)
		if err != nil {
			t.Fatal(err)
		}
		if ok && (s.Subject.slot(s.Place, s.Start).ID != id || !s.Subject.receives(s.Start)) {
			t.Errorf("%q is read as %+v", id, s)
		}
	})
}

func TestEveryRegionHasOneOfTheElevenZones(t *testing.T) {
	all, err := dictionaries.All()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, e := range all["REGIONS"].Entries {
		if e.Parent == "" {
			seen[ZoneOf(e.Value).Name]++
		}
	}
	for region, zone := range map[string]string{"39": "Europe/Kaliningrad", "34": "Europe/Moscow", "63": "Europe/Samara", "74": "Asia/Yekaterinburg", "55": "Asia/Omsk", "54": "Asia/Krasnoyarsk", "38": "Asia/Irkutsk", "14": "Asia/Yakutsk", "27": "Asia/Vladivostok", "65": "Asia/Magadan", "87": "Asia/Kamchatka"} {
		if got := ZoneOf(region).Name; got != zone {
			t.Errorf("%s is in %s, want %s", region, got, zone)
		}
	}
	if len(seen) > 11 || len(seen) == 0 {
		t.Errorf("%v", seen)
	}
	// A visit of the same hour begins ten hours earlier in the east than in the west.
	east, _, err := ParseSlot("doctor-dentist.41-P1.20261202T0900")
	if err != nil {
		t.Fatal(err)
	}
	west, _, err := ParseSlot("doctor-dentist.39-P1.20261202T0900")
	if err != nil || west.Start.Sub(east.Start) != 10*time.Hour {
		t.Errorf("%v %v %v", west.Start, east.Start, err)
	}
}
