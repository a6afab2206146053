package bank

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/directbank"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/safepath"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// mostAttached bounds a file that is attached, bytes: a packet must fit in memory.
const mostAttached = 32 << 20

func letterView() output.View[*directbank.Letter] {
	type letter = *directbank.Letter
	return output.View[letter]{Fields: []output.Field[letter]{
		{Name: "id", Title: i18n.Text{RU: "Письмо", EN: "Letter"}, Value: func(l letter) any { return untrusted.Text(l.ID) }},
		{Name: "from", Title: i18n.Text{RU: "От кого", EN: "From"}, Value: func(l letter) any {
			if l.Ours {
				return output.Dual{Machine: "us", Human: i18n.Text{RU: "от нас", EN: "us"}}
			}
			return output.Dual{Machine: "bank", Human: i18n.Text{RU: "от банка", EN: "the bank"}}
		}},
		{Name: "date", Title: i18n.Text{RU: "Дата", EN: "Date"}, Value: func(l letter) any { return output.Day(l.Day) }},
		{Name: "number", Title: i18n.Text{RU: "Номер", EN: "Number"}, Value: func(l letter) any { return l.Number }},
		{Name: "type", Title: i18n.Text{RU: "Вид", EN: "Type"}, Value: func(l letter) any { return untrusted.Text(l.Type) }},
		{Name: "theme", Title: i18n.Text{RU: "Тема", EN: "Theme"}, Value: func(l letter) any { return l.Theme }, Wide: true},
		{Name: "text", Title: i18n.Text{RU: "Текст", EN: "Text"}, Value: func(l letter) any { return l.Text }, Wide: true},
		{Name: "about", Title: i18n.Text{RU: "О документе", EN: "About"}, Value: func(l letter) any { return untrusted.Text(l.About) }},
		{Name: "replyTo", Title: i18n.Text{RU: "Ответ на", EN: "Reply to"}, Value: func(l letter) any { return untrusted.Text(l.Reply) }},
		{Name: "thread", Title: i18n.Text{RU: "Переписка", EN: "Thread"}, Value: func(l letter) any { return untrusted.Text(l.Thread) }},
		{Name: "files", Title: i18n.Text{RU: "Вложения", EN: "Attachments"}, Value: func(l letter) any {
			names := make([]string, len(l.Files))
			for i := range l.Files {
				names[i] = l.Files[i].Name.String()
			}
			return names
		}},
	}, Default: []string{"id", "from", "date", "theme", "about", "files"}}
}

func newLetters(f *factory.Factory) *cobra.Command {
	flags := NewFlags(f)
	var dir string
	var kept bool
	var out output.Options
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "letters ИМЯ [ПИСЬМО]", EN: "letters NAME [LETTER]"}.In(f.Lang),
		Short: i18n.Text{RU: "Переписка с банком: список или одно письмо с вложениями", EN: "Letters to and from a bank: a list, or one with its attachments"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Забирает, что пришло от банка, и показывает письма (вид 40) обеих сторон, старые первыми. С номером письма (хватит начала) показывает его целиком; --save кладёт вложения в папку. --kept не обращается к банку.",
			EN: "Fetches what the bank has and shows the letters (kind 40) of both sides, oldest first. With the id of one (its beginning will do) shows it whole; --save puts its attachments into a folder. --kept does not talk to the bank."}.In(f.Lang),
		Example: "  epgu bank letters alfa\n  epgu bank letters alfa 0199a7c2 --save papers",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			c, err := flags.Talk(ctx, args[0], bankfiles.How{}, 0)
			if err != nil {
				return err
			}
			if len(args) == 2 {
				l, err := directbank.FindLetter(c.Desk.Box, args[1])
				if err != nil && !kept && fault.ExitOf(err) == exitcode.NotFound {
					if _, err := c.Desk.Fetch(ctx, c.Ear.Take); err != nil {
						return err
					}
					l, err = directbank.FindLetter(c.Desk.Box, args[1])
				}
				if err != nil {
					return err
				}
				if err := output.Object(f.IO, &out, letterView(), l); err != nil || dir == "" {
					return err
				}
				return saveFiles(f, l, dir)
			}
			if dir != "" {
				return fault.New(exitcode.Usage, "bank.save", i18n.Say("--save сохраняет вложения одного письма: назовите его", "--save keeps the attachments of one letter: name it"))
			}
			if !kept {
				if _, err := c.Desk.Fetch(ctx, c.Ear.Take); err != nil {
					return err
				}
			}
			var list []*directbank.Letter
			if err := directbank.EachLetter(c.Desk.Box, func(l *directbank.Letter) error {
				l.Forget()
				list = append(list, l)
				return nil
			}); err != nil {
				return err
			}
			return output.List(f.IO, &out, letterView(), list, output.Page{})
		},
	}
	cmd.Flags().StringVar(&dir, "save", "", i18n.Text{RU: "сохранить вложения письма в `папку`", EN: "keep the letter's attachments in a `folder`"}.In(f.Lang))
	cmd.Flags().BoolVar(&kept, "kept", false, i18n.Text{RU: "только то, что уже получено", EN: "only what was fetched before"}.In(f.Lang))
	flags.Add(cmd, true)
	output.AddFlags(cmd, &out, letterView(), f.Lang)
	return cmd
}

