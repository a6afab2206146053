// Package pay is the noun "pay": paying charges and what comes of it.
package pay

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/ui/i18n"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
	"github.com/epgu-cli/epgu/internal/ui/untrusted"
)

type payOptions struct {
	f      *factory.Factory
	out    output.Options
	uins   []string
	method string
	amount string
	code   string
	again  string
	wait   time.Duration
	yes    bool
}

// New returns the noun: "pay УИН" itself and its verbs.
func New(f *factory.Factory) *cobra.Command {
	o := &payOptions{f: f}
	cmd := &cobra.Command{
		Use:   i18n.Text{RU: "pay УИН…", EN: "pay УИН…"}.In(f.Lang),
		Short: i18n.Text{RU: "Оплатить начисления", EN: "Pay charges"}.In(f.Lang),
		Long: i18n.Text{
			RU: "Оплачивает начисления по УИН. Сначала показывает, что и сколько, и просит набрать сумму (или --yes).\nПлатёж записывается в журнал до отправки; если ответ потерян, повтор команды сначала спросит портал и дважды не заплатит.",
			EN: "Pays charges by their УИН. It first shows what and how much, and asks for the sum to be typed (or --yes).\nA payment is journalled before it is sent; if the answer is lost, repeating the command asks the portal first and never pays twice."}.In(f.Lang),
		Example: "  epgu pay 18810177170325189254\n  epgu pay 18810177170325189254 --yes --json id,state,receiptId",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.uins = args
			return o.run(cmd.Context())
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&o.method, "method", "", i18n.Text{RU: "способ оплаты (epgu pay methods)", EN: "payment method (epgu pay methods)"}.In(f.Lang))
	fl.StringVar(&o.amount, "amount", "", i18n.Text{RU: "оплатить, только если к оплате ровно столько рублей", EN: "pay only if exactly this many rubles are due"}.In(f.Lang))
	fl.StringVar(&o.code, "code", "", i18n.Text{RU: "код подтверждения, если способ его просит", EN: "confirmation code, when the method asks for one"}.In(f.Lang))
	fl.StringVar(&o.again, "again", "", i18n.Text{RU: "заплатить ещё раз по оплаченному УИН; `причина` останется в журнале", EN: "pay an УИН that is paid once more; the `reason` is kept in the journal"}.In(f.Lang))
	fl.DurationVar(&o.wait, "wait", time.Minute, i18n.Text{RU: "сколько ждать проведения платежа", EN: "how long to wait until the payment is settled"}.In(f.Lang))
	fl.BoolVarP(&o.yes, "yes", "y", false, i18n.Text{RU: "не спрашивать подтверждения", EN: "do not ask for confirmation"}.In(f.Lang))
	output.AddFlags(cmd, &o.out, view(), f.Lang)
	f.Verbs(cmd, func() []*cobra.Command { return []*cobra.Command{newList(f), newView(f), newReceipt(f), newMethods(f)} })
	return cmd
}

// payment is one payment as a command prints it.
type payment struct {
	journal.Payment
	title cabinet.Text
}

func view() output.View[payment] {
	return output.View[payment]{Fields: []output.Field[payment]{
		{Name: "id", Title: i18n.Text{RU: "Платёж", EN: "Payment"}, Value: func(p payment) any { return p.ID }},
		{Name: "uin", Title: i18n.Text{RU: "УИН", EN: "УИН"}, Value: func(p payment) any { return p.UIN }},
		{Name: "title", Title: i18n.Text{RU: "За что", EN: "For what"}, Value: func(p payment) any { return p.title }, Wide: true},
		{Name: "amountKopecks", Title: i18n.Text{RU: "Сумма", EN: "Amount"}, Value: func(p payment) any { return i18n.Money(p.AmountKopecks) }},
		{Name: "state", Title: i18n.Text{RU: "Состояние", EN: "State"}, Value: func(p payment) any {
			return output.Dual{Machine: string(p.State), Human: billing.StateTitle(p.State)}
		}},
		{Name: "receiptId", Title: i18n.Text{RU: "Квитанция", EN: "Receipt"}, Value: func(p payment) any { return p.ReceiptID }},
		{Name: "uip", Title: i18n.Text{RU: "УИП", EN: "УИП"}, Value: func(p payment) any { return p.PortalPaymentID }},
		{Name: "payee", Title: i18n.Text{RU: "Получатель", EN: "Payee"}, Value: func(p payment) any { return untrusted.Text(p.PayeeName) }, Wide: true},
		{Name: "reason", Title: i18n.Text{RU: "Причина", EN: "Reason"}, Value: func(p payment) any {
			return output.Dual{Machine: p.Reason.Code, Human: untrusted.Text(p.Reason.Text)}
		}, Wide: true},
		{Name: "createdAt", Title: i18n.Text{RU: "Создан", EN: "Created"}, Value: func(p payment) any { return p.CreatedAt }},
		{Name: "updatedAt", Title: i18n.Text{RU: "Изменён", EN: "Changed"}, Value: func(p payment) any { return p.UpdatedAt }},
	}, Default: []string{"id", "uin", "amountKopecks", "state", "receiptId"}}
}

