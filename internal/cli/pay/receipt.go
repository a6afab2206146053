package pay

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/ui/output"
)

// saved is a file that a command wrote.
type saved struct {
	path string
	size int64
}

func savedView() output.View[saved] {
	return output.View[saved]{Fields: []output.Field[saved]{
		{Name: "path", Title: i18n.Text{RU: "Файл", EN: "File"}, Value: func(s saved) any { return s.path }},
		{Name: "bytes", Title: i18n.Text{RU: "Байт", EN: "Bytes"}, Value: func(s saved) any { return s.size }},
	}}
}

func newReceipt(f *factory.Factory) *cobra.Command {
	var out output.Options
	var dir, format string
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "receipt ПЛАТЁЖ", EN: "receipt PAYMENT"}.In(f.Lang),
		Short: i18n.Text{RU: "Скачать квитанцию: PDF, JSON или текст", EN: "Download the receipt: PDF, JSON or plain text"}.In(f.Lang),
		Long: i18n.Text{
			RU: "PDF делает портал: с QR-кодом реквизитов, каждый раз одни и те же байты. JSON и текст говорят то же самое для программ и для чтения вслух.",
			EN: "The portal makes the PDF, with a QR code of the requisites, the same bytes every time. JSON and text say the same for programs and for reading aloud."}.In(f.Lang),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if format != "pdf" && format != "json" && format != "text" {
				return fault.New(exitcode.Usage, "flag.value", i18n.Say("--format: pdf, json или text", "--format: pdf, json or text"))
			}
			s, err := saveReceipt(cmd.Context(), f, args[0], dir, format)
			if err != nil {
				return err
			}
			return output.Object(f.IO, &out, savedView(), s)
		},
	}
	cmd.Flags().StringVarP(&dir, "output", "o", ".", i18n.Text{RU: "`папка` для файла", EN: "`folder` for the file"}.In(f.Lang))
	cmd.Flags().StringVar(&format, "format", "pdf", i18n.Text{RU: "вид квитанции: pdf, json или text", EN: "form of the receipt: pdf, json or text"}.In(f.Lang))
	output.AddFlags(cmd, &out, savedView(), f.Lang)
	return cmd
}

func saveReceipt(ctx context.Context, f *factory.Factory, id, dir, format string) (saved, error) {
	c, err := f.Connect(ctx)
	if err != nil {
		return saved{}, err
	}
	if format == "pdf" {
		path, size, err := billing.SaveReceipt(ctx, c.Cabinet, id, dir)
		return saved{path, size}, err
	}
	p, err := c.Cabinet.Payment(ctx, id, 0)
	if err != nil {
		return saved{}, err
	}
	if p.State != "paid" {
		return saved{}, fault.New(exitcode.Conflict, "payment.not_paid", i18n.Text{RU: "платёж %s ещё не прошёл: квитанции нет", EN: "payment %s has not gone through yet: there is no receipt"}.With(id)).
			AdviseRun("epgu pay view " + p.ID)
	}
	body, extension := []byte(receiptText(p, f.IO.Lang)), "txt"
	if format == "json" {
		if body, err = json.MarshalIndent(receiptOf(p), "", "  "); err != nil {
			return saved{}, err
		}
		body, extension = append(body, '\n'), "json"
	}
	path, size, err := billing.WriteReceipt(id, dir, extension, func(w io.Writer) (int64, error) {
		n, err := w.Write(body)
		return int64(n), err
	})
	return saved{path, size}, err
}

// receipt is the receipt as JSON: the names are those of the cabinet API.
type receipt struct {
	ID            string        `json:"id"`
	UIN           string        `json:"uin,omitempty"`
	UIP           string        `json:"uip,omitempty"`
	PaidAt        *time.Time    `json:"paidAt"`
	AmountKopecks int64         `json:"amountKopecks"`
	FeeKopecks    int64         `json:"feeKopecks"`
	Method        string        `json:"method"`
	Purpose       string        `json:"purpose"`
	Period        string        `json:"period,omitempty"`
	Payer         string        `json:"payer"`
	Payee         cabinet.Payee `json:"payee"`
}

func receiptOf(p *cabinet.Payment) receipt {
	return receipt{ID: p.ID, UIN: p.UIN, UIP: p.UIP, PaidAt: p.PaidAt, AmountKopecks: p.AmountKopecks, FeeKopecks: p.FeeKopecks, Method: p.Method,
		Purpose: p.Purpose.String(), Period: p.Period, Payer: p.PayerName.String(), Payee: p.Payee}
}

// receiptText is the receipt as lines of "name: value".
func receiptText(p *cabinet.Payment, l i18n.Lang) string {
	var b strings.Builder
	line := func(ru, en, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\n", i18n.Text{RU: ru, EN: en}.In(l), value)
		}
	}
	b.WriteString(i18n.Text{RU: "Квитанция об оплате", EN: "Receipt of payment"}.In(l) + "\n")
	line("Платёж", "Payment", p.ID)
	if p.PaidAt != nil {
		line("Дата и время", "Date and time", p.PaidAt.In(clock.Moscow()).Format("02.01.2006 15:04:05 -0700"))
	}
	line("Сумма", "Amount", i18n.Rubles(l, p.AmountKopecks))
	line("Комиссия", "Commission", i18n.Rubles(l, p.FeeKopecks))
	line("Назначение", "Purpose", p.Purpose.String())
	line("Период", "Period", p.Period)
	line("УИН", "УИН", p.UIN)
	line("УИП", "УИП", p.UIP)
	line("Плательщик", "Payer", p.PayerName.String())
	line("Получатель", "Payee", p.Payee.Name.String())
	line("ИНН", "ИНН", p.Payee.INN)
	line("КПП", "КПП", p.Payee.KPP)
	line("Счёт", "Account", p.Payee.Account)
	line("Банк", "Bank", p.Payee.BankName.String())
	line("БИК", "БИК", p.Payee.BIK)
	line("Единый казначейский счёт", "Treasury account", p.Payee.CorrAccount)
	line("КБК", "КБК", p.Payee.KBK)
	line("ОКТМО", "ОКТМО", p.Payee.OKTMO)
	return b.String()
}
