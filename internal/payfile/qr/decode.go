package qr

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/money"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// readLimit bounds what is read of a payload: the largest code, its text
// twice mistaken for another character set, and some air.
const readLimit = 16 << 10

// Decoded is a payload that was understood.
type Decoded struct {
	Payment  Payment       `json:"payment"`
	Declared Encoding      `json:"-"` // what the header says
	Used     string        `json:"charset"`
	Warnings []fault.Field `json:"-"` // what was forgiven, and what is worth a look
	Faults   []fault.Field `json:"-"` // what makes the code unfit for paying by
}

// Valid reports whether one may pay by the code.
func (d *Decoded) Valid() bool { return d != nil && len(d.Faults) == 0 }

// DecodeFrom reads one payload from r. More than 16 KiB is refused unread.
func DecodeFrom(r io.Reader) (*Decoded, error) {
	b, err := io.ReadAll(io.LimitReader(r, readLimit+1))
	if err != nil {
		return nil, fault.New(exitcode.Failure, "qr.read", i18n.Say("код не прочитан", "the code could not be read")).Because(err)
	}
	return Decode(b)
}

// Decode understands a payload as forgivingly as is safe: any case and order
// of keys, spaces around them, a separator at the end, a header that lies
// about the character set, text that some program has already decoded
// wrongly. It refuses what is no payment code ("qr.not_payment") and what is too
// long ("qr.too_long"). A code by which one must not pay is "qr.invalid" with all
// the fields: control characters, one key with two values, a mandatory field that
// is missing, a requisite that does not pass its check, an unreadable sum, text
// that the scanner has spoilt; what can be read of it is returned besides.
func Decode(raw []byte) (*Decoded, error) {
	if len(raw) > readLimit {
		return nil, fault.New(exitcode.Usage, "qr.too_long",
			i18n.Text{RU: "это не код для оплаты: больше %d байт", EN: "not a payment code: more than %d bytes"}.With(readLimit))
	}
	raw = trimEdges(raw)
	if len(raw) < 8 || !strings.EqualFold(string(raw[:6]), "ST0001") || raw[7] >= utf8.RuneSelf || raw[7] < ' ' {
		return nil, fault.New(exitcode.Usage, "qr.not_payment",
			i18n.Say("это не код для оплаты: он начинался бы с ST0001 и цифры кодировки", "not a payment code: it would start with ST0001 and the encoding's digit"))
	}
	d := &Decoded{Declared: Encoding(raw[6])}
	text, charset := d.decodeText(raw[8:])
	d.Used = charset
	r := reader{d: d, seen: make(map[string]string)}
	r.scanner(text)
	for _, part := range strings.Split(text, string(rune(raw[7]))) {
		r.part(part)
	}
	r.check()
	if d.Faults != nil {
		e := fault.New(exitcode.Usage, "qr.invalid", i18n.Say("по этому коду платить нельзя: в нём ошибки", "one must not pay by this code: it has errors"))
		e.Fields = d.Faults
		return d, e
	}
	return d, nil
}

func trimEdges(b []byte) []byte {
	s := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(string(b)), "\ufeff"))
	// zbarimg without --raw names the symbology, and so do hand-held scanners (AIM).
	for _, name := range []string{"QR-Code:", "]Q0", "]Q1", "]Q2", "]d1", "]d2", "]z0"} {
		if len(s) > len(name) && strings.EqualFold(s[:len(name)], name) {
			s = strings.TrimSpace(s[len(name):])
			break
		}
	}
	return []byte(s)
}

type reader struct {
	d    *Decoded
	seen map[string]string
}

func (r *reader) bad(key string, m i18n.Message) {
	r.d.Faults = append(r.d.Faults, fault.Field{Name: key, Message: m})
}

func (r *reader) warn(key string, m i18n.Message) {
	r.d.Warnings = append(r.d.Warnings, fault.Field{Name: key, Message: m})
}

// part takes one Key=Value; an empty part is a stray separator.
func (r *reader) part(s string) {
	s = strings.TrimFunc(s, space)
	if s == "" {
		return
	}
	key, value, ok := strings.Cut(s, "=")
	key, value = strings.TrimFunc(key, space), strings.TrimFunc(value, space)
	if !ok {
		r.warn(short(s), i18n.Say("кусок без знака «=» пропущен", "a piece without \"=\" was skipped"))
		return
	}
	if untrusted.Clean(value) != value || untrusted.Clean(key) != key {
		r.bad(short(key), i18n.Say("управляющие или невидимые знаки в коде для оплаты недопустимы", "control or invisible characters have no place in a payment code"))
		return
	}
	if value == "" {
		return
	}
	name := canonical(key)
	if was, dup := r.seen[name]; dup {
		if was != value {
			r.bad(short(name), i18n.Text{RU: "поле указано дважды с разными значениями: «%s» и «%s»", EN: "the field is given twice with different values: \"%s\" and \"%s\""}.
				With(untrusted.Text(was), untrusted.Text(value)))
		}
		return
	}
	r.seen[name] = value
	r.store(name, value)
}

