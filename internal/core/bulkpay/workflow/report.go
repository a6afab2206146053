package workflow

import (
	"context"
	"errors"
	"io"
	"iter"
	"path/filepath"
	"strings"

	"github.com/epgu-cli/epgu/internal/atomicfile"
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
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Reporting says what to write about a plan.
type Reporting struct {
	Plan string
	Path string // .csv, .xlsx: the register with results; .txt: for 1C; .pdf: printed
	// Source is which of the plan's registers goes back, from 1; 0 is the first.
	Source int
	Payers []bankfiles.Payer // for 1C
	BOM    bool
	UTF8   bool // the file for 1C, instead of windows-1251
	Lang   i18n.Lang
	// Guard makes a cell that came from outside harmless to spreadsheets.
	Guard    func(string) string
	Training bool // a training portal: papers say so

	desk *Desk
}

// Written is a file of a report.
type Written struct {
	Path    string
	Kind    string // "register", "1c", "pdf", "receipts"
	Rows    int
	Kopecks int64 // of what is paid; of the register all that this plan paid
	Missing int   // receipts that the portal does not have
}

// KindOf tells by its name what a file is to hold.
func KindOf(path string) (string, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv", ".xlsx":
		return "register", nil
	case ".txt":
		return "1c", nil
	case ".pdf":
		return "pdf", nil
	}
	return "", fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "--output не может быть «%s»; подходит, например: %s", EN: "--output cannot be %q; use, for example: %s"}.With(untrusted.Text(path), ".csv, .xlsx, .txt, .pdf"))
}

// Report writes one file about a plan; its extension says which. A file that is
// there is replaced.
func (d *Desk) Report(ctx context.Context, o Reporting) (w *Written, err error) {
	o.desk = d
	kind, err := KindOf(o.Path)
	if err != nil {
		return nil, err
	}
	p, err := Open(o.Plan)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	j, err := d.Journal(ctx)
	if err != nil {
		return nil, err
	}
	f, err := atomicfile.Create(o.Path, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w = &Written{Path: o.Path, Kind: kind}
	switch kind {
	case "register":
		err = o.register(f, w, func(told func(*report.Line)) iter.Seq2[[]string, error] {
			return report.Table(ctx, p, j, max(o.Source, 1)-1, o.Lang, told)
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
func (w *Written) count(l *report.Line) {
	if l.Standing() == string(journal.Paid) {
		w.Kopecks += l.Payment.AmountKopecks
	}
}

// table is what a report is written to.
type table interface {
	Write(cells []string) error
}

func (o *Reporting) register(f io.Writer, w *Written, rows func(func(*report.Line)) iter.Seq2[[]string, error]) error {
	var t table
	end := func() error { return nil }
	for cells, err := range rows(func(l *report.Line) { w.Rows++; w.count(l) }) {
		if err != nil {
			return err
		}
		if t == nil {
			// The first row is the headings, which a workbook needs beforehand.
			if t, end, err = openTable(f, w.Path, o.BOM, o.Lang, cells); err != nil {
				return err
			}
			continue
		}
		// The register's own cells go back as they came; what the portal said does
		// not become a formula.
		for i := len(cells) - len(report.Columns()); i < len(cells); i++ {
			cells[i] = o.Guard(cells[i])
		}
		if err := t.Write(cells); err != nil {
			return err
		}
	}
	return end()
}

func openTable(f io.Writer, path string, bom bool, lang i18n.Lang, headings []string) (table, func() error, error) {
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

func (o *Reporting) onec(ctx context.Context, f io.Writer, w *Written, p *planfile.Plan, j journal.Journal) error {
	now := o.desk.Clock.Now()
	opts := report.OneCOptions{From: p.Header.CreatedAt, To: now, Created: now, Payers: o.Payers}
	if o.UTF8 {
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
		w.Rows++
		w.count(&l)
	}
	if len(o.Payers) == 0 && w.Rows > 0 {
		o.desk.Note(i18n.Say("В файле для 1С нет счёта плательщика: чтобы 1С узнала свой счёт, добавьте --payers", "The 1C file names no account of the payer: add --payers so that 1C knows its own"))
	}
	return out.Close()
}

func (o *Reporting) pdf(ctx context.Context, f io.Writer, w *Written, p *planfile.Plan, j journal.Journal) error {
	h := &p.Header
	out, err := report.NewPDF(f, report.PDFOptions{
		Title: i18n.Text{RU: "Реестр платежей по плану %s", EN: "Register of payments of plan %s"}.With(untrusted.Text(filepath.Base(o.Plan))),
		Lines: []i18n.Message{
			i18n.Text{RU: "План %s составлен %s, составил: %s", EN: "Plan %s was made on %s by %s"}.With(h.ID, i18n.Moment(h.CreatedAt.In(clock.Moscow())), untrusted.Text(h.Maker.Name)),
			i18n.Text{RU: "SHA-256 плана: %s", EN: "SHA-256 of the plan: %s"}.With(p.SHA256),
			i18n.Text{RU: "Состояние на %s", EN: "As of %s"}.With(i18n.Moment(o.desk.Clock.Now().In(clock.Moscow()))),
		},
		Training: o.Training, Created: o.desk.Clock.Now(), Lang: o.Lang})
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
		w.Rows++
		w.count(&l)
	}
	t.Close()
	return out.Close(&t)
}
