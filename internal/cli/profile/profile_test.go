package profile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/account"
	"github.com/epgu-cli/epgu/internal/core/signin"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// portal keeps one person and remembers what it was sent.
type portal struct {
	account.Portal
	sent  []string
	fails error
}

func moment() time.Time { return time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC) }

func person() wire.Profile {
	return wire.Profile{OID: "1000", LastName: "Учебный", FirstName: "Пётр", BirthDate: "1985-04-12", Gender: "M", SNILS: "000-000-009 09", INN: "960000000300",
		Mobile: "+7(900)0000001", Email: "petr@example.org", Level: wire.LevelConfirmed,
		Addresses: []wire.Address{{Type: wire.AddressLiving, ZipCode: "000000", Region: "Учебная область", City: "г. Примерск", Street: "ул. Образцовая", House: "1"}},
		Documents: []wire.ProfileDocument{{Type: wire.DocumentPassport, Series: "0000", Number: "000009", IssueDate: "2005-05-20", Verified: true}},
		Children:  []wire.ProfileChild{{LastName: "Учебная", FirstName: "Зоя", BirthDate: "2019-09-01"}}, Vehicles: []wire.ProfileVehicle{}}
}

func changes() []wire.Change {
	return []wire.Change{
		{ID: "c3", At: moment(), Kind: "level", Author: wire.ChangeAuthor{Kind: "portal", Name: "портал"},
			Fields: []wire.ChangeField{{Field: "level", Title: "уровень", Old: "упрощённая", New: "стандартная"}}},
		{ID: "c2", At: moment(), Kind: "contact", Author: wire.ChangeAuthor{Kind: "person", Name: "Учебный Пётр", ClientID: "EPGU"},
			Fields: []wire.ChangeField{{Field: "mobile", Title: "телефон", Old: "+7 *** ***-00-01", New: "+7 *** ***-00-02"}}},
		{ID: "c1", At: moment(), Kind: "profile.edit", Revertible: true, Author: wire.ChangeAuthor{Kind: "person", Name: "Учебный Пётр", ClientID: "EPGU"},
			Fields: []wire.ChangeField{{Field: "lastName", Title: "фамилия", Old: "У***", New: "Н***"}, {Field: "address.PLV", Title: "адрес", New: "г. Новый"}}},
	}
}

func (p *portal) note(format string, args ...any) {
	p.sent = append(p.sent, fmt.Sprintf(format, args...))
}

func (p *portal) Profile(context.Context) (*cabinet.Profile, error) {
	return &cabinet.Profile{Profile: person(), ETag: `"1"`}, nil
}

func (p *portal) EditProfile(_ context.Context, etag string, e wire.ProfileEdit) (*wire.ProfileEdited, error) {
	raw, _ := json.Marshal(e)
	p.note("edit %s %s", etag, raw)
	return &wire.ProfileEdited{Profile: person(), Change: &changes()[2]}, p.fails
}

func (p *portal) Changes(_ context.Context, kind string, q cabinet.PageQuery) (*wire.Page[wire.Change], error) {
	list := slices.DeleteFunc(changes(), func(c wire.Change) bool { return kind != "" && c.Kind != kind })
	return &wire.Page[wire.Change]{Items: list[:min(len(list), q.Limit)], Total: len(list)}, p.fails
}

func (p *portal) RevertChange(_ context.Context, id string, later bool) (*wire.ProfileEdited, error) {
	p.note("revert %s %v", id, later)
	return &wire.ProfileEdited{Profile: person(), Change: &changes()[2]}, p.fails
}

func (p *portal) ChangeContact(_ context.Context, r wire.ContactChangeRequest) (*wire.ContactChange, error) {
	p.note("contact %s %s %s", r.Kind, r.Value, r.Password)
	return &wire.ContactChange{ID: "k1", Kind: r.Kind, State: "code", Target: "+7 *** ***-00-77"}, p.fails
}

