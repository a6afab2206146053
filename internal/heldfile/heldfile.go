// Package heldfile reads a file more than once and trusts it no more than the first
// time: opening reads it whole and keeps the hash of every block, and whatever is read
// later, from the same open file, is held against them. It is a leaf: every package
// may import it.
package heldfile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"
)

// ErrChanged reports that the file is not what it was when it was opened.
var ErrChanged = errors.New("the file has changed since it was opened")

const blockSize = 64 << 10

// File is an open file. Its methods may be called from several goroutines.
type File struct {
	f      io.ReaderAt
	close  func() error
	size   int64
	sum    [sha256.Size]byte
	blocks [][sha256.Size]byte // 32 bytes for each 64 KiB

	mu   sync.Mutex
	last int64 // the block that is in buf, and 1
	buf  []byte
	gone bool // something was not what it had been
}

// Handle is an open file of any kind.
type Handle interface {
	io.Reader
	io.ReaderAt
	io.Closer
	Stat() (fs.FileInfo, error)
}

// Opener opens the file at a path. Disk is the one of the system.
type Opener func(path string) (Handle, error)

// Disk opens a file of the system.
func Disk(path string) (Handle, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Open opens the file at path and reads it once.
func Open(path string) (*File, error) { return OpenBy(Disk, path) }

// OpenBy is Open for files of any kind.
func OpenBy(open Opener, path string) (*File, error) {
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &os.PathError{Op: "read", Path: path, Err: errors.New("it is no regular file")}
	}
	if err == nil {
		var h *File
		if h, err = New(f, info.Size()); err == nil {
			h.close = f.Close
			return h, nil
		}
	}
	return nil, errors.Join(err, f.Close())
}

// New is Open for something already open.
func New(f io.ReaderAt, size int64) (*File, error) {
	h := &File{f: f, size: size, buf: make([]byte, blockSize), blocks: make([][sha256.Size]byte, 0, (size+blockSize-1)/blockSize)}
	whole := sha256.New()
	for at := int64(0); at < size; at += blockSize {
		b := h.buf[:min(blockSize, size-at)]
		if n, err := f.ReadAt(b, at); n < len(b) {
			if err == nil || errors.Is(err, io.EOF) {
				err = ErrChanged
			}
			return nil, err
		}
		whole.Write(b)
		h.blocks = append(h.blocks, sha256.Sum256(b))
	}
	whole.Sum(h.sum[:0])
	return h, nil
}

// Size is the file's length in bytes.
func (h *File) Size() int64 { return h.size }

// SHA256 is the hash of the whole file, in hex.
func (h *File) SHA256() string { return hex.EncodeToString(h.sum[:]) }

// Changed reports whether a ReadAt has returned ErrChanged: for whoever reads through
// others, who give their own names to errors.
func (h *File) Changed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.gone
}

// ReadAt reads what was there when the file was opened, or returns ErrChanged.
func (h *File) ReadAt(p []byte, at int64) (n int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if at < 0 {
		return 0, errors.New("heldfile: a negative offset")
	}
	for n < len(p) {
		if at+int64(n) >= h.size {
			return n, io.EOF
		}
		b, err := h.block((at + int64(n)) / blockSize)
		if err != nil {
			return n, err
		}
		n += copy(p[n:], b[(at+int64(n))%blockSize:])
	}
	return n, nil
}

// block returns a block that was checked.
func (h *File) block(i int64) ([]byte, error) {
	want := int(min(blockSize, h.size-i*blockSize))
	if h.last == i+1 {
		return h.buf[:want], nil
	}
	h.last = 0
	b := h.buf[:want]
	if n, err := h.f.ReadAt(b, i*blockSize); n < want {
		if err == nil || errors.Is(err, io.EOF) {
			h.gone, err = true, ErrChanged
		}
		return nil, err
	}
	if sha256.Sum256(b) != h.blocks[i] {
		h.gone = true
		return nil, ErrChanged
	}
	h.last = i + 1
	return b, nil
}

// Close closes the file.
func (h *File) Close() error {
	if h.close == nil {
		return nil
	}
	return h.close()
}
