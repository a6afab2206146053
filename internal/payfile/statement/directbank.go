package statement

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/money"
	"github.com/epgu-cli/epgu/internal/payfile/charset"
)

// directBankNS is the namespace of a statement of DirectBank since 2.1.1.
const directBankNS = "http://directbank.1c.ru/XMLSchema"

func looksLikeDirectBank(head []byte) bool {
	head = bytes.TrimLeft(charset.Head(head), " \t\r\n")
	return bytes.HasPrefix(head, []byte("<")) && bytes.Contains(head, []byte(directBankNS)) && bytes.Contains(head, []byte("Statement"))
}

// directBank reads entries out of a statement of DirectBank, element by element, so
// that a long one takes no more memory than a short one.
type directBank struct {
	d       *xml.Decoder
	path    []string // local names of the elements that are open
	text    []byte   // of the innermost one
	e       Entry
	kind    string // of the operation's document, a code
	body    string // and its element
	status  string
	ready   bool // e is whole
	kindOf  string
	account string
	closing bool
	sums    struct{ opening, debits, credits, closing, seenDebits, seenCredits int64 }
	has     struct{ opening, debits, credits bool }
	bad     []fault.Field
	noted   []fault.Field
	spoiled bool // the entry has something that cannot be read
	ended   error
}

func newDirectBank(r io.Reader) *directBank { return &directBank{d: xml.NewDecoder(r)} }

func (s *directBank) faults() []fault.Field { return s.bad }
func (s *directBank) notes() []fault.Field  { return s.noted }

// next reads to the end of an operation.
func (s *directBank) next(e *Entry) error {
	for s.ended == nil {
		t, err := s.d.Token()
		if err != nil {
			s.ended = s.end(err)
			break
		}
		switch t := t.(type) {
		case xml.StartElement:
			if s.ended = s.start(&t); s.ended != nil {
				break
			}
		case xml.CharData:
			if len(s.path) > 2 {
				s.text = append(s.text, t...)
			}
		case xml.EndElement:
			s.finish()
			if s.path = s.path[:len(s.path)-1]; s.ready {
				s.ready = false
				*e = s.e
				return nil
			}
		}
	}
	return s.ended
}

func (s *directBank) start(t *xml.StartElement) error {
	if len(s.path) == 0 && (t.Name.Local != "Statement" || t.Name.Space != directBankNS) {
		return fault.New(exitcode.Usage, "statement.format", i18n.Say("это XML, но не выписка DirectBank", "it is XML and no statement of DirectBank"))
	}
	s.path, s.text = append(s.path, t.Name.Local), s.text[:0]
	switch depth := len(s.path); {
	case depth == 3 && t.Name.Local == "OperationInfo":
		line, _ := s.d.InputPos()
		s.e, s.kind, s.body, s.status, s.spoiled = Entry{Line: line}, "", "", "", false
	case depth == 4 && t.Name.Local == "PayDoc":
		for _, a := range t.Attr {
			switch a.Name.Local {
			case "id":
				s.e.BankID = a.Value
			case "docKind":
				s.kind = a.Value
			}
		}
	case depth == 5 && s.path[3] == "PayDoc":
		s.body = t.Name.Local
	}
	return nil
}

// finish takes the value of the element that ends.
func (s *directBank) finish() {
	name := s.path[len(s.path)-1]
	value := func() string { return strings.TrimSpace(string(s.text)) }
	switch len(s.path) {
	case 3:
		switch {
		case name == "OperationInfo":
			s.close()
		case s.path[1] == "Data":
			s.total(name, value())
		}
	case 4:
		if s.path[2] != "OperationInfo" {
			break
		}
		switch name {
		case "DC":
			switch value() {
			case "1":
				s.e.Direction = Out
			case "2":
				s.e.Direction = In
			}
		case "Date":
			s.e.Date = s.day(name, value())
		case "ExtID":
			s.e.OwnID = strings.ToLower(value())
		}
	case 6:
		switch {
		case s.path[3] == "Stamp" && s.path[4] == "Status" && name == "Code":
			s.status = value()
		case s.path[3] == "PayDoc":
			s.field(name, value())
		}
	case 7:
		if s.path[3] != "PayDoc" {
			break
		}
		switch {
		case s.path[5] == "Payer" && name == "Name":
			s.e.PayerName = value()
		case s.path[5] == "Payer" && name == "Account":
			s.e.PayerAccount = value()
		case s.path[5] == "Payee" && name == "Name":
			s.e.PayeeName = value()
		case s.path[5] == "Payee" && name == "Account":
			s.e.PayeeAccount = value()
		}
	}
	s.text = s.text[:0]
}

// field takes a field of an operation's document.
func (s *directBank) field(name, value string) {
	switch name {
	case "DocNo":
		s.e.Number = value
	case "DocDate":
		s.e.OrderDay = s.day(name, value)
	case "Sum":
		s.e.Kopecks = s.sum(name, value)
	case "Code":
		s.e.UIN = value
	case "Purpose", "TransitionContent":
		if s.e.Purpose == "" {
			s.e.Purpose = value
		}
	case "AccountDebit":
		s.e.PayerAccount = value
	case "AccountCredit":
		s.e.PayeeAccount = value
	case "AccountNameDebit":
		s.e.PayerName = value
	case "AccountNameCredit":
		s.e.PayeeName = value
	}
}

