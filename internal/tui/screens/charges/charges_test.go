package charges

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/tui"
	"github.com/epgu-cli/epgu/internal/tui/drive"
	"github.com/epgu-cli/epgu/internal/tui/screen"
)

var now = time.Date(2026, 12, 1, 12, 3, 0, 0, clock.Moscow())

// portal is a portal that remembers what it was asked to pay.
type portal struct {
	charges []wire.Charge
	paid    []string
	open    []journal.Payment
	payErr  error
	code    string // asked for when not empty
	got     string
	lags    bool          // a charge stays listed when it is paid
	held    chan struct{} // Pay waits for it when not nil
	ended   chan bool     // Follow tells it that the program ends, when not nil
}

func demo() *portal {
	until := now.AddDate(0, 0, 40)
	fine := func(n int, title string, kopecks int64) wire.Charge {
		return wire.Charge{UIN: fmt.Sprintf("18810177170325189%03d", n), Kind: "fine", State: "unpaid", Title: wire.Text(title), Purpose: "Штраф", AmountKopecks: kopecks * 4 / 3, DueKopecks: kopecks,
			IssuedAt: now.AddDate(0, 0, -3), PayUntil: &until, Discount: &wire.Discount{DueKopecks: kopecks, LastDay: now.AddDate(0, 0, 27)},
			Payee: wire.Payee{Name: "УФК по г. Москве", INN: "7707089101", KPP: "770731005", Account: "03100643000000017300", BIK: "004525988", KBK: "18811601123010001140", OKTMO: "45379000"}, PayerName: "Демина Анна"}
	}
	return &portal{charges: []wire.Charge{
		fine(1, "Превышение скорости на 20–40 км/ч", 56250),
		fine(2, "Стоянка на газоне", 150000),
		{UIN: "31800000000000000017", Kind: "duty", State: "unpaid", Title: "Госпошлина за загранпаспорт", AmountKopecks: 600000, DueKopecks: 600000, IssuedAt: now.AddDate(0, 0, -1), Payee: wire.Payee{Name: "ГУ МВД по г. Москве"}},
	}}
}

func (p *portal) Due(ctx context.Context, each func(wire.Charge) error) error {
	for _, c := range p.charges {
		if err := each(c); err != nil {
			return err
		}
	}
	return nil
}

func (p *portal) Charge(_ context.Context, uin string) (*wire.Charge, error) {
	for _, c := range p.charges {
		if c.UIN == uin {
			return &c, nil
		}
	}
	return nil, fault.New(exitcode.NotFound, "charge.not_found", i18n.Say("начисление не найдено", "no such charge"))
}

func (p *portal) Quote(ctx context.Context, uin string) (*billing.Quote, error) {
	c, err := p.Charge(ctx, uin)
	if err != nil {
		return nil, err
	}
	return &billing.Quote{Charge: *c, AmountKopecks: c.DueKopecks, Method: "account"}, nil
}

func (p *portal) Pay(_ context.Context, q *billing.Quote) (journal.Payment, error) {
	if p.held != nil {
		<-p.held
	}
	if p.payErr != nil {
		return journal.Payment{}, p.payErr
	}
	p.paid = append(p.paid, q.Charge.UIN)
	return journal.Payment{ID: "0193-demo-" + q.Charge.UIN[17:], UIN: q.Charge.UIN, AmountKopecks: q.AmountKopecks, State: journal.Accepted}, nil
}

func (p *portal) Follow(ctx context.Context, id string, confirm func(context.Context, wire.Factor) (string, error)) (journal.Payment, error) {
	if p.ended != nil {
		<-ctx.Done()
		p.ended <- true
		return journal.Payment{ID: id, State: journal.Accepted}, ctx.Err()
	}
	if p.code != "" {
		code, err := confirm(ctx, wire.Factor{Kind: "sms", Target: "+7 *** ***-12-34"})
		if err != nil {
			return journal.Payment{ID: id, State: journal.Accepted}, err
		}
		p.got = code
	}
	uin := p.paid[len(p.paid)-1]
	for i, c := range p.charges {
		if c.UIN == uin && !p.lags {
			p.charges = append(p.charges[:i:i], p.charges[i+1:]...)
			break
		}
	}
	return journal.Payment{ID: id, UIN: uin, State: journal.Paid}, nil
}

func (p *portal) Open(context.Context) ([]journal.Payment, error) { return p.open, nil }

