package catalog

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/epgu-cli/epgu/internal/core/parcel"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

//go:embed api.tsv
var apiServices string

// StateAPI is the State of a service that the client knows by its own list: what
// a portal would say of fees, terms and levels is not known then.
const StateAPI = "api"

// APIService is a service that the state's portal takes from programs by API
// ЕПГУ. No portal lists them, so the client knows them itself.
type APIService struct {
	Code      string
	Title     i18n.Text
	Files     string   // of the archive
	Signature string   // "none", "detached", or "by-person" (it depends on who asks)
	Spec      string   // version or day of the newest specification known
	Known     string   // "official" (the document was read) or "public" (a public client's reading)
	Persons   []string // who may ask; nil is not established
	Powers    string   // "own", "org", "authority", "?"
	MaxBytes  int64    // of all files together; 0 is not known
	MaxFiles  int      // documents beside the request
	MaxName   int      // characters
	Kinds     []string // extensions of documents
}

// TargetCode is the targetCode of API ЕПГУ.
func (s APIService) TargetCode() string { return "-" + s.Code }

// Source says where what is said of the service is from.
func (s APIService) Source() i18n.Text {
	if s.Known == "official" {
		return i18n.Text{RU: "спецификация услуги " + s.Spec + ", официальный документ", EN: "specification of the service " + s.Spec + ", the official document"}
	}
	return i18n.Text{RU: "спецификация услуги " + s.Spec + ", в прочтении открытого клиента", EN: "specification of the service " + s.Spec + ", as a public client reads it"}
}

// names are the files that the archive must hold.
func (s APIService) names() []string {
	var out []string
	for _, name := range strings.Split(s.Files, ", ") {
		if strings.HasSuffix(name, ".xml") {
			out = append(out, name)
		}
	}
	return out
}

// Rules are what the service asks of an archive.
func (s APIService) Rules(lang i18n.Lang) parcel.Rules {
	return parcel.Rules{Source: s.Source().In(lang), Names: s.names(), Signed: s.Signature == "detached", MaxBytes: s.MaxBytes, MaxFiles: s.MaxFiles, MaxName: s.MaxName, Kinds: s.Kinds}
}

// details shows the service as a portal with a catalogue would, as far as it is known.
func (s APIService) details(lang i18n.Lang) *wire.ServiceDetails {
	text := func(t i18n.Text) wire.Text { return wire.Text(t.In(lang)) }
	d := &wire.ServiceDetails{
		Service: wire.Service{Code: s.Code, Slug: s.Code, Title: text(s.Title), State: StateAPI, Online: true, Persons: s.Persons,
			ForOrgs: slices.Contains(s.Persons, "organisation") || slices.Contains(s.Persons, "entrepreneur")},
		TargetCode: s.TargetCode(), Push: "chunked", LegalActs: []wire.Text{text(s.Source())},
		Steps: []wire.Text{text(i18n.Text{RU: "Файлы архива: " + s.Files, EN: "Files of the archive: " + s.Files}), text(s.PowersText())},
	}
	switch s.Signature {
	case "detached":
		d.Signature = "qualified"
	default:
		d.Signature = s.Signature
	}
	if documents, ok := apiDocuments(s, lang); ok {
		d.Documents = documents
	}
	return d
}

// PowersText says which powers whoever submits needs.
func (s APIService) PowersText() i18n.Text {
	switch s.Powers {
	case "own":
		return i18n.Text{RU: "Полномочия: подаёт сам заявитель", EN: "Powers: the applicant submits in person"}
	case "org":
		return i18n.Text{RU: "Полномочия: право действовать за организацию (руководитель или доверенность МЧД)", EN: "Powers: the right to act for the organisation (its head, or a power of attorney МЧД)"}
	case "authority":
		return i18n.Text{RU: "Полномочия: сотрудник организации прилагает authority.xml и authority.xml.sig", EN: "Powers: an employee of an organisation adds authority.xml and authority.xml.sig"}
	}
	return i18n.Text{RU: "Полномочия: не установлено, смотрите спецификацию услуги", EN: "Powers: not established, see the specification of the service"}
}

// APIServices returns the services of API ЕПГУ as of 2026-11-29.
func APIServices() ([]APIService, error) {
	var out []APIService
	for n, line := range strings.Split(apiServices, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 13 {
			return nil, fmt.Errorf("services of API ЕПГУ, line %d: %d columns", n+1, len(f))
		}
		s := APIService{Code: f[0], Files: f[1], Signature: f[2], Spec: f[3], Known: f[4], Persons: known(f[5], "?"), Powers: f[6],
			Kinds: known(f[10], "-"), Title: i18n.Text{RU: f[11], EN: f[12]}}
		for i, to := range []func(int64){func(v int64) { s.MaxBytes = v }, func(v int64) { s.MaxFiles = int(v) }, func(v int64) { s.MaxName = int(v) }} {
			if f[7+i] == "-" {
				continue
			}
			v, err := strconv.ParseInt(f[7+i], 10, 32)
			if err != nil {
				return nil, fmt.Errorf("services of API ЕПГУ, line %d: %w", n+1, err)
			}
			to(v)
		}
		out = append(out, s)
	}
	return out, nil
}

func known(list, none string) []string {
	if list == none {
		return nil
	}
	return strings.Split(list, ",")
}

// APIServiceOf returns the service of a code; ok is false for one that API ЕПГУ
// does not take, as far as is known.
func APIServiceOf(code string) (s APIService, ok bool, err error) {
	all, err := APIServices()
	if err != nil {
		return APIService{}, false, err
	}
	i := slices.IndexFunc(all, func(s APIService) bool { return s.Code == code })
	if i < 0 {
		return APIService{}, false, nil
	}
	return all[i], true, nil
}

// findAPI is Find by the client's own list.
func (s *Service) findAPI(ctx context.Context, q Query, limit int) ([]wire.Service, int, error) {
	all, err := APIServices()
	if err != nil {
		return nil, 0, err
	}
	words := strings.Fields(strings.ToLower(q.Text))
	var out []wire.Service
	for _, a := range all {
		text := strings.ToLower(a.Code + " " + a.Title.RU + " " + a.Title.EN)
		if slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) }) {
			continue
		}
		if q.Person != "" && a.Persons != nil && !slices.Contains(a.Persons, q.Person) {
			continue
		}
		out = append(out, a.details(s.lang(ctx)).Service)
	}
	total := len(out)
	if limit > 0 && total > limit {
		out = out[:limit]
	}
	return out, total, nil
}

// viewAPI is View by the client's own list.
func (s *Service) viewAPI(ctx context.Context, code string) (*wire.ServiceDetails, error) {
	a, ok, err := APIServiceOf(code)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.New(exitcode.NotFound, "service.not_in_api", i18n.Text{
			RU: "услуги %s среди доступных по API ЕПГУ нет", EN: "service %s is not among those that API ЕПГУ takes"}.With(untrusted.Text(code))).
			Advise(i18n.Say("какие есть: epgu service list; если услуга открыта позже 12.08.2026: epgu application create КОД --file …", "see epgu service list; if it was opened after 2026-08-12: epgu application create CODE --file …"))
	}
	return a.details(s.lang(ctx)), nil
}
