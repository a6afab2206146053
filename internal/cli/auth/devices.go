package auth

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/listing"
	"github.com/epgu-cli/epgu/internal/core/devices"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

func newDevices(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "devices",
		Short: i18n.Text{RU: "Привязанные устройства: привязать, убрать, подтвердить вход", EN: "Bound devices: bind, remove, confirm a sign-in"}.In(f.Lang),
		Long: i18n.Text{
			RU: `Привязанное устройство подтверждает входы вместо кода из СМС.
На устройстве (телефон, второй компьютер, другой профиль):
  bind — попросить код и ждать, пока его подтвердят;
  requests, approve, deny — что ждёт ответа и ответ;
  rebind — привязать то же устройство заново, прежний токен перестаёт действовать.
Там, где вы вошли:
  confirm КОД — подтвердить код с экрана устройства;
  list, remove, rebind УСТРОЙСТВО КОД.`,
			EN: `A bound device confirms sign-ins instead of a code by SMS.
On the device (a phone, another computer, another profile):
  bind: ask for a code and wait until it is confirmed;
  requests, approve, deny: what waits for an answer, and the answer;
  rebind: bind the same device anew, the earlier token dies.
Where you are signed in:
  confirm CODE: confirm the code on the device's screen;
  list, remove, rebind DEVICE CODE.`}.In(f.Lang),
		Args: cobra.NoArgs,
	}
	cmd.AddCommand(newDevicesList(f), newDevicesBind(f), newDevicesConfirm(f), newDevicesRemove(f), newDevicesRebind(f),
		newDevicesRequests(f), newDevicesApprove(f), newDevicesDeny(f))
	return cmd
}

// shownDevice is a device in a list; This says that it is the profile itself.
type shownDevice struct {
	wire.Device
	This bool
}

func devicesView() output.View[shownDevice] {
	return output.View[shownDevice]{Fields: []output.Field[shownDevice]{
		{Name: "id", Title: i18n.Text{RU: "Устройство", EN: "Device"}, Value: func(d shownDevice) any { return d.ID }},
		{Name: "name", Title: i18n.Text{RU: "Название", EN: "Name"}, Value: func(d shownDevice) any { return d.Name }},
		{Name: "this", Title: i18n.Text{RU: "Этот профиль", EN: "This profile"}, Value: func(d shownDevice) any { return d.This }},
		{Name: "boundAt", Title: i18n.Text{RU: "Привязано", EN: "Bound"}, Value: func(d shownDevice) any { return d.BoundAt }},
		{Name: "seenAt", Title: i18n.Text{RU: "Последнее обращение", EN: "Last seen"}, Value: func(d shownDevice) any {
			if d.SeenAt == nil {
				return nil
			}
			return *d.SeenAt
		}},
		{Name: "address", Title: i18n.Text{RU: "Откуда привязано", EN: "Bound from"}, Value: func(d shownDevice) any { return d.Address }},
		{Name: "agent", Title: i18n.Text{RU: "Программа", EN: "Program"}, Value: func(d shownDevice) any { return d.Agent }, Wide: true},
	}, Default: []string{"id", "name", "this", "boundAt", "seenAt", "address"}}
}

func newDevicesList(f *factory.Factory) *cobra.Command {
	return listing.Command(f, &cobra.Command{
		Use:   "list",
		Short: i18n.Text{RU: "Привязанные устройства", EN: "Bound devices"}.In(f.Lang),
	}, listing.List[shownDevice]{
		View: devicesView(),
		Get: listing.Whole(func(ctx context.Context, c *factory.Connection) ([]shownDevice, error) {
			list, err := c.Devices.List(ctx)
			if err != nil {
				return nil, err
			}
			this, _, err := c.Devices.This(ctx)
			if err != nil {
				return nil, err
			}
			shown := make([]shownDevice, len(list))
			for i, d := range list {
				shown[i] = shownDevice{d, d.ID == this}
			}
			return shown, nil
		}),
	})
}

func newDevicesRemove(f *factory.Factory) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "remove УСТРОЙСТВО", EN: "remove DEVICE"}.In(f.Lang),
		Short: i18n.Text{RU: "Отвязать устройство; его токен перестанет действовать", EN: "Remove a device; its token dies"}.In(f.Lang),
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			d, err := c.Devices.Find(ctx, args[0])
			if err != nil {
				return err
			}
			if !yes {
				q := prompt.Question{Label: i18n.Text{RU: "Отвязать «%s»?", EN: "Remove %q?"}.With(d.Name), Flag: "--yes"}
				if ok, err := prompt.New(f.IO).Confirm(ctx, q, false); err != nil || !ok {
					return err
				}
			}
			if err := c.Devices.Remove(ctx, d.ID); err != nil {
				return err
			}
			f.IO.Note(i18n.Text{RU: "«%s» отвязано, его токен больше не действует.", EN: "%q is removed; its token does not work any more."}.With(d.Name))
			return nil
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, i18n.Text{RU: "не переспрашивать", EN: "do not ask again"}.In(f.Lang))
	return cmd
}

// replaced finds the device that a new one takes the place of.
func replaced(ctx context.Context, s *devices.Service, word string) (string, error) {
	if word == "" {
		return "", nil
	}
	d, err := s.Find(ctx, word)
	return d.ID, err
}
