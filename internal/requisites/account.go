package requisites

// checkAccount checks the form: twenty digits, of which the sixth may be one
// of the letters of clearing currencies.
func checkAccount(b []byte) fail {
	zeros := true
	for i, c := range b {
		if _, ok := accountDigit(b, i); !ok {
			return fail{code: wrongCharacter, pos: characters(b[:i]) + 1}
		}
		zeros = zeros && c == '0'
	}
	if len(b) != 20 {
		return fail{code: wrongLength}
	}
	if zeros {
		return fail{code: allZeros}
	}
	return fail{}
}

// accountDigit returns the value of character i. Letters stand for digits in
// the sixth place only (instruction 515 of 08.09.1997: A B C E H K M P T X
// are 0–9).
func accountDigit(b []byte, i int) (int, bool) {
	c := b[i]
	if c >= '0' && c <= '9' {
		return int(c - '0'), true
	}
	if i != 5 {
		return 0, false
	}
	switch c {
	case 'A':
		return 0, true
	case 'B':
		return 1, true
	case 'C':
		return 2, true
	case 'E':
		return 3, true
	case 'H':
		return 4, true
	case 'K':
		return 5, true
	case 'M':
		return 6, true
	case 'P':
		return 7, true
	case 'T':
		return 8, true
	case 'X':
		return 9, true
	}
	return 0, false
}

// A KeyVerdict is the outcome of checking an account's key against a БИК.
type KeyVerdict uint8

// The three answers.
const (
	KeyNotCheckable KeyVerdict = iota // treasury accounts 03… carry no bank key
	KeyValid
	KeyInvalid
)

// KeyOf checks the key (ninth digit) of a well-formed account at a bank, by
// instruction 515 of the Bank of Russia (08.09.1997). A treasury account
// (03…) is not checkable. It never allocates.
func KeyOf(bik BIK, account Account) KeyVerdict {
	if len(bik) != 9 || len(account) != 20 || account.Treasury() {
		return KeyNotCheckable
	}
	switch account.placeAt(bik) {
	case centralBank:
		return verdictOf(keySum(bik, account, true)%10 == 0)
	case creditBank:
		return verdictOf(keySum(bik, account, false)%10 == 0)
	default:
		return verdictOf(keySum(bik, account, true)%10 == 0 || keySum(bik, account, false)%10 == 0)
	}
}

func verdictOf(ok bool) KeyVerdict {
	if ok {
		return KeyValid
	}
	return KeyInvalid
}

// place says whose prefix the key of an account was made with.
type place uint8

const (
	creditBank  place = iota // the last three digits of the БИК
	centralBank              // 0 and digits 5–6 of the БИК
	eitherBank               // correspondent accounts other than 30101 live in both
)

func (a Account) placeAt(bik BIK) place {
	switch {
	case a[:5] == "30101" || a.SingleTreasury():
		return centralBank
	case a[:3] == "301":
		return eitherBank
	case bik[:2] != "04": // treasury bodies and units of the Bank of Russia
		return centralBank
	case bik[6:] == "000" || bik[6:] == "001" || bik[6:] == "002": // settlement centres
		return centralBank
	}
	return creditBank
}

// keySum is the weighted sum of prefix and account; a right key makes it a
// multiple of ten.
func keySum(bik BIK, account Account, central bool) int {
	p0, p1, p2 := bik[6], bik[7], bik[8]
	if central {
		p0, p1, p2 = '0', bik[4], bik[5]
	}
	sum := int(p0-'0')*7 + int(p1-'0')*1 + int(p2-'0')*3
	for i := range len(account) {
		d := int(account[i] - '0')
		if account[i] > '9' {
			d, _ = accountDigit([]byte(account), i)
		}
		sum += d * keyWeight(i)
	}
	return sum
}

func keyWeight(i int) int {
	switch i % 3 {
	case 0:
		return 7
	case 1:
		return 1
	}
	return 3
}

// keyPlace is the index of the key inside an account number.
const keyPlace = 8

// rightKey returns the key digit that the account would need at bik.
func rightKey(bik BIK, a Account) byte {
	central := a.placeAt(bik) == centralBank
	rest := keySum(bik, a, central) - int(a[keyPlace]-'0')*keyWeight(keyPlace)
	for d := range 10 {
		if (rest+d*keyWeight(keyPlace))%10 == 0 {
			return byte('0' + d)
		}
	}
	return '0'
}

// ParseAccountAt parses an account number and checks its key against bik. An
// account whose key cannot be checked (03…) passes.
func ParseAccountAt(s string, bik BIK) (Account, error) {
	a, err := ParseAccount(s)
	if err != nil {
		return "", err
	}
	if KeyOf(bik, a) != KeyInvalid {
		return a, nil
	}
	f := fail{code: wrongKey, pos: keyPlace + 1, want: rightKey(bik, a)}
	p := explain(KindAccount, s, string(a), f, func(c string) bool {
		v, err := ParseAccount(c)
		return err == nil && KeyOf(bik, v) == KeyValid
	})
	return "", p
}

// Treasury reports whether this is a treasury account (казначейский счёт, 03…).
func (a Account) Treasury() bool { return len(a) > 2 && a[:2] == "03" }

// SingleTreasury reports whether this is the treasury's own account at the
// Bank of Russia (ЕКС, 40102…), which stands in the correspondent account's place.
func (a Account) SingleTreasury() bool { return len(a) > 5 && a[:5] == "40102" }

// Correspondent reports whether this is a bank's correspondent account (301…).
func (a Account) Correspondent() bool { return len(a) > 3 && a[:3] == "301" }

// Currency returns the three-digit currency code inside the account: "810"
// is the ruble of internal accounts, "643" that of treasury ones.
func (a Account) Currency() string {
	if len(a) != 20 {
		return ""
	}
	return string(a[5:8])
}
