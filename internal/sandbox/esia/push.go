package esia

import (
	"database/sql"
	"net/http"
	"net/url"

	"github.com/epgu-cli/epgu/internal/sandbox/grant"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/signin"
)

// refreshSeconds is how often the page that waits for a device looks again.
const refreshSeconds = 4

// pushed reports whether the sign-in waits for a device.
func (v visit) pushed() bool {
	return v.flow.Stage == signin.StageFactor && v.flow.Sent() == "push"
}

// pushPage is the page that waits for a device. It needs no script: it loads
// itself again until the device has answered, and then the sign-in goes on. That
// changes the portal by a GET, which only the browser of this sign-in can send
// and which leads no further than to the next page.
func (f face) pushPage(w http.ResponseWriter, r *http.Request) error {
	var v visit
	var p page
	var name, next, leave string
	status := http.StatusOK
	err := f.DB.Write(r.Context(), func(tx *sql.Tx) (err error) {
		if v, err = f.find(r, tx); err != nil {
			return err
		}
		ctx, now := r.Context(), f.Clock.Now()
		asked, err := v.flow.Push(ctx, tx, now)
		if err != nil {
			return err
		}
		var refusal *problem.Error
		switch kind := r.URL.Query().Get("kind"); {
		case asked == nil, kind == "totp", kind == "recovery":
			// Another way was chosen.
		case asked.State == "pending":
			name, p, err = f.compose(r, tx, v, nil)
			if name == "factor" {
				name, p.Push, p.Refresh = "push", asked.Number, refreshSeconds
			}
			return err
		default:
			refusal, err = signin.Factor(ctx, tx, &v.flow, "push", asked.Number, now)
			if err != nil {
				return err
			}
		}
		if refusal != nil {
			status = refusal.Status
		} else if v.flow.Stage != signin.StageFactor {
			var no *grant.Error
			if no, err = signin.CheckPerson(ctx, tx, &v.flow, now); err != nil {
				return err
			}
			if no != nil {
				leave = declined(v, no)
				return signin.Drop(ctx, tx, &v.flow)
			}
			next = loginAddress(r, v.flow.ID)
			return f.skipRole(r, tx, &v, now)
		}
		name, p, err = f.compose(r, tx, v, refusal)
		return err
	})
	if err != nil {
		return f.lostPage(w, r, err)
	}
	w.Header().Set("Cache-Control", "no-store")
	if leave != "" {
		http.SetCookie(w, &http.Cookie{Name: flowCookie + v.flow.ID, Path: pathLogin, HttpOnly: true, MaxAge: -1})
		next = leave
	}
	if next != "" {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return nil
	}
	return f.show(w, status, name, origin(v.flow.Approved.Request.RedirectURI), p)
}

// declined is the client's address with the reason why nobody signed in.
func declined(v visit, e *grant.Error) string {
	request := v.flow.Approved.Request
	wire := e.Wire(request.State)
	return withQuery(request.RedirectURI, url.Values{"error": {wire.Error}, "error_description": {wire.Description}, "state": {wire.State}})
}
