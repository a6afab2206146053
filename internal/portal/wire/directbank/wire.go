// Package directbank holds the messages of DirectBank 2.1.1 to 2.3.2, the open
// standard by which a customer's program talks to a bank (1C-Company/DirectBank):
// the packet, its documents and the bank's answers, as they stand in XML. The client
// (internal/bank/directbank) and the training bank (internal/sandbox/directbank)
// share these types and nothing else.
//
// Sums are texts of rubles with a dot ("4000.00"), days are texts 2006-01-02, moments
// are texts 2006-01-02T15:04:05 by the writer's own clock: banks add zones and
// fractions of a second that mean nothing, so nobody may convert them.
//
// Texts come from outside: clean them (untrusted) before showing.
package directbank

import "encoding/xml"

// Namespace of every element since 2.1.1.
const Namespace = "http://directbank.1c.ru/XMLSchema"

// BOM stands before every document and packet; a reader takes them without it, too.
const BOM = "\xef\xbb\xbf"

// MediaType is the type of every message.
const MediaType = "application/xml; charset=utf-8"

// The versions between which one set of types reads everything; a writer of an older
// one leaves out what came later: Order.IncomeTypeCode (2.2.2), Packet.Footprint (2.3.2).
const (
	OldestVersion = "2.1.1"
	NewestVersion = "2.3.2"
)

// Versions lists the versions that have these messages, oldest first.
func Versions() []string {
	return []string{OldestVersion, "2.1.2", "2.2.1", "2.2.2", "2.3.1", NewestVersion}
}

// Kind is the code of a kind of document.
type Kind string

// The kinds of documents.
const (
	KindPacketNotice     Kind = "01" // StatusPacketNotice
	KindDocNotice        Kind = "02" // StatusDocNotice
	KindStatusRequest    Kind = "03" // StatusRequest
	KindRecall           Kind = "04" // CancelationRequest
	KindProbe            Kind = "05" // Probe
	KindSettings         Kind = "06" // Settings
	KindOrder            Kind = "10" // PayDocRu
	KindStatementRequest Kind = "14" // StatementRequest
	KindStatement        Kind = "15" // Statement
	KindPartialOrder     Kind = "17" // PaymentOrder: a part of an order was executed
	KindLetter           Kind = "40" // Letter
)

// The codes of a document's status.
const (
	StatusAccepted    = "01"
	StatusExecuted    = "02"
	StatusRefused     = "03"
	StatusSuspended   = "04"
	StatusAnnulled    = "05"
	StatusUnconfirmed = "06"
)

// Errors of the standard that say something of a repetition or of an unknown id.
const (
	ErrSessionEnded    = "1006"
	ErrSessionUnknown  = "1007"
	ErrPacketRepeated  = "2002"
	ErrDocRepeated     = "2202"
	ErrDocLike         = "2203" // another document of the same day, number and sender
	ErrDocUnknown      = "2207"
	ErrPacketNotFound  = "2102"
	ErrReceivingFailed = "1009"
	ErrInternal        = "1010"
)

// Head is what every root element says of itself.
type Head struct {
	ID            string `xml:"id,attr"`
	FormatVersion string `xml:"formatVersion,attr"`
	CreationDate  string `xml:"creationDate,attr"`
	UserAgent     string `xml:"userAgent,attr,omitempty"`
}

// Customer is the bank's client.
type Customer struct {
	ID   string `xml:"id,attr"`
	Name string `xml:"name,attr,omitempty"`
	INN  string `xml:"inn,attr,omitempty"`
	KPP  string `xml:"kpp,attr,omitempty"`
}

// Bank is the bank.
type Bank struct {
	BIC  string `xml:"bic,attr"`
	Name string `xml:"name,attr,omitempty"`
}

// Party is a sender or a recipient where it may be either.
type Party struct {
	Customer *Customer `xml:"Customer"`
	Bank     *Bank     `xml:"Bank"`
}

// Packet is what carries documents. A sent one is a PacketRoot; in an answer it is
// the element GetPacketResponse.
type Packet struct {
	Head
	Sender    Party      `xml:"Sender"`
	Recipient Party      `xml:"Recipient"`
	Documents []Document `xml:"Document"`
	Footprint *Footprint `xml:"SenderFootprint"`
}

// PacketRoot is a packet as the body of SendPack.
type PacketRoot struct {
	XMLName xml.Name `xml:"http://directbank.1c.ru/XMLSchema Packet"`
	Packet
}

