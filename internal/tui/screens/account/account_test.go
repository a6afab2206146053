package account

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/signin"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/tui/drive"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screen"
)

var now = time.Date(2026, 12, 1, 12, 3, 0, 0, clock.Moscow())

// portal is a portal that remembers what it was asked to do.
type portal struct {
	sessions []wire.Session
	devices  []wire.Device
	requests []wire.DeviceRequest
	asked    []string
	roles    []kit.Role
}

func (p *portal) Roles(context.Context) ([]kit.Role, error) { return p.roles, nil }
func (p *portal) Act(_ context.Context, oid string) error {
	p.asked = append(p.asked, "act "+oid)
	return nil
}

func demo() *portal {
	at := func(hours int) time.Time { return now.Add(-time.Duration(hours) * time.Hour) }
	return &portal{
		sessions: []wire.Session{
			{ID: "s-1", Current: true, Method: "PWD", Agent: "epgu/1.0", Address: wire.InProcess, CreatedAt: at(1)},
			{ID: "s-2", Method: "DS", Agent: "Учебный браузер", Address: "192.0.2.7", CreatedAt: at(30)},
			{ID: "s-3", Method: "KEY", Agent: "cron", Address: "192.0.2.9", CreatedAt: at(300)},
		},
		devices:  []wire.Device{{ID: "d-1", Name: "Телефон Анны", Agent: "epgu/1.0", Address: "192.0.2.7", BoundAt: at(500)}},
		requests: []wire.DeviceRequest{{ID: "r-1", Kind: "sign-in", Client: "Госуслуги (учебные)", Agent: "Учебный браузер", Address: "198.51.100.4", CreatedAt: at(0), ExpiresAt: now.Add(2 * time.Minute), State: "pending"}},
	}
}

func (p *portal) Profile(context.Context) (*person, error) {
	return &person{
		Person: signin.Person{Me: wire.Me{OID: "1000000003", LastName: "Демина", FirstName: "Анна", MiddleName: "Примеровна", BirthDate: "1985-04-12", Level: wire.LevelConfirmed}},
		Profile: &wire.Profile{OID: "1000000003", SNILS: "000-000-006 06", INN: "960000000236", Mobile: "+7(900)0000002", Email: "anna@example.org", Level: wire.LevelConfirmed, Recheck: true,
			Addresses: []wire.Address{{Type: wire.AddressRegistered, ZipCode: "000000", City: "г. Примерск", Street: "ул. Образцовая", House: "1"}},
			Documents: []wire.ProfileDocument{{Type: wire.DocumentPassport, Series: "0000", Number: "000006", Verified: true}},
			Children:  []wire.ProfileChild{{LastName: "Демина", FirstName: "Зоя", BirthDate: "2019-09-01"}},
			Vehicles:  []wire.ProfileVehicle{{Name: "Учебный автомобиль", Plate: "У000ЧБ00", STS: "0000000009"}}},
	}, nil
}

func (p *portal) Sessions(context.Context) ([]wire.Session, error) { return p.sessions, nil }

func (p *portal) EndSession(_ context.Context, id string) error {
	p.asked = append(p.asked, "end "+id)
	for i, s := range p.sessions {
		if s.ID == id {
			p.sessions = append(p.sessions[:i:i], p.sessions[i+1:]...)
			return nil
		}
	}
	return fault.New(exitcode.NotFound, "session.not_found", i18n.Say("сеанса нет", "no such session"))
}

func (p *portal) EndOtherSessions(context.Context) error {
	p.asked = append(p.asked, "end others")
	p.sessions = p.sessions[:1]
	return nil
}

func (p *portal) SignIns(context.Context) ([]wire.SignInEntry, error) {
	return []wire.SignInEntry{
		{At: now, Outcome: "done", Method: "PWD", Agent: "epgu/1.0", Address: wire.InProcess},
		{At: now.Add(-time.Hour), Outcome: "wrong_password", Method: "PWD", Agent: "чужая программа", Address: "198.51.100.4", Suspicious: true},
	}, nil
}

func (p *portal) Devices(context.Context) ([]wire.Device, error) { return p.devices, nil }

func (p *portal) RemoveDevice(_ context.Context, id string) error {
	p.asked = append(p.asked, "remove "+id)
	p.devices = nil
	return nil
}

func (p *portal) Requests(context.Context) ([]wire.DeviceRequest, error) { return p.requests, nil }

func (p *portal) Decide(_ context.Context, id string, approve bool, number string) error {
	if approve && number != "42" {
		return fault.New(exitcode.Refused, "push.wrong_number", i18n.Say("число другое", "another number"))
	}
	p.asked = append(p.asked, map[bool]string{true: "approve ", false: "deny "}[approve]+id+number)
	p.requests = nil
	return nil
}

func start(t *testing.T, p *portal, id string, lang i18n.Lang, cols, rows int) *drive.Driver {
	t.Helper()
	all := Entries(p)
	for i, e := range all {
		if e.ID == id {
			all[0], all[i] = all[i], all[0]
			return drive.Start(t, drive.Simple(now, lang, append([]screen.Entry{}, all...)...), cols, rows)
		}
	}
	t.Fatalf("there is no screen %s", id)
	return nil
}

