package people

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Fact is one thing known about a person, under the name that the history of
// changes uses: "lastName", "address.PLV", "document.RF_PASSPORT".
type Fact struct {
	Field string
	Raw   json.RawMessage // null when it is not known
	Shown string          // masked, for the history
}

// none is a fact that is not known.
func none() json.RawMessage { return json.RawMessage("null") }

// Facts lists what is known about a person in a fixed order.
func (p Person) Facts() ([]Fact, error) {
	var out []Fact
	for _, f := range []struct {
		field, value string
		mask         func(string) string
	}{
		{"lastName", p.LastName, maskWord}, {"firstName", p.FirstName, maskWord}, {"middleName", p.MiddleName, maskWord},
		{"birthDate", p.BirthDate, maskDate}, {"gender", p.Gender, plain}, {"birthPlace", p.BirthPlace, maskWord},
		{"snils", p.SNILS, maskTail}, {"inn", p.INN, maskTail}, {"mobile", p.Mobile, MaskMobile}, {"email", p.Email, MaskEmail},
		{"level", string(p.Level), plain},
	} {
		fact := Fact{Field: f.field, Raw: none()}
		if f.value != "" {
			raw, err := json.Marshal(f.value)
			if err != nil {
				return nil, err
			}
			fact.Raw, fact.Shown = raw, f.mask(f.value)
		}
		out = append(out, fact)
	}
	for _, a := range p.Addresses {
		a.ID = 0
		raw, err := json.Marshal(a)
		if err != nil {
			return nil, err
		}
		out = append(out, Fact{"address." + a.Type, raw, maskAddress(a)})
	}
	for _, d := range p.Documents {
		shown := maskTail(d.Series + d.Number)
		d.ID, d.Verified = 0, false // whether a register has confirmed it is not for anybody to write
		raw, err := json.Marshal(d)
		if err != nil {
			return nil, err
		}
		out = append(out, Fact{"document." + d.Type, raw, shown})
	}
	return out, nil
}

// ETag names the present state of a person: it changes with every fact.
func (p Person) ETag() (string, error) {
	b, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return `"` + hex.EncodeToString(sum[:12]) + `"`, nil
}

// Diff lists what differs between two states of a person.
func Diff(before, after Person) ([]ChangeField, error) {
	old, err := before.Facts()
	if err != nil {
		return nil, err
	}
	fresh, err := after.Facts()
	if err != nil {
		return nil, err
	}
	var out []ChangeField
	for _, f := range fresh {
		was := factOf(old, f.Field)
		if string(was.Raw) != string(f.Raw) {
			out = append(out, ChangeField{Field: f.Field, Old: was.Shown, New: f.Shown, Undo: was.Raw, Redo: f.Raw})
		}
	}
	for _, f := range old {
		if factOf(fresh, f.Field).Field == "" {
			out = append(out, ChangeField{Field: f.Field, Old: f.Shown, Undo: f.Raw, Redo: none()})
		}
	}
	return out, nil
}

func factOf(facts []Fact, field string) Fact {
	for _, f := range facts {
		if f.Field == field {
			return f
		}
	}
	return Fact{Raw: none()}
}

// Fact returns one fact about a person.
func (p Person) Fact(field string) (Fact, error) {
	facts, err := p.Facts()
	return factOf(facts, field), err
}

// Set puts one fact back as it was.
func (p *Person) Set(field string, raw json.RawMessage) error {
	kind, name, structured := strings.Cut(field, ".")
	switch {
	case structured && kind == "address":
		p.Addresses = slices.DeleteFunc(slices.Clone(p.Addresses), func(a Address) bool { return a.Type == name })
		if string(raw) == "null" {
			return nil
		}
		var a Address
		if err := json.Unmarshal(raw, &a); err != nil {
			return err
		}
		a.ID = p.NextAddressID()
		p.Addresses = append(p.Addresses, a)
		return nil
	case structured && kind == "document":
		p.Documents = slices.DeleteFunc(slices.Clone(p.Documents), func(d Document) bool { return d.Type == name })
		if string(raw) == "null" {
			return nil
		}
		var d Document
		if err := json.Unmarshal(raw, &d); err != nil {
			return err
		}
		d.ID = p.NextDocumentID()
		p.Documents = append(p.Documents, d)
		return nil
	}
	var value string
	if string(raw) != "null" {
		if err := json.Unmarshal(raw, &value); err != nil {
			return err
		}
	}
	for _, f := range []struct {
		name string
		into *string
	}{
		{"lastName", &p.LastName}, {"firstName", &p.FirstName}, {"middleName", &p.MiddleName}, {"birthDate", &p.BirthDate},
		{"gender", &p.Gender}, {"birthPlace", &p.BirthPlace}, {"inn", &p.INN},
	} {
		if f.name == field {
			*f.into = value
		}
	}
	return nil
}

