package transport

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
)

func TestWhatIsForAnOriginGoesThroughItsTunnelUnderTheOriginsName(t *testing.T) {
	var host, token string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, token = r.Host, r.Header.Get("Authorization")
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{}`))
	}))
	defer srv.Close()
	u, _ := url.Parse(srv.URL)
	const origin = "https://portal.example"
	c, err := New(Options{Origins: []string{origin}, Via: map[string]string{origin: u.Host, "https://esia.example": ""},
		Tokens: func(context.Context, string) (string, error) { return "marker", nil }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Do(t.Context(), &Call{Method: http.MethodGet, Base: origin, Path: "/x", Policy: Safe, Auth: AuthRequired}); err != nil {
		t.Fatal(err)
	}
	if host != "portal.example" || token != "Bearer marker" {
		t.Errorf("%q %q", host, token)
	}
	// The address of the tunnel itself is no portal: a token never goes there by name.
	_, err = c.Do(t.Context(), &Call{Method: http.MethodGet, Base: srv.URL, Path: "/x", Policy: Safe})
	if te := AsError(err); te == nil || te.Kind != Foreign {
		t.Errorf("%v", err)
	}
}

func TestATunnelIsOnThisMachine(t *testing.T) {
	for _, to := range []string{"example.org:80", "10.0.0.1:80", "127.0.0.1", "0.0.0.0:80"} {
		if _, err := New(Options{Origins: []string{"https://a.example"}, Via: map[string]string{"https://a.example": to}}); err == nil {
			t.Errorf("%s was taken", to)
		}
	}
}

func TestATunnelThatIsNotThereIsNamed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	to := l.Addr().String()
	_ = l.Close()
	c, err := New(Options{Origins: []string{"https://a.example"}, Via: map[string]string{"https://a.example": to}, MaxAttempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Do(t.Context(), &Call{Method: http.MethodPost, Base: "https://a.example", Path: "/x", Policy: Once, Auth: AuthNone})
	if f := fault.Of(err); f == nil || f.Code != "transport.tunnel" || f.Exit != exitcode.Unavailable {
		t.Errorf("%v", err)
	}
}

// crypto/tls tells alerts by their words alone.
func TestAServerWithoutACommonCipherSuiteIsNamed(t *testing.T) {
	for words, want := range map[string]bool{"tls: handshake failure": true, "tls: protocol version not supported": true, "tls: bad certificate": false} {
		if got := noCipher(&net.OpError{Op: "remote error", Err: errors.New(words)}); got != want {
			t.Errorf("%s: %v", words, got)
		}
	}
}
