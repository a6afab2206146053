package gusmev

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/verdict"
	"github.com/epgu-cli/epgu/internal/sandbox/orders"
	"github.com/epgu-cli/epgu/internal/ui/i18n"
)

// badSignature says in both languages why a signature does not hold.
type badSignature struct{ i18n.Message }

func (b badSignature) Error() string { return b.In(i18n.EN) }

// verifier checks detached GOST signatures: the digest, the equation and the
// certificate's own term. Any issuer will do, because nobody has a qualified
// certificate for a training portal.
func verifier(c clock.Clock) orders.VerifySignature {
	return func(content, signature []byte) error {
		o := &cms.VerifyOptions{Chain: cert.ChainOptions{Time: c.Now()}}
		result, err := cms.VerifyDetached(context.Background(), signature, bytes.NewReader(content), o)
		if err != nil {
			return badSignature{i18n.Say("это не контейнер CMS SignedData (DER)", "not a CMS SignedData container (DER)")}
		}
		if len(result.Signatures) == 0 {
			return badSignature{i18n.Say("подписи внутри нет", "nobody has signed")}
		}
		for i := range result.Signatures {
			reasons := result.Signatures[i].Reasons
			if n := slices.IndexFunc(reasons, matters); n >= 0 {
				return badSignature{reasons[n].Message}
			}
		}
		return nil
	}
}

// matters reports whether a reason is about the signature itself and not about
// who issued the certificate.
func matters(r verdict.Reason) bool {
	family, _, _ := strings.Cut(r.Code, ".")
	return r.Status == verdict.Invalid || family != "chain" && family != "revocation"
}
