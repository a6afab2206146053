package cell

import (
	"errors"
	"strings"
	"time"
	"unicode"
)

// The reasons why a text is no day.
var (
	ErrNoDay        = errors.New("not a date")
	ErrAmbiguousDay = errors.New("a date that reads two ways") // 03/04/2026: April or March
	ErrEmptyDay     = errors.New("a date of zeros")            // 00.00.0000, 0001-01-01: how programs write none
)

// The years that a date of a payment can lie in.
const firstYear, lastYear = 1990, 2099

// DayOf reads a day in every form that can be read one way only: 29.11.2026,
// 9.11.2026, 29.11.26, 2026-11-29, 2026.11.29, 20261129, 29/11/2026,
// 29-11-2026, «29 ноября 2026 г.», 29-Nov-2026, with or without a time behind.
// The day is the one that is written, in UTC. Points stand between day, month
// and year in Russia alone, so 03.04.2026 is the third of April; with slashes
// and dashes it would be either, and is ErrAmbiguousDay.
func DayOf(s string) (time.Time, error) {
	if len(s) == 10 && s[2] == '.' && s[5] == '.' { // as nearly every file writes it
		return calendar(s[6:], s[3:5], s[:2])
	}
	s, ok := withoutTime(Text(s))
	if !ok {
		return time.Time{}, ErrNoDay
	}
	if s != "" && strings.Trim(s, "0123456789") == "" {
		return eightDigits(s)
	}
	parts := strings.FieldsFunc(s, func(r rune) bool {
		return strings.ContainsRune(".-/,\u2010\u2011\u2012\u2013", r) || unicode.IsSpace(r)
	})
	if n := len(parts); n == 4 && isYearWord(parts[3]) {
		parts = parts[:3]
	}
	if len(parts) != 3 {
		return time.Time{}, ErrNoDay
	}
	if m := monthNamed(parts[1]); m != "" {
		return calendar(parts[2], m, parts[0])
	}
	for _, p := range parts {
		if strings.Trim(p, "0123456789") != "" || len(p) > 4 {
			return time.Time{}, ErrNoDay
		}
	}
	if len(parts[0]) == 4 {
		return calendar(parts[0], parts[1], parts[2])
	}
	day, err := calendar(parts[2], parts[1], parts[0])
	if strings.Contains(s, ".") {
		return day, err
	}
	american, other := calendar(parts[2], parts[0], parts[1])
	switch {
	case err != nil && other == nil:
		return american, nil
	case err == nil && other == nil && !day.Equal(american):
		return time.Time{}, ErrAmbiguousDay
	}
	return day, err
}

// withoutTime cuts a time of day off the end; ok is false if what stands there
// is no time.
func withoutTime(s string) (day string, ok bool) {
	at := strings.IndexByte(s, ':')
	if at < 0 {
		return strings.TrimSuffix(s, "Z"), true
	}
	start := at
	for start > 0 && s[start-1] >= '0' && s[start-1] <= '9' {
		start--
	}
	clock := s[start:]
	if n := at - start; n < 1 || n > 2 || strings.Trim(clock, "0123456789:.,+-Z ") != "" || len(clock) > 40 {
		return "", false
	}
	day = trim(s[:start])
	if d, cut := strings.CutSuffix(day, "T"); cut {
		day = d
	}
	return strings.TrimRight(trim(day), ","), day != ""
}

func eightDigits(s string) (time.Time, error) {
	if strings.Trim(s, "0") == "" {
		return time.Time{}, ErrEmptyDay
	}
	if len(s) != 8 {
		return time.Time{}, ErrNoDay
	}
	first, err := calendar(s[:4], s[4:6], s[6:])
	last, other := calendar(s[4:], s[2:4], s[:2])
	switch {
	case err != nil:
		return last, other
	case other == nil && !first.Equal(last):
		return time.Time{}, ErrAmbiguousDay
	}
	return first, nil
}

// calendar checks a year of two or four digits, a month and a day.
func calendar(year, month, day string) (time.Time, error) {
	y, ok1 := number(year)
	m, ok2 := number(month)
	d, ok3 := number(day)
	if !ok1 || !ok2 || !ok3 || len(month) > 2 || len(day) > 2 || len(year) != 2 && len(year) != 4 {
		return time.Time{}, ErrNoDay
	}
	if d == 0 && m == 0 && y == 0 || y == 1 && m == 1 && d == 1 && len(year) == 4 {
		return time.Time{}, ErrEmptyDay
	}
	if len(year) == 2 {
		y += 2000
	}
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if y < firstYear || y > lastYear || m < 1 || m > 12 || t.Day() != d || d < 1 {
		return time.Time{}, ErrNoDay
	}
	return t, nil
}

func number(s string) (n int, ok bool) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, s != ""
}

func isYearWord(s string) bool {
	s = strings.ToLower(strings.Trim(s, "."))
	return s == "г" || s == "года" || s == "год" || s == ""
}

// monthNamed returns the number of a month by its name, in either language.
func monthNamed(s string) string {
	s = strings.ToLower(strings.Trim(s, "."))
	if len(s) < 3 || s[0] >= '0' && s[0] <= '9' {
		return ""
	}
	numbers := [...]string{"01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12"}
	for i, name := range [...][3]string{{"января", "январь", "january"}, {"февраля", "февраль", "february"}, {"марта", "март", "march"}, {"апреля", "апрель", "april"},
		{"мая", "май", "may"}, {"июня", "июнь", "june"}, {"июля", "июль", "july"}, {"августа", "август", "august"}, {"сентября", "сентябрь", "september"},
		{"октября", "октябрь", "october"}, {"ноября", "ноябрь", "november"}, {"декабря", "декабрь", "december"}} {
		for _, whole := range name {
			short := 3
			if whole[0] >= 0x80 {
				short = 6 // three Cyrillic letters
			}
			if len(s) >= short && strings.HasPrefix(whole, s) {
				return numbers[i]
			}
		}
	}
	return ""
}
