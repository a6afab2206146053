package cabinet

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
	"github.com/epgu-cli/epgu/internal/sandbox/orders"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
)

// services is GET /services.
func (f *face) services(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	limit, offset, err := pageOf(q)
	if err != nil {
		return err
	}
	filter, err := filterOf(q)
	if err != nil {
		return err
	}
	c, err := f.catalog()
	if err != nil {
		return err
	}
	own, err := f.kept(r)
	if err != nil {
		return err
	}
	filter.First = own.order()
	found, err := c.Search(filter)
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, own.page(c, found, limit, offset, problem.Lang(r)))
	return nil
}

// filterOf reads the filters of a list of services.
func filterOf(q url.Values) (catalog.Filter, error) {
	f := catalog.Filter{Query: q.Get("query"), Topic: q.Get("topic"), Situation: q.Get("situation"), Department: q.Get("department"),
		Region: q.Get("region"), Person: q.Get("person"), Level: q.Get("level"), Fee: q.Get("fee"),
		Online: q.Get("online") == "true", Obsolete: q.Get("obsolete") == "true"}
	for _, name := range []string{"query", "topic", "situation", "department", "region"} {
		if len(q.Get(name)) > 400 {
			return f, problem.BadRequest(i18n.Text{RU: "%s: слишком длинно", EN: "%s: too long"}.With(name))
		}
	}
	for name, known := range map[string][]string{
		"person": {catalog.Citizen, catalog.Entrepreneur, catalog.Organisation, catalog.Foreigner},
		"level":  {catalog.LevelSimplified, catalog.LevelStandard, catalog.LevelConfirmed},
		"fee":    {catalog.Free, catalog.Paid},
	} {
		if v := q.Get(name); v != "" && !slices.Contains(known, v) {
			return f, problem.BadRequest(i18n.Text{RU: "%s: есть %s, а не %q", EN: "%s: one of %s, not %q"}.With(name, strings.Join(known, ", "), v))
		}
	}
	return f, nil
}

func brief(c *catalog.Catalog, s *catalog.Brief, l i18n.Lang) wire.Service {
	out := wire.Service{
		Code: s.Code, Slug: s.Slug, Title: text(s.Title, l), Summary: text(s.Summary, l), Department: text(c.Department(s.Department).Name, l),
		Topic: text(c.TopicTitle(s.Topic), l), Level: wire.Level(s.Level), ForOrgs: s.Orgs, FeeKopecks: s.UsualFee(), TermDays: s.TermDays,
		Obsolete: s.State == catalog.Obsolete, Persons: s.Persons, State: s.State, Season: s.Season, Regions: s.Regions,
		Online: s.Online && s.State != catalog.Obsolete, Popularity: s.Popularity,
	}
	for _, key := range s.Situations {
		out.Situations = append(out.Situations, text(c.SituationTitle(key), l))
	}
	if next := c.Find(s.Successor); next != nil {
		out.Successor = next.Code
	}
	return out
}

// find returns the service that the path names, or a 404 with the nearest.
func (f *face) find(r *http.Request) (*catalog.Catalog, *catalog.Service, error) {
	c, err := f.catalog()
	if err != nil {
		return nil, nil, err
	}
	key := r.PathValue("code")
	if s := c.Find(key); s != nil {
		return c, s, nil
	}
	return nil, nil, unknownService(c, key)
}

func unknownService(c *catalog.Catalog, key string) error {
	e := problem.New(http.StatusNotFound, "service.not_found",
		i18n.Text{RU: "Услуги «%s» нет", EN: "There is no service %q"}.With(key)).
		WithHint(i18n.Say("Похожие услуги названы здесь же", "Similar services are named here"))
	for _, s := range c.Nearest(key, 3) {
		e = e.WithField(s.Code, "similar", s.Title)
	}
	return e
}

// service is GET /services/{code}.
func (f *face) service(w http.ResponseWriter, r *http.Request) error {
	c, s, err := f.find(r)
	if err != nil {
		return err
	}
	own, err := f.kept(r)
	if err != nil {
		return err
	}
	d := details(c, s, problem.Lang(r))
	d.Saved, d.Used = own.saved[s.Code], own.used[s.Code]
	problem.JSON(w, http.StatusOK, d)
	return nil
}

