package requisites

import (
	"strconv"
	"strings"
)

// RoundedShape reports whether a number of twenty digits is just what a program
// makes of one that it keeps as a floating point number: jq 1.6 and JavaScript
// print the КБК 18210604012021000110 as 18210604012021000000; programs that print
// every digit of the double, as 18210604012021000192. A КБК has no check digit to
// tell, so the shape is a warning. One number of two thousand has the second shape
// by chance.
func RoundedShape(s string) bool {
	if len(s) != 20 || s[0] == '0' || strings.Trim(s, "0123456789") != "" {
		return false
	}
	last := 0 // four digits: the double of a number of twenty is a multiple of 2048
	for _, c := range s[16:] {
		last = 10*last + int(c-'0')
	}
	zeros := strings.HasSuffix(s, "000")
	if !zeros && last%16 != 0 {
		return false
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return false
	}
	var b [32]byte
	return zeros && string(strconv.AppendFloat(b[:0], f, 'f', -1, 64)) == s || string(strconv.AppendFloat(b[:0], f, 'f', 0, 64)) == s
}
