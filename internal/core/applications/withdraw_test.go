package applications_test

import (
	"context"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/portal/gusmev"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
)

// desk is a portal with one order.
type desk struct {
	status   int
	allowed  bool
	carries  bool // a withdrawal is carried out
	answer   error
	failAsk  error
	asked    int
	withdrew int
}

func (d *desk) Cancel(context.Context, int64, string) error {
	if d.carries {
		d.withdrew++
		d.status = 9
	}
	return d.answer
}

func (d *desk) Order(context.Context, int64, bool) (*gusmev.OrderInfo, error) {
	d.asked++
	if d.failAsk != nil {
		return nil, d.failAsk
	}
	return &gusmev.OrderInfo{Order: &wire.Order{OrderStatusID: d.status, CurrentStatusHistory: &wire.Status{StatusID: d.status, CancelAllowed: d.allowed}}}, nil
}

func TestTheOrderItselfSaysWhetherItIsWithdrawn(t *testing.T) {
	for name, tc := range map[string]struct {
		d    desk
		exit exitcode.Code
	}{
		"carried out and answered":                  {desk{status: 21, allowed: true, carries: true}, exitcode.OK},
		"carried out, a page answers 403":           {desk{status: 21, allowed: true, carries: true, answer: between(403)}, exitcode.OK},
		"carried out, a page answers 405":           {desk{status: 21, allowed: true, carries: true, answer: between(405)}, exitcode.OK},
		"carried out, the answer is lost":           {desk{status: 21, allowed: true, carries: true, answer: lost()}, exitcode.OK},
		"a page answers 200 in the portal's place":  {desk{status: 21, allowed: true}, exitcode.Unknown},
		"a page answers 403, nothing was done":      {desk{status: 21, allowed: true, answer: between(403)}, exitcode.Unavailable},
		"a bare 405 where nothing may be withdrawn": {desk{status: 3, answer: between(405)}, exitcode.Refused},
		"the portal refuses in its own words":       {desk{status: 3, allowed: true, answer: denied()}, exitcode.Refused},
		"nobody can be asked":                       {desk{status: 21, allowed: true, carries: true, answer: between(403), failAsk: unavailable()}, exitcode.Unknown},
	} {
		d := tc.d
		if err := applications.Withdraw(t.Context(), &d, 5, "x"); fault.ExitOf(err) != tc.exit || d.asked != 1 {
			t.Errorf("%s: exit %v, want %v, asked %d times: %v", name, fault.ExitOf(err), tc.exit, d.asked, err)
		}
	}
}

func TestWithoutAReasonNothingIsAskedOfThePortal(t *testing.T) {
	for _, reason := range []string{"", " \t", strings.Repeat("я", 501)} {
		if err := applications.Withdraw(t.Context(), nil, 5, reason); fault.ExitOf(err) != exitcode.Usage {
			t.Errorf("%q: %v", reason, err)
		}
	}
	if err := applications.CheckReason(strings.Repeat("я", 500)); err != nil {
		t.Error(err)
	}
}
