package report_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/report"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/sqlite"
	"github.com/epgu-cli/epgu/internal/payfile/onec"
)

func noon() time.Time { return time.Date(2026, 7, 15, 9, 0, 0, 0, time.UTC) }

const run = "01980000-0000-7000-8000-000000000001"

func ledger(t *testing.T) journal.Journal {
	t.Helper()
	j, err := sqlite.Open(t.Context(), sqlite.Options{Dir: filepath.Join(t.TempDir(), "journal"), Clock: clock.NewManual(noon())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func plan(t *testing.T, sources []planfile.Source, rows ...planfile.Row) *planfile.Plan {
	t.Helper()
	var b bytes.Buffer
	w, err := planfile.NewWriter(&b, planfile.Header{ID: run, Profile: "demo", Payer: "7707083893", CreatedAt: noon(), Sources: sources})
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

func row(n int, status planfile.Status, cells ...string) planfile.Row {
	return planfile.Row{Status: status, UIN: fmt.Sprintf("1881017717032518%04d", n), Kopecks: int64(n) * 100_00, Payer: "7707083893", Cells: cells,
		Purpose: "Штраф", Payee: &planfile.Payee{Name: "УФК, учебная", INN: "7730176610", Account: "03100643000000018500", BIK: "004525988"}, Budget: &planfile.Budget{KBK: "18811601123010001140"}}
}

// journalled plans the row and moves its payment through states.
func journalled(t *testing.T, j journal.Journal, p *planfile.Plan, n int, via journal.Via, states ...journal.Transition) journal.Payment {
	t.Helper()
	for r, err := range p.Rows(n) {
		if err != nil {
			t.Fatal(err)
		}
		q := r.Payment(p.Head(), via)
		res, err := j.Plan(t.Context(), []journal.Payment{q})
		if err != nil {
			t.Fatal(err)
		}
		id, at := res[0].Payment.ID, journal.Planned
		for _, m := range states {
			if at == journal.Planned {
				if _, err := j.Claim(t.Context(), journal.Claim{Run: run, IDs: []string{id}}); err != nil {
					t.Fatal(err)
				}
				at = journal.Claimed
			}
			m.ID, m.From = id, at
			if m.Evidence.Witness == "" {
				m.Evidence.Witness = journal.Engine
			}
			if err := j.Move(t.Context(), []journal.Transition{m}); err != nil {
				t.Fatal(err)
			}
			at = m.To
		}
		q, err = j.Payment(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	t.Fatal("no such row")
	return journal.Payment{}
}

func sending() journal.Transition { return journal.Transition{To: journal.Sending} }
func paid() journal.Transition {
	return journal.Transition{To: journal.Paid, PortalPaymentID: "УИП-1", ReceiptID: "r1"}
}
func refused(why string) journal.Transition {
	return journal.Transition{To: journal.Refused, Reason: journal.Reason{Code: "limit", Text: why}}
}

func TestAReportKeepsTheRegistersColumnsAndAddsItsOwn(t *testing.T) {
	j := ledger(t)
	p := plan(t, []planfile.Source{{Name: "july.csv", Columns: []string{"УИН", "Сумма", "epgu_state", "Заметка"}}, {Name: "other.csv", Columns: []string{"УИН"}}},
		row(1, planfile.Pay, "u1", "100,00", "unknown", "=1+1"), row(2, planfile.Pay, "u2", "200,00"), row(3, planfile.Pay, "u3", "300,00"), row(4, planfile.Ended, "u4", "400,00"),
		planfile.Row{File: 1, Status: planfile.Pay, UIN: "x", Kopecks: 1, Payer: "7", Cells: []string{"elsewhere"}})
	journalled(t, j, p, 1, journal.ViaPortal, sending(), paid())
	journalled(t, j, p, 2, journal.ViaPortal, sending(), refused("больше предела"))
	var got []string
	var totals report.Totals
	for cells, err := range report.Table(t.Context(), p, j, 0, i18n.EN, totals.AddLine) {
		if err != nil {
			t.Fatal(err)
		}
		if len(got) > 0 && cells[4] != "" {
			cells[4] = "ID"
		}
		got = append(got, strings.Join(cells, "|"))
	}
	want := []string{
		"УИН|Сумма|Заметка|epgu_state|epgu_payment|epgu_amount|epgu_uip|epgu_receipt|epgu_reason|epgu_time",
		"u1|100,00|=1+1|paid|ID|100,00|УИП-1|r1||2026-07-15T09:00:00Z",
		"u2|200,00||refused|ID|200,00|||больше предела|2026-07-15T09:00:00Z",
		"u3|300,00||unsent||300,00|||not begun yet: epgu batch run|",
		"u4|400,00||ended|||||the term of payment is over|",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	totals.Close()
	if totals.Paid != (planfile.Sum{N: 1, Kopecks: 100_00}) || totals.States["ended"].N != 1 || len(totals.KBKs) != 1 || totals.KBKs[0].Key != "18811601123010001140" || totals.Payees[0].Name != "УФК, учебная" {
		t.Errorf("%+v", totals)
	}
}

func TestEveryRowHasItsResultInWhateverOrderTheyWereJournalled(t *testing.T) {
	j := ledger(t)
	var rows []planfile.Row
	for n := 1; n <= 7; n++ {
		rows = append(rows, row(n, planfile.Pay))
	}
	p := plan(t, []planfile.Source{{Name: "july.csv"}}, rows...)
	journalled(t, j, p, 2, journal.ViaPortal, sending(), paid())
	journalled(t, j, p, 5, journal.ViaPortal, sending(), paid())
	journalled(t, j, p, 1, journal.ViaPortal, sending(), refused("больше предела"))
	journalled(t, j, p, 6, journal.ViaPortal)
	journalled(t, j, p, 3, journal.ViaPortal, sending(), paid())
	var got []string
	for l, err := range report.Lines(t.Context(), p, j) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(l.Row.N, " ", l.State))
	}
	if want := "1 refused, 2 paid, 3 paid, 4 unsent, 5 paid, 6 planned, 7 unsent"; strings.Join(got, ", ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, ", "), want)
	}
}

func TestASourceWithoutHeadingsKeepsItsCells(t *testing.T) {
	p := plan(t, []planfile.Source{{Name: "bare.csv"}}, row(1, planfile.Ended, "u1", "100,00", "x"))
	var got []string
	for cells, err := range report.Table(t.Context(), p, ledger(t), 0, i18n.EN, nil) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.Join(cells[:4], "|"))
	}
	if fmt.Sprint(got) != "[1|2|3|epgu_state u1|100,00|x|ended]" {
		t.Errorf("%v", got)
	}
}

func TestWhatAnotherRunPaidIsNotCountedAsThisRunsOwn(t *testing.T) {
	j := ledger(t)
	other := journal.Payment{ID: "01980000-0000-7000-8000-0000000000aa", Profile: "demo", Run: "earlier", Row: 1, Via: journal.ViaPortal, Payer: "7707083893", UIN: row(1, "").UIN, AmountKopecks: 100_00}
	if _, err := j.Plan(t.Context(), []journal.Payment{other}); err != nil {
		t.Fatal(err)
	}
	if err := j.Move(t.Context(), []journal.Transition{{ID: other.ID, From: journal.Planned, To: journal.Paid, Evidence: journal.Evidence{Witness: journal.ChargeFlag}}}); err != nil {
		t.Fatal(err)
	}
	held := row(1, planfile.InFlight)
	held.Holder = other.ID
	before := row(2, planfile.Paid)
	p := plan(t, nil, held, before)
	var totals report.Totals
	for l, err := range report.Lines(t.Context(), p, j) {
		if err != nil {
			t.Fatal(err)
		}
		totals.AddLine(&l)
		if l.State != "paid" || l.Standing() != report.Settled || l.Ours() {
			t.Errorf("%+v", l)
		}
	}
	if totals.Paid.N != 0 || totals.States[report.Settled].N != 2 {
		t.Errorf("%+v", totals)
	}
}

func TestTheFileFor1CHoldsExecutedOrdersOfTheDayOfTheStatement(t *testing.T) {
	j := ledger(t)
	p := plan(t, nil, row(1, planfile.Pay), row(2, planfile.Pay))
	extra, err := billing.Carried{Number: "17", Day: "2026-07-14", PayerAccount: "40702810138250123017"}.Extra()
	if err != nil {
		t.Fatal(err)
	}
	journalled(t, j, p, 1, journal.ViaBankFile, journal.Transition{To: journal.Sending, Extra: extra}, journal.Transition{To: journal.Accepted},
		journal.Transition{To: journal.Paid, Evidence: journal.Evidence{Witness: journal.Statement, Details: []byte(`{"date":"2026-07-14"}`)}})
	journalled(t, j, p, 2, journal.ViaPortal, sending(), paid())
	var b bytes.Buffer
	payers := []bankfiles.Payer{{Name: "ООО «Три кита»", INN: "7707083893", Account: "40702810138250123017", BIK: "044525225"}}
	w := report.NewOneC(&b, report.OneCOptions{From: noon(), To: noon(), Created: noon(), Payers: payers})
	for l, err := range report.Lines(t.Context(), p, j) {
		if err != nil {
			t.Fatal(err)
		}
		day, err := report.DebitedOn(t.Context(), j, l.Payment)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(report.PaidOf(&l), day); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var got []string
	r := onec.NewReader(&b)
	for {
		var d onec.Document
		err := r.Next(&d)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.Join([]string{d.Get(onec.Number), d.Get(onec.DebitedOn), d.Get(onec.Sum), d.Get(onec.UIN), d.Get(onec.PayerAccount), d.Get(onec.KBK)}, " "))
	}
	want := "17 14.07.2026 100.00 18810177170325180001 40702810138250123017 18811601123010001140\n2 15.07.2026 200.00 18810177170325180002 40702810138250123017 18811601123010001140"
	if strings.Join(got, "\n") != want || len(r.Faults()) > 0 {
		t.Errorf("%s\n%v", strings.Join(got, "\n"), r.Faults())
	}
}

func TestThePrintedRegisterHasEveryRowAndTheTotals(t *testing.T) {
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Skip("pdftotext is not here: the register is not read back")
	}
	j := ledger(t)
	p := plan(t, nil, row(1, planfile.Pay), row(2, planfile.Pay), row(3, planfile.Ended))
	journalled(t, j, p, 1, journal.ViaPortal, sending(), paid())
	for name, training := range map[string]bool{"a training portal": true, "a real one": false} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			w, err := report.NewPDF(&b, report.PDFOptions{Title: i18n.Say("Реестр", "Register"), Training: training, Created: noon(), Lang: i18n.RU})
			if err != nil {
				t.Fatal(err)
			}
			var totals report.Totals
			for l, err := range report.Lines(t.Context(), p, j) {
				if err != nil {
					t.Fatal(err)
				}
				totals.AddLine(&l)
				if err := w.Write(l.Standing(), report.PaidOf(&l)); err != nil {
					t.Fatal(err)
				}
			}
			totals.Close()
			if err := w.Close(&totals); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("pdftotext", "-layout", "-", "-")
			cmd.Stdin = &b
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			text := string(out)
			for _, want := range []string{"18810177170325180001", "18810177170325180002", "18810177170325180003", "оплачен", "не отправлен", "срок прошёл", "Страница 1 из 1",
				"Итого оплачено: платежей 1 на 100,00", "Оплачено по КБК", "18811601123010001140: платежей 1"} {
				if !strings.Contains(text, want) {
					t.Errorf("%q is not in\n%s", want, text)
				}
			}
			if strings.Contains(text, "SANDBOX") != training {
				t.Errorf("SANDBOX on the page: %v", !training)
			}
		})
	}
}

