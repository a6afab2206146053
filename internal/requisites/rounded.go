package requisites

import (
	"strconv"
	"strings"
)

// RoundedShape reports whether a number of twenty digits is just what a program
// makes of one that it keeps as a floating point number: jq 1.6 and JavaScript
// print the КБК 18210604012021000110 as 18210604012021000000. A КБК has no check
// digit to tell, so the shape is a warning.
func RoundedShape(s string) bool {
	if len(s) != 20 || s[0] == '0' || !strings.HasSuffix(s, "000") || strings.Trim(s, "0123456789") != "" {
		return false
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return false
	}
	var b [32]byte
	return string(strconv.AppendFloat(b[:0], f, 'f', -1, 64)) == s
}
