package register

import "strings"

// ResultPrefix is what the headings of a report's own columns begin with. A
// register that has them is a report fed in again: they are neither asked about
// nor checked.
const ResultPrefix = "epgu_"

// ColumnState is the column of a report with the state of the payment.
const ColumnState = ResultPrefix + "state"

// SettledState is what stands in ColumnState once a row is paid.
const SettledState = "paid"

// Settled reports whether an earlier report says that the row is paid.
func (r *Row) Settled() bool {
	i := r.layout.state - 1
	return i >= 0 && i < len(r.Cells) && strings.TrimSpace(r.Cells[i]) == SettledState
}
