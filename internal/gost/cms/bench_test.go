package cms

import (
	"bytes"
	"context"
	"testing"
)

func BenchmarkSignDetachedTenBytes(b *testing.B) {
	s := newSigner(b, newCA(b), "A", 3, "A")
	content := make([]byte, 10)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := SignDetached(context.Background(), bytes.NewReader(content), &Options{Time: noon}, s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSignDetached100kB(b *testing.B) {
	s := newSigner(b, newCA(b), "A", 3, "A")
	content := make([]byte, 100_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := SignDetached(context.Background(), bytes.NewReader(content), &Options{Time: noon}, s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyDetached100kB(b *testing.B) {
	ca := newCA(b)
	content := make([]byte, 100_000)
	der := sign(b, content, newSigner(b, ca, "A", 3, "A"))
	o := against(ca)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := VerifyDetached(context.Background(), der, bytes.NewReader(content), o); err != nil {
			b.Fatal(err)
		}
	}
}
