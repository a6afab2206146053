package application

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/signer"
	"github.com/epgu-cli/epgu/internal/core/account"
	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

type createOptions struct {
	f       *factory.Factory
	out     output.Options
	in      input
	own     own
	sign    sign
	service []string
	submit  bool
	again   string
	region  string
	from    beginning
	later   later
}

// submitted is what a submission looks like to its owner.
type submitted struct {
	applications.Receipt
	draft    string // set when nothing was sent
	service  cabinet.ServiceDetails
	status   int
	title    cabinet.Text
	unpaid   []string
	resumed  bool
	attached []applications.Attachment
	plan     *plan // set by --dry-run

	line *applications.Line // of a register
}

func submittedView(lang i18n.Lang) output.View[submitted] {
	return output.View[submitted]{Fields: append([]output.Field[submitted]{
		{Name: "orderId", Title: i18n.Text{RU: "Номер", EN: "Number"}, Value: func(s submitted) any { return none(s.OrderID) }},
		{Name: "draftId", Title: i18n.Text{RU: "Черновик", EN: "Draft"}, Value: func(s submitted) any { return s.draft }},
		{Name: "service", Title: i18n.Text{RU: "Код услуги", EN: "Service code"}, Value: func(s submitted) any { return s.service.Code }},
		{Name: "serviceTitle", Title: i18n.Text{RU: "Услуга", EN: "Service"}, Value: func(s submitted) any { return s.service.Title }},
		{Name: "statusId", Title: i18n.Text{RU: "Код статуса", EN: "Status code"}, Value: func(s submitted) any { return none(int64(s.status)) }},
		{Name: "status", Title: i18n.Text{RU: "Статус", EN: "Status"}, Value: func(s submitted) any { return s.title }},
		{Name: "processing", Title: i18n.Text{RU: "Обработка", EN: "Processing"}, Value: func(s submitted) any { return output.Dual{Machine: s.Code, Human: s.Processing()} }},
		{Name: "unpaid", Title: i18n.Text{RU: "К оплате (УИН)", EN: "To pay (УИН)"}, Value: func(s submitted) any { return s.unpaid }},
		{Name: "resumed", Title: i18n.Text{RU: "Продолжено прерванное", EN: "Completed an interrupted one"}, Value: func(s submitted) any { return s.resumed }},
		{Name: "submissionId", Title: i18n.Text{RU: "Запись в журнале", EN: "Journal record"}, Value: func(s submitted) any { return s.SubmissionID }},
	}, slices.Concat(planFields(), lineFields(lang))...)}
}

// lineFields are what only a line of a register has.
func lineFields(lang i18n.Lang) []output.Field[submitted] {
	of := func(value func(l *applications.Line) any) func(submitted) any {
		return func(s submitted) any {
			if s.line == nil {
				return nil
			}
			return value(s.line)
		}
	}
	return []output.Field[submitted]{
		{Name: "row", Title: i18n.Text{RU: "Строка", EN: "Line"}, Value: of(func(l *applications.Line) any { return l.Row })},
		{Name: "file", Title: i18n.Text{RU: "Файл", EN: "File"}, Value: of(func(l *applications.Line) any { return l.Name })},
		{Name: "state", Title: i18n.Text{RU: "Что стало", EN: "Outcome"}, Value: of(func(l *applications.Line) any {
			return output.Dual{Machine: string(l.Outcome), Human: outcomeTitle(l.Outcome)}
		})},
		{Name: "error", Title: i18n.Text{RU: "Почему", EN: "Why"}, Value: of(func(l *applications.Line) any { return l.Why(lang) }), Wide: true},
	}
}

// none shows a number that there is not to people as nothing.
func none(n int64) any {
	if n == 0 {
		return output.Dual{Machine: n, Human: ""}
	}
	return n
}

