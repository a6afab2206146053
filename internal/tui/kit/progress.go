package kit

import (
	"fmt"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

// Progress is how far something long has come. It is drawn when it changes and
// never by itself.
type Progress struct {
	Done, Of int64
	// Since is when it began, and Before how much was done by then: neither the rate nor
	// what is left knows anything of that.
	Since  time.Time
	Before int64
}

// View draws a bar with the share in figures, the rate and an honest estimate of
// what is left.
func (p Progress) View(e *screen.Env, cols int) view.Line {
	if p.Of <= 0 {
		return view.Say(theme.Muted, e.T("…", "…"))
	}
	share := min(float64(p.Done)/float64(p.Of), 1)
	text := fmt.Sprintf(" %d / %d · %d %%", p.Done, p.Of, int(share*100))
	if took := e.Clock.Now().Sub(p.Since); p.Done > p.Before && took > time.Second && !p.Since.IsZero() {
		rate := float64(p.Done-p.Before) / took.Seconds()
		text += fmt.Sprintf(e.T(" · %.0f в минуту", " · %.0f a minute"), rate*60)
		if left := float64(p.Of-p.Done) / rate; p.Done < p.Of && left < 1e7 {
			text += e.T(" · осталось ", " · left ") + e.Say(span(int64(left)))
		}
	}
	bar := max(min(cols-len([]rune(text)), 30), 0)
	full := int(share * float64(bar))
	return view.Of(view.Text(theme.Good, strings.Repeat("█", full)), view.Text(theme.Shade, strings.Repeat("░", bar-full)), view.Text(theme.Plain, text))
}

// span writes a time in seconds as people say it.
func span(seconds int64) i18n.Localised {
	switch {
	case seconds < 60:
		return i18n.Text{RU: "%d с", EN: "%d s"}.With(seconds)
	case seconds < 3600:
		return i18n.Text{RU: "%d мин %d с", EN: "%d min %d s"}.With(seconds/60, seconds%60)
	}
	return i18n.Text{RU: "%d ч %d мин", EN: "%d h %d min"}.With(seconds/3600, seconds/60%60)
}
