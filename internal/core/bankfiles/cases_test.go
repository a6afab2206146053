package bankfiles_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/sqlite"
	"github.com/epgu-cli/epgu/internal/payfile/onec"
	"github.com/epgu-cli/epgu/internal/payfile/statement"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

const (
	fileAccount = "40702810138250123017"
	filePurpose = "Единый налоговый платеж"
)

func manual(t *testing.T, e *billing.Engine, p cabinet.Payee) *billing.Quote {
	t.Helper()
	q, err := e.QuoteRequisites(t.Context(), billing.ManualRequest{Requisites: cabinet.Requisites{Payee: p, Purpose: filePurpose}, AmountKopecks: 150000, Payer: "7707083893", Via: journal.ViaBankFile})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// waiting journals one payment of 1500 rubles by the order number 1, as the files
// of testdata have it.
func waiting(t *testing.T, charged bool) (*billing.Engine, string) {
	t.Helper()
	clk := clock.NewManual(time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC))
	j, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir(), Clock: clk})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	e := &billing.Engine{Journal: j, Clock: clk, Profile: "sandbox"}
	p := payee()
	p.KBK, p.OKTMO = "18201061201010000510", "0"
	q := manual(t, e, p)
	if charged {
		q = &billing.Quote{Charge: cabinet.Charge{UIN: uin, Kind: "fine", State: "unpaid", Purpose: "Штраф", AmountKopecks: 150000, DueKopecks: 150000, Payee: p, PayerID: "1140000000000000000009"}, AmountKopecks: 150000}
	}
	i := bankfiles.Issuer{Engine: e, Book: e.Journal.(bankfiles.Book), Charset: onec.UTF8,
		Payer: bankfiles.Payer{Name: "ООО «Ромашка»", INN: "7707083893", KPP: "773001001", Account: fileAccount, BIK: "044525225"}}
	var file place
	got, err := i.Issue(t.Context(), []*billing.Quote{q}, "order.txt", &file)
	if err != nil {
		t.Fatal(err)
	}
	return e, got[0].Payment.ID
}

func importFile(t *testing.T, e *billing.Engine, name string, how bankfiles.How) *bankfiles.Report {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "payfile", "testdata", "cases", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rep, err := bankfiles.Import(t.Context(), e.Journal.(bankfiles.Ledger), "sandbox", name, f, how)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return rep
}

