package xlsx

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"
)

// tokens cuts XML into tags and texts without building anything. It knows as
// much of XML as spreadsheets write; entities of a document's own are refused
// with the document, so none can expand.
type tokens struct {
	src  io.Reader
	buf  []byte
	at   int // next byte
	end  int // bytes in buf
	eof  bool
	tag  []byte // inside of the last tag, without the angle brackets
	text []byte // raw text before the last tag; entities not yet resolved
	raw  bool   // the text came from CDATA
}

var (
	errXML     = errors.New("malformed XML")
	errDoctype = errors.New("XML with a document type")
	errToken   = errors.New("an XML token is too long")
)

func newTokens(r io.Reader) *tokens { return &tokens{src: r, buf: make([]byte, 64<<10)} }

// fill reads on, keeping what lies between keep and end. It returns by how
// much positions moved to the left.
func (t *tokens) fill(keep int) (moved int, err error) {
	if t.eof {
		return 0, io.ErrUnexpectedEOF
	}
	if keep > 0 {
		copy(t.buf, t.buf[keep:t.end])
		t.at -= keep
		t.end -= keep
	} else if t.end == len(t.buf) {
		if len(t.buf) >= tokenLimit {
			return 0, errToken
		}
		t.buf = append(t.buf, make([]byte, len(t.buf))...)
	}
	for t.end < len(t.buf) {
		n, err := t.src.Read(t.buf[t.end:])
		t.end += n
		if err == io.EOF {
			t.eof = true
			if n == 0 {
				return keep, io.ErrUnexpectedEOF
			}
			return keep, nil
		}
		if err != nil {
			return keep, err
		}
		if n > 0 {
			return keep, nil
		}
	}
	return keep, nil
}

// next moves to the next tag and keeps the text before it. io.EOF ends a
// document outside of tags.
func (t *tokens) next() error {
	t.text, t.raw = nil, false
	start := t.at
	for {
		i := bytes.IndexByte(t.buf[t.at:t.end], '<')
		if i >= 0 {
			t.at += i
			break
		}
		t.at = t.end
		moved, err := t.fill(start)
		start -= moved
		if err == io.ErrUnexpectedEOF && len(bytes.TrimSpace(t.buf[start:t.end])) == 0 {
			return io.EOF
		}
		if err != nil {
			return err
		}
	}
	open := t.at // the text is [start:open]
	t.at++
	for {
		n, err := tagEnd(t.buf[open:t.end])
		if err != nil {
			return err
		}
		if n > 0 {
			t.text = t.buf[start:open]
			t.tag = t.buf[open+1 : open+n-1]
			t.at = open + n
			return nil
		}
		moved, err := t.fill(start)
		start -= moved
		open -= moved
		if err != nil {
			return err
		}
	}
}

// tagEnd returns the length of the tag that b begins with, 0 if b is too short.
func tagEnd(b []byte) (int, error) {
	if len(b) < 2 {
		return 0, nil
	}
	switch b[1] {
	case '!':
		return declarationEnd(b)
	case '?':
		if i := bytes.Index(b, []byte("?>")); i >= 0 {
			return i + 2, nil
		}
		return 0, nil
	}
	for i := 1; ; {
		j := bytes.IndexByte(b[i:], '>')
		if j < 0 {
			return 0, nil
		}
		inside := b[1 : i+j]
		if quotesClosed(inside) {
			return i + j + 1, nil
		}
		i += j + 1
	}
}

func quotesClosed(b []byte) bool {
	open := byte(0)
	for _, c := range b {
		switch {
		case open == 0 && (c == '"' || c == '\''):
			open = c
		case open != 0 && c == open:
			open = 0
		}
	}
	return open == 0
}

func declarationEnd(b []byte) (int, error) {
	for _, d := range []struct{ begin, end string }{{"<!--", "-->"}, {"<![CDATA[", "]]>"}} {
		n := min(len(b), len(d.begin))
		if string(b[:n]) != d.begin[:n] {
			continue
		}
		if i := bytes.Index(b[n:], []byte(d.end)); n == len(d.begin) && i >= 0 {
			return n + i + len(d.end), nil
		}
		return 0, nil
	}
	return 0, errDoctype
}

