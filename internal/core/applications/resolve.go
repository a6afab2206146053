package applications

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/epgu-cli/epgu/internal/core/delivery"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/gusmev"
)

// resolve asks the portal what became of a submission whose answer was lost, or
// was a refusal (denied): one that the portal does not have is then refused.
func (r *run) resolve(ctx context.Context, denied error) error {
	if r.rec.OrderID == 0 {
		return r.sweep(ctx, denied)
	}
	d, err := r.s.Portal.Order(ctx, r.rec.OrderID, false)
	if err != nil && !gusmev.NotFound(err) {
		return r.unasked(ctx, denied, err)
	}
	seen := map[string]any{"orderId": r.rec.OrderID, "found": err == nil}
	to := journal.Reserved
	if err == nil {
		seen["code"] = d.Code
		if d.Order != nil {
			seen["statusId"] = d.Order.OrderStatusID
		}
		if arrived(d, r.req.OrderID != 0) {
			to = journal.Accepted
		}
	}
	t := journal.SubmissionTransition{}
	if denied != nil && to != journal.Accepted {
		to, t.Reason = journal.Refused, r.rec.Reason
	}
	details, _ := json.Marshal(seen)
	t.Evidence = journal.Evidence{Witness: journal.PortalByID, Details: details}
	return r.move(ctx, to, t)
}

// unasked is the end of a question that failed. The documented refusal of the
// submission stands when the portal refuses the question in the same words: whoever
// may not submit may not ask either. Any other failure says nothing.
func (r *run) unasked(ctx context.Context, denied, question error) error {
	said, again := new(gusmev.APIError), new(gusmev.APIError)
	if !errors.As(denied, &said) || !errors.As(question, &again) || said.Code != again.Code || delivery.Of(question) != delivery.Denied {
		return question
	}
	details, _ := json.Marshal(map[string]any{"orderId": r.rec.OrderID, "question": again.Code})
	return r.move(ctx, journal.Refused, journal.SubmissionTransition{Reason: r.rec.Reason,
		Evidence: journal.Evidence{Witness: journal.PortalByID, Details: details}})
}

// errSuperseded ends a submission that the portal does not have: an equal one is through.
var errSuperseded = errors.New("an equal application was submitted instead")

