package registers

import (
	"io"

	"github.com/epgu-cli/epgu/internal/payfile/csvfile"
	"github.com/epgu-cli/epgu/internal/payfile/register"
	"github.com/epgu-cli/epgu/internal/payfile/xlsx"
	"github.com/epgu-cli/epgu/internal/ui/i18n"
)

// WriteTemplate writes an empty register with the headings of every field:
// CSV in UTF-8 with a byte order mark, which spreadsheets want, or a workbook
// whose columns of codes are text already. It holds no sample row: a row that
// is there gets paid one day.
func WriteTemplate(w io.Writer, format register.Format, lang i18n.Lang) error {
	fields := register.Fields()
	if format != register.XLSX {
		out := csvfile.NewWriter(w, ';', true)
		titles := make([]string, len(fields))
		for i, f := range fields {
			titles[i] = f.Title.In(lang)
		}
		if err := out.Write(titles); err != nil {
			return err
		}
		return out.Flush()
	}
	cols := make([]xlsx.Column, len(fields))
	for i, f := range fields {
		cols[i] = xlsx.Column{Title: f.Title.In(lang), Width: f.Width}
		if f.Field == register.Amount {
			cols[i].Format = xlsx.AsAmount
		}
	}
	out, err := xlsx.NewWriter(w, i18n.Text{RU: "Реестр", EN: "Register"}.In(lang), cols)
	if err != nil {
		return err
	}
	return out.Close()
}
