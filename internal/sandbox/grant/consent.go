package grant

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/portal/wire/esia"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// Consent is a person's consent to a system.
type Consent struct {
	ID          int64
	OID, OrgOID int64
	ClientID    string
	Sysname     string // "APIPGU"; "" is the plain consent to scopes
	Scopes      []string
	Responsible string // whom the person trusts with the data
	Given       time.Time
	Until       time.Time // zero is no end
}

// GiveConsent records a consent.
func GiveConsent(ctx context.Context, q store.Queryer, c Consent) error {
	var until int64
	if !c.Until.IsZero() {
		until = c.Until.UnixMicro()
	}
	_, err := q.ExecContext(ctx, `INSERT INTO consents(oid, org_oid, client_id, sysname, scopes, responsible, given_us, until_us)
		VALUES(?,?,?,?,?,?,?,?)`, c.OID, c.OrgOID, c.ClientID, c.Sysname, strings.Join(c.Scopes, " "), c.Responsible,
		c.Given.UnixMicro(), until)
	return err
}

// ConsentsOf returns the living consents of a person, newest first.
func ConsentsOf(ctx context.Context, q store.Queryer, oid int64, now time.Time) ([]Consent, error) {
	rows, err := q.QueryContext(ctx, `SELECT id, oid, org_oid, client_id, sysname, scopes, responsible, given_us, until_us FROM consents
		WHERE oid = ? AND revoked_us = 0 AND (until_us = 0 OR until_us > ?) ORDER BY id DESC`, oid, now.UnixMicro())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Consent
	for rows.Next() {
		var c Consent
		var scopes string
		var given, until int64
		if err := rows.Scan(&c.ID, &c.OID, &c.OrgOID, &c.ClientID, &c.Sysname, &scopes, &c.Responsible, &given, &until); err != nil {
			return nil, err
		}
		c.Scopes, c.Given = strings.Fields(scopes), time.UnixMicro(given).UTC()
		if until != 0 {
			c.Until = time.UnixMicro(until).UTC()
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// RevokeConsent takes a consent back and ends every session of the person with
// that system, so that neither the markers issued before nor their renewals
// open anything; false when the person has no such consent. now is the wall
// clock.
func RevokeConsent(ctx context.Context, q store.Queryer, oid, id int64, now time.Time) (Consent, bool, error) {
	all, err := ConsentsOf(ctx, q, oid, now)
	if err != nil {
		return Consent{}, false, err
	}
	i := slices.IndexFunc(all, func(c Consent) bool { return c.ID == id })
	if i < 0 {
		return Consent{}, false, nil
	}
	if _, err := q.ExecContext(ctx, "UPDATE consents SET revoked_us = ? WHERE oid = ? AND id = ?", now.UnixMicro(), oid, id); err != nil {
		return Consent{}, false, err
	}
	_, err = session.RevokeClient(ctx, q, oid, all[i].ClientID, session.WhyConsent, now)
	return all[i], err == nil, err
}

// record keeps the consents that go with an approved request.
func record(ctx context.Context, q store.Queryer, g Grant, permissions []esia.Permission, now time.Time) error {
	for _, p := range permissions {
		c := Consent{OID: g.OID, OrgOID: g.OrgOID, ClientID: g.ClientID, Sysname: p.Sysname,
			Responsible: p.ResponsibleObject, Given: now, Until: now.Add(time.Duration(p.Expire) * time.Minute)}
		for _, s := range p.Scopes {
			c.Scopes = append(c.Scopes, s.Sysname)
		}
		if err := GiveConsent(ctx, q, c); err != nil {
			return err
		}
		if _, err := people.Record(ctx, q, people.Change{OID: g.OID, At: now, Kind: "consent.given",
			Author: people.Author{Kind: "person", ClientID: g.ClientID},
			Fields: []people.ChangeField{{Field: "consent", New: c.Title()}}}); err != nil {
			return err
		}
	}
	return nil
}

// Title names a consent in the history: the kind, the system and to what.
func (c Consent) Title() string {
	return strings.TrimSpace(c.Sysname + " " + c.ClientID)
}
