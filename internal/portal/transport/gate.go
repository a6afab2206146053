package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
)

// maxRedirects bounds the hops of one reading call.
const maxRedirects = 5

var (
	errForeign  = errors.New("address outside the profile's portals")
	errRedirect = errors.New("redirect not followed")
	errStalled  = errors.New("no data moved for too long")
)

// attempt is what the gate needs to know of the request that passes it.
type attempt struct {
	call  *Call
	token string
	dog   *watchdog
	told  Record // what the record of the request shows of it
}

type attemptKey struct{}

func attemptOf(ctx context.Context) *attempt {
	a, _ := ctx.Value(attemptKey{}).(*attempt)
	return a
}

// gate is the innermost of our own layers: whatever happened above (resty,
// redirects), a token leaves only here and only after the address was checked.
type gate struct{ c *Client }

// RoundTrip checks the address, adds the token and the streamed body.
func (g gate) RoundTrip(req *http.Request) (*http.Response, error) {
	a := attemptOf(req.Context())
	if a == nil || !g.c.origins.allow(req.URL) {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, fmt.Errorf("%w: %s", errForeign, originOf(req.URL))
	}
	out := req.WithContext(req.Context()) // a copy; only its header and body are changed
	out.Header = maps.Clone(req.Header)   // values are replaced, never changed
	out.Header.Del("Cookie")
	if v := a.call.Header.Get("Cookie"); v != "" {
		out.Header.Set("Cookie", v)
	}
	out.Header.Del("Authorization")
	if a.token != "" {
		out.Header.Set("Authorization", "Bearer "+a.token)
	}
	if b := a.call.Basic; b != nil {
		out.SetBasicAuth(b.User, b.Password)
	}
	if b := a.call.Body; b != nil && b.Open != nil {
		body, err := b.Open()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errOpenBody, err)
		}
		out.Body, out.ContentLength = &watchedBody{body, a.dog}, b.Size
	}
	if a.call.Policy == Once {
		// Without GetBody net/http cannot replay the request on its own, which
		// it otherwise does for anything that carries an Idempotency-Key.
		out.GetBody = nil
	}
	g.c.log.request(out, a)
	if g.c.opts.Records != nil {
		a.tell(out)
	}
	resp, err := g.c.base.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	a.dog.touch()
	resp.Body = &watchedBody{resp.Body, a.dog}
	return resp, nil
}

// tell notes what leaves for the record of the request.
func (a *attempt) tell(req *http.Request) {
	r := newRedactor(a.call, a.token)
	a.told.Query, a.told.Headers = r.query(req.URL.Query()), r.header(req.Header)
	if b := a.call.Body; b != nil {
		a.told.Body = shown(r.body(b.Type, b.bytes), b.Size)
	}
}

// checkRedirect follows a redirect only for reading calls and only within the
// origin of the call: the scheme is part of an origin, so a step from https
// down to http is never followed either.
func (c *Client) checkRedirect(req *http.Request, via []*http.Request) error {
	a := attemptOf(req.Context())
	first := via[0]
	switch {
	case a == nil || a.call.Policy != Safe || first.Method != http.MethodGet && first.Method != http.MethodHead:
		return http.ErrUseLastResponse
	case len(via) > maxRedirects:
		return fmt.Errorf("%w: more than %d", errRedirect, maxRedirects)
	case !c.origins.allow(req.URL):
		return fmt.Errorf("%w: %w: %s", errRedirect, errForeign, originOf(req.URL))
	case originOf(req.URL) != originOf(first.URL):
		// Another of our own portals would be sent this portal's token.
		return fmt.Errorf("%w: to another portal: %s", errRedirect, originOf(req.URL))
	}
	return nil
}

// watchedBody tells the watchdog about every byte that moves.
type watchedBody struct {
	io.ReadCloser
	dog *watchdog
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		b.dog.touch()
	}
	return n, err
}
