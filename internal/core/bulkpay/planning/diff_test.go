package planning_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planning"
)

func diffPlan(t *testing.T, rows ...planfile.Row) *planfile.Plan {
	t.Helper()
	var b bytes.Buffer
	w, err := planfile.NewWriter(&b, planfile.Header{ID: "01980000-0000-7000-8000-000000000001", Profile: "demo", Payer: "7700000000"})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		r.Payer = "7700000000"
		if err := w.Write(&r); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	p, err := planfile.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestADifferenceIsARowThatCameWentOrChanged(t *testing.T) {
	row := func(uin string, kopecks int64, s planfile.Status) planfile.Row {
		return planfile.Row{UIN: uin, Kopecks: kopecks, Status: s}
	}
	same := row("1", 100, planfile.Pay)
	for name, c := range map[string]struct {
		old, now []planfile.Row
		want     []string
	}{
		"nothing":                    {[]planfile.Row{same}, []planfile.Row{same}, nil},
		"another sum":                {[]planfile.Row{same}, []planfile.Row{row("1", 200, planfile.Pay)}, []string{"1: pay 100, pay 200"}},
		"another status":             {[]planfile.Row{same}, []planfile.Row{row("1", 100, planfile.Paid)}, []string{"1: pay 100, paid 100"}},
		"came and went":              {[]planfile.Row{same}, []planfile.Row{row("2", 100, planfile.Pay)}, []string{"2: -, pay 100", "1: pay 100, -"}},
		"a debt that is there twice": {[]planfile.Row{same, row("1", 100, planfile.Duplicate)}, []planfile.Row{same, row("1", 100, planfile.Duplicate)}, nil},
		"one of two went":            {[]planfile.Row{same, row("1", 100, planfile.Duplicate)}, []planfile.Row{same}, []string{"1: duplicate 100, -"}},
	} {
		old, now := diffPlan(t, c.old...), planOf(t, c.now...)
		var got []string
		for d, err := range planning.Diff(old, now) {
			if err != nil {
				t.Fatal(err)
			}
			side := func(r *planfile.Row) string {
				if r == nil {
					return "-"
				}
				return fmt.Sprintf("%s %d", r.Status, r.Kopecks)
			}
			got = append(got, fmt.Sprintf("%s: %s, %s", d.Key, side(d.Old), side(d.New)))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
