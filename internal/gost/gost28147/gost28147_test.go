package gost28147

import (
	"bytes"
	"encoding/asn1"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/gost/openssltest"
)

func TestTheExampleOfMagmaComesOut(t *testing.T) {
	// RFC 8891, appendix A: Magma is this cipher with TC26 Z, read big-endian.
	key, err := hex.DecodeString("ffeeddccbbaa99887766554433221100f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff")
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(key); i += 4 {
		key[i], key[i+1], key[i+2], key[i+3] = key[i+3], key[i+2], key[i+1], key[i]
	}
	c, err := newCipher(key, TC26Z())
	if err != nil {
		t.Fatal(err)
	}
	block := []byte{0x10, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe} // fedcba9876543210 reversed
	c.encrypt(block, block)
	if got := hex.EncodeToString(block); got != "3dcad8c2e501e94e" { // 4ee901e5c2d8ca3d reversed
		t.Errorf("got %s", got)
	}
	c.decrypt(block, block)
	if got := hex.EncodeToString(block); got != "1032547698badcfe" {
		t.Errorf("decrypted: %s", got)
	}
}

func TestOpenSSLDecryptsWhatWeEncryptWithEverySetOfBoxes(t *testing.T) {
	j := openssltest.New(t)
	base := j.Read(t, "openssl.cnf")
	key := bytes.Repeat([]byte{1, 2, 3, 4, 5, 6, 7, 0x88}, 4)
	iv := []byte("initvect")
	text := []byte(strings.Repeat("sixteen letters.", 200) + "tail") // meshes three times
	for name, oid := range map[string]asn1.ObjectIdentifier{
		"id-Gost28147-89-CryptoPro-A-ParamSet": {1, 2, 643, 2, 2, 31, 1},
		"id-Gost28147-89-CryptoPro-B-ParamSet": {1, 2, 643, 2, 2, 31, 2},
		"id-Gost28147-89-CryptoPro-C-ParamSet": {1, 2, 643, 2, 2, 31, 3},
		"id-Gost28147-89-CryptoPro-D-ParamSet": {1, 2, 643, 2, 2, 31, 4},
		"id-tc26-gost-28147-param-Z":           {1, 2, 643, 7, 1, 2, 5, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			boxes, ok := BoxesByOID(oid)
			if !ok {
				t.Fatal("the set is not known")
			}
			for _, row := range boxes {
				seen := map[rune]bool{}
				for _, c := range row {
					seen[c] = true
				}
				if len(seen) != 16 {
					t.Errorf("row %s is no permutation", row)
				}
			}
			out, err := EncryptCFB(key, iv, boxes, text)
			if err != nil {
				t.Fatal(err)
			}
			back, err := DecryptCFB(key, iv, boxes, out)
			if err != nil || !bytes.Equal(back, text) {
				t.Errorf("we do not decrypt ourselves: %v", err)
			}
			config := strings.Replace(string(base), "default_algorithms = ALL\n", "default_algorithms = ALL\nCRYPT_PARAMS = "+name+"\n", 1)
			if err := os.WriteFile(j.Config, []byte(config), 0o600); err != nil {
				t.Fatal(err)
			}
			j.Write(t, "cipher", out)
			j.Run(t, "enc", "-d", "-gost89", "-K", hex.EncodeToString(key), "-iv", hex.EncodeToString(iv), "-in", "cipher", "-out", "plain")
			if !bytes.Equal(j.Read(t, "plain"), text) {
				t.Error("openssl decrypts it to something else")
			}
		})
	}
}

func TestWrongSizesAreErrors(t *testing.T) {
	if _, err := EncryptCFB(make([]byte, 31), make([]byte, 8), TC26Z(), nil); err == nil {
		t.Error("a short key is taken")
	}
	if _, err := EncryptCFB(make([]byte, 32), make([]byte, 7), TC26Z(), nil); err == nil {
		t.Error("a short vector is taken")
	}
	if _, ok := BoxesByOID(asn1.ObjectIdentifier{1, 2}); ok {
		t.Error("an unknown set is known")
	}
}
