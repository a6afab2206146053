package account

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/epgu-cli/epgu/internal/core/account"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/tui/kit"
	"github.com/epgu-cli/epgu/internal/tui/screen"
	"github.com/epgu-cli/epgu/internal/tui/theme"
	"github.com/epgu-cli/epgu/internal/tui/view"
)

// devices is the list of bound devices, with what this one is asked to confirm
// above it.
type devices struct {
	kit.Records[wire.Device]
	src      Source
	requests screen.Load[[]wire.DeviceRequest]
	wanted   string // the request that the screen was opened for
}

func deviceColumns() []kit.Column {
	return []kit.Column{{Share: 2, Role: theme.Strong}, {Share: 2}, {Width: 16, Role: theme.Muted, Least: 56}, {Share: 1, Role: theme.Muted, Least: 80}}
}

func newDevices(src Source) *devices {
	d := &devices{src: src}
	d.Records = kit.Records[wire.Device]{
		Key: "devices", Fetch: src.Devices,
		Cells: func(v wire.Device) []string { return []string{v.ID, v.Name.String(), v.Agent.String()} },
		Head: func(e *screen.Env, cols int) view.Line {
			return kit.Row(deviceColumns(), cols, []string{e.T("Устройство", "Device"), e.T("Программа", "Program"), e.T("Привязано", "Bound"), e.T("Откуда", "From")},
				theme.Muted, theme.Muted, theme.Muted, theme.Muted)
		},
		Line: func(e *screen.Env, v wire.Device, cols int) view.Line {
			return kit.Row(deviceColumns(), cols, []string{v.Name.String(), v.Agent.String(), moment(e, v.BoundAt), e.Say(account.AddressTitle(v.Address))})
		},
		Empty: i18n.Text{RU: "Устройства не привязаны. Привязать: epgu auth devices bind", EN: "No devices are bound. To bind one: epgu auth devices bind"},
	}
	return d
}

// Open loads the devices and what waits for an answer. With the id of a request
// it is the one that is asked about.
func (d *devices) Open(e *screen.Env, request string) tea.Cmd {
	d.wanted = request
	return tea.Batch(d.Load(e), d.requests.Start(e, "", d.src.Requests))
}

// Close ends the loads.
func (d *devices) Close(e *screen.Env) {
	d.requests.Stop()
	d.Records.Close(e)
}

// Update takes data and keys.
func (d *devices) Update(e *screen.Env, msg tea.Msg) (tea.Cmd, bool) {
	if d.requests.Take(msg) {
		return nil, true
	}
	if m, ok := msg.(did); ok && m.by == d {
		again := tea.Batch(d.Load(e), d.requests.Start(e, "", d.src.Requests))
		if m.err != nil {
			return tea.Batch(screen.Fail(m.err), again), true
		}
		return tea.Batch(screen.Tell(m.said), again), true
	}
	return d.Records.Update(e, msg)
}

// request is the one to be answered: the one asked for, else the oldest.
func (d *devices) request() (r wire.DeviceRequest, ok bool) {
	for _, r := range d.requests.Value {
		if r.ID == d.wanted {
			return r, true
		}
	}
	if len(d.requests.Value) > 0 {
		return d.requests.Value[0], true
	}
	return r, false
}

// Draw draws what waits for an answer, and the devices.
func (d *devices) Draw(e *screen.Env, size view.Size) view.Frame {
	top := d.asking(e, size.W)
	return append(top, d.View(e, view.Size{W: size.W, H: max(size.H-len(top), 1)})...)
}

// Spoken reads the sign-in that asks to be approved, and the devices.
func (d *devices) Spoken(e *screen.Env) screen.Spoken {
	out := d.Records.Spoken(e)
	out.Lines = append(kit.Said(d.asking(e, 110)), out.Lines...)
	return out
}

