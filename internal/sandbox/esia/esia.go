// Package esia is ЕСИА's face of the embedded portal: authorisation pages,
// markers, person data, logout and the API-Key exchange, as published. The
// rules are in grant, signin and people. Only the root package sandbox imports
// it.
package esia

import (
	"database/sql"
	"errors"
	"net/http"

	"github.com/epgu-cli/epgu/internal/portal/wire/esia"
	"github.com/epgu-cli/epgu/internal/sandbox/grant"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/room"
	"github.com/epgu-cli/epgu/internal/template"
)

// maxForm is the largest form that is read, bytes.
const maxForm = 64 << 10

// Mount adds the endpoints to mux.
func Mount(mux *http.ServeMux, deps room.Deps) error {
	f := face{deps, grant.Issuer{Sessions: deps.Sessions}, templates()}
	mux.Handle("GET "+esia.PathAuthorize, problem.Handler(f.authorize))
	mux.Handle("GET "+esia.PathAuthorizeV1, problem.Handler(f.authorize))
	mux.Handle("GET "+pathLogin, problem.Handler(f.loginPage))
	mux.Handle("POST "+pathLogin, problem.Handler(f.loginStep))
	mux.HandleFunc("GET "+pathLogin+"/style.css", f.style)
	mux.Handle("GET "+esia.PathLogout, problem.Handler(f.logout))
	mux.Handle("GET "+esia.PathAPIKey, rest(f.apiKey))
	mux.Handle("GET "+esia.PathPerson, deps.Sessions.Require(rest(f.person)))
	mux.Handle("GET "+esia.PathPerson+"/{collection}", deps.Sessions.Require(rest(f.list)))
	mux.Handle("GET "+esia.PathPerson+"/{collection}/{id}", deps.Sessions.Require(rest(f.element)))
	mux.Handle("GET "+esia.PathOrg, deps.Sessions.Require(rest(f.org)))
	mux.Handle("GET /callback", problem.Handler(f.callback))
	mux.Handle("POST "+esia.PathToken, problem.Handler(f.token))
	mux.Handle("POST "+esia.PathTokenV1, problem.Handler(f.token))
	return nil
}

type face struct {
	room.Deps
	issuer   grant.Issuer
	template func(name string) (*template.Template, error)
}

// token serves v3/te, and the old te with its v1 string and CMS signature.
func (f face) token(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		var tooBig *http.MaxBytesError
		if errors.As(err, &tooBig) {
			return err
		}
		problem.JSON(w, http.StatusBadRequest, (&grant.Error{Code: grant.CodeUnreadable, Detail: "the form cannot be read"}).Wire(""))
		return nil
	}
	request, refusal := grant.TokenFromForm(r.PostForm)
	request.Old = r.URL.Path != esia.PathToken
	var out esia.TokenResponse
	if refusal == nil {
		err := f.DB.Write(r.Context(), func(tx *sql.Tx) (err error) {
			out, refusal, err = f.issuer.Exchange(r.Context(), tx, request, f.Clock.Now())
			return err
		})
		if err != nil {
			return err
		}
	}
	if refusal != nil {
		status := http.StatusBadRequest
		if refusal.OAuth() == "invalid_client" {
			status = http.StatusUnauthorized
		}
		problem.JSON(w, status, refusal.Wire(request.State))
		return nil
	}
	w.Header().Set("Pragma", "no-cache")
	problem.JSON(w, http.StatusOK, out)
	return nil
}
