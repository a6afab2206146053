package journal

import "github.com/epgu-cli/epgu/internal/plainjson"

// This file writes and reads the bodies of events. They are what encoding/json makes
// of the types, to the byte; it is asked itself for what is not plain.

// room is how many bytes most bodies take.
const room = 768

// Encode writes a payment as the body of its first event.
func (p *Payment) Encode() ([]byte, error) {
	return plainjson.Marshal(p, room, p.write)
}

func (p *Payment) write(w *plainjson.Writer) {
	if p.Override != nil || p.SettledBy != nil || p.ReturnedBy != nil {
		w.Fail()
		return
	}
	w.Open()
	w.Required("id", p.ID)
	w.Required("businessKey", p.BusinessKey)
	w.Required("profile", p.Profile)
	w.Optional("run", p.Run)
	w.OptionalInt("row", int64(p.Row))
	w.Required("via", string(p.Via))
	w.Required("payer", p.Payer)
	w.Optional("uin", p.UIN)
	w.RequiredInt("amountKopecks", p.AmountKopecks)
	w.Optional("payeeName", p.PayeeName)
	w.Optional("payeeAccount", p.PayeeAccount)
	w.Optional("bik", p.BIK)
	w.Optional("kbk", p.KBK)
	w.Optional("oktmo", p.OKTMO)
	w.Optional("period", p.Period)
	w.Optional("actCode", p.ActCode)
	w.Optional("purpose", p.Purpose)
	w.Optional("linkedTo", p.LinkedTo)
	w.OptionalRaw("extra", p.Extra)
	w.Required("state", string(p.State))
	w.RequiredInt("attempt", int64(p.Attempt))
	if p.Reason != (Reason{}) {
		w.Name("reason")
		p.Reason.Write(w)
	}
	w.Optional("portalPaymentId", p.PortalPaymentID)
	w.Optional("receiptId", p.ReceiptID)
	w.OptionalTime("paidAt", p.PaidAt)
	w.Optional("owner", p.Owner)
	w.OptionalTime("leaseUntil", p.LeaseUntil)
	w.OptionalTime("createdAt", p.CreatedAt)
	w.OptionalTime("updatedAt", p.UpdatedAt)
	w.Close()
}

// Write writes r as a part of an event's body.
func (r *Reason) Write(w *plainjson.Writer) {
	w.Open()
	w.Optional("code", r.Code)
	w.Optional("text", r.Text)
	w.Close()
}

// Decode reads what Encode has written into p, which is zero.
func (p *Payment) Decode(b []byte) error {
	return plainjson.Unmarshal(b, p, p.read)
}

func (p *Payment) read(r *plainjson.Reader) {
	r.Open()
	plainjson.Text(r, "id", &p.ID)
	plainjson.Text(r, "businessKey", &p.BusinessKey)
	plainjson.Text(r, "profile", &p.Profile)
	plainjson.Text(r, "run", &p.Run)
	r.SmallInto("row", &p.Row)
	plainjson.Text(r, "via", &p.Via)
	plainjson.Text(r, "payer", &p.Payer)
	plainjson.Text(r, "uin", &p.UIN)
	r.IntInto("amountKopecks", &p.AmountKopecks)
	plainjson.Text(r, "payeeName", &p.PayeeName)
	plainjson.Text(r, "payeeAccount", &p.PayeeAccount)
	plainjson.Text(r, "bik", &p.BIK)
	plainjson.Text(r, "kbk", &p.KBK)
	plainjson.Text(r, "oktmo", &p.OKTMO)
	plainjson.Text(r, "period", &p.Period)
	plainjson.Text(r, "actCode", &p.ActCode)
	plainjson.Text(r, "purpose", &p.Purpose)
	plainjson.Text(r, "linkedTo", &p.LinkedTo)
	r.RawInto("extra", &p.Extra)
	plainjson.Text(r, "state", &p.State)
	r.SmallInto("attempt", &p.Attempt)
	if r.Field("reason") {
		p.Reason.Read(r)
	}
	plainjson.Text(r, "portalPaymentId", &p.PortalPaymentID)
	plainjson.Text(r, "receiptId", &p.ReceiptID)
	r.TimeInto("paidAt", &p.PaidAt)
	plainjson.Text(r, "owner", &p.Owner)
	r.TimeInto("leaseUntil", &p.LeaseUntil)
	r.TimeInto("createdAt", &p.CreatedAt)
	r.TimeInto("updatedAt", &p.UpdatedAt)
	r.Close()
}

// Read reads what Write has written into r, which is zero.
func (r *Reason) Read(in *plainjson.Reader) {
	in.Open()
	plainjson.Text(in, "code", &r.Code)
	plainjson.Text(in, "text", &r.Text)
	in.Close()
}

// Encode writes a change as the body of its event.
func (c *Change) Encode() ([]byte, error) {
	return plainjson.Marshal(c, room/2, c.write)
}

func (c *Change) write(w *plainjson.Writer) {
	if c.Document != nil {
		w.Fail()
		return
	}
	w.Open()
	w.Required("from", string(c.From))
	w.Required("to", string(c.To))
	w.Required("witness", string(c.Witness))
	w.Optional("who", c.Who)
	w.Optional("why", c.Why)
	w.OptionalRaw("details", c.Details)
	w.Optional("owner", c.Owner)
	w.OptionalInt("leaseUntil", c.LeaseUntil)
	if c.Reason != nil {
		w.Name("reason")
		c.Reason.Write(w)
	}
	w.Optional("portalPaymentId", c.PortalPaymentID)
	w.Optional("receiptId", c.ReceiptID)
	w.OptionalInt("orderId", c.OrderID)
	w.OptionalInt("chunksSent", int64(c.ChunksSent))
	w.OptionalInt("chunksTotal", int64(c.ChunksTotal))
	w.OptionalRaw("extra", c.Extra)
	w.Close()
}

// Decode reads what Encode has written into c, which is zero.
func (c *Change) Decode(b []byte) error {
	return plainjson.Unmarshal(b, c, c.read)
}

func (c *Change) read(r *plainjson.Reader) {
	r.Open()
	plainjson.Text(r, "from", &c.From)
	plainjson.Text(r, "to", &c.To)
	plainjson.Text(r, "witness", &c.Witness)
	plainjson.Text(r, "who", &c.Who)
	plainjson.Text(r, "why", &c.Why)
	r.RawInto("details", &c.Details)
	plainjson.Text(r, "owner", &c.Owner)
	r.IntInto("leaseUntil", &c.LeaseUntil)
	if r.Field("reason") {
		c.Reason = new(Reason)
		c.Reason.Read(r)
	}
	plainjson.Text(r, "portalPaymentId", &c.PortalPaymentID)
	plainjson.Text(r, "receiptId", &c.ReceiptID)
	r.IntInto("orderId", &c.OrderID)
	r.SmallInto("chunksSent", &c.ChunksSent)
	r.SmallInto("chunksTotal", &c.ChunksTotal)
	r.RawInto("extra", &c.Extra)
	r.Close()
}
