package bankfiles_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/sqlite"
	"github.com/epgu-cli/epgu/internal/payfile/onec"
	"github.com/epgu-cli/epgu/internal/payfile/qr"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/requisites"
)

const uin = "18810177170325189254"

func now() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }

func payee() cabinet.Payee {
	return cabinet.Payee{Name: "Казначейство России (ФНС России)", INN: "7727406020", KPP: "770801001", Account: "03100643000000018500",
		BankName: "ОТДЕЛЕНИЕ ТУЛА БАНКА РОССИИ//УФК по Тульской области, г Тула", BIK: "017003983", CorrAccount: "40102810445370000059", KBK: "18811601123010001140", OKTMO: "45382000"}
}

func charge() cabinet.Charge {
	return cabinet.Charge{UIN: uin, Kind: "fine", State: "unpaid", Title: "Штраф", Purpose: "Штраф по КоАП", AmountKopecks: 75000, DueKopecks: 56250, Payee: payee(), PayerID: "1140000000000000000009"}
}

func payer() bankfiles.Payer {
	return bankfiles.Payer{Name: "Учебный Пётр", INN: "960000000300", Account: "40817810700000000001", BIK: "044525225"}
}

// place is a folder with room for one file.
type place struct {
	bytes.Buffer
	published bool
	fail      error
}

func (p *place) Commit() (string, error) { p.published = p.fail == nil; return "order.txt", p.fail }

func engine(t *testing.T) *billing.Engine {
	t.Helper()
	clk := clock.NewManual(now())
	j, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir(), Clock: clk})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return &billing.Engine{Journal: j, Clock: clk, Profile: "sandbox"}
}

func quote(c cabinet.Charge) *billing.Quote {
	return &billing.Quote{Charge: c, AmountKopecks: c.DueKopecks}
}

func issue(t *testing.T, e *billing.Engine, file *place, quotes ...*billing.Quote) ([]bankfiles.Issued, error) {
	t.Helper()
	return (&bankfiles.Issuer{Engine: e, Book: e.Journal.(bankfiles.Book), Payer: payer(), Charset: onec.UTF8}).Issue(t.Context(), quotes, "order.txt", file)
}

func executed(order string) string {
	day := now().Format("02.01.2006")
	return strings.ReplaceAll(order, "Дата="+day, "Дата="+day+"\r\nДатаСписано="+day)
}

func TestAnOrderStandsInTheJournalBeforeItsFileIsThere(t *testing.T) {
	e := engine(t)
	var file place
	got, err := issue(t, e, &file, quote(charge()))
	if err != nil || !file.published || len(got) != 1 || got[0].Number != "1" {
		t.Fatalf("%+v, %v", got, err)
	}
	p, err := e.Journal.Payment(t.Context(), got[0].Payment.ID)
	if err != nil || p.State != journal.Accepted || p.Via != journal.ViaBankFile || billing.CarriedOf(&p).PayerAccount != payer().Account {
		t.Fatalf("%+v, %v", p, err)
	}
	var d onec.Document
	if err := onec.NewReader(bytes.NewReader(file.Bytes())).Next(&d); err != nil {
		t.Fatal(err)
	}
	o, faults := d.Order()
	if len(faults) != 0 || o.UIN != uin || o.Kopecks != 56250 || o.Budget.KBK != "18811601123010001140" || o.Budget.DrawerStatus != "24" || o.Payer.INN != "960000000300" {
		t.Fatalf("%+v, %v", o, faults)
	}
	var second place
	_, err = issue(t, e, &second, quote(charge()))
	if fault.ExitOf(err) != exitcode.Conflict || second.published {
		t.Fatalf("the same charge went out twice: %v", err)
	}
}

func TestAFileThatCannotBePublishedTakesItsPaymentsBack(t *testing.T) {
	e := engine(t)
	file := place{fail: errors.New("no space")}
	if _, err := issue(t, e, &file, quote(charge())); err == nil {
		t.Fatal("no error")
	}
	known, err := e.Journal.ByUIN(t.Context(), uin)
	if err != nil || len(known) != 1 || known[0].State != journal.Refused {
		t.Fatalf("%+v, %v", known, err)
	}
	var again place
	got, err := issue(t, e, &again, quote(charge()))
	if err != nil || got[0].Payment.LinkedTo != known[0].ID {
		t.Fatalf("%+v, %v", got, err)
	}
}

func TestEverythingWrongWithAnOrderIsSaidBeforeAnythingIsJournalled(t *testing.T) {
	e := engine(t)
	c := charge()
	c.Payee.Account, c.Payee.BIK = "03100643000000018501x", "01700398"
	var file place
	_, err := issue(t, e, &file, quote(c))
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != "order.invalid" || len(f.Fields) < 2 {
		t.Fatalf("%v", err)
	}
	if known, err := e.Journal.ByUIN(t.Context(), uin); err != nil || len(known) != 0 {
		t.Fatalf("%+v, %v", known, err)
	}
}

