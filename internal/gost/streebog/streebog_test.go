package streebog

import (
	"bytes"
	"encoding"
	"encoding/hex"
	"hash"
	"math/rand/v2"
	"testing"
)

// rfcM1 and rfcM2 are the example messages of RFC 6986, section 10.
const (
	rfcM1 = "012345678901234567890123456789012345678901234567890123456789012"
	rfcM2 = "d1e520e2e5f2f0e82c20d1f2f0e8e1eee6e820e2edf3f6e82c20e2e5fef2fa20f120eceef0ff20f1f2f0e5ebe0ece820ede020f5f0e0e1f0fbff20efebfaeafb20c8e3eef0e5e2fb"
)

func TestTheDigestsMatchThePublishedVectors(t *testing.T) {
	m2, err := hex.DecodeString(rfcM2)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, message, d256, d512 string
	}{
		{"empty", "", "3f539a213e97c802cc229d474c6aa32a825a360b2a933a949fd925208d9ce1bb",
			"8e945da209aa869f0455928529bcae4679e9873ab707b55315f56ceb98bef0a7362f715528356ee83cda5f2aac4c6ad2ba3a715c1bcd81cb8e9f90bf4c1c1a8a"},
		{"RFC 6986 M1", rfcM1, "9d151eefd8590b89daa6ba6cb74af9275dd051026bb149a452fd84e5e57b5500",
			"1b54d01a4af5b9d5cc3d86d68d285462b19abc2475222f35c085122be4ba1ffa00ad30f8767b3a82384c6574f024c311e2a481332b08ef7f41797891c1646f48"},
		{"RFC 6986 M2", string(m2), "9dd2fe4e90409e5da87f53976d7405b0c0cac628fc669a741d50063c557e8f50",
			"1e88e62226bfca6f9994f1f2d51569e0daf8475a3b0fe61a5300eee46d961376035fe83549ada2b8620fcd7c496ce5b33f0cb9dddc2b6460143b03dabac9fb28"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s256, s512 := Sum256([]byte(c.message)), Sum512([]byte(c.message))
			if got := hex.EncodeToString(s256[:]); got != c.d256 {
				t.Errorf("256: got %s, want %s", got, c.d256)
			}
			if got := hex.EncodeToString(s512[:]); got != c.d512 {
				t.Errorf("512: got %s, want %s", got, c.d512)
			}
		})
	}
}

func TestWritingInPiecesGivesTheSameDigestAsAtOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	data := make([]byte, 1000)
	for i := range data {
		data[i] = byte(rng.Uint32())
	}
	for range 200 {
		n := rng.IntN(len(data))
		h := New256()
		for rest := data[:n]; len(rest) > 0; {
			k := 1 + rng.IntN(len(rest))
			h.Write(rest[:k])
			rest = rest[k:]
		}
		want := Sum256(data[:n])
		if got := h.Sum(nil); !bytes.Equal(got, want[:]) {
			t.Fatalf("%d bytes in pieces: got %x, want %x", n, got, want)
		}
	}
}

func TestCarriesOfTheBlockSumReachTheTopWord(t *testing.T) {
	// Blocks of 0xff overflow every word of Σ; the digests come from OpenSSL's
	// GOST engine.
	got := Sum512(bytes.Repeat([]byte{0xff}, 192))
	const want = "55d8f76f0894bde0ec14c906f95be44ec9eac0ab5d05fb1a8aa92bee629b1dab9f1d2552e2d3a1aab9ce2c07941b06dbac5baff6ce461df2f7c60a8a763cc1e9"
	if hex.EncodeToString(got[:]) != want {
		t.Errorf("got %x, want %s", got, want)
	}
}

func TestAMarshalledStateGoesOnWhereItStopped(t *testing.T) {
	for _, make := range []func() hash.Hash{New256, New512} {
		for _, n := range []int{0, 1, 63, 64, 65, 200} {
			data := bytes.Repeat([]byte("abc"), 100)
			a := make()
			a.Write(data[:n])
			state, err := a.(encoding.BinaryMarshaler).MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			b := make()
			if err := b.(encoding.BinaryUnmarshaler).UnmarshalBinary(state); err != nil {
				t.Fatal(err)
			}
			a.Write(data[n:])
			b.Write(data[n:])
			if x, y := a.Sum(nil), b.Sum(nil); !bytes.Equal(x, y) {
				t.Errorf("after %d bytes: %x, restored %x", n, x, y)
			}
		}
	}
}

func TestADamagedOrForeignStateIsRefused(t *testing.T) {
	h := New256()
	h.Write([]byte("abc"))
	good, err := h.(*Digest).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	other, err := New512().(*Digest).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	full := bytes.Clone(good)
	full[len(full)-1] = 64
	for name, state := range map[string][]byte{"short": good[:100], "empty": nil, "other size": other, "impossible fill": full} {
		if err := New256().(*Digest).UnmarshalBinary(state); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestResetAndCloneAreIndependent(t *testing.T) {
	h := New512().(*Digest)
	h.Write([]byte("abc"))
	c, err := h.Clone()
	if err != nil {
		t.Fatal(err)
	}
	h.Reset()
	abc, empty := Sum512([]byte("abc")), Sum512(nil)
	if !bytes.Equal(c.Sum(nil), abc[:]) || !bytes.Equal(h.Sum(nil), empty[:]) {
		t.Error("the clone and the reset hash disturb each other")
	}
}

func BenchmarkStreebog256(b *testing.B) {
	data := make([]byte, 1<<20)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		Sum256(data)
	}
}

func BenchmarkStreebog256Short(b *testing.B) {
	data := make([]byte, 100)
	b.ReportAllocs()
	for b.Loop() {
		Sum256(data)
	}
}