func space(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' || r == '\u200b' }

// short bounds and cleans a name that came from outside.
func short(s string) string {
	s = untrusted.Clean(s)
	if utf8.RuneCountInString(s) > 40 {
		s = string([]rune(s)[:40]) + "…"
	}
	return s
}

// canonical returns the standard's spelling of a key, or the key itself.
func canonical(key string) string {
	for _, f := range fields() {
		if strings.EqualFold(f.key, key) {
			return f.key
		}
	}
	for _, k := range otherKeys() {
		if strings.EqualFold(k, key) {
			return k
		}
	}
	if strings.EqualFold(key, sumKey) {
		return sumKey
	}
	return key
}

func (r *reader) store(name, value string) {
	if name == sumKey {
		r.sum(value)
		return
	}
	for _, f := range fields() {
		if f.key != name {
			continue
		}
		if f.kind != 0 {
			value = r.requisite(f, value)
		}
		*f.ref(&r.d.Payment) = value
		return
	}
	if !knownOther(name) {
		r.warn(short(name), i18n.Say("поле стандарту неизвестно", "the standard does not know the field"))
	}
	r.d.Payment.Other = append(r.d.Payment.Other, Pair{name, value})
}

// sum reads the sum: kopecks, as the standard says. Rubles are the usual slip, and
// are named so; which of the two was meant is not for a reader to decide.
func (r *reader) sum(value string) {
	k, err := kopecks(value)
	if err == nil {
		if k == 0 {
			r.warn(sumKey, i18n.Say("сумма 0: её впишет плательщик", "the sum is 0: the payer enters it"))
		}
		r.d.Payment.Kopecks = k
		return
	}
	if rubles, err := money.Rubles(value); err == nil && rubles > 0 && strings.ContainsAny(value, ".,") {
		r.bad(sumKey, i18n.Text{RU: "«%s» — похоже на рубли, а по стандарту здесь целое число копеек: Sum=%d", EN: "\"%s\" looks like rubles; by the standard this is a whole number of kopecks: Sum=%d"}.
			With(untrusted.Text(value), rubles))
		return
	}
	r.bad(sumKey, i18n.Text{RU: "«%s» — не целое число копеек", EN: "\"%s\" is not a whole number of kopecks"}.With(untrusted.Text(short(value))))
}

// scanner names the signs of a scanner that has taken the text for another
// writing: ZXing takes Windows-1251 for Shift_JIS, which makes half-width katakana
// of Russian letters and swallows a separator into a kanji, or puts U+FFFD.
func (r *reader) scanner(text string) {
	for _, c := range text {
		if eastern(c) {
			r.bad("charset", i18n.Say("текст испортил сканер: он принял русские буквы за японские или китайские (так делает ZXing с кодами в Windows-1251), разделители могли пропасть; отсканируйте программой, которая отдаёт байты: zbarimg --raw --oneshot -Sbinary",
				"the scanner has spoilt the text: it took Russian letters for Japanese or Chinese (ZXing does so with codes in Windows-1251), separators may be lost; scan with a program that gives the bytes: zbarimg --raw --oneshot -Sbinary"))
			return
		}
		if c == utf8.RuneError {
			r.bad("charset", i18n.Say("сканер потерял часть букв (знак U+FFFD): он прочитал код не в той кодировке; отсканируйте программой, которая отдаёт байты: zbarimg --raw --oneshot -Sbinary",
				"the scanner has lost letters (the sign U+FFFD): it read the code in another character set; scan with a program that gives the bytes: zbarimg --raw --oneshot -Sbinary"))
			return
		}
	}
	if garbled(text) {
		r.bad("charset", i18n.Say("буквы не складываются в русский текст: сканер прочитал код не в той кодировке; отсканируйте программой, которая отдаёт байты: zbarimg --raw --oneshot -Sbinary",
			"the letters make no Russian text: the scanner read the code in another character set; scan with a program that gives the bytes: zbarimg --raw --oneshot -Sbinary"))
	}
}

// requisite normalises a value that passes its check; one that does not is
// kept as it is and reported, because the reader decides, not the code.
func (r *reader) requisite(f field, value string) string {
	if f.kind == requisites.KindUIN && value == requisites.Absent {
		return ""
	}
	c := requisites.Check(f.kind, value, requisites.Options{})
	if c.Problem != nil {
		r.d.Faults = append(r.d.Faults, c.Problem.Field(f.key))
		return value
	}
	if m, doubt := requisites.Unlisted(f.kind, c.Normalised); doubt {
		r.warn(f.key, m)
	}
	if requisites.RoundedShape(c.Normalised) {
		r.warn(f.key, i18n.Say("номер похож на число, округлённое программой: сверьте с документом", "the number looks as if a program had rounded it: compare it with the document"))
	}
	return c.Normalised
}

func kopecks(s string) (int64, error) {
	if len(s) > sumDigits {
		return 0, errors.New("too long")
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, errors.New("not a number")
		}
	}
	return strconv.ParseInt(s, 10, 64)
}

// check looks at the payload as a whole.
func (r *reader) check() {
	p := &r.d.Payment
	for i, f := range fields() {
		if i >= mandatory {
			break
		}
		if _, ok := r.seen[f.key]; ok {
			continue
		}
		r.bad(f.key, i18n.Say("обязательного поля нет", "a mandatory field is missing"))
	}
	if !requisites.ValidBIK(string(p.BIK)) || !requisites.ValidAccount(string(p.Account)) {
		return
	}
	o := requisites.Options{BIK: string(p.BIK)}
	if c := requisites.Check(requisites.KindAccount, string(p.Account), o); c.Problem != nil {
		r.d.Faults = append(r.d.Faults, c.Problem.Field("PersonalAcc"))
	}
	if p.CorrespAcc != "" && p.CorrespAcc != "0" {
		if c := requisites.Check(requisites.KindAccount, p.CorrespAcc, o); c.Problem != nil {
			r.d.Faults = append(r.d.Faults, c.Problem.Field("CorrespAcc"))
		}
	}
}
