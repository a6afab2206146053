package org

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/orgs"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
)

type portal struct{ asked []string }

func until() *time.Time { t := time.Date(2026, 12, 31, 20, 59, 59, 0, time.UTC); return &t }

func (p *portal) Organisations(context.Context) ([]wire.Organisation, error) {
	return []wire.Organisation{
		{OID: "101", Name: "ООО «Ромашка»", Kind: "LEGAL", INN: "9600000016", KPP: "960001001", OGRN: "1000000000010", Position: "Бухгалтер", Powers: []string{"orders", "payments"}, Until: until(), Current: true},
		{OID: "102", Name: "ИП Директоров", Kind: "BUSINESS", INN: "960000000557", OGRN: "300000000000015", Position: "ИП", Chief: true, Powers: []string{}},
	}, nil
}

func (p *portal) Members(_ context.Context, org string) ([]wire.Member, error) {
	p.asked = append(p.asked, "members "+org)
	return []wire.Member{{OID: "7", Name: "Счётова Мария", Position: "Бух\x1b[2Jгалтер\u202e", Powers: []string{"payments", "seal"}}}, nil
}

func (p *portal) GivePowers(_ context.Context, org string, in wire.MemberInput) (*wire.Member, error) {
	end := "for good"
	if in.Until != nil {
		end = in.Until.UTC().Format(time.RFC3339)
	}
	p.asked = append(p.asked, fmt.Sprint("give ", org, " ", in.Login, " ", in.Powers, " ", in.Position, " ", end))
	return &wire.Member{OID: "7", Name: "Образцова Анна", Position: wire.Text(in.Position), Powers: in.Powers, Until: in.Until}, nil
}

func (p *portal) TakePowers(_ context.Context, org, person string) error {
	p.asked = append(p.asked, "take "+org+" "+person)
	return nil
}

// run runs "org ARGS…" as a user would: on a terminal of 120 columns or into a
// pipe.
func run(t *testing.T, p *portal, lang i18n.Lang, tty bool, args ...string) (out, errOut *bytes.Buffer, err error) {
	t.Helper()
	ios, _, out, errOut := iostreams.Test()
	ios.Lang = lang
	ios.SetStdoutTTY(tty)
	ios.SetWidth(140)
	caps := func(context.Context) (*wire.Capabilities, error) {
		return &wire.Capabilities{Capabilities: []wire.Capability{wire.CapAccount}}, nil
	}
	f := &factory.Factory{IO: ios, Lang: lang, Flags: &factory.Flags{}, Connect: func(context.Context) (*factory.Connection, error) {
		return &factory.Connection{Orgs: &orgs.Service{Portal: p, Capabilities: caps}}, nil
	}}
	cmd := New(f)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args)
	return out, errOut, cmd.ExecuteContext(t.Context())
}

func TestTheViewsAreWhole(t *testing.T) {
	o, m := wire.Organisation{}, wire.Member{}
	if err := view().CheckWith(o); err != nil {
		t.Error(err)
	}
	if err := memberView().CheckWith(m); err != nil {
		t.Error(err)
	}
}

func TestOrganisationsAreATableForPeopleAndTabsForScripts(t *testing.T) {
	for _, c := range []struct {
		lang i18n.Lang
		tty  bool
		want string
	}{
		{i18n.RU, true, "" +
			"Номер  Сейчас  Название       ИНН           Должность  Полномочия          До\n" +
			"101    да      ООО «Ромашка»  9600000016    Бухгалтер  заявления, платежи  31.12.2026 20:59\n" +
			"102    нет     ИП Директоров  960000000557  ИП         все\n"},
		{i18n.EN, true, "" +
			"Number  Now  Name           ИНН           Position   Powers                  Until\n" +
			"101     yes  ООО «Ромашка»  9600000016    Бухгалтер  applications, payments  2026-12-31 20:59\n" +
			"102     no   ИП Директоров  960000000557  ИП         all\n"},
		{i18n.RU, false, "" +
			"101\ttrue\tООО «Ромашка»\t9600000016\tБухгалтер\torders, payments\t2026-12-31T20:59:59Z\n" +
			"102\tfalse\tИП Директоров\t960000000557\tИП\t\t\n"},
	} {
		out, _, err := run(t, &portal{}, c.lang, c.tty, "list")
		if diff := cmp.Diff(c.want, out.String()); err != nil || diff != "" {
			t.Errorf("%s terminal=%v: %v\n%s", c.lang, c.tty, err, diff)
		}
	}
}

