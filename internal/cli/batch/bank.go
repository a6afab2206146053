package batch

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/bankroad"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
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
}

func (o *bankOptions) flags(cmd *cobra.Command, tr func(ru, en string) string) {
	fl := cmd.Flags()
	fl.StringVar(&o.payers, "payers", "", tr("счета плательщика, `файл` JSON (для bank-file; образец: batch template --format payers)", "the payer's accounts, a JSON `file` (for bank-file; a sample: batch template --format payers)"))
	fl.StringVarP(&o.dir, "output", "o", ".", tr("`папка` для файлов в банк", "`folder` of the files for the bank"))
	fl.IntVar(&o.maxOrders, "file-orders", bankroad.DefaultOrders, tr("поручений в одном файле, не больше", "most orders in one file"))
	fl.StringVar(&o.maxSum, "file-sum", "", tr("`рублей` в одном файле, не больше", "most `rubles` in one file"))
	fl.BoolVar(&o.utf8, "utf8", false, tr("писать файлы в UTF-8, а не в windows-1251", "write the files in UTF-8 instead of windows-1251"))
}

func (o *bankOptions) run(ctx context.Context, f *factory.Factory, p *planfile.Plan, limits bulkpay.Options, machine bool) error {
	payers, err := readPayers(o.payers)
	if err != nil {
		return err
	}
	j, err := f.Journal(ctx)
	if err != nil {
		return err
	}
	road := &bankroad.Road{Journal: j, Plan: p, Clock: f.Clock, Dir: o.dir, Payers: payers, MaxOrders: o.maxOrders,
		Budget: limits.MaxKopecks, Until: limits.Until, Want: limits.Want}
	if o.utf8 {
		road.Charset = onec.UTF8
	}
	if o.maxSum != "" {
		if road.MaxKopecks, err = billing.ParseRubles(o.maxSum); err != nil {
			return err
		}
	}
	// The folder itself appears with its files.
	if err := os.MkdirAll(filepath.Dir(filepath.Clean(o.dir)), 0o700); err != nil {
		return fault.New(exitcode.Usage, "bankroad.folder", i18n.Text{RU: "папку %s не создать", EN: "folder %s cannot be made"}.With(o.dir)).Because(err)
	}
	r, err := road.Write(ctx)
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
	return errors.Join(output.List(f.IO, out, view, r.Files, output.Page{}), o.end(f, r))
}

// end says how a run by bank files ended.
func (o *bankOptions) end(f *factory.Factory, r *bankroad.Result) error {
	if n := r.Finished; n.Accepted+n.Planned > 0 {
		f.IO.Note(i18n.Text{RU: "Прерванный запуск: поручений в файлах найдено %d, без файла %d — они составлены заново", EN: "A run that was broken off: orders found in files %d, without a file %d, which are made again"}.
			With(n.Accepted, n.Planned))
	}
	if n := r.Counts[journal.Unknown].N; n > 0 {
		return fault.New(exitcode.Unknown, bulkpay.CodeUnknown, i18n.Text{
			RU: "исход неизвестен, платежей: %d; их файлов нет там, где они должны лежать, и они могли уйти в банк", EN: "payments with an unknown outcome: %d; their files are not where they were to be, and they may have gone to the bank"}.With(n)).
			Advise(i18n.Say("загрузите выписку: epgu batch reconcile ПЛАН --statement ВЫПИСКА; если файлы на другой машине, повторите команду там; если их не было в банке: epgu batch reconcile ПЛАН --decide ПЛАТЁЖ --as planned",
				"import a statement: epgu batch reconcile PLAN --statement STATEMENT; if the files are on another machine, repeat the command there; if the bank never had them: epgu batch reconcile PLAN --decide PAYMENT --as planned"))
	}
	if n := r.Counts[journal.Sending].N + r.Counts[journal.Claimed].N; n > 0 {
		return fault.New(exitcode.Pending, bulkpay.CodePending, i18n.Text{
			RU: "поручения по %d платежам составляет другой процесс", EN: "another process is making the orders of %d payments"}.With(n)).
			Advise(i18n.Say("повторите ту же команду позже", "repeat the same command later"))
	}
	if r.Left > 0 {
		return fault.New(exitcode.Partial, bulkpay.CodeStopped, i18n.Text{
			RU: "остановлено по заданному пределу, осталось строк: %d", EN: "stopped at the given limit, rows left: %d"}.With(r.Left)).
			Advise(i18n.Say("повторите ту же команду: она запишет остальное", "repeat the same command: it writes the rest"))
	}
	if r.Skipped+r.Waiting > 0 {
		return fault.New(exitcode.Partial, "bankroad.partly", i18n.Text{
			RU: "не попало в файлы: %d уже оплачивается иначе, %d не в свой день", EN: "left out of the files: %d are being paid otherwise, %d not on their day"}.With(r.Skipped, r.Waiting))
	}
	if len(r.Files) == 0 {
		f.IO.Note(i18n.Say("Новых файлов нет: всё, что можно было отправить, уже в прежних", "No new files: whatever could be sent is in earlier ones"))
		return nil
	}
	f.IO.Note(i18n.Say("Загрузите файлы в банк-клиент; потом: epgu batch reconcile ПЛАН --statement ВЫПИСКА", "Load the files into the bank's client; then: epgu batch reconcile PLAN --statement STATEMENT"))
	return nil
}

// readPayers reads the accounts that orders are drawn on.
func readPayers(path string) ([]bankfiles.Payer, error) {
	if path == "" {
		return nil, fault.New(exitcode.Usage, "bankroad.no_payer", i18n.Say("с какого счёта платить? нужен --payers ФАЙЛ", "which account pays? --payers FILE is needed")).
			Advise(i18n.Say("образец: epgu batch template --format payers -o accounts.json", "a sample: epgu batch template --format payers -o accounts.json"))
	}
	data, err := readSmall(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.New(exitcode.NotFound, "bankroad.payers_absent", i18n.Text{RU: "файла счетов плательщика %s нет", EN: "there is no file %s of the payer's accounts"}.With(path)).
			Advise(i18n.Say("образец: epgu batch template --format payers -o accounts.json", "a sample: epgu batch template --format payers -o accounts.json"))
	case err != nil:
		return nil, fault.New(exitcode.Usage, bankfiles.CodePayers, i18n.Text{RU: "файл %s не прочитать", EN: "file %s cannot be read"}.With(path)).Because(err)
	}
	return bankfiles.ParsePayers(data)
}
