package batch

import (
	"context"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/month"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/workflow"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/progress"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

type closeOptions struct {
	f          *factory.Factory
	out        output.Options
	month      string
	plans      []string
	dir        string
	verify     string
	expect     string
	payers     string
	noReceipts bool
	early      bool
	open       bool
}

func newClose(f *factory.Factory) *cobra.Command {
	o := &closeOptions{f: f}
	tr := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd := &cobra.Command{
		Use:   tr("close МЕСЯЦ [ПЛАН…] -o ПАПКА", "close MONTH [PLAN…] -o FOLDER"),
		Short: tr("Закрыть месяц: всё о его платежах в одной папке с описью", "Close a month: all about its payments in one folder with a manifest"),
		Long: tr(`Собирает всё, что журнал знает о платежах месяца (по Москве), в новую папку:
  paid.csv, register.pdf, paid-1c.txt  оплаченное за месяц: таблица, печатный реестр с итогами, файл для 1С
  totals.csv                           итоги по получателям, КБК и планам
  open.csv                             что к концу месяца начато и не завершено
  runs/, registers/                    результаты по каждому плану; реестры названных планов с их столбцами
  receipts.zip                         квитанции портала
  journal.ndjson                       события журнала за месяц, с хешами
  MANIFEST.json, SHA256SUMS            опись: размер, SHA-256 и ГОСТ Р 34.11-2012 каждого файла, начало и конец цепочки журнала
Существующая папка не перезаписывается. Незавершённый месяц и платежи с неизвестным исходом не закрываются без --early и --open.
--verify проверяет такую папку позже, без сети и журнала, и называет изменённое, пропавшее и лишнее. SHA-256 описи, который печатает
команда, запишите в акт: по нему (--expect-manifest) видно, что не подменили и саму опись; опись можно и подписать: epgu sign.
Код выхода: 0 — закрыт или цел, 1 — папка изменена, 7 и 10 — есть платежи без исхода, 8 — закрыт, но портал отдал не все квитанции, 9 — рано или папка есть.`,
			`Collects all that the journal knows of a month's payments (in Moscow time) into a new folder:
  paid.csv, register.pdf, paid-1c.txt  what was paid: a table, a printed register with totals, a file for 1C
  totals.csv                           totals by payee, КБК and plan
  open.csv                             what was begun and is not finished
  runs/, registers/                    the results of each plan; the registers of the plans that are named, with their columns
  receipts.zip                         the portal's receipts
  journal.ndjson                       the journal's events of the month, with their hashes
  MANIFEST.json, SHA256SUMS            size, SHA-256 and GOST R 34.11-2012 of each file, beginning and end of the journal's chain
A folder that is there is not written over. A month that is not over, and payments with an unknown outcome, need --early and --open.
--verify looks at such a folder later, without a network or the journal, and names what was changed, is missing or was added. Keep the manifest's
SHA-256, which the command prints: by it (--expect-manifest) a replaced manifest is noticed, too; the manifest can also be signed: epgu sign.
Exit code: 0 closed or unchanged, 1 the folder was changed, 7 and 10 there are payments without an outcome, 8 closed, but the portal lacks receipts, 9 too early or the folder is there.`),
		Example: "  epgu batch close 2026-07 july.plan -o july/\n  epgu batch close 2026-07 -o july/ --payers accounts.json --json\n  epgu batch close --verify july/",
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.verify != "" {
				if len(args) > 0 || o.dir != "" {
					return fault.New(exitcode.Usage, "close.verify_alone", i18n.Say("с --verify ни месяца, ни -o не нужно", "--verify takes neither a month nor -o"))
				}
				return o.look(cmd.Context())
			}
			if len(args) == 0 {
				return fault.New(exitcode.Usage, "close.no_month", i18n.Say("какой месяц закрыть? например: epgu batch close 2026-07 -o ПАПКА", "which month? for example: epgu batch close 2026-07 -o FOLDER"))
			}
			o.month, o.plans = args[0], args[1:]
			return o.run(cmd.Context())
		},
	}
	fl := cmd.Flags()
	fl.StringVarP(&o.dir, "output", "o", "", tr("новая `папка`", "new `folder`"))
	fl.StringVar(&o.verify, "verify", "", tr("проверить закрытую `папку`", "verify a closed `folder`"))
	fl.StringVar(&o.expect, "expect-manifest", "", tr("с --verify: SHA-256 описи должен быть таким (`64 знака`)", "with --verify: the manifest's SHA-256 must be this (`64 digits`)"))
	fl.StringVar(&o.payers, "payers", "", tr("счета плательщика для 1С, `файл` JSON как у batch run", "the payer's accounts for 1C, a JSON `file` as for batch run"))
	fl.BoolVar(&o.noReceipts, "no-receipts", false, tr("без квитанций: портал не нужен", "without receipts: no portal is needed"))
	fl.BoolVar(&o.early, "early", false, tr("закрыть и не кончившийся месяц", "close a month that is not over, too"))
	fl.BoolVar(&o.open, "open", false, tr("закрыть и с платежами, чей исход неизвестен", "close with payments whose outcome is unknown, too"))
	output.AddFlags(cmd, &o.out, described{}, f.Lang)
	return cmd
}

