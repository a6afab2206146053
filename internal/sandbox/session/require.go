package session

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/wire/esia"
	"github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Require serves the request as the caller whose marker it carries
// (Authorization: Bearer) and answers 401 without a good one. The form of the
// answer follows the path: cabinet, API ЕПГУ or ЕСИА. A caller that is in the
// context already (a test put it there with With) is taken as it is.
func (s *Sessions) Require(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := From(r.Context()); ok {
			next.ServeHTTP(w, r)
			return
		}
		c, err := s.identify(r)
		if err != nil {
			refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(With(r.Context(), c)))
	})
}

// Optional is Require for things that anybody may see but a known person sees
// better. A bad marker is refused all the same, so that nobody mistakes the
// anonymous view for his own.
func (s *Sessions) Optional(next http.Handler) http.Handler {
	required := s.Require(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			next.ServeHTTP(w, r)
			return
		}
		required.ServeHTTP(w, r)
	})
}

// Known returns r with the caller of its marker in the context, for what stands
// before the handlers and has to know whose a request is; false when the marker
// is missing or not good, which is the handler's to refuse.
func (s *Sessions) Known(r *http.Request) (*http.Request, bool) {
	if _, ok := From(r.Context()); ok {
		return r, true
	}
	c, err := s.identify(r)
	if err != nil {
		return r, false
	}
	return r.WithContext(With(r.Context(), c)), true
}

var (
	errNoMarker  = errors.New("no marker")
	errBadMarker = errors.New("the marker is not good")
	errExpired   = errors.New("the marker has expired")
	errRevoked   = errors.New("the session has ended")
	errConsent   = errors.New("the consent to the system was taken back")
	errEnded     = errors.New("the powers in the organisation have ended")
)

func bearer(r *http.Request) (string, error) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", errNoMarker
	}
	return strings.TrimSpace(token), nil
}

// identify verifies the marker of r and looks its person up: level and powers
// are those of today, not of the day when the marker was issued. One whose
// powers are over is errEnded for what belongs to the organisation.
func (s *Sessions) identify(r *http.Request) (Caller, error) {
	token, err := bearer(r)
	if err != nil {
		return Caller{}, err
	}
	claims, err := s.Verify(r.Context(), token)
	if err != nil {
		return Caller{}, err
	}
	// Two markers of one session may carry different scopes.
	known, err := s.known.Get(r.Context(), s.db, sha256.Sum256([]byte(token)), s.lasts, func(ctx context.Context, tx *sql.Tx) (known, error) {
		return s.caller(ctx, tx, claims)
	})
	c := known.Caller
	if err == nil && c.Ended && ofOrganisation(r.URL.Path) {
		err = errEnded
	}
	return c, err
}

// known is a caller as the database has it.
type known struct {
	Caller
	until time.Time // the end of the powers, wall clock; zero when there is none
}

// lasts reports whether no term of a known caller has run out since.
func (s *Sessions) lasts(k known) bool { return k.until.IsZero() || s.clock.Now().Before(k.until) }

func (s *Sessions) caller(ctx context.Context, tx *sql.Tx, claims esia.AccessClaims) (known, error) {
	session, err := Load(ctx, tx, claims.SessionID)
	if errors.Is(err, ErrNoSession) {
		return known{}, errRevoked
	}
	if err != nil {
		return known{}, err
	}
	if !session.Revoked.IsZero() {
		if session.Why == WhyConsent {
			return known{}, errConsent
		}
		return known{}, errRevoked
	}
	p, err := people.ByOID(ctx, tx, claims.SubjectID)
	if errors.Is(err, people.ErrNotFound) {
		return known{}, errRevoked
	}
	if err != nil {
		return known{}, err
	}
	c := known{Caller: Caller{
		OID: p.OID, OrgOID: claims.OrgOID, Level: p.Level,
		ClientID: claims.ClientID, SessionID: claims.SessionID,
		Permissions: sysnames(claims.Permissions),
	}}
	for f := range strings.FieldsSeq(claims.Scope) {
		c.Scopes = append(c.Scopes, scopeName(f))
	}
	if c.OrgOID != 0 {
		m, err := people.MemberOf(ctx, tx, c.OID, c.OrgOID, s.clock.Now())
		switch {
		case errors.Is(err, people.ErrNotFound):
			// The powers are over: the marker still says who, but nothing is
			// allowed for the organisation.
			c.Ended = true
		case err != nil:
			return known{}, err
		default:
			c.Chief, c.Powers, c.until = m.Chief, m.Powers, m.Until
		}
	}
	return c, nil
}

