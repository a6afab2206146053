package template

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/template/parse"
)

// deepest is how many templates may call one another: one that calls itself for
// ever ends with an error.
const deepest = 1000

// state is one run.
type state struct {
	t     *Template
	w     io.Writer
	funcs map[string]Func
	vars  []variable
	depth int
	name  string // of the template being run
	node  parse.Node
}

type variable struct {
	name  string
	value any
}

// jump is why a list of nodes ended early.
type jump int

const (
	none jump = iota
	broken
	continued
)

func (s *state) fail(format string, args ...any) {
	where := ""
	if tree := s.t.trees[s.name]; tree != nil && s.node != nil {
		where, _ = tree.ErrorContext(s.node)
		where += ": "
	}
	panic(failure{fmt.Errorf(where+format, args...)})
}

// template runs a named template with its own variables.
func (s *state) template(name string, dot any) {
	tree := s.t.trees[name]
	if tree == nil || tree.Root == nil {
		s.fail("template %q not defined", name)
	}
	if s.depth++; s.depth > deepest {
		s.fail("templates call one another more than %d deep", deepest)
	}
	vars, caller := s.vars, s.name
	s.vars, s.name = []variable{{"$", dot}}, name
	s.walk(dot, tree.Root)
	s.vars, s.name = vars, caller
	s.depth--
}

func (s *state) walk(dot any, node parse.Node) jump {
	s.node = node
	switch n := node.(type) {
	case *parse.ListNode:
		if n == nil {
			return none
		}
		for _, child := range n.Nodes {
			if j := s.walk(dot, child); j != none {
				return j
			}
		}
	case *parse.TextNode:
		s.write(string(n.Text))
	case *parse.ActionNode:
		v := s.pipe(dot, n.Pipe)
		if len(n.Pipe.Decl) == 0 {
			s.node = n
			s.print(v)
		}
	case *parse.IfNode:
		return s.branch(dot, n.Pipe, n.List, n.ElseList, false)
	case *parse.WithNode:
		return s.branch(dot, n.Pipe, n.List, n.ElseList, true)
	case *parse.RangeNode:
		return s.each(dot, n)
	case *parse.TemplateNode:
		s.template(n.Name, s.pipe(dot, n.Pipe))
	case *parse.BreakNode:
		return broken
	case *parse.ContinueNode:
		return continued
	case *parse.CommentNode:
	default:
		s.fail("unknown node %s", node)
	}
	return none
}

func (s *state) branch(dot any, pipe *parse.PipeNode, list, otherwise *parse.ListNode, with bool) jump {
	mark := len(s.vars)
	defer func() { s.vars = s.vars[:mark] }()
	v := s.pipe(dot, pipe)
	if truth(v) {
		if with {
			dot = v
		}
		return s.walk(dot, list)
	}
	return s.walk(dot, otherwise)
}

// each runs the body for every element.
func (s *state) each(dot any, n *parse.RangeNode) jump {
	mark := len(s.vars)
	defer func() { s.vars = s.vars[:mark] }()
	over := s.pipe(dot, n.Pipe)
	inner := len(s.vars)
	some := false
	one := func(key, elem any) bool {
		some = true
		decl := n.Pipe.Decl
		if n.Pipe.IsAssign {
			switch len(decl) {
			case 1:
				s.set(decl[0].Ident[0], elem)
			case 2:
				s.set(decl[0].Ident[0], key)
				s.set(decl[1].Ident[0], elem)
			}
		} else {
			switch len(decl) {
			case 1:
				s.vars[inner-1].value = elem
			case 2:
				s.vars[inner-2].value, s.vars[inner-1].value = key, elem
			}
		}
		j := s.walk(elem, n.List)
		s.vars = s.vars[:inner]
		return j != broken
	}
	switch over := over.(type) {
	case nil:
	case []any:
		for i, e := range over {
			if !one(i, e) {
				break
			}
		}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(over)) {
			if !one(k, over[k]) {
				break
			}
		}
	case int:
		if len(n.Pipe.Decl) > 1 {
			s.fail("can't use %v to iterate over more than one variable", over)
		}
		for i := range over {
			if !one(i, i) {
				break
			}
		}
	default:
		s.fail("range can't iterate over %v", over)
	}
	if !some {
		return s.walk(dot, n.ElseList)
	}
	return none
}

