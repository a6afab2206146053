package output

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/iostreams"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// state is an enumeration: its own value for machines, a text for people.
type state string

func (s state) In(l i18n.Lang) string {
	if s == "paid" {
		return i18n.Text{RU: "оплачено", EN: "paid"}.In(l)
	}
	return i18n.Text{RU: "ждёт оплаты", EN: "due"}.In(l)
}

type bill struct {
	uin     string
	title   untrusted.Text
	sum     int64
	due     time.Time
	state   state
	tags    []string
	comment string
}

func billView() View[bill] {
	return View[bill]{
		Fields: []Field[bill]{
			{Name: "uin", Title: i18n.Text{RU: "УИН", EN: "UIN"}, Value: func(b bill) any { return b.uin }},
			{Name: "title", Title: i18n.Text{RU: "За что", EN: "For"}, Value: func(b bill) any { return b.title }, Wide: true},
			{Name: "amountKopecks", Title: i18n.Text{RU: "Сумма", EN: "Amount"}, Value: func(b bill) any { return i18n.Money(b.sum) }},
			{Name: "due", Title: i18n.Text{RU: "Срок", EN: "Due"}, Value: func(b bill) any { return b.due }},
			{Name: "state", Title: i18n.Text{RU: "Состояние", EN: "State"}, Value: func(b bill) any { return b.state }},
			{Name: "tags", Title: i18n.Text{RU: "Метки", EN: "Tags"}, Value: func(b bill) any { return b.tags }},
			{Name: "comment", Title: i18n.Text{RU: "Примечание", EN: "Comment"}, Value: func(b bill) any { return b.comment }, Lines: true},
		},
		Default: []string{"uin", "title", "amountKopecks", "state"},
	}
}

func bills() []bill {
	due := time.Date(2026, 3, 1, 21, 30, 0, 0, time.UTC)
	return []bill{
		{uin: "18810000000000000015", title: "Штраф ГИБДД", sum: 50000, due: due, state: "due", tags: []string{"авто", "скидка"}},
		{uin: "0", title: "Госпошлина за паспорт", sum: 600000, state: "paid", comment: "первая строка\nвторая"},
	}
}

// parsed returns the options that the arguments give.
func parsed(t *testing.T, args ...string) *Options {
	t.Helper()
	o, err := parseArgs(args...)
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return o
}

func parseArgs(args ...string) (*Options, error) {
	root, o, _ := testCommand()
	root.SetArgs(JoinJSON(root, append([]string{"bill", "list"}, args...)))
	return o, root.Execute()
}

func testCommand() (root *cobra.Command, o *Options, got *[]string) {
	root = &cobra.Command{Use: "epgu", SilenceErrors: true, SilenceUsage: true}
	root.SetOut(io.Discard)
	root.SetErr(io.Discard)
	noun := &cobra.Command{Use: "bill"}
	got, o = new([]string), new(Options)
	verb := &cobra.Command{Use: "list", RunE: func(_ *cobra.Command, args []string) error { *got = args; return nil }}
	AddFlags(verb, o, billView(), i18n.RU)
	noun.AddCommand(verb)
	root.AddCommand(noun)
	return root, o, got
}

