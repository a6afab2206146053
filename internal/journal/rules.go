package journal

import "strings"

// Witness is who saw what a transition claims.
type Witness string

// The witnesses, by falling rank of what they prove about one payment.
const (
	// Engine is the owner of the record itself: it is about to send, it read the
	// direct reply, or it knows that nothing left the machine.
	Engine Witness = "engine"
	// PortalByID is the portal's answer about this very ID (or, for an
	// application, about its number or by a sweep of updates), whenever it came.
	PortalByID Witness = "portal-by-id"
	// Statement is a line of a bank statement matched to the payment.
	Statement Witness = "statement"
	// OwnFile is the file in which this programme has put the order of a payment for a
	// bank: it stands where it can be seen, or nobody has seen it and nobody will.
	OwnFile Witness = "own-file"
	// Bank is the bank's own notice about the order of this payment, by its id: taken,
	// refused, annulled. It never proves that money has left; a statement does.
	Bank Witness = "bank"
	// ChargeFlag is the charge's own paid flag: the debt is settled, by whomever.
	// The flag lags by days: its absence proves nothing.
	ChargeFlag Witness = "charge-flag"
	// Operator is a person's recorded decision; Who and Why are required.
	Operator Witness = "operator"
)

// who is a set of witnesses.
type who uint8

const (
	engine who = 1 << iota
	portal
	statement
	flag
	operator
	ownFile
	bank
)

func (w Witness) set() who {
	switch w {
	case Engine:
		return engine
	case PortalByID:
		return portal
	case Statement:
		return statement
	case ChargeFlag:
		return flag
	case Operator:
		return operator
	case OwnFile:
		return ownFile
	case Bank:
		return bank
	}
	return 0
}

type move struct {
	from, to State
	by       who
}

// The legal moves of a payment. What is absent is forbidden; above all no
// witness takes a payment out of Refused or Returned, none takes one out of Paid
// unless its money came back, and the engine cannot take one out of Unknown.
var paymentMoves = [...]move{
	{Planned, Claimed, engine},
	{Planned, Paid, portal | statement | flag | operator}, // settled without us: blocks the key for ever
	{Planned, Refused, engine | operator},                 // withdrawn, or refused by a check before sending

	{Claimed, Planned, engine | operator}, // given back, nothing was sent
	{Claimed, Sending, engine},
	{Claimed, Paid, portal | statement | flag | operator},
	{Claimed, Refused, engine | operator},

	{Sending, Planned, engine}, // only its owner can know that not a byte left, or that the portal put it off
	{Sending, Accepted, engine | portal | operator},
	{Sending, Paid, engine | portal | statement | flag | operator},
	{Sending, Refused, engine | portal | operator},
	{Sending, Unknown, engine | operator},

	{Accepted, Paid, engine | portal | statement | flag | operator},
	{Accepted, Refused, engine | portal | operator | bank},
	{Accepted, Accepted, bank},             // the bank's word on it has changed: executed, put off, to be confirmed
	{Accepted, Unknown, portal | operator}, // the portal no longer knows what it had taken

	{Paid, Paid, statement},                         // the bank's document of a payment that was known to be paid without one
	{Paid, Returned, portal | statement | operator}, // the money came back

	{Unknown, Planned, portal | operator | ownFile}, // never arrived: the same ID may go out again
	{Unknown, Accepted, portal | operator | ownFile | bank},
	{Unknown, Paid, portal | statement | flag | operator},
	{Unknown, Refused, portal | operator | bank},
	{Unknown, Unknown, ownFile}, // the packet that is kept goes once more as a question: how often is written down first
}

// The legal moves of an application.
var submissionMoves = [...]move{
	{Prepared, Reserved, engine},
	{Prepared, Sending, engine}, // the one-step push, which has no number
	{Prepared, Refused, engine | operator},

	{Reserved, Sending, engine},
	{Reserved, Refused, engine | portal | operator},

	{Sending, Sending, engine},  // progress: another chunk is through
	{Sending, Prepared, engine}, // not a byte left on the one-step route
	{Sending, Reserved, engine}, // not a byte left, the number stays
	{Sending, Accepted, engine | portal | operator},
	{Sending, Refused, engine | portal | operator},
	{Sending, Unknown, engine | operator},

	{Unknown, Prepared, portal | operator}, // a sweep found no application: it may be pushed again
	{Unknown, Reserved, portal | operator}, // the number is still a draft there: push under it again
	{Unknown, Accepted, portal | operator},
	{Unknown, Refused, portal | operator},
}