// desk gives receipts out.
type desk map[string]string

func (d desk) Receipt(_ context.Context, id string, w io.Writer, _ int64) (int64, error) {
	text, ok := d[id]
	if !ok {
		return 0, fault.New(exitcode.NotFound, "receipt.not_found", i18n.Say("нет", "no"))
	}
	if text == "" {
		return 0, errors.New("the connection fell")
	}
	n, err := io.WriteString(w, text)
	return int64(n), err
}

func TestReceiptsAreCollectedAndMissingOnesNamed(t *testing.T) {
	at := noon()
	payment := func(id string, via journal.Via, state journal.State) *journal.Payment {
		return &journal.Payment{ID: id, Row: 7, Via: via, State: state, ReceiptID: "r", UpdatedAt: at}
	}
	var b bytes.Buffer
	r := report.NewReceipts(&b, desk{"one": "%PDF one", "broken": ""})
	for _, q := range []*journal.Payment{payment("one", journal.ViaPortal, journal.Paid), payment("lost", journal.ViaPortal, journal.Paid),
		payment("bank", journal.ViaBankFile, journal.Paid), payment("open", journal.ViaPortal, journal.Accepted)} {
		if err := r.Add(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Add(t.Context(), payment("broken", journal.ViaPortal, journal.Paid)); err == nil {
		t.Error("a lost connection went unnoticed")
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil || len(z.File) != 1 || z.File[0].Name != "0000007-one.pdf" || r.N != 1 || fmt.Sprint(r.Missing) != "[lost]" {
		t.Fatalf("%v, %+v, %v", err, z.File, r)
	}
}
