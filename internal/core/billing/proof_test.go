package billing_test

import (
	"context"
	"errors"
	"testing"

	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/transport"
)

// between is what something on the way answers.
func between(status int) error {
	return (&transport.Error{Kind: transport.Status, Status: status, Method: "POST", Policy: transport.Once, ContentType: "text/html"}).Fault()
}

func TestWhateverSomethingOnTheWayAnswersThePaymentIsAskedAbout(t *testing.T) {
	for _, status := range []int{302, 400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503, 504} {
		b := newBank()
		e := engine(b, open(t, t.TempDir()))
		b.failAfter, b.failAsk = between(status), lost()
		_, err := pay(t, e)
		wantExit(t, err, exitcode.Unknown)
		_, err = pay(t, e)
		wantExit(t, err, exitcode.Unknown)
		b.failAfter, b.failAsk, b.settle = nil, nil, "paid"
		for _, p := range b.payments {
			p.State = "paid"
		}
		_, err = pay(t, e)
		wantExit(t, err, exitcode.Conflict)
		wantMoved(t, b, 600000)
		if b.received != 1 {
			t.Errorf("%d: %d requests", status, b.received)
		}
	}
}

func TestADecisionToPayAgainIsOnePaymentForOneReason(t *testing.T) {
	b := newBank()
	b.settle = "paid"
	e := engine(b, open(t, t.TempDir()))
	if _, err := pay(t, e); err != nil {
		t.Fatal(err)
	}
	again := func(reason string) error {
		t.Helper()
		q, err := e.Quote(t.Context(), billing.PayRequest{UIN: uin, Override: &journal.Override{Reason: reason, Who: "Учебный"}})
		if err != nil {
			return err
		}
		_, err = e.Pay(t.Context(), q)
		return err
	}
	b.failBefore, b.failAsk = lost(), lost() // cut off
	wantExit(t, again("the money came back"), exitcode.Unknown)
	wantExit(t, again("the money came back"), exitcode.Unknown)
	b.failBefore, b.failAsk = nil, nil
	if err := again("The money  came back"); err != nil { // asks, and finishes the one that was begun
		t.Fatal(err)
	}
	wantMoved(t, b, 2*600000)
	wantExit(t, again("the money came back"), exitcode.Conflict)
	wantMoved(t, b, 2*600000)
	if err := again("and for a second child"); err != nil {
		t.Fatal(err)
	}
	wantMoved(t, b, 3*600000)
}

// full is a journal whose disk is full once a payment has been sent.
type full struct{ journal.Journal }

func (f full) Move(ctx context.Context, ts []journal.Transition) error {
	if ts[0].From == journal.Sending {
		return journal.NoSpace(errors.New("no space left"))
	}
	return f.Journal.Move(ctx, ts)
}

func TestAPaymentThatWasSentAndCannotBeWrittenDownIsUnknown(t *testing.T) {
	for _, failAfter := range []error{nil, lost(), status(409)} {
		b := newBank()
		b.failAfter = failAfter
		_, err := pay(t, &billing.Engine{Portal: b, Journal: full{open(t, t.TempDir())}, Clock: standing(), Profile: "sandbox"})
		wantExit(t, err, exitcode.Unknown)
	}
}
