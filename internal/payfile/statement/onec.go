package statement

import (
	"io"
	"slices"
	"strings"

	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/payfile/cell"
	"github.com/epgu-cli/epgu/internal/payfile/onec"
	"github.com/epgu-cli/epgu/internal/requisites"
)

// oneC reads entries out of a 1C exchange file.
type oneC struct {
	r     *onec.Reader
	doc   onec.Document
	bad   []fault.Field
	noted []fault.Field
	n     int // faults of the file already turned into fields
	ours  []string
	known int // accounts of the file that ours was made of
}

func newOneC(r io.Reader) *oneC { return &oneC{r: onec.NewReader(r)} }

func (s *oneC) take() {
	all := s.r.Faults()
	for _, f := range all[s.n:] {
		if f.Note {
			s.noted = append(s.noted, f.AsField())
		} else {
			s.bad = append(s.bad, f.AsField())
		}
	}
	s.n = len(all)
}

func (s *oneC) faults() []fault.Field { s.take(); return s.bad }
func (s *oneC) notes() []fault.Field  { s.take(); return s.noted }

func (s *oneC) next(e *Entry) error {
	for {
		if err := s.r.Next(&s.doc); err != nil {
			return err
		}
		if s.entry(e) {
			return nil
		}
	}
}

// entry turns a document into an entry; a document without a readable date
// or sum, which the file's reader has reported, makes none.
func (s *oneC) entry(e *Entry) bool {
	d := &s.doc
	sum, err := d.Amount()
	if err != nil {
		return false
	}
	*e = Entry{Line: d.Line, Kopecks: max(sum.Kopecks, -sum.Kopecks), Reversal: sum.Kopecks < 0, Number: d.Get(onec.Number), PayerName: d.PayerName(), PayeeName: d.PayeeName(),
		Purpose: d.FullPurpose(), BankID: d.ExtraOf("ИдентификаторОперации", "НомерОперации", "РеференсБанка", "УникальныйНомерОперации")}
	e.UIN = uinIn(d.Get(onec.UIN), e.Purpose)
	own := s.own()
	e.PayerAccount, e.PayeeAccount = party(d, own, onec.PayerSettlement, onec.PayerAccount), party(d, own, onec.PayeeSettlement, onec.PayeeAccount)
	s.status(e)
	s.direct(e, own)
	s.currency(e, sum.Currency)
	e.OrderDay, _ = onec.ParseDate(d.Get(onec.Date))
	moved := onec.Date
	switch {
	case e.Direction != In && d.Get(onec.DebitedOn) != "":
		moved = onec.DebitedOn
	case e.Direction != Out && d.Get(onec.CreditedOn) != "":
		moved = onec.CreditedOn
	case d.Get(onec.DebitedOn) != "":
		moved = onec.DebitedOn
	case e.Status == Executed && d.Get(onec.ReceiptDate) != "":
		moved = onec.ReceiptDate
	}
	e.Date, err = onec.ParseDate(d.Get(moved))
	return err == nil
}

// party returns the account of a side. Banks fill in either of two fields, or
// both with different things: the one that the statement is of is meant.
func party(d *onec.Document, own []string, keys ...onec.Key) string {
	first := ""
	for _, k := range keys {
		v := d.AccountOf(k)
		if slices.Contains(own, v) {
			return v
		}
		if first == "" {
			first = v
		}
	}
	return first
}

// status reads the bank's word on the document: its receipt and the status that
// banks add. The worse of two words counts.
func (s *oneC) status(e *Entry) {
	d := &s.doc
	for _, text := range []string{d.ExtraOf("СтатусДокумента"), d.ExtraOf("СостояниеДокумента"), d.ExtraOf("СтатусПлатежа"), d.ExtraOf("СостояниеПлатежа"), d.ExtraOf("Статус"), d.ExtraOf("Состояние"), d.Get(onec.ReceiptText)} {
		if text == "" {
			continue
		}
		if got := StatusOf(text); e.Status == NotStated || e.Status == Executed {
			e.Status, e.StatusText = got, text
		}
	}
	for _, key := range []string{"ПричинаОтказа", "ПричинаОтклонения", "ПричинаВозврата", "ПричинаОтмены", "ДатаОтказа", "ДатаОтзыва", "ДатаОтмены"} {
		if text := d.ExtraOf(key); text != "" && (e.Status == NotStated || e.Status == Executed) {
			e.Status, e.StatusText = Contradicted, key+": "+text
		}
	}
}

// direct tells which way the money went and whether it went at all. A bank
// writes the day of execution, or a status that says so; a file of orders, which
// has the same form and may have the same account sections, does not.
func (s *oneC) direct(e *Entry, own []string) {
	debited, credited := s.doc.Get(onec.DebitedOn) != "", s.doc.Get(onec.CreditedOn) != ""
	fromUs, toUs := slices.Contains(own, e.PayerAccount), slices.Contains(own, e.PayeeAccount)
	switch {
	case fromUs && toUs:
		e.OwnTransfer = true
		e.Direction, e.Posted = Out, debited
		if credited && !debited {
			e.Direction, e.Posted = In, true
		}
	case fromUs:
		e.Direction, e.Posted = Out, debited
	case toUs: // some banks give the day of a credit as that of the payer's debit
		e.Direction, e.Posted = In, credited || debited
	case debited && !credited:
		e.Direction, e.Posted = Out, true
	case credited && !debited:
		e.Direction, e.Posted = In, true
	case debited:
		e.BothWays, e.Posted = true, true
	}
	e.Posted = e.Posted || e.Status == Executed
}

// currency finds the currency of the movement: the document's own, that of the
// account section, or that of the account number.
func (s *oneC) currency(e *Entry, ofSum cell.Currency) {
	ours := e.PayerAccount
	if e.Direction == In {
		ours = e.PayeeAccount
	}
	e.Currency = cell.CurrencyOf(s.doc.Currency())
	for _, c := range []cell.Currency{ofSum, s.sectionCurrency(ours), accountCurrency(ours)} {
		if e.Currency == "" || c.Foreign() {
			e.Currency = c
		}
	}
}

func (s *oneC) sectionCurrency(account string) cell.Currency {
	for _, t := range s.r.Turnovers() {
		if plain(t.Account) == account {
			return cell.CurrencyOf(t.Currency)
		}
	}
	return ""
}

// own lists the accounts whose statement this is.
func (s *oneC) own() []string {
	n := len(s.r.Header().Accounts) + len(s.r.Turnovers())
	if n == s.known {
		return s.ours
	}
	s.known = n
	var list []string
	add := func(a string) {
		if a = plain(a); a != "" && !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	for _, a := range s.r.Header().Accounts {
		add(a)
	}
	for _, t := range s.r.Turnovers() {
		add(t.Account)
	}
	s.ours = list
	return list
}

// plain returns an account without what people put between its digits.
func plain(account string) string {
	if a, err := requisites.ParseAccount(account); err == nil {
		return string(a)
	}
	return strings.TrimSpace(account)
}