func TestTheJSONOfAnOrganisationKeepsItsNames(t *testing.T) {
	out, _, err := run(t, &portal{}, i18n.RU, false, "list", "--json")
	var v struct {
		Items []map[string]any
		Total int
	}
	if err != nil || json.Unmarshal(out.Bytes(), &v) != nil || v.Total != 2 {
		t.Fatalf("%v %s", err, out)
	}
	want := map[string]any{"oid": "101", "current": true, "name": "ООО «Ромашка»", "kind": "LEGAL", "inn": "9600000016", "kpp": "960001001", "ogrn": "1000000000010",
		"position": "Бухгалтер", "chief": false, "powers": []any{"orders", "payments"}, "until": "2026-12-31T20:59:59Z"}
	if diff := cmp.Diff(want, v.Items[0]); diff != "" {
		t.Error(diff)
	}
}

func TestTheOrganisationOfAVerbIsNamedByWhateverOneKnows(t *testing.T) {
	for _, c := range []struct {
		args  []string
		asked string
	}{
		{[]string{"members", "--org", "ромашка"}, "members 101"},
		{[]string{"revoke", "7", "--org", "9600000016", "--yes"}, "take 101 7"},
		{[]string{"delegate", "anna@example.org", "--org", "102", "--powers", "orders,payments", "--position", "Юрист"}, "give 102 anna@example.org [orders payments] Юрист for good"},
		// The last day is a whole one.
		{[]string{"delegate", "anna@example.org", "--org", "102", "--powers", "orders", "--position", "Юрист", "--until", "2026-12-31"}, "give 102 anna@example.org [orders] Юрист 2026-12-31T23:59:59Z"},
	} {
		p := &portal{}
		if _, _, err := run(t, p, i18n.RU, false, c.args...); err != nil || strings.Join(p.asked, ";") != c.asked {
			t.Errorf("%v: %q, %v", c.args, p.asked, err)
		}
	}
}

func TestWrongInputIsRefusedBeforeAnythingIsSent(t *testing.T) {
	for _, c := range []struct {
		args   []string
		exit   exitcode.Code
		ru, en string
	}{
		{[]string{"switch"}, exitcode.Usage, "назовите организацию", "name an organisation"},
		{[]string{"switch", "101", "--self"}, exitcode.Usage, "назовите организацию", "name an organisation"},
		{[]string{"switch", "лютик"}, exitcode.NotFound, "не представляете", "do not act for"},
		{[]string{"members", "--org", "лютик"}, exitcode.NotFound, "не представляете", "do not act for"},
		{[]string{"revoke", "7", "--org", "101"}, exitcode.Usage, "терминала нет", "no terminal"},
		{[]string{"delegate", "a@b", "--org", "101", "--powers", "orders", "--position", "x", "--until", "завтра"}, exitcode.Usage, "нужен день", "a day like"},
	} {
		for lang, want := range map[i18n.Lang]string{i18n.RU: c.ru, i18n.EN: c.en} {
			p := &portal{}
			out, _, err := run(t, p, lang, false, c.args...)
			var f *fault.Error
			if !errors.As(err, &f) || f.Exit != c.exit || !strings.Contains(f.Message.In(lang), want) || out.Len() > 0 || len(p.asked) > 0 {
				t.Errorf("%v: %v, printed %q, asked %q", c.args, err, out, p.asked)
			}
		}
	}
	for _, args := range [][]string{{"delegate"}, {"delegate", "a@b", "--org", "101"}, {"revoke"}, {"revoke", "1", "2"}, {"list", "x"}, {"list", "--json", "--csv"}, {"list", "--json=foo"}} {
		p := &portal{}
		if _, _, err := run(t, p, i18n.RU, false, args...); err == nil || len(p.asked) > 0 {
			t.Errorf("%v: %v, asked %q", args, err, p.asked)
		}
	}
}

func TestAPowerWithoutAWordIsShownAsItIs(t *testing.T) {
	out, _, err := run(t, &portal{}, i18n.EN, true, "members", "--org", "101")
	if err != nil || !strings.Contains(out.String(), "payments, seal") {
		t.Errorf("%v %s", err, out)
	}
	if strings.ContainsAny(out.String(), "\x1b\u202e") {
		t.Errorf("what a portal says acts on the terminal: %q", out)
	}
}