func TestEveryScreenOfTheAccountInBothLanguages(t *testing.T) {
	for _, id := range []string{ProfileID, SessionsID, SignInsID, DevicesID} {
		for _, lang := range []i18n.Lang{i18n.RU, i18n.EN} {
			start(t, demo(), id, lang, 80, 24).Golden(id + "." + string(lang) + ".80x24")
			start(t, demo(), id, lang, 120, 40).Golden(id + "." + string(lang) + ".120x40")
		}
	}
	for _, lang := range []i18n.Lang{i18n.RU, i18n.EN} {
		for _, size := range [][2]int{{80, 24}, {120, 40}} {
			p := demo()
			p.roles = []kit.Role{{}, {OID: "9600000016", Title: "ООО «Пример»", Now: true}, {OID: "9600000017", Title: "ИП Демина"}}
			start(t, p, ProfileID, lang, size[0], size[1]).Press("o").Golden(fmt.Sprintf("role.%s.%dx%d", lang, size[0], size[1]))
		}
	}
}

func TestASessionEndsOnlyAfterAYesThatWasChosen(t *testing.T) {
	p := demo()
	d := start(t, p, SessionsID, i18n.RU, 80, 24)
	d.Press("down", "d").Sees("Завершить сеанс?", "Учебный браузер").Press("enter").SeesNot("Завершить сеанс?")
	if len(p.asked) != 0 {
		t.Fatalf("asked %q", p.asked)
	}
	d.Press("d", "right", "enter").Sees("Сеанс завершён").SeesNot("Учебный браузер")
	if strings.Join(p.asked, ";") != "end s-2" {
		t.Errorf("asked %q", p.asked)
	}
}

func TestTheOwnSessionIsNotEndedHere(t *testing.T) {
	p := demo()
	start(t, p, SessionsID, i18n.RU, 80, 24).Press("d").Sees("это ваш сеанс").SeesNot("Завершить сеанс?")
	if len(p.asked) != 0 {
		t.Errorf("asked %q", p.asked)
	}
}

func TestAllOtherSessionsEndAtOnce(t *testing.T) {
	p := demo()
	start(t, p, SessionsID, i18n.RU, 80, 24).Press("D").Press("right", "enter").Sees("Остальные сеансы завершены").SeesNot("cron")
	if strings.Join(p.asked, ";") != "end others" {
		t.Errorf("asked %q", p.asked)
	}
}

func TestARequestIsApprovedByItsNumberOnly(t *testing.T) {
	p := demo()
	d := start(t, p, DevicesID, i18n.RU, 80, 24).Sees("Это вы входите: Госуслуги (учебные)?", "198.51.100.4")
	d.Press("a").Type("сорок два").Press("enter").Sees("нужны цифры").Press("ctrl+u").Type("42").Press("enter").Sees("Подтверждено").SeesNot("Это вы входите")
	if strings.Join(p.asked, ";") != "approve r-142" {
		t.Errorf("asked %q", p.asked)
	}
}

func TestAWrongNumberIsToldAndTheRequestStays(t *testing.T) {
	start(t, demo(), DevicesID, i18n.RU, 80, 24).Press("a").Type("13").Press("enter").Sees("число другое").Pause().Press("esc").Sees("Это вы входите")
}

func TestADeniedRequestSaysWhatItMeans(t *testing.T) {
	p := demo()
	start(t, p, DevicesID, i18n.RU, 120, 40).Press("x").Sees("Отклонено", "epgu auth password")
	if strings.Join(p.asked, ";") != "deny r-1" {
		t.Errorf("asked %q", p.asked)
	}
}

func TestADeviceIsRemovedAfterAYes(t *testing.T) {
	p := demo()
	start(t, p, DevicesID, i18n.RU, 80, 24).Press("d").Press("right", "enter").Sees("Устройство отвязано", "Устройства не привязаны")
	if strings.Join(p.asked, ";") != "remove d-1" {
		t.Errorf("asked %q", p.asked)
	}
}

func TestTheProfileLeadsToSessionsDevicesAndSignIns(t *testing.T) {
	d := start(t, demo(), ProfileID, i18n.RU, 80, 24)
	d.Press("s").Sees("Учебный браузер").Press("esc").Press("d").Sees("Телефон Анны").Press("esc").Press("i").Sees("! неверный пароль")
}

func TestComingBackToAScreenShowsWhatHasChangedMeanwhile(t *testing.T) {
	p := demo()
	d := start(t, p, ProfileID, i18n.RU, 80, 24).Press("s").Sees("Учебный браузер").Press("i").Sees("! неверный пароль")
	p.sessions = p.sessions[:1] // ended elsewhere
	d.Press("esc").SeesNot("Учебный браузер")
}

func TestTheRoleIsChangedAndEverythingIsSeenAnew(t *testing.T) {
	p := demo()
	d := start(t, p, ProfileID, i18n.RU, 100, 30).Press("o").Sees("не представляете ни одной организации")
	p.roles = []kit.Role{{}, {OID: "9600000016", Title: "ООО «Пример»", Now: true}, {OID: "9600000017", Title: "ИП Демина"}}
	d.Press("o").Sees("ООО «Пример» (сейчас так)").Pause().Press("2").SeesNot("От чьего имени")
	if len(p.asked) > 0 {
		t.Errorf("asked %q for the role in force", p.asked)
	}
	d.Press("o").Pause().Press("3")
	if strings.Join(p.asked, ",") != "act 9600000017" {
		t.Errorf("asked %q", p.asked)
	}
}
