package kit

import (
	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Role is somebody in whose name a person may act.
type Role struct {
	OID   string // number at ЕСИА; "" is the person
	Title string
	Now   bool // the session acts so
}

// Roles are those in whose name a person may act who represents organisations, the
// person first. Where there are none, there is nothing to choose: nil.
func Roles(list []wire.Organisation) []Role {
	if len(list) == 0 {
		return nil
	}
	out, self := make([]Role, 1, len(list)+1), true
	for _, o := range list {
		title := o.Name.String()
		if o.INN != "" {
			title += ", ИНН " + o.INN
		}
		self = self && !o.Current
		out = append(out, Role{OID: o.OID, Title: title, Now: o.Current})
	}
	out[0].Now = self
	return out
}

// AskRole asks in whose name to act. byItself is for a question that follows an
// answer of the portal; left may be nil.
func AskRole(roles []Role, byItself bool, do func(r Role) tea.Cmd, left func(*screen.Env) tea.Cmd) tea.Cmd {
	d := &Choice{Head: i18n.Text{RU: "От чьего имени действовать?", EN: "In whose name to act?"}, ByItself: byItself, OnLeave: left,
		Do: func(i int) tea.Cmd { return do(roles[i]) }}
	for _, r := range roles {
		var o Option
		switch {
		case r.OID == "" && r.Now:
			o.Title = i18n.Say("от своего имени (сейчас так)", "in my own name (so it is now)")
		case r.OID == "":
			o.Title = i18n.Say("от своего имени", "in my own name")
		case r.Now:
			o.Title = i18n.Text{RU: "%s (сейчас так)", EN: "%s (so it is now)"}.With(untrusted.Text(r.Title))
		default:
			o.Title = i18n.Text{RU: "%s", EN: "%s"}.With(untrusted.Text(r.Title))
		}
		d.Options = append(d.Options, o)
	}
	return screen.Ask(d)
}
