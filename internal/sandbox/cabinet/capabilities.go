package cabinet

import (
	"context"
	"database/sql"
	"net/http"

	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
	"github.com/epgu-cli/epgu/internal/sandbox/gusmev"
	"github.com/epgu-cli/epgu/internal/sandbox/pki"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
)

// CertificateFunc returns the PEM of the certificate that markers are signed
// with now.
type CertificateFunc func(ctx context.Context, tx *sql.Tx) (string, error)

// capabilities is GET /.well-known/epgu.
func (f *face) capabilities(w http.ResponseWriter, r *http.Request) error {
	now, err := f.deps.Calendar.Today(r.Context())
	if err != nil {
		return err
	}
	pem, root := "", ""
	if f.certificate != nil {
		if err := f.deps.DB.Read(r.Context(), func(tx *sql.Tx) error {
			if root, err = pki.RootPEM(r.Context(), tx); err != nil {
				return err
			}
			pem, err = f.certificate(r.Context(), tx)
			return err
		}); err != nil {
			return err
		}
	}
	problem.JSON(w, http.StatusOK, wire.Capabilities{
		Portal:  text(i18n.Text{RU: "Встроенный учебный портал", EN: "Embedded training portal"}, problem.Lang(r)),
		Kind:    "sandbox",
		Version: version(),
		APIs:    map[string]string{"esia": "v2", "gusmev": "1.13", "cabinet": "1.0"},
		Capabilities: []wire.Capability{
			wire.CapSignIn, wire.CapCertificateSignIn, wire.CapCatalog, wire.CapDrafts, wire.CapApplications, wire.CapCorrections, wire.CapCare,
			wire.CapCharges, wire.CapPayments, wire.CapPension, wire.CapAppointments, wire.CapProfile,
			wire.CapRegistration, wire.CapAccount, wire.CapProfileEdit, wire.CapDevices, wire.CapCertificates, wire.CapAuthorisations, wire.CapTraining,
		},
		Time:         now,
		MaxFileBytes: catalog.MaxAttachmentBytes, DocumentRootPEM: root,
		ESIA: &wire.ESIA{
			Issuer: f.deps.Issuer, CertificatePEM: pem,
			Scopes: []string{"openid", "fullname", "birthdate", "gender", "snils", "inn", "id_doc", "email", "mobile", "contacts", "addresses", "usr_org", gusmev.ScopeOrder},
		},
	})
	return nil
}
