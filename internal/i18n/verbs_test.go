package i18n_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const i18nPath = "github.com/epgu-cli/epgu/internal/i18n"

// listed is what "go list" says of a package.
type listed struct {
	ImportPath, Dir, Export string
	GoFiles                 []string
	Standard                bool
}

// packages lists the packages of the module and their dependencies with the
// compiled types of each.
func packages(t *testing.T) (own []listed, exports map[string]string) {
	t.Helper()
	cmd := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles,Standard", "./...")
	cmd.Dir = filepath.Join("..", "..")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skip("the go command is not there: ", err)
	}
	exports = map[string]string{}
	for dec := json.NewDecoder(out); ; {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		exports[p.ImportPath] = p.Export
		if strings.HasPrefix(p.ImportPath, "github.com/epgu-cli/epgu/") {
			own = append(own, p)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return own, exports
}

// Texts are formatted at run time, in whichever language is asked for, so the
// compiler's own check of formats does not see them. This one does: every verb of
// both languages must fit its argument, and every argument must be used.
func TestEveryVerbOfEveryTextFitsItsArgumentInBothLanguages(t *testing.T) {
	own, exports := packages(t)
	texts := 0
	for _, p := range own {
		fset := token.NewFileSet()
		var files []*ast.File
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, f)
		}
		info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Selections: map[*ast.SelectorExpr]*types.Selection{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}
		conf := types.Config{Error: func(error) {}, Importer: importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
			if exports[path] == "" {
				return nil, fmt.Errorf("no types of %s", path)
			}
			return os.Open(exports[path])
		})}
		if _, err := conf.Check(p.ImportPath, fset, files, info); err != nil {
			t.Fatalf("%s: %v", p.ImportPath, err)
		}
		v := verbs{t: t, fset: fset, info: info}
		for _, f := range files {
			ast.Inspect(f, v.look)
		}
		texts += v.texts
	}
	if texts < 1000 {
		t.Errorf("only %d texts were found: the test no longer sees them", texts)
	}
}

type verbs struct {
	t     *testing.T
	fset  *token.FileSet
	info  *types.Info
	texts int
}

// look finds i18n.Text{RU: …, EN: …}.With(…), i18n.Say(…) and texts that stand alone.
func (v *verbs) look(n ast.Node) bool {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return true
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return true
	}
	if fn, ok := v.info.Uses[sel.Sel].(*types.Func); ok && fn.Pkg() != nil && fn.Pkg().Path() == i18nPath {
		switch fn.Name() {
		case "Say":
			for _, a := range call.Args {
				v.alone(a)
			}
		case "With":
			if lit, ok := sel.X.(*ast.CompositeLit); ok && call.Ellipsis == token.NoPos {
				v.bound(lit, call.Args)
			}
		}
	}
	return true
}

var verb = regexp.MustCompile(`%([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+))?(\[\d+\])?([a-zA-Z%]|$|.)`)

// alone is a text that is printed as it stands: "%%" in it would be seen.
func (v *verbs) alone(e ast.Expr) {
	if s, ok := v.text(e); ok {
		v.texts++
		if strings.Contains(s, "%%") || regexp.MustCompile(`%[sdqvc]`).MatchString(s) {
			v.t.Errorf("%s: %q takes no arguments and has a verb", v.fset.Position(e.Pos()), s)
		}
	}
}

func (v *verbs) text(e ast.Expr) (string, bool) {
	c := v.info.Types[e].Value
	if c == nil || c.Kind() != constant.String {
		return "", false
	}
	return constant.StringVal(c), true
}

func (v *verbs) bound(lit *ast.CompositeLit, args []ast.Expr) {
	for _, e := range lit.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		s, ok := v.text(kv.Value)
		if !ok {
			continue
		}
		v.texts++
		if len(args) == 0 {
			v.alone(kv.Value)
			continue
		}
		v.fits(kv.Value.Pos(), s, args)
	}
}

func (v *verbs) fits(at token.Pos, s string, args []ast.Expr) {
	bad := func(format string, a ...any) {
		v.t.Errorf("%s: %q: %s", v.fset.Position(at), s, fmt.Sprintf(format, a...))
	}
	used, next := make([]bool, len(args)), 0
	for _, m := range verb.FindAllStringSubmatch(s, -1) {
		if m[5] == "%" {
			continue
		}
		if m[4] != "" {
			if _, err := fmt.Sscanf(m[4], "[%d]", &next); err != nil {
				bad("the index %s", m[4])
			}
			next--
		}
		for _, star := range []string{m[2], m[3]} {
			if star == "*" {
				if next < len(args) {
					used[next] = true
				}
				next++
			}
		}
		if next >= len(args) || next < 0 {
			bad("%s has no argument", m[0])
			return
		}
		used[next] = true
		if tv := v.info.Types[args[next]]; !accepts(m[5], tv.Type) {
			bad("%s does not fit argument %d of type %s", m[0], next+1, tv.Type)
		}
		next++
	}
	for i := range used {
		if !used[i] {
			bad("argument %d is not used", i+1)
		}
	}
}

// accepts reports whether a verb fits a type, localised values being strings.
func accepts(verb string, t types.Type) bool {
	words := has(t, "In", 1) || has(t, "Error", 0) || has(t, "String", 0)
	if iface, ok := t.Underlying().(*types.Interface); ok && !words {
		return iface.Empty() // whatever it holds is checked where it is made
	}
	kind := types.BasicInfo(0)
	if b, ok := t.Underlying().(*types.Basic); ok {
		kind = b.Info()
	}
	localised := has(t, "In", 1)
	switch verb {
	case "v":
		return true
	case "s", "q":
		return words || kind&types.IsString != 0 || verb == "q" && kind&types.IsInteger != 0 && !localised || isBytes(t)
	case "d":
		return kind&types.IsInteger != 0 && !localised
	case "c", "U":
		return kind&types.IsInteger != 0 && !localised
	case "x", "X":
		return (kind&(types.IsInteger|types.IsString) != 0 || isBytes(t)) && !localised
	case "f", "g", "e":
		return kind&types.IsFloat != 0 && !localised
	case "t":
		return kind&types.IsBoolean != 0
	}
	return false
}

func isBytes(t types.Type) bool {
	s, ok := t.Underlying().(*types.Slice)
	if !ok {
		return false
	}
	b, ok := s.Elem().Underlying().(*types.Basic)
	return ok && b.Kind() == types.Byte
}

// has reports whether t has a method of the name with so many parameters that
// returns a string.
func has(t types.Type, name string, params int) bool {
	m, _, _ := types.LookupFieldOrMethod(t, true, nil, name)
	fn, ok := m.(*types.Func)
	if !ok {
		return false
	}
	sig := fn.Type().(*types.Signature)
	if sig.Params().Len() != params || sig.Results().Len() != 1 {
		return false
	}
	b, ok := sig.Results().At(0).Type().Underlying().(*types.Basic)
	return ok && b.Kind() == types.String
}
