package people

import (
	"strings"
	"testing"
)

func FuzzParseLogin(f *testing.F) {
	for _, s := range []string{"+79000000001", "8 (900) 000-00-01", "petr@example.org", "000-000-009 09", "960000000300", "", "@", "+", strings.Repeat("9", 1000)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		column, value := parseLogin(s)
		switch column {
		case "", "email":
		case "mobile":
			if len(value) != len("+7(900)0000001") {
				t.Errorf("%q reads as the number %q", s, value)
			}
		case "snils":
			if len(value) != len("000-000-000 00") {
				t.Errorf("%q reads as the СНИЛС %q", s, value)
			}
		case "inn":
			if len(value) != 12 {
				t.Errorf("%q reads as the ИНН %q", s, value)
			}
		default:
			t.Errorf("column %q", column)
		}
		if again, _ := parseLogin(value); column != "" && column != "email" && again != column {
			t.Errorf("%q is a %s, its own spelling %q a %q", s, column, value, again)
		}
		_, _ = MaskMobile(s), MaskEmail(s)
	})
}
