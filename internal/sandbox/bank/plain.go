package bank

import (
	"github.com/epgu-cli/epgu/internal/plainjson"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
)

// encode is json.Marshal, and faster for what is plain and has neither a reason nor
// requisites of its own.
func (d *Data) encode() ([]byte, error) {
	return plainjson.Marshal(d, 1024, d.write)
}

func (d *Data) write(w *plainjson.Writer) {
	if d.Reason != nil || d.Requisites != nil {
		w.Fail()
		return
	}
	w.Open()
	w.Name("title")
	catalog.WriteText(w, d.Title)
	w.Required("purpose", d.Purpose)
	w.Name("payee")
	d.Payee.Write(w)
	w.Required("payerName", d.PayerName)
	w.OptionalTime("paidAt", d.PaidAt)
	w.Optional("uip", d.UIP)
	w.Optional("code", d.Code)
	w.Optional("target", d.Target)
	w.OptionalInt("attempts", int64(d.Attempts))
	w.OptionalInt("sent", int64(d.Sent))
	w.OptionalTime("codeUntil", d.CodeUntil)
	w.Optional("pageKey", d.PageKey)
	w.OptionalTime("toldAt", d.ToldAt)
	w.Optional("authorisation", d.Authorisation)
	w.OptionalInt("planRow", d.PlanRow)
	w.Close()
}

// decode reads what encode has written into d, which is zero.
func (d *Data) decode(b []byte) error {
	return plainjson.Unmarshal(b, d, d.read)
}

func (d *Data) read(r *plainjson.Reader) {
	r.Open()
	if r.Field("title") {
		catalog.ReadText(r, &d.Title)
	}
	plainjson.Text(r, "purpose", &d.Purpose)
	if r.Field("payee") {
		d.Payee.Read(r)
	}
	plainjson.Text(r, "payerName", &d.PayerName)
	r.TimeInto("paidAt", &d.PaidAt)
	plainjson.Text(r, "uip", &d.UIP)
	plainjson.Text(r, "code", &d.Code)
	plainjson.Text(r, "target", &d.Target)
	r.SmallInto("attempts", &d.Attempts)
	r.SmallInto("sent", &d.Sent)
	r.TimeInto("codeUntil", &d.CodeUntil)
	plainjson.Text(r, "pageKey", &d.PageKey)
	r.TimeInto("toldAt", &d.ToldAt)
	plainjson.Text(r, "authorisation", &d.Authorisation)
	r.IntInto("planRow", &d.PlanRow)
	r.Close()
}
