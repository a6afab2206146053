package output

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"time"

	"github.com/itchyny/gojq"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/template"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
	"github.com/epgu-cli/epgu/internal/ui/width"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// queryFlag is --jq. The expression is compiled while flags are parsed, so a
// mistake in it stops the command before it acts. It sees neither the
// environment nor files.
type queryFlag struct {
	o    *Options
	text string
}

func (f *queryFlag) Type() string   { return "expression" }
func (f *queryFlag) String() string { return f.text }

func (f *queryFlag) Set(s string) error {
	q, err := gojq.Parse(s)
	if err == nil {
		f.o.query, err = gojq.Compile(q)
	}
	if err != nil {
		return fault.New(exitcode.Usage, "output.jq_syntax",
			i18n.Text{RU: "не понимаю выражение jq: %s", EN: "cannot read the jq expression: %s"}.With(untrusted.Text(err.Error())))
	}
	f.text = s
	return f.o.choose(formJQ)
}

// templateFlag is --template, parsed while flags are parsed.
type templateFlag struct {
	o    *Options
	text string
}

func (f *templateFlag) Type() string   { return "template" }
func (f *templateFlag) String() string { return f.text }

func (f *templateFlag) Set(s string) error {
	t, err := template.Parse("template", s, templateFuncs(reader{}))
	if err != nil {
		return fault.New(exitcode.Usage, "output.template_syntax",
			i18n.Text{RU: "не понимаю шаблон: %s", EN: "cannot read the template: %s"}.With(untrusted.Text(err.Error())))
	}
	f.text, f.o.tmpl = s, t
	return f.o.choose(formTemplate)
}

// templateFuncs are the functions of --template besides those of
// text/template. None reaches outside its arguments.
func templateFuncs(r reader) map[string]template.Func {
	return map[string]template.Func{
		"upper": func(args ...any) (any, error) { return r.text(args, strings.ToUpper) },
		"lower": func(args ...any) (any, error) { return r.text(args, strings.ToLower) },
		"join": func(args ...any) (any, error) {
			sep, list, err := two[string, []any](args)
			parts := make([]string, len(list))
			for i, v := range list {
				parts[i] = r.cell(v)
			}
			return strings.Join(parts, sep), err
		},
		"truncate": func(args ...any) (any, error) {
			cols, v, err := two[int, any](args)
			return width.Truncate(untrusted.Clean(r.cell(v)), cols), err
		},
		"pad": func(args ...any) (any, error) {
			cols, v, err := two[int, any](args)
			return width.Left(untrusted.Clean(r.cell(v)), cols), err
		},
		"rubles": func(args ...any) (any, error) {
			v, err := only(args)
			switch n := v.(type) {
			case int:
				return i18n.Rubles(r.lang, int64(n)), err
			case nil:
				return "", err
			}
			return "", fmt.Errorf("want integer kopecks, got %T", v)
		},
		"date": func(args ...any) (any, error) {
			layout, v, err := two[string, any](args)
			if err != nil {
				return "", err
			}
			return r.date(layout, v)
		},
		"json": func(args ...any) (any, error) {
			v, err := only(args)
			if err != nil {
				return "", err
			}
			b, err := r.appendJSON(nil, v)
			return string(b), err
		},
	}
}

var errArguments = errors.New("wrong number of arguments")

func only(args []any) (any, error) {
	if len(args) != 1 {
		return nil, errArguments
	}
	return args[0], nil
}

// two returns two arguments of the types wanted; nil is the zero value.
func two[A, B any](args []any) (a A, b B, err error) {
	if len(args) != 2 {
		return a, b, errArguments
	}
	var okA, okB bool
	if a, okA = args[0].(A); !okA && args[0] != nil {
		return a, b, fmt.Errorf("want %T, got %T", a, args[0])
	}
	if b, okB = args[1].(B); !okB && args[1] != nil {
		return a, b, fmt.Errorf("want %T, got %T", b, args[1])
	}
	return a, b, nil
}

func (r reader) text(args []any, change func(string) string) (any, error) {
	v, err := only(args)
	return change(r.cell(v)), err
}

func (r reader) date(layout string, v any) (any, error) {
	s, _ := v.(string)
	if s == "" {
		return "", nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		if t, err = time.Parse(time.DateOnly, s); err != nil {
			return "", errors.New("want an RFC 3339 time")
		}
	} else if r.zone != nil {
		t = t.In(r.zone)
	}
	return t.Format(layout), nil
}

// tree decodes a JSON document into the plain values that jq and templates
// take: integers stay exact.
func tree(doc []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("decode own JSON: %w", err)
	}
	return plainNumbers(v), nil
}

func plainNumbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			v[k] = plainNumbers(e)
		}
	case []any:
		for i, e := range v {
			v[i] = plainNumbers(e)
		}
	case json.Number:
		if n, err := v.Int64(); err == nil && int64(int(n)) == n {
			return int(n)
		}
		if n, ok := new(big.Int).SetString(v.String(), 10); ok {
			return n
		}
		f, err := v.Float64()
		if err != nil {
			return v.String()
		}
		return f
	}
	return v
}

// cleanText cleans text of several lines and keeps its tabs, which people put
// there on purpose (@tsv). It is applied in pipes as well: what is piped to
// cat or a pager ends on a terminal. Whoever needs every byte takes --json.
func cleanText(s string) string {
	if !strings.Contains(s, "\t") {
		return untrusted.CleanLines(s)
	}
	parts := strings.Split(s, "\t")
	for i := range parts {
		parts[i] = untrusted.CleanLines(parts[i])
	}
	return strings.Join(parts, "\t")
}

// runQuery prints every result of the jq expression on its own line: strings
// as text, everything else as JSON.
func (o *Options) runQuery(w io.Writer, doc []byte) error {
	v, err := tree(doc)
	if err != nil {
		return err
	}
	iter := o.query.RunWithContext(o.ctx(), v)
	for {
		v, ok := iter.Next()
		if !ok {
			return nil
		}
		if err, ok := v.(error); ok {
			var halt *gojq.HaltError
			if errors.As(err, &halt) && halt.Value() == nil {
				return nil
			}
			if ctxErr := o.ctx().Err(); ctxErr != nil {
				return ctxErr
			}
			return fault.New(exitcode.Failure, "output.jq",
				i18n.Text{RU: "выражение jq не подошло к данным: %s", EN: "the jq expression does not fit the data: %s"}.With(untrusted.Text(err.Error())))
		}
		line, isString := v.(string)
		if !isString {
			b, err := gojq.Marshal(v)
			if err != nil {
				return fmt.Errorf("encode jq result: %w", err)
			}
			line = string(untrusted.EscapeJSON(b))
		} else {
			line = cleanText(line)
		}
		if _, err := io.WriteString(w, line+"\n"); err != nil {
			return err
		}
	}
}

// runTemplate prints the document through the template of --template.
func (o *Options) runTemplate(ios *iostreams.IOStreams, w io.Writer, doc []byte) error {
	v, err := tree(doc)
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	if err := o.tmpl.Execute(&buf, v, templateFuncs(readerOf(ios))); err != nil {
		return fault.New(exitcode.Failure, "output.template",
			i18n.Text{RU: "шаблон не подошёл к данным: %s", EN: "the template does not fit the data: %s"}.With(untrusted.Text(err.Error())))
	}
	out := cleanText(buf.String())
	if out != "" && !strings.HasSuffix(out, "\n") {
		out += "\n"
	}
	_, err = io.WriteString(w, out)
	return err
}
