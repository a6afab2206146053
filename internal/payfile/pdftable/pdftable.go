// Package pdftable prints a long table as PDF on A4, page by page: what is
// written leaves memory at once, so a hundred thousand rows cost no more than a
// hundred. The same rows give the same bytes. The text can be searched and copied.
// It knows no payments; core/bulkpay/report and core/monthclose import it.
package pdftable

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/pdf"
)

// Column is a column of the table; widths are shares of the page's width.
type Column struct {
	Title string
	Width int
	Right bool // numbers stand at the right
}

// Options are what a document says apart from its rows.
type Options struct {
	Title   string
	Lines   []string // under the title, on the first page
	Columns []Column
	// Mark stands across every page and at its head, "" for none: a training portal
	// marks its papers with it.
	Mark    string
	MarkSay string    // a sentence after the mark
	Page    string    // "Page %s of %s": the words of the page's number
	Created time.Time // in the file's properties
	Lang    string    // "ru", "en"
}

// Geometry of a page, points: A4 across.
const (
	pageW, pageH = 842.0, 595.0
	side         = 28.0
	top          = pageH - 30
	bottom       = 40.0
	size         = 7.5
	leading      = 9.5
	pad          = 2.5
	mostLines    = 3 // of a cell; the rest is cut and marked with …
)

// Writer prints one document. It is for one goroutine.
type Writer struct {
	o      Options
	out    *pdf.Writer
	plain  *pdf.Face
	bold   *pdf.Face
	mark   string // the shapes of the mark across a page
	widths []float64
	page   *strings.Builder
	y      float64
	pages  []int // object numbers
	err    error
}

// Numbers of the objects that every document begins with.
const (
	catalogObject = iota + 1
	pagesObject
	infoObject
	totalObject // a form that prints how many pages there are
	firstFree
)

// New begins a document.
func New(w io.Writer, o Options) (*Writer, error) {
	d := &Writer{o: o, out: pdf.NewWriter(w, firstFree)}
	var err error
	if d.plain, err = pdf.Regular("F1", d.out.Reserve()); err != nil {
		return nil, err
	}
	if d.bold, err = pdf.Bold("F2", d.out.Reserve()); err != nil {
		return nil, err
	}
	if o.Mark != "" {
		if d.mark, err = d.bold.Outline(o.Mark); err != nil {
			return nil, err
		}
	}
	all := 0
	for _, c := range o.Columns {
		all += c.Width
	}
	for _, c := range o.Columns {
		d.widths = append(d.widths, (pageW-2*side)*float64(c.Width)/float64(max(all, 1)))
	}
	d.begin()
	d.text(d.bold, 13, side, d.y-13, o.Title)
	d.y -= 22
	for _, l := range o.Lines {
		d.Line(l)
	}
	d.y -= 4
	d.heading()
	return d, d.err
}

// begin starts a page.
func (d *Writer) begin() {
	d.page, d.y = &strings.Builder{}, top
	if d.o.Mark == "" {
		return
	}
	fmt.Fprintf(d.page, "q 0.92 g 0.819 0.574 -0.574 0.819 250 90 cm 110 0 0 110 0 0 cm\n%sQ\n0.67 0 0 rg ", d.mark)
	d.text(d.bold, 9, side, d.y, d.o.Mark+". "+d.o.MarkSay)
	d.page.WriteString("0 g\n")
	d.y -= 14
}

// end finishes a page and lets it go.
func (d *Writer) end() {
	words := strings.SplitN(d.o.Page, "%s", 3)
	for len(words) < 3 {
		words = append(words, "")
	}
	before := words[0] + fmt.Sprint(len(d.pages)+1) + words[1]
	x := side + d.text(d.plain, size, side, 24, before)
	fmt.Fprintf(d.page, "q 1 0 0 1 %.2f 24 cm /T Do Q\n", x)
	content := d.out.Stream(d.page.String(), "")
	d.pages = append(d.pages, d.out.Object(fmt.Sprintf("<</Type/Page/Parent %d 0 R/Contents %d 0 R>>", pagesObject, content)))
	d.page = nil
}

// heading prints the headings of the columns.
func (d *Writer) heading() {
	cells := make([]string, len(d.o.Columns))
	for i, c := range d.o.Columns {
		cells[i] = c.Title
	}
	lines, height := d.wrap(d.bold, cells)
	fmt.Fprintf(d.page, "0.9 g %.2f %.2f %.2f %.2f re f 0 g\n", side, d.y-height, pageW-2*side, height)
	d.cells(d.bold, lines, height)
}

