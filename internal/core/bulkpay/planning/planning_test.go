package planning_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planning"
	"github.com/epgu-cli/epgu/internal/core/registers"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/sqlite"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

func noon() time.Time { return time.Date(2026, 7, 15, 9, 0, 0, 0, time.UTC) } // in Moscow

const runID = "01980000-0000-7000-8000-000000000001"

// portal answers from a list; each question takes a second of its clock.
type portal struct {
	charges map[string]cabinet.Charge
	methods []cabinet.PaymentMethod
	limits  *cabinet.Limits
	clock   *clock.Manual
}

func (p *portal) Charge(_ context.Context, uin string) (*cabinet.Charge, error) {
	if p.clock != nil {
		p.clock.Advance(time.Second)
	}
	c, ok := p.charges[uin]
	if !ok {
		return nil, fault.New(exitcode.NotFound, "charge.not_found", i18n.Say("нет", "no"))
	}
	return &c, nil
}

func (p *portal) PaymentMethods(context.Context) ([]cabinet.PaymentMethod, error) {
	return p.methods, nil
}

func (p *portal) Capabilities(context.Context) (*cabinet.Capabilities, error) {
	return &cabinet.Capabilities{Limits: p.limits}, nil
}

func account(limit, balance int64) cabinet.PaymentMethod {
	return cabinet.PaymentMethod{ID: "account", Default: true, LimitKopecks: limit, BalanceKopecks: &balance}
}

// uin makes an УИН; planning takes it as it is.
func uin(n int) string { return fmt.Sprintf("1881017717032518%04d", n) }

func charge(n int, due int64, change func(*cabinet.Charge)) cabinet.Charge {
	c := cabinet.Charge{UIN: uin(n), Kind: "fine", State: "unpaid", AmountKopecks: due, DueKopecks: due, PayerID: "7707083893",
		Payee: cabinet.Payee{Name: "УФК, учебная", Account: "03100643000000018500", KBK: "18811601123010001140"}}
	if change != nil {
		change(&c)
	}
	return c
}

