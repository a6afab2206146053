package forms

import (
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
)

// endless gives a file of n bytes that is held nowhere.
type endless struct {
	line string
	left int64
	at   int
	read int64
}

func (e *endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) && e.left > 0 {
		k := min(copy(p[n:], e.line[e.at:]), int(e.left))
		n, e.left, e.read, e.at = n+k, e.left-int64(k), e.read+int64(k), (e.at+k)%len(e.line)
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func TestAFileOfAHundredMegabytesIsRefusedUnread(t *testing.T) {
	for name, line := range map[string]string{"lines": "lastName: x\n", "one line": "x", "lists": "- [{a: 1}]\n", "JSON": `{"a":[1,`} {
		src := &endless{line: line, left: 100 << 20}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := ReadValues(src, "big.yaml")
		runtime.ReadMemStats(&after)
		if f := fault.Of(err); f == nil || f.Exit != exitcode.Usage || !strings.Contains(err.Error(), "4 MiB") {
			t.Errorf("%s: %v", name, err)
		}
		if src.read > MaxValuesBytes+64<<10 {
			t.Errorf("%s: %d bytes were read", name, src.read)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 32<<20 {
			t.Errorf("%s: %d bytes were taken for it", name, used)
		}
	}
}

func TestScalarsOfYAMLAreTakenAsTheyAreWrittenOrRefused(t *testing.T) {
	const text = "a: no\nb: 0012\nc: 2026-01-02\nd: 40817810500000000019\ne: 0x1F\nf: 1_000\ng: 12:30:45\nh: off\ni: .5\n"
	got, err := ReadValues(strings.NewReader(text), "x.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a": "no", "b": "0012", "c": "2026-01-02", "d": "40817810500000000019", "e": "0x1F", "f": "1_000", "g": "12:30:45", "h": "off", "i": ".5"} {
		if got[name] != want {
			t.Errorf("%s: %v, not %q", name, got[name], want)
		}
	}
	for text, want := range map[string]string{
		"a: 1\na: 2\n":          "line 2: field a is given twice",
		"a: 4.08178E+19\n":      "line 1: 4.08178E+19 looks like a rounded number",
		"a: null\n":             "line 1: null without quotes is nothing",
		"a: &x 1\nb: *x\n":      "line 2",
		"a: !!binary aGk=\n":    "the tag !!binary is not read",
		"a: 1\n---\nb: 2\n":     "YAML",
		"a:\n\t- b\n":           "line 2",
		`{"a": 1, "a": 2}`:      "line 1: field a is given twice",
		"<<: {a: 1}\nb: [*q]\n": "",
	} {
		_, err := ReadValues(strings.NewReader(text), "x.yaml")
		f := fault.Of(err)
		if f == nil || f.Exit != exitcode.Usage {
			t.Errorf("%q: %v", text, err)
			continue
		}
		told := err.Error()
		for _, x := range f.Fields {
			told += " " + x.Message.In("en")
		}
		if !strings.Contains(told, want) {
			t.Errorf("%q: %s", text, told)
		}
	}
}

func TestWhatIsKeptForAnotherTimeIsNeitherSecretNorKnownAnyway(t *testing.T) {
	f, err := Parse("900", "1", []byte(`{"type":"object","properties":{
	  "lastName":{"type":"string"},"account":{"type":"string"},"pin":{"type":"string","x-epgu":{"secret":true}},"note":{"type":"string"},
	  "kids":{"type":"array","items":{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer","x-epgu":{"compute":{"kind":"age","of":"kids[].born"}}},"born":{"type":"string","format":"date"}}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	known := Known{Values: map[string]any{"lastName": "Примеров", "account": "1"}, Reused: []string{"account"}}
	got := f.Lasting(known, map[string]any{"lastName": "Примеров", "account": "1", "pin": "1234", "note": "x", "old": "y",
		"kids": []any{map[string]any{"name": "Анна", "age": "5", "born": "2020-01-01"}}})
	kids, _ := got["kids"].([]any)
	if len(got) != 3 || got["account"] != "1" || got["note"] != "x" || len(kids) != 1 {
		t.Errorf("%v", got)
	}
	if kid, _ := kids[0].(map[string]any); len(kid) != 2 || kid["name"] != "Анна" {
		t.Errorf("%v", kids)
	}
	if other := f.Lasting(known, map[string]any{"lastName": "Другой"}); other["lastName"] != "Другой" {
		t.Errorf("an answer that differs from the profile is lost: %v", other)
	}
}
