package applications

import (
	"fmt"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

func TestApplicationsAreSummedUpByWhatTheyShare(t *testing.T) {
	at := func(month, day int) time.Time { return time.Date(2026, time.Month(month), day, 12, 0, 0, 0, time.UTC) }
	gone, soon := at(7, 1), at(9, 1)
	all := []cabinet.Application{
		{Service: "a", Department: "Один", StatusID: 3, Final: true, CreatedAt: at(6, 1), UpdatedAt: at(6, 5)},
		{Service: "a", Department: "Один", StatusID: 4, Final: true, CreatedAt: at(6, 1), UpdatedAt: at(6, 11)},
		{Service: "a", Department: "Один", StatusID: 6, CreatedAt: at(7, 1), ExpectedAt: &gone, UnpaidUINs: []string{"1"}},
		{Service: "b", Department: "Два", StatusID: 10, Final: true, CreatedAt: at(7, 1), UpdatedAt: at(7, 30)},
		{Service: "b", Department: "Один", StatusID: 6, CreatedAt: at(7, 1), ExpectedAt: &soon},
	}
	short := func(s Stat) string {
		return fmt.Sprintf("%s %d=%d+%d+%d+%d, %d waiting, %d overdue, %.0f%%, %.1f/%.1f days", s.Key, s.Total, s.Active, s.Rendered, s.Refused, s.Withdrawn, s.Waiting, s.Overdue, 100*s.RefusedShare(), s.MedianDays, s.LongestDays)
	}
	for by, want := range map[string][]string{
		"service":    {"a 3=1+1+1+0, 1 waiting, 1 overdue, 50%, 7.0/10.0 days", "b 2=1+0+0+1, 0 waiting, 0 overdue, 0%, -1.0/-1.0 days"},
		"department": {"Один 4=2+1+1+0, 1 waiting, 1 overdue, 50%, 7.0/10.0 days", "Два 1=0+0+0+1, 0 waiting, 0 overdue, 0%, -1.0/-1.0 days"},
		"month":      {"2026-06 2=0+1+1+0, 0 waiting, 0 overdue, 50%, 7.0/10.0 days", "2026-07 3=2+0+0+1, 1 waiting, 1 overdue, 0%, -1.0/-1.0 days"},
	} {
		got := Stats(all, by, at(8, 1))
		want = append(want, " 5=2+1+1+1, 1 waiting, 1 overdue, 50%, 7.0/10.0 days")
		for i, s := range got {
			if i >= len(want) || short(s) != want[i] {
				t.Errorf("by %s, %d: %s", by, i, short(s))
			}
		}
	}
	if got := Stats(nil, "service", at(8, 1)); len(got) != 1 || got[0].Total != 0 || got[0].MedianDays != -1 {
		t.Errorf("of none: %+v", got)
	}
}
