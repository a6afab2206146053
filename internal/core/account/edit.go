package account

import (
	"slices"
	"strings"

	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Edit is what a person wants to change, contacts included.
type Edit struct {
	wire.ProfileEdit
	Mobile, Email string // empty: as they are
}

// Empty reports whether nothing is to be changed.
func (e Edit) Empty() bool {
	return e.Mobile == "" && e.Email == "" && e.ProfileEdit.LastName == nil && e.FirstName == nil && e.MiddleName == nil && e.BirthDate == nil &&
		e.Gender == nil && e.BirthPlace == nil && e.INN == nil && len(e.Addresses) == 0 && len(e.Documents) == 0
}

// Difference is one value that an edit would change.
type Difference struct {
	Field string // as in the history: "lastName", "address.PLV", "document.RF_PASSPORT"
	Title i18n.Text
	Old   untrusted.Text
	New   untrusted.Text
}

// Trim returns the edit without what is so in p already, and what is left of
// it as differences, in the order of the profile.
func Trim(p wire.Profile, e Edit) (Edit, []Difference) {
	var out []Difference
	add := func(field, old, fresh string) {
		out = append(out, Difference{field, FieldTitle(field), untrusted.Text(old), untrusted.Text(fresh)})
	}
	for _, f := range []struct {
		field string
		old   string
		given **string
	}{
		{"lastName", p.LastName.Raw(), &e.LastName}, {"firstName", p.FirstName.Raw(), &e.FirstName}, {"middleName", p.MiddleName.Raw(), &e.MiddleName},
		{"birthDate", p.BirthDate, &e.BirthDate}, {"gender", p.Gender, &e.Gender}, {"birthPlace", p.BirthPlace.Raw(), &e.BirthPlace}, {"inn", p.INN, &e.INN},
	} {
		switch {
		case *f.given == nil:
		case **f.given == f.old:
			*f.given = nil
		default:
			add(f.field, f.old, **f.given)
		}
	}
	if e.Mobile != "" {
		if SameMobile(p.Mobile, e.Mobile) {
			e.Mobile = ""
		} else {
			add("mobile", p.Mobile, e.Mobile)
		}
	}
	if e.Email != "" {
		if strings.EqualFold(p.Email, e.Email) {
			e.Email = ""
		} else {
			add("email", p.Email, e.Email)
		}
	}
	e.Addresses = slices.DeleteFunc(slices.Clone(e.Addresses), func(a wire.Address) bool {
		old := addressOf(p, a.Type)
		if old == a {
			return true
		}
		add("address."+a.Type, AddressLine(old), AddressLine(a))
		return false
	})
	e.Documents = slices.DeleteFunc(slices.Clone(e.Documents), func(d wire.DocumentEdit) bool {
		old, known := documentOf(p, d.Type)
		if known && !d.Remove && old == d {
			return true
		}
		fresh := ""
		if !d.Remove {
			fresh = documentLine(d)
		}
		was := ""
		if known {
			was = documentLine(old)
		}
		add("document."+d.Type, was, fresh)
		return false
	})
	return e, out
}

func addressOf(p wire.Profile, kind string) wire.Address {
	for _, a := range p.Addresses {
		if a.Type == kind {
			return a
		}
	}
	return wire.Address{Type: kind}
}

// Address returns the address of a type as it is, to be changed in part.
func Address(p wire.Profile, kind string) wire.Address { return addressOf(p, kind) }

func documentOf(p wire.Profile, kind string) (wire.DocumentEdit, bool) {
	for _, d := range p.Documents {
		if d.Type == kind {
			return wire.DocumentEdit{Type: d.Type, Series: d.Series, Number: d.Number, IssueDate: d.IssueDate, IssueID: d.IssueID,
				IssuedBy: d.IssuedBy, ExpiresAt: d.ExpiresAt}, true
		}
	}
	return wire.DocumentEdit{}, false
}

// Document returns the document of a type as it is, to be changed in part.
func Document(p wire.Profile, kind string) wire.DocumentEdit {
	d, _ := documentOf(p, kind)
	d.Type = kind
	return d
}

// AddressLine is an address in one line.
func AddressLine(a wire.Address) string {
	parts := []string{a.ZipCode, a.Region.Raw(), a.City.Raw(), a.Street.Raw()}
	if a.House != "" {
		parts = append(parts, "д. "+a.House.Raw())
	}
	if a.Flat != "" {
		parts = append(parts, "кв. "+a.Flat.Raw())
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

func documentLine(d wire.DocumentEdit) string {
	parts := []string{strings.TrimSpace(d.Series + " " + d.Number), d.IssueDate, d.IssueID, d.IssuedBy.Raw(), d.ExpiresAt}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

// SameMobile reports whether two spellings name one mobile number.
func SameMobile(a, b string) bool {
	tail := func(s string) string {
		digits := strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, s)
		return digits[max(0, len(digits)-10):]
	}
	return len(tail(a)) == 10 && tail(a) == tail(b)
}

// Lowers reports whether an edit makes a checked account simplified until the
// registers have looked: names, birth, sex and the passport are who one is.
func Lowers(level wire.Level, diffs []Difference) bool {
	return level != wire.LevelSimplified && slices.ContainsFunc(diffs, func(d Difference) bool {
		switch d.Field {
		case "lastName", "firstName", "middleName", "birthDate", "gender", "birthPlace", "document." + wire.DocumentPassport:
			return true
		}
		return false
	})
}

// FieldTitle names a field of the profile.
func FieldTitle(field string) i18n.Text {
	switch field {
	case "lastName":
		return i18n.Text{RU: "Фамилия", EN: "Last name"}
	case "firstName":
		return i18n.Text{RU: "Имя", EN: "First name"}
	case "middleName":
		return i18n.Text{RU: "Отчество", EN: "Middle name"}
	case "birthDate":
		return i18n.Text{RU: "Дата рождения", EN: "Date of birth"}
	case "gender":
		return i18n.Text{RU: "Пол", EN: "Sex"}
	case "birthPlace":
		return i18n.Text{RU: "Место рождения", EN: "Place of birth"}
	case "inn":
		return i18n.Text{RU: "ИНН", EN: "ИНН"}
	case "mobile":
		return i18n.Text{RU: "Телефон", EN: "Phone"}
	case "email":
		return i18n.Text{RU: "Почта", EN: "E-mail"}
	case "address." + wire.AddressLiving:
		return i18n.Text{RU: "Адрес проживания", EN: "Address of living"}
	case "address." + wire.AddressRegistered:
		return i18n.Text{RU: "Адрес регистрации", EN: "Registered address"}
	}
	if kind, ok := strings.CutPrefix(field, "document."); ok {
		return DocumentTitle(kind)
	}
	return i18n.Text{RU: field, EN: field}
}

// DocumentTitle names a document by ЕСИА's type.
func DocumentTitle(kind string) i18n.Text {
	switch kind {
	case wire.DocumentPassport:
		return i18n.Text{RU: "Паспорт", EN: "Passport"}
	case wire.DocumentForeign:
		return i18n.Text{RU: "Загранпаспорт", EN: "Passport for travel"}
	case wire.DocumentDrivingLicence:
		return i18n.Text{RU: "Водительское удостоверение", EN: "Driving licence"}
	case wire.DocumentMedicalPolicy:
		return i18n.Text{RU: "Полис ОМС", EN: "Medical policy"}
	}
	return i18n.Text{RU: kind, EN: kind}
}
