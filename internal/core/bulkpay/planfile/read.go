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

// Plan is an open plan whose seal has been checked. Each block of rows is checked
// whenever it is read, and what was checked is what is used: no byte is read twice.
// It may be used by several goroutines.
type Plan struct {
	Header Header
	Totals Totals
	Seen   Seen
	SHA256 string // hex

	f      io.ReaderAt
	tail   int64 // where the rows end
	blocks []block
	tops   tree // over the blocks' roots
	proven recent
	close  func() error
}

// Open opens a plan and checks its seal. The rows are read from this same open file
// later, whatever becomes of its name.
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

func say(ru, en string) i18n.Message { return i18n.Say(ru, en) }

func damaged(what i18n.Localised) error {
	return fault.New(exitcode.Conflict, CodeDamaged, i18n.Text{
		RU: "план повреждён или изменён после создания: %s; выполнять его нельзя",
		EN: "the plan is damaged or was changed after it was made: %s; it must not be run"}.With(what)).
		Advise(i18n.Say("верните прежний файл или составьте план заново: epgu batch plan …", "put the earlier file back, or make the plan again: epgu batch plan …"))
}

func torn() error {
	return damaged(say("файл кончается раньше времени", "the file ends too early"))
}

func damagedRows(from, to int) error {
	return damaged(i18n.Text{RU: "строки %d–%d не те, что были", EN: "rows %d to %d are not what they were"}.With(from, to))
}

// sealLength bounds the last line.
const sealLength = 160

// Read is Open for something already open.
func Read(f io.ReaderAt, size int64) (*Plan, error) {
	p := &Plan{f: f}
	first, err := readHeader(f, size, &p.Header)
	if err != nil {
		return nil, err
	}
	s, sealAt, err := readSeal(f, size)
	if err != nil {
		return nil, err
	}
	p.tail = s.Tail
	if p.tail < int64(len(first)) || p.tail > sealAt || sealAt-p.tail > maxTail {
		return nil, torn()
	}
	sum := sha256.New()
	sum.Write(first)
	if err := p.readTail(io.TeeReader(io.NewSectionReader(f, p.tail, sealAt-p.tail), sum), sealAt-p.tail); err != nil {
		return nil, err
	}
	if p.SHA256 = hex.EncodeToString(sum.Sum(nil)); p.SHA256 != s.SHA256 {
		return nil, damaged(say("SHA-256 не сходится", "SHA-256"))
	}
	return p, p.fits(int64(len(first)))
}

// fits holds the blocks against the totals and the file.
func (p *Plan) fits(at int64) error {
	t := &p.Totals
	if t.Rows < 0 || t.Rows > MaxRows || len(p.blocks) != (t.Rows+p.Header.BlockRows-1)/p.Header.BlockRows || t.Pay.N < 0 || t.Pay.N > t.Rows {
		return damaged(say("итоги", "control totals"))
	}
	for i := range p.blocks {
		b := &p.blocks[i]
		if i == 0 && b.at != at || i > 0 && b.at <= at || p.end(i)-b.at > int64(p.Header.BlockRows)*MaxLine || p.end(i) <= b.at {
			return damaged(say("разметка строк", "the places of the rows"))
		}
		at = b.at
	}
	if len(p.blocks) == 0 && p.tail != at {
		return damaged(say("разметка строк", "the places of the rows"))
	}
	p.tops = grow(rootsOf(p.blocks))
	if root := p.tops.root(); hex.EncodeToString(root[:]) != t.Root {
		return damaged(say("корень платежей", "the root of the payments"))
	}
	return nil
}

// end is where block i ends.
func (p *Plan) end(i int) int64 {
	if i+1 < len(p.blocks) {
		return p.blocks[i+1].at
	}
	return p.tail
}

// readHeader returns the first line.
func readHeader(f io.ReaderAt, size int64, h *Header) ([]byte, error) {
	head := make([]byte, min(size, MaxLine))
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	i := bytes.IndexByte(head[:n], '\n')
	if i < 0 {
		i = n - 1
	}
	line := head[:i+1]
	if err := header(line, h); err != nil {
		return nil, err
	}
	return line, nil
}

// readSeal returns the last line and where it begins. It is written in one way only.
func readSeal(f io.ReaderAt, size int64) (s seal, at int64, err error) {
	last := make([]byte, min(size, sealLength))
	n, err := f.ReadAt(last, size-int64(len(last)))
	if err != nil && !errors.Is(err, io.EOF) {
		return s, 0, err
	}
	if n < len(last) {
		return s, 0, torn()
	}
	i := bytes.LastIndex(last, []byte("\n{\"sha256\":"))
	if i < 0 {
		return s, 0, torn()
	}
	line := last[i+1:]
	if json.Unmarshal(line, &s) != nil || string(line) != fmt.Sprintf("{\"sha256\":%q,\"tail\":%d}\n", s.SHA256, s.Tail) {
		return s, 0, torn()
	}
	return s, size - int64(len(line)), nil
}

// readTail reads the lines between the rows and the seal.
func (p *Plan) readTail(r io.Reader, size int64) error {
	in := bufio.NewReaderSize(r, int(min(4*MaxLine, max(size+1, 16))))
	for n := 0; ; n++ {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			if n < 2 {
				return torn()
			}
			return nil
		}
		if err != nil {
			return torn()
		}
		switch n {
		case 0:
			err = json.Unmarshal(line, &p.Totals)
		case 1:
			var s seenLine
			err = json.Unmarshal(line, &s)
			p.Seen = s.Seen
		default:
			err = p.readBlock(line)
		}
		if err != nil {
			return damaged(say("итоги", "control totals"))
		}
	}
}

