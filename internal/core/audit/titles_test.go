package audit_test

import (
	"testing"

	"github.com/epgu-cli/epgu/internal/core/audit"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/journal"
)

// One state has one wording, whoever tells of it.
func TestTheJournalNamesTheStatesOfAPaymentAsPaymentsDo(t *testing.T) {
	for _, s := range []journal.State{journal.Planned, journal.Claimed, journal.Sending, journal.Accepted, journal.Paid, journal.Refused, journal.Returned, journal.Unknown} {
		for _, k := range []journal.Kind{journal.PaymentMoved, journal.PaymentBegun} {
			if got, want := audit.StateTitle(k, s), billing.StateTitle(s); got != want {
				t.Errorf("%s of a payment: %v, elsewhere %v", s, got, want)
			}
		}
	}
}

func TestEveryStateOfAnApplicationHasANameOfItsOwnInBothLanguages(t *testing.T) {
	seen := map[string]journal.State{}
	for _, s := range []journal.State{journal.Prepared, journal.Reserved, journal.Sending, journal.Accepted, journal.Refused, journal.Unknown} {
		name := audit.StateTitle(journal.SubmissionMoved, s)
		if name.RU == "" || name.EN == "" || name.RU == string(s) {
			t.Errorf("%s: %v", s, name)
		}
		if other, ok := seen[name.RU]; ok {
			t.Errorf("%s and %s are both called %s", s, other, name.RU)
		}
		seen[name.RU] = s
	}
	if name := audit.StateTitle(journal.PaymentBegun, ""); !name.IsZero() {
		t.Errorf("no state is called %v", name)
	}
}
