package qr

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Encode writes the payload of a payment. Everything wrong with the payment
// is reported at once, as a *fault.Error "qr.invalid" whose fields are named
// by the keys of the standard; nothing is cut, replaced or dropped.
func Encode(p Payment, e Encoding) ([]byte, error) {
	w := writer{payment: &p}
	w.gather()
	switch e {
	case Auto, UTF8, Windows1251:
	default:
		w.bad("encoding", i18n.Say("пишутся только кодировки 1 (Windows-1251) и 2 (UTF-8)", "only encodings 1 (Windows-1251) and 2 (UTF-8) are written"))
		return nil, w.fault()
	}
	out, block := w.render(UTF8)
	switch {
	case e == Windows1251:
		w.representable()
		out, block = w.render(Windows1251)
	case e == Auto && block > blockLimit && representable(w.text()):
		out, block = w.render(Windows1251)
	}
	if block > blockLimit {
		w.bad("Name", i18n.Text{RU: "обязательный блок занимает %d байт при пределе %d: сократите наименование получателя или банка",
			EN: "the mandatory block takes %d bytes, the limit is %d: shorten the payee's or the bank's name"}.With(block, blockLimit))
	}
	if len(out) > payloadLimit {
		w.bad("payload", i18n.Text{RU: "%d байт не помещаются в код, предел %d", EN: "%d bytes do not fit into a code, the limit is %d"}.With(len(out), payloadLimit))
	}
	if w.faults != nil {
		return nil, w.fault()
	}
	return out, nil
}

type writer struct {
	payment *Payment
	pairs   []Pair // in the order of writing
	faults  []fault.Field
}

func (w *writer) bad(key string, m i18n.Message) {
	w.faults = append(w.faults, fault.Field{Name: key, Message: m})
}

func (w *writer) fault() error {
	e := fault.New(exitcode.Usage, "qr.invalid", i18n.Say("код для оплаты не составить", "the payment code cannot be made"))
	e.Fields = w.faults
	return e
}

// gather checks every field and lines the pairs up.
func (w *writer) gather() {
	p := w.payment
	for i, f := range fields() {
		if i == mandatory {
			w.sum()
		}
		value := *f.ref(p)
		if i < mandatory && value == "" {
			if f.key == "CorrespAcc" {
				w.pairs = append(w.pairs, Pair{f.key, "0"})
				continue
			}
			w.bad(f.key, i18n.Say("обязательное поле пустое", "a mandatory field is empty"))
		}
		if value == "" || f.kind == requisites.KindUIN && value == requisites.Absent {
			continue
		}
		w.checkText(f.key, value, f.limit)
		if f.kind != 0 {
			value = w.checkKind(f, value)
		}
		w.pairs = append(w.pairs, Pair{f.key, value})
	}
	w.accounts()
	for _, o := range p.Other {
		if !knownOther(o.Key) {
			w.bad(untrusted.Clean(o.Key), i18n.Say("такого поля в стандарте нет", "the standard has no such field"))
			continue
		}
		w.checkText(o.Key, o.Value, 0)
		w.pairs = append(w.pairs, o)
	}
}

func (w *writer) sum() {
	switch k := w.payment.Kopecks; {
	case k < 0:
		w.bad(sumKey, i18n.Say("сумма меньше нуля", "the sum is below zero"))
	case k > 0:
		s := strconv.FormatInt(k, 10)
		if len(s) > sumDigits {
			w.bad(sumKey, i18n.Text{RU: "сумма длиннее %d цифр", EN: "the sum is longer than %d digits"}.With(sumDigits))
		}
		w.pairs = append(w.pairs, Pair{sumKey, s})
	}
}

func (w *writer) checkText(key, value string, limit int) {
	if untrusted.Clean(value) != value {
		w.bad(key, i18n.Say("в тексте есть управляющие или невидимые знаки", "the text holds control or invisible characters"))
	}
	if n := utf8.RuneCountInString(value); limit > 0 && n > limit {
		w.bad(key, i18n.Text{RU: "%d знаков при пределе %d", EN: "%d characters, the limit is %d"}.With(n, limit))
	}
}

func (w *writer) checkKind(f field, value string) string {
	r := requisites.Check(f.kind, value, requisites.Options{})
	if r.Problem != nil {
		w.faults = append(w.faults, r.Problem.Field(f.key))
		return value
	}
	return r.Normalised
}

// accounts checks both accounts against the БИК.
func (w *writer) accounts() {
	bik, err := requisites.ParseBIK(string(w.payment.BIK))
	if err != nil {
		return // reported by its own field
	}
	o := requisites.Options{BIK: string(bik)}
	if r := requisites.Check(requisites.KindAccount, string(w.payment.Account), o); r.Problem != nil && requisites.ValidAccount(string(w.payment.Account)) {
		w.faults = append(w.faults, r.Problem.Field("PersonalAcc"))
	}
	if c := w.payment.CorrespAcc; c != "" && c != "0" {
		if r := requisites.Check(requisites.KindAccount, c, o); r.Problem != nil {
			w.faults = append(w.faults, r.Problem.Field("CorrespAcc"))
		}
	}
}

func knownOther(key string) bool {
	for _, k := range otherKeys() {
		if k == key {
			return true
		}
	}
	return false
}

// text is everything that will be written, for choosing the separator and
// the character set.
func (w *writer) text() string {
	var b strings.Builder
	for _, p := range w.pairs {
		b.WriteString(p.Value)
	}
	return b.String()
}

// separator returns a character that no value holds, the usual one if it can.
func (w *writer) separator() byte {
	const choices = "|@;:^_~{}!#$%&()*+,/"
	text := w.text()
	for i := range len(choices) {
		if strings.IndexByte(text, choices[i]) < 0 {
			return choices[i]
		}
	}
	return 0
}

// render writes the payload and returns the length of its mandatory block in
// bytes: header, five fields and the separators between them.
func (w *writer) render(e Encoding) (out []byte, block int) {
	sep := w.separator()
	if sep == 0 {
		w.bad("payload", i18n.Say("значения занимают все разделители, какие допускает стандарт", "the values use up every separator of the standard"))
		return nil, 0
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "ST0001%c", e)
	for i, p := range w.pairs {
		if i == mandatory {
			block = b.Len()
		}
		b.WriteByte(sep)
		b.WriteString(p.Key)
		b.WriteByte('=')
		if e == Windows1251 {
			for _, r := range p.Value {
				c, _ := charmap.Windows1251.EncodeRune(r)
				b.WriteByte(c)
			}
			continue
		}
		b.WriteString(p.Value)
	}
	if block == 0 {
		block = b.Len()
	}
	return b.Bytes(), block
}

func representable(s string) bool {
	for _, r := range s {
		if _, ok := charmap.Windows1251.EncodeRune(r); !ok {
			return false
		}
	}
	return true
}

// representable names every character that Windows-1251 lacks.
func (w *writer) representable() {
	for _, p := range w.pairs {
		n := 0
		for _, r := range p.Value {
			n++
			if _, ok := charmap.Windows1251.EncodeRune(r); !ok {
				w.bad(p.Key, i18n.Text{RU: "знака «%c» (U+%04X, %d-й по счёту) нет в Windows-1251: замените его или возьмите UTF-8",
					EN: "Windows-1251 has no \"%c\" (U+%04X, character %d): replace it or use UTF-8"}.With(r, r, n))
			}
		}
	}
}
