package secret_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/cli/secret"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
)

func TestSecretsComeByLinesOfStandardInputOrFromTheTerminal(t *testing.T) {
	for name, c := range map[string]struct {
		in        string
		set, tty  bool
		want, bad string
	}{
		"two lines, the second without its end": {in: "first one\r\nsecond", set: true, want: "first one|second"},
		"typed, with the flag":                  {in: "first one\nsecond\n", set: true, tty: true, want: "first one|second"},
		"typed, without it":                     {in: "first one\nsecond\n", tty: true, want: "first one|second"},
		"one line for two":                      {in: "first one\n", set: true, bad: "auth.no_secret"},
		"nobody can answer":                     {in: "first one\nsecond\n", bad: "--password-stdin"},
	} {
		ios, in, _, errOut := iostreams.Test()
		ios.Lang = i18n.EN
		ios.SetTTY(c.tty)
		in.WriteString(c.in)
		r := secret.NewReader(ios)
		var got []string
		var err error
		for range 2 {
			var s string
			if s, err = r.Get(t.Context(), secret.Present(), "--password-stdin", c.set); err != nil {
				break
			}
			got = append(got, s)
		}
		if c.bad == "" {
			if err != nil || strings.Join(got, "|") != c.want || strings.Contains(errOut.String(), "first one") {
				t.Errorf("%s: %q %v, shown %q", name, got, err, errOut)
			}
			continue
		}
		var f *fault.Error
		if !errors.As(err, &f) || f.Exit != exitcode.Usage {
			t.Errorf("%s: %q %v", name, got, err)
			continue
		}
		told := f.Code + " " + f.Message.In(i18n.EN)
		if !f.Hint.IsZero() {
			told += " " + f.Hint.In(i18n.EN)
		}
		if !strings.Contains(told, c.bad) {
			t.Errorf("%s: %s", name, told)
		}
	}
}
