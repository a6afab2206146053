package requisites

import (
	"strings"
	"unicode/utf8"
)

const (
	uinShort = 20 // characters; digits and, in the oldest, letters
	uinLong  = 25 // digits
)

// uinWeight returns what a character of a УИН weighs in with: a digit itself,
// a letter its number in the published table, mod 10. Latin letters that look
// like Cyrillic ones have the same number, so either spelling passes.
func uinWeight(r rune) (int, bool) {
	const latin = "13796013230425466788901192" // A…Z
	switch {
	case r >= '0' && r <= '9':
		return int(r - '0'), true
	case r >= 'A' && r <= 'Z':
		return int(latin[r-'A'] - '0'), true
	case r >= 'А' && r <= 'И': // numbers 1–9; Ё has none
		return int(r-'А') + 1, true
	case r >= 'К' && r <= 'Щ': // numbers 10–25; Й has none
		return int(r-'К') % 10, true
	}
	switch r {
	case 'Ь': // 42
		return 2, true
	case 'Ъ': // 33
		return 3, true
	case 'Э', 'Ы': // 26, 36
		return 6, true
	case 'Ю': // 27
		return 7, true
	case 'Я': // 28
		return 8, true
	}
	return 0, false
}

// checkUIN checks length, alphabet and check digit.
func checkUIN(b []byte) fail {
	var straight, shifted int // sums with weights from 1 and from 3
	var n, letter, badAt, lastWeight int
	zeros := true
	for i := 0; i < len(b); n++ {
		r, size := rune(b[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(b[i:])
		}
		i += size
		w, ok := uinWeight(r)
		if !ok && badAt == 0 {
			badAt = n + 1
		}
		if r > '9' {
			letter = n + 1
		}
		zeros = zeros && r == '0'
		if i < len(b) {
			straight += w * (n%10 + 1)
			shifted += w * ((n+2)%10 + 1)
		}
		lastWeight = w
	}
	switch {
	case badAt > 0:
		return fail{code: wrongCharacter, pos: badAt}
	case n == 1 && zeros:
		return fail{code: noUIN}
	case n != uinShort && n != uinLong:
		return fail{code: wrongLength}
	case zeros:
		return fail{code: allZeros}
	case letter == n || letter > 0 && n == uinLong:
		return fail{code: wrongCharacter, pos: letter}
	}
	want := uinKey(straight, shifted)
	if lastWeight != want {
		return fail{wrongCheckDigit, n, byte('0' + want)}
	}
	return fail{}
}

// uinKey folds the two weighted sums into the check digit.
func uinKey(straight, shifted int) int {
	if k := straight % 11; k < 10 {
		return k
	}
	if k := shifted % 11; k < 10 {
		return k
	}
	return 0
}

// MakeUIN appends the check digit to a prefix of 19 or 24 characters. A
// prefix that cannot start a УИН comes back as a *Problem.
func MakeUIN(prefix string) (UIN, error) {
	for d := byte('0'); d <= '9'; d++ {
		if u, err := ParseUIN(prefix + string(d)); err == nil {
			return u, nil
		}
	}
	_, err := ParseUIN(prefix + "0")
	return "", err
}

// Administrator returns the three-digit code of the budget administrator that
// issued a 20-character УИН ("188" is the Ministry of Internal Affairs), and
// "" for a long one, whose first eight digits are the payee's register code.
func (u UIN) Administrator() string {
	if utf8.RuneCountInString(string(u)) != uinShort || strings.IndexFunc(string(u[:3]), notDigit) >= 0 {
		return ""
	}
	return string(u[:3])
}

// Registration returns the payee's register code of a 25-digit УИН, else "".
func (u UIN) Registration() string {
	if len(u) != uinLong || utf8.RuneCountInString(string(u)) != uinLong {
		return ""
	}
	return string(u[:8])
}

func notDigit(r rune) bool { return r < '0' || r > '9' }
