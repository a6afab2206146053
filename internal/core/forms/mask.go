package forms

import (
	"strings"
	"unicode"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/requisites"
)

// dressed writes a text as the field's mask wants it: what people type with
// other signs, or without them, is the same number. A text that does not fit is
// returned as it is.
func (fd *Field) dressed(s string) string {
	switch fd.Mask {
	case "":
		return s
	case "phone":
		d := digitsOf(s)
		switch {
		case len(d) == 11 && (d[0] == '7' || d[0] == '8'):
			return "+7" + d[1:]
		case len(d) == 10 && d[0] == '9':
			return "+7" + d
		}
		return s
	case "snils":
		return fit("999-999-999 99", s)
	case "inn":
		if d := digitsOf(s); len(d) == 10 || len(d) == 12 {
			return d
		}
		return s
	case "passport":
		return fit("9999 999999", s)
	}
	return fit(fd.Mask, s)
}

// fit puts the digits of s into the nines of a mask, when there are as many of
// them and nothing but digits and signs.
func fit(mask, s string) string {
	d := digitsOf(s)
	if d == "" || len(d) != strings.Count(mask, "9") {
		return s
	}
	var b strings.Builder
	for i := range len(mask) {
		if mask[i] != '9' {
			b.WriteByte(mask[i])
			continue
		}
		b.WriteByte(d[0])
		d = d[1:]
	}
	return b.String()
}

// digitsOf returns the digits of a text that has no other letters, else "".
func digitsOf(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return ""
		}
	}
	return b.String()
}

// picture is the mask as people read it.
func (fd *Field) picture() string {
	switch fd.Mask {
	case "phone":
		return "+7XXXXXXXXXX"
	case "snils":
		return "XXX-XXX-XXX XX"
	case "inn":
		return "XXXXXXXXXX(XX)"
	case "passport":
		return "XXXX XXXXXX"
	}
	return strings.ReplaceAll(fd.Mask, "9", "X")
}

// checkDigits says what is wrong with the check digits of a number, or nothing.
func (fd *Field) checkDigits(v any, tree map[string]any, at path) i18n.Message {
	s, ok := v.(string)
	if !ok || fd.Check == "" {
		return i18n.Message{}
	}
	var err error
	kind, other, _ := strings.Cut(fd.Check, ":")
	switch kind {
	case "snils":
		_, err = requisites.ParseSNILS(s)
	case "inn":
		_, err = requisites.ParseINN(s)
	case "bik":
		_, err = requisites.ParseBIK(s)
	case "account":
		p, perr := parsePath(other)
		if perr != nil {
			return i18n.Message{}
		}
		b, _ := get(tree, near(p, at))
		text, _ := b.(string)
		bik, perr := requisites.ParseBIK(text)
		if perr != nil { // the БИК itself is reported
			return i18n.Message{}
		}
		_, err = requisites.ParseAccountAt(s, bik)
	}
	if err == nil {
		return i18n.Message{}
	}
	return i18n.Say("контрольные цифры не сходятся: проверьте, нет ли опечатки", "the check digits do not match: look for a misprint")
}
