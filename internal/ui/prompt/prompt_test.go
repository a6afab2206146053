package prompt

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

var login = Question{Label: i18n.Text{RU: "Логин", EN: "Login"}, Flag: "--login"}

// typing returns a prompter at which somebody types what is given.
func typing(text string) (*Prompter, *bytes.Buffer, *bytes.Buffer) {
	ios, in, out, errOut := iostreams.Test()
	ios.SetTTY(true)
	in.WriteString(text)
	return New(ios), out, errOut
}

func faultOf(t *testing.T, err error) *fault.Error {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) {
		t.Fatalf("got %v, want a fault", err)
	}
	return f
}

func TestEachQuestionReadsOnlyItsOwnLine(t *testing.T) {
	p, out, errOut := typing("  иван \r\nда\n2\n\n")
	ctx := t.Context()
	if got, err := p.Input(ctx, login); err != nil || got != "иван" {
		t.Fatalf("got %q, %v", got, err)
	}
	if got, err := p.Confirm(ctx, Question{Label: i18n.Text{RU: "Продолжить?", EN: "Go on?"}}, false); err != nil || !got {
		t.Fatalf("got %v, %v", got, err)
	}
	options := []Option{{i18n.Text{RU: "первый", EN: "first"}, "a"}, {untrusted2("вто\x1b[2Jрой"), "b"}}
	if got, err := p.Select(ctx, Question{Label: i18n.Text{RU: "Какой", EN: "Which"}}, options); err != nil || got != 1 {
		t.Fatalf("got %v, %v", got, err)
	}
	if got, err := p.Input(ctx, Question{Label: login.Label, Default: "петр"}); err != nil || got != "петр" {
		t.Fatalf("got %q, %v", got, err)
	}
	want := "Логин: Продолжить? [д/Н] Какой\n  1. первый\n  2. вто\uFFFD[2Jрой\nномер: Логин [петр]: "
	if errOut.String() != want {
		t.Errorf("got %q, want %q", errOut, want)
	}
	if out.Len() > 0 {
		t.Errorf("a question reached stdout: %q", out)
	}
}

// untrusted2 is a label with text from outside.
func untrusted2(s string) i18n.Message {
	return i18n.Text{RU: "%s", EN: "%s"}.With(untrusted.Text(s))
}

func TestWithoutATerminalEveryQuestionNamesItsFlagAndNothingHangs(t *testing.T) {
	for name, prepare := range map[string]func(*iostreams.IOStreams){
		"stdin is a pipe":  func(s *iostreams.IOStreams) { s.SetTTY(true); s.SetStdinTTY(false); s.In = neverReads{t} },
		"stderr is a file": func(s *iostreams.IOStreams) { s.SetTTY(true); s.SetStderrTTY(false); s.In = neverReads{t} },
		"--no-input":       func(s *iostreams.IOStreams) { s.SetTTY(true); s.NoInput = true; s.In = neverReads{t} },
	} {
		ios, _, _, errOut := iostreams.Test()
		prepare(ios)
		p := New(ios)
		ctx := t.Context()
		asks := map[string]func() error{
			"input":   func() error { _, err := p.Input(ctx, login); return err },
			"confirm": func() error { _, err := p.Confirm(ctx, login, true); return err },
			"select":  func() error { _, err := p.Select(ctx, login, []Option{{Label: login.Label}}); return err },
			"typed":   func() error { return p.TypedConfirm(ctx, Typed{Label: login.Label, Expected: "x", Flag: "--login"}) },
		}
		if name != "stdin is a pipe" { // there a real terminal might be asked
			asks["password"] = func() error { _, err := p.Password(ctx, login); return err }
		}
		for what, ask := range asks {
			f := faultOf(t, ask())
			if f.Exit != exitcode.Usage || !strings.Contains(f.Hint.In(i18n.RU), "--login") {
				t.Errorf("%s, %s: got exit %d, hint %q", name, what, f.Exit, f.Hint.In(i18n.RU))
			}
		}
		if errOut.Len() > 0 {
			t.Errorf("%s: something was asked: %q", name, errOut)
		}
	}
}

