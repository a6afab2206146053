// Package view is what a screen draws with: lines of spans of text, each with
// its role. Text is cleaned and measured here, once, so no screen can show
// hostile text or be a column wrong. Packages under internal/tui import it.
package view

import (
	"strings"

	"github.com/clipperhouse/displaywidth"

	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/ui/width"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Span is a piece of text in one role. Make it with Text, which cleans.
type Span struct {
	Text string
	Role theme.Role
}

// Line is one row of the screen.
type Line struct {
	Spans []Span
	// Base is the role of the row where no span is, and of every span of it when
	// it is Selected or a bar: a row under the cursor looks like one.
	Base theme.Role
}

// Frame is a rectangle of rows, top first.
type Frame []Line

// Size is a room to draw in, columns and rows.
type Size struct{ W, H int }

// Text is a span of clean text.
func Text(role theme.Role, s string) Span { return Span{untrusted.Clean(s), role} }

// Of is a row of spans.
func Of(spans ...Span) Line { return Line{Spans: spans} }

// Say is a row of one text.
func Say(role theme.Role, s string) Line { return Of(Text(role, s)) }

// Blank is an empty row.
func Blank() Line { return Line{} }

// Width is how many columns the spans of l take.
func (l Line) Width() int {
	n := 0
	for _, s := range l.Spans {
		n += width.String(s.Text)
	}
	return n
}

// With returns the row with more spans.
func (l Line) With(spans ...Span) Line {
	l.Spans = append(l.Spans[:len(l.Spans):len(l.Spans)], spans...)
	return l
}

// On returns the row on another base.
func (l Line) On(base theme.Role) Line {
	l.Base = base
	return l
}

// Fit cuts a row to cols columns, or fills it up with spaces.
func (l Line) Fit(cols int) Line {
	out := Line{Base: l.Base}
	left := cols
	for i, s := range l.Spans {
		if left == 0 && s.Text != "" && len(out.Spans) > 0 {
			break
		}
		w := width.String(s.Text)
		rest := left - w
		if rest < 0 || rest == 0 && more(l.Spans[i+1:]) {
			s.Text = cut(s.Text, left)
			w = width.String(s.Text)
			out.Spans = append(out.Spans, s)
			left -= w
			break
		}
		out.Spans = append(out.Spans, s)
		left = rest
	}
	if left > 0 {
		out.Spans = append(out.Spans, Span{strings.Repeat(" ", left), out.Base})
	}
	return out
}

func more(spans []Span) bool {
	for _, s := range spans {
		if strings.TrimSpace(s.Text) != "" {
			return true
		}
	}
	return false
}

// cut cuts to exactly what fits and marks the cut.
func cut(s string, cols int) string {
	if cols <= 0 {
		return ""
	}
	if width.String(s) == cols {
		s += " " // so that something is cut off, and marked
	}
	return width.Truncate(s, cols)
}

// Skip returns the row without its first cols columns.
func (l Line) Skip(cols int) Line {
	out := Line{Base: l.Base}
	for i, s := range l.Spans {
		w := width.String(s.Text)
		if w <= cols {
			cols -= w
			continue
		}
		head := displaywidth.TruncateString(s.Text, cols, "")
		pad := cols - width.String(head)
		tail := s.Text[len(head):]
		if pad > 0 { // a wide character stood across the edge
			_, n := first(tail)
			tail = " " + tail[n:]
		}
		out.Spans = append(out.Spans, Span{tail, s.Role})
		out.Spans = append(out.Spans, l.Spans[i+1:]...)
		break
	}
	return out
}

// first returns the first character as a person sees it and its length in bytes.
func first(s string) (string, int) {
	g := displaywidth.StringGraphemes(s)
	if g.Next() {
		return g.Value(), len(g.Value())
	}
	return "", 0
}

// Both puts one part at the left edge and the other at the right one. When there
// is no room for both, the right one goes.
func Both(left, right Line, cols int) Line {
	lw, rw := left.Width(), right.Width()
	if lw+rw+1 > cols {
		return left.Fit(cols)
	}
	gap := Span{strings.Repeat(" ", cols-lw-rw), left.Base}
	return Line{Spans: append(append(left.Spans[:lw0(left):lw0(left)], gap), right.Spans...), Base: left.Base}
}

func lw0(l Line) int { return len(l.Spans) }

// Fit returns exactly size.H rows of size.W columns.
func (f Frame) Fit(size Size) Frame {
	out := make(Frame, size.H)
	for i := range out {
		if i < len(f) {
			out[i] = f[i].Fit(size.W)
		} else {
			out[i] = Line{}.Fit(size.W)
		}
	}
	return out
}

// Over lays a box on the frame with its upper left corner at column x, row y.
func (f Frame) Over(box Frame, x, y int) Frame {
	out := append(Frame(nil), f...)
	for i, b := range box {
		if y+i < 0 || y+i >= len(out) {
			continue
		}
		under := out[y+i]
		w := b.Width()
		left := under.Fit(max(under.Width(), x+w))
		head := head(left, x)
		tail := left.Skip(x + w)
		spans := append(head.Spans, coloured(b)...)
		out[y+i] = Line{Spans: append(spans, coloured(tail)...), Base: theme.Plain}
	}
	return out
}

// head is the first cols columns of a row, without a mark of the cut.
func head(l Line, cols int) Line {
	out := Line{Base: theme.Plain}
	for _, s := range coloured(l) {
		w := width.String(s.Text)
		if w > cols {
			t := displaywidth.TruncateString(s.Text, cols, "")
			s.Text = t + strings.Repeat(" ", cols-width.String(t))
			out.Spans = append(out.Spans, s)
			return out
		}
		out.Spans = append(out.Spans, s)
		cols -= w
	}
	return out
}

// coloured gives the spans of a row the roles in which they are seen.
func coloured(l Line) []Span {
	out := make([]Span, len(l.Spans))
	for i, s := range l.Spans {
		s.Role = seen(l.Base, s.Role)
		out[i] = s
	}
	return out
}

// seen is the role in which a span is seen on a row.
func seen(base, role theme.Role) theme.Role {
	switch base {
	case theme.Selected:
		return theme.Selected
	case theme.Bar:
		if role == theme.BarKey || role == theme.Accent {
			return theme.BarKey
		}
		return theme.Bar
	}
	return role
}

// Wrap breaks text into rows of at most cols columns.
func Wrap(role theme.Role, s string, cols int) Frame {
	var out Frame
	for _, l := range width.Wrap(untrusted.CleanLines(s), cols) {
		out = append(out, Say(role, l))
	}
	return out
}

// Render writes the frame with the control sequences of a theme, rows separated
// by line feeds.
func (f Frame) Render(t *theme.Theme) string {
	var b strings.Builder
	b.Grow(len(f) * 160)
	for i, l := range f {
		if i > 0 {
			b.WriteByte('\n')
		}
		last := theme.Role(255)
		for _, s := range l.Spans {
			r := seen(l.Base, s.Role)
			if r != last {
				b.WriteString(t.SGR(r))
				last = r
			}
			b.WriteString(s.Text)
		}
		b.WriteString("\x1b[0m")
	}
	return b.String()
}

// String is the text of the frame without any looks, for tests and for reading
// aloud.
func (f Frame) String() string {
	var b strings.Builder
	for i, l := range f {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(strings.TrimRight(l.String(), " "))
	}
	return b.String()
}

// String is the text of the row.
func (l Line) String() string {
	var b strings.Builder
	for _, s := range l.Spans {
		b.WriteString(s.Text)
	}
	return b.String()
}
