package transport

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// BenchmarkReading compares a reading call with a bare http.Client against the
// same server in the same process: the ratio is what counts.
func BenchmarkReading(b *testing.B) {
	payload := []byte(`{"items":[{"uin":"18810177170325189254","amountKopecks":50000}],"total":1}`)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(payload)
	}))
	defer s.Close()
	b.Run("bare", func(b *testing.B) {
		base := &http.Transport{}
		defer base.CloseIdleConnections()
		client := &http.Client{Transport: base}
		for b.Loop() {
			resp, err := client.Get(s.URL + "/charges")
			if err != nil {
				b.Fatal(err)
			}
			_, _ = io.ReadAll(resp.Body)
			_ = resp.Body.Close()
		}
	})
	b.Run("transport", func(b *testing.B) {
		c, err := New(Options{Base: &http.Transport{}, Origins: []string{s.URL}, Tokens: fixed("marker")})
		if err != nil {
			b.Fatal(err)
		}
		defer c.CloseIdle()
		call := &Call{Method: "GET", Base: s.URL, Path: "/charges", Policy: Safe}
		for b.Loop() {
			if _, err := c.Do(b.Context(), call); err != nil {
				b.Fatal(err)
			}
		}
	})
}
