// Package sign is the command "sign": GOST signatures of files.
package sign

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/signer"
	"github.com/epgu-cli/epgu/internal/core/signing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/progress"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
)

type options struct {
	f       *factory.Factory
	out     output.Options
	who     signer.Flags
	certs   []string
	batch   signing.Batch
	onError string
	yes     bool
}

func view() output.View[*signing.File] {
	reason := func(get func(*fault.Error) any) func(*signing.File) any {
		return func(x *signing.File) any {
			var f *fault.Error
			if errors.As(x.Reason, &f) {
				return get(f)
			}
			if x.Reason != nil {
				return x.Reason.Error()
			}
			return nil
		}
	}
	return output.View[*signing.File]{Fields: []output.Field[*signing.File]{
		{Name: "file", Title: i18n.Text{RU: "Файл", EN: "File"}, Value: func(x *signing.File) any { return path(x) }},
		{Name: "status", Title: i18n.Text{RU: "Итог", EN: "Outcome"}, Value: func(x *signing.File) any { return x.Status }},
		{Name: "signatures", Title: i18n.Text{RU: "Подпись", EN: "Signature"}, Value: func(x *signing.File) any { return x.Signatures }, Wide: true},
		{Name: "size", Title: i18n.Text{RU: "Байт", EN: "Bytes"}, Value: func(x *signing.File) any { return x.Size }},
		{Name: "hash", Title: i18n.Text{RU: "Хеш (Стрибог)", EN: "Hash (Streebog)"}, Value: func(x *signing.File) any { return x.Hash }, Wide: true},
		{Name: "code", Title: i18n.Text{RU: "Код причины", EN: "Reason code"}, Value: reason(func(f *fault.Error) any { return f.Code })},
		{Name: "reason", Title: i18n.Text{RU: "Причина", EN: "Reason"}, Value: reason(func(f *fault.Error) any { return f.Message }), Wide: true},
		{Name: "hint", Title: i18n.Text{RU: "Что делать", EN: "What to do"}, Value: reason(func(f *fault.Error) any { return f.Hint }), Wide: true},
	}, Default: []string{"file", "status", "signatures", "reason"}}
}

func path(x *signing.File) string {
	if x == nil {
		return ""
	}
	return x.Path
}

// New returns the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{f: f, who: signer.Flags{F: f}}
	tr := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(f.Lang) }
	cmd := &cobra.Command{
		Use:   tr("sign ФАЙЛ…", "sign FILE…"),
		Short: tr("Подписать файлы по ГОСТ", "Sign files by GOST"),
		Long: tr(`Пишет рядом с каждым файлом ФАЙЛ.sig: отсоединённую подпись CAdES-BES. PIN спрашивается один раз на все файлы.
Сначала показывает, что будет подписано: имя, размер, хеш. Подписывается именно показанное.
Готовая подпись этого же файла этим же сертификатом пропускается, чужая не заменяется без --force.
Несколько --cert дают каждому свою подпись (ФАЙЛ.ИМЯ.sig) и общий sign_config.xml.
Код выхода: 0 — всё подписано, 8 — часть, 2 — ничего.`,
			`Writes FILE.sig beside each file: a detached CAdES-BES signature. The PIN is asked once for all files.
First shows what will be signed: name, size, hash. Exactly what was shown is signed.
A signature of the same file by the same certificate is skipped, another one is not replaced without --force.
Several --cert give each signer a signature of its own (FILE.NAME.sig) and a common sign_config.xml.
Exit code: 0 all signed, 8 some, 2 none.`),
		Example: "  epgu sign contract.pdf --cert me\n  epgu sign *.xml --cert me --pin-file pin.txt --yes --json file,status,reason\n  epgu sign contract.pdf --yes --signer exec:'openssl cms -sign -binary -md md_gost12_256 -outform DER -signer cert.pem -inkey key.pem'",
		Args:    cobra.MinimumNArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), args) },
	}
	f.Flesh(cmd, func() {
		fl := cmd.Flags()
		fl.StringSliceVar(&o.certs, "cert", nil, tr("чем подписать: `имя` из epgu cert list; можно несколько", "the certificate to sign with: a `name` of epgu cert list; may be repeated"))
		o.who.AddSigner(cmd)
		fl.StringVarP(&o.batch.OutDir, "out", "o", "", tr("`папка` для подписей", "`folder` for the signatures"))
		fl.BoolVar(&o.batch.Attached, "attached", false, tr("подпись вместе с файлом: ФАЙЛ.p7m", "a signature that holds the file: FILE.p7m"))
		fl.BoolVar(&o.batch.Add, "add", false, tr("добавить подпись к тем, что уже есть", "add a signature to those that are there"))
		fl.BoolVar(&o.batch.Force, "force", false, tr("заменить то, что уже есть", "replace what is there"))
		fl.StringVar(&o.onError, "on-error", "continue", tr("после неудачи: continue — дальше, stop — остановиться", "after a failure: continue or stop"))
		fl.IntVar(&o.batch.Workers, "jobs", 0, tr("сколько файлов сразу; 0 — по числу ядер", "how many files at once; 0 is one for each core"))
		fl.BoolVarP(&o.yes, "yes", "y", false, tr("не спрашивать", "do not ask"))
		output.AddFlags(cmd, &o.out, view(), f.Lang)
	})
	return cmd
}

