package csvfile

import (
	"bufio"
	"io"
	"strings"
)

// Writer writes records in UTF-8 with CRLF line ends, quoting only what needs
// it. It keeps texts as they are: a register must come back unchanged, so
// nothing is done about formulas; output for people goes through ui/output.
type Writer struct {
	w   *bufio.Writer
	sep byte
}

// NewWriter returns a writer. With mark the file begins with a byte order
// mark, by which spreadsheets recognise UTF-8.
func NewWriter(w io.Writer, separator byte, mark bool) *Writer {
	out := &Writer{bufio.NewWriterSize(w, 32<<10), separator}
	if mark {
		// An error stays in the buffered writer and comes back from Flush.
		_, _ = out.w.WriteString("\ufeff")
	}
	return out
}

// Write writes one record.
func (w *Writer) Write(cells []string) error {
	for i, c := range cells {
		if i > 0 {
			_ = w.w.WriteByte(w.sep)
		}
		if quotes := strings.IndexByte(c, w.sep) >= 0 || strings.ContainsAny(c, "\"\r\n"); !quotes && !(len(cells) == 1 && c == "") {
			_, _ = w.w.WriteString(c)
			continue
		}
		_ = w.w.WriteByte('"')
		_, _ = w.w.WriteString(strings.ReplaceAll(c, `"`, `""`))
		_ = w.w.WriteByte('"')
	}
	_, err := w.w.WriteString("\r\n")
	return err
}

// Flush writes what is buffered and returns the first error of all.
func (w *Writer) Flush() error { return w.w.Flush() }
