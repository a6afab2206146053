package ledger

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/plainjson"
)

// Kind tells payments from applications in the shared tables.
type Kind int

// The kinds of entries.
const (
	KindPayment    Kind = 1
	KindSubmission Kind = 2
)

// Entry is the projection of one record: what its events add up to, without
// what its first event says already.
type Entry struct {
	ID         string
	Kind       Kind
	Key        string
	Attempt    int
	Overridden bool // exempt from the uniqueness of the key by a recorded decision
	Run        string
	Row        int
	Amount     int64 // kopecks
	State      journal.State
	Owner      string
	LeaseUntil int64 // microseconds since 1970, 0 for none
	First      int64 // Seq of its first event
	Last       int64 // Seq of its last event
	Live       []byte

	plain *live // what Live says when that is nothing but a time, so that it need not be read
}

// live is Entry.Live: what moves have set.
type live struct {
	Reason          journal.Reason `json:"reason,omitzero"`
	PortalPaymentID string         `json:"portalPaymentId,omitempty"`
	ReceiptID       string         `json:"receiptId,omitempty"`

	SettledBy   *journal.Document `json:"settledBy,omitempty"`
	ReturnedBy  *journal.Document `json:"returnedBy,omitempty"`
	PaidAt      int64             `json:"paidAt,omitempty"` // of what was returned; of what is paid it is UpdatedAt
	OrderID     int64             `json:"orderId,omitempty"`
	ChunksSent  int               `json:"chunksSent,omitempty"`
	ChunksTotal int               `json:"chunksTotal,omitempty"`
	Extra       json.RawMessage   `json:"extra,omitempty"`
	UpdatedAt   int64             `json:"updatedAt"`
}

// Tally is the number of entries, and their kopecks, of one run in one state.
// First and Last bound Entry.First of the run.
type Tally struct {
	Kind        Kind
	Run         string
	State       journal.State
	N           int64
	Amount      int64
	First, Last int64
}

func (e *Entry) live() (live, error) {
	var lv live
	switch {
	case len(e.Live) == 0:
		return lv, nil
	case e.plain != nil:
		return *e.plain, nil
	}
	if err := lv.decode(e.Live); err != nil {
		return lv, fmt.Errorf("entry %s: %w", e.ID, err)
	}
	return lv, nil
}

// apply moves the entry by c; the caller has checked the rules.
func (e *Entry) apply(c *journal.Change, seq int64, at time.Time) error {
	lv, err := e.live()
	if err != nil {
		return err
	}
	lv.Reason = journal.Reason{}
	if c.Reason != nil {
		lv.Reason = *c.Reason
	}
	if c.PortalPaymentID != "" {
		lv.PortalPaymentID = c.PortalPaymentID
	}
	if c.ReceiptID != "" {
		lv.ReceiptID = c.ReceiptID
	}
	switch {
	case c.Document == nil:
	case c.To == journal.Returned:
		lv.ReturnedBy = c.Document
	default:
		lv.SettledBy = c.Document
	}
	if c.OrderID != 0 {
		lv.OrderID = c.OrderID
	}
	if c.ChunksSent != 0 {
		lv.ChunksSent = c.ChunksSent
	}
	if c.ChunksTotal != 0 {
		lv.ChunksTotal = c.ChunksTotal
	}
	if c.Extra != nil {
		lv.Extra = c.Extra
	}
	if c.To == journal.Returned {
		lv.PaidAt = lv.UpdatedAt
	}
	if c.From != journal.Paid || c.To != journal.Paid { // a document that is seen later does not pay anew
		lv.UpdatedAt = at.UnixMicro()
	}
	b, err := lv.encode()
	if err != nil {
		return fmt.Errorf("entry %s: %w", e.ID, err)
	}
	e.State, e.Owner, e.LeaseUntil, e.Last, e.Live, e.plain = c.To, c.Owner, c.LeaseUntil, seq, b, nil
	if lv.timeOnly() {
		e.plain = &live{UpdatedAt: lv.UpdatedAt}
	}
	return nil
}

// encode writes what moves have set. Before its answer a payment has nothing but a
// time, and a run writes that for every row.
func (lv *live) encode() ([]byte, error) {
	if lv.timeOnly() {
		return append(strconv.AppendInt([]byte(`{"updatedAt":`), lv.UpdatedAt, 10), '}'), nil
	}
	return plainjson.Marshal(lv, 256, lv.write)
}

func (lv *live) write(w *plainjson.Writer) {
	if lv.SettledBy != nil || lv.ReturnedBy != nil {
		w.Fail()
		return
	}
	w.Open()
	if lv.Reason != (journal.Reason{}) {
		w.Name("reason")
		lv.Reason.Write(w)
	}
	w.Optional("portalPaymentId", lv.PortalPaymentID)
	w.Optional("receiptId", lv.ReceiptID)
	w.OptionalInt("paidAt", lv.PaidAt)
	w.OptionalInt("orderId", lv.OrderID)
	w.OptionalInt("chunksSent", int64(lv.ChunksSent))
	w.OptionalInt("chunksTotal", int64(lv.ChunksTotal))
	w.OptionalRaw("extra", lv.Extra)
	w.RequiredInt("updatedAt", lv.UpdatedAt)
	w.Close()
}

