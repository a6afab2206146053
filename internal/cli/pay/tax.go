package pay

import (
	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

func newTax(f *factory.Factory) *cobra.Command {
	o := &payOptions{f: f}
	var kind, period string
	var kinds bool
	var kindsOut output.Options
	cmd := &cobra.Command{
		Use:   "tax",
		Short: i18n.Text{RU: "Заплатить налог без начисления: вид, период, сумма", EN: "Pay a tax without a charge: kind, period, sum"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Заполняет реквизиты налога сам. Один налог за один период на одну сумму уйдёт один раз: повтор найдёт его в журнале.",
			EN: "Fills in the requisites of the tax. One tax for one period and sum goes once: a repetition finds it in the journal."}.In(f.Lang),
		Example: "  epgu pay tax --kind transport --period ГД.00.2025 --amount 4123\n  epgu pay tax --kinds",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if kinds {
				return output.List(f.IO, &kindsOut, taxView(), billing.Taxes().Kinds, output.Page{})
			}
			var fields []fault.Field
			if kind == "" {
				fields = append(fields, fault.Field{Name: "--kind", Message: i18n.Say("нужно указать: epgu pay tax --kinds", "is required: epgu pay tax --kinds")})
			}
			if o.manual.amount == "" {
				fields = append(fields, fault.Field{Name: "--amount", Message: i18n.Say("нужно указать", "is required")})
			}
			if r := requisites.Check(requisites.KindTaxPeriod, period, requisites.Options{}); period == "" {
				fields = append(fields, fault.Field{Name: "--period", Message: i18n.Say("нужно указать, например ГД.00.2025", "is required, for example ГД.00.2025")})
			} else if r.Problem != nil {
				fields = append(fields, r.Problem.Field("--period"))
			} else {
				period = r.Normalised
			}
			if len(fields) > 0 {
				e := fault.New(exitcode.Usage, "tax.invalid", i18n.Say("не хватает данных о налоге, ничего не отправлено", "something about the tax is missing, nothing was sent"))
				e.Fields = fields
				return e
			}
			r, err := billing.TaxRequisites(kind, period)
			if err != nil {
				return err
			}
			kopecks, err := billing.ParseRubles(o.manual.amount)
			if err != nil {
				return err
			}
			return o.byRequisites(cmd.Context(), billing.ManualRequest{Requisites: r, AmountKopecks: kopecks, Kind: "tax"})
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&kind, "kind", "", i18n.Text{RU: "вид налога (epgu pay tax --kinds)", EN: "kind of tax (epgu pay tax --kinds)"}.In(f.Lang))
	fl.StringVar(&period, "period", "", i18n.Text{RU: "период: ГД.00.2025, КВ.01.2026, МС.03.2026", EN: "period: ГД.00.2025, КВ.01.2026, МС.03.2026"}.In(f.Lang))
	fl.StringVar(&o.manual.amount, "amount", "", i18n.Text{RU: "сумма в рублях", EN: "the amount in rubles"}.In(f.Lang))
	fl.BoolVar(&kinds, "kinds", false, i18n.Text{RU: "показать виды налогов", EN: "show the kinds of taxes"}.In(f.Lang))
	o.addFlags(fl)
	output.AddFlags(cmd, &o.out, view(), f.Lang)
	return cmd
}

func taxView() output.View[billing.Tax] {
	return output.View[billing.Tax]{Fields: []output.Field[billing.Tax]{
		{Name: "kind", Title: i18n.Text{RU: "Вид", EN: "Kind"}, Value: func(t billing.Tax) any { return t.Kind }},
		{Name: "title", Title: i18n.Text{RU: "Налог", EN: "Tax"}, Value: func(t billing.Tax) any { return t.Title }, Wide: true},
		{Name: "kbk", Title: i18n.Text{RU: "КБК", EN: "КБК"}, Value: func(t billing.Tax) any { return t.KBK }},
		{Name: "status", Title: i18n.Text{RU: "Статус (101)", EN: "Status (101)"}, Value: func(t billing.Tax) any { return t.Status }},
		{Name: "asOf", Title: i18n.Text{RU: "По состоянию на", EN: "As of"}, Value: func(billing.Tax) any { return output.Day(billing.Taxes().AsOf) }},
	}}
}
