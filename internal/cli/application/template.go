package application

import (
	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

func templateView() output.View[wire.Template] {
	return output.View[wire.Template]{Fields: []output.Field[wire.Template]{
		{Name: "name", Title: i18n.Text{RU: "Шаблон", EN: "Template"}, Value: func(t wire.Template) any { return t.Name }},
		{Name: "service", Title: i18n.Text{RU: "Код услуги", EN: "Service code"}, Value: func(t wire.Template) any { return t.Service }},
		{Name: "title", Title: i18n.Text{RU: "Услуга", EN: "Service"}, Value: func(t wire.Template) any { return t.Title }, Wide: true},
		{Name: "data", Title: i18n.Text{RU: "Поля", EN: "Fields"}, Value: func(t wire.Template) any { return t.Data }, Wide: true},
		{Name: "formVersion", Title: i18n.Text{RU: "Версия формы", EN: "Version of the form"}, Value: func(t wire.Template) any { return t.FormVersion }},
		{Name: "updatedAt", Title: i18n.Text{RU: "Изменён", EN: "Changed"}, Value: func(t wire.Template) any { return t.UpdatedAt }},
		{Name: "id", Title: i18n.Text{RU: "Номер", EN: "ID"}, Value: func(t wire.Template) any { return t.ID }},
	}, Default: []string{"name", "service", "title", "updatedAt"}}
}

// newTemplate is the noun inside the noun; alone it lists templates.
func newTemplate(f *factory.Factory) *cobra.Command {
	cmd := templateList(f, &cobra.Command{
		Use:   "template",
		Short: i18n.Text{RU: "Шаблоны частых заявлений: список, сохранение, просмотр, удаление", EN: "Templates of frequent applications: list, save, view, remove"}.In(f.Lang),
	})
	cmd.AddCommand(templateList(f, &cobra.Command{Use: "list", Short: i18n.Text{RU: "Шаблоны по имени", EN: "Templates by name"}.In(f.Lang)}),
		newTemplateSave(f), newTemplateView(f), newTemplateRemove(f))
	return cmd
}

func templateList(f *factory.Factory, cmd *cobra.Command) *cobra.Command {
	var out output.Options
	cmd.Args = cobra.NoArgs
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := f.Connect(cmd.Context())
		if err != nil {
			return err
		}
		all, err := c.Templates.All(cmd.Context(), "")
		if err != nil {
			return err
		}
		if err := output.List(f.IO, &out, templateView(), all, output.Page{Total: len(all)}); err != nil {
			return err
		}
		if len(all) > 0 && !out.Machine() {
			f.IO.Note(i18n.Text{RU: "Заполнить по шаблону: epgu application create --from-template %q", EN: "Fill by a template: epgu application create --from-template %q"}.With(all[0].Name))
		}
		return nil
	}
	output.AddFlags(cmd, &out, templateView(), f.Lang)
	return cmd
}

