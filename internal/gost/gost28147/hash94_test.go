package gost28147

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/gost/openssltest"
)

func TestOpenSSLMakesTheSameDigestOf1994(t *testing.T) {
	j := openssltest.New(t)
	for _, n := range []int{1, 31, 32, 33, 64, 1000} {
		text := bytes.Repeat([]byte("Съешь ещё этих булок. "), 1+n/10)[:n]
		j.Write(t, "text", text)
		out := strings.TrimSpace(string(j.Run(t, "dgst", "-md_gost94", "text")))
		h := New94()
		for len(text) > 0 { // in pieces
			k := min(7, len(text))
			_, _ = h.Write(text[:k])
			text = text[k:]
		}
		if got := hex.EncodeToString(h.Sum(nil)); !strings.HasSuffix(out, got) {
			t.Errorf("%d bytes: %s, openssl says %s", n, got, out)
		}
	}
}

// OpenSSL's engine makes something else of nothing; this is the published value.
func TestTheDigestOfNothingIsThePublishedOne(t *testing.T) {
	if got := hex.EncodeToString(New94().Sum(nil)); got != "981e5f3ca30c841487830f84fb433e13ac1101569b9c13584ac483234cd656c0" {
		t.Error(got)
	}
}

func TestAKeptStateOfTheHashGoesOnFromThere(t *testing.T) {
	whole, half := New94().(*hash94), New94().(*hash94)
	_, _ = whole.Write([]byte("одна строка и другая"))
	_, _ = half.Write([]byte("одна строка"))
	state, err := half.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	again := New94().(*hash94)
	if err := again.UnmarshalBinary(state); err != nil {
		t.Fatal(err)
	}
	_, _ = again.Write([]byte(" и другая"))
	if !bytes.Equal(again.Sum(nil), whole.Sum(nil)) {
		t.Error("the digests differ")
	}
	if again.UnmarshalBinary(state[1:]) == nil {
		t.Error("a broken state was taken")
	}
}
