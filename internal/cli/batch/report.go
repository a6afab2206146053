package batch

import (
	"context"
	"errors"
	"io"
	"iter"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/report"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/payfile/csvfile"
	"github.com/epgu-cli/epgu/internal/payfile/xlsx"
	"github.com/epgu-cli/epgu/internal/ui/i18n"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

type reportOptions struct {
	f        *factory.Factory
	plan     string
	output   string
	source   int
	receipts string
	bom      bool
}

func newReport(f *factory.Factory) *cobra.Command {
	o := &reportOptions{f: f}
	tr := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd := &cobra.Command{
		Use:   tr("report ПЛАН -o ОТЧЁТ", "report PLAN -o REPORT"),
		Short: tr("Вернуть реестр с результатами", "Give the register back with the results"),
		Long: tr(`Пишет реестр со всеми его столбцами и результатом каждой строки в столбцах epgu_…: CSV или XLSX, по расширению файла.
Отчёт можно снова подать на вход batch plan: оплаченные строки будут пропущены. --receipts собирает квитанции в ZIP.`,
			`Writes the register with all its columns and the result of every row in columns epgu_…: CSV or XLSX by the file's extension.
The report may be fed into batch plan again: settled rows are skipped. --receipts collects the receipts into a ZIP.`),
		Example: "  epgu batch report july.plan -o july-result.csv\n  epgu batch report july.plan -o july.xlsx --receipts july.zip",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.plan = args[0]
			return o.run(cmd.Context())
		},
	}
	fl := cmd.Flags()
	fl.StringVarP(&o.output, "output", "o", "", tr("`файл` отчёта: .csv или .xlsx", "report `file`: .csv or .xlsx"))
	fl.IntVar(&o.source, "source", 1, tr("`номер` исходного файла, если их несколько", "`number` of the source file when there are several"))
	fl.StringVar(&o.receipts, "receipts", "", tr("`файл` ZIP для квитанций", "ZIP `file` for the receipts"))
	fl.BoolVar(&o.bom, "bom", false, tr("начать CSV с метки BOM, для Excel", "begin the CSV with a BOM, for Excel"))
	return cmd
}

func (o *reportOptions) run(ctx context.Context) error {
	if o.output == "" && o.receipts == "" {
		return fault.New(exitcode.Usage, "report.no_output", i18n.Say("куда писать? нужен -o ФАЙЛ", "where to? -o FILE is needed"))
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
	if o.output != "" {
		if err := o.write(report.Table(ctx, p, j, o.source-1)); err != nil {
			return err
		}
		o.f.IO.Note(i18n.Text{RU: "Отчёт: %s", EN: "Report: %s"}.With(o.output))
	}
	if o.receipts == "" {
		return nil
	}
	c, err := o.f.Connect(ctx)
	if err != nil {
		return err
	}
	f, err := atomicfile.Create(o.receipts, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	n, err := report.Receipts(ctx, p, j, c.Cabinet, f)
	if err != nil {
		return err
	}
	if err := f.Commit(); err != nil {
		return err
	}
	o.f.IO.Note(i18n.Text{RU: "Квитанций: %d, в %s", EN: "Receipts: %d, in %s"}.With(n, o.receipts))
	return nil
}

// table is what a report is written to.
type table interface {
	Write(cells []string) error
}

func (o *reportOptions) write(rows iter.Seq2[[]string, error]) (err error) {
	f, err := atomicfile.Create(o.output, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var w table
	end := func() error { return nil }
	for cells, err := range rows {
		if err != nil {
			return err
		}
		if w == nil {
			// The first row is the headings, which a workbook needs beforehand.
			if w, end, err = o.open(f, cells); err != nil {
				return err
			}
			continue
		}
		// The register's own cells go back as they came; what the portal said does
		// not become a formula.
		for i := len(cells) - len(report.Columns()); i < len(cells); i++ {
			cells[i] = output.Guard(cells[i])
		}
		if err := w.Write(cells); err != nil {
			return err
		}
	}
	if err := end(); err != nil {
		return err
	}
	return f.Commit()
}

func (o *reportOptions) open(f io.Writer, headings []string) (table, func() error, error) {
	if strings.EqualFold(filepath.Ext(o.output), ".xlsx") {
		columns := make([]xlsx.Column, len(headings))
		for i, h := range headings {
			columns[i] = xlsx.Column{Title: h, Width: 18}
		}
		w, err := xlsx.NewWriter(f, "epgu", columns)
		if err != nil {
			return nil, nil, err
		}
		return w, w.Close, nil
	}
	w := csvfile.NewWriter(f, ';', o.bom)
	return w, w.Flush, w.Write(headings)
}
