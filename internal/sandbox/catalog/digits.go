package catalog

import (
	"strings"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/requisites"
)

// checkDigits verifies the check digits that the field's Check names; an
// account is checked together with the БИК in the field named after the colon.
func (f *Field) checkDigits(v, path string, values map[string]string) (string, i18n.Message) {
	ok := true
	kind, other, _ := strings.Cut(f.Check, ":")
	switch kind {
	case "snils":
		ok = requisites.ValidSNILS(v)
	case "inn":
		ok = requisites.ValidINN(v)
	case "bik":
		ok = requisites.ValidBIK(v)
	case "account":
		bik, err := requisites.ParseBIK(values[beside(other, path)])
		if err != nil { // the БИК itself is reported
			return "", i18n.Message{}
		}
		_, err = requisites.ParseAccountAt(v, bik)
		ok = err == nil
	}
	if ok {
		return "", i18n.Message{}
	}
	return "check", textCheck.With(f.Title)
}
