package tui

import (
	"context"
	"fmt"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/journal"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/screens/applications"
	"github.com/epgu-cli/epgu/internal/tui/screens/catalog"
	"github.com/epgu-cli/epgu/internal/tui/screens/charges"
)

var now = time.Date(2026, 12, 1, 12, 3, 0, 0, clock.Moscow())

// The parts of a portal on which there is very much. What the measures do not ask
// for is not there, and would be missed loudly.
type (
	services struct {
		catalog.Source
		n int
	}
	orders struct {
		applications.Source
		n int
	}
	bills struct {
		charges.Source
		n int
		// still makes every later load come to nothing, as one does that is no longer
		// wanted: what is known stays.
		still bool
	}
)

// entries are the real screens over such a portal, the smallest list first.
func entries(n int) (all []screen.Entry, bill *bills) {
	bill = &bills{n: n}
	all = append(all, catalog.Entries(&services{n: n / 100})...)
	all = append(all, applications.Entries(&orders{n: n / 20})...)
	return append(all, charges.Entries(bill)...), bill
}

func (s *services) Services(context.Context) ([]wire.Service, error) {
	titles := []wire.Text{"Загранпаспорт нового поколения", "Запись в детский сад", "Замена водительского удостоверения", "Справка об отсутствии судимости"}
	all := make([]wire.Service, s.n)
	for i := range all {
		all[i] = wire.Service{Code: fmt.Sprintf("1%010d", i), Slug: fmt.Sprintf("service-%d", i), Title: wire.Text(fmt.Sprintf("%s № %d", titles[i%len(titles)], i)),
			Summary: "Подать заявление через портал и прийти за результатом", Department: "МВД России", Topic: "Документы", FeeKopecks: int64(i%3) * 150000, TermDays: i % 40}
	}
	return all, nil
}

func (s *services) Search(context.Context, string) ([]string, error) { return nil, nil }

func (s *orders) Applications(context.Context) ([]wire.Application, error) {
	statuses := []wire.Text{"Принято ведомством", "Ожидает оплаты", "Услуга оказана", "Ожидает исправления"}
	all := make([]wire.Application, s.n)
	for i := range all {
		all[i] = wire.Application{OrderID: int64(764000000 + i), ServiceTitle: "Загранпаспорт нового поколения", StatusTitle: statuses[i%len(statuses)], Department: "МВД России",
			CreatedAt: now.AddDate(0, 0, -i%700), UpdatedAt: now.AddDate(0, 0, -i%300), Final: i%4 == 2, HasResult: i%4 == 2}
		if i%4 == 1 {
			all[i].UnpaidUINs = []string{charge(i).UIN}
		}
	}
	return all, nil
}

func charge(i int) wire.Charge {
	titles := []wire.Text{"Штраф за превышение скорости на 20–40 км/ч", "Транспортный налог за 2025 год", "Госпошлина за загранпаспорт", "Исполнительский сбор", "Стоянка на газоне"}
	until := now.AddDate(0, 0, i%300)
	return wire.Charge{UIN: fmt.Sprintf("18810177%012d", i), Kind: "fine", State: "unpaid", Title: titles[i%len(titles)], DueKopecks: int64(50000 + i%97700), PayUntil: &until, Payee: wire.Payee{Name: "УФК по г. Москве"}}
}

func (s *bills) Due(ctx context.Context, each func(wire.Charge) error) error {
	if s.still {
		return context.Canceled
	}
	for i := range s.n {
		if err := each(charge(i)); err != nil {
			return err
		}
	}
	return nil
}

func (s *bills) Open(context.Context) ([]journal.Payment, error) { return nil, nil }
