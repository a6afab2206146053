package registers

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

// The messages of an approval, which goes from a step to the next.
type (
	// shown is a plan ready to be approved, with what can sign it.
	shown struct {
		by           *plan
		approval     Approval
		certificates []kit.Key
		err          error
	}
	// keyed is a plan held against a key.
	keyed struct {
		by       *plan
		approval Approval
		notes    []i18n.Localised
		err      error
	}
	// signed is the end of an approval.
	signed struct {
		by    *plan
		notes []i18n.Localised
		err   error
	}
)

// approve begins an approval.
func (p *plan) approve(ctx context.Context) tea.Cmd {
	path := p.path
	return func() tea.Msg {
		a, err := p.src.Approve(ctx, path)
		if err != nil {
			return shown{by: p, err: err}
		}
		all, err := p.src.Certificates(ctx)
		return shown{p, a, all, err}
	}
}

// approval takes the messages of an approval.
func (p *plan) approval(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	ctx := e.Ctx
	switch m := msg.(type) {
	case shown:
		if m.by != p {
			return nil, false
		}
		if m.err != nil {
			letGo(m.approval)
			return screen.Fail(m.err), true
		}
		letGo(p.desk)
		p.desk = m.approval
		return screen.Ask(&kit.Confirm{Head: i18n.Text{RU: "Одобрить план", EN: "Approve the plan"}, ByItself: true, Yes: i18n.Text{RU: "Подписать", EN: "Sign"},
			Lines: func(e *screen.Env, cols int) view.Frame { return linesOf(e, m.approval.Lines(), cols) },
			Do: func() tea.Cmd {
				return kit.AskKey(m.certificates, func(certificate, pin string) tea.Cmd {
					return func() tea.Msg {
						notes, err := m.approval.By(ctx, certificate, pin)
						return keyed{p, m.approval, notes, err}
					}
				})
			}}), true
	case keyed:
		if m.by != p {
			return nil, false
		}
		if m.err != nil {
			return screen.Fail(m.err), true
		}
		sum := m.approval.Kopecks()
		return screen.Ask(&kit.Typed{Head: i18n.Text{RU: "Одобрить план", EN: "Approve the plan"}, ByItself: true,
			Lines: func(e *screen.Env, cols int) view.Frame {
				return linesOf(e, append(m.approval.Lines(), m.notes...), cols)
			},
			Ask:    i18n.Text{RU: "Одобряете оплату %s? Наберите сумму:", EN: "Do you approve paying %s? Type the sum:"}.With(i18n.Money(sum)),
			Accept: sumTyped(sum),
			Do: func(string) tea.Cmd {
				return func() tea.Msg {
					notes, err := m.approval.Sign(ctx)
					return signed{p, notes, err}
				}
			}}), true
	case signed:
		if m.by != p {
			return nil, false
		}
		if m.err != nil {
			return tea.Batch(screen.Fail(m.err, m.notes...), p.Open(e, "")), true
		}
		return tea.Batch(tellAll(i18n.Text{RU: "Одобрение", EN: "Approval"}, m.notes), p.Open(e, "")), true
	}
	return nil, false
}

// letGo closes the plan of an approval that ends; that it was only read makes its
// error nobody's concern.
func letGo(a Approval) {
	if a != nil {
		_ = a.Close()
	}
}
