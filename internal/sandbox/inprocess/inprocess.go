// Package inprocess tells requests that were made inside the portal's own
// process from those that came over a wire; the training controls answer the
// former and loopback only. Only packages under internal/sandbox may import it.
package inprocess

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"

	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// RemoteAddr is the RemoteAddr of requests made in the process.
const RemoteAddr = string(wire.InProcess)

type key struct{}

// Mark returns a context of a request made in the process.
func Mark(ctx context.Context) context.Context { return context.WithValue(ctx, key{}, true) }

// Marked reports whether the request was made in the process.
func Marked(r *http.Request) bool {
	in, _ := r.Context().Value(key{}).(bool)
	return in
}

// Near reports whether the request was made in the process or came over the
// loopback interface of this machine.
func Near(r *http.Request) bool {
	if Marked(r) {
		return true
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// NearHost reports whether the request names this machine by its loopback
// address or as localhost. Only what came through a listening socket is asked:
// nothing else can come from a browser that was misled.
func NearHost(r *http.Request) bool {
	if r.Context().Value(http.LocalAddrContextKey) == nil {
		return true
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && a.Unmap().IsLoopback()
}
