// Package money reads and writes amounts of money exactly: whole kopecks in an
// int64, never a float, nothing rounded. What could be read two ways is refused.
// It is a leaf; everybody may import it.
package money

import (
	"errors"
	"math"
	"strings"
	"unicode/utf8"
)

// The reasons why a text is no amount.
var (
	ErrNoAmount   = errors.New("not an amount")
	ErrAmbiguous  = errors.New("an amount that reads two ways") // 1,234: a thousand or one
	ErrDecimals   = errors.New("more than two decimals")
	ErrTooLarge   = errors.New("an amount that does not fit")
	ErrFloat      = errors.New("an amount in scientific form") // 1.2E+5
	ErrPartKopeck = errors.New("a part of a kopeck")
	ErrGroups     = errors.New("digits not in groups of three")
)

// Rubles reads an amount in rubles as people and programs write it and returns
// kopecks: "1 234,56", "1234.56", "1,234.56", "1.234,56", "1234-56", "1234,5",
// "1234", "−5,00", "1 234,56 ₽", "1500,0000". Groups are of three digits, parted by a space
// (the unbreakable and thin ones too), an apostrophe, a point or a comma. What
// could be read two ways ("1,234") is ErrAmbiguous.
func Rubles(s string) (kopecks int64, err error) {
	a, err := scan(s, "₽", "RUB", "RUR", "руб.", "руб", "р.")
	if err != nil {
		return 0, err
	}
	if a.decimals == 3 && !a.grouped && a.digits <= 3 && a.whole > 0 {
		return 0, ErrAmbiguous
	}
	for ; a.decimals > 2 && a.frac%10 == 0; a.decimals-- { // programs write 1500,0000
		a.frac /= 10
	}
	switch {
	case a.decimals > 2:
		return 0, ErrDecimals
	case a.decimals != 2 && (a.point == '-' || a.point == '='):
		return 0, ErrNoAmount
	case a.decimals == 1:
		a.frac *= 10
	}
	if a.whole > math.MaxInt64/100 || a.whole*100 > math.MaxInt64-a.frac {
		return 0, ErrTooLarge
	}
	return a.signed(a.whole*100 + a.frac), nil
}

// Kopecks reads a whole number of kopecks: "123456", "123 456", "123456.00".
func Kopecks(s string) (kopecks int64, err error) {
	a, err := scan(s, "коп.", "коп")
	if err != nil {
		return 0, err
	}
	if a.frac != 0 {
		return 0, ErrPartKopeck
	}
	if a.decimals > 2 {
		return 0, ErrAmbiguous
	}
	return a.signed(a.whole), nil
}

// Format writes kopecks as rubles with two decimals after point: "1234.56". With
// a point or a comma every reader of this programme takes it back.
func Format(kopecks int64, point byte) string {
	var b [24]byte
	i := len(b)
	u := uint64(kopecks)
	if kopecks < 0 {
		u = -u
	}
	for n := 0; n < 3 || u > 0; n++ {
		if n == 2 {
			i--
			b[i] = point
		}
		i--
		b[i] = byte('0' + u%10)
		u /= 10
	}
	if kopecks < 0 {
		i--
		b[i] = '-'
	}
	return string(b[i:])
}

// amount is a scanned text.
type amount struct {
	whole, frac int64
	digits      int  // of the whole part
	decimals    int  // -1: no decimal part
	point       byte // what parts the decimals
	negative    bool
	grouped     bool // the whole part was in groups
}

// scan reads digits, groups and the decimal part.
func scan(s string, units ...string) (a amount, err error) {
	a.decimals = -1
	// Most amounts are plain: digits and at most one point.
	if a.plain(s) {
		return a, nil
	}
	s = strings.TrimSpace(s)
	for _, unit := range units {
		if cut, ok := strings.CutSuffix(s, unit); ok {
			s = strings.TrimSpace(cut)
			break
		}
	}
	if s, a.negative = signed(s); s == "" {
		return a, ErrNoAmount
	}
	if Scientific(s) {
		return a, ErrFloat
	}
	whole, frac, point := splitDecimals(s)
	if whole == "" {
		return a, ErrNoAmount
	}
	a.point = point
	if point != 0 {
		a.decimals = len(frac)
		if frac == "" || len(frac) > 15 {
			return a, ErrNoAmount
		}
		for i := range len(frac) {
			if frac[i] < '0' || frac[i] > '9' {
				return a, ErrNoAmount
			}
			a.frac = a.frac*10 + int64(frac[i]-'0')
		}
	}
	return a, a.groups(whole)
}

func (a *amount) signed(kopecks int64) int64 {
	if a.negative {
		return -kopecks
	}
	return kopecks
}

// plain reads "1234.56" and "1234,56" and reports whether it was that simple.
func (a *amount) plain(s string) bool {
	if s == "" || len(s) > 15 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			if a.point == 0 {
				a.whole = a.whole*10 + int64(c-'0')
				a.digits++
			} else {
				a.frac = a.frac*10 + int64(c-'0')
				a.decimals++
			}
		case (c == '.' || c == ',') && a.point == 0 && i > 0:
			a.point, a.decimals = c, 0
		default:
			*a = amount{decimals: -1}
			return false
		}
	}
	if a.decimals == 0 {
		*a = amount{decimals: -1}
		return false
	}
	return true
}

func signed(s string) (rest string, negative bool) {
	for _, minus := range []string{"-", "\u2212", "\u2013"} {
		if cut, ok := strings.CutPrefix(s, minus); ok {
			return strings.TrimSpace(cut), true
		}
	}
	return strings.TrimPrefix(s, "+"), false
}

// Scientific reports whether s is a number in scientific form: 1.2E+5, 1,2e5.
// What was a long code has lost its end in that form.
func Scientific(s string) bool {
	mantissa, exponent, ok := strings.Cut(strings.ToUpper(s), "E")
	return ok && mantissa != "" && exponent != "" && mantissa[0] >= '0' && mantissa[0] <= '9' &&
		strings.Trim(mantissa, "0123456789., \u00a0") == "" && strings.Trim(exponent, "+-0123456789") == ""
}

// splitDecimals finds the character that parts rubles from kopecks: the last
// of point, comma and dash, unless it occurs again before (1.234.567).
func splitDecimals(s string) (whole, frac string, point byte) {
	i := strings.LastIndexAny(s, ".,-=")
	if i < 0 {
		return s, "", 0
	}
	if strings.IndexByte(s[:i], s[i]) >= 0 {
		return s, "", 0
	}
	return s[:i], s[i+1:], s[i]
}

// groups reads the whole part: digits alone, or in groups of three parted by
// one and the same mark.
func (a *amount) groups(s string) error {
	var mark rune
	run, first := 0, true
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		switch {
		case r >= '0' && r <= '9':
			run++
			if a.digits++; a.whole > (math.MaxInt64-9)/10 {
				return ErrTooLarge
			}
			a.whole = a.whole*10 + int64(r-'0')
		case r == ' ' || r == '\u00a0' || r == '\u202f' || r == '\u2009' || r == '\'' || r == '\u2019' || (r == '.' || r == ',') && byte(r) != a.point:
			if mark != 0 && mark != r || run == 0 || run > 3 || !first && run != 3 {
				return ErrGroups
			}
			mark, run, first, a.grouped = r, 0, false, true
		default:
			return ErrNoAmount
		}
	}
	if a.digits == 0 {
		return ErrNoAmount
	}
	if mark != 0 && run != 3 {
		return ErrGroups
	}
	return nil
}
