package planning

import (
	"crypto/sha256"
	"encoding/binary"
	"os"
	"testing"
)

func keyOf(n int) (k [keyBytes]byte) {
	sum := sha256.Sum256(binary.LittleEndian.AppendUint64(nil, uint64(n)))
	copy(k[:], sum[:])
	return k
}

func TestTheFirstRowOfAKeyIsFoundHoweverManyThereAre(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	f := &firsts{}
	const rows = 100_000
	for n := range rows {
		key, want := n, 0
		if n%5 == 4 {
			key = n / 2 // an earlier row, or the first one with this key
		}
		if key != n && (key%5 != 4) {
			want = key + 1
		}
		got, err := f.add(keyOf(key), n+1)
		if err != nil {
			t.Fatal(err)
		}
		if key%5 != 4 && got != want {
			t.Fatalf("row %d: first row %d, want %d", n+1, got, want)
		}
	}
	// Alike in everything that a slot sees, and another key all the same.
	a, b := keyOf(1_000_001), keyOf(1_000_001)
	b[keyBytes-1]++
	for i, k := range [][keyBytes]byte{a, b, b, a} {
		got, err := f.add(k, rows+1+i)
		if want := []int{0, 0, rows + 2, rows + 1}[i]; err != nil || got != want {
			t.Errorf("%d: %d, %v", i, got, err)
		}
	}
	slots := 0
	for i := range f.tables {
		slots += len(f.tables[i].at)
	}
	if bytes := float64(4*slots) / float64(f.kept); bytes > 8 {
		t.Errorf("%.1f bytes a row", bytes)
	}
	if err := f.close(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}