func TestOnlyAnExecutedEntrySettlesAPayment(t *testing.T) {
	e := engine(t)
	var file place
	got, err := issue(t, e, &file, quote(charge()))
	if err != nil {
		t.Fatal(err)
	}
	order := file.String()
	read := func(statement string, dry bool) *bankfiles.Report {
		t.Helper()
		rep, err := bankfiles.Import(t.Context(), e.Journal.(bankfiles.Ledger), "sandbox", "statement.txt", strings.NewReader(statement), bankfiles.How{Dry: dry})
		if err != nil {
			t.Fatal(err)
		}
		return rep
	}
	if rep := read(order, false); rep.Settled != 0 {
		t.Fatalf("an order alone settled a payment: %+v", rep)
	}
	if rep := read(executed(order), true); rep.Settled != 0 || rep.Found[0].Payment != got[0].Payment.ID {
		t.Fatalf("%+v", rep)
	}
	if rep := read(strings.ReplaceAll(executed(order), "Сумма=562.50", "Сумма=1.00"), false); rep.Settled != 0 || rep.Doubts != 1 {
		t.Fatalf("another sum settled a payment: %+v", rep)
	}
	if rep := read(executed(order), false); rep.Settled != 1 {
		t.Fatalf("%+v", rep)
	}
	p, err := e.Journal.Payment(t.Context(), got[0].Payment.ID)
	if err != nil || p.State != journal.Paid {
		t.Fatalf("%+v, %v", p, err)
	}
	if rep := read(executed(order), false); rep.Settled != 0 || rep.Already != 1 {
		t.Fatalf("a second import: %+v", rep)
	}
}

func TestAStatementReadAgainNeverSettlesALikePayment(t *testing.T) {
	e := engine(t)
	tax := func(period string) *billing.Quote {
		q, err := e.QuoteRequisites(t.Context(), billing.ManualRequest{Requisites: cabinet.Requisites{Payee: payee(), Purpose: "Налог", Period: period}, AmountKopecks: 100000, Payer: payer().INN, Via: journal.ViaBankFile})
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	var one, two place
	if _, err := issue(t, e, &one, tax("МС.01.2026")); err != nil {
		t.Fatal(err)
	}
	second, err := issue(t, e, &two, tax("МС.02.2026"))
	if err != nil || second[0].Number != "2" {
		t.Fatalf("%+v, %v", second, err)
	}
	for range 2 {
		if _, err := bankfiles.Import(t.Context(), e.Journal.(bankfiles.Ledger), "sandbox", "s", strings.NewReader(executed(one.String())), bankfiles.How{}); err != nil {
			t.Fatal(err)
		}
	}
	if p, err := e.Journal.Payment(t.Context(), second[0].Payment.ID); err != nil || p.State != journal.Accepted {
		t.Fatalf("the other month was settled by the first one's entry: %+v, %v", p, err)
	}
}

func TestAStatementThatWasCutSettlesNothing(t *testing.T) {
	e := engine(t)
	var file place
	if _, err := issue(t, e, &file, quote(charge())); err != nil {
		t.Fatal(err)
	}
	whole := executed(file.String())
	for _, cut := range []string{whole[:len(whole)-len("КонецФайла\r\n")], strings.Repeat("\x00", 1<<16), "not a statement"} {
		rep, err := bankfiles.Import(t.Context(), e.Journal.(bankfiles.Ledger), "sandbox", "s", strings.NewReader(cut), bankfiles.How{})
		if rep != nil && rep.Settled > 0 || err == nil && len(rep.Faults) == 0 {
			t.Errorf("%.20q: %+v, %v", cut, rep, err)
		}
	}
}

func TestACodeHoldsTheChargeAndTheRemainderOfToday(t *testing.T) {
	for _, encoding := range []qr.Encoding{qr.Auto, qr.Windows1251, qr.UTF8} {
		payload, err := qr.Encode(bankfiles.OfCharge(charge(), 56250).Code(), encoding)
		if err != nil {
			t.Fatal(err)
		}
		d, err := qr.Decode(payload)
		if err != nil || d.Payment.UIN != uin || d.Payment.Kopecks != 56250 || d.Payment.KBK != "18811601123010001140" || d.Payment.Purpose != "Штраф по КоАП" {
			t.Errorf("%v: %+v, %v", encoding, d, err)
		}
	}
}

func TestTheTaxesOfTheDataFileHaveValidRequisites(t *testing.T) {
	l := billing.Taxes()
	if l.Source == "" || len(l.AsOf) != len(time.DateOnly) || len(l.Kinds) < 5 {
		t.Fatalf("%+v", l)
	}
	for _, k := range l.Kinds {
		r, err := billing.TaxRequisites(k.Kind, "ГД.00.2025")
		if err != nil {
			t.Fatal(err)
		}
		if !requisites.Valid(requisites.KindKBK, r.Payee.KBK) || !requisites.Valid(requisites.KindDrawerStatus, r.Status) {
			t.Errorf("%s: %+v", k.Kind, r)
		}
		o := (bankfiles.Subject{Kopecks: 100, Requisites: r}).Order(payer(), "1", now())
		if faults := o.Document().Check(); len(faults) > 0 {
			t.Errorf("%s: %v", k.Kind, fmt.Sprint(faults))
		}
	}
	if _, err := billing.TaxRequisites("window", ""); fault.ExitOf(err) != exitcode.Usage {
		t.Error(err)
	}
}
