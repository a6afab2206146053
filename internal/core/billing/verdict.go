package billing

import (
	"encoding/json"
	"time"

	"github.com/epgu-cli/epgu/internal/core/delivery"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/plainjson"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// This file says what an answer, or the lack of one, means for a payment. A
// payment by hand and a run of a million obey the same few functions.

// Carried is what a payment carries in its Extra from one process to the next.
type Carried struct {
	// Requisites are those of a payment without a charge, as they go to the portal.
	Requisites *cabinet.Requisites `json:"requisites,omitempty"`
	// Lost says that an earlier sending of this very ID was lost and the portal
	// knew nothing of it then. A refusal of a repetition does not prove that the
	// first one came to nothing: it may still be on its way.
	Lost bool `json:"lost,omitempty"`
	// NotBefore and NotAfter are the days (2006-01-02, Moscow) between which the
	// amount is the right one.
	NotBefore string `json:"notBefore,omitempty"`
	NotAfter  string `json:"notAfter,omitempty"`
	// Checked is when the charge was last looked at.
	Checked time.Time `json:"checked,omitzero"`
	// File and Number are the bank file and the payment order in it.
	File   string `json:"file,omitempty"`
	Number string `json:"number,omitempty"`
	// Day is the order's date (2006-01-02, Moscow). Numbers are unique within its
	// year and PayerAccount.
	Day string `json:"day,omitempty"`
	// PayerAccount is the account that a payment order debits.
	PayerAccount string `json:"payerAccount,omitempty"`
	// Drawn tells the account from one of the same number with another owner or bank;
	// see package bankroad.
	Drawn string `json:"drawn,omitempty"`
	// Dir and Set are where File was to appear: the folder that was named, absolute,
	// and the set of files that it belongs to (package fileset).
	Dir string `json:"dir,omitempty"`
	Set string `json:"set,omitempty"`
	// Bank is the section of the bank to which the order was sent by DirectBank, Packet
	// the packet that it stood in, and BankStatus the status (01 to 06) that the bank
	// gave it last. Sendings counts the packets that may have reached the bank with it:
	// of more than one a refusal proves nothing about the others.
	Bank       string `json:"bank,omitempty"`
	Packet     string `json:"packet,omitempty"`
	BankStatus string `json:"bankStatus,omitempty"`
	Sendings   int    `json:"sendings,omitempty"`
}

// Unsent is the Extra of a payment whose order nobody has seen: what says by which
// file it was to go is left out. It is never nil, so that it replaces what was there.
func (c Carried) Unsent() (json.RawMessage, error) {
	c.File, c.Number, c.Day, c.PayerAccount, c.Drawn, c.Dir, c.Set, c.Bank, c.Packet, c.BankStatus = "", "", "", "", "", "", "", "", "", ""
	return json.Marshal(c)
}

// CarriedOf reads a payment's Extra. What cannot be read is none.
func CarriedOf(p *journal.Payment) Carried {
	var c Carried
	if len(p.Extra) > 0 && c.decode(p.Extra) != nil {
		return Carried{}
	}
	return c
}

// Extra writes c as the Extra of a payment.
func (c Carried) Extra() (json.RawMessage, error) {
	if c == (Carried{}) {
		return nil, nil
	}
	return c.encode()
}

// encode is json.Marshal, and faster where it can: a run writes one for every row.
func (c *Carried) encode() ([]byte, error) {
	return plainjson.Marshal(c, 128, c.write)
}

func (c *Carried) write(w *plainjson.Writer) {
	if c.Requisites != nil {
		w.Fail()
		return
	}
	w.Open()
	if c.Lost {
		w.Name("lost")
		w.Bool(true)
	}
	w.Optional("notBefore", c.NotBefore)
	w.Optional("notAfter", c.NotAfter)
	w.OptionalTime("checked", c.Checked)
	w.Optional("file", c.File)
	w.Optional("number", c.Number)
	w.Optional("day", c.Day)
	w.Optional("payerAccount", c.PayerAccount)
	w.Optional("drawn", c.Drawn)
	w.Optional("dir", c.Dir)
	w.Optional("set", c.Set)
	w.Optional("bank", c.Bank)
	w.Optional("packet", c.Packet)
	w.Optional("bankStatus", c.BankStatus)
	w.OptionalInt("sendings", int64(c.Sendings))
	w.Close()
}

// decode reads what encode has written into c, which is zero.
func (c *Carried) decode(b []byte) error {
	return plainjson.Unmarshal(b, c, c.read)
}

func (c *Carried) read(r *plainjson.Reader) {
	r.Open()
	if r.Field("lost") {
		c.Lost = r.Bool()
	}
	plainjson.Text(r, "notBefore", &c.NotBefore)
	plainjson.Text(r, "notAfter", &c.NotAfter)
	r.TimeInto("checked", &c.Checked)
	plainjson.Text(r, "file", &c.File)
	plainjson.Text(r, "number", &c.Number)
	plainjson.Text(r, "day", &c.Day)
	plainjson.Text(r, "payerAccount", &c.PayerAccount)
	plainjson.Text(r, "drawn", &c.Drawn)
	plainjson.Text(r, "dir", &c.Dir)
	plainjson.Text(r, "set", &c.Set)
	plainjson.Text(r, "bank", &c.Bank)
	plainjson.Text(r, "packet", &c.Packet)
	plainjson.Text(r, "bankStatus", &c.BankStatus)
	r.SmallInto("sendings", &c.Sendings)
	r.Close()
}

// Request is what goes to the portal for p, which carries c.
func (c Carried) Request(p *journal.Payment, method string) cabinet.PaymentRequest {
	return cabinet.PaymentRequest{ID: p.ID, UIN: p.UIN, AmountKopecks: p.AmountKopecks, Method: method, Requisites: c.Requisites}
}

// word is what the portal said of a payment, as evidence.
type word struct {
	State   string `json:"state"`
	ID      string `json:"id"`
	UIP     string `json:"uip,omitempty"`
	Kopecks int64  `json:"amountKopecks"`
}

// encode is json.Marshal, and faster where it can.
func (v *word) encode() ([]byte, error) {
	return plainjson.Marshal(v, 128, v.write)
}

func (v *word) write(w *plainjson.Writer) {
	w.Open()
	w.Required("state", v.State)
	w.Required("id", v.ID)
	w.Optional("uip", v.UIP)
	w.RequiredInt("amountKopecks", v.Kopecks)
	w.Close()
}

// Answered returns the move that the portal's word about p proves. ok is false
// when it proves nothing new. An answer about another payment is an error and
// proves nothing at all.
func Answered(p *journal.Payment, answer *cabinet.Payment, w journal.Witness) (t journal.Transition, ok bool, err error) {
	if answer.ID != p.ID || answer.AmountKopecks != p.AmountKopecks {
		return t, false, fault.New(exitcode.Unknown, "payment.wrong_answer", i18n.Text{
			RU: "портал ответил о другом платеже (%s на %s)", EN: "the portal answered about another payment (%s, %s)"}.
			With(answer.ID, i18n.Money(answer.AmountKopecks)))
	}
	said := word{journal.Cut(answer.State, 64), answer.ID, journal.Cut(answer.UIP, 64), answer.AmountKopecks}
	details, err := said.encode()
	if err != nil {
		return t, false, err
	}
	t = journal.Transition{ID: p.ID, From: p.State, To: journal.Accepted, PortalPaymentID: answer.UIP, ReceiptID: answer.ReceiptID,
		Evidence: journal.Evidence{Witness: w, Details: details}}
	switch answer.State {
	case "paid":
		t.To = journal.Paid
	case "refused":
		t.To = journal.Refused
		if r := answer.Reason; r != nil {
			t.Reason = journal.Reason{Code: r.Code, Text: r.Text.Raw()}
		}
	case "accepted", "confirming":
	default:
		return t, false, fault.New(exitcode.Unknown, "payment.wrong_answer", i18n.Text{
			RU: "портал назвал неизвестное состояние платежа %s", EN: "the portal named a state of payment %s that is not known"}.With(p.ID))
	}
	return t, t.To != p.State, nil
}

// Failed returns the move that a failed sending of p means, from Sending. fate
// NotDone means that nothing happened at all. What an answer proves is judged where
// it was read (portal/cabinet); here an answer that proves nothing is a lost one.
func Failed(p *journal.Payment, err error) (t journal.Transition, fate delivery.Fate) {
	t = journal.Transition{ID: p.ID, From: journal.Sending, Evidence: journal.Evidence{Witness: journal.Engine}}
	fate = delivery.Of(err)
	switch {
	case fate == delivery.NotDone:
		t.To = journal.Planned
	case fate == delivery.Denied && !CarriedOf(p).Lost:
		t.To, t.Reason = journal.Refused, reasonOf(err)
	case fate == delivery.Denied:
		t.To, t.Reason, fate = journal.Unknown, journal.Reason{Code: reasonDenied, Text: err.Error()}, delivery.Lost
	default:
		t.To, t.Reason = journal.Unknown, journal.Reason{Code: "reply.lost", Text: err.Error()}
	}
	return t, fate
}

// Strange returns the move of a payment that is sending and was answered by what
// Answered calls an answer about something else.
func Strange(p *journal.Payment, why error) journal.Transition {
	return journal.Transition{ID: p.ID, From: journal.Sending, To: journal.Unknown, Evidence: journal.Evidence{Witness: journal.Engine},
		Reason: journal.Reason{Code: "reply.strange", Text: why.Error()}}
}

// The portal answers about a payment by its ID for thirty days
// (docs/api/cabinet.openapi.yaml); within these days, and with a margin, its
// "no such payment" proves that the payment never arrived.
const lookupDays = 28 * 24 * time.Hour

// NotFound returns the move of a payment that the portal, asked by its ID at the
// moment now, says it has never seen. ok is false when that proves nothing: the
// payment is too old, or the clock is not to be believed, or the portal did know
// it once, or has refused a repetition of it.
func NotFound(p *journal.Payment, now time.Time) (t journal.Transition, ok bool, err error) {
	evidence := journal.Evidence{Witness: journal.PortalByID, Details: json.RawMessage(`{"found":false}`)}
	if p.State == journal.Accepted {
		// Money may have moved at the bank behind a portal that forgot it.
		return journal.Transition{ID: p.ID, From: p.State, To: journal.Unknown, Evidence: evidence,
			Reason: journal.Reason{Code: reasonForgotten}}, true, nil
	}
	if p.State != journal.Unknown || !StillKnown(p, now) || p.PortalPaymentID != "" ||
		p.Reason.Code == reasonDenied || p.Reason.Code == reasonForgotten {
		return t, false, nil
	}
	carried := CarriedOf(p)
	carried.Lost = true
	extra, err := carried.Extra()
	if err != nil {
		return t, false, err
	}
	return journal.Transition{ID: p.ID, From: journal.Unknown, To: journal.Planned, Extra: extra, Evidence: evidence}, true, nil
}

// StillKnown reports whether a portal that had got the payment would still know it
// by its ID at the moment now, if the clock is to be believed.
func StillKnown(p *journal.Payment, now time.Time) bool {
	age := now.Sub(p.CreatedAt)
	return age <= lookupDays && age >= -time.Hour
}

// The reasons of an unknown payment that only a person can settle, unless the
// portal comes to know it.
const (
	reasonDenied    = "denied.after_loss"
	reasonForgotten = "portal.forgot"
)
