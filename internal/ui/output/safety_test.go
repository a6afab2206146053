package output

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// evil holds what a hostile server may send: cursor and clipboard sequences
// in their 7- and 8-bit forms, bidi overrides and isolates, line breaks,
// invisible characters, broken UTF-8.
const evil = "a\x1b[2J\x1b]52;c;ZXZpbA==\x07\u009b31m\u202Eb\u2066c\r\nforged\tline\u2028\u200B\x00\x7f\xff\U000E0041z"

// hostile reports the first character in s that could act on a terminal.
func hostile(s string) (rune, bool) {
	for _, r := range s {
		switch r {
		case '\n', '\t', '\u00ad', '\u200c', '\u200d': // the soft hyphen and the joiners build real words
			continue
		}
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return r, true
		}
	}
	return 0, false
}

type enemy struct{ text string }

func (e enemy) String() string      { return e.text }
func (e enemy) In(i18n.Lang) string { return e.text }
func enemyView() View[enemy] {
	title := i18n.Text{RU: "Поле", EN: "Field"}
	return View[enemy]{Fields: []Field[enemy]{
		{Name: "text", Title: title, Value: func(e enemy) any { return untrusted.Text(e.text) }, Wide: true},
		{Name: "plain", Title: title, Value: func(e enemy) any { return e.text }, Wide: true},
		{Name: "lines", Title: title, Value: func(e enemy) any { return e.text }, Lines: true},
		{Name: "localised", Title: title, Value: func(e enemy) any { return e }},
		{Name: "message", Title: title, Value: func(e enemy) any { return i18n.Text{RU: "%s", EN: "%s"}.With(e.text) }},
		{Name: "list", Title: title, Value: func(e enemy) any { return []string{e.text, "b"} }},
		{Name: "nested", Title: title, Value: func(e enemy) any { return map[string]any{"k": []string{e.text}} }},
		{Name: "dual", Title: title, Value: func(e enemy) any { return Dual{Machine: e.text, Human: e} }},
		{Name: "pointer", Title: title, Value: func(e enemy) any { return &e.text }},
	}}
}

func TestEscapeSequencesAndBidiNeverReachATerminalInAnyForm(t *testing.T) {
	forms := map[string]*Options{
		"human":    {},
		"json":     ForJSON(),
		"ndjson":   {form: formNDJSON},
		"csv":      {form: formCSV},
		"jq":       {form: formJQ},
		"template": {form: formTemplate},
	}
	if err := (&queryFlag{o: forms["jq"]}).Set(`.. | if type == "object" or type == "array" then tojson, . else . end`); err != nil {
		t.Fatal(err)
	}
	if err := (&templateFlag{o: forms["template"]}).Set(`{{.}} {{json .}} {{with .text}}{{.}} {{upper .}} {{truncate 9 .}} {{printf "%s" .}}{{end}}`); err != nil {
		t.Fatal(err)
	}
	for name, o := range forms {
		for _, accessible := range []bool{false, true} {
			for _, cols := range []int{0, 30, 80, 1000} { // 0 is a pipe, at whose end may be a terminal
				ios, _, out, errOut := iostreams.Test()
				ios.SetTTY(cols > 0)
				ios.SetAccessible(accessible)
				ios.SetWidth(cols)
				e := enemy{evil}
				if err := List(ios, o, enemyView(), []enemy{e, e}, Page{HasMore: true}); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if err := Object(ios, o, enemyView(), e); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if err := NewFeed(ios, o, enemyView()).Put(e); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if r, bad := hostile(out.String() + errOut.String()); bad {
					t.Errorf("%s, %d columns: %U reached the terminal: %q", name, cols, r, out)
				}
			}
		}
	}
}

func TestHostileTextCannotForgeALineOrACellInAPipe(t *testing.T) {
	ios, _, out, _ := iostreams.Test()
	if err := List(ios, &Options{}, enemyView(), []enemy{{evil}}, Page{}); err != nil {
		t.Fatal(err)
	}
	if lines, cells := strings.Count(out.String(), "\n"), strings.Count(out.String(), "\t"); lines != 1 || cells != len(enemyView().Fields)-1 {
		t.Errorf("%d lines, %d tabs: %q", lines, cells, out)
	}
	out.Reset()
	if err := Object(ios, &Options{}, enemyView(), enemy{evil}); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(out.String(), "\n"); lines != len(enemyView().Fields) {
		t.Errorf("%d lines: %q", lines, out)
	}
	if r, bad := hostile(out.String()); bad {
		t.Errorf("%U in a pipe", r)
	}
}

