package workflow

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/bulkpay"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/sqlite"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

func july() time.Time { return time.Date(2026, 7, 15, 12, 0, 0, 0, time.UTC) }

// charges is a portal where the sum of some charges has changed.
type charges struct{ due map[string]int64 }

func (c charges) Charge(_ context.Context, uin string) (*cabinet.Charge, error) {
	due, ok := c.due[uin]
	if !ok {
		due = 1000
	}
	if due == 0 {
		return &cabinet.Charge{UIN: uin, State: "annulled"}, nil
	}
	return &cabinet.Charge{UIN: uin, State: "unpaid", DueKopecks: due}, nil
}

func (charges) Pay(context.Context, cabinet.PaymentRequest) (*cabinet.Payment, error) {
	panic("nothing may be sent")
}

func (charges) Payment(context.Context, string, time.Duration) (*cabinet.Payment, error) {
	panic("nothing was sent")
}

func savedPlan(t *testing.T, n int, change func(r *planfile.Row)) string {
	t.Helper()
	var b bytes.Buffer
	w, err := planfile.NewWriter(&b, planfile.Header{ID: "01980000-0000-7000-8000-000000000001", CreatedAt: july(), Profile: "demo", Payer: "7700000000"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		r := planfile.Row{Status: planfile.Pay, Kopecks: 1000, UIN: fmt.Sprintf("18%018d", i+1), Payer: "7700000000", Checked: july(), N: i + 1}
		change(&r)
		if err := w.Write(&r); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "july.plan")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// beginning is a run of a saved plan up to its first payment.
func beginning(t *testing.T, path string, at time.Time, due map[string]int64, x *Execution) (notes string, err error) {
	t.Helper()
	x.desk = &Desk{Clock: clock.NewManual(at), Note: func(m i18n.Localised) { notes += m.In(i18n.EN) + "\n" }}
	p, err := planfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	j, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir(), Clock: x.desk.Clock})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	r := &bulkpay.Run{Portal: charges{due}, Journal: j, Plan: p, Clock: x.desk.Clock, Options: x.Options}
	err = x.precheck(t.Context(), r)
	for range j.List(t.Context(), journal.Filter{}) {
		t.Error("something was journalled before the first payment")
	}
	return notes, err
}

func allBut(rows ...int) func(int) bool { return func(n int) bool { return !slices.Contains(rows, n) } }

func codeOf(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}

func TestSumsThatHoldNoLongerAreLeftOutOnlyWhenAskedFor(t *testing.T) {
	path := savedPlan(t, 5, func(r *planfile.Row) {
		if r.N == 2 || r.N == 4 {
			r.NotAfter = "2026-07-20"
		}
	})
	if notes, err := beginning(t, path, july(), nil, &Execution{Options: bulkpay.Options{Recheck: 24 * time.Hour}}); err != nil || strings.Contains(notes, "left out") {
		t.Fatalf("%s %v", notes, err)
	}
	later := july().AddDate(0, 0, 6)
	_, err := beginning(t, path, later, nil, &Execution{})
	if fault.ExitOf(err) != exitcode.Conflict || codeOf(err) != CodeEnded || !strings.Contains(err.Error(), "the sum of 2 rows") || !strings.Contains(err.Error(), "first is row 2") {
		t.Fatal(err)
	}
	if notes, err := beginning(t, path, later, nil, &Execution{LeaveEnded: true}); err != nil || !strings.Contains(notes, "rows left out: 2") {
		t.Fatalf("%s %v", notes, err)
	}
	if _, err := beginning(t, path, later, nil, &Execution{Options: bulkpay.Options{Want: allBut(2, 4)}}); err != nil {
		t.Fatal(err)
	}
}

func TestChargesThatChangedSinceThePlanAreNamedWithTheWayOut(t *testing.T) {
	path := savedPlan(t, 5, func(*planfile.Row) {})
	due := map[string]int64{"18000000000000000002": 2000, "18000000000000000005": 0}
	later := july().Add(25 * time.Hour)
	notes, err := beginning(t, path, later, due, &Execution{Options: bulkpay.Options{Recheck: 24 * time.Hour}})
	f, ok := err.(*fault.Error)
	if !ok || f.Code != CodeStale || f.Exit != exitcode.Conflict || len(f.Fields) != 2 || !strings.Contains(f.Hint.In(i18n.EN), "--skip ") {
		t.Fatalf("%v", err)
	}
	if !strings.Contains(notes, "looked at again: 5; paid already: 0; changed: 2") {
		t.Error(notes)
	}
	if _, err := beginning(t, path, later, due, &Execution{Options: bulkpay.Options{Recheck: 24 * time.Hour, Want: allBut(2, 5)}}); err != nil {
		t.Fatal(err)
	}
	if _, err := beginning(t, path, july().Add(23*time.Hour), due, &Execution{Options: bulkpay.Options{Recheck: 24 * time.Hour}}); err != nil {
		t.Fatal(err)
	}
}

func TestASecondRunOfAPlanHearsWhoRunsIt(t *testing.T) {
	path := savedPlan(t, 1, func(*planfile.Row) {})
	done, err := take(path, "portal", clock.NewManual(july()))
	if err != nil {
		t.Fatal(err)
	}
	_, err = take(path, "portal", clock.NewManual(july()))
	if fault.ExitOf(err) != exitcode.Conflict || codeOf(err) != "batch.running" || !strings.Contains(err.Error(), fmt.Sprintf("process %d of ", os.Getpid())) {
		t.Fatal(err)
	}
	// A note that cannot be read takes nothing from the refusal.
	if err := os.WriteFile(path+".running", []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := take(path, "portal", clock.NewManual(july())); codeOf(err) != "batch.running" {
		t.Fatal(err)
	}
	if err := done(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + ".running"); !os.IsNotExist(err) {
		t.Error("the note of who runs is still there")
	}
	again, err := take(path, "portal", clock.NewManual(july()))
	if err != nil {
		t.Fatal(err)
	}
	if err := again(); err != nil {
		t.Fatal(err)
	}
}

func TestARefusalToBeginIsSaidInBothLanguages(t *testing.T) {
	ru := changed(&bulkpay.Precheck{Stale: planfile.Sum{N: 1, Kopecks: 1000}, Changed: []bulkpay.ChangedRow{{Row: 7, UIN: "1", Kopecks: 1000, Due: 2000, State: "unpaid"}}})
	f := ru.(*fault.Error)
	for lang, want := range map[i18n.Lang][]string{
		i18n.RU: {"план устарел", "ничего не отправлено", "в плане 10,00", "--skip 7"},
		i18n.EN: {"the plan is stale", "nothing was sent", "10.00 RUB in the plan", "--skip 7"},
	} {
		text := strings.ReplaceAll(f.Message.In(lang)+f.Fields[0].Message.In(lang)+f.Hint.In(lang), "\u00a0", " ")
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%q lacks %q", text, w)
			}
		}
	}
}
