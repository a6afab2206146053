package receipts

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"rsc.io/qr"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/bank"
)

// ErrNotPaid means that there is no receipt yet.
var ErrNotPaid = errors.New("the payment is not paid")

// Payment prints the receipt of a paid payment, with a QR by ГОСТ Р 56042-2014
// that repeats its requisites.
func Payment(p *bank.Payment, l i18n.Lang) ([]byte, error) {
	if p.State != bank.Paid {
		return nil, ErrNotPaid
	}
	code, err := qr.Encode(QR(p), qr.M)
	if err != nil {
		return nil, err
	}
	say := func(ru, en string) string { return i18n.Text{RU: ru, EN: en}.In(l) }
	return Print(Document{
		Title: say("Квитанция об оплате", "Receipt of payment"),
		At:    p.PaidAt,
		Lang:  l,
		QR:    code.PNG(),
		Lines: []Line{
			{say("Платёж", "Payment"), p.ID},
			{say("Дата и время", "Date and time"), p.PaidAt.In(clock.Moscow()).Format("02.01.2006 15:04:05 -0700")},
			{say("Сумма", "Amount"), i18n.Rubles(l, p.Amount)},
			{say("Комиссия", "Commission"), i18n.Rubles(l, p.Fee)},
			{say("Назначение", "Purpose"), p.Purpose},
			{say("УИН", "UIN"), p.UIN},
			{say("УИП", "UIP"), p.UIP},
			{say("Плательщик", "Payer"), p.PayerName},
			{say("Получатель", "Payee"), p.Payee.Name},
			{say("ИНН / КПП", "INN / KPP"), p.Payee.INN + " / " + p.Payee.KPP},
			{say("Счёт", "Account"), p.Payee.Account},
			{say("Банк", "Bank"), p.Payee.BankName},
			{say("БИК", "BIK"), p.Payee.BIK},
			{say("Корр. счёт", "Corr. account"), p.Payee.CorrAccount},
			{say("КБК", "KBK"), p.Payee.KBK},
			{say("ОКТМО", "OKTMO"), p.Payee.OKTMO},
		},
		Notes: []string{say("Деньги не переводились: это учебный банк.", "No money has moved: this is a training bank.")},
	})
}

// QR returns the text of the code: encoding 2 is UTF-8; the five obligatory
// fields come first, in the order of the standard.
func QR(p *bank.Payment) string {
	var b strings.Builder
	b.WriteString("ST00012")
	for _, f := range [][2]string{
		{"Name", p.Payee.Name}, {"PersonalAcc", p.Payee.Account}, {"BankName", p.Payee.BankName},
		{"BIC", p.Payee.BIK}, {"CorrespAcc", p.Payee.CorrAccount},
		{"Sum", strconv.FormatInt(p.Amount, 10)}, {"Purpose", p.Purpose}, {"PayeeINN", p.Payee.INN}, {"KPP", p.Payee.KPP},
		{"CBC", p.Payee.KBK}, {"OKTMO", p.Payee.OKTMO}, {"UIN", p.UIN},
	} {
		if f[1] == "" {
			continue
		}
		b.WriteString("|" + f[0] + "=" + cut(strings.ReplaceAll(f[1], "|", " "), limitOf(f[0])))
	}
	return b.String()
}

// limitOf is the length that the standard allows a field, characters.
func limitOf(field string) int {
	switch field {
	case "Name":
		return 160
	case "BankName":
		return 45
	case "Purpose":
		return 210
	}
	return 25
}

func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// FileName is the name under which a receipt is offered.
func FileName(p *bank.Payment, at time.Time) string {
	return "receipt-" + at.In(clock.Moscow()).Format("20060102") + "-" + p.ID + ".pdf"
}
