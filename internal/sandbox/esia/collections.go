package esia

import (
	"context"
	"slices"

	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/wire/esia"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// collect returns the elements of a person's collection that the marker opens.
func (f face) collect(ctx context.Context, q store.Queryer, c session.Caller, p people.Person, name string) ([]item, error) {
	switch name {
	case esia.CollectionContacts:
		return contacts(c, p)
	case esia.CollectionAddresses:
		if !opens(c, "addresses", "contacts") {
			return nil, errNoScope()
		}
		return addresses(p), nil
	case esia.CollectionDocuments:
		return documents(c, p)
	case esia.CollectionKids:
		return kids(c, p)
	case esia.CollectionVehicles:
		if !opens(c, "vehicles") {
			return nil, errNoScope()
		}
		return vehicles(p), nil
	case esia.CollectionRoles, esia.CollectionOrgs:
		if !opens(c, "usr_org") && c.OrgOID == 0 {
			return nil, errNoScope()
		}
		return f.memberships(ctx, q, p, name)
	}
	return nil, errNoData()
}

func verified(ok bool) string {
	if ok {
		return "VERIFIED"
	}
	return "NOT_VERIFIED"
}

func contacts(c session.Caller, p people.Person) ([]item, error) {
	var out []item
	if p.Mobile != "" && opens(c, "mobile", "contacts") {
		out = append(out, item{1, esia.Contact{ID: 1, Type: "MBT", Value: untrusted.Text(p.Mobile), VerifyStatus: verified(true)}})
	}
	if p.Email != "" && opens(c, "email", "contacts") {
		out = append(out, item{2, esia.Contact{ID: 2, Type: "EML", Value: untrusted.Text(p.Email), VerifyStatus: verified(true)}})
	}
	if !opens(c, "mobile", "email", "contacts") {
		return nil, errNoScope()
	}
	return out, nil
}

func addresses(p people.Person) []item {
	var out []item
	for _, a := range p.Addresses {
		out = append(out, item{a.ID, esia.Address{ID: a.ID, Type: a.Type, AddressText: untrusted.Text(a.Line()), ZipCode: a.ZipCode, CountryID: "RUS",
			Region: untrusted.Text(a.Region), City: untrusted.Text(a.City), Street: untrusted.Text(a.Street),
			House: untrusted.Text(a.House), Flat: untrusted.Text(a.Flat)}})
	}
	return out
}

func documents(c session.Caller, p people.Person) ([]item, error) {
	scopes := []struct{ kind, scope string }{
		{"RF_PASSPORT", "id_doc"}, {"FID_DOC", "id_doc"}, {"FRGN_PASS", "foreign_passport_doc"},
		{"RF_DRIVING_LICENSE", "drivers_licence_doc"}, {"MDCL_PLCY", "medical_doc"},
	}
	some := false
	var out []item
	for _, s := range scopes {
		if !opens(c, s.scope) {
			continue
		}
		some = true
		for _, d := range p.Documents {
			if d.Type == s.kind {
				out = append(out, item{d.ID, esia.Document{ID: d.ID, Type: d.Type, Series: untrusted.Text(d.Series),
					Number: untrusted.Text(d.Number), IssueDate: dotted(d.IssueDate), IssueID: d.IssueID,
					IssuedBy: untrusted.Text(d.IssuedBy), ExpiryDate: dotted(d.Expires),
					VerifyStatus: verified(d.Verified && session.Rank(p.Level) >= session.Rank(cabinet.LevelStandard))}})
			}
		}
	}
	if !some {
		return nil, errNoScope()
	}
	return out, nil
}

func kids(c session.Caller, p people.Person) ([]item, error) {
	if !opens(c, "kid_fullname", "kid_birthdate", "kid_gender", "kid_snils") {
		return nil, errNoScope()
	}
	var out []item
	for _, k := range p.Kids {
		w := esia.Kid{ID: k.ID}
		if opens(c, "kid_fullname") {
			w.FirstName, w.LastName, w.MiddleName = untrusted.Text(k.FirstName), untrusted.Text(k.LastName), untrusted.Text(k.MiddleName)
		}
		if opens(c, "kid_birthdate") {
			w.BirthDate = dotted(k.BirthDate)
		}
		if opens(c, "kid_gender") {
			w.Gender = k.Gender
		}
		if opens(c, "kid_snils") {
			w.SNILS = k.SNILS
		}
		out = append(out, item{k.ID, w})
	}
	return out, nil
}

func vehicles(p people.Person) []item {
	var out []item
	for _, v := range p.Vehicles {
		w := esia.Vehicle{ID: v.ID, Name: untrusted.Text(v.Name), NumberPlate: untrusted.Text(v.Plate)}
		if len(v.STS) == 10 {
			w.RegCertDoc = &esia.RegCertDoc{Series: untrusted.Text(v.STS[:4]), Number: untrusted.Text(v.STS[4:])}
		}
		out = append(out, item{v.ID, w})
	}
	return out
}

func (f face) memberships(ctx context.Context, q store.Queryer, p people.Person, name string) ([]item, error) {
	members, err := people.OrgsOf(ctx, q, p.OID, f.Clock.Now())
	if err != nil {
		return nil, err
	}
	var out []item
	for _, m := range members {
		o, err := people.OrgByOID(ctx, q, m.OrgOID)
		if err != nil {
			return nil, err
		}
		if name == esia.CollectionOrgs {
			out = append(out, item{o.OID, wireOrg(o)})
			continue
		}
		out = append(out, item{o.OID, esia.Role{OID: o.OID, FullName: untrusted.Text(o.FullName), ShortName: untrusted.Text(o.ShortName),
			Type: o.Type, OGRN: o.OGRN, INN: o.INN, KPP: o.KPP, Chief: m.Chief,
			Admin: m.Chief || slices.Contains(m.Powers, "admin"), Active: true,
			Email: untrusted.Text(o.Email), Phone: untrusted.Text(o.Phone)}})
	}
	return out, nil
}

func wireOrg(o people.Org) esia.Org {
	return esia.Org{OID: o.OID, FullName: untrusted.Text(o.FullName), ShortName: untrusted.Text(o.ShortName), Type: o.Type,
		OGRN: o.OGRN, INN: o.INN, KPP: o.KPP}
}
