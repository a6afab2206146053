package profile

import (
	"context"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/secret"
	"github.com/epgu-cli/epgu/internal/cli/service"
	"github.com/epgu-cli/epgu/internal/core/account"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

// edited is what became of an edit.
type edited struct {
	change   *wire.Change
	level    wire.Level
	recheck  bool
	contacts []wire.ContactChange
}

func editedView() output.View[edited] {
	return output.View[edited]{Fields: []output.Field[edited]{
		{Name: "changeId", Title: i18n.Text{RU: "Изменение", EN: "Change"}, Value: func(e edited) any {
			if e.change == nil {
				return nil
			}
			return e.change.ID
		}},
		{Name: "fields", Title: i18n.Text{RU: "Что изменилось", EN: "What changed"}, Lines: true, Value: func(e edited) any {
			if e.change == nil {
				return []wire.ChangeField{}
			}
			return output.Dual{Machine: e.change.Fields, Human: each(e.change.Fields, fieldLine)}
		}},
		{Name: "level", Title: i18n.Text{RU: "Учётная запись", EN: "Account level"}, Value: func(e edited) any { return service.Level(e.level) }},
		{Name: "recheck", Title: i18n.Text{RU: "Данные проверяются", EN: "Data being checked"}, Value: func(e edited) any { return e.recheck }},
		{Name: "contacts", Title: i18n.Text{RU: "Контакты", EN: "Contacts"}, Lines: true, Value: func(e edited) any {
			return output.Dual{Machine: e.contacts, Human: each(e.contacts, contactLine)}
		}},
	}}
}

func fieldLine(c wire.ChangeField) i18n.Message {
	return i18n.Text{RU: "%s: %s → %s", EN: "%s: %s → %s"}.With(c.Title, orDash(c.Old), orDash(c.New))
}

func orDash(t wire.Text) wire.Text {
	if t == "" {
		return "—"
	}
	return t
}

func contactLine(c wire.ContactChange) i18n.Message {
	if c.State == "done" {
		return i18n.Text{RU: "%s подтверждён", EN: "%s is confirmed"}.With(c.Target)
	}
	return i18n.Text{RU: "%s ждёт кода, номер %s", EN: "%s waits for its code, id %s"}.With(c.Target, wire.Text(c.ID))
}

func differenceView() output.View[account.Difference] {
	return output.View[account.Difference]{Fields: []output.Field[account.Difference]{
		{Name: "field", Title: i18n.Text{RU: "Поле", EN: "Field"}, Value: func(d account.Difference) any { return d.Field }},
		{Name: "title", Title: i18n.Text{RU: "Что", EN: "What"}, Value: func(d account.Difference) any { return d.Title }},
		{Name: "old", Title: i18n.Text{RU: "Сейчас", EN: "Now"}, Value: func(d account.Difference) any { return d.Old }, Wide: true},
		{Name: "new", Title: i18n.Text{RU: "Станет", EN: "Will be"}, Value: func(d account.Difference) any { return d.New }, Wide: true},
	}, Default: []string{"title", "old", "new"}}
}

// editOptions is one run of "profile edit".
type editOptions struct {
	f           *factory.Factory
	out         output.Options
	given       fields
	file        string
	yes, dryRun bool
	confirm     string // the id of a contact change
	code        string
	resend      bool
	// passwordStdin takes the present password, which a new contact needs, from
	// standard input.
	passwordStdin bool
}

func newEdit(f *factory.Factory) *cobra.Command {
	o := &editOptions{f: f}
	cmd := &cobra.Command{
		Use:   "edit",
		Short: i18n.Text{RU: "Изменить данные: контакты, адреса, документы, имя", EN: "Change the data: contacts, addresses, documents, the name"}.In(f.Lang),
		Long: i18n.Text{
			RU: `Показывает, что изменится, и спрашивает согласия (--yes отвечает заранее, --dry-run только показывает).

Новый телефон или почта — это и путь к восстановлению доступа, поэтому нужен нынешний пароль (без терминала — --password-stdin), а затем код: на терминале он спрашивается сразу, без терминала — epgu profile edit --confirm НОМЕР --code КОД.
Правка имени, даты и места рождения, пола или паспорта роняет проверенную учётную запись до упрощённой, пока реестры не сверят данные; после сверки прежний уровень вернётся.
Если данные успели измениться, правка отклоняется с кодом 9 и списком того, что изменилось. Отменить правку: epgu profile revert.

Ключи адреса: zip, region, city, street, house, flat. Ключи документа: type (passport, travel, licence, policy), series, number, issued, code, by, expires.`,
			EN: `Shows what will change and asks for agreement (--yes answers beforehand, --dry-run only shows).

A new phone or e-mail is a way to recover the account, too, so it takes the present password (--password-stdin without a terminal) and then a code: on a terminal it is asked for at once, without one use epgu profile edit --confirm ID --code CODE.
Editing the name, date or place of birth, sex or passport lowers a checked account to simplified until the registers have compared the data; then the former level comes back.
When the data were changed meanwhile, the edit is refused with exit code 9 and a list of what changed. To undo an edit: epgu profile revert.

Keys of an address: zip, region, city, street, house, flat. Keys of a document: type (passport, travel, licence, policy), series, number, issued, code, by, expires.`}.In(f.Lang),
		Example: "  epgu profile edit --living 'city=г. Новый,street=ул. Первая,house=2' --yes\n" +
			"  epgu profile edit --mobile +79000000077\n" +
			"  epgu profile edit --mobile +79000000077 --yes --password-stdin < password\n" +
			"  epgu profile view --json > me.json; epgu profile edit --file me.json --dry-run",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	o.given.flags(cmd, f.Lang)
	fl := cmd.Flags()
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	fl.StringVar(&o.file, "file", "", say("взять правку из `файла` JSON вида profile view --json; - читает стандартный ввод", "take the edit from a JSON `file` in the shape of profile view --json; - reads standard input"))
	fl.BoolVarP(&o.yes, "yes", "y", false, say("не спрашивать согласия", "do not ask for agreement"))
	fl.BoolVar(&o.dryRun, "dry-run", false, say("показать, что изменится, и ничего не отправлять", "show what would change and send nothing"))
	fl.StringVar(&o.confirm, "confirm", "", say("закончить смену контакта с этим `номером`", "finish the contact change of this `id`"))
	fl.StringVar(&o.code, "code", "", say("код, пришедший на новый телефон или почту", "the code that came to the new phone or e-mail"))
	fl.BoolVar(&o.resend, "resend", false, say("прислать новый код", "send a new code"))
	fl.BoolVar(&o.passwordStdin, "password-stdin", false, say("прочитать нынешний пароль со стандартного ввода (для нового телефона или почты)", "read the present password from standard input (for a new phone or e-mail)"))
	cmd.MarkFlagsMutuallyExclusive("code", "resend")
	output.AddFlags(cmd, &o.out, editedView(), f.Lang)
	return cmd
}

func (o *editOptions) run(ctx context.Context) error {
	if o.confirm != "" {
		return o.finish(ctx)
	}
	if o.resend {
		return fault.New(exitcode.Usage, "profile.resend", i18n.Say("--resend работает вместе с --confirm НОМЕР", "--resend goes with --confirm ID"))
	}
	if o.file == "-" && o.passwordStdin {
		return fault.New(exitcode.Usage, "profile.one_input", i18n.Say("стандартный ввод один: на нём либо правка, либо пароль", "there is one standard input: it holds the edit or the password")).
			Advise(i18n.Say("положите правку в файл: --file me.json", "put the edit into a file: --file me.json"))
	}
	if o.file == "" && o.given.none() {
		return fault.New(exitcode.Usage, "profile.nothing", i18n.Say("не сказано, что изменить", "nothing to change was given")).
			Advise(i18n.Text{RU: "назовите поля флагами или передайте --file; флаги: %s", EN: "name the fields by flags or give --file; the flags: %s"}.With("epgu profile edit --help"))
	}
	var form []byte
	if o.file != "" {
		var err error
		if form, err = o.read(); err != nil {
			return err
		}
	}
	c, err := o.f.Connect(ctx)
	if err != nil {
		return err
	}
	p, err := whole(ctx, c)
	if err != nil {
		return err
	}
	edit, err := o.given.edit(p.Profile, form)
	if err != nil {
		return err
	}
	edit, diffs := account.Trim(p.Profile, edit)
	if o.dryRun {
		if account.Lowers(p.Level, diffs) {
			o.f.IO.Note(lowers())
		}
		return output.List(o.f.IO, &o.out, differenceView(), diffs, output.Page{})
	}
	if edit.Empty() {
		o.f.IO.Note(i18n.Say("Всё уже так: менять нечего.", "Everything is so already: there is nothing to change."))
		return output.Object(o.f.IO, &o.out, editedView(), edited{level: p.Level, recheck: p.Recheck, contacts: []wire.ContactChange{}})
	}
	if err := o.agree(ctx, p.Profile, diffs); err != nil {
		return err
	}
	done, err := o.send(ctx, c, p, edit)
	if err != nil {
		return err
	}
	return output.Object(o.f.IO, &o.out, editedView(), done)
}

// maxFile bounds a file with an edit, bytes; what is longer is no profile.
const maxFile = 256<<10 + 1

func (o *editOptions) read() ([]byte, error) {
	if o.file == "-" {
		return io.ReadAll(io.LimitReader(o.f.IO.In, maxFile))
	}
	file, err := os.Open(o.file)
	if err != nil {
		return nil, fault.New(exitcode.Usage, "profile.file", i18n.Text{RU: "не открыть файл: %s", EN: "cannot open the file: %s"}.With(wire.Text(err.Error()))).Because(err)
	}
	defer func() { _ = file.Close() }() // it was only read
	return io.ReadAll(io.LimitReader(file, maxFile))
}

func lowers() i18n.Message {
	return i18n.Say("Учётная запись станет упрощённой, пока реестры не сверят данные; потом прежний уровень вернётся.",
		"The account becomes simplified until the registers have compared the data; then the former level comes back.")
}

// agree shows what will change and asks whether it may.
func (o *editOptions) agree(ctx context.Context, p wire.Profile, diffs []account.Difference) error {
	for _, d := range diffs {
		o.f.IO.Note(i18n.Text{RU: "%s: %s → %s", EN: "%s: %s → %s"}.With(d.Title, orDash(d.Old), orDash(d.New)))
	}
	if account.Lowers(p.Level, diffs) {
		o.f.IO.Note(lowers())
	}
	return agreed(ctx, o.f, o.yes, i18n.Text{RU: "Изменить?", EN: "Change it?"})
}

// agreed asks a question that --yes answers.
func agreed(ctx context.Context, f *factory.Factory, yes bool, label i18n.Localised) error {
	if yes {
		return nil
	}
	ok, err := prompt.New(f.IO).Confirm(ctx, prompt.Question{Label: label, Flag: "--yes"}, false)
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(exitcode.Usage, "prompt.not_confirmed", i18n.Say("не подтверждено, ничего не сделано", "not confirmed, nothing was done"))
	}
	return nil
}

// send begins the contact changes first: they can still be refused and change
// nothing before their codes come.
func (o *editOptions) send(ctx context.Context, c *factory.Connection, p *cabinet.Profile, edit account.Edit) (edited, error) {
	done := edited{level: p.Level, recheck: p.Recheck, contacts: []wire.ContactChange{}}
	var password string
	if edit.Mobile != "" || edit.Email != "" {
		var err error
		if password, err = secret.NewReader(o.f.IO).Get(ctx, secret.Present(), "--password-stdin", o.passwordStdin); err != nil {
			return done, err
		}
	}
	for _, contact := range []struct{ kind, value string }{{"mobile", edit.Mobile}, {"email", edit.Email}} {
		if contact.value == "" {
			continue
		}
		begun, err := c.Account.ChangeContact(ctx, contact.kind, contact.value, password)
		if err != nil {
			return done, err
		}
		done.contacts = append(done.contacts, *begun)
	}
	rest := edit
	if rest.Mobile, rest.Email = "", ""; !rest.Empty() {
		answer, err := c.Account.Edit(ctx, p, edit.ProfileEdit)
		if err != nil {
			return done, err
		}
		done.change, done.level, done.recheck = answer.Change, answer.Profile.Level, answer.Profile.Recheck
	}
	for i := range done.contacts {
		finished, err := o.askCode(ctx, c, done.contacts[i])
		if err != nil {
			return done, err
		}
		done.contacts[i] = finished
	}
	return done, nil
}
