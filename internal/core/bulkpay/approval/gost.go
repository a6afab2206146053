package approval

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/verdict"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// GOST signs with a GOST key and its certificate.
type GOST struct{ Key gost.Signer }

// identityOf is who a certificate names.
func identityOf(c *cert.Certificate) Identity {
	return Identity{Name: c.Subject.CommonName.String(), SNILS: c.Subject.SNILS.String(), INN: c.Subject.INN.String(), Certificate: c.Hash(),
		SelfMade: c.CheckIssuedBy(c) == nil}
}

// Identity is who the certificate names; empty when only an outside program
// knows the certificate.
func (g GOST) Identity() Identity {
	if c := g.Key.Certificate(); c != nil {
		return identityOf(c)
	}
	return Identity{}
}

// Sign makes a detached CMS signature.
func (g GOST) Sign(ctx context.Context, content []byte, at time.Time) ([]byte, error) {
	return g.Key.SignDetached(ctx, bytes.NewReader(content), at)
}

// Roots verifies GOST signatures; certificates are checked against Roots.
type Roots struct{ Roots []*cert.Certificate }

// Verify checks the one signature in a CMS.
func (r Roots) Verify(ctx context.Context, content, signature []byte, at time.Time) (Identity, error) {
	result, err := cms.VerifyDetached(ctx, signature, bytes.NewReader(content), &cms.VerifyOptions{Chain: cert.ChainOptions{Roots: r.Roots, Time: at}})
	if err != nil {
		return Identity{}, notHolds(err)
	}
	if len(result.Signatures) != 1 {
		return Identity{}, notHolds(fmt.Errorf("approval: %d signatures in one approval", len(result.Signatures)))
	}
	s := &result.Signatures[0]
	if s.Certificate == nil || s.Status() == verdict.Invalid || s.Digest == nil {
		return Identity{}, notHolds(fmt.Errorf("approval: %v", s.Reasons))
	}
	who := identityOf(s.Certificate)
	if s.Status() == verdict.Valid {
		who.Chained = true
		return who, nil
	}
	// What cannot be told may only be about the chain: the signature itself and its
	// content were checked and hold.
	for _, reason := range s.Reasons {
		if reason.Code != "chain.no_roots" && reason.Code != "chain.untrusted" {
			return Identity{}, notHolds(fmt.Errorf("approval: %s", reason.Code))
		}
	}
	if c := s.Certificate; at.Before(c.NotBefore()) || at.After(c.NotAfter()) {
		return Identity{}, notHolds(fmt.Errorf("approval: the certificate was not valid at %s", at))
	}
	return who, nil
}

func notHolds(err error) error {
	return fault.New(exitcode.Conflict, "approval.signature", i18n.Say(
		"подпись под одобрением недействительна", "the signature of the approval does not hold")).Because(err)
}
