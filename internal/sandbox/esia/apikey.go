package esia

import (
	"database/sql"
	"net/http"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/esia"
	"github.com/epgu-cli/epgu/internal/sandbox/grant"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/signin"
)

// apiKey serves the exchange of an API-Key for a marker: the one way that
// needs no person, for organisations.
func (f face) apiKey(w http.ResponseWriter, r *http.Request) error {
	var marker string
	var refusal *grant.Error
	found := true
	err := f.DB.Write(r.Context(), func(tx *sql.Tx) (err error) {
		key, ok, err := grant.LoadAPIKey(r.Context(), tx, r.PathValue("key"))
		if err != nil || !ok {
			found = ok
			return err
		}
		marker, refusal, err = f.issuer.ExchangeKey(r.Context(), tx, key, r.URL.Query().Get("signature"),
			grant.Who{Agent: r.UserAgent(), Address: signin.Host(r)}, f.Clock.Now())
		return err
	})
	if err != nil {
		return err
	}
	if !found {
		return &restError{http.StatusNotFound, "ESIA-005004", i18n.Text{RU: "API-Key не найден", EN: "There is no such API-Key"}}
	}
	if refusal != nil {
		return &restError{http.StatusForbidden, refusal.Code, i18n.Text{RU: refusal.Detail, EN: refusal.Detail}}
	}
	problem.JSON(w, http.StatusOK, esia.APIKeyResponse{AccessToken: marker})
	return nil
}
