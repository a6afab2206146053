package template

import (
	"encoding/json"
	"html"
	"math/big"
	"strings"
	"testing"
	judge "text/template"
)

func data(t testing.TB) any {
	t.Helper()
	var v any
	dec := json.NewDecoder(strings.NewReader(`{"items":[{"uin":"1","sum":10,"tags":["a","b"],"none":null,"paid":true},{"uin":"<2>","sum":-5,"tags":[],"paid":false}],
		"total":2,"name":"Пётр & Co \"x\"","share":0.5,"empty":"","nothing":null,"deep":{"a":{"b":7}},"zero":0,"list":[1,2,3]}`))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return plain(v)
}

func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = plain(v[k])
		}
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return int(n)
		}
		f, _ := v.Float64()
		return f
	}
	return v
}

// both runs a template by us and by text/template.
func both(text string, data any) (ours, theirs string, errOurs, errTheirs error) {
	var a, b strings.Builder
	t, err := Parse("t", text, map[string]Func{"upper": nil})
	if err != nil {
		errOurs = err
	} else {
		errOurs = t.Execute(&a, data, map[string]Func{"upper": func(args ...any) (any, error) {
			s, _ := args[0].(string)
			return strings.ToUpper(s), nil
		}})
	}
	j, err := judge.New("t").Option("missingkey=zero").Funcs(judge.FuncMap{"upper": func(v any) string { s, _ := v.(string); return strings.ToUpper(s) }}).Parse(text)
	if err != nil {
		return a.String(), "", errOurs, err
	}
	errTheirs = j.Execute(&b, data)
	return a.String(), b.String(), errOurs, errTheirs
}

func templates() []string {
	return []string{
		`plain text`, `{{.total}} {{.name}} {{.share}} {{.nothing}} {{.missing}} {{.empty}}|`, `{{.deep.a.b}} {{.deep.x}}`, `{{.deep.x.y}}`, `{{.nothing.x}}`,
		`{{range .items}}{{.uin}} {{.sum}} {{.none}};{{end}}`, `{{range $i, $e := .items}}{{$i}}={{$e.uin}} {{end}}{{range $e := .list}}{{$e}}{{end}}`,
		`{{range .missing}}x{{else}}none{{end}}{{range .nothing}}x{{else}}none{{end}}`, `{{range $k, $v := .deep}}{{$k}}:{{$v}}{{end}}`,
		`{{range 3}}{{.}}{{end}}{{range $i := 2}}{{$i}}{{end}}{{range .zero}}x{{else}}e{{end}}`, `{{range .list}}{{if eq . 2}}{{continue}}{{end}}{{.}}{{end}}{{range .list}}{{if eq . 2}}{{break}}{{end}}{{.}}{{end}}`,
		`{{with .deep}}{{.a.b}}{{else}}no{{end}}{{with .nothing}}x{{else with .name}}{{.}}{{else}}no{{end}}`, `{{if .empty}}a{{else if .zero}}b{{else if .share}}c{{else}}d{{end}}`,
		`{{$x := 1}}{{if true}}{{$x = 2}}{{$y := 3}}{{$y}}{{end}}{{$x}} {{$.total}}`, `{{range .items}}{{$.total}}{{range .tags}}{{.}}{{end}}{{end}}`,
		`{{define "a"}}[{{.}}]{{end}}{{template "a" .name}}{{template "a"}}{{block "b" .total}}({{.}}){{end}}`, `{{.name | upper | printf "%s-%d" | len}}`, `{{printf "%s-%d" .name .total}}`,
		`{{len .items}} {{len .name}} {{len .deep}} {{index .items 1 "uin"}} {{index .list 0}} {{index .deep "q"}}|{{slice .name 0 2 | printf "%q"}} {{slice .list 1}} {{slice .list 1 2}}`,
		`{{eq 1 1}} {{eq .total 1 2}} {{ne .name "x"}} {{lt 1 2}} {{le .total 2}} {{gt .share 0.1}} {{ge "b" "a"}} {{eq .nothing nil}} {{eq .name .empty}}`,
		`{{and 1 0 2}} {{or 0 "" "x" .missing}} {{not .empty}} {{and .total .name}} {{or .nothing .empty}}|`, `{{html .name}} {{js .name}} {{urlquery .name}} {{html .nothing 1}}`,
		`{{print 1 2 "a" "b" .nothing}} {{println "x" .total}}`, `{{.deep}} {{.items}} {{.list}}`, `{{(index .items 0).uin}} {{(.deep).a.b}} {{$v := .deep}}{{$v.a.b}}`, `{{- "a" -}}  b  {{- /* c */ -}} d`,
		`{{"\u044f"}} {{'a'}} {{1.5}} {{0x10}} {{1e3}} {{true}} {{nil | print}}`, `{{range $i, $e := .list}}{{$x := $e}}{{$x}}{{end}}`,
		// What fails.
		`{{.name.x}}`, `{{index .list 9}}`, `{{index .nothing 1}}`, `{{nosuch 1}}`, `{{lt 1 "a"}}`, `{{eq 1 "a"}}`, `{{eq .list .list}}`, `{{range .name}}{{end}}`, `{{len 3}}`, `{{template "q"}}`, `{{1 2}}`, `{{nil}}`,
		`{{.total 1}}`, `{{.name | .total}}`, `{{eq 1}}`, `{{range}}`, `{{$x}}`, `{{slice .list 2 1}}`, `{{printf 3}}`, `{{lt .deep 1}}`, `{{index .deep 1}}`, `{{not}}`, `{{end}}`, `{{range $a, $b := 3}}{{end}}`,
	}
}

