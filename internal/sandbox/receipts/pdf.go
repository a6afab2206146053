// Package receipts prints what the embedded portal hands out: receipts of
// payments with their QR and results of services, as PDF. The same input
// always gives the same bytes, and every page carries the word SANDBOX. Only
// packages under internal/sandbox may import it.
package receipts

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"

	"github.com/epgu-cli/epgu/internal/i18n"
)

// Line is one line of a document: a name and a value.
type Line struct{ Name, Value string }

// Document is what a page says.
type Document struct {
	Title string
	Lines []Line
	Notes []string
	At    time.Time // stands in the file as its date
	QR    []byte    // PNG, may be nil
	Lang  i18n.Lang
}

// mark is on every page, so that nobody takes it for a real document.
const mark = "SANDBOX"

// Page geometry, millimetres.
const (
	margin = 20.0
	nameW  = 55.0
	rowH   = 6.0
	qrSide = 45.0
)

// Print returns the document as PDF.
func Print(d Document) ([]byte, error) {
	p := fpdf.New("P", "mm", "A4", "")
	p.SetCatalogSort(true)
	p.SetCreationDate(d.At.UTC())
	p.SetModificationDate(d.At.UTC())
	p.SetProducer("epgu sandbox", true)
	p.SetCreator("epgu sandbox", true)
	p.SetTitle(mark+": "+d.Title, true)
	p.SetMargins(margin, margin, margin)
	p.AddUTF8FontFromBytes("go", "", goregular.TTF)
	p.AddUTF8FontFromBytes("go", "B", gobold.TTF)
	p.SetHeaderFunc(func() {
		p.SetFont("go", "B", 60)
		p.SetTextColor(232, 232, 232)
		p.TransformBegin()
		p.TransformRotate(45, 105, 150)
		p.Text(45, 155, mark)
		p.TransformEnd()
		p.SetFont("go", "B", 9)
		p.SetTextColor(170, 0, 0)
		p.CellFormat(0, rowH, mark+". "+warning(d.Lang), "", 1, "C", false, 0, "")
		p.SetTextColor(0, 0, 0)
	})
	p.SetFooterFunc(func() {
		p.SetY(-15)
		p.SetFont("go", "", 8)
		p.CellFormat(0, rowH, fmt.Sprintf("%s · %d", mark, p.PageNo()), "", 0, "C", false, 0, "")
	})
	p.AddPage()
	p.Ln(rowH)
	p.SetFont("go", "B", 15)
	p.MultiCell(0, 8, Printable(d.Title), "", "L", false)
	p.Ln(rowH / 2)
	for _, l := range d.Lines {
		row(p, l)
	}
	if len(d.QR) > 0 {
		p.RegisterImageOptionsReader("qr", fpdf.ImageOptions{ImageType: "PNG"}, bytes.NewReader(d.QR))
		p.Ln(rowH / 2)
		p.ImageOptions("qr", margin, p.GetY(), qrSide, qrSide, true, fpdf.ImageOptions{ImageType: "PNG"}, 0, "")
	}
	p.SetFont("go", "", 9)
	for _, n := range d.Notes {
		p.Ln(2)
		p.MultiCell(0, 5, Printable(n), "", "L", false)
	}
	var out bytes.Buffer
	if err := p.Output(&out); err != nil {
		return nil, fmt.Errorf("print %q: %w", d.Title, err)
	}
	return out.Bytes(), nil
}

func row(p *fpdf.Fpdf, l Line) {
	if l.Value == "" {
		return
	}
	y := p.GetY()
	p.SetFont("go", "B", 10)
	p.MultiCell(nameW, rowH, Printable(l.Name), "", "L", false)
	below := p.GetY()
	p.SetXY(margin+nameW, y)
	p.SetFont("go", "", 10)
	p.MultiCell(0, rowH, Printable(l.Value), "", "L", false)
	if p.GetY() < below {
		p.SetY(below)
	}
}

func warning(l i18n.Lang) string {
	return i18n.Text{RU: "Учебный портал: документ не имеет силы", EN: "Training portal: this document has no force"}.In(l)
}

// Printable replaces what the font has no glyph for: such characters would
// vanish without a word.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\u00a0' || r == '\u2009' || r == '\u202f' || r == '\t':
			return ' '
		case r == '₽':
			return 'р'
		case r >= 0x20 && r < 0x7f, r >= 0xa1 && r <= 0x17f, r >= 0x400 && r <= 0x45f, strings.ContainsRune("№—–«»“”‘’…·×", r):
			return r
		default:
			return '?'
		}
	}, s)
}