func details(c *catalog.Catalog, s *catalog.Service, l i18n.Lang) wire.ServiceDetails {
	d := wire.ServiceDetails{
		Service: brief(c, &s.Brief, l), TargetCode: s.TargetCode(), Region: "45000000000", Result: text(s.Result, l),
		Steps: texts(s.Steps, l), LegalActs: texts(s.LegalActs, l), Contacts: texts(slices.Concat(s.Contacts, s.Dept().Contacts), l),
		Documents: []wire.Document{}, Fees: []wire.Fee{}, Signature: s.Signature, Push: s.Push, PrintedForm: s.PrintedForm,
		Refusals: texts(s.Refusals, l), TermSource: source(s.TermSource, l),
	}
	for _, x := range s.Documents {
		// A document that only some answers need is not required of everybody;
		// the intake says when it is missing.
		d.Documents = append(d.Documents, wire.Document{Name: x.Name, Title: text(x.Title, l), Required: x.Required && x.When == nil, When: x.When.Wire(), RequiredWhen: x.Required && x.When != nil, Types: x.Types, MaxBytes: x.MaxBytes, MinWidth: x.MinWidth, MinHeight: x.MinHeight})
	}
	for _, x := range s.Fees {
		d.Fees = append(d.Fees, wire.Fee{Title: text(x.Title, l), Condition: text(x.Condition, l), AmountKopecks: x.Kopecks, DiscountPercent: x.Discount,
			Basis: text(x.Basis, l), AsOf: s.AsOf, Rule: text(x.Rule, l), Since: x.Since, Source: source(x.Source, l)})
	}
	for _, x := range s.Variants {
		d.Variants = append(d.Variants, wire.Variant{Region: x.Region, RegionTitle: text(c.RegionTitle(x.Region), l), TermDays: x.TermDays, Note: text(x.Note, l), Contact: text(x.Contact, l)})
	}
	return d
}

func source(s catalog.Source, l i18n.Lang) *wire.Source {
	return &wire.Source{Kind: s.Kind, Title: text(s.Title, l), Date: s.Date}
}

func texts(in []i18n.Text, l i18n.Lang) []wire.Text {
	out := make([]wire.Text, len(in))
	for i, t := range in {
		out[i] = text(t, l)
	}
	return out
}

// form is GET /services/{code}/form; with repeat=N it is filled as application
// N was, as far as that still holds.
func (f *face) form(w http.ResponseWriter, r *http.Request) error {
	c, s, err := f.find(r)
	if err != nil {
		return err
	}
	schema, err := c.Schema(s, problem.Lang(r))
	if err != nil {
		return err
	}
	out := wire.Form{Service: s.Code, Version: s.Version, Schema: schema}
	again := r.URL.Query().Get("repeat")
	who, ok := session.From(r.Context())
	if !ok && again != "" {
		return problem.New(http.StatusUnauthorized, "auth.required", i18n.Say("Нужно войти", "Sign in first"))
	}
	if ok {
		known, err := f.known(r.Context(), who, c, s, again)
		if err != nil {
			return err
		}
		prefill(&out, s, known, problem.Lang(r))
	}
	problem.JSON(w, http.StatusOK, out)
	return nil
}

// prefill puts what is known into a form, with where it is from.
func prefill(out *wire.Form, s *catalog.Service, k catalog.Knowledge, l i18n.Lang) {
	values, superseded := s.Prefill(k)
	out.Prefill, out.Sources = map[string]any{}, map[string]wire.Text{}
	for _, p := range values {
		put(out.Prefill, p.Path, p.Value)
		out.Sources[p.Path] = text(p.Source, l)
		if p.Earlier {
			out.Reused = append(out.Reused, p.Path)
		}
	}
	for _, x := range superseded {
		out.Superseded = append(out.Superseded, wire.Superseded{Path: x.Path, Was: x.Was})
	}
	for path, items := range s.Suggest(k) {
		if out.Suggestions == nil {
			out.Suggestions = map[string][]wire.Suggestion{}
		}
		for _, x := range items {
			out.Suggestions[path] = append(out.Suggestions[path], wire.Suggestion{Title: wire.Text(x.Title), Source: text(x.Source, l), Values: x.Values})
		}
	}
}

