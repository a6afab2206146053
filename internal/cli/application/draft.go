package application

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/signer"
	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/core/drafts"
	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

func draftView() output.View[wire.Draft] {
	return output.View[wire.Draft]{Fields: []output.Field[wire.Draft]{
		{Name: "id", Title: i18n.Text{RU: "Черновик", EN: "Draft"}, Value: func(d wire.Draft) any { return d.ID }},
		{Name: "service", Title: i18n.Text{RU: "Код услуги", EN: "Service code"}, Value: func(d wire.Draft) any { return d.Service }},
		{Name: "name", Title: i18n.Text{RU: "Имя", EN: "Name"}, Value: func(d wire.Draft) any { return untrusted.Text(d.Name) }, Wide: true},
		{Name: "title", Title: i18n.Text{RU: "Услуга", EN: "Service"}, Value: func(d wire.Draft) any { return d.Title }, Wide: true},
		{Name: "data", Title: i18n.Text{RU: "Поля", EN: "Fields"}, Value: func(d wire.Draft) any { return d.Data }, Wide: true},
		{Name: "updatedAt", Title: i18n.Text{RU: "Изменён", EN: "Changed"}, Value: func(d wire.Draft) any { return d.UpdatedAt }},
		{Name: "formVersion", Title: i18n.Text{RU: "Версия формы", EN: "Version of the form"}, Value: func(d wire.Draft) any { return d.FormVersion }},
		{Name: "remindOn", Title: i18n.Text{RU: "Напомнить", EN: "Remind on"}, Value: func(d wire.Draft) any { return output.Day(d.RemindOn) }},
		{Name: "due", Title: i18n.Text{RU: "Пора вернуться", EN: "Due"}, Value: func(d wire.Draft) any { return d.Due }},
		{Name: "expiresAt", Title: i18n.Text{RU: "Хранится до", EN: "Kept until"}, Value: func(d wire.Draft) any {
			if d.ExpiresAt.IsZero() { // kept on this machine
				return nil
			}
			return d.ExpiresAt
		}},
	}, Default: []string{"id", "service", "title", "updatedAt", "remindOn", "expiresAt"}}
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
	kept    wire.Draft
	in      *input // whose attachments are kept with the draft; nil leaves them as they are
	typed   *input // whose file may have had comments of the person, to be kept, too; may be nil
}

func (d *draftKeeper) keep(ctx context.Context, x *forms.Filling) error {
	return d.save(ctx, x.Draft())
}

// keepFiles remembers on this machine which files are to go with the draft: the
// portal takes them only with the application.
func (d *draftKeeper) keepFiles() error {
	if d.in == nil || d.id == "" {
		return nil
	}
	return d.c.Drafts.KeepFiles(d.id, applications.Matched(d.in.attach, d.service.Documents))
}

func (d *draftKeeper) save(ctx context.Context, values map[string]any) error {
	if drafts.IsLocal(d.id) || d.id == "" && d.c.LacksDrafts(ctx) {
		id, err := d.c.Drafts.KeepParcel(drafts.Parcel{ID: d.id, Service: d.service.Code, Title: d.service.Title.Raw(), Values: values}, d.f.Clock.Now())
		if err != nil {
			return err
		}
		d.id, d.kept = id, wire.Draft{ID: id, Service: d.service.Code, Title: d.service.Title, Data: values, UpdatedAt: d.f.Clock.Now()}
		return d.keepAside()
	}
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
	d.id, d.etag, d.kept = kept.ID, kept.ETag, kept.Draft
	return d.keepAside()
}

// keepAside keeps on this machine what goes with the answers and is none of them.
func (d *draftKeeper) keepAside() error {
	if err := d.keepComments(); err != nil {
		return err
	}
	return d.keepFiles()
}

// keepComments lays the comments of the file that was given over those that the
// draft has, to be seen when it is edited.
func (d *draftKeeper) keepComments() error {
	if d.typed == nil || len(d.typed.comments) == 0 {
		return nil
	}
	all := d.c.Drafts.Comments(d.id)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, d.typed.comments)
	return d.c.Drafts.Keep(d.id, all)
}

// withFiles gives the draft's attachments to what was not attached this time.
func (d *draftKeeper) withFiles(in *input) {
	d.in, in.resumed = in, true
	given := applications.Matched(in.attach, d.service.Documents)
	kept := d.c.Drafts.Files(d.id)
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		if given[name] == "" && slices.ContainsFunc(d.service.Documents, func(doc wire.Document) bool { return doc.Name == name }) {
			in.attach = append(in.attach, name+"="+kept[name])
		}
	}
}

