package requisites

import "unicode/utf8"

func characters(b []byte) int { return utf8.RuneCount(b) }

// checkTaxPeriod: МС.01–12, КВ.01–04, ПЛ.01–02, ГД.00, each with a year; a
// date; the eight digits of a customs office; "0".
func checkTaxPeriod(b []byte) fail {
	if string(b) == Absent {
		return fail{}
	}
	if len(b) == 8 {
		return digits(b, 8, 8)
	}
	if len(b) == 10 && b[0] <= '9' {
		return checkDate(b)
	}
	// Two Cyrillic letters are four bytes: ММ.NN.YYYY is twelve.
	if len(b) != 12 || b[4] != '.' || b[7] != '.' {
		return fail{code: wrongPattern}
	}
	last, first := 0, 1
	switch string(b[:4]) {
	case "МС":
		last = 12
	case "КВ":
		last = 4
	case "ПЛ":
		last = 2
	case "ГД":
		first = 0
	default:
		return fail{code: wrongPattern, pos: 1}
	}
	n, ok := number(b[5:7])
	if !ok || n < first || n > last {
		return fail{code: noSuchDate, pos: 4}
	}
	if y, ok := number(b[8:12]); !ok || y < 1990 || y > 2099 {
		return fail{code: noSuchDate, pos: 7}
	}
	return fail{}
}

func checkDocumentDate(b []byte) fail {
	if string(b) == Absent || string(b) == "00" {
		return fail{}
	}
	return checkDate(b)
}

// checkDate checks дд.мм.гггг against the calendar.
func checkDate(b []byte) fail {
	if len(b) != 10 || b[2] != '.' || b[5] != '.' {
		return fail{code: wrongPattern}
	}
	d, ok1 := number(b[:2])
	m, ok2 := number(b[3:5])
	y, ok3 := number(b[6:])
	switch {
	case !ok1 || !ok2 || !ok3:
		return fail{code: wrongPattern}
	case m < 1 || m > 12:
		return fail{code: noSuchDate, pos: 4}
	case d < 1 || d > daysIn(m, y):
		return fail{code: noSuchDate, pos: 1}
	case y < 1900:
		return fail{code: noSuchDate, pos: 7}
	}
	return fail{}
}

func daysIn(month, year int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

func number(b []byte) (n int, ok bool) {
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, len(b) > 0
}

// documentNumberMax is the length limit of field 108, in characters
// (reference: the DocNo key of ГОСТ Р 56042-2014).
const documentNumberMax = 15

func checkDocumentNumber(b []byte) fail {
	n := 0
	for i := 0; i < len(b); n++ {
		r, size := utf8.DecodeRune(b[i:])
		if r < ' ' || r == 0x7f || r == '|' || r == utf8.RuneError {
			return fail{code: wrongCharacter, pos: n + 1}
		}
		i += size
	}
	if n > documentNumberMax {
		return fail{code: tooLong}
	}
	return fail{}
}

func checkListed(k Kind, b []byte) fail {
	if string(b) == Absent {
		return fail{}
	}
	if !listedForm(k, b) {
		if _, ok := listOf(k).find(string(b)); !ok {
			return fail{code: noSuchCode}
		}
	}
	return fail{}
}