// cdata returns the text of a CDATA section, if the last tag was one.
func (t *tokens) cdata() ([]byte, bool) {
	const begin, end = "![CDATA[", "]]"
	if bytes.HasPrefix(t.tag, []byte(begin)) {
		return t.tag[len(begin) : len(t.tag)-len(end)], true
	}
	return nil, false
}

// name returns the tag's name without its namespace; opens and closes tell
// what the tag does, both for an empty element.
func (t *tokens) name() (name []byte, opens, closes bool) {
	b := t.tag
	if len(b) == 0 || b[0] == '!' || b[0] == '?' {
		return nil, false, false
	}
	opens = true
	switch {
	case b[0] == '/':
		b, opens, closes = b[1:], false, true
	case b[len(b)-1] == '/':
		b, closes = b[:len(b)-1], true
	}
	for i, c := range b {
		if c == ' ' || c == '\n' || c == '\t' || c == '\r' {
			b = b[:i]
			break
		}
	}
	if i := bytes.IndexByte(b, ':'); i >= 0 {
		b = b[i+1:]
	}
	return b, opens, closes
}

// attribute returns the raw value of an attribute of the last tag, by its
// local name.
func (t *tokens) attribute(name string) []byte {
	b := t.tag
	for {
		eq := bytes.IndexByte(b, '=')
		if eq < 0 {
			return nil
		}
		key := bytes.TrimRight(b[:eq], " \t\r\n")
		if i := bytes.LastIndexAny(key, " \t\r\n:"); i >= 0 {
			key = key[i+1:]
		}
		b = bytes.TrimLeft(b[eq+1:], " \t\r\n")
		if len(b) == 0 || b[0] != '"' && b[0] != '\'' {
			return nil
		}
		end := bytes.IndexByte(b[1:], b[0])
		if end < 0 {
			return nil
		}
		if string(key) == name {
			return b[1 : 1+end]
		}
		b = b[end+2:]
	}
}

// appendText appends raw text with its entities resolved.
func appendText(dst, raw []byte) []byte {
	for {
		i := bytes.IndexByte(raw, '&')
		if i < 0 {
			return append(dst, raw...)
		}
		dst = append(dst, raw[:i]...)
		raw = raw[i:]
		end := bytes.IndexByte(raw[:min(len(raw), 12)], ';')
		if end < 0 {
			dst, raw = append(dst, '&'), raw[1:]
			continue
		}
		dst = appendEntity(dst, raw[1:end])
		raw = raw[end+1:]
	}
}

func appendEntity(dst, name []byte) []byte {
	switch string(name) {
	case "amp":
		return append(dst, '&')
	case "lt":
		return append(dst, '<')
	case "gt":
		return append(dst, '>')
	case "quot":
		return append(dst, '"')
	case "apos":
		return append(dst, '\'')
	}
	if len(name) < 2 || name[0] != '#' {
		return utf8.AppendRune(dst, utf8.RuneError)
	}
	digits, base := name[1:], rune(10)
	if digits[0] == 'x' || digits[0] == 'X' {
		digits, base = digits[1:], 16
	}
	var r rune
	for _, c := range digits {
		d, ok := hexDigit(c)
		if !ok || d >= base || r > utf8.MaxRune {
			return utf8.AppendRune(dst, utf8.RuneError)
		}
		r = r*base + d
	}
	return utf8.AppendRune(dst, r)
}

func hexDigit(c byte) (rune, bool) {
	switch {
	case c >= '0' && c <= '9':
		return rune(c - '0'), true
	case c >= 'a' && c <= 'f':
		return rune(c-'a') + 10, true
	case c >= 'A' && c <= 'F':
		return rune(c-'A') + 10, true
	}
	return 0, false
}

// unescape resolves the format's own _xHHHH_ in place (ECMA-376, ST_Xstring).
func unescape(b []byte) []byte {
	if !bytes.Contains(b, []byte("_x")) {
		return b
	}
	out := b[:0]
	for i := 0; i < len(b); i++ {
		if b[i] == '_' && i+6 < len(b) && b[i+1] == 'x' && b[i+6] == '_' {
			var r rune
			ok := true
			for _, c := range b[i+2 : i+6] {
				d, hex := hexDigit(c)
				r, ok = r*16+d, ok && hex
			}
			if ok {
				// Seven bytes become at most three: out never overtakes i.
				out = utf8.AppendRune(out, r)
				i += 6
				continue
			}
		}
		out = append(out, b[i])
	}
	return out
}
