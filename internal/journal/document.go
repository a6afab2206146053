package journal

import (
	"strings"
	"time"
)

// Document is a document of a bank as a statement names it: the one that took a
// payment's money from the account, or the one that brought it back. The journal
// keeps it, so that a later statement can be compared with it: another document
// for a payment that is settled means that the money may have left twice.
type Document struct {
	Number  string `json:"number,omitempty"`        // of the document, field 3 of a payment order
	Day     string `json:"day,omitempty"`           // its date, 2006-01-02
	Moved   string `json:"moved,omitempty"`         // the day on which the account was debited or credited, 2006-01-02
	BankID  string `json:"bankId,omitempty"`        // the bank's own number of the operation, where the statement has one
	Account string `json:"account,omitempty"`       // our account, 20 digits
	Kopecks int64  `json:"amountKopecks,omitempty"` // its sum
	File    string `json:"file,omitempty"`          // the statement's name
	Line    int    `json:"line,omitempty"`          // of the statement, from 1
}

// Same reports whether two documents are one. Where both have the bank's own
// number it decides; else the number without leading zeros, the date and the sum
// do. What one of them lacks does not tell them apart, but something that both
// have must agree. File, line and the day of the move say nothing: one document
// stands in many statements, and banks correct that day.
func (d Document) Same(o Document) bool {
	if d.BankID != "" && o.BankID != "" {
		return d.BankID == o.BankID
	}
	agree := false
	for _, pair := range [...][2]string{{bare(d.Number), bare(o.Number)}, {d.Day, o.Day}} {
		if pair[0] == "" || pair[1] == "" {
			continue
		}
		if pair[0] != pair[1] {
			return false
		}
		agree = true
	}
	return agree && (d.Kopecks == 0 || o.Kopecks == 0 || d.Kopecks == o.Kopecks) && (d.Account == "" || o.Account == "" || d.Account == o.Account)
}

func bare(number string) string { return strings.TrimLeft(strings.TrimSpace(number), "0") }

// String names the document in an error: number, date and the bank's own number.
func (d Document) String() string {
	out := "№ " + d.Number
	if d.Day != "" {
		out += " " + d.Day
	}
	if d.BankID != "" {
		out += " (" + d.BankID + ")"
	}
	return out
}

// CheckDocument reports what is wrong with the document of the i-th transition of
// a call, as *InvalidError.
func CheckDocument(i int, t *Transition) error {
	d := t.Document
	bad := func(what string) error { return &InvalidError{Index: i, ID: t.ID, Field: "document", What: what} }
	if d == nil {
		if t.From == Paid && t.To == Paid {
			return bad("is what this move records, and absent")
		}
		return nil
	}
	if t.To != Paid && t.To != Returned {
		return bad("belongs to paid and returned only")
	}
	if d.Number == "" && d.BankID == "" && d.Moved == "" { // tables for people may have nothing but the day
		return bad("has neither a number, nor the bank's own, nor the day of the money")
	}
	if d.Kopecks < 0 || d.Line < 0 {
		return bad("has a negative number")
	}
	for _, day := range [...]string{d.Day, d.Moved} {
		if day != "" {
			if _, err := time.Parse(time.DateOnly, day); err != nil {
				return bad("has a day that is none")
			}
		}
	}
	for _, s := range [...]string{d.Number, d.BankID, d.Account, d.File} {
		if what := badText(s, maxShort); what != "" {
			return bad(what)
		}
	}
	return nil
}
