package directbank

import "encoding/xml"

// PayDocRu is a payment order in rubles.
type PayDocRu struct {
	XMLName xml.Name `xml:"http://directbank.1c.ru/XMLSchema PayDocRu"`
	Head
	Sender    Customer `xml:"Sender"`
	Recipient Bank     `xml:"Recipient"`
	Data      Order    `xml:"Data"`
}

// Order is the fields of a payment order. The numbers are those of the form (762-П).
type Order struct {
	Number         string  `xml:"DocNo"`   // 3
	Day            string  `xml:"DocDate"` // 4
	Sum            string  `xml:"Sum"`     // 7
	Payer          Side    `xml:"Payer"`
	Payee          Side    `xml:"Payee"`
	PaymentKind    string  `xml:"PaymentKind,omitempty"`    // 5
	TransitionKind string  `xml:"TransitionKind,omitempty"` // 18
	Priority       string  `xml:"Priority,omitempty"`       // 21
	UIN            string  `xml:"Code,omitempty"`           // 22
	IncomeTypeCode string  `xml:"IncomeTypeCode,omitempty"` // 20, since 2.2.2
	Purpose        string  `xml:"Purpose"`                  // 24
	Budget         *Budget `xml:"BudgetPaymentInfo"`
}

// Side is a payer or a payee.
type Side struct {
	Name    string  `xml:"Name"`
	INN     string  `xml:"INN,omitempty"`
	KPP     string  `xml:"KPP,omitempty"`
	Account string  `xml:"Account,omitempty"`
	Bank    *AtBank `xml:"Bank"`
}

// AtBank is where an account is.
type AtBank struct {
	BIC     string `xml:"BIC"`
	Name    string `xml:"Name,omitempty"`
	City    string `xml:"City,omitempty"`
	Account string `xml:"CorrespAcc,omitempty"`
}

// Budget is fields 101 and 104 to 110 of an order to the budget.
type Budget struct {
	DrawerStatus string `xml:"DrawerStatus,omitempty"` // 101
	CBC          string `xml:"CBC,omitempty"`          // 104
	OKTMO        string `xml:"OKTMO,omitempty"`        // 105
	Reason       string `xml:"Reason,omitempty"`       // 106
	Period       string `xml:"TaxPeriod,omitempty"`    // 107
	DocNo        string `xml:"DocNo,omitempty"`        // 108
	DocDate      string `xml:"DocDate,omitempty"`      // 109, 02.01.2006 or 0
	PayType      string `xml:"PayType,omitempty"`      // 110, which nobody fills in any more
}

// StatementRequest asks for a statement of one account.
type StatementRequest struct {
	XMLName xml.Name `xml:"http://directbank.1c.ru/XMLSchema StatementRequest"`
	Head
	Sender    Customer        `xml:"Sender"`
	Recipient Bank            `xml:"Recipient"`
	Data      StatementWindow `xml:"Data"`
}

// StatementWindow is what a statement is asked of.
type StatementWindow struct {
	Type    string `xml:"StatementType"`
	From    string `xml:"DateFrom"`
	To      string `xml:"DateTo"`
	Account string `xml:"Account"`
	Bank    AtBank `xml:"Bank"`
}

// The types of a statement.
const (
	StatementFinal        = "0" // of whole days
	StatementIntermediate = "1" // of the business day that goes on; dates mean nothing
	StatementBalance      = "2" // balances only
)

// Statement is a statement of one account.
type Statement struct {
	XMLName xml.Name `xml:"http://directbank.1c.ru/XMLSchema Statement"`
	Head
	Sender    Bank          `xml:"Sender"`
	Recipient Customer      `xml:"Recipient"`
	Data      StatementData `xml:"Data"`
	RequestID string        `xml:"ExtIDStatementRequest,omitempty"`
}

// StatementData is the content of a statement.
type StatementData struct {
	Type       string      `xml:"StatementType"`
	From       string      `xml:"DateFrom,omitempty"`
	To         string      `xml:"DateTo"`
	Account    string      `xml:"Account"`
	Bank       AtBank      `xml:"Bank"`
	Opening    string      `xml:"OpeningBalance,omitempty"`
	Debits     string      `xml:"TotalDebits,omitempty"`
	Credits    string      `xml:"TotalCredits,omitempty"`
	Closing    string      `xml:"ClosingBalance"`
	Operations []Operation `xml:"OperationInfo"`
	Stamp      *Stamp      `xml:"Stamp"`
}

