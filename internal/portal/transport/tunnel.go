package transport

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
)

// errTunnel says that the program on this machine that makes the TLS connection did
// not take a request, or dropped it.
var errTunnel = errors.New("tunnel on this machine")

// tunnels sends what is for some origins through a program on this machine. What is
// an address of the portal, and what a token may be sent to, was decided before.
type tunnels struct {
	base http.RoundTripper
	via  map[string]string // by canonical origin
}

func newTunnels(base http.RoundTripper, via map[string]string) (http.RoundTripper, error) {
	t := tunnels{base, map[string]string{}}
	for origin, to := range via {
		if to == "" {
			continue
		}
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" {
			return nil, fmt.Errorf("transport: %q is not an origin", origin)
		}
		host, _, err := net.SplitHostPort(to)
		if err != nil || !loopback(host) {
			return nil, fmt.Errorf("transport: %q is not a host and port of this machine", to)
		}
		t.via[originOf(u)] = to
	}
	if len(t.via) == 0 {
		return base, nil
	}
	return t, nil
}

// RoundTrip sends the request to the program that stands for its origin.
func (t tunnels) RoundTrip(req *http.Request) (*http.Response, error) {
	to, ok := t.via[originOf(req.URL)]
	if !ok {
		return t.base.RoundTrip(req)
	}
	out := *req
	if out.Host == "" {
		out.Host = req.URL.Host
	}
	address := *req.URL
	address.Scheme, address.Host = "http", to
	out.URL = &address
	resp, err := t.base.RoundTrip(&out)
	if err != nil {
		return nil, fmt.Errorf("%w %s: %w", errTunnel, to, err)
	}
	resp.Request = req
	return resp, nil
}

// CloseIdleConnections closes those of the base.
func (t tunnels) CloseIdleConnections() {
	if b, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		b.CloseIdleConnections()
	}
}