// total takes what the statement says of itself.
func (s *directBank) total(name, value string) {
	switch name {
	case "StatementType":
		switch s.kindOf = value; value {
		case "0":
		case "1":
			s.noted = append(s.noted, fault.Field{Name: name, Message: i18n.Say("выписка промежуточная: её операции ещё не доказательство, окончательная приходит после конца дня", "the statement is an intermediate one: its operations are no evidence yet, the final one comes after the end of the day")})
		default:
			s.noted = append(s.noted, fault.Field{Name: name, Message: i18n.Say("это справка об остатке, операций в ней нет", "this is a statement of balances without operations")})
		}
	case "Account":
		s.account = value
	case "OpeningBalance":
		s.sums.opening, s.has.opening = s.sum(name, value), true
	case "TotalDebits":
		s.sums.debits, s.has.debits = s.sum(name, value), true
	case "TotalCredits":
		s.sums.credits, s.has.credits = s.sum(name, value), true
	case "ClosingBalance":
		s.sums.closing, s.closing = s.sum(name, value), true
	}
}

// close makes an entry of the operation that ended; one that cannot be read was told
// of and makes none.
func (s *directBank) close() {
	e := &s.e
	switch e.Direction {
	case Out:
		s.sums.seenDebits += e.Kopecks
	case In:
		s.sums.seenCredits += e.Kopecks
	}
	if e.Date.IsZero() || e.Kopecks == 0 {
		s.wrong("OperationInfo", i18n.Say("нет даты или суммы", "the date or the sum is missing"))
	}
	if s.spoiled {
		return
	}
	e.UIN = uinIn(e.UIN, e.Purpose)
	// What stands in a final statement was booked; an intermediate one may still change.
	e.Posted = s.kindOf == "0"
	s.judge()
	ours := s.account
	if e.Direction == Out && e.PayerAccount == "" {
		e.PayerAccount = ours
	}
	if e.Direction == In && e.PayeeAccount == "" {
		e.PayeeAccount = ours
	}
	if e.Direction == Out && e.PayeeAccount == ours && e.PayerAccount == ours {
		e.OwnTransfer = true
	}
	e.Currency = accountCurrency(ours)
	s.ready = true
}

// judge reads what the bank says of the operation's document.
func (s *directBank) judge() {
	e := &s.e
	switch s.status {
	case "":
	case "02":
		e.Status, e.StatusText = Executed, "02"
	case "01", "04", "06":
		e.Status, e.StatusText = Pending, s.status
	case "03":
		e.Status, e.StatusText = Refused, s.status
	case "05":
		e.Status, e.StatusText = Cancelled, s.status
	default:
		e.Status, e.StatusText = Unclear, s.status
	}
	if s.kind == "17" || s.body == "PaymentOrder" {
		e.Status, e.StatusText = Unclear, "частичное исполнение"
	}
}

// day reads a date; a zone that a bank adds means nothing.
func (s *directBank) day(name, value string) time.Time {
	t, err := time.Parse(time.DateOnly, value[:min(len(value), len(time.DateOnly))])
	if err != nil {
		s.wrong(name, i18n.Text{RU: "«%s» — не дата", EN: "%q is no date"}.With(clip(value)))
	}
	return t
}

func (s *directBank) sum(name, value string) int64 {
	n, err := money.Rubles(strings.TrimPrefix(value, "+"))
	if err != nil {
		s.wrong(name, i18n.Text{RU: "«%s» — не сумма", EN: "%q is no sum"}.With(clip(value)))
	}
	return n
}

func (s *directBank) wrong(name string, why i18n.Message) {
	s.spoiled = true
	line, _ := s.d.InputPos()
	if len(s.bad) < faultsKept {
		s.bad = append(s.bad, fault.Placed(inLine(line, i18n.Text{RU: name, EN: name}), why))
	}
}

// faultsKept bounds the faults of a statement that are kept.
const faultsKept = 1000

// end says how the reading ended: a whole statement whose sums agree, or not.
func (s *directBank) end(err error) error {
	if !errors.Is(err, io.EOF) {
		return fault.New(exitcode.Usage, "statement.read", i18n.Say("выписка DirectBank обрывается или повреждена", "the DirectBank statement is cut off or damaged")).Because(err)
	}
	if !s.closing {
		return fault.New(exitcode.Usage, "statement.read", i18n.Say("в выписке DirectBank нет исходящего остатка: она не целая", "the DirectBank statement has no closing balance: it is not whole"))
	}
	if s.kindOf != "2" && len(s.bad) == 0 {
		s.compare("TotalDebits", s.has.debits, s.sums.debits, s.sums.seenDebits)
		s.compare("TotalCredits", s.has.credits, s.sums.credits, s.sums.seenCredits)
		s.compare("ClosingBalance", s.has.opening, s.sums.closing, s.sums.opening+s.sums.seenCredits-s.sums.seenDebits)
	}
	return io.EOF
}

func (s *directBank) compare(name string, there bool, said, seen int64) {
	if there && said != seen {
		s.noted = append(s.noted, fault.Field{Name: name, Message: i18n.Text{RU: "в выписке %s, а по операциям выходит %s", EN: "the statement says %s, and its operations add up to %s"}.With(i18n.Money(said), i18n.Money(seen))})
	}
}
