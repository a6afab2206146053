// Package cabinet is the embedded portal's face for the cabinet API
// (docs/api/cabinet.openapi.yaml): catalogue, forms, drafts, charges, payments,
// applications, the person behind the marker and the portal's capabilities.
// Signing in has a face of its own. Only internal/sandbox may import it.
package cabinet

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/bank"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
	"github.com/epgu-cli/epgu/internal/sandbox/orders"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/room"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
	"github.com/epgu-cli/epgu/internal/template"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Room is the face; certificate gives the PEM of the certificate that markers
// are signed with, for the capabilities.
func Room(certificate CertificateFunc) room.Room {
	schema := draftsSchema()
	return room.Room{Name: "cabinet", Schema: &schema, Mount: func(mux *http.ServeMux, deps room.Deps) error {
		return mount(mux, deps, certificate)
	}}
}

type face struct {
	deps        room.Deps
	bank        *bank.Bank
	catalog     func() (*catalog.Catalog, error)
	certificate CertificateFunc
	payTemplate func() (*template.Template, error)
	working     *working // payments being made by this process
}

func mount(mux *http.ServeMux, deps room.Deps, certificate CertificateFunc) error {
	f := &face{deps: deps, bank: bank.New(deps), catalog: catalog.Shared, certificate: certificate, payTemplate: payPageTemplate(), working: &working{ids: map[string]bool{}}}
	open := func(method, path string, h problem.Handler) {
		mux.Handle(method+" "+wire.Base+path, deps.Sessions.Optional(h))
	}
	signed := func(method, path string, h problem.Handler) {
		mux.Handle(method+" "+wire.Base+path, deps.Sessions.Require(h))
	}
	mux.Handle("GET "+wire.WellKnown, problem.Handler(f.capabilities))
	open("GET", "/services", f.services)
	open("GET", "/services/{code}", f.service)
	open("GET", "/services/{code}/form", f.form)
	open("GET", "/service-index", f.serviceIndex)
	open("GET", "/service-changes", f.serviceChanges)
	signed("GET", "/saved-services", f.savedServices)
	signed("PUT", "/saved-services/{code}", f.saveService)
	signed("DELETE", "/saved-services/{code}", f.forgetService)
	signed("GET", "/me", f.me)
	signed("GET", "/drafts", f.listDrafts)
	signed("POST", "/drafts", f.createDraft)
	signed("GET", "/drafts/{id}", f.getDraft)
	signed("PUT", "/drafts/{id}", f.putDraft)
	signed("DELETE", "/drafts/{id}", f.deleteDraft)
	signed("GET", "/application-templates", f.listTemplates)
	signed("POST", "/application-templates", f.createTemplate)
	signed("GET", "/application-templates/{id}", f.getTemplate)
	signed("PUT", "/application-templates/{id}", f.putTemplate)
	signed("DELETE", "/application-templates/{id}", f.deleteTemplate)
	deps.Calendar.Register(f.reminders())
	signed("GET", "/charges", f.listCharges)
	signed("GET", "/charges/{uin}", f.getCharge)
	signed("GET", "/charge-search", f.searchCharges)
	signed("GET", "/charges/{uin}/photos/{number}", f.chargePhoto)
	signed("POST", "/charges/{uin}/disputes", f.disputeCharge)
	signed("GET", "/debt-certificate", f.debtCertificate)
	signed("GET", "/payment-methods", f.methods)
	signed("GET", "/payments", f.listPayments)
	signed("POST", "/payments", f.createPayment)
	signed("GET", "/payments/{id}", f.getPayment)
	signed("POST", "/payments/{id}/confirmation", f.confirmPayment)
	signed("GET", "/payments/{id}/receipt", f.receipt)
	signed("POST", "/payments/{id}/payee-notices", f.tellPayee)
	signed("POST", "/payment-authorisations", f.createAuthorisation)
	signed("POST", "/approver-checks", f.checkApprover)
	signed("GET", "/payment-authorisations/{id}", f.getAuthorisation)
	mux.Handle("GET /pay/{id}", problem.Handler(f.payPage))
	mux.Handle("POST /pay/{id}", problem.Handler(f.payPageSent))
	signed("GET", "/pension", f.pension)
	signed("GET", "/pension/contributions", f.pensionContributions)
	signed("GET", "/pension/statement", f.pensionStatement)
	f.mountAppointments(signed)
	signed("GET", "/applications", f.listApplications)
	signed("GET", "/applications/{orderId}", f.getApplication)
	signed("GET", "/applications/{orderId}/messages", f.listMessages)
	signed("POST", "/applications/{orderId}/messages", f.writeMessage)
	signed("POST", "/applications/{orderId}/documents", f.addDocument)
	signed("GET", "/applications/{orderId}/versions", f.listVersions)
	signed("POST", "/applications/{orderId}/versions", f.changeApplication)
	signed("POST", "/applications/{orderId}/reversions", f.revertApplication)
	signed("PUT", "/applications/{orderId}/rating", f.rateApplication)
	open("GET", "/public-applications", f.publicApplications)
	// Anything else under the base is a 404 that a client of this API can read.
	mux.Handle(wire.Base+"/", problem.Handler(func(http.ResponseWriter, *http.Request) error {
		return problem.NotFound("path.not_found")
	}))
	return nil
}

