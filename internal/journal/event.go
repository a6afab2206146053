package journal

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"time"
)

// Kind is what an event tells.
type Kind string

// The kinds of events.
const (
	PaymentPlanned     Kind = "payment.planned"     // body: the Payment as planned; its times are the event's
	PaymentBegun       Kind = "payment.begun"       // body: the Payment as planned, claimed and sending at once, with its owner; its times are the event's
	PaymentMoved       Kind = "payment.moved"       // body: Change
	SubmissionPrepared Kind = "submission.prepared" // body: the Submission as prepared; its times are the event's
	SubmissionMoved    Kind = "submission.moved"    // body: Change
)

// Hash is a link of the chain.
type Hash [sha256.Size]byte

// String returns the hash in hex.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText writes the hash in hex.
func (h Hash) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

// UnmarshalText reads 64 hex digits.
func (h *Hash) UnmarshalText(b []byte) error {
	if len(b) != 2*len(h) {
		return hex.ErrLength
	}
	_, err := hex.Decode(h[:], b)
	return err
}

// Event is one entry of the append-only chain.
type Event struct {
	Seq      int64           `json:"seq"`                // from 1, without gaps
	At       time.Time       `json:"at"`                 // UTC, whole microseconds
	Subject  string          `json:"subject"`            // the record's ID
	Kind     Kind            `json:"kind"`               // what happened
	Previous int64           `json:"previous,omitempty"` // Seq of the subject's event before, 0 for its first
	Body     json.RawMessage `json:"body"`               // see Kind
	Hash     Hash            `json:"hash"`               // Link(hash of the event before, the fields above)
}

// Head is the end of the chain.
type Head struct {
	Seq  int64 `json:"seq"` // 0 for an empty journal
	Hash Hash  `json:"hash"`
}

// Link returns the hash of e after prev: SHA-256 over
//
//	"epgu journal event 1\n", prev (32 bytes),
//	seq, time in microseconds since 1970, previous (8 bytes each, big-endian),
//	subject, kind, body (each: length in 4 bytes, big-endian, then the bytes).
//
// The first event follows the zero hash.
func Link(prev Hash, e *Event) Hash {
	var room [1536]byte // enough for most events, so that they allocate nothing
	b := append(room[:0], "epgu journal event 1\n"...)
	b = append(b, prev[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Seq))
	b = binary.BigEndian.AppendUint64(b, uint64(e.At.UnixMicro()))
	b = binary.BigEndian.AppendUint64(b, uint64(e.Previous))
	for _, s := range [...]string{e.Subject, string(e.Kind)} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(e.Body)))
	b = append(b, e.Body...)
	return sha256.Sum256(b)
}

// Evidence is why a transition is believed. It is kept in the chain.
type Evidence struct {
	Witness Witness         `json:"witness"`
	Who     string          `json:"who,omitempty"`     // the person; required of Operator
	Why     string          `json:"why,omitempty"`     // the person's reason; required of Operator
	Details json.RawMessage `json:"details,omitempty"` // what was seen, a JSON value of at most MaxDetails bytes
}

// MaxDetails bounds Evidence.Details and Extra, in bytes.
const MaxDetails = 4096

// Change is the body of an event that moved a record.
type Change struct {
	From State `json:"from"`
	To   State `json:"to"`
	Evidence

	Owner           string          `json:"owner,omitempty"`      // the owner after the move
	LeaseUntil      int64           `json:"leaseUntil,omitempty"` // microseconds since 1970, of a claim
	Reason          *Reason         `json:"reason,omitempty"`
	PortalPaymentID string          `json:"portalPaymentId,omitempty"`
	ReceiptID       string          `json:"receiptId,omitempty"`
	Document        *Document       `json:"document,omitempty"`
	OrderID         int64           `json:"orderId,omitempty"`
	ChunksSent      int             `json:"chunksSent,omitempty"`
	ChunksTotal     int             `json:"chunksTotal,omitempty"`
	Extra           json.RawMessage `json:"extra,omitempty"`
}

// EventFilter narrows Events; zero fields do not narrow.
type EventFilter struct {
	Subject string
	After   int64     // Seq greater than this
	Since   time.Time // at or after
	Until   time.Time // before
	Limit   int       // at most so many
	Newest  bool      // newest first
}

// Report is what Verify found.
type Report struct {
	Events  int64     `json:"events"`            // events checked
	Records int64     `json:"records"`           // payments and applications checked against them
	Head    Head      `json:"head"`              // the end of the chain as computed
	HeadLag int64     `json:"headLag,omitempty"` // events after the separately kept head: the last group before a crash
	Bad     *BadEvent `json:"bad,omitempty"`     // the first fault, nil when the journal holds
}

// Fault is a kind of damage.
type Fault string

// The kinds of damage.
const (
	Edited     Fault = "edited"     // an event does not match its hash
	Missing    Fault = "missing"    // an event is absent in the middle
	Reordered  Fault = "reordered"  // an event stands in another's place
	Truncated  Fault = "truncated"  // the chain ends before the separately kept head
	Torn       Fault = "torn"       // the store's own pages cannot be read
	Headless   Fault = "headless"   // the separately kept head is absent or unreadable
	Forked     Fault = "forked"     // the separately kept head is of another chain
	Unfounded  Fault = "unfounded"  // a record says what its events do not
	Impossible Fault = "impossible" // an event tells a move that the rules forbid
)

// BadEvent is the first fault in a journal.
type BadEvent struct {
	Seq     int64  `json:"seq,omitempty"`     // the event, or the first one affected
	Subject string `json:"subject,omitempty"` // the record, when it is known
	Fault   Fault  `json:"fault"`
	Detail  string `json:"detail"` // for an engineer, English
}
