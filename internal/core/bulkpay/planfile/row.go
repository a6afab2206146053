package planfile

import (
	"bytes"
	"encoding/json"

	"github.com/epgu-cli/epgu/internal/plainjson"
)

// append writes the row's line behind b.
func (r *Row) append(b []byte) ([]byte, error) {
	w := plainjson.To(b)
	w.HTML = true
	r.write(&w)
	if b, ok := w.Done(); ok {
		return append(b, '\n'), nil
	}
	out := bytes.NewBuffer(b)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(r)
	return out.Bytes(), err
}

func (r *Row) write(w *plainjson.Writer) {
	if len(r.Differs) > 0 || r.Override != nil {
		w.Fail()
		return
	}
	w.Open()
	w.RequiredInt("n", int64(r.N))
	w.Required("s", string(r.Status))
	w.Optional("why", r.Why)
	w.RequiredInt("f", int64(r.File))
	w.RequiredInt("l", int64(r.Line))
	w.RequiredInt("kopecks", r.Kopecks)
	w.OptionalInt("asked", r.Asked)
	w.Optional("uin", r.UIN)
	w.Optional("actCode", r.ActCode)
	w.Required("payer", r.Payer)
	w.Optional("payerName", r.PayerName)
	w.Optional("account", r.Account)
	if r.Payee != nil {
		w.Name("payee")
		r.Payee.write(w)
	}
	w.Optional("purpose", r.Purpose)
	if r.Budget != nil {
		w.Name("budget")
		r.Budget.write(w)
	}
	w.Optional("notBefore", r.NotBefore)
	w.Optional("notAfter", r.NotAfter)
	w.OptionalTime("checked", r.Checked)
	if len(r.Warn) > 0 {
		w.Name("warn")
		w.Strings(r.Warn)
	}
	w.Optional("holder", r.Holder)
	w.Optional("reference", r.Reference)
	if len(r.Cells) > 0 {
		w.Name("cells")
		w.Strings(r.Cells)
	}
	w.Close()
}

func (p *Payee) write(w *plainjson.Writer) {
	w.Open()
	w.Optional("name", p.Name)
	w.Optional("inn", p.INN)
	w.Optional("kpp", p.KPP)
	w.Optional("account", p.Account)
	w.Optional("bank", p.Bank)
	w.Optional("bik", p.BIK)
	w.Optional("corr", p.CorrAccount)
	w.Close()
}

func (b *Budget) write(w *plainjson.Writer) {
	w.Open()
	w.Optional("101", b.Drawer)
	w.Optional("104", b.KBK)
	w.Optional("105", b.OKTMO)
	w.Optional("106", b.Basis)
	w.Optional("107", b.Period)
	w.Optional("108", b.DocNo)
	w.Optional("109", b.DocDate)
	w.Close()
}

// parse reads a row's line into r, which is zero.
func (r *Row) parse(line []byte) error {
	return plainjson.Unmarshal(line, r, r.read)
}

func (r *Row) read(in *plainjson.Reader) {
	in.Open()
	in.SmallInto("n", &r.N)
	plainjson.Text(in, "s", &r.Status)
	plainjson.Text(in, "why", &r.Why)
	in.SmallInto("f", &r.File)
	in.SmallInto("l", &r.Line)
	in.IntInto("kopecks", &r.Kopecks)
	in.IntInto("asked", &r.Asked)
	plainjson.Text(in, "uin", &r.UIN)
	plainjson.Text(in, "actCode", &r.ActCode)
	plainjson.Text(in, "payer", &r.Payer)
	plainjson.Text(in, "payerName", &r.PayerName)
	plainjson.Text(in, "account", &r.Account)
	if in.Field("payee") {
		r.Payee = new(Payee)
		r.Payee.read(in)
	}
	plainjson.Text(in, "purpose", &r.Purpose)
	if in.Field("budget") {
		r.Budget = new(Budget)
		r.Budget.read(in)
	}
	plainjson.Text(in, "notBefore", &r.NotBefore)
	plainjson.Text(in, "notAfter", &r.NotAfter)
	in.TimeInto("checked", &r.Checked)
	if in.Field("warn") {
		r.Warn = in.Strings()
	}
	plainjson.Text(in, "holder", &r.Holder)
	plainjson.Text(in, "reference", &r.Reference)
	if in.Field("cells") {
		r.Cells = in.Strings()
	}
	in.Close()
}

func (p *Payee) read(in *plainjson.Reader) {
	in.Open()
	plainjson.Text(in, "name", &p.Name)
	plainjson.Text(in, "inn", &p.INN)
	plainjson.Text(in, "kpp", &p.KPP)
	plainjson.Text(in, "account", &p.Account)
	plainjson.Text(in, "bank", &p.Bank)
	plainjson.Text(in, "bik", &p.BIK)
	plainjson.Text(in, "corr", &p.CorrAccount)
	in.Close()
}

func (b *Budget) read(in *plainjson.Reader) {
	in.Open()
	plainjson.Text(in, "101", &b.Drawer)
	plainjson.Text(in, "104", &b.KBK)
	plainjson.Text(in, "105", &b.OKTMO)
	plainjson.Text(in, "106", &b.Basis)
	plainjson.Text(in, "107", &b.Period)
	plainjson.Text(in, "108", &b.DocNo)
	plainjson.Text(in, "109", &b.DocDate)
	in.Close()
}
