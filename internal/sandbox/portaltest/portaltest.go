// Package portaltest opens a whole embedded portal in a temporary folder for
// tests that speak HTTP to it by hand, and holds every answer of the cabinet
// API against docs/api/cabinet.openapi.yaml. Only tests of packages under
// internal/sandbox may import it.
package portaltest

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
)

// Portal is an open portal and its wall clock.
type Portal struct {
	t        testing.TB
	Dir      string
	Clock    *clock.Manual
	handler  http.Handler
	contract *contract
}

// Start is the wall clock of every portal at first.
func Start() time.Time { return time.Date(2026, 9, 1, 9, 0, 0, 0, time.UTC) }

// Open opens a fresh portal with this seed that skips idle time.
func Open(t testing.TB, seed uint64) *Portal {
	t.Helper()
	return open(t, sandbox.Options{Dir: t.TempDir(), Clock: clock.NewManual(Start()), SkipIdle: true, Seed: seed})
}

// Beside opens the same portal once more, as another process would.
func (p *Portal) Beside() *Portal {
	p.t.Helper()
	return open(p.t, sandbox.Options{Dir: p.Dir, Clock: p.Clock, SkipIdle: true})
}

func open(t testing.TB, o sandbox.Options) *Portal {
	t.Helper()
	portal, err := sandbox.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := portal.Close(); err != nil {
			t.Error(err)
		}
	})
	return &Portal{t: t, Dir: o.Dir, Clock: o.Clock.(*clock.Manual), handler: portal.Handler(), contract: readContract(t)}
}

// Citizen is a confirmed person who may do everything.
func Citizen() *session.Caller {
	return &session.Caller{OID: people.OIDConfirmed, Level: wire.LevelConfirmed, ClientID: "TEST", SessionID: "s1",
		Scopes: []string{"openid", "http://lk.gosuslugi.ru/api-order"}, Permissions: []string{"APIPGU"}}
}

// Chief is the chief of the demo company, acting for it.
func Chief() *session.Caller {
	c := Citizen()
	c.OID, c.OrgOID, c.Chief, c.Permissions = people.OIDChief, people.OIDCompany, true, nil
	return c
}

// Answer is what came back.
type Answer struct {
	t      testing.TB
	Status int
	Header http.Header
	Body   []byte
}

// Do sends a request by who; nil is nobody. Headers come in pairs.
func (p *Portal) Do(who *session.Caller, method, target string, body []byte, headers ...string) *Answer {
	p.t.Helper()
	r := httptest.NewRequest(method, target, bytes.NewReader(body)).WithContext(p.t.Context())
	r.RemoteAddr = "127.0.0.1:50000" // the training controls answer this machine only
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if body != nil && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if who != nil {
		r = r.WithContext(session.With(r.Context(), *who))
	}
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, r)
	a := &Answer{p.t, w.Code, w.Header(), w.Body.Bytes()}
	if u, err := url.Parse(target); err == nil && (strings.HasPrefix(u.Path, wire.Base+"/") || u.Path == wire.WellKnown) {
		if err := p.contract.holds(method, u.Path, a); err != nil {
			p.t.Errorf("%s %s → %d breaks the contract: %v\n%s", method, target, a.Status, err, a.Body)
		}
	}
	return a
}

// Get is Do with GET and no body.
func (p *Portal) Get(who *session.Caller, target string, headers ...string) *Answer {
	p.t.Helper()
	return p.Do(who, http.MethodGet, target, nil, headers...)
}

// Post is Do with POST and body as JSON.
func (p *Portal) Post(who *session.Caller, target string, body any, headers ...string) *Answer {
	p.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.Do(who, http.MethodPost, target, raw, headers...)
}

// Want fails the test unless the status is the wanted one.
func (a *Answer) Want(status int) *Answer {
	a.t.Helper()
	if a.Status != status {
		a.t.Fatalf("status %d, want %d: %s", a.Status, status, a.Body)
	}
	return a
}

// Into reads the JSON body.
func (a *Answer) Into(v any) {
	a.t.Helper()
	if err := json.Unmarshal(a.Body, v); err != nil {
		a.t.Fatalf("%v: %s", err, a.Body)
	}
}

// Code returns the "code" of an error answer.
func (a *Answer) Code() string {
	a.t.Helper()
	var e struct {
		Code string `json:"code"`
	}
	a.Into(&e)
	return e.Code
}

// Form returns the answers of a form that were known already, completed and
// overridden by pairs; an empty value removes one.
func (p *Portal) Form(who *session.Caller, service string, pairs ...string) map[string]string {
	p.t.Helper()
	var form wire.Form
	p.Get(who, wire.Base+"/services/"+service+"/form").Want(http.StatusOK).Into(&form)
	out := map[string]string{}
	for k, v := range form.Prefill {
		out[k] = fmt.Sprint(v)
	}
	for i := 0; i < len(pairs); i += 2 {
		if out[pairs[i]] = pairs[i+1]; pairs[i+1] == "" {
			delete(out, pairs[i])
		}
	}
	return out
}

