package cabinet

import (
	"time"

	"github.com/epgu-cli/epgu/internal/plainjson"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// This file writes and reads payments, which go over the wire by the hundred thousand.
// They are what encoding/json makes of the types, to the byte; it is asked itself for
// what is not plain.

// Encode writes the request as JSON.
func (p *PaymentRequest) Encode() ([]byte, error) {
	return plainjson.Marshal(p, 1024, p.write)
}

func (p *PaymentRequest) write(w *plainjson.Writer) {
	w.Open()
	w.Required("id", p.ID)
	w.Optional("uin", p.UIN)
	w.RequiredInt("amountKopecks", p.AmountKopecks)
	w.Required("method", p.Method)
	if p.Requisites != nil {
		w.Name("requisites")
		p.Requisites.write(w)
	}
	w.Optional("authorisationId", p.AuthorisationID)
	if p.Proof != nil {
		w.Name("proof")
		p.Proof.write(w)
	}
	w.Close()
}

func (p *PaymentProof) write(w *plainjson.Writer) {
	if p.Path == nil { // null
		w.Fail()
		return
	}
	w.Open()
	w.RequiredInt("row", p.Row)
	w.Name("path")
	w.Base64(p.Path)
	w.Close()
}

func (q *Requisites) write(w *plainjson.Writer) {
	w.Open()
	w.Name("payee")
	q.Payee.write(w)
	w.Required("purpose", q.Purpose)
	w.Optional("period", q.Period)
	w.Optional("status", q.Status)
	w.Optional("basis", q.Basis)
	w.Optional("docNo", q.DocNo)
	w.Optional("docDate", q.DocDate)
	w.Optional("actCode", q.ActCode)
	w.Close()
}

func (p *Payee) write(w *plainjson.Writer) {
	w.Open()
	text(w, "name", p.Name)
	w.Required("inn", p.INN)
	w.Required("kpp", p.KPP)
	w.Required("account", p.Account)
	text(w, "bankName", p.BankName)
	w.Required("bik", p.BIK)
	w.Required("corrAccount", p.CorrAccount)
	w.Required("kbk", p.KBK)
	w.Required("oktmo", p.OKTMO)
	w.Close()
}

// text writes a text in which nothing could act on a terminal.
func text(w *plainjson.Writer, name string, t Text) {
	if untrusted.Clean(string(t)) != string(t) {
		w.Fail()
	}
	w.Required(name, string(t))
}

// DecodePaymentRequest reads a request into p, which is zero; ok is false when that is
// for encoding/json to do, and p is zero still.
func DecodePaymentRequest(b []byte, p *PaymentRequest) (ok bool) {
	return plainjson.TryUnmarshal(b, p, p.read)
}

func (p *PaymentRequest) read(r *plainjson.Reader) {
	r.Open()
	plainjson.Text(r, "id", &p.ID)
	plainjson.Text(r, "uin", &p.UIN)
	r.IntInto("amountKopecks", &p.AmountKopecks)
	plainjson.Text(r, "method", &p.Method)
	if r.Field("requisites") {
		p.Requisites = new(Requisites)
		p.Requisites.read(r)
	}
	plainjson.Text(r, "authorisationId", &p.AuthorisationID)
	if r.Field("proof") {
		p.Proof = new(PaymentProof)
		p.Proof.read(r)
	}
	r.Close()
}

func (p *PaymentProof) read(r *plainjson.Reader) {
	r.Open()
	r.IntInto("row", &p.Row)
	if r.Field("path") {
		p.Path = r.Base64()
	}
	r.Close()
}

func (q *Requisites) read(r *plainjson.Reader) {
	r.Open()
	if r.Field("payee") {
		q.Payee.read(r)
	}
	plainjson.Text(r, "purpose", &q.Purpose)
	plainjson.Text(r, "period", &q.Period)
	plainjson.Text(r, "status", &q.Status)
	plainjson.Text(r, "basis", &q.Basis)
	plainjson.Text(r, "docNo", &q.DocNo)
	plainjson.Text(r, "docDate", &q.DocDate)
	plainjson.Text(r, "actCode", &q.ActCode)
	r.Close()
}

func (p *Payee) read(r *plainjson.Reader) {
	r.Open()
	plainjson.Text(r, "name", &p.Name)
	plainjson.Text(r, "inn", &p.INN)
	plainjson.Text(r, "kpp", &p.KPP)
	plainjson.Text(r, "account", &p.Account)
	plainjson.Text(r, "bankName", &p.BankName)
	plainjson.Text(r, "bik", &p.BIK)
	plainjson.Text(r, "corrAccount", &p.CorrAccount)
	plainjson.Text(r, "kbk", &p.KBK)
	plainjson.Text(r, "oktmo", &p.OKTMO)
	r.Close()
}

// Encode writes the payment as JSON.
func (p *Payment) Encode() ([]byte, error) {
	return plainjson.Marshal(p, 1280, p.write)
}

func (p *Payment) write(w *plainjson.Writer) {
	if p.Reason != nil || p.Confirm != nil {
		w.Fail()
		return
	}
	w.Open()
	w.Required("id", p.ID)
	w.Required("state", p.State)
	w.Optional("uin", p.UIN)
	w.RequiredInt("amountKopecks", p.AmountKopecks)
	w.RequiredInt("feeKopecks", p.FeeKopecks)
	w.Required("method", p.Method)
	text(w, "title", p.Title)
	w.Name("createdAt")
	w.Time(p.CreatedAt)
	optionalTime(w, "paidAt", p.PaidAt)
	w.Optional("receiptId", p.ReceiptID)
	w.Optional("uip", p.UIP)
	w.Name("payee")
	p.Payee.write(w)
	text(w, "payerName", p.PayerName)
	if p.Purpose != "" {
		text(w, "purpose", p.Purpose)
	}
	w.Optional("period", p.Period)
	optionalTime(w, "payeeToldAt", p.PayeeToldAt)
	w.Optional("authorisationId", p.AuthorisationID)
	w.Close()
}

func optionalTime(w *plainjson.Writer, name string, t *time.Time) {
	if t != nil {
		w.Name(name)
		w.Time(*t)
	}
}

// Decode reads a payment into p, which is zero.
func (p *Payment) Decode(b []byte) error {
	return plainjson.Unmarshal(b, p, p.read)
}

func (p *Payment) read(r *plainjson.Reader) {
	r.Open()
	plainjson.Text(r, "id", &p.ID)
	plainjson.Text(r, "state", &p.State)
	plainjson.Text(r, "uin", &p.UIN)
	r.IntInto("amountKopecks", &p.AmountKopecks)
	r.IntInto("feeKopecks", &p.FeeKopecks)
	plainjson.Text(r, "method", &p.Method)
	plainjson.Text(r, "title", &p.Title)
	r.TimeInto("createdAt", &p.CreatedAt)
	if r.Field("paidAt") {
		p.PaidAt = moment(r)
	}
	plainjson.Text(r, "receiptId", &p.ReceiptID)
	plainjson.Text(r, "uip", &p.UIP)
	if r.Field("payee") {
		p.Payee.read(r)
	}
	plainjson.Text(r, "payerName", &p.PayerName)
	plainjson.Text(r, "purpose", &p.Purpose)
	plainjson.Text(r, "period", &p.Period)
	if r.Field("payeeToldAt") {
		p.PayeeToldAt = moment(r)
	}
	plainjson.Text(r, "authorisationId", &p.AuthorisationID)
	r.Close()
}

func moment(r *plainjson.Reader) *time.Time {
	t := r.Time()
	return &t
}
