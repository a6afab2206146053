package catalog

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/requisites"
)

func mustLoad(t testing.TB) *Catalog {
	t.Helper()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The rules of the data are held by the compiler (compile.Whole); this holds what
// it made of them, as the portal reads it.
func TestEveryServiceIsReadBackWhole(t *testing.T) {
	c := mustLoad(t)
	if n := len(c.Briefs()); n < 240 {
		t.Fatalf("%d services", n)
	}
	for _, s := range c.Services() {
		if s == nil || s.dept == nil {
			t.Fatal("a service cannot be read")
		}
		if len(s.Steps) == 0 || len(s.LegalActs) == 0 || len(s.Refusals) == 0 || len(s.Corrections) == 0 || len(s.Fields) == 0 || s.TermDays <= 0 || s.AsOf == "" || s.Version == "" || s.TermSource.Kind == "" {
			t.Errorf("%s: something is missing", s.Slug)
		}
		for _, f := range s.Fees {
			if f.Source.Date == "" || f.Source.Kind == "" || f.Basis.IsZero() {
				t.Errorf("%s: a fee without a source", s.Slug)
			}
		}
		if s.State == Obsolete && c.Find(s.Successor) == nil {
			t.Errorf("%s: no successor", s.Slug)
		}
	}
}

func TestDepartmentsArePaidByWellFormedRequisites(t *testing.T) {
	for key, d := range mustLoad(t).departments {
		for kind, v := range map[requisites.Kind]string{requisites.KindINN: d.Payee.INN, requisites.KindKPP: d.Payee.KPP, requisites.KindBIK: d.Payee.BIK, requisites.KindKBK: d.Payee.KBK, requisites.KindOKTMO: d.Payee.OKTMO} {
			if !requisites.Valid(kind, v) {
				t.Errorf("%s: bad %s %q", key, kind, v)
			}
		}
		bik := requisites.BIK(d.Payee.BIK)
		for _, a := range []string{d.Payee.Account, d.Payee.CorrAccount} {
			if _, err := requisites.ParseAccountAt(a, bik); err != nil {
				t.Errorf("%s: %s: %v", key, a, err)
			}
		}
		if !strings.HasPrefix(d.Payee.KBK, d.Chapter) {
			t.Errorf("%s: КБК %s is not of chapter %s", key, d.Payee.KBK, d.Chapter)
		}
	}
}

// The own checks of the intake and the schema that clients get must agree.
func TestTheSchemaSaysWhatTheIntakeChecks(t *testing.T) {
	c := mustLoad(t)
	s := c.Find("zagranpasport")
	good := map[string]string{
		"holder": "adult", "reason": "first", "office": "77-01", "employment": "employed", "workplace": "Учебный завод",
		"lastName": "Петрова", "firstName": "Анна", "gender": "F", "birthPlace": "г. Москва", "birthDate": "1990-05-17",
		"snils": "112-233-445 95", "passportSeries": "4500", "passportNumber": "000001", "passportIssuedAt": "2010-06-01", "registrationAddress": "г. Москва",
	}
	with := func(kv ...string) map[string]string {
		m := map[string]string{}
		for k, v := range good {
			m[k] = v
		}
		for i := 0; i < len(kv); i += 2 {
			if kv[i+1] == "" {
				delete(m, kv[i])
			} else {
				m[kv[i]] = kv[i+1]
			}
		}
		return m
	}
	cases := []struct {
		name   string
		values map[string]string
		want   []string // field:code
	}{
		{"everything is right", good, nil},
		{"a required field is missing", with("firstName", ""), []string{"firstName:required"}},
		{"a conditional field is missing", with("reason", "expired"), []string{"previousNumber:required"}},
		{"no workplace is needed in retirement", with("employment", "retired", "workplace", ""), nil},
		{"a wrong choice", with("reason", "because"), []string{"reason:choice"}},
		{"a bad date", with("birthDate", "17.05.1990"), []string{"birthDate:date"}},
		{"a pattern", with("passportNumber", "12"), []string{"passportNumber:pattern"}},
		{"a name in Latin", with("lastName", "Petrova"), []string{"lastName:pattern"}},
		{"an e-mail", with("email", "nobody"), []string{"email:email"}},
		{"an unknown field", with("colour", "red"), []string{"colour:unknown"}},
		{"several at once", with("firstName", "", "passportSeries", "x", "birthDate", "y"), []string{"firstName:required", "birthDate:date", "passportSeries:pattern"}},
	}
	raw, err := c.Schema(s, i18n.RU)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("form.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("form.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for _, p := range s.Validate(tc.values, false, "2026-11-01") {
				got = append(got, p.Field+":"+p.Code)
				if p.Message.In(i18n.RU) == "" || strings.Contains(p.Message.In(i18n.EN), "%!") {
					t.Errorf("message %q", p.Message.In(i18n.EN))
				}
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("got %v, want %v", got, tc.want)
			}
			doc := map[string]any{}
			for k, v := range tc.values {
				doc[k] = v
			}
			if err := schema.Validate(doc); (err == nil) != (tc.want == nil) {
				t.Errorf("the schema says %v", err)
			}
		})
	}
}

