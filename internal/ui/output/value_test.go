package output

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

type uin string // a string type with words of its own

func (u uin) String() string { return "УИН " + string(u) }

func TestEveryKindOfValueHasAFaceForMachinesAndOneForPeople(t *testing.T) {
	moscow := time.FixedZone("MSK", 3*3600)
	at := time.Date(2026, 3, 1, 22, 30, 5, 123, time.UTC)
	money, text, none := i18n.Money(-123456), "т", (*string)(nil)
	for _, c := range []struct {
		v                     any
		json, cell, human, en string
	}{
		{nil, `null`, "", "", ""},
		{"т", `"т"`, "т", "т", "т"},
		{untrusted.Text("a\x1bb"), `"a\u001bb"`, "a\x1bb", "a\uFFFDb", "a\uFFFDb"},
		{true, `true`, "true", "да", "yes"},
		{false, `false`, "false", "нет", "no"},
		{7, `7`, "7", "7", "7"},
		{uint8(7), `7`, "7", "7", "7"},
		{2.5, `2.5`, "2.5", "2.5", "2.5"},
		{money, `-123456`, "-123456", "-1\u00a0234,56\u00a0₽", "-1,234.56 RUB"},
		{&money, `-123456`, "-123456", "-1\u00a0234,56\u00a0₽", "-1,234.56 RUB"},
		{at, `"2026-03-01T22:30:05Z"`, "2026-03-01T22:30:05Z", "02.03.2026 01:30", "2026-03-02 01:30"},
		{&at, `"2026-03-01T22:30:05Z"`, "2026-03-01T22:30:05Z", "02.03.2026 01:30", "2026-03-02 01:30"},
		{(*time.Time)(nil), `null`, "", "", ""},
		{time.Time{}, `null`, "", "", ""},
		{Date(at), `"2026-03-01"`, "2026-03-01", "01.03.2026", "2026-03-01"},
		{Date{}, `null`, "", "", ""},
		{Day("2026-11-29"), `"2026-11-29"`, "2026-11-29", "29.11.2026", "2026-11-29"},
		{Day("soon\x1b"), `"soon\u001b"`, "soon\x1b", "soon\uFFFD", "soon\uFFFD"},
		{Day(""), `""`, "", "", ""},
		{state("paid"), `"paid"`, "paid", "оплачено", "paid"},
		{i18n.Text{RU: "да", EN: "aye"}, `"да"`, "да", "да", "aye"},
		{uin("7"), `"7"`, "7", "УИН 7", "УИН 7"},
		{&text, `"т"`, "т", "т", "т"},
		{none, `null`, "", "", ""},
		{[]string(nil), `[]`, "", "", ""},
		{[]state{"paid", "due"}, `["paid","due"]`, "paid, due", "оплачено, ждёт оплаты", "paid, due"},
		{[]byte("ab"), `"YWI="`, "YWI=", "YWI=", "YWI="},
		{json.RawMessage(`{"a":1}`), `{"a":1}`, `{"a":1}`, `{"a":1}`, `{"a":1}`},
		{Dual{Machine: 3, Human: i18n.Text{RU: "три", EN: "three"}}, `3`, "3", "три", "three"},
		{map[string]int{"b": 2, "a": 1}, `{"a":1,"b":2}`, `{"a":1,"b":2}`, `{"a":1,"b":2}`, `{"a":1,"b":2}`},
		{struct {
			A string `json:"a"`
		}{"x"}, `{"a":"x"}`, `{"a":"x"}`, `{"a":"x"}`, `{"a":"x"}`},
	} {
		name := fmt.Sprintf("%T", c.v)
		r := reader{i18n.RU, moscow}
		got, err := r.appendJSON(nil, c.v)
		if err != nil || string(got) != c.json {
			t.Errorf("%s: JSON %s, %v; want %s", name, got, err, c.json)
		}
		if got := r.cell(c.v); got != c.cell {
			t.Errorf("%s: cell %q, want %q", name, got, c.cell)
		}
		if got := r.human(c.v, false); got != c.human {
			t.Errorf("%s: Russian %q, want %q", name, got, c.human)
		}
		if got := (reader{i18n.EN, moscow}).human(c.v, false); got != c.en {
			t.Errorf("%s: English %q, want %q", name, got, c.en)
		}
	}
}

func TestAValueThatIsNoJSONIsAnErrorNotAPanic(t *testing.T) {
	if _, err := (reader{}).appendJSON(nil, make(chan int)); err == nil {
		t.Error("a channel became JSON")
	}
}

func TestAListGetsALinePerItemWhereLinesAreMeant(t *testing.T) {
	r := reader{i18n.EN, nil}
	list := []untrusted.Text{"first", "second\x1b[2J\nstill second"}
	if got := r.human(list, true); got != "first\nsecond\uFFFD[2J still second" {
		t.Errorf("%q", got)
	}
	if got := r.human(Dual{Machine: 1, Human: list}, true); got != "first\nsecond\uFFFD[2J still second" {
		t.Errorf("%q", got)
	}
	if got := r.human([]string{"a", "b"}, false); got != "a, b" {
		t.Errorf("%q", got)
	}
}
