package acceptance

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// A profile without an address of its own takes it from the environment. When
// that changes after signing in, the session stays where it began.
func TestASessionNeverFollowsAChangedAddress(t *testing.T) {
	bin := build(t)
	_, url := serve(t, bin)
	p := newProgram(t, bin, "EPGU_PROFILE=fresh", "EPGU_PORTAL="+url)
	p.signIn("confirmed")
	if _, err := p.run("", "bill", "list"); err != nil {
		t.Fatal(err)
	}
	var markers atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			markers.Add(1)
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	defer other.Close()
	p.env[1] = "EPGU_PORTAL=" + other.URL
	_, err := p.run("", "bill", "list")
	if err == nil || !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "belongs to another address") {
		t.Errorf("%v", err)
	}
	if n := markers.Load(); n != 0 {
		t.Errorf("%d requests carried a marker to another server", n)
	}
}