// PaymentMayMove reports whether a payment may go from one state to another on
// the word of w.
func PaymentMayMove(from, to State, w Witness) bool { return may(paymentMoves[:], from, to, w) }

// SubmissionMayMove is PaymentMayMove for applications.
func SubmissionMayMove(from, to State, w Witness) bool { return may(submissionMoves[:], from, to, w) }

func may(table []move, from, to State, w Witness) bool {
	for _, m := range table {
		if m.from == from && m.to == to {
			return m.by&w.set() != 0
		}
	}
	return false
}

// Owned reports whether a record in state s belongs to its owner, so that
// nobody else may move it as Engine.
func (s State) Owned() bool { return s == Claimed || s == Sending }

// Final reports whether a payment in state s is over: nothing is awaited of it. A
// Paid one moves once more if its money comes back.
func (s State) Final() bool { return s == Paid || s == Refused || s == Returned }

// Frees reports whether a payment in state s leaves its business key free: no
// money of it is away, so that the debt may be paid by another payment without an
// override.
func (s State) Frees() bool { return s == Refused || s == Returned }

// Attempt is what the rule of repetition needs to know about an earlier record
// of the same key.
type Attempt struct {
	ID    string
	Run   string
	Row   int
	State State
	Again string // the reason of the override that it was made by, "" for none
}

// Wish is what the rule of repetition needs to know about the new record.
type Wish struct {
	ID       string
	Run      string
	Row      int
	LinkedTo string // the record it means to repeat, "" when the caller does not say
	Again    string // the reason of the override, "" when there is none
}

// Repeat decides whether a record may be journalled under a key that has the
// given earlier attempts, oldest first. Inserted and Repeated allow it (index is
// then the attempt it is linked to, -1 for none); Duplicate forbids it, and index
// is the attempt that stands in its way.
//
//   - No attempt: allowed.
//   - The same ID again: a duplicate of itself, so that a call whose answer was
//     lost may be repeated.
//   - LinkedTo names an attempt that is not the last: a duplicate of the last;
//     somebody repeated it already.
//   - The same run and row, and LinkedTo does not name the last: a duplicate, so
//     that resuming a run never pays what the run has already seen refused.
//   - An attempt that does not free its key (State.Frees): only with an override, and
//     one reason makes one record: an attempt by the same reason is the one that is
//     meant. So a command that was cut off and repeated finishes what it began.
//   - All refused or returned: allowed, but within one run only by LinkedTo or an override.
func Repeat(attempts []Attempt, w Wish) (outcome Outcome, index int) {
	if len(attempts) == 0 {
		return Inserted, -1
	}
	last := len(attempts) - 1
	blocking, sameRun, meant := -1, -1, -1
	for i, a := range attempts {
		if a.ID == w.ID {
			return Duplicate, i
		}
		if !a.State.Frees() {
			blocking = i
			if SameReason(a.Again, w.Again) {
				meant = i
			}
		}
		if w.Run != "" && a.Run == w.Run {
			if a.Row == w.Row && w.LinkedTo == "" {
				return Duplicate, i
			}
			sameRun = i
		}
	}
	switch {
	case w.LinkedTo != "" && w.LinkedTo != attempts[last].ID:
		return Duplicate, last
	case meant >= 0:
		return Duplicate, meant
	case w.Again != "":
		return Repeated, last
	case blocking >= 0:
		return Duplicate, blocking
	case sameRun >= 0 && w.LinkedTo == "":
		return Duplicate, sameRun
	}
	return Repeated, last
}

// SameReason reports whether two reasons of overrides are one: they differ in
// spaces and case at most, and neither is empty.
func SameReason(a, b string) bool {
	return a != "" && b != "" && strings.EqualFold(strings.Join(strings.Fields(a), " "), strings.Join(strings.Fields(b), " "))
}

// Reason of the override, "" of none.
func reasonOf(o *Override) string {
	if o == nil {
		return ""
	}
	return o.Reason
}

// Again returns the reason by which the payment was made although its key was
// taken, "" when there was none.
func (p *Payment) Again() string { return reasonOf(p.Override) }

// Again returns the reason by which the application was sent once more, "" when
// there was none.
func (s *Submission) Again() string { return reasonOf(s.Override) }
