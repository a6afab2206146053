package appointments

import (
	"context"
	"hash/fnv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/sandbox/room"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// Slot is a time at which one visitor is received.
type Slot struct {
	ID      string // "doctor-dentist.77-P1.20261202T0915", the time is that of the place
	Subject Subject
	Place   Place
	Start   time.Time // in the zone of the place
}

// End is when the visit is over.
func (s Slot) End() time.Time { return s.Start.Add(s.Subject.Length) }

// Hours of a place: two shifts with dinner between them, from Monday to Friday.
const (
	opens, dinner, again, closes = 9, 13, 14, 17
	// Horizon is how far ahead one may book, days.
	Horizon = 14
	// lead is the least time before a visit for which one may still book.
	lead = 30 * time.Minute
	// crowd is how many slots of a hundred other people have taken already.
	crowd = 40
	stamp = "20060102T1504"
)

func (s Subject) slot(p Place, start time.Time) Slot {
	return Slot{ID: s.ID + "." + p.ID + "." + start.Format(stamp), Subject: s, Place: p, Start: start}
}

// ParseSlot reads the id of a slot; false when no place keeps such hours.
func ParseSlot(id string) (Slot, bool, error) {
	parts := strings.Split(id, ".")
	if len(parts) != 3 {
		return Slot{}, false, nil
	}
	subject, ok := Find(parts[0])
	if !ok {
		return Slot{}, false, nil
	}
	place, ok, err := subject.Place(parts[1])
	if err != nil || !ok {
		return Slot{}, false, err
	}
	start, err := time.ParseInLocation(stamp, parts[2], place.Zone.Location())
	if err != nil || !subject.receives(start) {
		return Slot{}, false, nil //nolint:nilerr // a time that is none is no slot
	}
	return subject.slot(place, start), true, nil
}

// receives reports whether a visit begins at this time of a working day.
func (s Subject) receives(at time.Time) bool {
	if at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
		return false
	}
	day := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, at.Location())
	within := func(from, to int) bool {
		since := at.Sub(day) - time.Duration(from)*time.Hour
		return since >= 0 && since%s.Length == 0 && at.Sub(day)+s.Length <= time.Duration(to)*time.Hour
	}
	return within(opens, dinner) || within(again, closes)
}

// bookable reports whether a slot may be booked at now: it is neither too near nor
// too far.
func (s Slot) bookable(now time.Time) bool {
	return !s.Start.Before(now.Add(lead)) && s.Start.Before(lastDay(now, s.Place).AddDate(0, 0, 1))
}

// lastDay is the last day that can be booked at a place.
func lastDay(now time.Time, p Place) time.Time {
	local := now.In(p.Zone.Location())
	return time.Date(local.Year(), local.Month(), local.Day()+Horizon, 0, 0, 0, 0, local.Location())
}

// crowded reports whether somebody outside this portal has the slot. It is drawn, and
// the same whoever asks.
func (s Slot) crowded(seed uint64) bool {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s.ID)) // a hash does not fail
	return room.Draw(seed, "appointments", h.Sum64()).IntN(100) < crowd
}

// Free lists the slots of a place that can be booked at now, from a day on, for some
// days, at most limit of them. A zero day is today.
func Free(ctx context.Context, q store.Queryer, seed uint64, s Subject, p Place, from time.Time, days, limit int, now time.Time) ([]Slot, error) {
	local := now.In(p.Zone.Location())
	first := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, local.Location())
	if !from.IsZero() {
		if day := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, local.Location()); day.After(first) {
			first = day
		}
	}
	taken, err := takenAt(ctx, q, s, p, now)
	if err != nil {
		return nil, err
	}
	var out []Slot
	for d := range days {
		day := first.AddDate(0, 0, d)
		if day.After(lastDay(now, p)) {
			break
		}
		for at := day.Add(opens * time.Hour); at.Before(day.Add(closes * time.Hour)); at = at.Add(s.Length) {
			slot := s.slot(p, at)
			if !s.receives(at) || !slot.bookable(now) || taken[slot.ID] || slot.crowded(seed) {
				continue
			}
			if out = append(out, slot); len(out) == limit {
				return out, nil
			}
		}
	}
	return out, nil
}
