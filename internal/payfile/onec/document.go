// Package onec reads and writes 1CClientBankExchange, the text format in
// which Russian accounting programs and banks exchange payment orders and
// statements (versions 1.02 and 1.03). Files are streamed: memory does not
// grow with their size. It knows requisites and nothing of portals; core and
// the other payment file packages may import it.
//
// What is read is text from outside: clean it (untrusted) before showing.
package onec

import (
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/cell"
	"github.com/epgu-cli/epgu/internal/requisites"
)

// PaymentOrder is the kind of document that moves money by the payer's order.
const PaymentOrder = "Платежное поручение"

// Document is one document of a file: its fields as text, in UTF-8. A document
// that was read keeps its bytes as they came and decodes a field when it is
// asked for, so that reading costs one allocation a document.
type Document struct {
	Kind    string // what stands after СекцияДокумент=
	Ordinal int    // counted from 1 within the file
	Line    int    // line of СекцияДокумент
	Extra   []Pair // fields that the format does not know; kept, not written

	raw     string // values in the file's character set, one after another
	decoder *decoder
	spans   [keyCount]span
	lines   [keyCount]int32
	own     *[keyCount]string // all values, once one was set
}

// span is a piece of the raw values.
type span struct{ from, to int32 }

// Pair is a field outside the known ones.
type Pair struct{ Key, Value string }

// Get returns the text of a field, empty if absent.
func (d *Document) Get(k Key) string {
	if d.own != nil {
		return d.own[k]
	}
	s := d.spans[k]
	if s.from == s.to {
		return ""
	}
	return cell.Trim(d.decoder.text(d.raw[s.from:s.to]))
}

// Set gives a field its text.
func (d *Document) Set(k Key, v string) {
	if d.own == nil {
		own := new([keyCount]string)
		for i := range own {
			own[i] = d.Get(Key(i))
		}
		d.own = own
	}
	d.own[k] = v
}

// has reports whether a field holds anything, without decoding it.
func (d *Document) has(k Key) bool {
	if d.own != nil {
		return d.own[k] != ""
	}
	return d.spans[k].from != d.spans[k].to
}

// characters counts a field's characters without decoding it.
func (d *Document) characters(k Key) int {
	if s := d.spans[k]; d.own == nil && (s.from == s.to || !d.decoder.utf8) {
		return int(s.to - s.from)
	}
	return utf8.RuneCountInString(d.Get(k))
}

// LineOf returns the line of a field in the file that was read, or that of
// the document if the field is absent.
func (d *Document) LineOf(k Key) int {
	if n := d.lines[k]; n > 0 {
		return int(n)
	}
	return d.Line
}

// Budget reports whether this is a payment to the budget: such documents, and
// only they, carry СтатусСоставителя.
func (d *Document) Budget() bool { return d.has(DrawerStatus) }

// Kopecks returns the sum of an order in kopecks.
func (d *Document) Kopecks() (int64, error) { return parseAmount(d.Get(Sum)) }

// Amount returns the sum as it stands, with a sign, which reversals carry, and a
// currency, which the format does not have and some banks write.
func (d *Document) Amount() (cell.Sum, error) { return cell.AmountOf(d.Get(Sum)) }

// AccountOf returns the account that a field holds: in its plain form if it is
// one, else as it stands.
func (d *Document) AccountOf(k Key) string {
	v := d.Get(k)
	if a, err := requisites.ParseAccount(v); err == nil {
		return string(a)
	}
	return v
}

// ExtraOf returns the value of the first of the fields that the format does not
// know, "" if the document has none of them.
func (d *Document) ExtraOf(names ...string) string {
	for _, n := range names {
		for i := range d.Extra {
			if strings.EqualFold(d.Extra[i].Key, n) && d.Extra[i].Value != "" {
				return d.Extra[i].Value
			}
		}
	}
	return ""
}

// Day returns the document's date.
func (d *Document) Day() (time.Time, error) { return ParseDate(d.Get(Date)) }

