package signing

import (
	"strings"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

func badSubject(why i18n.Localised) error {
	return fault.New(exitcode.Usage, "cert.subject", i18n.Text{RU: "владелец сертификата не читается: %s", EN: "the subject cannot be read: %s"}.With(why)).
		Advise(i18n.Say("пример: --subject 'CN=Учебный Пётр Примерович, SNILS=00000000909'", "for example --subject 'CN=Учебный Пётр Примерович, SNILS=00000000909'"))
}

// ParseSubject reads "CN=…, SNILS=…": parts separated by commas, a backslash
// before a comma that belongs to a value. The identifiers are checked.
func ParseSubject(s string) (cert.Name, error) {
	var n cert.Name
	for _, part := range split(s) {
		key, value, ok := strings.Cut(part, "=")
		key, value = strings.ToUpper(strings.TrimSpace(key)), strings.TrimSpace(value)
		if !ok || value == "" {
			return n, badSubject(i18n.Text{RU: "«%s» — не ИМЯ=ЗНАЧЕНИЕ", EN: "%q is not NAME=VALUE"}.With(strings.TrimSpace(part)))
		}
		field, kind := fieldOf(&n, key)
		if field == nil {
			return n, badSubject(i18n.Text{RU: "нет поля «%s»; есть CN, SN, G, T, O, OU, C, ST, L, STREET, E, INN, INNLE, OGRN, OGRNIP, SNILS", EN: "there is no field %q; known: CN, SN, G, T, O, OU, C, ST, L, STREET, E, INN, INNLE, OGRN, OGRNIP, SNILS"}.With(key))
		}
		if *field != "" {
			return n, badSubject(i18n.Text{RU: "поле %s указано дважды", EN: "field %s is given twice"}.With(key))
		}
		if kind != 0 {
			r := requisites.Check(kind, value, requisites.Options{})
			if r.Verdict == requisites.VerdictInvalid {
				return n, badSubject(i18n.Text{RU: "%s: %s", EN: "%s: %s"}.With(key, r.Problem.Message()))
			}
			value = r.Normalised
		}
		*field = untrusted.Text(value)
	}
	if n.CommonName == "" {
		return n, badSubject(i18n.Say("нет CN (имени)", "there is no CN (name)"))
	}
	return n, nil
}

// fieldOf returns the field of a name and the requisite that it holds, if any.
func fieldOf(n *cert.Name, key string) (field *untrusted.Text, kind requisites.Kind) {
	switch key {
	case "CN":
		return &n.CommonName, 0
	case "SN":
		return &n.Surname, 0
	case "G", "GN":
		return &n.GivenName, 0
	case "T":
		return &n.Title, 0
	case "O":
		return &n.Organization, 0
	case "OU":
		return &n.OrganizationalUnit, 0
	case "C":
		return &n.Country, 0
	case "S", "ST":
		return &n.Region, 0
	case "L":
		return &n.Locality, 0
	case "STREET":
		return &n.Street, 0
	case "E", "EMAIL":
		return &n.Email, 0
	case "INN":
		return &n.INN, requisites.KindINN
	case "INNLE":
		return &n.OrgINN, requisites.KindINN
	case "OGRN":
		return &n.OGRN, requisites.KindOGRN
	case "OGRNIP":
		return &n.OGRNIP, requisites.KindOGRN
	case "SNILS":
		return &n.SNILS, requisites.KindSNILS
	}
	return nil, 0
}

// split cuts at commas that no backslash precedes.
func split(s string) []string {
	var parts []string
	var b strings.Builder
	escaped := false
	for _, r := range s {
		switch {
		case escaped:
			b.WriteRune(r)
			escaped = false
		case r == '\\':
			escaped = true
		case r == ',':
			parts = append(parts, b.String())
			b.Reset()
		default:
			b.WriteRune(r)
		}
	}
	if strings.TrimSpace(b.String()) != "" || len(parts) == 0 {
		parts = append(parts, b.String())
	}
	return parts
}
