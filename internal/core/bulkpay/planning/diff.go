package planning

import (
	"errors"
	"iter"
	"strconv"

	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
)

// Difference is a row that two plans disagree about. Old or New is nil when only
// one of them has it.
type Difference struct {
	Key      string // УИН, or the row's reference, or its requisites
	Old, New *planfile.Row
}

// ErrTooLarge says that plans are too large to be compared.
var ErrTooLarge = errors.New("planning: the plans are too large to compare")

// maxDiff bounds the rows of the earlier plan that are kept in memory.
const maxDiff = 2_000_000

// Diff yields what is different in a new plan: rows that came, went, or have
// another status or sum.
func Diff(old, now *planfile.Plan) iter.Seq2[Difference, error] {
	type brief struct {
		n       int32
		kopecks int64
		status  planfile.Status
	}
	return func(yield func(Difference, error) bool) {
		before := map[string]brief{}
		name := namer(old.Head())
		for r, err := range old.Rows(1) {
			if err == nil && len(before) >= maxDiff {
				err = ErrTooLarge
			}
			if err != nil {
				yield(Difference{}, err)
				return
			}
			before[name(r)] = brief{int32(r.N), r.Kopecks, r.Status}
		}
		name = namer(now.Head())
		for r, err := range now.Rows(1) {
			if err != nil {
				yield(Difference{}, err)
				return
			}
			key := name(r)
			b, ok := before[key]
			delete(before, key)
			if ok && b.kopecks == r.Kopecks && b.status == r.Status {
				continue
			}
			d := Difference{Key: shown(r), New: r}
			if ok {
				d.Old = &planfile.Row{N: int(b.n), Kopecks: b.kopecks, Status: b.status}
			}
			if !yield(d, nil) {
				return
			}
		}
		// What is left has gone; in the order of the old plan.
		name = namer(old.Head())
		for r, err := range old.Rows(1) {
			if err != nil {
				yield(Difference{}, err)
				return
			}
			if b, ok := before[name(r)]; ok && int(b.n) == r.N {
				if !yield(Difference{Key: shown(r), Old: r}, nil) {
					return
				}
			}
		}
	}
}

// namer names the rows of a plan one after the other, so that a debt which
// several rows ask for has a name for each of them.
func namer(h *planfile.Header) func(*planfile.Row) string {
	seen := map[string]int{}
	return func(r *planfile.Row) string {
		s := r.UIN
		if s == "" {
			k := keyHash(r, h)
			s = string(k[:])
		}
		if seen[s]++; seen[s] > 1 {
			s += " " + strconv.Itoa(seen[s])
		}
		return s
	}
}

func shown(r *planfile.Row) string {
	switch {
	case r.UIN != "":
		return r.UIN
	case r.Reference != "":
		return r.Reference
	}
	return rowName(r.N)
}
