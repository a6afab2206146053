package home

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/tui"
	"github.com/epgu-cli/epgu/internal/tui/drive"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/screens/help"
)

var now = time.Date(2026, 12, 1, 12, 3, 0, 0, clock.Moscow())

type answers struct {
	charges Charges
	apps    []Application
	down    error
	hold    chan struct{}
}

func (a answers) Charges(ctx context.Context) (Charges, error) {
	if a.hold != nil {
		select {
		case <-a.hold:
		case <-ctx.Done():
			return Charges{}, ctx.Err()
		}
	}
	return a.charges, a.down
}
func (a answers) Applications(context.Context) ([]Application, error) { return a.apps, a.down }
func (a answers) Requests(context.Context) ([]Request, error) {
	return []Request{{ID: "r1", Client: "Госуслуги Дом", Until: now.Add(10 * time.Minute)}}, a.down
}
func (a answers) Payments(context.Context) ([]Payment, error) {
	return []Payment{{ID: "p1", UIN: "18810177170325189001", Sum: 56250, State: "unknown"}}, nil
}
func (a answers) Certificates(context.Context) ([]Certificate, error) {
	return []Certificate{{"рабочий", now.AddDate(0, 0, 9)}}, nil
}

func demo() answers {
	var c Charges
	due, discount := now.AddDate(0, 0, 20), now.AddDate(0, 0, 3)
	for i, title := range []wire.Text{"Превышение скорости", "Налог", "Стоянка", "Сбор", "Долг", "Госпошлина"} {
		ch := wire.Charge{UIN: "1881017717032518900" + string(rune('1'+i)), Title: title, AmountKopecks: 75000, DueKopecks: 75000, PayUntil: &due}
		if i == 3 {
			ch.DueKopecks, ch.Discount = 37500, &wire.Discount{DueKopecks: 37500, LastDay: discount}
		}
		c.Count++
		c.Sum += ch.DueKopecks
		c.add(ch)
	}
	return answers{charges: c, apps: []Application{{ID: 5000000001, Title: "Загранпаспорт", Correction: true, Until: now.AddDate(0, 0, 5)}, {ID: 5000000002, Title: "Водительское удостоверение", Unpaid: []string{"31800000000000000017"}}}}
}

func options(src Source, lang i18n.Lang) tui.Options {
	return drive.Simple(now, lang, Entry(src), help.Entry())
}

func TestHomeShowsWhatNeedsItsOwnerInBothLanguages(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.RU, i18n.EN} {
		drive.Start(t, options(demo(), lang), 80, 24).Golden("home." + string(lang) + ".80x24")
		drive.Start(t, options(demo(), lang), 120, 40).Golden("home." + string(lang) + ".120x40")
	}
}

func TestTheLanguageSwitchesWhileTheScreenIsOpen(t *testing.T) {
	drive.Start(t, options(demo(), i18n.RU), 120, 40).Sees("Что нужно от вас сейчас", "скидка до 04.12.2026").
		Press("f2").Sees("What needs you now", "discount until 2026-12-04").SeesNot("скидка до").
		Press("f2").Sees("Что нужно от вас сейчас")
}

func TestOnePartThatFailsHidesNoneOfTheOthers(t *testing.T) {
	a := demo()
	a.down = fault.New(exitcode.Unavailable, "portal.down", i18n.Say("портал недоступен", "the portal is not available"))
	drive.Start(t, options(a, i18n.RU), 80, 24).Sees("Чем кончился платёж", "рабочий", "Не обновлено (Ctrl-R — повторить): портал недоступен")
}

// quiet has nothing that needs its owner, or fails to tell.
type quiet struct {
	fails error
	rest  bool // only what is on this machine answers
}

func (q quiet) Charges(context.Context) (Charges, error)            { return Charges{}, q.fails }
func (q quiet) Applications(context.Context) ([]Application, error) { return nil, q.fails }
func (q quiet) Requests(context.Context) ([]Request, error)         { return nil, q.fails }
func (q quiet) Payments(context.Context) ([]Payment, error)         { return nil, q.local() }
func (q quiet) Certificates(context.Context) ([]Certificate, error) { return nil, q.local() }
func (q quiet) local() error {
	if q.rest {
		return nil
	}
	return q.fails
}

func TestThatNothingIsUrgentIsSaidOnlyWhenItIsKnown(t *testing.T) {
	out := fault.New(exitcode.Auth, "auth.needed", i18n.Say("нужно войти", "sign in first"))
	down := fault.New(exitcode.Unavailable, "portal.down", i18n.Say("портал недоступен", "the portal is not available"))
	drive.Start(t, options(quiet{}, i18n.RU), 80, 24).Sees("Ничего срочного")
	for _, rest := range []bool{false, true} {
		drive.Start(t, options(quiet{out, rest}, i18n.RU), 80, 24).SeesNot("Ничего срочного").Sees("Вы не вошли", "Войти: Ctrl-K")
		drive.Start(t, options(quiet{out, rest}, i18n.RU), 40, 12).Sees("Войти: Ctrl-K, «Вход».") // wrapped, not cut
		drive.Start(t, options(quiet{down, rest}, i18n.RU), 80, 24).SeesNot("Ничего срочного").Sees("узнать удалось не всё")
	}
}

// memory is a cache of a test.
type memory struct {
	mu   sync.Mutex // loads end at the same time
	kept map[string]kept
}

type kept struct {
	at time.Time
	b  []byte
}

func (m *memory) Get(key string, v any) (time.Time, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k, ok := m.kept[key]
	return k.at, ok && json.Unmarshal(k.b, v) == nil
}
func (m *memory) Put(key string, at time.Time, v any) {
	b, _ := json.Marshal(v)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept[key] = kept{at, b}
}
func (m *memory) Clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.kept)
}

func TestTheLastKnownDataIsShownAtOnceAndRefreshedBehind(t *testing.T) {
	cache := &memory{kept: map[string]kept{}}
	cache.Put("home-charges", now.Add(-10*time.Minute), demo().charges)
	a := demo()
	a.hold = make(chan struct{})
	a.charges = Charges{}
	o := options(a, i18n.RU)
	o.Env.Cache = cache
	d := drive.StartAllowing(t, o, 80, 24, 1)
	d.Awaits("Всего к оплате").Awaits("на 11:53, обновляется…")
	close(a.hold)
	d.Allow(0).Settle().SeesNot("Всего к оплате").Sees("на 12:03")
}

func TestANeedWithoutAScreenNamesItsCommand(t *testing.T) {
	drive.Start(t, options(demo(), i18n.RU), 80, 24).Press("enter").Sees("командой: epgu auth devices requests")
}

var _ screen.Dated = (*Home)(nil)

func TestNoWindowIsTooNarrowForASum(t *testing.T) {
	for _, cols := range []int{40, 50, 60, 70, 80, 100, 120} {
		drive.Start(t, options(demo(), i18n.RU), cols, 30).Sees(": 375,00 ₽ вместо 750,00 ₽", ": 4 125,00 ₽", "Чем кончился платёж на")
	}
	drive.Start(t, options(demo(), i18n.RU), 120, 30).Sees("скидка до 04.12.2026")
}
