package gost3410

import (
	"bytes"
	"encoding/pem"
	"os"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

func TestKeysSurviveTheirEncodings(t *testing.T) {
	for _, c := range Curves() {
		key, err := GenerateKey(c, seeded(20))
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParsePKCS8(key.MarshalPKCS8())
		if err != nil || !back.Equal(key) {
			t.Errorf("%s: PKCS#8 comes back as %v, %v", c.Name(), back, err)
		}
		public, err := ParseSPKI(key.PublicKey().MarshalSPKI())
		if err != nil || !public.Equal(key.Public()) {
			t.Errorf("%s: SubjectPublicKeyInfo comes back as %v, %v", c.Name(), public, err)
		}
		raw, err := NewPublicKey(c, key.PublicKey().Raw())
		if err != nil || !raw.Equal(key.Public()) {
			t.Errorf("%s: raw public key comes back as %v, %v", c.Name(), raw, err)
		}
	}
}

func TestTheSecretMayBeWrappedInAnyOfThreeWays(t *testing.T) {
	key, err := GenerateKey(Default256(), seeded(21))
	if err != nil {
		t.Fatal(err)
	}
	wrap := func(secret func(*cryptobyte.Builder)) []byte {
		var b cryptobyte.Builder
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1Int64(0)
			key.Curve().addAlgorithm(b)
			b.AddASN1(cbasn1.OCTET_STRING, secret)
			b.AddASN1(cbasn1.Tag(0).ContextSpecific().Constructed(), func(*cryptobyte.Builder) {})
		})
		return b.BytesOrPanic()
	}
	for name, der := range map[string][]byte{
		"plain":        wrap(func(b *cryptobyte.Builder) { b.AddBytes(key.d) }),
		"octet string": wrap(func(b *cryptobyte.Builder) { b.AddASN1OctetString(key.d) }),
		"integer":      wrap(func(b *cryptobyte.Builder) { b.AddASN1BigInt(fromLittle(key.d)) }),
	} {
		back, err := ParsePKCS8(der)
		if err != nil || !back.Equal(key) {
			t.Errorf("%s: %v, %v", name, back, err)
		}
	}
}

func TestTheKeyFileOfOpenSSLIsRead(t *testing.T) {
	text, err := os.ReadFile("testdata/key.pem")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	key, err := ParsePKCS8(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if x := fromLittle(key.public.x).Text(16); x != "7f6f60b5e3be87287477d3cc65f7dfa2993ff1ac69e5c63db22ee5d5516336e7" {
		t.Errorf("the public key of the file: x = %s", x)
	}
	if !bytes.Equal(key.MarshalPKCS8(), block.Bytes) {
		t.Errorf("we write the file as %x, OpenSSL as %x", key.MarshalPKCS8(), block.Bytes)
	}
}

func TestDamagedKeysAreRefusedAtEveryLength(t *testing.T) {
	key, err := GenerateKey(Default256(), seeded(22))
	if err != nil {
		t.Fatal(err)
	}
	private, public := key.MarshalPKCS8(), key.PublicKey().MarshalSPKI()
	for i := range private {
		if _, err := ParsePKCS8(private[:i]); err == nil {
			t.Errorf("PKCS#8 cut at %d is accepted", i)
		}
	}
	for i := range public {
		if _, err := ParseSPKI(public[:i]); err == nil {
			t.Errorf("SubjectPublicKeyInfo cut at %d is accepted", i)
		}
	}
	if _, err := ParsePKCS8(append(private, 0)); err == nil {
		t.Error("PKCS#8 with a tail is accepted")
	}
	if _, err := ParseSPKI(append(public, 0)); err == nil {
		t.Error("SubjectPublicKeyInfo with a tail is accepted")
	}
}

func FuzzParsePKCS8(f *testing.F) {
	for _, c := range []*Curve{CurveByName("A"), CurveByName("TCA"), CurveByName("512C")} {
		key, err := GenerateKey(c, seeded(23))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(key.MarshalPKCS8())
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		key, err := ParsePKCS8(der)
		if err != nil {
			return
		}
		if back, err := ParsePKCS8(key.MarshalPKCS8()); err != nil || !back.Equal(key) {
			t.Errorf("what was read is not read back: %v", err)
		}
	})
}

func FuzzParseSPKI(f *testing.F) {
	for _, c := range []*Curve{CurveByName("A"), CurveByName("TCA"), CurveByName("512C")} {
		key, err := GenerateKey(c, seeded(24))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(key.PublicKey().MarshalSPKI())
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		key, err := ParseSPKI(der)
		if err != nil {
			return
		}
		if back, err := ParseSPKI(key.MarshalSPKI()); err != nil || !back.Equal(key) {
			t.Errorf("what was read is not read back: %v", err)
		}
	})
}
