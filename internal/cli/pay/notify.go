package pay

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

func newNotify(f *factory.Factory) *cobra.Command {
	var out output.Options
	view := output.View[cabinet.PayeeNotice]{Fields: []output.Field[cabinet.PayeeNotice]{
		{Name: "paymentId", Title: i18n.Text{RU: "Платёж", EN: "Payment"}, Value: func(n cabinet.PayeeNotice) any { return n.PaymentID }},
		{Name: "payee", Title: i18n.Text{RU: "Получатель", EN: "Payee"}, Value: func(n cabinet.PayeeNotice) any { return n.Payee }},
		{Name: "sentAt", Title: i18n.Text{RU: "Сообщено", EN: "Told"}, Value: func(n cabinet.PayeeNotice) any { return n.SentAt }},
	}}
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "notify ПЛАТЁЖ", EN: "notify PAYMENT"}.In(f.Lang),
		Short: i18n.Text{RU: "Сообщить получателю, что деньги ушли", EN: "Tell the payee that the money has moved"}.In(f.Lang),
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			n, err := c.Cabinet.NotifyPayee(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, view, *n)
		},
	}
	output.AddFlags(cmd, &out, view, f.Lang)
	return cmd
}

// notify tells the payee after "pay --notify".
func notify(ctx context.Context, f *factory.Factory, id string) error {
	c, err := f.Connect(ctx)
	if err != nil {
		return err
	}
	n, err := c.Cabinet.NotifyPayee(ctx, id)
	if err == nil {
		f.IO.Note(i18n.Text{RU: "Получателю сообщено: %s", EN: "The payee was told: %s"}.With(n.Payee))
	}
	return err
}
