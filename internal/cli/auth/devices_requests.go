package auth

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/listing"
	"github.com/epgu-cli/epgu/internal/core/devices"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

func requestsView() output.View[wire.DeviceRequest] {
	return output.View[wire.DeviceRequest]{Fields: []output.Field[wire.DeviceRequest]{
		{Name: "id", Title: i18n.Text{RU: "Запрос", EN: "Request"}, Value: func(r wire.DeviceRequest) any { return r.ID }},
		{Name: "kind", Title: i18n.Text{RU: "Что подтвердить", EN: "What to confirm"}, Value: func(r wire.DeviceRequest) any {
			t := i18n.Text{RU: "вход", EN: "a sign-in"}
			if r.Kind == "device" {
				t = i18n.Text{RU: "новое устройство", EN: "a new device"}
			}
			return output.Dual{Machine: r.Kind, Human: t}
		}},
		{Name: "client", Title: i18n.Text{RU: "Куда", EN: "Where to"}, Value: func(r wire.DeviceRequest) any { return r.Client }},
		{Name: "address", Title: i18n.Text{RU: "Откуда", EN: "From"}, Value: func(r wire.DeviceRequest) any { return r.Address }},
		{Name: "agent", Title: i18n.Text{RU: "Программа", EN: "Program"}, Value: func(r wire.DeviceRequest) any { return r.Agent }},
		{Name: "createdAt", Title: i18n.Text{RU: "Когда", EN: "When"}, Value: func(r wire.DeviceRequest) any { return r.CreatedAt }},
		{Name: "expiresAt", Title: i18n.Text{RU: "Ответить до", EN: "Answer until"}, Value: func(r wire.DeviceRequest) any { return r.ExpiresAt }},
		{Name: "state", Title: i18n.Text{RU: "Состояние", EN: "State"}, Value: func(r wire.DeviceRequest) any {
			t := i18n.Text{RU: "ждёт ответа", EN: "waits for an answer"}
			switch r.State {
			case "approved":
				t = i18n.Text{RU: "подтверждён", EN: "approved"}
			case "denied":
				t = i18n.Text{RU: "отклонён", EN: "denied"}
			}
			return output.Dual{Machine: r.State, Human: t}
		}},
	}, Default: []string{"id", "kind", "client", "address", "agent", "createdAt", "expiresAt"}}
}

func newDevicesRequests(f *factory.Factory) *cobra.Command {
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "requests",
		Short: i18n.Text{RU: "Что это устройство просят подтвердить", EN: "What this device is asked to confirm"}.In(f.Lang),
	}
	cmd.Flags().DurationVar(&wait, "wait", 0, i18n.Text{RU: "ждать запроса не дольше", EN: "wait for a request at most this long"}.In(f.Lang))
	return listing.Command(f, cmd, listing.List[wire.DeviceRequest]{
		View: requestsView(),
		Get: listing.Whole(func(ctx context.Context, c *factory.Connection) ([]wire.DeviceRequest, error) {
			return awaitRequests(ctx, f, c.Devices, wait)
		}),
	})
}

// awaitRequests lists the requests, waiting at most so long for one.
func awaitRequests(ctx context.Context, f *factory.Factory, s *devices.Service, wait time.Duration) ([]wire.DeviceRequest, error) {
	deadline := f.Clock.Now().Add(wait)
	for {
		asked := f.Clock.Now()
		list, err := s.Requests(ctx, max(min(deadline.Sub(asked), pushLook), 0))
		if err != nil || len(list) > 0 || !f.Clock.Now().Before(deadline) {
			return list, err
		}
		if f.Clock.Now().Sub(asked) < pushPause {
			if err := f.Clock.Sleep(ctx, pushPause); err != nil {
				return nil, err
			}
		}
	}
}

// decideOptions are what an answer takes.
type decideOptions struct {
	f       *factory.Factory
	request string
	approve bool
	number  string
	wait    time.Duration
	out     output.Options
}

func (o *decideOptions) addFlags(cmd *cobra.Command) {
	cmd.Flags().DurationVar(&o.wait, "wait", 0, i18n.Text{RU: "ждать запроса не дольше", EN: "wait for a request at most this long"}.In(o.f.Lang))
	output.AddFlags(cmd, &o.out, requestsView(), o.f.Lang)
}

