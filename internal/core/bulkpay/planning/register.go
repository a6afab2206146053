package planning

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/heldfile"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/register"
)

// Registers are the register files of a plan.
type Registers struct {
	Paths   []string
	Options register.Options
	// SkipBad leaves rows with errors unpaid instead of refusing the plan.
	SkipBad bool
	// Files opens the registers; the system's disk when nil.
	Files heldfile.Opener

	sources []planfile.Source
	open    []*heldfile.File
}

// Sources opens every file and reads it once for its size, hash and headings. Close
// closes them.
func (g *Registers) Sources() ([]planfile.Source, error) {
	if len(g.Paths) > planfile.MaxSources {
		return nil, fault.New(exitcode.Usage, "plan.too_many_files", i18n.Text{
			RU: "файлов %d, в плане может быть %d", EN: "%d files, a plan may have %d"}.With(len(g.Paths), planfile.MaxSources))
	}
	if g.Files == nil {
		g.Files = heldfile.Disk
	}
	for _, path := range g.Paths {
		f, err := heldfile.OpenBy(g.Files, path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fault.New(exitcode.NotFound, "register.not_found", i18n.Text{RU: "нет файла %s", EN: "there is no file %s"}.With(path))
		}
		if err != nil {
			return nil, fault.New(exitcode.Usage, "register.open", i18n.Text{RU: "реестр %s не открыть", EN: "register %s cannot be opened"}.With(filepath.Base(path))).Because(err)
		}
		g.open = append(g.open, f)
		s := planfile.Source{Name: filepath.Base(path), Bytes: f.Size(), SHA256: f.SHA256()}
		r, err := register.Read(f, f.Size(), path, g.Options)
		if err != nil {
			return nil, changedMeanwhile(f, err, path)
		}
		s.Columns = slices.Clone(r.Layout().Header)
		if err := r.Close(); err != nil {
			return nil, err
		}
		g.sources = append(g.sources, s)
	}
	return g.sources, nil
}

// Close closes the files.
func (g *Registers) Close() error {
	var errs []error
	for _, f := range g.open {
		errs = append(errs, f.Close())
	}
	g.open = nil
	return errors.Join(errs...)
}

// changedMeanwhile says so of a register that is not what it was when it was opened.
func changedMeanwhile(f *heldfile.File, err error, path string) error {
	if !f.Changed() {
		return err
	}
	return fault.New(exitcode.Conflict, "plan.register_changed", i18n.Text{
		RU: "реестр %s изменился, пока составлялся план", EN: "register %s changed while the plan was made"}.With(filepath.Base(path))).
		Advise(i18n.Say("составьте план снова, когда файл никто не меняет", "make the plan again when nobody is changing the file")).Because(err)
}

// Rows reads the rows of all files in order. Call Sources before. The rows come from
// the files that Sources has opened, and what has changed since is an error.
func (g *Registers) Rows() Source {
	return func(yield func(*planfile.Row, error) bool) {
		for i, path := range g.Paths {
			going, err := g.file(i, path, yield)
			if err != nil {
				yield(nil, changedMeanwhile(g.open[i], err, path))
				return
			}
			if !going {
				return
			}
		}
	}
}

func (g *Registers) file(i int, path string, yield func(*planfile.Row, error) bool) (going bool, err error) {
	r, err := register.Read(g.open[i], g.open[i].Size(), path, g.Options)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	check := register.NewChecker(r.Layout())
	var bad []register.Problem
	rows := 0
	for row, err := range r.Rows() {
		if err != nil {
			return false, err
		}
		rows++
		bad = bad[:0]
		ok := check.Check(row, func(p register.Problem) {
			if p.Severity == register.Error {
				bad = append(bad, p)
			}
		})
		out := rowOf(row, i)
		switch {
		case row.Settled():
			out.Status, out.Why = planfile.Paid, planfile.WhySettled
		case !ok && !g.SkipBad:
			return false, badRow(path, row, bad)
		case !ok:
			out.Status, out.Why = planfile.Wrong, bad[0].Code
		}
		if !yield(out, nil) {
			return false, nil
		}
	}
	return true, g.whole(r, path, rows)
}

// whole refuses a register that the check calls wrong as a whole: one without rows,
// and one of which something was not read though every row that was is right.
func (g *Registers) whole(r *register.Reader, path string, rows int) error {
	name := filepath.Base(path)
	if rows == 0 {
		return fault.New(exitcode.Usage, "register.empty", i18n.Text{RU: "в реестре %s нет строк", EN: "register %s has no rows"}.With(name)).
			Advise(i18n.Say("проверьте, тот ли это файл и лист", "see whether it is the right file and sheet"))
	}
	if g.SkipBad {
		return nil
	}
	for _, p := range r.TakeProblems() {
		if p.Severity != register.Error {
			continue
		}
		e := fault.New(exitcode.Usage, "plan.bad_rows", i18n.Text{
			RU: "в реестре %s есть ошибки, первая — в строке %d; план не составлен", EN: "register %s has errors, the first in line %d; no plan was made"}.With(name, p.Line)).
			AdviseRun("epgu batch check " + name)
		e.Fields = append(e.Fields, fault.Field{Name: p.ColumnName(), Message: p.Message})
		return e
	}
	return nil
}

func badRow(path string, row *register.Row, bad []register.Problem) error {
	e := fault.New(exitcode.Usage, "plan.bad_rows", i18n.Text{
		RU: "в реестре %s есть ошибки, первая — в строке %d; план не составлен", EN: "register %s has errors, the first in line %d; no plan was made"}.
		With(filepath.Base(path), row.Line)).AdviseRun("epgu batch check " + filepath.Base(path))
	for _, p := range bad {
		e.Fields = append(e.Fields, fault.Field{Name: p.ColumnName(), Message: p.Message})
	}
	return e
}

// rowOf takes over what the register says.
func rowOf(r *register.Row, file int) *planfile.Row {
	out := &planfile.Row{File: file, Line: r.Line, Asked: r.Kopecks, UIN: string(r.UIN()), ActCode: r.ActCode(), Payer: r.Payer(), PayerName: r.Value(register.PayerName),
		Account: r.Value(register.PayerAccount), Purpose: r.Value(register.Purpose), Reference: r.Value(register.Reference), Cells: slices.Clone(r.Cells)}
	payee := planfile.Payee{Name: r.Value(register.PayeeName), INN: r.Value(register.PayeeINN), KPP: r.Value(register.PayeeKPP), Account: r.Value(register.PayeeAccount),
		Bank: r.Value(register.PayeeBank), BIK: r.Value(register.PayeeBIK), CorrAccount: r.Value(register.PayeeCorr)}
	if payee != (planfile.Payee{}) {
		out.Payee = &payee
	}
	budget := planfile.Budget{Drawer: r.Value(register.DrawerStatus), KBK: r.Value(register.KBK), OKTMO: r.Value(register.OKTMO), Basis: r.Value(register.Basis),
		Period: r.Value(register.Period), DocNo: r.Value(register.DocNumber), DocDate: r.Value(register.DocDate)}
	if budget != (planfile.Budget{}) {
		out.Budget = &budget
	}
	return out
}
