package statement

import (
	"strings"
	"time"
)

// Document is a document of the bank that is known to have settled a payment, or
// to have brought its money back.
type Document struct {
	Number  string
	Day     time.Time // the document's own date; zero if unknown
	Moved   time.Time // the day on which money moved; zero if unknown
	BankID  string    // the bank's own number of the operation
	Kopecks int64     // 0 if unknown
}

// DocumentOf is the document that an entry stands for.
func DocumentOf(e *Entry) Document {
	return Document{Number: e.Number, Day: e.OrderDay, Moved: e.Date, BankID: e.BankID, Kopecks: e.Kopecks}
}

// same reports whether an entry is of this very document. The bank's own number
// decides where both have it; else nothing that both have may differ, and the
// numbers or the days must agree. A second document that looks the same in
// everything cannot be told from the first: one that differs in anything is
// another, for a person to look at.
func (d *Document) same(e *Entry) bool {
	if d == nil {
		return false
	}
	if d.BankID != "" && e.BankID != "" {
		return d.BankID == e.BankID
	}
	if d.Kopecks != 0 && d.Kopecks != e.Kopecks {
		return false
	}
	a, b := bareNumber(d.Number), bareNumber(e.Number)
	if a != "" && b != "" && a != b {
		return false
	}
	if !d.Day.IsZero() && !e.OrderDay.IsZero() {
		return day(d.Day) == day(e.OrderDay)
	}
	// Of one of them the date of the document is not known: the days of the money
	// must be the same, or the date of the one the day of the other.
	days := []time.Time{d.Moved, d.Day}
	for _, x := range days {
		for _, y := range []time.Time{e.Date, e.OrderDay} {
			if !x.IsZero() && !y.IsZero() && day(x) == day(y) {
				return true
			}
		}
	}
	return false
}

func bareNumber(s string) string { return strings.TrimLeft(strings.TrimSpace(s), "0") }

// String names the document: number, day and the bank's own number.
func (d *Document) String() string {
	var parts []string
	if d.Number != "" {
		parts = append(parts, "№ "+d.Number)
	}
	when := d.Day
	if when.IsZero() {
		when = d.Moved
	}
	if !when.IsZero() {
		parts = append(parts, when.Format("02.01.2006"))
	}
	if d.BankID != "" {
		parts = append(parts, clip(d.BankID))
	}
	return strings.Join(parts, ", ")
}
