// Package requisites parses, checks and explains the numbers and codes that a
// Russian payment is made of: УИН, ИНН, КПП, ОГРН, СНИЛС, КБК, ОКТМО, БИК,
// account numbers, payment and payer identifiers and the budget fields 101
// and 106–110. It knows no portal, no file format and no terminal; the client
// and the embedded portal may both import it.
//
// Every ParseX normalises first: spaces (also the non-breaking ones), dashes
// and invisible characters go, letters become capital. A value that passes
// comes back in its plain form; one that does not comes back as a *Problem.
// ValidX answers the same question and never allocates.
package requisites

// The checked values. A value of one of these types that came from its Parse
// function is normalised and has passed every check that its kind allows.
type (
	// UIN is a charge identifier (УИН, payment field 22): 20 characters
	// (digits; the oldest also hold letters) or 25 digits, the last one a
	// check digit.
	UIN string
	// INN is a taxpayer number: 10 digits of an organisation or 12 of a person.
	INN string
	// KPP is a reason-for-registration code: 9 characters, letters A–Z only at
	// the fifth and sixth.
	KPP string
	// OGRN is a state register number: 13 digits of an organisation or 15 of
	// a sole trader (ОГРНИП).
	OGRN string
	// SNILS is a pension insurance number: 11 digits.
	SNILS string
	// KBK is a budget classification code (field 104): 20 digits, or "0".
	KBK string
	// OKTMO is a municipal territory code (field 105): 8 or 11 digits, or "0".
	OKTMO string
	// BIK is a bank identification code: 9 digits.
	BIK string
	// Account is an account number: 20 characters.
	Account string
	// UIP is a payment identifier of the state payment system: 32 digits.
	UIP string
	// PayerID is a payer identifier of the state payment system.
	PayerID string
	// DrawerStatus is field 101, the status of who drew the order up.
	DrawerStatus string
	// PaymentBasis is field 106, the ground of the payment.
	PaymentBasis string
	// TaxPeriod is field 107: МС.01.2026, КВ., ПЛ., ГД., a date, a customs
	// office code, or "0".
	TaxPeriod string
	// DocumentNumber is field 108: up to 15 characters, or "0".
	DocumentNumber string
	// DocumentDate is field 109: дд.мм.гггг, or "0".
	DocumentDate string
	// PaymentType is field 110, obsolete: "0" in new orders.
	PaymentType string
)

// Absent is what budget fields hold when they have nothing to say.
const Absent = "0"

// ParseUIN parses a УИН. The word "0", which orders without a УИН carry, is
// not one: compare with Absent first where it is allowed.
func ParseUIN(s string) (UIN, error) { v, err := parse(KindUIN, s); return UIN(v), err }

// ParseINN parses an ИНН of 10 or 12 digits.
func ParseINN(s string) (INN, error) { v, err := parse(KindINN, s); return INN(v), err }

// ParseKPP parses a КПП.
func ParseKPP(s string) (KPP, error) { v, err := parse(KindKPP, s); return KPP(v), err }

// ParseOGRN parses an ОГРН or ОГРНИП.
func ParseOGRN(s string) (OGRN, error) { v, err := parse(KindOGRN, s); return OGRN(v), err }

// ParseSNILS parses a СНИЛС. Numbers up to 001-001-998 carry no check digits
// and pass by form alone.
func ParseSNILS(s string) (SNILS, error) { v, err := parse(KindSNILS, s); return SNILS(v), err }

// ParseKBK parses a КБК or "0". A КБК has no check digit.
func ParseKBK(s string) (KBK, error) { v, err := parse(KindKBK, s); return KBK(v), err }

// ParseOKTMO parses an ОКТМО or "0".
func ParseOKTMO(s string) (OKTMO, error) { v, err := parse(KindOKTMO, s); return OKTMO(v), err }

