package application

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/core/catalog"
	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/launch"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// opened is a draft with its form.
type opened struct {
	keeper *draftKeeper
	known  forms.Known
	data   map[string]any // as the portal gave it
}

func openDraft(ctx context.Context, f *factory.Factory, c *factory.Connection, id string) (*opened, error) {
	d, err := draftOf(ctx, c, id)
	if err != nil {
		return nil, err
	}
	if p, err := c.Drafts.Parcel(id); err == nil && len(p.Files) > 0 {
		return nil, fault.New(exitcode.Usage, "draft.of_files", i18n.Text{RU: "черновик %s состоит из готовых файлов: полей в нём нет", EN: "draft %s is made of ready files: it has no fields"}.With(id)).
			Advise(i18n.Text{RU: "другие файлы: epgu application create %s --file …; подать: epgu application submit %s", EN: "other files: epgu application create %s --file …; to submit: epgu application submit %s"}.With(d.Service, id))
	}
	service, err := c.Catalog.View(ctx, d.Service)
	if err != nil {
		return nil, err
	}
	form, known, err := c.Catalog.Form(ctx, service.Code)
	if err != nil {
		return nil, err
	}
	k := &draftKeeper{f: f, c: c, form: form, service: *service, id: d.ID, etag: d.ETag, name: d.Name, remind: d.RemindOn}
	if d.Due {
		k.remind = "" // the person has come back to it
	}
	o := &opened{keeper: k, known: known}
	var m forms.Migration
	o.data, m = form.Migrate(d.Data)
	tell(f, m.Told(d.FormVersion, form))
	return o, nil
}

// filling is the form with these answers over what is known.
func (o *opened) filling(values map[string]any) *forms.Filling {
	known := o.known
	known.Values = forms.Merge(known.Values, values)
	return o.keeper.form.Fill(known, nil, o.keeper.c.Dictionaries)
}

// next says what the answers lack, or that nothing is lacking, and the command for it.
func (o *opened) next(ctx context.Context, values map[string]any) error {
	say := o.keeper.f.IO.Note
	x := o.filling(values)
	wrong, err := x.Problems(ctx)
	if err != nil {
		return err
	}
	for _, w := range wrong {
		say(w.Told())
	}
	absent, err := o.absent(x)
	if err != nil {
		return err
	}
	for _, d := range absent {
		say(i18n.Text{RU: "%s: не приложен: %s", EN: "%s: missing: %s"}.With(d.Name, d.Title))
	}
	switch {
	case len(wrong) > 0:
		say(i18n.Text{RU: "Заполнить: epgu application draft edit %s", EN: "Fill it in: epgu application draft edit %s"}.With(o.keeper.id))
	case len(absent) > 0:
		say(i18n.Text{RU: "Подать: epgu application submit %s --attach %s=файл", EN: "Submit it: epgu application submit %s --attach %s=file"}.With(o.keeper.id, absent[0].Name))
	default:
		say(i18n.Text{RU: "Подать: epgu application submit %s", EN: "Submit it: epgu application submit %s"}.With(o.keeper.id))
	}
	return nil
}

// absent are the documents that these answers require and the draft does not have.
func (o *opened) absent(x *forms.Filling) ([]wire.Document, error) {
	asked, err := catalog.Asked(x, o.keeper.service.Documents)
	if err != nil {
		return nil, err
	}
	var kept []string
	for name, path := range o.keeper.c.Drafts.Files(o.keeper.id) {
		kept = append(kept, name+"="+path)
	}
	return applications.Missing(kept, asked), nil
}

