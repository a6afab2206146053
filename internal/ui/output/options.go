package output

import (
	"context"
	"errors"
	"strings"

	"github.com/itchyny/gojq"
	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/template"
)

// Options hold how the user wants the output of one command. The zero value
// prints for people, or tab-separated lines into a pipe.
type Options struct {
	form     form
	json     bool
	selected []string // --json a,b or --columns a,b; empty is the default set
	columns  []string
	bom      bool
	comma    rune
	query    *gojq.Code
	tmpl     *template.Template
	cmd      *cobra.Command // for its context; nil in tests
}

// form is the shape of what goes to stdout.
type form int

const (
	formHuman form = iota // table, lines, or tab-separated in a pipe
	formJSON
	formNDJSON
	formCSV
	formJQ
	formTemplate
)

// flag returns the flag that chooses the form.
func (f form) flag() string {
	return [...]string{"", "--json", "--ndjson", "--csv", "--jq", "--template"}[f]
}

// choose sets the form, unless another was asked for: only --json goes with
// others, where it chooses the fields, and not with --csv, whose fields are
// --columns.
func (o *Options) choose(f form) error {
	old := o.form
	switch {
	case old == formHuman, old == f, old == formJSON && f != formCSV:
		o.form = f
	case f == formJSON && old != formCSV:
	default:
		return fault.New(exitcode.Usage, "output.forms",
			i18n.Text{RU: "%s и %s вместе не работают", EN: "%s and %s do not go together"}.With(old.flag(), f.flag()))
	}
	return nil
}

// Machine reports whether the user asked for a form that programs read, so
// that a command leaves out anything else on stdout.
func (o *Options) Machine() bool { return o.form != formHuman || o.json }

// Shaped reports whether the user asked for more than everything as JSON: for
// chosen fields or for another form.
func (o *Options) Shaped() bool {
	return len(o.selected) > 0 || len(o.columns) > 0 || o.form != formHuman && o.form != formJSON
}

// JSON reports whether the user asked for JSON in any shape.
func (o *Options) JSON() bool {
	return o.json || o.form == formJSON || o.form == formNDJSON || o.form == formJQ
}

// ForJSON returns options as --json would set them, with the fields given or
// all of them: for tests and for commands that always print JSON.
func ForJSON(fields ...string) *Options {
	return &Options{form: formJSON, json: true, selected: fields}
}

func (o *Options) ctx() context.Context {
	if o.cmd != nil && o.cmd.Context() != nil {
		return o.cmd.Context()
	}
	return context.Background()
}

// fields returns the names of the fields to print: those asked for, or the
// given default.
func (o *Options) fields(byDefault []string) []string {
	switch {
	case len(o.columns) > 0:
		return o.columns
	case len(o.selected) > 0:
		return o.selected
	}
	return byDefault
}

// AddFlags adds --json, --jq, --template, --csv, --ndjson, --columns, --bom
// and --delimiter to cmd and binds them to o. Everything that can be wrong
// with them is found while the flags are parsed, before the command acts.
func AddFlags(cmd *cobra.Command, o *Options, view Described, lang i18n.Lang) {
	o.cmd, o.comma = cmd, ','
	names := &fieldNames{view: view}
	fl := cmd.Flags()
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(lang) }

	fl.Var(&jsonFlag{o, names}, jsonName, say(
		"JSON: все или только эти `поля`, через запятую; --json help перечислит их",
		"JSON: all or only these `fields`, comma-separated; --json help lists them"))
	fl.Lookup(jsonName).NoOptDefVal = allFields
	fl.Var(&queryFlag{o: o}, "jq", say("`выражение` jq: что взять из JSON", "filter the JSON with a jq `expression`"))
	fl.Var(&templateFlag{o: o}, "template", say("`шаблон` Go (text/template), по которому вывести", "print through a Go text `template`"))
	fl.Var(&switchFlag{o: o, form: formCSV}, "csv", say("вывести как CSV", "print as CSV"))
	fl.Var(&switchFlag{o: o, form: formNDJSON}, "ndjson", say("вывести по объекту JSON на строку", "print one JSON object per line"))
	fl.Lookup("csv").NoOptDefVal = "true"
	fl.Lookup("ndjson").NoOptDefVal = "true"
	fl.Var(&columnsFlag{o, names}, "columns", say("какие `поля` показать, через запятую", "which `fields` to show, comma-separated"))
	fl.BoolVar(&o.bom, "bom", false, say("CSV для Windows: метка UTF-8 и CRLF", "CSV for Windows: UTF-8 mark and CRLF"))
	fl.Var(&delimiterFlag{o: o}, "delimiter", say("разделитель CSV: comma, semicolon или tab", "CSV delimiter: comma, semicolon or tab"))

	complete := func(_ *cobra.Command, _ []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		return names.complete(toComplete), cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
	}
	// The only error is a flag that does not exist, and both were just added.
	_ = cmd.RegisterFlagCompletionFunc(jsonName, complete)
	_ = cmd.RegisterFlagCompletionFunc("columns", complete)
	_ = cmd.RegisterFlagCompletionFunc("delimiter", cobra.FixedCompletions(
		[]cobra.Completion{"comma", "semicolon", "tab"}, cobra.ShellCompDirectiveNoFileComp))
}

