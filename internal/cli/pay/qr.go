package pay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/qr"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/safepath"
)

type qrOptions struct {
	f        *factory.Factory
	manual   manual
	uin      string
	png, svg string
	payload  bool
	ascii    bool
	light    bool
	encoding string
	scale    int
}

func newQR(f *factory.Factory) *cobra.Command {
	o := &qrOptions{f: f}
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "qr [УИН]", EN: "qr [УИН]"}.In(f.Lang),
		Short: i18n.Text{RU: "Платёжный QR-код (ГОСТ Р 56042-2014) для любого банка", EN: "A payment QR code (ГОСТ Р 56042-2014) for any bank"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Печатает код, который прочитает приложение любого банка: по УИН начисления или по реквизитам (--payee, --account, --bik …), без портала.\nСкидка и остаток учтены на сегодня. Код ничего не оплачивает и в журнал не попадает.",
			EN: "Prints a code that any bank's application reads: by the УИН of a charge, or by requisites (--payee, --account, --bik …) with no portal at all.\nDiscount and remainder are those of today. A code pays nothing and leaves no trace in the journal."}.In(f.Lang),
		Example: "  epgu pay qr 18810177170325189254\n  epgu pay qr 18810177170325189254 --svg fine.svg",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.uin = args[0]
			}
			return o.run(cmd.Context())
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&o.png, "png", "", i18n.Text{RU: "записать картинку PNG в `файл`", EN: "write a PNG picture to a `file`"}.In(f.Lang))
	fl.StringVar(&o.svg, "svg", "", i18n.Text{RU: "записать картинку SVG в `файл`", EN: "write an SVG picture to a `file`"}.In(f.Lang))
	fl.BoolVar(&o.payload, "payload", false, i18n.Text{RU: "напечатать текст кода", EN: "print the text of the code"}.In(f.Lang))
	fl.BoolVar(&o.ascii, "ascii", false, i18n.Text{RU: "рисовать без знаков псевдографики", EN: "draw without block characters"}.In(f.Lang))
	fl.BoolVar(&o.light, "light", false, i18n.Text{RU: "терминал со светлым фоном", EN: "the terminal has a light background"}.In(f.Lang))
	fl.StringVar(&o.encoding, "encoding", "auto", i18n.Text{RU: "кодировка: auto, 1 (Windows-1251) или 2 (UTF-8)", EN: "encoding: auto, 1 (Windows-1251) or 2 (UTF-8)"}.In(f.Lang))
	fl.IntVar(&o.scale, "scale", 8, i18n.Text{RU: "точек на клетку в PNG, 1–32", EN: "pixels a module in a PNG, 1–32"}.In(f.Lang))
	fl.StringVar(&o.manual.amount, "amount", "", i18n.Text{RU: "сумма в рублях; без неё её впишет плательщик", EN: "the amount in rubles; without it the payer fills it in"}.In(f.Lang))
	o.manual.addFlags(fl, f.Lang)
	cmd.MarkFlagsMutuallyExclusive("png", "svg", "payload")
	return cmd
}

func (o *qrOptions) run(ctx context.Context) error {
	encoding, ok := map[string]qr.Encoding{"auto": qr.Auto, "1": qr.Windows1251, "2": qr.UTF8}[o.encoding]
	if !ok {
		return fault.New(exitcode.Usage, "flag.value", i18n.Say("--encoding: auto, 1 или 2", "--encoding: auto, 1 or 2"))
	}
	s, err := o.subject(ctx)
	if err != nil {
		return err
	}
	payload, err := qr.Encode(s.Code(), encoding)
	if err != nil {
		return err
	}
	if o.payload {
		_, err := o.f.IO.Out.Write(append(payload, '\n'))
		return err
	}
	code, err := qr.Draw(payload)
	if err != nil {
		return err
	}
	switch {
	case o.png != "":
		return o.save(o.png, func(w io.Writer) error { return code.PNG(w, o.scale) })
	case o.svg != "":
		return o.save(o.svg, code.SVG)
	}
	return code.Terminal(o.f.IO.Out, qr.Style{ASCII: o.ascii || o.f.IO.Dumb(), Light: o.light})
}

// subject is what the code is for.
func (o *qrOptions) subject(ctx context.Context) (bankfiles.Subject, error) {
	if o.uin == "" {
		if !o.manual.given() {
			return bankfiles.Subject{}, fault.New(exitcode.Usage, "pay.nothing", i18n.Say("нужен УИН или реквизиты (--payee, --account, --bik …)", "an УИН or requisites (--payee, --account, --bik …) are needed"))
		}
		r, kopecks, err := o.manual.read(false)
		if err == nil && r.ActCode != "" {
			err = fault.New(exitcode.Usage, "qr.act_code", i18n.Say("в платёжном QR-коде нет места для кода акта", "a payment QR code has no place for the code of an act")).
				Advise(i18n.Say("сделайте поручение: epgu pay order --act-code …", "make an order: epgu pay order --act-code …"))
		}
		return bankfiles.Subject{Kopecks: kopecks, Requisites: r}, err
	}
	uin, err := requisites.ParseUIN(o.uin)
	if p := (*requisites.Problem)(nil); errors.As(err, &p) {
		return bankfiles.Subject{}, p.Fault()
	} else if err != nil {
		return bankfiles.Subject{}, err
	}
	given := int64(0)
	if o.manual.amount != "" {
		if given, err = billing.ParseRubles(o.manual.amount); err != nil {
			return bankfiles.Subject{}, err
		}
	}
	c, err := o.f.Connect(ctx)
	if err != nil {
		return bankfiles.Subject{}, err
	}
	charge, err := c.Cabinet.ChargeForBank(ctx, string(uin))
	if err != nil {
		return bankfiles.Subject{}, err
	}
	if charge.DueKopecks <= 0 {
		return bankfiles.Subject{}, bankfiles.NothingDue(string(uin))
	}
	amount := charge.DueKopecks
	if given != 0 {
		amount = given
	}
	for _, w := range billing.Warnings(*charge, billing.Facts{Now: o.f.Clock.Now(), GivenKopecks: given}) {
		o.f.IO.Note(i18n.Text{RU: "Внимание: %s", EN: "Note: %s"}.With(w))
	}
	return bankfiles.OfCharge(*charge, amount), nil
}

// save writes a picture beside its final name first.
func (o *qrOptions) save(path string, draw func(io.Writer) error) error {
	var b bytes.Buffer
	if err := draw(&b); err != nil {
		return err
	}
	return saveFile(path, b.Bytes())
}

// saveFile puts bytes under a name that the user chose.
func saveFile(path string, b []byte) error {
	d, err := safepath.OpenDir(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer d.Close()
	w, err := d.Create(filepath.Base(path), safepath.Overwrite)
	if err != nil {
		return err
	}
	defer w.Close()
	if _, err := w.Write(b); err != nil {
		return err
	}
	_, err = w.Commit()
	return err
}
