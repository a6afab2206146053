package month

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/report"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/money"
	"github.com/epgu-cli/epgu/internal/payfile/csvfile"
	"github.com/epgu-cli/epgu/internal/payfile/onec"
)

// closer is one closing at work.
type closer struct {
	*Closing
	folder   *folder
	sum      *Summary
	totals   report.Totals
	paid     *list
	open     *list
	returned *list
	pdf      *report.PDF
	pdfTo    *sheet
	onec     *report.OneC
	onecTo   *sheet
	zip      *report.Receipts
	zipTo    *sheet
	runs     map[string]*run
	current  *run
}

// run is the list of one run.
type run struct {
	*list
	sum RunSummary
}

// Close writes the folder. Nothing is seen under its name before it is complete.
func (c *Closing) Close(ctx context.Context) (*Summary, error) {
	f, err := newFolder(c.Dir)
	if err != nil {
		return nil, err
	}
	defer f.drop()
	if err := c.ready(ctx); err != nil {
		return nil, err
	}
	now := c.Clock.Now()
	w := &closer{Closing: c, folder: f, runs: map[string]*run{}, sum: &Summary{Version: Version, Month: c.Month.String(), Profile: c.Profile, Training: c.Training,
		At: now.UTC(), By: c.Programme, Early: now.Before(c.Month.Until), Runs: []RunSummary{}}}
	for _, step := range []func(context.Context) error{w.begin, w.payments, w.end, w.reports, w.events, w.lists} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	if err := w.manifest(); err != nil {
		return nil, err
	}
	return w.sum, f.commit()
}

// begin opens the papers that all payments go through.
func (w *closer) begin(context.Context) (err error) {
	w.paid, w.open, w.returned = w.list(paidName), w.list(openName), w.list(returnedName)
	w.pdfTo, w.onecTo = w.folder.sheet(pdfName), w.folder.sheet(onecName)
	lines := []i18n.Message{i18n.Text{RU: "Оплачено с %s по %s, состояние на %s", EN: "Paid from %s to %s, as of %s"}.
		With(i18n.Day(w.Month.From), i18n.Day(w.Month.Until.Add(-time.Second)), i18n.Moment(w.sum.At.In(clock.Moscow())))}
	if w.sum.Early {
		lines = append(lines, i18n.Say("Месяц ещё не кончился: реестр неполный", "The month is not over: the register is not complete"))
	}
	if w.pdf, err = report.NewPDF(w.pdfTo, report.PDFOptions{Title: i18n.Text{RU: "Реестр платежей за %s", EN: "Register of payments of %s"}.With(w.Month.From.Format("01.2006")),
		Lines: lines, Training: w.Training, Created: w.sum.At, Lang: w.Lang}); err != nil {
		return err
	}
	// UTF-8: a payee's name may hold what windows-1251 lacks, and one character must
	// not keep a month open.
	w.onec = report.NewOneC(w.onecTo, report.OneCOptions{Charset: onec.UTF8, From: w.Month.From, To: w.Month.Until.Add(-time.Second), Created: w.sum.At, Payers: w.Payers})
	if w.Portal != nil {
		w.zipTo = w.folder.sheet(receiptsName)
		w.zip = report.NewReceipts(w.zipTo, w.Portal)
	}
	return nil
}

// payments goes once through the journal.
func (w *closer) payments(ctx context.Context) error {
	n := 0
	for p, err := range w.Journal.List(ctx, journal.Filter{Profile: w.Profile, Until: w.Month.Until}) {
		if err != nil {
			return err
		}
		if n++; w.Progress != nil && n%256 == 0 {
			w.Progress(n)
		}
		if err := w.payment(ctx, &p); err != nil {
			return err
		}
	}
	return nil
}

// payment enters a payment that was journalled before the month's end where it
// belongs. What is over stays so, and the time of its last change is when it became
// so; a payment whose money came back was paid in the month of its PaidAt as well.
func (w *closer) payment(ctx context.Context, p *journal.Payment) error {
	over := p.State.Final()
	within := over && w.Month.Has(p.UpdatedAt)
	paidNow := !p.PaidAt.IsZero() && w.Month.Has(p.PaidAt)
	sum := planfile.Sum{N: 1, Kopecks: p.AmountKopecks}
	if within || paidNow || !over || w.Month.Has(p.CreatedAt) {
		if err := w.ofRun(p, paidNow); err != nil {
			return err
		}
	}
	switch {
	case !over:
		add(&w.sum.Open, sum)
		return w.open.payment(p)
	case within && p.State == journal.Refused:
		add(&w.sum.Refused, sum)
		return nil
	case within && p.State == journal.Returned:
		add(&w.sum.Returned, sum)
		if err := w.returned.payment(p); err != nil {
			return err
		}
	}
	if !paidNow {
		return nil
	}
	add(&w.sum.Paid, sum)
	paid := report.PaidBy(p)
	paid.At = p.PaidAt
	w.totals.Add(string(journal.Paid), paid.Payee.Account, paid.Payee.Name, paid.Budget.KBK, paid.Kopecks)
	then := *p
	then.UpdatedAt = p.PaidAt // when it was paid, whatever became of it later
	if err := w.paid.payment(&then); err != nil {
		return err
	}
	if err := w.pdf.Write(string(p.State), paid); err != nil {
		return err
	}
	day, err := report.DebitedOn(ctx, w.Journal, p)
	if err != nil {
		return err
	}
	if err := w.onec.Write(paid, day); err != nil {
		return err
	}
	if w.zip != nil {
		return w.zip.Add(ctx, p)
	}
	return nil
}

