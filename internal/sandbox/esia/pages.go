package esia

import (
	"bytes"
	"embed"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/template"
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

// data is the page as its template sees it.
func (p page) data() map[string]any {
	ways := make([]any, len(p.Ways))
	for i, w := range p.Ways {
		ways[i] = map[string]any{"kind": w.Kind, "label": w.Label}
	}
	roles := make([]any, len(p.Roles))
	for i, r := range p.Roles {
		roles[i] = map[string]any{"oid": r.OID, "name": r.Name, "note": r.Note, "chosen": r.Chosen}
	}
	scopes := make([]any, len(p.Scopes))
	for i, s := range p.Scopes {
		scopes[i] = s
	}
	consents := make([]any, len(p.Consents))
	for i, c := range p.Consents {
		consents[i] = map[string]any{"responsible": c.Responsible, "until": c.Until}
	}
	return map[string]any{
		"lang": p.Lang, "title": p.Title, "error": p.Error, "hint": p.Hint, "self": p.Self, "action": p.Action, "csrf": p.CSRF, "client": p.Client,
		"login": p.Login, "kind": p.Kind, "target": p.Target, "ways": ways, "roles": roles, "scopes": scopes, "consents": consents,
		"role": p.Role, "text": p.Text, "code": p.Code, "push": p.Push, "refresh": p.Refresh,
	}
}

// funcs are what the pages call: t chooses between two languages.
func (p page) funcs() map[string]template.Func {
	return map[string]template.Func{"t": func(args ...any) (any, error) {
		ru, en := args[0].(string), args[1].(string)
		return p.T(ru, en), nil
	}}
}

// templates parses the pages when the first one is shown: most runs of the
// program show none.
func templates() func(name string) (*template.Template, error) {
	all := sync.OnceValues(func() (map[string]*template.Template, error) {
		layout, err := pageFiles.ReadFile("pages/layout.html")
		if err != nil {
			return nil, err
		}
		out := map[string]*template.Template{}
		for _, name := range []string{"password", "factor", "push", "role", "consent", "message"} {
			content, err := pageFiles.ReadFile("pages/" + name + ".html")
			if err != nil {
				return nil, err
			}
			t, err := template.Parse("layout.html", string(layout), page{}.funcs())
			if err == nil {
				err = t.Add(name, string(content), page{}.funcs())
			}
			if err != nil {
				return nil, err
			}
			out[name] = t.HTML()
		}
		return out, nil
	})
	return func(name string) (*template.Template, error) {
		pages, err := all()
		return pages[name], err
	}
}

// show writes a page. target is the origin to which a form of the page may
// lead besides the portal itself: where the person goes back to.
func (f face) show(w http.ResponseWriter, status int, name, target string, p page) error {
	var b bytes.Buffer
	t, err := f.template(name)
	if err != nil {
		return err
	}
	if err := t.ExecuteNamed(&b, "layout", p.data(), p.funcs()); err != nil {
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
