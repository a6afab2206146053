package applications

import (
	"context"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// Limits of one user and one service (SPEC-1.13, appendix 3, as of 18.07.2024).
const (
	BurstSize   = 20
	BurstWindow = 10 * time.Minute
)

// Outcome is what became of one line of a register.
type Outcome string

// The outcomes of a line.
const (
	Sent     Outcome = "sent"
	Already  Outcome = "already" // accepted by an earlier run, or settled in the register
	Rejected Outcome = "refused"
	Unclear  Outcome = "unknown" // whether it arrived is not known: repeat the command
	Waiting  Outcome = "waiting" // not sent yet
)

// Line is one application of many.
type Line struct {
	Row     int // the line of the register, from 1; the number of the file in a folder
	Name    string
	Request Request
	OrderID int64 // not 0: the register says that it was sent
	// What became of it:
	Outcome Outcome
	Err     error
}

// LeastTime is how long so many applications for one service take at least.
func LeastTime(n int) time.Duration {
	if n <= BurstSize {
		return 0
	}
	return time.Duration((n-1)/BurstSize) * BurstWindow
}

// SubmitMany sends lines one after another, each as Submit does: a run that was broken
// off is gone on with by the same call, and nothing is sent twice. When the portal's
// limit is reached it waits and goes on. Each is called after every line. A portal that
// cannot be reached ends the run; what was not sent stays Waiting. The error sums up
// what is not sent: exit code 8, or 7 when of a line nothing is known.
func (s *Submitter) SubmitMany(ctx context.Context, lines []Line, held func(time.Duration), each func(*Line)) error {
	var stopped error
	for i := range lines {
		l := &lines[i]
		if l.Outcome = Waiting; l.OrderID != 0 {
			l.Outcome = Already
		} else if stopped == nil {
			stopped = s.line(ctx, l, held)
		}
		each(l)
	}
	return sum(lines, stopped)
}

// line sends one application; its error ends the run.
func (s *Submitter) line(ctx context.Context, l *Line, held func(time.Duration)) error {
	for {
		receipt, err := s.Submit(ctx, l.Request)
		f := fault.Of(err)
		if l.Err = err; receipt.OrderID != 0 {
			l.OrderID = receipt.OrderID
		}
		switch {
		case err == nil:
			l.Outcome = Sent
		case ctx.Err() != nil:
			l.Outcome = Unclear
			return err
		case f != nil && f.Code == "application.duplicate":
			l.Outcome, l.Err = Already, nil
		case f != nil && f.Code == "gusmev.limitation_exception":
			held(time.Minute)
			if err := s.Clock.Sleep(ctx, time.Minute); err != nil {
				return err
			}
			continue
		case fault.ExitOf(err) == exitcode.Unknown:
			l.Outcome = Unclear
		case fault.ExitOf(err) == exitcode.Unavailable:
			l.OrderID = 0 // reserved at most: the next run goes on with it
			return err
		case fault.ExitOf(err) == exitcode.Refused, fault.ExitOf(err) == exitcode.Usage:
			l.Outcome, l.OrderID = Rejected, 0
		default:
			return err
		}
		return nil
	}
}

func sum(lines []Line, stopped error) error {
	n := map[Outcome]int{}
	for i := range lines {
		n[lines[i].Outcome]++
	}
	left := n[Rejected] + n[Unclear] + n[Waiting]
	if left == 0 {
		return stopped
	}
	code := exitcode.Partial
	switch {
	case n[Unclear] > 0:
		code = exitcode.Unknown
	case n[Sent]+n[Already] == 0 && stopped != nil:
		return stopped
	}
	e := fault.New(code, "application.partly_sent", i18n.Text{
		RU: "подано: %d, подано раньше: %d, отказано: %d, неизвестно: %d, не отправлено: %d",
		EN: "sent: %d, sent before: %d, refused: %d, unknown: %d, not sent: %d"}.With(n[Sent], n[Already], n[Rejected], n[Unclear], n[Waiting]))
	if stopped != nil {
		e = e.Because(stopped)
	}
	return e.Advise(i18n.Say("повторите ту же команду: поданное второй раз не уйдёт", "repeat the same command: what was sent does not go a second time"))
}
