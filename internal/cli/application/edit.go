package application

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/signer"
	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
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
		Short: i18n.Text{RU: "Исправить или изменить заявление под тем же номером", EN: "Mend or change an application under the same number"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Когда ведомство вернуло заявление на исправление, отправляет исправленное целиком. Пока ведомство не проверило документы, меняет только названные поля (--set, --from) и документы (--attach); прежнее остаётся в epgu application versions, вернуть его — epgu application revert.",
			EN: "When the department has sent an application back, the mended one is sent whole. Until the department has checked the documents, only the fields that are named (--set, --from) and documents (--attach) are changed; what was before stays in epgu application versions, and epgu application revert brings it back."}.In(f.Lang),
		Args: cobra.ExactArgs(1),
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
			if a.Correction == nil && a.ChangeUntil != nil {
				return change(ctx, f, c, a, &in, &out)
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
	output.AddFlags(cmd, &out, submittedView(f.Lang), f.Lang)
	return cmd
}

// change changes fields and documents of an application that the department has not
// checked yet.
func change(ctx context.Context, f *factory.Factory, c *factory.Connection, a *wire.Application, in *input, out *output.Options) error {
	given, err := in.given()
	if err != nil {
		return err
	}
	if len(given) == 0 && len(in.attach) == 0 {
		return fault.New(exitcode.Usage, "application.nothing_changed", i18n.Say("не сказано, что изменить", "it is not said what to change")).
			Advise(i18n.Say("назовите поля: --set имя=значение, документы: --attach имя=файл; что есть сейчас: epgu application versions", "name fields: --set name=value, documents: --attach name=file; what there is now: epgu application versions"))
	}
	service, err := c.Catalog.View(ctx, a.Service)
	if err != nil {
		return err
	}
	if len(given) > 0 {
		form, _, err := c.Catalog.Form(ctx, service.Code)
		if err != nil {
			return err
		}
		if err := unknownFields(form, given); err != nil {
			return err
		}
		v, err := c.Cabinet.Versions(ctx, a.OrderID)
		if err != nil {
			return err
		}
		if _, err := c.Cabinet.ChangeApplication(ctx, a.OrderID, v.ETag, form.Coerce(given)); err != nil {
			return err
		}
	}
	if len(in.attach) > 0 {
		if _, err := attachTo(ctx, f, c, a.OrderID, in.attach); err != nil {
			return err
		}
	}
	f.IO.Note(i18n.Text{RU: "Заявление № %d изменено. Вернуть: epgu application revert %d", EN: "Application no. %d is changed. Put it back: epgu application revert %d"}.With(a.OrderID, a.OrderID))
	return output.Object(f.IO, out, submittedView(f.Lang), submitted{Receipt: applications.Receipt{OrderID: a.OrderID}, service: *service, status: a.StatusID, title: a.StatusTitle})
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
