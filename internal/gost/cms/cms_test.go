package cms

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/gost/verdict"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func newKey(t testing.TB, curve string, seed byte) *gost3410.PrivateKey {
	t.Helper()
	key, err := gost3410.GenerateKey(gost3410.CurveByName(curve), rand.NewChaCha8([32]byte{seed}))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newCA(t testing.TB) cert.Authority {
	t.Helper()
	key := newKey(t, "A", 1)
	c, err := cert.CreateSelfSigned(rand.NewChaCha8([32]byte{2}), &cert.Template{Subject: cert.Name{CommonName: "Test CA"}, IsCA: true, MaxPathLen: -1,
		NotBefore: noon.AddDate(-1, 0, 0), NotAfter: noon.AddDate(9, 0, 0)}, key)
	if err != nil {
		t.Fatal(err)
	}
	return cert.Authority{Certificate: c, Key: key}
}

func newSigner(t testing.TB, ca cert.Authority, curve string, seed byte, name untrusted.Text) *KeySigner {
	t.Helper()
	key := newKey(t, curve, seed)
	c, err := cert.Create(rand.NewChaCha8([32]byte{seed, 1}), &cert.Template{Subject: cert.Name{CommonName: name}, NotBefore: noon.AddDate(0, -1, 0), NotAfter: noon.AddDate(1, 0, 0)}, key.PublicKey(), ca)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewKeySigner(c, key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func against(ca cert.Authority) *VerifyOptions {
	return &VerifyOptions{Chain: cert.ChainOptions{Roots: []*cert.Certificate{ca.Certificate}, Time: noon}}
}

func codes(r *Result) (out []string) {
	for _, s := range r.Signatures {
		for _, reason := range s.Reasons {
			out = append(out, reason.Code)
		}
	}
	return out
}

func sign(t testing.TB, content []byte, signers ...Signer) []byte {
	t.Helper()
	der, err := SignDetached(context.Background(), bytes.NewReader(content), &Options{Time: noon}, signers...)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func verify(t testing.TB, der, content []byte, o *VerifyOptions) *Result {
	t.Helper()
	r, err := VerifyDetached(context.Background(), der, bytes.NewReader(content), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestADetachedSignatureHoldsOverItsContentOnly(t *testing.T) {
	ca := newCA(t)
	for _, curve := range gost3410.Curves() {
		s := newSigner(t, ca, curve.Name(), 3, "Подписант")
		der := sign(t, []byte("content"), s)
		r := verify(t, der, []byte("content"), against(ca))
		if r.Status() != verdict.Valid || len(r.Signatures) != 1 || !r.Signatures[0].CAdES || !r.Signatures[0].Time.Equal(noon) || r.Size != 7 || r.Attached {
			t.Errorf("%s: %v %v %+v", curve.Name(), r.Status(), codes(r), r)
		}
		if r.Signatures[0].Certificate.Subject.CommonName != "Подписант" || len(r.Signatures[0].Chain) != 2 {
			t.Errorf("%s: signer %v, chain of %d", curve.Name(), r.Signatures[0].Certificate.Subject, len(r.Signatures[0].Chain))
		}
		r = verify(t, der, []byte("Content"), against(ca))
		if r.Status() != verdict.Invalid || !verdict.Has(r.Signatures[0].Reasons, "cms.content_changed") {
			t.Errorf("%s: over changed content: %v %v", curve.Name(), r.Status(), codes(r))
		}
	}
}

func TestSeveralSignersSignOneFileAtOnceAndOneAfterAnother(t *testing.T) {
	ca := newCA(t)
	a, b, c := newSigner(t, ca, "A", 3, "A"), newSigner(t, ca, "512A", 4, "B"), newSigner(t, ca, "TCB", 5, "C")
	content := []byte("contract")
	der := sign(t, content, a, b)
	if r := verify(t, der, content, against(ca)); r.Status() != verdict.Valid || len(r.Signatures) != 2 {
		t.Errorf("two at once: %v %v", r.Status(), codes(r))
	}
	der, err := AddSigners(context.Background(), der, bytes.NewReader(content), &Options{Time: noon}, c)
	if err != nil {
		t.Fatal(err)
	}
	if r := verify(t, der, content, against(ca)); r.Status() != verdict.Valid || len(r.Signatures) != 3 || len(r.Certificates) != 3 {
		t.Errorf("a third later: %v %v", r.Status(), codes(r))
	}
	merged, err := Merge(der, sign(t, content, newSigner(t, ca, "C", 6, "D")))
	if err != nil {
		t.Fatal(err)
	}
	if r := verify(t, merged, content, against(ca)); r.Status() != verdict.Valid || len(r.Signatures) != 4 {
		t.Errorf("a fourth merged in: %v %v", r.Status(), codes(r))
	}
	// One signer over something else spoils the whole.
	other, err := AddSigners(context.Background(), der, bytes.NewReader([]byte("another")), &Options{Time: noon}, c)
	if err != nil {
		t.Fatal(err)
	}
	if r := verify(t, other, content, against(ca)); r.Status() != verdict.Invalid || len(r.Signatures) != 4 {
		t.Errorf("a fourth over other content: %v %v", r.Status(), codes(r))
	}
}

func TestAttachedContentComesBackAndIsGuarded(t *testing.T) {
	ca := newCA(t)
	s, s2 := newSigner(t, ca, "A", 3, "A"), newSigner(t, ca, "512C", 4, "B")
	for _, n := range []int{0, 1, 100, 127, 128, 200, 255, 256, 65535, 65536, 300_000} {
		content := bytes.Repeat([]byte{'x'}, n)
		var der, back bytes.Buffer
		if err := SignAttached(context.Background(), &der, bytes.NewReader(content), int64(n), &Options{Time: noon}, s, s2); err != nil {
			t.Fatal(err)
		}
		r, err := VerifyAttached(context.Background(), bytes.NewReader(der.Bytes()), &back, against(ca))
		if err != nil || r.Status() != verdict.Valid || !bytes.Equal(back.Bytes(), content) || r.Size != int64(n) || !r.Attached {
			t.Fatalf("%d bytes: %v, %+v", n, err, r)
		}
		if n == 0 {
			continue
		}
		bad := bytes.Replace(der.Bytes(), []byte("x"), []byte("y"), 1)
		if r, err := VerifyAttached(context.Background(), bytes.NewReader(bad), nil, against(ca)); err == nil && r.Status() == verdict.Valid {
			t.Errorf("%d bytes: changed content is valid", n)
		}
	}
	for _, size := range []int64{2, 4, -1} {
		if err := SignAttached(context.Background(), io.Discard, bytes.NewReader([]byte("abc")), size, &Options{}, s); err == nil {
			t.Errorf("three bytes announced as %d are signed", size)
		}
	}
}

func TestASignerIsAddedToASignatureThatHoldsItsContent(t *testing.T) {
	ca := newCA(t)
	content := bytes.Repeat([]byte("contract "), 10_000)
	var first, second bytes.Buffer
	if err := SignAttached(context.Background(), &first, bytes.NewReader(content), int64(len(content)), &Options{Time: noon}, newSigner(t, ca, "A", 3, "A")); err != nil {
		t.Fatal(err)
	}
	if err := AddSignersAttached(context.Background(), &second, bytes.NewReader(first.Bytes()), &Options{Time: noon}, newSigner(t, ca, "512B", 4, "B")); err != nil {
		t.Fatal(err)
	}
	var back bytes.Buffer
	r, err := VerifyAttached(context.Background(), bytes.NewReader(second.Bytes()), &back, against(ca))
	if err != nil || r.Status() != verdict.Valid || len(r.Signatures) != 2 || !bytes.Equal(back.Bytes(), content) {
		t.Errorf("%v, %+v", err, r)
	}
	detached := sign(t, content, newSigner(t, ca, "A", 3, "A"))
	if err := AddSignersAttached(context.Background(), io.Discard, bytes.NewReader(detached), &Options{}, newSigner(t, ca, "A", 5, "C")); !errors.Is(err, ErrFormat) {
		t.Errorf("to a detached one: %v", err)
	}
}

func TestEveryDoubtAndFaultHasItsReason(t *testing.T) {
	ca := newCA(t)
	s := newSigner(t, ca, "A", 3, "A")
	content := []byte("content")
	der := sign(t, content, s)
	bare, err := SignDetached(context.Background(), bytes.NewReader(content), &Options{Time: noon, NoCertificates: true}, s)
	if err != nil {
		t.Fatal(err)
	}
	// The same names and serial number with another key.
	imitation, err := cert.Create(rand.NewChaCha8([32]byte{9}), &cert.Template{Subject: s.Certificate().Subject, Serial: s.Certificate().X509.SerialNumber,
		NotBefore: noon, NotAfter: noon.AddDate(1, 0, 0)}, newKey(t, "A", 9).PublicKey(), ca)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		der     []byte
		options func(*VerifyOptions)
		status  verdict.Status
		code    string
	}{
		{"no roots", der, func(o *VerifyOptions) { o.Chain.Roots = nil }, verdict.CannotTell, "chain.no_roots"},
		{"expired", der, func(o *VerifyOptions) { o.Chain.Time = noon.AddDate(3, 0, 0) }, verdict.Invalid, "certificate.expired"},
		{"no certificate", bare, func(*VerifyOptions) {}, verdict.CannotTell, "cms.no_certificate"},
		{"certificate given", bare, func(o *VerifyOptions) { o.Certificates = []*cert.Certificate{s.Certificate()} }, verdict.Valid, ""},
		{"imitation given", bare, func(o *VerifyOptions) { o.Certificates = []*cert.Certificate{imitation} }, verdict.Invalid, "cms.signature"},
		{"imitation given before the real one", bare, func(o *VerifyOptions) { o.Certificates = []*cert.Certificate{imitation, s.Certificate()} }, verdict.Valid, ""},
		{"no signers", withoutSigners(t, der), func(*VerifyOptions) {}, verdict.CannotTell, ""},
		{"signature bit", flip(der, len(der)-1), func(*VerifyOptions) {}, verdict.Invalid, "cms.signature"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := against(ca)
			c.options(o)
			r := verify(t, c.der, content, o)
			found := c.code == ""
			for _, code := range codes(r) {
				found = found || code == c.code
			}
			if r.Status() != c.status || !found {
				t.Errorf("got %v %v, want %v %s", r.Status(), codes(r), c.status, c.code)
			}
		})
	}
	var never *Result
	if never.Status() == verdict.Valid {
		t.Error("no result is valid")
	}
}

func flip(b []byte, i int) []byte {
	b = slices.Clone(b)
	b[i] ^= 1
	return b
}

// withoutSigners takes the SignerInfos out of a signature.
func withoutSigners(t *testing.T, der []byte) []byte {
	s, err := parseDetached(der)
	if err != nil {
		t.Fatal(err)
	}
	s.infos = nil
	out, err := s.extend(&Options{}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestNoFlippedBitLeavesASignatureValid(t *testing.T) {
	ca := newCA(t)
	s := newSigner(t, ca, "A", 3, "A")
	content := []byte("content")
	der := sign(t, content, s)
	for i := range der {
		if i == 25 {
			continue // the version of SignedData, which no signature covers
		}
		for _, bit := range []int{i % 8, (i + 3) % 8} {
			bad := slices.Clone(der)
			bad[i] ^= 1 << bit
			r, err := VerifyDetached(context.Background(), bad, bytes.NewReader(content), against(ca))
			if err == nil && r.Status() == verdict.Valid {
				t.Errorf("octet %d (%#x), bit %d: still valid", i, der[i], bit)
			}
		}
	}
	for i := range der {
		if _, err := VerifyDetached(context.Background(), der[:i], bytes.NewReader(content), against(ca)); !errors.Is(err, ErrFormat) {
			t.Errorf("cut at %d: %v", i, err)
		}
	}
}

func TestWhatIsNotDERIsRefusedAtOnce(t *testing.T) {
	der := sign(t, []byte("content"), newSigner(t, newCA(t), "A", 3, "A"))
	for name, bad := range map[string][]byte{
		"empty": nil, "text": []byte("hello"), "tail": append(slices.Clone(der), 0), "indefinite": {0x30, 0x80, 0x06, 0x01, 0x00, 0, 0},
		"huge length": {0x30, 0x87, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, "length of eight octets": {0x30, 0x88, 1, 0, 0, 0, 0, 0, 0, 0},
		"length in a long form": {0x30, 0x81, 0x05, 1, 2, 3, 4, 5}, "leading zero in a length": {0x30, 0x82, 0x00, 0x85}, "long tag": {0x3f, 0x81, 0x01, 0x00},
		"other content": {0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01},
	} {
		if _, err := VerifyDetached(context.Background(), bad, bytes.NewReader(nil), &VerifyOptions{}); !errors.Is(err, ErrFormat) {
			t.Errorf("%s, detached: %v", name, err)
		}
		if _, err := VerifyAttached(context.Background(), bytes.NewReader(bad), nil, &VerifyOptions{}); !errors.Is(err, ErrFormat) {
			t.Errorf("%s, attached: %v", name, err)
		}
	}
	if _, err := VerifyAttached(context.Background(), bytes.NewReader(der), nil, &VerifyOptions{}); !errors.Is(err, ErrFormat) {
		t.Errorf("detached where attached is expected: %v", err)
	}
}

func TestPEMAndBareBase64AreReadToo(t *testing.T) {
	ca := newCA(t)
	der := sign(t, []byte("content"), newSigner(t, ca, "A", 3, "A"))
	for name, data := range map[string][]byte{
		"PEM": pem.EncodeToMemory(&pem.Block{Type: "CMS", Bytes: der}), "base64": []byte(base64.StdEncoding.EncodeToString(der)),
		"base64 in lines": append(append([]byte(base64.StdEncoding.EncodeToString(der)[:64]), "\r\n"...), base64.StdEncoding.EncodeToString(der)[64:]...),
	} {
		if r := verify(t, data, []byte("content"), against(ca)); r.Status() != verdict.Valid {
			t.Errorf("%s: %v", name, codes(r))
		}
	}
}

func TestTheVectorOfOpenSSLHolds(t *testing.T) {
	read := func(name string) []byte {
		b, err := os.ReadFile("../testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	c, err := cert.Parse(read("cert.der"))
	if err != nil {
		t.Fatal(err)
	}
	o := &VerifyOptions{Chain: cert.ChainOptions{Roots: []*cert.Certificate{c}, Time: noon}}
	if r := verify(t, read("sig.p7"), read("msg"), o); r.Status() != verdict.Valid || r.Signatures[0].CAdES {
		t.Errorf("got %v %v", r.Status(), codes(r))
	}
}

// A signature over signed attributes must not be passed off as a signature of
// a document that consists of those attributes.
func TestSignedAttributesAreNotADocument(t *testing.T) {
	ca := newCA(t)
	s := newSigner(t, ca, "A", 3, "A")
	parsed, err := parseDetached(sign(t, []byte("content"), s))
	if err != nil {
		t.Fatal(err)
	}
	info, err := parseInfo(parsed.infos[0])
	if err != nil {
		t.Fatal(err)
	}
	// The same SignerInfo without its attributes.
	whole := signerInfoWithout(t, s.Certificate(), info.value)
	parsed.infos = [][]byte{whole}
	forged, err := parsed.extend(&Options{}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := verify(t, forged, info.attributes, against(ca))
	if r.Status() != verdict.CannotTell || !verdict.Has(r.Signatures[0].Reasons, "cms.ambiguous") {
		t.Errorf("the attributes count as a signed document: %v %v", r.Status(), codes(r))
	}
}

// signerInfoWithout makes a SignerInfo without signed attributes.
func signerInfoWithout(t *testing.T, c *cert.Certificate, value []byte) []byte {
	t.Helper()
	full, err := signerInfo(c, nil, value)
	if err != nil {
		t.Fatal(err)
	}
	in := cryptobyte.String(full)
	var body cryptobyte.String
	if !in.ReadASN1(&body, cbasn1.SEQUENCE) {
		t.Fatal("no SignerInfo")
	}
	return derValue(tagSequence, bytes.Replace(body, []byte{0xA0, 0}, nil, 1))
}

func TestAKeyOfAnotherCertificateIsNotASigner(t *testing.T) {
	s := newSigner(t, newCA(t), "A", 3, "A")
	if _, err := NewKeySigner(s.Certificate(), newKey(t, "A", 4)); !errors.Is(err, ErrMismatch) {
		t.Errorf("got %v", err)
	}
}

func TestACancelledContextStopsTheHashing(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := SignDetached(ctx, zeros{}, &Options{}, newSigner(t, newCA(t), "A", 3, "A")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// zeros is endless content.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestALargeFileIsSignedAndCheckedInFlatMemory(t *testing.T) {
	size := int64(16 << 20)
	switch {
	case os.Getenv("EPGU_LARGE") != "":
		size = 2 << 30
	case testing.Short():
		size = 4 << 20
	}
	ca := newCA(t)
	s := newSigner(t, ca, "A", 3, "A")
	pr, pw := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := SignAttached(context.Background(), pw, io.LimitReader(zeros{}, size), size, &Options{Time: noon}, s)
		pw.CloseWithError(err)
		done <- err
	}()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r, err := VerifyAttached(context.Background(), pr, io.Discard, against(ca))
	runtime.ReadMemStats(&after)
	if signErr := <-done; err != nil || signErr != nil || r.Status() != verdict.Valid || r.Size != size {
		t.Fatalf("%v, %v, %+v", err, signErr, r)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 1<<20 {
		t.Errorf("%d bytes of content allocated %d bytes in all", size, grown)
	}
}

func FuzzVerifyDetached(f *testing.F) {
	ca := newCA(f)
	a, b := newSigner(f, ca, "A", 3, "A"), newSigner(f, ca, "512A", 4, "B")
	f.Add(sign(f, []byte("content"), a))
	f.Add(sign(f, []byte("content"), a, b))
	f.Add([]byte{0x30, 0x80})
	good := a.Certificate().Raw
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := VerifyDetached(context.Background(), data, bytes.NewReader([]byte("content")), against(ca))
		if err == nil && r.Status() == verdict.Valid {
			for _, s := range r.Signatures {
				if !bytes.Equal(s.Certificate.Raw, good) && !bytes.Equal(s.Certificate.Raw, b.Certificate().Raw) {
					t.Error("a stranger's signature is valid")
				}
			}
		}
	})
}

func FuzzVerifyAttached(f *testing.F) {
	ca := newCA(f)
	var der bytes.Buffer
	if err := SignAttached(context.Background(), &der, bytes.NewReader([]byte("content")), 7, &Options{Time: noon}, newSigner(f, ca, "A", 3, "A")); err != nil {
		f.Fatal(err)
	}
	f.Add(der.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		var out bytes.Buffer
		r, err := VerifyAttached(context.Background(), bytes.NewReader(data), &out, against(ca))
		if err == nil && r.Status() == verdict.Valid && out.String() != "content" {
			t.Errorf("other content is valid: %q", out.String())
		}
	})
}