func TestEveryFormOfAListIsAsAgreed(t *testing.T) {
	page := Page{Total: 214, HasMore: true}
	const note = "показано 2 из 214, все: --all\n"
	for _, c := range []struct {
		name     string
		args     []string
		tty      bool
		out, err string
	}{
		{"table", nil, true, "" +
			"УИН                   За что                      Сумма  Состояние\n" +
			"18810000000000000015  Штраф ГИБДД              500,00\u00a0₽  ждёт оплаты\n" +
			"0                     Госпошлина за паспорт  6\u00a0000,00\u00a0₽  оплачено\n", note},
		{"tabs", nil, false, "" +
			"18810000000000000015\tШтраф ГИБДД\t50000\tdue\n" +
			"0\tГоспошлина за паспорт\t600000\tpaid\n", note},
		{"columns", []string{"--columns", "state,uin"}, false, "due\t18810000000000000015\npaid\t0\n", note},
		{"json", []string{"--json"}, false, `{"items":[` +
			`{"uin":"18810000000000000015","title":"Штраф ГИБДД","amountKopecks":50000,"due":"2026-03-01T21:30:00Z","state":"due","tags":["авто","скидка"],"comment":""},` +
			`{"uin":"0","title":"Госпошлина за паспорт","amountKopecks":600000,"due":null,"state":"paid","tags":[],"comment":"первая строка\nвторая"}` +
			`],"total":214,"hasMore":true}` + "\n", ""},
		{"json fields with a space", []string{"--json", "state,uin"}, false,
			`{"items":[{"state":"due","uin":"18810000000000000015"},{"state":"paid","uin":"0"}],"total":214,"hasMore":true}` + "\n", ""},
		{"json fields with a sign, on a terminal", []string{"--json=uin"}, true,
			"{\n  \"items\": [\n    {\n      \"uin\": \"18810000000000000015\"\n    },\n    {\n      \"uin\": \"0\"\n    }\n  ],\n  \"total\": 214,\n  \"hasMore\": true\n}\n", ""},
		{"ndjson", []string{"--ndjson", "--json", "uin,amountKopecks"}, false,
			`{"uin":"18810000000000000015","amountKopecks":50000}` + "\n" + `{"uin":"0","amountKopecks":600000}` + "\n", note},
		{"csv", []string{"--csv", "--columns", "uin,title,tags"}, false,
			"uin,title,tags\n18810000000000000015,Штраф ГИБДД,\"авто, скидка\"\n0,Госпошлина за паспорт,\n", note},
		{"csv for Windows", []string{"--csv", "--bom", "--delimiter", "semicolon", "--columns", "uin,state"}, false,
			"\ufeffuin;state\r\n18810000000000000015;due\r\n0;paid\r\n", note},
		{"jq", []string{"--jq", ".items[] | .amountKopecks, .uin"}, false, "50000\n18810000000000000015\n600000\n0\n", note},
		{"template", []string{"--template", `{{range .items}}{{.uin}} {{rubles .amountKopecks}} {{date "02.01" .due}}{{"\n"}}{{end}}`}, false,
			"18810000000000000015 500,00\u00a0₽ 01.03\n0 6\u00a0000,00\u00a0₽ \n", note},
	} {
		t.Run(c.name, func(t *testing.T) {
			ios, _, out, errOut := iostreams.Test()
			ios.SetTTY(c.tty)
			if err := List(ios, parsed(t, c.args...), billView(), bills(), page); err != nil {
				t.Fatal(err)
			}
			if got := out.String(); got != c.out {
				t.Errorf("stdout:\n%s\nwant:\n%s", got, c.out)
			}
			if got := errOut.String(); got != c.err {
				t.Errorf("stderr %q, want %q", got, c.err)
			}
		})
	}
}

func TestEveryFormOfAnObjectIsAsAgreed(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		tty  bool
		out  string
	}{
		{"terminal", nil, true, "" +
			"УИН:        0\n" +
			"За что:     Госпошлина за паспорт\n" +
			"Сумма:      6\u00a0000,00\u00a0₽\n" +
			"Состояние:  оплачено\n" +
			"Примечание: первая строка\n" +
			"            вторая\n"},
		{"pipe", nil, false, "uin\t0\ntitle\tГоспошлина за паспорт\namountKopecks\t600000\ndue\t\nstate\tpaid\ntags\t\ncomment\tпервая строка вторая\n"},
		{"json", []string{"--json", "uin,due"}, false, `{"uin":"0","due":null}` + "\n"},
		{"jq", []string{"--jq", ".state"}, true, "paid\n"},
		{"csv", []string{"--csv", "--columns", "uin,state"}, false, "uin,state\n0,paid\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ios, _, out, errOut := iostreams.Test()
			ios.SetTTY(c.tty)
			if err := Object(ios, parsed(t, c.args...), billView(), bills()[1]); err != nil {
				t.Fatal(err)
			}
			if got := out.String(); got != c.out {
				t.Errorf("stdout:\n%s\nwant:\n%s", got, c.out)
			}
			if errOut.Len() > 0 {
				t.Errorf("stderr %q", errOut)
			}
		})
	}
}

