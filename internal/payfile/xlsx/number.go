package xlsx

import (
	"bytes"
	"strconv"
	"time"
)

// significant is how many digits a spreadsheet keeps of a number.
const significant = 15

// plain appends a number, as the sheet's XML has it, in plain decimal form,
// exactly: digits are moved, never calculated with in binary. What the XML
// has beyond the fifteenth digit is the noise of binary fractions
// (1234.5600000000001) and is rounded away, as spreadsheets do when they show
// the number. rounded tells that the number has more than fifteen digits
// before the point, so that its end is lost. ok is false for what is no number.
func plain(dst, raw []byte) (_ []byte, rounded, ok bool) {
	raw = bytes.TrimSpace(raw)
	negative := len(raw) > 0 && raw[0] == '-'
	if negative || len(raw) > 0 && raw[0] == '+' {
		raw = raw[1:]
	}
	exponent := 0
	if i := bytes.IndexAny(raw, "eE"); i >= 0 {
		e, err := strconv.Atoi(string(raw[i+1:]))
		if err != nil || e < -400 || e > 400 {
			return dst, false, false
		}
		exponent, raw = e, raw[:i]
	}
	var digits [64]byte
	n, point, seen := 0, -1, 0
	for _, c := range raw {
		switch {
		case c == '.' && point < 0:
			point = seen
			continue
		case c < '0' || c > '9':
			return dst, false, false
		}
		seen++
		if n > 0 || c != '0' {
			if n == len(digits) {
				return dst, false, false
			}
			digits[n] = c
			n++
		} else if point < 0 {
			seen-- // zeros in front
		} else {
			exponent-- // zeros after the point and before the first digit
			seen--
		}
	}
	if point < 0 {
		point = seen
	}
	if len(raw) == 0 || string(raw) == "." {
		return dst, false, false
	}
	whole := point + exponent // digits before the point
	if n == 0 {
		return append(dst, '0'), false, true
	}
	if n > significant {
		up := digits[significant] >= '5'
		n = significant
		if up {
			n, whole = roundUp(digits[:n], whole)
		}
	}
	for n > 0 && digits[n-1] == '0' {
		n--
	}
	if negative {
		dst = append(dst, '-')
	}
	return layOut(dst, digits[:n], whole), whole > significant, true
}

// roundUp adds one to the last digit; all nines become a single one.
func roundUp(digits []byte, whole int) (n, newWhole int) {
	for i := len(digits) - 1; i >= 0; i-- {
		if digits[i] < '9' {
			digits[i]++
			return i + 1, whole
		}
	}
	digits[0] = '1'
	return 1, whole + 1
}

func layOut(dst, digits []byte, whole int) []byte {
	if whole <= 0 {
		dst = append(dst, '0', '.')
		for range min(-whole, 400) {
			dst = append(dst, '0')
		}
		return append(dst, digits...)
	}
	for i := range min(whole, 400) {
		if i < len(digits) {
			dst = append(dst, digits[i])
		} else {
			dst = append(dst, '0')
		}
	}
	if whole < len(digits) {
		dst = append(append(dst, '.'), digits[whole:]...)
	}
	return dst
}

// lastDay is 31.12.9999 as a serial number of the 1900 system.
const lastDay = 2_958_465

// day appends the day of a serial number as дд.мм.гггг. The 1900 system
// counts a 29 February 1900 that never was, so days before 1 March 1900 have
// no reliable date and are refused.
func day(dst, raw []byte, from1904 bool) (_ []byte, ok bool) {
	var buf [64]byte
	text, _, ok := plain(buf[:0], raw)
	if !ok {
		return dst, false
	}
	if i := bytes.IndexByte(text, '.'); i >= 0 {
		text = text[:i] // the time of the day
	}
	n, err := strconv.Atoi(string(text))
	base := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if from1904 {
		base = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if err != nil || n > lastDay || n < 61 && !from1904 || n < 0 {
		return dst, false
	}
	return base.AddDate(0, 0, n).AppendFormat(dst, "02.01.2006"), true
}

// isoDay appends the day of an ISO 8601 text (cells of type "d").
func isoDay(dst, raw []byte) (_ []byte, ok bool) {
	if len(raw) < len(time.DateOnly) {
		return dst, false
	}
	t, err := time.Parse(time.DateOnly, string(raw[:len(time.DateOnly)]))
	if err != nil {
		return dst, false
	}
	return t.AppendFormat(dst, "02.01.2006"), true
}
