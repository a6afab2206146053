// Package statement reads bank statements, in the 1C exchange format, in that of
// DirectBank (kind 15) or as a table (CSV, XLSX), into one stream of entries, and matches entries to payments
// by evidence, never by guess. It knows payfile and requisites and nothing of
// portals or journals; core may import it.
//
// Texts of an entry come from outside: clean them (untrusted) before showing.
package statement

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/cell"
	"github.com/epgu-cli/epgu/internal/payfile/charset"
	"github.com/epgu-cli/epgu/internal/payfile/container"
	"github.com/epgu-cli/epgu/internal/requisites"
)

// Direction says which way money went, seen from the statement's account.
type Direction uint8

// The directions.
const (
	DirectionUnknown Direction = iota
	Out                        // debited: a payment of ours
	In                         // credited
)

// String returns "out", "in" or "unknown".
func (d Direction) String() string {
	switch d {
	case Out:
		return "out"
	case In:
		return "in"
	}
	return "unknown"
}

// Title is the direction for people.
func (d Direction) Title() i18n.Text {
	switch d {
	case Out:
		return i18n.Text{RU: "списание", EN: "out"}
	case In:
		return i18n.Text{RU: "поступление", EN: "in"}
	}
	return i18n.Text{RU: "неизвестно", EN: "unknown"}
}

// MarshalText writes the word.
func (d Direction) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Entry is one movement of money.
type Entry struct {
	Line         int           `json:"line"`               // in the file, 1-based
	Date         time.Time     `json:"date"`               // the day the bank executed it
	OrderDay     time.Time     `json:"orderDay,omitzero"`  // the document's own date; zero if the statement does not say
	Kopecks      int64         `json:"amountKopecks"`      // hundredths of Currency
	Currency     cell.Currency `json:"currency,omitempty"` // "" where none is named: rubles
	Direction    Direction     `json:"direction"`
	Posted       bool          `json:"posted"` // the bank says it executed it; an order alone is no evidence
	Status       Status        `json:"-"`      // what the row's own word says
	StatusText   string        `json:"status,omitempty"`
	Reversal     bool          `json:"reversal,omitempty"`    // it takes an earlier movement back: a negative turnover
	OwnTransfer  bool          `json:"ownTransfer,omitempty"` // payer's and payee's accounts both belong to the statement
	BothWays     bool          `json:"-"`                     // the file says of it that it left and that it came
	Number       string        `json:"number,omitempty"`
	BankID       string        `json:"bankId,omitempty"` // the bank's own number of the operation
	OwnID        string        `json:"ownId,omitempty"`  // our id of the order, which the bank repeats; in lower case
	UIN          string        `json:"uin,omitempty"`    // normalised; "" if there is none or it does not pass its check
	PayerName    string        `json:"payerName,omitempty"`
	PayerAccount string        `json:"payerAccount,omitempty"`
	PayeeName    string        `json:"payeeName,omitempty"`
	PayeeAccount string        `json:"payeeAccount,omitempty"`
	Purpose      string        `json:"purpose,omitempty"`
}

// source is one format of statement.
type source interface {
	next(*Entry) error
	faults() []fault.Field
	notes() []fault.Field
}

// Reader reads entries one by one, in memory that does not depend on the
// statement's size, unless it is a workbook.
type Reader struct {
	src  source
	what string
}

// sniffBytes is how much of the file is looked at to tell its format.
const sniffBytes = 8 << 10

// NewReader looks at the beginning of r and returns a reader of its format.
// What is neither a 1C file nor a table with the needed columns is refused
// with "statement.format".
func NewReader(r io.Reader) (*Reader, error) {
	b := bufio.NewReaderSize(r, sniffBytes)
	head, err := b.Peek(sniffBytes)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, fault.New(exitcode.Failure, "statement.read", i18n.Say("выписка не прочитана", "the statement could not be read")).Because(err)
	}
	if looksLike1C(head) {
		return &Reader{newOneC(b), "1c"}, nil
	}
	if looksLikeDirectBank(head) { // before XML of any other kind is refused
		return &Reader{newDirectBank(b), "directbank"}, nil
	}
	if err := container.Refusal(head); err != nil {
		return nil, err
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		t, err := newWorkbook(b)
		if err != nil {
			return nil, err
		}
		return &Reader{t, "xlsx"}, nil
	}
	t, err := newTable(b)
	if err != nil {
		return nil, err
	}
	return &Reader{t, "csv"}, nil
}

func looksLike1C(head []byte) bool {
	const magic = "1CClientBankExchange"
	head = bytes.TrimLeft(charset.Head(head), " \t\r\n")
	return len(head) >= len(magic) && strings.EqualFold(string(head[:len(magic)]), magic)
}

// Format returns "1c", "directbank", "csv" or "xlsx".
func (r *Reader) Format() string { return r.what }

// Next reads the next entry into e; io.EOF ends a whole statement. Entries
// that cannot be read are skipped and reported by Faults; what ends the
// reading early is a *fault.Error.
func (r *Reader) Next(e *Entry) error { return r.src.next(e) }

// Faults returns everything found wrong so far, each with its line.
func (r *Reader) Faults() []fault.Field { return r.src.faults() }

// Notes returns what the file says beyond its format so far: nothing is wrong
// with the entries.
func (r *Reader) Notes() []fault.Field { return r.src.notes() }

// accountCurrency is the currency of a bank account, by the sixth to eighth of
// its digits; "" for rubles and for what is no account.
func accountCurrency(account string) cell.Currency {
	if len(account) != 20 || account[0] != '4' || strings.Trim(account, "0123456789") != "" {
		return ""
	}
	if c := cell.CurrencyOf(account[5:8]); c.Foreign() {
		return c
	}
	return ""
}

// uinIn finds the УИН of an entry: the field that is meant for it, or the
// number that the purpose itself calls so ("УИН 188…"). Numbers without the
// word are not taken: an account has twenty digits too.
func uinIn(field, purpose string) string {
	if u, err := requisites.ParseUIN(field); err == nil {
		return string(u)
	}
	upper := strings.ToUpper(purpose)
	for _, word := range []string{"УИН", "UIN"} {
		rest := upper
		for {
			at := strings.Index(rest, word)
			if at < 0 {
				break
			}
			rest = rest[at+len(word):]
			token := strings.TrimLeft(rest, " :№=-_/\u00a0")
			if end := strings.IndexFunc(token, func(r rune) bool { return r < '0' || r > '9' }); end >= 0 {
				token = token[:end]
			}
			if u, err := requisites.ParseUIN(token); err == nil {
				return string(u)
			}
		}
	}
	return ""
}

func clip(s string) string {
	const most = 60
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
