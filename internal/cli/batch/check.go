package batch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/registers"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/register"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/progress"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

type checkOptions struct {
	f      *factory.Factory
	out    output.Options
	files  []string
	mapped string
	sheet  string
	expect expectFlags
	maxBad string
	noErr  bool
	limit  int
	all    bool
	table  bool // --columns asks for a table even on a terminal
}

func newCheck(f *factory.Factory) *cobra.Command {
	o := &checkOptions{f: f}
	tr := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd := &cobra.Command{
		Use:   tr("check РЕЕСТР…", "check REGISTER…"),
		Short: tr("Проверить реестры: все ошибки сразу, дубли, итоги", "Check registers: all errors at once, duplicates, totals"),
		Long: tr(`Читает реестры (CSV, XLSX, файл обмена 1С, JSON по строкам) и за один проход называет все ошибки: файл, строку, столбец,
поле поручения (22, 101–110), что не так, почему это важно и как исправить. Ищет дубли внутри файлов и между ними, сверяет итоги.
Рядом с реестром пишет ИМЯ.err — то же самое, но без личных данных. Сеть и вход не нужны.
Код выхода: 0 — ошибок нет (замечания не мешают), 2 — есть ошибки, 8 — ошибочные строки отделены (--max-bad).`,
			`Reads registers (CSV, XLSX, a 1C exchange file, JSON lines) and names all errors in one pass: file, line, column,
field of the order (22, 101–110), what is wrong, why it matters and how to mend it. Finds duplicates inside and across files, compares totals.
Writes NAME.err beside a register: the same without personal data. No network and no sign-in are needed.
Exit code: 0 no errors (warnings do not count), 2 errors, 8 bad rows were split off (--max-bad).`),
		Example: "  epgu batch check july.csv\n  epgu batch check *.xlsx --expect-count 1200 --expect-sum \"1 234 567,89\"\n" +
			"  epgu batch check july.csv --expect-kbk 18810807141011000110=60000 --max-bad 1%\n  epgu batch check july.csv --json line,column,code,message --all",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.files = args
			o.table = cmd.Flags().Changed("columns")
			o.expect.counted = cmd.Flags().Changed("expect-count")
			return o.run(cmd.Context())
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&o.mapped, "map", "", tr("карта столбцов, `файл` TOML (образец: epgu batch template --format map)", "column map, a TOML `file` (a sample: epgu batch template --format map)"))
	fl.StringVar(&o.sheet, "sheet", "", tr("`лист` книги XLSX; по умолчанию первый", "`sheet` of an XLSX workbook; the first one by default"))
	o.expect.flags(cmd, tr)
	fl.StringVar(&o.maxBad, "max-bad", "", tr("если ошибочных строк не больше `порога` (1% или 20), записать верные в ИМЯ.good.csv", "if no more rows are bad than this `threshold` (1% or 20), write the good ones to NAME.good.csv"))
	fl.BoolVar(&o.noErr, "no-err", false, tr("не писать файлы .err", "write no .err files"))
	fl.IntVarP(&o.limit, "limit", "L", 200, tr("показать не больше; в .err попадут все", "show at most this many; all of them go into .err"))
	fl.BoolVar(&o.all, "all", false, tr("показать все", "show all"))
	output.AddFlags(cmd, &o.out, problemView(), f.Lang)
	return cmd
}