func (p *portal) ConfirmContact(_ context.Context, id, code string) (*wire.ContactChange, error) {
	p.note("confirm %s %q", id, code)
	c := &wire.ContactChange{ID: id, Kind: "mobile", State: "done", Target: "+7 *** ***-00-77"}
	if code == "" {
		c.State = "code"
	}
	if code == "000000" {
		return nil, fault.New(exitcode.Refused, "contact.wrong_code", i18n.Say("неверный код", "the code is wrong"))
	}
	return c, p.fails
}

func (p *portal) Privacy(context.Context) (*cabinet.Privacy, error) {
	return &cabinet.Privacy{ETag: `"3"`, Privacy: wire.Privacy{Advertising: true, Sharing: []wire.Sharing{
		{With: "banks", Title: "банкам", Allowed: true}, {With: "systems", Title: "другим системам", Allowed: true}}}}, nil
}

func (p *portal) EditPrivacy(_ context.Context, etag string, e wire.PrivacyEdit) (*wire.Privacy, error) {
	raw, _ := json.Marshal(e)
	p.note("privacy %s %s", etag, raw)
	return &wire.Privacy{Sharing: []wire.Sharing{{With: "banks", Title: "банкам"}}}, p.fails
}

func (p *portal) DeletionRequests(context.Context) ([]wire.DeletionRequest, error) {
	return []wire.DeletionRequest{{ID: "d1", Number: "УД-000001", What: "documents", State: "done", CreatedAt: moment(), AnswerBy: moment(), Deleted: 1, Answer: "удалено записей: 1"}}, nil
}

func (p *portal) RequestDeletion(_ context.Context, what string) (*wire.DeletionRequest, error) {
	p.note("delete %s", what)
	return &wire.DeletionRequest{ID: "d1", Number: "УД-000001", What: what, State: "accepted"}, p.fails
}

func (p *portal) Consents(context.Context) ([]wire.Consent, error) {
	return []wire.Consent{{ID: 7, ClientID: "OTHER", Sysname: "APIPGU", Responsible: "Система\x1b[2J", Scopes: []string{"openid"}, GivenAt: moment()}}, nil
}

func (p *portal) RevokeConsent(_ context.Context, id string) error {
	p.note("withdraw %s", id)
	return p.fails
}

// bench is one run of a command.
type bench struct {
	portal      *portal
	lang        i18n.Lang
	tty, prompt bool // stdout is a terminal; questions are answered by in
	in          string
}

func (b bench) run(t *testing.T, args ...string) (out, errOut *bytes.Buffer, err error) {
	t.Helper()
	ios, in, out, errOut := iostreams.Test()
	ios.Lang = b.lang
	ios.SetWidth(120)
	ios.SetStdoutTTY(b.tty)
	if b.prompt {
		ios.SetTTY(true)
		ios.SetStdoutTTY(b.tty)
	}
	in.WriteString(b.in)
	caps := func(context.Context) (*wire.Capabilities, error) {
		return &wire.Capabilities{Capabilities: []wire.Capability{wire.CapAccount, wire.CapProfileEdit}}, nil
	}
	f := &factory.Factory{IO: ios, Lang: b.lang, Flags: &factory.Flags{}, Connect: func(context.Context) (*factory.Connection, error) {
		return &factory.Connection{Account: &account.Service{Portal: b.portal, Capabilities: caps}}, nil
	}}
	cmd := New(f)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args)
	return out, errOut, cmd.ExecuteContext(t.Context())
}

