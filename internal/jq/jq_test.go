package jq_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/itchyny/gojq"

	"github.com/epgu-cli/epgu/internal/jq"
)

// iter is what both give.
type iter interface{ Next() (any, bool) }

// results are the values of an expression, or its error, as text.
func results(compiled error, run func() iter, marshal func(any) ([]byte, error)) []string {
	if compiled != nil {
		return []string{"compile: " + compiled.Error()}
	}
	var out []string
	it := run()
	for len(out) < 200 {
		v, ok := it.Next()
		if !ok {
			break
		}
		if err, ok := v.(error); ok {
			out = append(out, "error: "+err.Error())
			break
		}
		b, err := marshal(v)
		if err != nil {
			b = []byte(err.Error())
		}
		out = append(out, string(b))
	}
	return out
}

func ours(expression string, input any) []string {
	q, err := jq.Parse(expression)
	var code *jq.Code
	if err == nil {
		code, err = jq.Compile(q)
	}
	return results(err, func() iter { return code.Run(input) }, jq.Marshal)
}

func theirs(expression string, input any) []string {
	q, err := gojq.Parse(expression)
	var code *gojq.Code
	if err == nil {
		code, err = gojq.Compile(q)
	}
	return results(err, func() iter { return code.Run(input) }, gojq.Marshal)
}

const sample = `{"items":[{"uin":"18810000000000000017","kopecks":150000,"due":"2026-12-01","paid":false,"tags":["a","b"]},
	{"uin":"0","kopecks":-3.5,"due":null,"paid":true,"tags":[]}],"n":{"x":1,"y":[1,[2,[3]]],"z":"Ёлка, \"кавычки\"\t<b>"},"when":1767225600}`

func decode(t testing.TB, s string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// Each function that the module names is called with each small number of arguments,
// on inputs of each kind: whatever it gives, the copy gives the same.
func TestTheCopyAnswersAsTheModuleDoes(t *testing.T) {
	var names []string
	for _, line := range theirs(`builtins | sort[]`, nil) {
		names = append(names, strings.Trim(line, `"`))
	}
	if len(names) < 200 {
		t.Fatalf("the module names %d functions: %v", len(names), names)
	}
	expressions := []string{
		`builtins | sort`, `.`, `.items[] | .uin`, `[.items[] | select(.paid)] | length`, `.items | map(.kopecks) | add`, `.n | to_entries`, `.n.z | @html, @csv, @tsv?, @sh, @uri, @base64, @json, @text`,
		`[.n.z] | @csv, @tsv, @sh`, `.items |= map(.tags |= reverse)`, `.n.x += 2 | .n.x`, `.n.x //= 5`, `last(.items[].uin)`, `[limit(3; range(10))]`, `.n | paths | tojson`,
		`reduce .items[] as $i (0; . + $i.kopecks)`, `foreach .items[] as {uin: $u, tags: [$a]} (""; . + $u; [., $a])`, `try error("x") catch .`, `.when | todate, strftime("%d.%m.%Y"), gmtime`,
		`"2026-12-01T10:00:00Z" | fromdate`, `[.items[].uin] | sort_by(length) | unique`, `.n.z | test("кав"; "i"), [match("\\w+"; "g").string], gsub("(?<x>к)"; "[\(.x)]")`, `def f(x): x * 2; f(.when)`,
		`label $out | .items[] | if .paid then ., break $out else .uin end`, `getpath(["n", "y", 1, 0])`, `[.. | numbers]`, `.n.y | flatten`, `input`, `$ENV | length`, `env | length`, `@nothing`, `.items[`, `.a.b | nosuch`,
		`limit(0; 1)`, `.items as [$a, $b] | $a == $b`, `[splits("a"; "b")]`, `12345678901234567890123`, `.items | INDEX(.uin) | keys`, `[.items[] | IN(.paid; true, false)]`, `ascii`, `@base32d`, `getpath(["a"]) = 3`, `del(.items[0], .n.x)`, `.n | with_entries(.value |= tostring)`, `walk(if type == "number" then -. else . end)`, `tostream`, `fromstream(tostream)`, `$__loc__`, `input_line_number`, `halt_error`, `"\(1;2)"`, `ltrimstr("x")`, `.n.y[1:] , .n.y[:1], .n.z[2:4]`,
	}
	arguments := []string{`.`, `"a"`, `1`, `.[]?`}
	for _, n := range names {
		name, arity, _ := strings.Cut(n, "/")
		switch name {
		case "now", "localtime", "mktime", "strflocaltime", "input_filename", "repeat", "recurse", "range", "while", "until", "halt", "halt_error", "debug", "stderr", "combinations", "limit":
			continue // of the clock, without an end, or said above
		}
		switch arity {
		case "0":
			expressions = append(expressions, name, "[.[]? | "+name+"]")
		case "1":
			for _, a := range arguments {
				expressions = append(expressions, fmt.Sprintf("%s(%s)", name, a))
			}
		case "2":
			for _, a := range arguments {
				expressions = append(expressions, fmt.Sprintf("%s(%s; %s)", name, a, arguments[0]), fmt.Sprintf("%s(%s; %s)", name, arguments[1], a))
			}
		default:
			expressions = append(expressions, fmt.Sprintf("%s(.; 1; 2)", name))
		}
	}
	for _, input := range []string{sample, `"a,b 12 Ёж"`, `[3,1,[2],null,"x",{"a":1}]`, `-2.5`, `null`, `true`, `[[1,2],[3]]`, `["a","b"]`} {
		for _, e := range expressions {
			if diff := cmp.Diff(theirs(e, decode(t, input)), ours(e, decode(t, input))); diff != "" {
				t.Errorf("%s on %s (-module +copy):\n%s", e, input, diff)
			}
		}
	}
}

func FuzzTheCopyReadsAsTheModuleDoes(f *testing.F) {
	for _, e := range []string{`.a[1:2] | map(. + 1)`, `def f: 1; f`, `"\(.x)"`, `if . then 1 elif 2 then 3 end`, `try . catch .`, `.a."b"?`, `reduce .[] as $x (0; .)`, `# note`} {
		f.Add(e)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		q, err := jq.Parse(expression)
		p, judge := gojq.Parse(expression)
		if (err == nil) != (judge == nil) || err == nil && q.String() != p.String() {
			t.Fatalf("%q: %v and %v", expression, err, judge)
		}
		var pe *jq.ParseError
		if err != nil && !errors.As(err, &pe) {
			t.Fatalf("%q: %T", expression, err)
		}
	})
}
