package approval

import (
	"context"
	"errors"
	"time"

	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Registrar is the portal that keeps payment authorisations.
type Registrar interface {
	Authorise(ctx context.Context, req cabinet.AuthorisationRequest) (*cabinet.Authorisation, error)
}

// Term is how long a plan's authorisation at the portal lasts from the making of
// the plan: as long as a portal lets any last (docs/api/cabinet.openapi.yaml).
const Term = 30 * 24 * time.Hour

// mostSigners is how many signatures a portal takes.
const mostSigners = 20

// CodeNotAuthorised is the code of a plan whose approvals the portal does not take.
const CodeNotAuthorised = "batch.not_authorised"

// Envelope is what the portal is told of an approved plan: the same for every
// call of the same plan, so that a resumed run finds what is registered.
func Envelope(p *planfile.Plan, r *Result) cabinet.AuthorisationRequest {
	req := cabinet.AuthorisationRequest{ID: p.Header.ID, PlanSHA256: p.SHA256, PaymentsRoot: p.Totals.Root, PlanRows: int64(p.Totals.Rows), Count: int64(p.Totals.Pay.N), SumKopecks: p.Totals.Pay.Kopecks,
		NotAfter: p.Header.CreatedAt.UTC().Truncate(time.Second).Add(Term)}
	for i := range r.Verdicts {
		v := &r.Verdicts[i]
		if v.Err == nil && len(req.Signatures) < mostSigners {
			req.Signatures = append(req.Signatures, cabinet.AuthorisationSignature{Statement: string(v.Approval.Statement()), Signature: v.Approval.Signature})
		}
	}
	return req
}

// Register hands the approvals of a plan to the portal, which from then on pays
// nothing under them beyond the plan's count and sum. Repeating it is harmless.
func Register(ctx context.Context, portal Registrar, p *planfile.Plan, r *Result) (*cabinet.Authorisation, error) {
	req := Envelope(p, r)
	a, err := portal.Authorise(ctx, req)
	var refusal *fault.Error
	switch {
	case errors.As(err, &refusal) && (refusal.Exit == exitcode.Refused || refusal.Exit == exitcode.Conflict):
		f := fault.New(refusal.Exit, CodeNotAuthorised, i18n.Text{
			RU: "портал не принял одобрения плана: %s", EN: "the portal does not take the plan's approvals: %s"}.With(refusal.Message)).
			Advise(i18n.Say("портал должен знать сертификаты одобривших: привяжите их к учётной записи (epgu cert bind) или получите у портала (epgu cert request --send) и подпишите план ещё раз: новая подпись заменит прежнюю",
				"the portal has to know the approvers' certificates: bind them to the account (epgu cert bind), or get them from the portal (epgu cert request --send) and approve again: a new signature replaces the earlier one"))
		f.Fields, f.RequestID = refusal.Fields, refusal.RequestID
		return nil, f.Because(err)
	case err != nil:
		return nil, err
	case a.ID != req.ID || a.PlanSHA256 != req.PlanSHA256 || a.PaymentsRoot != req.PaymentsRoot || a.PlanRows != req.PlanRows || a.Count != req.Count || a.SumKopecks != req.SumKopecks:
		return nil, fault.New(exitcode.Conflict, CodeNotAuthorised, i18n.Say(
			"портал ответил о другом разрешении", "the portal answered about another authorisation"))
	case a.State == "ended":
		return nil, fault.New(exitcode.Conflict, "batch.stale", i18n.Text{
			RU: "срок одобрения на портале истёк %s", EN: "the approval ended at the portal on %s"}.With(i18n.Moment(a.NotAfter.Local()))).
			Advise(i18n.Say("составьте и одобрите план заново; уже отправленное второй раз не уйдёт", "make and approve the plan again; what was sent is not sent twice"))
	}
	return a, nil
}
