package esia

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
)

//go:embed pages
var pageFiles embed.FS

// page is what every page shows.
type page struct {
	Lang   string
	Title  string
	Error  string
	Hint   string
	Self   string // this page's address, to choose the language; "" without one
	Action string
	CSRF   string
	Client string

	Login    string // password
	Kind     string // factor
	Target   string
	Ways     []way
	Roles    []role // role
	Scopes   []string
	Consents []consentText
	Role     string
	Text     string // message
	Code     string
	Push     string // number to be typed on the device; "" when no push is awaited
	Refresh  int    // seconds until the page looks again; 0 is never
}

type way struct{ Kind, Label string }

type role struct {
	OID        int64
	Name, Note string
	Chosen     bool
}

type consentText struct{ Responsible, Until string }

// T chooses between the two languages of the page.
func (p page) T(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(i18n.Lang(p.Lang)) }

// templates parses the pages when the first one is shown: most runs of the
// program show none.
func templates() func(name string) *template.Template {
	all := sync.OnceValue(func() map[string]*template.Template {
		out := map[string]*template.Template{}
		for _, name := range []string{"password", "factor", "push", "role", "consent", "message"} {
			out[name] = template.Must(template.ParseFS(pageFiles, "pages/layout.html", "pages/"+name+".html"))
		}
		return out
	})
	return func(name string) *template.Template { return all()[name] }
}

// show writes a page. target is the origin to which a form of the page may
// lead besides the portal itself: where the person goes back to.
func (f face) show(w http.ResponseWriter, status int, name, target string, p page) error {
	var b bytes.Buffer
	if err := f.template(name).ExecuteTemplate(&b, "layout", p); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", p.Lang)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", strings.TrimSpace(
		"default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' "+target))
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a reader that has gone is nobody's error
	return nil
}

func (f face) style(w http.ResponseWriter, _ *http.Request) {
	b, err := pageFiles.ReadFile("pages/style.css")
	if err != nil {
		http.Error(w, "no style", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "max-age=3600")
	_, _ = w.Write(b)
}

// pageLang returns the language of a page: the one chosen on it, else the
// browser's.
func pageLang(r *http.Request) i18n.Lang {
	switch l := i18n.Lang(r.URL.Query().Get("lang")); l {
	case i18n.RU, i18n.EN:
		return l
	}
	return problem.Lang(r)
}

// origin returns the origin of an address for a Content-Security-Policy.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
