package applications_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/sqlite"
	"github.com/epgu-cli/epgu/internal/portal/gusmev"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
)

var noon = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

// office is a portal that counts what arrived.
type office struct {
	next     int64
	orders   map[int64]*gusmev.OrderInfo
	arrived  int
	reserved int

	failReserve, failBefore, failAfter, failAsk error
	verdict                                     string // processing code of what arrives
}

func newOffice() *office {
	return &office{next: 100, orders: map[int64]*gusmev.OrderInfo{}, verdict: wire.CodeDone}
}

func (o *office) Reserve(context.Context, wire.Meta) (int64, error) {
	if o.failReserve != nil {
		return 0, o.failReserve
	}
	o.next++
	o.reserved++
	o.orders[o.next] = &gusmev.OrderInfo{Code: wire.CodeNew, Order: &wire.Order{ID: o.next, OrderStatusID: 0}}
	return o.next, nil
}

func (o *office) take(id int64, service string) error {
	if o.failBefore != nil {
		return o.failBefore
	}
	o.arrived++
	o.orders[id] = &gusmev.OrderInfo{Code: o.verdict, Message: "почему", Order: &wire.Order{
		ID: id, OrderStatusID: 21, EserviceID: service, OrderDate: noon.Add(time.Second).Format(wire.TimeLayout)}}
	return o.failAfter
}

func (o *office) Push(_ context.Context, meta wire.Meta, _ io.ReaderAt, _ int64, _ string) (int64, error) {
	o.next++
	return o.next, o.take(o.next, meta.ServiceCode)
}

func (o *office) PushChunked(_ context.Context, meta wire.Meta, id int64, archive io.ReaderAt, size int64, _ gusmev.ChunkOptions) error {
	if _, err := io.Copy(io.Discard, io.NewSectionReader(archive, 0, size)); err != nil {
		return err
	}
	return o.take(id, meta.ServiceCode)
}

func (o *office) Order(_ context.Context, id int64, _ bool) (*gusmev.OrderInfo, error) {
	if o.failAsk != nil {
		return nil, o.failAsk
	}
	if d, ok := o.orders[id]; ok {
		return d, nil
	}
	return nil, fault.New(exitcode.NotFound, "gusmev.order_not_found", i18n.Say("нет", "none"))
}

func (o *office) UpdatedAfter(context.Context, time.Time, time.Duration) ([]wire.OrderStatus, error) {
	if o.failAsk != nil {
		return nil, o.failAsk
	}
	var out []wire.OrderStatus
	for id := range o.orders {
		out = append(out, wire.OrderStatus{OrderID: id, Status: &wire.ShortStatus{StatusID: 21}})
	}
	return out, nil
}

func lost() error {
	return (&transport.Error{Kind: transport.Lost, Method: "POST", Policy: transport.Once, Err: errors.New("reset")}).Fault()
}

func unavailable() error {
	return (&transport.Error{Kind: transport.Lost, Method: "GET", Policy: transport.Safe, Err: errors.New("reset")}).Fault()
}

func denied() error {
	return (&transport.Error{Kind: transport.Status, Status: 403, Method: "POST", Policy: transport.Once, Proof: transport.ProvesRefused}).Fault()
}

