package acceptance

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/app"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// verbs returns every command under a noun that does something, as its words.
func verbs(t *testing.T, noun string) [][]string {
	t.Helper()
	var out [][]string
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Runnable() {
			out = append(out, strings.Fields(c.CommandPath())[1:])
		}
		for _, sub := range c.Commands() {
			if sub.Name() != "help" {
				walk(sub)
			}
		}
	}
	for _, c := range app.Commands(i18n.EN, io.Discard).Commands() {
		if c.Name() == noun {
			walk(c)
		}
	}
	if len(out) == 0 {
		t.Fatalf("there is no noun %q", noun)
	}
	return out
}

// unattended is the longest that a command may take while nobody answers it.
const unattended = 15 * time.Second

func TestNoVerbOfAuthHangsOrFailsWithoutAdviceInCron(t *testing.T) {
	portal := servePortal(t)
	bin := build(t)
	silent := silentInput(t)
	all := verbs(t, "auth")
	if len(all) < 12 {
		t.Fatalf("only %d verbs were found: %v", len(all), all)
	}
	nobody := portal.client(t, bin, "BROWSER=true")
	check := func(t *testing.T, p *program, signedIn bool, stdin io.Reader, args []string) {
		t.Helper()
		got := p.end(stdin, args...)
		if got.took > unattended {
			t.Errorf("epgu %s took %s", strings.Join(args, " "), got.took)
		}
		told := strings.Contains(got.errOut, "--") || strings.Contains(got.errOut, "epgu ")
		switch {
		case got.code == 0:
		case got.code == 2 && told, got.code == 3 && told:
		case signedIn && (got.code == 4 || got.code == 5): // "x" is nobody's session, code or device
		default:
			t.Errorf("epgu %s: exit %d, and what to do is not said:\n%s%s", strings.Join(args, " "), got.code, got.out, got.errOut)
		}
	}
	for _, verb := range all {
		t.Run(strings.Join(verb, " "), func(t *testing.T) {
			for _, more := range [][]string{nil, {"x"}, {"--no-input"}, {"x", "--no-input"}} {
				check(t, nobody, false, silent, append(verb[:len(verb):len(verb)], more...))
			}
			check(t, nobody, false, strings.NewReader(""), verb)
		})
	}
	t.Run("signed in", func(t *testing.T) {
		p := portal.client(t, bin, "BROWSER=true")
		p.signIn("confirmed")
		for _, verb := range all {
			if verb[len(verb)-1] == "logout" {
				continue // asks nothing, and ends the rest of this test
			}
			check(t, p, true, silent, verb)
			check(t, p, true, silent, append(verb[:len(verb):len(verb)], "x", "--no-input"))
		}
		check(t, p, true, silent, []string{"auth", "logout"})
	})
}

// TestEachMissingAnswerIsNamedByItsFlag gives every answer that a verb needs
// but one.
func TestEachMissingAnswerIsNamedByItsFlag(t *testing.T) {
	portal := servePortal(t)
	p := portal.client(t, build(t), "BROWSER=true")
	silent := silentInput(t)
	for _, tc := range []struct {
		verb  string
		flags [][]string // each an answer: the flag and its value
		named []string   // what its absence is said to be; "" is the flag itself, "-" is no fault
		code  int
	}{
		{"auth login", [][]string{{"--user", "a@example.org"}, {"--password-stdin"}}, nil, 2},
		{"auth login", [][]string{{"--no-browser"}, {"--code-stdin"}}, nil, 2},
		{"auth login", [][]string{{"--api-key-stdin"}, {"--keep-api-key"}}, []string{"", "-"}, 2},
		{"auth login", [][]string{{"--key-file", "k"}, {"--cert-file", "c"}}, []string{"", "-"}, 2},
		{"auth login", [][]string{{"--cert", "me"}, {"--pin-file", "pin"}}, []string{"", "-"}, 2},
		{"auth register", [][]string{{"--last-name", "А"}, {"--first-name", "Б"}, {"--birth-date", "1990-01-01"}, {"--email", "a@example.org"}, {"--agree-terms"}}, []string{"", "", "", "--mobile", ""}, 2},
		{"auth confirm x", [][]string{{"--code", "1"}, {"--password-stdin"}}, nil, 2},
		{"auth recover", [][]string{{"--user", "a@example.org"}}, nil, 2},
		{"auth sessions end", [][]string{{"--others"}, {"--yes"}}, nil, 2},
		{"org delegate x", [][]string{{"--powers", "orders"}, {"--position", "x"}}, nil, 2},
		{"org switch", [][]string{{"--self"}}, nil, 2},
	} {
		for i, missing := range tc.flags {
			named := missing[0]
			if tc.named != nil && tc.named[i] != "" {
				named = tc.named[i]
			}
			if named == "-" {
				continue
			}
			args := strings.Fields(tc.verb)
			for j, f := range tc.flags {
				if j != i {
					args = append(args, f...)
				}
			}
			got := p.end(silent, append(args, "--no-input")...)
			if got.code != tc.code || !strings.Contains(got.errOut, strings.TrimPrefix(named, "--")) || got.took > unattended {
				t.Errorf("epgu %s: exit %d after %s, want %d and the word %s\n%s", strings.Join(args, " "), got.code, got.took, tc.code, named, got.errOut)
			}
		}
	}
}
