package auth

import (
	"context"
	"os"
	"time"

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

// bindTime is how long "bind" waits unless told otherwise: as long as the
// portal's codes live.
const bindTime = 10 * time.Minute

// boundView shows this device on its way: first its code, then what it became.
type boundDevice struct {
	State   string // "waiting", "done"
	Code    string
	Expires time.Time
	wire.Device
}

func bindView() output.View[boundDevice] {
	orNil := func(t time.Time) any {
		if t.IsZero() {
			return nil
		}
		return t
	}
	return output.View[boundDevice]{Fields: []output.Field[boundDevice]{
		{Name: "state", Title: i18n.Text{RU: "Состояние", EN: "State"}, Value: func(d boundDevice) any {
			t := i18n.Text{RU: "код ждёт подтверждения", EN: "the code waits to be confirmed"}
			if d.State == "done" {
				t = i18n.Text{RU: "привязано", EN: "bound"}
			}
			return output.Dual{Machine: d.State, Human: t}
		}},
		{Name: "code", Title: i18n.Text{RU: "Код", EN: "Code"}, Value: func(d boundDevice) any { return d.Code }},
		{Name: "name", Title: i18n.Text{RU: "Название", EN: "Name"}, Value: func(d boundDevice) any { return d.Name }},
		{Name: "expiresAt", Title: i18n.Text{RU: "Код действует до", EN: "Code good until"}, Value: func(d boundDevice) any { return orNil(d.Expires) }},
		{Name: "id", Title: i18n.Text{RU: "Устройство", EN: "Device"}, Value: func(d boundDevice) any { return d.ID }},
		{Name: "boundAt", Title: i18n.Text{RU: "Привязано", EN: "Bound"}, Value: func(d boundDevice) any { return orNil(d.BoundAt) }},
	}}
}

// bindOptions are what binding this profile as a device takes.
type bindOptions struct {
	f      *factory.Factory
	name   string
	noWait bool
	finish bool
	wait   time.Duration
	anew   bool
	out    output.Options
}

func (o *bindOptions) addFlags(cmd *cobra.Command) {
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(o.f.Lang) }
	fl := cmd.Flags()
	fl.StringVar(&o.name, "name", "", say("как назвать устройство", "what to call the device"))
	fl.BoolVar(&o.noWait, "no-wait", false, say("показать код и не ждать", "show the code and do not wait"))
	fl.BoolVar(&o.finish, "finish", false, say("забрать токен по коду, показанному раньше", "take the token of a code that was shown before"))
	fl.DurationVar(&o.wait, "wait", bindTime, say("сколько ждать подтверждения", "how long to wait for the confirmation"))
	cmd.MarkFlagsMutuallyExclusive("no-wait", "finish")
	cmd.MarkFlagsMutuallyExclusive("name", "finish")
	output.AddFlags(cmd, &o.out, bindView(), o.f.Lang)
}

func newDevicesBind(f *factory.Factory) *cobra.Command {
	o := &bindOptions{f: f}
	cmd := &cobra.Command{
		Use:   "bind",
		Short: i18n.Text{RU: "Привязать этот профиль как устройство: показать код и ждать", EN: "Bind this profile as a device: show a code and wait"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Показывает код, который подтверждают там, где вы вошли: epgu auth devices confirm КОД. Входить на самом устройстве не нужно. Токен устройства остаётся в хранилище профиля и никогда не печатается. Без ожидания: --no-wait, потом --finish.",
			EN: "Shows a code that is confirmed where you are signed in: epgu auth devices confirm CODE. The device itself need not be signed in. Its token stays in the profile's vault and is never printed. Without waiting: --no-wait, later --finish."}.In(f.Lang),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	o.addFlags(cmd)
	return cmd
}

func newDevicesRebind(f *factory.Factory) *cobra.Command {
	o := &bindOptions{f: f, anew: true}
	var by, otp string
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "rebind [УСТРОЙСТВО КОД]", EN: "rebind [DEVICE CODE]"}.In(f.Lang),
		Short: i18n.Text{RU: "Привязать заново: прежний токен перестанет действовать", EN: "Bind anew: the earlier token dies"}.In(f.Lang),
		Long: i18n.Text{
			RU: "На самом устройстве — без аргументов: показывает новый код. Там, где вы вошли, — с названием прежнего устройства и кодом нового: оно займёт место прежнего, и предел не помешает.",
			EN: "On the device itself without arguments: shows a new code. Where you are signed in, with the earlier device and the code of the new one: it takes the earlier one's place, whatever the limit."}.In(f.Lang),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 || len(args) > 2 {
				return fault.New(exitcode.Usage, "devices.rebind_args", i18n.Say("нужны либо оба: УСТРОЙСТВО КОД, либо ни одного", "either both DEVICE CODE, or neither")).
					AdviseRun("epgu auth devices rebind --help")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				if by != "" || otp != "" {
					return fault.New(exitcode.Usage, "flag.needs", i18n.Say("--by и --otp работают вместе с УСТРОЙСТВО КОД", "--by and --otp go together with DEVICE CODE"))
				}
				return o.run(cmd.Context())
			}
			return (&confirmOptions{f: f, code: args[1], replaces: args[0], by: by, otp: otp, out: &o.out, view: bindView()}).run(cmd.Context())
		},
	}
	o.addFlags(cmd)
	addConfirmFlags(cmd, f, &by, &otp)
	return cmd
}