const (
	jsonName  = "json"
	allFields = "all"
	helpWord  = "help"
)

// WantsJSON reports whether the arguments ask for JSON, for errors that come
// before or while the flags are parsed.
func WantsJSON(args []string) bool {
	for _, a := range args {
		switch {
		case a == "--":
			return false
		case a == "--json", a == "--ndjson", a == "--jq",
			strings.HasPrefix(a, "--json="), strings.HasPrefix(a, "--jq="):
			return true
		}
	}
	return false
}

// JoinJSON makes "--json a,b" mean "--json=a,b" wherever that is what the
// user meant: the next argument must hold only field names of the command
// that args name (or be the word help). pflag cannot do this for a flag whose
// value may be left out. Call it on the arguments before root.Execute.
func JoinJSON(root *cobra.Command, args []string) []string {
	at := -1
	for i, a := range args {
		if a == "--" {
			break
		}
		if a == "--json" && i+1 < len(args) {
			at = i
			break
		}
	}
	if at < 0 {
		return args
	}
	cmd, _, err := root.Find(args)
	if err != nil {
		return args
	}
	f := cmd.Flags().Lookup(jsonName)
	if f == nil {
		return args
	}
	j, ok := f.Value.(*jsonFlag)
	if !ok || !j.names.looksLikeFields(args[at+1]) && (cmd.Annotations[wordless] == "" || !isWord(args[at+1]) || isDigit(args[at+1][0])) {
		return args
	}
	joined := make([]string, 0, len(args)-1)
	joined = append(joined, args[:at]...)
	joined = append(joined, "--json="+args[at+1])
	return append(joined, args[at+2:]...)
}

// wordless is the annotation of Wordless.
const wordless = "epgu.wordless"

// Wordless says that no argument of cmd is ever a mere word, so that one after
// --json can only be fields, mistyped or not.
func Wordless(cmd *cobra.Command) {
	if cmd.Annotations == nil {
		cmd.Annotations = map[string]string{}
	}
	cmd.Annotations[wordless] = "yes"
}

// isWord reports whether s could be a list of fields.
func isWord(s string) bool { return s != "" && strings.Trim(s, nameChars+",") == "" }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// MistypedFields tells that the word after --json, which the command took for
// an argument too many, was meant as fields and names none of them; nil when it
// was not. cmd is the command that ran with args.
func MistypedFields(cmd *cobra.Command, args []string) error {
	if cmd == nil {
		return nil
	}
	f := cmd.Flags().Lookup(jsonName)
	if f == nil {
		return nil
	}
	j, ok := f.Value.(*jsonFlag)
	if !ok {
		return nil
	}
	for i, a := range args {
		if a == "--" {
			return nil
		}
		if a == "--json" && i+1 < len(args) && isWord(args[i+1]) {
			_, err := j.names.parse(args[i+1])
			return err
		}
	}
	return nil
}

// AsFieldsHelp returns the list of fields that err asks to print (--json
// help), or nil when err is something else.
func AsFieldsHelp(err error) *FieldsHelp {
	var h *FieldsHelp
	if errors.As(err, &h) {
		return h
	}
	return nil
}
