package transport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// Policy says what repeating a call would mean. The zero value is the careful one.
type Policy int

// The policies.
const (
	// Once must not happen twice: one attempt on the wire, whatever the failure.
	Once Policy = iota
	// Idempotent may be repeated because the portal recognises it, by its
	// Idempotency-Key or by its nature (PUT, DELETE).
	Idempotent
	// Safe only reads, whatever its method.
	Safe
)

// Auth says whether a call carries the marker.
type Auth int

// The ways to carry a marker.
const (
	// AuthRequired fails with exit code 3 before sending when nobody is signed in.
	AuthRequired Auth = iota
	// AuthOptional sends the marker when there is one.
	AuthOptional
	// AuthNone never sends it.
	AuthNone
)

// Body is what a call sends.
type Body struct {
	// Open returns the body from its beginning; it is called once per attempt.
	Open func() (io.ReadCloser, error)
	// Size is its length in bytes; -1 when it is not known.
	Size int64
	// Type is the Content-Type.
	Type string
	// bytes holds a body that lives in memory; Open is nil then.
	bytes []byte
}

// JSON returns a body that is v as JSON.
func JSON(v any) (*Body, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	return &Body{bytes: b, Size: int64(len(b)), Type: "application/json"}, nil
}

// Bytes returns a body that lives in memory.
func Bytes(contentType string, b []byte) *Body {
	return &Body{bytes: b, Size: int64(len(b)), Type: contentType}
}

// Basic is a login with its password (RFC 7617).
type Basic struct{ User, Password string }

// Form returns a body of form fields (application/x-www-form-urlencoded).
func Form(v url.Values) *Body {
	b := []byte(v.Encode())
	return &Body{bytes: b, Size: int64(len(b)), Type: "application/x-www-form-urlencoded"}
}

// Call is one request.
type Call struct {
	Method string
	// Base is the origin, with a path prefix if the portal has one.
	Base string
	// Path is the path with {name} for every entry of PathParams. This form,
	// without the values, is what logs and errors show.
	Path       string
	PathParams map[string]string
	Query      url.Values
	// RawQuery is a query that is sent as it is spelled here, instead of Query.
	RawQuery string
	Header   http.Header
	Body     *Body
	Policy   Policy
	Auth     Auth
	// Basic is sent instead of a marker; Auth is AuthNone then.
	Basic *Basic
	// IdempotencyKey is sent as the header of that name.
	IdempotencyKey string
	// FreshKey says that the key was made for this call and dies with it: a later
	// call would be another request to the portal.
	FreshKey bool
	// Judge says what an answer of a status of 400 or more proves. It belongs to
	// the protocol, which knows how the portal's own answers are told from those
	// of anything in between. Nil proves nothing of a call that changes something.
	Judge func(*Error) Proof
	// Wait asks the portal to answer only when something happened or so much
	// time has passed ("Prefer: wait=N", RFC 7240); whole seconds.
	Wait time.Duration
	// MaxBody overrides Options.MaxBody, bytes.
	MaxBody int64
	// Pacer overrides Options.Pacer.
	Pacer *Pacer
	// Decode reads the body of a good answer; nil is json.Unmarshal.
	Decode func(body []byte, out any) error
	// OrderID goes to the incident record.
	OrderID int64
	// Secrets are values of this call that no log may show, wherever they stand.
	Secrets []string
}

// Response is a whole answer with a status below 300.
type Response struct {
	Status    int
	Header    http.Header
	Body      []byte // empty after Copy
	RequestID string
	SentID    string // our X-Request-Id, which the portal may have echoed
	// Attempts is how many times the request was put on the wire.
	Attempts int
}

func (call *Call) check() error {
	switch {
	case call.Method == "" || call.Base == "" || call.Path == "":
		return errors.New("transport: call without method, base or path")
	case call.Basic != nil && call.Auth != AuthNone:
		return fmt.Errorf("transport: %s %s has both a marker and a password", call.Method, call.Path)
	case call.Policy == Idempotent && call.IdempotencyKey == "" && call.Method != http.MethodPut && call.Method != http.MethodDelete:
		return fmt.Errorf("transport: %s %s is marked idempotent and has no key", call.Method, call.Path)
	case call.Policy == Once && call.IdempotencyKey != "" && call.Body == nil:
		// net/http replays a bodyless request that carries the key by itself.
		return fmt.Errorf("transport: %s %s must happen once, so its key needs a body", call.Method, call.Path)
	}
	return nil
}

// header returns the headers of the request, without the token.
func (call *Call) header(ctx context.Context, c *Client, requestID string) http.Header {
	h := make(http.Header, len(call.Header)+8) // for what follows
	for name, values := range call.Header {
		h[name] = slices.Clone(values)
	}
	setDefault(h, "Accept", "application/json, application/problem+json;q=0.9")
	setDefault(h, "User-Agent", c.opts.UserAgent)
	if lang := LanguageOf(ctx, c.opts.Lang); lang != "" {
		setDefault(h, "Accept-Language", string(lang))
	}
	if requestID != "" {
		h.Set("X-Request-Id", requestID)
	}
	if call.IdempotencyKey != "" {
		h.Set("Idempotency-Key", call.IdempotencyKey)
	}
	if s := int64(call.Wait / time.Second); s > 0 {
		h.Set("Prefer", "wait="+strconv.FormatInt(s, 10))
	}
	if call.Body != nil && call.Body.Type != "" {
		h.Set("Content-Type", call.Body.Type)
	}
	h.Del("Authorization") // only the gate sets it
	return h
}

func setDefault(h http.Header, key, value string) {
	if h.Get(key) == "" {
		h.Set(key, value)
	}
}
