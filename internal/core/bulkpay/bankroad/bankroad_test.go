package bankroad_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/bankroad"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/sqlite"
	"github.com/epgu-cli/epgu/internal/payfile/onec"
)

func start() time.Time { return time.Date(2026, 7, 15, 9, 0, 0, 0, time.UTC) }

// plan has rows of made-up УИН-less duties with requisites from public samples.
func plan(t *testing.T, id string, n int, change func(*planfile.Row)) *planfile.Plan {
	t.Helper()
	var b bytes.Buffer
	w, err := planfile.NewWriter(&b, planfile.Header{ID: id, Profile: "demo", Payer: "7707083893"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		r := planfile.Row{Status: planfile.Pay, Kopecks: int64(600000 + i), Payer: "7707083893", Purpose: "Госпошлина за регистрацию",
			Payee: &planfile.Payee{Name: "УФК по г. Москве", INN: "7730176610", KPP: "773001001", Account: "03100643000000017300",
				Bank: "ГУ БАНКА РОССИИ ПО ЦФО//УФК по г. Москве", BIK: "004525988", CorrAccount: "40102810545370000003"},
			Budget: &planfile.Budget{Drawer: "08", KBK: "18210301000010000110", OKTMO: "45328000", Basis: "0", Period: "0", DocNo: "0", DocDate: "0"}}
		if change != nil {
			change(&r)
		}
		if err := w.Write(&r); err != nil {
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

func payer() bankfiles.Payer {
	return bankfiles.Payer{Name: "ООО «Три кита»", INN: "7707083893", KPP: "773001001", Account: "40702810138250123017",
		BIK: "044525225", Bank: "ПАО СБЕРБАНК", Corr: "30101810400000000225"}
}

func open(t *testing.T) journal.Journal {
	t.Helper()
	j, err := sqlite.Open(t.Context(), sqlite.Options{Dir: filepath.Join(t.TempDir(), "journal"), Clock: clock.NewManual(start())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

const (
	july   = "01980000-0000-7000-8000-000000000001"
	august = "01980000-0000-7000-8000-000000000002"
)

func road(j journal.Journal, p *planfile.Plan, dir string) *bankroad.Road {
	return &bankroad.Road{Journal: j, Plan: p, Clock: clock.NewManual(start()), Dir: dir, Payers: []bankfiles.Payer{payer()}}
}

func TestRowsAreSplitOverFilesAndSentOnce(t *testing.T) {
	j, dir := open(t), t.TempDir()
	p := plan(t, july, 7, nil)
	r := road(j, p, dir)
	r.MaxOrders = 3
	got, err := r.Write(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Files) != 3 || got.Files[2].Orders != 1 || got.Counts[journal.Accepted].N != 7 {
		t.Fatalf("%+v", got)
	}
	data, err := os.ReadFile(got.Files[0].Path)
	if err != nil || !bytes.HasPrefix(data, []byte("1CClientBankExchange")) || strings.Count(string(data), "=6000.00")+strings.Count(string(data), "=6000.01") == 0 {
		t.Fatalf("%v\n%s", err, data)
	}
	again, err := r.Write(t.Context())
	if err != nil || len(again.Files) != 0 || again.Skipped != 0 {
		t.Fatalf("%+v, %v", again, err)
	}
	// The same list as another plan, by another file: nothing is left to send.
	other, err := road(j, plan(t, august, 7, nil), dir).Write(t.Context())
	if err != nil || len(other.Files) != 0 || other.Skipped != 7 {
		t.Fatalf("%+v, %v", other, err)
	}
}

func TestAFileIsSplitByItsSumToo(t *testing.T) {
	r := road(open(t), plan(t, july, 4, nil), t.TempDir())
	r.MaxKopecks = 1_300_000
	got, err := r.Write(t.Context())
	if err != nil || len(got.Files) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, f := range got.Files {
		if f.Kopecks > r.MaxKopecks {
			t.Errorf("%+v", f)
		}
	}
}

func TestACallStaysWithinItsSumAndTheNextOnesGoOnTheSameDay(t *testing.T) {
	j, dir := open(t), t.TempDir()
	r := road(j, plan(t, july, 7, nil), dir)
	r.MaxOrders, r.Budget = 3, 4*600000+100
	first, err := r.Write(t.Context())
	if err != nil || len(first.Files) != 2 || first.Files[1].Orders != 1 || first.Left != 3 || first.Counts[journal.Accepted].N != 4 {
		t.Fatalf("%+v, %v", first, err)
	}
	r.Budget = 0
	rest, err := r.Write(t.Context())
	if err != nil || rest.Left != 0 || rest.Counts[journal.Accepted].N != 7 {
		t.Fatalf("%+v, %v", rest, err)
	}
	numbers := map[string]bool{}
	for _, f := range slices.Concat(first.Files, rest.Files) {
		for _, n := range numbersIn(t, f.Path) {
			numbers[n] = true
		}
	}
	if len(numbers) != 7 {
		t.Errorf("%v", numbers)
	}
}

func TestRowsLeftOutOfAFileGoByTheNextOfTheSameDay(t *testing.T) {
	j, dir := open(t), t.TempDir()
	r := road(j, plan(t, july, 5, nil), dir)
	r.Want = func(row int) bool { return row <= 2 }
	if got, err := r.Write(t.Context()); err != nil || got.Counts[journal.Accepted].N != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	r.Want = nil
	if got, err := r.Write(t.Context()); err != nil || got.Counts[journal.Accepted].N != 5 || got.Files[0].Orders != 3 {
		t.Fatalf("%+v, %v", got, err)
	}
}

// other is an account of another owner at the same bank.
func other() bankfiles.Payer {
	p := payer()
	p.Name, p.INN, p.KPP = "ООО «Другие»", "7830002293", "783001001"
	return p
}

func wantMoved(t *testing.T, err error, rows ...string) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != bankroad.CodePayersChanged || f.Exit != exitcode.Conflict {
		t.Fatalf("%v", err)
	}
	var named []string
	for _, field := range f.Fields {
		named = append(named, field.Name)
	}
	if !slices.Equal(named, rows) {
		t.Fatalf("rows %q, want %q", named, rows)
	}
}

func TestAPlanGoesOnFromTheAccountsItWasBegunFrom(t *testing.T) {
	for _, c := range []struct {
		what    string
		account string // of the rows
		changed func(p *bankfiles.Payer)
		refused bool
	}{
		{"another account comes first", "", func(p *bankfiles.Payer) { p.Account = "40702810238250000001" }, true},
		{"the account has another owner", "", func(p *bankfiles.Payer) { *p = other() }, true},
		{"the account that rows name has another owner", payer().Account, func(p *bankfiles.Payer) { *p = other() }, true},
		{"the owner is written otherwise", "", func(p *bankfiles.Payer) { p.Name = "ООО ТРИ КИТА" }, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			j, dir := open(t), t.TempDir()
			r := road(j, plan(t, july, 5, func(row *planfile.Row) { row.Account = c.account }), dir)
			r.Want = func(row int) bool { return row <= 2 }
			if _, err := r.Write(t.Context()); err != nil {
				t.Fatal(err)
			}
			r.Want = nil
			c.changed(&r.Payers[0])
			got, err := r.Write(t.Context())
			if !c.refused {
				if err != nil || got.Counts[journal.Accepted].N != 5 {
					t.Fatalf("%+v, %v", got, err)
				}
				return
			}
			wantMoved(t, err, "row 3", "row 4", "row 5")
			if counts, err := j.Counts(t.Context(), july); err != nil || counts[journal.Accepted].N != 2 || len(counts) != 1 {
				t.Fatalf("%+v, %v", counts, err)
			}
			r.OtherAccounts = true
			if got, err := r.Write(t.Context()); err != nil || got.Counts[journal.Accepted].N != 5 {
				t.Fatalf("%+v, %v", got, err)
			}
		})
	}
}

func TestOfTwoThatBeginAPlanFromDifferentAccountsOneSendsNothing(t *testing.T) {
	j, dir := open(t), t.TempDir()
	p := plan(t, july, 4, nil)
	c := &crowded{Journal: j}
	c.rival = func() {
		early := road(j, p, dir)
		early.Want = func(row int) bool { return row <= 2 }
		if _, err := early.Write(t.Context()); err != nil {
			t.Error(err)
		}
	}
	late := road(nil, p, dir)
	late.Journal, late.Payers = c, []bankfiles.Payer{other()}
	late.Want = func(row int) bool { return row > 2 }
	_, err := late.Write(t.Context())
	wantMoved(t, err, "row 3", "row 4")
	if counts, err := j.Counts(t.Context(), july); err != nil || counts[journal.Accepted].N != 2 || counts[journal.Planned].N != 2 {
		t.Fatalf("%+v, %v", counts, err)
	}
}

func TestNoFileIsIssuedAfterTheGivenMoment(t *testing.T) {
	j := open(t)
	r := road(j, plan(t, july, 3, nil), t.TempDir())
	r.Until = start()
	if got, err := r.Write(t.Context()); err != nil || len(got.Files) != 0 || got.Left != 3 || len(got.Counts) != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
}

func TestAWrongOrderIsFoundBeforeAnythingIsJournalled(t *testing.T) {
	j, dir := open(t), t.TempDir()
	p := plan(t, july, 3, func(r *planfile.Row) {
		if r.Kopecks == 600001 {
			r.Payee.KPP = "12"
		}
	})
	_, err := road(j, p, dir).Write(t.Context())
	if fault.ExitOf(err) != exitcode.Usage {
		t.Fatal(err)
	}
	counts, err := j.Counts(t.Context(), july)
	files, _ := os.ReadDir(dir)
	if err != nil || len(counts) != 0 || len(files) != 0 {
		t.Fatalf("%v, %v, %v", counts, files, err)
	}
}

func TestAFileThatExistsIsNotReplaced(t *testing.T) {
	j, dir := open(t), t.TempDir()
	name := filepath.Join(dir, fmt.Sprintf("2026-07-15-%s-000001.txt", july[len(july)-8:]))
	if err := os.WriteFile(name, []byte("at the bank already"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := road(j, plan(t, july, 2, nil), dir).Write(t.Context())
	if fault.ExitOf(err) != exitcode.Conflict {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(name); err != nil || string(data) != "at the bank already" {
		t.Fatalf("%s, %v", data, err)
	}
	counts, err := j.Counts(t.Context(), july)
	if err != nil || counts[journal.Planned].N != 2 || counts[journal.Accepted].N != 0 {
		t.Fatalf("%+v, %v", counts, err)
	}
}

// numbersIn lists the order numbers of a file, in its order.
func numbersIn(t *testing.T, path string) []string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []string
	r := onec.NewReader(f)
	for {
		var d onec.Document
		err := r.Next(&d)
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, d.Get(onec.Number))
	}
}

func TestNumbersFollowEachOtherAcrossPlansAndStandInTheJournal(t *testing.T) {
	j, dir := open(t), t.TempDir()
	r := road(j, plan(t, july, 5, nil), dir)
	r.MaxOrders = 3
	first, err := r.Write(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// Another plan with other debts, by another road: its rows are numbered 1 and 2, too.
	second, err := road(j, plan(t, august, 2, func(row *planfile.Row) { row.Kopecks += 100_000 }), dir).Write(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range slices.Concat(first.Files, second.Files) {
		got = append(got, numbersIn(t, f.Path)...)
	}
	if fmt.Sprint(got) != "[1 2 3 4 5 6 7]" || second.Files[0].First != "6" || second.Files[0].Last != "7" {
		t.Fatalf("%v, %+v", got, second.Files)
	}
	for p, err := range j.List(t.Context(), journal.Filter{Run: august}) {
		c := billing.CarriedOf(&p)
		if err != nil || c.Number != strconv.Itoa(5+p.Row) || c.Day != "2026-07-15" || c.PayerAccount != payer().Account {
			t.Errorf("row %d: %+v, %v", p.Row, c, err)
		}
	}
}

func TestANewYearAndAnotherAccountBeginAtOne(t *testing.T) {
	j, dir := open(t), t.TempDir()
	if _, err := road(j, plan(t, july, 2, nil), dir).Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	other := payer()
	other.Account = "40702810438250123018"
	for name, change := range map[string]func(*bankroad.Road){
		"another year":    func(r *bankroad.Road) { r.Clock = clock.NewManual(time.Date(2026, 12, 31, 21, 30, 0, 0, time.UTC)) }, // 2027 in Moscow
		"another account": func(r *bankroad.Road) { r.Payers = []bankfiles.Payer{other} },
	} {
		t.Run(name, func(t *testing.T) {
			r := road(j, plan(t, uuid.NewString(), 1, func(row *planfile.Row) { row.Kopecks += int64(len(name)) * 1000 }), t.TempDir())
			change(r)
			got, err := r.Write(t.Context())
			if err != nil || len(got.Files) != 1 || got.Files[0].First != "1" {
				t.Fatalf("%+v, %v", got, err)
			}
		})
	}
}

// crowded is a journal in which somebody else takes the same numbers between the
// look at them and the mark.
type crowded struct {
	journal.Journal
	rival func()
}

func (c *crowded) Move(ctx context.Context, ts []journal.Transition) error {
	if rival := c.rival; rival != nil && len(ts) > 0 && ts[0].To == journal.Sending {
		c.rival = nil
		rival()
	}
	return c.Journal.Move(ctx, ts)
}

func TestOfTwoThatTakeTheSameNumbersTheLaterDrawsAgain(t *testing.T) {
	j, dir := open(t), t.TempDir()
	c := &crowded{Journal: j}
	var early *bankroad.Result
	c.rival = func() {
		var err error
		if early, err = road(j, plan(t, august, 3, func(row *planfile.Row) { row.Kopecks += 100_000 }), dir).Write(t.Context()); err != nil {
			t.Error(err)
		}
	}
	r := road(nil, plan(t, july, 4, nil), dir)
	r.Journal = c
	late, err := r.Write(t.Context())
	if err != nil || len(late.Files) != 1 || late.Counts[journal.Accepted].N != 4 {
		t.Fatalf("%+v, %v", late, err)
	}
	if a, b := numbersIn(t, early.Files[0].Path), numbersIn(t, late.Files[0].Path); fmt.Sprint(a, b) != "[1 2 3] [5 6 7 8]" {
		t.Fatalf("%v %v", a, b)
	}
}

func TestNumbersThatEndInThreeZerosAreLeftOut(t *testing.T) {
	j := open(t)
	if _, err := road(j, plan(t, july, 1000, nil), t.TempDir()).Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := road(j, plan(t, august, 1, func(row *planfile.Row) { row.Kopecks += 100_000 }), t.TempDir()).Write(t.Context())
	if err != nil || got.Files[0].First != "1002" { // 1 to 999 and 1001 are taken
		t.Fatalf("%+v, %v", got, err)
	}
}

// forgetful is a journal that cannot write down that files were shown.
type forgetful struct {
	journal.Journal
	full bool
}

func (f *forgetful) Move(ctx context.Context, ts []journal.Transition) error {
	if f.full && ts[0].To == journal.Accepted {
		return journal.Store(errors.New("no space"))
	}
	return f.Journal.Move(ctx, ts)
}

func TestFilesThatWereShownAndNotWrittenDownAreUnknownUntilTheNextCallFindsThem(t *testing.T) {
	j, dir := &forgetful{Journal: open(t), full: true}, t.TempDir()
	p := plan(t, july, 3, nil)
	if _, err := road(j, p, dir).Write(t.Context()); fault.ExitOf(err) != exitcode.Unknown {
		t.Fatalf("%v", err)
	}
	j.full = false
	for q, err := range j.List(t.Context(), journal.Filter{Run: july}) {
		if err != nil {
			t.Fatal(err)
		}
		// As the death of the process leaves it.
		if err := j.Move(t.Context(), []journal.Transition{{ID: q.ID, From: journal.Sending, To: journal.Unknown, Evidence: journal.Evidence{Witness: journal.Engine}}}); err != nil {
			t.Fatal(err)
		}
	}
	again, err := road(j, p, dir).Write(t.Context())
	if err != nil || again.Finished.Accepted != 3 || len(again.Files) != 0 || again.Counts[journal.Accepted].N != 3 {
		t.Fatalf("%+v, %v", again, err)
	}
}
