package planning

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/register"
)

// Registers are the register files of a plan.
type Registers struct {
	Paths   []string
	Options register.Options
	// SkipBad leaves rows with errors unpaid instead of refusing the plan.
	SkipBad bool

	sources []planfile.Source
}

// WhySettled is why a row is paid that an earlier report, fed in again, says is.
const WhySettled = "report.settled"

// Sources reads every file once for its size, hash and headings.
func (g *Registers) Sources() ([]planfile.Source, error) {
	if len(g.Paths) > planfile.MaxSources {
		return nil, fault.New(exitcode.Usage, "plan.too_many_files", i18n.Text{
			RU: "файлов %d, в плане может быть %d", EN: "%d files, a plan may have %d"}.With(len(g.Paths), planfile.MaxSources))
	}
	g.sources = nil
	for _, path := range g.Paths {
		s, err := sourceOf(path)
		if err != nil {
			return nil, err
		}
		r, err := register.Open(path, g.Options)
		if err != nil {
			return nil, err
		}
		s.Columns = slices.Clone(r.Layout().Header)
		if err := r.Close(); err != nil {
			return nil, err
		}
		g.sources = append(g.sources, s)
	}
	return g.sources, nil
}

func sourceOf(path string) (planfile.Source, error) {
	s := planfile.Source{Name: filepath.Base(path)}
	f, err := os.Open(path)
	if err != nil {
		return s, fault.New(exitcode.Usage, "register.open", i18n.Text{RU: "реестр %s не открыть", EN: "register %s cannot be opened"}.With(s.Name)).Because(err)
	}
	h := sha256.New()
	s.Bytes, err = io.Copy(h, f)
	s.SHA256 = hex.EncodeToString(h.Sum(nil))
	return s, errors.Join(err, f.Close())
}

// Rows reads the rows of all files in order. Call Sources before. A file that
// changes meanwhile is an error.
func (g *Registers) Rows() Source {
	return func(yield func(*planfile.Row, error) bool) {
		for i, path := range g.Paths {
			going, err := g.file(i, path, yield)
			if err != nil {
				yield(nil, err)
				return
			}
			if !going {
				return
			}
			if again, err := sourceOf(path); err != nil || again.SHA256 != g.sources[i].SHA256 {
				yield(nil, errors.Join(fault.New(exitcode.Conflict, "plan.register_changed", i18n.Text{
					RU: "реестр %s изменился, пока составлялся план", EN: "register %s changed while the plan was made"}.With(filepath.Base(path))), err))
				return
			}
		}
	}
}

func (g *Registers) file(i int, path string, yield func(*planfile.Row, error) bool) (going bool, err error) {
	r, err := register.Open(path, g.Options)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	check := register.NewChecker(r.Layout())
	var bad []register.Problem
	for row, err := range r.Rows() {
		if err != nil {
			return false, err
		}
		bad = bad[:0]
		ok := check.Check(row, func(p register.Problem) {
			if p.Severity == register.Error {
				bad = append(bad, p)
			}
		})
		out := rowOf(row, i)
		switch {
		case row.Settled():
			out.Status, out.Why = planfile.Paid, WhySettled
		case !ok && !g.SkipBad:
			return false, badRow(path, row, bad)
		case !ok:
			out.Status, out.Why = planfile.Wrong, bad[0].Code
		}
		if !yield(out, nil) {
			return false, nil
		}
	}
	return true, nil
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
	out := &planfile.Row{File: file, Line: r.Line, Asked: r.Kopecks, UIN: string(r.UIN()), Payer: r.Payer(), PayerName: r.Value(register.PayerName),
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
