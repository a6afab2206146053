package applications

import (
	"bytes"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
)

// unchanged reads a file and ends with an error instead of EOF when its content
// is not what was checked before.
type unchanged struct {
	f    *os.File
	h    hash.Hash
	n    int64
	want Attachment
}

func (u *unchanged) Read(b []byte) (int, error) {
	n, err := u.f.Read(b)
	u.h.Write(b[:n])
	u.n += int64(n)
	if u.n > u.want.Bytes || errors.Is(err, io.EOF) && !bytes.Equal(u.h.Sum(nil), u.want.SHA256[:]) {
		return n, fmt.Errorf("%s changed while it was being sent", u.want.Path)
	}
	return n, err
}

func (u *unchanged) Close() error { return u.f.Close() }