func newCreate(f *factory.Factory) *cobra.Command {
	o := &createOptions{f: f, in: input{f: f}, sign: sign{who: signer.Flags{F: f}}, from: beginning{f: f}, later: later{f: f}}
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "create [УСЛУГА]", EN: "create [SERVICE]"}.In(f.Lang),
		Short: i18n.Text{RU: "Заполнить заявление и подать его или оставить черновиком", EN: "Fill an application and submit it, or keep it as a draft"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Заполняет форму услуги: что портал уже знает, подставляется само, остальное — из --set, --from или вопросов на терминале.\nС --submit заявление подаётся, без него остаётся черновиком.\n--repeat заполняет форму как прежнее заявление, --from-template — по шаблону; услугу тогда можно не называть. Повтор прерванной команды находит тот же номер и второго заявления не создаёт.\n\nГотовые файлы услуги API ЕПГУ — --file, формы тогда нет. В документах .xml программа вписывает при отправке ${orderId}, ${guid}, ${date}, ${dateTime} и ${time}, а в именах — {guid}.",
			EN: "Fills the form of a service: what the portal already knows is put in, the rest comes from --set, --from or questions on the terminal.\nWith --submit the application is sent, without it a draft is kept.\n--repeat fills the form as an earlier application was, --from-template by a template; the service need not be named then. Repeating an interrupted command finds the same number and never makes a second application.\n\nReady files of a service of API ЕПГУ go by --file, and there is no form then. In .xml documents ${orderId}, ${guid}, ${date}, ${dateTime} and ${time} are filled in when they are sent, in names {guid}."}.In(f.Lang),
		Example:           "  epgu application create zagranpasport --from me.yaml --attach photo=photo.jpg --submit\n  epgu application create --repeat 2350000001 --set periodTo=2026-12-31 --submit\n  epgu application create 10000000367 --file req.xml=my.xml --file piev_epgu.xml=petition.xml --region 45000000000 --submit",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: f.CompleteService,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.service = args
			if err := o.own.only(cmd); err != nil {
				return err
			}
			if o.own.given() {
				if len(args) == 0 {
					return noService()
				}
				return o.sendFiles(cmd.Context())
			}
			return o.run(cmd.Context())
		},
	}
	o.in.flags(cmd)
	o.own.flags(cmd, f)
	o.from.flags(cmd)
	o.later.flags(cmd)
	o.sign.flags(cmd)
	cmd.Flags().BoolVar(&o.submit, "submit", false, i18n.Text{RU: "сразу подать", EN: "submit at once"}.In(f.Lang))
	cmd.Flags().StringVar(&o.again, "again", "", i18n.Text{RU: "подать ещё одно такое же, `причина` останется в журнале", EN: "submit one more like it; the `reason` is kept in the journal"}.In(f.Lang))
	cmd.Flags().StringVar(&o.region, "region", "", i18n.Text{RU: "код региона (ОКАТО, 11 цифр)", EN: "region code (ОКАТО, 11 digits)"}.In(f.Lang))
	output.AddFlags(cmd, &o.out, submittedView(f.Lang), f.Lang)
	return cmd
}

func (o *createOptions) run(ctx context.Context) error {
	c, err := o.f.Connect(ctx)
	if err != nil {
		return err
	}
	b, err := o.from.open(ctx, c, o.service, func(service *cabinet.ServiceDetails) error {
		if o.submit { // nobody should fill a form only to be refused
			return admit(ctx, c, service)
		}
		return nil
	})
	if err != nil {
		return err
	}
	service, form, known := b.service, b.form, b.known
	d := &draftKeeper{f: o.f, c: c, form: form, service: *service, in: &o.in, typed: &o.in}
	if err := o.later.put(ctx, d); err != nil {
		return err
	}
	if !o.submit && !o.f.IO.CanPrompt() {
		given, err := o.in.given()
		if err != nil {
			return err
		}
		_, errFiles := applications.CheckDrafted(o.in.attach, service.Documents) // what fits no document would be lost without a word
		if err := bothWrong(unknownFields(form, given), errFiles); err != nil {
			return err
		}
		answers := o.from.answers(b, given)
		if err := d.save(ctx, answers); err != nil {
			return err
		}
		return d.tellRaw(ctx, &o.out, known, answers)
	}
	fresh := o.from.repeat == "" && o.from.template == "" && o.in.from == "" && len(o.in.set) == 0
	if fresh && o.f.IO.CanPrompt() {
		if err := d.goOn(ctx, &known); err != nil {
			return err
		}
	}
	o.in.keep = d.keep
	done, err := o.in.fill(ctx, c, form, known, service.Documents)
	if err != nil {
		return d.interrupted(err)
	}
	if !o.submit {
		if d.id == "" {
			if err := d.save(ctx, done.values); err != nil {
				return err
			}
		}
		if err := d.keepFiles(); err != nil {
			return err
		}
		return d.tell(&o.out)
	}
	if err := send(ctx, o.f, c, &o.out, sending{service: *service, values: done.values, attached: done.attached, again: o.again, region: o.region, sign: &o.sign}); err != nil {
		return d.interrupted(err)
	}
	d.drop(ctx)
	return nil
}

// admit refuses a service that needs a higher level than the account has.
func admit(ctx context.Context, c *factory.Connection, service *cabinet.ServiceDetails) error {
	have, err := c.SignIn.LevelFor(ctx, func(l cabinet.Level) bool { return account.Reaches(l, service.Level) })
	if err == nil && !account.Reaches(have, service.Level) {
		return account.TooLow(service.Title, have, service.Level)
	}
	return err
}

// bothWrong joins two lists of mistakes in the input into one error.
func bothWrong(a, b error) error {
	fa, oka := a.(*fault.Error) // only an unwrapped fault has fields of its own
	fb, okb := b.(*fault.Error) // as above
	if oka && okb && fa.Exit == exitcode.Usage && fb.Exit == exitcode.Usage {
		fa.Fields = append(fa.Fields, fb.Fields...)
		return fa
	}
	if a != nil {
		return a
	}
	return b
}
