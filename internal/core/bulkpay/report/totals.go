package report

import (
	"cmp"
	"slices"

	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/journal"
)

// Totals are counts and sums of payments by state, and of the paid ones by payee
// and by КБК.
type Totals struct {
	States map[string]planfile.Sum `json:"states"`
	Paid   planfile.Sum            `json:"paid"`
	Payees []planfile.Group        `json:"byPayee"` // largest sum first; filled by Close
	KBKs   []planfile.Group        `json:"byKbk"`

	payees, kbks map[string]*planfile.Group
}

// groupLimit bounds the payees and the КБК that are told apart; what comes beyond
// is added up under "".
const groupLimit = 10_000

// Add counts a payment in a state.
func (t *Totals) Add(state, payee, name, kbk string, kopecks int64) {
	if t.States == nil {
		t.States, t.payees, t.kbks = map[string]planfile.Sum{}, map[string]*planfile.Group{}, map[string]*planfile.Group{}
	}
	s := t.States[state]
	s.N, s.Kopecks = s.N+1, s.Kopecks+kopecks
	t.States[state] = s
	if state != string(journal.Paid) {
		return
	}
	t.Paid.N, t.Paid.Kopecks = t.Paid.N+1, t.Paid.Kopecks+kopecks
	addTo(t.payees, payee, name, kopecks)
	addTo(t.kbks, kbk, "", kopecks)
}

// AddLine counts a line of a report.
func (t *Totals) AddLine(l *Line) {
	p := PaidOf(l)
	t.Add(l.Standing(), p.Payee.Account, p.Payee.Name, p.Budget.KBK, p.Kopecks)
}

func addTo(groups map[string]*planfile.Group, key, name string, kopecks int64) {
	g := groups[key]
	if g == nil {
		if len(groups) >= groupLimit {
			key, name = "", ""
		}
		if g = groups[key]; g == nil {
			g = &planfile.Group{Key: key, Name: name}
			groups[key] = g
		}
	}
	g.N, g.Kopecks = g.N+1, g.Kopecks+kopecks
}

// Close fills the lists.
func (t *Totals) Close() {
	t.Payees, t.KBKs = ranked(t.payees), ranked(t.kbks)
}

func ranked(groups map[string]*planfile.Group) []planfile.Group {
	out := make([]planfile.Group, 0, len(groups))
	for _, g := range groups {
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b planfile.Group) int {
		return cmp.Or(cmp.Compare(b.Kopecks, a.Kopecks), cmp.Compare(a.Key, b.Key))
	})
	return out
}
