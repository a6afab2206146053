package applications

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"regexp"
)

const (
	wordType  = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	sheetType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// office looks into a zip for what an office document has: its first bytes are those
// of any archive. Anything else stays as it was taken for.
func office(r io.ReaderAt, size int64, mime, ext string) (string, string) {
	if mime != wordType && mime != "application/zip" {
		return mime, ext
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return "application/zip", ".zip"
	}
	for _, f := range z.File {
		switch f.Name {
		case "word/document.xml":
			return wordType, ".docx"
		case "xl/workbook.xml":
			return sheetType, ".xlsx"
		}
	}
	return "application/zip", ".zip"
}

func isArchive(mime string) bool {
	switch mime {
	case "application/zip", "application/vnd.rar", "application/x-7z-compressed", "application/gzip":
		return true
	}
	return false
}

// lockFinder looks for the entry Encrypt of a PDF's trailer (ISO 32000-2, 7.5.5). The
// trailer, or the dictionary of the stream that stands for it, is never compressed.
type lockFinder struct {
	entry *regexp.Regexp
	tail  []byte
	found bool
}

// lockTail is as much as an entry may take, bytes.
const lockTail = 64

func newLockFinder() *lockFinder {
	return &lockFinder{entry: regexp.MustCompile(`/Encrypt\s*(?:\d+\s+\d+\s+R|<<)`)}
}

// Write implements io.Writer; it never fails.
func (l *lockFinder) Write(b []byte) (int, error) {
	if !l.found {
		l.tail = append(l.tail, b...)
		l.found = l.entry.Match(l.tail)
		l.tail = append(l.tail[:0], l.tail[max(0, len(l.tail)-lockTail):]...)
	}
	return len(b), nil
}

// density is the resolution that a picture names at its beginning, dots per inch: the
// density of JFIF (ITU-T T.871) or the chunk pHYs of PNG; 0 when it names none.
func density(head []byte) int {
	if bytes.HasPrefix(head, []byte("\xff\xd8\xff\xe0")) && len(head) >= 18 && bytes.Equal(head[6:11], []byte("JFIF\x00")) {
		x := int(binary.BigEndian.Uint16(head[14:]))
		switch head[13] {
		case 1:
			return x
		case 2:
			return perInch(x)
		}
		return 0
	}
	if i := bytes.Index(head, []byte("pHYs")); i > 0 && bytes.HasPrefix(head, []byte("\x89PNG")) && len(head) >= i+13 && head[i+12] == 1 {
		return perInch(int(binary.BigEndian.Uint32(head[i+4:])) / 100)
	}
	return 0
}

// perInch turns dots per centimetre into dots per inch.
func perInch(n int) int { return (n*254 + 50) / 100 }
