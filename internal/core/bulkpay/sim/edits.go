package sim

import (
	"bytes"
	"io"
	"strings"

	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// paper is the file of a plan. Whoever has opened it reads what is in it at that
// moment: an edit in place and a cut show to open readers, a replacement does not.
type paper struct {
	data []byte
}

// ReadAt reads the file as it is now.
func (p *paper) ReadAt(b []byte, at int64) (int, error) {
	if at >= int64(len(p.data)) {
		return 0, io.EOF
	}
	n := copy(b, p.data[at:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// shelf is where the plan of a name lies, with what people have signed.
type shelf struct {
	plan   *planfile.Plan // as it was signed
	signed []byte         // its bytes
	rows   map[int]signed // to pay
	file   *paper         // what the name stands for now
	foul   bool           // it is not what was signed
}

// signed is what people have agreed to of one row.
type signed struct {
	uin, account, period string
	kopecks              int64
}

func signedOf(r *planfile.Row) signed {
	s := signed{uin: r.UIN, kopecks: r.Kopecks}
	if s.uin == "" {
		s.account, s.period = r.Payee.Account, r.Budget.Period
	}
	return s
}

func askedOf(req cabinet.PaymentRequest) signed {
	s := signed{uin: req.UIN, kopecks: req.AmountKopecks}
	if q := req.Requisites; q != nil {
		s.account, s.period = q.Payee.Account, q.Period
	}
	return s
}

// lay puts a signed plan on a shelf of its own.
func (w *world) lay(data []byte) *planfile.Plan {
	s := &shelf{signed: bytes.Clone(data), rows: map[int]signed{}, file: &paper{data}}
	p, err := planfile.Read(bytes.NewReader(s.signed), int64(len(s.signed)))
	if err != nil {
		panic(err) // it was written this moment
	}
	for r, err := range p.ToPay(1) {
		if err != nil {
			panic(err)
		}
		s.rows[r.N] = signedOf(r)
	}
	s.plan = p
	w.shelves = append(w.shelves, s)
	return p
}

func (w *world) shelfOf(run string) *shelf {
	for _, s := range w.shelves {
		if s.plan.Header.ID == run {
			return s
		}
	}
	return nil
}

// open is how a process comes by a plan: it reads the file and holds its hash
// against what was signed. Nil means that it refuses to begin.
func (w *world) open(run string) *planfile.Plan {
	s := w.shelfOf(run)
	p, err := planfile.Read(s.file, int64(len(s.file.data)))
	switch {
	case err != nil:
		w.log("plan %s is refused: %v", tail(run), err)
		return nil
	case p.SHA256 != s.plan.SHA256:
		w.log("plan %s is refused: it is not the one that was signed", tail(run))
		return nil
	}
	return p
}

// edit lets somebody do something to the file of a plan while it is read.
func (w *world) edit() {
	if w.opts.editors == 0 || w.rnd.IntN(w.opts.editors) > 0 {
		return
	}
	s := w.shelves[w.rnd.IntN(len(w.shelves))]
	if s.foul {
		s.restore(w)
		return
	}
	s.foul = true
	switch w.rnd.IntN(4) {
	case 0, 1: // overwritten in place
		what := w.forge(s.file.data)
		w.log("EDIT in place: plan %s, %s", tail(s.plan.Header.ID), what)
	case 2: // another file under the same name
		s.file = &paper{bytes.Clone(s.file.data)}
		what := w.forge(s.file.data)
		w.log("EDIT, replaced: plan %s, %s", tail(s.plan.Header.ID), what)
	case 3:
		s.file.data = s.file.data[:w.rnd.IntN(len(s.file.data))]
		w.log("EDIT, cut: plan %s to %d bytes", tail(s.plan.Header.ID), len(s.file.data))
	}
}

// restore puts back what was signed, in place or as another file.
func (s *shelf) restore(w *world) {
	w.log("EDIT undone: plan %s", tail(s.plan.Header.ID))
	if w.rnd.IntN(2) == 0 {
		s.file = &paper{}
	}
	s.file.data, s.foul = bytes.Clone(s.signed), false
}

// forge changes one digit of what is paid in a row: the account, the УИН or the
// sum. The line stays a sound line of JSON.
func (w *world) forge(data []byte) string {
	var spots []int
	for _, field := range []string{`"account":"0310064300000`, `"uin":"1881000000000000`, `"kopecks":`} {
		for at := 0; ; {
			i := bytes.Index(data[at:], []byte(field))
			if i < 0 {
				break
			}
			at += i + len(field)
			spots = append(spots, at)
		}
	}
	at := spots[w.rnd.IntN(len(spots))]
	data[at] = byte('1' + w.rnd.IntN(9))
	line := data[bytes.LastIndexByte(data[:at], '\n')+1:]
	head, _, _ := strings.Cut(string(line[:min(len(line), 24)]), `,"s"`)
	return head
}

// agreed holds a request that leaves against what was signed for its row.
func (w *world) agreed(have *journal.Payment, req cabinet.PaymentRequest) {
	s := w.shelfOf(have.Run)
	if want, ok := s.rows[have.Row]; !ok || want != askedOf(req) {
		w.broken("row %d: %+v left, %+v was signed", have.Row, askedOf(req), want)
	}
}