// NextAddressID returns an identifier that no address of p has.
func (p Person) NextAddressID() int64 {
	next := p.OID*100 + 50
	for _, a := range p.Addresses {
		next = max(next, a.ID+1)
	}
	return next
}

// NextDocumentID returns an identifier that no document of p has.
func (p Person) NextDocumentID() int64 {
	next := p.OID*100 + 10
	for _, d := range p.Documents {
		next = max(next, d.ID+1)
	}
	return next
}

// Revertible reports whether the portal lets a person put a field back: what
// proves who somebody is (phone, e-mail, СНИЛС, level) goes its own way.
func Revertible(field string) bool {
	switch field {
	case "snils", "mobile", "email", "level":
		return false
	}
	return !strings.HasPrefix(field, "privacy.") && FieldTitle(field) != i18n.Text{RU: field, EN: field}
}

// Identity reports whether a field is part of who somebody is: the registers
// have to check it again.
func Identity(field string) bool {
	switch field {
	case "lastName", "firstName", "middleName", "birthDate", "gender", "birthPlace", "document." + cabinet.DocumentPassport:
		return true
	}
	return false
}

// FieldTitle names a field of the history for people.
func FieldTitle(field string) i18n.Text {
	switch field {
	case "lastName":
		return i18n.Text{RU: "фамилия", EN: "last name"}
	case "firstName":
		return i18n.Text{RU: "имя", EN: "first name"}
	case "middleName":
		return i18n.Text{RU: "отчество", EN: "middle name"}
	case "birthDate":
		return i18n.Text{RU: "дата рождения", EN: "date of birth"}
	case "gender":
		return i18n.Text{RU: "пол", EN: "sex"}
	case "birthPlace":
		return i18n.Text{RU: "место рождения", EN: "place of birth"}
	case "snils":
		return i18n.Text{RU: "СНИЛС", EN: "СНИЛС"}
	case "inn":
		return i18n.Text{RU: "ИНН", EN: "ИНН"}
	case "mobile":
		return i18n.Text{RU: "телефон", EN: "phone"}
	case "email":
		return i18n.Text{RU: "почта", EN: "e-mail"}
	case "level":
		return i18n.Text{RU: "уровень", EN: "level"}
	case "address." + cabinet.AddressLiving:
		return i18n.Text{RU: "адрес проживания", EN: "address of living"}
	case "address." + cabinet.AddressRegistered:
		return i18n.Text{RU: "адрес регистрации", EN: "registered address"}
	case "document." + cabinet.DocumentPassport:
		return i18n.Text{RU: "паспорт", EN: "passport"}
	case "document." + cabinet.DocumentForeign:
		return i18n.Text{RU: "загранпаспорт", EN: "passport for travel"}
	case "document." + cabinet.DocumentDrivingLicence:
		return i18n.Text{RU: "водительское удостоверение", EN: "driving licence"}
	case "document." + cabinet.DocumentMedicalPolicy:
		return i18n.Text{RU: "полис ОМС", EN: "medical policy"}
	case "privacy.advertising":
		return i18n.Text{RU: "реклама", EN: "advertising"}
	case "consent":
		return i18n.Text{RU: "согласие", EN: "consent"}
	case "password":
		return i18n.Text{RU: "пароль", EN: "password"}
	case "totp":
		return i18n.Text{RU: "коды из приложения", EN: "codes of an application"}
	case "powers":
		return i18n.Text{RU: "полномочия", EN: "powers"}
	case "deletion":
		return i18n.Text{RU: "удаление данных", EN: "deletion of data"}
	}
	if with, ok := strings.CutPrefix(field, "privacy.sharing."); ok {
		t := SharingTitle(with)
		return i18n.Text{RU: "передача данных: " + t.RU, EN: "sharing with " + t.EN}
	}
	return i18n.Text{RU: field, EN: field}
}

func plain(s string) string { return s }

// maskWord leaves the first letter of a name.
func maskWord(s string) string {
	for _, r := range s {
		return string(r) + "***"
	}
	return ""
}

// maskDate leaves the year: 1985-**-**.
func maskDate(s string) string {
	if len(s) < 4 {
		return "***"
	}
	return s[:4] + "-**-**"
}

// maskTail leaves the last two characters of a number.
func maskTail(s string) string {
	r := []rune(s)
	if len(r) < 4 {
		return "***"
	}
	return strings.Repeat("*", len(r)-2) + string(r[len(r)-2:])
}

// maskAddress leaves the place and hides the street.
func maskAddress(a Address) string {
	if a.City == "" {
		return maskWord(a.Region)
	}
	return a.City + ", " + maskWord(strings.TrimSpace(strings.TrimPrefix(a.Street, "ул.")))
}
