package register

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/money"
	"github.com/epgu-cli/epgu/internal/payfile/cell"
	"github.com/epgu-cli/epgu/internal/payfile/xlsx"
	"github.com/epgu-cli/epgu/internal/requisites"
)

// Checker checks the rows of one register. It keeps the last good value of
// each field: registers repeat the payee from row to row, and what was right
// in the row above is right again.
type Checker struct {
	layout *Layout
	codes  []code
	texts  []text
	memo   [fieldCount]memo
	keys   [2]memo // БИК and account whose key fits: the payee's, the correspondent one

	day time.Time // by whose rules rows without a day of their own are judged; zero judges by all

	keyless, keylessRow int // rows whose account has no key to check, and the first of them
	keylessLine         int
	told                bool // file-level problems were reported
	pending             []Problem
}

// memo remembers a cell, by its bytes: a string would keep alive the piece of
// the file that it is cut from.
type memo struct {
	state state
	n     uint8
	raw   [79]byte
}

func (m *memo) is(raw string) bool { return string(m.raw[:m.n]) == raw }

func (m *memo) set(raw string, st state) {
	if len(raw) <= len(m.raw) {
		m.n, m.state = uint8(copy(m.raw[:], raw)), st
	}
}

// code is a field that requisites check.
type code struct {
	field  Field
	kind   requisites.Kind
	column int
}

// text is a field of free text and its limit in characters; 0 is none.
type text struct {
	field  Field
	limit  int
	column int
}

// Limits of texts in a payment order, characters (fields 8, 16, 24).
const (
	nameLimit      = 160
	purposeLimit   = 210
	bankLimit      = 160
	referenceLimit = 255
)

// NewChecker returns a checker for registers laid out as l says.
func NewChecker(l *Layout) *Checker {
	c := &Checker{layout: l}
	for _, i := range Fields() {
		switch {
		case !l.Has(i.Field) || i.Field == Amount:
		case i.Kind != 0:
			c.codes = append(c.codes, code{i.Field, i.Kind, l.column(i.Field)})
		default:
			limit := nameLimit
			switch i.Field {
			case Purpose:
				limit = purposeLimit
			case PayeeBank:
				limit = bankLimit
			case Reference:
				limit = referenceLimit
			}
			c.texts = append(c.texts, text{i.Field, limit, l.column(i.Field)})
		}
	}
	return c
}

// On sets the day, in Moscow, of which the rules judge rows that have none of
// their own; rows of a 1C file have.
func (c *Checker) On(day time.Time) { c.day = day }

// Check checks one row, gives it its amount and its values, and reports
// everything wrong with it. It returns whether the row is free of errors. A
// good row costs no allocation.
func (c *Checker) Check(r *Row, report func(Problem)) (ok bool) {
	c.pending = c.pending[:0]
	s := step{c: c, r: r, ok: true}
	for i := range r.flaws {
		s.put(r.flaws[i])
	}
	for i := range c.codes {
		s.code(&c.codes[i])
	}
	s.amount()
	for i := range c.texts {
		s.text(&c.texts[i])
	}
	s.together()
	if len(c.pending) > 0 {
		// People read a row from left to right.
		slices.SortStableFunc(c.pending, func(a, b Problem) int { return cmp.Compare(a.Column, b.Column) })
		for _, p := range c.pending {
			report(p)
		}
	}
	return s.ok
}

// step is the check of one row.
type step struct {
	c   *Checker
	r   *Row
	ok  bool
	bad [fieldCount]bool // fields with an error: nothing else is said of them
}

func (s *step) put(p Problem) {
	if p.Severity == Error {
		s.ok = false
		s.bad[p.Field] = true
	}
	line := p.Line
	p = s.r.at(p)
	if line > 0 { // 1C names the line of the field
		p.Line = line
	}
	s.c.pending = append(s.c.pending, p)
}

// code checks a requisite. An empty cell and "0" are none here; whether a row
// can do without is another question.
func (s *step) code(k *code) {
	raw := ""
	if k.column < len(s.r.Cells) {
		raw = s.r.Cells[k.column]
	}
	m := &s.c.memo[k.field]
	kind := s.r.kindAt(k.column)
	if m.is(raw) && kind <= xlsx.Number {
		s.r.states[k.field] = m.state
		return
	}
	v := cell.Text(raw)
	if kind > xlsx.Number && s.cellKind(k.field, kind, v) {
		return
	}
	if v == "" || v == requisites.Absent || k.field == UIN && strings.Trim(v, "0") == "" {
		m.set(raw, absent)
		return
	}
	if s.special(k.field, v) {
		return
	}
	value, problem := parse(k.kind, v)
	if problem != nil {
		s.requisite(k.field, v, problem)
		return
	}
	if value != v {
		s.r.keep(k.field, value, true)
		return
	}
	s.r.keep(k.field, value, false)
	if s.doubted(k.field, k.kind, v) {
		return // said of every row that has it
	}
	m.set(raw, asIs)
}

