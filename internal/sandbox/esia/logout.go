package esia

import (
	"database/sql"
	"errors"
	"net/http"
	"strings"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/esia"
	"github.com/epgu-cli/epgu/internal/sandbox/grant"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
)

// logout serves /idp/ext/Logout: it ends the browser's session (cookie) or, for
// a client without a browser, the one of its marker, and sends the person to
// redirect_url when that is the client's.
func (f face) logout(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	clientID, to := q.Get("client_id"), q.Get("redirect_url")
	var sid string
	if c, err := r.Cookie(sessionName); err == nil {
		sid = c.Value
	}
	if marker, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		// A marker that is no good any more has nothing left to end.
		if claims, err := f.Sessions.Verify(r.Context(), marker); err == nil {
			sid = claims.SessionID
		}
	}
	var refusal *grant.Error
	err := f.DB.Write(r.Context(), func(tx *sql.Tx) error {
		client, err := grant.LoadClient(r.Context(), tx, clientID)
		if err != nil && !errors.Is(err, grant.ErrNoClient) {
			return err
		}
		if err != nil {
			refusal = &grant.Error{Code: grant.CodeClientFailed, Detail: "unknown client_id"}
			return nil
		}
		if to != "" && !client.MayRedirect(to) {
			refusal = &grant.Error{Code: grant.CodeForeignRedirect, Detail: "redirect_url is not registered for " + clientID}
			return nil
		}
		if sid == "" {
			return nil
		}
		return session.Revoke(r.Context(), tx, sid, f.Clock.Now())
	})
	if err != nil {
		return err
	}
	if refusal != nil {
		return f.refusePage(w, r, refusal)
	}
	http.SetCookie(w, &http.Cookie{Name: sessionName, Path: esia.PathLogout, HttpOnly: true, MaxAge: -1})
	if to != "" {
		http.Redirect(w, r, to, http.StatusFound)
		return nil
	}
	lang := pageLang(r)
	return f.show(w, http.StatusOK, "message", "", page{Lang: string(lang),
		Title: i18n.Text{RU: "Вы вышли", EN: "You are signed out"}.In(lang)})
}
