package applications

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/tracking"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	orders "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
	"github.com/epgu-cli/epgu/internal/tui/drive"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/view"

	tea "charm.land/bubbletea/v2"
)

var now = time.Date(2026, 12, 1, 12, 3, 0, 0, clock.Moscow())

// portal is a portal with four applications.
type portal struct {
	all       []wire.Application
	withdrawn []string
	written   []string
	saved     []string
	fails     error
}

func demo() *portal {
	day := func(n int) *time.Time { t := now.AddDate(0, 0, n); return &t }
	application := func(n int64, title, status string, id int) wire.Application {
		return wire.Application{OrderID: 1000000 + n, Service: "10000000001", ServiceTitle: wire.Text(title), Department: "МВД России", StatusID: id, StatusTitle: wire.Text(status),
			CreatedAt: *day(-10), UpdatedAt: *day(-int(n)), ExpectedAt: day(20)}
	}
	p := &portal{all: []wire.Application{
		application(1, "Загранпаспорт нового поколения", "Ожидает оплаты", 2),
		application(2, "Запись в детский сад", "Ожидает исправления", 15),
		application(3, "Справка об отсутствии судимости", "Услуга оказана", 3),
		application(4, "Замена водительского удостоверения", "В работе", 6),
	}, saved: []string{"spravka.pdf"}}
	p.all[0].UnpaidUINs, p.all[0].CancelUntil = []string{"18810177170325189001"}, day(3)
	p.all[1].Correction = &wire.Correction{Text: "Адрес указан не полностью.", Fields: []wire.FieldError{{Field: "address", Message: "нет номера дома"}}, Until: *day(5)}
	p.all[2].Final, p.all[2].HasResult = true, true
	return p
}

func (p *portal) Applications(context.Context) ([]wire.Application, error) { return p.all, nil }

func (p *portal) Application(_ context.Context, id int64) (*details, error) {
	for _, a := range p.all {
		if a.OrderID != id {
			continue
		}
		d := &details{Application: a, History: []tracking.Event{
			{OrderID: id, At: a.CreatedAt, Title: "Заявление отправлено"},
			{OrderID: id, At: a.UpdatedAt, Title: a.StatusTitle, Comment: "Ведомство рассмотрело заявление"},
		}, Messages: []message{{At: a.UpdatedAt, From: "МВД России", Text: "Возьмите с собой паспорт"}}}
		if a.HasResult {
			d.Files = []orders.File{{FileName: "spravka.pdf", HasDigitalSignature: true}}
		}
		return d, nil
	}
	return nil, fault.New(exitcode.NotFound, "application.not_found", i18n.Say("заявления нет", "no such application"))
}

func (p *portal) Download(context.Context, int64) ([]string, error) { return p.saved, p.fails }

func (p *portal) Write(_ context.Context, id int64, text string) error {
	if p.fails != nil {
		return p.fails
	}
	p.written = append(p.written, fmt.Sprint(id, " ", text))
	return nil
}

func (p *portal) Withdraw(_ context.Context, id int64, reason string) error {
	if p.fails != nil {
		return p.fails
	}
	p.withdrawn = append(p.withdrawn, fmt.Sprint(id, " ", reason))
	return nil
}

// till stands for the screen of charges: it shows what it was opened for.
type till struct{ uin string }

func (s *till) Open(_ *screen.Env, uin string) tea.Cmd      { s.uin = uin; return nil }
func (s *till) Update(*screen.Env, tea.Msg) (tea.Cmd, bool) { return nil, false }
func (s *till) Actions(*screen.Env) []screen.Action         { return nil }
func (s *till) Draw(_ *screen.Env, size view.Size) view.Frame {
	return view.Frame{view.Say(0, "charge of "+s.uin)}.Fit(size)
}

func start(t *testing.T, p *portal, lang i18n.Lang, cols, rows int) *drive.Driver {
	entries := append(Entries(p), screen.Entry{ID: "charges", Title: i18n.Text{RU: "Начисления", EN: "Charges"}, New: func() screen.Screen { return &till{} }})
	return drive.Start(t, drive.Simple(now, lang, entries...), cols, rows)
}

func TestTheBoardAndOneApplicationInBothLanguages(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.RU, i18n.EN} {
		for _, size := range [][2]int{{80, 24}, {120, 40}} {
			name := fmt.Sprintf("%s.%dx%d", lang, size[0], size[1])
			d := start(t, demo(), lang, size[0], size[1]).Golden("board." + name)
			d.Press("down", "enter").Golden("card." + name)
		}
	}
}

func TestTheDepartmentIsWrittenToAndWhatItWaitsForIsShown(t *testing.T) {
	p := demo()
	until := now.AddDate(0, 0, 9)
	p.all[3].Wanted = &wire.WantedDocument{Document: "extra", Title: "справка о доходах", Until: until}
	p.all[3].ChangeUntil = &until
	d := start(t, p, i18n.RU, 100, 40).Sees("!  Замена водительского")
	d.Press("down", "down", "down", "enter").Sees("Что ждёт ведомство", "справка о доходах", "epgu application attach 1000004 ФАЙЛ", "Изменить можно до")
	d.Press("m", "enter").Sees("сообщение пусто")
	d.Press("К", "о", "г", "д", "а", "?", "enter").Sees("Отправлено")
	if len(p.written) != 1 || p.written[0] != "1000004 Когда?" {
		t.Errorf("%q", p.written)
	}
	p.fails = fault.New(exitcode.Unavailable, "x", i18n.Say("портал недоступен", "no portal"))
	d.Press("m", "Э", "й", "enter").Sees("портал недоступен")
}