// decode reads what encode has written into lv, which is zero.
func (lv *live) decode(b []byte) error {
	return plainjson.Unmarshal(b, lv, lv.read)
}

func (lv *live) read(r *plainjson.Reader) {
	r.Open()
	if r.Field("reason") {
		lv.Reason.Read(r)
	}
	plainjson.Text(r, "portalPaymentId", &lv.PortalPaymentID)
	plainjson.Text(r, "receiptId", &lv.ReceiptID)
	r.IntInto("paidAt", &lv.PaidAt)
	r.IntInto("orderId", &lv.OrderID)
	r.SmallInto("chunksSent", &lv.ChunksSent)
	r.SmallInto("chunksTotal", &lv.ChunksTotal)
	r.RawInto("extra", &lv.Extra)
	r.IntInto("updatedAt", &lv.UpdatedAt)
	r.Close()
}

func (lv *live) timeOnly() bool {
	return lv.Reason == (journal.Reason{}) && lv.PortalPaymentID == "" && lv.ReceiptID == "" && lv.SettledBy == nil && lv.ReturnedBy == nil &&
		lv.PaidAt == 0 && lv.OrderID == 0 && lv.ChunksSent == 0 && lv.ChunksTotal == 0 && len(lv.Extra) == 0
}

// paymentEntry is the entry that a payment begins with.
func paymentEntry(p *journal.Payment, seq int64) *Entry {
	return &Entry{ID: p.ID, Kind: KindPayment, Key: p.BusinessKey, Attempt: p.Attempt, Overridden: p.Override != nil, Run: p.Run, Row: p.Row,
		Amount: p.AmountKopecks, State: journal.Planned, First: seq, Last: seq}
}

// begunEntry is the entry of a payment that began as sending.
func begunEntry(p *journal.Payment, seq int64) *Entry {
	e := paymentEntry(p, seq)
	e.State, e.Owner = journal.Sending, p.Owner
	return e
}

// submissionKey keeps the keys of applications apart from those of payments.
func submissionKey(contentKey string) string { return "a:" + contentKey }

func submissionEntry(s *journal.Submission, seq int64) *Entry {
	return &Entry{ID: s.ID, Kind: KindSubmission, Key: submissionKey(s.ContentKey), Attempt: s.Attempt, Overridden: s.Override != nil,
		State: journal.Prepared, First: seq, Last: seq}
}

// origin is what a record's first event gives to it.
type origin struct {
	body []byte
	at   time.Time
}

// payment is the record of e, which began with o.
func (e *Entry) payment(o origin) (journal.Payment, error) {
	var p journal.Payment
	if err := p.Decode(o.body); err != nil {
		return p, fmt.Errorf("event %d: %w", e.First, err)
	}
	p.CreatedAt, p.UpdatedAt = o.at, o.at
	p.State, p.Attempt, p.Owner = e.State, e.Attempt, e.Owner
	if e.LeaseUntil != 0 {
		p.LeaseUntil = time.UnixMicro(e.LeaseUntil).UTC()
	}
	if len(e.Live) == 0 {
		return p, nil
	}
	lv, err := e.live()
	if err != nil {
		return p, err
	}
	p.Reason, p.PortalPaymentID, p.ReceiptID = lv.Reason, lv.PortalPaymentID, lv.ReceiptID
	p.SettledBy, p.ReturnedBy = lv.SettledBy, lv.ReturnedBy
	if lv.Extra != nil {
		p.Extra = lv.Extra
	}
	p.UpdatedAt = time.UnixMicro(lv.UpdatedAt).UTC()
	switch {
	case p.State == journal.Paid:
		p.PaidAt = p.UpdatedAt
	case lv.PaidAt != 0:
		p.PaidAt = time.UnixMicro(lv.PaidAt).UTC()
	}
	return p, nil
}

// submission is the record of e, which began with o.
func (e *Entry) submission(o origin) (journal.Submission, error) {
	var s journal.Submission
	if err := json.Unmarshal(o.body, &s); err != nil {
		return s, fmt.Errorf("event %d: %w", e.First, err)
	}
	s.CreatedAt, s.UpdatedAt = o.at, o.at
	s.State, s.Attempt, s.Owner = e.State, e.Attempt, e.Owner
	if len(e.Live) == 0 {
		return s, nil
	}
	lv, err := e.live()
	if err != nil {
		return s, err
	}
	s.Reason, s.OrderID, s.ChunksSent = lv.Reason, lv.OrderID, lv.ChunksSent
	if lv.ChunksTotal != 0 {
		s.ChunksTotal = lv.ChunksTotal
	}
	if lv.Extra != nil {
		s.Extra = lv.Extra
	}
	s.UpdatedAt = time.UnixMicro(lv.UpdatedAt).UTC()
	return s, nil
}
