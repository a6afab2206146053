// Package xlsx streams one sheet of an XLSX workbook and writes simple ones.
// It reads what a payment register needs: texts, numbers as exact decimal
// text, days by their style; no formulas, charts or floats. Memory does not
// grow with the number of rows; only the table of shared strings is held, and
// it is bounded. It knows nothing of payments; payfile/register and core may
// import it.
//
// What is read is text from outside: clean it (untrusted) before showing.
package xlsx

import (
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
)

// Limits that keep a hostile file from filling memory or running for ever.
const (
	entryLimit   = 4096      // files in the archive
	partLimit    = 16 << 20  // bytes of a small part, unpacked
	sheetLimit   = 2 << 30   // bytes of a sheet, unpacked
	stringsLimit = 128 << 20 // bytes of the shared strings' texts
	sharedLimit  = 1 << 30   // bytes of the shared strings' part, unpacked
	ratioFloor   = 64 << 20  // bytes unpacked before the ratio counts
	ratioLimit   = 300       // unpacked to packed; sheets of people stay below 50
	columnLimit  = 512       // columns that are read
	rowLimit     = 1 << 20   // rows of a sheet, as in the format itself
	textLimit    = 64 << 10  // bytes of one row's texts
	tokenLimit   = 256 << 10 // bytes of one tag or text
	styleLimit   = 65_536    // cell formats, as in the format itself
)

// Kind is what a cell holds.
type Kind uint8

// The kinds of cells.
const (
	Empty   Kind = iota
	Text         // typed or stored as text
	Number       // a number; Text is its exact plain decimal form
	Rounded      // a number of more digits than a spreadsheet keeps (15): the rest is lost
	Date         // a number with a date style; Text is дд.мм.гггг
	Bool         // Text is 0 or 1
	Error        // #N/A and the like
	Formula      // a formula that was saved without its value
)

// Cell is one cell.
type Cell struct {
	Text string
	Kind Kind
}

// Row is one row. The texts stay valid for ever; the slice is reused.
type Row struct {
	Number int // from 1, as the sheet shows it
	Hidden bool
	Wide   bool // cells beyond the columns that are read were left out
	Cells  []Cell
}

// Sheet names one sheet of a workbook.
type Sheet struct {
	Name   string
	Hidden bool
	part   string
}

func refuse(code string, m i18n.Message) *fault.Error { return fault.New(exitcode.Usage, code, m) }

func broken(err error) error {
	return refuse("xlsx.broken", i18n.Say("книга XLSX повреждена или обрезана", "the XLSX workbook is damaged or cut")).Because(err).
		Advise(i18n.Say("сохраните её заново или выгрузите реестр в CSV", "save it again, or export the register as CSV"))
}

func tooLarge(what string) error {
	return refuse("xlsx.too_large", i18n.Text{RU: "часть книги %s при распаковке больше разумного: похоже на архивную бомбу",
		EN: "the workbook's part %s unpacks to more than is sensible: it looks like an archive bomb"}.With(what)).
		Advise(i18n.Say("если файл настоящий, сохраните реестр в CSV", "if the file is genuine, save the register as CSV"))
}
