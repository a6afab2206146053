// Package register reads payment registers, whatever file they come in (CSV,
// XLSX, 1C exchange, JSON lines), as one stream of rows with typed fields,
// and checks each row. A row keeps its cells as they came, so that a report
// can give them back untouched. It knows requisites and the file formats and
// nothing of portals, journals or terminals; core may import it.
//
// Texts of a row come from outside: clean them (untrusted) before showing.
package register

import (
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/requisites"
)

// Field is a field of a register's row. The zero Field is none.
type Field uint8

// The fields of a row.
const (
	UIN          Field = iota + 1 // УИН, field 22 of a payment order
	Amount                        // rubles or, by the heading, kopecks
	PayerINN                      // 60
	PayerKPP                      // 102
	PayerSNILS                    // a person without an ИНН
	PayerName                     // 8
	PayerAccount                  // 9
	PayeeName                     // 16
	PayeeINN                      // 61
	PayeeKPP                      // 103
	PayeeAccount                  // 17
	PayeeBank                     // 13
	PayeeBIK                      // 14
	PayeeCorr                     // 15; for treasury payees the ЕКС, 40102…
	KBK                           // 104
	OKTMO                         // 105
	Purpose                       // 24
	DrawerStatus                  // 101
	Basis                         // 106
	Period                        // 107
	DocNumber                     // 108
	DocDate                       // 109
	PaymentType                   // 110, obsolete
	Reference                     // the organisation's own mark of the row

	fieldCount
)

// FieldInfo describes a field for people, templates and mapping files.
type FieldInfo struct {
	Field  Field
	Name   string          // stable word in mapping files and JSON lines: "payeeAccount"
	Title  i18n.Text       // heading of a template's column; both are recognised when read
	Number int             // number of the field in a payment order; 0 if it has none
	Kind   requisites.Kind // 0 for texts and the amount
	Width  int             // characters, for templates
}

// Fields lists every field in the order of a template's columns.
func Fields() []FieldInfo {
	return []FieldInfo{
		{UIN, "uin", i18n.Text{RU: "УИН", EN: "UIN"}, 22, requisites.KindUIN, 27},
		{Amount, "amount", i18n.Text{RU: "Сумма, руб.", EN: "Amount, rubles"}, 7, 0, 14},
		{PayerINN, "payerInn", i18n.Text{RU: "ИНН плательщика", EN: "Payer INN"}, 60, requisites.KindINN, 15},
		{PayerKPP, "payerKpp", i18n.Text{RU: "КПП плательщика", EN: "Payer KPP"}, 102, requisites.KindKPP, 12},
		{PayerSNILS, "payerSnils", i18n.Text{RU: "СНИЛС плательщика", EN: "Payer SNILS"}, 0, requisites.KindSNILS, 16},
		{PayerName, "payerName", i18n.Text{RU: "Плательщик", EN: "Payer name"}, 8, 0, 30},
		{PayerAccount, "payerAccount", i18n.Text{RU: "Счёт плательщика", EN: "Payer account"}, 9, requisites.KindAccount, 23},
		{PayeeName, "payeeName", i18n.Text{RU: "Получатель", EN: "Payee name"}, 16, 0, 34},
		{PayeeINN, "payeeInn", i18n.Text{RU: "ИНН получателя", EN: "Payee INN"}, 61, requisites.KindINN, 14},
		{PayeeKPP, "payeeKpp", i18n.Text{RU: "КПП получателя", EN: "Payee KPP"}, 103, requisites.KindKPP, 12},
		{PayeeAccount, "payeeAccount", i18n.Text{RU: "Счёт получателя", EN: "Payee account"}, 17, requisites.KindAccount, 23},
		{PayeeBank, "payeeBank", i18n.Text{RU: "Банк получателя", EN: "Payee bank"}, 13, 0, 30},
		{PayeeBIK, "payeeBik", i18n.Text{RU: "БИК получателя", EN: "Payee BIK"}, 14, requisites.KindBIK, 12},
		{PayeeCorr, "payeeCorrAccount", i18n.Text{RU: "Корр. счёт (ЕКС)", EN: "Correspondent account"}, 15, requisites.KindAccount, 23},
		{KBK, "kbk", i18n.Text{RU: "КБК", EN: "KBK"}, 104, requisites.KindKBK, 23},
		{OKTMO, "oktmo", i18n.Text{RU: "ОКТМО", EN: "OKTMO"}, 105, requisites.KindOKTMO, 13},
		{Purpose, "purpose", i18n.Text{RU: "Назначение платежа", EN: "Purpose"}, 24, 0, 40},
		{DrawerStatus, "drawerStatus", i18n.Text{RU: "Статус составителя (101)", EN: "Drawer status (101)"}, 101, requisites.KindDrawerStatus, 10},
		{Basis, "basis", i18n.Text{RU: "Основание (106)", EN: "Basis (106)"}, 106, requisites.KindPaymentBasis, 10},
		{Period, "period", i18n.Text{RU: "Период (107)", EN: "Period (107)"}, 107, requisites.KindTaxPeriod, 12},
		{DocNumber, "docNumber", i18n.Text{RU: "Номер документа (108)", EN: "Document number (108)"}, 108, requisites.KindDocumentNumber, 16},
		{DocDate, "docDate", i18n.Text{RU: "Дата документа (109)", EN: "Document date (109)"}, 109, requisites.KindDocumentDate, 12},
		{PaymentType, "paymentType", i18n.Text{RU: "Тип платежа (110)", EN: "Payment type (110)"}, 110, requisites.KindPaymentType, 8},
		{Reference, "reference", i18n.Text{RU: "Наш номер", EN: "Reference"}, 0, 0, 16},
	}
}

