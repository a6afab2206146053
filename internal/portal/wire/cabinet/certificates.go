package cabinet

import "time"

// CapCertificates is the ability to issue certificates and to bind them to an
// account: /certificate-requests, /certificates.
const CapCertificates Capability = "certificates"

// CertificateRequest asks for a certificate: POST /certificate-requests. The
// key is taken from the request, the subject from the account.
type CertificateRequest struct {
	Request string `json:"request"` // PKCS#10 in PEM
}

// IssuedCertificate is the answer of POST /certificate-requests.
type IssuedCertificate struct {
	CertificatePEM string `json:"certificatePem"`
	IssuerPEM      string `json:"issuerPem"` // the certificate of the authority
}

// CertificateInput binds a certificate to the account: POST /certificates. A
// code goes to the phone of the person.
type CertificateInput struct {
	CertificatePEM string `json:"certificatePem"`
}

// CertificateCode confirms a binding: POST /certificates/{id}/code. An empty
// Code asks for a new one to be sent.
type CertificateCode struct {
	Code string `json:"code"`
}

// The states of a Certificate.
const (
	CertificateCodeSent = "code"  // waits for the code
	CertificateBound    = "bound" // signatures under it count as the person's own
)

// Certificate is a certificate of the account: GET /certificates → Page;
// DELETE /certificates/{id} unbinds it.
type Certificate struct {
	ID        string     `json:"id"`
	State     string     `json:"state"`
	Target    Text       `json:"target,omitempty"` // where the code went, masked
	Subject   Text       `json:"subject"`
	Issuer    Text       `json:"issuer"`
	Serial    string     `json:"serial"` // hexadecimal
	Hash      string     `json:"hash"`   // Streebog-256 of the DER form, 64 hexadecimal digits
	NotBefore time.Time  `json:"notBefore"`
	NotAfter  time.Time  `json:"notAfter"`
	BoundAt   *time.Time `json:"boundAt,omitempty"`
}