// problemView shows problems. The file comes last for people: with one file
// it says nothing new.
func problemView() output.View[registers.Finding] {
	text := func(s string) any { return untrusted.Text(s) }
	none := func(n int) any {
		if n == 0 {
			return nil
		}
		return n
	}
	return output.View[registers.Finding]{Fields: []output.Field[registers.Finding]{
		{Name: "severity", Title: i18n.Text{RU: "Вид", EN: "Kind"}, Value: func(p registers.Finding) any {
			return output.Dual{Machine: p.Severity.String(), Human: registers.SeverityText(p.Severity)}
		}},
		{Name: "file", Title: i18n.Text{RU: "Файл", EN: "File"}, Value: func(p registers.Finding) any { return text(p.File) }, Wide: true},
		{Name: "line", Title: i18n.Text{RU: "Строка", EN: "Line"}, Value: func(p registers.Finding) any { return none(p.Line) }},
		{Name: "row", Title: i18n.Text{RU: "Запись", EN: "Row"}, Value: func(p registers.Finding) any { return none(p.Row) }},
		{Name: "column", Title: i18n.Text{RU: "Столбец", EN: "Column"}, Value: func(p registers.Finding) any { return p.ColumnName() }},
		{Name: "heading", Title: i18n.Text{RU: "Заголовок", EN: "Heading"}, Value: func(p registers.Finding) any { return text(p.Heading) }, Wide: true},
		{Name: "field", Title: i18n.Text{RU: "Поле", EN: "Field"}, Value: func(p registers.Finding) any {
			return output.Dual{Machine: p.Field.String(), Human: p.Field.Info().Title}
		}},
		{Name: "number", Title: i18n.Text{RU: "№ поля", EN: "Field no."}, Value: func(p registers.Finding) any { return none(p.Number) }},
		{Name: "code", Title: i18n.Text{RU: "Код", EN: "Code"}, Value: func(p registers.Finding) any { return p.Code }},
		{Name: "message", Title: i18n.Text{RU: "Что не так", EN: "What is wrong"}, Value: func(p registers.Finding) any { return p.Message }, Wide: true},
		{Name: "why", Title: i18n.Text{RU: "Почему это важно", EN: "Why it matters"}, Value: func(p registers.Finding) any { return p.Why }, Wide: true},
		{Name: "hint", Title: i18n.Text{RU: "Как исправить", EN: "How to mend it"}, Value: func(p registers.Finding) any { return p.Hint }, Wide: true},
		{Name: "suggestion", Title: i18n.Text{RU: "Вероятно", EN: "Probably"}, Value: func(p registers.Finding) any { return text(p.Suggestion) }},
	}, Default: []string{"severity", "line", "column", "field", "number", "message", "hint", "file"}}
}

// request turns the flags into what the use case takes.
func (o *checkOptions) request() (registers.Options, error) {
	r := registers.Options{Files: o.files, Sheet: o.sheet, ErrFiles: !o.noErr, Lang: o.f.IO.Lang, Day: o.f.Clock.Now().In(clock.Moscow())}
	if o.limit < 0 {
		return r, fault.New(exitcode.Usage, "flag.value", i18n.Say("--limit не бывает меньше нуля", "--limit cannot be below zero"))
	}
	var err error
	if r.Expect, err = o.expect.read(); err != nil {
		return r, err
	}
	if o.maxBad != "" {
		t, err := registers.ParseThreshold(o.maxBad)
		if err != nil {
			return r, err
		}
		r.MaxBad = &t
	}
	if o.mapped != "" {
		m, err := register.ReadMapping(o.mapped)
		if err != nil {
			return r, err
		}
		r.Map = m
	}
	return r, nil
}

func (o *checkOptions) run(ctx context.Context) error {
	req, err := o.request()
	if err != nil {
		return err
	}
	task := progress.Start(o.f.IO, i18n.Text{RU: "проверка реестров, строк", EN: "checking registers, rows"}, progress.Options{})
	told := 0
	req.Progress = func(rows int) {
		task.Add(int64(rows - told))
		told = rows
	}
	var sum *registers.Summary
	found, shown := 0, 0
	items := iter.Seq2[registers.Finding, error](func(yield func(registers.Finding, error) bool) {
		defer task.Stop()
		stopped := false
		sum, err = registers.Check(ctx, req, func(p registers.Finding) error {
			found++
			if !o.all && shown >= o.limit {
				return nil
			}
			shown++
			if stopped = !yield(p, nil); stopped {
				return context.Canceled
			}
			return nil
		})
		if err != nil && !stopped {
			yield(registers.Finding{}, err)
		}
	})
	page := func() output.Page { return output.Page{Total: found, HasMore: found > shown} }
	if o.f.IO.IsStdoutTTY() && !o.out.Machine() && !o.table {
		err = o.prose(items, page)
	} else {
		err = output.Stream(o.f.IO, &o.out, problemView(), items, page)
	}
	if err != nil {
		return err
	}
	return o.conclude(sum)
}

