package catalog

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/epgu-cli/epgu/internal/i18n"
)

//go:embed api.tsv
var apiServices string

// APIService is a service that the state's portal takes from programs by API
// ЕПГУ. No portal lists them, so the client knows them itself.
type APIService struct {
	Code      string
	Title     i18n.Text
	Files     string // of the archive
	Signature string // "none", "detached", or "by-person" (it depends on who asks)
	Spec      string // version or day of the newest specification known
	Known     string // "official" (the document was read) or "public" (a public client's reading)
}

// TargetCode is the targetCode of API ЕПГУ.
func (s APIService) TargetCode() string { return "-" + s.Code }

// APIServices returns the services of API ЕПГУ as of 2026-11-29.
func APIServices() ([]APIService, error) {
	var out []APIService
	for n, line := range strings.Split(apiServices, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 7 {
			return nil, fmt.Errorf("services of API ЕПГУ, line %d: %d columns", n+1, len(f))
		}
		out = append(out, APIService{Code: f[0], Files: f[1], Signature: f[2], Spec: f[3], Known: f[4], Title: i18n.Text{RU: f[5], EN: f[6]}})
	}
	return out, nil
}
