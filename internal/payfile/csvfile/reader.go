package csvfile

import (
	"bytes"
	"io"
	"strings"
	"unsafe"

	"github.com/epgu-cli/epgu/internal/payfile/charset"
)

// Options say what is known about a file; zero fields are found out.
type Options struct {
	Separator byte
	Charset   Charset
	// Known reports whether a text is a heading that the caller understands:
	// what makes one separator likelier than another. It may be nil.
	Known func(heading string) bool
	// Fleeting lets the texts of a record live only until the next one is
	// read: the file's bytes are not copied then, and a million rows leave
	// nothing to collect. Only for readers that keep no text.
	Fleeting bool
}

// Reader reads a file record by record.
type Reader struct {
	dec     *decoder
	dialect Dialect
	pending []byte // the block's bytes
	block   string // whole or broken-off lines; the texts of records point into it
	keep    bool   // the block is a copy of pending, not a view of it
	at      int    // where the next record begins in block
	line    int    // lines before at
	last    bool   // nothing follows block
	done    error
	cells   []string
	width   int  // cells of the last record that is beyond doubt
	odd     bool // the record that parse read last has quotes inside that are not doubled
}

// NewReader looks at the beginning of src and returns a reader of it. An
// empty file is "csv.empty", one that is no text "csv.binary".
func NewReader(src io.Reader, o Options) (*Reader, error) {
	head := make([]byte, sampleBytes)
	n, err := io.ReadFull(src, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, readFailed(err)
	}
	head = head[:n]
	set, mark := charset.Mark(head)
	r := &Reader{dialect: Dialect{Separator: o.Separator, Charset: set, BOM: mark > 0}, keep: !o.Fleeting}
	if set == "" {
		if set = o.Charset; set == "" {
			set = charset.Wide(head)
		}
		if set != charset.UTF16LE && set != charset.UTF16BE {
			if err := looksBinary(head); err != nil {
				return nil, err
			}
		}
	}
	r.dec = newDecoder(io.MultiReader(bytes.NewReader(head[mark:]), src), set, headings(o.Known))
	if err := r.refill(); err != nil && err != io.EOF {
		return nil, err
	}
	r.separatorLine()
	if r.dialect.Separator == 0 {
		r.dialect.Separator = separatorOf(r.block[r.at:], r.last, o.Known)
	}
	return r, nil
}

// Dialect returns how the file is written. A file of plain ASCII so far
// counts as UTF-8.
func (r *Reader) Dialect() Dialect {
	d := r.dialect
	if d.Charset = r.dec.set; d.Charset == "" {
		d.Charset = charset.UTF8
	}
	return d
}

// separatorLine takes the line "sep=;" with which spreadsheets name the separator.
func (r *Reader) separatorLine() {
	rest := r.block[r.at:]
	if len(rest) < 5 || !strings.EqualFold(rest[:4], "sep=") {
		return
	}
	end, next := lineEnd(rest)
	if end == 5 && isSeparator(rest[4]) {
		r.dialect.Separator = rest[4]
		r.at += next
		r.line++
	}
}

// refill makes the block hold what is left of it and the next piece.
func (r *Reader) refill() error {
	// In a view rest lies within pending itself; append moves it as copy does.
	rest := r.block[r.at:]
	r.pending = append(r.pending[:0], rest...)
	r.block, r.at = view(r.pending), 0
	var err error
	if r.pending, err = r.dec.more(r.pending); err == io.EOF {
		r.last = true
		if r.keep {
			r.block = string(r.pending)
		}
		return io.EOF
	} else if err != nil {
		return err
	}
	if r.block = view(r.pending); r.keep {
		r.block = string(r.pending)
	}
	return nil
}

// view is a string over b itself, good until b is written to.
func view(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return unsafe.String(&b[0], len(b))
}

// Next reads the next record. io.EOF ends the file; any other error is a
// *fault.Error and ends the reading. Empty lines are skipped.
func (r *Reader) Next(rec *Record) error {
	for r.done == nil {
		rec.Line, rec.Flaws = r.line+1, 0
		ok, err := r.record(rec)
		if err != nil {
			r.done = err
			break
		}
		if ok {
			return nil
		}
	}
	return r.done
}

// record takes one record out of the block; ok is false for an empty line.
func (r *Reader) record(rec *Record) (ok bool, err error) {
	for {
		rest := r.block[r.at:]
		end, next := lineEnd(rest)
		if (end < 0 || end == len(rest)-1 && rest[end] == '\r') && !r.last {
			if len(rest) > recordLimit {
				return false, longRecord(r.line + 1)
			}
			if err := r.refill(); err != nil && err != io.EOF {
				return false, err
			}
			continue
		}
		line := rest
		if end >= 0 {
			line = rest[:end]
		} else {
			if rest == "" {
				return false, io.EOF
			}
			next = len(rest)
			rec.Flaws |= NoLineEnd
		}
		if strings.IndexByte(line, '"') >= 0 {
			return r.quotedRecord(rec)
		}
		r.at += next
		r.line++
		if line == "" {
			return false, nil
		}
		r.split(rec, line)
		return true, nil
	}
}

// lineEnd finds the end of the first line of s and the beginning of the next
// one. Lines end with LF, CR LF or, in files of old programs, with CR alone. A CR
// that ends s may be half of a CR LF: it is returned as the end.
func lineEnd(s string) (end, next int) {
	end = strings.IndexByte(s, '\n')
	line := s
	if end >= 0 {
		line = s[:end]
	}
	switch cr := strings.IndexByte(line, '\r'); {
	case cr < 0:
		return end, end + 1
	case cr == len(line)-1 && end >= 0:
		return cr, end + 1
	default:
		return cr, cr + 1
	}
}

