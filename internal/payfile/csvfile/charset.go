package csvfile

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/charset"
)

// Charset is the character set of a file, by its usual name.
type Charset = charset.Set

// decoder turns a stream into UTF-8. Until the first byte that is not ASCII
// the character set of a file without a mark is open: the bytes that come
// with it decide.
type decoder struct {
	src   io.Reader
	set   Charset // "" while open
	raw   []byte  // read and not yet decoded; only UTF-16 leaves anything
	buf   []byte  // window for reading
	table *charmap.Charmap
	known func(text string) int // how many words of a text the caller expects; may be nil
	ended bool
}

// newDecoder decodes src, whose beginning was head; set is "" to find out.
func newDecoder(src io.Reader, set Charset, known func(string) int) *decoder {
	d := &decoder{src: src, buf: make([]byte, blockBytes), known: known}
	d.settle(set)
	return d
}

func (d *decoder) settle(set Charset) { d.set, d.table = set, set.Table() }

// more appends the next piece of the file to dst. io.EOF comes alone.
func (d *decoder) more(dst []byte) ([]byte, error) {
	if d.ended {
		return dst, io.EOF
	}
	if d.set == "" || d.set == charset.UTF8 {
		return d.direct(dst)
	}
	piece, err := d.read(d.buf[:blockBytes-len(d.raw)])
	if err != nil {
		return dst, err
	}
	if len(piece) == 0 && len(d.raw) == 0 {
		return dst, io.EOF
	}
	switch d.set {
	case charset.UTF16LE, charset.UTF16BE:
		return d.utf16(dst, piece), nil
	}
	return d.bytewise(dst, piece), nil
}

// direct reads into dst itself: UTF-8, and what may yet turn out to be
// something else, needs no second buffer.
func (d *decoder) direct(dst []byte) ([]byte, error) {
	at := len(dst)
	dst = slices.Grow(dst, blockBytes)
	piece, err := d.read(dst[at : at+blockBytes])
	if err != nil {
		return dst[:at], err
	}
	if len(piece) == 0 {
		return dst[:at], io.EOF
	}
	if d.set == "" {
		d.decide(piece)
	}
	if d.set == "" || d.set == charset.UTF8 {
		return dst[:at+len(piece)], nil
	}
	return d.bytewise(dst[:at], append(d.buf[:0], piece...)), nil
}

// read fills b as far as the source goes.
func (d *decoder) read(b []byte) ([]byte, error) {
	n, err := io.ReadFull(d.src, b)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		d.ended = true
	} else if err != nil {
		return nil, readFailed(err)
	}
	return b[:n], nil
}

// decide settles the character set if piece gives it away.
func (d *decoder) decide(piece []byte) {
	if !isASCII(piece) {
		d.settle(charset.Of(piece, d.known))
	}
}

func isASCII(b []byte) bool {
	for len(b) >= 8 {
		if binary.LittleEndian.Uint64(b)&0x8080808080808080 != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func (d *decoder) bytewise(dst, piece []byte) []byte {
	for _, c := range piece {
		if c < utf8.RuneSelf {
			dst = append(dst, c)
		} else {
			dst = utf8.AppendRune(dst, d.table.DecodeByte(c))
		}
	}
	return dst
}

func (d *decoder) utf16(dst, piece []byte) []byte {
	d.raw = append(d.raw, piece...)
	b, order := d.raw, binary.ByteOrder(binary.LittleEndian)
	if d.set == charset.UTF16BE {
		order = binary.BigEndian
	}
	for len(b) >= 2 {
		r := rune(order.Uint16(b))
		if utf16.IsSurrogate(r) {
			if len(b) < 4 && !d.ended {
				break
			}
			second := rune(utf8.RuneError)
			if len(b) >= 4 {
				second = rune(order.Uint16(b[2:]))
			}
			if r = utf16.DecodeRune(r, second); r != utf8.RuneError {
				b = b[2:]
			}
		}
		dst = utf8.AppendRune(dst, r)
		b = b[2:]
	}
	if d.ended && len(b) > 0 { // half a character at the end of a cut file
		dst = utf8.AppendRune(dst, utf8.RuneError)
		b = nil
	}
	d.raw = append(d.raw[:0], b...)
	return dst
}

// looksBinary refuses what is no text in a character set that is read.
func looksBinary(head []byte) error {
	if i := bytes.IndexByte(head, 0); i < 0 {
		return nil
	}
	e := fault.New(exitcode.Usage, "csv.binary", i18n.Say("это не текст: в файле есть нулевые байты", "not text: the file has zero bytes"))
	return e.Advise(i18n.Say("если это UTF-16, сохраните файл с меткой порядка байтов (BOM), а лучше в UTF-8", "if it is UTF-16, save it with a byte order mark (BOM), or better as UTF-8"))
}
