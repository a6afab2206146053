package orders

import (
	"context"
	"database/sql"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
	"github.com/epgu-cli/epgu/internal/sandbox/charges"
)

// Limits of submission (SPEC-1.13, appendix 3, as of 18.07.2024).
const (
	MaxSubmissions   = 20 // per service and user
	SubmissionWindow = 10 * time.Minute
)

// intakeStep is the pause between two processing states, portal's calendar.
const intakeStep = 100 * time.Millisecond

// dutyTerm is how long a duty may be paid, calendar.
const dutyTerm = 30 * 24 * time.Hour

// Submit takes a whole archive: the intake begins, and what it will say is
// decided already, so that the portal answers the same whenever it is asked.
// A good application of a service with a fee gets its charge at once. A processing
// state that is forced takes the place of what the archive would have got; RETRY is
// passed through.
func Submit(ctx context.Context, tx *sql.Tx, s *catalog.Service, o *Order, archive []byte, verify VerifySignature, seed uint64, forced string, now time.Time) error {
	first := o.Phase == Reserved
	v := Inspect(s, archive, verify, now.In(clock.Moscow()).Format(time.DateOnly))
	o.Retry = forced == gusmev.CodeRetry
	if forced != "" && !o.Retry {
		v = bad(forced, i18n.Say("так велели сбои учебного портала", "the faults of the training portal say so"))
	}
	o.Attempt++
	o.Code, o.Message, o.Step = gusmev.CodeNew, i18n.Text{}, 0
	o.Verdict, o.Verdicts = v.Code, v.Message
	o.Phase, o.Next = Intake, now.Add(intakeStep)
	if first {
		o.Submitted = now
		o.Expected = now.Add(time.Duration(s.TermDays) * 24 * time.Hour)
		if err := AddStatus(ctx, tx, o, Status{StatusID: OnPortal, StatusData: StatusData{
			Sender: portalName(), Comment: i18n.Text{RU: "Портал принял заявление и проверяет архив", EN: "The portal has taken the application and is checking the archive"},
		}}, now); err != nil {
			return err
		}
	}
	if v.Code == "" {
		if err := keep(ctx, tx, s, o, v, seed, now); err != nil {
			return err
		}
	}
	return Save(ctx, tx, o)
}

// keep writes what a good archive brought.
func keep(ctx context.Context, tx *sql.Tx, s *catalog.Service, o *Order, v Verdict, seed uint64, now time.Time) error {
	o.Values = v.Values
	o.Accepted++
	origin := Original
	if o.Accepted > 1 {
		origin = Mended
		if err := keepAllOld(ctx, tx, o, v.Files); err != nil {
			return err
		}
	}
	if err := dropFiles(ctx, tx, o.ID); err != nil {
		return err
	}
	if err := AddVersion(ctx, tx, o, origin, now); err != nil {
		return err
	}
	for _, f := range v.Files {
		f.ObjectID, f.OrderID = o.ID, o.ID
		if err := PutFile(ctx, tx, f); err != nil {
			return err
		}
	}
	fee := s.FeeFor(o.Values)
	if fee == nil || o.UIN != "" {
		return nil
	}
	payee := s.Dept().Payee
	if fee.KBK != "" {
		payee.KBK = fee.KBK
	}
	c, err := charges.Issue(ctx, tx, seed, charges.Bill{
		OID: o.OID, OrgOID: o.OrgOID, OrderID: o.ID, Kind: charges.Duty, Number: uint64(o.ID), //nolint:gosec // numbers are positive
		Chapter: s.Dept().Chapter, Issued: now, Until: now.Add(dutyTerm),
		Data: charges.Data{
			Title: fee.Title, Payee: payee, Amount: fee.Kopecks,
			Purpose: i18n.Text{RU: "Госпошлина: " + s.Title.RU + " (учебный портал)", EN: "Duty: " + s.Title.EN + " (training portal)"},
		},
	})
	if err != nil {
		return err
	}
	o.UIN = c.UIN
	return nil
}

func portalName() i18n.Text {
	return i18n.Text{RU: "Учебный портал", EN: "Training portal"}
}

// StepIntake moves the intake of o on by one processing state and reports
// whether the archive is through (done) or was refused (failed).
func StepIntake(o *Order, now time.Time) (done, failed bool) {
	o.Step++
	switch {
	case o.Step == 1:
		o.Code = gusmev.CodeVerifying
	case o.Step == 2 && o.Retry:
		o.Code = gusmev.CodeRetry
	case o.Verdict != "":
		o.Code, o.Message = o.Verdict, o.Verdicts
		return false, true
	case o.Step == 2, o.Step == 3 && o.Retry:
		o.Code = gusmev.CodeVerified
	default:
		o.Code = gusmev.CodeDone
		return true, false
	}
	o.Next = now.Add(intakeStep)
	return false, false
}
