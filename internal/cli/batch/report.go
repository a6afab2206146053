package batch

import (
	"context"
	"errors"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/report"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/workflow"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/progress"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

type reportOptions struct {
	f        *factory.Factory
	out      output.Options
	plan     string
	outputs  []string
	source   int
	receipts string
	payers   string
	bom      bool
	utf8     bool
	force    bool
}

func newReport(f *factory.Factory) *cobra.Command {
	o := &reportOptions{f: f}
	tr := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd := &cobra.Command{
		Use:   tr("report ПЛАН -o ОТЧЁТ…", "report PLAN -o REPORT…"),
		Short: tr("Вернуть реестр с результатами: CSV, XLSX, 1С, PDF, квитанции", "Give the register back with the results: CSV, XLSX, 1C, PDF, receipts"),
		Long: tr(`Что записать, решает расширение файла; -o можно повторить:
  .csv, .xlsx  реестр со всеми его столбцами как были и результатом каждой строки в столбцах epgu_…
               Его можно снова подать на batch check и batch plan: оплаченные строки будут пропущены
  .txt         файл обмена 1С (1CClientBankExchange): оплаченные этим планом платежи как исполненные поручения
  .pdf         печатный реестр всех строк с итогами по получателям и КБК, страницы пронумерованы
--receipts собирает квитанции портала в ZIP. Файл, который уже есть, без --force не заменяется.`,
			`The file's extension says what to write; -o may be repeated:
  .csv, .xlsx  the register with all its columns as they were and every row's result in columns epgu_…
               It may be fed into batch check and batch plan again: settled rows are skipped
  .txt         a 1C exchange file (1CClientBankExchange): what this plan paid, as executed payment orders
  .pdf         a printed register of all rows with totals by payee and КБК, its pages numbered
--receipts collects the portal's receipts into a ZIP. A file that is there is not replaced without --force.`),
		Example: "  epgu batch report july.plan -o july-result.csv\n  epgu batch report july.plan -o july.xlsx -o july.pdf -o july-1c.txt --receipts july.zip",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.plan = args[0]
			bom, _ := cmd.Flags().GetBool("bom") // the flag is there: output.AddFlags
			o.bom = bom || !cmd.Flags().Changed("bom")
			return o.run(cmd.Context())
		},
	}
	fl := cmd.Flags()
	fl.StringArrayVarP(&o.outputs, "output", "o", nil, tr("`файл`: .csv, .xlsx, .txt (1С) или .pdf; можно повторять", "`file`: .csv, .xlsx, .txt (1C) or .pdf; may be repeated"))
	fl.IntVar(&o.source, "source", 1, tr("`номер` исходного файла для .csv и .xlsx, если их несколько", "`number` of the source file for .csv and .xlsx when there are several"))
	fl.StringVar(&o.receipts, "receipts", "", tr("`файл` ZIP для квитанций", "ZIP `file` for the receipts"))
	fl.StringVar(&o.payers, "payers", "", tr("счета плательщика для 1С, `файл` JSON как у batch run", "the payer's accounts for 1C, a JSON `file` as for batch run"))
	fl.BoolVar(&o.utf8, "utf8", false, tr("писать файл для 1С в UTF-8, а не в windows-1251", "write the 1C file in UTF-8 instead of windows-1251"))
	fl.BoolVar(&o.force, "force", false, tr("заменить файлы, если они есть", "replace files that are there"))
	output.AddFlags(cmd, &o.out, writtenView(), f.Lang)
	return cmd
}

func writtenView() output.View[*workflow.Written] {
	return output.View[*workflow.Written]{Fields: []output.Field[*workflow.Written]{
		{Name: "path", Title: i18n.Text{RU: "Файл", EN: "File"}, Value: func(w *workflow.Written) any { return w.Path }},
		{Name: "kind", Title: i18n.Text{RU: "Что это", EN: "Kind"}, Value: func(w *workflow.Written) any { return output.Dual{Machine: w.Kind, Human: kindTitle(w.Kind)} }},
		{Name: "rows", Title: i18n.Text{RU: "Записей", EN: "Records"}, Value: func(w *workflow.Written) any { return w.Rows }},
		{Name: "paidKopecks", Title: i18n.Text{RU: "Оплачено", EN: "Paid"}, Value: func(w *workflow.Written) any { return i18n.Money(w.Kopecks) }},
		{Name: "missing", Title: i18n.Text{RU: "Нет у портала", EN: "Not at the portal"}, Value: func(w *workflow.Written) any { return w.Missing }},
	}, Default: []string{"path", "kind", "rows", "paidKopecks"}}
}

