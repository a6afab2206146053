package requisites

import "unicode/utf8"

// checkPayerID checks the forms of format 2.x (22 characters: kind of payer,
// document type, 19 characters of the document, zero-padded on the left) and
// the shorter forms of format 1.16 (2+ИНН+КПП; 3 or 4 + ИНН of a person).
func checkPayerID(b []byte) fail {
	n := characters(b)
	for i, c := range b {
		letters := b[0] == '1' && i > 2 // a foreign passport may hold letters
		if c >= '0' && c <= '9' || letters && (c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf) {
			continue
		}
		return fail{code: wrongCharacter, pos: characters(b[:i]) + 1}
	}
	switch b[0] {
	case '1':
		return checkPersonID(b, n)
	case '2':
		return checkCompanyID(b)
	case '3', '4':
		return checkTraderID(b)
	}
	return fail{code: wrongStart, pos: 1}
}

func checkPersonID(b []byte, n int) fail {
	if n != 22 && n != 23 {
		return fail{code: wrongLength}
	}
	switch t := int(b[1]-'0')*10 + int(b[2]-'0'); {
	case t >= 1 && t <= 15, t >= 21 && t <= 28:
	default:
		return fail{code: wrongStart, pos: 2}
	}
	if n != 22 || len(b) != 22 {
		return fail{}
	}
	switch string(b[1:3]) {
	case "14":
		return inside(b, 11, checkSNILS)
	case "22":
		return inside(b, 12, checkINN)
	}
	return fail{}
}

func checkCompanyID(b []byte) fail {
	switch len(b) {
	case 20: // 1.16
	case 22:
		if b[1] != '0' || b[2] != '0' {
			return fail{code: wrongStart, pos: 2}
		}
	default:
		return fail{code: wrongLength}
	}
	inn, kpp := b[len(b)-19:len(b)-9], b[len(b)-9:]
	if f := checkINN(inn); f.code != fine {
		return fail{code: wrongPart, pos: len(b) - 18}
	}
	if f := checkKPP(kpp); f.code != fine {
		return fail{code: wrongPart, pos: len(b) - 8}
	}
	return fail{}
}

func checkTraderID(b []byte) fail {
	switch len(b) {
	case 13: // 1.16
		return inside(b, 12, checkINN)
	case 22:
		if b[0] == '4' {
			return inside(b, 12, checkINN)
		}
		return fail{} // a foreign organisation: КИО or ИНН with КПП
	}
	return fail{code: wrongLength}
}

// inside checks the last n digits, when what stands before them is padding.
func inside(b []byte, n int, check func([]byte) fail) fail {
	at := len(b) - n
	if f := check(b[at:]); f.code != fine {
		return fail{code: wrongPart, pos: at + 1}
	}
	return fail{}
}

// padded writes the payer kind, the document type and the number to 22 characters.
func padded(kind, doc, number string) PayerID {
	const zeros = "0000000000000000000"
	return PayerID(kind + doc + zeros[:19-len(number)] + number)
}

// PayerOfSNILS is the payer identifier of a person known by СНИЛС.
func PayerOfSNILS(s SNILS) PayerID { return padded("1", "14", string(s)) }

// PayerOfPerson is the payer identifier of a person known by a 12-digit ИНН.
func PayerOfPerson(inn INN) PayerID { return padded("1", "22", string(inn)) }

// PayerOfTrader is the payer identifier of a sole trader.
func PayerOfTrader(inn INN) PayerID { return padded("4", "00", string(inn)) }

// PayerOfCompany is the payer identifier of an organisation.
func PayerOfCompany(inn INN, kpp KPP) PayerID { return padded("2", "00", string(inn)+string(kpp)) }