func TestAccessibleModeReadsAsTitleAndValue(t *testing.T) {
	ios, _, out, _ := iostreams.Test()
	ios.SetTTY(true)
	ios.SetAccessible(true)
	if err := List(ios, &Options{}, billView(), bills(), Page{}); err != nil {
		t.Fatal(err)
	}
	want := "УИН: 18810000000000000015\nЗа что: Штраф ГИБДД\nСумма: 500,00\u00a0₽\nСостояние: ждёт оплаты\n\n" +
		"УИН: 0\nЗа что: Госпошлина за паспорт\nСумма: 6\u00a0000,00\u00a0₽\nСостояние: оплачено\n"
	if out.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", out, want)
	}
}

func TestANarrowTerminalWrapsWordsAndNeverBreaksANumber(t *testing.T) {
	for _, c := range []struct {
		cols int
		want string
	}{
		{64, "УИН                   За что              Сумма  Состояние\n"},
		{40, "УИН:       18810000000000000015\n"},
	} {
		ios, _, out, _ := iostreams.Test()
		ios.SetTTY(true)
		ios.SetWidth(c.cols)
		if err := List(ios, &Options{}, billView(), bills(), Page{}); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(out.String(), c.want) {
			t.Errorf("%d columns: got:\n%s\nwant first:\n%s", c.cols, out, c.want)
		}
		for _, whole := range []string{"18810000000000000015", "6\u00a0000,00\u00a0₽"} {
			if !strings.Contains(out.String(), whole) {
				t.Errorf("%d columns: %q was cut:\n%s", c.cols, whole, out)
			}
		}
	}
}

func TestAnEmptyListIsSaidToPeopleAndEmptyForMachines(t *testing.T) {
	for _, c := range []struct {
		tty      bool
		args     []string
		out, err string
	}{
		{true, nil, "", "ничего не найдено\n"},
		{false, nil, "", ""},
		{false, []string{"--json"}, `{"items":[],"total":0,"hasMore":false}` + "\n", ""},
		{false, []string{"--csv", "--columns", "uin,due"}, "uin,due\n", ""},
	} {
		ios, _, out, errOut := iostreams.Test()
		ios.SetTTY(c.tty)
		if err := List(ios, parsed(t, c.args...), billView(), nil, Page{}); err != nil {
			t.Fatal(err)
		}
		if out.String() != c.out || errOut.String() != c.err {
			t.Errorf("%v: got %q and %q", c, out, errOut)
		}
	}
}

func TestAListThatBreaksOffPrintsNoHalfOfAJSONDocument(t *testing.T) {
	broken := errors.New("connection lost")
	seq := func(yield func(bill, error) bool) {
		if yield(bills()[0], nil) {
			yield(bill{}, broken)
		}
	}
	for _, c := range []struct {
		args []string
		out  string
	}{
		{[]string{"--json"}, ""},
		{[]string{"--ndjson", "--json", "uin"}, `{"uin":"18810000000000000015"}` + "\n"},
	} {
		ios, _, out, _ := iostreams.Test()
		if err := Stream(ios, parsed(t, c.args...), billView(), seq, nil); !errors.Is(err, broken) {
			t.Errorf("%v: got %v", c.args, err)
		}
		if out.String() != c.out {
			t.Errorf("%v: got %q, want %q", c.args, out, c.out)
		}
	}
}

func TestAFeedPrintsEachEventAtOnce(t *testing.T) {
	for _, c := range []struct {
		args []string
		tty  bool
		want string
	}{
		{nil, true, "0  Госпошлина за паспорт  6\u00a0000,00\u00a0₽  оплачено\n"},
		{nil, false, "0\tГоспошлина за паспорт\t600000\tpaid\n"},
		{[]string{"--json", "uin"}, false, `{"uin":"0"}` + "\n"},
		{[]string{"--jq", ".uin"}, false, "0\n"},
		{[]string{"--template", "{{.uin}}"}, false, "0\n"},
	} {
		ios, _, out, _ := iostreams.Test()
		ios.SetTTY(c.tty)
		feed := NewFeed(ios, parsed(t, c.args...), billView())
		for n := 1; n <= 2; n++ {
			if err := feed.Put(bills()[1]); err != nil {
				t.Fatal(err)
			}
			if got, want := out.String(), strings.Repeat(c.want, n); got != want {
				t.Errorf("%v: after %d: got %q, want %q", c.args, n, got, want)
			}
		}
	}
}

