package sandbox_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/epgu-cli/epgu/internal/sandbox"
)

func BenchmarkOpenWarm(b *testing.B) {
	dir := b.TempDir()
	p, err := sandbox.Open(b.Context(), sandbox.Options{Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	for b.Loop() {
		p, err := sandbox.Open(b.Context(), sandbox.Options{Dir: dir})
		if err != nil {
			b.Fatal(err)
		}
		if err := p.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpenFirst(b *testing.B) {
	for b.Loop() {
		p, err := sandbox.Open(b.Context(), sandbox.Options{Dir: b.TempDir()})
		if err != nil {
			b.Fatal(err)
		}
		if err := p.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRequest is a small read through the in-process transport.
func BenchmarkRequest(b *testing.B) {
	p, err := sandbox.Open(b.Context(), sandbox.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	client := http.Client{Transport: p.Transport()}
	for b.Loop() {
		resp, err := client.Get(sandbox.Origin + "/sandbox/v1/clock")
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
}
