package auth

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/devices"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

func confirmationView() output.View[wire.DeviceConfirmation] {
	return output.View[wire.DeviceConfirmation]{Fields: []output.Field[wire.DeviceConfirmation]{
		{Name: "state", Title: i18n.Text{RU: "Состояние", EN: "State"}, Value: func(c wire.DeviceConfirmation) any {
			t := i18n.Text{RU: "ждёт кода", EN: "waits for the code"}
			if c.State == "done" {
				t = i18n.Text{RU: "привязано", EN: "bound"}
			}
			return output.Dual{Machine: c.State, Human: t}
		}},
		{Name: "name", Title: i18n.Text{RU: "Устройство", EN: "Device"}, Value: func(c wire.DeviceConfirmation) any { return c.Name }},
		{Name: "replaces", Title: i18n.Text{RU: "Вместо", EN: "Instead of"}, Value: func(c wire.DeviceConfirmation) any { return c.Replaces }},
		{Name: "agent", Title: i18n.Text{RU: "Программа", EN: "Program"}, Value: func(c wire.DeviceConfirmation) any { return c.Agent }},
		{Name: "address", Title: i18n.Text{RU: "Откуда", EN: "From"}, Value: func(c wire.DeviceConfirmation) any { return c.Address }},
		{Name: "askedAt", Title: i18n.Text{RU: "Когда", EN: "When"}, Value: func(c wire.DeviceConfirmation) any { return c.AskedAt }},
		{Name: "sent", Title: i18n.Text{RU: "Код послан по", EN: "Code sent by"}, Value: func(c wire.DeviceConfirmation) any { return c.Sent }},
		{Name: "expiresAt", Title: i18n.Text{RU: "Действует до", EN: "Good until"}, Value: func(c wire.DeviceConfirmation) any { return c.ExpiresAt }},
	}}
}

func addConfirmFlags(cmd *cobra.Command, f *factory.Factory, by, otp *string) {
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd.Flags().StringVar(by, "by", "", say("чем подтвердить: sms, email или push (на другом привязанном устройстве)", "how to confirm: sms, email or push (on another bound device)"))
	cmd.Flags().StringVar(otp, "otp", "", say("код из сообщения, посланного этой же командой раньше", "the code of the message that this command has sent before"))
}

func newDevicesConfirm(f *factory.Factory) *cobra.Command {
	o := &confirmOptions{f: f, out: &output.Options{}}
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "confirm КОД", EN: "confirm CODE"}.In(f.Lang),
		Short: i18n.Text{RU: "Подтвердить код с экрана устройства", EN: "Confirm the code on a device's screen"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Показывает, какое устройство и откуда просит привязки, и посылает код. Подтверждайте только своё: привязанное устройство сможет подтверждать ваши входы. На терминале код спрашивается сразу; без него повторите команду с --otp.",
			EN: "Shows which device asks to be bound and from where, and sends a code. Confirm only your own: a bound device can confirm your sign-ins. On a terminal the code is asked for at once; without one repeat the command with --otp."}.In(f.Lang),
		Example: `  epgu auth devices confirm 1234-5678
  epgu auth devices confirm 1234-5678 --otp 123456`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.code = args[0]
			return o.run(cmd.Context())
		},
	}
	addConfirmFlags(cmd, f, &o.by, &o.otp)
	output.AddFlags(cmd, o.out, confirmationView(), f.Lang)
	return cmd
}

// confirmOptions are what confirming a device takes.
type confirmOptions struct {
	f        *factory.Factory
	code     string
	replaces string // the device whose place it takes, as the person names it
	by, otp  string
	out      *output.Options
	view     output.View[boundDevice] // of "rebind", which shows less
}

func (o *confirmOptions) run(ctx context.Context) error {
	c, err := o.f.Connect(ctx)
	if err != nil {
		return err
	}
	replaces, err := replaced(ctx, c.Devices, o.replaces)
	if err != nil {
		return err
	}
	state, err := c.Devices.Claim(ctx, o.code, replaces)
	if err != nil {
		return err
	}
	if state.State == "done" {
		return o.show(state)
	}
	o.tell(state)
	switch {
	case o.otp != "":
		kind := state.Sent
		if o.by != "" {
			kind = o.by
		}
		if kind == "" {
			return fault.New(exitcode.Usage, "device.no_code_sent", i18n.Say("код ещё не посылался", "no code was sent yet")).
				Advise(i18n.Say("выполните команду без --otp", "run the command without --otp"))
		}
		state, err = c.Devices.Confirm(ctx, state.ID, kind, o.otp, 0)
	default:
		state, err = o.confirm(ctx, c.Devices, state)
	}
	if err != nil || state == nil {
		return err
	}
	return o.show(state)
}

