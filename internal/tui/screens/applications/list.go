package applications

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/tui/rows"
)

// The cells of a row of the board.
const (
	cellNumber = iota
	cellService
	cellStatus
	cellDepartment
	cellUpdated  // dayLayout, Moscow
	cellExpected // the same, or ""
	cellUIN      // the first charge that is not paid, or ""
)

const dayLayout = "02.01.2006"

// flags are what the parts of the board, its marks and colours go by.
type flags uint8

const (
	final flags = 1 << iota
	correction
	unpaid
	result
	wanted
)

// mostKept is how many applications are kept for the next start.
const mostKept = 500

// list is all applications, in little memory.
type list struct {
	rows  *rows.Rows
	flags []flags // one for each row
}

func flagsOf(a *wire.Application) (f flags) {
	if a.Final {
		f |= final
	}
	if a.Correction != nil {
		f |= correction
	}
	if a.Wanted != nil {
		f |= wanted
	}
	if a.HasResult {
		f |= result
	}
	if len(a.UnpaidUINs) > 0 {
		f |= unpaid
	}
	return f
}

func (l *list) add(a *wire.Application) {
	uin, expected := "", ""
	if len(a.UnpaidUINs) > 0 {
		uin = a.UnpaidUINs[0]
	}
	if a.ExpectedAt != nil {
		expected = day(*a.ExpectedAt)
	}
	l.rows.Append(number(a.OrderID), a.ServiceTitle.String(), a.StatusTitle.String(), a.Department.String(), day(a.UpdatedAt), expected, uin)
	l.flags = append(l.flags, flagsOf(a))
}

func day(t time.Time) string { return t.In(clock.Moscow()).Format(dayLayout) }

func number(id int64) string { return strconv.FormatInt(id, 10) }

// kept is how a list stands in the cache.
type kept struct {
	Rows  [][]string `json:"rows"`
	Flags []flags    `json:"marks"`
}

// MarshalJSON writes the first rows.
func (l *list) MarshalJSON() ([]byte, error) {
	n := min(l.rows.Len(), mostKept)
	k := kept{Flags: l.flags[:n]}
	for i := range n {
		k.Rows = append(k.Rows, l.rows.Cells(i))
	}
	return json.Marshal(k)
}

// UnmarshalJSON reads them.
func (l *list) UnmarshalJSON(b []byte) error {
	var k kept
	if err := json.Unmarshal(b, &k); err != nil {
		return err
	}
	if len(k.Flags) != len(k.Rows) {
		return errors.New("not as many marks as rows")
	}
	l.rows, l.flags = &rows.Rows{}, k.Flags
	for _, r := range k.Rows {
		if len(r) <= cellUIN {
			return errors.New("a row too short")
		}
		l.rows.Append(r...)
	}
	return nil
}

// fetch reads all applications.
func fetch(src Source) func(ctx context.Context) (*list, error) {
	return func(ctx context.Context) (*list, error) {
		all, err := src.Applications(ctx)
		if err != nil {
			return nil, err
		}
		l := &list{rows: &rows.Rows{}, flags: make([]flags, 0, len(all))}
		for i := range all {
			l.add(&all[i])
		}
		return l, nil
	}
}