// put sets a value at a path of a tree: children[0].lastName.
func put(tree map[string]any, path string, v any) {
	name, rest, deeper := strings.Cut(path, ".")
	name, index, item := strings.Cut(name, "[")
	if !item {
		if !deeper {
			tree[name] = v
			return
		}
		sub, ok := tree[name].(map[string]any)
		if !ok {
			sub = map[string]any{}
			tree[name] = sub
		}
		put(sub, rest, v)
		return
	}
	list, _ := tree[name].([]any)
	n, err := strconv.Atoi(strings.TrimSuffix(index, "]"))
	if err != nil || n < 0 || n > len(list) { // items come in order
		return
	}
	if n == len(list) {
		list = append(list, map[string]any{})
		tree[name] = list
	}
	if sub, ok := list[n].(map[string]any); ok && deeper {
		put(sub, rest, v)
	}
}

// maxEarlier is how many earlier applications are looked at for answers.
const maxEarlier = 20

// known returns what the portal knows of the caller, by the words that forms
// name in "prefill" and "known", and earlier applications; again is the number
// of the one that is repeated.
func (f *face) known(ctx context.Context, who session.Caller, c *catalog.Catalog, s *catalog.Service, again string) (catalog.Knowledge, error) {
	out := catalog.Knowledge{Values: map[string]string{"role.kind": "person"}, Entries: map[string][]map[string]string{}}
	err := f.deps.DB.Read(ctx, func(tx *sql.Tx) error {
		p, err := people.ByOID(ctx, tx, who.OID)
		if err != nil {
			return err
		}
		knownPerson(&out, p)
		list, _, err := orders.List(ctx, tx, orderOwner(who), orders.Filter{Sent: true}, maxEarlier, 0)
		if err != nil {
			return err
		}
		for _, o := range list {
			if of := c.Find(o.Service); of != nil {
				out.Earlier = append(out.Earlier, earlier(of, o))
			}
		}
		if again != "" {
			if out.Repeat, err = repeated(ctx, tx, who, c, s, again); err != nil {
				return err
			}
		}
		if who.OrgOID == 0 {
			return nil
		}
		org, err := people.OrgByOID(ctx, tx, who.OrgOID)
		if errors.Is(err, people.ErrNotFound) {
			return nil
		}
		v := out.Values
		v["role.kind"] = "organisation"
		v["org.name"], v["org.inn"], v["org.kpp"], v["org.ogrn"] = org.ShortName, org.INN, org.KPP, org.OGRN
		out.Entries["self"] = append(out.Entries["self"], map[string]string{"title": org.ShortName, "party.kind": "organisation", "party.name": org.ShortName, "party.inn": org.INN})
		return err
	})
	return out, err
}

func earlier(s *catalog.Service, o *orders.Order) catalog.Earlier {
	id := strconv.FormatInt(o.ID, 10)
	return catalog.Earlier{Service: s, Values: o.Values, Title: i18n.Text{RU: "заявление № " + id, EN: "application no. " + id}}
}

// repeated finds the application that is asked for once more: one of the
// caller's own for this service.
func repeated(ctx context.Context, tx *sql.Tx, who session.Caller, c *catalog.Catalog, s *catalog.Service, number string) (*catalog.Earlier, error) {
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return nil, problem.NotFound("application.not_found")
	}
	o, err := orders.Get(ctx, tx, id)
	if errors.Is(err, orders.ErrNotFound) || err == nil && (!orderOwner(who).Owns(o) || o.Submitted.IsZero()) {
		return nil, problem.NotFound("application.not_found")
	}
	if err != nil {
		return nil, err
	}
	if of := c.Find(o.Service); of == nil || of.Code != s.Code {
		title := i18n.Text{RU: o.Service, EN: o.Service}
		if of != nil {
			title = of.Title
		}
		return nil, problem.New(http.StatusConflict, "application.other_service", i18n.Text{
			RU: "Заявление № %d — на другую услугу: %s", EN: "Application no. %d is for another service: %s"}.With(id, title))
	}
	e := earlier(s, o)
	return &e, nil
}

