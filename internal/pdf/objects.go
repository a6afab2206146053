// Package pdf writes PDF files: numbered objects, a font with only the glyphs that
// are used, black-and-white pictures. It knows nothing of what a page says. The
// same calls give the same bytes. payfile/pdftable and sandbox/receipts import it.
package pdf

import (
	"bufio"
	"compress/zlib"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
)

// Writer writes the numbered objects of a file and keeps where each stands
// (ISO 32000-1, 7.5): eight bytes an object. It is for one goroutine. An error of
// the underlying writer stays and is returned by Err and Close.
type Writer struct {
	w     *bufio.Writer
	n     int64
	at    []int64 // by number
	deep  *zlib.Writer
	packs strings.Builder
	err   error
}

// NewWriter begins a file whose objects below first get their numbers from the
// caller, by ObjectAt and StreamAt.
func NewWriter(w io.Writer, first int) *Writer {
	o := &Writer{w: bufio.NewWriterSize(w, 64<<10), at: make([]int64, first)}
	o.print("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	return o
}

// Err returns the first error of the underlying writer.
func (o *Writer) Err() error { return o.err }

func (o *Writer) print(s string) {
	if o.err == nil {
		_, o.err = o.w.WriteString(s)
		o.n += int64(len(s))
	}
}

// Reserve gives out the number of an object that is written later.
func (o *Writer) Reserve() int {
	o.at = append(o.at, 0)
	return len(o.at) - 1
}

// Object writes an object and returns its number.
func (o *Writer) Object(body string) int {
	n := o.Reserve()
	o.ObjectAt(n, body)
	return n
}

// ObjectAt writes the object of a number given out before.
func (o *Writer) ObjectAt(n int, body string) {
	o.at[n] = o.n
	o.print(fmt.Sprintf("%d 0 obj\n%s\nendobj\n", n, body))
}

// Stream writes a compressed stream and returns its number; entries go into its
// dictionary.
func (o *Writer) Stream(content, entries string) int {
	n := o.Reserve()
	o.StreamAt(n, content, entries)
	return n
}

// StreamAt is Stream for a number given out before.
func (o *Writer) StreamAt(n int, content, entries string) {
	o.packs.Reset()
	if o.deep == nil {
		o.deep = zlib.NewWriter(&o.packs)
	} else {
		o.deep.Reset(&o.packs)
	}
	if _, err := io.WriteString(o.deep, content); err != nil && o.err == nil {
		o.err = err
	}
	if err := o.deep.Close(); err != nil && o.err == nil {
		o.err = err
	}
	o.ObjectAt(n, fmt.Sprintf("<<%s/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream", entries, o.packs.Len(), o.packs.String()))
}

// Close writes the table of objects and flushes. It does not close the underlying
// writer.
func (o *Writer) Close(catalog, info int) error {
	start := o.n
	o.print(fmt.Sprintf("xref\n0 %d\n0000000000 65535 f \n", len(o.at)))
	for _, at := range o.at[1:] {
		o.print(fmt.Sprintf("%010d 00000 n \n", at))
	}
	o.print(fmt.Sprintf("trailer\n<</Size %d/Root %d 0 R/Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(o.at), catalog, info, start))
	if o.err == nil {
		o.err = o.w.Flush()
	}
	return o.err
}

// Text16 is a text for people outside of pages: UTF-16 with its mark, in hex.
func Text16(s string) string {
	var b strings.Builder
	b.WriteString("<FEFF")
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	b.WriteByte('>')
	return b.String()
}