func (o *payOptions) run(ctx context.Context) error {
	uins, expect, err := o.input()
	if err != nil {
		return err
	}
	c, err := o.f.Connect(ctx)
	if err != nil {
		return err
	}
	engine, err := c.Billing(ctx)
	if err != nil {
		return err
	}
	var override *journal.Override
	if o.again != "" {
		me, err := c.SignIn.Me(ctx)
		if err != nil {
			return err
		}
		override = &journal.Override{Reason: o.again, Who: me.Name().String()}
	}
	// Everything is looked at before anything is sent.
	quotes := make([]*billing.Quote, 0, len(uins))
	var total int64
	for _, uin := range uins {
		q, err := engine.Quote(ctx, billing.PayRequest{UIN: uin, Method: o.method, ExpectKopecks: expect, Override: override})
		if err != nil {
			if p, ok := o.confirmable(ctx, engine, uin, err); ok && len(uins) == 1 {
				return o.finish(ctx, engine, []payment{{Payment: p}})
			}
			return err
		}
		quotes = append(quotes, q)
		total += q.AmountKopecks
	}
	if err := o.confirm(ctx, quotes, total); err != nil {
		return err
	}
	done := make([]payment, 0, len(quotes))
	for i, q := range quotes {
		p, err := engine.Pay(ctx, q)
		if err != nil {
			if i == 0 {
				return err
			}
			return errors.Join(o.finish(ctx, engine, done), partly(i, len(quotes), err))
		}
		done = append(done, payment{p, q.Charge.Title})
	}
	return o.finish(ctx, engine, done)
}

func (o *payOptions) input() (uins []string, expectKopecks int64, err error) {
	var fields []fault.Field
	seen := map[string]bool{}
	for _, a := range o.uins {
		u, err := requisites.ParseUIN(a)
		var p *requisites.Problem
		switch {
		case errors.As(err, &p):
			fields = append(fields, p.Field(a))
		case err != nil:
			return nil, 0, err
		case !seen[string(u)]:
			seen[string(u)] = true
			uins = append(uins, string(u))
		}
	}
	if len(fields) > 0 {
		e := fault.New(exitcode.Usage, "uin.invalid", i18n.Say("УИН с ошибкой, ничего не отправлено", "a wrong УИН, nothing was sent"))
		e.Fields = fields
		return nil, 0, e
	}
	if o.amount != "" {
		if len(uins) > 1 {
			return nil, 0, fault.New(exitcode.Usage, "flag.value", i18n.Say("--amount годится только для одного УИН", "--amount goes with one УИН only"))
		}
		if expectKopecks, err = billing.ParseRubles(o.amount); err != nil {
			return nil, 0, err
		}
	}
	return uins, expectKopecks, nil
}

// confirmable finds the accepted payment of an УИН that waits for a code which
// the user now gives.
func (o *payOptions) confirmable(ctx context.Context, engine *billing.Engine, uin string, err error) (journal.Payment, bool) {
	var f *fault.Error
	if o.code == "" || !errors.As(err, &f) || f.Code != billing.CodeInFlight {
		return journal.Payment{}, false
	}
	known, err := engine.Journal.ByUIN(ctx, uin)
	for _, p := range known {
		if p.State == journal.Accepted {
			return p, err == nil
		}
	}
	return journal.Payment{}, false
}

func (o *payOptions) confirm(ctx context.Context, quotes []*billing.Quote, total int64) error {
	for _, q := range quotes {
		o.f.IO.Note(i18n.Text{RU: "%s: %s, получатель %s, УИН %s", EN: "%s: %s, payee %s, УИН %s"}.With(q.Charge.Title, i18n.Money(q.AmountKopecks), q.Charge.Payee.Name, q.Charge.UIN))
		for _, w := range q.Warnings {
			o.f.IO.Note(i18n.Text{RU: "Внимание: %s", EN: "Note: %s"}.With(w))
		}
	}
	if o.yes {
		return nil
	}
	expected := billing.FormatRubles(total)
	return prompt.New(o.f.IO).TypedConfirm(ctx, prompt.Typed{
		Label:    i18n.Text{RU: "Будет уплачено %s. Наберите сумму", EN: "%s will be paid. Type the sum"}.With(i18n.Money(total)),
		Expected: expected,
		Accept: func(answer string) bool {
			k, err := billing.ParseRubles(answer)
			return err == nil && k == total
		},
		Flag: "--yes",
	})
}

// finish waits for what was accepted and prints what came of it.
func (o *payOptions) finish(ctx context.Context, engine *billing.Engine, done []payment) error {
	var failed error
	for i := range done {
		p, err := engine.Follow(ctx, done[i].ID, o.wait, o.answer())
		if p.ID != "" {
			done[i].Payment = p
		}
		if err != nil && failed == nil {
			failed = err
		}
	}
	if len(done) == 1 {
		return errors.Join(output.Object(o.f.IO, &o.out, view(), done[0]), failed)
	}
	return errors.Join(output.List(o.f.IO, &o.out, view(), done, output.Page{}), failed)
}

// answer gives the code that a payment asks for: the flag's once, else a
// person's.
func (o *payOptions) answer() func(context.Context, cabinet.Factor) (string, error) {
	if o.code == "" && !o.f.IO.CanPrompt() {
		return nil
	}
	return func(ctx context.Context, factor cabinet.Factor) (string, error) {
		if o.code != "" {
			code := o.code
			o.code = ""
			return code, nil
		}
		return prompt.New(o.f.IO).Input(ctx, prompt.Question{
			Label: i18n.Text{RU: "Код подтверждения (отправлен: %s)", EN: "Confirmation code (sent to %s)"}.With(factor.Target), Flag: "--code"})
	}
}

func partly(done, of int, cause error) error {
	return fault.New(exitcode.Partial, "payment.partly", i18n.Text{
		RU: "отправлено платежей: %d из %d; дальше не пошло", EN: "%d of %d payments were sent; then it stopped"}.With(done, of)).Because(cause)
}
