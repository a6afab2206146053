package grant

import (
	"context"
	"crypto/x509"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/gost/streebog"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// Client is a registered information system.
type Client struct {
	ID          string   // mnemonic
	Name        string   // of its owner, shown on the consent page
	Certificate []byte   // DER
	Redirects   []string // addresses; a loopback one stands for every port
	Scopes      []string // what it may ask for; empty is everything
}

// ErrNoClient means that no such system is registered.
var ErrNoClient = errors.New("no such client")

// LoadClient returns a client; ErrNoClient when there is none.
func LoadClient(ctx context.Context, q store.Queryer, id string) (Client, error) {
	c := Client{ID: id}
	var redirects, scopes string
	err := q.QueryRowContext(ctx, "SELECT name, certificate, redirects, scopes FROM clients WHERE id = ?", id).
		Scan(&c.Name, &c.Certificate, &redirects, &scopes)
	if errors.Is(err, sql.ErrNoRows) {
		return c, ErrNoClient
	}
	if err != nil {
		return c, err
	}
	return c, errors.Join(json.Unmarshal([]byte(redirects), &c.Redirects), json.Unmarshal([]byte(scopes), &c.Scopes))
}

// SaveClient registers a client or changes it. The certificate must hold a
// GOST key.
func SaveClient(ctx context.Context, q store.Queryer, c Client) error {
	if _, _, err := parseCertificate(c.Certificate); err != nil {
		return err
	}
	redirects, err := json.Marshal(c.Redirects)
	if err != nil {
		return err
	}
	scopes, err := json.Marshal(c.Scopes)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO clients(id, name, certificate, redirects, scopes) VALUES(?,?,?,?,?)
		ON CONFLICT(id) DO UPDATE SET name=excluded.name, certificate=excluded.certificate,
			redirects=excluded.redirects, scopes=excluded.scopes`,
		c.ID, c.Name, c.Certificate, string(redirects), string(scopes))
	return err
}

// MayRedirect reports whether an address is one of the client's. A registered
// loopback address stands for every port (RFC 8252, section 7.3).
func (c Client) MayRedirect(address string) bool {
	if slices.Contains(c.Redirects, address) {
		return true
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" || u.User != nil || u.Fragment != "" || u.RawQuery != "" {
		return false
	}
	if ip := net.ParseIP(u.Hostname()); ip == nil || !ip.IsLoopback() {
		return false
	}
	return slices.ContainsFunc(c.Redirects, func(r string) bool {
		known, err := url.Parse(r)
		return err == nil && known.Scheme == "http" && known.Hostname() == u.Hostname() && known.Path == u.Path
	})
}

func (c Client) mayAsk(scope string) bool {
	return len(c.Scopes) == 0 || slices.Contains(c.Scopes, scope)
}

func parseCertificate(der []byte) (*x509.Certificate, *gost3410.PublicKey, error) {
	crt, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, fmt.Errorf("read the client's certificate: %w", err)
	}
	key, err := gost3410.ParseSPKI(crt.RawSubjectPublicKeyInfo)
	if err != nil {
		return nil, nil, fmt.Errorf("read the key in the client's certificate: %w", err)
	}
	return crt, key, nil
}

// CertificateHash returns the value of client_certificate_hash: Streebog-256 of
// the DER, 64 hex digits in capitals.
func CertificateHash(der []byte) string {
	sum := streebog.Sum256(der)
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// checkSecret verifies a client_secret over one of the accepted strings.
func (c Client) checkSecret(old bool, hash, secret string, now time.Time, accepted ...string) *Error {
	crt, key, err := parseCertificate(c.Certificate)
	if err != nil {
		return fail(CodeInternal, "the registered certificate cannot be read")
	}
	if !inTerm(crt, now) {
		return fail(CodeBadSecret, "the client's certificate is not in its term")
	}
	// The disputed refresh form goes without the hash; where it is sent it
	// must be right.
	if hash != "" {
		if !looksLikeHash(hash) {
			return fail(CodeBadSecret, "client_certificate_hash must be 64 hex digits: Streebog-256 of the DER")
		}
		if !sameHash(hash, CertificateHash(c.Certificate)) {
			return fail(CodeCertificateMismatch, "client_certificate_hash is not that of the registered certificate")
		}
	}
	sig, ok := decodeBase64(secret)
	if !ok {
		return fail(CodeBadSecret, "client_secret must be base64url")
	}
	if old {
		return c.checkCMS(sig, accepted[0], now)
	}
	if len(sig) != key.Curve().SignatureSize() {
		return fail(CodeBadSecret, fmt.Sprintf("client_secret must be a raw signature of %d bytes", key.Curve().SignatureSize()))
	}
	for _, s := range accepted {
		if key.Verify(digest(key, s), sig) {
			return nil
		}
	}
	return fail(CodeClientFailed, "the signature in client_secret does not fit")
}

func digest(key *gost3410.PublicKey, s string) []byte {
	if key.Curve().Size() == streebog.Size512 {
		sum := streebog.Sum512([]byte(s))
		return sum[:]
	}
	sum := streebog.Sum256([]byte(s))
	return sum[:]
}