func TestEverySchemaCompiles(t *testing.T) {
	c := mustLoad(t)
	for _, s := range c.Services() {
		for _, l := range []i18n.Lang{i18n.RU, i18n.EN} {
			raw, err := c.Schema(s, l)
			if err != nil {
				t.Fatal(err)
			}
			doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
			if err != nil {
				t.Fatal(err)
			}
			compiler := jsonschema.NewCompiler()
			if err := compiler.AddResource("form.json", doc); err != nil {
				t.Fatal(err)
			}
			if _, err := compiler.Compile("form.json"); err != nil {
				t.Errorf("%s: %v", s.Slug, err)
			}
		}
	}
}

// An editor offers the example of a field and then judges it by the same schema.
func TestEveryExampleFitsItsField(t *testing.T) {
	c := mustLoad(t)
	n := 0
	var walk func(where string, sub map[string]any)
	walk = func(where string, sub map[string]any) {
		if examples, ok := sub["examples"].([]any); ok {
			compiler := jsonschema.NewCompiler()
			compiler.AssertFormat()
			if err := compiler.AddResource("field.json", sub); err != nil {
				t.Fatalf("%s: %v", where, err)
			}
			schema, err := compiler.Compile("field.json")
			if err != nil {
				t.Fatalf("%s: %v", where, err)
			}
			for _, e := range examples {
				if n++; schema.Validate(e) != nil {
					t.Errorf("%s: %v: %v", where, e, schema.Validate(e))
				}
			}
		}
		if items, ok := sub["items"].(map[string]any); ok {
			walk(where+"[]", items)
		}
		fields, _ := sub["properties"].(map[string]any)
		for name, field := range fields {
			walk(where+"."+name, field.(map[string]any))
		}
	}
	for _, s := range c.Services() {
		raw, err := c.Schema(s, i18n.RU)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		walk(s.Slug, doc.(map[string]any))
	}
	if n < 1000 {
		t.Errorf("only %d examples", n)
	}
}

func TestCheckDigitsOfABankAccountAreChecked(t *testing.T) {
	s := mustLoad(t).Find("pension-delivery")
	values := map[string]string{
		"delivery": "bank", "bik": "044525225", "account": "40702810138250123018", "lastName": "Петрова", "firstName": "Анна",
		"birthDate": "1960-05-17", "snils": "112-233-445 98", "registrationAddress": "г. Москва",
	}
	var got []string
	for _, p := range s.Validate(values, false, "2026-11-01") {
		got = append(got, p.Field+":"+p.Code)
	}
	if want := []string{"account:check", "snils:check"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTheFeeFollowsTheAnswers(t *testing.T) {
	s := mustLoad(t).Find("90000000001")
	for holder, want := range map[string]int64{"adult": 600000, "child": 300000} {
		if fee := s.FeeFor(map[string]string{"holder": holder}); fee == nil || fee.Kopecks != want {
			t.Errorf("%s: %+v", holder, fee)
		}
	}
	if s.UsualFee() != 600000 {
		t.Errorf("usual fee %d", s.UsualFee())
	}
}
