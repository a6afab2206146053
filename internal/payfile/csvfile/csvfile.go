// Package csvfile reads and writes separated text (CSV) as accounting
// programs and spreadsheets make it: the separator and the character set are
// found out from a bounded sample, rows are streamed, and memory does not
// grow with the file. It knows nothing of payments; payfile/register and
// core may import it.
//
// What is read is text from outside: clean it (untrusted) before showing.
package csvfile

import (
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
)

const (
	sampleBytes = 64 << 10 // bytes that detection looks at
	recordLimit = 64 << 10 // bytes of one record, in UTF-8
	blockBytes  = 64 << 10 // bytes taken from the source at a time
	cellLimit   = 512      // cells of one record
	sampleRows  = 60       // records that detection looks at
)

// Dialect is how a file is written.
type Dialect struct {
	Separator byte    // ';', ',', TAB or '|'
	Charset   Charset // never the empty one after detection
	BOM       bool    // the file begins with a byte order mark
}

// Flaw is something wrong with the form of one record. The record is still
// returned, as well as it can be read.
type Flaw uint8

// The flaws of a record; they add up.
const (
	// OpenQuote: a quote was opened and not closed; the record is the line
	// taken without regard to quotes.
	OpenQuote Flaw = 1 << iota
	// NoLineEnd: the record is the last one and no line end follows it.
	NoLineEnd
	// TooManyCells: the record has more cells than any table needs; those
	// beyond the limit were dropped.
	TooManyCells
)

// Record is one record of a file.
type Record struct {
	Line  int      // the line it begins on, from 1
	Cells []string // the texts stay valid, unless Options.Fleeting; the slice is reused by Next
	Flaws Flaw
}

func longRecord(line int) error {
	return fault.New(exitcode.Usage, "csv.long_row", i18n.Text{
		RU: "строка %d длиннее %d байт: в реестре таких не бывает",
		EN: "line %d is longer than %d bytes: no register has such"}.With(line, recordLimit))
}

func readFailed(err error) error {
	return fault.New(exitcode.Failure, "csv.read", i18n.Say("файл не прочитан", "the file could not be read")).Because(err)
}
