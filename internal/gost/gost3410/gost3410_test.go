package gost3410

import (
	"bytes"
	"crypto"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/gost/streebog"
)

var _ crypto.Signer = (*PrivateKey)(nil)

// seeded is a deterministic random source for tests.
func seeded(seed byte) io.Reader { return rand.NewChaCha8([32]byte{seed}) }

// example256 and example512 are the parameter sets and numbers of RFC 7091,
// section 7; they are for tests only.
var (
	example256 = paramSet{bytes: 32, cofactor: 1,
		p: "8000000000000000000000000000000000000000000000000000000000000431",
		a: "7",
		b: "5FBFF498AA938CE739B8E022FBAFEF40563F6E6A3472FC2A514C0CE9DAE23B7E",
		q: "8000000000000000000000000000000150FE8A1892976154C59CFC193ACCF5B3",
		x: "2",
		y: "8E2A8A0E65147D4BD6316030E16D19C85C97F0A9CA267122B96ABBCEA7E8FC8"}
	example512 = paramSet{bytes: 64, cofactor: 1,
		p: "4531ACD1FE0023C7550D267B6B2FEE80922B14B2FFB90F04D4EB7C09B5D2D15DF1D852741AF4704A0458047E80E4546D35B8336FAC224DD81664BBF528BE6373",
		a: "7",
		b: "1CFF0806A31116DA29D8CFA54E57EB748BC5F377E49400FDD788B649ECA1AC4361834013B2AD7322480A89CA58E0CF74BC9E540C2ADD6897FAD0A3084F302ADC",
		q: "4531ACD1FE0023C7550D267B6B2FEE80922B14B2FFB90F04D4EB7C09B5D2D15DA82F2D7ECB1DBAC719905C5EECC423F1D86E25EDBE23C595D644AAF187E6E6DF",
		x: "24D19CC64572EE30F396BF6EBBFD7A6C5213B3B3D7057CC825F91093A68CD762FD60611262CD838DC6B60AA7EEE804E28BC849977FAC33B4B530F1B120248A9A",
		y: "2BB312A43BD2CE6E0D020613C857ACDDCFBF061E91E5F2C3F32447C259F39B2C83AB156D77F1496BF7EB3351E1EE4E43DC1A18B91B24640B6DBB92CB1ADD371E"}
)

func TestTheExamplesOfRFC7091ComeOut(t *testing.T) {
	for _, c := range []struct {
		set              paramSet
		d, e, k, r, s, x string
	}{
		{example256,
			"7A929ADE789BB9BE10ED359DD39A72C11B60961F49397EEE1D19CE9891EC3B28",
			"2DFBC1B372D89A1188C09C52E0EEC61FCE52032AB1022E8E67ECE6672B043EE5",
			"77105C9B20BCD3122823C8CF6FCC7B956DE33814E95B7FE64FED924594DCEAB3",
			"41AA28D2F1AB148280CD9ED56FEDA41974053554A42767B83AD043FD39DC0493",
			"1456C64BA4642A1653C235A98A60249BCD6D3F746B631DF928014F6C5BF9C40",
			"7F2B49E270DB6D90D8595BEC458B50C58585BA1D4E9B788F6689DBD8E56FD80B"},
		{example512,
			"0BA6048AADAE241BA40936D47756D7C93091A0E8514669700EE7508E508B102072E8123B2200A0563322DAD2827E2714A2636B7BFD18AADFC62967821FA18DD4",
			"3754F3CFACC9E0615C4F4A7C4D8DAB531B09B6F9C170C533A71D147035B0C5917184EE536593F4414339976C647C5D5A407ADEDB1D560C4FC6777D2972075B8C",
			"0359E7F4B1410FEACC570456C6801496946312120B39D019D455986E364F365886748ED7A44B3E794434006011842286212273A6D14CF70EA3AF71BB1AE679F1",
			"2F86FA60A081091A23DD795E1E3C689EE512A3C82EE0DCC2643C78EEA8FCACD35492558486B20F1C9EC197C90699850260C93BCBCD9C5C3317E19344E173AE36",
			"1081B394696FFE8E6585E7A9362D26B6325F56778AADBC081C0BFBE933D52FF5823CE288E8C4F362526080DF7F70CE406A6EEB1F56919CB92A9853BDE73E5B4A",
			"115DC5BC96760C7B48598D8AB9E740D4C4A85A65BE33C1815B5C320C854621DD5A515856D13314AF69BC5B924C8B4DDFF75C45415C1D9DD9DD33612CD530EFE1"},
	} {
		t.Run(fmt.Sprint(8*c.set.bytes), func(t *testing.T) {
			n := c.set.bytes
			g := c.set.build()
			d, e, k := c.set.number(c.d), c.set.number(c.e), c.set.number(c.k)
			x, y := make([]byte, n), make([]byte, n)
			g.public(x, y, d)
			if !bytes.Equal(x, c.set.number(c.x)) {
				t.Errorf("public key x: got %x", x)
			}
			r, s := make([]byte, n), make([]byte, n)
			if !g.sign(r, s, d, k, e) || !bytes.Equal(r, c.set.number(c.r)) || !bytes.Equal(s, c.set.number(c.s)) {
				t.Errorf("signature: got r %x s %x", r, s)
			}
			if !g.verify(x, y, e, r, s) {
				t.Error("the example signature is refused")
			}
		})
	}
}

