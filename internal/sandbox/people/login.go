package people

import (
	"context"
	"strings"

	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// ByLogin finds a person by what is typed at sign-in: phone, e-mail, СНИЛС or
// ИНН, in any usual spelling. ErrNotFound when nobody has it.
func ByLogin(ctx context.Context, q store.Queryer, login string) (Person, error) {
	column, value := parseLogin(login)
	if column == "" {
		return Person{}, ErrNotFound
	}
	return scanPerson(q.QueryRowContext(ctx, "SELECT "+personColumns+" FROM persons WHERE "+column+" = ?", value))
}

// parseLogin tells by its form what a login is and spells it as it is kept.
func parseLogin(login string) (column, value string) {
	login = strings.TrimSpace(login)
	if strings.Contains(login, "@") {
		return "email", strings.ToLower(login)
	}
	digits := make([]byte, 0, 12)
	for _, c := range []byte(login) {
		switch {
		case c >= '0' && c <= '9':
			digits = append(digits, c)
		case strings.IndexByte(" ()-+", c) < 0:
			return "", ""
		}
	}
	d := string(digits)
	switch {
	case strings.HasPrefix(login, "+") && len(d) == 11:
		return "mobile", Mobile(d)
	case len(d) == 12:
		return "inn", d
	case len(d) == 11 && strings.HasPrefix(d, "000"):
		return "snils", SNILS(d)
	case len(d) == 11 && (d[0] == '7' || d[0] == '8') && d[1] == '9' && !spelledAsSNILS(login):
		// Eleven digits may be a СНИЛС as well; a mobile number is meant when
		// it looks like one and is not spelt the way a СНИЛС is.
		return "mobile", Mobile("7" + d[1:])
	case len(d) == 11:
		return "snils", SNILS(d)
	case len(d) == 10 && d[0] == '9':
		return "mobile", Mobile("7" + d)
	}
	return "", ""
}

func spelledAsSNILS(s string) bool {
	return len(s) == 14 && s[3] == '-' && s[7] == '-' && (s[11] == ' ' || s[11] == '-')
}

// Mobile spells 11 digits of a number as ЕСИА does: +7(900)0000001.
func Mobile(digits string) string {
	if len(digits) != 11 {
		return ""
	}
	return "+" + digits[:1] + "(" + digits[1:4] + ")" + digits[4:]
}

// SNILS spells 11 digits as 000-000-000 00.
func SNILS(digits string) string {
	if len(digits) != 11 {
		return ""
	}
	return digits[:3] + "-" + digits[3:6] + "-" + digits[6:9] + " " + digits[9:]
}

// NormalLogin spells a login as it is kept, so that one login is the same
// however it is typed; what is no login stays as it is.
func NormalLogin(s string) string {
	if _, v := parseLogin(s); v != "" {
		return v
	}
	return strings.TrimSpace(s)
}

// NormalMobile spells a mobile number as it is kept; "" when it is none.
func NormalMobile(s string) string {
	if column, v := parseLogin(s); column == "mobile" {
		return v
	}
	return ""
}

// NormalEmail spells an address as it is kept; "" when it is none.
func NormalEmail(s string) string {
	column, v := parseLogin(s)
	at := strings.LastIndexByte(v, '@')
	if column != "email" || at < 1 || at == len(v)-1 || len(v) > 254 || strings.ContainsAny(v, " \t\r\n<>\"") {
		return ""
	}
	return v
}

// MaskMobile hides the middle of a number: "+7 *** ***-00-01".
func MaskMobile(s string) string {
	if len(s) < 4 {
		return "***"
	}
	t := s[len(s)-4:]
	return "+7 *** ***-" + t[:2] + "-" + t[2:]
}

// MaskEmail hides an address but for its first letter and domain: "p***@example.org".
func MaskEmail(s string) string {
	name, domain, ok := strings.Cut(s, "@")
	if !ok || name == "" {
		return "***"
	}
	return name[:1] + "***@" + domain
}

// Logins returns everything that the person may type at sign-in, the shortest
// way first.
func (p Person) Logins() []string {
	var out []string
	if p.Mobile != "" {
		out = append(out, "+"+onlyDigits(p.Mobile))
	}
	for _, s := range []string{p.Email, p.SNILS, p.INN} {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}
