package account_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/epgu-cli/epgu/internal/core/account"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

func person() wire.Profile {
	return wire.Profile{OID: "1000", LastName: "Учебный", FirstName: "Пётр", BirthDate: "1985-04-12", Gender: "M", SNILS: "000-000-009 09", INN: "960000000300",
		Mobile: "+7(900)0000001", Email: "petr@example.org", Level: wire.LevelConfirmed,
		Addresses: []wire.Address{{Type: wire.AddressLiving, ZipCode: "000000", Region: "Учебная область", City: "г. Примерск", Street: "ул. Образцовая", House: "1", Flat: "2"}},
		Documents: []wire.ProfileDocument{{Type: wire.DocumentPassport, Series: "0000", Number: "000009", IssueDate: "2005-05-20", Verified: true}},
		Children:  []wire.ProfileChild{}, Vehicles: []wire.ProfileVehicle{}}
}

func ptr(s string) *string { return &s }

func TestAnEditIsTrimmedToWhatIsDifferent(t *testing.T) {
	p := person()
	moved := p.Addresses[0]
	moved.City = "г. Новый"
	same := wire.DocumentEdit{Type: wire.DocumentPassport, Series: "0000", Number: "000009", IssueDate: "2005-05-20"}
	for _, c := range []struct {
		name   string
		edit   account.Edit
		fields string
		lowers bool
	}{
		{"nothing", account.Edit{}, "", false},
		{"the same name", account.Edit{ProfileEdit: wire.ProfileEdit{LastName: ptr("Учебный"), Gender: ptr("M")}}, "", false},
		{"another name", account.Edit{ProfileEdit: wire.ProfileEdit{LastName: ptr("Новый")}}, "lastName", true},
		{"an emptied name", account.Edit{ProfileEdit: wire.ProfileEdit{FirstName: ptr("")}}, "firstName", true},
		{"the same phone spelt otherwise", account.Edit{Mobile: "8 900 000-00-01"}, "", false},
		{"another phone", account.Edit{Mobile: "+79000000002"}, "mobile", false},
		{"the same mailbox", account.Edit{Email: "PETR@example.org"}, "", false},
		{"another mailbox", account.Edit{Email: "new@example.org"}, "email", false},
		{"the same address", account.Edit{ProfileEdit: wire.ProfileEdit{Addresses: p.Addresses}}, "", false},
		{"another address", account.Edit{ProfileEdit: wire.ProfileEdit{Addresses: []wire.Address{moved}}}, "address.PLV", false},
		{"a second address", account.Edit{ProfileEdit: wire.ProfileEdit{Addresses: []wire.Address{{Type: wire.AddressRegistered, House: "1"}}}}, "address.PRG", false},
		{"the same passport", account.Edit{ProfileEdit: wire.ProfileEdit{Documents: []wire.DocumentEdit{same}}}, "", false},
		{"a removed passport", account.Edit{ProfileEdit: wire.ProfileEdit{Documents: []wire.DocumentEdit{{Type: wire.DocumentPassport, Remove: true}}}}, "document.RF_PASSPORT", true},
		{"a licence", account.Edit{ProfileEdit: wire.ProfileEdit{Documents: []wire.DocumentEdit{{Type: wire.DocumentDrivingLicence, Number: "1"}}}}, "document.RF_DRIVING_LICENSE", false},
	} {
		left, diffs := account.Trim(p, c.edit)
		var fields []string
		for _, d := range diffs {
			fields = append(fields, d.Field)
			if d.Title.RU == "" || d.Title.EN == "" || d.Title.RU == d.Field {
				t.Errorf("%s: %s has no title", c.name, d.Field)
			}
		}
		if got := strings.Join(fields, ","); got != c.fields || left.Empty() != (c.fields == "") {
			t.Errorf("%s: %q, left %+v", c.name, got, left)
		}
		if got := account.Lowers(p.Level, diffs); got != c.lowers {
			t.Errorf("%s lowers the account: %v", c.name, got)
		}
		if account.Lowers(wire.LevelSimplified, diffs) {
			t.Errorf("%s: nothing lowers a simplified account", c.name)
		}
	}
	_, diffs := account.Trim(p, account.Edit{ProfileEdit: wire.ProfileEdit{Addresses: []wire.Address{moved}}})
	if d := diffs[0]; d.Old != "000000, Учебная область, г. Примерск, ул. Образцовая, д. 1, кв. 2" || d.New != "000000, Учебная область, г. Новый, ул. Образцовая, д. 1, кв. 2" {
		t.Errorf("%+v", d)
	}
}

