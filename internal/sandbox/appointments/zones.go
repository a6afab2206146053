package appointments

import (
	"slices"
	"time"
)

// Zone is a time zone of Russia.
type Zone struct {
	Name   string // of the IANA database
	Offset time.Duration
}

// Location is the zone for arithmetic. Russia has had no summer time since 2011, so
// no database of zones is needed.
func (z Zone) Location() *time.Location { return time.FixedZone(z.Name, int(z.Offset.Seconds())) }

// ZoneOf returns the zone of a subject of the federation by its code: that of its
// capital, where a subject has several (law 107-FZ of 03.06.2011, article 5, as
// amended; Volgograd is at UTC+3 since 27.12.2020).
func ZoneOf(region string) Zone {
	for _, z := range []struct {
		zone    Zone
		regions []string
	}{
		{Zone{"Europe/Kaliningrad", 2 * time.Hour}, []string{"39"}},
		{Zone{"Europe/Samara", 4 * time.Hour}, []string{"18", "30", "63", "64", "73"}},
		{Zone{"Asia/Yekaterinburg", 5 * time.Hour}, []string{"02", "45", "56", "59", "66", "72", "74", "86", "89"}},
		{Zone{"Asia/Omsk", 6 * time.Hour}, []string{"55"}},
		{Zone{"Asia/Krasnoyarsk", 7 * time.Hour}, []string{"04", "17", "19", "22", "24", "42", "54", "70"}},
		{Zone{"Asia/Irkutsk", 8 * time.Hour}, []string{"03", "38"}},
		{Zone{"Asia/Yakutsk", 9 * time.Hour}, []string{"14", "28", "75"}},
		{Zone{"Asia/Vladivostok", 10 * time.Hour}, []string{"25", "27", "79"}},
		{Zone{"Asia/Magadan", 11 * time.Hour}, []string{"49", "65"}},
		{Zone{"Asia/Kamchatka", 12 * time.Hour}, []string{"41", "87"}},
	} {
		if slices.Contains(z.regions, region) {
			return z.zone
		}
	}
	return Zone{"Europe/Moscow", 3 * time.Hour}
}
