package applications

import (
	"cmp"
	"slices"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// The statuses by which an application is counted (protocol.md, 2.6).
const (
	statusRendered = 3
	statusRefused  = 4
)

// Stat sums up applications that have something in common.
type Stat struct {
	Key   string // code of the service, the department's name, or the month
	Title cabinet.Text

	Total, Active, Rendered, Refused, Withdrawn, Failed int

	Waiting int // for their owner
	Overdue int // under way after their term
	// MedianDays and LongestDays are from the sending to the decision, of those that are
	// decided; -1 when none is.
	MedianDays  float64
	LongestDays float64
}

// RefusedShare is how many of the decided ones were refused, 0…1; 0 when none is
// decided.
func (s *Stat) RefusedShare() float64 {
	if n := s.Rendered + s.Refused; n > 0 {
		return float64(s.Refused) / float64(n)
	}
	return 0
}

// Groupings are the words of Stats.
func Groupings() []string { return []string{"service", "department", "month"} }

// Stats sums applications up by service, department or month of sending, and by
// nothing at the end: the last entry, without a key, is of all. The largest come
// first, months in their order.
func Stats(all []cabinet.Application, by string, now time.Time) []Stat {
	groups := map[string]*stat{}
	total := &stat{}
	for i := range all {
		a := &all[i]
		key, title := a.Service, a.ServiceTitle
		switch by {
		case "department":
			key, title = a.Department.String(), a.Department
		case "month":
			key = a.CreatedAt.In(clock.Moscow()).Format("2006-01")
			title = cabinet.Text(key)
		}
		g := groups[key]
		if g == nil {
			g = &stat{Stat: Stat{Key: key, Title: title}}
			groups[key] = g
		}
		g.add(a, now)
		total.add(a, now)
	}
	out := make([]Stat, 0, len(groups)+1)
	for _, g := range groups {
		out = append(out, g.sum())
	}
	slices.SortFunc(out, func(a, b Stat) int {
		if by == "month" {
			return cmp.Compare(a.Key, b.Key)
		}
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.Key, b.Key))
	})
	return append(out, total.sum())
}

type stat struct {
	Stat
	days []float64
}

func (s *stat) add(a *cabinet.Application, now time.Time) {
	s.Total++
	switch {
	case !a.Final:
		s.Active++
		if a.ExpectedAt != nil && now.After(*a.ExpectedAt) {
			s.Overdue++
		}
		if a.Correction != nil || a.Wanted != nil || len(a.UnpaidUINs) > 0 {
			s.Waiting++
		}
		return
	case a.StatusID == statusRendered:
		s.Rendered++
	case a.StatusID == statusRefused:
		s.Refused++
	case a.StatusID == statusWithdrawn:
		s.Withdrawn++
		return
	default:
		s.Failed++
		return
	}
	s.days = append(s.days, a.UpdatedAt.Sub(a.CreatedAt).Hours()/24)
}

func (s *stat) sum() Stat {
	s.MedianDays, s.LongestDays = -1, -1
	if n := len(s.days); n > 0 {
		slices.Sort(s.days)
		s.MedianDays, s.LongestDays = (s.days[(n-1)/2]+s.days[n/2])/2, s.days[n-1]
	}
	return s.Stat
}
