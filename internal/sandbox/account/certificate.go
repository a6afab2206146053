package account

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"time"

	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/grant"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/signin"
	"github.com/epgu-cli/epgu/internal/ui/i18n"
)

// beginCertificate serves POST /certificate-sign-ins.
func (f face) beginCertificate(w http.ResponseWriter, r *http.Request) error {
	var in cabinet.CertificateSignInRequest
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	org, err := parseOID(in.OrgOID)
	if err != nil {
		return problem.Invalid(problem.Field{Name: "orgOid", Code: "malformed",
			Message: i18n.Text{RU: "нужно число", EN: "a number is expected"}})
	}
	var out cabinet.SignIn
	var refusal *problem.Error
	err = f.DB.Write(r.Context(), func(tx *sql.Tx) error {
		ctx, now := r.Context(), f.Clock.Now()
		request := grant.FromWire(in.Authorization)
		client, err := grant.LoadClient(ctx, tx, request.ClientID)
		if err != nil && !errors.Is(err, grant.ErrNoClient) {
			return err
		}
		approved, no := grant.Check(request, client, err == nil, now)
		if no != nil {
			refusal = problemOf(no)
			return nil
		}
		flow, err := signin.Start(ctx, tx, approved, "", r.UserAgent(), signin.Host(r), now)
		if err != nil {
			return err
		}
		// Whether the person may act for it is asked when it is known who he is.
		flow.OrgOID = org
		if err := flow.ByCertificate(ctx, tx); err != nil {
			return err
		}
		out = cabinet.SignIn{ID: flow.ID, State: "factor", ExpiresAt: flow.Expires,
			Factors: []cabinet.Factor{{Kind: signin.FactorCertificate, Challenge: flow.Challenge(f.Issuer)}}}
		return nil
	})
	if err != nil {
		return err
	}
	if refusal != nil {
		return refusal
	}
	w.Header().Set("Location", cabinet.Base+"/sign-ins/"+out.ID)
	problem.JSON(w, http.StatusCreated, out)
	return nil
}

// byCertificate takes the signature of a challenge and asks what ЕСИА asks of
// the person behind it.
func (f face) byCertificate(ctx context.Context, tx *sql.Tx, flow *signin.Flow, signature string, now time.Time) (*problem.Error, error) {
	refusal, err := signin.Certificate(ctx, tx, flow, f.Issuer, signature, now)
	if refusal != nil || err != nil {
		return refusal, err
	}
	no, err := signin.CheckPerson(ctx, tx, flow, now)
	if no != nil && err == nil {
		err = signin.Drop(ctx, tx, flow)
	}
	return problemOf(no), err
}

// factors lists the ways to confirm a sign-in, with what a certificate signs.
func (f face) factors(ctx context.Context, tx *sql.Tx, flow *signin.Flow) ([]cabinet.Factor, error) {
	out, err := signin.Factors(ctx, tx, flow)
	for i := range out {
		if out[i].Kind == signin.FactorCertificate {
			out[i].Challenge = flow.Challenge(f.Issuer)
		}
	}
	return out, err
}