func TestFieldsThatDoNotExistAreRefusedBeforeAnythingHappens(t *testing.T) {
	for _, args := range [][]string{{"--json=uin,sum"}, {"--json", "uin,sum"}, {"--columns", "sum"}} {
		_, err := parseArgs(args...)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != "output.unknown_field" || f.Exit != 2 || len(f.Fields) != 1 || f.Fields[0].Name != "sum" {
			t.Errorf("%v: got %v", args, err)
			continue
		}
		if hint := f.Hint.In(i18n.EN); !strings.Contains(hint, "amountKopecks") {
			t.Errorf("%v: the hint %q does not list the fields", args, hint)
		}
	}
}

func TestMistakesInExpressionsAreFoundWhileFlagsAreParsed(t *testing.T) {
	for code, args := range map[string][]string{
		"output.jq_syntax":       {"--jq", ".items["},
		"output.template_syntax": {"--template", "{{range}"},
		"output.delimiter":       {"--delimiter", "pipe"},
		"output.switch":          {"--csv=maybe"},
	} {
		_, err := parseArgs(args...)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != code || f.Exit != 2 {
			t.Errorf("%v: got %v, want %s", args, err, code)
		}
	}
}

func TestFormsThatExcludeEachOtherAreRefusedWhileFlagsAreParsed(t *testing.T) {
	for _, args := range [][]string{{"--csv", "--json"}, {"--json", "--csv"}, {"--csv", "--jq", "."}, {"--ndjson", "--template", "x"}, {"--jq", ".", "--ndjson"}} {
		_, err := parseArgs(args...)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != "output.forms" || f.Exit != 2 {
			t.Errorf("%v: got %v", args, err)
		}
	}
	for _, args := range [][]string{{"--json", "uin", "--jq", "."}, {"--jq", ".", "--json"}, {"--ndjson", "--json"}, {"--csv=false", "--json"}, {"--csv", "--csv"}} {
		if _, err := parseArgs(args...); err != nil {
			t.Errorf("%v: got %v", args, err)
		}
	}
}

func TestJSONHelpListsTheFieldsInsteadOfRunning(t *testing.T) {
	for _, args := range [][]string{{"--json", "help"}, {"--json=help"}, {"--columns=help"}} {
		_, err := parseArgs(args...)
		help := AsFieldsHelp(err)
		if help == nil {
			t.Fatalf("%v: got %v", args, err)
		}
		ios, _, out, _ := iostreams.Test()
		if err := help.Print(ios); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(out.String(), "uin\tУИН\ntitle\tЗа что\n") {
			t.Errorf("got %q", out)
		}
	}
}

func TestTheWordAfterJSONIsAValueOnlyWhenItNamesFields(t *testing.T) {
	for _, c := range []struct {
		args []string
		want []string
		sel  string
	}{
		{[]string{"--json", "uin"}, nil, "uin"},
		{[]string{"--json", "all", "x"}, []string{"x"}, ""},
		{[]string{"--json", "uin,due", "x"}, []string{"x"}, "uin,due"},
		{[]string{"--json", "18810000000000000015"}, []string{"18810000000000000015"}, ""},
		{[]string{"x", "--json"}, []string{"x"}, ""},
		{[]string{"--json", "--columns", "uin", "x"}, []string{"x"}, ""},
		{[]string{"--", "--json", "uin"}, []string{"--json", "uin"}, ""},
	} {
		root, o, got := testCommand()
		root.SetArgs(JoinJSON(root, append([]string{"bill", "list"}, c.args...)))
		if err := root.Execute(); err != nil {
			t.Errorf("%v: %v", c.args, err)
			continue
		}
		if strings.Join(*got, " ") != strings.Join(c.want, " ") || strings.Join(o.selected, ",") != c.sel {
			t.Errorf("%v: got arguments %q and fields %q", c.args, *got, o.selected)
		}
	}
}

