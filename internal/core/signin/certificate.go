package signin

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/esia"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// ByCertificate is the kind of the factor that a certificate answers.
const ByCertificate = wire.FactorCertificate

// Sign makes a detached CMS (DER) over a text by a certificate of the person.
type Sign func(ctx context.Context, text string) ([]byte, error)

// OffersCertificate fails with exit code 4 where certificates do not sign in,
// so that nobody is asked for a PIN in vain.
func (s *Service) OffersCertificate(ctx context.Context) error {
	return s.offers(ctx, wire.CapCertificateSignIn)
}

// BeginCertificate starts a sign-in without a password: Attempt.Sign finishes
// it. orgOID is the organisation to act for; empty is the one that the
// certificate is bound for, if any.
func (s *Service) BeginCertificate(ctx context.Context, orgOID string) (*Attempt, error) {
	if err := s.OffersCertificate(ctx); err != nil {
		return nil, err
	}
	c, err := s.ESIA(ctx)
	if err != nil {
		return nil, err
	}
	auth, err := c.Authorize(ctx, esia.AuthorizeOptions{OrgOID: orgOID})
	if err != nil {
		return nil, err
	}
	state, err := s.Cabinet.CertificateSignIn(ctx, wire.CertificateSignInRequest{Authorization: auth.Terminal(), OrgOID: orgOID})
	if err != nil {
		return nil, explained(err)
	}
	return &Attempt{s: s, login: Login{OrgOID: orgOID}, esia: c, auth: auth, state: state}, nil
}

// Sign answers the factor of kind ByCertificate. What the portal wants signed is
// looked at first: nothing but this sign-in is.
func (a *Attempt) Sign(ctx context.Context, sign Sign) error {
	i := slices.IndexFunc(a.Factors(), func(f Factor) bool { return f.Kind == ByCertificate })
	if i < 0 {
		return fault.New(exitcode.Refused, "auth.no_certificate_factor", i18n.Say(
			"портал не принимает здесь сертификат: к учётной записи не привязано ни одного", "the portal takes no certificate here: none is bound to the account")).
			Advise(i18n.Say("войдите без --cert и привяжите его: epgu cert bind ИМЯ", "sign in without --cert and bind it: epgu cert bind NAME"))
	}
	challenge := a.Factors()[i].Challenge
	if err := a.esia.CheckChallenge(a.auth, challenge); err != nil {
		return err
	}
	sig, err := sign(ctx, challenge)
	if err != nil {
		return err
	}
	state, err := a.s.Cabinet.Factor(ctx, a.state.ID, wire.FactorAnswer{Kind: ByCertificate, Signature: base64.StdEncoding.EncodeToString(sig)})
	if err != nil {
		return explained(err)
	}
	a.state = state
	return nil
}

// Codes returns the ways of an attempt that a code answers.
func Codes(factors []Factor) []Factor {
	return slices.DeleteFunc(slices.Clone(factors), func(f Factor) bool { return strings.EqualFold(f.Kind, ByCertificate) })
}