var errBlock = errors.New("planfile: a block's line")

func (p *Plan) readBlock(line []byte) error {
	var l blockLine
	if err := json.Unmarshal(line, &l); err != nil {
		return err
	}
	b := block{at: l.At}
	if l.N != len(p.blocks)+1 || !unhex(&b.sum, l.SHA256) || !unhex(&b.root, l.Root) {
		return errBlock
	}
	p.blocks = append(p.blocks, b)
	return nil
}

func unhex(out *digest, s string) bool {
	n, err := hex.Decode(out[:], []byte(s[:min(len(s), 2*len(out))]))
	return err == nil && n == len(out) && len(s) == 2*len(out)
}

func header(line []byte, h *Header) error {
	if err := json.Unmarshal(line, h); err != nil || h.Version == 0 {
		return fault.New(exitcode.Usage, "plan.format", i18n.Say("это не план оплаты", "this is not a payment plan"))
	}
	if h.Version != Version {
		return fault.New(exitcode.Conflict, "plan.version", i18n.Text{
			RU: "план версии %d, эта программа знает версию %d", EN: "a plan of version %d, this programme knows version %d"}.With(h.Version, Version)).
			Advise(i18n.Say("составьте план заново: epgu batch plan …; оплаченное второй раз не уйдёт", "make the plan again: epgu batch plan …; what was paid is not paid twice"))
	}
	if b := h.BlockRows; b < 1 || b > MaxBlock || b&(b-1) != 0 {
		return damaged(say("первая строка", "the first line"))
	}
	if !journal.IsUUID(h.ID) || h.Profile == "" || len(h.Sources) > MaxSources || !bytes.HasSuffix(line, []byte("\n")) {
		return damaged(say("первая строка", "the first line"))
	}
	return nil
}

// load reads block i into buf, or into a larger one, and checks it. What it returns
// is what was checked.
func (p *Plan) load(i int, buf []byte) ([]byte, error) {
	b := &p.blocks[i]
	n := int(p.end(i) - b.at)
	if cap(buf) < n {
		buf = make([]byte, n)
	}
	buf = buf[:n]
	if got, err := p.f.ReadAt(buf, b.at); got < n {
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		return nil, damagedRows(p.span(i))
	}
	if sha256.Sum256(buf) != b.sum {
		return nil, damagedRows(p.span(i))
	}
	return buf, nil
}

// span is the numbers of the first and the last row of block i.
func (p *Plan) span(i int) (from, to int) {
	n := p.Header.BlockRows
	return i*n + 1, min((i+1)*n, p.Totals.Rows)
}

// parse decodes the rows of block i: all, or those to pay alone. grown is the tree
// of its payments when wanted, checked against the block's root.
func (p *Plan) parse(i int, data []byte, payOnly, grown bool) ([]Row, *sheet, error) {
	from, to := p.span(i)
	rows := make([]Row, 0, to-from+1)
	var s *sheet
	var leaves []digest
	var leaf []byte
	if grown {
		s, leaves = &sheet{paid: make([]paid, to-from+1)}, make([]digest, 0, to-from+1)
	}
	for n := from; n <= to; n++ {
		end := bytes.IndexByte(data, '\n') + 1
		if end <= 0 || end > MaxLine {
			return nil, nil, damagedRows(n, n)
		}
		line := data[:end]
		data = data[end:]
		r := Row{N: n}
		if pays := isPay(line); pays || !payOnly {
			r = Row{}
			// A line may name its status twice: what is not even parsed and what is
			// paid must agree about it.
			if err := r.parse(line); err != nil || r.N != n || pays != (r.Status == Pay) {
				return nil, nil, damagedRows(n, n)
			}
			rows = append(rows, r)
		}
		if grown {
			var l digest
			l, leaf = leafOf(&r, leaf)
			leaves = append(leaves, l)
			if r.Status == Pay {
				s.paid[n-from] = paid{journal.NormalUIN(r.UIN), r.Kopecks}
			}
		}
	}
	if len(data) > 0 {
		return nil, nil, damagedRows(from, to)
	}
	if grown {
		if s.tree = grow(leaves); s.tree.root() != p.blocks[i].root {
			return nil, nil, damagedRows(from, to)
		}
	}
	return rows, s, nil
}

// Rows yields the rows from number n (1 is the first). The row is the caller's.
func (p *Plan) Rows(n int) iter.Seq2[*Row, error] {
	return p.rows(n, false)
}

// ToPay is Rows for the rows to pay alone; the others are not even parsed.
func (p *Plan) ToPay(n int) iter.Seq2[*Row, error] { return p.rows(n, true) }

func (p *Plan) rows(n int, payOnly bool) iter.Seq2[*Row, error] {
	return func(yield func(*Row, error) bool) {
		n = max(n, 1)
		var buf []byte
		for i := (n - 1) / p.Header.BlockRows; i < len(p.blocks); i++ {
			var err error
			if buf, err = p.load(i, buf); err != nil {
				yield(nil, err)
				return
			}
			rows, s, err := p.parse(i, buf, payOnly, payOnly)
			if err != nil {
				yield(nil, err)
				return
			}
			if s != nil {
				p.proven.put(i, s)
			}
			for k := range rows {
				if rows[k].N >= n && !yield(&rows[k], nil) {
					return
				}
			}
		}
	}
}
