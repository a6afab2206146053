package journal_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/journal"
)

var (
	witnesses = []journal.Witness{journal.Engine, journal.PortalByID, journal.Statement, journal.ChargeFlag, journal.Operator, journal.OwnFile, journal.Bank}
	payStates = []journal.State{journal.Planned, journal.Claimed, journal.Sending, journal.Accepted, journal.Paid, journal.Refused, journal.Unknown, journal.Returned}
	appStates = []journal.State{journal.Prepared, journal.Reserved, journal.Sending, journal.Accepted, journal.Refused, journal.Unknown}
)

// table writes who may move what: a line for each pair of states that has
// anybody, witnesses by their first letters (the charge's flag is f, the own file w, the bank's notice b).
func table(states []journal.State, may func(from, to journal.State, w journal.Witness) bool) string {
	var b strings.Builder
	for _, from := range states {
		for _, to := range states {
			by := ""
			for i, w := range witnesses {
				if may(from, to, w) {
					by += string("epsfowb"[i])
				}
			}
			if by != "" {
				fmt.Fprintf(&b, "%s→%s %s\n", from, to, by)
			}
		}
	}
	return b.String()
}

func TestTheTableOfPaymentsIsExactlyThis(t *testing.T) {
	want := `planned→claimed e
planned→paid psfo
planned→refused eo
claimed→planned eo
claimed→sending e
claimed→paid psfo
claimed→refused eo
sending→planned e
sending→accepted epo
sending→paid epsfo
sending→refused epo
sending→unknown eo
accepted→accepted b
accepted→paid epsfo
accepted→refused epob
accepted→unknown po
paid→paid s
paid→returned pso
unknown→planned pow
unknown→accepted powb
unknown→paid psfo
unknown→refused pob
unknown→unknown w
`
	if got := table(payStates, journal.PaymentMayMove); got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestTheTableOfApplicationsIsExactlyThis(t *testing.T) {
	want := `prepared→reserved e
prepared→sending e
prepared→refused eo
reserved→sending e
reserved→refused epo
sending→prepared e
sending→reserved e
sending→sending e
sending→accepted epo
sending→refused epo
sending→unknown eo
unknown→prepared po
unknown→reserved po
unknown→accepted po
unknown→refused po
`
	if got := table(appStates, journal.SubmissionMayMove); got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestWhatIsUnknownOrFinalNeverMovesOnTheEnginesWord(t *testing.T) {
	for _, from := range []journal.State{journal.Unknown, journal.Paid, journal.Refused, journal.Returned} {
		for _, to := range payStates {
			if journal.PaymentMayMove(from, to, journal.Engine) {
				t.Errorf("%s→%s", from, to)
			}
		}
	}
	for _, w := range append(witnesses, "", "time") {
		for _, to := range payStates {
			if journal.PaymentMayMove(journal.Returned, to, w) || journal.PaymentMayMove(journal.Refused, to, w) {
				t.Errorf("%s moves a final payment to %s", w, to)
			}
			if to != journal.Returned && to != journal.Paid && journal.PaymentMayMove(journal.Paid, to, w) {
				t.Errorf("%s moves a paid payment to %s", w, to)
			}
		}
	}
}

func TestTheRuleOfRepetition(t *testing.T) {
	at := func(id, run string, row int, s journal.State) journal.Attempt {
		return journal.Attempt{ID: id, Run: run, Row: row, State: s}
	}
	by := func(a journal.Attempt, reason string) journal.Attempt { a.Again = reason; return a }
	for _, c := range []struct {
		name     string
		attempts []journal.Attempt
		wish     journal.Wish
		outcome  journal.Outcome
		index    int
	}{
		{"nothing before", nil, journal.Wish{ID: "b"}, journal.Inserted, -1},
		{"the same id", []journal.Attempt{at("b", "", 0, journal.Refused)}, journal.Wish{ID: "b", Again: "the file was lost"}, journal.Duplicate, 0},
		{"a refused one", []journal.Attempt{at("a", "", 0, journal.Refused)}, journal.Wish{ID: "b"}, journal.Repeated, 0},
		{"a planned one", []journal.Attempt{at("a", "", 0, journal.Planned)}, journal.Wish{ID: "b"}, journal.Duplicate, 0},
		{"an unknown one", []journal.Attempt{at("a", "", 0, journal.Unknown)}, journal.Wish{ID: "b"}, journal.Duplicate, 0},
		{"a paid one, overridden", []journal.Attempt{at("a", "", 0, journal.Paid)}, journal.Wish{ID: "b", Again: "the file was lost"}, journal.Repeated, 0},
		{"a returned one", []journal.Attempt{at("a", "", 0, journal.Returned)}, journal.Wish{ID: "b"}, journal.Repeated, 0},
		{"returned in this row", []journal.Attempt{at("a", "r", 1, journal.Returned)}, journal.Wish{ID: "b", Run: "r", Row: 1}, journal.Duplicate, 0},
		{"paid, then refused", []journal.Attempt{at("a", "", 0, journal.Paid), at("b", "", 0, journal.Refused)}, journal.Wish{ID: "c"}, journal.Duplicate, 0},
		{"refused in another run", []journal.Attempt{at("a", "r", 1, journal.Refused)}, journal.Wish{ID: "b", Run: "s", Row: 1}, journal.Repeated, 0},
		{"refused in this row", []journal.Attempt{at("a", "r", 1, journal.Refused)}, journal.Wish{ID: "b", Run: "r", Row: 1}, journal.Duplicate, 0},
		{"refused in this row, overridden", []journal.Attempt{at("a", "r", 1, journal.Refused)}, journal.Wish{ID: "b", Run: "r", Row: 1, Again: "the file was lost"}, journal.Duplicate, 0},
		{"refused in this row, named", []journal.Attempt{at("a", "r", 1, journal.Refused)}, journal.Wish{ID: "b", Run: "r", Row: 1, LinkedTo: "a"}, journal.Repeated, 0},
		{"refused in another row of this run", []journal.Attempt{at("a", "r", 1, journal.Refused)}, journal.Wish{ID: "b", Run: "r", Row: 2}, journal.Duplicate, 0},
		{"paid in another row, overridden", []journal.Attempt{at("a", "r", 1, journal.Paid)}, journal.Wish{ID: "b", Run: "r", Row: 2, Again: "the file was lost"}, journal.Repeated, 0},
		{"one that is not the last is named", []journal.Attempt{at("a", "", 0, journal.Refused), at("b", "", 0, journal.Refused)}, journal.Wish{ID: "c", LinkedTo: "a"}, journal.Duplicate, 1},
		{"not the last, overridden", []journal.Attempt{at("a", "", 0, journal.Refused), at("b", "", 0, journal.Paid)}, journal.Wish{ID: "c", LinkedTo: "a", Again: "the file was lost"}, journal.Duplicate, 1},
		{"begun by the same reason", []journal.Attempt{at("a", "", 0, journal.Paid), by(at("b", "", 0, journal.Planned), "the file was lost")}, journal.Wish{ID: "c", Again: "the file was lost"}, journal.Duplicate, 1},
		{"paid by the same reason in other letters", []journal.Attempt{by(at("a", "", 0, journal.Paid), " The file  was lost"), at("b", "", 0, journal.Refused)}, journal.Wish{ID: "c", Again: "the file was lost"}, journal.Duplicate, 0},
		{"refused by the same reason", []journal.Attempt{at("a", "", 0, journal.Paid), by(at("b", "", 0, journal.Refused), "the file was lost")}, journal.Wish{ID: "c", Again: "the file was lost"}, journal.Repeated, 1},
		{"paid by another reason", []journal.Attempt{by(at("a", "", 0, journal.Paid), "a second child")}, journal.Wish{ID: "c", Again: "the file was lost"}, journal.Repeated, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			outcome, index := journal.Repeat(c.attempts, c.wish)
			if outcome != c.outcome || index != c.index {
				t.Errorf("got %d, %d; want %d, %d", outcome, index, c.outcome, c.index)
			}
		})
	}
}