// asking is the sign-in that asks to be approved.
func (d *devices) asking(e *screen.Env, cols int) view.Frame {
	var top view.Frame
	if r, ok := d.request(); ok {
		top = append(top, view.Blank())
		top = append(top, view.Wrap(theme.Warning, " ! "+e.Say(asks(r)), cols)...)
		top = append(top, view.Wrap(theme.Muted, "   "+e.Say(i18n.Text{RU: "%s, %s, спрошено %s, ответить до %s", EN: "%s, %s, asked at %s, answer until %s"}.
			With(r.Agent, account.AddressTitle(r.Address), e.Moment(r.CreatedAt), e.Moment(r.ExpiresAt))), cols)...)
		if n := len(d.requests.Value); n > 1 {
			top = append(top, view.Say(theme.Muted, "   "+e.Say(i18n.Text{RU: "и ещё: %d", EN: "and more: %d"}.With(n-1))))
		}
		top = append(top, view.Blank())
	}
	return top
}

func asks(r wire.DeviceRequest) i18n.Message {
	if r.Kind == "device" {
		return i18n.Text{RU: "Привязать устройство «%s»?", EN: "Bind the device %q?"}.With(r.Client)
	}
	return i18n.Text{RU: "Это вы входите: %s?", EN: "Are you signing in: %s?"}.With(r.Client)
}

// Actions is what can be done with devices and requests.
func (d *devices) Actions(e *screen.Env) []screen.Action {
	r, asked := d.request()
	v, chosen := d.Current()
	var none, nobody i18n.Localised
	if !asked {
		none = i18n.Say("ничто не ждёт ответа", "nothing waits for an answer")
	}
	if !chosen {
		nobody = i18n.Say("устройство не выбрано", "no device is chosen")
	}
	return []screen.Action{
		{ID: "devices.approve", Title: i18n.Text{RU: "подтвердить", EN: "approve"}, Keys: []string{"a"}, Command: "epgu auth devices approve " + r.ID, Off: none, Footer: asked,
			Run: func() tea.Cmd {
				return screen.Ask(&kit.Typed{Head: asks(r), Ask: i18n.Say("Число, показанное там, где входят", "The number that is shown where somebody signs in"),
					Lines: func(e *screen.Env, cols int) view.Frame {
						return view.Wrap(theme.Plain, e.T("Числа перед вами нет? Тогда входите не вы: закройте это окно и отклоните запрос.", "You do not see a number? Then it is not you: close this and deny the request."), cols)
					},
					Accept: func(answer string) i18n.Localised {
						if answer = strings.TrimSpace(answer); answer == "" || strings.Trim(answer, "0123456789") != "" {
							return i18n.Say("нужны цифры", "digits are needed")
						}
						return nil
					},
					Do: func(number string) tea.Cmd {
						return do(e, d, i18n.Say("Подтверждено", "Approved"), func(ctx context.Context) error {
							return d.src.Decide(ctx, r.ID, true, strings.TrimSpace(number))
						})
					}})
			}},
		{ID: "devices.deny", Title: i18n.Text{RU: "отклонить", EN: "deny"}, Keys: []string{"x"}, Command: "epgu auth devices deny " + r.ID, Off: none, Footer: asked,
			Run: func() tea.Cmd {
				return do(e, d, i18n.Say("Отклонено. Если входили не вы, пароль знает кто-то ещё: epgu auth password", "Denied. If it was not you, somebody knows your password: epgu auth password"),
					func(ctx context.Context) error { return d.src.Decide(ctx, r.ID, false, "") })
			}},
		{ID: "devices.remove", Title: i18n.Text{RU: "отвязать", EN: "remove"}, Keys: []string{"d", "delete"}, Command: "epgu auth devices remove " + v.ID, Off: nobody, Footer: true,
			Run: func() tea.Cmd {
				return screen.Ask(&kit.Confirm{Head: i18n.Say("Отвязать устройство?", "Remove the device?"),
					Text: i18n.Text{RU: "«%s» перестанет подтверждать входы.", EN: "%q will no longer confirm sign-ins."}.With(v.Name),
					Yes:  i18n.Text{RU: "Отвязать", EN: "Remove"},
					Do: func() tea.Cmd {
						return do(e, d, i18n.Say("Устройство отвязано", "The device is removed"), func(ctx context.Context) error { return d.src.RemoveDevice(ctx, v.ID) })
					}})
			}},
	}
}
