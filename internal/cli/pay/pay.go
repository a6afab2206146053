// Package pay is the noun "pay": paying charges and what comes of it.
package pay

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/ui/output"
	"github.com/epgu-cli/epgu/internal/ui/prompt"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

type payOptions struct {
	f      *factory.Factory
	out    output.Options
	manual manual
	uins   []string
	method string
	code   string
	again  string
	before string
	allDue bool
	browse bool
	notify bool
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
		Example: "  epgu pay 18810177170325189254\n  epgu pay 18810177170325189254 --yes --json id,state,receiptId\n  epgu pay --all-due --before 2026-12-31",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.uins = args
			return o.run(cmd.Context())
		},
	}
	f.Flesh(cmd, func() {
		fl := cmd.Flags()
		fl.BoolVar(&o.allDue, "all-due", false, i18n.Text{RU: "оплатить всё, что начислено", EN: "pay everything that is due"}.In(f.Lang))
		fl.StringVar(&o.before, "before", "", i18n.Text{RU: "с --all-due: только то, чей срок или скидка кончается до этой `даты` включительно", EN: "with --all-due: only what falls due, or loses its discount, by this `date`"}.In(f.Lang))
		fl.StringVar(&o.manual.amount, "amount", "", i18n.Text{RU: "сумма в рублях: по УИН — оплатить, только если к оплате ровно столько", EN: "the amount in rubles: for an УИН, pay only if exactly this much is due"}.In(f.Lang))
		o.manual.addFlags(fl, f.Lang)
		o.addFlags(fl)
		output.AddFlags(cmd, &o.out, view(), f.Lang)
	})
	f.Verbs(cmd, func() []*cobra.Command {
		return []*cobra.Command{newList(f), newView(f), newReceipt(f), newMethods(f), newTax(f), newQR(f), newOrder(f), newImport(f), newNotify(f)}
	})
	return cmd
}

// addFlags adds what every way of paying takes.
func (o *payOptions) addFlags(fl *pflag.FlagSet) {
	f := o.f
	fl.StringVar(&o.method, "method", "", i18n.Text{RU: "способ оплаты (epgu pay methods)", EN: "payment method (epgu pay methods)"}.In(f.Lang))
	fl.StringVar(&o.code, "code", "", i18n.Text{RU: "код подтверждения, если способ его просит", EN: "confirmation code, when the method asks for one"}.In(f.Lang))
	fl.StringVar(&o.again, "again", "", i18n.Text{RU: "заплатить ещё раз по оплаченному УИН; `причина` останется в журнале", EN: "pay an УИН that is paid once more; the `reason` is kept in the journal"}.In(f.Lang))
	fl.DurationVar(&o.wait, "wait", time.Minute, i18n.Text{RU: "сколько ждать проведения платежа", EN: "how long to wait until the payment is settled"}.In(f.Lang))
	fl.BoolVarP(&o.yes, "yes", "y", false, i18n.Text{RU: "не спрашивать подтверждения", EN: "do not ask for confirmation"}.In(f.Lang))
	fl.BoolVar(&o.browse, "browser", false, i18n.Text{RU: "открыть страницу оплаты в браузере", EN: "open the payment page in a browser"}.In(f.Lang))
	fl.BoolVar(&o.notify, "notify", false, i18n.Text{RU: "сообщить получателю, когда деньги уйдут", EN: "tell the payee once the money has moved"}.In(f.Lang))
}

// payment is one payment as a command prints it.
type payment struct {
	journal.Payment
	title cabinet.Text
	page  string // where it can be confirmed in a browser; "" when nowhere
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
		{Name: "linkedTo", Title: i18n.Text{RU: "Повторяет", EN: "Repeats"}, Value: func(p payment) any { return p.LinkedTo }},
		{Name: "page", Title: i18n.Text{RU: "Страница оплаты", EN: "Payment page"}, Value: func(p payment) any { return p.page }, Wide: true},
		{Name: "createdAt", Title: i18n.Text{RU: "Создан", EN: "Created"}, Value: func(p payment) any { return p.CreatedAt }},
		{Name: "updatedAt", Title: i18n.Text{RU: "Изменён", EN: "Changed"}, Value: func(p payment) any { return p.UpdatedAt }},
	}, Default: []string{"id", "uin", "amountKopecks", "state", "receiptId"}}
}

func (o *payOptions) run(ctx context.Context) error {
	if o.manual.given() {
		if len(o.uins) > 0 || o.allDue {
			return fault.New(exitcode.Usage, "pay.mixed", i18n.Say("либо УИН, либо реквизиты, либо --all-due", "either УИН, or requisites, or --all-due"))
		}
		r, kopecks, err := o.manual.read(true)
		if err != nil {
			return err
		}
		return o.byRequisites(ctx, billing.ManualRequest{Requisites: r, AmountKopecks: kopecks, Kind: kind(r)})
	}
	uins, expect, err := o.input()
	if err != nil {
		return err
	}
	c, engine, override, err := o.open(ctx)
	if err != nil {
		return err
	}
	if o.allDue {
		if uins, err = o.due(ctx, c); err != nil || len(uins) == 0 {
			return err
		}
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
			if o.allDue && settledHere(err) {
				// The department has not heard of it yet.
				o.f.IO.Note(i18n.Text{RU: "Пропускаем %s: %s", EN: "Skipping %s: %s"}.With(uin, messageOf(err)))
				continue
			}
			return err
		}
		quotes = append(quotes, q)
		total += q.AmountKopecks
	}
	if len(quotes) == 0 {
		o.f.IO.Note(i18n.Say("Платить нечего.", "There is nothing to pay."))
		return nil
	}
	return o.carry(ctx, engine, quotes, total)
}

