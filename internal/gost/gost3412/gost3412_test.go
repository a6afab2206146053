package gost3412

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/epgu-cli/epgu/internal/gost/gost28147"
	"github.com/epgu-cli/epgu/internal/gost/openssltest"
)

const testKey = "8899aabbccddeeff0011223344556677fedcba98765432100123456789abcdef"

// The example of GOST R 34.12-2015, appendix A.1 (RFC 7801, section 5.5).
func TestTheExampleOfKuznyechikComesOut(t *testing.T) {
	key, _ := hex.DecodeString(testKey)
	text, _ := hex.DecodeString("1122334455667700ffeeddccbbaa9988")
	k, err := newKuznyechik(key)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]byte, 16)
	k.Encrypt(out, text)
	if got := hex.EncodeToString(out); got != "7f679d90bebc24305a468d42b9d4edcd" {
		t.Errorf("%s", got)
	}
}

// By its own OpenSSL changes keys after shorter sections than key files do.
func TestOpenSSLMakesTheSameInCounterMode(t *testing.T) {
	j := openssltest.New(t)
	key, _ := hex.DecodeString(testKey)
	text := bytes.Repeat([]byte("сертификат и ключ "), 150)
	j.Write(t, "text", text)
	for _, c := range []struct {
		name, iv string
		run      func(key, iv, text []byte) ([]byte, error)
	}{
		{"kuznyechik-ctr-acpkm", "1234567890abcef0", func(key, iv, text []byte) ([]byte, error) {
			return ctrACPKM(func(key []byte) (block, error) { return newKuznyechik(key) }, key, iv, text, 4096)
		}},
		{"magma-ctr-acpkm", "12345678", func(key, iv, text []byte) ([]byte, error) {
			return ctrACPKM(func(key []byte) (block, error) { return gost28147.NewMagma(key) }, key, iv, text, 1024)
		}},
	} {
		iv, _ := hex.DecodeString(c.iv)
		j.Run(t, "enc", "-"+c.name, "-K", testKey, "-iv", c.iv, "-in", "text", "-out", "out")
		got, err := c.run(key, iv, text)
		if err != nil || !bytes.Equal(got, j.Read(t, "out")) {
			t.Errorf("%s: differs, %v", c.name, err)
		}
		if back, err := c.run(key, iv, got); err != nil || !bytes.Equal(back, text) {
			t.Errorf("%s does not undo itself: %v", c.name, err)
		}
	}
}

func TestTheKeyChangesAfterASection(t *testing.T) {
	key, _ := hex.DecodeString(testKey)
	zero := make([]byte, magmaSection+8)
	one, err := MagmaCTR(key, []byte{1, 2, 3, 4}, zero)
	if err != nil {
		t.Fatal(err)
	}
	b, err := ctrACPKM(func(key []byte) (block, error) { return newKuznyechik(key) }, key, []byte{1, 2, 3, 4, 5, 6, 7, 8}, make([]byte, 64), 32)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := KuznyechikCTR(key, []byte{1, 2, 3, 4, 5, 6, 7, 8}, make([]byte, 64))
	if !bytes.Equal(b[:32], c[:32]) || bytes.Equal(b[32:], c[32:]) || bytes.Equal(one[magmaSection:], one[:8]) {
		t.Error("the section is not kept")
	}
	if _, err := MagmaCTR(key[1:], nil, nil); err == nil {
		t.Error("a short key was taken")
	}
	if _, err := KuznyechikCTR(key, []byte{1}, nil); err == nil {
		t.Error("a short vector was taken")
	}
}
