package charset

import (
	"bytes"
	"io"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// headBytes is how much of a file is looked at to recognise UTF-16.
const headBytes = 1024

// Narrow returns r as it is, without a mark of UTF-8, or as UTF-8 if it is
// UTF-16. Nothing is read before the first Read.
func Narrow(r io.Reader) io.Reader { return &narrow{src: r} }

type narrow struct {
	src  io.Reader // to look at; nil once the head was looked at
	text io.Reader
}

func (n *narrow) Read(p []byte) (int, error) {
	if n.src != nil {
		head := make([]byte, headBytes)
		k, err := io.ReadFull(n.src, head)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return 0, err
		}
		head = head[:k]
		n.text = n.src
		if err != nil {
			n.text = bytes.NewReader(nil)
		}
		n.src = nil
		set, mark := Mark(head)
		if set == "" {
			set = Wide(head)
		}
		n.text = io.MultiReader(bytes.NewReader(head[mark:]), n.text)
		switch set {
		case UTF16LE:
			n.text = transform.NewReader(n.text, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder())
		case UTF16BE:
			n.text = transform.NewReader(n.text, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder())
		}
	}
	return n.text.Read(p)
}

// Head is the beginning of a file as text: without a mark, in UTF-8 if it is
// UTF-16, else as it is.
func Head(head []byte) []byte {
	set, mark := Mark(head)
	if set == "" {
		set = Wide(head)
	}
	if set != UTF16LE && set != UTF16BE {
		return head[mark:]
	}
	out, err := io.ReadAll(Narrow(bytes.NewReader(head[:len(head)&^1])))
	if err != nil {
		return head
	}
	return out
}
