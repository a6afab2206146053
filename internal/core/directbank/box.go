package directbank

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/flock"
)

// Box keeps the packets of one bank: those that were sent, as they went out, before
// they are sent; and those that were fetched, before anybody looks into them. Disk is
// the one of the system.
type Box interface {
	// Lock keeps other processes out until the function that it returns is called.
	Lock(ctx context.Context) (func() error, error)
	// PutSent keeps a packet of ours durably, by its own id or by that of the request in
	// it; Sent returns it, nil when there is none.
	PutSent(id string, packet []byte) error
	Sent(id string) ([]byte, error)
	// Known reports whether a packet of the bank's was fetched before. PutFetched keeps
	// one durably; Fetched lists the ids of those that were not marked as done yet, in
	// the order in which they came, Open returns one, Done marks it.
	Known(id string) (bool, error)
	PutFetched(id string, packet []byte) error
	Fetched() ([]string, error)
	Open(id string) ([]byte, error)
	Done(id string) error
	// PutLetter keeps a letter durably, ours or the bank's, as the document stands; Letters
	// lists what to ask Letter for, oldest first.
	PutLetter(id string, document []byte) error
	Letters() ([]string, error)
	Letter(name string) ([]byte, error)
	// Mark is the bank's time mark as it came, "" when there is none.
	Mark() (string, error)
	SetMark(mark string) error
}

// Disk is a box in a folder.
type Disk struct{ Dir string }

// name is the file of an id that somebody else made.
func name(id string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(id)))
	return hex.EncodeToString(sum[:16]) + ".packet"
}

// Lock implements Box.
func (d Disk) Lock(ctx context.Context) (func() error, error) {
	if err := os.MkdirAll(d.Dir, 0o700); err != nil {
		return nil, err
	}
	l, err := flock.Take(ctx, filepath.Join(d.Dir, "lock"))
	if err != nil {
		return nil, err
	}
	return l.Unlock, nil
}

func (d Disk) put(folder, id string, packet []byte) error {
	dir := filepath.Join(d.Dir, folder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(dir, name(id)), packet, 0o600)
}

func (d Disk) get(folder, id string) ([]byte, error) {
	b, err := os.ReadFile(filepath.Join(d.Dir, folder, name(id)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return b, err
}

// PutSent implements Box.
func (d Disk) PutSent(id string, packet []byte) error { return d.put("sent", id, packet) }

// Sent implements Box.
func (d Disk) Sent(id string) ([]byte, error) { return d.get("sent", id) }

// Known implements Box.
func (d Disk) Known(id string) (bool, error) {
	for _, folder := range [...]string{"fetched", "done"} {
		if _, err := os.Stat(filepath.Join(d.Dir, folder, name(id))); err == nil {
			return true, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
	}
	return false, nil
}

// fetched is a packet with the id that the bank gave it, which its file does not tell.
type fetched struct {
	ID     string `json:"id"`
	Packet []byte `json:"packet"`
}

// PutFetched implements Box.
func (d Disk) PutFetched(id string, packet []byte) error {
	b, err := json.Marshal(fetched{id, packet})
	if err != nil {
		return err
	}
	return d.put("fetched", id, b)
}

// Fetched implements Box.
func (d Disk) Fetched() ([]string, error) {
	list, err := d.files("fetched")
	if err != nil {
		return nil, err
	}
	out := make([]string, len(list))
	for i := range list {
		b, err := os.ReadFile(filepath.Join(d.Dir, "fetched", list[i].name))
		if err != nil {
			return nil, err
		}
		var f fetched
		if err := json.Unmarshal(b, &f); err != nil {
			return nil, err
		}
		out[i] = f.ID
	}
	return out, nil
}

// Open implements Box.
func (d Disk) Open(id string) ([]byte, error) {
	b, err := d.get("fetched", id)
	if err != nil || b == nil {
		return nil, err
	}
	var f fetched
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, err
	}
	return f.Packet, nil
}

// Done implements Box.
func (d Disk) Done(id string) error {
	if err := os.MkdirAll(filepath.Join(d.Dir, "done"), 0o700); err != nil {
		return err
	}
	return os.Rename(filepath.Join(d.Dir, "fetched", name(id)), filepath.Join(d.Dir, "done", name(id)))
}

// PutLetter implements Box.
func (d Disk) PutLetter(id string, document []byte) error { return d.put("letters", id, document) }

// Letters implements Box.
func (d Disk) Letters() ([]string, error) {
	list, err := d.files("letters")
	out := make([]string, len(list))
	for i := range list {
		out[i] = list[i].name
	}
	return out, err
}

// Letter implements Box.
func (d Disk) Letter(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(d.Dir, "letters", filepath.Base(name)))
}

// file is a file of a folder with the time at which it was written.
type file struct {
	name string
	at   int64
}

// files lists a folder, oldest first.
func (d Disk) files(folder string) ([]file, error) {
	entries, err := os.ReadDir(filepath.Join(d.Dir, folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []file
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".packet") {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		list = append(list, file{e.Name(), info.ModTime().UnixNano()})
	}
	slices.SortStableFunc(list, func(a, b file) int { return cmp.Compare(a.at, b.at) })
	return list, nil
}

// Mark implements Box.
func (d Disk) Mark() (string, error) {
	b, err := os.ReadFile(filepath.Join(d.Dir, "mark"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(b), err
}

// SetMark implements Box.
func (d Disk) SetMark(mark string) error {
	return atomicfile.Write(filepath.Join(d.Dir, "mark"), []byte(mark), 0o600)
}