// ofOrganisation reports whether a path opens what belongs to the organisation
// acted for. The rest, of the person himself, is what he leaves the role with.
func ofOrganisation(path string) bool {
	if strings.HasPrefix(path, "/api/gusmev/") {
		return true
	}
	rest, ok := strings.CutPrefix(path, cabinet.Base+"/")
	if !ok {
		return false
	}
	noun, _, _ := strings.Cut(rest, "/")
	switch noun {
	case "me", "roles", "sessions", "sign-in-history", "organisations", "consents", "services", "devices", "level-requests":
		return false
	}
	return true
}

// refuseEnded answers who acts for an organisation that he may not act for any
// more. The word is that of API ЕПГУ (SPEC-1.13, section 2.5) in both APIs.
func refuseEnded(w http.ResponseWriter, r *http.Request) {
	title := i18n.Text{RU: "Ваши полномочия в организации закончились", EN: "Your powers in the organisation have ended"}
	if strings.HasPrefix(r.URL.Path, cabinet.Base) {
		problem.Write(w, r, problem.New(http.StatusForbidden, gusmev.ErrBadDelegation, title).WithHint(i18n.Say(
			"продлить их может руководитель (epgu org delegate); действовать от своего имени: epgu org switch --self",
			"the chief can renew them (epgu org delegate); to act in your own name: epgu org switch --self")))
		return
	}
	problem.JSON(w, http.StatusForbidden, gusmev.Error{Code: gusmev.ErrBadDelegation, Message: untrusted.Text(title.In(problem.Lang(r)))})
}

// NoPower is the refusal of an action that the caller has no power for in the
// organisation acted for: push_denied, as API ЕПГУ says it, in both APIs.
func NoPower(what i18n.Text) *problem.Error {
	return problem.New(http.StatusForbidden, gusmev.ErrPushDenied, what).WithHint(i18n.Say(
		"полномочие даёт руководитель: epgu org delegate; ваши: epgu org list", "the chief gives the power: epgu org delegate; yours: epgu org list"))
}

func refuse(w http.ResponseWriter, r *http.Request, err error) {
	var code string
	var title i18n.Text
	switch {
	case errors.Is(err, errEnded):
		refuseEnded(w, r)
		return
	case errors.Is(err, errNoMarker):
		code, title = "auth.required", i18n.Text{RU: "Нужно войти", EN: "Sign in first"}
	case errors.Is(err, errExpired):
		code, title = "auth.expired", i18n.Text{RU: "Маркер доступа истёк", EN: "The access marker has expired"}
	case errors.Is(err, errRevoked):
		code, title = "auth.revoked", i18n.Text{RU: "Сеанс завершён", EN: "The session has ended"}
	case errors.Is(err, errConsent):
		code, title = "auth.consent_withdrawn", i18n.Text{RU: "Согласие этой системе отозвано, её сеансы завершены", EN: "The consent to this system was taken back; its sessions have ended"}
	case errors.Is(err, errBadMarker):
		code, title = "auth.invalid", i18n.Text{RU: "Маркер доступа не принят", EN: "The access marker is not accepted"}
	default:
		problem.Write(w, r, err)
		return
	}
	challenge := `Bearer realm="epgu"`
	if code != "auth.required" {
		challenge += `, error="invalid_token"`
	}
	w.Header().Set("WWW-Authenticate", challenge)
	lang := problem.Lang(r)
	switch {
	case strings.HasPrefix(r.URL.Path, cabinet.Base):
		problem.Write(w, r, problem.New(http.StatusUnauthorized, code, title))
	case strings.HasPrefix(r.URL.Path, "/rs/"), strings.HasPrefix(r.URL.Path, "/esia-rs/"):
		problem.JSON(w, http.StatusUnauthorized, esia.RESTError{Code: "ESIA-005011", Message: untrusted.Text(title.In(lang))})
	default:
		problem.JSON(w, http.StatusUnauthorized, gusmev.Error{Code: "unauthorized", Message: untrusted.Text(title.In(lang))})
	}
}