// caller returns who asks; the handlers are behind Require.
func caller(r *http.Request) session.Caller {
	c, _ := session.From(r.Context())
	return c
}

func bankOwner(c session.Caller) bank.Owner    { return bank.Owner{OID: c.OID, OrgOID: c.OrgOID} }
func orderOwner(c session.Caller) orders.Owner { return orders.Owner{OID: c.OID, OrgOID: c.OrgOID} }

func text(t i18n.Text, l i18n.Lang) untrusted.Text { return untrusted.Text(t.In(l)) }

// Bounds of a page.
const (
	defaultLimit = 50
	maxLimit     = 200
)

// pageOf reads limit and cursor. A cursor is the offset of the next item: lists
// of one person are short, and an item that moves meanwhile is shown again
// rather than lost.
func pageOf(q url.Values) (limit, offset int, err error) {
	limit = defaultLimit
	if v := q.Get("limit"); v != "" {
		if limit, err = strconv.Atoi(v); err != nil || limit < 1 || limit > maxLimit {
			return 0, 0, problem.BadRequest(i18n.Text{RU: "limit: от 1 до %d", EN: "limit: from 1 to %d"}.With(maxLimit))
		}
	}
	if v := q.Get("cursor"); v != "" {
		raw, err := base64.RawURLEncoding.DecodeString(v)
		n, ok := strings.CutPrefix(string(raw), "o")
		if err == nil && ok {
			offset, err = strconv.Atoi(n)
		}
		if err != nil || !ok || offset < 0 {
			return 0, 0, problem.BadRequest(i18n.Say("cursor: такого не выдавали", "cursor: no such one was given out"))
		}
	}
	return limit, offset, nil
}

func page[T any](items []T, total, offset int) wire.Page[T] {
	p := wire.Page[T]{Items: items, Total: total}
	if p.Items == nil {
		p.Items = []T{}
	}
	if next := offset + len(items); len(items) > 0 && next < total {
		p.NextCursor = base64.RawURLEncoding.EncodeToString([]byte("o" + strconv.Itoa(next)))
	}
	return p
}

// oneOf refuses a query parameter that is none of the words.
func oneOf(q url.Values, name string, words ...string) (string, error) {
	v := q.Get(name)
	for _, w := range append(words, "") {
		if v == w {
			return v, nil
		}
	}
	return "", problem.BadRequest(i18n.Text{RU: "%s: одно из %s", EN: "%s: one of %s"}.With(name, strings.Join(words, ", ")))
}

// version is the version of the program that serves the portal.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "devel"
}
