package esia

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/wire/esia"
	"github.com/epgu-cli/epgu/internal/sandbox/grant"
	"github.com/epgu-cli/epgu/internal/sandbox/inprocess"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// everything is the old scope that opens all data of a person.
const everything = "http://esia.gosuslugi.ru/usr_inf"

// restError answers an error of the /rs/ endpoints.
type restError struct {
	status int
	code   string
	text   i18n.Text
}

// Error implements error.
func (e *restError) Error() string { return e.code + ": " + e.text.EN }

func errNoData() *restError {
	return &restError{http.StatusNotFound, "ESIA-005004", i18n.Text{RU: "Объект не найден", EN: "There is no such object"}}
}

func errNoScope() *restError {
	return &restError{http.StatusForbidden, grant.CodeNoPermission,
		i18n.Text{RU: "Маркер доступа не даёт этих сведений", EN: "The access marker does not open this data"}}
}

// rest is a handler of /rs/: the errors have ЕСИА's own form.
func rest(h func(w http.ResponseWriter, r *http.Request) error) http.Handler {
	return problem.Handler(func(w http.ResponseWriter, r *http.Request) error {
		err := h(w, r)
		var e *restError
		if errors.As(err, &e) {
			problem.JSON(w, e.status, esia.RESTError{Code: e.code, Message: untrusted.Text(e.text.In(problem.Lang(r)))})
			return nil
		}
		return err
	})
}

// fullPerson is the answer of /rs/prns/{oid} with what was asked to be embedded.
type fullPerson struct {
	esia.Person
	Contacts      *esia.Collection `json:"contacts,omitempty"`
	Addresses     *esia.Collection `json:"addresses,omitempty"`
	Documents     *esia.Collection `json:"documents,omitempty"`
	Vehicles      *esia.Collection `json:"vehicles,omitempty"`
	Kids          *esia.Collection `json:"kids,omitempty"`
	Organizations *esia.Collection `json:"organizations,omitempty"`
}

// own returns the person of the address, who must be the marker's.
func (f face) own(ctx context.Context, q store.Queryer, r *http.Request) (session.Caller, people.Person, error) {
	c, _ := session.From(r.Context())
	oid, err := strconv.ParseInt(r.PathValue("oid"), 10, 64)
	if err != nil || oid != c.OID {
		return c, people.Person{}, errNoData()
	}
	p, err := people.ByOID(ctx, q, oid)
	return c, p, err
}