func newDraftNew(f *factory.Factory) *cobra.Command {
	in, from, when := input{f: f}, beginning{f: f}, later{f: f}
	var out output.Options
	cmd := &cobra.Command{
		Use:               i18n.Text{RU: "new [УСЛУГА]", EN: "new [SERVICE]"}.In(f.Lang),
		Short:             i18n.Text{RU: "Новый черновик без вопросов", EN: "A new draft without questions"}.In(f.Lang),
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: f.CompleteService,
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
			b, err := from.open(ctx, c, args, nil)
			if err != nil {
				return err
			}
			if err := unknownFields(b.form, given); err != nil {
				return err
			}
			o := &opened{keeper: &draftKeeper{f: f, c: c, form: b.form, service: *b.service, typed: &in}, known: b.known}
			if err := when.put(ctx, o.keeper); err != nil {
				return err
			}
			return o.save(ctx, &out, from.answers(b, given))
		},
	}
	in.values(cmd)
	from.flags(cmd)
	when.flags(cmd)
	output.AddFlags(cmd, &out, draftView(), f.Lang)
	return cmd
}

// save keeps the answers and says what comes next.
func (o *opened) save(ctx context.Context, out *output.Options, values map[string]any) error {
	k := o.keeper
	if err := k.save(ctx, values); err != nil {
		return o.changedElsewhere(ctx, err)
	}
	k.f.IO.Note(i18n.Say("Черновик сохранён.", "The draft is kept."))
	if err := output.Object(k.f.IO, out, draftView(), k.kept); err != nil {
		return err
	}
	return o.next(ctx, values)
}

// changedElsewhere adds to a refusal, because the draft is not the one that was
// read any more, what has changed since. Other errors come back as they are.
func (o *opened) changedElsewhere(ctx context.Context, err error) error {
	k := o.keeper
	if fault.ExitOf(err) != exitcode.Conflict || k.id == "" {
		return err
	}
	now, errRead := k.c.Cabinet.Draft(ctx, k.id)
	if errRead != nil {
		return err
	}
	changed := fault.New(exitcode.Conflict, "draft.changed", i18n.Say("черновик успели изменить в другом месте, ваша правка не сохранена", "the draft was changed elsewhere meanwhile, your edit is not saved")).
		Because(err).Advise(i18n.Text{RU: "повторите правку: epgu application draft edit %s", EN: "edit it again: epgu application draft edit %s"}.With(k.id))
	was, is := leaves(o.data), leaves(now.Data)
	for _, path := range slices.Sorted(maps.Keys(forms.Merge(was, is))) {
		before, had := was[path]
		after, has := is[path]
		if had == has && reflect.DeepEqual(before, after) {
			continue
		}
		m := i18n.Text{RU: "было %s, стало %s", EN: "was %s, is %s"}.With(answer(before, had), answer(after, has))
		changed.Fields = append(changed.Fields, fault.Field{Name: path, Message: m})
	}
	return changed
}

func leaves(values map[string]any) map[string]any {
	out := map[string]any{}
	for _, leaf := range forms.Leaves(values) {
		out[leaf.Path] = leaf.Value
	}
	return out
}

// answer is a value in a sentence.
func answer(v any, given bool) i18n.Message {
	if !given {
		return i18n.Say("пусто", "empty")
	}
	return forms.Answer(v)
}

