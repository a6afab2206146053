package charges

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/qr"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

// CodeID is the screen of the payment code of a charge, by its УИН.
const CodeID = "qr"

// code is the payment code of a charge, drawn for the camera of a telephone. It
// pays nothing.
type code struct {
	src      Source
	uin      string
	data     screen.Load[*qr.Symbol]
	inverted bool
}

// Open makes the code; a charge whose sum has changed gets another one.
func (c *code) Open(e *screen.Env, uin string) tea.Cmd {
	if uin != "" && uin != c.uin {
		c.data.Forget()
		c.uin = uin
	}
	u := c.uin
	return c.data.Start(e, "", func(ctx context.Context) (*qr.Symbol, error) { return c.src.Code(ctx, u) })
}

// Close ends the load.
func (c *code) Close(*screen.Env) { c.data.Stop() }

// AsOf says how old it is.
func (c *code) AsOf() (time.Time, bool, error) { return c.data.At, c.data.Loading, c.data.Err }

// Title names the charge.
func (c *code) Title(*screen.Env) i18n.Localised {
	return i18n.Text{RU: "Код для оплаты, УИН %s", EN: "Payment code, УИН %s"}.With(c.uin)
}

// Update takes the code.
func (c *code) Update(_ *screen.Env, msg tea.Msg) (tea.Cmd, bool) { return nil, c.data.Take(msg) }

// Actions is what can be done with a code.
func (c *code) Actions(*screen.Env) []screen.Action {
	return []screen.Action{
		{ID: "qr.invert", Title: i18n.Text{RU: "поменять тёмное и светлое", EN: "swap dark and light"}, Keys: []string{"i"}, Command: "epgu pay qr " + c.uin + " --light", Footer: true,
			Run: func() tea.Cmd { c.inverted = !c.inverted; return nil }},
		{ID: "qr.copy", Title: i18n.Text{RU: "скопировать команду для картинки", EN: "copy the command for a picture"}, Keys: []string{"c"}, Command: "epgu pay qr " + c.uin + " --png qr.png", Footer: true,
			Run: func() tea.Cmd { return screen.Copy("epgu pay qr " + c.uin + " --png qr.png") }},
	}
}

// Draw draws the code in the middle, with its margin. A module is half a row high:
// what does not fit is not cut, for no camera would read it.
func (c *code) Draw(e *screen.Env, size view.Size) view.Frame {
	s := c.data.Value
	if s == nil {
		return view.Frame{}.Fit(size)
	}
	rows := (s.Size() + 1) / 2
	if s.Size() > size.W || rows > size.H {
		out := view.Frame{view.Blank()}
		return append(out, view.Wrap(theme.Plain, fmt.Sprintf(e.T("Для кода окно мало: нужно %d×%d, а есть %d×%d. Увеличьте окно, уменьшите шрифт или запишите картинку: epgu pay qr %s --png qr.png",
			"The window is too small for the code: %d×%d are needed, it has %d×%d. Enlarge the window, make the letters smaller, or write a picture: epgu pay qr %s --png qr.png"),
			s.Size(), rows+3, size.W, size.H+3, c.uin), max(size.W-2, 1))...).Fit(size)
	}
	var text strings.Builder
	// A builder takes every write.
	_ = s.Terminal(&text, qr.Style{Light: !c.inverted})
	left := strings.Repeat(" ", (size.W-s.Size())/2)
	var out view.Frame
	for range (size.H - rows) / 2 {
		out = append(out, view.Blank())
	}
	for _, line := range strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n") {
		out = append(out, view.Of(view.Text(theme.Plain, left), view.Text(theme.Code, line)))
	}
	return out.Fit(size)
}

// Spoken says what the code is for: nobody can hear one.
func (c *code) Spoken(e *screen.Env) screen.Spoken {
	return screen.Spoken{Lines: []string{e.T("Код для оплаты начисления ", "The payment code of charge ") + c.uin + ". " + e.T("Картинка для телефона: ", "A picture for a telephone: ") + "epgu pay qr " + c.uin + " --png qr.png"}}
}
