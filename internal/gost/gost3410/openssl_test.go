package gost3410_test

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/epgu-cli/epgu/internal/gost/gost3410"
	"github.com/epgu-cli/epgu/internal/gost/openssltest"
	"github.com/epgu-cli/epgu/internal/gost/streebog"
)

func digestName(c *gost3410.Curve) string { return fmt.Sprintf("-md_gost12_%d", 8*c.Size()) }

func digestOf(c *gost3410.Curve, data []byte) []byte {
	h := c.NewHash()
	h.Write(data)
	return h.Sum(nil)
}

func TestOpenSSLAndWeAcceptEachOthersKeysAndSignatures(t *testing.T) {
	j := openssltest.New(t)
	message := []byte("Заявление № 1\n")
	j.Write(t, "message", message)
	for _, c := range gost3410.Curves() {
		t.Run(c.Name(), func(t *testing.T) {
			// Their key: we read it, they verify what we sign with it.
			j.Run(t, append(openssltest.KeyArgs(c.Name()), "-out", "theirs.pem")...)
			block, _ := pem.Decode(j.Read(t, "theirs.pem"))
			theirs, err := gost3410.ParsePKCS8(block.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			if theirs.Curve() != c {
				t.Errorf("their key is read as curve %s", theirs.Curve().Name())
			}
			// For two sets the engine writes a digest parameter that RFC 9215
			// leaves out; both sides read either form.
			same := c.Name() != "512A" && c.Name() != "512B"
			if ours := theirs.MarshalPKCS8(); same && !bytes.Equal(ours, block.Bytes) {
				t.Errorf("we write the key as %x, they as %x", ours, block.Bytes)
			}
			j.Run(t, "pkey", "-in", "theirs.pem", "-pubout", "-out", "public.pem")
			block, _ = pem.Decode(j.Read(t, "public.pem"))
			if ours := theirs.PublicKey().MarshalSPKI(); same && !bytes.Equal(ours, block.Bytes) {
				t.Errorf("we write the public key as %x, they as %x", ours, block.Bytes)
			}

			// Our key: they read it and sign with it.
			key, err := gost3410.GenerateKey(c, rand.NewChaCha8([32]byte{1}))
			if err != nil {
				t.Fatal(err)
			}
			j.Write(t, "ours.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key.MarshalPKCS8()}))
			j.Write(t, "ours.pub", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: key.PublicKey().MarshalSPKI()}))
			j.Run(t, "dgst", digestName(c), "-sign", "ours.pem", "-out", "sig", "message")
			sig := j.Read(t, "sig")
			digest := digestOf(c, message)
			if !key.PublicKey().Verify(digest, sig) {
				t.Error("we refuse their signature")
			}
			sig[len(sig)/2] ^= 4
			if key.PublicKey().Verify(digest, sig) {
				t.Error("we accept their signature after a bit was flipped")
			}

			ours, err := key.Sign(rand.NewChaCha8([32]byte{2}), digest, nil)
			if err != nil {
				t.Fatal(err)
			}
			j.Write(t, "sig", ours)
			j.Run(t, "dgst", digestName(c), "-verify", "ours.pub", "-signature", "sig", "message")
			ours[3] ^= 1
			j.Write(t, "sig", ours)
			if out, err := j.Try(nil, "dgst", digestName(c), "-verify", "ours.pub", "-signature", "sig", "message"); err == nil {
				t.Errorf("they accept our signature after a bit was flipped: %s", out)
			}
		})
	}
}

func TestOpenSSLAgreesOnDigestsOfEveryLength(t *testing.T) {
	j := openssltest.New(t)
	rng := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{0, 1, 31, 32, 63, 64, 65, 127, 128, 1000, 4096, 70001} {
		data := make([]byte, n)
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		j.Write(t, "data", data)
		s256, s512 := streebog.Sum256(data), streebog.Sum512(data)
		for name, want := range map[string][]byte{"-md_gost12_256": s256[:], "-md_gost12_512": s512[:]} {
			out := j.Run(t, "dgst", name, "-r", "data")
			if got := fmt.Sprintf("%x", want); !bytes.HasPrefix(out, []byte(got)) {
				t.Errorf("%d bytes, %s: we get %s, openssl prints %s", n, name, got, out)
			}
		}
	}
}