// Operation is one movement of money.
type Operation struct {
	Document Operated `xml:"PayDoc"`
	DC       string   `xml:"DC"`   // DebitOperation, CreditOperation
	Day      string   `xml:"Date"` // on which it was booked
	ExtID    string   `xml:"ExtID,omitempty"`
	Stamp    *Stamp   `xml:"Stamp"`
}

// The directions of an operation.
const (
	DebitOperation  = "1" // money leaves
	CreditOperation = "2"
)

// Operated is the document behind an operation: one of the members. ID is the bank's.
type Operated struct {
	ID        string `xml:"id,attr"`
	Kind      Kind   `xml:"docKind,attr"`
	PayDocRu  *Order `xml:"PayDocRu"`
	BankOrder *Order `xml:"BankOrder"`
}

// Stamp is the bank's mark on an executed document, or on a statement.
type Stamp struct {
	BIC    string  `xml:"BIC"`
	Name   string  `xml:"Name,omitempty"`
	Branch string  `xml:"Branch,omitempty"`
	Status *Status `xml:"Status"`
}

// Status is where a document or packet stands. Only the code decides.
type Status struct {
	Code     string `xml:"Code"`
	Name     string `xml:"Name,omitempty"`
	MoreInfo string `xml:"MoreInfo,omitempty"`
}

// Result is a status or an error.
type Result struct {
	Status *Status `xml:"Status"`
	Error  *Error  `xml:"Error"`
}

// StatusRequest asks what became of the document ExtID.
type StatusRequest struct {
	XMLName xml.Name `xml:"http://directbank.1c.ru/XMLSchema StatusRequest"`
	Head
	Sender    Customer `xml:"Sender"`
	Recipient Bank     `xml:"Recipient"`
	ExtID     string   `xml:"ExtID"`
}

// Recall asks the bank not to execute the document ExtID. The element's name is
// spelled as the standard spells it.
type Recall struct {
	XMLName xml.Name `xml:"http://directbank.1c.ru/XMLSchema CancelationRequest"`
	Head
	Sender    Customer `xml:"Sender"`
	Recipient Bank     `xml:"Recipient"`
	ExtID     string   `xml:"ExtID"`
	Reason    string   `xml:"Reason,omitempty"`
}

// Probe asks for a notice of status 01: is everything in order?
type Probe struct {
	XMLName xml.Name `xml:"http://directbank.1c.ru/XMLSchema Probe"`
	Head
	Sender    Customer `xml:"Sender"`
	Recipient Bank     `xml:"Recipient"`
}

// StatusPacketNotice tells what became of a packet.
type StatusPacketNotice struct {
	XMLName xml.Name `xml:"http://directbank.1c.ru/XMLSchema StatusPacketNotice"`
	Head
	Sender    Party  `xml:"Sender"`
	Recipient Party  `xml:"Recipient"`
	BankID    string `xml:"IDResultSuccessResponse"` // what SendPack answered
	Result    Result `xml:"Result"`
	PacketID  string `xml:"ExtIDPacket,omitempty"` // of the customer
}

// StatusDocNotice tells what became of the document ExtID. When a status request
// itself failed ExtID is the id of the request.
type StatusDocNotice struct {
	XMLName xml.Name `xml:"http://directbank.1c.ru/XMLSchema StatusDocNotice"`
	Head
	Sender    Party  `xml:"Sender"`
	Recipient Party  `xml:"Recipient"`
	ExtID     string `xml:"ExtID"`
	Result    Result `xml:"Result"`
	RequestID string `xml:"ExtIDStatusRequest,omitempty"`
}

// Settings is what a bank lets a customer do and how.
type Settings struct {
	XMLName xml.Name `xml:"http://directbank.1c.ru/XMLSchema Settings"`
	Head
	Sender    Bank     `xml:"Sender"`
	Recipient Customer `xml:"Recipient"`
	Data      Agreed   `xml:"Data"`
}

// Agreed is the content of settings.
type Agreed struct {
	CustomerID    string            `xml:"CustomerID"`
	Address       string            `xml:"BankServerAddress"`
	FormatVersion string            `xml:"FormatVersion"`
	Encoding      string            `xml:"Encoding"`
	Compress      bool              `xml:"Compress,omitempty"`
	Logon         LogonWays         `xml:"Logon"`
	Crypto        *CryptoParameters `xml:"CryptoParameters"`
	Documents     []AllowedDocument `xml:"Document"`
	Statements    *ReceiptStatement `xml:"ReceiptStatement"`
	Letters       *LetterRules      `xml:"Letters"`
}

