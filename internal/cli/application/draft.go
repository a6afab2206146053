package application

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/signer"
	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

func draftView() output.View[wire.Draft] {
	return output.View[wire.Draft]{Fields: []output.Field[wire.Draft]{
		{Name: "id", Title: i18n.Text{RU: "Черновик", EN: "Draft"}, Value: func(d wire.Draft) any { return d.ID }},
		{Name: "service", Title: i18n.Text{RU: "Код услуги", EN: "Service code"}, Value: func(d wire.Draft) any { return d.Service }},
		{Name: "title", Title: i18n.Text{RU: "Услуга", EN: "Service"}, Value: func(d wire.Draft) any { return d.Title }, Wide: true},
		{Name: "data", Title: i18n.Text{RU: "Поля", EN: "Fields"}, Value: func(d wire.Draft) any { return d.Data }, Wide: true},
		{Name: "updatedAt", Title: i18n.Text{RU: "Изменён", EN: "Changed"}, Value: func(d wire.Draft) any { return d.UpdatedAt }},
		{Name: "expiresAt", Title: i18n.Text{RU: "Хранится до", EN: "Kept until"}, Value: func(d wire.Draft) any { return d.ExpiresAt }},
	}, Default: []string{"id", "service", "title", "updatedAt", "expiresAt"}}
}

// draftKeeper keeps what was answered so far as a draft on the portal: after
// every answer, so that neither Ctrl-C nor a crash loses more than the line that
// is being typed.
type draftKeeper struct {
	f       *factory.Factory
	c       *factory.Connection
	form    *forms.Form
	service wire.ServiceDetails
	id      string
	etag    string
	name    string
	remind  string // yyyy-mm-dd
}

func (d *draftKeeper) keep(ctx context.Context, x *forms.Filling) error {
	return d.save(ctx, x.Draft())
}

func (d *draftKeeper) save(ctx context.Context, values map[string]any) error {
	in := wire.DraftInput{Service: d.service.Code, Data: values, FormVersion: d.form.Version, Name: d.name, RemindOn: d.remind}
	var kept *cabinet.Draft
	var err error
	if d.id == "" {
		kept, err = d.c.Cabinet.CreateDraft(ctx, in)
	} else {
		kept, err = d.c.Cabinet.PutDraft(ctx, d.id, d.etag, in)
	}
	if err != nil {
		return err
	}
	d.id, d.etag = kept.ID, kept.ETag
	return nil
}

// interrupted says where what was answered is, when a command ends before its
// work is done.
func (d *draftKeeper) interrupted(err error) error {
	if d.id != "" {
		d.f.IO.Note(i18n.Text{RU: "Ответы сохранены в черновике. Продолжить: epgu application submit %s", EN: "The answers are kept in a draft. To go on: epgu application submit %s"}.With(d.id))
	}
	return err
}

func (d *draftKeeper) tell(out *output.Options) error {
	d.f.IO.Note(i18n.Text{RU: "Черновик сохранён. Подать: epgu application submit %s", EN: "The draft is kept. Submit it: epgu application submit %s"}.With(d.id))
	return output.Object(d.f.IO, out, submittedView(), submitted{draft: d.id, service: d.service})
}

// drop removes the draft of an application that is in; one that stays behind
// does no harm.
func (d *draftKeeper) drop(ctx context.Context) {
	if d.id == "" {
		return
	}
	if err := d.c.Cabinet.DeleteDraft(ctx, d.id); err != nil {
		d.f.IO.Note(i18n.Text{RU: "Заявление подано, но черновик %s остался.", EN: "The application is in, but draft %s stayed."}.With(d.id))
	}
}

// newDraft lists drafts; they are made by "create" and sent by "submit".
func newDraft(f *factory.Factory) *cobra.Command {
	var out output.Options
	var remove string
	cmd := &cobra.Command{
		Use:   "draft",
		Short: i18n.Text{RU: "Черновики", EN: "Drafts"}.In(f.Lang),
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.Connect(cmd.Context())
			if err != nil {
				return err
			}
			if remove != "" {
				return c.Cabinet.DeleteDraft(cmd.Context(), remove)
			}
			drafts, total, err := cabinet.Take(0, func(q cabinet.PageQuery) (*wire.Page[wire.Draft], error) {
				return c.Cabinet.Drafts(cmd.Context(), q)
			})
			if err != nil {
				return err
			}
			return output.List(f.IO, &out, draftView(), drafts, output.Page{Total: total})
		},
	}
	cmd.Flags().StringVar(&remove, "remove", "", i18n.Text{RU: "убрать черновик с этим `номером`", EN: "remove the draft with this `id`"}.In(f.Lang))
	output.AddFlags(cmd, &out, draftView(), f.Lang)
	return cmd
}

// newSubmit sends a draft.
func newSubmit(f *factory.Factory) *cobra.Command {
	in, who := input{f: f}, sign{who: signer.Flags{F: f}}
	var out output.Options
	var again, region string
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "submit ЧЕРНОВИК", EN: "submit DRAFT"}.In(f.Lang),
		Short: i18n.Text{RU: "Подать черновик", EN: "Submit a draft"}.In(f.Lang),
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			d, err := c.Cabinet.Draft(ctx, args[0])
			if err != nil {
				return err
			}
			service, err := c.Catalog.View(ctx, d.Service)
			if err != nil {
				return err
			}
			form, known, err := c.Catalog.Form(ctx, service.Code)
			if err != nil {
				return err
			}
			known.Values = forms.Merge(known.Values, d.Data)
			k := &draftKeeper{f: f, c: c, form: form, service: *service, id: d.ID, etag: d.ETag, name: d.Name, remind: d.RemindOn}
			in.keep = k.keep
			done, err := in.fill(ctx, c, form, known, service.Documents)
			if err != nil {
				return k.interrupted(err)
			}
			if err := send(ctx, f, c, &out, sending{service: *service, values: done.values, attached: done.attached, again: again, region: region, sign: &who}); err != nil {
				return k.interrupted(err)
			}
			k.drop(ctx)
			return nil
		},
	}
	in.flags(cmd)
	who.flags(cmd)
	cmd.Flags().StringVar(&again, "again", "", i18n.Text{RU: "подать ещё одно такое же, `причина` останется в журнале", EN: "submit one more like it; the `reason` is kept in the journal"}.In(f.Lang))
	cmd.Flags().StringVar(&region, "region", "", i18n.Text{RU: "код региона (ОКАТО, 11 цифр)", EN: "region code (ОКАТО, 11 digits)"}.In(f.Lang))
	output.AddFlags(cmd, &out, submittedView(), f.Lang)
	return cmd
}
