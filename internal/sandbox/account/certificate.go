package account

import (
	"context"
	"database/sql"
	"net/http"
	"time"

	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/signin"
)

// beginCertificate serves POST /certificate-sign-ins.
func (f face) beginCertificate(w http.ResponseWriter, r *http.Request) error {
	var in cabinet.CertificateSignInRequest
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	return f.start(w, r, in.Authorization, in.OrgOID, func(ctx context.Context, tx *sql.Tx, flow *signin.Flow, org int64, _ time.Time) (cabinet.SignIn, *problem.Error, error) {
		// Whether the person may act for it is asked when it is known who he is.
		flow.OrgOID = org
		if err := flow.ByCertificate(ctx, tx); err != nil {
			return cabinet.SignIn{}, nil, err
		}
		return cabinet.SignIn{ID: flow.ID, State: "factor", ExpiresAt: flow.Expires,
			Factors: []cabinet.Factor{{Kind: signin.FactorCertificate, Challenge: flow.Challenge(f.Issuer)}}}, nil, nil
	})
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