func start(t *testing.T, p *portal, lang i18n.Lang, cols, rows int) *drive.Driver {
	return drive.Start(t, drive.Simple(now, lang, Entries(p)...), cols, rows)
}

func TestChargesAreListedWithTheirTermsInBothLanguages(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.RU, i18n.EN} {
		start(t, demo(), lang, 80, 24).Golden("list." + string(lang) + ".80x24")
		start(t, demo(), lang, 120, 40).Golden("list." + string(lang) + ".120x40")
		start(t, demo(), lang, 80, 24).Press("enter").Golden("card." + string(lang) + ".80x24")
		start(t, demo(), lang, 120, 40).Press("enter").Golden("card." + string(lang) + ".120x40")
		for _, size := range [][2]int{{80, 24}, {120, 40}} {
			name := fmt.Sprintf("%s.%dx%d", lang, size[0], size[1])
			d := start(t, demo(), lang, size[0], size[1]).Press("space", "down", "space").Golden("basket." + name)
			d.Press("p").Golden("pay." + name).Pause().Type("6562,50").Press("enter").Golden("paid." + name)
		}
	}
}

func TestABasketIsPaidOnlyWithItsTypedTotal(t *testing.T) {
	p := demo()
	d := start(t, p, i18n.RU, 80, 24)
	d.Press("space", "down", "space").Sees("✓ в корзине 2: 6 562,50 ₽")
	d.Press("p")
	d.Pause().Type("6000").Press("enter").Sees("набрано 6 000,00 ₽")
	if len(p.paid) > 0 {
		t.Fatal("a wrong sum was paid")
	}
	d.Press("ctrl+u").Type("6562,50").Press("enter").Sees("Оплачено: 2 из 2", "Всего к оплате: 1 500,00 ₽")
	if len(p.paid) != 2 {
		t.Errorf("paid %v", p.paid)
	}
}

func TestWhatIsPaidAndStillListedIsNoPartOfTheSum(t *testing.T) {
	p := demo()
	p.lags = true
	d := start(t, p, i18n.RU, 80, 24).Sees("Всего к оплате: 8 062,50 ₽").Press("p").Pause().Type("562,50").Press("enter")
	d.Sees("Оплачено 562,50 ₽", "[оплачен] Превышение", "Всего к оплате: 7 500,00 ₽")
	d.Press("ctrl+r").Sees("[оплачен] Превышение", "Всего к оплате: 7 500,00 ₽")
}

func TestEscAtTheSumPaysNothing(t *testing.T) {
	p := demo()
	start(t, p, i18n.RU, 80, 24).Press("p").Pause().Type("562,50").Press("esc").SeesNot("Наберите сумму").Sees("Превышение")
	if len(p.paid) > 0 {
		t.Error("something was paid")
	}
}

func TestKeysTypedBeforeTheSumIsAskedForDoNotAnswerIt(t *testing.T) {
	p := demo()
	d := start(t, p, i18n.RU, 80, 24).Press("p")
	d.Type("562,50").Press("enter").Sees("Наберите сумму") // all within the quiet time
	d.Pause().Type("5").Sees("Наберите сумму")
	if len(p.paid) > 0 {
		t.Error("something was paid")
	}
}

func TestTheWholeWayWorksOnTheRussianLayout(t *testing.T) {
	p := demo()
	start(t, p, i18n.RU, 80, 24).Press("о", "з").Pause().Type("1500").Press("enter").Sees("Оплачено 1 500,00 ₽") // j, p
	if len(p.paid) != 1 {
		t.Errorf("paid %v", p.paid)
	}
}

func TestAPaymentThatNeedsACodeAsksForIt(t *testing.T) {
	p := demo()
	p.code = "7788"
	start(t, p, i18n.RU, 80, 24).Press("p").Pause().Type("562,5").Press("enter").Sees("Код подтверждения", "+7 *** ***-12-34").
		Pause().Type("7788").Press("enter").Sees("Оплачено 562,50 ₽")
	if p.got != "7788" {
		t.Errorf("the code %q arrived", p.got)
	}
}

func TestWhatTheEngineRefusesIsToldWithItsAdvice(t *testing.T) {
	p := demo()
	p.payErr = fault.New(exitcode.Unknown, billing.CodeUnknown, i18n.Say("чем кончился платёж, неизвестно", "how the payment ended is unknown")).
		Advise(i18n.Say("повторите команду", "repeat the command")).Because(errors.New("lost"))
	d := start(t, p, i18n.RU, 80, 24).Press("p").Pause().Type("562,5").Press("enter").Sees("чем кончился платёж, неизвестно", "повторите команду")
	d.Pause().Press("enter").SeesNot("повторите команду")
}