// prose prints problems for a person at a terminal: in a table neither what is
// wrong nor how to mend it would fit.
func (o *checkOptions) prose(items iter.Seq2[registers.Finding, error], page func() output.Page) error {
	ios := o.f.IO
	w, st := bufio.NewWriter(ios.Out), ios.OutStyle()
	for p, err := range items {
		if err != nil {
			return errors.Join(w.Flush(), err)
		}
		kind := st.Red(ios.Say(registers.SeverityText(p.Severity)))
		if p.Severity == register.Warning {
			kind = st.Yellow(ios.Say(registers.SeverityText(p.Severity)))
		}
		fmt.Fprintf(w, "%s %s\n", kind, st.Bold(untrusted.Clean(place(p, len(o.files) > 1).In(ios.Lang))))
		for _, m := range []i18n.Message{p.Message, p.Why, p.Hint} {
			if !m.IsZero() {
				fmt.Fprintf(w, "    %s\n", untrusted.Clean(ios.Say(m)))
			}
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if p := page(); p.HasMore {
		ios.Note(i18n.Text{RU: "показано %d из %d, все: --all", EN: "%d of %d shown, all of them: --all"}.With(o.limit, p.Total))
	}
	return nil
}

// place names the place of a problem: "строка 7, столбец D «УИН», поле 22".
func place(p registers.Finding, withFile bool) i18n.Message {
	m := p.Place()
	if p.Line == 0 {
		return i18n.Text{RU: "файл %s", EN: "file %s"}.With(p.File)
	}
	if p.Heading != "" {
		m = i18n.Text{RU: "%s «%s»", EN: "%s \"%s\""}.With(m, p.Heading)
	}
	if p.Number > 0 {
		m = i18n.Text{RU: "%s, поле %d", EN: "%s, field %d"}.With(m, p.Number)
	}
	if withFile {
		m = i18n.Text{RU: "%s: %s", EN: "%s: %s"}.With(p.File, m)
	}
	return m
}

// conclude says on stderr what the check came to, and returns the error that
// goes with it.
func (o *checkOptions) conclude(sum *registers.Summary) error {
	note := o.f.IO.Note
	for i := range sum.Files {
		f := &sum.Files[i]
		note(i18n.Text{RU: "%s (%s): строк %d, с ошибками %d, замечаний %d", EN: "%s (%s): rows %d, with errors %d, warnings %d"}.
			With(untrusted.Text(f.Path), string(f.Format), f.Rows, f.Bad, f.Warnings))
		if f.ErrFile != "" {
			note(i18n.Text{RU: "  все замечания без личных данных: %s", EN: "  all of them, without personal data: %s"}.With(untrusted.Text(f.ErrFile)))
		}
		if f.GoodFile != "" {
			note(i18n.Text{RU: "  верные строки отделены: %s", EN: "  the good rows were split off: %s"}.With(untrusted.Text(f.GoodFile)))
		}
	}
	note(i18n.Text{RU: "Всего строк %d на %s; без ошибок %d на %s", EN: "All in all %d rows, %s; without errors %d, %s"}.
		With(sum.Totals.Rows, i18n.Money(sum.Totals.Kopecks), sum.Good.Rows, i18n.Money(sum.Good.Kopecks)))
	if sum.Settled > 0 {
		note(i18n.Text{RU: "Уже оплачено по отчёту и пропущено: строк %d", EN: "Paid already by the report, and passed over: %d rows"}.With(sum.Settled))
	}
	const most = 20
	kbk := sum.Totals.ByKBK()
	for i, k := range kbk {
		if i == most {
			note(i18n.Text{RU: "  … и ещё КБК: %d", EN: "  … and more КБК: %d"}.With(len(kbk) - most))
			break
		}
		if k.KBK != "" {
			note(i18n.Text{RU: "  КБК %s: строк %d на %s", EN: "  КБК %s: %d rows, %s"}.With(k.KBK, k.Rows, i18n.Money(k.Kopecks)))
		}
	}
	switch {
	case sum.Errors == 0:
		return nil
	case sum.Split:
		return fault.New(exitcode.Partial, "register.split", i18n.Text{RU: "ошибочные строки отделены: %d из %d", EN: "bad rows were split off: %d of %d"}.With(sum.Bad, sum.Rows)).
			Advise(i18n.Say("платите по ИМЯ.good.csv; отделённые строки исправьте и проверьте отдельно", "pay by NAME.good.csv; mend the rows split off and check them by themselves"))
	}
	e := fault.New(exitcode.Usage, "register.errors", i18n.Text{RU: "в реестрах ошибки (%d), строк с ошибками %d из %d", EN: "the registers have errors (%d), in %d rows of %d"}.With(sum.Errors, sum.Bad, sum.Rows))
	if o.maxBad != "" {
		return e.Advise(i18n.Text{RU: "порог --max-bad %s не подошёл: ошибок больше или они в самом файле; ничего не отделено", EN: "--max-bad %s does not apply: there are more bad rows, or the file itself is wrong; nothing was split off"}.With(o.maxBad))
	}
	return e.Advise(i18n.Say("исправьте строки и проверьте снова", "mend the rows and check again"))
}
