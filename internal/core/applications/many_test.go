package applications_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
)

func linesOf(n int) []applications.Line {
	var out []applications.Line
	for i := range n {
		r := request(false)
		r.Content.Values = map[string]any{"a": fmt.Sprint(i)}
		out = append(out, applications.Line{Row: i + 2, Request: r})
	}
	return out
}

func outcomes(lines []applications.Line) string {
	var out []string
	for _, l := range lines {
		out = append(out, fmt.Sprintf("%s:%d", l.Outcome, l.OrderID))
	}
	return strings.Join(out, " ")
}

func TestManyApplicationsGoOnceEachWhateverHappensBetweenRuns(t *testing.T) {
	o := newOffice()
	s := submitter(t, o, t.TempDir())
	send := func(ctx context.Context, lines []applications.Line) (string, error) {
		n := 0
		err := s.SubmitMany(ctx, lines, func(time.Duration) { o.failReserve = nil }, func(l *applications.Line) {
			if n++; n == 2 {
				o.failReserve = unavailable()
			}
		})
		return outcomes(lines), err
	}
	// The portal goes away after two: the rest waits and the run says so.
	got, err := send(t.Context(), linesOf(4))
	wantExit(t, err, exitcode.Partial)
	if got != "sent:101 sent:102 waiting:0 waiting:0" {
		t.Error(got)
	}
	// The limit is waited out, what was sent is recognised.
	o.failReserve = fault.New(exitcode.Unavailable, "gusmev.limitation_exception", i18n.Say("предел", "limit"))
	lines := linesOf(4)
	err = s.SubmitMany(t.Context(), lines, func(time.Duration) { o.failReserve = nil }, func(*applications.Line) {})
	if got := outcomes(lines); err != nil || got != "already:101 already:102 sent:103 sent:104" || o.arrived != 4 {
		t.Errorf("%s, %d arrived: %v", got, o.arrived, err)
	}
	// A line with a number is settled without asking anybody.
	settled := linesOf(1)
	settled[0].OrderID = 777
	if err := s.SubmitMany(t.Context(), settled, nil, func(*applications.Line) {}); err != nil || outcomes(settled) != "already:777" {
		t.Errorf("%s, %v", outcomes(settled), err)
	}
}

func TestOneRefusedOrUnclearLineDoesNotStopTheOthers(t *testing.T) {
	o := newOffice()
	s := submitter(t, o, t.TempDir())
	o.verdict = "VALIDATION_ERROR"
	lines := linesOf(3)
	n := 0
	err := s.SubmitMany(t.Context(), lines, nil, func(*applications.Line) {
		o.verdict = "DONE"
		if n++; n == 1 {
			o.failAfter, o.failAsk = lost(), unavailable()
		} else {
			o.failAfter, o.failAsk = nil, nil
		}
	})
	wantExit(t, err, exitcode.Unknown)
	if got := outcomes(lines); got != "refused:0 unknown:102 sent:103" || lines[0].Why(i18n.EN) == "" {
		t.Errorf("%s: %q", got, lines[0].Why(i18n.EN))
	}
	// The next run clears up what was unclear: it had arrived.
	again := linesOf(3)[1:]
	if err := s.SubmitMany(t.Context(), again, nil, func(*applications.Line) {}); err != nil || outcomes(again) != "sent:102 already:103" || o.arrived != 3 {
		t.Errorf("%s, %d arrived: %v", outcomes(again), o.arrived, err)
	}
}

func TestAPortalThatIsAwayFromTheStartIsSaidPlainly(t *testing.T) {
	o := newOffice()
	o.failReserve = unavailable()
	lines := linesOf(2)
	err := submitter(t, o, t.TempDir()).SubmitMany(t.Context(), lines, nil, func(*applications.Line) {})
	wantExit(t, err, exitcode.Unavailable)
	if got := outcomes(lines); got != "waiting:0 waiting:0" {
		t.Error(got)
	}
}