// settledHere reports whether a quote failed because the money has moved, or is
// moving, already.
func settledHere(err error) bool {
	var f *fault.Error
	return errors.As(err, &f) && (f.Code == billing.CodeAlreadyPaid || f.Code == billing.CodeInFlight)
}

// messageOf is what an error says to people.
func messageOf(err error) i18n.Message {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Message
	}
	return i18n.Message{}
}

// open connects to the portal and its engine; --again becomes a decision with
// a name.
func (o *payOptions) open(ctx context.Context) (*factory.Connection, *billing.Engine, *journal.Override, error) {
	c, err := o.f.Connect(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	engine, err := c.Billing(ctx)
	if err != nil || o.again == "" {
		return c, engine, nil, err
	}
	me, err := c.SignIn.Me(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	return c, engine, &journal.Override{Reason: o.again, Who: me.Name().String()}, nil
}

// byRequisites pays without a charge.
func (o *payOptions) byRequisites(ctx context.Context, req billing.ManualRequest) error {
	_, engine, override, err := o.open(ctx)
	if err != nil {
		return err
	}
	req.Method, req.Override = o.method, override
	q, err := engine.QuoteRequisites(ctx, req)
	if err != nil {
		return err
	}
	return o.carry(ctx, engine, []*billing.Quote{q}, q.AmountKopecks)
}

// carry asks once for everything, pays and waits.
func (o *payOptions) carry(ctx context.Context, engine *billing.Engine, quotes []*billing.Quote, total int64) error {
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
			followed := o.finish(ctx, engine, done)
			return errors.Join(partly(i, len(quotes), err), followed)
		}
		done = append(done, payment{Payment: p, title: q.Charge.Title})
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
	if len(uins) == 0 && !o.allDue {
		return nil, 0, fault.New(exitcode.Usage, "pay.nothing", i18n.Say("что оплатить? нужен УИН, реквизиты (--payee …) или --all-due", "pay what? an УИН, requisites (--payee …) or --all-due is needed")).
			AdviseRun("epgu bill list")
	}
	if len(uins) > 0 && o.allDue {
		return nil, 0, fault.New(exitcode.Usage, "pay.mixed", i18n.Say("либо УИН, либо реквизиты, либо --all-due", "either УИН, or requisites, or --all-due"))
	}
	if o.manual.amount != "" {
		if len(uins) != 1 {
			return nil, 0, fault.New(exitcode.Usage, "flag.value", i18n.Say("--amount годится только для одного УИН", "--amount goes with one УИН only"))
		}
		if expectKopecks, err = billing.ParseRubles(o.manual.amount); err != nil {
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
		if q.Charge.UIN != "" {
			o.f.IO.Note(i18n.Text{RU: "%s: %s, получатель %s, УИН %s", EN: "%s: %s, payee %s, УИН %s"}.With(q.Charge.Title, i18n.Money(q.AmountKopecks), q.Charge.Payee.Name, q.Charge.UIN))
		} else {
			o.f.IO.Note(i18n.Text{RU: "%s: %s, получатель %s, счёт %s", EN: "%s: %s, payee %s, account %s"}.With(q.Charge.Title, i18n.Money(q.AmountKopecks), q.Charge.Payee.Name, q.Charge.Payee.Account))
		}
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
		if o.notify && p.State == journal.Paid {
			failed = errors.Join(failed, notify(ctx, o.f, p.ID))
		}
	}
	if len(done) == 1 {
		return errors.Join(output.Object(o.f.IO, &o.out, view(), done[0]), failed)
	}
	return errors.Join(output.List(o.f.IO, &o.out, view(), done, output.Page{}), failed)
}

// partly is the end of several payments of which one failed: what is unknown stays so.
func partly(done, of int, cause error) error {
	exit := exitcode.Partial
	if fault.ExitOf(cause) == exitcode.Unknown {
		exit = exitcode.Unknown
	}
	f := fault.New(exit, "payment.partly", i18n.Text{
		RU: "отправлено платежей: %d из %d; дальше не пошло", EN: "%d of %d payments were sent; then it stopped"}.With(done, of)).Because(cause)
	if why := fault.Of(cause); why != nil {
		f.Message = i18n.Text{RU: "отправлено платежей: %d из %d; дальше не пошло: %s", EN: "%d of %d payments were sent; then it stopped: %s"}.With(done, of, why.Message)
		f.Hint, f.Run, f.RequestID = why.Hint, why.Run, why.RequestID
	}
	return f
}