func add(to *planfile.Sum, s planfile.Sum) { to.N, to.Kopecks = to.N+s.N, to.Kopecks+s.Kopecks }

// ofRun enters a payment into the list of its run.
func (w *closer) ofRun(p *journal.Payment, paid bool) error {
	r := w.runs[p.Run]
	if r == nil {
		name := "runs/single.csv"
		if p.Run != "" {
			name = "runs/" + safeName(p.Run) + ".csv"
		}
		r = &run{w.list(name), RunSummary{Run: p.Run, File: name}}
		w.runs[p.Run] = r
	}
	if w.current != nil && w.current != r {
		if err := w.current.rest(); err != nil {
			return err
		}
	}
	w.current = r
	sum := planfile.Sum{N: 1, Kopecks: p.AmountKopecks}
	add(&r.sum.All, sum)
	if paid {
		add(&r.sum.Paid, sum)
	}
	return r.payment(p)
}

// end completes the papers.
func (w *closer) end(context.Context) error {
	w.totals.Close()
	w.sum.ByPayee, w.sum.ByKBK = w.totals.Payees, w.totals.KBKs
	if err := w.pdf.Close(&w.totals); err != nil {
		return err
	}
	if err := w.onec.Close(); err != nil {
		return err
	}
	sheets := []*sheet{w.pdfTo, w.onecTo}
	if w.zip != nil {
		if err := w.zip.Close(); err != nil {
			return err
		}
		w.sum.Receipts, w.sum.Missing = w.zip.N, w.zip.Missing
		sheets = append(sheets, w.zipTo)
	}
	for _, s := range sheets {
		if err := s.end(); err != nil {
			return err
		}
	}
	lists := []*list{w.paid, w.open, w.returned}
	for _, r := range w.runs {
		w.sum.Runs = append(w.sum.Runs, r.sum)
		lists = append(lists, r.list)
	}
	slices.SortFunc(w.sum.Runs, func(a, b RunSummary) int { return strings.Compare(a.Run, b.Run) })
	for _, l := range lists {
		if err := l.end(); err != nil {
			return err
		}
	}
	return nil
}

// reports writes the registers of the given plans with their results.
func (w *closer) reports(ctx context.Context) error {
	for n, p := range w.Plans {
		for i := range p.Head().Sources {
			s := w.folder.sheet(fmt.Sprintf("registers/%02d-%s-%02d-%s.csv", n+1, safeName(p.Name), i+1, safeName(stem(p.Head().Sources[i].Name))))
			out := csvfile.NewWriter(s, ';', true)
			for cells, err := range report.Table(ctx, p, w.Journal, i, w.Lang, nil) {
				if err != nil {
					return err
				}
				// The register's own cells go back as they came.
				for k := len(cells) - len(report.Columns()); k < len(cells); k++ {
					cells[k] = w.Guard(cells[k])
				}
				if err := out.Write(cells); err != nil {
					return err
				}
			}
			if err := out.Flush(); err != nil {
				return err
			}
			if err := s.end(); err != nil {
				return err
			}
		}
	}
	return nil
}

// stem is a file's name without its extension.
func stem(name string) string { return strings.TrimSuffix(name, filepath.Ext(name)) }

// events writes the part of the chain that the month's events span, without gaps
// even where a clock was set back.
func (w *closer) events(ctx context.Context) error {
	at := &w.sum.Journal
	for e, err := range w.Journal.Events(ctx, journal.EventFilter{Since: w.Month.From, Until: w.Month.Until}) {
		if err != nil {
			return err
		}
		if at.First == 0 {
			at.First = e.Seq
		}
		at.Last = e.Seq
	}
	s := w.folder.sheet(journalName)
	enc := json.NewEncoder(s)
	enc.SetEscapeHTML(false)
	if at.First > 0 {
		for e, err := range w.Journal.Events(ctx, journal.EventFilter{After: max(0, at.First-2)}) {
			if err != nil {
				return err
			}
			if e.Seq < at.First {
				at.Before = e.Hash
				continue
			}
			if e.Seq > at.Last {
				break
			}
			at.After = e.Hash
			if err := enc.Encode(&e); err != nil {
				return err
			}
		}
	}
	return s.end()
}

