package grant

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/epgu-cli/epgu/internal/sandbox/session"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// Terms of what is issued, by the wall clock.
const (
	CodeTerm    = 5 * time.Minute
	MarkerTerm  = time.Hour
	RefreshTerm = 30 * 24 * time.Hour
)

// Grant is what a person granted to a client in one sign-in.
type Grant struct {
	ClientID    string    `json:"client_id"`
	OID         int64     `json:"oid"`
	OrgOID      int64     `json:"org_oid,omitempty"`
	SessionID   string    `json:"sid"`
	Scopes      []string  `json:"scopes"`
	Consents    []string  `json:"consents,omitempty"` // sysnames
	Offline     bool      `json:"offline,omitempty"`
	RedirectURI string    `json:"redirect_uri"`
	Challenge   string    `json:"challenge,omitempty"`
	Method      string    `json:"method"` // "PWD" or "DS"
	AuthTime    time.Time `json:"auth_time"`
}

// Who is the person that signed in and how.
type Who struct {
	OID, OrgOID int64
	Method      string // "PWD" or "DS"
	Agent       string // User-Agent
	Address     string // remote address
}

// Complete turns an approved request and a person who proved himself into an
// authorisation code: it begins the session and records the consents.
func Complete(ctx context.Context, tx *sql.Tx, a Approved, who Who, now time.Time) (code, sessionID string, err error) {
	g := Grant{
		ClientID: a.Client.ID, OID: who.OID, OrgOID: who.OrgOID, SessionID: session.NewID(),
		Scopes: a.Scopes, Offline: a.Request.AccessType == "offline", RedirectURI: a.Request.RedirectURI,
		Challenge: a.Request.Challenge, Method: who.Method, AuthTime: now,
	}
	if who.OrgOID != 0 {
		g.Scopes = slices.Concat(g.Scopes, a.OrgScopes)
	}
	for _, p := range a.Permissions {
		g.Consents = append(g.Consents, p.Sysname)
		for _, s := range p.Scopes {
			if !slices.Contains(g.Scopes, s.Sysname) {
				g.Scopes = append(g.Scopes, s.Sysname)
			}
		}
	}
	if err := session.Begin(ctx, tx, session.Session{ID: g.SessionID, OID: g.OID, OrgOID: g.OrgOID, ClientID: g.ClientID,
		Method: who.Method, Agent: who.Agent, Address: who.Address, Created: now}); err != nil {
		return "", "", err
	}
	if err := record(ctx, tx, g, a.Permissions, now); err != nil {
		return "", "", err
	}
	for _, table := range []string{"codes", "refresh"} {
		// An expired secret is refused with or without its row; a used code is
		// kept for a day, so that its second use still ends the session.
		if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE expires_us < ?", now.Add(-24*time.Hour).UnixMicro()); err != nil {
			return "", "", err
		}
	}
	code, err = keep(ctx, tx, "codes", g, now.Add(CodeTerm))
	return code, g.SessionID, err
}

// keep stores a grant under a new secret and returns the secret.
func keep(ctx context.Context, tx *sql.Tx, table string, g Grant, expires time.Time) (string, error) {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	secret := base64.RawURLEncoding.EncodeToString(b[:])
	data, err := json.Marshal(g)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(secret))
	_, err = tx.ExecContext(ctx, "INSERT INTO "+table+"(hash, session_id, data, expires_us) VALUES(?,?,?,?)",
		sum[:], g.SessionID, string(data), expires.UnixMicro())
	return secret, err
}

// find returns the grant under a secret and whether it was used.
func find(ctx context.Context, tx *sql.Tx, table, secret string, now time.Time) (g Grant, used, ok bool, err error) {
	sum := sha256.Sum256([]byte(secret))
	var data string
	var expires, usedAt int64
	err = tx.QueryRowContext(ctx, "SELECT data, expires_us, used_us FROM "+table+" WHERE hash = ?", sum[:]).Scan(&data, &expires, &usedAt)
	if errors.Is(err, sql.ErrNoRows) {
		return g, false, false, nil
	}
	if err != nil {
		return g, false, false, err
	}
	if err := json.Unmarshal([]byte(data), &g); err != nil {
		return g, false, false, err
	}
	if usedAt == 0 && now.UnixMicro() >= expires {
		return g, false, false, nil
	}
	return g, usedAt != 0, true, nil
}

// use marks a secret as used.
func use(ctx context.Context, tx *sql.Tx, table, secret string, now time.Time) error {
	sum := sha256.Sum256([]byte(secret))
	_, err := tx.ExecContext(ctx, "UPDATE "+table+" SET used_us = ? WHERE hash = ?", now.UnixMicro(), sum[:])
	return err
}

// alive reports whether a session has not ended.
func alive(ctx context.Context, q store.Queryer, id string) (bool, error) {
	s, err := session.Load(ctx, q, id)
	if errors.Is(err, session.ErrNoSession) {
		return false, nil
	}
	return err == nil && s.Revoked.IsZero(), err
}