func newDraftView(f *factory.Factory) *cobra.Command {
	var out output.Options
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "view ЧЕРНОВИК", EN: "view DRAFT"}.In(f.Lang),
		Short: i18n.Text{RU: "Ответы черновика и чего в нём не хватает", EN: "The answers of a draft and what it lacks"}.In(f.Lang),
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			c, err := f.Connect(ctx)
			if err != nil {
				return err
			}
			if out.Machine() || out.Shaped() {
				d, err := draftOf(ctx, c, args[0])
				if err != nil {
					return err
				}
				return output.Object(f.IO, &out, draftView(), d.Draft)
			}
			if p, err := c.Drafts.Parcel(args[0]); err == nil && len(p.Files) > 0 {
				return output.Object(f.IO, &out, draftView(), localDraft(p))
			}
			o, err := openDraft(ctx, f, c, args[0])
			if err != nil {
				return err
			}
			rows, err := o.filling(o.data).Review(ctx)
			if err != nil {
				return err
			}
			fmt.Fprintln(f.IO.Out, f.IO.Say(i18n.Text{RU: "%s, черновик %s", EN: "%s, draft %s"}.With(o.keeper.service.Title, o.keeper.id)))
			for _, r := range rows {
				if line := f.IO.Say(reviewed(o.keeper.form, r)); line != "" {
					fmt.Fprintf(f.IO.Out, "%s%s\n", strings.Repeat("  ", r.Depth), line)
				}
			}
			files := c.Drafts.Files(o.keeper.id)
			for _, name := range slices.Sorted(maps.Keys(files)) {
				fmt.Fprintf(f.IO.Out, "  %s\n", f.IO.Say(i18n.Text{RU: "вложение %s: %s", EN: "attachment %s: %s"}.With(untrusted.Text(name), untrusted.Text(files[name]))))
			}
			return o.next(ctx, o.data)
		},
	}
	output.AddFlags(cmd, &out, draftView(), f.Lang)
	return cmd
}

// reviewed is one line of the answers.
func reviewed(form *forms.Form, r forms.Row) i18n.Message {
	text := i18n.Text{RU: "%s", EN: "%s"}.With(untrusted.Text(r.Text))
	if fd, ok := form.Field(r.Path); ok {
		text = answered(&fd, r.Text)
	}
	switch {
	case r.Text != "" && r.Source != "":
		return i18n.Text{RU: "%s: %s (%s)", EN: "%s: %s (%s)"}.With(r.Title, text, r.Source)
	case r.Text != "":
		return i18n.Text{RU: "%s: %s", EN: "%s: %s"}.With(r.Title, text)
	case r.Number > 0:
		return i18n.Text{RU: "%s %d", EN: "%s %d"}.With(r.Title, r.Number)
	}
	return i18n.Text{RU: "%s", EN: "%s"}.With(r.Title)
}

// answered is an answer as people say it.
func answered(fd *forms.Field, text string) i18n.Message {
	switch {
	case fd.Type != "boolean" || len(fd.Options) > 0:
		return i18n.Text{RU: "%s", EN: "%s"}.With(untrusted.Text(text))
	case text == "true":
		return i18n.Say("да", "yes")
	}
	return i18n.Say("нет", "no")
}

func newDraftEdit(f *factory.Factory) *cobra.Command {
	in, when := input{f: f}, later{f: f}
	var out output.Options
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "edit ЧЕРНОВИК", EN: "edit DRAFT"}.In(f.Lang),
		Short: i18n.Text{RU: "Править черновик в редакторе или через --set", EN: "Edit a draft in an editor or by --set"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Без --set и --from открывает черновик в редакторе (EPGU_EDITOR, VISUAL или EDITOR) как YAML с пояснением к каждому полю.\nВаши комментарии сохраняются на этом компьютере до следующей правки. Если черновик тем временем изменили, названо, что изменилось, а ваш текст остаётся в файле.",
			EN: "Without --set and --from opens the draft in an editor (EPGU_EDITOR, VISUAL or EDITOR) as YAML with an explanation of each field.\nYour comments are kept on this computer for the next edit. When the draft was changed meanwhile, what has changed is named and your text stays in a file."}.In(f.Lang),
		Example: "  epgu application draft edit ID --set office=77-01\n  epgu application draft edit ID --remind 2026-12-31",
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
			o, err := openDraft(ctx, f, c, args[0])
			if err != nil {
				return err
			}
			if err := when.put(ctx, o.keeper); err != nil {
				return err
			}
			if !cmd.Flags().Changed("set") && !cmd.Flags().Changed("from") && !when.given() {
				return o.inEditor(ctx, &out)
			}
			if err := unknownFields(o.keeper.form, given); err != nil {
				return err
			}
			o.keeper.typed = &in
			if err := o.save(ctx, &out, o.keeper.form.Coerce(forms.Merge(o.data, given))); err != nil {
				return err
			}
			o.drop(in.from)
			return nil
		},
	}
	in.values(cmd)
	when.flags(cmd)
	output.AddFlags(cmd, &out, draftView(), f.Lang)
	return cmd
}

