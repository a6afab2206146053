package profile

import (
	"bytes"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/auth"
	"github.com/epgu-cli/epgu/internal/core/account"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// fields are the flags that name what to change. A flag that was given empty
// empties its field, one that was not given leaves it.
type fields struct {
	cmd                                                                     *cobra.Command
	lastName, firstName, middleName, birthDate, gender, birthPlace, inn     string
	mobile, email, living, registered, passport, issued, issuerCode, issuer string
	documents, removed                                                      []string
}

func (v *fields) flags(cmd *cobra.Command, lang i18n.Lang) {
	v.cmd = cmd
	fl := cmd.Flags()
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(lang) }
	fl.StringVar(&v.mobile, "mobile", "", say("новый мобильный `телефон`", "a new mobile `phone`"))
	fl.StringVar(&v.email, "email", "", say("новая `почта`", "a new `e-mail` address"))
	fl.StringVar(&v.living, "living", "", say("адрес проживания, `ключ=значение` через запятую; остальное в адресе прежнее", "address of living, `key=value` comma-separated; the rest of it stays"))
	fl.StringVar(&v.registered, "registered", "", say("адрес регистрации, `ключ=значение` через запятую", "registered address, `key=value` comma-separated"))
	fl.StringVar(&v.lastName, "last-name", "", say("фамилия", "last name"))
	fl.StringVar(&v.firstName, "first-name", "", say("имя", "first name"))
	fl.StringVar(&v.middleName, "middle-name", "", say("отчество; пустое — без отчества", "middle name; empty for none"))
	fl.StringVar(&v.birthDate, "birth-date", "", say("дата рождения, `ГГГГ-ММ-ДД`", "date of birth, `YYYY-MM-DD`"))
	fl.StringVar(&v.gender, "gender", "", say("пол: M или F", "sex: M or F"))
	fl.StringVar(&v.birthPlace, "birth-place", "", say("место рождения, как в паспорте", "place of birth as in the passport"))
	fl.StringVar(&v.inn, "inn", "", say("ИНН", "ИНН"))
	fl.StringVar(&v.passport, "passport", "", say("`серия и номер` паспорта", "`series and number` of the passport"))
	fl.StringVar(&v.issued, "issued", "", say("`день` выдачи паспорта, ГГГГ-ММ-ДД", "`day` of issue of the passport, YYYY-MM-DD"))
	fl.StringVar(&v.issuerCode, "issuer-code", "", say("код подразделения, выдавшего паспорт", "code of the office that issued the passport"))
	fl.StringVar(&v.issuer, "issuer", "", say("кем выдан паспорт", "the office that issued the passport"))
	fl.StringArrayVar(&v.documents, "document", nil, say("другой документ, `ключ=значение` через запятую; можно повторять", "another document, `key=value` comma-separated; may be repeated"))
	fl.StringArrayVar(&v.removed, "remove-document", nil, say("убрать документ `вида` travel, licence или policy; можно повторять", "remove the document of a `type`: travel, licence or policy; may be repeated"))
}

// editing lists the flags that name something to change.
func editing() []string {
	return []string{"mobile", "email", "living", "registered", "last-name", "first-name", "middle-name", "birth-date", "gender", "birth-place", "inn",
		"passport", "issued", "issuer-code", "issuer", "document", "remove-document"}
}

// none reports whether no flag names anything to change.
func (v *fields) none() bool {
	return !slices.ContainsFunc(editing(), v.cmd.Flags().Changed)
}

// edit joins the form and the flags; a flag wins. What it starts from is p.
func (v *fields) edit(p wire.Profile, form []byte) (account.Edit, error) {
	var e account.Edit
	if form != nil {
		var err error
		if e, err = account.ReadForm(bytes.NewReader(form), p); err != nil {
			return e, err
		}
	}
	for _, f := range []struct {
		flag  string
		value *string
		into  **string
	}{
		{"last-name", &v.lastName, &e.LastName}, {"first-name", &v.firstName, &e.FirstName}, {"middle-name", &v.middleName, &e.MiddleName},
		{"birth-date", &v.birthDate, &e.BirthDate}, {"gender", &v.gender, &e.Gender}, {"birth-place", &v.birthPlace, &e.BirthPlace}, {"inn", &v.inn, &e.INN},
	} {
		if v.cmd.Flags().Changed(f.flag) {
			*f.into = f.value
		}
	}
	if v.mobile != "" {
		e.Mobile = v.mobile
	}
	if v.email != "" {
		e.Email = v.email
	}
	for _, a := range []struct{ flag, value, kind string }{{"--living", v.living, wire.AddressLiving}, {"--registered", v.registered, wire.AddressRegistered}} {
		if a.value == "" {
			continue
		}
		address, err := readAddress(a.flag, a.value, account.Address(p, a.kind))
		if err != nil {
			return e, err
		}
		e.Addresses = append(slices.DeleteFunc(e.Addresses, func(x wire.Address) bool { return x.Type == a.kind }), address)
	}
	return v.papers(p, e)
}

