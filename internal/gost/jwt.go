package gost

import (
	"bytes"
	"crypto"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/epgu-cli/epgu/internal/gost/gost3410"
)

// Names of the JWT algorithms; ЕСИА issues markers with the first.
const (
	JWT256 = "GOST3410_2012_256"
	JWT512 = "GOST3410_2012_512"
)

// maxToken bounds a token that is read, bytes.
const maxToken = 64 << 10

// ErrToken says that a text is not a JWT with a GOST signature.
var ErrToken = errors.New("gost: not a JWT with a GOST signature")

// jwtName returns the algorithm of tokens signed by a key of a curve.
func jwtName(c *gost3410.Curve) string {
	if c.Size() == 64 {
		return JWT512
	}
	return JWT256
}

// SignJWT returns a compact JWT over claims. header may hold further header
// fields ("sbt", "ver"); alg and typ are set here.
func SignJWT(key crypto.Signer, header map[string]any, claims any) (string, error) {
	public, ok := key.Public().(*gost3410.PublicKey)
	if !ok {
		return "", ErrKey
	}
	full := map[string]any{"typ": "JWT"}
	for k, v := range header {
		full[k] = v
	}
	full["alg"] = jwtName(public.Curve())
	head, err := json.Marshal(full)
	if err != nil {
		return "", fmt.Errorf("gost: token header: %w", err)
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("gost: token claims: %w", err)
	}
	enc := base64.RawURLEncoding
	signed := enc.EncodeToString(head) + "." + enc.EncodeToString(body)
	sig, err := SignRaw(key, []byte(signed))
	if err != nil {
		return "", err
	}
	return signed + "." + enc.EncodeToString(sig), nil
}

// Token is a JWT whose signature holds. Its claims (dates, issuer, audience)
// are not checked.
type Token struct {
	Header json.RawMessage
	Claims json.RawMessage
}

// VerifyJWT checks the signature of a compact JWT and returns its parts. The
// algorithm in the header must be the one of the key. The error is ErrToken or
// ErrSignature.
func VerifyJWT(public *gost3410.PublicKey, token string) (*Token, error) {
	if public == nil {
		return nil, ErrKey
	}
	if len(token) > maxToken {
		return nil, ErrToken
	}
	signed, sigText, ok := cutLast(token)
	headText, bodyText, ok2 := strings.Cut(signed, ".")
	if !ok || !ok2 || strings.Contains(bodyText, ".") {
		return nil, ErrToken
	}
	enc := base64.RawURLEncoding.Strict()
	head, err1 := enc.DecodeString(headText)
	body, err2 := enc.DecodeString(bodyText)
	sig, err3 := enc.DecodeString(sigText)
	if err1 != nil || err2 != nil || err3 != nil || !isObject(head) || !isObject(body) {
		return nil, ErrToken
	}
	var h struct {
		Alg string `json:"alg"`
	}
	if json.Unmarshal(head, &h) != nil || h.Alg != jwtName(public.Curve()) {
		return nil, ErrToken
	}
	if err := VerifyRaw(public, []byte(signed), sig); err != nil {
		return nil, err
	}
	return &Token{Header: head, Claims: body}, nil
}

func isObject(b []byte) bool {
	return json.Valid(b) && bytes.HasPrefix(bytes.TrimLeft(b, " \t\r\n"), []byte("{"))
}

// cutLast splits a token at its last dot.
func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, '.')
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}

// JWTMethod signs and verifies for JWT libraries that take a signing method
// with these three methods; keys are a crypto.Signer for signing and a
// *gost3410.PublicKey for verifying.
type JWTMethod struct{ Name string }

// Alg returns the name of the algorithm: JWT256 or JWT512.
func (m JWTMethod) Alg() string { return m.Name }

// Sign signs the first two parts of a token.
func (m JWTMethod) Sign(signed string, key any) ([]byte, error) {
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, ErrKey
	}
	if public, ok := signer.Public().(*gost3410.PublicKey); !ok || jwtName(public.Curve()) != m.Name {
		return nil, ErrKey
	}
	return SignRaw(signer, []byte(signed))
}

// Verify checks the third part of a token against the first two.
func (m JWTMethod) Verify(signed string, sig []byte, key any) error {
	public, ok := key.(*gost3410.PublicKey)
	if !ok || jwtName(public.Curve()) != m.Name {
		return ErrKey
	}
	return VerifyRaw(public, []byte(signed), sig)
}