// closeEarlier asks about other submissions of the same content that are unknown, once
// through has been submitted: no command would take them up again, for each is answered
// by the one that is through. What the portal has of them becomes submitted, too; what
// it does not have, when nothing of it can be on its way any more, is refused. What
// cannot be told yet stays unknown for the next time.
func (s *Submitter) closeEarlier(ctx context.Context, req Request, through *journal.Submission) error {
	var open []journal.Submission
	for other, err := range s.Journal.ListSubmissions(ctx, journal.SubmissionFilter{Profile: s.Profile, States: []journal.State{journal.Unknown}}) {
		if err != nil {
			return err
		}
		if other.ContentKey == through.ContentKey && other.ID != through.ID && s.Clock.Now().Sub(other.UpdatedAt) >= sweepSettles {
			open = append(open, other)
		}
	}
	for _, other := range open {
		r := &run{s: s, req: req, rec: other}
		r.rec.Reason = journal.Reason{Code: "application.superseded", Text: through.ID}
		if err := r.resolve(ctx, errSuperseded); err != nil {
			continue // nobody could tell; the next command asks again
		}
		if err := os.Remove(s.kept(other.ID)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Status ids that say that an archive has not arrived (protocol.md, 2.6).
const (
	statusDraft      = 0  // Черновик заявления
	statusCorrection = 15 // Заявление требует исправления
)

// arrived reports whether the portal has the archive: a reserved number without
// one stays a draft, a number under correction stays under correction.
func arrived(d *gusmev.OrderInfo, correction bool) bool {
	switch {
	case d.Order == nil:
		return d.Stage() == gusmev.Processing && d.Code != ""
	case correction:
		return d.Order.OrderStatusID != statusCorrection
	}
	return d.Order.OrderStatusID != statusDraft
}

// sweepSettles is how long after a one-step push the portal's "nothing new" proves
// nothing: the push has no number, and a gateway that gave up waiting says nothing
// of the request that is still at work behind it.
const sweepSettles = 10 * time.Minute

// mayHaveMade reports whether a submission in one step may have made an application of
// that moment: it was not journalled later, and what became unknown arrives within
// sweepSettles. The portal's clock may be a minute off.
func mayHaveMade(s *journal.Submission, made time.Time) bool {
	return !made.Before(s.CreatedAt.Add(-time.Minute)) &&
		(s.State == journal.Sending || !made.After(s.UpdatedAt.Add(sweepSettles+time.Minute)))
}

const codeNotSeen = "application.not_seen_yet"

// sweep looks for an application that a one-step push may have created: one of
// this service, younger than the submission. It never guesses between two.
func (r *run) sweep(ctx context.Context, denied error) error {
	asked := r.s.Clock.Now() // the answer says nothing about what came later
	orders, err := r.s.Portal.UpdatedAfter(ctx, r.rec.CreatedAt, 0)
	if err != nil {
		return r.unasked(ctx, denied, err)
	}
	// A number that belongs to another submission cannot be this one's.
	taken := map[int64]bool{}
	var rivals []journal.Submission // they have no number either, and may have made what is found
	for other, err := range r.s.Journal.ListSubmissions(ctx, journal.SubmissionFilter{Profile: r.rec.Profile}) {
		if err != nil {
			return err
		}
		taken[other.OrderID] = true
		if other.ID != r.rec.ID && other.OrderID == 0 && other.Service == r.rec.Service && (other.State == journal.Unknown || other.State == journal.Sending) {
			rivals = append(rivals, other)
		}
	}
	contested := false
	var found []int64
	for _, o := range orders {
		if o.Status == nil || taken[o.OrderID] {
			continue
		}
		d, err := r.s.Portal.Order(ctx, o.OrderID, false)
		if err != nil {
			return err
		}
		if d.Order == nil || d.Order.EserviceID != r.rec.Service {
			continue
		}
		made, err := gusmev.ParseTime(d.Order.OrderDate)
		if err == nil && !mayHaveMade(&r.rec, made) {
			continue
		}
		found = append(found, o.OrderID)
		contested = contested || slices.ContainsFunc(rivals, func(s journal.Submission) bool { return err != nil || mayHaveMade(&s, made) })
	}
	details, _ := json.Marshal(map[string]any{"sweepSince": r.rec.CreatedAt, "found": found})
	ev := journal.Evidence{Witness: journal.PortalByID, Details: details}
	switch {
	case len(found) == 1 && contested:
		return fault.New(exitcode.Unknown, "application.ambiguous", i18n.Text{
			RU: "на портале есть подходящее заявление № %d, но его могла создать и другая подача, исход которой тоже неизвестен: какая, сказать нельзя", EN: "the portal has an application that fits, no. %d, but another submission, whose outcome is unknown too, may have made it: which one cannot be told"}.With(found[0])).
			Advise(i18n.Text{RU: "посмотрите, что в нём: epgu application view %d; чего на портале нет, подайте ещё раз: --again «причина»", EN: "see what is in it: epgu application view %d; what the portal does not have, submit once more: --again REASON"}.With(found[0]))
	case len(found) == 0:
		if denied != nil {
			return r.move(ctx, journal.Refused, journal.SubmissionTransition{Evidence: ev, Reason: r.rec.Reason})
		}
		if asked.Sub(r.rec.UpdatedAt).Abs() < sweepSettles {
			return fault.New(exitcode.Unknown, codeNotSeen, i18n.Text{
				RU: "на портале этого заявления пока не видно, но оно ещё может появиться: второго не подано", EN: "the portal does not show this application yet, but it may still appear: no second one was submitted"}.With()).
				Advise(i18n.Text{RU: "повторите ту же команду после %s: она сверится с порталом ещё раз", EN: "repeat the same command after %s: it checks with the portal once more"}.
					With(r.rec.UpdatedAt.Add(sweepSettles).Local().Format("15:04")))
		}
		return r.move(ctx, journal.Prepared, journal.SubmissionTransition{Evidence: ev})
	case len(found) == 1:
		return r.move(ctx, journal.Accepted, journal.SubmissionTransition{Evidence: ev, OrderID: found[0]})
	}
	return fault.New(exitcode.Unknown, "application.ambiguous", i18n.Text{
		RU: "на портале несколько подходящих заявлений: %v; какое из них это, неизвестно", EN: "the portal has several applications that fit: %v; which one this is cannot be told"}.With(found))
}