func submitter(t *testing.T, o *office, dir string) *applications.Submitter {
	t.Helper()
	c := clock.NewManual(noon)
	j, err := sqlite.Open(t.Context(), sqlite.Options{Dir: filepath.Join(dir, "journal"), Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return &applications.Submitter{Portal: o, Journal: j, Clock: c, Profile: "sandbox", Outbox: filepath.Join(dir, "outbox"), VerifyFor: time.Minute}
}

func request(oneStep bool) applications.Request {
	return applications.Request{Applicant: "1000000001", Title: "Услуга", TargetCode: "-900", Region: "45000000000", OneStep: oneStep,
		Content: applications.Content{ServiceCode: "900", Values: map[string]any{"a": "б"}}}
}

func wantExit(t *testing.T, err error, code exitcode.Code) {
	t.Helper()
	if got := fault.ExitOf(err); got != code {
		t.Fatalf("exit %d, want %d: %v", got, code, err)
	}
}

func TestASubmittedApplicationIsNotSubmittedAgainByAccident(t *testing.T) {
	o := newOffice()
	s := submitter(t, o, t.TempDir())
	r, err := s.Submit(t.Context(), request(false))
	if err != nil || r.OrderID != 101 || r.Resumed {
		t.Fatalf("%+v, %v", r, err)
	}
	_, err = s.Submit(t.Context(), request(false))
	wantExit(t, err, exitcode.Conflict)
	again := request(false)
	again.Again, again.Who = "ещё одному ребёнку", "Учебный"
	r, err = s.Submit(t.Context(), again)
	if err != nil || r.OrderID != 102 {
		t.Fatalf("%+v, %v", r, err)
	}
	if o.arrived != 2 {
		t.Fatalf("%d applications arrived", o.arrived)
	}
	if left, _ := os.ReadDir(s.Outbox); len(left) != 0 {
		t.Fatalf("%d archives stayed in the outbox", len(left))
	}
}

// What became of a submission whose answer was lost is found out although an equal one,
// made on purpose, answers for the content from then on.
func TestAnUnknownSubmissionIsClosedWhenAnEqualOneIsThrough(t *testing.T) {
	for _, c := range []struct {
		name             string
		oneStep, arrived bool
		want             journal.State
	}{
		{"it had arrived", false, true, journal.Accepted},
		{"it had not", false, false, journal.Refused},
		{"in one step it had arrived", true, true, journal.Accepted},
		{"in one step it had not", true, false, journal.Refused},
	} {
		o := newOffice()
		s := submitter(t, o, t.TempDir())
		now := s.Clock.(*clock.Manual)
		o.failAsk = unavailable()
		if c.arrived {
			o.failAfter = lost()
		} else {
			o.failBefore = lost()
		}
		_, err := s.Submit(t.Context(), request(c.oneStep))
		wantExit(t, err, exitcode.Unknown)
		o.failAsk, o.failAfter, o.failBefore = nil, nil, nil
		again := request(c.oneStep)
		again.Again, again.Who = "ещё раз", "Учебный"
		if _, err := s.Submit(t.Context(), again); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		first := func() (out journal.Submission) {
			for rec, err := range s.Journal.ListSubmissions(t.Context(), journal.SubmissionFilter{}) {
				if err != nil {
					t.Fatal(err)
				}
				if rec.Override == nil {
					out = rec
				}
			}
			return out
		}
		// While it may still be on its way nothing is said of it.
		_, err = s.Submit(t.Context(), request(c.oneStep))
		wantExit(t, err, exitcode.Conflict)
		if got := first(); got.State != journal.Unknown {
			t.Errorf("%s: at once it is %s", c.name, got.State)
		}
		now.Advance(11 * time.Minute)
		before := o.arrived
		_, err = s.Submit(t.Context(), request(c.oneStep))
		wantExit(t, err, exitcode.Conflict)
		if got := first(); got.State != c.want || c.want == journal.Refused && got.Reason.Code != "application.superseded" {
			t.Errorf("%s: it is %s (%s)", c.name, got.State, got.Reason.Code)
		}
		if o.arrived != before {
			t.Errorf("%s: another one was submitted", c.name)
		}
		if left, _ := os.ReadDir(s.Outbox); len(left) != 0 {
			t.Errorf("%s: %d archives stayed in the outbox", c.name, len(left))
		}
	}
}

func TestALostAnswerInTheMiddleOfASubmissionFindsTheSameNumber(t *testing.T) {
	for _, arrived := range []bool{true, false} {
		o := newOffice()
		s := submitter(t, o, t.TempDir())
		o.failAsk = unavailable()
		if arrived {
			o.failAfter = lost()
		} else {
			o.failBefore = lost()
		}
		_, err := s.Submit(t.Context(), request(false))
		wantExit(t, err, exitcode.Unknown)
		o.failAsk, o.failAfter, o.failBefore = nil, nil, nil
		r, err := s.Submit(t.Context(), request(false))
		if err != nil || r.OrderID != 101 || !r.Resumed {
			t.Fatalf("arrived %v: %+v, %v", arrived, r, err)
		}
		if o.arrived != 1 || o.reserved != 1 {
			t.Fatalf("arrived %v: %d arrived, %d reserved", arrived, o.arrived, o.reserved)
		}
	}
}

func TestAnAnswerThatIsLostWhileThePortalLivesIsAskedForAtOnce(t *testing.T) {
	o := newOffice()
	s := submitter(t, o, t.TempDir())
	o.failAfter = lost()
	r, err := s.Submit(t.Context(), request(false))
	if err != nil || r.OrderID != 101 || o.arrived != 1 {
		t.Fatalf("%+v, %v, %d arrived", r, err, o.arrived)
	}
}

func TestAOneStepSubmissionWhoseAnswerIsLostIsFoundByASweep(t *testing.T) {
	o := newOffice()
	s := submitter(t, o, t.TempDir())
	// An older application of the same service belongs to another submission.
	first := request(true)
	first.Content.Values = map[string]any{"a": "другое"}
	if _, err := s.Submit(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	o.failAfter, o.failAsk = lost(), unavailable()
	_, err := s.Submit(t.Context(), request(true))
	wantExit(t, err, exitcode.Unknown)
	o.failAfter, o.failAsk = nil, nil
	r, err := s.Submit(t.Context(), request(true))
	if err != nil || r.OrderID != 102 || o.arrived != 2 {
		t.Fatalf("%+v, %v, %d arrived", r, err, o.arrived)
	}
}

func TestASweepNeverGuessesBetweenTwo(t *testing.T) {
	o := newOffice()
	s := submitter(t, o, t.TempDir())
	o.failAfter, o.failAsk = lost(), unavailable()
	_, err := s.Submit(t.Context(), request(true))
	wantExit(t, err, exitcode.Unknown)
	o.failAfter, o.failAsk = nil, nil
	if err := o.take(999, "900"); err != nil { // somebody else's, at the same time
		t.Fatal(err)
	}
	_, err = s.Submit(t.Context(), request(true))
	wantExit(t, err, exitcode.Unknown)
	if o.arrived != 2 {
		t.Fatalf("%d applications arrived", o.arrived)
	}
}

func TestARefusedArchiveMayBeMendedAndSentAnew(t *testing.T) {
	o := newOffice()
	o.verdict = wire.CodeValidation
	s := submitter(t, o, t.TempDir())
	_, err := s.Submit(t.Context(), request(false))
	wantExit(t, err, exitcode.Refused)
	var f *fault.Error
	if !errors.As(err, &f) || len(f.Fields) != 1 || f.Fields[0].Message.In(i18n.RU) != "почему" {
		t.Fatalf("the portal's words are lost: %v", err)
	}
	o.verdict = wire.CodeDone
	r, err := s.Submit(t.Context(), request(false))
	if err != nil || r.OrderID != 102 {
		t.Fatalf("%+v, %v", r, err)
	}
}

func TestADenialOnTheWireEndsTheSubmission(t *testing.T) {
	o := newOffice()
	o.failBefore = denied()
	s := submitter(t, o, t.TempDir())
	_, err := s.Submit(t.Context(), request(false))
	wantExit(t, err, exitcode.Refused)
	if o.arrived != 0 {
		t.Fatal("something arrived")
	}
}

// between is what something on the way answers.
func between(status int) error {
	return (&transport.Error{Kind: transport.Status, Status: status, Method: "POST", Policy: transport.Once, ContentType: "text/html"}).Fault()
}

func TestWhateverSomethingOnTheWayAnswersOneApplicationArrives(t *testing.T) {
	for _, oneStep := range []bool{false, true} {
		for _, status := range []int{302, 400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503, 504} {
			for _, arrived := range []bool{true, false} {
				o := newOffice()
				s := submitter(t, o, t.TempDir())
				if arrived {
					o.failAfter = between(status)
				} else {
					o.failBefore = between(status)
				}
				_, err := s.Submit(t.Context(), request(oneStep))
				switch {
				case arrived && err != nil:
					t.Errorf("one step %v, %d, arrived: %v", oneStep, status, err)
				case !arrived && oneStep: // it may still be on its way there
					wantExit(t, err, exitcode.Unknown)
					_, err = s.Submit(t.Context(), request(oneStep))
					wantExit(t, err, exitcode.Unknown)
					s.Clock.(*clock.Manual).Advance(11 * time.Minute)
					_, err = s.Submit(t.Context(), request(oneStep))
					wantExit(t, err, exitcode.Unknown) // sent again, and answered so again
					s.Clock.(*clock.Manual).Advance(11 * time.Minute)
				case !arrived:
					wantExit(t, err, exitcode.Unavailable)
				}
				o.failAfter, o.failBefore = nil, nil
				_, err = s.Submit(t.Context(), request(oneStep))
				if arrived {
					wantExit(t, err, exitcode.Conflict)
				} else if err != nil {
					t.Errorf("one step %v, %d, not arrived: %v", oneStep, status, err)
				}
				if o.arrived != 1 {
					t.Errorf("one step %v, %d: %d applications arrived", oneStep, status, o.arrived)
				}
			}
		}
	}
}

func TestARefusalOfWhatThePortalHasIsNoRefusal(t *testing.T) {
	for _, oneStep := range []bool{false, true} {
		o := newOffice()
		o.failAfter = denied()
		s := submitter(t, o, t.TempDir())
		if r, err := s.Submit(t.Context(), request(oneStep)); err != nil || r.OrderID != 101 {
			t.Errorf("one step %v: %+v, %v", oneStep, r, err)
		}
		_, err := s.Submit(t.Context(), request(oneStep))
		wantExit(t, err, exitcode.Conflict)
	}
}

func TestARefusalThatCannotBeCheckedLeavesTheOutcomeUnknown(t *testing.T) {
	o := newOffice()
	o.failAfter, o.failAsk = denied(), unavailable()
	s := submitter(t, o, t.TempDir())
	_, err := s.Submit(t.Context(), request(false))
	wantExit(t, err, exitcode.Unknown)
	o.failAfter, o.failAsk = nil, nil
	if r, err := s.Submit(t.Context(), request(false)); err != nil || !r.Resumed || o.arrived != 1 {
		t.Errorf("%+v, %v, %d arrived", r, err, o.arrived)
	}
}

func TestTheArchiveIsTheSameForTheSameContent(t *testing.T) {
	photo := filepath.Join(t.TempDir(), "p.jpg")
	if err := os.WriteFile(photo, []byte("\xff\xd8\xff photo"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := applications.CheckAttachments([]string{"photo=" + photo}, documents())
	if err != nil {
		t.Fatal(err)
	}
	c := applications.Content{ServiceCode: "900", Values: map[string]any{"z": true, "a": int64(1)}, Attachments: a}
	one, n, err := c.WriteArchive(io.Discard, nil)
	if err != nil || n == 0 {
		t.Fatal(err)
	}
	two, _, err := c.WriteArchive(io.Discard, nil)
	if err != nil || one != two {
		t.Fatalf("%s, %s, %v", one, two, err)
	}
	// A file that changes after it was checked is not sent.
	if err := os.WriteFile(photo, []byte("\xff\xd8\xff other"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.WriteArchive(io.Discard, nil); err == nil {
		t.Fatal("a changed file went into the archive")
	}
}

// Two submissions of one service whose answers are lost: the one application that is
// found may be either's, and neither takes it.
func TestASweepTakesNothingThatAnotherSubmissionMayHaveMade(t *testing.T) {
	o := newOffice()
	s := submitter(t, o, t.TempDir())
	other := request(true)
	other.Content.Values = map[string]any{"a": "другое"}
	o.failAfter, o.failAsk = lost(), unavailable()
	_, err := s.Submit(t.Context(), other)
	wantExit(t, err, exitcode.Unknown)
	o.failBefore = lost()
	_, err = s.Submit(t.Context(), request(true))
	wantExit(t, err, exitcode.Unknown)
	o.failBefore, o.failAfter, o.failAsk = nil, nil, nil
	for range 2 {
		for _, r := range []applications.Request{request(true), other} {
			_, err = s.Submit(t.Context(), r)
			wantExit(t, err, exitcode.Unknown)
		}
		s.Clock.(*clock.Manual).Advance(time.Hour)
	}
	if o.arrived != 1 {
		t.Errorf("%d applications arrived", o.arrived)
	}
}

// slow is an office whose news come a long time after they were asked for.
type slow struct {
	*office
	clock *clock.Manual
}

func (o slow) UpdatedAfter(ctx context.Context, since time.Time, wait time.Duration) ([]wire.OrderStatus, error) {
	list, err := o.office.UpdatedAfter(ctx, since, wait)
	o.clock.Advance(time.Hour) // the machine slept
	return list, err
}

func TestNewsSayNothingOfWhatCameAfterTheyWereAskedFor(t *testing.T) {
	o := newOffice()
	s := submitter(t, o, t.TempDir())
	s.Portal = slow{o, s.Clock.(*clock.Manual)}
	o.failBefore = lost()
	_, err := s.Submit(t.Context(), request(true))
	wantExit(t, err, exitcode.Unknown)
}
