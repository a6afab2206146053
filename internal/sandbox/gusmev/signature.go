package gusmev

import (
	"bytes"
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/verdict"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/certificates"
	"github.com/epgu-cli/epgu/internal/sandbox/orders"
)

// badSignature says in both languages why a signature does not hold.
type badSignature struct{ i18n.Message }

func (b badSignature) Error() string { return b.In(i18n.EN) }

// verifier checks detached GOST signatures: the digest, the equation, the
// certificate's own term, and that the applicant is who signed. owns tells
// whether a certificate is the applicant's; several people may sign, the
// applicant must be among them.
func verifier(now time.Time, owns func(*cert.Certificate) (bool, error)) orders.VerifySignature {
	return func(content, signature []byte) error {
		o := &cms.VerifyOptions{Chain: cert.ChainOptions{Time: now}}
		result, err := cms.VerifyDetached(context.Background(), signature, bytes.NewReader(content), o)
		if err != nil {
			return badSignature{i18n.Say("это не контейнер CMS SignedData (DER)", "not a CMS SignedData container (DER)")}
		}
		if len(result.Signatures) == 0 {
			return badSignature{i18n.Say("подписи внутри нет", "nobody has signed")}
		}
		mine := false
		for i := range result.Signatures {
			s := &result.Signatures[i]
			if n := slices.IndexFunc(s.Reasons, matters); n >= 0 {
				return badSignature{s.Reasons[n].Message}
			}
			own, err := owns(s.Certificate)
			if err != nil {
				return err
			}
			mine = mine || own
		}
		if !mine {
			return badSignature{i18n.Text{
				RU: "подписал не заявитель: сертификат «%s» не привязан к его учётной записи и не выдан ему этим порталом",
				EN: "not the applicant signed: certificate %q is neither bound to the account nor issued to it by this portal",
			}.With(result.Signatures[0].Certificate.Subject.String())}
		}
		return nil
	}
}

// applicant is the verifier for an order: who it belongs to must have signed.
func (f *face) applicant(ctx context.Context, tx *sql.Tx, o *orders.Order) orders.VerifySignature {
	return verifier(f.deps.Clock.Now(), func(c *cert.Certificate) (bool, error) {
		return certificates.Owns(ctx, tx, certificates.Owner{OID: o.OID, OrgOID: o.OrgOID}, c)
	})
}

// matters reports whether a reason is about the signature itself and not about
// who issued the certificate.
func matters(r verdict.Reason) bool {
	family, _, _ := strings.Cut(r.Code, ".")
	return r.Status == verdict.Invalid || family != "chain" && family != "revocation"
}
