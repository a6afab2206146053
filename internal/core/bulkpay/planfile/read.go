package planfile

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// CodeDamaged is the code of a plan whose bytes are not those that were written.
const CodeDamaged = "plan.damaged"

// Plan is an open plan whose hash has been checked.
type Plan struct {
	Header Header
	Totals Totals
	SHA256 string // hex

	f     io.ReaderAt
	size  int64  // bytes of header and rows
	marks []mark // every markEvery rows
	close func() error
}

// mark is a place in the file.
type mark struct {
	row int   // the row that begins at offset
	at  int64 // offset
}

const markEvery = 1024

// Open reads the whole file once, checks its hash and totals, and keeps marks to
// start reading anywhere. It costs one pass at the speed of SHA-256.
func Open(path string) (*Plan, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(exitcode.NotFound, "plan.not_found", i18n.Text{RU: "плана %s нет", EN: "there is no plan %s"}.With(untrusted.Text(path))).
			Advise(i18n.Say("план составляет epgu batch plan РЕЕСТР -o ПЛАН", "a plan is made by epgu batch plan REGISTER -o PLAN")).Because(err)
	}
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		var p *Plan
		if p, err = Read(f, info.Size()); err == nil {
			p.close = f.Close
			return p, nil
		}
	}
	return nil, errors.Join(err, f.Close())
}

// Head returns the header.
func (p *Plan) Head() *Header { return &p.Header }

// Sum returns the totals.
func (p *Plan) Sum() *Totals { return &p.Totals }

// Close closes the file.
func (p *Plan) Close() error {
	if p.close == nil {
		return nil
	}
	return p.close()
}

func damaged(detail string) error {
	return fault.New(exitcode.Conflict, CodeDamaged, i18n.Text{
		RU: "план повреждён или изменён после создания: %s; выполнять его нельзя",
		EN: "the plan is damaged or was changed after it was made: %s; it must not be run"}.With(detail)).
		Advise(i18n.Say("составьте план заново: epgu batch plan …", "make the plan again: epgu batch plan …"))
}

// window is the size of a reader's buffer: a whole line, and no more than there is.
func window(left int64) int { return int(min(MaxLine, max(left+1, 16))) }

// Read is Open for something already open.
func Read(f io.ReaderAt, size int64) (*Plan, error) {
	p := &Plan{f: f}
	in := bufio.NewReaderSize(io.NewSectionReader(f, 0, size), window(size))
	sum := sha256.New()
	var at int64
	var held []byte // the last line, not yet known to be a row
	var heldAt int64
	lines, rows, pays := 0, 0, 0
	var last [sha256.Size]byte
	for {
		line, err := readLine(in)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		switch lines {
		case 0:
			if err := header(line, &p.Header); err != nil {
				return nil, err
			}
		case 1:
			held, heldAt = append(held[:0], line...), at
		default:
			// The line before is a row, unless it turns out to be the totals.
			if bytes.HasPrefix(held, []byte(`{"n":`)) {
				rows++
				if rows%markEvery == 1 {
					p.marks = append(p.marks, mark{rows, heldAt})
				}
				if isPay(held) {
					pays++
				}
			} else if p.size == 0 {
				p.size = heldAt
				if err := json.Unmarshal(held, &p.Totals); err != nil {
					return nil, damaged("totals")
				}
			} else {
				return nil, damaged(fmt.Sprintf("line %d", lines))
			}
			held, heldAt = append(held[:0], line...), at
		}
		if lines > 0 && bytes.HasPrefix(line, []byte(`{"sha256"`)) {
			sum.Sum(last[:0])
			if p.size == 0 && lines == 1 {
				return nil, damaged(tornDetail)
			}
			break
		}
		sum.Write(line)
		at += int64(len(line))
		lines++
	}
	var s seal
	if p.size == 0 || json.Unmarshal(held, &s) != nil || s.SHA256 == "" {
		return nil, damaged(tornDetail)
	}
	if at+int64(len(held)) != size {
		return nil, damaged("bytes after the end")
	}
	if p.SHA256 = hex.EncodeToString(last[:]); p.SHA256 != s.SHA256 {
		return nil, damaged("SHA-256")
	}
	if rows != p.Totals.Rows || pays != p.Totals.Pay.N {
		return nil, damaged("control totals")
	}
	return p, nil
}

const tornDetail = "the file ends too early"

func header(line []byte, h *Header) error {
	if err := json.Unmarshal(line, h); err != nil || h.Version == 0 {
		return fault.New(exitcode.Usage, "plan.format", i18n.Say("это не план оплаты", "this is not a payment plan"))
	}
	if h.Version != Version {
		return fault.New(exitcode.Conflict, "plan.version", i18n.Text{
			RU: "план версии %d, эта программа знает версию %d", EN: "a plan of version %d, this programme knows version %d"}.With(h.Version, Version))
	}
	if !journal.IsUUID(h.ID) || h.Profile == "" || len(h.Sources) > MaxSources {
		return damaged("header")
	}
	return nil
}

// readLine returns a line with its LF; the slice is good until the next call.
func readLine(in *bufio.Reader) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	switch {
	case err == nil:
		return line, nil
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, damaged("a line is too long")
	case errors.Is(err, io.EOF) && len(line) > 0:
		return nil, damaged(tornDetail)
	}
	return nil, err
}

func (p *Plan) markOf(n int) mark {
	i := (n - 1) / markEvery
	if n < 1 || len(p.marks) == 0 {
		return mark{at: p.size}
	}
	return p.marks[min(i, len(p.marks)-1)]
}

// lines yields the lines from an offset to the end of the rows.
func (p *Plan) lines(at int64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		in := bufio.NewReaderSize(io.NewSectionReader(p.f, at, p.size-at), window(p.size-at))
		for {
			line, err := readLine(in)
			if errors.Is(err, io.EOF) || !yield(line, err) || err != nil {
				return
			}
		}
	}
}

// Rows yields the rows from number n (1 is the first). The row is the caller's
// until the next step.
func (p *Plan) Rows(n int) iter.Seq2[*Row, error] {
	return p.rows(n, false)
}

// ToPay is Rows for the rows to pay alone; the others are not even parsed.
func (p *Plan) ToPay(n int) iter.Seq2[*Row, error] { return p.rows(n, true) }

func (p *Plan) rows(n int, payOnly bool) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		n = max(n, 1)
		m := p.markOf(n)
		at := m.row
		for line, err := range p.lines(m.at) {
			if err != nil {
				yield(nil, err)
				return
			}
			at++
			if at-1 < n || payOnly && !isPay(line) {
				continue
			}
			var r Row
			// A line may name its status twice: what is not even parsed and what is
			// paid must agree about it.
			if err := json.Unmarshal(line, &r); err != nil || r.N != at-1 || isPay(line) != (r.Status == Pay) {
				yield(nil, damaged(fmt.Sprintf("row %d", at-1)))
				return
			}
			if !yield(&r, nil) {
				return
			}
		}
	}
}
