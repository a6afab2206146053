package sealed_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/vault/sealed"
)

func key(b byte) []byte { return bytes.Repeat([]byte{b}, sealed.KeySize) }

func seal(t testing.TB, plain string) []byte {
	t.Helper()
	data, err := sealed.Seal(key(1), "prod", "prod@0011", []byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestWhatWasSealedOpensWithTheSameKeyAndProfile(t *testing.T) {
	for _, plain := range []string{"", "x", strings.Repeat("secret ", 5000)} {
		data := seal(t, plain)
		if !sealed.Is(data) {
			t.Error("not recognised")
		}
		if a, err := sealed.Account(data); err != nil || a != "prod@0011" {
			t.Errorf("account %q, %v", a, err)
		}
		got, err := sealed.Open(key(1), "prod", data)
		if err != nil || string(got) != plain {
			t.Errorf("opened %d bytes, %v; want %d", len(got), err, len(plain))
		}
		if plain != "" && len(plain) > 8 && bytes.Contains(data, []byte(plain[:8])) {
			t.Error("the plain text shows through")
		}
	}
}

func TestAnotherKeyOrProfileDoesNotOpen(t *testing.T) {
	data := seal(t, "secret")
	for _, c := range []struct {
		key     []byte
		profile string
	}{{key(2), "prod"}, {key(1), "sandbox"}, {key(1), ""}} {
		if _, err := sealed.Open(c.key, c.profile, data); !errors.Is(err, sealed.ErrKey) {
			t.Errorf("key %d, profile %q: %v", c.key[0], c.profile, err)
		}
	}
}

func TestEveryChangedByteIsNoticed(t *testing.T) {
	data := seal(t, "secret")
	for i := range data {
		bad := bytes.Clone(data)
		bad[i] ^= 1
		if _, err := sealed.Open(key(1), "prod", bad); err == nil {
			t.Errorf("byte %d changed unnoticed", i)
		}
		if _, err := sealed.Open(key(1), "prod", data[:i]); err == nil {
			t.Errorf("a cut after byte %d went unnoticed", i)
		}
	}
}

func TestTwoSealsOfOneTextDiffer(t *testing.T) {
	if bytes.Equal(seal(t, "x"), seal(t, "x")) {
		t.Error("the nonce repeats")
	}
}

func TestABadAccountIsRefused(t *testing.T) {
	for _, a := range []string{"", "a\nb", "a\r", strings.Repeat("a", 513)} {
		if _, err := sealed.Seal(key(1), "prod", a, nil); err == nil {
			t.Errorf("account %q was taken", a)
		}
	}
}

// known is a file of version 1 that later versions must open, too.
const known = "657067752d7365616c656420310a70726f6440303031310af7c4d59a85fd063b5571e50a2df6ac2f8b2b2a9560d31de6ad29719bc8debab39a8513320cc979935193d517ef5e"

func TestAFileOfVersionOneStillOpens(t *testing.T) {
	data, err := hex.DecodeString(known)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := sealed.Open(key(1), "prod", data); err != nil || string(got) != "secret" {
		t.Errorf("%q, %v", got, err)
	}
}

func FuzzOpenNeverPanics(f *testing.F) {
	// A constant, because every process of the fuzzer must know the same one.
	good, err := hex.DecodeString(known)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("epgu-sealed 1\n"))
	f.Add([]byte("epgu-sealed 1\n\n"))
	f.Add([]byte("epgu-sealed 2\nx\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := sealed.Open(key(1), "prod", data); err == nil && !bytes.Equal(data, good) {
			t.Fatalf("%q opened", data)
		}
	})
}
