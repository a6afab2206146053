package sqlite

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/journal"
)

func head(n int64) journal.Head {
	return journal.Head{Seq: n, Hash: sha256.Sum256(fmt.Append(nil, n))}
}

func TestATornHeadLeavesTheOneBefore(t *testing.T) {
	for cut := range slotLen {
		path := filepath.Join(t.TempDir(), "head")
		hf, err := openHead(path, true)
		if err != nil {
			t.Fatal(err)
		}
		for n := int64(1); n <= 3; n++ {
			if err := hf.save(head(n)); err != nil {
				t.Fatal(err)
			}
		}
		_, free, _, err := hf.load()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := hf.f.WriteAt(slot(head(4))[:cut], free*slotLen); err != nil { // the write of the fourth is torn
			t.Fatal(err)
		}
		got, _, ok, err := hf.load()
		want := head(3)
		if cut >= len(strings.TrimRight(string(slot(head(4))), " \n")) {
			want = head(4) // only padding, which was there before, is missing
		}
		if err != nil || !ok || got != want {
			t.Fatalf("cut after %d bytes: %v %v %v", cut, got, ok, err)
		}
		if err := hf.close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnOlderHeadNeverReplacesANewer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "head")
	a, err := openHead(path, true)
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	b, err := openHead(path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	for _, n := range []int64{5, 7, 6, 7, 1} {
		hf := a
		if n%2 == 0 {
			hf = b
		}
		if err := hf.save(head(n)); err != nil {
			t.Fatal(err)
		}
	}
	if got, ok, err := readHead(path); got != head(7) || !ok || err != nil {
		t.Fatalf("kept %v %v %v", got, ok, err)
	}
}

func FuzzAHeadIsWholeOrNothing(f *testing.F) {
	f.Add(slot(head(1)), slot(head(2)))
	f.Add([]byte("epgu journal head 1 "), []byte{})
	f.Add(slot(journal.Head{})[:100], slot(head(9)))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		h, _, ok := newest(append(a, b...))
		if back, whole := parseSlot(slot(h)); ok && (!whole || back != h) {
			t.Fatalf("read %v, which does not read back", h)
		}
	})
}
