// Package qr writes and reads the payment codes of ГОСТ Р 56042-2014: the
// payload that a banking application scans, and the picture of it for a
// terminal, a PNG or an SVG. Writing is strict, reading forgives what the
// field really prints. It knows requisites and nothing of portals; core and
// the command line may import it.
package qr

import (
	"github.com/epgu-cli/epgu/internal/requisites"
)

// Encoding is the character set of a payload, as its header names it.
type Encoding byte

// The encodings of the standard. KOI8R is read and never written.
const (
	Auto        Encoding = 0 // on writing: UTF8, or Windows1251 when only so the mandatory block fits
	Windows1251 Encoding = '1'
	UTF8        Encoding = '2'
	KOI8R       Encoding = '3'
)

// String names the character set.
func (e Encoding) String() string {
	switch e {
	case Windows1251:
		return "windows-1251"
	case UTF8:
		return "utf-8"
	case KOI8R:
		return "koi8-r"
	}
	return "auto"
}

// Payment is what a code says. Empty fields are left out of the payload.
type Payment struct {
	Name       string             `json:"name"`     // payee
	Account    requisites.Account `json:"account"`  // PersonalAcc
	BankName   string             `json:"bankName"` //
	BIK        requisites.BIK     `json:"bik"`      // BIC
	CorrespAcc string             `json:"corrAccount"`

	Kopecks      int64                     `json:"sumKopecks,omitempty"` // Sum; 0 = the payer decides
	Purpose      string                    `json:"purpose,omitempty"`
	PayeeINN     requisites.INN            `json:"payeeInn,omitempty"`
	PayerINN     requisites.INN            `json:"payerInn,omitempty"`
	DrawerStatus requisites.DrawerStatus   `json:"drawerStatus,omitempty"` // 101
	KPP          requisites.KPP            `json:"kpp,omitempty"`          // of the payee
	KBK          requisites.KBK            `json:"kbk,omitempty"`          // CBC, 104
	OKTMO        requisites.OKTMO          `json:"oktmo,omitempty"`        // 105
	Basis        requisites.PaymentBasis   `json:"basis,omitempty"`        // PaytReason, 106
	TaxPeriod    requisites.TaxPeriod      `json:"taxPeriod,omitempty"`    // 107
	DocNo        requisites.DocumentNumber `json:"docNo,omitempty"`        // 108
	DocDate      requisites.DocumentDate   `json:"docDate,omitempty"`      // 109
	PaymentType  requisites.PaymentType    `json:"paymentType,omitempty"`  // TaxPaytKind, 110
	LastName     string                    `json:"lastName,omitempty"`     // of the payer
	FirstName    string                    `json:"firstName,omitempty"`
	MiddleName   string                    `json:"middleName,omitempty"`
	PayerAddress string                    `json:"payerAddress,omitempty"`
	UIN          requisites.UIN            `json:"uin,omitempty"`

	Other []Pair `json:"other,omitempty"` // further keys of the standard, and unknown ones on reading
}

// Pair is one further field of a payload.
type Pair struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// field is one key of the standard: its limit and where it lives in a Payment.
type field struct {
	key   string
	limit int             // characters; 0 = only the total bounds it
	kind  requisites.Kind // how its value is checked; 0 = text
	ref   func(*Payment) *string
}

const mandatory = 5 // the first fields of the table

// fields lists the keys in the order in which they are written.
func fields() []field {
	return []field{
		{"Name", 160, 0, func(p *Payment) *string { return &p.Name }},
		{"PersonalAcc", 20, requisites.KindAccount, func(p *Payment) *string { return (*string)(&p.Account) }},
		{"BankName", 45, 0, func(p *Payment) *string { return &p.BankName }},
		{"BIC", 9, requisites.KindBIK, func(p *Payment) *string { return (*string)(&p.BIK) }},
		{"CorrespAcc", 20, 0, func(p *Payment) *string { return &p.CorrespAcc }},
		{"Purpose", 210, 0, func(p *Payment) *string { return &p.Purpose }},
		{"PayeeINN", 12, requisites.KindINN, func(p *Payment) *string { return (*string)(&p.PayeeINN) }},
		{"PayerINN", 12, requisites.KindINN, func(p *Payment) *string { return (*string)(&p.PayerINN) }},
		{"DrawerStatus", 2, requisites.KindDrawerStatus, func(p *Payment) *string { return (*string)(&p.DrawerStatus) }},
		{"KPP", 9, requisites.KindKPP, func(p *Payment) *string { return (*string)(&p.KPP) }},
		{"CBC", 20, requisites.KindKBK, func(p *Payment) *string { return (*string)(&p.KBK) }},
		{"OKTMO", 11, requisites.KindOKTMO, func(p *Payment) *string { return (*string)(&p.OKTMO) }},
		{"PaytReason", 2, requisites.KindPaymentBasis, func(p *Payment) *string { return (*string)(&p.Basis) }},
		{"TaxPeriod", 10, requisites.KindTaxPeriod, func(p *Payment) *string { return (*string)(&p.TaxPeriod) }},
		{"DocNo", 15, requisites.KindDocumentNumber, func(p *Payment) *string { return (*string)(&p.DocNo) }},
		{"DocDate", 10, requisites.KindDocumentDate, func(p *Payment) *string { return (*string)(&p.DocDate) }},
		{"TaxPaytKind", 2, requisites.KindPaymentType, func(p *Payment) *string { return (*string)(&p.PaymentType) }},
		{"LastName", 0, 0, func(p *Payment) *string { return &p.LastName }},
		{"FirstName", 0, 0, func(p *Payment) *string { return &p.FirstName }},
		{"MiddleName", 0, 0, func(p *Payment) *string { return &p.MiddleName }},
		{"PayerAddress", 0, 0, func(p *Payment) *string { return &p.PayerAddress }},
		{"UIN", 25, requisites.KindUIN, func(p *Payment) *string { return (*string)(&p.UIN) }},
	}
}

// sumKey stands between the mandatory block and Purpose.
const sumKey = "Sum"

// sumDigits is the longest sum, in digits of kopecks.
const sumDigits = 18

// otherKeys are the keys of the standard that a Payment keeps in Other.
func otherKeys() []string {
	return []string{"PersonalAccount", "DocIdx", "PensAcc", "Contract", "PersAcc", "Flat", "Phone", "PayerIdType", "PayerIdNum",
		"ChildFio", "BirthDate", "PaymTerm", "PaymPeriod", "Category", "ServiceName", "CounterId", "CounterVal", "QuittId", "QuittDate",
		"InstNum", "ClassNum", "SpecFio", "AddAmount", "RuleId", "ExecId", "RegType", "TechCode"}
}

// blockLimit is the most bytes that the mandatory block may take
// (ГОСТ Р 56042-2014), payloadLimit the most that a QR code of version 40
// with medium correction holds.
const (
	blockLimit   = 300
	payloadLimit = 2331
)
