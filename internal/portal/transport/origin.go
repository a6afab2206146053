package transport

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
)

// origins are the canonical origins that a client may talk to.
type origins []string

func newOrigins(list []string, inProcess bool) (origins, error) {
	out := make(origins, 0, len(list))
	for _, s := range list {
		u, err := url.Parse(s)
		if err != nil || u.Host == "" || u.User != nil {
			return nil, fmt.Errorf("transport: %q is not an origin", s)
		}
		switch {
		case u.Scheme == "https":
		case u.Scheme == "http" && (inProcess || loopback(u.Hostname())):
		default:
			return nil, fmt.Errorf("transport: origin %q needs https", u.Scheme+"://"+u.Host)
		}
		out = append(out, originOf(u))
	}
	return out, nil
}

// allow reports whether requests may go to u. The scheme is part of an
// origin, so a step from https down to http is a foreign address too.
func (o origins) allow(u *url.URL) bool {
	return u.User == nil && u.Host != "" && slices.Contains(o, originOf(u))
}

// originOf returns scheme://host:port with the port always written out.
func originOf(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = "443"
		if u.Scheme == "http" {
			port = "80"
		}
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	return strings.ToLower(u.Scheme) + "://" + net.JoinHostPort(host, port)
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
