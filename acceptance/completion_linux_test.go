package acceptance

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// bash shows services with their titles, also those that words mean, and does so
// without the package bash-completion.
func TestBashCompletesServicesWithTheirTitles(t *testing.T) {
	bin := build(t)
	p := newProgram(t, bin, "EPGU_LANG=ru")
	p.mustRun("service", "list") // keeps the names
	ask := func(words ...string) []string {
		t.Helper()
		script := `set -u; source <(epgu completion bash)
COLUMNS=100 COMP_TYPE=63 COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
__start_epgu 2>/dev/null
printf '%s\n' "${COMPREPLY[@]}"`
		cmd := exec.Command("bash", append([]string{"--norc", "--noprofile", "-c", script, "bash"}, words...)...)
		cmd.Env = append(p.command().Env, "PATH="+bin+":/usr/bin:/bin", "LC_ALL=C.UTF-8")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return strings.Split(strings.TrimSpace(string(out)), "\n")
	}
	for _, c := range []struct {
		words []string
		want  string
		n     int // of the lines, 0 is any
	}{
		{[]string{"epgu", "service", "view", "zagr"}, "zagranpasport             (Загранпаспорт нового поколения)", 3},
		{[]string{"epgu", "service", "view", "загран"}, "zagranpasport             (Загранпаспорт нового поколения)", 0},
		{[]string{"epgu", "service", "view", "pfuhfygfcgjhn"}, "zagranpasport             (Загранпаспорт нового поколения)", 0},
		{[]string{"epgu", "application", "create", "kinderg"}, "kindergarten               (Запись ребёнка в детский сад)", 3},
		{[]string{"epgu", "service", "view", "kindergarten-t"}, "kindergarten-transfer", 1},
		{[]string{"epgu", "service", "list", "--for", "=", "orga"}, "organisation", 1}, // bash splits at =
		{[]string{"epgu", "service", "list", "--for", "=", "nobody"}, "", 1},           // no words of a service
	} {
		got := ask(c.words...)
		if got[0] != c.want || c.n > 0 && len(got) != c.n {
			t.Errorf("%q: %q, want %q first of %d", c.words, got, c.want, c.n)
		}
	}
}

// The names are those of the portal that is meant, wherever the line names it, and
// nobody is asked for them: the portal of this profile does not answer any more.
func TestServicesAreCompletedAsTheProfileMeans(t *testing.T) {
	p := newProgram(t, build(t), "EPGU_LANG=en")
	p.mustRun("service", "list")
	p.mustRun("config", "set", "portal", "http://127.0.0.1:1", "--in-profile", "mine")
	kept := filepath.Join(p.home, "cache", "services-sandbox-en.json")
	b, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	mine := strings.ReplaceAll(string(b), "zagranpasport-5", "zagranpasport-mine")
	if err := os.WriteFile(filepath.Join(p.home, "cache", "services-mine-en.json"), []byte(mine), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, words := range [][]string{
		{"__complete", "-P", "mine", "service", "view", "zagr"}, {"__complete", "service", "view", "--profile", "mine", "zagr"},
		{"__complete", "application", "create", "--profile=mine", "zagr"}, {"__complete", "service", "save", "passport", "-P", "mine", "zagr"},
	} {
		if out := p.mustRun(words...); !strings.Contains(out, "zagranpasport-mine\t") {
			t.Errorf("%q: %s", words, out)
		}
	}
	if out := p.mustRun("__complete", "service", "view", "zagr"); strings.Contains(out, "mine") {
		t.Error(out)
	}
}