// Document is an envelope: one document, its signatures and what is known outside.
type Document struct {
	ID            string      `xml:"id,attr"`
	Kind          Kind        `xml:"dockind,attr"`
	FormatVersion string      `xml:"formatVersion,attr"`
	TestOnly      bool        `xml:"testOnly,attr,omitempty"`
	Compressed    bool        `xml:"compressed,attr,omitempty"`
	Encrypted     bool        `xml:"encrypted,attr,omitempty"`
	ExtID         string      `xml:"extID,attr,omitempty"`
	Data          Data        `xml:"Data"`
	Signatures    []Signature `xml:"Signature"`
}

// Data is base64.
type Data struct {
	FileName string `xml:"fileName,attr,omitempty"`
	Text     string `xml:",chardata"`
}

// Signature is one signer's detached CMS over the bytes that Data encodes, with their
// BOM, before they were zipped.
type Signature struct {
	Issuer     string `xml:"x509IssuerName,attr"`   // the common name of the issuer
	Serial     string `xml:"x509SerialNumber,attr"` // hex, an even number of digits
	SignedData string `xml:"SignedData"`            // base64
}

// Footprint says from where a packet came. Since 2.3.2.
type Footprint struct {
	IP  []string `xml:"IP"`
	MAC []string `xml:"MAC"`
}

// Error is what the bank says when it does not do something.
type Error struct {
	Code        string `xml:"Code"`
	Description string `xml:"Description"`
	MoreInfo    string `xml:"MoreInfo,omitempty"`
}

// ResultBank is the answer to every method: one of the two.
type ResultBank struct {
	XMLName       xml.Name `xml:"http://directbank.1c.ru/XMLSchema ResultBank"`
	FormatVersion string   `xml:"formatVersion,attr"`
	UserAgent     string   `xml:"userAgent,attr,omitempty"`
	Success       *Success `xml:"Success"`
	Error         *Error   `xml:"Error"`
}

// Success holds the one of its members that belongs to the method.
type Success struct {
	SendPacket  *SendPacketResponse `xml:"SendPacketResponse"`
	PacketList  *PacketList         `xml:"GetPacketListResponse"`
	Packet      *Packet             `xml:"GetPacketResponse"`
	Logon       *LogonResponse      `xml:"LogonResponse"`
	LogonCert   *LogonCertResponse  `xml:"LogonCertResponse"`
	GetSettings *SettingsResponse   `xml:"GetSettingsResponse"`
}

// SendPacketResponse says that the packet was received, and nothing more. Its ID
// comes back in a notice about the packet; GetPack does not know it.
type SendPacketResponse struct {
	ID string `xml:"ID"`
}

// PacketList is what may be fetched, in the order in which it was made.
type PacketList struct {
	// Mark is by the bank's clock and goes back as it came.
	Mark string   `xml:"TimeStampLastPacket,attr,omitempty"`
	IDs  []string `xml:"PacketID"`
}

// LogonResponse begins a session, unless Extra asks for a code first.
type LogonResponse struct {
	SID   string     `xml:"SID"`
	Extra *ExtraAuth `xml:"ExtraAuth"`
}

// ExtraAuth asks for a one-time code.
type ExtraAuth struct {
	OTP OTP `xml:"OTP"`
}

// OTP is shown beside the input.
type OTP struct {
	Phone string `xml:"phoneMask,attr,omitempty"`
	Code  string `xml:"code,attr,omitempty"`
}

// LogonCertResponse holds the session's id, enveloped for the certificate
// (PKCS#7 EnvelopedData, base64).
type LogonCertResponse struct {
	EncryptedSID string `xml:"EncryptedSID"`
}

// SettingsResponse holds a document of kind 06, base64.
type SettingsResponse struct {
	Head
	Data SettingsData `xml:"Data"`
}

// SettingsData is the document of a SettingsResponse.
type SettingsData struct {
	Kind Kind   `xml:"dockind,attr"`
	Text string `xml:",chardata"`
}

// X509Data is the body of LogonCert.
type X509Data struct {
	XMLName xml.Name `xml:"http://directbank.1c.ru/XMLSchema X509Data"`
	Head
	Issuer      string `xml:"X509IssuerName"`
	Serial      string `xml:"X509SerialNumber"`
	Certificate string `xml:"X509Certificate"` // base64 of the DER
}