func TestEveryTabledCurveHoldsItsEquationAndOrder(t *testing.T) {
	for _, c := range Curves() {
		t.Run(c.Name(), func(t *testing.T) {
			g := c.group()
			b := bigOf(g)
			if !b.p.ProbablyPrime(20) || !b.q.ProbablyPrime(20) {
				t.Error("p or q is not prime")
			}
			if b.p.BitLen() > 8*c.Size() || g.size() != c.Size() || g.orderBits() != b.q.BitLen() {
				t.Error("sizes do not agree")
			}
			if !b.onCurve(b.x, b.y) {
				t.Error("the base point is not on the curve")
			}
			if x, _ := b.mult(b.q, b.x, b.y); x != nil {
				t.Error("q·P is not the point at infinity")
			}
			// Hasse: |p + 1 − h·q| ≤ 2√p for the cofactor h in use.
			h := int64(1)
			if strings.HasSuffix(c.Name(), "TCA") || c.Name() == "512C" {
				h = 4
			}
			gap := new(big.Int).Mul(b.q, big.NewInt(h))
			gap.Sub(gap, b.p).Sub(gap, big.NewInt(1))
			if gap.Mul(gap, gap).Cmp(new(big.Int).Lsh(b.p, 2)) > 0 {
				t.Error("the order does not fit the cofactor")
			}
			if CurveByName(strings.ToLower(c.Name())) != c || CurveByOID(c.OID()) != c {
				t.Error("the curve is not found by its name and OID")
			}
		})
	}
}

func TestBaseMultiplicationAgreesWithTheReference(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for _, c := range Curves() {
		t.Run(c.Name(), func(t *testing.T) {
			n := c.Size()
			g := c.group()
			b := bigOf(g)
			one := big.NewInt(1)
			scalars := []*big.Int{one, big.NewInt(2), big.NewInt(31), big.NewInt(32), big.NewInt(33), big.NewInt(63), big.NewInt(64),
				new(big.Int).Sub(b.q, one), new(big.Int).Rsh(b.q, 1), new(big.Int).Lsh(one, uint(b.q.BitLen()-1))}
			for range 6 {
				raw := make([]byte, n)
				for i := range raw {
					raw[i] = byte(rng.Uint32())
				}
				scalars = append(scalars, new(big.Int).Mod(fromLittle(raw), b.q))
			}
			for _, k := range scalars {
				x, y := make([]byte, n), make([]byte, n)
				g.public(x, y, little(k, n))
				wx, wy := b.mult(k, b.x, b.y)
				if fromLittle(x).Cmp(wx) != 0 || fromLittle(y).Cmp(wy) != 0 {
					t.Fatalf("k = %x: got x %x, want %x", k, fromLittle(x), wx)
				}
			}
		})
	}
}

func TestSignaturesAgreeWithTheReferenceBothWays(t *testing.T) {
	for _, c := range Curves() {
		t.Run(c.Name(), func(t *testing.T) {
			n := c.Size()
			random := seeded(3)
			b := bigOf(c.group())
			for range 4 {
				key, err := GenerateKey(c, random)
				if err != nil {
					t.Fatal(err)
				}
				digest := make([]byte, n)
				if _, err := io.ReadFull(random, digest); err != nil {
					t.Fatal(err)
				}
				e := new(big.Int).Mod(fromLittle(digest), b.q)
				x, y := fromLittle(key.public.x), fromLittle(key.public.y)

				sig, err := key.Sign(random, digest, nil)
				if err != nil {
					t.Fatal(err)
				}
				s, r := new(big.Int).SetBytes(sig[:n]), new(big.Int).SetBytes(sig[n:])
				if !b.verify(x, y, e, r, s) {
					t.Error("the reference refuses our signature")
				}
				k := newNonces(c.group(), key.d, digest, nil).next()
				r, s = b.sign(fromLittle(key.d), fromLittle(k), e)
				theirs := append(s.FillBytes(make([]byte, n)), r.FillBytes(make([]byte, n))...)
				if !key.PublicKey().Verify(digest, theirs) {
					t.Error("we refuse the reference's signature")
				}
				ours, err := key.Sign(nil, digest, nil)
				if err != nil || !bytes.Equal(ours, theirs) {
					t.Errorf("with one nonce: got %x, reference %x (%v)", ours, theirs, err)
				}
				for i := 0; i < len(sig); i += 7 {
					bad := slices.Clone(sig)
					bad[i] ^= 1
					if key.PublicKey().Verify(digest, bad) {
						t.Fatalf("a signature with octet %d changed is accepted", i)
					}
				}
				digest[5] ^= 0x20
				if key.PublicKey().Verify(digest, sig) {
					t.Error("the signature holds for another digest")
				}
			}
		})
	}
}

