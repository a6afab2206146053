// Package training holds the wire types of the embedded portal's own controls
// (time, people, faults). Only a training portal offers them, under Base, and
// only to loopback or in-process clients. Types only.
package training

import (
	"time"

	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Base is the path of the controls.
const Base = "/sandbox/v1"

// Text is text from the portal.
type Text = untrusted.Text

// Clock is the portal's calendar: GET /clock, PATCH /clock (Speed, SkipIdle),
// POST /clock/advance with Advance. Departments, banks and deadlines live by
// it; markers and one-time codes live by the wall clock.
type Clock struct {
	Now      time.Time `json:"now"`
	Speed    float64   `json:"speed"`    // calendar seconds per real second
	SkipIdle bool      `json:"skipIdle"` // a waiting request (Prefer: wait=N) moves the calendar to the next event
}

// ClockPatch changes the clock; nil leaves a setting alone.
type ClockPatch struct {
	Speed    *float64 `json:"speed,omitempty"`
	SkipIdle *bool    `json:"skipIdle,omitempty"`
}

// Advance moves the calendar forward.
type Advance struct {
	Seconds int64 `json:"seconds"`
}

// AdvanceResult says what happened meanwhile.
type AdvanceResult struct {
	Now    time.Time `json:"now"`
	Events int       `json:"events"` // how many things happened
}

// User is a demo person: GET /users → {"items":[…]}.
type User struct {
	Name       Text      `json:"name"`
	Login      string    `json:"login"`    // what to type at sign-in
	Logins     []string  `json:"logins"`   // every accepted login
	Password   string    `json:"password"` // demo data
	Level      string    `json:"level"`
	Role       Text      `json:"role"` // "citizen", "chief of ООО «Учебная ромашка»"
	OrgOID     string    `json:"orgOid,omitempty"`
	TOTPSecret string    `json:"totpSecret,omitempty"` // base32
	Messages   []Message `json:"messages,omitempty"`   // what came to the phone and mailbox, newest first
}

// Message is an SMS or a letter that the portal sent to a demo person. Those to
// people who are only registering: GET /messages → {"items":[…]}.
type Message struct {
	At   time.Time `json:"at"`
	To   string    `json:"to"`
	Kind string    `json:"kind"` // "sms" or "email"
	Text Text      `json:"text"`
	Code string    `json:"code,omitempty"` // the one-time code inside
}

// Faults tells the portal to fail: GET|PUT /faults. Shares are 0…1 of requests
// that match Path (prefix; "" is every one but the controls). Seed makes the
// choice repeatable.
type Faults struct {
	Seed      uint64  `json:"seed"`
	Path      string  `json:"path,omitempty"`
	LoseReply float64 `json:"loseReply"` // do the work, then cut the connection
	Refuse    float64 `json:"refuse"`    // cut before any work
	Status503 float64 `json:"status503"`
	Status429 float64 `json:"status429"`
	SlowMS    int64   `json:"slowMs"` // delay every answer, milliseconds of real time
	Down      bool    `json:"down"`   // every request is refused
	Count     int     `json:"count"`  // stop after this many faults; 0 is no end
	// Answer is an error code of API ЕПГУ that every matching request to it is answered
	// with; Count bounds it, too.
	Answer string `json:"answer,omitempty"`
	// Intake is a processing state of API ЕПГУ (SPEC-1.13, appendix 1) that archives end
	// in, or pass through (RETRY); nil leaves it as it is, "" checks them as usual.
	Intake *string `json:"intake,omitempty"`
	// PaidLagSeconds is how long, by the calendar, a charge stays unpaid after its
	// payment; nil leaves it as it is.
	PaidLagSeconds *int64  `json:"paidLagSeconds,omitempty"`
	OutcomeSeed    *uint64 `json:"outcomeSeed,omitempty"` // seed of departments' decisions
	// BankWays is how the bank deviates from DirectBank (BankWays lists the words);
	// nil leaves it as it is.
	BankWays *[]string `json:"bankWays,omitempty"`
}

// What a customer of the training bank needs to sign in by DirectBank: the path on the
// portal, the bank's БИК, and the password of every customer. The login is the ИНН;
// BankCustomer is that of the demo company.
const (
	DirectBank   = "/directbank"
	BankBIC      = "044525225"
	BankPassword = "Uchebny-bank-2026"
	BankCustomer = "9600000016"
)

// The words of Faults.BankWays: what real banks do.
const (
	BankOTP           = "otp"            // asks for a one-time code at each sign-in
	BankCertificate   = "certificate"    // signs customers in by a certificate; a password fetches settings and nothing else
	BankOld           = "old"            // speaks nothing later than 2.1.1
	BankSigned        = "signed"         // wants one signature under a payment order
	BankTwoSigners    = "two-signers"    // wants two of them
	BankZip           = "zip"            // agrees on compression
	BankSilent        = "silent"         // tells nothing unasked; refusals excepted
	BankTellsTwice    = "tells-twice"    // tells everything twice
	BankTellsLate     = "tells-late"     // tells of orders unasked an hour after it happened
	BankOutOfOrder    = "out-of-order"   // lists the newest packet first
	BankTakesRepeats  = "takes-repeats"  // takes a repeated packet or document as another one
	BankQueuesRepeats = "queues-repeats" // answers well to a repeated packet, and refuses it afterwards by a notice
	BankRefuses       = "refuses"        // refuses every order
	BankSuspends      = "suspends"       // puts every order off for a day at first
	BankAsks          = "asks"           // asks by a letter for the papers behind every order, which waits for them
	BankConfirms      = "confirms"       // every order waits a day for somebody to confirm it in the bank's office
	BankNoExtID       = "no-extid"       // leaves the customer's id out of statements
	BankZones         = "zones"          // adds zones that mean nothing to dates
	BankNoMark        = "no-mark"        // gives no time mark
	BankDateAlways    = "date-always"    // demands a time mark
	BankUnreadOnly    = "unread-only"    // lists a packet until it was fetched
)

// BankWays lists the words of Faults.BankWays.
func BankWays() []string {
	return []string{BankOTP, BankCertificate, BankOld, BankSigned, BankTwoSigners, BankZip, BankSilent, BankTellsTwice, BankTellsLate, BankOutOfOrder, BankTakesRepeats, BankQueuesRepeats,
		BankRefuses, BankSuspends, BankAsks, BankConfirms, BankNoExtID, BankZones, BankNoMark, BankDateAlways, BankUnreadOnly}
}

// Client is what a client of this portal signs in with: GET /client. It is a
// throw-away key that the training portal made for its own users.
type Client struct {
	ClientID       string `json:"clientId"`
	KeyPEM         string `json:"keyPem"`         // PKCS#8, GOST R 34.10-2012
	CertificatePEM string `json:"certificatePem"` // issued by "epgu sandbox CA"
	RedirectURI    string `json:"redirectUri"`    // a loopback address: any port may be added
	PasteURI       string `json:"pasteUri"`       // for people who paste the redirected address
	// APIKeys stand for employees of the demo organisation (API-Key exchange).
	APIKeys []APIKey `json:"apiKeys,omitempty"`
}

// APIKey is a key of an employee in the training client.
type APIKey struct {
	Key    string `json:"key"` // UUID
	Person Text   `json:"person"`
	OrgOID string `json:"orgOid"`
}

// SeedRequest fills the portal with demo charges: POST /seed.
type SeedRequest struct {
	Seed    uint64 `json:"seed"`
	Login   string `json:"login,omitempty"`  // whose; empty is every demo person
	OrgOID  int64  `json:"orgOid,omitempty"` // whose, when an organisation's; with Login the person is its member
	Charges int    `json:"charges"`
	Kind    string `json:"kind,omitempty"` // "fine", "tax", "duty"; empty is a mix
}

// SeedResult says how many charges were made.
type SeedResult struct {
	Charges int `json:"charges"`
}

// Reserved values of Faults.OutcomeSeed (and of a portal's seed): they force
// the decision of every department. Any other seed draws it: four fifths of
// the applications are approved, the rest is sent back for correction or
// refused.
const (
	OutcomeApprove uint64 = 1_000_001 // every application is approved
	OutcomeCorrect uint64 = 1_000_002 // every application is sent back once, then approved
	OutcomeRefuse  uint64 = 1_000_003 // every application is refused
	// OutcomeDocument asks every applicant for one more document, then approves.
	OutcomeDocument uint64 = 1_000_004
	// OutcomeInvite invites every applicant to come, then approves.
	OutcomeInvite uint64 = 1_000_005
)