func TestJSONKeepsHostileTextLosslessly(t *testing.T) {
	const text = "a\x1b[2J\u202Eb\u009b\tс <&>\U000E0041"
	ios, _, out, _ := iostreams.Test()
	if err := Object(ios, ForJSON("text", "plain", "list"), enemyView(), enemy{text}); err != nil {
		t.Fatal(err)
	}
	var back struct {
		Text, Plain string
		List        []string
	}
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || back.Text != text || back.Plain != text || back.List[0] != text {
		t.Errorf("got %+v, %v from %q", back, err, out)
	}
	if !strings.Contains(out.String(), "<&>") {
		t.Errorf("HTML escapes in %q", out)
	}
}

func TestCellsNeverStartAFormulaAndNegativeNumbersStayNumbers(t *testing.T) {
	for in, want := range map[string]string{
		"":                    "",
		"=1+1":                "'=1+1",
		"+79001234567":        "'+79001234567",
		"-cmd|' /C calc'!A0":  "'-cmd|' /C calc'!A0",
		"@SUM(A1)":            "'@SUM(A1)",
		"\t=1":                "' =1",
		"\r=1":                "'=1",
		"\n=1":                "'\n=1",
		"  =1":                "'  =1",
		"\u00a0=1":            "'\u00a0=1",
		"\x00=1":              "'\uFFFD=1",
		"＝1":                  "'＝1",
		"-":                   "'-",
		"-5":                  "-5",
		"-5.25":               "-5.25",
		"-5,25":               "-5,25",
		"-5.2.5":              "'-5.2.5",
		"-5-5":                "'-5-5",
		"-5e3+cmd":            "'-5e3+cmd",
		"--5":                 "'--5",
		"-.5":                 "'-.5",
		"5":                   "5",
		"Иванов":              "Иванов",
		"'=1":                 "'=1",
		"a=1":                 "a=1",
		"два\nряда":           "два\nряда",
		"esc\x1b[2J\u202Ebad": "esc\uFFFD[2J\uFFFDbad",
	} {
		if got := Guard(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestCSVReadsBackAsTheSameCells(t *testing.T) {
	ios, _, out, _ := iostreams.Test()
	if err := List(ios, &Options{form: formCSV, columns: []string{"plain", "list"}}, enemyView(), []enemy{{"=cmd,\"x\"\nдва"}}, Page{}); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(out).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][0] != "'=cmd,\"x\"\nдва" {
		t.Errorf("got %q, %v", rows, err)
	}
}

func FuzzGuard(f *testing.F) {
	for _, s := range []string{"=1", "-5", "\t=1", "\u202e=1", "＝", "\xff=", "'x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Guard(s)
		if r, bad := hostile(got); bad {
			t.Fatalf("%q: %U in %q", s, r, got)
		}
		if strings.Contains(got, "\t") {
			t.Fatalf("%q: a tab in %q", s, got)
		}
		if got == "" {
			return
		}
		switch got[0] {
		case '=', '+', '@', '\t', '\r':
			t.Fatalf("%q starts a formula: %q", s, got)
		case '-':
			if strings.Trim(got[1:], "0123456789.,") != "" || len(got) < 2 {
				t.Fatalf("%q starts a formula: %q", s, got)
			}
		}
		if !strings.HasPrefix(s, "'") && Guard(got) != got {
			t.Fatalf("%q: not stable: %q, %q", s, got, Guard(got))
		}
	})
}

func FuzzJoinJSON(f *testing.F) {
	f.Add("--json uin,due x")
	f.Add("--json -- uin")
	f.Add("--json help")
	f.Fuzz(func(t *testing.T, line string) {
		root, _, _ := testCommand()
		root.SetHelpFunc(func(*cobra.Command, []string) {})
		args := append([]string{"bill", "list"}, strings.Fields(line)...)
		joined := JoinJSON(root, args)
		if len(joined) < len(args)-1 || strings.Join(joined, "\x00") != strings.Join(args, "\x00") &&
			strings.Replace(strings.Join(joined, "\x00"), "--json=", "--json\x00", 1) != strings.Join(args, "\x00") {
			t.Fatalf("%q became %q", args, joined)
		}
	})
}

func FuzzJSONStringIsLosslessAndHarmless(f *testing.F) {
	f.Add(evil)
	f.Add("Штраф \"ГИБДД\" \\ № 5 \u00a0 日本語 <&>")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := (reader{}).appendJSON(nil, s)
		if err != nil {
			t.Fatal(err)
		}
		if r, bad := hostile(string(got)); bad {
			t.Fatalf("%q: %U in %q", s, r, got)
		}
		var back string
		if err := json.Unmarshal(got, &back); err != nil || back != strings.ToValidUTF8(s, "\uFFFD") && utf8.ValidString(s) {
			t.Fatalf("%q became %q, %v", s, back, err)
		}
	})
}
