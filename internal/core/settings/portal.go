package settings

import (
	"net"
	"net/url"
	"strconv"
	"strings"
)

// KindEPGU is the kind of a portal of the state, of a stand of it, or of what stands
// before one: it has ЕСИА and API ЕПГУ, and no cabinet API.
const KindEPGU = "epgu"

// addresses are the settings that say where requests go: a variable does not replace
// one that a profile has.
func addresses() []string {
	return []string{"portal", "esia", "portal_gost", "tunnel_portal", "tunnel_esia"}
}

// builtin returns what a built-in profile is, which nothing changes. Hosts: REG-1.8,
// tables 1 and 2; SPEC-1.13, section 1 (as of 18.07.2024).
func builtin(profile string) map[string]string {
	switch profile {
	case "svcdev":
		return map[string]string{"portal": "https://svcdev-beta.test.gosuslugi.ru", "esia": "https://esia-portal1.test.gosuslugi.ru", "kind": KindEPGU}
	case "prod":
		return map[string]string{"portal": "https://www.gosuslugi.ru", "esia": "https://esia.gosuslugi.ru", "kind": KindEPGU}
	case "sandbox":
		return map[string]string{"portal": EmbeddedURL, "esia": EmbeddedURL}
	}
	return nil
}

// usual returns what a built-in profile has until the config file says otherwise.
// The stand with GOST TLS: SPEC-1.12.1, table 2. Older markers of the stand name the
// issuer of the real ЕСИА.
func usual(profile string) map[string]string {
	switch profile {
	case "svcdev":
		return map[string]string{"portal_gost": "https://svcdev-gostapi.test.gosuslugi.ru", "esia_issuer": "http://esia-portal1.test.gosuslugi.ru/ http://esia.gosuslugi.ru/"}
	case "prod":
		return map[string]string{"portal_gost": "https://www.gosuslugi.ru", "esia_issuer": "http://esia.gosuslugi.ru/"}
	}
	return nil
}

// EmbeddedURL is the address under which the embedded portal answers inside
// the process. The name can never resolve on a network (RFC 6761, .invalid).
const EmbeddedURL = "https://epgu-sandbox.invalid"

// Official names the portal of the profile in force when it is of the kind epgu: by
// the setting kind, or because its address is the state's own. Its undocumented
// addresses are never called. Else it is empty.
func (s *Settings) Official() string {
	if s.Get("kind").Value == KindEPGU {
		return s.ProfileName()
	}
	if u, err := url.Parse(s.Get("portal").Value); err == nil {
		if h := strings.TrimSuffix(strings.ToLower(u.Hostname()), "."); h == "gosuslugi.ru" || strings.HasSuffix(h, ".gosuslugi.ru") {
			return h
		}
	}
	return ""
}

// Addresses returns where the portal and ЕСИА of the profile in force are, empty when
// it has none. Behind a tunnel the portal is at its address for GOST TLS.
func (s *Settings) Addresses() (portal, esia string) {
	portal, esia = s.Get("portal").Value, s.Get("esia").Value
	if esia == "" {
		esia = portal
	}
	if gost := s.Get("portal_gost").Value; gost != "" && s.Get("tunnel_portal").Value != "" {
		portal = gost
	}
	return portal, esia
}

// onThisMachine reports whether s is the host and port of a loopback address.
func onThisMachine(s string) bool {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return false
	}
	n, err := strconv.ParseUint(port, 10, 16)
	ip := net.ParseIP(host)
	return err == nil && n > 0 && (host == "localhost" || ip != nil && ip.IsLoopback())
}
