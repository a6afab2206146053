package profile

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/signin"
)

// faults collects the fields at fault, all of them at once.
type faults []problem.Field

func (f *faults) add(field, code, ru, en string) {
	*f = append(*f, problem.Field{Name: field, Code: code, Message: i18n.Text{RU: ru, EN: en}})
}

// apply returns before with the edit in it, or what is wrong with the edit.
func apply(before people.Person, in cabinet.ProfileEdit, today time.Time) (people.Person, []problem.Field) {
	p := before
	var bad faults
	for _, name := range []struct {
		field    string
		given    *string
		into     *string
		required bool
	}{{"lastName", in.LastName, &p.LastName, true}, {"firstName", in.FirstName, &p.FirstName, true}, {"middleName", in.MiddleName, &p.MiddleName, false}} {
		if name.given == nil {
			continue
		}
		*name.into = strings.TrimSpace(*name.given)
		switch {
		case *name.into == "" && name.required:
			bad.add(name.field, "required", "не может быть пустым", "cannot be empty")
		case !isName(*name.into):
			bad.add(name.field, "malformed", "только буквы, пробел, дефис и апостроф, до 100 знаков", "letters, spaces, hyphens and apostrophes only, at most 100 characters")
		}
	}
	if in.BirthDate != nil {
		born, err := time.Parse(time.DateOnly, *in.BirthDate)
		if p.BirthDate = *in.BirthDate; err != nil || born.After(today) || born.Year() < 1900 {
			bad.add("birthDate", "malformed", "нужна дата вида 1985-12-31, не из будущего", "a date like 1985-12-31 is expected, not in the future")
		}
	}
	if in.Gender != nil {
		if p.Gender = *in.Gender; p.Gender != "M" && p.Gender != "F" {
			bad.add("gender", "unknown", "M или F", "M or F")
		}
	}
	if in.BirthPlace != nil {
		if p.BirthPlace = strings.TrimSpace(*in.BirthPlace); !fitsLine(p.BirthPlace, 200) {
			bad.add("birthPlace", "malformed", "до 200 знаков без переводов строки", "at most 200 characters without line breaks")
		}
	}
	if in.INN != nil {
		if p.INN = *in.INN; !requisites.ValidINN(p.INN) || len(p.INN) != 12 {
			bad.add("inn", "malformed", "ИНН человека — 12 цифр, и контрольные должны сойтись", "the ИНН of a person has 12 digits, and the check digits must fit")
		}
	}
	p.Addresses, p.Documents = slices.Clone(p.Addresses), slices.Clone(p.Documents)
	for _, a := range in.Addresses {
		setAddress(&p, a, &bad)
	}
	for _, d := range in.Documents {
		setDocument(&p, d, today, &bad)
	}
	return checked(before, p), bad
}

func isName(s string) bool {
	if len([]rune(s)) > 100 {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !strings.ContainsRune(" -'’", r) }) < 0
}

// fitsLine reports whether s is one line of at most so many characters that a
// page can show as it stands.
func fitsLine(s string, most int) bool {
	return len([]rune(s)) <= most && strings.IndexFunc(s, func(r rune) bool { return unicode.IsControl(r) || !unicode.IsPrint(r) }) < 0
}

func setAddress(p *people.Person, in cabinet.Address, bad *faults) {
	at := "addresses." + in.Type
	if in.Type != cabinet.AddressLiving && in.Type != cabinet.AddressRegistered {
		bad.add("addresses", "unknown", "PLV (проживание) или PRG (регистрация)", "PLV (living) or PRG (registration)")
		return
	}
	a := people.Address{Type: in.Type, ZipCode: in.ZipCode, Region: in.Region.Raw(), City: in.City.Raw(), Street: in.Street.Raw(), House: in.House.Raw(), Flat: in.Flat.Raw()}
	if a.ZipCode != "" && !digits(a.ZipCode, 6) {
		bad.add(at+".zipCode", "malformed", "индекс — 6 цифр", "a postal code has 6 digits")
	}
	for _, f := range []struct {
		name     string
		value    *string
		required bool
	}{{"region", &a.Region, true}, {"city", &a.City, false}, {"street", &a.Street, false}, {"house", &a.House, true}, {"flat", &a.Flat, false}} {
		*f.value = strings.TrimSpace(*f.value)
		switch {
		case *f.value == "" && f.required:
			bad.add(at+"."+f.name, "required", "нужно заполнить", "has to be filled in")
		case !fitsLine(*f.value, 200):
			bad.add(at+"."+f.name, "malformed", "до 200 знаков без переводов строки", "at most 200 characters without line breaks")
		}
	}
	for i, old := range p.Addresses {
		if old.Type == in.Type {
			a.ID, a.OKATO = old.ID, old.OKATO
			if a.Region != old.Region || a.City != old.City {
				a.OKATO = "" // of another place; the portal no longer knows it
			}
			p.Addresses[i] = a
			return
		}
	}
	a.ID = p.NextAddressID()
	p.Addresses = append(p.Addresses, a)
}

