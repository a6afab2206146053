package requisites

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"github.com/epgu-cli/epgu/internal/i18n"
)

// Codes that change by law are data: each file names its source and the date
// as of which it holds. A file is parsed when it is first asked for.
var (
	//go:embed data/field101.tsv
	field101 string
	//go:embed data/field106.tsv
	field106 string
	//go:embed data/field110.tsv
	field110 string
	//go:embed data/administrators.tsv
	administratorsFile string
	//go:embed data/kbk.tsv
	kbkFile string

	statuses       = sync.OnceValue(func() *List { return parseList(field101) })
	bases          = sync.OnceValue(func() *List { return parseList(field106) })
	paymentTypes   = sync.OnceValue(func() *List { return parseList(field110) })
	administrators = sync.OnceValue(func() *List { return parseList(administratorsFile) })
	notableKBK     = sync.OnceValue(func() *List { return parseList(kbkFile) })
)

// List is a list of codes that the law may change.
type List struct {
	Source string // where the list comes from
	AsOf   string // the day it holds for, YYYY-MM-DD
	Codes  []Code // ascending by Value
	// Law is the act in force and LawSince its first day, YYYY-MM-DD: when that is
	// after AsOf, the list is older than the law; see Older.
	Law, LawSince string
}

// Code is one entry of a List.
type Code struct {
	Value   string
	Until   string // last day in force, YYYY-MM-DD; empty while in force
	Meaning i18n.Text
}

// ListOf returns the list behind a kind: fields 101, 106 and 110. Other kinds
// have none.
func ListOf(k Kind) (List, bool) {
	if l := listOf(k); l != nil {
		return List{l.Source, l.AsOf, slices.Clone(l.Codes), l.Law, l.LawSince}, true
	}
	return List{}, false
}

func listOf(k Kind) *List {
	switch k {
	case KindDrawerStatus:
		return statuses()
	case KindPaymentBasis:
		return bases()
	case KindPaymentType:
		return paymentTypes()
	}
	return nil
}

func (l *List) find(value string) (Code, bool) {
	lo, hi := 0, len(l.Codes)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if l.Codes[mid].Value < value {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == len(l.Codes) || l.Codes[lo].Value != value {
		return Code{}, false
	}
	return l.Codes[lo], true
}

// parseList reads a data file: comment lines that carry "Source:" and
// "As of:", then tab-separated code, last day, Russian, English.
func parseList(text string) *List {
	l := &List{}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if s, ok := strings.CutPrefix(line, "# Source: "); ok {
			l.Source = s
		}
		if s, ok := strings.CutPrefix(line, "# As of: "); ok {
			l.AsOf = s
		}
		if s, ok := strings.CutPrefix(line, "# Law: "); ok {
			l.LawSince, l.Law, _ = strings.Cut(s, " ")
		}
		f := strings.Split(line, "\t")
		if line == "" || line[0] == '#' || len(f) != 4 {
			continue
		}
		l.Codes = append(l.Codes, Code{f[0], f[1], i18n.Text{RU: f[2], EN: f[3]}})
	}
	slices.SortFunc(l.Codes, func(a, b Code) int { return strings.Compare(a.Value, b.Value) })
	return l
}

// AdministratorName names a budget administrator by its three-digit code.
// The list is not complete.
func AdministratorName(code string) (i18n.Text, bool) {
	c, ok := administrators().find(code)
	return c.Meaning, ok
}

// Administrator returns the administrator's code, the first three digits.
func (k KBK) Administrator() string {
	if len(k) != 20 {
		return ""
	}
	return string(k[:3])
}

// SingleTaxPayment reports whether this is the code of the single tax payment
// (ЕНП): a state duty sent there is lost for the payer, so callers warn.
func (k KBK) SingleTaxPayment() bool {
	_, ok := notableKBK().find(string(k))
	return ok
}

// Obsolete reports whether the type of payment is no longer filled in.
func (t PaymentType) Obsolete() bool {
	c, ok := paymentTypes().find(string(t))
	return ok && c.Until != ""
}

// Person reports whether the ИНН is a person's (12 digits).
func (i INN) Person() bool { return len(i) == 12 }

// Trader reports whether the number is a sole trader's (ОГРНИП, 15 digits).
func (o OGRN) Trader() bool { return len(o) == 15 }

// HasKey reports whether the СНИЛС carries check digits at all.
func (s SNILS) HasKey() bool { return len(s) == 11 && snilsHasKey([]byte(s)) }

// Grouped writes the СНИЛС as people do: "112-233-445 95".
func (s SNILS) Grouped() string {
	if len(s) != 11 {
		return string(s)
	}
	return string(s[:3] + "-" + s[3:6] + "-" + s[6:9] + " " + s[9:])
}