// described has the fields of both faces of the command.
type described struct{}

// Describe lists them.
func (described) Describe() []output.FieldInfo {
	out := closedView().Describe()
	known := map[string]bool{}
	for _, f := range out {
		known[f.Name] = true
	}
	for _, f := range verifiedView().Describe() {
		if !known[f.Name] {
			out = append(out, f)
		}
	}
	return out
}

// closed is a folder that was written.
type closed struct {
	dir      string
	manifest string
	*month.Summary
}

func closedView() output.View[closed] {
	return output.View[closed]{Fields: []output.Field[closed]{
		{Name: "folder", Title: i18n.Text{RU: "Папка", EN: "Folder"}, Value: func(c closed) any { return c.dir }},
		{Name: "month", Title: i18n.Text{RU: "Месяц", EN: "Month"}, Value: func(c closed) any { return c.Month }},
		{Name: "paid", Title: i18n.Text{RU: "Оплачено платежей", EN: "Payments paid"}, Value: func(c closed) any { return c.Paid.N }},
		{Name: "paidKopecks", Title: i18n.Text{RU: "На сумму", EN: "Sum"}, Value: func(c closed) any { return i18n.Money(c.Paid.Kopecks) }},
		{Name: "refused", Title: i18n.Text{RU: "Отклонено", EN: "Refused"}, Value: func(c closed) any { return c.Refused.N }},
		{Name: "returned", Title: i18n.Text{RU: "Деньги вернулись", EN: "Money returned"}, Value: func(c closed) any { return c.Returned.N }},
		{Name: "returnedKopecks", Title: i18n.Text{RU: "Вернулось", EN: "Returned"}, Value: func(c closed) any { return i18n.Money(c.Returned.Kopecks) }},
		{Name: "open", Title: i18n.Text{RU: "Не завершено", EN: "Not finished"}, Value: func(c closed) any { return c.Open.N }},
		{Name: "openKopecks", Title: i18n.Text{RU: "На сумму, не завершено", EN: "Sum not finished"}, Value: func(c closed) any { return i18n.Money(c.Open.Kopecks) }},
		{Name: "runs", Title: i18n.Text{RU: "Планов", EN: "Plans"}, Value: func(c closed) any { return output.Dual{Machine: c.Runs, Human: len(c.Runs)} }},
		{Name: "byPayee", Title: i18n.Text{RU: "По получателям", EN: "By payee"}, Value: func(c closed) any {
			return output.Dual{Machine: c.ByPayee, Human: workflow.GroupLines(c.ByPayee)}
		}, Wide: true, Lines: true},
		{Name: "byKbk", Title: i18n.Text{RU: "По КБК", EN: "By КБК"}, Value: func(c closed) any { return output.Dual{Machine: c.ByKBK, Human: workflow.GroupLines(c.ByKBK)} }, Wide: true, Lines: true},
		{Name: "receipts", Title: i18n.Text{RU: "Квитанций", EN: "Receipts"}, Value: func(c closed) any { return c.Receipts }},
		{Name: "receiptsMissing", Title: i18n.Text{RU: "Нет квитанций", EN: "Receipts missing"}, Value: func(c closed) any { return output.Dual{Machine: c.Missing, Human: len(c.Missing)} }},
		{Name: "files", Title: i18n.Text{RU: "Файлов", EN: "Files"}, Value: func(c closed) any { return output.Dual{Machine: c.Files, Human: len(c.Files)} }},
		{Name: "manifestSha256", Title: i18n.Text{RU: "SHA-256 описи", EN: "SHA-256 of the manifest"}, Value: func(c closed) any { return c.manifest }},
	}}
}