func TestATemplateGivesWhatTextTemplateGives(t *testing.T) {
	for _, text := range templates() {
		ours, theirs, errOurs, errTheirs := both(text, data(t))
		if (errOurs == nil) != (errTheirs == nil) || errOurs == nil && ours != theirs {
			t.Errorf("%s\n ours   %q, %v\n theirs %q, %v", text, ours, errOurs, theirs, errTheirs)
		}
	}
}

func TestALongNumberStaysWhole(t *testing.T) {
	n, _ := new(big.Int).SetString("18210604012021000110", 10)
	var b strings.Builder
	tm, err := Parse("t", `{{.n}} {{eq .n .n}} {{if .n}}y{{end}} {{lt .n .n}}`, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := tm.Execute(&b, map[string]any{"n": n}, nil); err != nil || b.String() != "18210604012021000110 true y false" {
		t.Errorf("%q, %v", b.String(), err)
	}
}

func TestATemplateThatCallsItselfForEverEnds(t *testing.T) {
	tm, err := Parse("t", `{{define "a"}}{{template "a" .}}{{end}}{{template "a" .}}`, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := tm.Execute(&strings.Builder{}, nil, nil); err == nil || !strings.Contains(err.Error(), "deep") {
		t.Errorf("%v", err)
	}
}

func TestAPageEscapesWhatItShows(t *testing.T) {
	tm, err := Parse("layout", `<p title="{{.x}}">{{template "content" .}}{{print "<" .x}}</p>{{define "content"}}{{end}}`, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := tm.Add("page", `{{define "content"}}<b>{{.x}}</b>{{end}}`, nil); err != nil {
		t.Fatal(err)
	}
	evil := `"><script>alert('1')</script>&amp;`
	var b strings.Builder
	if err := tm.HTML().Execute(&b, map[string]any{"x": evil}, nil); err != nil {
		t.Fatal(err)
	}
	safe := html.EscapeString(evil)
	if want := `<p title="` + safe + `"><b>` + safe + `</b>&lt;` + safe + `</p>`; b.String() != want {
		t.Errorf("got  %s\nwant %s", b.String(), want)
	}
}

func FuzzAnyTemplateGivesWhatTextTemplateGives(f *testing.F) {
	for _, text := range templates() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 200 || strings.Contains(text, "call") || strings.Contains(text, "print") || strings.Count(text, "template") > 1 || strings.Contains(text, "range") && strings.ContainsAny(text, "456789xX_'") {
			return // long loops, recursion, and how nothing is printed by fmt
		}
		ours, theirs, errOurs, errTheirs := both(text, data(t))
		if errOurs == nil && errTheirs == nil && ours != theirs {
			t.Errorf("%s\n ours   %q\n theirs %q", text, ours, theirs)
		}
	})
}
