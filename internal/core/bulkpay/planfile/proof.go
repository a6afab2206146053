package planfile

import (
	"sync"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// CodeNotSigned is the code of a payment that is not the one of its row.
const CodeNotSigned = "plan.not_signed"

// sheet is a checked block as proofs need it.
type sheet struct {
	tree tree
	paid []paid
}

// paid is what a row pays; zero for one that is not to be paid.
type paid struct {
	uin     string
	kopecks int64
}

// recent keeps the last sheets, since payments go out about in the order of rows.
type recent struct {
	mu     sync.Mutex
	sheets [recentSheets]*sheet
	of     [recentSheets]int // block and 1
	next   int
}

// recentSheets covers what a run has in hand at once, with room: some 20 KiB each.
const recentSheets = 16

func (r *recent) put(i int, s *sheet) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for k, of := range r.of {
		if of == i+1 {
			r.sheets[k] = s
			return
		}
	}
	r.sheets[r.next], r.of[r.next] = s, i+1
	r.next = (r.next + 1) % recentSheets
}

func (r *recent) get(i int) *sheet {
	r.mu.Lock()
	defer r.mu.Unlock()
	for k, of := range r.of {
		if of == i+1 {
			return r.sheets[k]
		}
	}
	return nil
}

// Vouch holds a payment that is about to be sent against its row, and returns the
// proof that the row is part of what people have signed. An error means that the
// payment is not what the plan says (CodeNotSigned), or that the plan is damaged.
func (p *Plan) Vouch(row int, req *cabinet.PaymentRequest) (*cabinet.PaymentProof, error) {
	if row < 1 || row > p.Totals.Rows {
		return nil, notSigned(row)
	}
	i := (row - 1) / p.Header.BlockRows
	s := p.proven.get(i)
	if s == nil {
		data, err := p.load(i, nil)
		if err != nil {
			return nil, err
		}
		if _, s, err = p.parse(i, data, true, true); err != nil {
			return nil, err
		}
		p.proven.put(i, s)
	}
	k := (row - 1) % p.Header.BlockRows
	want := s.paid[k]
	if want.kopecks == 0 || req.AmountKopecks != want.kopecks || req.UIN != want.uin ||
		req.UIN == "" && leafOfRequest(row, req) != s.tree.levels[0][k] || req.UIN != "" && req.Requisites != nil {
		return nil, notSigned(row)
	}
	path := make([]byte, 0, (len(s.tree.levels)+len(p.tops.levels))*len(digest{}))
	return &cabinet.PaymentProof{Row: int64(row), Path: p.tops.path(s.tree.path(path, k), i)}, nil
}

func notSigned(row int) error {
	return fault.New(exitcode.Conflict, CodeNotSigned, i18n.Text{
		RU: "платёж строки %d не тот, что в одобренном плане; он не отправлен", EN: "the payment of row %d is not the one of the approved plan; it was not sent"}.With(row)).
		Advise(i18n.Say("журнал и план разошлись: проверьте журнал, epgu audit verify", "the journal and the plan disagree: check the journal, epgu audit verify"))
}
