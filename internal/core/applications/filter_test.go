package applications

import (
	"fmt"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

func TestApplicationsAreFilteredAndOrderedWhereThePortalDoesNot(t *testing.T) {
	at := func(day int) time.Time { return time.Date(2026, 7, day, 22, 30, 0, 0, time.UTC) } // the next day in Moscow
	soon, late := at(20), at(25)
	all := func() []cabinet.Application {
		return []cabinet.Application{
			{OrderID: 1, Service: "a", Region: "45000000000", StatusID: 6, CreatedAt: at(1), UpdatedAt: at(9), ExpectedAt: &late},
			{OrderID: 2, Service: "b", Region: "40000000000", StatusID: 15, CreatedAt: at(2), UpdatedAt: at(8), ExpectedAt: &soon},
			{OrderID: 3, Service: "a", Region: "45286555000", StatusID: 3, Final: true, CreatedAt: at(3), UpdatedAt: at(7)},
			{OrderID: 4, Service: "a", StatusID: 6, UnpaidUINs: []string{"1"}, UpdatedAt: at(6)},
		}
	}
	for _, c := range []struct {
		f    Filter
		want string
	}{
		{Filter{}, "[1 2 3 4]"},
		{Filter{Service: "a"}, "[1 3 4]"},
		{Filter{Region: "45"}, "[1 3]"},
		{Filter{StatusID: 15}, "[2]"},
		{Filter{State: "active"}, "[1 2 4]"},
		{Filter{State: "final"}, "[3]"},
		{Filter{State: "correction"}, "[2]"},
		{Filter{State: "unpaid"}, "[4]"},
		{Filter{From: "2026-07-03"}, "[2 3]"},
		{Filter{To: "03.07.2026"}, "[1 2]"},
		{Filter{Sort: "updated"}, "[1 2 3 4]"},
		{Filter{Sort: "updated", Reverse: true}, "[4 3 2 1]"},
		{Filter{Sort: "expected"}, "[2 1 3 4]"},
		{Filter{Sort: "status"}, "[3 4 1 2]"},
		{Filter{Sort: "created"}, "[4 3 2 1]"},
	} {
		if err := c.f.Check(); err != nil {
			t.Fatalf("%+v: %v", c.f, err)
		}
		var got []int64
		for _, a := range c.f.Apply(all()) {
			got = append(got, a.OrderID)
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%+v: %v, want %s", c.f, got, c.want)
		}
	}
	for _, f := range []Filter{{State: "x"}, {Sort: "x"}, {Region: "4x"}, {Region: "450000000000"}, {From: "July"}, {From: "2026-07-02", To: "2026-07-01"}, {StatusID: -1}} {
		if f.Check() == nil {
			t.Errorf("%+v was taken", f)
		}
	}
}
