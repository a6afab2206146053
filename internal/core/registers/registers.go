// Package registers is the use case of checking payment registers before
// anything is planned or paid: many files in one pass, all errors of all
// rows, duplicates inside and across files, control totals, the .err file and
// the split of good rows. It prints nothing; cli and tui may import it.
package registers

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/heldfile"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/payfile/register"
)

// fileLimit is how many registers are checked at once.
const fileLimit = 256

// Options say what to check.
type Options struct {
	Files  []string
	Map    *register.Mapping // nil: headings speak for themselves
	Sheet  string            // of workbooks
	Expect Expectations
	// MaxBad lets rows with errors be split off; nil: nothing is split.
	MaxBad *Threshold
	// Day is today, in Moscow: rows are judged by its rules. Zero judges by all.
	Day time.Time
	// ErrFiles asks for the .err files, written in Lang.
	ErrFiles bool
	Lang     i18n.Lang
	// TempDir holds the hashes of rows when there are too many for memory;
	// "" is the system's.
	TempDir string
	// Progress is told the number of rows now and then; it may be nil.
	Progress func(rows int)
}

// Finding is a problem with the file that it is in.
type Finding struct {
	File string // as given
	register.Problem
}

// Summary is what a check came to.
type Summary struct {
	Files    []FileSummary
	Rows     int
	Settled  int // rows that an earlier report says are paid; not checked, in no total
	Bad      int // rows with errors, duplicates among them
	Errors   int
	Warnings int
	Totals   Totals // of all rows whose amount can be read
	Good     Totals // of the rows without errors
	Split    bool   // the good rows were written apart
}

// FileSummary is what the check of one file came to.
type FileSummary struct {
	Path     string
	Format   register.Format
	Rows     int
	Settled  int
	Bad      int
	Errors   int
	Warnings int
	ErrFile  string // "" if there was nothing to write
	GoodFile string // "" if nothing was split off

	bad    bitmap
	broken bool           // the file itself has errors, or was not read to its end
	held   *heldfile.File // nil unless its rows may be read once more
	layout *register.Layout
}

// Payment returns the fields of a checked row that make up a payment; its
// business key is the one by which duplicates are found.
func Payment(r *register.Row) journal.Payment {
	return journal.Payment{
		Payer: r.Payer(), UIN: string(r.UIN()), AmountKopecks: r.Kopecks,
		PayeeName: r.Value(register.PayeeName), PayeeAccount: r.Value(register.PayeeAccount), BIK: r.Value(register.PayeeBIK),
		KBK: r.Value(register.KBK), OKTMO: r.Value(register.OKTMO), Period: r.Value(register.Period), ActCode: r.ActCode(), Purpose: r.Value(register.Purpose),
	}
}

// check is one run.
type check struct {
	o       Options
	report  func(Finding) error
	err     error // of report or of an .err file
	sum     Summary
	seen    *seen
	errs    []*errFile
	current int // index of the file being read
}

// Check checks the registers and reports each problem as it is found:
// problems of rows in the order of the files, duplicates after them, control
// totals last. What is returned as an error is not a problem of a register
// but of the check itself; a register that cannot be read is reported as a
// problem, so that the others are checked too.
func Check(ctx context.Context, o Options, report func(Finding) error) (*Summary, error) {
	if err := o.inspect(); err != nil {
		return nil, err
	}
	c := &check{o: o, report: report, seen: newSeen(o.TempDir), errs: make([]*errFile, len(o.Files))}
	defer c.close()
	defer c.letGo()
	c.sum.Files = make([]FileSummary, len(o.Files))
	for i, path := range o.Files {
		c.current = i
		c.sum.Files[i].Path = path
		if err := c.file(ctx); err != nil {
			return nil, err
		}
	}
	if err := c.seen.repeated(ctx, c.duplicate); err != nil {
		return nil, err
	}
	c.expectations()
	for i := range c.sum.Files {
		f := &c.sum.Files[i]
		c.sum.Bad += f.Bad
		c.sum.Rows += f.Rows
	}
	if c.err == nil && o.MaxBad != nil && c.splittable() {
		if err := c.split(ctx); err != nil {
			return nil, err
		}
	}
	if c.err == nil {
		c.err = c.finishErrFiles()
	}
	return &c.sum, c.err
}

func (o *Options) inspect() error {
	if len(o.Files) > fileLimit {
		return fault.New(exitcode.Usage, "register.too_many_files", i18n.Text{RU: "файлов больше %d за раз", EN: "more than %d files at once"}.With(fileLimit))
	}
	var known []os.FileInfo
	for _, path := range o.Files {
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) { // a slip in the command: nothing is checked
			return fault.New(exitcode.NotFound, "register.not_found", i18n.Text{RU: "нет файла %s", EN: "there is no file %s"}.With(path))
		}
		if err != nil {
			continue // said when it is opened
		}
		for i, k := range known {
			if os.SameFile(info, k) {
				return fault.New(exitcode.Usage, "register.same_file", i18n.Text{RU: "%s и %s — один и тот же файл", EN: "%s and %s are one and the same file"}.With(o.Files[i], path))
			}
		}
		known = append(known, info)
	}
	return nil
}

// open opens a register. One whose rows may be split off is read twice and held
// against the first time.
func (c *check) open(f *FileSummary) (*register.Reader, error) {
	o := register.Options{Map: c.o.Map, Sheet: c.o.Sheet, Fleeting: true}
	if c.o.MaxBad == nil {
		return register.Open(f.Path, o)
	}
	if f.held == nil {
		held, err := heldfile.Open(f.Path)
		if err != nil {
			return register.Open(f.Path, o) // says what is wrong with it
		}
		f.held = held
	}
	return register.Read(f.held, f.held.Size(), f.Path, o)
}

