package requisites

import "strings"

// failCode says which rule a value broke.
type failCode uint8

const (
	fine failCode = iota
	empty
	tooLong
	wrongLength
	wrongCharacter
	wrongCheckDigit
	allZeros
	wrongStart   // a leading part that cannot be
	noSuchCode   // not in the list of codes
	noSuchDate   // a date the calendar does not have
	wrongPart    // an ИНН, КПП or СНИЛС inside a payer identifier
	wrongPattern // none of the forms the field can take
	wrongKey     // account key against a БИК
	noUIN        // "0" where a УИН is asked for
)

// fail is the outcome of a check, small enough to stay in registers.
type fail struct {
	code failCode
	pos  int  // 1-based, in characters of the normalised value; 0 = the whole
	want byte // the expected check digit
}

// scan normalises s into dst by the manner of kind k and checks it.
func scan(k Kind, dst []byte, s string) ([]byte, fail) {
	var over bool
	switch k {
	case KindTaxPeriod, KindDocumentNumber, KindDocumentDate:
		dst, over = trim(dst, s, k == KindTaxPeriod)
	default:
		if k == KindAccount {
			s = undotted(s)
		}
		dst, over = squeeze(dst, s, lettersIn(k))
	}
	switch {
	case over:
		return dst, fail{code: tooLong}
	case len(dst) == 0:
		return dst, fail{code: empty}
	}
	return dst, check(k, dst)
}

// undotted takes out the points with which accounts are printed: 40702.810.1.…
// One point alone is that of a number: 4.07E+19.
func undotted(s string) string {
	if strings.Count(s, ".") < 2 || strings.ContainsAny(s, "eEеЕ") {
		return s
	}
	return strings.ReplaceAll(s, ".", "")
}

// lettersIn reports whether values of kind k may hold letters.
func lettersIn(k Kind) bool {
	switch k {
	case KindUIN, KindKPP, KindAccount, KindPayerID, KindPaymentBasis, KindPaymentType:
		return true
	}
	return false
}

func check(k Kind, b []byte) fail {
	switch k {
	case KindUIN:
		return checkUIN(b)
	case KindINN:
		return checkINN(b)
	case KindKPP:
		return checkKPP(b)
	case KindOGRN:
		return checkOGRN(b)
	case KindSNILS:
		return checkSNILS(b)
	case KindKBK:
		return checkKBK(b)
	case KindOKTMO:
		return checkOKTMO(b)
	case KindBIK:
		return checkBIK(b)
	case KindAccount:
		return checkAccount(b)
	case KindUIP:
		return checkUIP(b)
	case KindPayerID:
		return checkPayerID(b)
	case KindDrawerStatus, KindPaymentBasis, KindPaymentType:
		return checkListed(k, b)
	case KindTaxPeriod:
		return checkTaxPeriod(b)
	case KindDocumentNumber:
		return checkDocumentNumber(b)
	case KindDocumentDate:
		return checkDocumentDate(b)
	}
	return fail{code: noSuchCode}
}

// digits checks that b is all digits, of one of two lengths, and not all zeros.
func digits(b []byte, n1, n2 int) fail {
	zeros := true
	for i, c := range b {
		if c < '0' || c > '9' {
			return fail{code: wrongCharacter, pos: characters(b[:i]) + 1}
		}
		zeros = zeros && c == '0'
	}
	if len(b) != n1 && len(b) != n2 {
		return fail{code: wrongLength}
	}
	if zeros {
		return fail{code: allZeros}
	}
	return fail{}
}

// checkINN: weights by the tax service's rule (order ЕД-7-14/559@ and before).
func checkINN(b []byte) fail {
	if f := digits(b, 10, 12); f.code != fine {
		return f
	}
	if b[0] == '0' && b[1] == '0' {
		return fail{code: wrongStart, pos: 1}
	}
	w := [11]int{3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8}
	if len(b) == 10 {
		return innDigit(b, 9, w[2:])
	}
	if f := innDigit(b, 10, w[1:]); f.code != fine {
		return f
	}
	return innDigit(b, 11, w[:])
}

func innDigit(b []byte, at int, w []int) fail {
	sum := 0
	for i := range at {
		sum += int(b[i]-'0') * w[i]
	}
	if want := byte('0' + sum%11%10); b[at] != want {
		return fail{wrongCheckDigit, at + 1, want}
	}
	return fail{}
}

func checkKPP(b []byte) fail {
	n := 0
	for i := 0; i < len(b); n++ {
		c := b[i]
		letterPlace := n == 4 || n == 5
		if !(c >= '0' && c <= '9' || letterPlace && c >= 'A' && c <= 'Z') {
			return fail{code: wrongCharacter, pos: n + 1}
		}
		i++
	}
	if n != 9 {
		return fail{code: wrongLength}
	}
	if b[0] == '0' && b[1] == '0' {
		return fail{code: wrongStart, pos: 1}
	}
	return fail{}
}

func checkOGRN(b []byte) fail {
	if f := digits(b, 13, 15); f.code != fine {
		return f
	}
	mod := uint64(11)
	first := b[0] == '1' || b[0] == '5'
	if len(b) == 15 {
		mod, first = 13, b[0] == '3'
	}
	if !first {
		return fail{code: wrongStart, pos: 1}
	}
	last := len(b) - 1
	var n uint64
	for _, c := range b[:last] {
		n = n*10 + uint64(c-'0')
	}
	if want := byte('0' + n%mod%10); b[last] != want {
		return fail{wrongCheckDigit, last + 1, want}
	}
	return fail{}
}

// lastUnchecked is the greatest СНИЛС number issued without check digits.
const lastUnchecked = 1001998

func checkSNILS(b []byte) fail {
	if f := digits(b, 11, 11); f.code != fine {
		return f
	}
	if !snilsHasKey(b) {
		return fail{}
	}
	key := snilsKey(b)
	if want := byte('0' + key/10); b[9] != want {
		return fail{wrongCheckDigit, 10, want}
	}
	if want := byte('0' + key%10); b[10] != want {
		return fail{wrongCheckDigit, 11, want}
	}
	return fail{}
}

func snilsHasKey(b []byte) bool {
	n := 0
	for _, c := range b[:9] {
		n = n*10 + int(c-'0')
	}
	return n > lastUnchecked
}

func snilsKey(b []byte) int {
	sum := 0
	for i := range 9 {
		sum += int(b[i]-'0') * (9 - i)
	}
	return sum % 101 % 100
}

func checkKBK(b []byte) fail {
	if string(b) == Absent {
		return fail{}
	}
	return digits(b, 20, 20)
}

func checkOKTMO(b []byte) fail {
	if string(b) == Absent {
		return fail{}
	}
	if f := digits(b, 8, 11); f.code != fine {
		return f
	}
	if b[0] == '0' && b[1] == '0' && b[2] == '0' {
		return fail{code: wrongStart, pos: 1}
	}
	return fail{}
}

// checkBIK checks the form only. The first digit tells how the holder takes
// part in the payment system: 0 directly, 1 indirectly, 2 as a client.
func checkBIK(b []byte) fail {
	if f := digits(b, 9, 9); f.code != fine {
		return f
	}
	if b[0] > '2' {
		return fail{code: wrongStart, pos: 1}
	}
	return fail{}
}

func checkUIP(b []byte) fail { return digits(b, 32, 32) }
