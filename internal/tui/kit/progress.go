package kit

import (
	"fmt"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

// Progress is how far something long has come. It is drawn when it changes and
// never by itself.
type Progress struct {
	Done, Of int64
	Since    time.Time
}

// View draws a bar with the share in figures, the rate and an honest estimate of
// what is left.
func (p Progress) View(e *screen.Env, cols int) view.Line {
	if p.Of <= 0 {
		return view.Say(theme.Muted, e.T("…", "…"))
	}
	share := min(float64(p.Done)/float64(p.Of), 1)
	text := fmt.Sprintf(" %d / %d · %d %%", p.Done, p.Of, int(share*100))
	if took := e.Clock.Now().Sub(p.Since); p.Done > 0 && took > time.Second && !p.Since.IsZero() {
		rate := float64(p.Done) / took.Seconds()
		text += fmt.Sprintf(e.T(" · %.0f в минуту", " · %.0f a minute"), rate*60)
		if left := float64(p.Of-p.Done) / rate; p.Done < p.Of && left < 1e7 {
			text += e.T(" · осталось ", " · left ") + (time.Duration(left) * time.Second).Round(time.Second).String()
		}
	}
	bar := max(min(cols-len([]rune(text)), 30), 0)
	full := int(share * float64(bar))
	return view.Of(view.Text(theme.Good, strings.Repeat("█", full)), view.Text(theme.Shade, strings.Repeat("░", bar-full)), view.Text(theme.Plain, text))
}
