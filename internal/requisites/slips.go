package requisites

import (
	"slices"
	"strings"

	"github.com/epgu-cli/epgu/internal/i18n"
)

// Slip is the likely way in which a value went wrong.
type Slip string

// The slips that are recognised.
const (
	SlipLookalike     Slip = "lookalike"     // a letter for a digit, Latin for Cyrillic or the other way round
	SlipSubstitution  Slip = "substitution"  // one character typed wrong
	SlipTransposition Slip = "transposition" // two neighbours swapped
	SlipMissing       Slip = "missing"       // one character left out
	SlipExtra         Slip = "extra"         // one character too many
	SlipLeadingZero   Slip = "leading_zero"  // a spreadsheet dropped the zero in front
	SlipRounded       Slip = "rounded"       // a spreadsheet turned the number into 1.88E+19
)

// guess looks for the slip that explains the failure. A suggestion is made
// only when exactly one value is within one slip: with money at stake a
// second candidate makes both worthless.
func (p *Problem) guess(chars []rune, f fail, ok func(string) bool) {
	if rounded(chars) {
		p.Slip = SlipRounded
		p.hint = i18n.Say("таблица превратила номер в число и отбросила его конец; задайте столбцу текстовый формат и возьмите номер из источника",
			"a spreadsheet turned the number into a rounded one; make the column text and take the number from its source")
		return
	}
	if p.eitherLetterOrDigit(chars, ok) {
		return
	}
	if plain, n := unlookalike(p.Kind, chars); n > 0 && ok(plain) {
		p.Slip, p.Suggestion = SlipLookalike, plain
		p.hint = i18n.Text{RU: "буква вместо похожей цифры или не тот алфавит; вероятно, %s", EN: "a look-alike letter; probably %s"}.With(plain)
		return
	}
	switch f.code {
	case wrongLength:
		p.guessLength(chars, ok)
	case wrongCheckDigit, wrongKey, wrongPart:
		p.guessTypo(chars, ok)
	case wrongPattern:
		p.guessDate(chars, ok)
	case wrongStart:
		if p.Kind == KindOGRN {
			p.guessTypo(chars, ok)
		}
	}
}

// rounded recognises what a spreadsheet writes for a long number: 1.88E+19.
func rounded(chars []rune) bool {
	s := strings.ToUpper(string(chars))
	at := strings.IndexByte(s, 'E')
	if at < 1 || at+1 >= len(s) || s[0] < '0' || s[0] > '9' {
		return false
	}
	return strings.Trim(s[:at], "0123456789.,") == "" && strings.ContainsAny(s[:at], ".,") &&
		strings.Trim(s[at+1:], "+0123456789") == ""
}

// checked reports whether values of kind k carry something that tells a right
// value from a wrong one, so that candidates mean anything.
func checked(k Kind) bool {
	switch k {
	case KindUIN, KindINN, KindOGRN, KindSNILS, KindPayerID:
		return true
	}
	return false
}

func (p *Problem) guessLength(chars []rune, ok func(string) bool) {
	defer p.guessZeros(chars, ok)
	short, long := nearLength(p.Kind, len(chars))
	if !short && !long {
		return
	}
	if short {
		p.Slip = SlipMissing
		p.hint = i18n.Say("вероятно, пропущен один знак", "one character is probably missing")
	} else {
		p.Slip = SlipExtra
		p.hint = i18n.Say("вероятно, один знак лишний", "one character is probably too many")
	}
	if !checked(p.Kind) {
		return
	}
	var found []string
	if short {
		found = inserted(chars, ok, found)
	}
	if long {
		found = deleted(chars, ok, found)
	}
	if len(found) == 1 {
		p.suggest(found[0])
	}
}