// RequestXML writes a request document by hand: attachments come as name=file.
func RequestXML(service string, values map[string]string, attachments ...string) []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	fmt.Fprintf(&b, `<application xmlns="urn:epgu:sandbox:application:1.0" serviceCode=%q>`, service)
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	for _, name := range slices.Sorted(maps.Keys(values)) {
		fmt.Fprintf(&b, "\n  <field name=%q>%s</field>", name, escape.Replace(values[name]))
	}
	for _, a := range attachments {
		name, file, _ := strings.Cut(a, "=")
		fmt.Fprintf(&b, "\n  <attachment name=%q file=%q/>", name, file)
	}
	b.WriteString("\n</application>\n")
	return []byte(b.String())
}

// Zip packs files, in the order of their names.
func Zip(t testing.TB, files map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(files[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Photo returns a small JPEG.
func Photo(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 413, 531)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// PDF returns the smallest thing that is a PDF by its content.
func PDF() []byte { return []byte("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n") }

// Multipart writes a submission by hand: fields come as name=value, the file
// last; meta may be nil.
func Multipart(meta, file []byte, fields ...string) (contentType string, body []byte) {
	const boundary = "hand-made-boundary-7d1f"
	var b bytes.Buffer
	if meta != nil {
		b.WriteString("--" + boundary + "\r\nContent-Disposition: form-data; name=\"meta\"\r\nContent-Type: application/json\r\n\r\n")
		b.Write(meta)
		b.WriteString("\r\n")
	}
	if file != nil {
		b.WriteString("--" + boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.zip\"\r\nContent-Type: application/zip\r\n\r\n")
		b.Write(file)
		b.WriteString("\r\n")
	}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, "=")
		b.WriteString("--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n")
	}
	b.WriteString("--" + boundary + "--\r\n")
	return "multipart/form-data; boundary=" + boundary, b.Bytes()
}

// Meta is the meta part of a submission.
func Meta(service string) []byte {
	return []byte(`{"region":"45000000000","serviceCode":"` + service + `","targetCode":"-` + service + `"}`)
}

// Submit reserves a number and sends the archive as one part; it returns the number.
func (p *Portal) Submit(who *session.Caller, service string, archive []byte) int64 {
	p.t.Helper()
	var ref struct {
		OrderID int64 `json:"orderId"`
	}
	p.Do(who, http.MethodPost, "/api/gusmev/order", Meta(service)).Want(http.StatusOK).Into(&ref)
	p.Resubmit(who, service, ref.OrderID, archive)
	return ref.OrderID
}

// Resubmit sends an archive under a number that is there already.
func (p *Portal) Resubmit(who *session.Caller, service string, order int64, archive []byte) {
	p.t.Helper()
	kind, body := Multipart(Meta(service), archive, fmt.Sprintf("orderId=%d", order))
	p.Do(who, http.MethodPost, "/api/gusmev/push/chunked", body, "Content-Type", kind).Want(http.StatusOK)
}

// Zagranpasport is a good archive for the foreign passport.
func (p *Portal) Zagranpasport(who *session.Caller, pairs ...string) []byte {
	p.t.Helper()
	set := append([]string{"reason", "first", "office", "77-01", "employment", "retired", "holder", "adult"}, pairs...)
	values := p.Form(who, "zagranpasport", set...)
	return Zip(p.t, map[string][]byte{
		"req.xml":   RequestXML("90000000001", values, "photo=photo.jpg"),
		"photo.jpg": Photo(p.t),
	})
}

// LatestCode returns the latest one-time code that came to a phone; "" when
// none did.
func (p *Portal) LatestCode(phone string) string {
	p.t.Helper()
	for _, m := range p.messages() {
		if m.To == phone && m.Code != "" {
			return m.Code
		}
	}
	return ""
}

// Letters returns what was written to the demo people about something, the newest
// first for each.
func (p *Portal) Letters(about string) []string {
	p.t.Helper()
	var out []string
	for _, m := range p.messages() {
		if strings.Contains(m.Text.Raw(), about) {
			out = append(out, m.Text.Raw())
		}
	}
	return out
}

func (p *Portal) messages() []training.Message {
	p.t.Helper()
	var users struct {
		Items []training.User `json:"items"`
	}
	p.Get(nil, training.Base+"/users").Want(http.StatusOK).Into(&users)
	var out []training.Message
	for _, u := range users.Items {
		out = append(out, u.Messages...)
	}
	return out
}
