package register

import (
	"io"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/charset"
	"github.com/epgu-cli/epgu/internal/payfile/jsonl"
	"github.com/epgu-cli/epgu/internal/payfile/onec"
)

// fieldLayout lays a row out by the fields themselves.
func fieldLayout(format Format, heading func(FieldInfo) string) *Layout {
	l := &Layout{Format: format, Charset: "utf-8"}
	for i, info := range Fields() {
		l.Header = append(l.Header, heading(info))
		l.put(info.Field, i)
	}
	return l
}

// onecKey returns the field of the 1C format that holds f.
func onecKey(f Field) onec.Key {
	switch f {
	case UIN:
		return onec.UIN
	case Amount:
		return onec.Sum
	case PayerINN:
		return onec.PayerINN
	case PayerKPP:
		return onec.PayerKPP
	case PayerName:
		return onec.Payer
	case PayerAccount:
		return onec.PayerAccount
	case PayeeName:
		return onec.Payee
	case PayeeINN:
		return onec.PayeeINN
	case PayeeKPP:
		return onec.PayeeKPP
	case PayeeAccount:
		return onec.PayeeAccount
	case PayeeBank:
		return onec.PayeeBank1
	case PayeeBIK:
		return onec.PayeeBIK
	case PayeeCorr:
		return onec.PayeeCorr
	case KBK:
		return onec.KBK
	case OKTMO:
		return onec.OKTMO
	case Purpose:
		return onec.Purpose
	case DrawerStatus:
		return onec.DrawerStatus
	case Basis:
		return onec.Basis
	case Period:
		return onec.TaxPeriod
	case DocNumber:
		return onec.DocNo
	case DocDate:
		return onec.DocDate
	case PaymentType:
		return onec.PaymentType
	}
	return onec.Number
}

// documents reads payment orders of a 1C file.
type documents struct {
	r     *onec.Reader
	doc   onec.Document
	cells []string
	taken int // faults of the reader that were passed on
	other int // documents that are no payment orders
	first int
	found []Problem
}

func openOneC(r io.Reader) (source, *Layout, error) {
	l := fieldLayout(OneC, func(i FieldInfo) string {
		if i.Field == PayerSNILS {
			return ""
		}
		return onecKey(i.Field).String()
	})
	l.columns[PayerSNILS] = 0 // the format has no such field
	l.Charset = "windows-1251"
	return &documents{r: onec.NewReader(r)}, l, nil
}

func (d *documents) next(r *Row) error {
	for {
		if err := d.r.Next(&d.doc); err != nil {
			d.take(nil)
			if err == io.EOF && d.other > 0 {
				d.found = append(d.found, Problem{Severity: Warning, Code: "register.other_documents", Line: d.first,
					Message: i18n.Text{RU: "в файле есть не только платёжные поручения: другие документы (%d) пропущены", EN: "the file holds more than payment orders: other documents (%d) were passed over"}.With(d.other)})
			}
			return err
		}
		if d.doc.Kind == onec.PaymentOrder {
			break
		}
		if d.other++; d.other == 1 {
			d.first = d.doc.Line
		}
	}
	d.take(r)
	r.layout.Charset = d.r.Header().Charset.String()
	d.cells = d.cells[:0]
	for _, i := range Fields() {
		d.cells = append(d.cells, d.cell(i.Field))
	}
	r.Line, r.Cells, r.Document = d.doc.Line, d.cells, &d.doc
	return nil
}

func (d *documents) cell(f Field) string {
	switch f {
	case PayerSNILS:
		return ""
	case PayerName:
		return d.doc.PayerName()
	case PayeeName:
		return d.doc.PayeeName()
	case Purpose:
		return d.doc.FullPurpose()
	case PayeeAccount:
		if v := d.doc.Get(onec.PayeeSettlement); v != "" {
			return v
		}
	case PayerAccount:
		if v := d.doc.Get(onec.PayerSettlement); v != "" {
			return v
		}
	}
	return d.doc.Get(onecKey(f))
}

// take passes on what the 1C reader found: what belongs to the order being
// read goes with its row. A wrong sum is left to the check of the row.
func (d *documents) take(r *Row) {
	for _, f := range d.r.Faults()[d.taken:] {
		d.taken++
		p := Problem{Code: f.Code, Line: f.Line, Heading: f.Field, Message: f.Message,
			public: i18n.Say("поле файла 1С не проходит проверку", "a field of the 1C file does not pass its check")}
		if f.Code == "onec.sum" {
			continue
		}
		if f.Note {
			p.Severity = Warning
		}
		if r != nil && f.Document == d.doc.Ordinal {
			r.flaws = append(r.flaws, p)
		} else {
			d.found = append(d.found, p)
		}
	}
}

func (d *documents) problems() []Problem {
	found := d.found
	d.found = nil
	return found
}

func (d *documents) close() error { return nil }

// lines reads JSON lines.
type lines struct {
	r       *jsonl.Reader
	rec     jsonl.Record
	cells   []string
	unknown map[string]bool
	found   []Problem
}

func openLines(r io.Reader) (source, *Layout, error) {
	l := fieldLayout(JSONL, func(i FieldInfo) string { return i.Name })
	return &lines{r: jsonl.NewReader(charset.Narrow(r)), cells: make([]string, len(l.Header)), unknown: map[string]bool{}}, l, nil
}

// unknownLimit is how many unknown members of JSON lines are named.
const unknownLimit = 20

func (l *lines) next(r *Row) error {
	if err := l.r.Next(&l.rec); err != nil {
		return err
	}
	clear(l.cells)
	r.Line, r.Cells, r.Raw = l.rec.Line, l.cells, l.rec.Raw
	if !l.rec.Fault.IsZero() {
		r.flaws = append(r.flaws, Problem{Code: "register.json", Message: l.rec.Fault,
			Hint: i18n.Say("одна строка — один объект; запишите её заново", "one line is one object; write it again")})
		return nil
	}
	keys := make([]string, len(l.rec.Pairs))
	for i, p := range l.rec.Pairs {
		keys[i] = p.Key
	}
	charges := isChargeList(nil, keys)
	for _, p := range l.rec.Pairs {
		f, kopecks, ok := recognise(p.Key)
		if charges {
			own, skip, known := chargeField(p.Key)
			if skip || !known && !ok {
				continue
			}
			if known {
				f, kopecks, ok = own, own == Amount, true
			}
		}
		switch {
		case !ok:
			if !l.unknown[p.Key] && len(l.unknown) < unknownLimit {
				l.unknown[p.Key] = true
				l.found = append(l.found, Problem{Severity: Warning, Code: "register.unknown_columns", Line: r.Line,
					Message: i18n.Text{RU: "поле не узнано и не проверяется: %s", EN: "a member that is not known and not checked: %s"}.With(quoteList([]string{p.Key}))})
			}
			continue
		case l.cells[f-1] != "":
			r.flaws = append(r.flaws, Problem{Code: "register.heading_twice", Field: f,
				Message: i18n.Text{RU: "поле «%s» задано дважды разными именами", EN: "the field %s is given twice under different names"}.With(f.Info().Title)})
			continue
		}
		l.cells[f-1] = p.Value
		r.kopecks = r.kopecks || kopecks
	}
	return nil
}

func (l *lines) problems() []Problem {
	found := l.found
	l.found = nil
	return found
}

func (l *lines) close() error { return nil }