func TestTheBoardIsNarrowedToWhatWaitsForItsOwner(t *testing.T) {
	d := start(t, demo(), i18n.RU, 80, 24)
	d.Press("f").Sees("[в работе]", "Загранпаспорт", "водительского").SeesNot("Справка")
	d.Press("f").Sees("[ждут исправления]", "детский сад").SeesNot("Загранпаспорт")
	d.Press("f").Sees("[ждут оплаты]", "Загранпаспорт").SeesNot("детский сад")
	d.Press("f").Sees("[завершённые]", "Справка об отсутствии").SeesNot("Загранпаспорт")
	d.Press("enter").Sees("spravka.pdf (с подписью)")
}

func TestAnUnpaidDutyLeadsToItsCharge(t *testing.T) {
	start(t, demo(), i18n.RU, 80, 24).Press("enter", "p").Sees("charge of 18810177170325189001")
	start(t, demo(), i18n.RU, 80, 24).Press("p").Sees("charge of 18810177170325189001")
	start(t, demo(), i18n.RU, 80, 24).Press("down", "enter", "p").Sees("платить нечего")
}

func TestAnApplicationIsRepeatedFromTheBoardAndFromItsCard(t *testing.T) {
	for _, keys := range [][]string{{"down", "r"}, {"down", "enter", "к"}} { // к stands on r
		form := &till{}
		entries := append(Entries(demo()), screen.Entry{ID: "apply", Title: i18n.Text{RU: "Подача", EN: "Applying"}, Card: true, New: func() screen.Screen { return form }})
		drive.Start(t, drive.Simple(now, i18n.RU, entries...), 100, 30).Press(keys...)
		if form.uin != "repeat 1000002" {
			t.Errorf("%v opened %q", keys, form.uin)
		}
	}
}

func TestAnApplicationIsWithdrawnOnlyWhenThatIsChosen(t *testing.T) {
	p := demo()
	d := start(t, p, i18n.RU, 80, 24).Press("enter", "x", "enter").Sees("без причины портал заявление не отзывает")
	d.Type("передумал").Press("enter").Sees("Отозвать заявление?").Press("enter").SeesNot("Отозвать заявление?")
	if len(p.withdrawn) > 0 {
		t.Fatalf("withdrawn by the answer that was chosen to begin with: %v", p.withdrawn)
	}
	d.Press("x").Type("передумал").Press("enter", "y", "enter").Sees("Заявление № 1000001 отзывается")
	if got := strings.Join(p.withdrawn, ", "); got != "1000001 передумал" {
		t.Errorf("withdrawn: %s", got)
	}
}

func TestARefusedWithdrawalSaysWhy(t *testing.T) {
	p := demo()
	p.fails = fault.New(exitcode.Conflict, "application.cancel_not_allowed", i18n.Say("отозвать уже нельзя", "it is too late to withdraw"))
	start(t, p, i18n.RU, 80, 24).Press("enter", "x").Type("ошибка").Press("enter", "y", "enter").Sees("отозвать уже нельзя")
}

func TestWhatHasEndedIsNotWithdrawn(t *testing.T) {
	start(t, demo(), i18n.RU, 80, 24).Press("down", "down", "enter", "x").Sees("заявление уже завершено").SeesNot("Почему отзываете")
}

func TestTheResultIsDownloaded(t *testing.T) {
	start(t, demo(), i18n.RU, 80, 24).Press("down", "down", "enter", "d").Sees("Сохранено: spravka.pdf")
	start(t, demo(), i18n.RU, 80, 24).Press("enter", "d").Sees("результата пока нет")
}

func TestFilesSavedBeforeAFailureAreTold(t *testing.T) {
	p := demo()
	p.fails = fault.New(exitcode.Unavailable, "portal.down", i18n.Say("портал недоступен", "the portal is not available"))
	start(t, p, i18n.RU, 80, 24).Press("down", "down", "enter", "d").Sees("портал недоступен", "Сохранено: spravka.pdf")
}

func TestTheBoardOpenedWithANumberShowsThatApplication(t *testing.T) {
	start(t, demo(), i18n.RU, 80, 24).Send(screen.GoMsg{ID: ID, Arg: "1000002"}).Sees("Адрес указан не полностью", "нет номера дома", "epgu application edit 1000002")
}

func TestTheLettersOfTheDepartmentAreCleanedOfWhatDrivesATerminal(t *testing.T) {
	p := demo()
	p.all[0].ServiceTitle, p.all[0].StatusTitle = "Паспорт\x1b]0;owned\x07\x1b[2J", "В\u202eработе"
	d := start(t, p, i18n.RU, 80, 24).Press("enter").Sees("Паспорт")
	if s := d.Root().View().Content; strings.Contains(s, "\x1b[2J") || strings.Contains(s, "\x1b]0;") || strings.Contains(s, "\u202e") {
		t.Errorf("the frame drives the terminal: %q", s)
	}
}