// Row prints a row; cells without a column are left out.
func (d *Writer) Row(cells []string) error {
	lines, height := d.wrap(d.plain, cells)
	if d.room(height) {
		d.heading()
	}
	d.cells(d.plain, lines, height)
	if d.err == nil {
		d.err = d.out.Err()
	}
	return d.err
}

// room turns the page when height does not fit, and reports whether it did.
func (d *Writer) room(height float64) bool {
	if d.y-height >= bottom {
		return false
	}
	d.end()
	d.begin()
	return true
}

// Line prints a line of text over the whole width, wrapped.
func (d *Writer) Line(s string) { d.line(d.plain, s) }

// Heading prints a line in bold with some space before it.
func (d *Writer) Heading(s string) {
	d.y -= leading / 2
	d.line(d.bold, s)
}

func (d *Writer) line(f *pdf.Face, s string) {
	for _, l := range f.Wrap(s, 9, pageW-2*side, 50) {
		d.room(12)
		d.text(f, 9, side, d.y-9, l)
		d.y -= 12
	}
}

func (d *Writer) wrap(f *pdf.Face, cells []string) (lines [][]string, height float64) {
	most := 1
	for i := range min(len(cells), len(d.widths)) {
		l := f.Wrap(cells[i], size, d.widths[i]-2*pad, mostLines)
		lines, most = append(lines, l), max(most, len(l))
	}
	return lines, float64(most)*leading + pad
}

func (d *Writer) cells(f *pdf.Face, lines [][]string, height float64) {
	x := side
	for i, cell := range lines {
		for n, l := range cell {
			at := x + pad
			if d.o.Columns[i].Right {
				at = x + d.widths[i] - pad - f.Width(l, size)
			}
			d.text(f, size, at, d.y-float64(n+1)*leading+2, l)
		}
		x += d.widths[i]
	}
	d.y -= height
	fmt.Fprintf(d.page, "0.8 G 0.4 w %.2f %.2f m %.2f %.2f l S 0 G\n", side, d.y, pageW-side, d.y)
}

// text prints s and returns its width.
func (d *Writer) text(f *pdf.Face, size, x, y float64, s string) float64 {
	d.page.WriteString(f.Show(s, size, x, y))
	return f.Width(s, size)
}

// Close ends the document. It does not close the underlying writer.
func (d *Writer) Close() error {
	if d.err != nil {
		return d.err
	}
	d.end()
	after := ""
	if words := strings.SplitN(d.o.Page, "%s", 3); len(words) == 3 {
		after = words[2]
	}
	total := fmt.Sprintf("BT /%s %g Tf <%s> Tj ET", d.plain.Name, size, d.plain.Encode(fmt.Sprint(len(d.pages))+after))
	for _, f := range []*pdf.Face{d.plain, d.bold} {
		if err := f.Put(d.out); err != nil {
			return err
		}
	}
	fonts := fmt.Sprintf("/Font<</%s %d 0 R/%s %d 0 R>>", d.plain.Name, d.plain.Object, d.bold.Name, d.bold.Object)
	d.out.StreamAt(totalObject, total, fmt.Sprintf("/Type/XObject/Subtype/Form/BBox[0 -5 200 20]/Resources<<%s>>", fonts))
	d.out.ObjectAt(catalogObject, fmt.Sprintf("<</Type/Catalog/Pages %d 0 R/Lang%s/ViewerPreferences<</DisplayDocTitle true>>>>", pagesObject, pdf.Text16(d.o.Lang)))
	d.out.ObjectAt(infoObject, fmt.Sprintf("<</Title%s/Producer(epgu)/CreationDate(D:%sZ)>>", pdf.Text16(d.o.Title), d.o.Created.UTC().Format("20060102150405")))
	var kids strings.Builder
	for _, n := range d.pages {
		fmt.Fprintf(&kids, "%d 0 R ", n)
	}
	d.out.ObjectAt(pagesObject, fmt.Sprintf("<</Type/Pages/Count %d/MediaBox[0 0 %g %g]/Resources<<%s/XObject<</T %d 0 R>>>>/Kids[%s]>>",
		len(d.pages), pageW, pageH, fonts, totalObject, kids.String()))
	return d.out.Close(catalogObject, infoObject)
}

// Pages returns how many pages are finished.
func (d *Writer) Pages() int { return len(d.pages) }
