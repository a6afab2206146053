package root

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
)

// TestEveryCommandThatATextNamesExists reads every text of the program, in both
// languages, and looks up what it tells people to run: a hint that names a
// command or a flag that is not there leads nowhere.
func TestEveryCommandThatATextNamesExists(t *testing.T) {
	ios, _, _, _ := iostreams.Test()
	tree := New(&factory.Factory{IO: ios, Lang: i18n.EN, Flags: &factory.Flags{Set: map[string]string{}}})
	quoted := regexp.MustCompile(`'[^']*'`) // another program's command
	// What follows the name where the program is spoken of, or a text begins that
	// is signed or kept under its name.
	otherwise := strings.Fields("does cannot process payment journal sign-in debug vault")
	named := 0
	for _, text := range texts(t, "../..") {
		for _, command := range regexp.MustCompile(`\bepgu ([a-z0-9][^\n;,:()«»"„“<>|]*)`).FindAllStringSubmatch(text.value, -1) {
			line := quoted.ReplaceAllString(command[1], "")
			line, _, _ = strings.Cut(line, " does not ")
			if slices.Contains(otherwise, strings.Fields(line)[0]) {
				continue
			}
			if why := misnamed(tree, line); why != "" {
				t.Errorf("%s: %q names «epgu %s»: %s", text.place, text.value, strings.TrimSpace(command[1]), why)
			}
			named++
		}
	}
	if named < 100 {
		t.Errorf("only %d commands were found in the texts", named)
	}
}

// misnamed says what is wrong with a command line, or nothing.
func misnamed(tree *cobra.Command, line string) string {
	cmd := tree
	for word := range strings.FieldsSeq(line) {
		word = strings.Trim(word, ".'`…!?")
		if name, isFlag := strings.CutPrefix(word, "--"); isFlag {
			name, _, _ = strings.Cut(name, "=")
			name = regexp.MustCompile(`^[a-z0-9-]*`).FindString(name)
			if name != "" && cmd.Flags().Lookup(name) == nil && cmd.InheritedFlags().Lookup(name) == nil {
				return "there is no flag --" + name
			}
			continue
		}
		if cmd.HasSubCommands() && regexp.MustCompile(`^[a-z0-9-]+$`).MatchString(word) {
			next, _, err := cmd.Find([]string{word})
			if err != nil || next == cmd {
				if cmd.HasParent() && cmd.Runnable() && cmd.Annotations[onlyCommands] == "" {
					continue // its argument
				}
				return "there is no command " + word
			}
			cmd = next
		}
	}
	return ""
}

// text is a string literal and where it stands.
type text struct{ value, place string }

// texts returns the string literals of the program's own files under dir.
func texts(t *testing.T, dir string) []text {
	t.Helper()
	var all []text
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if s, err := strconv.Unquote(lit.Value); err == nil && strings.Contains(s, "epgu ") {
					all = append(all, text{s, set.Position(lit.Pos()).String()})
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