// saveFiles saves the attachments of a letter. One whose bytes are not those that the
// sender counted is not saved.
func saveFiles(f *factory.Factory, l *directbank.Letter, dir string) error {
	d, err := safepath.OpenDir(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	var damaged []fault.Field
	for i := range l.Files {
		one := &l.Files[i]
		data, err := one.Data()
		if err != nil || one.Damaged {
			damaged = append(damaged, fault.Field{Name: one.Name.String(), Message: i18n.Say("размер или контрольная сумма не сходится", "its size or its checksum does not fit")})
			continue
		}
		path, err := save(d, one.Name.Raw(), data)
		if err != nil {
			return err
		}
		f.IO.Note(i18n.Text{RU: "Сохранено: %s", EN: "Saved: %s"}.With(untrusted.Text(path)))
	}
	if len(damaged) > 0 {
		e := fault.New(exitcode.Failure, "bank.attachment", i18n.Say("вложение повреждено и не сохранено", "an attachment is damaged and was not saved")).
			Advise(i18n.Say("попросите банк прислать письмо заново", "ask the bank to send the letter anew"))
		e.Fields = damaged
		return e
	}
	return nil
}

func save(d *safepath.Dir, name string, data []byte) (string, error) {
	w, err := d.Create(name, safepath.Number)
	if err != nil {
		return "", err
	}
	defer w.Close()
	if _, err := w.Write(data); err != nil {
		return "", err
	}
	return w.Commit()
}

func newWrite(f *factory.Factory) *cobra.Command {
	flags := NewFlags(f)
	var wait time.Duration
	var draft directbank.Draft
	var textFile string
	var files []string
	var out output.Options
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "write ИМЯ", EN: "write NAME"}.In(f.Lang),
		Short: i18n.Text{RU: "Написать банку письмо, с вложениями", EN: "Write a letter to the bank, with attachments"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Отправляет письмо (вид 40) и ждёт извещения о нём. --about называет платёж, о котором письмо, --reply-to — письмо банка, на которое оно отвечает. Виды писем и сколько байт вложений банк принимает, стоит в его разделе.",
			EN: "Sends a letter (kind 40) and waits for the notice about it. --about names the payment that it is about, --reply-to the bank's letter that it answers. The types of letters and how many bytes of attachments the bank takes stand in its section."}.In(f.Lang),
		Example: "  epgu bank write alfa --theme 'Договор к поручению 101' --text 'Во вложении.' --attach contract.pdf --reply-to 0199a7c2",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			if textFile != "" {
				text, err := readSmall(f, textFile)
				if err != nil {
					return fault.New(exitcode.Usage, "file.unreadable", i18n.Text{RU: "файл %s не прочитать", EN: "file %s cannot be read"}.With(untrusted.Text(textFile))).Because(err)
				}
				draft.Text = string(text)
			}
			if err := attach(&draft, files); err != nil {
				return err
			}
			if draft.About != "" {
				if _, err := sentBy(ctx, f, args[0], draft.About); err != nil {
					return err
				}
			}
			c, err := flags.Talk(ctx, args[0], bankfiles.How{}, wait)
			if err != nil {
				return err
			}
			id, err := c.Desk.Write(ctx, &draft)
			if err != nil {
				return err
			}
			c.Await(id)
			done, err := c.Until(ctx, func() bool { return c.Answered(id) })
			if err != nil {
				return err
			}
			if !done {
				return fault.New(exitcode.Pending, "bank.letter_pending", i18n.Text{RU: "письмо %s в банке, извещения о нём ещё нет", EN: "letter %s is at the bank, there is no notice about it yet"}.With(id)).
					Advise(i18n.Text{RU: "спросите позже: epgu bank status %s %s", EN: "ask later: epgu bank status %s %s"}.With(args[0], id))
			}
			t := c.Answer(id)
			if err := output.List(f.IO, &out, toldView(), []directbank.Told{*t}, output.Page{}); err != nil {
				return err
			}
			if t.Word != directbank.Accepted && t.Word != directbank.Executed && t.Word != directbank.Arrived {
				return fault.New(exitcode.Refused, "bank.letter_refused", i18n.Text{RU: "банк не принял письмо: %s %s", EN: "the bank did not take the letter: %s %s"}.With(untrusted.Text(t.Code), t.Words))
			}
			return nil
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&draft.Theme, "theme", "", i18n.Text{RU: "`тема` письма", EN: "`theme` of the letter"}.In(f.Lang))
	fl.StringVar(&draft.Text, "text", "", i18n.Text{RU: "`текст` письма", EN: "`text` of the letter"}.In(f.Lang))
	fl.StringVar(&textFile, "text-file", "", i18n.Text{RU: "взять текст из `файла`; «-» — стандартный ввод", EN: "take the text from a `file`; - is standard input"}.In(f.Lang))
	fl.StringArrayVar(&files, "attach", nil, i18n.Text{RU: "вложить `файл`; можно несколько раз", EN: "attach a `file`; may be given several times"}.In(f.Lang))
	fl.StringVar(&draft.Type, "type", "", i18n.Text{RU: "`код` вида письма по списку банка", EN: "`code` of the letter's type by the bank's list"}.In(f.Lang))
	fl.StringVar(&draft.About, "about", "", i18n.Text{RU: "`платёж`, о котором письмо", EN: "`payment` that the letter is about"}.In(f.Lang))
	fl.StringVar(&draft.Reply, "reply-to", "", i18n.Text{RU: "`письмо` банка, на которое это отвечает", EN: "`letter` of the bank that this one answers"}.In(f.Lang))
	cmd.MarkFlagsMutuallyExclusive("text", "text-file")
	cmd.MarkFlagsOneRequired("text", "text-file")
	waitFlag(cmd, f, &wait)
	flags.Add(cmd, true)
	output.AddFlags(cmd, &out, toldView(), f.Lang)
	return cmd
}