func setDocument(p *people.Person, in cabinet.DocumentEdit, today time.Time, bad *faults) {
	at := "documents." + in.Type
	var series, number int // how many digits
	switch in.Type {
	case cabinet.DocumentPassport:
		series, number = 4, 6
	case cabinet.DocumentForeign:
		series, number = 2, 7
	case cabinet.DocumentDrivingLicence:
		series, number = 4, 6
	case cabinet.DocumentMedicalPolicy:
		series, number = 0, 16
	default:
		bad.add("documents", "unknown", "можно править RF_PASSPORT, FRGN_PASS, RF_DRIVING_LICENSE и MDCL_PLCY", "RF_PASSPORT, FRGN_PASS, RF_DRIVING_LICENSE and MDCL_PLCY may be edited")
		return
	}
	at2 := slices.IndexFunc(p.Documents, func(d people.Document) bool { return d.Type == in.Type })
	if in.Remove {
		if at2 < 0 {
			bad.add(at, "absent", "такого документа нет", "there is no such document")
			return
		}
		p.Documents = slices.Delete(p.Documents, at2, at2+1)
		return
	}
	if !digits(in.Series, series) {
		bad.add(at+".series", "malformed", "цифр в серии: "+strconv.Itoa(series), "digits of the series: "+strconv.Itoa(series))
	}
	if !digits(in.Number, number) {
		bad.add(at+".number", "malformed", "цифр в номере: "+strconv.Itoa(number), "digits of the number: "+strconv.Itoa(number))
	}
	if in.Type == cabinet.DocumentPassport && in.IssueDate == "" {
		bad.add(at+".issueDate", "required", "нужен день выдачи", "the day of issue is needed")
	}
	issued, err := time.Parse(time.DateOnly, in.IssueDate)
	born, err2 := time.Parse(time.DateOnly, p.BirthDate)
	switch {
	case in.IssueDate == "":
	case err != nil:
		bad.add(at+".issueDate", "malformed", "нужна дата вида 2015-12-31", "a date like 2015-12-31 is expected")
	case issued.After(today):
		bad.add(at+".issueDate", "future", "выдан в будущем", "issued in the future")
	case err2 == nil && in.Type == cabinet.DocumentPassport && issued.Before(born.AddDate(14, 0, 0)):
		bad.add(at+".issueDate", "too_early", "паспорт выдают с 14 лет", "passports are issued from the age of 14")
	}
	if in.ExpiresAt != "" {
		if ends, err := time.Parse(time.DateOnly, in.ExpiresAt); err != nil {
			bad.add(at+".expiresAt", "malformed", "нужна дата вида 2035-12-31", "a date like 2035-12-31 is expected")
		} else if !issued.IsZero() && !ends.After(issued) {
			bad.add(at+".expiresAt", "too_early", "срок кончается раньше выдачи", "it ends before it was issued")
		}
	}
	if in.IssueID != "" && !digits(strings.ReplaceAll(in.IssueID, "-", ""), 6) {
		bad.add(at+".issueId", "malformed", "код подразделения — 6 цифр", "the code of the office has 6 digits")
	}
	if !fitsLine(in.IssuedBy.Raw(), 300) {
		bad.add(at+".issuedBy", "malformed", "до 300 знаков без переводов строки", "at most 300 characters without line breaks")
	}
	d := people.Document{Type: in.Type, Series: in.Series, Number: in.Number, IssueDate: in.IssueDate,
		IssueID: strings.ReplaceAll(in.IssueID, "-", ""), IssuedBy: in.IssuedBy.Raw(), Expires: in.ExpiresAt}
	if at2 < 0 {
		d.ID = p.NextDocumentID()
		p.Documents = append(p.Documents, d)
		return
	}
	d.ID = p.Documents[at2].ID
	p.Documents[at2] = d
}

// checked says of every document whether its register knows it: what did not
// change stays as it was, a passport waits for the check of the account, the
// others are looked up at once.
func checked(before, after people.Person) people.Person {
	for i, d := range after.Documents {
		old, _ := before.Document(d.Type)
		same := old
		same.ID, same.Verified = d.ID, d.Verified
		switch {
		case same == d:
			after.Documents[i].Verified = old.Verified
		case d.Type == cabinet.DocumentPassport:
			after.Documents[i].Verified = false
		default:
			after.Documents[i].Verified = signin.Registered(d.Number)
		}
	}
	return after
}

func digits(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789") == ""
}

// free refuses a login that somebody else has.
func free(ctx context.Context, tx *sql.Tx, p people.Person, field, value string) error {
	if value == "" {
		return nil
	}
	other, err := people.ByLogin(ctx, tx, value)
	switch {
	case errors.Is(err, people.ErrNotFound), err == nil && other.OID == p.OID:
		return nil
	case err != nil:
		return err
	}
	return problem.Invalid(problem.Field{Name: field, Code: "taken", Message: i18n.Text{RU: "уже есть в другой учётной записи", EN: "another account has it already"}})
}

func formatOID(oid int64) string { return strconv.FormatInt(oid, 10) }

// notFound is 404 for what is not there and err for everything else.
func notFound(err error, code string) error {
	if errors.Is(err, people.ErrNotFound) {
		return problem.New(http.StatusNotFound, code, i18n.Say("Не найдено", "Not found"))
	}
	return err
}
