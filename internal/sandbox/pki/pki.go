// Package pki holds the keys and certificates that the embedded portal made
// for itself: "epgu sandbox CA", the key that signs markers and the keys of
// training clients. They are worth nothing outside this portal. Only packages
// under internal/sandbox may import it.
package pki

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// The names of the keys.
const (
	CA     = "ca"
	Marker = "marker" // signs markers; rotation adds another under the same name
	Client = "client" // of the training client

	document = "document" // signs what the portal and its departments hand out
)

// CommonNameCA is the name on everything that the portal issues, so that no
// certificate of it is taken for a real one.
const CommonNameCA = "epgu sandbox CA"

// term is how long the portal's certificates are good.
const term = 10 * 365 * 24 * time.Hour

// Schema is what this package keeps; the first keys are made with it.
func Schema(c clock.Clock) store.Schema {
	return store.Schema{
		Name: "pki", Keep: []string{"portal_keys"},
		Migrations: []string{`
CREATE TABLE portal_keys(
	id          INTEGER PRIMARY KEY AUTOINCREMENT,
	name        TEXT NOT NULL,
	key         BLOB NOT NULL,           -- PKCS#8, DER
	certificate BLOB NOT NULL,           -- DER
	made_us     INTEGER NOT NULL,
	retired_us  INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX portal_keys_by_name ON portal_keys(name, id);
`},
		Fill: func(ctx context.Context, tx *sql.Tx) error {
			for _, name := range []string{CA, Marker, Client} {
				if _, err := Load(ctx, tx, name); err == nil {
					continue // kept through a reset
				} else if !errors.Is(err, ErrNoKey) {
					return err
				}
				if _, err := Make(ctx, tx, name, subject(name), c.Now()); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func subject(name string) cert.Name {
	n := cert.Name{Organization: "epgu sandbox", Country: "RU"}
	switch name {
	case CA:
		n.CommonName = CommonNameCA
	case Marker:
		n.CommonName = "epgu sandbox: marker signing"
	default:
		// The system belongs to the demo organisation: an API-Key is good only
		// with a certificate that names it.
		company := people.DemoOrgs()[0]
		n.CommonName = "epgu sandbox: training client"
		n.Organization, n.OGRN, n.OrgINN = untrusted.Text(company.ShortName), untrusted.Text(company.OGRN), untrusted.Text(company.INN)
	}
	return n
}

// ErrNoKey means that there is no key of that name.
var ErrNoKey = errors.New("the portal has no such key")

// Pair is a key with its certificate.
type Pair struct {
	ID          int64
	Key         *gost3410.PrivateKey
	Certificate *cert.Certificate
}

// KeyPEM returns the private key as PKCS#8 in PEM.
func (p Pair) KeyPEM() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: p.Key.MarshalPKCS8()}))
}

// Load returns the newest pair of a name; ErrNoKey when there is none.
func Load(ctx context.Context, q store.Queryer, name string) (Pair, error) {
	return scan(q.QueryRowContext(ctx,
		"SELECT id, key, certificate FROM portal_keys WHERE name = ? AND retired_us = 0 ORDER BY id DESC LIMIT 1", name))
}

// All returns every pair of a name that is not retired, newest first.
func All(ctx context.Context, q store.Queryer, name string) ([]Pair, error) {
	rows, err := q.QueryContext(ctx, "SELECT id, key, certificate FROM portal_keys WHERE name = ? AND retired_us = 0 ORDER BY id DESC", name)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Pair
	for rows.Next() {
		p, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

func scan(row interface{ Scan(...any) error }) (Pair, error) {
	var p Pair
	var key, crt []byte
	err := row.Scan(&p.ID, &key, &crt)
	if errors.Is(err, sql.ErrNoRows) {
		return p, ErrNoKey
	}
	if err != nil {
		return p, err
	}
	if p.Key, err = gost3410.ParsePKCS8(key); err != nil {
		return p, fmt.Errorf("the portal's key %d: %w", p.ID, err)
	}
	if p.Certificate, err = cert.Parse(crt); err != nil {
		return p, fmt.Errorf("the portal's certificate %d: %w", p.ID, err)
	}
	return p, nil
}

// Make makes a new pair under a name: self-signed for CA, else issued by it.
func Make(ctx context.Context, tx *sql.Tx, name string, subject cert.Name, now time.Time) (Pair, error) {
	key, err := gost3410.GenerateKey(gost3410.Default256(), nil)
	if err != nil {
		return Pair{}, err
	}
	t := cert.Template{Subject: subject, NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(term)}
	p := Pair{Key: key}
	if name == CA {
		t.IsCA, t.MaxPathLen = true, 0
		p.Certificate, err = cert.CreateSelfSigned(nil, &t, key)
	} else {
		p.Certificate, err = issue(ctx, tx, &t, key.PublicKey())
	}
	if err != nil {
		return Pair{}, fmt.Errorf("make the certificate %q: %w", name, err)
	}
	r, err := tx.ExecContext(ctx, "INSERT INTO portal_keys(name, key, certificate, made_us) VALUES(?,?,?,?)",
		name, key.MarshalPKCS8(), p.Certificate.Raw, now.UnixMicro())
	if err != nil {
		return Pair{}, err
	}
	p.ID, err = r.LastInsertId()
	return p, err
}

// Issue makes a certificate for somebody else's public key.
func Issue(ctx context.Context, q store.Queryer, subject cert.Name, public *gost3410.PublicKey, now time.Time) (*cert.Certificate, error) {
	return IssueFor(ctx, q, subject, public, now, term)
}

// IssueFor is Issue with a term from now on.
func IssueFor(ctx context.Context, q store.Queryer, subject cert.Name, public *gost3410.PublicKey, now time.Time, term time.Duration) (*cert.Certificate, error) {
	t := cert.Template{Subject: subject, NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(term)}
	return issue(ctx, q, &t, public)
}

func issue(ctx context.Context, q store.Queryer, t *cert.Template, public *gost3410.PublicKey) (*cert.Certificate, error) {
	ca, err := Load(ctx, q, CA)
	if err != nil {
		return nil, err
	}
	return cert.Create(nil, t, public, cert.Authority{Certificate: ca.Certificate, Key: ca.Key})
}

// RotateMarker makes a new key for markers. Markers signed by the earlier keys
// stay good until they expire.
func RotateMarker(ctx context.Context, tx *sql.Tx, now time.Time) (Pair, error) {
	return Make(ctx, tx, Marker, subject(Marker), now)
}

// SignDocument makes the detached signature (PKCS#7, ГОСТ Р 34.10-2012) of what the
// portal or a department hands out. The key is made when the first document is.
func SignDocument(ctx context.Context, tx *sql.Tx, content []byte, now time.Time) ([]byte, error) {
	pair, err := Load(ctx, tx, document)
	if errors.Is(err, ErrNoKey) {
		pair, err = Make(ctx, tx, document, cert.Name{CommonName: "epgu sandbox: documents", Organization: "epgu sandbox", Country: "RU"}, now)
	}
	if err != nil {
		return nil, err
	}
	signer, err := cms.NewKeySigner(pair.Certificate, pair.Key)
	if err != nil {
		return nil, err
	}
	return cms.SignDetached(ctx, bytes.NewReader(content), &cms.Options{Time: now}, signer)
}

// RootPEM is the certificate that signatures of documents lead to.
func RootPEM(ctx context.Context, q store.Queryer) (string, error) {
	ca, err := Load(ctx, q, CA)
	if err != nil {
		return "", err
	}
	return string(ca.Certificate.PEM()), nil
}