// unknownFields refuses answers to which the form has no field.
func unknownFields(form *forms.Form, values map[string]any) error {
	var wrong []fault.Field
	for _, leaf := range form.Strangers(values) {
		wrong = append(wrong, form.Unknown(leaf.Path))
	}
	if len(wrong) > 0 {
		return forms.Invalid(form.Service, wrong)
	}
	return nil
}

// inEditor lets the person edit the draft as YAML and keeps it. What was typed
// stays in its file, which is named, until the portal has it.
func (o *opened) inEditor(ctx context.Context, out *output.Options) error {
	k := o.keeper
	words, err := o.editor()
	if err != nil {
		return err
	}
	text := k.form.Skeleton(o.filling(o.data).Draft(), k.c.Drafts.Comments(k.id), k.f.IO.Lang)
	begun, left, err := o.unfinished(ctx, text)
	if err != nil {
		return err
	}
	path, err := k.c.Drafts.Scratch(k.id, begun)
	if err != nil {
		return err
	}
	err = o.edited(ctx, out, append(words, path), path, text)
	if err == nil {
		o.drop(left)
		return os.Remove(path)
	}
	if now, errRead := typedText(path); errRead == nil && bytes.Equal(now, begun) { // nothing of the person's is in it
		return errors.Join(err, os.Remove(path))
	}
	next := i18n.Text{RU: "ваш текст — в файле %s; внести его в черновик: epgu application draft edit %s --from %s", EN: "your text is in %s; put it into the draft: epgu application draft edit %s --from %s"}.With(path, k.id, path)
	if fault.ExitOf(err) == exitcode.NotFound {
		next = i18n.Text{RU: "ваш текст — в файле %s; сделать из него черновик: epgu application draft new %s --from %s", EN: "your text is in %s; make a draft of it: epgu application draft new %s --from %s"}.With(path, k.service.Code, path)
	}
	if e := fault.Of(err); e != nil && (e.Hint.In(i18n.EN) == "" || e.Exit == exitcode.Conflict) {
		e.Advise(next)
	} else {
		k.f.IO.Note(next)
	}
	return err
}

// unfinished finds a text that never got into the draft, because the program was
// killed or the text could not be kept, and says where it is. On a terminal it
// offers to go on with it: then it is what the editor is to open, and its file is
// named, to be removed once the draft has it.
func (o *opened) unfinished(ctx context.Context, fresh []byte) (begun []byte, path string, err error) {
	k := o.keeper
	for _, left := range k.c.Drafts.Left(k.id) {
		text, err := typedText(left)
		if err != nil {
			continue
		}
		if bytes.Equal(text, fresh) { // nobody has typed anything
			o.drop(left)
			continue
		}
		k.f.IO.Note(i18n.Text{RU: "Осталась правка, которая не дошла до черновика: %s. Внести её: epgu application draft edit %s --from %s",
			EN: "A text is left that never got into the draft: %s. To put it in: epgu application draft edit %s --from %s"}.With(left, k.id, left))
		if !k.f.IO.CanPrompt() || len(text) > forms.MaxValuesBytes {
			return fresh, "", nil
		}
		yes, err := prompt.New(k.f.IO).Confirm(ctx, prompt.Question{Label: i18n.Say("Продолжить её?", "Go on with it?")}, true)
		if err != nil || !yes {
			return fresh, "", err
		}
		return text, left, nil
	}
	return fresh, "", nil
}

// drop removes a text that is safe elsewhere, when it is one of this draft's.
func (o *opened) drop(path string) {
	if whole, err := filepath.Abs(path); err == nil && slices.Contains(o.keeper.c.Drafts.Left(o.keeper.id), whole) {
		_ = os.Remove(whole) // left behind, it is offered once more
	}
}