// lists writes the totals.
func (w *closer) lists(context.Context) error {
	s := w.folder.sheet(totalsName)
	out := csvfile.NewWriter(s, ';', true)
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(w.Lang) }
	rows := [][]string{{say("Итог", "Total"), say("Ключ", "Key"), say("Название", "Name"), say("Платежей", "Payments"), say("Сумма, руб.", "Amount, RUB")}}
	row := func(what, key, name string, sum planfile.Sum) {
		rows = append(rows, []string{what, key, w.Guard(name), strconv.Itoa(sum.N), money.Format(sum.Kopecks, ',')})
	}
	row(say("оплачено", "paid"), "", "", w.sum.Paid)
	row(say("отклонено", "refused"), "", "", w.sum.Refused)
	row(say("деньги вернулись", "money returned"), "", "", w.sum.Returned)
	row(say("не завершено", "open"), "", "", w.sum.Open)
	for _, g := range w.sum.ByPayee {
		row(say("оплачено получателю", "paid to payee"), g.Key, g.Name, g.Sum)
	}
	for _, g := range w.sum.ByKBK {
		row(say("оплачено на КБК", "paid to КБК"), g.Key, "", g.Sum)
	}
	for _, r := range w.sum.Runs {
		row(say("оплачено по плану", "paid by plan"), r.Run, "", r.Paid)
	}
	for _, cells := range rows {
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return s.end()
}

// manifest writes the list of files and hashes, for programmes and for sha256sum.
func (w *closer) manifest() error {
	slices.SortFunc(w.folder.files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	w.sum.Files = slices.Clone(w.folder.files)
	s := w.folder.sheet(ManifestName)
	enc := json.NewEncoder(s)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(w.sum); err != nil {
		return err
	}
	if err := s.end(); err != nil {
		return err
	}
	sums := w.folder.sheet(SumsName)
	if _, err := sums.Write(sumsOf(w.folder.files)); err != nil {
		return err
	}
	return sums.end()
}

// sumsOf is the file that sha256sum -c takes.
func sumsOf(files []File) []byte {
	var b []byte
	for _, f := range files {
		b = fmt.Appendf(b, "%s  %s\n", f.SHA256, f.Path)
	}
	return b
}

// list is a table of payments as CSV.
type list struct {
	*sheet
	csv   *csvfile.Writer
	guard func(string) string
}

func (w *closer) list(path string) *list {
	l := &list{sheet: w.folder.sheet(path), guard: w.Guard}
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(w.Lang) }
	l.csv = csvfile.NewWriter(l.sheet, ';', true)
	// An error stays in the buffered writer and comes back from Flush.
	_ = l.csv.Write([]string{say("Дата", "Date"), "УИН", say("Плательщик", "Payer"), say("Получатель", "Payee"), say("Счёт получателя", "Payee's account"), "БИК", "КБК", "ОКТМО",
		say("Сумма, руб.", "Amount, RUB"), say("Состояние", "State"), say("Дорога", "Road"), say("Документ", "Document"), say("Файл в банк", "Bank file"), say("Причина", "Reason"),
		say("План", "Plan"), say("Строка", "Row"), say("Платёж", "Payment"), say("Внесён", "Journalled")})
	return l
}

// payment adds a payment.
func (l *list) payment(p *journal.Payment) error {
	c, paid, row := billing.CarriedOf(p), report.PaidBy(p), ""
	if p.Row > 0 {
		row = strconv.Itoa(p.Row)
	}
	return l.csv.Write([]string{p.UpdatedAt.In(clock.Moscow()).Format("02.01.2006 15:04:05"), p.UIN, p.Payer, l.guard(p.PayeeName), p.PayeeAccount, p.BIK, p.KBK, p.OKTMO,
		money.Format(p.AmountKopecks, ','), string(p.State), string(p.Via), l.guard(paid.Document), l.guard(c.File), l.guard(strings.TrimSpace(p.Reason.Code + " " + p.Reason.Text)),
		p.Run, row, p.ID, p.CreatedAt.In(clock.Moscow()).Format("02.01.2006 15:04:05")})
}

// rest gives the open file up until the next payment.
func (l *list) rest() error {
	if err := l.csv.Flush(); err != nil {
		return err
	}
	return l.sheet.rest()
}

func (l *list) end() error {
	if err := l.csv.Flush(); err != nil {
		return err
	}
	return l.sheet.end()
}