// person serves GET /rs/prns/{oid}.
func (f face) person(w http.ResponseWriter, r *http.Request) error {
	embed := embedded(r)
	var out fullPerson
	err := f.DB.Read(r.Context(), func(tx *sql.Tx) error {
		c, p, err := f.own(r.Context(), tx, r)
		if err != nil {
			return err
		}
		out.Person = wirePerson(c, p)
		for _, e := range []struct {
			name, collection string
			to               **esia.Collection
		}{
			{"contacts", esia.CollectionContacts, &out.Contacts},
			{"addresses", esia.CollectionAddresses, &out.Addresses},
			{"documents", esia.CollectionDocuments, &out.Documents},
			{"vehicles", esia.CollectionVehicles, &out.Vehicles},
			{"kids", esia.CollectionKids, &out.Kids},
			{"organizations", esia.CollectionOrgs, &out.Organizations},
		} {
			if !slices.Contains(embed, e.name) && !slices.Contains(embed, e.name+".elements") {
				continue
			}
			items, err := f.collect(r.Context(), tx, c, p, e.collection)
			var closed *restError
			if errors.As(err, &closed) {
				continue // what the marker does not open is left out
			}
			if err != nil {
				return err
			}
			full := slices.Contains(embed, e.name+".elements")
			if *e.to, err = collection(items, base(r)+"/rs/prns/"+strconv.FormatInt(p.OID, 10)+"/"+e.collection, full); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, out)
	return nil
}

// embedded reads embed=(a,b.elements).
func embedded(r *http.Request) []string {
	s := strings.TrimSpace(r.URL.Query().Get("embed"))
	s = strings.TrimSuffix(strings.TrimPrefix(s, "("), ")")
	return strings.FieldsFunc(s, func(c rune) bool { return c == ',' || c == ' ' })
}

// base returns the address under which the client reached the portal.
func base(r *http.Request) string {
	if r.TLS != nil || inprocess.Marked(r) {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

func opens(c session.Caller, scopes ...string) bool {
	return c.Has(everything) || slices.ContainsFunc(scopes, c.Has)
}

func wirePerson(c session.Caller, p people.Person) esia.Person {
	out := esia.Person{Trusted: p.Level == cabinet.LevelConfirmed, Status: "REGISTERED"}
	if session.Rank(p.Level) >= session.Rank(cabinet.LevelStandard) {
		if d, ok := p.Passport(); ok {
			out.RIDDoc = d.ID
		}
	}
	if opens(c, "fullname") {
		out.FirstName, out.LastName, out.MiddleName = untrusted.Text(p.FirstName), untrusted.Text(p.LastName), untrusted.Text(p.MiddleName)
	}
	for _, field := range []struct {
		scope string
		to    *string
		value string
	}{
		{"birthdate", &out.BirthDate, dotted(p.BirthDate)},
		{"gender", &out.Gender, p.Gender},
		{"citizenship", &out.Citizenship, p.Citizenship},
		{"snils", &out.SNILS, p.SNILS},
		{"inn", &out.INN, p.INN},
	} {
		if opens(c, field.scope) {
			*field.to = field.value
		}
	}
	if opens(c, "birthplace") {
		out.BirthPlace = untrusted.Text(p.BirthPlace)
	}
	return out
}

// dotted turns yyyy-mm-dd into dd.mm.yyyy.
func dotted(date string) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return ""
	}
	return t.Format("02.01.2006")
}

// item is one element of a collection.
type item struct {
	id    int64
	value any
}

// collection makes a collection: of objects, or of addresses to fetch.
func collection(items []item, address string, full bool) (*esia.Collection, error) {
	out := &esia.Collection{StateFacts: []string{"hasSize"}, Size: len(items), Elements: []json.RawMessage{}}
	for _, i := range items {
		v := i.value
		if !full {
			v = address + "/" + strconv.FormatInt(i.id, 10)
		}
		b, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		out.Elements = append(out.Elements, b)
	}
	return out, nil
}

// list serves GET /rs/prns/{oid}/{collection}.
func (f face) list(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("collection")
	// Memberships come whole, whatever is asked for.
	full := name == esia.CollectionRoles || slices.Contains(embedded(r), "elements")
	var out *esia.Collection
	err := f.DB.Read(r.Context(), func(tx *sql.Tx) error {
		c, p, err := f.own(r.Context(), tx, r)
		if err != nil {
			return err
		}
		items, err := f.collect(r.Context(), tx, c, p, name)
		if err != nil {
			return err
		}
		out, err = collection(items, base(r)+r.URL.Path, full)
		return err
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, out)
	return nil
}

// element serves GET /rs/prns/{oid}/{collection}/{id}.
func (f face) element(w http.ResponseWriter, r *http.Request) error {
	var found any
	err := f.DB.Read(r.Context(), func(tx *sql.Tx) error {
		c, p, err := f.own(r.Context(), tx, r)
		if err != nil {
			return err
		}
		items, err := f.collect(r.Context(), tx, c, p, r.PathValue("collection"))
		if err != nil {
			return err
		}
		i := slices.IndexFunc(items, func(i item) bool { return strconv.FormatInt(i.id, 10) == r.PathValue("id") })
		if i < 0 {
			return errNoData()
		}
		found = items[i].value
		return nil
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, found)
	return nil
}

// org serves GET /rs/orgs/{oid} to those who act for it.
func (f face) org(w http.ResponseWriter, r *http.Request) error {
	c, _ := session.From(r.Context())
	oid, err := strconv.ParseInt(r.PathValue("oid"), 10, 64)
	if err != nil {
		return errNoData()
	}
	var out esia.Org
	err = f.DB.Read(r.Context(), func(tx *sql.Tx) error {
		if _, err := people.MemberOf(r.Context(), tx, c.OID, oid, f.Clock.Now()); err != nil {
			return missing(err)
		}
		o, err := people.OrgByOID(r.Context(), tx, oid)
		out = wireOrg(o)
		return err
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, out)
	return nil
}

func missing(err error) error {
	if errors.Is(err, people.ErrNotFound) {
		return errNoData()
	}
	return err
}
