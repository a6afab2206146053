package check

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/qr"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

func newQR(f *factory.Factory) *cobra.Command {
	var out output.Options
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "qr ТЕКСТ|-", EN: "qr TEXT|-"}.In(f.Lang),
		Short: i18n.Text{RU: "Разобрать платёжный QR-код (ГОСТ Р 56042-2014)", EN: "Read a payment QR code (ГОСТ Р 56042-2014)"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Разбирает текст платёжного кода и проверяет реквизиты в нём. Код выхода 0 — по коду можно платить, 2 — в нём ошибки (они названы, остальное показано). Картинку прочитает любой сканер, например:\nzbarimg --raw --oneshot -Sbinary код.png | epgu check qr -",
			EN: "Reads the text of a payment code and checks the requisites in it. Exit code 0: one may pay by it; 2: it has errors, which are named, and the rest is shown. Any scanner reads the picture, for example:\nzbarimg --raw --oneshot -Sbinary code.png | epgu check qr -",
		}.In(f.Lang),
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			in := f.IO.In
			if args[0] != stdin {
				in = strings.NewReader(args[0])
			}
			d, err := qr.DecodeFrom(in)
			if d == nil {
				return err
			}
			for _, w := range d.Warnings {
				f.IO.Note(w.Told())
			}
			if shown := output.Object(f.IO, &out, qrView(f.Lang), d); shown != nil {
				return shown
			}
			return err
		},
	}
	output.AddFlags(cmd, &out, qrView(f.Lang), f.Lang)
	return cmd
}

// qrProblem is something wrong with a code, or worth a look, as JSON has it.
type qrProblem struct {
	Field   untrusted.Text `json:"field"`
	Message string         `json:"message"`
}

// qrProblems gives problems to programs as objects and to people as lines.
func qrProblems(list []fault.Field, lang i18n.Lang) any {
	if len(list) == 0 {
		return nil
	}
	out := make([]output.Dual, len(list))
	for i, f := range list {
		out[i] = output.Dual{Machine: qrProblem{untrusted.Text(f.Name), f.Message.In(lang)}, Human: f.Told()}
	}
	return out
}

func qrVerdict(d *qr.Decoded) any {
	if d.Valid() {
		return verdict(requisites.VerdictValid)
	}
	return verdict(requisites.VerdictInvalid)
}

func qrView(lang i18n.Lang) output.View[*qr.Decoded] {
	text := func(name, ru, en string, get func(*qr.Payment) string) output.Field[*qr.Decoded] {
		return output.Field[*qr.Decoded]{Name: name, Title: i18n.Text{RU: ru, EN: en}, Value: func(d *qr.Decoded) any {
			if d == nil || get(&d.Payment) == "" {
				return nil
			}
			return untrusted.Text(get(&d.Payment))
		}}
	}
	return output.View[*qr.Decoded]{Fields: []output.Field[*qr.Decoded]{
		{Name: "verdict", Title: i18n.Text{RU: "Итог", EN: "Verdict"}, Value: func(d *qr.Decoded) any { return qrVerdict(d) }},
		text("name", "Получатель", "Payee", func(p *qr.Payment) string { return p.Name }),
		text("account", "Счёт", "Account", func(p *qr.Payment) string { return string(p.Account) }),
		text("bankName", "Банк", "Bank", func(p *qr.Payment) string { return p.BankName }),
		text("bik", "БИК", "БИК", func(p *qr.Payment) string { return string(p.BIK) }),
		text("corrAccount", "Корреспондентский счёт", "Correspondent account", func(p *qr.Payment) string { return p.CorrespAcc }),
		{Name: "sumKopecks", Title: i18n.Text{RU: "Сумма", EN: "Sum"}, Value: func(d *qr.Decoded) any {
			if d == nil {
				return i18n.Money(0)
			}
			if d.Payment.Kopecks == 0 {
				return nil
			}
			return i18n.Money(d.Payment.Kopecks)
		}},
		text("uin", "УИН", "УИН", func(p *qr.Payment) string { return string(p.UIN) }),
		text("purpose", "Назначение", "Purpose", func(p *qr.Payment) string { return p.Purpose }),
		text("payeeInn", "ИНН получателя", "Payee's ИНН", func(p *qr.Payment) string { return string(p.PayeeINN) }),
		text("kpp", "КПП получателя", "Payee's КПП", func(p *qr.Payment) string { return string(p.KPP) }),
		text("kbk", "КБК", "КБК", func(p *qr.Payment) string { return string(p.KBK) }),
		text("oktmo", "ОКТМО", "ОКТМО", func(p *qr.Payment) string { return string(p.OKTMO) }),
		text("drawerStatus", "Статус составителя (101)", "Drawer status (101)", func(p *qr.Payment) string { return string(p.DrawerStatus) }),
		text("basis", "Основание (106)", "Basis (106)", func(p *qr.Payment) string { return string(p.Basis) }),
		text("taxPeriod", "Период (107)", "Period (107)", func(p *qr.Payment) string { return string(p.TaxPeriod) }),
		text("docNo", "Номер документа (108)", "Document number (108)", func(p *qr.Payment) string { return string(p.DocNo) }),
		text("docDate", "Дата документа (109)", "Document date (109)", func(p *qr.Payment) string { return string(p.DocDate) }),
		text("payerInn", "ИНН плательщика", "Payer's ИНН", func(p *qr.Payment) string { return string(p.PayerINN) }),
		text("lastName", "Фамилия", "Last name", func(p *qr.Payment) string { return p.LastName }),
		text("firstName", "Имя", "First name", func(p *qr.Payment) string { return p.FirstName }),
		text("middleName", "Отчество", "Middle name", func(p *qr.Payment) string { return p.MiddleName }),
		text("payerAddress", "Адрес плательщика", "Payer's address", func(p *qr.Payment) string { return p.PayerAddress }),
		{Name: "charset", Title: i18n.Text{RU: "Кодировка", EN: "Character set"}, Value: func(d *qr.Decoded) any {
			if d == nil {
				return ""
			}
			return d.Used
		}},
		{Name: "problems", Title: i18n.Text{RU: "Ошибки", EN: "Errors"}, Value: func(d *qr.Decoded) any {
			if d == nil {
				return nil
			}
			return qrProblems(d.Faults, lang)
		}},
		{Name: "notes", Title: i18n.Text{RU: "Замечания", EN: "Notes"}, Value: func(d *qr.Decoded) any {
			if d == nil {
				return nil
			}
			return qrProblems(d.Warnings, lang)
		}},
		{Name: "other", Title: i18n.Text{RU: "Прочее", EN: "Other"}, Value: func(d *qr.Decoded) any {
			if d == nil || len(d.Payment.Other) == 0 {
				return nil
			}
			list := make([]untrusted.Text, len(d.Payment.Other))
			for i, o := range d.Payment.Other {
				list[i] = untrusted.Text(o.Key + "=" + o.Value)
			}
			return list
		}},
	}}
}
