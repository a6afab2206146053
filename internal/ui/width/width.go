// Package width measures text in terminal columns and cuts it to them, with
// Cyrillic, wide (CJK, emoji) and combining characters counted as a terminal
// shows them. It expects clean text (see untrusted). It is a leaf: cli,
// tui and ui may import it.
package width

import (
	"iter"
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// Ellipsis stands for what was cut off. It is one column wide.
const Ellipsis = "…"

// String returns the number of columns that s takes.
func String(s string) int { return displaywidth.String(s) }

// Truncate cuts s to at most cols columns, ending it with an ellipsis when
// something was cut. A wide character is never split.
func Truncate(s string, cols int) string {
	switch {
	case cols <= 0:
		return ""
	case len(s) <= cols: // every column needs at least one byte
		return s
	case String(s) <= cols:
		return s
	}
	return displaywidth.TruncateString(s, cols, Ellipsis)
}

// Left pads s with spaces on the right to cols columns.
func Left(s string, cols int) string {
	if n := cols - String(s); n > 0 {
		return s + strings.Repeat(" ", n)
	}
	return s
}

// Right pads s with spaces on the left to cols columns.
func Right(s string, cols int) string {
	if n := cols - String(s); n > 0 {
		return strings.Repeat(" ", n) + s
	}
	return s
}

// Words splits s at spaces and tabs. A no-break space does not split: a sum keeps
// its thousands and its currency.
func Words(s string) iter.Seq[string] {
	return strings.FieldsFuncSeq(s, func(r rune) bool { return r == ' ' || r == '\t' })
}

// Wrap breaks s into lines of at most cols columns between words; a word longer
// than a line is broken inside. Line feeds in s stay breaks. There is always
// at least one line.
func Wrap(s string, cols int) []string {
	if cols < 1 {
		cols = 1
	}
	var lines []string
	for para := range strings.SplitSeq(s, "\n") {
		lines = wrapLine(lines, para, cols)
	}
	return lines
}

func wrapLine(lines []string, s string, cols int) []string {
	if String(s) <= cols {
		return append(lines, s)
	}
	line, used := "", 0
	for word := range Words(s) {
		w := String(word)
		if used > 0 && used+1+w <= cols {
			line += " " + word
			used += 1 + w
			continue
		}
		if used > 0 {
			lines = append(lines, line)
		}
		for w > cols {
			head := displaywidth.TruncateString(word, cols, "")
			if head == "" { // a wide character in a one-column line
				break
			}
			lines = append(lines, head)
			word = word[len(head):]
			w = String(word)
		}
		line, used = word, w
	}
	if used > 0 || len(lines) == 0 {
		lines = append(lines, line)
	}
	return lines
}
