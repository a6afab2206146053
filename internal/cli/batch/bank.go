package batch

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/bankroad"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/workflow"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/onec"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// bankOptions are those of the road by bank files.
type bankOptions struct {
	payers    string
	dir       string
	maxOrders int
	maxSum    string
	utf8      bool
	others    bool
}

func (o *bankOptions) flags(cmd *cobra.Command, tr func(ru, en string) string) {
	fl := cmd.Flags()
	fl.StringVar(&o.payers, "payers", "", tr("счета плательщика, `файл` JSON (для bank-file; образец: batch template --format payers)", "the payer's accounts, a JSON `file` (for bank-file; a sample: batch template --format payers)"))
	fl.StringVarP(&o.dir, "output", "o", ".", tr("`папка` для файлов в банк", "`folder` of the files for the bank"))
	fl.IntVar(&o.maxOrders, "file-orders", bankroad.DefaultOrders, tr("поручений в одном файле, не больше", "most orders in one file"))
	fl.StringVar(&o.maxSum, "file-sum", "", tr("`рублей` в одном файле, не больше", "most `rubles` in one file"))
	fl.BoolVar(&o.others, "other-accounts", false, tr("дописать план с других счетов, чем начат", "draw the rest of the plan on other accounts than its beginning"))
	fl.BoolVar(&o.utf8, "utf8", false, tr("писать файлы в UTF-8, а не в windows-1251", "write the files in UTF-8 instead of windows-1251"))
}

func (o *bankOptions) run(ctx context.Context, f *factory.Factory, x *workflow.Execution, machine bool) error {
	payers, err := workflow.ReadPayers(o.payers)
	if err != nil {
		return err
	}
	how := workflow.BankFiles{Payers: payers, Dir: o.dir, MaxOrders: o.maxOrders, OtherAccounts: o.others}
	if o.utf8 {
		how.Charset = onec.UTF8
	}
	if o.maxSum != "" {
		if how.MaxKopecks, err = billing.ParseRubles(o.maxSum); err != nil {
			return err
		}
	}
	r, ended, err := x.ByBankFiles(ctx, how)
	if err != nil {
		return err
	}
	view := output.View[bankroad.File]{Fields: []output.Field[bankroad.File]{
		{Name: "path", Title: i18n.Text{RU: "Файл", EN: "File"}, Value: func(x bankroad.File) any { return x.Path }},
		{Name: "account", Title: i18n.Text{RU: "Счёт", EN: "Account"}, Value: func(x bankroad.File) any { return x.Account }},
		{Name: "orders", Title: i18n.Text{RU: "Поручений", EN: "Orders"}, Value: func(x bankroad.File) any { return x.Orders }},
		{Name: "first", Title: i18n.Text{RU: "Номера с", EN: "Numbers from"}, Value: func(x bankroad.File) any { return x.First }},
		{Name: "last", Title: i18n.Text{RU: "по", EN: "to"}, Value: func(x bankroad.File) any { return x.Last }},
		{Name: "sumKopecks", Title: i18n.Text{RU: "На сумму", EN: "Sum"}, Value: func(x bankroad.File) any { return i18n.Money(x.Kopecks) }},
	}}
	out := new(output.Options)
	if machine {
		out = output.ForJSON()
	}
	// A reader that has left changes nothing about how the run ended.
	return errors.Join(output.List(f.IO, out, view, r.Files, output.Page{}), ended)
}
