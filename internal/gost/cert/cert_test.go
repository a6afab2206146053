package cert

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"io"
	"math/big"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/gost/verdict"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// noon is the moment that the tests of this package happen at.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func seeded(seed byte) io.Reader { return rand.NewChaCha8([32]byte{seed}) }

func newKey(t testing.TB, curve string, seed byte) *gost3410.PrivateKey {
	t.Helper()
	key, err := gost3410.GenerateKey(gost3410.CurveByName(curve), seeded(seed))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// demoName is a full name of an invented person.
func demoName() Name {
	return Name{CommonName: "Демонстрационный Пользователь", Surname: "Демонстрационный", GivenName: "Пользователь", Country: "RU",
		Organization: "ООО «Образец»", INN: "500100732259", OrgINN: "7707083893", OGRN: "1027700132195", SNILS: "11223344595", Email: "demo@example.org"}
}

func caTemplate(name untrusted.Text) *Template {
	return &Template{Subject: Name{CommonName: name, Organization: "epgu tests"}, IsCA: true, MaxPathLen: -1,
		NotBefore: noon.AddDate(-1, 0, 0), NotAfter: noon.AddDate(5, 0, 0)}
}

// pki is a root, an intermediate below it, and a leaf below that.
type pki struct {
	root, sub Authority
	leaf      *Certificate
	leafKey   *gost3410.PrivateKey
}

func newPKI(t testing.TB) *pki {
	t.Helper()
	p := &pki{}
	rootKey, subKey := newKey(t, "512A", 1), newKey(t, "A", 2)
	p.leafKey = newKey(t, "TCA", 3)
	root, err := CreateSelfSigned(seeded(4), caTemplate("Root"), rootKey)
	if err != nil {
		t.Fatal(err)
	}
	p.root = Authority{root, rootKey}
	sub, err := Create(seeded(5), caTemplate("Sub"), subKey.PublicKey(), p.root)
	if err != nil {
		t.Fatal(err)
	}
	p.sub = Authority{sub, subKey}
	p.leaf = p.issue(t, &Template{Subject: demoName(), NotBefore: noon.AddDate(0, -1, 0), NotAfter: noon.AddDate(1, 0, 0)})
	return p
}

func (p *pki) issue(t testing.TB, template *Template) *Certificate {
	t.Helper()
	c, err := Create(seeded(6), template, p.leafKey.PublicKey(), p.sub)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (p *pki) options() *ChainOptions {
	return &ChainOptions{Roots: []*Certificate{p.root.Certificate}, Intermediates: []*Certificate{p.sub.Certificate}, Time: noon, ForSigning: true}
}

func codes(reasons []verdict.Reason) (out []string) {
	for _, r := range reasons {
		out = append(out, r.Code)
	}
	return out
}

func TestACertificateKeepsWhatTheTemplateSaid(t *testing.T) {
	p := newPKI(t)
	if p.leaf.Subject != demoName() {
		t.Errorf("subject: %+v", p.leaf.Subject)
	}
	if p.leaf.Issuer.CommonName != "Sub" || p.leaf.IsCA() || !p.leaf.MaySign() || !p.leaf.Matches(p.leafKey) || p.leaf.Matches(p.sub.Key) {
		t.Errorf("the leaf: %+v", p.leaf)
	}
	if !p.leaf.NotAfter().Equal(noon.AddDate(1, 0, 0)) || !p.root.Certificate.IsCA() || p.root.Certificate.MaySign() {
		t.Error("dates or usage are lost")
	}
	const want = "C=RU, O=ООО «Образец», CN=Демонстрационный Пользователь, SN=Демонстрационный, G=Пользователь, INN=500100732259, INNLE=7707083893, OGRN=1027700132195, SNILS=11223344595, E=demo@example.org"
	if got := p.leaf.Subject.String(); got != want {
		t.Errorf("name: got %s, want %s", got, want)
	}
	all, err := ParseAll(append(p.leaf.PEM(), p.sub.Certificate.PEM()...))
	if err != nil || len(all) != 2 || !all[0].Equal(p.leaf) {
		t.Errorf("PEM comes back as %v, %v", all, err)
	}
}

func TestAChainIsFoundThroughAnIntermediate(t *testing.T) {
	p := newPKI(t)
	c := BuildChain(p.leaf, p.options())
	if c.Status() != verdict.Valid || len(c.Path) != 3 {
		t.Errorf("status %v, path of %d, reasons %v", c.Status(), len(c.Path), codes(c.Reasons))
	}
}

func TestEveryDefectOfAChainHasItsReason(t *testing.T) {
	p := newPKI(t)
	other, err := CreateSelfSigned(seeded(7), caTemplate("Other"), newKey(t, "B", 8))
	if err != nil {
		t.Fatal(err)
	}
	// An impostor with the names and key identifier of the intermediate.
	impostorKey := newKey(t, "A", 9)
	impostor, err := CreateSelfSigned(seeded(10), caTemplate("Sub"), impostorKey)
	if err != nil {
		t.Fatal(err)
	}
	impostor.X509.SubjectKeyId = p.sub.Certificate.X509.SubjectKeyId
	shortRootKey := newKey(t, "C", 11)
	shortTemplate := caTemplate("Short")
	shortTemplate.MaxPathLen = 0
	short, err := CreateSelfSigned(seeded(12), shortTemplate, shortRootKey)
	if err != nil {
		t.Fatal(err)
	}
	below, err := Create(seeded(13), caTemplate("Below"), p.sub.Certificate.Key, Authority{short, shortRootKey})
	if err != nil {
		t.Fatal(err)
	}
	tooLong, err := Create(seeded(14), &Template{Subject: demoName(), NotBefore: noon, NotAfter: noon.AddDate(1, 0, 0)}, p.leafKey.PublicKey(), Authority{below, p.sub.Key})
	if err != nil {
		t.Fatal(err)
	}
	encryption := p.issue(t, &Template{Subject: demoName(), NotBefore: noon, NotAfter: noon.AddDate(1, 0, 0), KeyUsage: x509.KeyUsageKeyEncipherment})
	list := func(a Authority, next time.Time, serials ...*big.Int) *RevocationList {
		var revoked []Revoked
		for _, s := range serials {
			revoked = append(revoked, Revoked{s, noon.AddDate(0, 0, -3)})
		}
		der, err := CreateRevocationList(seeded(15), a, big.NewInt(7), noon.AddDate(0, 0, -2), next, revoked)
		if err != nil {
			t.Fatal(err)
		}
		l, err := ParseRevocationList(der)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	fresh := noon.AddDate(0, 0, 5)
	for _, c := range []struct {
		name   string
		leaf   *Certificate
		change func(*ChainOptions)
		status verdict.Status
		code   string
	}{
		{"no roots", p.leaf, func(o *ChainOptions) { o.Roots = nil }, verdict.CannotTell, "chain.no_roots"},
		{"foreign root", p.leaf, func(o *ChainOptions) { o.Roots = []*Certificate{other} }, verdict.CannotTell, "chain.untrusted"},
		{"missing intermediate", p.leaf, func(o *ChainOptions) { o.Intermediates = nil }, verdict.CannotTell, "chain.untrusted"},
		{"forged issuer", p.leaf, func(o *ChainOptions) { o.Intermediates = []*Certificate{impostor} }, verdict.Invalid, "chain.signature"},
		{"expired", p.leaf, func(o *ChainOptions) { o.Time = noon.AddDate(2, 0, 0) }, verdict.Invalid, "certificate.expired"},
		{"not yet valid", p.leaf, func(o *ChainOptions) { o.Time = noon.AddDate(0, -2, 0) }, verdict.Invalid, "certificate.not_yet_valid"},
		{"not for signing", encryption, func(*ChainOptions) {}, verdict.Invalid, "certificate.usage"},
		{"too long", tooLong, func(o *ChainOptions) { o.Roots, o.Intermediates = []*Certificate{short}, []*Certificate{below} }, verdict.Invalid, "certificate.path_length"},
		{"revoked", p.leaf, func(o *ChainOptions) { o.Lists = []*RevocationList{list(p.sub, fresh, p.leaf.X509.SerialNumber)} }, verdict.Invalid, "certificate.revoked"},
		{"revoked on a stale list", p.leaf, func(o *ChainOptions) {
			o.Lists = []*RevocationList{list(p.sub, noon.AddDate(0, 0, -1), p.leaf.X509.SerialNumber)}
		}, verdict.Invalid, "certificate.revoked"},
		{"intermediate revoked", p.leaf, func(o *ChainOptions) {
			o.Lists = []*RevocationList{list(p.root, fresh, p.sub.Certificate.X509.SerialNumber)}
		}, verdict.Invalid, "certificate.revoked"},
		{"stale list", p.leaf, func(o *ChainOptions) { o.Lists = []*RevocationList{list(p.sub, noon.AddDate(0, 0, -1))} }, verdict.CannotTell, "revocation.stale"},
		{"forged list", p.leaf, func(o *ChainOptions) {
			o.Lists = []*RevocationList{list(Authority{impostor, impostorKey}, fresh)}
		}, verdict.CannotTell, "revocation.unusable"},
		{"no list though required", p.leaf, func(o *ChainOptions) { o.RequireLists = true }, verdict.CannotTell, "revocation.missing"},
		{"fresh lists", p.leaf, func(o *ChainOptions) {
			o.RequireLists = true
			o.Lists = []*RevocationList{list(p.sub, fresh, big.NewInt(99)), list(p.root, fresh)}
		}, verdict.Valid, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := p.options()
			c.change(o)
			chain := BuildChain(c.leaf, o)
			if chain.Status() != c.status || c.code != "" && !verdict.Has(chain.Reasons, c.code) {
				t.Errorf("got %v %v, want %v %s", chain.Status(), codes(chain.Reasons), c.status, c.code)
			}
		})
	}
}

func TestACriticalExtensionThatNobodyKnowsIsADoubt(t *testing.T) {
	p := newPKI(t)
	p.leaf.X509.Extensions[0].Critical = true
	p.leaf.X509.Extensions[0].Id = asn1.ObjectIdentifier{1, 2, 3}
	c := BuildChain(p.leaf, p.options())
	if c.Status() != verdict.CannotTell || !verdict.Has(c.Reasons, "certificate.critical_extension") {
		t.Errorf("got %v %v", c.Status(), codes(c.Reasons))
	}
}

func TestALeafDoesNotIssueCertificates(t *testing.T) {
	p := newPKI(t)
	fake, err := Create(seeded(16), &Template{Subject: demoName(), NotBefore: noon, NotAfter: noon.AddDate(1, 0, 0)}, newKey(t, "A", 17).PublicKey(), Authority{p.leaf, p.leafKey})
	if err != nil {
		t.Fatal(err)
	}
	o := p.options()
	o.Intermediates = append(o.Intermediates, p.leaf)
	if c := BuildChain(fake, o); c.Status() == verdict.Valid {
		t.Error("a certificate issued by an ordinary user is valid")
	}
}

func TestARequestCarriesNameAndKeyAndProvesPossession(t *testing.T) {
	key := newKey(t, "512C", 18)
	der, err := CreateRequest(seeded(19), demoName(), key)
	if err != nil {
		t.Fatal(err)
	}
	r, err := ParseRequest(RequestPEM(der))
	if err != nil || r.Subject != demoName() || !r.Key.Equal(key.Public()) {
		t.Fatalf("comes back as %+v, %v", r, err)
	}
	der[len(der)-5] ^= 1
	if _, err := ParseRequest(der); !errors.Is(err, ErrSignature) {
		t.Errorf("a damaged request: %v", err)
	}
}

func TestNamesThatCannotBeWrittenAreRefused(t *testing.T) {
	for _, n := range []Name{{}, {CommonName: "x", INN: "12a"}, {CommonName: "x", Country: "РФ"}, {CommonName: untrusted.Text(string(bytes.Repeat([]byte("x"), 2000)))}} {
		if _, err := CreateRequest(seeded(20), n, newKey(t, "A", 21)); err == nil {
			t.Errorf("%.40v: accepted", n)
		}
	}
}

func TestTheVectorCertificateIsRead(t *testing.T) {
	der, err := os.ReadFile("testdata/cert.der")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Hash(); got != "2FFD4526F8D07817289968CEE34E06A9DB224517D04233E1548062CFD54A7F99" {
		t.Errorf("hash: %s", got)
	}
	if c.Key == nil || c.Key.Curve().Name() != "A" || c.Subject.CommonName != "Test IS" || c.CheckIssuedBy(c) != nil {
		t.Errorf("got %+v", c)
	}
	chain := BuildChain(c, &ChainOptions{Roots: []*Certificate{c}, Time: noon, ForSigning: true})
	if chain.Status() != verdict.Valid {
		t.Errorf("against itself: %v", codes(chain.Reasons))
	}
	for i := range der {
		if _, err := Parse(der[:i]); !errors.Is(err, ErrFormat) {
			t.Fatalf("cut at %d: %v", i, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	p := newPKI(f)
	f.Add(p.leaf.Raw)
	f.Add(p.root.Certificate.Raw)
	f.Add(p.leaf.PEM())
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := ParseAll(data)
		if err != nil {
			return
		}
		for _, c := range all {
			chain := BuildChain(c, &ChainOptions{Roots: all[:1], Intermediates: all, Time: noon})
			if len(chain.Path) == 0 || strings.ContainsAny(c.Subject.String(), "\x1b\r\n\x00") {
				t.Error("a chain without its leaf, or a name with control characters")
			}
		}
	})
}

func FuzzParseRequest(f *testing.F) {
	der, err := CreateRequest(seeded(22), demoName(), newKey(f, "A", 23))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(der)
	f.Add(RequestPEM(der))
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, err := ParseRequest(data); err == nil && r.Key == nil {
			t.Error("a request without a key")
		}
	})
}

func FuzzParseRevocationList(f *testing.F) {
	p := newPKI(f)
	der, err := CreateRevocationList(seeded(24), p.sub, big.NewInt(1), noon, noon.AddDate(0, 1, 0), []Revoked{{big.NewInt(5), noon}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(der)
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := ParseRevocationList(data)
		if err != nil {
			return
		}
		BuildChain(p.leaf, &ChainOptions{Roots: []*Certificate{p.sub.Certificate}, Lists: []*RevocationList{l}, Time: noon})
	})
}
