package onec

import (
	"bytes"
	"errors"
	"io"

	"github.com/epgu-cli/epgu/internal/payfile/charset"
)

const (
	lineLimit   = 16 << 10 // bytes; a purpose is 210 characters, so this is no payment file's line
	windowBytes = 64 << 10
)

var errLongLine = errors.New("line too long")

// lines cuts a stream into lines in one window of memory. A line is valid
// until the next call.
type lines struct {
	src   io.Reader
	buf   []byte
	start int // of the unread part
	end   int
	n     int // lines given out
	err   error

	pending []byte // given back
}

// newLines cuts r, which may be UTF-16, too.
func newLines(r io.Reader) *lines {
	return &lines{src: charset.Narrow(r), buf: make([]byte, windowBytes)}
}

// next returns the next line without its line break. At the end it returns
// io.EOF; a line over lineLimit is errLongLine, and nothing follows it.
func (l *lines) next() ([]byte, error) {
	if line := l.pending; line != nil {
		l.pending = nil
		l.n++
		return line, nil
	}
	scanned := 0
	for {
		i := bytes.IndexByte(l.buf[l.start+scanned:l.end], '\n')
		piece := l.buf[l.start:l.end]
		if i >= 0 {
			piece = piece[:scanned+i]
		}
		if cr := bytes.IndexByte(piece[scanned:], '\r'); cr >= 0 && scanned+cr < len(piece)-1 { // old programs end lines with it alone
			i, piece = cr, piece[:scanned+cr]
		}
		if i >= 0 {
			l.start += scanned + i + 1
			if len(piece) > lineLimit {
				l.err = errLongLine
				return nil, l.err
			}
			l.n++
			return trimCR(piece), nil
		}
		scanned = max(l.end-l.start-1, 0) // a CR at the end may stand alone
		if scanned > lineLimit {
			l.err = errLongLine
			return nil, l.err
		}
		if l.err != nil {
			if l.end > l.start && errors.Is(l.err, io.EOF) {
				line := l.buf[l.start:l.end]
				l.start = l.end
				l.n++
				return trimCR(line), nil
			}
			return nil, l.err
		}
		l.fill()
	}
}

// fill reads more behind the unread part, which it first moves to the front.
func (l *lines) fill() {
	if l.start > 0 && len(l.buf)-l.end < windowBytes/2 {
		l.end = copy(l.buf, l.buf[l.start:l.end])
		l.start = 0
	}
	for range 100 {
		n, err := l.src.Read(l.buf[l.end:])
		l.end += n
		if err != nil {
			l.err = err
		}
		if n > 0 || err != nil {
			return
		}
	}
	l.err = io.ErrNoProgress
}

func trimCR(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] == '\r' {
		return b[:n-1]
	}
	return b
}

// again makes the next call return line, the last one returned, once more.
func (l *lines) again(line []byte) {
	l.n--
	l.pending = line
}
