package signing

import (
	"slices"

	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
)

// FromFiles returns the signer of a key and a certificate that stay outside the
// store: o as for Import, but for the PIN of the store. A certificate that is
// not good now signs nothing.
func (s *Store) FromFiles(o ImportOptions) (*Signer, error) {
	key, certificates, err := open(o)
	if err != nil {
		return nil, gost.Explain(err)
	}
	i := slices.IndexFunc(certificates, func(c *cert.Certificate) bool { return key != nil && c.Matches(key) })
	if i < 0 {
		return nil, gost.Explain(cms.ErrMismatch)
	}
	e := &Entry{Name: o.Name, Certificate: certificates[i], HasKey: true}
	e.Chain = slices.Delete(certificates, i, i+1)
	if err := s.usable(e); err != nil {
		return nil, err
	}
	out := &Signer{Name: o.Name, clock: s.Clock, chain: e.Chain}
	out.Signer, err = gost.NewKeySigner(e.Certificate, key, e.Chain...)
	return out, gost.Explain(err)
}