func TestTheViewsAreWhole(t *testing.T) {
	p := person()
	for name, err := range map[string]error{
		"view": view().CheckWith(seen{profile: &p}), "edit": editedView().CheckWith(edited{change: &wire.Change{}}), "difference": differenceView().Check(),
		"history": historyView().Check(), "consents": consentView().Check(), "privacy": privacyView().Check(), "deletion": deletionView().Check(), "level": levelView().Check(),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAProfileIsShownInSectionsToPeople(t *testing.T) {
	p := person()
	me := signin.Person{Me: wire.Me{OID: "1000", LastName: "Учебный", FirstName: "Пётр", BirthDate: "1985-04-12", Level: wire.LevelConfirmed, Role: wire.Role{Kind: "person"}}}
	for lang, want := range map[i18n.Lang]string{
		i18n.RU: "Номер в ЕСИА:       1000\nФамилия:            Учебный\nИмя:                Пётр\nДата рождения:      12.04.1985\nПол:                мужской\n" +
			"Учётная запись:     подтверждённая\nДанные проверяются: нет\n" +
			"Адреса:             проживание: 000000, Учебная область, г. Примерск, ул. Образцовая, д. 1\n" +
			"Документы:          Паспорт: 0000 000009, проверен\nДети:               Учебная Зоя , 01.09.2019\nРоль:               гражданин\n",
		i18n.EN: "ЕСИА number:        1000\nLast name:          Учебный\nFirst name:         Пётр\nDate of birth:      1985-04-12\nSex:                male\n" +
			"Account level:      confirmed\nData being checked: no\n" +
			"Addresses:          living: 000000, Учебная область, г. Примерск, ул. Образцовая, д. 1\n" +
			"Documents:          Passport: 0000 000009, checked\nChildren:           Учебная Зоя , 2019-09-01\nRole:               citizen\n",
	} {
		ios, _, out, _ := iostreams.Test()
		ios.Lang = lang
		ios.SetStdoutTTY(true)
		ios.SetWidth(120)
		if err := output.Object(ios, &output.Options{}, view(), seen{me, &p}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("%s: %s", lang, diff)
		}
	}
	// Where programs see the person only, the rest is none and not empty lists.
	ios, _, out, _ := iostreams.Test()
	if err := output.Object(ios, output.ForJSON("oid", "addresses", "recheck"), view(), seen{Person: me}); err != nil || out.String() != `{"oid":"1000","addresses":null,"recheck":null}`+"\n" {
		t.Errorf("%v %s", err, out)
	}
}

func TestTheHistoryIsATableTabsCSVAndJSON(t *testing.T) {
	for _, c := range []struct {
		lang i18n.Lang
		tty  bool
		args []string
		want string
	}{
		{i18n.RU, true, []string{"--columns", "at,kind,field,old,new"}, "" +
			"Когда             Что      Поле     Было              Стало\n" +
			"01.09.2026 12:00  уровень  уровень  упрощённая        стандартная\n" +
			"01.09.2026 12:00  контакт  телефон  +7 *** ***-00-01  +7 *** ***-00-02\n" +
			"01.09.2026 12:00  правка   фамилия  У***              Н***\n" +
			"01.09.2026 12:00  правка   адрес                      г. Новый\n"},
		{i18n.EN, true, []string{"--columns", "at,kind", "--kind", "contact"}, "When              What\n2026-09-01 12:00  contact\n"},
		{i18n.RU, false, []string{"--kind", "contact"}, "2026-09-01T12:00:00Z\tcontact\tmobile\t+7 *** ***-00-01\t+7 *** ***-00-02\tУчебный Пётр\tc2\n"},
		// A cell of a spreadsheet begins no formula.
		{i18n.RU, false, []string{"--kind", "contact", "--csv"}, "" +
			"at,kind,author,authorKind,clientId,field,old,new,revertible,reverts,revertedBy,id\n" +
			"2026-09-01T12:00:00Z,contact,Учебный Пётр,person,EPGU,mobile,'+7 *** ***-00-01,'+7 *** ***-00-02,false,,,c2\n"},
		{i18n.EN, false, []string{"--kind", "profile.edit", "--ndjson", "--json=id,field,old,new"}, "" +
			`{"id":"c1","field":"lastName","old":"У***","new":"Н***"}` + "\n" + `{"id":"c1","field":"address.PLV","old":"","new":"г. Новый"}` + "\n"},
	} {
		out, _, err := bench{portal: &portal{}, lang: c.lang, tty: c.tty}.run(t, append([]string{"history"}, c.args...)...)
		if diff := cmp.Diff(c.want, out.String()); err != nil || diff != "" {
			t.Errorf("%v: %v\n%s", c.args, err, diff)
		}
	}
	_, errOut, err := bench{portal: &portal{}, lang: i18n.EN}.run(t, "history", "-L", "1")
	if err != nil || !strings.Contains(errOut.String(), "--all") {
		t.Errorf("a cut history says nothing: %v %s", err, errOut)
	}
}

func TestAnEditShowsWhatWillChangeAndSendsOnlyThat(t *testing.T) {
	form := filepath.Join(t.TempDir(), "me.json")
	if err := os.WriteFile(form, []byte(`{"lastName":"Новый","inn":"960000000300"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args  []string
		sent  string
		shown string
	}{
		{[]string{"--living", "city=г. Новый, у реки,house=2"}, `edit "1" {"addresses":[{"type":"PLV","zipCode":"000000","region":"Учебная область","city":"г. Новый, у реки","street":"ул. Образцовая","house":"2"}]}`, "→ 000000, Учебная область, г. Новый, у реки"},
		{[]string{"--registered", "region=Область,house=1"}, `edit "1" {"addresses":[{"type":"PRG","region":"Область","house":"1"}]}`, "Адрес регистрации: — → Область, д. 1"},
		{[]string{"--last-name", "Новый", "--first-name", "Пётр"}, `edit "1" {"lastName":"Новый"}`, "станет упрощённой"},
		{[]string{"--middle-name", "Примерович"}, `edit "1" {"middleName":"Примерович"}`, "Отчество: — → Примерович"},
		{[]string{"--passport", "0000 000012", "--issued", "2020-01-01"}, `edit "1" {"documents":[{"type":"RF_PASSPORT","series":"0000","number":"000012","issueDate":"2020-01-01"}]}`, "Паспорт: 0000 000009, 2005-05-20 → 0000 000012, 2020-01-01"},
		{[]string{"--issuer-code", "000000"}, `edit "1" {"documents":[{"type":"RF_PASSPORT","series":"0000","number":"000009","issueDate":"2005-05-20","issueId":"000000"}]}`, "Паспорт"},
		{[]string{"--document", "type=licence,series=0000,number=000012"}, `edit "1" {"documents":[{"type":"RF_DRIVING_LICENSE","series":"0000","number":"000012"}]}`, "Водительское удостоверение"},
		{[]string{"--file", form}, `edit "1" {"lastName":"Новый"}`, "Фамилия: Учебный → Новый"},
		{[]string{"--file", form, "--last-name", "Другой"}, `edit "1" {"lastName":"Другой"}`, "Другой"}, // a flag wins
		{[]string{"--email", "new@example.org", "--password-stdin"}, `contact email new@example.org Present-1`, "epgu profile edit --confirm k1 --code"},
		{[]string{"--mobile", "8 900 000-00-01"}, "", "менять нечего"},
	} {
		p := &portal{}
		_, errOut, err := bench{portal: p, lang: i18n.RU, in: "Present-1\n"}.run(t, append([]string{"edit", "--yes"}, c.args...)...)
		if err != nil || strings.Join(p.sent, ";") != c.sent || !strings.Contains(errOut.String(), c.shown) {
			t.Errorf("%v: %v\nsent  %s\nshown %s", c.args, err, strings.Join(p.sent, ";"), errOut)
		}
		p = &portal{}
		if _, _, err := (bench{portal: p, lang: i18n.RU}).run(t, append([]string{"edit", "--dry-run"}, c.args...)...); err != nil || len(p.sent) > 0 {
			t.Errorf("%v --dry-run: %v, sent %q", c.args, err, p.sent)
		}
	}
	p := &portal{}
	if _, _, err := (bench{portal: p, lang: i18n.RU, in: `{"inn":"960000000236"}`}).run(t, "edit", "--file", "-", "--yes"); err != nil || len(p.sent) != 1 {
		t.Errorf("standard input: %v %q", err, p.sent)
	}
}

func TestANewPhoneIsConfirmedOnTheTerminal(t *testing.T) {
	p := &portal{}
	out, errOut, err := bench{portal: p, lang: i18n.RU, prompt: true, in: "да\nPresent-1\n000000\n\n123456\n"}.run(t, "edit", "--mobile", "+79000000077")
	want := []string{"contact mobile +79000000077 Present-1", `confirm k1 "000000"`, `confirm k1 ""`, `confirm k1 "123456"`}
	if diff := cmp.Diff(want, p.sent); err != nil || diff != "" || !strings.Contains(out.String(), `"state":"done"`) || !strings.Contains(errOut.String(), "неверный код") {
		t.Errorf("%v %s\n%s\n%s", err, diff, out, errOut)
	}
	p = &portal{}
	if _, _, err := (bench{portal: p, lang: i18n.EN}).run(t, "edit", "--confirm", "k1", "--resend"); err != nil || p.sent[0] != `confirm k1 ""` {
		t.Errorf("%v %q", err, p.sent)
	}
	p = &portal{}
	if _, _, err := (bench{portal: p, lang: i18n.RU, prompt: true, in: "нет\n"}).run(t, "edit", "--mobile", "+79000000077"); fault.ExitOf(err) != exitcode.Usage || len(p.sent) > 0 {
		t.Errorf("a no was taken for a yes: %v %q", err, p.sent)
	}
}

func TestWrongInputIsRefusedInBothLanguagesAndSendsNothing(t *testing.T) {
	for _, c := range []struct {
		args   []string
		exit   exitcode.Code
		ru, en string
	}{
		{[]string{"edit"}, exitcode.Usage, "не сказано", "nothing to change"},
		{[]string{"edit", "--resend"}, exitcode.Usage, "--confirm", "--confirm"},
		{[]string{"edit", "--confirm", "k1"}, exitcode.Usage, "терминала нет", "no terminal"},
		{[]string{"edit", "--living", "town=x", "--yes"}, exitcode.Usage, "непонятно", "cannot read"},
		{[]string{"edit", "--living", "city=a,city=b", "--yes"}, exitcode.Usage, "дважды", "twice"},
		{[]string{"edit", "--living", "x", "--yes"}, exitcode.Usage, "непонятно", "cannot read"},
		{[]string{"edit", "--document", "number=1", "--yes"}, exitcode.Usage, "нет документа", "no document"},
		{[]string{"edit", "--document", "type=diploma", "--yes"}, exitcode.Usage, "нет документа", "no document"},
		{[]string{"edit", "--remove-document", "travel", "--yes"}, exitcode.NotFound, "нет: Загранпаспорт", "no such document"},
		{[]string{"edit", "--passport", "12", "--yes"}, exitcode.Usage, "4 цифры", "4 digits"},
		{[]string{"edit", "--file", "/nowhere/me.json", "--yes"}, exitcode.Usage, "не открыть", "cannot open"},
		{[]string{"edit", "--mobile", "+79000000077", "--yes"}, exitcode.Usage, "терминала нет", "no terminal"},
		{[]string{"edit", "--email", "new@example.org", "--yes", "--password-stdin"}, exitcode.Usage, "нет строки: Нынешний пароль", "lacks the line: Present password"},
		{[]string{"edit", "--file", "-", "--yes", "--password-stdin"}, exitcode.Usage, "стандартный ввод один", "one standard input"},
		{[]string{"edit", "--living", "house=2"}, exitcode.Usage, "терминала нет", "no terminal"},
		{[]string{"revert", "c1"}, exitcode.Usage, "терминала нет", "no terminal"},
		{[]string{"revert", "none", "--yes"}, exitcode.NotFound, "нет изменения", "no change"},
		{[]string{"revert", "c2", "--yes"}, exitcode.Refused, "не отменяется", "not undone"},
		{[]string{"consents", "withdraw", "8", "--yes"}, exitcode.NotFound, "нет согласия", "no consent"},
		{[]string{"consents", "withdraw", "7"}, exitcode.Usage, "терминала нет", "no terminal"},
		{[]string{"privacy", "--forbid", "nobody"}, exitcode.Usage, "нет получателя", "no party"},
		{[]string{"privacy", "--forbid", "banks", "--allow", "banks"}, exitcode.Usage, "и разрешён, и запрещён", "both allowed and forbidden"},
		{[]string{"privacy", "--forbid", "systems"}, exitcode.Usage, "терминала нет", "no terminal"},
		{[]string{"privacy", "delete", "everything", "--yes"}, exitcode.Usage, "нельзя удалить", "cannot be deleted"},
		{[]string{"privacy", "delete", "messages"}, exitcode.Usage, "терминала нет", "no terminal"},
		{[]string{"level", "raise"}, exitcode.Usage, "нужен паспорт", "give the passport"},
	} {
		for lang, want := range map[i18n.Lang]string{i18n.RU: c.ru, i18n.EN: c.en} {
			p := &portal{}
			out, _, err := bench{portal: p, lang: lang}.run(t, c.args...)
			var f *fault.Error
			if !errors.As(err, &f) || f.Exit != c.exit || !strings.Contains(f.Message.In(lang), want) || out.Len() > 0 || len(p.sent) > 0 {
				t.Errorf("%v in %s: %v, printed %q, sent %q", c.args, lang, err, out, p.sent)
			}
		}
	}
	for _, args := range [][]string{{"view", "x"}, {"history", "--json=foo"}, {"history", "-L", "5", "--all"}, {"revert"}, {"privacy", "x", "y"}, {"consents", "withdraw"}, {"edit", "--code", "1", "--resend"}} {
		p := &portal{}
		if _, _, err := (bench{portal: p, lang: i18n.RU}).run(t, args...); err == nil || len(p.sent) > 0 {
			t.Errorf("%v: %v, sent %q", args, err, p.sent)
		}
	}
}

func TestTheOtherVerbsSendWhatTheySay(t *testing.T) {
	for _, c := range []struct {
		args []string
		sent string
	}{
		{[]string{"revert", "c1", "--yes"}, "revert c1 false"},
		{[]string{"revert", "c1", "--yes", "--with-later"}, "revert c1 true"},
		{[]string{"consents", "withdraw", "7", "--yes"}, "withdraw 7"},
		{[]string{"consents", "revoke", "7", "--yes"}, "withdraw 7"},
		{[]string{"privacy"}, ""},
		{[]string{"privacy", "--advertising=false"}, `privacy "3" {"advertising":false}`},
		{[]string{"privacy", "--forbid", "all", "--yes"}, `privacy "3" {"sharing":{"banks":false,"systems":false}}`},
		{[]string{"privacy", "--allow", "banks"}, `privacy "3" {"sharing":{"banks":true}}`},
		{[]string{"privacy", "delete", "sign-ins", "--yes"}, "delete sign-ins"},
		{[]string{"privacy", "requests"}, ""},
	} {
		p := &portal{}
		if _, _, err := (bench{portal: p, lang: i18n.RU}).run(t, c.args...); err != nil || strings.Join(p.sent, ";") != c.sent {
			t.Errorf("%v: %v, sent %q", c.args, err, p.sent)
		}
	}
	refused := fault.New(exitcode.Conflict, "profile.changed", i18n.Say("изменились", "changed"))
	for _, args := range [][]string{{"edit", "--inn", "960000000236", "--yes"}, {"revert", "c1", "--yes"}, {"privacy", "--allow", "all"}, {"privacy", "delete", "messages", "--yes"}, {"history"}} {
		out, _, err := bench{portal: &portal{fails: refused}, lang: i18n.RU}.run(t, args...)
		if fault.ExitOf(err) != exitcode.Conflict || out.Len() > 0 {
			t.Errorf("%v: the portal's refusal became %v, printed %q", args, err, out)
		}
	}
}

func TestWhatAPortalSaysDoesNotActOnTheTerminal(t *testing.T) {
	for _, tty := range []bool{true, false} {
		out, _, err := bench{portal: &portal{}, lang: i18n.RU, tty: tty}.run(t, "consents")
		if err != nil || strings.Contains(out.String(), "\x1b") || !strings.Contains(out.String(), "OTHER") {
			t.Errorf("terminal=%v: %v %q", tty, err, out)
		}
	}
}
