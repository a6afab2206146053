package onec

// Key is a field of a payment document. The order is that of the published
// sample, and the order of writing.
type Key uint8

// The fields of a payment document.
const (
	Number Key = iota // Номер
	Date              // Дата, дд.мм.гггг
	Sum               // Сумма, rubles with two decimals
	ReceiptDate
	ReceiptTime
	ReceiptText
	PayerAccount // ПлательщикСчет
	DebitedOn    // ДатаСписано
	Payer
	PayerINN
	Payer1
	Payer2
	Payer3
	Payer4
	PayerSettlement // ПлательщикРасчСчет
	PayerBank1
	PayerBank2
	PayerBIK
	PayerCorr
	PayeeAccount // ПолучательСчет
	CreditedOn   // ДатаПоступило
	Payee
	PayeeINN
	Payee1
	Payee2
	Payee3
	Payee4
	PayeeSettlement // ПолучательРасчСчет
	PayeeBank1
	PayeeBank2
	PayeeBIK
	PayeeCorr
	PaymentManner // ВидПлатежа
	PurposeCode   // КодНазПлатежа
	PaymentCode   // ВидОплаты, 01 for an order
	UIN           // Код, field 22
	Purpose       // НазначениеПлатежа, field 24
	Purpose1
	Purpose2
	Purpose3
	Purpose4
	Purpose5
	Purpose6
	DrawerStatus // СтатусСоставителя, 101
	PayerKPP     // 102
	PayeeKPP     // 103
	KBK          // ПоказательКБК, 104
	OKTMO        // ОКАТО, 105
	Basis        // ПоказательОснования, 106
	TaxPeriod    // ПоказательПериода, 107
	DocNo        // ПоказательНомера, 108
	DocDate      // ПоказательДаты, 109
	PaymentType  // ПоказательТипа, 110
	Priority     // Очередность
	AcceptTerm
	LetterOfCreditKind
	PaymentTerm
	Condition1
	Condition2
	Condition3
	ByPresentation
	ExtraConditions
	SupplierAccount
	DocumentsSent

	keyCount
)

// keyNames lists the names that the format gives the fields.
func keyNames() [keyCount]string {
	return [keyCount]string{
		"Номер", "Дата", "Сумма", "КвитанцияДата", "КвитанцияВремя", "КвитанцияСодержание",
		"ПлательщикСчет", "ДатаСписано", "Плательщик", "ПлательщикИНН", "Плательщик1", "Плательщик2", "Плательщик3", "Плательщик4",
		"ПлательщикРасчСчет", "ПлательщикБанк1", "ПлательщикБанк2", "ПлательщикБИК", "ПлательщикКорсчет",
		"ПолучательСчет", "ДатаПоступило", "Получатель", "ПолучательИНН", "Получатель1", "Получатель2", "Получатель3", "Получатель4",
		"ПолучательРасчСчет", "ПолучательБанк1", "ПолучательБанк2", "ПолучательБИК", "ПолучательКорсчет",
		"ВидПлатежа", "КодНазПлатежа", "ВидОплаты", "Код", "НазначениеПлатежа",
		"НазначениеПлатежа1", "НазначениеПлатежа2", "НазначениеПлатежа3", "НазначениеПлатежа4", "НазначениеПлатежа5", "НазначениеПлатежа6",
		"СтатусСоставителя", "ПлательщикКПП", "ПолучательКПП", "ПоказательКБК", "ОКАТО", "ПоказательОснования", "ПоказательПериода",
		"ПоказательНомера", "ПоказательДаты", "ПоказательТипа", "Очередность", "СрокАкцепта", "ВидАккредитива", "СрокПлатежа",
		"УсловиеОплаты1", "УсловиеОплаты2", "УсловиеОплаты3", "ПлатежПоПредст", "ДополнУсловия", "НомерСчетаПоставщика", "ДатаОтсылкиДок",
	}
}

// String returns the format's own name of the field, "ПоказательКБК".
func (k Key) String() string {
	if k >= keyCount {
		return ""
	}
	return keyNames()[k]
}

// Marks are lines that are no fields of a document.
const (
	magic         = "1CClientBankExchange"
	documentBegin = "СекцияДокумент"
	documentEnd   = "КонецДокумента"
	accountBegin  = "СекцияРасчСчет"
	accountEnd    = "КонецРасчСчет"
	fileEnd       = "КонецФайла"
)
