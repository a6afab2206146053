package root

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/width"
)

// flagUsages lists flags with the kind of their values in the language of the
// user, aligned by what is seen: pflag's own list knows English only and counts
// bytes. Explanations wrap at words to cols columns; 0 leaves them whole.
func flagUsages(w io.Writer, flags *pflag.FlagSet, lang i18n.Lang, cols int) {
	type line struct{ left, right string }
	var lines []line
	widest := 0
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		left := "      --" + f.Name
		if f.Shorthand != "" {
			left = "  -" + f.Shorthand + ", --" + f.Name
		}
		value, usage := pflag.UnquoteUsage(f)
		if v := valueName(value).In(lang); v != "" {
			if f.NoOptDefVal != "" && f.Value.Type() != "bool" {
				left += "[=" + v + "]"
			} else {
				left += " " + v
			}
		}
		if d := defaultOf(f); d != "" {
			usage += i18n.Text{RU: " (по умолчанию %s)", EN: " (default %s)"}.With(d).In(lang)
		}
		lines = append(lines, line{left, usage})
		widest = max(widest, width.String(left))
	})
	room := cols - widest - 3
	for _, l := range lines {
		switch {
		case cols > 0 && room < minExplanation: // below its flag, where there is more room
			fmt.Fprintln(w, l.left)
			for _, line := range width.Wrap(l.right, max(minExplanation, cols-10)) {
				fmt.Fprintf(w, "%10s%s\n", "", line)
			}
		default:
			explanation := []string{l.right}
			if cols > 0 {
				explanation = width.Wrap(l.right, room)
			}
			fmt.Fprintf(w, "%s%s   %s\n", l.left, strings.Repeat(" ", widest-width.String(l.left)), explanation[0])
			for _, line := range explanation[1:] {
				fmt.Fprintf(w, "%s%s\n", strings.Repeat(" ", widest+3), line)
			}
		}
	}
}

// minExplanation is the narrowest column in which a flag is explained beside it.
const minExplanation = 32

// prose wraps a text of help at words to cols columns; 0 leaves it whole. A line
// that begins with spaces goes on under its own beginning.
func prose(text string, cols int) string {
	if cols <= 0 {
		return text
	}
	var b strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		body := strings.TrimLeft(line, " ")
		indent := line[:len(line)-len(body)]
		for i, part := range width.Wrap(body, max(20, cols-len(indent))) {
			if i == 1 && indent != "" && len(indent) < 10 {
				indent += "  "
			}
			b.WriteString(indent + part + "\n")
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// valueName names the kind of a flag's value; a flag that names it itself, in
// backquotes, keeps its word.
func valueName(kind string) i18n.Text {
	switch kind {
	case "string", "stringArray", "strings":
		return i18n.Text{RU: "текст", EN: "text"}
	case "int", "int64", "uint", "uint64":
		return i18n.Text{RU: "число", EN: "number"}
	case "float", "float64":
		return i18n.Text{RU: "число", EN: "number"}
	case "duration":
		return i18n.Text{RU: "срок", EN: "period"}
	case "delimiter":
		return i18n.Text{RU: "знак", EN: "delimiter"}
	}
	return i18n.Text{RU: kind, EN: kind}
}

// defaultOf is the default worth showing: not the empty one of its kind.
func defaultOf(f *pflag.Flag) string {
	switch f.DefValue {
	case "", "0", "0s", "false", "[]":
		return ""
	}
	return f.DefValue
}