// special takes what stands in a field by law and is not of the field's own kind.
func (s *step) special(f Field, v string) bool {
	switch {
	case f == UIN && requisites.ActCode(v):
		s.r.keep(f, v, false)
		s.put(Problem{Severity: Warning, Code: "register.act_code", Field: f,
			Message: i18n.Text{RU: "это не УИН, а код акта %s: так платят на депозит суда (с 22.11.2021)", EN: "this is no УИН but the code of an act, %s: so one pays to a court deposit (since 2021-11-22)"}.With(strings.Clone(v)),
			Hint:    i18n.Say("платёж пойдёт по реквизитам, с этим кодом в поле 22; сверьте его с документом суда", "the payment goes by its requisites, with this code in field 22; compare it with the paper of the court")})
		return true
	case f == PayerINN && requisites.KIO(v):
		s.r.keep(f, v, false)
		s.put(Problem{Severity: Warning, Code: "register.kio", Field: f,
			Message: i18n.Say("пять цифр — это КИО иностранной организации: контрольной цифры у него нет", "five digits are the КИО of a foreign organisation: it has no check digit"),
			Hint:    i18n.Say("сверьте со свидетельством о постановке на учёт", "compare it with the certificate of registration")})
		return true
	}
	return false
}

// doubted reports a code that is right by its form and cannot be relied on.
func (s *step) doubted(f Field, kind requisites.Kind, v string) bool {
	switch kind {
	case requisites.KindDrawerStatus, requisites.KindPaymentBasis, requisites.KindPaymentType:
		if m, doubt := requisites.Unlisted(kind, v); doubt {
			s.put(Problem{Severity: Warning, Code: "register.unlisted", Field: f, Message: m})
			return true
		}
	case requisites.KindKBK, requisites.KindAccount, requisites.KindUIN:
		if requisites.RoundedShape(v) {
			s.put(Problem{Severity: Warning, Code: "register.rounded_shape", Field: f,
				Message: i18n.Say("номер похож на число, округлённое программой (jq, JavaScript, таблица): его последние цифры могли быть другими", "the number looks as if a program had rounded it (jq, JavaScript, a spreadsheet): its last digits may have been others"),
				Hint:    i18n.Say("сверьте с документом; в JSON такие номера пишут строкой", "compare it with the document; in JSON such numbers are strings")})
			return true
		}
	}
	return false
}

// cellKind reports a cell of a workbook that cannot hold a code.
func (s *step) cellKind(f Field, kind xlsx.Kind, v string) (bad bool) {
	switch kind {
	case xlsx.Rounded:
		s.put(rounded(f, v))
	case xlsx.Error:
		s.put(Problem{Code: "register.cell_error", Field: f, Message: i18n.Text{RU: "в ячейке ошибка формулы %s", EN: "the cell holds the formula error %s"}.With(clip(v)),
			Hint: i18n.Say("исправьте формулу или впишите значение", "mend the formula, or enter the value")})
	case xlsx.Formula:
		s.put(Problem{Code: "register.formula", Field: f, Message: i18n.Say("в ячейке формула, а её значение не сохранено", "the cell holds a formula that was saved without its value"),
			Hint: i18n.Say("откройте книгу, дайте ей пересчитаться и сохраните заново, а лучше вставьте значения", "open the workbook, let it calculate and save it again, or better paste the values")})
	case xlsx.Date:
		if f == DocDate || f == Period {
			return false
		}
		s.put(Problem{Code: "register.cell_date", Field: f, public: i18n.Say("в ячейке дата", "the cell holds a date"), Message: i18n.Text{RU: "в ячейке дата %s", EN: "the cell holds the date %s"}.With(clip(v)),
			Hint: i18n.Say("таблица приняла значение за дату; задайте столбцу текстовый формат и внесите его заново", "the spreadsheet took the value for a date; make the column text and enter it again")})
	default:
		return false
	}
	return true
}

// requisite reports a requisite that does not pass.
func (s *step) requisite(f Field, v string, q *requisites.Problem) {
	if q.Slip == requisites.SlipRounded || cell.Spoilt(v) && q.Kind != requisites.KindDocumentNumber {
		s.put(rounded(f, v))
		return
	}
	s.put(ofRequisite(f, q))
}

