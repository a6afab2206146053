package acceptance

import (
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/epgu-cli/epgu/internal/app"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/launch"
)

// Every command that a README shows exists, with every flag it shows.
func TestReadmesShowOnlyCommandsThatExist(t *testing.T) {
	word := regexp.MustCompile("(?m)(?:^|`|\\| )\\s*(?:\\./)?epgu ([^`|#\n]*)")
	for _, name := range []string{"../README.md", "../README.ru.md"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.NewReplacer("\\\n", " ", "`epgu\n", "`epgu ").Replace(string(b))
		found := word.FindAllStringSubmatch(text, -1)
		if len(found) < 20 {
			t.Fatalf("%s: only %d commands found", name, len(found))
		}
		for _, m := range found {
			line, _, _ := strings.Cut(m[1], " || ")
			line, _, _ = strings.Cut(line, "; ")
			args, err := launch.Words(strings.TrimSpace(line))
			if err != nil {
				t.Errorf("%s: %q: %v", name, line, err)
				continue
			}
			if len(args) > 0 && args[0] == "help" { // cobra adds it when it runs
				args = args[1:]
			}
			root := app.Commands(i18n.EN, io.Discard)
			cmd, rest, err := root.Find(args)
			if err != nil || cmd == root && len(args) > 0 && !strings.HasPrefix(args[0], "-") {
				t.Errorf("%s: no such command: epgu %s", name, line)
				continue
			}
			for _, a := range rest {
				flag, _, _ := strings.Cut(strings.TrimLeft(a, "-"), "=")
				if !strings.HasPrefix(a, "--") {
					continue
				}
				known := false
				for _, set := range []*pflag.FlagSet{cmd.Flags(), cmd.InheritedFlags()} {
					known = known || set.Lookup(flag) != nil
				}
				if !known {
					t.Errorf("%s: epgu %s: no flag %s", name, line, a)
				}
			}
		}
	}
}

// The Russian README is the twin of the English one: the same sections, the
// same commands.
func TestTheReadmesAreTwins(t *testing.T) {
	count := func(name, what string) int {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(b), what)
	}
	for _, what := range []string{"\n## ", "\n```", "epgu check", "epgu sandbox"} {
		if en, ru := count("../README.md", what), count("../README.ru.md", what); en != ru {
			t.Errorf("%q: %d times in English, %d in Russian", what, en, ru)
		}
	}
}