// Info returns the description of f; the zero FieldInfo for none.
func (f Field) Info() FieldInfo {
	if f == 0 || f >= fieldCount {
		return FieldInfo{}
	}
	return Fields()[f-1]
}

// String returns the stable word.
func (f Field) String() string { return f.Info().Name }

// FieldNamed finds a field by its stable word.
func FieldNamed(name string) (Field, bool) {
	for _, i := range Fields() {
		if i.Name == name {
			return i.Field, true
		}
	}
	return 0, false
}

// Personal reports whether the field tells who a person is, so that its
// content has no place in a file that is passed around.
func (f Field) Personal() bool {
	switch f {
	case PayerINN, PayerSNILS, PayerName, PayerAccount, Purpose, Reference:
		return true
	}
	return false
}

// why says what comes of a wrong value in the field.
func (f Field) why() i18n.Message {
	switch f {
	case UIN:
		return i18n.Say("по неверному УИН платёж не найдёт своё начисление и останется невыясненным", "with a wrong УИН the payment does not find its charge and stays unclear")
	case Amount:
		return i18n.Say("сумма должна читаться однозначно, до копейки", "an amount must read one way only, to the kopeck")
	case PayerINN, PayerKPP, PayerSNILS:
		return i18n.Say("оплату зачтут не тому, за кого платят", "the payment is credited to somebody else")
	case PayeeAccount, PayeeBIK, PayeeCorr, PayerAccount:
		return i18n.Say("банк вернёт платёж или отправит его не туда", "the bank returns the payment or sends it elsewhere")
	case PayeeINN, PayeeKPP:
		return i18n.Say("банк и казначейство сверяют получателя по ИНН и КПП", "the bank and the treasury identify the payee by ИНН and КПП")
	case KBK, OKTMO:
		return i18n.Say("деньги попадут в невыясненные или в чужой бюджет", "the money ends up unclear or in another budget")
	case DrawerStatus, Basis, Period, DocNumber, DocDate, PaymentType:
		return i18n.Say("казначейство отклонит поручение с неверным полем", "the treasury rejects an order with a wrong field")
	case PayeeName, Purpose, PayerName, PayeeBank:
		return i18n.Say("банк не примет такое поручение", "a bank does not accept such an order")
	}
	return i18n.Message{}
}