func TestADigestOfZeroCountsAsOne(t *testing.T) {
	for _, c := range Curves() {
		key, err := GenerateKey(c, seeded(4))
		if err != nil {
			t.Fatal(err)
		}
		zero, one := make([]byte, c.Size()), make([]byte, c.Size())
		one[0] = 1
		sig, err := key.Sign(seeded(5), zero, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !key.PublicKey().Verify(zero, sig) || !key.PublicKey().Verify(one, sig) {
			t.Errorf("%s: the signature of a zero digest does not hold", c.Name())
		}
	}
}

func TestSignaturesOutOfRangeAreRefused(t *testing.T) {
	for _, c := range Curves() {
		n := c.Size()
		key, err := GenerateKey(c, seeded(6))
		if err != nil {
			t.Fatal(err)
		}
		digest := bytes.Repeat([]byte{7}, n)
		sig, err := key.Sign(nil, digest, nil)
		if err != nil {
			t.Fatal(err)
		}
		q := bigOf(c.group()).q
		half := func(i int, v *big.Int) []byte {
			bad := slices.Clone(sig)
			v.FillBytes(bad[i*n : (i+1)*n])
			return bad
		}
		s := new(big.Int).SetBytes(sig[:n])
		for name, bad := range map[string][]byte{
			"s = 0": half(0, new(big.Int)), "r = 0": half(1, new(big.Int)), "s = q": half(0, q), "r = q": half(1, q),
			"short": sig[:2*n-1], "long": append(slices.Clone(sig), 0), "empty": nil,
		} {
			if key.PublicKey().Verify(digest, bad) {
				t.Errorf("%s, %s: accepted", c.Name(), name)
			}
		}
		if sq := s.Add(s, q); sq.BitLen() <= 8*n && key.PublicKey().Verify(digest, half(0, sq)) {
			t.Errorf("%s: s + q is accepted", c.Name())
		}
		if key.PublicKey().Verify(digest[1:], sig) {
			t.Errorf("%s: a short digest is accepted", c.Name())
		}
		if _, err := key.Sign(nil, digest[1:], nil); err != ErrDigestSize {
			t.Errorf("%s: signing a short digest: %v", c.Name(), err)
		}
	}
}

func TestKeysThatAreNoKeysAreRefused(t *testing.T) {
	for _, c := range Curves() {
		n := c.Size()
		b := bigOf(c.group())
		for name, d := range map[string]*big.Int{"zero": new(big.Int), "q": b.q, "q+1": new(big.Int).Add(b.q, big.NewInt(1))} {
			if _, err := NewPrivateKey(c, little(d, n)); err != ErrKey {
				t.Errorf("%s: private key %s: %v", c.Name(), name, err)
			}
		}
		good := append(little(b.x, n), little(b.y, n)...)
		if _, err := NewPublicKey(c, good); err != nil {
			t.Errorf("%s: the base point is refused: %v", c.Name(), err)
		}
		off := slices.Clone(good)
		off[n] ^= 1
		high := append(bytes.Repeat([]byte{255}, n), good[n:]...)
		for name, raw := range map[string][]byte{"off the curve": off, "x above p": high, "zero": make([]byte, 2*n), "short": good[1:], "empty": nil} {
			if _, err := NewPublicKey(c, raw); err != ErrKey {
				t.Errorf("%s: public key %s: %v", c.Name(), name, err)
			}
		}
	}
}

func TestAPointOutsideTheGroupOfACofactorCurveIsRefused(t *testing.T) {
	for _, name := range []string{"TCA", "512C"} {
		c := CurveByName(name)
		n := c.Size()
		b := bigOf(c.group())
		// Three points out of four lie outside the group of order q.
		outside := 0
		for x := big.NewInt(1); x.Int64() < 40; x.Add(x, big.NewInt(1)) {
			r := new(big.Int).Mul(x, x)
			r.Add(r, b.a).Mul(r, x).Add(r, b.b).Mod(r, b.p)
			y := r.ModSqrt(r, b.p)
			if y == nil {
				continue
			}
			inf, _ := b.mult(b.q, x, y)
			_, err := NewPublicKey(c, append(little(x, n), little(y, n)...))
			if (inf == nil) != (err == nil) {
				t.Errorf("%s: x = %v: in the group %v, accepted %v", name, x, inf == nil, err == nil)
			}
			if inf != nil {
				outside++
			}
		}
		if outside == 0 {
			t.Errorf("%s: no point outside the group was tried", name)
		}
	}
}

func TestTheVectorOfOpenSSLVerifies(t *testing.T) {
	read := func(name string) []byte {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	raw, err := hex.DecodeString("7F6F60B5E3BE87287477D3CC65F7DFA2993FF1AC69E5C63DB22EE5D5516336E7" + "7EB6E4E5F74DEE967FF7ADB9AA25717619E9AB2658507456DAE698645284EACC")
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(raw[:32])
	slices.Reverse(raw[32:])
	p, err := NewPublicKey(CurveByName("A"), raw)
	if err != nil {
		t.Fatal(err)
	}
	digest := streebog.Sum256(read("msg"))
	if !p.Verify(digest[:], read("sig.bin")) {
		t.Error("the signature that OpenSSL made is refused")
	}
}

func TestPrintingAKeyDoesNotShowTheSecret(t *testing.T) {
	key, err := GenerateKey(Default256(), seeded(8))
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		out := strings.ToLower(fmt.Sprintf(verb, key))
		if strings.Contains(out, hex.EncodeToString(key.d[:4])) || strings.Contains(out, fmt.Sprint(key.d[0], " ", key.d[1])) || strings.Contains(out, fmt.Sprintf("0x%x, 0x%x", key.d[0], key.d[1])) {
			t.Errorf("%s prints the secret: %s", verb, out)
		}
	}
}

type brokenSource struct{}

func (brokenSource) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestTwoOwnersAgreeOnAKeyThatNobodyElseHas(t *testing.T) {
	for _, c := range Curves() {
		one, err := GenerateKey(c, seeded(1))
		if err != nil {
			t.Fatal(err)
		}
		two, err := GenerateKey(c, seeded(2))
		if err != nil {
			t.Fatal(err)
		}
		ukm := []byte{1, 2, 3, 4, 5, 6, 7, 8}
		a, err := one.Agree(two.PublicKey(), ukm)
		if err != nil {
			t.Fatal(err)
		}
		b, err := two.Agree(one.PublicKey(), ukm)
		if err != nil || !bytes.Equal(a, b) || len(a) != 32 {
			t.Errorf("%s: %v, %x and %x", c.Name(), err, a, b)
		}
		if other, err := one.Agree(two.PublicKey(), []byte{2}); err != nil || bytes.Equal(a, other) {
			t.Errorf("%s: %v, the same key with another number", c.Name(), err)
		}
		if _, err := one.Agree(two.PublicKey(), make([]byte, 8)); !errors.Is(err, ErrKey) {
			t.Errorf("%s: a number of zero: %v", c.Name(), err)
		}
		alien, err := GenerateKey(Curves()[(slices.Index(Curves(), c)+1)%len(Curves())], seeded(3))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := one.Agree(alien.PublicKey(), ukm); !errors.Is(err, ErrKey) {
			t.Errorf("%s: a key of another set: %v", c.Name(), err)
		}
	}
}

func TestABrokenRandomSourceIsAnError(t *testing.T) {
	if _, err := GenerateKey(Default256(), brokenSource{}); err == nil {
		t.Error("a key was made from nothing")
	}
	key, err := GenerateKey(Default256(), seeded(9))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := key.Sign(brokenSource{}, make([]byte, 32), nil); err == nil {
		t.Error("a signature was made without the randomness that was asked for")
	}
}

func TestFreshRandomnessChangesTheNonce(t *testing.T) {
	key, err := GenerateKey(Default256(), seeded(10))
	if err != nil {
		t.Fatal(err)
	}
	digest := make([]byte, 32)
	seen := map[string]bool{}
	random := seeded(11)
	for range 20 {
		sig, err := key.Sign(random, digest, nil)
		if err != nil {
			t.Fatal(err)
		}
		seen[string(sig[32:])] = true
	}
	if len(seen) != 20 {
		t.Errorf("20 signatures used %d nonces", len(seen))
	}
}
