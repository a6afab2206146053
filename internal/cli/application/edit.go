package application

import (
	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/signer"
	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

// newEdit mends an application under correction and sends it again under the
// same number.
func newEdit(f *factory.Factory) *cobra.Command {
	in, who := input{f: f}, sign{who: signer.Flags{F: f}}
	var out output.Options
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "edit НОМЕР", EN: "edit NUMBER"}.In(f.Lang),
		Short: i18n.Text{RU: "Исправить заявление и отправить под тем же номером", EN: "Mend an application and send it under the same number"}.In(f.Lang),
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := orderID(args[0])
			if err != nil {
				return err
			}
			ctx := cmd.Context()
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			a, err := one(ctx, f, c, id)
			if err != nil {
				return err
			}
			if a.Correction == nil {
				return fault.New(exitcode.Refused, "application.not_correctable", i18n.Text{
					RU: "заявление № %d сейчас менять нельзя: %s", EN: "application no. %d cannot be changed now: %s"}.With(id, a.StatusTitle))
			}
			service, err := c.Catalog.View(ctx, a.Service)
			if err != nil {
				return err
			}
			form, known, err := c.Catalog.Form(ctx, service.Code)
			if err != nil {
				if c.LacksCatalog(ctx) {
					return fault.New(exitcode.Refused, "application.edit_files", i18n.Text{
						RU: "заявление № %d подано готовыми файлами: исправляют его тоже ими", EN: "application no. %d was made of ready files: it is mended by files, too"}.With(id)).Because(err).
						Advise(i18n.Text{RU: "исправленное: epgu application create %s --order %d --file имя=путь --region КОД --submit", EN: "the mended one: epgu application create %s --order %d --file name=path --region CODE --submit"}.With(a.Service, id))
				}
				return err
			}
			f.IO.Note(i18n.Text{RU: "Ведомство просит: %s", EN: "The department asks: %s"}.With(a.Correction.Text))
			done, err := in.fill(ctx, c, form, known, service.Documents)
			if err != nil {
				return err
			}
			return send(ctx, f, c, &out, sending{service: *service, values: done.values, attached: done.attached, orderID: id, sign: &who})
		},
	}
	in.flags(cmd)
	who.flags(cmd)
	output.AddFlags(cmd, &out, submittedView(), f.Lang)
	return cmd
}

func newCancel(f *factory.Factory) *cobra.Command {
	var reason string
	var yes bool
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "cancel НОМЕР", EN: "cancel NUMBER"}.In(f.Lang),
		Short: i18n.Text{RU: "Отозвать заявление", EN: "Withdraw an application"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Отзывает заявление, пока портал это позволяет. Причину (--reason) увидит ведомство.",
			EN: "Withdraws an application as long as the portal allows it. The department sees the reason (--reason)."}.In(f.Lang),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := orderID(args[0])
			if err != nil {
				return err
			}
			if err := applications.CheckReason(reason); err != nil {
				return err
			}
			ctx := cmd.Context()
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			if err := applications.CheckWithdrawal(ctx, c.Gusmev, id); err != nil {
				return err
			}
			if !yes {
				err := prompt.New(f.IO).TypedConfirm(ctx, prompt.Typed{
					Label: i18n.Text{RU: "Заявление № %d будет отозвано", EN: "Application no. %d will be withdrawn"}.With(id), Expected: args[0], Flag: "--yes"})
				if err != nil {
					return err
				}
			}
			if err := applications.Withdraw(ctx, c.Gusmev, id, reason); err != nil {
				return err
			}
			f.IO.Note(i18n.Text{RU: "Заявление № %d отзывается.", EN: "Application no. %d is being withdrawn."}.With(id))
			return nil
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", i18n.Text{RU: "почему", EN: "why"}.In(f.Lang))
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, i18n.Text{RU: "не спрашивать", EN: "do not ask"}.In(f.Lang))
	return cmd
}