func ledger(t *testing.T) journal.Journal {
	t.Helper()
	j, err := sqlite.Open(t.Context(), sqlite.Options{Dir: filepath.Join(t.TempDir(), "journal"), Clock: clock.NewManual(noon())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func source(rows ...planfile.Row) planning.Source {
	return func(yield func(*planfile.Row, error) bool) {
		for i := range rows {
			r := rows[i]
			r.Line = i + 2
			if !yield(&r, nil) {
				return
			}
		}
	}
}

func make1(t *testing.T, p *planning.Planner, rows planning.Source) (*planning.Made, []planfile.Row, error) {
	t.Helper()
	var b bytes.Buffer
	made, err := p.Make(t.Context(), &b, planfile.Header{ID: runID, Profile: "demo", Payer: "7707083893"}, rows)
	if err != nil {
		return nil, nil, err
	}
	plan, err := planfile.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if plan.SHA256 != made.SHA256 {
		t.Errorf("the plan's hash is %s, the planner says %s", plan.SHA256, made.SHA256)
	}
	var out []planfile.Row
	for r, err := range plan.Rows(1) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, *r)
	}
	return made, out, nil
}

func planner(t *testing.T, charges ...cabinet.Charge) (*planning.Planner, *portal) {
	p := &portal{charges: map[string]cabinet.Charge{}, methods: []cabinet.PaymentMethod{account(0, 1_000_000_00)}}
	for _, c := range charges {
		p.charges[c.UIN] = c
	}
	return &planning.Planner{Portal: p, Journal: ledger(t), Clock: clock.NewManual(noon())}, p
}

func day(d int) *time.Time {
	t := time.Date(2026, 7, d, 21, 0, 0, 0, time.UTC).Add(-3 * time.Hour)
	return &t
}

func TestWhatIsDoneWithARowFollowsFromItsCharge(t *testing.T) {
	discount := func(last int) func(*cabinet.Charge) {
		return func(c *cabinet.Charge) { c.Discount = &cabinet.Discount{DueKopecks: c.DueKopecks, LastDay: *day(last)} }
	}
	for name, c := range map[string]struct {
		charge   cabinet.Charge
		asked    int64
		change   func(*planning.Planner)
		status   planfile.Status
		kopecks  int64
		notAfter string
		warn     string
	}{
		"due as the register says":              {charge(1, 500_00, nil), 500_00, nil, planfile.Pay, 500_00, "", ""},
		"the register leaves the sum open":      {charge(1, 500_00, nil), 0, nil, planfile.Pay, 500_00, "", ""},
		"paid":                                  {charge(1, 0, func(c *cabinet.Charge) { c.State = "paid" }), 500_00, nil, planfile.Paid, 0, "", ""},
		"settled by force":                      {charge(1, 0, func(c *cabinet.Charge) { c.State = "forcibly-settled" }), 500_00, nil, planfile.Paid, 0, "", ""},
		"withdrawn":                             {charge(1, 500_00, func(c *cabinet.Charge) { c.State = "annulled" }), 500_00, nil, planfile.Annulled, 500_00, "", ""},
		"another sum":                           {charge(1, 700_00, nil), 500_00, nil, planfile.Changed, 700_00, "", planning.WarnDiscountLost},
		"another sum, accepted":                 {charge(1, 700_00, nil), 500_00, func(p *planning.Planner) { p.AcceptChanged = true }, planfile.Pay, 700_00, "", planning.WarnDiscountLost},
		"a discount that lasts":                 {charge(1, 250_00, discount(25)), 250_00, nil, planfile.Pay, 250_00, "2026-07-25", ""},
		"a discount that ends tomorrow":         {charge(1, 250_00, discount(16)), 250_00, nil, planfile.Pay, 250_00, "2026-07-16", planning.WarnDiscountEnds},
		"its term is over":                      {charge(1, 500_00, func(c *cabinet.Charge) { c.PayUntil = day(14) }), 500_00, nil, planfile.Ended, 500_00, "", planning.WarnTermOver},
		"its term is over, paid all the same":   {charge(1, 500_00, func(c *cabinet.Charge) { c.PayUntil = day(14) }), 500_00, func(p *planning.Planner) { p.AfterTerm = true }, planfile.Pay, 500_00, "", planning.WarnTermOver},
		"its term ends today":                   {charge(1, 500_00, func(c *cabinet.Charge) { c.PayUntil = day(15) }), 500_00, nil, planfile.Pay, 500_00, "", planning.WarnTermEnds},
		"a duty to the single tax payment":      {charge(1, 500_00, func(c *cabinet.Charge) { c.Kind, c.Payee.KBK = "duty", "18201061201010000510" }), 500_00, nil, planfile.Pay, 500_00, "", planning.WarnSingleTax},
		"the portal knows no such charge":       {charge(2, 500_00, nil), 500_00, nil, planfile.Absent, 500_00, "", ""},
		"not asked about, for want of a portal": {charge(1, 500_00, nil), 500_00, func(p *planning.Planner) { p.Portal = nil }, planfile.Pay, 500_00, "", planning.WarnNotChecked},
	} {
		t.Run(name, func(t *testing.T) {
			p, _ := planner(t, c.charge)
			if c.change != nil {
				c.change(p)
			}
			_, rows, err := make1(t, p, source(planfile.Row{UIN: uin(1), Asked: c.asked}))
			if err != nil {
				t.Fatal(err)
			}
			r := rows[0]
			if r.Status != c.status || r.Kopecks != c.kopecks || r.NotAfter != c.notAfter || strings.Join(r.Warn, " ") != c.warn {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestTheJournalAndEarlierRowsAreLookedAt(t *testing.T) {
	p, _ := planner(t, charge(1, 100_00, nil), charge(2, 200_00, nil), charge(3, 300_00, nil))
	j := p.Journal.(journal.Journal)
	known := journal.Payment{ID: "01980000-0000-7000-8000-00000000000a", Profile: "demo", Run: "earlier", Row: 1, Via: journal.ViaBankFile, Payer: "someone else", UIN: uin(2), AmountKopecks: 200_00}
	if _, err := j.Plan(t.Context(), []journal.Payment{known}); err != nil {
		t.Fatal(err)
	}
	rows := source(planfile.Row{UIN: uin(1), Asked: 100_00}, planfile.Row{UIN: uin(2), Asked: 200_00}, planfile.Row{UIN: uin(1), Asked: 100_00}, planfile.Row{UIN: uin(3), Asked: 300_00, Status: planfile.Paid, Why: "report.settled"})
	made, got, err := make1(t, p, rows)
	if err != nil {
		t.Fatal(err)
	}
	var states []string
	for _, r := range got {
		states = append(states, string(r.Status)+" "+r.Holder)
	}
	if fmt.Sprintf("%q", states) != `["pay " "in-flight `+known.ID+`" "duplicate row 1" "paid "]` || made.Totals.Pay != (planfile.Sum{N: 1, Kopecks: 100_00}) {
		t.Fatalf("%q %+v", states, made.Totals)
	}
	p.Again = &journal.Override{Reason: "the bank lost the file", Who: "Демо"}
	if _, got, err = make1(t, p, source(planfile.Row{UIN: uin(2), Asked: 200_00})); err != nil || got[0].Status != planfile.Pay || got[0].Override == nil {
		t.Fatalf("%+v, %v", got, err)
	}
}

func TestRowsWithDifferentActCodesAreDifferentDebts(t *testing.T) {
	p, _ := planner(t)
	p.Portal = nil
	act := func(code string, kopecks int64) planfile.Row {
		return planfile.Row{ActCode: code, Asked: kopecks, Payee: &planfile.Payee{Name: "Суд, учебный", Account: "03100643000000018500"}}
	}
	states := func(rows ...planfile.Row) string {
		_, got, err := make1(t, p, source(rows...))
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, r := range got {
			out = append(out, strings.TrimSpace(string(r.Status)+" "+r.Holder))
		}
		return strings.Join(out, ", ")
	}
	rows := []planfile.Row{act("0101", 100), act("0102", 100), act("0101", 100), act("0101", 200)}
	if got := states(rows...); got != "pay, pay, duplicate row 1, pay" {
		t.Fatal(got)
	}
	// The second is known with its code; the last was journalled before codes were kept.
	j := p.Journal.(journal.Journal)
	known, old := act("0102", 100), act("", 200)
	known.Kopecks, old.Kopecks = 100, 200
	head := planfile.Header{ID: "01980000-0000-7000-8000-00000000000b", Profile: "demo", Payer: "7707083893"}
	var ids []string
	for i, r := range []planfile.Row{known, old} {
		r.N, r.Payer = i+1, head.Payer
		res, err := j.Plan(t.Context(), []journal.Payment{r.Payment(&head, journal.ViaPortal)})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, res[0].Payment.ID)
	}
	if got, want := states(rows...), "pay, in-flight "+ids[0]+", duplicate row 1, in-flight "+ids[1]; got != want {
		t.Fatalf("%s\nwant %s", got, want)
	}
}

func TestTheLimitOfOnePaymentAndTheBalanceAreKept(t *testing.T) {
	p, at := planner(t, charge(1, 900_00, nil), charge(2, 2_000_00, nil))
	at.methods = []cabinet.PaymentMethod{{ID: "card", Confirm: "sms"}, account(1_000_00, 500_00)}
	made, got, err := make1(t, p, source(planfile.Row{UIN: uin(1), Asked: 900_00}, planfile.Row{UIN: uin(2), Asked: 2_000_00}))
	if err != nil {
		t.Fatal(err)
	}
	if got[0].Status != planfile.Pay || got[1].Status != planfile.Excluded || got[1].Why != planning.WarnLimit || made.Limit != 1_000_00 {
		t.Errorf("%+v", got)
	}
	w := made.Totals.Warnings
	if made.Seen.Short(&made.Totals) == 0 || *made.Seen.Balance != 500_00 || w[planning.WarnLimit] != 1 {
		t.Errorf("%+v", made.Totals)
	}
	at.methods = at.methods[:1]
	if _, _, err := make1(t, p, source()); fault.ExitOf(err) != exitcode.Refused {
		t.Errorf("a way that asks a code for each payment was taken: %v", err)
	}
}

func TestTheEstimateKeepsThePortalsLimit(t *testing.T) {
	var charges []cabinet.Charge
	var rows []planfile.Row
	for n := range 120 {
		charges = append(charges, charge(n+1, 100_00, nil))
		rows = append(rows, planfile.Row{UIN: uin(n + 1), Asked: 100_00})
	}
	for name, c := range map[string]struct {
		limits *cabinet.Limits
		want   int64
	}{
		"as slow as the charges were": {nil, 240}, // a second each, and two requests a payment
		"a limit that is wider":       {&cabinet.Limits{RequestsPerMinute: 2000}, 240},
		"a limit that is narrower":    {&cabinet.Limits{RequestsPerMinute: 20}, 720},
	} {
		t.Run(name, func(t *testing.T) {
			p, at := planner(t, charges...)
			at.clock, at.limits, p.Concurrency = p.Clock.(*clock.Manual), c.limits, 1
			made, _, err := make1(t, p, source(rows...))
			if err != nil || made.Seen.ETA != c.want {
				t.Errorf("%+v, %v", made, err)
			}
		})
	}
}

func TestAPlanWhoseControlTotalsDifferIsNotMade(t *testing.T) {
	p, _ := planner(t, charge(1, 100_00, nil), charge(2, 200_00, nil))
	rows := source(planfile.Row{UIN: uin(1), Asked: 100_00}, planfile.Row{UIN: uin(2)})
	two, three, sum := 2, 3, int64(300_00)
	kbk := func(kopecks int64) []registers.KBKTotal {
		return []registers.KBKTotal{{KBK: "18811601123010001140", Kopecks: kopecks}} // known from the charges only
	}
	for name, c := range map[string]struct {
		expect registers.Expectations
		missed string
	}{
		"all as expected":   {registers.Expectations{Count: &two, Sum: &sum, KBK: kbk(300_00)}, ""},
		"a row too few":     {registers.Expectations{Count: &three}, "register.total_count"},
		"another sum":       {registers.Expectations{Sum: new(int64)}, "register.total_sum"},
		"another КБК's sum": {registers.Expectations{KBK: kbk(1)}, "register.total_kbk"},
	} {
		t.Run(name, func(t *testing.T) {
			p.Expect = c.expect
			_, _, err := make1(t, p, rows)
			if c.missed == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			f, ok := err.(*fault.Error)
			if !ok || f.Exit != exitcode.Usage || f.Code != "plan.totals" || len(f.Fields) != 1 || f.Fields[0].Name != c.missed {
				t.Fatalf("%+v", err)
			}
		})
	}
}

func save(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAReportThatIsFedInAgainSkipsWhatIsSettled(t *testing.T) {
	good := []string{"18810177170325189254", "32232518354021763736"}
	path := save(t, "july-result.csv", "УИН;Сумма, руб.;epgu_state\n"+good[0]+";500,00;paid\n"+good[1]+";900,00;unknown\n")
	g := &planning.Registers{Paths: []string{path}}
	sources, err := g.Sources()
	if err != nil || len(sources) != 1 || sources[0].Name != "july-result.csv" || len(sources[0].Columns) != 3 {
		t.Fatalf("%+v, %v", sources, err)
	}
	var got []planfile.Row
	for r, err := range g.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, *r)
	}
	if len(got) != 2 || got[0].Status != planfile.Paid || got[0].Why != "report.settled" || got[1].Status != "" || got[1].Asked != 900_00 {
		t.Fatalf("%+v", got)
	}
}

func TestARegisterThatChangesOrHasErrorsMakesNoPlan(t *testing.T) {
	path := save(t, "july.csv", "УИН;Сумма, руб.\n18810177170325189254;500,00\n")
	g := &planning.Registers{Paths: []string{path}}
	if _, err := g.Sources(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("УИН;Сумма, руб.\n18810177170325189254;501,00\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for r, err := range g.Rows() { // what was hashed, or nothing
		if err == nil && r.Asked != 500_00 || err != nil && fault.ExitOf(err) != exitcode.Conflict {
			t.Errorf("a changed register: %+v, %v", r, err)
		}
	}
	// Somebody changes it in place and puts it back before anybody looks again.
	long := "УИН;Сумма, руб.\n" + strings.Repeat("18810177170325189254;500,00\n", 20_000)
	path = save(t, "long.csv", long)
	g = &planning.Registers{Paths: []string{path}}
	if _, err := g.Sources(); err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	n := 0
	for r, err := range g.Rows() {
		if err != nil {
			if fault.ExitOf(err) != exitcode.Conflict {
				t.Error(err)
			}
			n = -1
			break
		}
		if r.Asked != 500_00 {
			t.Fatalf("row %d asks for %d", r.Line, r.Asked)
		}
		if n++; n == 5 {
			if err := os.WriteFile(path, []byte(strings.ReplaceAll(long, "500,00", "900,00")), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n != -1 {
		t.Errorf("%d rows were read without a word", n)
	}
	wrong := &planning.Registers{Paths: []string{save(t, "wrong.csv", "УИН;Сумма, руб.\n18810177170325189255;500,00\n")}}
	if _, err := wrong.Sources(); err != nil {
		t.Fatal(err)
	}
	if err := last(wrong.Rows()); fault.ExitOf(err) != exitcode.Usage {
		t.Errorf("a wrong row: %v", err)
	}
	wrong.SkipBad = true
	for r, err := range wrong.Rows() {
		if err != nil || r.Status != planfile.Wrong || r.Why == "" {
			t.Errorf("%+v, %v", r, err)
		}
	}
}

func last(rows planning.Source) (err error) {
	for _, err = range rows {
		if err != nil {
			return err
		}
	}
	return err
}

func planOf(t *testing.T, rows ...planfile.Row) *planfile.Plan {
	t.Helper()
	var b bytes.Buffer
	w, err := planfile.NewWriter(&b, planfile.Header{ID: runID, Profile: "demo", Payer: "7707083893"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		if err := w.Write(&rows[i]); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	p, err := planfile.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestADiffTellsWhatCameWentAndChanged(t *testing.T) {
	row := func(n int, s planfile.Status, kopecks int64) planfile.Row {
		return planfile.Row{UIN: uin(n), Status: s, Kopecks: kopecks, Payer: "7707083893"}
	}
	old := planOf(t, row(1, planfile.Pay, 100), row(2, planfile.Pay, 200), row(3, planfile.Pay, 300), row(4, planfile.Pay, 400))
	now := planOf(t, row(4, planfile.Pay, 400), row(2, planfile.Paid, 200), row(3, planfile.Pay, 350), row(5, planfile.Pay, 500))
	var got []string
	for d, err := range planning.Diff(old, now) {
		if err != nil {
			t.Fatal(err)
		}
		say := func(r *planfile.Row) string {
			if r == nil {
				return "-"
			}
			return fmt.Sprint(r.Status, r.Kopecks)
		}
		got = append(got, d.Key[16:]+" "+say(d.Old)+" "+say(d.New))
	}
	if fmt.Sprintf("%q", got) != `["0002 pay200 paid200" "0003 pay300 pay350" "0005 - pay500" "0001 pay100 -"]` {
		t.Errorf("%q", got)
	}
}

func TestAPlanAboveTheBalanceCanBeProvenAndNamesWhatIsMissing(t *testing.T) {
	p, at := planner(t, charge(1, 900_00, nil))
	at.methods = []cabinet.PaymentMethod{account(0, 500_00)}
	var b bytes.Buffer
	if _, err := p.Make(t.Context(), &b, planfile.Header{ID: runID, Profile: "demo", Payer: "7707083893"}, source(planfile.Row{UIN: uin(1), Asked: 900_00})); err != nil {
		t.Fatal(err)
	}
	plan, err := planfile.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if err := plan.Prove(); err != nil {
		t.Errorf("it cannot be approved: %v", err)
	}
	if plan.Short() != 400_00 {
		t.Errorf("%d kopecks are missing", plan.Short())
	}
}

func TestWhatTheRegisterSaysOtherwiseThanTheChargeIsNamedAndNotPaid(t *testing.T) {
	seen := charge(1, 500_00, func(c *cabinet.Charge) { c.Payee.INN, c.Payee.OKTMO = "9901000027", "45382000" })
	for name, c := range map[string]struct {
		row    planfile.Row
		accept bool
		status planfile.Status
		fields string
	}{
		"as the charge": {planfile.Row{Payee: &planfile.Payee{Account: "0310 0643 0000 0001 8500", INN: "9901000027"}, Budget: &planfile.Budget{KBK: "188 1 16 01123 01 0001 140", OKTMO: "45382000005"}}, false, planfile.Pay, "[]"},
		"nothing said":  {planfile.Row{}, false, planfile.Pay, "[]"},
		"ОКТМО 0":       {planfile.Row{Budget: &planfile.Budget{OKTMO: "0"}}, false, planfile.Pay, "[]"},
		"all of it": {planfile.Row{Payee: &planfile.Payee{Account: "03100643000000018501", INN: "9901000028"}, Budget: &planfile.Budget{KBK: "18811601123010001141", OKTMO: "45382001"}}, false,
			planfile.Changed, "[payee.account payee.inn kbk oktmo]"},
		"the sum, too": {planfile.Row{Asked: 1, Payee: &planfile.Payee{INN: "9901000028"}}, false, planfile.Changed, "[payee.inn]"},
		"accepted":     {planfile.Row{Payee: &planfile.Payee{INN: "9901000028"}}, true, planfile.Pay, "[payee.inn]"},
	} {
		p, _ := planner(t, seen)
		p.AcceptChanged = c.accept
		c.row.UIN = uin(1)
		if c.row.Asked == 0 {
			c.row.Asked = 500_00
		}
		made, got, err := make1(t, p, source(c.row))
		if err != nil {
			t.Fatal(err)
		}
		r := got[0]
		fields := []string{}
		for _, d := range r.Differs {
			fields = append(fields, d.Field)
		}
		if r.Status != c.status || fmt.Sprint(fields) != c.fields || made.Totals.Warnings[planning.WarnRequisites] != min(len(fields), 1) {
			t.Errorf("%s: %+v", name, r)
		}
		if r.Payee.INN != seen.Payee.INN || r.Payee.Account != seen.Payee.Account {
			t.Errorf("%s: paid to %+v", name, r.Payee)
		}
		if why := r.Reason(); (why == nil) != (r.Status == planfile.Pay) || why != nil && strings.Count(why.In(i18n.RU), "в реестре") != len(fields)+map[bool]int{true: 1}[r.Asked == 1] {
			t.Errorf("%s: %v", name, why)
		}
	}
}

func TestNoRowIsLeftUnpaidWithoutAReason(t *testing.T) {
	for _, s := range planfile.Statuses() {
		for _, why := range []string{"", "report.settled", "charge.nothing_due", "amount.absent", "journal.unknown", "uin.check_digit"} {
			r := planfile.Row{Status: s, Why: why, Holder: "row 7", Asked: 1, Kopecks: 2}
			reason := r.Reason()
			if s == planfile.Pay {
				if reason != nil {
					t.Errorf("%s: %v", s, reason)
				}
				continue
			}
			if reason == nil || reason.In(i18n.RU) == "" || reason.In(i18n.EN) == "" || reason.In(i18n.RU) == reason.In(i18n.EN) {
				t.Errorf("%s %s: %v", s, why, reason)
			}
		}
	}
}

func TestWhatTheCheckCallsWrongOfARegisterAsAWholeMakesNoPlan(t *testing.T) {
	base, err := os.ReadFile(filepath.Join("..", "..", "..", "payfile", "testdata", "cases", "base.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ file, text, code string }{
		"no rows":                  {"empty.csv", "УИН;Сумма, руб.\n", "register.empty"},
		"more behind the end mark": {"orders.txt", string(base) + "СекцияДокумент=\xcf\xeb\r\n", "plan.bad_rows"},
		"nothing is wrong":         {"orders.txt", string(base), ""},
	} {
		g := &planning.Registers{Paths: []string{save(t, c.file, c.text)}}
		if _, err := g.Sources(); err != nil {
			t.Fatal(name, err)
		}
		err := last(g.Rows())
		var f *fault.Error
		if errors.As(err, &f) && f.Code != c.code || f == nil && (err != nil || c.code != "") {
			t.Errorf("%s: %v", name, err)
		}
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	}
}
