package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/go-resty/resty/v2"
	"github.com/google/uuid"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// Defaults of Options.
const (
	DefaultMaxBody     = 8 << 20          // bytes of an answer that is kept in memory
	DefaultIdle        = 60 * time.Second // without a byte either way
	DefaultWhole       = 2 * time.Minute  // for the body of an answer that is kept in memory
	DefaultMaxAttempts = 4                // of a call that may be repeated
	DefaultMaxDelay    = 30 * time.Second // longest wait between two attempts
)

// TokenSource gives the marker to send. It is called with an empty rejected
// before a request, and once more with the marker that the portal has just
// answered 401 to; then it returns a newer one, or the same one when there is
// none. An empty marker means that nobody is signed in.
type TokenSource func(ctx context.Context, rejected string) (string, error)

// Options configure a Client.
type Options struct {
	// Base makes the connections; nil is TLS 1.2 or newer over TCP with the
	// system's roots and proxy settings.
	Base http.RoundTripper
	// InProcess says that Base answers inside this process, so that an origin
	// may be plain http whatever its host.
	InProcess bool
	// Via names, by origin, the address on this machine ("127.0.0.1:18443") of a
	// program that makes the TLS connection in the place of this process: requests
	// for that origin go to it over plain HTTP, still with the origin's Host. An
	// empty address is none. Ignored in process.
	Via map[string]string
	// Origins are the addresses ("https://host[:port]") that this client may
	// talk to at all. Plain http is accepted for loopback addresses only.
	Origins []string
	// Tokens gives the marker for calls that carry one; nil sends none.
	Tokens TokenSource
	// Clock paces and backs off; nil is the machine's.
	Clock clock.Clock
	// UserAgent is sent as is; empty is "epgu".
	UserAgent string
	// Lang becomes Accept-Language.
	Lang i18n.Lang
	// Log gets a redacted account of every request and answer; nil is off.
	Log io.Writer
	// Records gets one redacted line per request for incident reports; nil is
	// off. It is called from the goroutine of the call.
	Records func(Record)
	// MaxBody limits an answer kept in memory, bytes; 0 is DefaultMaxBody.
	MaxBody int64
	// Pacer holds the portal's request limit; nil is no limit. Share one among
	// all clients of the same API.
	Pacer *Pacer
	// Idle ends a request that moves no byte for so long; 0 is DefaultIdle.
	Idle time.Duration
	// Whole ends an answer kept in memory whose body is not whole so long after its
	// headers, however it moves; 0 is DefaultWhole.
	Whole time.Duration
	// MaxAttempts bounds the attempts of a call that may be repeated; 0 is
	// DefaultMaxAttempts.
	MaxAttempts int
	// MaxDelay bounds one wait between attempts; a portal that asks for more is
	// taken at its word and the call ends. 0 is DefaultMaxDelay.
	MaxDelay time.Duration
	// NewRequestID makes the X-Request-Id of a call; nil is a UUIDv7.
	NewRequestID func() string
}

// Client sends calls. It is safe for concurrent use.
type Client struct {
	resty   *resty.Client
	base    http.RoundTripper
	origins origins
	opts    Options
	log     *debugLog
}

// New returns a client for the portal at opts.Origins.
func New(opts Options) (*Client, error) {
	if len(opts.Origins) == 0 {
		return nil, errors.New("transport: no origins")
	}
	if opts.Base == nil {
		opts.Base = defaultBase()
		opts.InProcess = false
	}
	allowed, err := newOrigins(opts.Origins, opts.InProcess)
	if err != nil {
		return nil, err
	}
	if !opts.InProcess {
		if opts.Base, err = newTunnels(opts.Base, opts.Via); err != nil {
			return nil, err
		}
	}
	if opts.Clock == nil {
		opts.Clock = clock.System{}
	}
	if opts.UserAgent == "" {
		opts.UserAgent = "epgu"
	}
	if opts.MaxBody <= 0 {
		opts.MaxBody = DefaultMaxBody
	}
	if opts.Idle <= 0 {
		opts.Idle = DefaultIdle
	}
	if opts.Whole <= 0 {
		opts.Whole = DefaultWhole
	}
	if opts.MaxAttempts <= 0 {
		opts.MaxAttempts = DefaultMaxAttempts
	}
	if opts.MaxDelay <= 0 {
		opts.MaxDelay = DefaultMaxDelay
	}
	if opts.NewRequestID == nil {
		opts.NewRequestID = newRequestID
	}
	c := &Client{base: opts.Base, origins: allowed, opts: opts, log: newDebugLog(opts.Log)}
	// A bare http.Client: resty.New would bring a cookie jar. resty never sees
	// the token nor a streamed body (it would read it into memory); the gate
	// adds both.
	c.resty = resty.NewWithClient(&http.Client{
		Transport:     gate{c},
		CheckRedirect: c.checkRedirect,
	}).
		SetRetryCount(0).
		SetDebug(false).
		SetDisableWarn(true).
		SetLogger(silent{}).
		SetDoNotParseResponse(true)
	return c, nil
}

// CloseIdle closes connections that wait for reuse.
func (c *Client) CloseIdle() {
	if t, ok := c.base.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// Clock returns the clock that paces the client.
func (c *Client) Clock() clock.Clock { return c.opts.Clock }

// WithTokens returns a client that shares connections, pacing and logs with c
// and takes its markers from tokens; nil sends none.
func (c *Client) WithTokens(tokens TokenSource) *Client {
	opts := c.opts
	opts.Tokens = tokens
	return &Client{resty: c.resty, base: c.base, origins: c.origins, opts: opts, log: c.log}
}

func defaultBase() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    15 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        60 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
	}
}

func newRequestID() string {
	id, err := uuid.NewV7()
	if err != nil { // no randomness: an empty id only costs traceability
		return ""
	}
	return id.String()
}

// silent keeps resty off the process's standard error.
type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}
