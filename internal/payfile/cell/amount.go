package cell

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/epgu-cli/epgu/internal/money"
)

// Currency is a currency by its letter code. The zero Currency is not named.
type Currency string

// Rubles is the only currency in which the payments of this program are made.
const Rubles Currency = "RUB"

// Foreign reports whether c is named and is not rubles.
func (c Currency) Foreign() bool { return c != "" && c != Rubles }

// CurrencyOf reads a currency as banks and people write it: a letter code, a
// number, a sign or a word. What is not known comes back as it is, upper case:
// it is no ruble. An empty text names none.
func CurrencyOf(s string) Currency {
	word := strings.ToUpper(strings.Trim(Text(s), " .()[]«»\"\u00a0"))
	switch word {
	case "":
		return ""
	case "RUB", "RUR", "643", "810", "₽", "РУБ", "РУБЛЬ", "РУБЛИ", "РУБЛЕЙ", "РУБЛЯ", "РУБЛЯХ", "РУБ. РФ", "РУБ РФ", "РОССИЙСКИЙ РУБЛЬ", "РОССИЙСКИЕ РУБЛИ", "РОССИЙСКИХ РУБЛЕЙ",
		"РУБЛЬ РФ", "РУБЛИ РФ", "Р", "RUBLE", "RUBLES", "ROUBLE", "ROUBLES", "RUSSIAN RUBLE", "643 RUB", "810 RUR", "643 (RUB", "RUB (643", "RUR (810", "810 (RUR":
		return Rubles
	case "$", "840", "ДОЛЛ", "ДОЛЛАР", "ДОЛЛАРЫ", "ДОЛЛАР США", "ДОЛЛАРЫ США", "ДОЛЛАРОВ США":
		return "USD"
	case "€", "978", "ЕВРО":
		return "EUR"
	case "¥", "156", "ЮАНЬ", "ЮАНИ", "ЮАНЕЙ":
		return "CNY"
	case "£", "826":
		return "GBP"
	case "₸", "398", "ТЕНГЕ":
		return "KZT"
	}
	if rublesInWords(word) {
		return Rubles
	}
	return Currency(word)
}

// rublesInWords reports whether every word of a text of several names our ruble:
// «Российский рубль (RUB)», «643 - руб. РФ».
func rublesInWords(text string) bool {
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Sc, r) })
	named := false
	for _, w := range words {
		switch w {
		case "RUB", "RUR", "643", "810", "₽", "РУБ", "РУБЛЬ", "РУБЛИ", "РУБЛЕЙ", "РУБЛЯ", "РУБЛЯХ", "RUBLE", "RUBLES", "ROUBLE", "ROUBLES":
			named = true
		case "РФ", "РОССИИ", "РОССИЙСКИЙ", "РОССИЙСКИЕ", "РОССИЙСКИХ", "RUSSIAN", "RF", "В":
		default:
			return false
		}
	}
	return named && len(words) > 1
}

// Sum is an amount and the currency that the cell itself names, if any.
type Sum struct {
	Kopecks  int64 // hundredths of the currency; negative with a minus, in brackets, or with the minus behind
	Currency Currency
}

// AmountOf reads an amount as money.Rubles does, and besides a currency before
// or behind it, accounting brackets (1 234,50) and a minus behind. The errors are
// those of money.
func AmountOf(s string) (Sum, error) {
	if k, err := money.Rubles(s); err == nil {
		if last := s[len(s)-1]; last >= '0' && last <= '9' || !strings.ContainsAny(s, "₽RUр") {
			return Sum{k, ""}, nil
		}
		return Sum{k, Rubles}, nil
	}
	t := Text(s)
	negative := false
	if inner, ok := strings.CutPrefix(t, "("); ok && strings.HasSuffix(inner, ")") {
		t, negative = trim(inner[:len(inner)-1]), true
	}
	t, unit := withoutUnit(t)
	if cut := strings.TrimRight(t, "-\u2212\u2013"); cut != t && cut != "" && unicode.IsDigit(rune(cut[len(cut)-1])) && !negative {
		t, negative = trim(cut), true
	}
	k, err := money.Rubles(t)
	if err != nil {
		return Sum{}, err
	}
	if negative {
		if k < 0 {
			return Sum{}, money.ErrNoAmount
		}
		k = -k
	}
	c := CurrencyOf(unit)
	if c != "" && !c.known() {
		return Sum{}, money.ErrNoAmount // «10,5x» is no amount of a currency x
	}
	return Sum{k, c}, nil
}

// known reports whether c looks like the code of a currency: three Latin letters.
func (c Currency) known() bool {
	return len(c) == 3 && strings.Trim(string(c), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// withoutUnit cuts a currency off the end or the beginning of an amount. A sign
// may stand on either side of one at the beginning: −$5, $−5.
func withoutUnit(s string) (amount, unit string) {
	mark := func(r rune) bool { return unicode.IsLetter(r) || unicode.Is(unicode.Sc, r) }
	if last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(s, ".")); mark(last) {
		at := strings.LastIndexFunc(s, unicode.IsDigit) + 1
		return trim(s[:at]), trim(s[at:])
	}
	at := strings.IndexFunc(s, mark)
	if at < 0 {
		return s, ""
	}
	sign := trim(s[:at])
	rest := strings.TrimLeftFunc(s[at:], func(r rune) bool { return mark(r) || r == '.' || unicode.IsSpace(r) })
	if sign != "" && strings.Trim(sign, "+-\u2212\u2013") != "" {
		return s, ""
	}
	return sign + rest, trim(s[at : len(s)-len(rest)])
}