// tell shows people what they are about to confirm.
func (o *confirmOptions) tell(s *wire.DeviceConfirmation) {
	o.f.IO.Note(i18n.Text{
		RU: "Привязки просит «%s»: %s, %s, %s. Если это не ваше устройство, не вводите код.",
		EN: "%q asks to be bound: %s, %s, %s. If it is not your device, do not type the code."}.
		With(s.Name, s.Agent, s.Address, i18n.Moment(s.AskedAt.Local())))
	if s.Replaces != "" {
		o.f.IO.Note(i18n.Text{RU: "Оно займёт место «%s»: прежний токен перестанет действовать.", EN: "It takes the place of %q: the earlier token dies."}.With(s.Replaces))
	}
}

// confirm sends a code or a push and takes the answer.
func (o *confirmOptions) confirm(ctx context.Context, s *devices.Service, state *wire.DeviceConfirmation) (*wire.DeviceConfirmation, error) {
	factor, err := devices.Kind(state.Factors, o.by)
	if err != nil {
		return nil, err
	}
	id := state.ID
	if state.Sent != factor.Kind || factor.Kind == "push" || !o.f.IO.CanPrompt() {
		if state, err = s.Confirm(ctx, id, factor.Kind, "", 0); err != nil {
			return nil, err
		}
	}
	if factor.Kind == "push" {
		if state.Push == nil {
			return nil, fault.New(exitcode.Failure, "device.no_push", i18n.Say("портал не послал запрос на устройство", "the portal has sent no request to a device"))
		}
		tellPush(o.f.IO, state.Push)
		number := state.Push.Number
		err := awaitPush(ctx, o.f.Clock.Sleep, o.f.Clock.Now, state.Push, func(ctx context.Context) (*wire.Push, error) {
			next, err := s.Confirm(ctx, id, "push", number, pushLook)
			if err != nil {
				return nil, err
			}
			if state = next; state.State == "done" {
				return nil, nil
			}
			return state.Push, nil
		})
		return state, err
	}
	if !o.f.IO.CanPrompt() {
		o.f.IO.Note(i18n.Text{RU: "Код послан на %s. Дальше: та же команда с --otp КОД", EN: "A code was sent to %s. Next: the same command with --otp CODE"}.With(factor.Target))
		return state, nil
	}
	for {
		code, err := prompt.New(o.f.IO).Input(ctx, prompt.Question{Flag: "--otp",
			Label: i18n.Text{RU: "Код, отправленный на %s (пустая строка — прислать ещё раз)", EN: "Code sent to %s (empty line: send it again)"}.With(factor.Target)})
		if err != nil {
			return nil, err
		}
		next, err := s.Confirm(ctx, id, factor.Kind, code, 0)
		var f *fault.Error
		switch {
		case err == nil && next.State == "done":
			return next, nil
		case err == nil:
		case errors.As(err, &f) && (strings.HasSuffix(f.Code, "wrong_confirmation") || strings.HasSuffix(f.Code, "code_expired") || strings.HasSuffix(f.Code, "code_too_soon")):
			o.f.IO.Note(f.Message)
		default:
			return nil, err
		}
	}
}

func (o *confirmOptions) show(s *wire.DeviceConfirmation) error {
	if s.State == "done" {
		o.f.IO.Note(i18n.Text{RU: "«%s» привязано. Если это сделали не вы: epgu auth devices remove и смените пароль.", EN: "%q is bound. If it was not you: epgu auth devices remove, and change the password."}.With(s.Name))
	}
	if o.view.Fields == nil {
		return output.Object(o.f.IO, o.out, confirmationView(), *s)
	}
	return output.Object(o.f.IO, o.out, o.view, boundDevice{State: map[bool]string{true: "done", false: "waiting"}[s.State == "done"],
		Code: untrusted.Clean(o.code), Expires: s.ExpiresAt, Device: wire.Device{Name: s.Name}})
}
