package batch

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planning"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/workflow"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/register"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/progress"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

type planOptions struct {
	f       *factory.Factory
	out     output.Options
	files   []string
	output  string
	method  string
	payer   string
	mapped  string
	sheet   string
	policy  string
	again   string
	diff    string
	changed bool
	late    bool
	skipBad bool
	offline bool
	expect  expectFlags
}

func newPlan(f *factory.Factory) *cobra.Command {
	o := &planOptions{f: f}
	tr := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd := &cobra.Command{
		Use:   tr("plan РЕЕСТР… -o ПЛАН", "plan REGISTER… -o PLAN"),
		Short: tr("Составить план оплаты: что, сколько и почему", "Make a payment plan: what, how much and why"),
		Long: tr(`Спрашивает портал о каждом начислении, сверяется с журналом и решает по каждой строке, платить ли её, сколько и до какого дня.
Отмечает оплаченное, уже отправленное, повторы, изменившиеся суммы. Денег не трогает. План — один файл с итогами и хешем:
его одобряют (batch approve) и только его выполняют (batch run).`,
			`Asks the portal about every charge, looks into the journal and decides for each row whether to pay it, how much and until which day.
Marks what is paid, on its way, repeated or of another sum. No money moves. A plan is one file with totals and a hash:
it is what people approve (batch approve) and the only thing that is run (batch run).`),
		Example: "  epgu batch plan july.csv -o july.plan\n  epgu batch plan july.csv -o july2.plan --diff july.plan\n  epgu batch plan july.csv -o july.plan --offline --payer 7700000000",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.files = args
			o.expect.counted = cmd.Flags().Changed("expect-count")
			return o.run(cmd.Context())
		},
	}
	fl := cmd.Flags()
	fl.StringVarP(&o.output, "output", "o", "", tr("`файл` плана", "`file` of the plan"))
	fl.StringVar(&o.method, "method", "", tr("способ оплаты (epgu pay methods)", "way to pay (epgu pay methods)"))
	fl.StringVar(&o.payer, "payer", "", tr("плательщик строк, где он не указан: `ИНН`", "payer of rows that name none: an `ИНН`"))
	fl.StringVar(&o.mapped, "map", "", tr("карта столбцов, `файл` TOML", "column map, a TOML `file`"))
	fl.StringVar(&o.sheet, "sheet", "", tr("`лист` книги XLSX", "`sheet` of an XLSX workbook"))
	fl.StringVar(&o.policy, "policy", "", tr("`файл` правил одобрения", "`file` of the approval policy"))
	fl.StringVar(&o.again, "again", "", tr("платить и то, что журнал считает оплаченным или отправленным; `причина` записывается", "pay also what the journal holds as paid or sent; the `reason` is recorded"))
	fl.StringVar(&o.diff, "diff", "", tr("показать отличия от прежнего `плана`", "show what differs from an earlier `plan`"))
	fl.BoolVar(&o.changed, "accept-changed", false, tr("платить по начислению, если сумма в реестре другая", "pay what is due where the register says another sum"))
	fl.BoolVar(&o.late, "after-term", false, tr("платить и то, чей срок прошёл", "pay also what is past its term"))
	fl.BoolVar(&o.skipBad, "skip-bad", false, tr("строки с ошибками оставить неоплаченными", "leave rows with errors unpaid"))
	fl.BoolVar(&o.offline, "offline", false, tr("не спрашивать портал: суммы и получатели из реестра (для банковских файлов)", "do not ask the portal: sums and payees are the register's (for bank files)"))
	o.expect.flags(cmd, tr)
	output.AddFlags(cmd, &o.out, planView(), f.Lang)
	return cmd
}

// planned is what a plan amounts to.
type planned struct {
	Path   string
	SHA256 string
	Head   planfile.Header
	planfile.Totals
	planfile.Seen
}

func planView() output.View[planned] {
	count := func(s planfile.Status) func(planned) any { return func(p planned) any { return p.ByStatus[s].N } }
	fields := []output.Field[planned]{
		{Name: "path", Title: i18n.Text{RU: "План", EN: "Plan"}, Value: func(p planned) any { return p.Path }},
		{Name: "id", Title: i18n.Text{RU: "Номер", EN: "ID"}, Value: func(p planned) any { return p.Head.ID }},
		{Name: "sha256", Title: i18n.Text{RU: "SHA-256", EN: "SHA-256"}, Value: func(p planned) any { return p.SHA256 }},
		{Name: "rows", Title: i18n.Text{RU: "Строк", EN: "Rows"}, Value: func(p planned) any { return p.Rows }},
		{Name: "toPay", Title: i18n.Text{RU: "К оплате", EN: "To pay"}, Value: func(p planned) any { return p.Pay.N }},
		{Name: "sumKopecks", Title: i18n.Text{RU: "На сумму", EN: "Sum"}, Value: func(p planned) any { return i18n.Money(p.Pay.Kopecks) }},
	}
	for _, s := range planfile.Statuses()[1:] {
		fields = append(fields, output.Field[planned]{Name: fieldName(s), Title: workflow.StatusTitle(s), Value: count(s)})
	}
	return output.View[planned]{Fields: append(fields,
		output.Field[planned]{Name: "method", Title: i18n.Text{RU: "Способ", EN: "Method"}, Value: func(p planned) any {
			return output.Dual{Machine: p.Head.Method, Human: billing.MethodTitle(p.Head.Method)}
		}},
		output.Field[planned]{Name: "balanceKopecks", Title: i18n.Text{RU: "На счёте", EN: "The account holds"}, Value: func(p planned) any {
			if p.Balance == nil {
				return nil
			}
			return i18n.Money(*p.Balance)
		}},
		output.Field[planned]{Name: "notAfter", Title: i18n.Text{RU: "Суммы верны до", EN: "Sums hold until"}, Value: func(p planned) any { return output.Day(p.NotAfter) }},
		output.Field[planned]{Name: "etaSeconds", Title: i18n.Text{RU: "Оценка времени", EN: "Estimated time"}, Value: func(p planned) any {
			return output.Dual{Machine: p.ETA, Human: workflow.Lasting(p.ETA)}
		}},
		output.Field[planned]{Name: "byPayee", Title: i18n.Text{RU: "По получателям", EN: "By payee"}, Value: func(p planned) any {
			return output.Dual{Machine: p.ByPayee, Human: workflow.GroupLines(p.ByPayee)}
		}, Wide: true, Lines: true},
		output.Field[planned]{Name: "byKbk", Title: i18n.Text{RU: "По КБК", EN: "By КБК"}, Value: func(p planned) any {
			return output.Dual{Machine: p.ByKBK, Human: workflow.GroupLines(p.ByKBK)}
		}, Wide: true, Lines: true},
		output.Field[planned]{Name: "warnings", Title: i18n.Text{RU: "Замечания", EN: "Warnings"}, Value: func(p planned) any { return output.Dual{Machine: p.Warnings, Human: workflow.Warnings(p.Warnings)} }, Wide: true},
	)}
}

