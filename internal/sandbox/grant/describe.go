package grant

import (
	"context"

	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/pki"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// Describe says how a client signs in at this portal, for the capabilities
// document. After a rotation of the portal's key the PEM text holds every
// certificate whose markers are still good, the newest first.
func Describe(ctx context.Context, q store.Queryer, issuer string) (cabinet.ESIA, error) {
	out := cabinet.ESIA{Issuer: issuer, Scopes: []string{ScopeOpenID, "fullname", "birthdate", "gender", "email", "mobile",
		"snils", "inn", "id_doc", "addresses", "usr_org"}}
	pairs, err := pki.All(ctx, q, pki.Marker)
	for _, p := range pairs {
		out.CertificatePEM += string(p.Certificate.PEM())
	}
	return out, err
}
