package jsonl

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
)

func TestObjectsKeepTheirOrderAndNumbersTheirText(t *testing.T) {
	r := NewReader(strings.NewReader("\ufeff{\"uin\":\"1\",\"amountKopecks\":12345678901234567890,\"a\":1.50,\"n\":null}\r\n\n{\"uin\":\"2\"}"))
	var rec Record
	if err := r.Next(&rec); err != nil || !rec.Fault.IsZero() || rec.Line != 1 || rec.NoLine {
		t.Fatalf("%+v %v", rec, err)
	}
	if want := []Pair{{"uin", "1", false}, {"amountKopecks", "12345678901234567890", true}, {"a", "1.50", true}, {"n", "", false}}; !slices.Equal(rec.Pairs, want) {
		t.Errorf("%+v", rec.Pairs)
	}
	if err := r.Next(&rec); err != nil || rec.Line != 3 || !rec.NoLine || rec.Pairs[0].Value != "2" {
		t.Errorf("%+v %v", rec, err)
	}
	if err := r.Next(&rec); err != io.EOF {
		t.Error(err)
	}
}

func TestEveryBadLineIsNamedAndTheNextOneRead(t *testing.T) {
	for line, want := range map[string]string{
		`[1]`:                       "no JSON object",
		`{"a":{}}`:                  "a string or a number",
		`{"a":true}`:                "a string or a number",
		`{"a":1,"a":2}`:             "twice",
		`{"a":1} {"b":2}`:           "follows the object",
		`{"a":1`:                    "not well-formed",
		"{\"a\":\"\xff\"}":          "not UTF-8",
		"{\"a\":\"" + "x" + "\",,}": "not well-formed",
	} {
		r := NewReader(strings.NewReader(line + "\n{\"uin\":\"2\"}\n"))
		var rec Record
		if err := r.Next(&rec); err != nil || !strings.Contains(rec.Fault.In(i18n.EN), want) || rec.Fault.In(i18n.RU) == rec.Fault.In(i18n.EN) {
			t.Errorf("%s: %q %v", line, rec.Fault.In(i18n.EN), err)
		}
		if err := r.Next(&rec); err != nil || !rec.Fault.IsZero() || rec.Pairs[0].Value != "2" {
			t.Errorf("after %s: %+v %v", line, rec, err)
		}
	}
}

func TestAFileThatEndsInTheMiddleOfALineSaysSo(t *testing.T) {
	for _, cut := range []string{`{"uin":"1881`, `{"uin":`, `{"uin":"1"`} {
		r := NewReader(strings.NewReader(cut))
		var rec Record
		if err := r.Next(&rec); err != nil || !strings.Contains(rec.Fault.In(i18n.EN), "ends in the middle") {
			t.Errorf("%s: %q %v", cut, rec.Fault.In(i18n.EN), err)
		}
	}
}

func TestAnEndlessLineIsRefused(t *testing.T) {
	r := NewReader(strings.NewReader(strings.Repeat("x", lineLimit+1)))
	var rec Record
	var f *fault.Error
	if err := r.Next(&rec); !errors.As(err, &f) || f.Code != "jsonl.long_line" {
		t.Error(err)
	}
}

func FuzzJSONL(f *testing.F) {
	for _, s := range []string{`{"uin":"1","сумма":1.5}`, "{}\n[]\n", `{"a":{"b":[]}}`, "{\"a\":1e5", "\xef\xbb\xbf{}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := NewReader(bytes.NewReader(b))
		var rec Record
		line := 0
		for r.Next(&rec) == nil {
			if rec.Line <= line || len(rec.Pairs) > pairLimit+1 {
				t.Fatalf("line %d after %d", rec.Line, line)
			}
			line = rec.Line
		}
	})
}