// guessZeros names the value that a spreadsheet may have robbed of its leading
// zeros. Where a missing digit explains the length as well, both are named and
// nothing is suggested.
func (p *Problem) guessZeros(chars []rune, ok func(string) bool) {
	switch p.Kind {
	case KindUIN, KindINN, KindSNILS, KindBIK, KindOKTMO:
	default:
		return
	}
	if p.Suggestion != "" || chars[0] == '0' {
		return
	}
	for _, zeros := range []string{"0", "00"} {
		v := zeros + string(chars)
		if !ok(v) {
			continue
		}
		p.Slip = SlipLeadingZero
		p.hint = i18n.Text{RU: "возможно, таблица отбросила нули в начале: %s; или пропущен знак", EN: "a spreadsheet may have dropped the zeros in front: %s; or a character is missing"}.With(v)
		return
	}
}

// guessDate turns ГГГГ-ММ-ДД, which can mean one day only, round.
func (p *Problem) guessDate(chars []rune, ok func(string) bool) {
	s := string(chars)
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return
	}
	if v := s[8:] + "." + s[5:7] + "." + s[:4]; ok(v) {
		p.suggest(v)
	}
}

// eitherLetterOrDigit handles the places where a Cyrillic letter may stand for
// a Latin one or for a digit: both readings are named, none is suggested.
func (p *Problem) eitherLetterOrDigit(chars []rune, ok func(string) bool) bool {
	at := p.Position - 1
	if p.Kind != KindKPP && p.Kind != KindAccount || at < 0 || at >= len(chars) {
		return false
	}
	r := chars[at]
	letter, digit := slices.Clone(chars), slices.Clone(chars)
	letter[at], digit[at] = toLatin(r), toDigit(r)
	if letter[at] == r || digit[at] == r || !ok(string(letter)) || !ok(string(digit)) {
		return false
	}
	p.Slip = SlipLookalike
	p.hint = i18n.Text{RU: "кириллическая буква; вероятно, %s или %s", EN: "a Cyrillic letter; probably %s or %s"}.With(string(digit), string(letter))
	return true
}

// nearLength reports whether n is one short of, or one over, an allowed length.
func nearLength(k Kind, n int) (short, long bool) {
	var lengths [2]int
	switch k {
	case KindUIN:
		lengths = [2]int{uinShort, uinLong}
	case KindINN:
		lengths = [2]int{10, 12}
	case KindKPP, KindBIK:
		lengths = [2]int{9, 9}
	case KindOGRN:
		lengths = [2]int{13, 15}
	case KindSNILS:
		lengths = [2]int{11, 11}
	case KindKBK, KindAccount:
		lengths = [2]int{20, 20}
	case KindOKTMO:
		lengths = [2]int{8, 11}
	case KindUIP:
		lengths = [2]int{32, 32}
	case KindPayerID:
		lengths = [2]int{22, 22}
	default:
		return false, false
	}
	return n+1 == lengths[0] || n+1 == lengths[1], n-1 == lengths[0] || n-1 == lengths[1]
}