// attach reads the files of a letter.
func attach(draft *directbank.Draft, paths []string) error {
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case err == nil && !info.Mode().IsRegular():
			err = errors.New("not a regular file")
		case err == nil && info.Size() > mostAttached:
			return fault.New(exitcode.Usage, "bank.attach", i18n.Text{RU: "файл %s больше %d МиБ", EN: "file %s is larger than %d MiB"}.With(untrusted.Text(path), mostAttached>>20))
		}
		var data []byte
		if err == nil {
			data, err = os.ReadFile(path)
		}
		if err != nil {
			return fault.New(exitcode.Usage, "file.unreadable", i18n.Text{RU: "файл %s не прочитать", EN: "file %s cannot be read"}.With(untrusted.Text(path))).Because(err)
		}
		draft.Files = append(draft.Files, directbank.Attached{Name: filepath.Base(path), Data: data})
	}
	return nil
}

// sentBy returns a payment that went by this bank.
func sentBy(ctx context.Context, f *factory.Factory, bank, payment string) (journal.Payment, error) {
	j, err := f.Journal(ctx)
	if err != nil {
		return journal.Payment{}, err
	}
	p, err := j.Payment(ctx, payment)
	if err != nil {
		return p, err
	}
	if c := billing.CarriedOf(&p); p.Via != journal.ViaDirectBank || c.Bank != bank {
		return p, fault.New(exitcode.NotFound, "bank.other_payment", i18n.Text{RU: "платёж %s ушёл не через банк %s", EN: "payment %s did not go by bank %s"}.With(untrusted.Text(payment), bank))
	}
	return p, nil
}
