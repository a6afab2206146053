package statement

import (
	"io"
	"slices"

	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/payfile/onec"
)

// oneC reads entries out of a 1C exchange file.
type oneC struct {
	r   *onec.Reader
	doc onec.Document
	bad []fault.Field // found by this package
	n   int           // faults of the file already turned into fields
}

func newOneC(r io.Reader) *oneC { return &oneC{r: onec.NewReader(r)} }

func (s *oneC) faults() []fault.Field {
	all := s.r.Faults()
	for _, f := range all[s.n:] {
		s.bad = append(s.bad, f.AsField())
	}
	s.n = len(all)
	return s.bad
}

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
	kopecks, err := d.Kopecks()
	if err != nil {
		return false
	}
	*e = Entry{Line: d.Line, Kopecks: kopecks, Number: d.Get(onec.Number), PayerName: d.PayerName(), PayeeName: d.PayeeName(),
		PayerAccount: account(d, onec.PayerSettlement, onec.PayerAccount), PayeeAccount: account(d, onec.PayeeSettlement, onec.PayeeAccount),
		Purpose: d.FullPurpose()}
	e.UIN = uinIn(d.Get(onec.UIN), e.Purpose)
	s.direct(e)
	day := d.Get(onec.Date)
	switch {
	case e.Direction == Out && d.Get(onec.DebitedOn) != "":
		day = d.Get(onec.DebitedOn)
	case e.Direction == In && d.Get(onec.CreditedOn) != "":
		day = d.Get(onec.CreditedOn)
	}
	if e.Date, err = onec.ParseDate(day); err != nil {
		return false
	}
	return true
}

func account(d *onec.Document, keys ...onec.Key) string {
	for _, k := range keys {
		if v := d.Get(k); v != "" {
			return v
		}
	}
	return ""
}

// direct tells which way the money went and whether it went at all. A bank
// writes the day of execution; a file of orders, which has the same form,
// does not. A file with account sections is a statement as a whole.
func (s *oneC) direct(e *Entry) {
	d := &s.doc
	debited, credited := d.Get(onec.DebitedOn) != "", d.Get(onec.CreditedOn) != ""
	own := s.own()
	fromUs, toUs := slices.Contains(own, e.PayerAccount), slices.Contains(own, e.PayeeAccount)
	switch {
	case fromUs && !toUs:
		e.Direction = Out
		e.Posted = debited || len(s.r.Turnovers()) > 0
	case toUs && !fromUs:
		e.Direction = In
		e.Posted = credited || len(s.r.Turnovers()) > 0
	case debited && !credited:
		e.Direction, e.Posted = Out, true
	case credited && !debited:
		e.Direction, e.Posted = In, true
	}
}

// own lists the accounts whose statement this is.
func (s *oneC) own() []string {
	list := s.r.Header().Accounts
	for _, t := range s.r.Turnovers() {
		if t.Account != "" && !slices.Contains(list, t.Account) {
			list = append(slices.Clip(list), t.Account)
		}
	}
	return list
}
