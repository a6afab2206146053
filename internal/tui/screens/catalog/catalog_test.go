package catalog

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
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/tui/drive"
)

var now = time.Date(2026, 12, 1, 12, 3, 0, 0, clock.Moscow())

// portal is a portal with four services and an index that knows one wrong spelling.
type portal struct {
	services []wire.Service
	meant    map[string][]string
	kept     []string
	fails    error
	hold     chan struct{} // Search waits for it when not nil
}

func demo() *portal {
	service := func(code, slug, title, department string, fee int64, days int) wire.Service {
		return wire.Service{Code: code, Slug: slug, Title: wire.Text(title), Department: wire.Text(department), FeeKopecks: fee, TermDays: days, Level: wire.LevelConfirmed, Online: true, State: "active",
			Summary: "Подать заявление через портал", Topic: "Документы"}
	}
	p := &portal{services: []wire.Service{
		service("10000000001", "zagranpasport", "Загранпаспорт нового поколения", "МВД России", 600000, 30),
		service("10000000002", "kindergarten", "Запись в детский сад", "Департамент образования", 0, 7),
		service("10000000003", "driver-licence", "Замена водительского удостоверения", "Госавтоинспекция", 400000, 1),
		service("10000000004", "hunting", "Охотничий билет", "Минприроды", 0, 5),
	}, meant: map[string][]string{"pfuhfy": {"10000000001"}}}
	p.services[1].Saved = true
	p.services[3].Online = false
	return p
}

func (p *portal) Services(context.Context) ([]wire.Service, error) { return p.services, p.fails }

func (p *portal) Search(ctx context.Context, text string) ([]string, error) {
	if p.hold != nil {
		select {
		case <-p.hold:
		case <-ctx.Done():
		}
	}
	return p.meant[text], nil
}

func (p *portal) Service(_ context.Context, code string) (*wire.ServiceDetails, error) {
	for _, s := range p.services {
		if s.Code == code {
			return &wire.ServiceDetails{Service: s, Signature: "simple", Result: "Паспорт на 10 лет",
				Steps:     []wire.Text{"Заполнить заявление", "Оплатить пошлину", "Прийти за результатом"},
				Documents: []wire.Document{{Name: "photo", Title: "Фотография", Required: true, Types: []string{"image/jpeg"}, MaxBytes: 5 << 20}},
				Fees:      []wire.Fee{{Title: "Взрослому", Condition: "от 14 лет", AmountKopecks: 600000, Basis: "НК РФ, ст. 333.28"}},
				LegalActs: []wire.Text{"Федеральный закон № 114-ФЗ"}}, nil
		}
	}
	return nil, fault.New(exitcode.NotFound, "service.not_found", i18n.Say("услуги нет", "no such service"))
}

func (p *portal) Keep(_ context.Context, code string, keep bool) error {
	p.kept = append(p.kept, fmt.Sprint(code, " ", keep))
	for i := range p.services {
		if p.services[i].Code == code {
			p.services[i].Saved = keep
		}
	}
	return nil
}

func start(t *testing.T, p *portal, lang i18n.Lang, cols, rows int) *drive.Driver {
	return drive.Start(t, drive.Simple(now, lang, Entries(p)...), cols, rows)
}

func TestTheCatalogueAndOneServiceInBothLanguages(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.RU, i18n.EN} {
		for _, size := range [][2]int{{80, 24}, {120, 40}} {
			name := fmt.Sprintf("%s.%dx%d", lang, size[0], size[1])
			d := start(t, demo(), lang, size[0], size[1]).Golden("list." + name)
			d.Press("enter").Golden("service." + name)
		}
	}
}

func TestTheCatalogueIsSearchedWhileTyping(t *testing.T) {
	d := start(t, demo(), i18n.RU, 80, 24).Press("/").Type("сад").Sees("детский сад", "1 / 4").SeesNot("Загранпаспорт")
	d.Press("esc").Sees("Загранпаспорт", "4 / 4")
}

func TestAWordTypedOnTheOtherLayoutFindsWhatItMeans(t *testing.T) {
	start(t, demo(), i18n.RU, 80, 24).Press("/").Type("pfuhfy").Sees("Загранпаспорт", "1 / 4").SeesNot("детский сад")
}

func TestTheBestAnswerIsTheOneThatEnterOpens(t *testing.T) {
	start(t, demo(), i18n.RU, 80, 24).Press("down", "down", "/").Type("охот").Press("enter", "enter").Sees("Охотничий билет", "Документы", "Шаги")
}

func TestAnEnterQuickerThanTheSearchOpensWhatIsFound(t *testing.T) {
	p := demo()
	p.hold = make(chan struct{})
	d := start(t, p, i18n.RU, 80, 24).Press("/").Allow(1).Type("охот").Press("enter", "enter").Sees("Загранпаспорт")
	close(p.hold)
	d.Allow(0).Settle().Sees("Охотничий билет", "Документы", "Шаги")
}

func TestOnlyFreeServicesAreShownWhenAskedFor(t *testing.T) {
	start(t, demo(), i18n.RU, 80, 24).Press("f").Sees("детский сад", "Охотничий билет", "[бесплатные] 2 / 4").SeesNot("Загранпаспорт").Press("f").Sees("Загранпаспорт")
}

func TestAServiceIsKeptAndForgottenOnItsPage(t *testing.T) {
	p := demo()
	start(t, p, i18n.RU, 80, 24).Press("enter", "s").Sees("Услуга сохранена", "не хранить").Press("s").Sees("больше не сохранена")
	if got := strings.Join(p.kept, ", "); got != "10000000001 true, 10000000001 false" {
		t.Errorf("asked the portal: %s", got)
	}
}

func TestWhatThePortalCannotTakeSaysSo(t *testing.T) {
	start(t, demo(), i18n.RU, 80, 24).Press("end", "enter", "a").Sees("через портал её не подать")
}

func TestACatalogueThatDoesNotLoadSaysWhy(t *testing.T) {
	p := demo()
	p.fails = fault.New(exitcode.Unavailable, "portal.down", i18n.Say("портал недоступен", "the portal is not available"))
	p.services = nil
	start(t, p, i18n.RU, 80, 24).Sees("портал недоступен")
}

func TestThePaletteOpensAServiceByItsTitle(t *testing.T) {
	start(t, demo(), i18n.RU, 80, 24).Press("ctrl+k").Type("водительского").Press("enter").Sees("Замена водительского", "Госавтоинспекция")
}