// goOn offers the latest draft of the service that an interruption has left, and
// takes its answers when the person wants to go on with it.
func (d *draftKeeper) goOn(ctx context.Context, known *forms.Known) error {
	for left, err := range d.c.Cabinet.AllDrafts(ctx) { // the latest first
		if err != nil {
			return err
		}
		if left.Service != d.service.Code {
			continue
		}
		yes, err := prompt.New(d.f.IO).Confirm(ctx, prompt.Question{
			Label: i18n.Text{RU: "Есть черновик этого заявления от %s. Продолжить его?", EN: "There is a draft of this application of %s. Go on with it?"}.With(i18n.Moment(left.UpdatedAt.In(d.f.IO.Location)))}, true)
		if err != nil || !yes {
			return err
		}
		kept, err := d.c.Cabinet.Draft(ctx, left.ID)
		if err != nil {
			return err
		}
		d.id, d.etag, d.kept, d.name, d.remind = kept.ID, kept.ETag, kept.Draft, kept.Name, kept.RemindOn
		known.Values = forms.Merge(known.Values, kept.Data)
		d.withFiles(d.in)
		return nil
	}
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
	return output.Object(d.f.IO, out, submittedView(d.f.Lang), submitted{draft: d.id, service: d.service})
}

// tellRaw is tell for answers that nobody has judged yet: whoever is told to
// submit them learns here what would be refused then.
func (d *draftKeeper) tellRaw(ctx context.Context, out *output.Options, known forms.Known, answers map[string]any) error {
	d.f.IO.Note(i18n.Say("Черновик сохранён.", "The draft is kept."))
	if err := output.Object(d.f.IO, out, submittedView(d.f.Lang), submitted{draft: d.id, service: d.service}); err != nil {
		return err
	}
	o := &opened{keeper: d, known: known}
	return o.next(ctx, answers)
}

// drop removes the draft of an application that is in; one that stays behind
// does no harm.
func (d *draftKeeper) drop(ctx context.Context) {
	if d.id == "" {
		return
	}
	remove := d.c.Cabinet.DeleteDraft
	if drafts.IsLocal(d.id) {
		remove = func(_ context.Context, id string) error { return d.c.Drafts.ForgetParcel(id) }
	}
	if err := remove(ctx, d.id); err != nil {
		d.f.IO.Note(i18n.Text{RU: "Заявление подано, но черновик %s остался.", EN: "The application is in, but draft %s stayed."}.With(d.id))
		return
	}
	d.c.Drafts.Forget(d.id)
}

// newDraft is the noun inside the noun; alone it lists drafts.
func newDraft(f *factory.Factory) *cobra.Command {
	cmd := draftList(f, &cobra.Command{
		Use:   "draft",
		Short: i18n.Text{RU: "Черновики: список, просмотр, правка, удаление", EN: "Drafts: list, view, edit, remove"}.In(f.Lang),
	})
	cmd.AddCommand(draftList(f, &cobra.Command{Use: "list", Short: i18n.Text{RU: "Черновики", EN: "Drafts"}.In(f.Lang)}),
		newDraftNew(f), newDraftView(f), newDraftEdit(f), newDraftRemove(f))
	return cmd
}

func draftList(f *factory.Factory, cmd *cobra.Command) *cobra.Command {
	var out output.Options
	var due bool
	cmd.Args = cobra.NoArgs
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := f.Connect(cmd.Context())
		if err != nil {
			return err
		}
		list, err := localDrafts(c.Drafts)
		if err != nil {
			return err
		}
		if !c.LacksDrafts(cmd.Context()) {
			kept, _, err := cabinet.Take(0, func(q cabinet.PageQuery) (*wire.Page[wire.Draft], error) {
				return c.Cabinet.Drafts(cmd.Context(), q)
			})
			if err != nil {
				return err
			}
			list = append(kept, list...)
		}
		if due {
			list = slices.DeleteFunc(list, func(d wire.Draft) bool { return !d.Due })
		}
		if err := output.List(f.IO, &out, draftView(), list, output.Page{Total: len(list)}); err != nil {
			return err
		}
		if out.Machine() {
			return nil
		}
		for _, d := range list {
			if d.Due {
				f.IO.Note(i18n.Text{RU: "Вы просили напомнить сегодня или раньше (%s): epgu application submit %s", EN: "You asked to be reminded by now (%s): epgu application submit %s"}.With(i18n.ISODay(d.RemindOn), d.ID))
			}
		}
		if len(list) > 0 {
			f.IO.Note(i18n.Text{RU: "Посмотреть черновик: epgu application draft view %s", EN: "See a draft: epgu application draft view %s"}.With(list[0].ID))
		}
		return nil
	}
	cmd.Flags().BoolVar(&due, "due", false, i18n.Text{RU: "только те, о которых пора вспомнить", EN: "only those of which you asked to be reminded by now"}.In(f.Lang))
	output.AddFlags(cmd, &out, draftView(), f.Lang)
	return cmd
}

// localDrafts are the drafts that this machine keeps itself.
func localDrafts(store *drafts.Store) ([]wire.Draft, error) {
	all, err := store.Parcels()
	if err != nil {
		return nil, err
	}
	out := make([]wire.Draft, len(all))
	for i := range all {
		out[i] = localDraft(&all[i])
	}
	return out, nil
}

func localDraft(p *drafts.Parcel) wire.Draft {
	d := wire.Draft{ID: p.ID, Service: p.Service, Title: wire.Text(p.Title), Data: p.Values, UpdatedAt: p.Updated}
	if len(p.Files) > 0 {
		files := map[string]any{}
		for _, f := range p.Files {
			name, path, _ := strings.Cut(f, "=")
			files[name] = path
		}
		d.Data = files
	}
	return d
}

