package grant

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"
)

func FuzzParsePermissions(f *testing.F) {
	f.Add(`[{"responsibleObject":"epgu","sysname":"APIPGU","expire":1,"actions":[{"sysname":"USE_DATA"}],"purposes":[{"sysname":"APIPGU"}],"scopes":[{"sysname":"http://lk.gosuslugi.ru/api-order"}]}]`)
	f.Add(`[]`)
	f.Add(`null`)
	f.Add(`[{"expire":1e9}]`)
	f.Fuzz(func(t *testing.T, text string) {
		list, refusal := parsePermissions(base64.RawURLEncoding.EncodeToString([]byte(text)))
		if refusal != nil {
			if !strings.HasPrefix(refusal.Code, "ESIA-") || refusal.OAuth() == "" {
				t.Errorf("a refusal without a code: %+v", refusal)
			}
			return
		}
		for _, p := range list {
			if p.Sysname != ConsentAPI || p.Expire < 1 || p.Expire > maxConsent || len(p.Purposes) != 1 {
				t.Errorf("accepted %+v", p)
			}
		}
	})
}

func FuzzCheckNeverApprovesWithoutASignature(f *testing.F) {
	f.Add("client_id=X&redirect_uri=http%3A%2F%2F127.0.0.1%2Fcallback&scope=openid&response_type=code&state=a8a2e6f0-0000-4000-8000-000000000001&timestamp=2026.09.01+12%3A00%3A00+%2B0000&client_secret=AAAA&client_certificate_hash=00")
	f.Add("client_id=X&redirect_uri=http://[::1]:1/callback&client_secret=%ff")
	f.Add("redirect_uri=://&client_id=X")
	now := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	client := Client{ID: "X", Redirects: []string{"http://127.0.0.1/callback", "https://example.org/cb"}}
	f.Fuzz(func(t *testing.T, query string) {
		q, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		r, refusal := FromQuery(q)
		if refusal != nil {
			return
		}
		if _, refusal := Check(r, client, true, now); refusal == nil {
			t.Errorf("approved %q", query)
		}
		if client.MayRedirect(r.RedirectURI) {
			u, err := url.Parse(r.RedirectURI)
			if err != nil || (u.Host != "example.org" && u.Hostname() != "127.0.0.1") {
				t.Errorf("a redirect to %q", r.RedirectURI)
			}
		}
	})
}