func (o *closeOptions) run(ctx context.Context) error {
	m, err := month.Parse(o.month)
	if err != nil {
		return err
	}
	if o.dir == "" {
		return fault.New(exitcode.Usage, "close.no_output", i18n.Say("куда складывать? нужен -o ПАПКА", "where to? -o FOLDER is needed"))
	}
	s, err := o.f.Settings()
	if err != nil {
		return err
	}
	c := &month.Closing{Month: m, Dir: o.dir, Profile: s.ProfileName(), Clock: o.f.Clock, Lang: o.f.IO.Lang, Programme: "epgu " + o.f.Build.Version,
		Early: o.early, Open: o.open, Guard: output.Guard, Training: training(ctx, o.f)}
	if o.payers != "" {
		if c.Payers, err = workflow.ReadPayers(o.payers); err != nil {
			return err
		}
	}
	for _, path := range o.plans {
		p, err := planfile.Open(path)
		if err != nil {
			return err
		}
		defer p.Close()
		c.Plans = append(c.Plans, month.Plan{Name: filepath.Base(path), Plan: p})
	}
	if c.Journal, err = o.f.Journal(ctx); err != nil {
		return err
	}
	if !o.noReceipts {
		conn, err := o.f.Connect(ctx)
		if err != nil {
			return err
		}
		c.Portal = conn.Cabinet
	}
	bar := progress.Start(o.f.IO, i18n.Text{RU: "Собираю месяц, платежей", EN: "Collecting the month, payments"}, progress.Options{Clock: o.f.Clock})
	last := 0
	c.Progress = func(n int) { bar.Add(int64(n - last)); last = n }
	sum, err := c.Close(ctx)
	bar.Stop()
	if err != nil {
		return err
	}
	v, err := month.Verify(ctx, o.dir) // what was written is read back
	if err != nil {
		return err
	}
	if len(v.Flaws) > 0 {
		return workflow.ChangedMonth(v)
	}
	if err := output.Object(o.f.IO, &o.out, closedView(), closed{o.dir, v.Manifest, sum}); err != nil {
		return err
	}
	if n := len(sum.Missing); n > 0 {
		return fault.New(exitcode.Partial, "report.receipts_missing", i18n.Text{RU: "портал не отдал квитанций: %d, они названы в описи", EN: "receipts that the portal does not have: %d, the manifest names them"}.With(n))
	}
	return nil
}

func verifiedView() output.View[*month.Verified] {
	return output.View[*month.Verified]{Fields: []output.Field[*month.Verified]{
		{Name: "holds", Title: i18n.Text{RU: "Папка цела", EN: "The folder is unchanged"}, Value: func(v *month.Verified) any { return len(v.Flaws) == 0 }},
		{Name: "month", Title: i18n.Text{RU: "Месяц", EN: "Month"}, Value: func(v *month.Verified) any { return untrusted.Text(v.Summary.Month) }},
		{Name: "closedAt", Title: i18n.Text{RU: "Закрыт", EN: "Closed"}, Value: func(v *month.Verified) any { return v.Summary.At }},
		{Name: "paid", Title: i18n.Text{RU: "Оплачено платежей", EN: "Payments paid"}, Value: func(v *month.Verified) any { return v.Summary.Paid.N }},
		{Name: "paidKopecks", Title: i18n.Text{RU: "На сумму", EN: "Sum"}, Value: func(v *month.Verified) any { return i18n.Money(v.Summary.Paid.Kopecks) }},
		{Name: "files", Title: i18n.Text{RU: "Файлов", EN: "Files"}, Value: func(v *month.Verified) any { return output.Dual{Machine: v.Summary.Files, Human: len(v.Summary.Files)} }},
		{Name: "manifestSha256", Title: i18n.Text{RU: "SHA-256 описи", EN: "SHA-256 of the manifest"}, Value: func(v *month.Verified) any { return v.Manifest }},
		{Name: "flaws", Title: i18n.Text{RU: "Что не так", EN: "What is wrong"}, Value: func(v *month.Verified) any {
			var lines []i18n.Message
			for _, f := range v.Flaws {
				lines = append(lines, i18n.Text{RU: "%s: %s", EN: "%s: %s"}.With(untrusted.Text(f.Path), workflow.FlawTitle(f.What)))
			}
			return output.Dual{Machine: v.Flaws, Human: lines}
		}, Wide: true, Lines: true},
	}}
}

// look verifies a closed folder.
func (o *closeOptions) look(ctx context.Context) error {
	v, err := month.Verify(ctx, o.verify)
	if err != nil {
		return err
	}
	if o.expect != "" && o.expect != v.Manifest {
		v.Flaws = append([]month.Flaw{{Path: month.ManifestName, What: month.Changed, Why: "its SHA-256 is not the expected one"}}, v.Flaws...)
	}
	if err := output.Object(o.f.IO, &o.out, verifiedView(), v); err != nil {
		return err
	}
	if len(v.Flaws) > 0 {
		return workflow.ChangedMonth(v)
	}
	return nil
}