// draftOf returns a draft of the portal or of this machine.
func draftOf(ctx context.Context, c *factory.Connection, id string) (*cabinet.Draft, error) {
	if !drafts.IsLocal(id) {
		return c.Cabinet.Draft(ctx, id)
	}
	p, err := c.Drafts.Parcel(id)
	if err != nil {
		return nil, err
	}
	return &cabinet.Draft{Draft: localDraft(p)}, nil
}

func newDraftRemove(f *factory.Factory) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "remove ЧЕРНОВИК", EN: "remove DRAFT"}.In(f.Lang),
		Short: i18n.Text{RU: "Удалить черновик", EN: "Remove a draft"}.In(f.Lang),
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			d, err := draftOf(ctx, c, args[0])
			if err != nil {
				return err
			}
			if !yes {
				sure, err := prompt.New(f.IO).Confirm(ctx, prompt.Question{Flag: "--yes",
					Label: i18n.Text{RU: "Удалить черновик «%s»?", EN: "Remove the draft “%s”?"}.With(d.Title)}, false)
				if err != nil {
					return err
				}
				if !sure {
					return fault.New(exitcode.Usage, "prompt.not_confirmed", i18n.Say("не подтверждено, ничего не сделано", "not confirmed, nothing was done"))
				}
			}
			if drafts.IsLocal(d.ID) {
				err = c.Drafts.ForgetParcel(d.ID)
			} else {
				err = c.Cabinet.DeleteDraft(ctx, d.ID)
			}
			if err != nil {
				return err
			}
			c.Drafts.Forget(d.ID)
			f.IO.Note(i18n.Text{RU: "Черновик удалён. Начать заново: epgu application draft new %s", EN: "The draft is removed. Begin anew: epgu application draft new %s"}.With(d.Service))
			return nil
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, i18n.Text{RU: "не спрашивать", EN: "do not ask"}.In(f.Lang))
	return cmd
}

// newSubmit sends a draft.
func newSubmit(f *factory.Factory) *cobra.Command {
	in, who := input{f: f}, sign{who: signer.Flags{F: f}}
	var out output.Options
	var again, region string
	all := many{f: f, sign: &who, out: &out}
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "submit [ЧЕРНОВИК]", EN: "submit [DRAFT]"}.In(f.Lang),
		Short: i18n.Text{RU: "Подать черновик или целый реестр заявлений", EN: "Submit a draft, or a whole register of applications"}.In(f.Lang),
		Long: i18n.Text{
			RU: "С --register подаёт по заявлению на строку CSV, с --from-dir — на файл папки. Сначала проверяется всё, и ошибки называются разом; потом заявления уходят по одному, каждое под записью в журнале, так что прерванное доводит та же команда и второго не подаст. Предел портала (20 на услугу за 10 минут) она пережидает. Итог пишется рядом (-o) теми же столбцами и ещё orderId, state, error; его можно подать снова: строки с номером пропускаются.",
			EN: "With --register it submits an application for each line of a CSV file, with --from-dir for each file of a folder. All is checked first and mistakes are told at once; then the applications go one by one, each under a record in the journal, so that the same command completes what was broken off and sends nothing twice. It waits out the portal's limit (20 for a service in 10 minutes). The result is written beside it (-o) with the same columns and orderId, state, error; it can be fed in again: lines with a number are skipped."}.In(f.Lang),
		Example: "  epgu application submit DRAFT\n  epgu application submit --register list.csv --form public-request --check\n  epgu application submit --register list.csv --form public-request --yes",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			if on, err := all.given(cmd, args); err != nil || on {
				if err != nil {
					return err
				}
				all.region = region
				return all.run(ctx)
			}
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			if drafts.IsLocal(args[0]) {
				p, err := c.Drafts.Parcel(args[0])
				if err != nil {
					return err
				}
				if len(p.Files) > 0 {
					s := &createOptions{f: f, out: out, sign: who, own: own{Parcel: *p}, service: []string{p.Service}, region: cmp.Or(region, p.Region), again: again, submit: true}
					if err := s.sendFiles(ctx); err != nil {
						return err
					}
					return c.Drafts.ForgetParcel(p.ID)
				}
			}
			o, err := openDraft(ctx, f, c, args[0])
			if err != nil {
				return err
			}
			k, known, service := o.keeper, o.known, &o.keeper.service
			known.Values = forms.Merge(known.Values, o.data)
			k.withFiles(&in)
			in.keep = k.keep
			done, err := in.fill(ctx, c, k.form, known, service.Documents)
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
	all.flags(cmd)
	cmd.Flags().StringVar(&again, "again", "", i18n.Text{RU: "подать ещё одно такое же, `причина` останется в журнале", EN: "submit one more like it; the `reason` is kept in the journal"}.In(f.Lang))
	cmd.Flags().StringVar(&region, "region", "", i18n.Text{RU: "код региона (ОКАТО, 11 цифр)", EN: "region code (ОКАТО, 11 digits)"}.In(f.Lang))
	output.AddFlags(cmd, &out, submittedView(f.Lang), f.Lang)
	return cmd
}
