package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/epgu-cli/epgu/internal/gost/streebog"
	"github.com/epgu-cli/epgu/internal/portal/wire/esia"
	"github.com/epgu-cli/epgu/internal/sandbox/pki"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// maxMarker is the longest marker that is looked at, bytes.
const maxMarker = 16 << 10

// header is the header of a marker, in the order in which ЕСИА writes it.
type header struct {
	Version int    `json:"ver"`
	Type    string `json:"typ"`
	Kind    string `json:"sbt"` // "access" or "id"
	Alg     string `json:"alg"`
}

// NewID returns a random UUID (version 4) for a session.
func NewID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// IssueAccess signs an access marker; the issuer is filled in.
func (s *Sessions) IssueAccess(ctx context.Context, q store.Queryer, c esia.AccessClaims) (string, error) {
	c.Issuer = s.issuer
	return s.sign(ctx, q, "access", c)
}

// IssueIdentity signs an id marker; the issuer is filled in.
func (s *Sessions) IssueIdentity(ctx context.Context, q store.Queryer, c esia.IDClaims) (string, error) {
	c.Issuer = s.issuer
	return s.sign(ctx, q, "id", c)
}

func (s *Sessions) sign(ctx context.Context, q store.Queryer, kind string, claims any) (string, error) {
	pair, err := pki.Load(ctx, q, pki.Marker)
	if err != nil {
		return "", err
	}
	h, err := json.Marshal(header{Version: 1, Type: "JWT", Kind: kind, Alg: esia.AlgGOST})
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	text := base64.RawURLEncoding.EncodeToString(h) + "." + base64.RawURLEncoding.EncodeToString(body)
	sum := streebog.Sum256([]byte(text))
	sig, err := pair.Key.Sign(rand.Reader, sum[:], nil)
	if err != nil {
		return "", fmt.Errorf("sign a marker: %w", err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sig), nil
}

// Verify checks the signature, the issuer and the term of an access marker and
// returns its claims. Whether its session still lives is another question.
func (s *Sessions) Verify(ctx context.Context, token string) (esia.AccessClaims, error) {
	if len(token) > maxMarker {
		return esia.AccessClaims{}, errBadMarker
	}
	id := sha256.Sum256([]byte(token))
	claims, seen := s.seen.get(id)
	if !seen {
		var err error
		if claims, err = s.verify(ctx, token); err != nil {
			return esia.AccessClaims{}, err
		}
		s.seen.put(id, claims)
	}
	now := s.clock.Now().Unix()
	if now >= claims.ExpiresAt {
		return esia.AccessClaims{}, errExpired
	}
	if now < claims.NotBefore {
		return esia.AccessClaims{}, errBadMarker
	}
	return claims, nil
}

func (s *Sessions) verify(ctx context.Context, token string) (esia.AccessClaims, error) {
	var claims esia.AccessClaims
	text, sig64, ok := cutLast(token, '.')
	h64, body64, ok2 := strings.Cut(text, ".")
	if !ok || !ok2 {
		return claims, errBadMarker
	}
	var h header
	if decodeJSON(h64, &h) != nil || h.Alg != esia.AlgGOST || h.Kind != "access" {
		return claims, errBadMarker
	}
	sig, err := strict().DecodeString(sig64)
	if err != nil {
		return claims, errBadMarker
	}
	good := false
	sum := streebog.Sum256([]byte(text))
	err = s.db.Read(ctx, func(tx *sql.Tx) error {
		pairs, err := pki.All(ctx, tx, pki.Marker)
		for _, p := range pairs {
			good = good || p.Key.PublicKey().Verify(sum[:], sig)
		}
		return err
	})
	if err != nil {
		return claims, err
	}
	if !good || decodeJSON(body64, &claims) != nil || claims.Issuer != s.issuer {
		return esia.AccessClaims{}, errBadMarker
	}
	return claims, nil
}

func cutLast(s string, sep byte) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// strict is base64url that has one spelling for each value, so that a marker
// cannot be respelt.
func strict() *base64.Encoding { return base64.RawURLEncoding.Strict() }

func decodeJSON(b64 string, v any) error {
	b, err := strict().DecodeString(b64)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}

// seenMarkers remembers which markers had a good signature, so that a client
// that polls costs one verification an hour and not one a request.
type seenMarkers struct {
	mu  sync.Mutex
	all map[[sha256.Size]byte]esia.AccessClaims
}

// maxSeen bounds the memory; when it is full everything is forgotten.
const maxSeen = 4096

func (m *seenMarkers) get(id [sha256.Size]byte) (esia.AccessClaims, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.all[id]
	return c, ok
}

func (m *seenMarkers) put(id [sha256.Size]byte, c esia.AccessClaims) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.all == nil || len(m.all) >= maxSeen {
		m.all = map[[sha256.Size]byte]esia.AccessClaims{}
	}
	m.all[id] = c
}

// sysnames lists the consents named in the claim "permissions", a JSON text of
// objects with "sysname".
func sysnames(claim string) []string {
	if claim == "" {
		return nil
	}
	var list []esia.Sysname
	if json.Unmarshal([]byte(claim), &list) != nil {
		return nil
	}
	out := make([]string, 0, len(list))
	for _, p := range list {
		out = append(out, p.Sysname)
	}
	return out
}