func (o *bindOptions) run(ctx context.Context) error {
	if o.wait <= 0 {
		return fault.New(exitcode.Usage, "flag.value", i18n.Say("--wait должен быть больше нуля", "--wait must be more than zero"))
	}
	if o.finish {
		c, err := o.f.Connect(ctx)
		if err != nil {
			return err
		}
		return o.await(ctx, c.Devices, o.wait)
	}
	if o.name == "" && !o.anew {
		host, err := os.Hostname()
		if err != nil {
			host = ""
		}
		if o.name, err = prompt.New(o.f.IO).Input(ctx, prompt.Question{Label: i18n.Text{RU: "Как назвать это устройство", EN: "What to call this device"}, Flag: "--name", Default: host}); err != nil {
			return err
		}
	}
	c, err := o.f.Connect(ctx)
	if err != nil {
		return err
	}
	code, err := c.Devices.Ask(ctx, o.name, o.anew)
	if err != nil {
		return err
	}
	next := i18n.Text{
		RU: "Код: %[1]s (до %[2]s). Там, где вы вошли: epgu auth devices confirm %[1]s",
		EN: "The code: %[1]s (until %[2]s). Where you are signed in: epgu auth devices confirm %[1]s"}.
		With(untrusted.Text(code.Code), code.Expires.Local().Format("15:04"))
	o.f.IO.Note(next)
	if o.noWait {
		o.f.IO.Note(i18n.Say("Потом здесь: epgu auth devices bind --finish", "Then here: epgu auth devices bind --finish"))
		return output.Object(o.f.IO, &o.out, bindView(), boundDevice{State: "waiting", Code: code.Code, Expires: code.Expires, Device: wire.Device{Name: wire.Text(code.Name)}})
	}
	o.f.IO.Note(i18n.Say("Жду подтверждения… (прервать — Ctrl-C, продолжить — epgu auth devices bind --finish)",
		"Waiting for the confirmation… (Ctrl-C to stop, epgu auth devices bind --finish to go on)"))
	return o.await(ctx, c.Devices, min(o.wait, code.Expires.Sub(o.f.Clock.Now())))
}

// await takes the token once somebody has confirmed the code.
func (o *bindOptions) await(ctx context.Context, s *devices.Service, limit time.Duration) error {
	deadline := o.f.Clock.Now().Add(limit)
	for {
		left := deadline.Sub(o.f.Clock.Now())
		asked := o.f.Clock.Now()
		d, ok, err := s.Take(ctx, max(min(left, pushLook), 0))
		if err != nil {
			return err
		}
		if ok {
			return output.Object(o.f.IO, &o.out, bindView(), boundDevice{State: "done", Device: d})
		}
		if !o.f.Clock.Now().Before(deadline) {
			return fault.New(exitcode.Pending, "device.not_confirmed", i18n.Say("код ещё не подтверждён", "the code was not confirmed yet")).
				Advise(i18n.Say("подтвердите его там, где вы вошли (epgu auth devices confirm КОД), и выполните здесь: epgu auth devices bind --finish",
					"confirm it where you are signed in (epgu auth devices confirm CODE) and run here: epgu auth devices bind --finish"))
		}
		if o.f.Clock.Now().Sub(asked) < pushPause {
			if err := o.f.Clock.Sleep(ctx, pushPause); err != nil {
				return err
			}
		}
	}
}
