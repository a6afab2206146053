package kit

import (
	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Key is a certificate that can sign: its name in the store, and whose it is.
type Key struct{ Name, Subject string }

// AskKey asks which certificate signs and for its PIN, and goes on with both.
func AskKey(keys []Key, then func(name, pin string) tea.Cmd) tea.Cmd {
	if len(keys) == 0 {
		return screen.Ask(&Notice{Head: i18n.Text{RU: "Нечем подписать", EN: "Nothing to sign with"}, ByItself: true, Lines: func(e *screen.Env, cols int) view.Frame {
			return view.Wrap(theme.Plain, e.T("Сертификатов с ключом ещё нет. Импортируйте на экране «Сертификаты» (7) или создайте: epgu cert new.",
				"There is no certificate with a key yet. Import one on the screen Certificates (7), or make one: epgu cert new."), cols)
		}})
	}
	pin := func(k Key, byItself bool) screen.Dialog {
		return &Typed{Head: i18n.Text{RU: "Подпись", EN: "Signature"}, Secret: true, ByItself: byItself,
			Ask: i18n.Text{RU: "PIN к «%s» (%s):", EN: "PIN of %q (%s):"}.With(untrusted.Text(k.Name), untrusted.Text(k.Subject)),
			Accept: func(s string) i18n.Localised {
				if s == "" {
					return i18n.Say("наберите PIN", "type the PIN")
				}
				return nil
			},
			Do: func(s string) tea.Cmd { return then(k.Name, s) }}
	}
	if len(keys) == 1 {
		return screen.Ask(pin(keys[0], true))
	}
	options := make([]Option, len(keys))
	for i, k := range keys {
		options[i] = Option{Title: i18n.Text{RU: "%s — %s", EN: "%s: %s"}.With(untrusted.Text(k.Name), untrusted.Text(k.Subject))}
	}
	return screen.Ask(&Choice{Head: i18n.Text{RU: "Чем подписать", EN: "Sign with"}, Options: options,
		Do: func(i int) tea.Cmd { return screen.Ask(pin(keys[i], false)) }})
}