func TestLeavingInTheMiddleOfAPaymentLosesNothingAndSaysHowItStands(t *testing.T) {
	p := demo()
	p.held = make(chan struct{})
	d := start(t, p, i18n.RU, 80, 24).Press("p").Pause().Allow(1)
	d.Type("562,5").Press("enter").Awaits("Платим: 0 из 1")
	d.Press("enter").Awaits("Получатель").Press("esc").Sees("Платим: 0 из 1", "[в очереди]")
	close(p.held)
	d.Allow(0).Settle().Sees("Оплачено 562,50 ₽").SeesNot("Превышение")
}

func TestTheEndOfTheProgramAwaitsWhatWasSentAndBeginsNothingMore(t *testing.T) {
	p := demo()
	p.ended = make(chan bool, 1)
	d := start(t, p, i18n.RU, 80, 24).Press("space", "space", "p").Pause().Allow(1)
	d.Type("2062,5").Press("enter").Awaits("Платим: 0 из 2").Awaits("[принят")
	d.Root().Close()
	select {
	case <-p.ended:
	default:
		t.Error("the end did not wait")
	}
	if len(p.paid) != 1 {
		t.Errorf("paid: %v", p.paid)
	}
}

func TestPaymentsOfEarlierDaysThatAreNotSettledAreNamed(t *testing.T) {
	p := demo()
	p.open = []journal.Payment{{ID: "x", UIN: p.charges[0].UIN, State: journal.Unknown}}
	start(t, p, i18n.RU, 80, 24).Sees("Не завершено платежей: 1", "["+billing.StateTitle(journal.Unknown).RU+"]")
}

func TestTheFilterFindsByTitleUINAndSum(t *testing.T) {
	for _, q := range []string{"газон", "25189002", "1500,00", "ГАЗОНЕ стоянка"} {
		start(t, demo(), i18n.RU, 80, 24).Press("/").Type(q).Sees("1 / 3", "Стоянка").SeesNot("загранпаспорт").
			Press("esc").Sees("загранпаспорт")
	}
}

func TestHostileTitlesDriveNoTerminal(t *testing.T) {
	p := demo()
	p.charges[0].Title = "evil\x1b]0;owned\x07\x1b[2J\u202eгнп \u0007 日本語 и\u0306"
	d := start(t, p, i18n.RU, 80, 24)
	if out := d.Written(); strings.Contains(out, "owned\x07") || strings.Contains(out, "\u202e") {
		t.Error("the title reached the terminal as it came")
	}
	d.Press("enter").Sees("evil").Press("esc").Press("ctrl+k").Type("evil").Sees("evil")
}

func TestAPaletteOpensAChargeByItsTitle(t *testing.T) {
	start(t, demo(), i18n.RU, 80, 24).Press("ctrl+k").Type("газоне").Press("enter").Sees("Стоянка на газоне", "Получатель")
}

func TestTheBasketOutlivesTheProgramAndDropsWhatIsNoLongerDue(t *testing.T) {
	cache := &tui.FileCache{Dir: t.TempDir()}
	open := func(p *portal) *drive.Driver {
		o := drive.Simple(now, i18n.RU, Entries(p)...)
		o.Held = cache
		return drive.Start(t, o, 100, 30)
	}
	d := open(demo()).Press("space", "space").Sees("в корзине 2: 2 062,50")
	d.Root().Close()
	p := demo()
	p.charges = p.charges[1:]
	open(p).Sees("Корзина прошлого раза", "в корзине 1: 1 500,00")
}

func TestThePaletteFindsChargesBeforeTheirScreenWasEverOpened(t *testing.T) {
	first := screen.Entry{ID: "first", Title: i18n.Text{RU: "Начало", EN: "Start"}, New: func() screen.Screen { return &code{src: demo()} }}
	o := drive.Simple(now, i18n.RU, append([]screen.Entry{first}, Entries(demo())...)...)
	drive.Start(t, o, 100, 30).Press("ctrl+k").Type("газоне").Sees("Стоянка на газоне").Press("enter").Sees("18810177170325189002")
}

func TestThatNothingIsShownIsNotToldAsNoCharges(t *testing.T) {
	start(t, demo(), i18n.RU, 80, 24).Press("/").Type("такого нет").Press("enter", "p").Sees("начисление не выбрано")
}
