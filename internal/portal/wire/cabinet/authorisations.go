package cabinet

import "time"

// CapAuthorisations is the capability of /payment-authorisations.
const CapAuthorisations Capability = "payment-authorisations"

// AuthorisationRequest bounds what the payments of one plan may spend: POST
// /payment-authorisations with Idempotency-Key equal to ID. The same ID with the
// same bounds answers with the current state (200), with other ones 409
// "authorisation.key_reused".
type AuthorisationRequest struct {
	ID         string `json:"id"`         // UUIDv7 of the plan's run
	PlanSHA256 string `json:"planSha256"` // of the plan, hex, lower case
	// PaymentsRoot is the Merkle tree hash (RFC 9162, SHA-256) over the plan's
	// rows, hex, lower case; PlanRows is how many leaves it has, of which Count at
	// most are payments. What a leaf is stands in docs/payment-proof.md.
	PaymentsRoot string    `json:"paymentsRoot"`
	PlanRows     int64     `json:"planRows"`
	Count        int64     `json:"count"`      // most payments
	SumKopecks   int64     `json:"sumKopecks"` // most they come to, commissions apart
	NotAfter     time.Time `json:"notAfter"`   // nothing is paid under it afterwards
	// Signatures are those of the approvers, from one to twenty.
	Signatures []AuthorisationSignature `json:"signatures"`
}

// AuthorisationSignature is one approver's word.
type AuthorisationSignature struct {
	// Statement is what was signed, at most 4096 bytes of UTF-8. Its lines, each
	// ended by LF, are
	//
	//	epgu payment plan approval 2
	//	plan sha256 <PlanSHA256>
	//	payments <PaymentsRoot> of <PlanRows>
	//	run <ID>
	//	rows <Count>
	//	kopecks <SumKopecks>
	//	at <RFC 3339, UTC>
	//	by "<name>"
	//	certificate <Streebog-256 of the certificate, hex, upper case>
	//	checked <yes, or no when nobody vouches for the certificate>
	//	note "<anything>"
	//
	// with quoted strings as in Go.
	Statement string `json:"statement"`
	Signature []byte `json:"signature"` // detached CMS by ГОСТ Р 34.10-2012 with the certificate inside, base64 of DER
}

// Authorisation is an authorisation with what is used of it: POST and GET
// /payment-authorisations/{id}. A payment that is refused gives back what it took.
type Authorisation struct {
	ID           string                `json:"id"`
	PlanSHA256   string                `json:"planSha256"`
	PaymentsRoot string                `json:"paymentsRoot"`
	PlanRows     int64                 `json:"planRows"`
	Count        int64                 `json:"count"`
	SumKopecks   int64                 `json:"sumKopecks"`
	UsedCount    int64                 `json:"usedCount"`
	UsedKopecks  int64                 `json:"usedKopecks"`
	State        string                `json:"state"` // "open", "used" (its count is reached), "ended" (its term is over)
	CreatedAt    time.Time             `json:"createdAt"`
	NotAfter     time.Time             `json:"notAfter"`
	Signers      []AuthorisationSigner `json:"signers"`
}

// PaymentProof shows that a payment is a leaf of an authorisation's PaymentsRoot.
// Each row pays once under an authorisation.
type PaymentProof struct {
	Row  int64  `json:"row"`  // from 1: the leaf's index and one
	Path []byte `json:"path"` // the inclusion proof of RFC 9162: hashes of 32 bytes, lowest first, base64
}

// ApproverQuestion asks whether an approval by a certificate would count for the
// caller's payments: POST /approver-checks. Nothing is kept of it.
type ApproverQuestion struct {
	CertificatePEM string `json:"certificatePem"`
}

// ApproverAnswer says whether it would.
type ApproverAnswer struct {
	Certificate string `json:"certificate"` // Streebog-256, hex, upper case
	Trust       string `json:"trust"`       // as in AuthorisationSigner; "" when the portal does not know the certificate
	Own         bool   `json:"own"`         // it is the caller's own, and no approval of the caller's payments alone
}

// AuthorisationSigner is whose signature was found good.
type AuthorisationSigner struct {
	Name        Text      `json:"name"`        // as the certificate says
	Certificate string    `json:"certificate"` // Streebog-256, hex
	SignedAt    time.Time `json:"signedAt"`
	Trust       string    `json:"trust"` // "issued" by the portal's authority, or "bound" to the account
}