// split cuts a line without quotes.
func (r *Reader) split(rec *Record, line string) {
	cells, sep := r.cells[:0], r.dialect.Separator
	for {
		i := strings.IndexByte(line, sep)
		if i < 0 || len(cells) == cellLimit-1 {
			break
		}
		cells = append(cells, line[:i])
		line = line[i+1:]
	}
	if len(cells) == cellLimit-1 && strings.IndexByte(line, sep) >= 0 {
		rec.Flaws |= TooManyCells
		line = line[:strings.IndexByte(line, sep)]
	}
	r.cells = append(cells, line)
	rec.Cells, r.width = r.cells, len(r.cells)
}

// quotedRecord reads a record that has quotes in it and may span lines.
func (r *Reader) quotedRecord(rec *Record) (ok bool, err error) {
	for {
		n, lines, closed := r.parse(r.block[r.at:])
		if closed && lines > 1 && r.odd && r.swallows(r.block[r.at:r.at+n]) {
			r.openQuote(rec)
			return true, nil
		}
		switch {
		case closed && (n < len(r.block)-r.at || r.last), closed && n > 0 && r.block[r.at+n-1] == '\n':
			if len(r.cells) > cellLimit {
				r.cells = r.cells[:cellLimit]
				rec.Flaws |= TooManyCells
			}
			if end := r.block[r.at+n-1]; end != '\n' && end != '\r' {
				rec.Flaws |= NoLineEnd
			} else {
				rec.Flaws &^= NoLineEnd
			}
			r.at += n
			r.line += lines
			rec.Cells, r.width = r.cells, len(r.cells)
			return true, nil
		case r.last || len(r.block)-r.at > recordLimit:
			r.openQuote(rec)
			return true, nil
		}
		if err := r.refill(); err != nil && err != io.EOF {
			return false, err
		}
	}
}

// openQuote takes the line alone, as it stands: its quote is never closed, or
// only by the quote of another record, and the rows after it must still be read.
func (r *Reader) openQuote(rec *Record) {
	rec.Flaws |= OpenQuote
	rec.Flaws &^= NoLineEnd
	rest := r.block[r.at:]
	end, next := lineEnd(rest)
	if end < 0 {
		end, next = len(rest), len(rest)
		rec.Flaws |= NoLineEnd
	}
	r.at += next
	r.line++
	width := r.width
	r.split(rec, rest[:end])
	r.width = width
}

// swallows reports whether a record that spans lines and is not quoted as a
// program would quote it has taken in another one: one of its further lines is, by
// itself, as wide as the record before and has its quotes closed. The further
// lines of an honest cell are pieces of it, and the last has the closing quote alone.
func (r *Reader) swallows(s string) bool {
	if r.width < 2 {
		return false
	}
	for first := true; s != ""; first = false {
		end, next := lineEnd(s)
		if end < 0 {
			end, next = len(s), len(s)
		}
		if line := s[:end]; !first && strings.Count(line, `"`)%2 == 0 {
			alone := Reader{dialect: r.dialect}
			if n, _, closed := alone.parse(line); closed && n == len(line) && len(alone.cells) == r.width && strings.Trim(line, " \"\t"+string(rune(r.dialect.Separator))) != "" {
				return true
			}
		}
		s = s[next:]
	}
	return false
}

// parse reads one record of s into r.cells. It returns the bytes and lines
// taken, and whether the record came to an end inside s; the end of s ends it
// only outside of quotes. A quote inside a cell that does not begin with one
// is an ordinary character, and so is one that neither a separator nor a line
// end follows: «"ООО "Ромашка""» is what people write.
func (r *Reader) parse(s string) (n, lines int, closed bool) {
	r.cells, r.odd = r.cells[:0], false
	sep := r.dialect.Separator
	for i := 0; ; {
		if i < len(s) && s[i] == '"' {
			text, next, nl, ok := r.quotedCell(s, i+1, sep)
			if !ok {
				return 0, 0, false
			}
			lines += nl
			r.add(text)
			i = next
		} else {
			start := i
			for i < len(s) && s[i] != sep && s[i] != '\n' && s[i] != '\r' {
				i++
			}
			r.add(s[start:i])
		}
		switch {
		case i >= len(s):
			return i, lines + 1, true
		case s[i] == '\r' && i+1 < len(s) && s[i+1] == '\n':
			return i + 2, lines + 1, true
		case s[i] == '\n' || s[i] == '\r':
			return i + 1, lines + 1, true
		}
		i++
	}
}

func (r *Reader) add(cell string) {
	if len(r.cells) <= cellLimit {
		r.cells = append(r.cells, cell)
	}
}

// quotedCell reads a cell whose text begins at from, after the quote. next
// is where its separator or line end stands.
func (r *Reader) quotedCell(s string, from int, sep byte) (text string, next, lines int, ok bool) {
	inner := false // quotes inside: the text must be put together
	odd := false   // an undoubled quote was opened inside
	for i := from; i < len(s); i++ {
		switch s[i] {
		case '\n':
			lines++
		case '\r':
			if i+1 < len(s) && s[i+1] != '\n' {
				lines++
			}
		case '"':
			end := i + 1
			if end < len(s) && s[end] == '"' {
				if after := end + 1; odd && (after == len(s) || s[after] == sep || s[after] == '\n' || s[after] == '\r') {
					return s[from:end], after, lines, true // «"ООО "Ромашка""»
				}
				inner = true
				i++
				continue
			}
			if end == len(s) || s[end] == sep || s[end] == '\n' || s[end] == '\r' {
				text = s[from:i]
				if inner {
					text = strings.ReplaceAll(text, `""`, `"`)
				}
				return text, end, lines, true
			}
			odd, r.odd = !odd, true
		}
	}
	return "", 0, 0, false
}