type neverReads struct{ t *testing.T }

func (r neverReads) Read([]byte) (int, error) {
	r.t.Error("stdin was read")
	return 0, io.EOF
}

func TestMoneyIsConfirmedOnlyByTypingWhatIsExpected(t *testing.T) {
	for typed, ok := range map[string]bool{"6000.00\n": true, "да\n": false, "\n": false, "6000\n": false} {
		p, _, errOut := typing(typed)
		err := p.TypedConfirm(t.Context(), Typed{Label: i18n.Text{RU: "Будет списано", EN: "To be paid"}, Expected: "6000.00", Flag: "--yes"})
		if (err == nil) != ok {
			t.Errorf("%q: got %v", typed, err)
		}
		if !strings.Contains(errOut.String(), "введите 6000.00") {
			t.Errorf("got %q", errOut)
		}
	}
	p, _, _ := typing("6 000,00\n")
	if err := p.TypedConfirm(t.Context(), Typed{Label: login.Label, Expected: "6000.00", Accept: func(s string) bool { return s == "6 000,00" }}); err != nil {
		t.Error(err)
	}
}

func TestAWrongAnswerIsExplainedAndAskedAgainButNotForEver(t *testing.T) {
	p, _, errOut := typing("мама\nнет\n")
	if got, err := p.Confirm(t.Context(), login, true); err != nil || got {
		t.Errorf("got %v, %v", got, err)
	}
	if !strings.Contains(errOut.String(), "ответьте «да» или «нет»") {
		t.Errorf("got %q", errOut)
	}
	p, _, _ = typing(strings.Repeat("9\n", 100))
	_, err := p.Select(t.Context(), login, []Option{{Label: login.Label}})
	if f := faultOf(t, err); f.Code != "prompt.no_answer" {
		t.Errorf("got %v", err)
	}
}

func TestEndOfInputIsAnInterruption(t *testing.T) {
	p, _, _ := typing("")
	_, err := p.Input(t.Context(), login)
	if f := faultOf(t, err); f.Exit != exitcode.Interrupted {
		t.Errorf("got %v", err)
	}
}

func TestACancelledQuestionReturnsThoughNobodyTypes(t *testing.T) {
	ios, _, _, _ := iostreams.Test()
	ios.SetTTY(true)
	r, w := io.Pipe()
	defer w.Close()
	ios.In = r
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := New(ios).Input(ctx, login)
	if f := faultOf(t, err); f.Exit != exitcode.Interrupted {
		t.Errorf("got %v", err)
	}
}

func TestASecretIsEditedByTheUsualKeys(t *testing.T) {
	for typed, want := range map[string]string{
		"секрет\r":            "секрет",
		"сек\x7f\x7fретн\b\n": "срет",
		"wrong\x15right\r":    "right",
		"\x7f\x7fa\x04":       "a",
		"a b\n":               "a b",
	} {
		if got, err := readSecret(t.Context(), strings.NewReader(typed)); err != nil || got != want {
			t.Errorf("%q: got %q, %v", typed, got, err)
		}
	}
	for _, typed := range []string{"abc\x03", "\x04", ""} {
		if _, err := readSecret(t.Context(), strings.NewReader(typed)); fault.ExitOf(err) != exitcode.Interrupted {
			t.Errorf("%q: got %v", typed, err)
		}
	}
}

func TestAnEndlessLineIsRefused(t *testing.T) {
	_, err := readLine(t.Context(), strings.NewReader(strings.Repeat("a", maxLine+1)))
	if f := faultOf(t, err); f.Code != "prompt.too_long" {
		t.Errorf("got %v", err)
	}
}

func FuzzReadSecret(f *testing.F) {
	f.Add("секрет\x7f\x15\x03\r\xff")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := readSecret(t.Context(), strings.NewReader(s))
		if err == nil && strings.ContainsAny(got, "\r\n\x03\x15\x7f") {
			t.Fatalf("%q gave %q", s, got)
		}
	})
}
