package ber

import (
	"bytes"
	"encoding/hex"
	"testing"
)

func TestIndefiniteValuesBecomeDefiniteAndNothingElseChanges(t *testing.T) {
	for in, want := range map[string]string{
		"30800201050000":                      "3003020105",
		"3080a0800201050000" + "0000":         "3005a003020105",
		"24800402010204010300" + "00":         "0403010203",
		"2408" + "04020102" + "04020304":      "040401020304",
		"a08004020102040103" + "0000":         "a00704020102040103", // whose tag it is, the reader knows
		"3003020105":                          "3003020105",
		"30810302" + "0105":                   "308103020105", // not the shortest form: as it came
		"3080" + "30810302" + "0105" + "0000": "3006308103020105",
	} {
		data, _ := hex.DecodeString(in)
		got, rest, err := ToDefinite(append(data, 0xff))
		if err != nil || hex.EncodeToString(got) != want || !bytes.Equal(rest, []byte{0xff}) {
			t.Errorf("%s: %x, rest %x, %v; want %s", in, got, rest, err, want)
		}
	}
	if out, err := Octets([]byte{4, 1, 7, 4, 2, 8, 9}); err != nil || !bytes.Equal(out, []byte{7, 8, 9}) {
		t.Errorf("%x, %v", out, err)
	}
}

func TestWhatHasNoEndIsRefused(t *testing.T) {
	for _, in := range []string{"", "30", "3080", "30800201", "308002010500", "0480", "3085ffffffffff", "30030201", "240380" + "0401", "3f"} {
		data, _ := hex.DecodeString(in)
		if v, _, err := ToDefinite(data); err == nil {
			t.Errorf("%s: %x", in, v)
		}
	}
	if _, _, err := ToDefinite(bytes.Repeat([]byte{0x30, 0x80}, 1000)); err == nil {
		t.Error("endless nesting was taken")
	}
}

func FuzzAnythingIsConvertedOnceOrRefused(f *testing.F) {
	f.Add([]byte{0x30, 0x80, 0x24, 0x80, 4, 1, 1, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		once, _, err := ToDefinite(data)
		if err != nil {
			return
		}
		twice, rest, err := ToDefinite(once)
		if err != nil || len(rest) > 0 || !bytes.Equal(once, twice) {
			t.Errorf("%x: %x, then %x, %v", data, once, twice, err)
		}
	})
}
