package register

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/charset"
	"github.com/epgu-cli/epgu/internal/payfile/container"
)

const (
	sniffBytes   = 4 << 10     // bytes by which a format is told
	preambleRows = 40          // rows that may stand before the headings
	rowLimit     = 100_000_000 // rows of one register
)

// Options say what is known about a register; zero fields are found out.
type Options struct {
	Format Format
	Map    *Mapping
	Sheet  string // of a workbook; it goes before the map's
	// Fleeting lets the texts of a row live only until the next row: for a
	// pass over a register that keeps none of them. Clone still copies.
	Fleeting bool
}

// source is one format of register. next fills everything of a row but its
// ordinal; io.EOF ends a whole file, other errors are *fault.Error.
type source interface {
	next(r *Row) error
	// problems returns what was found about the file since the last call.
	problems() []Problem
	close() error
}

// Reader reads one register, row by row, in memory that does not depend on
// the register's size.
type Reader struct {
	src    source
	layout *Layout
	file   *os.File
	row    Row
	count  int
	err    error
}

// Open opens the register at path and finds out its format, its headings and
// what they mean. Errors are *fault.Error: "register.not_found",
// "register.open", "register.no_header", "register.heading_twice",
// "register.sheet" and those of the formats.
func Open(path string, o Options) (*Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, cannotOpen(path, err)
	}
	r, err := open(f, path, o)
	if err != nil {
		f.Close()
		return nil, err
	}
	r.file = f
	return r, nil
}

func open(f *os.File, path string, o Options) (*Reader, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, cannotOpen(path, err)
	}
	if info.IsDir() {
		return nil, cannotOpen(path, errors.New("it is a directory"))
	}
	return read(f, f, info.Size(), path, o)
}

// Read is Open for a register of size bytes that is open already, as often as one
// likes; whoever opened it closes it. path is for errors.
func Read(f io.ReaderAt, size int64, path string, o Options) (*Reader, error) {
	return read(f, io.NewSectionReader(f, 0, size), size, path, o)
}

func read(f io.ReaderAt, in io.Reader, size int64, path string, o Options) (*Reader, error) {
	b := bufio.NewReaderSize(in, sniffBytes)
	head, err := b.Peek(sniffBytes)
	if err != nil && err != io.EOF {
		return nil, cannotOpen(path, err)
	}
	if o.Format == "" {
		if o.Format, err = formatOf(head); err != nil {
			return nil, err
		}
	}
	if o.Sheet == "" && o.Map != nil {
		o.Sheet = o.Map.Sheet
	}
	if o.Format == XLSX {
		return newReader(openWorkbook(f, size, o))
	}
	return newReader(openStream(b, o))
}

// openStream opens every format that is read from its beginning to its end.
func openStream(r io.Reader, o Options) (source, *Layout, error) {
	switch o.Format {
	case CSV:
		return openCSV(r, o)
	case OneC:
		return openOneC(r)
	case JSONL:
		return openLines(r)
	}
	return nil, nil, fault.New(exitcode.Usage, "register.format", i18n.Text{RU: "нет такого формата реестра: %s", EN: "there is no such register format: %s"}.With(o.Format))
}

func newReader(src source, layout *Layout, err error) (*Reader, error) {
	if err != nil {
		return nil, err
	}
	return &Reader{src: src, layout: layout}, nil
}

func cannotOpen(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fault.New(exitcode.NotFound, "register.not_found", i18n.Text{RU: "нет файла %s", EN: "there is no file %s"}.With(path))
	}
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return fault.New(exitcode.Usage, "register.open", i18n.Text{RU: "файл %s не открывается", EN: "the file %s cannot be opened"}.With(filepath.Base(path))).Because(err)
}

// formatOf tells a format by the beginning of a file.
func formatOf(head []byte) (Format, error) {
	if err := container.Refusal(head); err != nil {
		return "", err
	}
	text := bytes.TrimLeft(charset.Head(head), " \t\r\n")
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return XLSX, nil
	case hasFold(text, "1CClientBankExchange"):
		return OneC, nil
	case bytes.HasPrefix(text, []byte("{")):
		return JSONL, nil
	}
	return CSV, nil
}

func hasFold(b []byte, word string) bool {
	return len(b) >= len(word) && bytes.EqualFold(b[:len(word)], []byte(word))
}

// Layout tells how the register is laid out. For CSV its character set is
// settled by the first bytes that are not ASCII.
func (r *Reader) Layout() *Layout { return r.layout }

// Rows reads the rows. Each register is read once; the row is the same one at
// every step. An error is a *fault.Error and ends the reading: what came
// before it is no whole register.
func (r *Reader) Rows() iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		for r.err == nil {
			row := &r.row
			row.layout, row.Kopecks, row.kopecks, row.flaws = r.layout, 0, r.layout.Kopecks, row.flaws[:0]
			row.states, row.normals = [fieldCount]state{}, row.normals[:0]
			if r.err = r.src.next(row); r.err != nil {
				break
			}
			if r.count++; r.count > rowLimit {
				r.err = fault.New(exitcode.Usage, "register.too_long", i18n.Text{RU: "в реестре больше %d строк", EN: "the register has more than %d rows"}.With(rowLimit))
				break
			}
			row.Ordinal = r.count
			if !yield(row, nil) {
				return
			}
		}
		if r.err != io.EOF {
			yield(nil, r.err)
		}
	}
}

// TakeProblems returns what was found about the file as a whole since the
// last call: after opening, while rows are read, and at the end.
func (r *Reader) TakeProblems() []Problem { return r.src.problems() }

// Close closes the file.
func (r *Reader) Close() error {
	err := r.src.close()
	if r.file != nil {
		if cerr := r.file.Close(); err == nil {
			err = cerr
		}
	}
	return err
}