func kindTitle(kind string) i18n.Text {
	switch kind {
	case "1c":
		return i18n.Text{RU: "оплаченное для 1С", EN: "what is paid, for 1C"}
	case "pdf":
		return i18n.Text{RU: "печатный реестр", EN: "printed register"}
	case "receipts":
		return i18n.Text{RU: "квитанции", EN: "receipts"}
	}
	return i18n.Text{RU: "реестр с результатами", EN: "register with results"}
}

func (o *reportOptions) run(ctx context.Context) error {
	if len(o.outputs) == 0 && o.receipts == "" {
		return fault.New(exitcode.Usage, "report.no_output", i18n.Say("куда писать? нужен -o ФАЙЛ", "where to? -o FILE is needed"))
	}
	for _, path := range o.outputs {
		if _, err := workflow.KindOf(path); err != nil {
			return err
		}
	}
	if err := o.vacant(); err != nil {
		return err
	}
	p, err := planfile.Open(o.plan)
	if err != nil {
		return err
	}
	defer p.Close()
	if o.source < 1 || o.source > len(p.Header.Sources) {
		return flagValue("source", "", "1")
	}
	j, err := o.f.Journal(ctx)
	if err != nil {
		return err
	}
	var payers []bankfiles.Payer
	if o.payers != "" {
		if payers, err = workflow.ReadPayers(o.payers); err != nil {
			return err
		}
	}
	told := slices.ContainsFunc(o.outputs, isPDF) && training(ctx, o.f)
	var list []*workflow.Written
	for _, path := range o.outputs {
		w, err := deskOf(o.f).Report(ctx, workflow.Reporting{Plan: o.plan, Path: path, Source: o.source, Payers: payers, BOM: o.bom, UTF8: o.utf8, Lang: o.f.Lang,
			Guard: output.Guard, Training: told})
		if err != nil {
			return err
		}
		list = append(list, w)
	}
	if o.receipts != "" {
		w, err := o.collect(ctx, p, j)
		if err != nil {
			return err
		}
		list = append(list, w)
	}
	if err := output.List(o.f.IO, &o.out, writtenView(), list, output.Page{}); err != nil {
		return err
	}
	if n := list[len(list)-1].Missing; n > 0 {
		return fault.New(exitcode.Partial, "report.receipts_missing", i18n.Text{RU: "портал не отдал квитанций: %d", EN: "receipts that the portal does not have: %d"}.With(n)).
			Advise(i18n.Say("остальное записано; повторите позже с --force", "the rest is written; repeat later with --force"))
	}
	return nil
}

func isPDF(path string) bool { kind, _ := workflow.KindOf(path); return kind == "pdf" }

// vacant refuses files that are there: one may be the register itself.
func (o *reportOptions) vacant() error {
	if o.force {
		return nil
	}
	for _, path := range append(o.outputs, o.receipts) {
		if path == "" {
			continue
		}
		if _, err := os.Lstat(path); err == nil {
			return fault.New(exitcode.Conflict, "file.exists", i18n.Text{RU: "файл %s уже есть", EN: "the file %s is already there"}.With(untrusted.Text(path))).
				Advise(i18n.Say("назовите другой или добавьте --force", "name another one, or add --force"))
		}
	}
	return nil
}

// collect fetches the receipts.
func (o *reportOptions) collect(ctx context.Context, p *planfile.Plan, j journal.Journal) (w *workflow.Written, err error) {
	c, err := o.f.Connect(ctx)
	if err != nil {
		return nil, err
	}
	f, err := atomicfile.Create(o.receipts, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w = &workflow.Written{Path: o.receipts, Kind: "receipts"}
	r := report.NewReceipts(f, c.Cabinet)
	bar := progress.Start(o.f.IO, i18n.Text{RU: "Собираю квитанции", EN: "Collecting receipts"}, progress.Options{Clock: o.f.Clock})
	defer bar.Stop()
	for q, err := range j.List(ctx, journal.Filter{Run: p.Head().ID, States: []journal.State{journal.Paid}}) {
		if err != nil {
			return nil, err
		}
		before := r.N
		if err := r.Add(ctx, &q); err != nil {
			return nil, err
		}
		if r.N > before {
			w.Kopecks += q.AmountKopecks
			bar.Add(1)
		}
	}
	if err := r.Close(); err != nil {
		return nil, err
	}
	w.Rows, w.Missing = r.N, len(r.Missing)
	return w, f.Commit()
}