// guessTypo tries every single wrong digit and every swap of neighbours.
func (p *Problem) guessTypo(chars []rune, ok func(string) bool) {
	swaps := transposed(chars, ok)
	all := slices.Clone(swaps)
	try := slices.Clone(chars)
	for i, was := range chars {
		if notDigit(was) {
			continue
		}
		for d := '0'; d <= '9'; d++ {
			if d == was {
				continue
			}
			try[i] = d
			if s := string(try); ok(s) && !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
		try[i] = was
	}
	if len(swaps) == 1 {
		at := firstDifference(chars, []rune(swaps[0]))
		p.Slip = SlipTransposition
		p.hint = i18n.Text{RU: "возможно, переставлены знаки %d и %d («%c%c»)", EN: "characters %d and %d (\"%c%c\") may be swapped"}.
			With(at+1, at+2, chars[at], chars[at+1])
	}
	if len(all) != 1 {
		if p.hint.IsZero() {
			p.hint = i18n.Say("сверьте номер с документом: ошибиться могли в любом знаке", "compare the number with the document: any character may be the wrong one")
		}
		return
	}
	if p.Slip == "" {
		p.Slip = SlipSubstitution
	}
	p.suggest(all[0])
}

func (p *Problem) suggest(value string) {
	p.Suggestion = value
	p.hint = i18n.Text{RU: "вероятно, %s: другого верного значения на расстоянии одной описки нет", EN: "probably %s: no other valid value is one slip away"}.With(value)
}

func transposed(chars []rune, ok func(string) bool) (found []string) {
	try := slices.Clone(chars)
	for i := 1; i < len(try); i++ {
		if try[i] == try[i-1] {
			continue
		}
		try[i], try[i-1] = try[i-1], try[i]
		if s := string(try); ok(s) {
			found = append(found, s)
		}
		try[i], try[i-1] = try[i-1], try[i]
	}
	return found
}

func inserted(chars []rune, ok func(string) bool, found []string) []string {
	for i := range len(chars) + 1 {
		for d := '0'; d <= '9'; d++ {
			if s := string(slices.Insert(slices.Clone(chars), i, d)); ok(s) && !slices.Contains(found, s) {
				found = append(found, s)
			}
		}
	}
	return found
}

func deleted(chars []rune, ok func(string) bool, found []string) []string {
	for i := range chars {
		if s := string(slices.Delete(slices.Clone(chars), i, i+1)); ok(s) && !slices.Contains(found, s) {
			found = append(found, s)
		}
	}
	return found
}

func firstDifference(a, b []rune) int {
	for i := range a {
		if a[i] != b[i] {
			return i
		}
	}
	return 0
}

// unlookalike replaces characters that were typed in the wrong alphabet or as
// a letter like a digit, and counts the replacements.
func unlookalike(k Kind, chars []rune) (string, int) {
	out, n := slices.Clone(chars), 0
	for i, r := range chars {
		to := r
		switch {
		case k == KindPaymentBasis || k == KindPaymentType || k == KindTaxPeriod && i < 2:
			to = toCyrillic(r)
		case k == KindKPP && (i == 4 || i == 5) || k == KindAccount && i == 5:
			to = toLatin(r)
		case k == KindDocumentDate || k == KindTaxPeriod:
			if r == '/' || r == ',' || r == '-' {
				to = '.'
			}
			fallthrough
		case k != KindDocumentNumber:
			if to == r {
				to = toDigit(r)
			}
		}
		if to != r {
			out[i] = to
			n++
		}
	}
	return string(out), n
}

// toDigit returns the digit that r looks like, else r.
func toDigit(r rune) rune {
	switch r {
	case 'O', 'o', 'О', 'о', 'Q', 'D':
		return '0'
	case 'l', 'I', 'i', '|', 'L', 'І', '!':
		return '1'
	case 'Z', 'z':
		return '2'
	case 'З', 'з', 'Э':
		return '3'
	case 'Ч', 'ч':
		return '4'
	case 'S', 's', 'Ѕ':
		return '5'
	case 'б', 'Б', 'b', 'G':
		return '6'
	case 'B', 'В':
		return '8'
	case 'g', 'q':
		return '9'
	}
	switch {
	case r >= '０' && r <= '９': // full width
		return r - '０' + '0'
	case r >= '٠' && r <= '٩': // Arabic-Indic
		return r - '٠' + '0'
	}
	return r
}

const (
	latinTwins    = "ABCEHKMOPTXY"
	cyrillicTwins = "АВСЕНКМОРТХУ"
)

func toCyrillic(r rune) rune {
	if i := strings.IndexRune(latinTwins, r); i >= 0 {
		return []rune(cyrillicTwins)[i]
	}
	return r
}

func toLatin(r rune) rune {
	if i := slices.Index([]rune(cyrillicTwins), r); i >= 0 {
		return rune(latinTwins[i])
	}
	return r
}
