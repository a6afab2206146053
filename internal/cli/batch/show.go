package batch

import (
	"context"
	"iter"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/workflow"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

type showOptions struct {
	f    *factory.Factory
	out  output.Options
	plan string
	only []string
}

func newShow(f *factory.Factory) *cobra.Command {
	o := &showOptions{f: f}
	tr := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd := &cobra.Command{
		Use:   tr("show ПЛАН", "show PLAN"),
		Short: tr("Строки плана: обе суммы, что расходится и почему строка не оплачивается", "The rows of a plan: both sums, what differs, and why a row is not paid"),
		Long: tr(`Показывает строки плана: сумму в реестре и сумму к оплате, в чём реестр и начисление расходятся и почему строка не будет оплачена.
С --only — лишь строки с этими решениями.`,
			`Shows the rows of a plan: the sum of the register and the sum to pay, where the register and the charge differ, and why a row is not paid.
With --only, just the rows of these statuses.`),
		Example: "  epgu batch show july.plan --only changed,duplicate,wrong\n  epgu batch show july.plan --json row,uin,status,reason",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.plan = args[0]
			return o.run(cmd.Context())
		},
	}
	var names []string
	for _, s := range planfile.Statuses() {
		names = append(names, string(s))
	}
	cmd.Flags().StringSliceVar(&o.only, "only", nil, tr("только эти `решения` через запятую: ", "only these `statuses`, separated by commas: ")+strings.Join(names, ", "))
	output.AddFlags(cmd, &o.out, rowView(), f.Lang)
	return cmd
}

func rowView() output.View[*planfile.Row] {
	sum := func(kopecks int64) any {
		if kopecks == 0 {
			return nil
		}
		return i18n.Money(kopecks)
	}
	return output.View[*planfile.Row]{Fields: []output.Field[*planfile.Row]{
		{Name: "row", Title: i18n.Text{RU: "Строка", EN: "Row"}, Value: func(r *planfile.Row) any { return r.N }},
		{Name: "line", Title: i18n.Text{RU: "В файле", EN: "In the file"}, Value: func(r *planfile.Row) any { return r.Line }},
		{Name: "status", Title: i18n.Text{RU: "Решение", EN: "Status"}, Value: func(r *planfile.Row) any {
			return output.Dual{Machine: string(r.Status), Human: workflow.StatusTitle(r.Status)}
		}},
		{Name: "uin", Title: i18n.Text{RU: "УИН", EN: "УИН"}, Value: func(r *planfile.Row) any { return untrusted.Text(r.UIN) }},
		{Name: "payee", Title: i18n.Text{RU: "Получатель", EN: "Payee"}, Value: func(r *planfile.Row) any {
			if r.Payee == nil {
				return nil
			}
			return untrusted.Text(r.Payee.Name)
		}},
		{Name: "account", Title: i18n.Text{RU: "Счёт получателя", EN: "Payee's account"}, Value: func(r *planfile.Row) any {
			if r.Payee == nil {
				return nil
			}
			return untrusted.Text(r.Payee.Account)
		}},
		{Name: "askedKopecks", Title: i18n.Text{RU: "В реестре", EN: "In the register"}, Value: func(r *planfile.Row) any { return sum(r.Asked) }},
		{Name: "amountKopecks", Title: i18n.Text{RU: "По плану", EN: "In the plan"}, Value: func(r *planfile.Row) any { return sum(r.Kopecks) }},
		{Name: "differs", Title: i18n.Text{RU: "Расходится", EN: "Differs"}, Value: func(r *planfile.Row) any {
			var words []i18n.Localised
			for i := range r.Differs {
				words = append(words, r.Differs[i].Words())
			}
			list := r.Differs
			if list == nil {
				list = []planfile.Difference{}
			}
			return output.Dual{Machine: list, Human: together(words)}
		}, Wide: true},
		{Name: "why", Title: i18n.Text{RU: "Код причины", EN: "Reason's code"}, Value: func(r *planfile.Row) any { return untrusted.Text(r.Why) }},
		{Name: "reason", Title: i18n.Text{RU: "Почему не оплачивается", EN: "Why it is not paid"}, Value: func(r *planfile.Row) any {
			if why := r.Reason(); why != nil {
				return why
			}
			return nil
		}, Wide: true},
		{Name: "holder", Title: i18n.Text{RU: "Чем занята", EN: "Held by"}, Value: func(r *planfile.Row) any { return untrusted.Text(r.Holder) }},
		{Name: "notAfter", Title: i18n.Text{RU: "Сумма верна до", EN: "The sum holds until"}, Value: func(r *planfile.Row) any { return output.Day(r.NotAfter) }},
		{Name: "reference", Title: i18n.Text{RU: "Ссылка", EN: "Reference"}, Value: func(r *planfile.Row) any { return untrusted.Text(r.Reference) }},
	}, Default: []string{"row", "uin", "status", "askedKopecks", "amountKopecks", "reason"}}
}

// together is several messages as one line.
func together(words []i18n.Localised) i18n.Text {
	var ru, en []string
	for _, w := range words {
		ru, en = append(ru, w.In(i18n.RU)), append(en, w.In(i18n.EN))
	}
	return i18n.Text{RU: strings.Join(ru, "; "), EN: strings.Join(en, "; ")}
}

func (o *showOptions) run(_ context.Context) error {
	want, err := o.wanted()
	if err != nil {
		return err
	}
	p, err := workflow.Open(o.plan)
	if err != nil {
		return err
	}
	defer p.Close()
	return output.Stream(o.f.IO, &o.out, rowView(), chosen(p, want), nil)
}

// wanted reads --only; nil takes all rows.
func (o *showOptions) wanted() (map[planfile.Status]bool, error) {
	if len(o.only) == 0 {
		return nil, nil
	}
	want := map[planfile.Status]bool{}
	for _, name := range o.only {
		found := false
		for _, s := range planfile.Statuses() {
			if name = strings.TrimSpace(name); name == string(s) || name == fieldName(s) {
				want[s], found = true, true
			}
		}
		if !found {
			return nil, flagValue("only", name, "changed,duplicate,paid,wrong")
		}
	}
	return want, nil
}

func chosen(p *planfile.Plan, want map[planfile.Status]bool) iter.Seq2[*planfile.Row, error] {
	return func(yield func(*planfile.Row, error) bool) {
		for r, err := range p.Rows(1) {
			if err == nil && want != nil && !want[r.Status] {
				continue
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}
