package heldfile_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	"github.com/epgu-cli/epgu/internal/heldfile"
)

func file(t *testing.T, size int) (name string, data []byte) {
	t.Helper()
	data = make([]byte, size)
	for i := range data {
		data[i] = byte(i * 7 / 3)
	}
	name = filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name, data
}

func TestAFileIsReadAsOftenAsOneLikes(t *testing.T) {
	for _, size := range []int{0, 1, 64<<10 - 1, 64 << 10, 64<<10 + 1, 200_000} {
		name, data := file(t, size)
		h, err := heldfile.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		if h.Size() != int64(size) || h.SHA256() != fmt.Sprintf("%x", sha256.Sum256(data)) {
			t.Errorf("%d bytes: %d, %s", size, h.Size(), h.SHA256())
		}
		for range 2 {
			if err := iotest.TestReader(io.NewSectionReader(h, 0, h.Size()), data); err != nil {
				t.Errorf("%d bytes: %v", size, err)
			}
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatHasChangedSinceIsNotRead(t *testing.T) {
	for name, change := range map[string]func(path string, data []byte) error{
		"overwritten in place": func(path string, data []byte) error {
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteAt([]byte{^data[150_000]}, 150_000)
			return errors.Join(err, f.Close())
		},
		"cut": func(path string, _ []byte) error { return os.Truncate(path, 140_000) },
	} {
		path, data := file(t, 200_000)
		h, err := heldfile.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close()
		if err := change(path, data); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(io.NewSectionReader(h, 0, h.Size()))
		if !errors.Is(err, heldfile.ErrChanged) || len(got) != 128<<10 || !bytes.Equal(got, data[:len(got)]) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	path, data := file(t, 100)
	h, err := heldfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(io.NewSectionReader(h, 0, h.Size())); err != nil || !bytes.Equal(got, data) {
		t.Errorf("replaced: %d bytes, %v", len(got), err)
	}
}
