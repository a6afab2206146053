package untrusted

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestEscapeSequencesFromAServerNeverReachTheTerminal(t *testing.T) {
	for in, want := range map[string]string{
		"Паспорт":                           "Паспорт",
		"a\x1b[2Jb":                         "a\uFFFD[2Jb",
		"a\x1b]52;c;ZXZpbA==\x07b":          "a\uFFFD]52;c;ZXZpbA==\uFFFDb",
		"a\u009b31mb":                       "a\uFFFD31mb",
		"line\r\nnext":                      "line next",
		"over\rwrite":                       "over write",
		"tab\there":                         "tab here",
		"user\u202Egnp.exe":                 "user\uFFFDgnp.exe",
		"zero\u200Bwidth":                   "zero\uFFFDwidth",
		"iso\u2066late":                     "iso\uFFFDlate",
		"bad\xffutf8":                       "bad\uFFFDutf8",
		"family \U0001F468\u200d\U0001F469": "family \U0001F468\u200d\U0001F469",
		"del\x7f":                           "del\uFFFD",
	} {
		if got := fmt.Sprintf("%s", Text(in)); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
		if got := fmt.Sprintf("%v", Text(in)); got != want {
			t.Errorf("%%v of %q: got %q, want %q", in, got, want)
		}
	}
}

func TestLinesSurviveWhereLinesAreMeant(t *testing.T) {
	if got := CleanLines("one\r\ntwo\x1b[1m\nthree"); got != "one\ntwo\uFFFD[1m\nthree" {
		t.Errorf("got %q", got)
	}
}

func TestJSONIsLosslessAndHarmless(t *testing.T) {
	in := Text("a\x1b[2J\u202E\u009b\U000E0041z")
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range string(b) {
		if unsafeRune(r) {
			t.Fatalf("%q holds %U", b, r)
		}
	}
	var back Text
	if err := json.Unmarshal(b, &back); err != nil || back != in {
		t.Fatalf("got %q, %v; want %q", back, err, in)
	}
}

func TestTheShortCutForEuropeanScriptsHidesNoFormatCharacter(t *testing.T) {
	for r := rune(0xa0); r < 0x600; r++ {
		if r != '\u00ad' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			t.Errorf("%U would pass", r)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\x1b]0;title\x07\u202e\xff\r\n")
	f.Fuzz(func(t *testing.T, s string) {
		got := Clean(s)
		if !utf8.ValidString(got) {
			t.Fatalf("invalid UTF-8 from %q", s)
		}
		if strings.ContainsFunc(got, unsafeRune) {
			t.Fatalf("%q still unsafe: %q", s, got)
		}
		if Clean(got) != got {
			t.Fatalf("not idempotent: %q", s)
		}
	})
}

// A text is read as encoding/json reads a string, whatever stands in it.
func FuzzATextIsReadAsJSONReadsAString(f *testing.F) {
	for _, s := range []string{`"плательщик"`, `""`, `"a\"b"`, `"a"b"`, `"\u202e"`, "\"\xff\"", "\"\x01\"", `"`, `null`, `7`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if !json.Valid(b) { // the decoder gives no such thing to a type of its own
			return
		}
		var want string
		var got Text
		wantErr, gotErr := json.Unmarshal(b, &want), json.Unmarshal(b, &got)
		if (wantErr == nil) != (gotErr == nil) || string(got) != want {
			t.Fatalf("%q is read as %q (%v), want %q (%v)", b, got, gotErr, want, wantErr)
		}
	})
}
