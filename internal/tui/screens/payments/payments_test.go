package payments

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/tui/drive"
)

var now = time.Date(2026, 12, 1, 12, 3, 0, 0, clock.Moscow())

// portal is a portal with three payments.
type portal struct {
	payments []wire.Payment
	settled  []string
	receipts []string
	fails    error
}

func demo() *portal {
	paid := now.Add(-time.Hour)
	payment := func(n int, state, title string, kopecks int64) wire.Payment {
		return wire.Payment{ID: fmt.Sprintf("01a2-demo-%d", n), State: state, UIN: fmt.Sprintf("18810177170325189%03d", n), AmountKopecks: kopecks, Title: wire.Text(title), CreatedAt: now.Add(-2 * time.Hour),
			Method: "account", Purpose: "Штраф", PayerName: "Демина Анна",
			Payee: wire.Payee{Name: "УФК по г. Москве", INN: "7707089101", Account: "03100643000000017300", BIK: "004525988", KBK: "18811601123010001140", OKTMO: "45379000"}}
	}
	p := &portal{payments: []wire.Payment{
		payment(1, "paid", "Превышение скорости на 20–40 км/ч", 56250),
		payment(2, "accepted", "Госпошлина за загранпаспорт", 600000),
		payment(3, "refused", "Стоянка на газоне", 150000),
	}}
	p.payments[0].PaidAt, p.payments[0].UIP = &paid, "10445252250000012911202600000001"
	p.payments[2].Reason = &wire.Reason{Code: "insufficient_funds", Text: "на счёте не хватает денег", Advice: "пополните счёт и повторите"}
	return p
}

func (p *portal) Payments(_ context.Context, each func(wire.Payment) error) error {
	for _, x := range p.payments {
		if err := each(x); err != nil {
			return err
		}
	}
	return nil
}

func (p *portal) Payment(_ context.Context, id string) (*wire.Payment, error) {
	for _, x := range p.payments {
		if x.ID == id {
			return &x, nil
		}
	}
	return nil, fault.New(exitcode.NotFound, "payment.not_found", i18n.Say("платежа нет", "no such payment"))
}

func (p *portal) Settle(_ context.Context, id string) (journal.Payment, error) {
	p.settled = append(p.settled, id)
	return journal.Payment{}, fault.New(exitcode.NotFound, "journal.not_found", i18n.Say("в журнале нет", "not in the journal"))
}

func (p *portal) Receipt(_ context.Context, id string) (string, error) {
	p.receipts = append(p.receipts, id)
	return "receipt-" + id + ".pdf", p.fails
}

func start(t *testing.T, p *portal, lang i18n.Lang, cols, rows int) *drive.Driver {
	return drive.Start(t, drive.Simple(now, lang, Entries(p)...), cols, rows)
}

func TestPaymentsAndOneOfThemInBothLanguages(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.RU, i18n.EN} {
		for _, size := range [][2]int{{80, 24}, {120, 40}} {
			name := fmt.Sprintf("%s.%dx%d", lang, size[0], size[1])
			d := start(t, demo(), lang, size[0], size[1]).Golden("list." + name)
			d.Press("down", "down", "enter").Golden("card." + name)
		}
	}
}

func TestTheReceiptOfAPaidPaymentIsSaved(t *testing.T) {
	p := demo()
	start(t, p, i18n.RU, 80, 24).Press("enter", "r").Sees("Квитанция: receipt-01a2-demo-1.pdf")
	if strings.Join(p.receipts, ",") != "01a2-demo-1" {
		t.Errorf("receipts of %v", p.receipts)
	}
}

func TestWhatIsNotPaidHasNoReceipt(t *testing.T) {
	p := demo()
	start(t, p, i18n.RU, 80, 24).Press("down", "enter", "r").Sees("квитанция будет, когда платёж пройдёт")
	if len(p.receipts) > 0 {
		t.Errorf("receipts of %v", p.receipts)
	}
}

func TestAReceiptThatCannotBeSavedIsTold(t *testing.T) {
	p := demo()
	p.fails = fault.New(exitcode.Failure, "disk.full", i18n.Say("на диске нет места", "the disk is full"))
	start(t, p, i18n.RU, 80, 24).Press("enter", "r").Sees("на диске нет места")
}

func TestLookingAtAPaymentLetsTheJournalLearnOfIt(t *testing.T) {
	p := demo()
	start(t, p, i18n.RU, 80, 24).Press("down", "enter").Sees("принят")
	if strings.Join(p.settled, ",") != "01a2-demo-2" {
		t.Errorf("asked about %v", p.settled)
	}
}

func TestARefusalSaysWhyAndWhatToDo(t *testing.T) {
	start(t, demo(), i18n.RU, 80, 24).Press("/").Type("газон").Press("enter").Press("enter").Sees("на счёте не хватает денег", "пополните счёт и повторите")
}

func TestThePaletteOpensAPaymentByItsTitle(t *testing.T) {
	start(t, demo(), i18n.RU, 80, 24).Press("ctrl+k").Type("загранпаспорт").Press("enter").Sees("Госпошлина за загранпаспорт", "Получатель")
}