func state(t *testing.T, e *billing.Engine, id string) journal.Payment {
	t.Helper()
	p, err := e.Journal.Payment(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestEveryFileOfBanksSettlesWhatItProvesAndNothingElse(t *testing.T) {
	for name, want := range map[string]string{ // outcomes, then settled, doubts, unreadable, notes
		"base.txt":               "matched 1 0 0 0",
		"c_eqacct.csv":           "matched 1 0 0 0",
		"c_failed.csv":           "ignored 0 0 0 0",
		"c_hold.csv":             "ignored 0 0 0 0",
		"c_sci_acct.csv":         " 0 0 1 0",
		"c_usd.csv":              "ignored 0 0 0 0",
		"date_1d.txt":            "unmatched 0 0 0 0",
		"k_debit_wrongacct.txt":  "matched 1 0 0 0",
		"k_draft.txt":            "ignored 0 0 0 0",
		"k_returned.txt":         "matched returned 1 1 0 0",
		"k_storno.txt":           "matched returned 1 1 0 0",
		"o_code_act.txt":         "matched 1 0 0 0",
		"o_extra.txt":            "matched 1 0 0 2",
		"o_type1.txt":            "matched 1 0 0 0",
		"s_acct_spaces.txt":      "matched 1 0 0 0",
		"s_acct_unknown.txt":     "matched 1 0 0 1",
		"s_comment.txt":          "matched 1 0 0 1",
		"s_debited_2y.txt":       "matched 1 0 0 0",
		"s_debited_iso.txt":      "matched 1 0 0 0",
		"s_debited_zero.txt":     " 0 0 1 0",
		"s_two_int_dates.txt":    "matched 1 0 0 0",
		"trail_nbsp.txt":         "matched 1 0 0 0",
		"utf16.txt":              "matched 1 0 0 0",
		"z_both.txt":             "ambiguous ambiguous 0 2 0 0",
		"z_d2_same_no_later.txt": "matched 1 0 0 0",
	} {
		t.Run(name, func(t *testing.T) {
			e, id := waiting(t, false)
			rep := importFile(t, e, name, bankfiles.How{})
			outcomes := ""
			for i, f := range rep.Found {
				if i > 0 {
					outcomes += " "
				}
				outcomes += string(f.Outcome)
			}
			if got := fmt.Sprint(outcomes, " ", rep.Settled, " ", rep.Doubts, " ", len(rep.Faults), " ", len(rep.Notes)); got != want {
				t.Errorf("got %q, want %q: %+v %+v", got, want, rep.Found, rep.Faults)
			}
			p := state(t, e, id)
			if paid := p.State == journal.Paid; paid != (rep.Settled == 1) || paid && (p.SettledBy == nil || p.SettledBy.Number != "1" || p.SettledBy.Moved == "") {
				t.Errorf("%s, settled by %+v", p.State, p.SettledBy)
			}
		})
	}
}

func TestATableOfACardSettlesByTheChargeInItsDescription(t *testing.T) {
	e, id := waiting(t, true)
	if rep := importFile(t, e, "c_tinkoff.csv", bankfiles.How{}); rep.Settled != 1 || state(t, e, id).State != journal.Paid {
		t.Fatalf("%+v", rep)
	}
	if rep := importFile(t, e, "c_tinkoff.csv", bankfiles.How{}); rep.Settled != 0 || rep.Already != 1 || rep.Doubts != 0 {
		t.Fatalf("the same row again: %+v", rep)
	}
}

func TestASecondDocumentIsSeenAcrossImports(t *testing.T) {
	e, id := waiting(t, false)
	importFile(t, e, "base.txt", bankfiles.How{})
	for range 2 {
		rep := importFile(t, e, "z_d2_same_no_later.txt", bankfiles.How{})
		if rep.Doubts != 1 || rep.Settled+rep.Already != 0 || rep.Found[0].Outcome != statement.Ambiguous || !slices.Equal(rep.Found[0].Candidates, []string{id}) {
			t.Fatalf("%+v", rep)
		}
	}
	// The first document in other files is still the first one.
	for _, name := range []string{"base.txt", "c_eqacct.csv", "utf16.txt", "s_debited_iso.txt"} {
		if rep := importFile(t, e, name, bankfiles.How{}); rep.Already != 1 || rep.Doubts != 0 {
			t.Errorf("%s: %+v", name, rep)
		}
	}
	// Beside the second the first keeps its payment.
	rep := importFile(t, e, "z_both.txt", bankfiles.How{})
	if rep.Already != 1 || rep.Doubts != 1 || rep.Found[0].Outcome != statement.Matched || rep.Found[1].Outcome != statement.Ambiguous {
		t.Errorf("%+v", rep)
	}
}

func TestMoneyThatCameBackIsRecordedWhenAPersonSaysSo(t *testing.T) {
	for _, name := range []string{"k_returned.txt", "k_storno.txt"} {
		e, id := waiting(t, false)
		rep := importFile(t, e, name, bankfiles.How{})
		if f := rep.Found[1]; f.Payment != id || f.Back || state(t, e, id).State != journal.Paid {
			t.Fatalf("%s: %+v", name, f)
		}
		importFile(t, e, name, bankfiles.How{Returned: []string{id}, Dry: true})
		if state(t, e, id).State != journal.Paid {
			t.Fatalf("%s: a dry run moved the payment", name)
		}
		rep = importFile(t, e, name, bankfiles.How{Returned: []string{id}})
		if p := state(t, e, id); rep.Returned != 1 || rep.Doubts != 0 || p.State != journal.Returned || p.ReturnedBy == nil || p.SettledBy == nil {
			t.Fatalf("%s: %+v, %+v", name, rep, p)
		}
		if rep = importFile(t, e, name, bankfiles.How{}); rep.Doubts != 0 || rep.Settled+rep.Returned != 0 {
			t.Errorf("%s: again %+v", name, rep)
		}
		// Paying again needs no override.
		p := payee()
		p.KBK, p.OKTMO = "18201061201010000510", "0"
		q := manual(t, e, p)
		i := bankfiles.Issuer{Engine: e, Book: e.Journal.(bankfiles.Book), Charset: onec.UTF8,
			Payer: bankfiles.Payer{Name: "ООО «Ромашка»", INN: "7707083893", KPP: "773001001", Account: fileAccount, BIK: "044525225"}}
		var again place
		if got, err := i.Issue(t.Context(), []*billing.Quote{q}, "again.txt", &again); err != nil || got[0].Payment.LinkedTo != id {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	e, id := waiting(t, false)
	f, err := os.Open(filepath.Join("..", "..", "payfile", "testdata", "cases", "base.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := bankfiles.Import(t.Context(), e.Journal.(bankfiles.Ledger), "sandbox", "base.txt", f, bankfiles.How{Returned: []string{id}}); err == nil || state(t, e, id).State == journal.Paid {
		t.Errorf("a return that the statement does not have: %v", err)
	}
}