func (s *step) amount() {
	f := Amount
	if !s.c.layout.Has(f) {
		return
	}
	v := s.r.Get(f)
	if kind := s.r.kindAt(s.c.layout.column(f)); kind > xlsx.Number && s.cellKind(f, kind, v) {
		return
	}
	if v == "" {
		if !s.bad[0] { // of a broken row it is known that it lacks something
			s.put(Problem{Code: "register.amount.empty", Field: f, Message: i18n.Say("нет суммы", "there is no amount")})
		}
		return
	}
	var err error
	var unit cell.Currency
	if s.r.kopecks {
		s.r.Kopecks, err = payable(money.Kopecks(v))
	} else {
		var sum cell.Sum
		sum, err = cell.AmountOf(v)
		s.r.Kopecks, err = payable(sum.Kopecks, err)
		unit = sum.Currency
	}
	if err != nil {
		s.put(amountProblem(v, err, s.r.kopecks))
		return
	}
	if c := s.c.layout.unit; c > 0 && c <= len(s.r.Cells) && !unit.Foreign() {
		unit = cell.CurrencyOf(s.r.Cells[c-1])
	}
	if unit.Foreign() {
		s.r.Kopecks = 0
		s.put(Problem{Code: "register.amount.currency", Field: f, public: i18n.Say("сумма не в рублях", "the amount is not in rubles"),
			Message: i18n.Text{RU: "сумма «%s» в валюте %s, а платят здесь рублями", EN: "the amount %q is in %s, payments here are in rubles"}.With(clip(v), clip(string(unit))),
			Hint:    i18n.Say("впишите сумму в рублях или уберите строку", "enter the amount in rubles, or take the row out")})
	}
}

func amountProblem(v string, err error, kopecks bool) Problem {
	p := Problem{Field: Amount, Hint: i18n.Say("пишите рубли и копейки так: 1234,56", "write rubles and kopecks so: 1234.56")}
	if kopecks {
		p.Hint = i18n.Say("в этом столбце копейки: целое число, 123456 — это 1234 ₽ 56 коп.", "this column is in kopecks: a whole number, 123456 is 1234.56 rubles")
	}
	v = clip(v)
	p.public = i18n.Say("сумма не читается", "the amount cannot be read")
	switch {
	case errors.Is(err, money.ErrAmbiguous):
		p.public = i18n.Say("сумма читается двояко: тысячи это или доли?", "the amount reads two ways: thousands or decimals?")
		p.Code, p.Message = "register.amount.ambiguous", i18n.Text{RU: "«%s» читается двояко: это тысячи или доли?", EN: "%q reads two ways: thousands or decimals?"}.With(v)
	case errors.Is(err, money.ErrDecimals):
		p.public = i18n.Say("в сумме больше двух знаков после запятой", "the amount has more than two decimals")
		p.Code, p.Message = "register.amount.decimals", i18n.Text{RU: "в сумме «%s» больше двух знаков после запятой", EN: "the amount %q has more than two decimals"}.With(v)
	case errors.Is(err, money.ErrPartKopeck):
		p.Code, p.Message = "register.amount.part", i18n.Text{RU: "«%s» — доли копейки", EN: "%q is a part of a kopeck"}.With(v)
	case errors.Is(err, money.ErrTooLarge):
		p.Code, p.Message = "register.amount.limit", i18n.Text{RU: "сумма «%s» больше предела в %s", EN: "the amount %q is above the limit of %s"}.With(v, i18n.Money(amountLimit))
	case errors.Is(err, errNotPositive):
		p.public = i18n.Say("сумма не больше нуля", "the amount is not above zero")
		p.Code, p.Message = "register.amount.sign", i18n.Text{RU: "сумма «%s» не больше нуля", EN: "the amount %q is not above zero"}.With(v)
	case errors.Is(err, money.ErrFloat):
		p.Code, p.Message = "register.amount.float", i18n.Text{RU: "сумма «%s» записана числом с плавающей точкой и потеряла копейки", EN: "the amount %q is in floating form and has lost its kopecks"}.With(v)
	default:
		p.Code, p.Message = "register.amount.form", i18n.Text{RU: "«%s» — не сумма", EN: "%q is not an amount"}.With(v)
	}
	return p
}

// parse checks a value with the parser of its kind.
func parse(kind requisites.Kind, v string) (string, *requisites.Problem) {
	if requisites.Valid(kind, v) && isPlain(v) {
		return v, nil
	}
	r := requisites.Check(kind, v, requisites.Options{})
	return r.Normalised, r.Problem
}

// isPlain reports whether v is digits only, so that normalising changes nothing.
func isPlain(v string) bool {
	for i := range len(v) {
		if v[i] < '0' || v[i] > '9' {
			return false
		}
	}
	return true
}