func newTemplateSave(f *factory.Factory) *cobra.Command {
	in, from := input{f: f}, beginning{f: f}
	var out output.Options
	var service, draft string
	var replace bool
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "save ИМЯ", EN: "save NAME"}.In(f.Lang),
		Short: i18n.Text{RU: "Сохранить ответы как шаблон", EN: "Keep answers as a template"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Ответы — из черновика (--draft), прежнего заявления (--repeat), другого шаблона (--from-template) или из --from и --set для услуги (--service).\nТо, что портал знает из профиля и реестров, в шаблон не попадает: оно каждый раз берётся заново. Секретное не сохраняется.",
			EN: "The answers are those of a draft (--draft), an earlier application (--repeat), another template (--from-template), or of --from and --set for a service (--service).\nWhat the portal knows from the profile and registers is no part of a template: it is taken anew each time. Secrets are not kept."}.In(f.Lang),
		Example: "  epgu application template save \"Mother's payment\" --repeat 2350000001\n  epgu application template save report --service licence-report --from report.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			given, err := in.given()
			if err != nil {
				return err
			}
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			var b *begun
			var values map[string]any
			if draft != "" {
				o, err := openDraft(ctx, f, c, draft)
				if err != nil {
					return err
				}
				b, values = &begun{&o.keeper.service, o.keeper.form, o.known}, o.data
			} else {
				var named []string
				if service != "" {
					named = []string{service}
				}
				if b, err = from.open(ctx, c, named, nil); err != nil {
					return err
				}
				values = b.known.Values
			}
			if err := unknownFields(b.form, given); err != nil {
				return err
			}
			answers := b.form.Fill(b.known, nil, nil)
			answers.Lay(values)
			answers.Lay(given)
			kept, err := c.Templates.Keep(ctx, args[0], b.form, b.known, answers.Draft(), replace)
			if err != nil {
				return err
			}
			f.IO.Note(i18n.Text{RU: "Шаблон сохранён. Заполнить по нему: epgu application create --from-template %q", EN: "The template is kept. Fill by it: epgu application create --from-template %q"}.With(kept.Name))
			return output.Object(f.IO, &out, templateView(), kept.Template)
		},
	}
	in.values(cmd)
	from.flags(cmd)
	cmd.Flags().StringVar(&service, "service", "", i18n.Text{RU: "`услуга`, код или короткое имя", EN: "the `service`, its code or short name"}.In(f.Lang))
	_ = cmd.RegisterFlagCompletionFunc("service", f.CompleteService) // fails only for a flag that is not there
	cmd.Flags().StringVar(&draft, "draft", "", i18n.Text{RU: "взять ответы из этого `черновика`", EN: "take the answers of this `draft`"}.In(f.Lang))
	cmd.Flags().BoolVar(&replace, "replace", false, i18n.Text{RU: "заменить шаблон с таким именем", EN: "replace the template of this name"}.In(f.Lang))
	cmd.MarkFlagsMutuallyExclusive("draft", "repeat")
	cmd.MarkFlagsMutuallyExclusive("draft", "from-template")
	cmd.MarkFlagsMutuallyExclusive("draft", "service")
	output.AddFlags(cmd, &out, templateView(), f.Lang)
	return cmd
}

func newTemplateView(f *factory.Factory) *cobra.Command {
	var out output.Options
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "view ИМЯ", EN: "view NAME"}.In(f.Lang),
		Short: i18n.Text{RU: "Ответы шаблона", EN: "The answers of a template"}.In(f.Lang),
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			t, err := c.Templates.Find(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, templateView(), t.Template)
		},
	}
	output.AddFlags(cmd, &out, templateView(), f.Lang)
	return cmd
}

func newTemplateRemove(f *factory.Factory) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "remove ИМЯ", EN: "remove NAME"}.In(f.Lang),
		Short: i18n.Text{RU: "Удалить шаблон", EN: "Remove a template"}.In(f.Lang),
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			t, err := c.Templates.Find(ctx, args[0])
			if err != nil {
				return err
			}
			if !yes {
				sure, err := prompt.New(f.IO).Confirm(ctx, prompt.Question{Flag: "--yes",
					Label: i18n.Text{RU: "Удалить шаблон «%s»?", EN: "Remove the template %q?"}.With(t.Name)}, false)
				if err != nil {
					return err
				}
				if !sure {
					return fault.New(exitcode.Usage, "prompt.not_confirmed", i18n.Say("не подтверждено, ничего не сделано", "not confirmed, nothing was done"))
				}
			}
			if err := c.Cabinet.DeleteTemplate(ctx, t.ID); err != nil {
				return err
			}
			f.IO.Note(i18n.Text{RU: "Шаблон «%s» удалён.", EN: "The template %q is removed."}.With(t.Name))
			return nil
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, i18n.Text{RU: "не спрашивать", EN: "do not ask"}.In(f.Lang))
	return cmd
}
