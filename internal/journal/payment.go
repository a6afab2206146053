package journal

import (
	"encoding/json"
	"time"
)

// State is where a payment or an application stands.
type State string

// The states of a payment. Unknown, Sending, Accepted and Refused are states
// of an application too (see submission.go).
const (
	Planned  State = "planned"  // journalled, nothing sent, free to be claimed
	Claimed  State = "claimed"  // taken by one owner, nothing sent
	Sending  State = "sending"  // the request may have left
	Accepted State = "accepted" // the portal or the bank took it; not yet paid
	Paid     State = "paid"     // final unless the money comes back: the debt is settled
	Refused  State = "refused"  // final: no money moved; a repeat is a new payment
	Returned State = "returned" // final: it was paid and the money came back; a repeat is a new payment
	Unknown  State = "unknown"  // it may or may not have moved; only a witness tells
)

// Via is the road a payment goes.
type Via string

// The roads.
const (
	ViaPortal     Via = "portal"     // the portal's cabinet API
	ViaBankFile   Via = "bank-file"  // a payment order in a file for a bank
	ViaDirectBank Via = "directbank" // a payment order sent to the bank by DirectBank
)

// ByBank reports whether a payment goes past the portal, as an order for a bank: the
// portal knows nothing of it, and only the bank's statement makes it paid.
func (v Via) ByBank() bool { return v == ViaBankFile || v == ViaDirectBank }

// Payment is one payment as the journal knows it. The fields of the first
// block are fixed when it is planned; those of the second are the journal's.
type Payment struct {
	ID            string          `json:"id"`                     // UUIDv7, the idempotency key; made by Plan when empty
	BusinessKey   string          `json:"businessKey"`            // set by Plan: see Key
	Profile       string          `json:"profile"`                // the portal's profile
	Run           string          `json:"run,omitempty"`          // the batch run, "" for a single payment
	Row           int             `json:"row,omitempty"`          // the row of the register, from 1
	Via           Via             `json:"via"`                    // the road
	Payer         string          `json:"payer"`                  // the payer's identifier: ИНН, ИНН/КПП or СНИЛС
	UIN           string          `json:"uin,omitempty"`          // УИН; "" or "0" when there is none
	AmountKopecks int64           `json:"amountKopecks"`          // > 0
	PayeeName     string          `json:"payeeName,omitempty"`    // the payee
	PayeeAccount  string          `json:"payeeAccount,omitempty"` // the payee's account, 20 digits
	BIK           string          `json:"bik,omitempty"`
	KBK           string          `json:"kbk,omitempty"`
	OKTMO         string          `json:"oktmo,omitempty"`
	Period        string          `json:"period,omitempty"`  // field 107
	ActCode       string          `json:"actCode,omitempty"` // field 22 of a payment to a court deposit: the four digits of an act
	Purpose       string          `json:"purpose,omitempty"`
	LinkedTo      string          `json:"linkedTo,omitempty"` // the earlier payment of the same key that this one repeats
	Override      *Override       `json:"override,omitempty"` // the decision to pay a key again
	Extra         json.RawMessage `json:"extra,omitempty"`    // a small JSON value of the caller's; a Transition may replace it

	State           State     `json:"state"`
	Attempt         int       `json:"attempt"`                   // 1 for the first payment of its key, then 2, …
	Reason          Reason    `json:"reason,omitzero"`           // why it is refused or unknown
	PortalPaymentID string    `json:"portalPaymentId,omitempty"` // the portal's own number
	ReceiptID       string    `json:"receiptId,omitempty"`
	SettledBy       *Document `json:"settledBy,omitempty"`  // the bank's document that paid it, when one was seen
	ReturnedBy      *Document `json:"returnedBy,omitempty"` // the bank's document that brought its money back
	PaidAt          time.Time `json:"paidAt,omitzero"`      // when the journal learned that it was paid; of Paid and Returned
	Owner           string    `json:"owner,omitempty"`      // the open journal that claimed it last
	LeaseUntil      time.Time `json:"leaseUntil,omitzero"`
	CreatedAt       time.Time `json:"createdAt,omitzero"`
	UpdatedAt       time.Time `json:"updatedAt,omitzero"`
}

// Reason is why a payment or an application is where it is: a stable code for
// programmes and the words of whoever said so. The text comes from outside and
// is untrusted until rendered.
type Reason struct {
	Code string `json:"code,omitempty"`
	Text string `json:"text,omitempty"`
}

// Override is a person's recorded decision to pay a business key again, or to
// send the same application again.
type Override struct {
	Reason string    `json:"reason"` // required
	Who    string    `json:"who"`    // required
	At     time.Time `json:"at"`     // the time of planning when zero
}

// Outcome says what Plan or Prepare did with one record.
type Outcome int

// The outcomes.
const (
	Inserted  Outcome = iota // journalled as new
	Repeated                 // journalled as new, linked to an earlier one of the same key (refused, or overridden)
	Duplicate                // not journalled: the key is taken; the result holds the record that has it
)

// PlanResult is what became of one payment given to Plan.
type PlanResult struct {
	Outcome Outcome
	Payment Payment // the new record, or for Duplicate the existing one
}

// Transition moves one payment. From must be the state it is in.
type Transition struct {
	ID       string
	From, To State
	Evidence Evidence

	Reason          Reason          // replaces the payment's reason; a zero one clears it
	PortalPaymentID string          // kept when empty
	ReceiptID       string          // kept when empty
	Document        *Document       // only to Paid (it becomes SettledBy) and to Returned (ReturnedBy)
	Extra           json.RawMessage // kept when nil
}

// Claim asks for planned payments to work on.
type Claim struct {
	Run   string        // the run to take from, in the order of its rows; "" means single payments
	IDs   []string      // take these instead; those not planned, or of another run, are left out
	N     int           // at most so many; 0 means len(IDs)
	Lease time.Duration // for how long they may stay claimed; DefaultLease when 0
}

// DefaultLease is the lease of a Claim that names none.
const DefaultLease = 10 * time.Minute

// Recovered is what Recover did.
type Recovered struct {
	Unknown  int // sending records of dead owners, now unknown
	Returned int // claimed payments of dead owners or with an ended lease, now planned
}

// Filter narrows List; zero fields do not narrow. Payments come in the order of
// planning; with States that are all open they come by run, state and row instead,
// found at the cost of what there is.
type Filter struct {
	Profile string
	Run     string
	States  []State
	Via     Via
	Since   time.Time // created at or after
	Until   time.Time // created before
	Newest  bool      // the last planned first
	N       int       // at most so many; 0 is all
}

// Count is a number of payments and their sum.
type Count struct {
	N             int
	AmountKopecks int64
}

// Counts is the state of a run: payments and kopecks by state.
type Counts map[State]Count

// Open returns how many payments of the run are not final.
func (c Counts) Open() int {
	n := 0
	for s, k := range c {
		if !s.Final() {
			n += k.N
		}
	}
	return n
}
