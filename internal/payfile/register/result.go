package register

import (
	"strings"

	"github.com/epgu-cli/epgu/internal/i18n"
)

// ResultPrefix is what the headings of a report's own columns begin with. A
// register that has them is a report fed in again: they are neither asked about
// nor checked.
const ResultPrefix = "epgu_"

// ColumnState is the column of a report with the state of the payment.
const ColumnState = ResultPrefix + "state"

// SettledState is what stands in ColumnState once a row is paid.
const SettledState = "paid"

// SettledTitles are SettledState as workbooks, which people open, have it.
func SettledTitles() i18n.Text { return i18n.Text{RU: "оплачен", EN: "paid"} }

// Settled reports whether an earlier report says that the row is paid.
func (r *Row) Settled() bool {
	i := r.layout.state - 1
	if i < 0 || i >= len(r.Cells) {
		return false
	}
	s := strings.TrimSpace(r.Cells[i])
	return s == SettledState || s == SettledTitles().RU || s == SettledTitles().EN
}

// HeadingField returns the field that a heading means, and whether it says that
// amounts are in kopecks.
func HeadingField(text string) (f Field, kopecks, ok bool) { return recognise(text) }
