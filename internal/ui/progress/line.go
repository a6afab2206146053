package progress

import (
	"fmt"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/width"
)

// barWidth is the width of the bar in columns, without its brackets; a
// terminal without room for it goes without.
const barWidth = 24

// line returns the line for a terminal of the given width: label, spinner or
// bar, figures. It is plain ASCII besides the texts, so that any console
// shows it.
func (t *Task) line(cols int) string {
	label := t.ios.Say(t.label)
	figures := t.figures()
	if t.total <= 0 {
		spinner := `|/-\`[t.frame%4 : t.frame%4+1]
		return strings.TrimRight(spinner+" "+label+" "+figures, " ")
	}
	need := width.String(figures) + barWidth + 4
	if cols < need+minLabel {
		return label + " " + figures
	}
	filled := int(min(t.done, t.total) * barWidth / t.total)
	bar := strings.Repeat("=", filled) + strings.Repeat(" ", barWidth-filled)
	if filled > 0 && filled < barWidth {
		bar = bar[:filled-1] + ">" + bar[filled:]
	}
	return width.Truncate(label, cols-need) + " [" + bar + "] " + figures
}

// minLabel is the room that the label gets before the bar is left out.
const minLabel = 10

// text returns what a plain line says.
func (t *Task) text() string {
	return strings.TrimRight(t.ios.Say(t.label)+": "+t.figures(), ": ")
}

// figures returns "45 %, 450 из 1000, осталось 2 мин".
func (t *Task) figures() string {
	l := t.ios.Lang
	if t.total <= 0 {
		if t.done == 0 {
			return ""
		}
		return t.amount(l, t.done)
	}
	percent := i18n.Text{RU: "%d\u00a0%%, %s из %s", EN: "%d%%, %s of %s"}
	s := percent.With(min(t.done, t.total)*100/t.total, t.amount(l, t.done), t.amount(l, t.total)).In(l)
	if left, ok := t.left(); ok {
		s += i18n.Text{RU: ", осталось %s", EN: ", %s left"}.With(Duration(left)).In(l)
	}
	return s
}

// left estimates the time that remains, by the override or by the speed so
// far; there is no guess before a few seconds have passed.
func (t *Task) left() (time.Duration, bool) {
	if t.done >= t.total {
		return 0, false
	}
	if t.o.ETA != nil {
		return t.o.ETA(t.done, t.total)
	}
	elapsed, made := t.clock.Now().Sub(t.start), t.done-t.skipped
	if elapsed < 3*time.Second || made <= 0 {
		return 0, false
	}
	left := float64(elapsed) * (float64(t.total-t.done) / float64(made))
	if left > float64(maxLeft) {
		return 0, false
	}
	return time.Duration(left), true
}

// maxLeft bounds an estimate worth showing.
const maxLeft = 100 * 24 * time.Hour

func (t *Task) amount(l i18n.Lang, n int64) string {
	if t.o.Bytes {
		return Bytes(n).In(l)
	}
	return grouped(l, n)
}

// grouped writes a whole number with its thousands apart.
func grouped(l i18n.Lang, n int64) string {
	digits := fmt.Sprint(n)
	sep := ","
	if l == i18n.RU {
		sep = "\u00a0"
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && digits[i-1] != '-' && (len(digits)-i)%3 == 0 {
			b.WriteString(sep)
		}
		b.WriteRune(d)
	}
	return b.String()
}

// Bytes is a number of bytes that reads as people say it, in decimal units:
// "1,2 МБ", "1.2 MB".
type Bytes int64

// In renders the size in language l.
func (n Bytes) In(l i18n.Lang) string {
	units := [...]i18n.Text{{RU: "Б", EN: "B"}, {RU: "КБ", EN: "kB"}, {RU: "МБ", EN: "MB"}, {RU: "ГБ", EN: "GB"}, {RU: "ТБ", EN: "TB"}}
	if n < 1000 {
		return fmt.Sprintf("%d\u00a0%s", int64(n), units[0].In(l))
	}
	v, u := float64(n), 0
	for v >= 999.95 && u < len(units)-1 {
		v /= 1000
		u++
	}
	s := fmt.Sprintf("%.1f", v)
	if l == i18n.RU {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s + "\u00a0" + units[u].In(l)
}

// Duration is a time span that reads as people say it, in its two largest
// units: "2 мин 5 с", "3 h 10 min". Less than a second is "1 с".
type Duration time.Duration

// In renders the span in language l.
func (d Duration) In(l i18n.Lang) string {
	seconds := max(1, int64((time.Duration(d)+time.Second/2)/time.Second))
	steps := [...]struct {
		size int64
		name i18n.Text
	}{
		{86400, i18n.Text{RU: "сут", EN: "d"}},
		{3600, i18n.Text{RU: "ч", EN: "h"}},
		{60, i18n.Text{RU: "мин", EN: "min"}},
		{1, i18n.Text{RU: "с", EN: "s"}},
	}
	for i, s := range steps {
		n := seconds / s.size
		if n == 0 {
			continue
		}
		text := fmt.Sprintf("%d\u00a0%s", n, s.name.In(l))
		if i+1 < len(steps) {
			if rest := seconds % s.size / steps[i+1].size; rest > 0 {
				text += fmt.Sprintf(" %d\u00a0%s", rest, steps[i+1].name.In(l))
			}
		}
		return text
	}
	return ""
}
