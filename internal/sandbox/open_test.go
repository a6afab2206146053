package sandbox_test

import (
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
