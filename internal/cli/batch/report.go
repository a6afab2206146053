package batch

import (
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/report"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/payfile/csvfile"
	"github.com/epgu-cli/epgu/internal/payfile/onec"
	"github.com/epgu-cli/epgu/internal/payfile/register"
	"github.com/epgu-cli/epgu/internal/payfile/xlsx"
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

// written is a file that a report consists of.
type written struct {
	path    string
	kind    string // "register", "1c", "pdf", "receipts"
	rows    int
	kopecks int64 // of what is paid; of the register all that this plan paid
	missing int   // receipts that the portal does not have
}

func writtenView() output.View[written] {
	return output.View[written]{Fields: []output.Field[written]{
		{Name: "path", Title: i18n.Text{RU: "Файл", EN: "File"}, Value: func(w written) any { return w.path }},
		{Name: "kind", Title: i18n.Text{RU: "Что это", EN: "Kind"}, Value: func(w written) any { return output.Dual{Machine: w.kind, Human: kindTitle(w.kind)} }},
		{Name: "rows", Title: i18n.Text{RU: "Записей", EN: "Records"}, Value: func(w written) any { return w.rows }},
		{Name: "paidKopecks", Title: i18n.Text{RU: "Оплачено", EN: "Paid"}, Value: func(w written) any { return i18n.Money(w.kopecks) }},
		{Name: "missing", Title: i18n.Text{RU: "Нет у портала", EN: "Not at the portal"}, Value: func(w written) any { return w.missing }},
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

// kindOf tells by its name what a file is to hold.
func kindOf(path string) (string, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv", ".xlsx":
		return "register", nil
	case ".txt":
		return "1c", nil
	case ".pdf":
		return "pdf", nil
	}
	return "", flagValue("output", path, ".csv, .xlsx, .txt, .pdf")
}

func (o *reportOptions) run(ctx context.Context) error {
	if len(o.outputs) == 0 && o.receipts == "" {
		return fault.New(exitcode.Usage, "report.no_output", i18n.Say("куда писать? нужен -o ФАЙЛ", "where to? -o FILE is needed"))
	}
	for _, path := range o.outputs {
		if _, err := kindOf(path); err != nil {
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
	var list []written
	for _, path := range o.outputs {
		w, err := o.one(ctx, p, j, path)
		if err != nil {
			return err
		}
		list = append(list, *w)
	}
	if o.receipts != "" {
		w, err := o.collect(ctx, p, j)
		if err != nil {
			return err
		}
		list = append(list, *w)
	}
	if err := output.List(o.f.IO, &o.out, writtenView(), list, output.Page{}); err != nil {
		return err
	}
	if n := list[len(list)-1].missing; n > 0 {
		return fault.New(exitcode.Partial, "report.receipts_missing", i18n.Text{RU: "портал не отдал квитанций: %d", EN: "receipts that the portal does not have: %d"}.With(n)).
			Advise(i18n.Say("остальное записано; повторите позже с --force", "the rest is written; repeat later with --force"))
	}
	return nil
}

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

// one writes a file of the report.
func (o *reportOptions) one(ctx context.Context, p *planfile.Plan, j journal.Journal, path string) (w *written, err error) {
	f, err := atomicfile.Create(path, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	kind, err := kindOf(path)
	if err != nil {
		return nil, err
	}
	w = &written{path: path, kind: kind}
	switch kind {
	case "register":
		err = o.register(f, w, func(told func(*report.Line)) iter.Seq2[[]string, error] {
			return report.Table(ctx, p, j, o.source-1, o.f.Lang, told)
		})
	case "1c":
		err = o.onec(ctx, f, w, p, j)
	case "pdf":
		err = o.pdf(ctx, f, w, p, j)
	}
	if err != nil {
		return nil, err
	}
	return w, f.Commit()
}

// paid counts a line that this plan paid.
func (w *written) paid(l *report.Line) {
	if l.Standing() == string(journal.Paid) {
		w.kopecks += l.Payment.AmountKopecks
	}
}

// table is what a report is written to.
type table interface {
	Write(cells []string) error
}

func (o *reportOptions) register(f io.Writer, w *written, rows func(func(*report.Line)) iter.Seq2[[]string, error]) error {
	var t table
	end := func() error { return nil }
	for cells, err := range rows(func(l *report.Line) { w.rows++; w.paid(l) }) {
		if err != nil {
			return err
		}
		if t == nil {
			// The first row is the headings, which a workbook needs beforehand.
			if t, end, err = open(f, w.path, o.bom, o.f.Lang, cells); err != nil {
				return err
			}
			continue
		}
		// The register's own cells go back as they came; what the portal said does
		// not become a formula.
		for i := len(cells) - len(report.Columns()); i < len(cells); i++ {
			cells[i] = output.Guard(cells[i])
		}
		if err := t.Write(cells); err != nil {
			return err
		}
	}
	return end()
}

func open(f io.Writer, path string, bom bool, lang i18n.Lang, headings []string) (table, func() error, error) {
	if strings.EqualFold(filepath.Ext(path), ".xlsx") {
		b := workbook{lang: lang, state: -1}
		columns := make([]xlsx.Column, len(headings))
		for i, h := range headings {
			columns[i] = columnOf(h)
			if h == register.ColumnState {
				b.state = i
			}
		}
		w, err := xlsx.NewWriter(f, "epgu", columns)
		if err != nil {
			return nil, nil, err
		}
		b.Writer = w
		return &b, w.Close, nil
	}
	w := csvfile.NewWriter(f, ';', bom)
	return w, w.Flush, w.Write(headings)
}

// workbook is a report that people open: its states are words. A register that is
// fed in again understands them.
type workbook struct {
	*xlsx.Writer
	lang  i18n.Lang
	state int // column of the state; -1 if there is none
}

func (b *workbook) Write(cells []string) error {
	if b.state >= 0 && b.state < len(cells) {
		if cells[b.state] == register.SettledState {
			cells[b.state] = register.SettledTitles().In(b.lang)
		} else {
			cells[b.state] = report.StateTitle(cells[b.state]).In(b.lang)
		}
	}
	return b.Writer.Write(cells)
}

// columnOf shows a column of a register as what it holds: amounts and days as
// numbers, codes as text, each as wide as it needs.
func columnOf(heading string) xlsx.Column {
	c := xlsx.Column{Title: heading, Width: 18}
	switch heading {
	case register.ResultPrefix + "amount":
		c.Format = xlsx.AsAmount
		return c
	case register.ResultPrefix + "time":
		c.Format = xlsx.AsTime
		return c
	case register.ResultPrefix + "payment", register.ResultPrefix + "receipt", register.ResultPrefix + "reason":
		c.Width = 38
		return c
	}
	f, kopecks, ok := register.HeadingField(heading)
	if !ok {
		return c
	}
	c.Width = max(f.Info().Width, 12)
	switch {
	case f == register.Amount && !kopecks:
		c.Format = xlsx.AsAmount
	case f == register.DocDate:
		c.Format = xlsx.AsDay
	}
	return c
}

func (o *reportOptions) onec(ctx context.Context, f io.Writer, w *written, p *planfile.Plan, j journal.Journal) error {
	var payers []bankfiles.Payer
	if o.payers != "" {
		var err error
		if payers, err = readPayers(o.payers); err != nil {
			return err
		}
	}
	now := o.f.Clock.Now()
	opts := report.OneCOptions{From: p.Header.CreatedAt, To: now, Created: now, Payers: payers}
	if o.utf8 {
		opts.Charset = onec.UTF8
	}
	out := report.NewOneC(f, opts)
	for l, err := range report.Lines(ctx, p, j) {
		if err != nil {
			return err
		}
		if l.Standing() != string(journal.Paid) {
			continue
		}
		day, err := report.DebitedOn(ctx, j, l.Payment)
		if err != nil {
			return err
		}
		if err := out.Write(report.PaidOf(&l), day); err != nil {
			return err
		}
		w.rows++
		w.paid(&l)
	}
	if len(payers) == 0 && w.rows > 0 {
		o.f.IO.Note(i18n.Say("В файле для 1С нет счёта плательщика: чтобы 1С узнала свой счёт, добавьте --payers", "The 1C file names no account of the payer: add --payers so that 1C knows its own"))
	}
	return out.Close()
}

func (o *reportOptions) pdf(ctx context.Context, f io.Writer, w *written, p *planfile.Plan, j journal.Journal) error {
	h := &p.Header
	out, err := report.NewPDF(f, report.PDFOptions{
		Title: i18n.Text{RU: "Реестр платежей по плану %s", EN: "Register of payments of plan %s"}.With(untrusted.Text(filepath.Base(o.plan))),
		Lines: []i18n.Message{
			i18n.Text{RU: "План %s составлен %s, составил: %s", EN: "Plan %s was made on %s by %s"}.With(h.ID, h.CreatedAt.In(clock.Moscow()).Format("02.01.2006 15:04"), untrusted.Text(h.Maker.Name)),
			i18n.Text{RU: "SHA-256 плана: %s", EN: "SHA-256 of the plan: %s"}.With(p.SHA256),
			i18n.Text{RU: "Состояние на %s", EN: "As of %s"}.With(o.f.Clock.Now().In(clock.Moscow()).Format("02.01.2006 15:04")),
		},
		Training: training(ctx, o.f), Created: o.f.Clock.Now(), Lang: o.f.IO.Lang})
	if err != nil {
		return err
	}
	var t report.Totals
	for l, err := range report.Lines(ctx, p, j) {
		if err != nil {
			return err
		}
		t.AddLine(&l)
		if err := out.Write(l.Standing(), report.PaidOf(&l)); err != nil {
			return err
		}
		w.rows++
		w.paid(&l)
	}
	t.Close()
	return out.Close(&t)
}

// collect fetches the receipts.
func (o *reportOptions) collect(ctx context.Context, p *planfile.Plan, j journal.Journal) (w *written, err error) {
	c, err := o.f.Connect(ctx)
	if err != nil {
		return nil, err
	}
	f, err := atomicfile.Create(o.receipts, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w = &written{path: o.receipts, kind: "receipts"}
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
			w.kopecks += q.AmountKopecks
			bar.Add(1)
		}
	}
	if err := r.Close(); err != nil {
		return nil, err
	}
	w.rows, w.missing = r.N, len(r.Missing)
	return w, f.Commit()
}
