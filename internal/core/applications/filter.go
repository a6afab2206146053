package applications

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	portal "github.com/epgu-cli/epgu/internal/portal/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Filter narrows and orders a list of applications; empty members do nothing.
type Filter struct {
	State    string // see States
	Service  string // code or slug
	StatusID int
	Region   string // ОКАТО, or the digits it begins with
	From, To string // days of Moscow on which they were created, yyyy-mm-dd
	Sort     string // see Sorts
	Reverse  bool
}

// States are the values of Filter.State.
func States() []string { return []string{"active", "final", "correction", "unpaid"} }

// Sorts are the values of Filter.Sort.
func Sorts() []string { return []string{"created", "updated", "expected", "status"} }

// Check refuses values that no list can be narrowed by. Days may be written
// dd.mm.yyyy; Check turns them round.
func (f *Filter) Check() error {
	for _, w := range []struct {
		flag, value string
		words       []string
	}{{"state", f.State, States()}, {"sort", f.Sort, Sorts()}} {
		if w.value != "" && !slices.Contains(w.words, w.value) {
			return badFlag(w.flag, w.value, strings.Join(w.words, ", "))
		}
	}
	if f.StatusID < 0 {
		return badFlag("status", "-", "3, 4, 15")
	}
	if strings.Trim(f.Region, "0123456789") != "" || len(f.Region) > 11 {
		return badFlag("region", f.Region, "45, 45000000000")
	}
	for _, d := range []struct {
		flag string
		day  *string
	}{{"from", &f.From}, {"to", &f.To}} {
		if *d.day == "" {
			continue
		}
		t, err := time.Parse(time.DateOnly, *d.day)
		if err != nil {
			t, err = time.Parse("02.01.2006", *d.day)
		}
		if err != nil {
			return badFlag(d.flag, *d.day, "2026-07-01, 01.07.2026")
		}
		*d.day = t.Format(time.DateOnly)
	}
	if f.From != "" && f.To != "" && f.To < f.From {
		return fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "--to (%[2]s) раньше, чем --from (%[1]s)", EN: "--to (%[2]s) is before --from (%[1]s)"}.With(f.From, f.To))
	}
	return nil
}

func badFlag(flag, value, words string) error {
	return fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "--%s не может быть «%s»; подходит: %s", EN: "--%s cannot be %q; use: %s"}.With(flag, untrusted.Text(value), words))
}

// Narrows reports whether the filter leaves anything out.
func (f *Filter) Narrows() bool {
	return f.State != "" || f.Service != "" || f.StatusID != 0 || f.Region != "" || f.From != "" || f.To != ""
}

// Query is the question to a portal that filters and orders itself. What is asked for
// in reverse has to be turned round by the caller, whole.
func (f *Filter) Query(q portal.PageQuery) portal.ApplicationQuery {
	return portal.ApplicationQuery{PageQuery: q, State: f.State, Service: f.Service, StatusID: f.StatusID, Region: f.Region, From: f.From, To: f.To, Sort: f.Sort}
}

// Apply filters and orders what a portal without a list of its own has given.
func (f *Filter) Apply(all []cabinet.Application) []cabinet.Application {
	all = slices.DeleteFunc(all, func(a cabinet.Application) bool { return !f.lets(&a) })
	if f.Sort != "" {
		slices.SortStableFunc(all, f.compare)
	}
	if f.Reverse {
		slices.Reverse(all)
	}
	return all
}

func (f *Filter) lets(a *cabinet.Application) bool {
	day := ""
	if !a.CreatedAt.IsZero() {
		day = a.CreatedAt.In(clock.Moscow()).Format(time.DateOnly)
	}
	switch {
	case f.Service != "" && a.Service != f.Service,
		f.StatusID != 0 && a.StatusID != f.StatusID,
		!strings.HasPrefix(a.Region, f.Region),
		(f.From != "" || f.To != "") && day == "",
		f.From != "" && day < f.From,
		f.To != "" && day > f.To:
		return false
	}
	switch f.State {
	case "active":
		return !a.Final
	case "final":
		return a.Final
	case "correction":
		return a.StatusID == statusCorrection
	case "unpaid":
		return len(a.UnpaidUINs) > 0
	}
	return true
}

func (f *Filter) compare(a, b cabinet.Application) int {
	switch f.Sort {
	case "updated":
		return b.UpdatedAt.Compare(a.UpdatedAt)
	case "status":
		return cmp.Or(cmp.Compare(a.StatusID, b.StatusID), cmp.Compare(b.OrderID, a.OrderID))
	case "expected":
		switch {
		case a.ExpectedAt == nil && b.ExpectedAt == nil:
			return cmp.Compare(a.OrderID, b.OrderID)
		case a.ExpectedAt == nil:
			return 1
		case b.ExpectedAt == nil:
			return -1
		}
		return a.ExpectedAt.Compare(*b.ExpectedAt)
	}
	return cmp.Compare(b.OrderID, a.OrderID)
}
