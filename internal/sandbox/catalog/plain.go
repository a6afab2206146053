package catalog

import (
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/plainjson"
)

// ReadText reads what encoding/json writes of a text.
func ReadText(r *plainjson.Reader, t *i18n.Text) {
	r.Open()
	plainjson.Text(r, "RU", &t.RU)
	plainjson.Text(r, "EN", &t.EN)
	r.Close()
}

// WriteText writes a text as encoding/json does.
func WriteText(w *plainjson.Writer, t i18n.Text) {
	w.Open()
	w.Required("RU", t.RU)
	w.Required("EN", t.EN)
	w.Close()
}

// Read reads what encoding/json writes of a payee.
func (p *Payee) Read(r *plainjson.Reader) {
	r.Open()
	plainjson.Text(r, "Name", &p.Name)
	plainjson.Text(r, "INN", &p.INN)
	plainjson.Text(r, "KPP", &p.KPP)
	plainjson.Text(r, "Account", &p.Account)
	plainjson.Text(r, "BankName", &p.BankName)
	plainjson.Text(r, "BIK", &p.BIK)
	plainjson.Text(r, "CorrAccount", &p.CorrAccount)
	plainjson.Text(r, "KBK", &p.KBK)
	plainjson.Text(r, "OKTMO", &p.OKTMO)
	r.Close()
}

// Write writes a payee as encoding/json does.
func (p *Payee) Write(w *plainjson.Writer) {
	w.Open()
	w.Required("Name", p.Name)
	w.Required("INN", p.INN)
	w.Required("KPP", p.KPP)
	w.Required("Account", p.Account)
	w.Required("BankName", p.BankName)
	w.Required("BIK", p.BIK)
	w.Required("CorrAccount", p.CorrAccount)
	w.Required("KBK", p.KBK)
	w.Required("OKTMO", p.OKTMO)
	w.Close()
}
