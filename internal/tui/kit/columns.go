package kit

import (
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
	"github.com/epgu-cli/epgu/internal/ui/width"
)

// Column is one column of a list.
type Column struct {
	// Width in columns of the terminal; 0 takes a share of what is left.
	Width int
	// Share weighs what is left among the columns without a Width, at least 1.
	Share int
	Right bool // aligned to the right, as sums are
	// Least is how wide the whole list must be for the column to be shown, 0 always.
	Least int
	Role  theme.Role
}

// Row lays cells out in columns over cols columns of the terminal. roles, where
// given and not Plain, replace the roles of the columns.
func Row(columns []Column, cols int, cells []string, roles ...theme.Role) view.Line {
	left, shares, shown := cols, 0, 0
	// What ends at the right edge of its column needs more room before what begins at the
	// left edge of the next: else a sum and a date are read as one.
	gap, right := 0, false
	for _, c := range columns {
		if cols < c.Least {
			continue
		}
		if right && !c.Right {
			gap++
		}
		right = c.Right
		shown++
		left -= c.Width
		if c.Width == 0 {
			shares += max(c.Share, 1)
		}
	}
	left -= max(shown-1, 0) + gap
	var out view.Line
	first := true
	right = false
	for i, c := range columns {
		if cols < c.Least {
			continue
		}
		w := c.Width
		if w == 0 {
			w = max(left*max(c.Share, 1)/max(shares, 1), 1)
			left -= w
			shares -= max(c.Share, 1)
		}
		cell := ""
		if i < len(cells) {
			cell = view.Text(theme.Plain, cells[i]).Text
		}
		cell = width.Truncate(cell, w)
		if c.Right {
			cell = width.Right(cell, w)
		} else {
			cell = width.Left(cell, w)
		}
		role := c.Role
		if i < len(roles) && roles[i] != theme.Plain {
			role = roles[i]
		}
		if !first {
			between := " "
			if right && !c.Right {
				between = "  "
			}
			out.Spans = append(out.Spans, view.Span{Text: between, Role: theme.Plain})
		}
		first, right = false, c.Right
		out.Spans = append(out.Spans, view.Span{Text: cell, Role: role})
	}
	return out
}

// Fact is a name and a value of a card.
type Fact struct {
	Name, Value string
	Role        theme.Role
}

// Facts lays out a card: names on the left, values beside them, long values
// broken over rows. Facts without a value are left out.
func Facts(facts []Fact, cols int) view.Frame {
	names := 0
	for _, f := range facts {
		if f.Value != "" {
			names = max(names, width.String(f.Name))
		}
	}
	names = min(names, cols/2)
	var out view.Frame
	for _, f := range facts {
		if f.Value == "" {
			continue
		}
		for i, l := range view.Wrap(f.Role, f.Value, max(cols-names-3, 8)) {
			name := ""
			if i == 0 {
				name = f.Name
			}
			out = append(out, view.Of(view.Text(theme.Muted, " "+width.Left(width.Truncate(name, names), names)+"  ")).With(l.Spans...))
		}
	}
	return out
}
