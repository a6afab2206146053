// Package bankfiles takes payments past the portal: it lays a charge or
// requisites out as a payment order for a bank or as a payment code, and finds
// journalled payments in the bank's statement. Commands and the TUI use it; it
// knows no terminal and sends nothing.
package bankfiles

import (
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/onec"
	"github.com/epgu-cli/epgu/internal/payfile/qr"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Subject is what is paid for, whoever pays it: a charge or bare requisites.
// Amounts are kopecks.
type Subject struct {
	UIN        string
	Kopecks    int64 // 0 = the payer decides; only a payment code may leave it open
	Requisites cabinet.Requisites
}

// OfCharge makes a subject of a charge and the sum to pay for it.
func OfCharge(c cabinet.Charge, kopecks int64) Subject {
	return Subject{UIN: c.UIN, Kopecks: kopecks, Requisites: cabinet.Requisites{Payee: c.Payee, Purpose: c.Purpose.Raw()}}
}

// Payer is who pays, as a payment order names them.
type Payer struct {
	Name    string
	INN     string
	KPP     string
	Account string // 20 digits, at the bank BIK
	BIK     string
	Bank    string
	Corr    string // correspondent account of the bank
	Status  string // field 101; "" chooses by the ИНН
}

// The statuses (field 101) that a payment by УИН to a treasury account takes
// when the payer does not say otherwise (order 107н of the Ministry of Finance
// of 12.11.2013, annex 5; since 01.04.2026 order 58н of 16.05.2025).
const (
	statusCompany = "08" // a company or a sole trader that pays to the budget
	statusPerson  = "24" // a person that pays to the budget
)

func (p Payer) status() string {
	switch {
	case p.Status != "":
		return p.Status
	case len(p.INN) == 12:
		return statusPerson
	}
	return statusCompany
}

// Order lays the subject out as a payment order of the payer. Nothing is
// checked here: onec.Document.Check finds everything wrong.
func (s Subject) Order(p Payer, number string, day time.Time) onec.Order {
	r := &s.Requisites
	o := onec.Order{
		Number: number, Date: day, Kopecks: s.Kopecks, UIN: s.UIN, Purpose: untrusted.Clean(r.Purpose),
		Payer: onec.Party{Name: p.Name, INN: p.INN, KPP: p.KPP, Account: requisites.Account(p.Account), BIK: requisites.BIK(p.BIK), Bank: p.Bank, CorrAccount: p.Corr},
		Payee: onec.Party{
			Name: untrusted.Clean(r.Payee.Name.Raw()), INN: r.Payee.INN, KPP: r.Payee.KPP, Account: requisites.Account(r.Payee.Account),
			BIK: requisites.BIK(r.Payee.BIK), Bank: untrusted.Clean(r.Payee.BankName.Raw()), CorrAccount: r.Payee.CorrAccount,
		},
	}
	if o.UIN == "" {
		o.UIN = r.ActCode
	}
	if r.Payee.KBK == "" {
		return o
	}
	status := r.Status
	if status == "" {
		status = p.status()
	}
	o.Budget = &onec.Budget{DrawerStatus: status, KBK: r.Payee.KBK, OKTMO: r.Payee.OKTMO, Basis: r.Basis, TaxPeriod: r.Period, DocNo: r.DocNo, DocDate: r.DocDate}
	return o
}

// NothingDue is why a charge has no payment code.
func NothingDue(uin string) error {
	return fault.New(exitcode.Conflict, "charge.nothing_due", i18n.Text{
		RU: "по начислению %s платить нечего", EN: "nothing is due on charge %s"}.With(uin))
}

// Code lays the subject out as a payment code of ГОСТ Р 56042-2014. Nothing
// is checked here: qr.Encode finds everything wrong.
func (s Subject) Code() qr.Payment {
	r := &s.Requisites
	none := func(v string) string {
		if v == requisites.Absent {
			return ""
		}
		return v
	}
	return qr.Payment{
		Name: untrusted.Clean(r.Payee.Name.Raw()), Account: requisites.Account(r.Payee.Account), BankName: short(untrusted.Clean(r.Payee.BankName.Raw()), bankNameLimit),
		BIK: requisites.BIK(r.Payee.BIK), CorrespAcc: r.Payee.CorrAccount, Kopecks: s.Kopecks, Purpose: untrusted.Clean(r.Purpose),
		PayeeINN: requisites.INN(r.Payee.INN), KPP: requisites.KPP(none(r.Payee.KPP)), KBK: requisites.KBK(none(r.Payee.KBK)), OKTMO: requisites.OKTMO(none(r.Payee.OKTMO)),
		DrawerStatus: requisites.DrawerStatus(none(r.Status)), Basis: requisites.PaymentBasis(none(r.Basis)), TaxPeriod: requisites.TaxPeriod(none(r.Period)),
		DocNo: requisites.DocumentNumber(none(r.DocNo)), DocDate: requisites.DocumentDate(none(r.DocDate)), UIN: requisites.UIN(s.UIN),
	}
}

// bankNameLimit is how long a bank's name may be in a code, characters. Banks
// are found by БИК; treasury branches have names that never fit.
const bankNameLimit = 45

// short cuts a name at a word.
func short(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	cut := string(r[:n])
	if at := strings.LastIndexAny(cut, " /"); at > len(cut)/2 {
		cut = cut[:at]
	}
	return strings.TrimRight(cut, " /,.")
}
