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

// BenchmarkSending compares a streamed upload of 16 MiB in the same way.
func BenchmarkSending(b *testing.B) {
	const size = 16 << 20
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer s.Close()
	open := func() (io.ReadCloser, error) { return io.NopCloser(io.LimitReader(zeros{}, size)), nil }
	b.Run("bare", func(b *testing.B) {
		base := &http.Transport{}
		defer base.CloseIdleConnections()
		client := &http.Client{Transport: base}
		b.SetBytes(size)
		for b.Loop() {
			body, err := open()
			if err != nil {
				b.Fatal(err)
			}
			req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, s.URL, body)
			if err != nil {
				b.Fatal(err)
			}
			req.ContentLength = size
			resp, err := client.Do(req)
			if err != nil {
				b.Fatal(err)
			}
			_ = resp.Body.Close()
		}
	})
	b.Run("transport", func(b *testing.B) {
		c, err := New(Options{Base: &http.Transport{}, Origins: []string{s.URL}})
		if err != nil {
			b.Fatal(err)
		}
		defer c.CloseIdle()
		b.SetBytes(size)
		for b.Loop() {
			call := &Call{Method: "POST", Base: s.URL, Path: "/push", Auth: AuthNone, Body: &Body{Open: open, Size: size, Type: "application/zip"}}
			if _, err := c.Do(b.Context(), call); err != nil {
				b.Fatal(err)
			}
		}
	})
}
