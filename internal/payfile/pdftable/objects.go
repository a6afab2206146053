package pdftable

import (
	"bufio"
	"compress/zlib"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
)

// objects writes the numbered objects of a file and keeps where each stands
// (ISO 32000-1, 7.5): eight bytes an object, two objects a page.
type objects struct {
	w     *bufio.Writer
	n     int64
	at    []int64 // by number
	deep  *zlib.Writer
	packs strings.Builder
	err   error
}

func newObjects(w io.Writer, first int) *objects {
	o := &objects{w: bufio.NewWriterSize(w, 64<<10), at: make([]int64, first)}
	o.print("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	return o
}

func (o *objects) print(s string) {
	if o.err == nil {
		_, o.err = o.w.WriteString(s)
		o.n += int64(len(s))
	}
}

// reserve gives out the number of an object that is written later.
func (o *objects) reserve() int {
	o.at = append(o.at, 0)
	return len(o.at) - 1
}

func (o *objects) object(body string) int {
	n := o.reserve()
	o.objectAt(n, body)
	return n
}

func (o *objects) objectAt(n int, body string) {
	o.at[n] = o.n
	o.print(fmt.Sprintf("%d 0 obj\n%s\nendobj\n", n, body))
}

func (o *objects) stream(content, entries string) int {
	n := o.reserve()
	o.streamAt(n, content, entries)
	return n
}

// streamAt writes a compressed stream; entries go into its dictionary.
func (o *objects) streamAt(n int, content, entries string) {
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
	o.objectAt(n, fmt.Sprintf("<<%s/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream", entries, o.packs.Len(), o.packs.String()))
}

// close writes the table of objects.
func (o *objects) close(catalog, info int) error {
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

// text16 writes a text for people outside of pages: UTF-16 with its mark, in hex.
func text16(s string) string {
	var b strings.Builder
	b.WriteString("<FEFF")
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	b.WriteByte('>')
	return b.String()
}