// FullPurpose returns the purpose of the payment on one line. Files hold it
// whole, split over up to six numbered fields, or both; the whole one rules.
func (d *Document) FullPurpose() string {
	if p := d.Get(Purpose); p != "" {
		return oneLine(p)
	}
	var b strings.Builder
	for k := Purpose1; k <= Purpose6; k++ {
		if v := d.Get(k); v != "" {
			b.WriteString(v)
			b.WriteByte(' ')
		}
	}
	return oneLine(b.String())
}

// purposeLength counts the characters of the purpose, without decoding it
// when it stands whole.
func (d *Document) purposeLength() int {
	if d.has(Purpose) {
		return d.characters(Purpose)
	}
	return utf8.RuneCountInString(d.FullPurpose())
}

// PayerName returns the payer as the file names them, without the ИНН that
// some programs put before the name.
func (d *Document) PayerName() string { return partyName(d.Get(Payer1), d.Get(Payer)) }

// PayeeName is PayerName for the payee.
func (d *Document) PayeeName() string { return partyName(d.Get(Payee1), d.Get(Payee)) }

func partyName(first, whole string) string {
	if first != "" {
		return oneLine(first)
	}
	if rest, ok := strings.CutPrefix(whole, "ИНН "); ok {
		if _, name, ok := strings.Cut(rest, " "); ok {
			return oneLine(name)
		}
	}
	return oneLine(whole)
}

// oneLine joins runs of white space; text that has none comes back as it is.
func oneLine(s string) string {
	if s == "" || !strings.ContainsAny(s, "\n\r\t") && !strings.Contains(s, "  ") && s[0] != ' ' && s[len(s)-1] != ' ' {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}

var errAmount = errors.New("not an amount")

// parseAmount reads rubles, "6936.00", "6936,5", "6 936-00" or "6936", into
// kopecks, exactly. The sum of an order has no sign.
func parseAmount(s string) (int64, error) {
	a, err := cell.AmountOf(s)
	if err != nil || a.Kopecks < 0 || a.Currency.Foreign() || strings.HasPrefix(s, "+") {
		return 0, errAmount
	}
	return a.Kopecks, nil
}

// dateLayout is дд.мм.гггг, as the format has it.
const dateLayout = "02.01.2006"

// ParseDate reads a day as cell.DayOf does: the format's own form, and every
// other that programs write and that reads one way only.
func ParseDate(s string) (time.Time, error) { return cell.DayOf(s) }

// Fault is one thing wrong with a file or a document.
type Fault struct {
	Code     string // stable, dotted: "onec.sum"
	Line     int    // 1-based; 0 when nothing was read
	Document int    // ordinal of the document; 0 outside of documents
	Number   string // the document's own number, when known
	Field    string // name of the field in the file; may be empty
	Note     bool   // the file says more than is understood; nothing is wrong with what was read
	Message  i18n.Message
}

// AsField names the place for a list of faults: "line 12, document 3, Сумма".
func (f Fault) AsField() fault.Field {
	var at i18n.Message
	part := func(m i18n.Message) {
		if !at.IsZero() {
			m = i18n.Text{RU: "%s, %s", EN: "%s, %s"}.With(at, m)
		}
		at = m
	}
	if f.Line > 0 {
		part(i18n.Text{RU: "строка %d", EN: "line %d"}.With(f.Line))
	}
	if f.Document > 0 {
		part(i18n.Text{RU: "документ %d", EN: "document %d"}.With(f.Document))
	}
	if f.Number != "" {
		part(i18n.Text{RU: "№ %s", EN: "№ %s"}.With(f.Number))
	}
	if f.Field != "" {
		part(i18n.Text{RU: "%s", EN: "%s"}.With(f.Field))
	}
	return fault.Placed(at, f.Message)
}

// fault makes a fault of field k.
func (d *Document) fault(k Key, code string, m i18n.Message) Fault {
	return Fault{Code: code, Line: d.LineOf(k), Document: d.Ordinal, Number: brief(d.Get(Number)), Field: k.String(), Message: m}
}