func TestAMistypedFieldIsNoArgumentWhereArgumentsAreNeverWords(t *testing.T) {
	for word, isField := range map[string]bool{"foo": true, "uin,foo": true, "18810000000000000015": false, "-": false, "40702810-1": false} {
		root, _, got := testCommand()
		verb, _, err := root.Find([]string{"bill", "list"})
		if err != nil {
			t.Fatal(err)
		}
		Wordless(verb)
		root.SetArgs(JoinJSON(root, []string{"bill", "list", "7707083893", "--json", word}))
		err = root.Execute()
		if isField && (err == nil || len(*got) > 0) || !isField && (err != nil || len(*got) != 2) {
			t.Errorf("%s: arguments %q, error %v", word, *got, err)
		}
	}
}

func TestFieldNamesComplete(t *testing.T) {
	n := &fieldNames{view: billView()}
	for typed, want := range map[string]string{"": "uin title amountKopecks due state tags comment", "t": "title tags", "title,t": "title,tags"} {
		if got := strings.Join(n.complete(typed), " "); got != want {
			t.Errorf("%q: got %q, want %q", typed, got, want)
		}
	}
}

func TestAnEndlessJQExpressionEndsWithTheCommand(t *testing.T) {
	o := parsed(t, "--jq", "range(infinite) | select(. < 0)")
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	o.cmd.SetContext(ctx)
	ios, _, _, _ := iostreams.Test()
	if err := Object(ios, o, billView(), bills()[0]); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestJQSeesNoEnvironment(t *testing.T) {
	t.Setenv("EPGU_SECRET_FOR_TEST", "s3cret")
	ios, _, out, _ := iostreams.Test()
	if err := Object(ios, parsed(t, "--jq", "env.EPGU_SECRET_FOR_TEST, $ENV.EPGU_SECRET_FOR_TEST"), billView(), bills()[0]); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != "null\nnull\n" {
		t.Errorf("got %q", got)
	}
	err := Object(ios, parsed(t, "--jq", ".uin | keys"), billView(), bills()[0])
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != "output.jq" || f.Exit != 1 {
		t.Errorf("got %v", err)
	}
}

func TestAmountsSurviveJQExactly(t *testing.T) {
	ios, _, out, _ := iostreams.Test()
	b := bill{sum: 9_007_199_254_740_993} // 2^53+1: a float would lose the last kopeck
	if err := Object(ios, parsed(t, "--jq", ".amountKopecks"), billView(), b); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != "9007199254740993\n" {
		t.Errorf("got %q", got)
	}
}

func TestViewsAreChecked(t *testing.T) {
	if err := billView().CheckWith(bill{}); err != nil {
		t.Error(err)
	}
	v := billView()
	v.Fields[2].Name = "amount"
	v.Default = nil
	if err := v.CheckWith(bill{}); err == nil {
		t.Error("money without Kopecks in its name passed")
	}
	v.Fields[2].Name = "uin"
	if err := v.Check(); err == nil {
		t.Error("a name twice passed")
	}
}

func TestWantsJSONReadsTheRawArguments(t *testing.T) {
	for args, want := range map[string]bool{"bill list --json": true, "--json=a": true, "--ndjson": true, "-- --json": false, "bill": false, "--csv": false} {
		if got := WantsJSON(strings.Fields(args)); got != want {
			t.Errorf("%q: got %v", args, got)
		}
	}
}

func BenchmarkOneHundredThousandRows(b *testing.B) {
	ios, _, _, _ := iostreams.Test()
	ios.Out = io.Discard
	item := bills()[0]
	rows := func(yield func(bill, error) bool) {
		for range 100_000 {
			if !yield(item, nil) {
				return
			}
		}
	}
	for name, f := range map[string]form{"csv": formCSV, "ndjson": formNDJSON, "tabs": formHuman} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := Stream(ios, &Options{form: f}, billView(), rows, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAddFlags(b *testing.B) {
	view := billView()
	for b.Loop() {
		AddFlags(&cobra.Command{Use: "list"}, new(Options), view, i18n.RU)
	}
}