// letGo closes the registers that are held open.
func (c *check) letGo() {
	for i := range c.sum.Files {
		if h := c.sum.Files[i].held; h != nil {
			_ = h.Close() // it was only read
			c.sum.Files[i].held = nil
		}
	}
}

// file reads and checks one register.
func (c *check) file(ctx context.Context) error {
	// No text of a row outlives its step here: problems copy what they quote.
	f := &c.sum.Files[c.current]
	r, err := c.open(f)
	if err != nil {
		return c.unreadable(err)
	}
	defer r.Close()
	f.layout, f.Format = r.Layout(), r.Layout().Format
	checker := register.NewChecker(r.Layout())
	checker.On(c.o.Day)
	c.problems(r)
	if !checker.Start(c.put) {
		f.broken = true
	}
	for row, err := range r.Rows() {
		if err != nil && f.held != nil && f.held.Changed() {
			return changed(f.Path)
		}
		if err != nil {
			if err := c.unreadable(err); err != nil {
				return err
			}
			break
		}
		c.row(checker, row)
		c.problems(r)
		if row.Ordinal%4096 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			if c.o.Progress != nil {
				c.o.Progress(c.sum.Rows + row.Ordinal)
			}
		}
		if c.err != nil {
			return c.err
		}
	}
	c.problems(r)
	checker.End(c.put)
	if f.Rows == 0 && !f.broken {
		c.put(register.Problem{Code: "register.empty", Message: i18n.Say("в реестре нет строк", "the register has no rows"),
			Hint: i18n.Say("проверьте, тот ли это файл и лист", "see whether it is the right file and sheet")})
	}
	return c.err
}

func (c *check) problems(r *register.Reader) {
	for _, p := range r.TakeProblems() {
		c.put(p)
	}
}

func (c *check) row(checker *register.Checker, row *register.Row) {
	f := &c.sum.Files[c.current]
	f.Rows++
	if row.Settled() {
		f.Settled++
		c.sum.Settled++
		return
	}
	ok := checker.Check(row, c.put)
	if !ok {
		f.Bad++
		f.bad.set(row.Ordinal)
	}
	c.sum.Totals.Add(row.Value(register.KBK), row.Kopecks)
	if ok {
		c.sum.Good.Add(row.Value(register.KBK), row.Kopecks)
	}
	if err := c.seen.add(c.current, row); err != nil && c.err == nil {
		c.err = err
	}
}

// unreadable turns what ended the reading of one file into its problem; an
// error that is no *fault.Error, or that is the machine's, ends the check.
func (c *check) unreadable(err error) error {
	var f *fault.Error
	if !errors.As(err, &f) || f.Exit == exitcode.Failure || len(f.Fields) > 0 {
		return err
	}
	c.sum.Files[c.current].broken = true
	p := register.Problem{Code: f.Code, Message: f.Message, Hint: f.Hint}
	if f.Err != nil {
		p.Message = i18n.Text{RU: "%s (%s)", EN: "%s (%s)"}.With(f.Message, f.Err.Error())
	}
	c.put(p)
	return c.err
}

// put counts a problem of the current file, writes it to the .err file and
// passes it on.
func (c *check) put(p register.Problem) { c.putTo(c.current, p) }

func (c *check) putTo(file int, p register.Problem) {
	f := &c.sum.Files[file]
	if p.Severity == register.Error {
		f.Errors++
		c.sum.Errors++
		if p.Row == 0 {
			f.broken = true
		}
	} else {
		f.Warnings++
		c.sum.Warnings++
	}
	if c.err != nil {
		return
	}
	if c.o.ErrFiles {
		if c.err = c.errFile(file).put(p); c.err != nil {
			return
		}
	}
	if c.report != nil {
		c.err = c.report(Finding{f.Path, p})
	}
}

// duplicate reports a row that repeats an earlier one.
func (c *check) duplicate(d duplicate) error {
	f := &c.sum.Files[d.file]
	p := register.Problem{Row: int(d.row), Line: int(d.line), Field: register.UIN, Number: register.UIN.Info().Number}
	if !d.uin {
		p.Field, p.Number = 0, 0
	}
	if l := f.layout; l != nil && d.uin && f.Format != register.OneC {
		p.Column, p.Heading = l.ColumnOf(register.UIN)
	}
	of := i18n.Text{RU: "строке %d", EN: "line %d"}.With(d.ofLine)
	if d.ofFile != d.file {
		of = i18n.Text{RU: "строке %d файла %s", EN: "line %d of %s"}.With(d.ofLine, filepath.Base(c.sum.Files[d.ofFile].Path))
	}
	if d.same {
		p.Code = "register.duplicate"
		p.Message = i18n.Text{RU: "этот платёж уже есть в %s", EN: "the same payment is in %s"}.With(of)
		p.Why = i18n.Say("за одно и то же заплатили бы дважды", "the same thing would be paid twice")
		p.Hint = i18n.Say("удалите лишнюю строку", "delete the row that is too many")
		if !f.bad.has(p.Row) {
			f.bad.set(p.Row)
			f.Bad++
			c.sum.Good.Rows--
			c.sum.Good.Kopecks -= d.kopecks
		}
	} else {
		p.Severity, p.Code = register.Warning, "register.same_uin"
		p.Message = i18n.Text{RU: "тот же УИН, но другой плательщик — в %s", EN: "the same УИН with another payer is in %s"}.With(of)
		p.Hint = i18n.Say("проверьте, не попал ли УИН не в ту строку", "see whether the УИН got into the wrong row")
	}
	c.putTo(d.file, p)
	return c.err
}

func (c *check) close() {
	c.seen.close()
	for _, e := range c.errs {
		if e != nil {
			e.close()
		}
	}
}
