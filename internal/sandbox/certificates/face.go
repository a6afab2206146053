package certificates

import (
	"database/sql"
	"net/http"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/room"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
)

// Room is the room with its face in the cabinet API.
func Room() room.Room {
	s := schema()
	return room.Room{Name: "certificates", Schema: &s, Mount: mount}
}

type face struct{ room.Deps }

func mount(mux *http.ServeMux, deps room.Deps) error {
	f := face{deps}
	for _, e := range []struct {
		method, path string
		serve        problem.Handler
	}{
		{"POST", "/certificate-requests", f.issue},
		{"GET", "/certificates", f.list},
		{"POST", "/certificates", f.begin},
		{"POST", "/certificates/{id}/code", f.confirm},
		{"DELETE", "/certificates/{id}", f.remove},
	} {
		mux.Handle(e.method+" "+wire.Base+e.path, deps.Sessions.Require(e.serve))
	}
	return nil
}

func caller(r *http.Request) (session.Caller, Owner) {
	c, _ := session.From(r.Context())
	return c, Owner{c.OID, c.OrgOID}
}

// issue serves POST /certificate-requests.
func (f face) issue(w http.ResponseWriter, r *http.Request) error {
	var in wire.CertificateRequest
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	request, err := cert.ParseRequest([]byte(in.Request))
	if err != nil {
		return problem.Invalid(problem.Field{Name: "request", Code: "malformed", Message: i18n.Say(
			"это не запрос PKCS#10 с ключом ГОСТ, или подпись под ним не сходится", "not a PKCS#10 request with a GOST key, or its signature does not hold")})
	}
	c, _ := caller(r)
	var out wire.IssuedCertificate
	if err := f.DB.Read(r.Context(), func(tx *sql.Tx) (err error) {
		out, err = issue(r.Context(), tx, c, request.Key, f.Clock.Now())
		return err
	}); err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, out)
	return nil
}

// list serves GET /certificates.
func (f face) list(w http.ResponseWriter, r *http.Request) error {
	_, owner := caller(r)
	out := wire.Page[wire.Certificate]{Items: []wire.Certificate{}}
	if err := f.DB.Read(r.Context(), func(tx *sql.Tx) error {
		p, err := people.ByOID(r.Context(), tx, owner.OID)
		if err != nil {
			return err
		}
		all, err := list(r.Context(), tx, owner)
		for i := range all {
			out.Items = append(out.Items, all[i].wire(p.Mobile))
		}
		return err
	}); err != nil {
		return err
	}
	out.Total = len(out.Items)
	problem.JSON(w, http.StatusOK, out)
	return nil
}

// begin serves POST /certificates.
func (f face) begin(w http.ResponseWriter, r *http.Request) error {
	var in wire.CertificateInput
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	wrong := func(code string, message i18n.Localised) error {
		return problem.Invalid(problem.Field{Name: "certificatePem", Code: code, Message: message})
	}
	all, err := cert.ParseAll([]byte(in.CertificatePEM))
	if err != nil || len(all) != 1 || all[0].Key == nil {
		return wrong("malformed", i18n.Say("нужен один сертификат с ключом ГОСТ в PEM", "one certificate with a GOST key in PEM is needed"))
	}
	c, now := all[0], f.Clock.Now()
	switch {
	case now.After(c.NotAfter()):
		return wrong("expired", i18n.Say("срок сертификата истёк", "the certificate has expired"))
	case now.Before(c.NotBefore()):
		return wrong("not_yet_valid", i18n.Say("срок сертификата ещё не начался", "the certificate is not valid yet"))
	case !c.MaySign():
		return wrong("usage", i18n.Say("этим сертификатом нельзя подписывать документы", "this certificate may not sign documents"))
	}
	_, owner := caller(r)
	var out wire.Certificate
	if err := f.DB.Write(r.Context(), func(tx *sql.Tx) error {
		mine, err := names(r.Context(), tx, owner, c)
		if err != nil {
			return err
		}
		if who := c.Subject; !mine && (owner.OrgOID == 0 && who.SNILS != "" || owner.OrgOID != 0 && who.OGRN+who.OGRNIP != "") {
			return wrong("foreign", i18n.Say("сертификат выдан не вам", "the certificate was issued to somebody else"))
		}
		out, err = begin(r.Context(), tx, owner, c, now)
		return err
	}); err != nil {
		return err
	}
	w.Header().Set("Location", wire.Base+"/certificates/"+out.ID)
	problem.JSON(w, http.StatusCreated, out)
	return nil
}

// confirm serves POST /certificates/{id}/code.
func (f face) confirm(w http.ResponseWriter, r *http.Request) error {
	var in wire.CertificateCode
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	_, owner := caller(r)
	var out wire.Certificate
	var refusal *problem.Error
	if err := f.DB.Write(r.Context(), func(tx *sql.Tx) (err error) {
		out, refusal, err = confirm(r.Context(), tx, owner, r.PathValue("id"), in.Code, f.Clock.Now())
		return err
	}); err != nil {
		return err
	}
	if refusal != nil {
		return refusal
	}
	problem.JSON(w, http.StatusOK, out)
	return nil
}

// remove serves DELETE /certificates/{id}.
func (f face) remove(w http.ResponseWriter, r *http.Request) error {
	_, owner := caller(r)
	err := f.DB.Write(r.Context(), func(tx *sql.Tx) error {
		if _, err := find(r.Context(), tx, owner, r.PathValue("id")); err != nil {
			return err
		}
		_, err := tx.ExecContext(r.Context(), "DELETE FROM account_certificates WHERE id = ?", r.PathValue("id"))
		return err
	})
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}