func knownPerson(k *catalog.Knowledge, p people.Person) {
	out := k.Values
	out["person.lastName"], out["person.firstName"], out["person.middleName"] = p.LastName, p.FirstName, p.MiddleName
	out["person.birthDate"], out["person.birthPlace"], out["person.gender"] = p.BirthDate, p.BirthPlace, p.Gender
	out["person.snils"], out["person.inn"], out["person.email"] = p.SNILS, p.INN, p.Email
	out["person.mobile"] = plainPhone(p.Mobile)
	if d, ok := p.Passport(); ok {
		out["passport.series"], out["passport.number"] = d.Series, d.Number
		out["passport.issuedAt"], out["passport.issuedBy"] = d.IssueDate, d.IssuedBy
	}
	if d, ok := p.Document("RF_DRIVING_LICENSE"); ok {
		out["licence.number"] = d.Series + d.Number
	}
	if a, ok := p.Address("PRG"); ok {
		out["address.registration"] = a.Line()
	}
	if a, ok := p.Address("PLV"); ok {
		out["address.living"] = a.Line()
	}
	self := map[string]string{"title": strings.TrimSpace(p.LastName + " " + p.FirstName + " " + p.MiddleName), "party.kind": "person",
		"party.lastName": p.LastName, "party.firstName": p.FirstName, "party.middleName": p.MiddleName, "party.inn": p.INN}
	if d, ok := p.Passport(); ok {
		self["party.passport"] = d.Series + " " + d.Number
	}
	k.Entries["self"] = append(k.Entries["self"], self)
	for i, c := range p.Kids {
		entry := map[string]string{"title": c.LastName + " " + c.FirstName, "child.lastName": c.LastName, "child.firstName": c.FirstName,
			"child.middleName": c.MiddleName, "child.birthDate": c.BirthDate, "child.gender": c.Gender, "child.snils": c.SNILS}
		k.Entries["children"] = append(k.Entries["children"], entry)
		if i == 0 {
			maps.Copy(out, entry)
		}
	}
	for i, v := range p.Vehicles {
		entry := map[string]string{"title": v.Name + " " + v.Plate, "vehicle.vin": v.VIN, "vehicle.name": v.Name, "vehicle.plate": v.Plate, "vehicle.sts": v.STS}
		k.Entries["vehicles"] = append(k.Entries["vehicles"], entry)
		if i == 0 {
			maps.Copy(out, entry)
		}
	}
}

// plainPhone writes +7(900)0000001 as +79000000001.
func plainPhone(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '+' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// me is GET /me.
func (f *face) me(w http.ResponseWriter, r *http.Request) error {
	who := caller(r)
	var out wire.Me
	err := f.deps.DB.Read(r.Context(), func(tx *sql.Tx) error {
		p, err := people.ByOID(r.Context(), tx, who.OID)
		if err != nil {
			return err
		}
		out = meOf(p)
		if who.OrgOID == 0 {
			return nil
		}
		org, err := people.OrgByOID(r.Context(), tx, who.OrgOID)
		if err != nil {
			return err
		}
		out.Role = wire.Role{Kind: "organisation", OrgOID: decimal(who.OrgOID), Name: wire.Text(org.ShortName), INN: org.INN, KPP: org.KPP, Chief: who.Chief}
		return nil
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, out)
	return nil
}

func meOf(p people.Person) wire.Me {
	return wire.Me{
		OID: decimal(p.OID), LastName: wire.Text(p.LastName), FirstName: wire.Text(p.FirstName), MiddleName: wire.Text(p.MiddleName),
		BirthDate: p.BirthDate, SNILS: p.SNILS, INN: p.INN, Email: wire.Text(p.Email), Mobile: wire.Text(p.Mobile),
		Level: p.Level, Role: wire.Role{Kind: "person"},
	}
}
