package statement

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"

	"github.com/epgu-cli/epgu/internal/payfile/cell"
)

// column is what a column of a table means.
type column uint8

const (
	colDate column = iota
	colMoved
	colDocDate
	colSum
	colSumOperation
	colSumAccount // in the account's own currency
	colSumRubles
	colSumOut // in the account's own currency, and only what left it
	colDebit
	colCredit
	colDirection
	colNumber
	colBankID
	colUIN
	colPayer
	colPayerAccount
	colOwnAccount
	colPayee
	colPayeeAccount
	colPurpose
	colStatus
	colRefusal // why the bank refused, or when: a row that was executed has none
	colCurrency
	colCurrencyOperation
	colCurrencyAccount
	columns
)

func columnNames() [columns]string {
	return [columns]string{"date", "moved", "docDate", "sum", "sumOperation", "sumAccount", "sumRubles", "sumOut", "debit", "credit", "direction", "number", "bankId", "uin",
		"payer", "payerAccount", "ownAccount", "payee", "payeeAccount", "purpose", "status", "refusal", "currency", "currencyOperation", "currencyAccount"}
}

// headingsFile knows the headings that banks use; it is parsed when the first
// table is met.
//
//go:embed headings.tsv
var headingsFile string

var headings = sync.OnceValue(func() map[string]column {
	all := map[string]column{}
	names := columnNames()
	for line := range strings.Lines(headingsFile) {
		name, text, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "\t")
		if !ok {
			continue
		}
		for c, n := range names {
			if n == name {
				all[text] = column(c)
			}
		}
	}
	return all
})

// headingLimit bounds what is looked at as a heading, in bytes.
const headingLimit = 200

// columnOf finds the column that a heading means and the unit that it names:
// «Сумма, USD». The unit "коп" counts hundredths.
func columnOf(heading string) (c column, unit cell.Currency, ok bool) {
	if len(heading) > headingLimit {
		return 0, "", false
	}
	all := headings()
	if strings.TrimSpace(heading) == "№" {
		return colNumber, "", true
	}
	words := headingWords(heading)
	if c, ok = all[strings.Join(words, " ")]; ok {
		if strings.Contains(heading, "₽") {
			unit = cell.Rubles
		}
		return c, unitSign(heading, unit), true
	}
	// A unit stands behind: «Сумма руб», «Сумма в USD», «Дебет тыс руб».
	for n := len(words) - 1; n > 0 && n >= len(words)-3; n-- {
		if c, ok = all[strings.Join(words[:n], " ")]; ok && isUnit(words[n:]) {
			return c, cell.CurrencyOf(strings.Join(withoutIn(words[n:]), " ")), true
		}
	}
	return 0, "", false
}

func unitSign(heading string, unit cell.Currency) cell.Currency {
	for _, sign := range []string{"$", "€", "¥"} {
		if strings.Contains(heading, sign) {
			return cell.CurrencyOf(sign)
		}
	}
	return unit
}

func withoutIn(words []string) []string {
	if len(words) > 1 && (words[0] == "в" || words[0] == "in") {
		return words[1:]
	}
	return words
}

func isUnit(words []string) bool {
	for _, w := range withoutIn(words) {
		switch w {
		case "руб", "рублей", "рублях", "рубли", "rub", "rur", "rubles", "коп", "копейках", "копеек", "kopecks", "тыс", "тысяч", "тысячах", "млн",
			"usd", "eur", "cny", "gbp", "chf", "jpy", "kzt", "byn", "try", "aed", "amd", "kgs", "uzs", "uah", "gel", "долл", "долларах", "евро", "юанях", "сша", "840", "978", "643", "810", "156":
		default:
			return false
		}
	}
	return true
}

// inKopecks and scaled tell the units that are no currencies.
func inKopecks(unit cell.Currency) bool {
	return strings.HasPrefix(string(unit), "КОП") || unit == "KOPECKS"
}

func headingWords(s string) []string {
	s = strings.NewReplacer("ё", "е", "№", " ").Replace(strings.ToLower(s))
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}
