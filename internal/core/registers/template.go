package registers

import (
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/csvfile"
	"github.com/epgu-cli/epgu/internal/payfile/onec"
	"github.com/epgu-cli/epgu/internal/payfile/register"
	"github.com/epgu-cli/epgu/internal/payfile/xlsx"
)

// WriteTemplate writes an empty register with the headings of every field:
// CSV in UTF-8 with a byte order mark, which spreadsheets want; a workbook whose
// columns of codes are text already; a 1C exchange file of the given day without
// documents; or a JSON line with empty members, which no check lets through. None
// holds a sample row: a row that is there gets paid one day.
func WriteTemplate(w io.Writer, format register.Format, lang i18n.Lang, day time.Time) error {
	fields := register.Fields()
	switch format {
	case register.OneC:
		return onec.NewWriter(w, onec.WriteOptions{Sender: "epgu", Created: day, From: day, To: day}).Close()
	case register.JSONL:
		return writeEmptyLine(w, fields)
	case register.CSV:
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

// writeEmptyLine writes the members in the order of the fields, which
// encoding/json keeps for no map.
func writeEmptyLine(w io.Writer, fields []register.FieldInfo) error {
	var b strings.Builder
	for i, f := range fields {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Quote(f.Name) + `:""`)
	}
	_, err := io.WriteString(w, "{"+b.String()+"}\n")
	return err
}