func newDevicesApprove(f *factory.Factory) *cobra.Command {
	o := &decideOptions{f: f, approve: true}
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "approve [ЗАПРОС]", EN: "approve [REQUEST]"}.In(f.Lang),
		Short: i18n.Text{RU: "Подтвердить запрос числом, которое показано при входе", EN: "Approve a request by the number that is shown at sign-in"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Число видно только там, где входят: если перед вами его нет, входите не вы — отклоните запрос (deny). Три неверных числа отклоняют запрос сами.",
			EN: "The number is seen only where somebody signs in: if you do not have it before you, it is not you; deny the request (deny). Three wrong numbers deny it by themselves."}.In(f.Lang),
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.request = args[0]
			}
			return o.run(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&o.number, "number", "", i18n.Text{RU: "`число`, показанное при входе", EN: "`number` shown at sign-in"}.In(f.Lang))
	o.addFlags(cmd)
	return cmd
}

func newDevicesDeny(f *factory.Factory) *cobra.Command {
	o := &decideOptions{f: f}
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "deny [ЗАПРОС]", EN: "deny [REQUEST]"}.In(f.Lang),
		Short: i18n.Text{RU: "Отклонить запрос: вход не состоится и останется в истории как подозрительный", EN: "Deny a request: the sign-in fails and stands in the history as suspicious"}.In(f.Lang),
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.request = args[0]
			}
			return o.run(cmd.Context())
		},
	}
	o.addFlags(cmd)
	return cmd
}

func (o *decideOptions) run(ctx context.Context) error {
	c, err := o.f.Connect(ctx)
	if err != nil {
		return err
	}
	list, err := awaitRequests(ctx, o.f, c.Devices, o.wait)
	if err != nil {
		return err
	}
	r, err := o.pick(list)
	if err != nil {
		return err
	}
	if o.approve && o.number == "" {
		if r.Client == "" { // named, and not among those that wait
			return fault.New(exitcode.NotFound, "push.not_found", i18n.Say("этот запрос не ждёт ответа", "this request does not wait for an answer")).
				AdviseRun("epgu auth devices requests")
		}
		o.f.IO.Note(i18n.Text{RU: "Запрос: %s — %s, %s, %s", EN: "The request: %s, %s, %s, %s"}.
			With(r.Client, r.Agent, r.Address, r.CreatedAt.Local().Format("15:04:05")))
		if o.number, err = prompt.New(o.f.IO).Input(ctx, prompt.Question{Label: i18n.Text{RU: "Число, показанное при входе", EN: "The number that is shown at sign-in"}, Flag: "--number"}); err != nil {
			return err
		}
	}
	done, err := c.Devices.Decide(ctx, r.ID, o.approve, o.number)
	if err != nil {
		return err
	}
	if !o.approve {
		o.f.IO.Note(i18n.Say("Отклонено. Если входили не вы, пароль знает кто-то ещё: epgu auth password", "Denied. If it was not you, somebody knows your password: epgu auth password"))
	}
	return output.Object(o.f.IO, &o.out, requestsView(), *done)
}

// pick finds the request that is meant: the named one, or the only one.
func (o *decideOptions) pick(list []wire.DeviceRequest) (wire.DeviceRequest, error) {
	for _, r := range list {
		if o.request == r.ID {
			return r, nil
		}
	}
	switch {
	case o.request != "":
		// It may have been decided already: the portal knows.
		return wire.DeviceRequest{ID: o.request}, nil
	case len(list) == 1:
		return list[0], nil
	case len(list) == 0:
		return wire.DeviceRequest{}, fault.New(exitcode.NotFound, "push.none", i18n.Say("ничто не ждёт ответа", "nothing waits for an answer")).
			Advise(i18n.Say("подождать запроса: --wait 2m", "to wait for a request: --wait 2m"))
	}
	several := i18n.Plural{One: "запрос", Few: "запроса", Many: "запросов", Sing: "request", Plur: "requests"}
	return wire.DeviceRequest{}, fault.New(exitcode.Usage, "push.which", i18n.Text{RU: "ждут ответа %s: назовите нужный", EN: "%s wait: name the one"}.With(several.Count(len(list)))).
		AdviseRun("epgu auth devices requests")
}
