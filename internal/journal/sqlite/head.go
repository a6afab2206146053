package sqlite

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"

	"github.com/gofrs/flock"

	"github.com/epgu-cli/epgu/internal/journal"
)

// headFile keeps the end of the chain a second time, so that a journal cut at
// its end is noticed. It has two slots of one line each; a write goes to the
// slot that does not hold the newest head and is synced, so one whole head
// survives any crash. It is written after the commit: it may lag the database by
// the last group and never leads it.
type headFile struct {
	f    *os.File
	lock *flock.Flock // processes take turns: a file of its own, for systems where locking forbids reading
}

const slotLen = 128

func openHead(path string, create bool) (*headFile, error) {
	flags := os.O_RDWR
	if create {
		flags |= os.O_CREATE
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, err
	}
	return &headFile{f: f, lock: flock.New(path+".lock", flock.SetPermissions(0o600))}, nil
}

// slot writes a head as one line of slotLen bytes.
func slot(h journal.Head) []byte {
	line := fmt.Sprintf("epgu journal head 1 %019d %s", h.Seq, h.Hash)
	return fmt.Appendf(nil, "%-*s\n", slotLen-1, fmt.Sprintf("%s %08x", line, crc32.ChecksumIEEE([]byte(line))))
}

// parseSlot reads one line; ok is false for anything but a whole head.
func parseSlot(b []byte) (h journal.Head, ok bool) {
	var hash string
	var sum uint32
	if len(b) != slotLen {
		return h, false
	}
	if n, err := fmt.Sscanf(string(b), "epgu journal head 1 %d %64s %x", &h.Seq, &hash, &sum); n != 3 || err != nil {
		return h, false
	}
	if h.Hash.UnmarshalText([]byte(hash)) != nil || h.Seq < 0 || string(slot(h)) != string(b) {
		return h, false
	}
	return h, true
}

// load returns the newest whole head and the slot it is not in.
func (hf *headFile) load() (h journal.Head, free int64, ok bool, err error) {
	b := make([]byte, 2*slotLen)
	n, err := hf.f.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return h, 0, false, err
	}
	h, free, ok = newest(b[:n])
	return h, free, ok, nil
}

// newest returns the newest whole head among the slots in b and the slot that it
// is not in.
func newest(b []byte) (h journal.Head, free int64, ok bool) {
	for i := int64(0); (i+1)*slotLen <= int64(len(b)); i++ {
		if got, whole := parseSlot(b[i*slotLen : (i+1)*slotLen]); whole && (!ok || got.Seq > h.Seq) {
			h, free, ok = got, 1-i, true
		}
	}
	return h, free, ok
}

// save keeps h unless a later head is there already.
func (hf *headFile) save(h journal.Head) (err error) {
	if err := hf.lock.Lock(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, hf.lock.Unlock()) }()
	have, free, ok, err := hf.load()
	if err != nil {
		return err
	}
	if ok && have.Seq >= h.Seq {
		return nil
	}
	if _, err := hf.f.WriteAt(slot(h), free*slotLen); err != nil {
		return err
	}
	return hf.f.Sync()
}

func (hf *headFile) close() error { return errors.Join(hf.f.Close(), hf.lock.Close()) }

// readHead returns the head kept in path, ok false when there is none.
func readHead(path string) (h journal.Head, ok bool, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return h, false, nil
	}
	if err != nil {
		return h, false, err
	}
	defer f.Close()
	h, _, ok, err = (&headFile{f: f}).load()
	return h, ok, err
}
