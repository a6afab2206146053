package registers

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/charset"
	"github.com/epgu-cli/epgu/internal/payfile/csvfile"
	"github.com/epgu-cli/epgu/internal/payfile/register"
)

// splittable reports whether the bad rows may be split off: there are some,
// they are within the threshold, and nothing is wrong with the files as a
// whole, control totals included.
func (c *check) splittable() bool {
	for i := range c.sum.Files {
		if c.sum.Files[i].broken {
			return false
		}
	}
	return c.sum.Bad > 0 && c.sum.Bad < c.sum.Rows && c.o.MaxBad.allows(c.sum.Bad, c.sum.Rows)
}

// goodName is where the good rows of a register go: july.csv → july.good.csv.
func goodName(path string) string {
	return strings.TrimSuffix(path, filepath.Ext(path)) + ".good.csv"
}

// split reads every register that has bad rows once more and writes the good
// ones apart.
func (c *check) split(ctx context.Context) error {
	for i := range c.sum.Files {
		f := &c.sum.Files[i]
		if f.Bad == 0 {
			continue
		}
		if err := c.splitFile(ctx, f); err != nil {
			return err
		}
		f.GoodFile = goodName(f.Path)
	}
	c.sum.Split = true
	return nil
}

func (c *check) splitFile(ctx context.Context, f *FileSummary) error {
	r, err := c.open(f)
	if err != nil {
		return err
	}
	defer r.Close()
	out, err := atomicfile.Create(goodName(f.Path), 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	l := r.Layout()
	sep := l.Separator
	if sep == 0 {
		sep = ';'
	}
	w := csvfile.NewWriter(out, sep, l.BOM || l.Charset != string(charset.UTF8))
	if l.HeaderRow > 0 || l.Format == register.JSONL || l.Format == register.OneC {
		if err := w.Write(headingsFor(l)); err != nil {
			return err
		}
	}
	n := 0
	for row, err := range r.Rows() {
		if err != nil && f.held != nil && f.held.Changed() {
			return changed(f.Path)
		}
		if err != nil {
			return err
		}
		if n++; f.bad.has(row.Ordinal) {
			continue
		}
		if n%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := w.Write(row.Cells); err != nil {
			return err
		}
	}
	if n != f.Rows {
		return changed(f.Path)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return out.Commit()
}

// headingsFor are headings by which the good rows are recognised again.
func headingsFor(l *register.Layout) []string {
	if l.Format == register.CSV || l.Format == register.XLSX {
		return l.Header
	}
	var names []string
	for _, i := range register.Fields() {
		names = append(names, i.Name)
	}
	return names
}

func changed(path string) error {
	return fault.New(exitcode.Conflict, "register.changed", i18n.Text{RU: "файл %s изменился, пока его проверяли", EN: "the file %s changed while it was being checked"}.With(filepath.Base(path))).
		Advise(i18n.Say("проверьте его снова", "check it again"))
}