// LogonWays is how the customer signs in.
type LogonWays struct {
	Login       *LoginWay       `xml:"Login"`
	Certificate *CertificateWay `xml:"Certificate"`
}

// LoginWay names the login.
type LoginWay struct {
	User string `xml:"User"`
}

// CertificateWay names the algorithm by which the session's id is encrypted.
type CertificateWay struct {
	Algorithm string `xml:"EncryptingAlgorithm"`
}

// CryptoParameters is what the bank says of signatures. The names of algorithms are
// words of one operating system's interface and decide nothing.
type CryptoParameters struct {
	CSPName           string             `xml:"CSPName"`
	CSPType           string             `xml:"CSPType"`
	SignAlgorithm     string             `xml:"SignAlgorithm"`
	HashAlgorithm     string             `xml:"HashAlgorithm"`
	Encrypted         *Encryption        `xml:"Encrypted"`
	RootCertificate   string             `xml:"BankTrustedRootCertificate,omitempty"`
	BankCertificate   string             `xml:"BankCertificate,omitempty"`
	CustomerSignature *CustomerSignature `xml:"CustomerSignature"`
	AddinURL          string             `xml:"URLAddinInfo,omitempty"` // the bank works with a module of its own only
}

// Encryption names an algorithm; that it is there does not mean that packets are
// encrypted.
type Encryption struct {
	Algorithm string `xml:"EncryptAlgorithm"`
}

// CustomerSignature lists who signs.
type CustomerSignature struct {
	Groups []SignerGroup `xml:"GroupSignatures"`
}

// SignerGroup is the certificates of one group of signers, base64 DER.
type SignerGroup struct {
	Number       int      `xml:"numberGroup,attr"`
	Certificates []string `xml:"Certificate"`
}

// AllowedDocument is a kind of document that the bank takes from the customer.
type AllowedDocument struct {
	Kind   Kind       `xml:"docKind,attr"`
	Signed *SignRules `xml:"Signed"`
}

// SignRules says which groups sign: "(110)||(111)" is groups 1 and 2, or all three.
type SignRules struct {
	Rule string `xml:"RuleSignatures"`
}

// ReceiptStatement is a second login that may only ask for statements.
type ReceiptStatement struct {
	Login        string `xml:"Login"`
	Instructions string `xml:"Instructions"`
}

// LetterRules says which letters the bank takes.
type LetterRules struct {
	Limit int64        `xml:"AttachmentsLimit,omitempty"` // bytes of all attachments
	Types []LetterType `xml:"LetterType"`
}

// LetterType is a kind of letter.
type LetterType struct {
	Code string `xml:"Code"`
	Name string `xml:"Name"`
}

// Letter is free text with attachments, either way.
type Letter struct {
	XMLName xml.Name `xml:"http://directbank.1c.ru/XMLSchema Letter"`
	Head
	Sender    Party      `xml:"Sender"`
	Recipient Party      `xml:"Recipient"`
	Data      LetterData `xml:"Data"`
}

// LetterData is the content of a letter.
type LetterData struct {
	LinkedID         string       `xml:"linkedID,attr,omitempty"`         // the letter that it answers
	CorrespondenceID string       `xml:"correspondenceID,attr,omitempty"` // of all letters of one exchange
	Number           string       `xml:"DocNum"`
	Day              string       `xml:"DocDate"`
	Type             string       `xml:"LetterTypeCode,omitempty"`
	Theme            string       `xml:"Theme,omitempty"`
	Text             string       `xml:"Text"`
	Attachments      []Attachment `xml:"Attachment"`
	Linked           *LinkedDoc   `xml:"LinkedDoc"`
}

// Attachment is a file of a letter.
type Attachment struct {
	File       BinaryFile  `xml:"BinaryFile"`
	Signatures []Signature `xml:"Signature"`
}

// BinaryFile is a file, base64.
type BinaryFile struct {
	ID        string `xml:"id,attr"`
	Name      string `xml:"name,attr"` // with its extension
	Extension string `xml:"extension,attr"`
	Size      int64  `xml:"size,attr"` // bytes
	CRC       uint32 `xml:"crc,attr"`  // CRC-32
	Created   string `xml:"creationDate,attr"`
	Text      string `xml:",chardata"`
}

// LinkedDoc is the document that a letter is about.
type LinkedDoc struct {
	ID   string `xml:"id,attr"`
	Kind Kind   `xml:"dockind,attr"`
}