func (o *planOptions) run(ctx context.Context) error {
	if o.output == "" {
		return fault.New(exitcode.Usage, "plan.no_output", i18n.Say("не сказано, куда записать план", "it is not said where the plan goes")).
			Advise(i18n.Say("добавьте -o ФАЙЛ, например -o july.plan", "add -o FILE, for example -o july.plan"))
	}
	mapping, err := readMapping(o.mapped)
	if err != nil {
		return err
	}
	expect, err := o.expect.read()
	if err != nil {
		return err
	}
	bar := progress.Start(o.f.IO, i18n.Text{RU: "Смотрю начисления", EN: "Looking at the charges"}, progress.Options{Clock: o.f.Clock})
	last := 0
	d := deskOf(o.f)
	d.Note = func(m i18n.Localised) { bar.Stop(); o.f.IO.Note(m) }
	made, err := d.Make(ctx, workflow.Making{Files: o.files, Output: o.output, Method: o.method, Payer: o.payer, Policy: o.policy, Map: mapping, Sheet: o.sheet,
		Again: o.again, AcceptChanged: o.changed, AfterTerm: o.late, SkipBad: o.skipBad, Offline: o.offline, Expect: expect,
		Progress: func(n int) { bar.Add(int64(n - last)); last = n }})
	bar.Stop()
	if err != nil {
		return err
	}
	if o.diff != "" {
		return o.compare()
	}
	result, err := planfile.Open(o.output)
	if err != nil {
		return err
	}
	defer result.Close()
	if made.Totals.Pay.N > 0 {
		o.f.IO.Note(i18n.Text{RU: "Дальше: другой человек выполняет epgu batch approve %s", EN: "Next: another person runs epgu batch approve %s"}.With(o.output))
	} else {
		o.f.IO.Note(i18n.Say("Платить по этому плану нечего", "There is nothing to pay in this plan"))
	}
	return output.Object(o.f.IO, &o.out, planView(), planned{o.output, result.SHA256, result.Header, result.Totals, result.Seen})
}

// compare prints what differs from an earlier plan.
func (o *planOptions) compare() error {
	old, err := planfile.Open(o.diff)
	if err != nil {
		return err
	}
	defer old.Close()
	now, err := planfile.Open(o.output)
	if err != nil {
		return err
	}
	defer now.Close()
	sum := func(r *planfile.Row) any {
		if r == nil {
			return nil
		}
		return i18n.Money(r.Kopecks)
	}
	status := func(r *planfile.Row) any {
		if r == nil {
			return nil
		}
		return output.Dual{Machine: string(r.Status), Human: workflow.StatusTitle(r.Status)}
	}
	view := output.View[planning.Difference]{Fields: []output.Field[planning.Difference]{
		{Name: "key", Title: i18n.Text{RU: "Что", EN: "What"}, Value: func(d planning.Difference) any { return untrusted.Text(d.Key) }},
		{Name: "was", Title: i18n.Text{RU: "Было", EN: "Was"}, Value: func(d planning.Difference) any { return status(d.Old) }},
		{Name: "wasKopecks", Title: i18n.Text{RU: "Сумма была", EN: "Sum was"}, Value: func(d planning.Difference) any { return sum(d.Old) }},
		{Name: "is", Title: i18n.Text{RU: "Стало", EN: "Is"}, Value: func(d planning.Difference) any { return status(d.New) }},
		{Name: "isKopecks", Title: i18n.Text{RU: "Сумма стала", EN: "Sum is"}, Value: func(d planning.Difference) any { return sum(d.New) }},
	}}
	form := new(output.Options)
	if o.out.Machine() {
		form = output.ForJSON()
	}
	return output.Stream(o.f.IO, form, view, planning.Diff(old, now), nil)
}

func readMapping(path string) (*register.Mapping, error) {
	if path == "" {
		return nil, nil
	}
	return register.ReadMapping(path)
}
