package root

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestNoViewGivesPeopleTheMachinesWord looks at every column of every view: a state, a
// kind or an outcome that is a word of the program has a word for people beside it.
func TestNoViewGivesPeopleTheMachinesWord(t *testing.T) {
	bare := regexp.MustCompile(`Name: "(\w+)", .*Value: func\([^)]*\) any \{ return (string\([\w.]+\)|[\w.]+\.(?:Direction|Outcome|State|Witness)(?:\.String\(\))?) \}`)
	columns := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		columns += strings.Count(string(src), "Value: func(")
		for _, m := range bare.FindAllStringSubmatch(string(src), -1) {
			t.Errorf("%s: column %q is %s for people, too", path, m[1], m[2])
		}
		return nil
	})
	if err != nil || columns < 300 {
		t.Fatalf("%d columns, %v", columns, err)
	}
}