// typedText reads what an editor left, no more of it than a file of values may
// have and one byte, by which ReadValues knows that there is more.
func typedText(path string) (_ []byte, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return io.ReadAll(io.LimitReader(file, forms.MaxValuesBytes+1))
}

// edited runs the editor until what it leaves can be read, and keeps that.
func (o *opened) edited(ctx context.Context, out *output.Options, words []string, path string, before []byte) error {
	k := o.keeper
	for {
		if err := k.run(ctx, words); err != nil {
			return fault.New(exitcode.Failure, "draft.editor", i18n.Text{RU: "редактор %s не закончил работу", EN: "the editor %s did not finish"}.With(untrusted.Text(words[0]))).Because(err)
		}
		text, err := typedText(path)
		if err != nil {
			return err
		}
		if bytes.Equal(text, before) {
			k.f.IO.Note(i18n.Say("Ничего не изменено.", "Nothing was changed."))
			return o.next(ctx, o.data)
		}
		values, err := forms.ReadValues(bytes.NewReader(text), path)
		if err == nil && len(values) == 0 { // a way to leave an editor without saving, or an editor that broke off: never a wish to lose all
			k.f.IO.Note(i18n.Text{RU: "В файле не осталось ни одного ответа: черновик остался как был. Удалить его: epgu application draft remove %s",
				EN: "There is no answer left in the file: the draft stays as it was. To remove it: epgu application draft remove %s"}.With(k.id))
			return o.next(ctx, o.data)
		}
		if err == nil {
			err = unknownFields(k.form, values)
		}
		if err == nil {
			if err := o.save(ctx, out, k.form.Coerce(values)); err != nil {
				return err
			}
			return k.c.Drafts.Keep(k.id, forms.Comments(text))
		}
		wrong := fault.Of(err)
		if wrong == nil || !k.f.IO.CanPrompt() {
			return err
		}
		k.f.IO.Note(wrong.Message)
		for _, w := range wrong.Fields {
			k.f.IO.Note(w.Told())
		}
		again, errAsk := prompt.New(k.f.IO).Confirm(ctx, prompt.Question{Label: i18n.Say("Открыть снова?", "Open it again?")}, true)
		if errAsk != nil {
			return errAsk
		}
		if !again {
			return err
		}
	}
}

// run runs the person's editor on the terminal.
func (d *draftKeeper) run(ctx context.Context, words []string) error {
	cmd, err := launch.Command(ctx, words, os.Environ())
	if err != nil {
		return err
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = d.f.IO.In, d.f.IO.ErrOut, d.f.IO.ErrOut
	if file := d.f.IO.StdoutFile(); file != nil && d.f.IO.IsStdoutTTY() {
		cmd.Stdout = file
	}
	return cmd.Run()
}

// editor is the program that the person edits with. VISUAL and EDITOR are for a
// terminal; EPGU_EDITOR may be a program that needs none.
func (o *opened) editor() ([]string, error) {
	ios := o.keeper.f.IO
	names := []string{"EPGU_EDITOR", "VISUAL", "EDITOR"}
	if !ios.CanPrompt() {
		names = names[:1]
	}
	for _, name := range names {
		words, err := launch.Words(ios.Getenv(name))
		if err != nil {
			return nil, fault.New(exitcode.Usage, "draft.no_editor", i18n.Text{RU: "в переменной %s не закрыта кавычка", EN: "a quote in %s is not closed"}.With(name)).Because(err)
		}
		if len(words) > 0 {
			return words, nil
		}
	}
	return nil, fault.New(exitcode.Usage, "draft.no_editor", i18n.Say("нечем править: нет терминала или не задан EDITOR", "there is nothing to edit with: no terminal, or EDITOR is not set")).
		Advise(i18n.Text{RU: "меняйте поля так: epgu application draft edit %s --set имя=значение", EN: "change fields by: epgu application draft edit %s --set name=value"}.With(o.keeper.id))
}