// papers adds the documents that the flags name.
func (v *fields) papers(p wire.Profile, e account.Edit) (account.Edit, error) {
	put := func(d wire.DocumentEdit) {
		e.Documents = append(slices.DeleteFunc(e.Documents, func(x wire.DocumentEdit) bool { return x.Type == d.Type }), d)
	}
	if v.passport != "" {
		read, err := auth.Passport(v.passport)
		if err != nil {
			return e, err
		}
		put(wire.DocumentEdit{Type: wire.DocumentPassport, Series: read.Series, Number: read.Number, IssueDate: v.issued, IssueID: v.issuerCode, IssuedBy: wire.Text(v.issuer)})
	} else if v.issued != "" || v.issuerCode != "" || v.issuer != "" {
		d := account.Document(p, wire.DocumentPassport)
		for _, f := range []struct {
			value string
			into  *string
		}{{v.issued, &d.IssueDate}, {v.issuerCode, &d.IssueID}} {
			if f.value != "" {
				*f.into = f.value
			}
		}
		if v.issuer != "" {
			d.IssuedBy = wire.Text(v.issuer)
		}
		put(d)
	}
	for _, s := range v.documents {
		d, err := readDocument(s, p)
		if err != nil {
			return e, err
		}
		put(d)
	}
	for _, s := range v.removed {
		kind, err := documentType("--remove-document", s)
		if err != nil {
			return e, err
		}
		if account.Document(p, kind).Number == "" {
			return e, fault.New(exitcode.NotFound, "profile.no_document", i18n.Text{RU: "такого документа в профиле нет: %s", EN: "the profile has no such document: %s"}.With(account.DocumentTitle(kind)))
		}
		put(wire.DocumentEdit{Type: kind, Remove: true})
	}
	return e, nil
}

// pairs reads "key=value,key=value". A comma that no known key follows belongs
// to the value: addresses have commas.
func pairs(flag, s string, keys []string) (map[string]string, error) {
	out := map[string]string{}
	last := ""
	for part := range strings.SplitSeq(s, ",") {
		key, value, ok := strings.Cut(part, "=")
		key = strings.ToLower(strings.TrimSpace(key))
		switch {
		case ok && slices.Contains(keys, key):
			if _, twice := out[key]; twice {
				return nil, badPair(flag, i18n.Text{RU: "«%s» указано дважды", EN: "%q is given twice"}.With(key), keys)
			}
			out[key], last = strings.TrimSpace(value), key
		case ok || last == "":
			return nil, badPair(flag, i18n.Text{RU: "непонятно «%s»", EN: "cannot read %q"}.With(wire.Text(strings.TrimSpace(part))), keys)
		default:
			out[last] += "," + part
		}
	}
	return out, nil
}

func badPair(flag string, m i18n.Message, keys []string) error {
	return fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "%s: %s", EN: "%s: %s"}.With(flag, m)).
		Advise(i18n.Text{RU: "нужно ключ=значение через запятую; ключи: %s", EN: "key=value comma-separated is needed; the keys: %s"}.With(strings.Join(keys, ", ")))
}

func readAddress(flag, s string, a wire.Address) (wire.Address, error) {
	given, err := pairs(flag, s, []string{"zip", "region", "city", "street", "house", "flat"})
	if err != nil {
		return a, err
	}
	if zip, ok := given["zip"]; ok {
		a.ZipCode = zip
	}
	for key, into := range map[string]*wire.Text{"region": &a.Region, "city": &a.City, "street": &a.Street, "house": &a.House, "flat": &a.Flat} {
		if value, ok := given[key]; ok {
			*into = wire.Text(value)
		}
	}
	return a, nil
}

func readDocument(s string, p wire.Profile) (wire.DocumentEdit, error) {
	given, err := pairs("--document", s, []string{"type", "series", "number", "issued", "code", "by", "expires"})
	if err != nil {
		return wire.DocumentEdit{}, err
	}
	kind, err := documentType("--document", given["type"])
	if err != nil {
		return wire.DocumentEdit{}, err
	}
	d := wire.DocumentEdit{Type: kind}
	if _, fresh := given["number"]; !fresh { // the same document, mended
		d = account.Document(p, kind)
	}
	for key, into := range map[string]*string{"series": &d.Series, "number": &d.Number, "issued": &d.IssueDate, "code": &d.IssueID, "expires": &d.ExpiresAt} {
		if value, ok := given[key]; ok {
			*into = value
		}
	}
	if by, ok := given["by"]; ok {
		d.IssuedBy = wire.Text(by)
	}
	return d, nil
}

// documentType reads a word for a document, or ЕСИА's own.
func documentType(flag, word string) (string, error) {
	switch strings.ToLower(word) {
	case "passport", "rf_passport":
		return wire.DocumentPassport, nil
	case "travel", "frgn_pass":
		return wire.DocumentForeign, nil
	case "licence", "license", "rf_driving_license":
		return wire.DocumentDrivingLicence, nil
	case "policy", "mdcl_plcy":
		return wire.DocumentMedicalPolicy, nil
	}
	return "", fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "%s: нет документа вида «%s»", EN: "%s: there is no document of the type %q"}.With(flag, wire.Text(word))).
		Advise(i18n.Say("виды: passport, travel (загранпаспорт), licence (водительское удостоверение), policy (полис ОМС)", "types: passport, travel, licence (driving licence), policy (medical policy)"))
}
