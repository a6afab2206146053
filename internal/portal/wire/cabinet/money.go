package cabinet

import "time"

// CapPension is the capability of /pension.
const CapPension Capability = "pension"

// ChargeDetails say what a charge is for: GET /charges/{uin}. Charges of
// strangers have none.
type ChargeDetails struct {
	Ruling  string     `json:"ruling,omitempty"`  // number of the ruling
	At      *time.Time `json:"at,omitempty"`      // when it happened
	Place   Text       `json:"place,omitempty"`   // where
	Article Text       `json:"article,omitempty"` // of the law
	STS     string     `json:"sts,omitempty"`     // registration certificate of the vehicle, 10 characters
	VIN     string     `json:"vin,omitempty"`
	Plate   string     `json:"plate,omitempty"`
	Licence string     `json:"licence,omitempty"` // driving licence, 10 characters
	Photos  int        `json:"photos,omitempty"`  // GET /charges/{uin}/photos/{number}, from 1, image/png
}

// DisputeRequest disputes a charge: POST /charges/{uin}/disputes. Repeating it
// with the same Idempotency-Key answers with the same dispute.
type DisputeRequest struct {
	Reason string `json:"reason"` // "not-mine", "paid", "amount", "other"
	Text   string `json:"text"`   // what the person says, 1–2000 characters
}

// Dispute is what the department does about it.
type Dispute struct {
	ID       string    `json:"id"`
	UIN      string    `json:"uin"`
	State    string    `json:"state"` // "filed", "granted" (the charge is annulled), "rejected"
	Reason   string    `json:"reason"`
	FiledAt  time.Time `json:"filedAt"`
	AnswerBy time.Time `json:"answerBy"` // the department answers by then
	Answer   Text      `json:"answer,omitempty"`
}

// SignedDocument is a document with its signature: GET /debt-certificate, GET
// /pension/statement. The signature is detached CMS by ГОСТ Р 34.10-2012 with
// the signer's certificate inside.
type SignedDocument struct {
	FileName  Text      `json:"fileName"`
	Title     Text      `json:"title"`
	IssuedAt  time.Time `json:"issuedAt"`
	PDF       []byte    `json:"pdf"`       // base64
	Signature []byte    `json:"signature"` // base64 of DER
	// RootPEM is the certificate that the signer's leads to; a training portal
	// gives it, a real one is known by the list of accredited authorities.
	RootPEM string `json:"rootPem,omitempty"`
	// Debts and TotalKopecks say what a certificate of debts certifies.
	Debts        int   `json:"debts"`
	TotalKopecks int64 `json:"totalKopecks"`
}

// PayeeNotice tells that the payee was told of a payment: POST
// /payments/{id}/payee-notices; repeating it answers with the first one.
type PayeeNotice struct {
	PaymentID string    `json:"paymentId"`
	Payee     Text      `json:"payee"`
	SentAt    time.Time `json:"sentAt"`
}

// Pension is a person's pension account: GET /pension.
type Pension struct {
	SNILS          string           `json:"snils"`
	Accounts       []PensionAccount `json:"accounts"`
	Points         string           `json:"points"`        // pension coefficients (ИПК), decimal with three places
	ServiceMonths  int              `json:"serviceMonths"` // insured service
	Expected       []PensionPayment `json:"expected"`      // payments to come, the nearest first
	RetirementDate string           `json:"retirementDate"`
	AsOf           time.Time        `json:"asOf"`
}

// PensionAccount is one account.
type PensionAccount struct {
	ID              string `json:"id"`
	Kind            string `json:"kind"` // "insurance", "savings"
	Title           Text   `json:"title"`
	Insurer         Text   `json:"insurer"`
	BalanceKopecks  int64  `json:"balanceKopecks"`
	InterestKopecks int64  `json:"interestKopecks"` // of the last year
}

// PensionPayment is a payment that is expected.
type PensionPayment struct {
	Date          string `json:"date"` // yyyy-mm-dd
	Title         Text   `json:"title"`
	AmountKopecks int64  `json:"amountKopecks"`
}

// PensionContribution is what an employer paid in: GET
// /pension/contributions?year=&limit=&cursor=, the latest first.
type PensionContribution struct {
	Period        string `json:"period"` // yyyy-mm
	Account       string `json:"account"`
	Employer      Text   `json:"employer"`
	EmployerINN   string `json:"employerInn"`
	AmountKopecks int64  `json:"amountKopecks"`
}