// ParseBIK parses a БИК. It has no check digit.
func ParseBIK(s string) (BIK, error) { v, err := parse(KindBIK, s); return BIK(v), err }

// ParseAccount parses an account number by form; its key can be checked only
// together with a БИК, see ParseAccountAt.
func ParseAccount(s string) (Account, error) { v, err := parse(KindAccount, s); return Account(v), err }

// ParseUIP parses a payment identifier.
func ParseUIP(s string) (UIP, error) { v, err := parse(KindUIP, s); return UIP(v), err }

// ParsePayerID parses a payer identifier and the ИНН, КПП or СНИЛС inside it.
func ParsePayerID(s string) (PayerID, error) { v, err := parse(KindPayerID, s); return PayerID(v), err }

// ParseDrawerStatus parses field 101 against the embedded list.
func ParseDrawerStatus(s string) (DrawerStatus, error) {
	v, err := parse(KindDrawerStatus, s)
	return DrawerStatus(v), err
}

// ParsePaymentBasis parses field 106 against the embedded list.
func ParsePaymentBasis(s string) (PaymentBasis, error) {
	v, err := parse(KindPaymentBasis, s)
	return PaymentBasis(v), err
}

// ParseTaxPeriod parses field 107.
func ParseTaxPeriod(s string) (TaxPeriod, error) {
	v, err := parse(KindTaxPeriod, s)
	return TaxPeriod(v), err
}

// ParseDocumentNumber parses field 108.
func ParseDocumentNumber(s string) (DocumentNumber, error) {
	v, err := parse(KindDocumentNumber, s)
	return DocumentNumber(v), err
}

// ParseDocumentDate parses field 109.
func ParseDocumentDate(s string) (DocumentDate, error) {
	v, err := parse(KindDocumentDate, s)
	return DocumentDate(v), err
}

// ParsePaymentType parses field 110 against the embedded list.
func ParsePaymentType(s string) (PaymentType, error) {
	v, err := parse(KindPaymentType, s)
	return PaymentType(v), err
}

// ValidUIN reports whether ParseUIN would accept s.
func ValidUIN(s string) bool { return Valid(KindUIN, s) }

// ValidINN reports whether ParseINN would accept s.
func ValidINN(s string) bool { return Valid(KindINN, s) }

// ValidKPP reports whether ParseKPP would accept s.
func ValidKPP(s string) bool { return Valid(KindKPP, s) }

// ValidOGRN reports whether ParseOGRN would accept s.
func ValidOGRN(s string) bool { return Valid(KindOGRN, s) }

// ValidSNILS reports whether ParseSNILS would accept s.
func ValidSNILS(s string) bool { return Valid(KindSNILS, s) }

// ValidKBK reports whether ParseKBK would accept s.
func ValidKBK(s string) bool { return Valid(KindKBK, s) }

// ValidOKTMO reports whether ParseOKTMO would accept s.
func ValidOKTMO(s string) bool { return Valid(KindOKTMO, s) }

// ValidBIK reports whether ParseBIK would accept s.
func ValidBIK(s string) bool { return Valid(KindBIK, s) }

// ValidAccount reports whether ParseAccount would accept s; see KeyOf for the key.
func ValidAccount(s string) bool { return Valid(KindAccount, s) }

// Valid reports whether the parser of kind k would accept s. It never allocates.
func Valid(k Kind, s string) bool {
	var buf buffer
	_, f := scan(k, buf[:0], s)
	return f.code == fine
}

func parse(k Kind, s string) (string, error) {
	var buf buffer
	b, f := scan(k, buf[:0], s)
	if f.code != fine {
		return "", explain(k, s, string(b), f, func(c string) bool { return Valid(k, c) })
	}
	return keep(s, b), nil
}

// keep returns the normalised text, and s itself when nothing changed, so that
// a clean value costs no copy.
func keep(s string, b []byte) string {
	if string(b) == s {
		return s
	}
	return string(b)
}