func TestAPrintedProfileIsAFormThatChangesNothing(t *testing.T) {
	p := person()
	raw, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	e, err := account.ReadForm(strings.NewReader(string(raw)), p)
	if err != nil {
		t.Fatal(err)
	}
	if left, diffs := account.Trim(p, e); !left.Empty() || len(diffs) != 0 {
		t.Errorf("%v", diffs)
	}
}

func TestAFormIsReadStrictlyAndAllMistakesAreTold(t *testing.T) {
	p := person()
	good, err := account.ReadForm(strings.NewReader(`{"lastName":" Новый ","middleName":"","mobile":"+79000000002","firstName":null,
		"addresses":[{"type":"PLV","house":"2"}],"documents":[{"type":"MDCL_PLCY","number":"1","verified":true}],"role":"person"}`), p)
	if err != nil {
		t.Fatal(err)
	}
	want := account.Edit{Mobile: "+79000000002", ProfileEdit: wire.ProfileEdit{LastName: ptr("Новый"), MiddleName: ptr(""),
		Addresses: []wire.Address{{Type: "PLV", House: "2"}}, Documents: []wire.DocumentEdit{{Type: "MDCL_PLCY", Number: "1"}}}}
	if diff := cmp.Diff(want, good); diff != "" {
		t.Error(diff)
	}
	for name, c := range map[string]struct{ form, fields, says string }{
		"no JSON":                 {`lastName: x`, "", "1:1"},
		"broken on line 2":        {"{\"inn\":\"1\",\n,}", "", "2:1"},
		"a list":                  {`[]`, "", "JSON"},
		"two objects":             {`{} {}`, "", "follows"},
		"empty":                   {``, "", "JSON"},
		"unknown and read-only":   {`{"colour":"red","snils":"1","level":"simplified","inn":5}`, "colour,inn,level,snils", "mistakes"},
		"a bad list":              {`{"addresses":{"type":"PLV"},"documents":[{"kind":"x"}]}`, "addresses,documents", "mistakes"},
		"a name with an escape":   {"{\"a\\u001b[2J\":1}", "a", "mistakes"},
		"too large":               {`{"inn":"` + strings.Repeat("1", 300<<10) + `"}`, "", "bytes"},
		"children of one's own":   {`{"children":[{"lastName":"X"}]}`, "children", "mistakes"},
		"a vehicle of one's own":  {`{"vehicles":[{"plate":"X"}]}`, "vehicles", "mistakes"},
		"another number at ESIA":  {`{"oid":"1"}`, "oid", "mistakes"},
		"a citizenship of choice": {`{"citizenship":"X"}`, "citizenship", "mistakes"},
	} {
		_, err := account.ReadForm(strings.NewReader(c.form), p)
		var f *fault.Error
		if !errors.As(err, &f) || f.Exit != exitcode.Usage || f.Code != "profile.form" || !strings.Contains(f.Message.In(i18n.EN), c.says) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var fields []string
		for _, field := range f.Fields {
			fields = append(fields, field.Name)
			if field.Message.In(i18n.RU) == field.Message.In(i18n.EN) {
				t.Errorf("%s: %s is not translated", name, field.Name)
			}
		}
		if got := strings.Join(fields, ","); !strings.HasPrefix(got, c.fields) || strings.Contains(got, "\x1b") || (got == "") != (c.fields == "") {
			t.Errorf("%s: fields %q, want %q", name, got, c.fields)
		}
	}
}

func FuzzAFormNeverPanicsAndSaysWhatIsWrong(f *testing.F) {
	f.Add(`{"lastName":"x"}`)
	f.Add(`{"addresses":[{"type":"PLV"}],"oid":1}`)
	f.Add(`{"documents":null,"mobile":null}`)
	f.Fuzz(func(t *testing.T, form string) {
		e, err := account.ReadForm(strings.NewReader(form), person())
		var told *fault.Error
		if err != nil && !errors.As(err, &told) {
			t.Errorf("%v", err)
		}
		if err == nil {
			account.Trim(person(), e)
		}
	})
}

func TestTwoSpellingsOfANumberAreOneNumber(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"+7(900)0000001", "89000000001", true}, {"+7(900)0000001", "9000000001", true}, {"+7(900)0000001", "+79000000002", false},
		{"", "", false}, {"123", "123", false},
	} {
		if got := account.SameMobile(c.a, c.b); got != c.same {
			t.Errorf("%q and %q: %v", c.a, c.b, got)
		}
	}
}
