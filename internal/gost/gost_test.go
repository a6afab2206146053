package gost

import (
	"errors"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func newKey(t testing.TB, curve string, seed byte) *gost3410.PrivateKey {
	t.Helper()
	key, err := gost3410.GenerateKey(gost3410.CurveByName(curve), rand.NewChaCha8([32]byte{seed}))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestTheVectorOfThePortalsWireHolds(t *testing.T) {
	der := read(t, "cert.der")
	if got := CertHash(der); got != "2FFD4526F8D07817289968CEE34E06A9DB224517D04233E1548062CFD54A7F99" {
		t.Errorf("certificate hash: %s", got)
	}
	public, err := PublicKeyOf(der)
	if err != nil {
		t.Fatal(err)
	}
	if err := VerifyRaw(public, read(t, "msg"), read(t, "sig.bin")); err != nil {
		t.Errorf("the vector's signature: %v", err)
	}
	if err := VerifyRaw(public, append(read(t, "msg"), '!'), read(t, "sig.bin")); !errors.Is(err, ErrSignature) {
		t.Errorf("over a changed message: %v", err)
	}
	reversed := read(t, "sig.bin")
	for i, j := 0, len(reversed)-1; i < j; i, j = i+1, j-1 {
		reversed[i], reversed[j] = reversed[j], reversed[i]
	}
	if err := VerifyRaw(public, read(t, "msg"), reversed); !errors.Is(err, ErrSignature) {
		t.Errorf("in the byte order of another provider: %v", err)
	}
}

func TestRawSignaturesOfEveryKeySizeHold(t *testing.T) {
	for curve, size := range map[string]int{"A": 64, "TCA": 64, "512A": 128} {
		key := newKey(t, curve, 1)
		sig, err := SignRaw(key, []byte("text"))
		if err != nil || len(sig) != size {
			t.Fatalf("%s: %d octets, %v", curve, len(sig), err)
		}
		if err := VerifyRaw(key.PublicKey(), []byte("text"), sig); err != nil {
			t.Errorf("%s: %v", curve, err)
		}
	}
}

func TestATokenHoldsOnlyAsItWasSigned(t *testing.T) {
	key := newKey(t, "A", 2)
	token, err := SignJWT(key, map[string]any{"sbt": "access", "ver": 1, "alg": "none"}, map[string]any{"sub": "1000299654"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := VerifyJWT(key.PublicKey(), token)
	if err != nil || !strings.Contains(string(got.Header), `"alg":"GOST3410_2012_256"`) || string(got.Claims) != `{"sub":"1000299654"}` {
		t.Fatalf("got %s, %v", got, err)
	}
	parts := strings.Split(token, ".")
	none := "eyJhbGciOiJub25lIn0"
	for name, bad := range map[string]string{
		"no signature": parts[0] + "." + parts[1], "empty signature": parts[0] + "." + parts[1] + ".",
		"algorithm none": none + "." + parts[1] + ".", "algorithm none, signed": none + "." + parts[1] + "." + parts[2],
		"four parts": token + ".x", "empty": "", "swapped": parts[1] + "." + parts[0] + "." + parts[2], "padded": token + "=",
	} {
		if _, err := VerifyJWT(key.PublicKey(), bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := VerifyJWT(newKey(t, "A", 3).PublicKey(), token); !errors.Is(err, ErrSignature) {
		t.Errorf("under another key: %v", err)
	}
	if _, err := VerifyJWT(newKey(t, "512A", 3).PublicKey(), token); !errors.Is(err, ErrToken) {
		t.Errorf("under a key of another size: %v", err)
	}
}

func TestAJWTMethodTakesOnlyKeysOfItsSize(t *testing.T) {
	key := newKey(t, "A", 4)
	m := JWTMethod{JWT256}
	sig, err := m.Sign("a.b", key)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Verify("a.b", sig, key.PublicKey()); err != nil {
		t.Error(err)
	}
	if err := m.Verify("a.c", sig, key.PublicKey()); !errors.Is(err, ErrSignature) {
		t.Errorf("another text: %v", err)
	}
	if _, err := (JWTMethod{JWT512}).Sign("a.b", key); !errors.Is(err, ErrKey) {
		t.Errorf("a key of another size: %v", err)
	}
	if err := m.Verify("a.b", sig, "text"); !errors.Is(err, ErrKey) {
		t.Errorf("no key: %v", err)
	}
}

func TestAnAuthorityIssuesCertificatesThatChainToIt(t *testing.T) {
	ca, err := NewAuthority(nil, cert.Name{CommonName: "epgu sandbox CA"}, noon, noon.AddDate(10, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := IssueSigning(nil, ca, cert.Name{CommonName: "Демонстрация", SNILS: "11223344595"}, newKey(t, "A", 5).PublicKey(), noon, noon.AddDate(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	chain := cert.BuildChain(leaf, &cert.ChainOptions{Roots: []*cert.Certificate{ca.Certificate}, Time: noon, ForSigning: true})
	if len(chain.Reasons) != 0 {
		t.Errorf("reasons: %v", chain.Reasons)
	}
}

func FuzzVerifyJWT(f *testing.F) {
	key := newKey(f, "A", 6)
	token, err := SignJWT(key, nil, map[string]any{"a": 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, s string) {
		// Signatures differ from process to process, what they cover does not.
		got, err := VerifyJWT(key.PublicKey(), s)
		if err == nil && (string(got.Claims) != `{"a":1}` || string(got.Header) != `{"alg":"GOST3410_2012_256","typ":"JWT"}`) {
			t.Errorf("forged: %q", s)
		}
	})
}
