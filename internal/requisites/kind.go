package requisites

import "github.com/epgu-cli/epgu/internal/i18n"

// Kind names a kind of requisite. Its text form is the word of the command
// line: "uin", "inn", …
type Kind uint8

// The kinds of requisites.
const (
	KindUIN Kind = iota + 1
	KindINN
	KindKPP
	KindOGRN
	KindSNILS
	KindKBK
	KindOKTMO
	KindBIK
	KindAccount
	KindUIP
	KindPayerID
	KindDrawerStatus
	KindPaymentBasis
	KindTaxPeriod
	KindDocumentNumber
	KindDocumentDate
	KindPaymentType
)

// KindInfo describes a kind for people and for the command line.
type KindInfo struct {
	Kind     Kind
	Name     string    // the word on the command line and in JSON
	Title    i18n.Text // how people call it
	Field    int       // number of the field in a payment order; 0 if it has several places or none
	Example  string    // a value that passes
	NeedsBIK bool      // its check is complete only together with a БИК
}

// Kinds lists every kind in the order in which help shows them.
func Kinds() []KindInfo {
	return []KindInfo{
		{KindUIN, "uin", i18n.Text{RU: "УИН", EN: "charge id (УИН)"}, 22, "18810177170325189254", false},
		{KindINN, "inn", i18n.Text{RU: "ИНН", EN: "taxpayer number (ИНН)"}, 0, "7707083893", false},
		{KindKPP, "kpp", i18n.Text{RU: "КПП", EN: "КПП"}, 0, "773001001", false},
		{KindOGRN, "ogrn", i18n.Text{RU: "ОГРН", EN: "state register number (ОГРН)"}, 0, "1027700132195", false},
		{KindSNILS, "snils", i18n.Text{RU: "СНИЛС", EN: "pension insurance number (СНИЛС)"}, 0, "112-233-445 95", false},
		{KindKBK, "kbk", i18n.Text{RU: "КБК", EN: "budget code (КБК)"}, 104, "18811630020016000140", false},
		{KindOKTMO, "oktmo", i18n.Text{RU: "ОКТМО", EN: "territory code (ОКТМО)"}, 105, "45328000", false},
		{KindBIK, "bik", i18n.Text{RU: "БИК", EN: "bank code (БИК)"}, 0, "044525225", false},
		{KindAccount, "account", i18n.Text{RU: "счёт", EN: "account"}, 0, "40702810138250123017", true},
		{KindUIP, "uip", i18n.Text{RU: "УИП", EN: "payment id (УИП)"}, 0, "10471020010005233009202000000001", false},
		{KindPayerID, "payer", i18n.Text{RU: "идентификатор плательщика", EN: "payer id"}, 0, "2007707083893773001001", false},
		{KindDrawerStatus, "status", i18n.Text{RU: "статус составителя (101)", EN: "drawer status (101)"}, 101, "24", false},
		{KindPaymentBasis, "basis", i18n.Text{RU: "основание платежа (106)", EN: "payment basis (106)"}, 106, "ТП", false},
		{KindTaxPeriod, "period", i18n.Text{RU: "налоговый период (107)", EN: "tax period (107)"}, 107, "КВ.01.2026", false},
		{KindDocumentNumber, "docno", i18n.Text{RU: "номер документа (108)", EN: "document number (108)"}, 108, "0", false},
		{KindDocumentDate, "docdate", i18n.Text{RU: "дата документа (109)", EN: "document date (109)"}, 109, "31.12.2025", false},
		{KindPaymentType, "type", i18n.Text{RU: "тип платежа (110)", EN: "payment type (110)"}, 110, "0", false},
	}
}

// Info returns the description of k; the zero KindInfo for an unknown kind.
func (k Kind) Info() KindInfo {
	all := Kinds()
	if k == 0 || int(k) > len(all) {
		return KindInfo{}
	}
	return all[k-1]
}

// String returns the word of the command line.
func (k Kind) String() string { return k.Info().Name }

// MarshalText writes the word of the command line.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// KindNamed finds a kind by its word.
func KindNamed(name string) (Kind, bool) {
	for _, i := range Kinds() {
		if i.Name == name {
			return i.Kind, true
		}
	}
	return 0, false
}