func (o *options) run(ctx context.Context, paths []string) error {
	if o.onError != "stop" && o.onError != "continue" {
		return fault.New(exitcode.Usage, "flag.value", i18n.Text{RU: "--%s не может быть «%s»; подходит: %s", EN: "--%s cannot be %q; use: %s"}.With("on-error", o.onError, "stop, continue"))
	}
	if o.who.Signer != "" && len(o.certs) > 1 {
		return fault.New(exitcode.Usage, "sign.one_program", i18n.Say("одна программа — один подписант", "one program is one signer"))
	}
	if !o.yes && !o.f.IO.CanPrompt() {
		return fault.New(exitcode.Usage, "sign.confirm", i18n.Say("спросить некого: что подписываем, нужно подтвердить", "nobody can be asked, and what is signed must be confirmed")).
			Advise(i18n.Say("добавьте --yes", "add --yes"))
	}
	b := &o.batch
	b.Clock, b.Stop = o.f.Clock, o.onError == "stop"
	var err error
	if b.Signers, err = o.who.Open(ctx, o.certs); err != nil {
		return err
	}
	files := b.Plan(paths)
	if !o.yes {
		if err := o.show(ctx, files); err != nil {
			return err
		}
	}
	err = o.progress(i18n.Text{RU: "Подпись", EN: "Signing"}, files, func() error { return b.Sign(ctx, files) })
	if ctx.Err() == nil && err != nil {
		return err
	}
	if err2 := output.List(o.f.IO, &o.out, view(), files, output.Page{}); err2 != nil {
		return err2
	}
	if err != nil {
		return err
	}
	return outcome(files)
}

// progress shows how far the bytes of the files are.
func (o *options) progress(label i18n.Text, files []*signing.File, do func() error) error {
	var total int64
	for _, f := range files {
		if f.Status == "" && f.Hash == "" {
			total += f.Size
		}
	}
	t := progress.Start(o.f.IO, label, progress.Options{Total: total, Bytes: true, Clock: o.f.Clock})
	defer t.Stop()
	o.batch.Progress = t.Add
	return do()
}

// show tells a person what will be signed and asks.
func (o *options) show(ctx context.Context, files []*signing.File) error {
	err := o.progress(i18n.Text{RU: "Чтение", EN: "Reading"}, files, func() error { return o.batch.Hash(ctx, files) })
	if err != nil {
		return err
	}
	n := 0
	for _, f := range files {
		if f.Status != "" {
			continue
		}
		n++
		o.f.IO.Note(i18n.Text{RU: "%s  %s  %s", EN: "%s  %s  %s"}.With(f.Path, progress.Bytes(f.Size), f.Hash))
	}
	if n == 0 {
		return nil
	}
	who := ""
	for i, s := range o.batch.Signers {
		if i > 0 {
			who += "; "
		}
		if c := s.Certificate(); c != nil {
			who += c.Subject.String()
		} else {
			who += o.who.Signer
		}
	}
	plural := i18n.Plural{One: "файл", Few: "файла", Many: "файлов", Sing: "file", Plur: "files"}
	ok, err := prompt.New(o.f.IO).Confirm(ctx, prompt.Question{
		Label: i18n.Text{RU: "Подписать %s от имени: %s?", EN: "Sign %s as %s?"}.With(plural.Count(n), who), Flag: "--yes"}, false)
	if err == nil && !ok {
		err = fault.New(exitcode.Usage, "sign.declined", i18n.Say("ничего не подписано", "nothing was signed"))
	}
	return err
}

// outcome is the error that the command ends with.
func outcome(files []*signing.File) error {
	signed, failed, unreached := 0, 0, 0
	for _, f := range files {
		var why *fault.Error
		switch {
		case f.Status == signing.Failed:
			failed++
		case errors.As(f.Reason, &why) && why.Code == "sign.not_reached":
			unreached++
		default:
			signed++
		}
	}
	if failed+unreached == 0 {
		return nil
	}
	e := fault.New(exitcode.Partial, "sign.partial", i18n.Text{RU: "подписано не всё: %d из %d не вышло", EN: "not all was signed: %d of %d failed"}.With(failed+unreached, len(files)))
	if signed == 0 {
		e = fault.New(exitcode.Usage, "sign.failed", i18n.Say("ничего не подписано", "nothing was signed"))
	}
	for _, f := range files {
		var why *fault.Error
		if f.Status == signing.Failed && errors.As(f.Reason, &why) && len(e.Fields) < maxTold {
			e.Fields = append(e.Fields, fault.Field{Name: f.Path, Message: why.Message})
			if e.Hint.IsZero() {
				e = e.Advise(why.Hint)
			}
		}
	}
	return e
}

// maxTold is how many failures the error repeats; the list has them all.
const maxTold = 20
