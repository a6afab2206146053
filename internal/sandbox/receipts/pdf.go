// Package receipts prints what the embedded portal hands out: receipts of
// payments with their QR and results of services, as PDF. The same input
// always gives the same bytes, and every page carries the word SANDBOX. Only
// packages under internal/sandbox may import it.
package receipts

import (
	"bytes"
	"fmt"
	"image/png"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/pdf"
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

// Page geometry, points: A4.
const (
	pageW, pageH = 595.0, 842.0
	side         = 57.0
	top          = pageH - 57
	bottom       = 57.0
	nameW        = 156.0
	leading      = 17.0
	qrSide       = 128.0
)

// Numbers of the objects that every document begins with.
const (
	catalogObject = iota + 1
	pagesObject
	infoObject
	firstFree
)

// sheet is a document being printed.
type sheet struct {
	d           Document
	out         *pdf.Writer
	plain, bold *pdf.Face
	mark        string // the shapes of the mark across a page
	page        strings.Builder
	y           float64
	pages       []int
}

// Print returns the document as PDF.
func Print(d Document) ([]byte, error) {
	var b bytes.Buffer
	s := &sheet{d: d, out: pdf.NewWriter(&b, firstFree)}
	if err := s.print(); err != nil {
		return nil, fmt.Errorf("print %q: %w", d.Title, err)
	}
	return b.Bytes(), nil
}

func (s *sheet) print() (err error) {
	if s.plain, err = pdf.Regular("F1", s.out.Reserve()); err != nil {
		return err
	}
	if s.bold, err = pdf.Bold("F2", s.out.Reserve()); err != nil {
		return err
	}
	if s.mark, err = s.bold.Outline(mark); err != nil {
		return err
	}
	pictures := ""
	if len(s.d.QR) > 0 {
		code, err := png.Decode(bytes.NewReader(s.d.QR))
		if err != nil {
			return fmt.Errorf("QR: %w", err)
		}
		pictures = fmt.Sprintf("/XObject<</Q %d 0 R>>", s.out.Bilevel(code))
	}
	s.begin()
	s.lines(s.bold, 15, 23, s.d.Title)
	s.y -= leading / 2
	for _, l := range s.d.Lines {
		s.row(l)
	}
	if pictures != "" {
		s.room(qrSide + leading)
		s.y -= leading/2 + qrSide
		fmt.Fprintf(&s.page, "q %g 0 0 %g %g %.2f cm /Q Do Q\n", qrSide, qrSide, side, s.y)
	}
	for _, n := range s.d.Notes {
		s.y -= 6
		s.lines(s.plain, 9, 14, n)
	}
	s.end()
	for _, f := range []*pdf.Face{s.plain, s.bold} {
		if err := f.Put(s.out); err != nil {
			return err
		}
	}
	var kids strings.Builder
	for _, n := range s.pages {
		fmt.Fprintf(&kids, "%d 0 R ", n)
	}
	s.out.ObjectAt(pagesObject, fmt.Sprintf("<</Type/Pages/Count %d/MediaBox[0 0 %g %g]/Resources<</Font<</F1 %d 0 R/F2 %d 0 R>>%s>>/Kids[%s]>>",
		len(s.pages), pageW, pageH, s.plain.Object, s.bold.Object, pictures, kids.String()))
	s.out.ObjectAt(catalogObject, fmt.Sprintf("<</Type/Catalog/Pages %d 0 R/Lang%s/ViewerPreferences<</DisplayDocTitle true>>>>", pagesObject, pdf.Text16(string(s.d.Lang))))
	at := s.d.At.UTC().Format("20060102150405")
	s.out.ObjectAt(infoObject, fmt.Sprintf("<</Title%s/Producer(epgu sandbox)/Creator(epgu sandbox)/CreationDate(D:%sZ)/ModDate(D:%sZ)>>", pdf.Text16(mark+": "+s.d.Title), at, at))
	return s.out.Close(catalogObject, infoObject)
}

// begin starts a page.
func (s *sheet) begin() {
	s.page.Reset()
	s.y = top
	fmt.Fprintf(&s.page, "q 0.91 g 0.707 0.707 -0.707 0.707 150 230 cm 92 0 0 92 0 0 cm\n%sQ\n0.67 0 0 rg\n", s.mark)
	s.centred(s.bold, 9, s.y, mark+". "+warning(s.d.Lang))
	s.page.WriteString("0 g\n")
	s.y -= 2 * leading
}

func (s *sheet) end() {
	s.centred(s.plain, 8, 34, fmt.Sprintf("%s · %d", mark, len(s.pages)+1))
	content := s.out.Stream(s.page.String(), "")
	s.pages = append(s.pages, s.out.Object(fmt.Sprintf("<</Type/Page/Parent %d 0 R/Contents %d 0 R>>", pagesObject, content)))
}

// room turns the page when height does not fit.
func (s *sheet) room(height float64) {
	if s.y-height < bottom {
		s.end()
		s.begin()
	}
}

func (s *sheet) centred(f *pdf.Face, size, y float64, text string) {
	s.page.WriteString(f.Show(text, size, (pageW-f.Width(text, size))/2, y))
}

// mostLines is more than any text has: nothing is cut.
const mostLines = 10_000

// lines prints a text over the whole width; its line feeds stay.
func (s *sheet) lines(f *pdf.Face, size, leading float64, text string) {
	for part := range strings.SplitSeq(text, "\n") {
		for _, l := range f.Wrap(part, size, pageW-2*side, mostLines) {
			s.room(leading)
			s.y -= leading
			s.page.WriteString(f.Show(l, size, side, s.y))
		}
	}
}

// row prints a name and its value on one line of text, so that whoever takes the
// text out of the file finds them side by side; what is longer goes on below.
func (s *sheet) row(l Line) {
	if l.Value == "" {
		return
	}
	const size = 10
	names := s.bold.Wrap(l.Name, size, nameW-8, mostLines)
	values := s.plain.Wrap(l.Value, size, pageW-2*side-nameW, mostLines)
	for n := range max(len(names), len(values)) {
		s.room(leading)
		s.y -= leading
		if n < len(names) {
			s.page.WriteString(s.bold.Show(names[n], size, side, s.y))
		}
		if n < len(values) {
			s.page.WriteString(s.plain.Show(values[n], size, side+nameW, s.y))
		}
	}
}

func warning(l i18n.Lang) string {
	return i18n.Text{RU: "Учебный портал: документ не имеет силы", EN: "Training portal: this document has no force"}.In(l)
}