// pipe returns the value of a pipeline and sets the variables that it declares.
func (s *state) pipe(dot any, pipe *parse.PipeNode) (value any) {
	if pipe == nil {
		return nil
	}
	s.node = pipe
	for i, cmd := range pipe.Cmds {
		value = s.command(dot, cmd, value, i > 0)
	}
	for _, v := range pipe.Decl {
		if pipe.IsAssign {
			s.set(v.Ident[0], value)
		} else {
			s.vars = append(s.vars, variable{v.Ident[0], value})
		}
	}
	return value
}

func (s *state) set(name string, value any) {
	for i := len(s.vars) - 1; i >= 0; i-- {
		if s.vars[i].name == name {
			s.vars[i].value = value
			return
		}
	}
	s.fail("undefined variable: %s", name)
}

func (s *state) variable(name string) any {
	for i := len(s.vars) - 1; i >= 0; i-- {
		if s.vars[i].name == name {
			return s.vars[i].value
		}
	}
	s.fail("undefined variable: %s", name)
	return nil
}

// command returns the value of one command; final is what a pipeline hands to it.
func (s *state) command(dot any, cmd *parse.CommandNode, final any, piped bool) any {
	first := cmd.Args[0]
	if id, ok := first.(*parse.IdentifierNode); ok {
		return s.call(dot, id.Ident, cmd.Args[1:], final, piped)
	}
	if len(cmd.Args) > 1 || piped {
		s.node = first
		s.fail("can't give argument to non-function %s", first)
	}
	if _, ok := first.(*parse.NilNode); ok {
		s.fail("nil is not a command")
	}
	return s.value(dot, first)
}

func (s *state) call(dot any, name string, nodes []parse.Node, final any, piped bool) any {
	if name == "and" || name == "or" {
		return s.shortCircuit(dot, name, nodes, final, piped)
	}
	f := s.funcs[name]
	if f == nil {
		s.fail("function %q not defined", name)
	}
	args := make([]any, 0, len(nodes)+1)
	for _, n := range nodes {
		args = append(args, s.value(dot, n))
	}
	if piped {
		args = append(args, final)
	}
	v, err := f(args...)
	if err != nil {
		s.fail("error calling %s: %w", name, err)
	}
	return v
}

// shortCircuit is and, or: what comes after the decision is not looked at.
func (s *state) shortCircuit(dot any, name string, nodes []parse.Node, final any, piped bool) any {
	if len(nodes) == 0 && !piped {
		s.fail("wrong number of args for %s: want at least 1 got 0", name)
	}
	var v any
	for _, n := range nodes {
		if v = s.value(dot, n); truth(v) == (name == "or") {
			return v
		}
	}
	if piped {
		v = final
	}
	return v
}

// value returns what an argument stands for.
func (s *state) value(dot any, node parse.Node) any {
	s.node = node
	switch n := node.(type) {
	case *parse.DotNode:
		return dot
	case *parse.NilNode:
		return nil
	case *parse.FieldNode:
		return s.fields(dot, n.Ident)
	case *parse.VariableNode:
		return s.fields(s.variable(n.Ident[0]), n.Ident[1:])
	case *parse.ChainNode:
		v := s.value(dot, n.Node)
		s.node = n
		return s.fields(v, n.Field)
	case *parse.PipeNode:
		return s.pipe(dot, n)
	case *parse.IdentifierNode:
		return s.call(dot, n.Ident, nil, nil, false)
	case *parse.StringNode:
		return n.Text
	case *parse.BoolNode:
		return n.True
	case *parse.NumberNode:
		return s.number(n)
	}
	s.fail("can't handle %s", node)
	return nil
}

func (s *state) number(n *parse.NumberNode) any {
	switch {
	case n.IsInt:
		return int(n.Int64)
	case n.IsFloat:
		return n.Float64
	}
	s.fail("a number that is neither an integer nor decimal: %s", n.Text)
	return nil
}

// fields follows .a.b; what is missing is nil, and nil has no fields.
func (s *state) fields(v any, names []string) any {
	for _, name := range names {
		switch m := v.(type) {
		case nil:
			s.fail("nothing has no field %s", name)
		case map[string]any:
			v = m[name]
		default:
			s.fail("can't evaluate field %s in type %T", name, v)
		}
	}
	return v
}
