package billing

import (
	"context"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// ManualRequest is a payment without a charge: the payer brings the requisites.
type ManualRequest struct {
	Requisites    cabinet.Requisites
	AmountKopecks int64
	// Kind is what is paid, "duty" or "tax"; "" when it is neither.
	Kind   string
	Method string
	// Payer names who pays when no portal is asked: ИНН or a payer identifier.
	Payer    string
	Override *journal.Override
	Via      journal.Via
	Carried  Carried
}

// QuoteRequisites is Quote for a payment without a charge. Nothing is sent.
func (e *Engine) QuoteRequisites(ctx context.Context, req ManualRequest) (*Quote, error) {
	if req.AmountKopecks <= 0 {
		return nil, fault.New(exitcode.Usage, "amount.invalid", i18n.Say("сумма должна быть больше нуля", "the amount must be above zero"))
	}
	if _, err := e.Journal.Recover(ctx); err != nil {
		return nil, err
	}
	r := req.Requisites
	q := &Quote{
		AmountKopecks: req.AmountKopecks, Method: req.Method, Override: req.Override, Requisites: &r, Via: req.Via, Carried: req.Carried,
		Charge: cabinet.Charge{
			Kind: req.Kind, State: "unpaid", Title: untrusted.Text(r.Purpose), Purpose: untrusted.Text(r.Purpose),
			AmountKopecks: req.AmountKopecks, DueKopecks: req.AmountKopecks, Payee: r.Payee, PayerID: req.Payer,
		},
	}
	if q.Charge.PayerID == "" {
		ids, err := e.identify(ctx)
		if err != nil {
			return nil, err
		}
		if len(ids) == 0 {
			return nil, fault.New(exitcode.Refused, "payment.no_payer", i18n.Say(
				"портал не знает ни СНИЛС, ни ИНН плательщика: без них платёж не с чем сопоставить", "the portal knows neither the СНИЛС nor the ИНН of the payer: there is nothing to recognise the payment by")).
				Advise(i18n.Say("внесите СНИЛС или ИНН в профиль", "add a СНИЛС or ИНН to the profile"))
		}
		q.Charge.PayerID = ids[0]
	}
	like := journal.Payment{Payer: q.Charge.PayerID, PayeeAccount: r.Payee.Account, KBK: r.Payee.KBK, OKTMO: r.Payee.OKTMO, Period: r.Period, ActCode: r.ActCode, AmountKopecks: req.AmountKopecks}
	known, err := e.knownAs(ctx, &like)
	if err != nil {
		return nil, err
	}
	if q.resume, err = e.held(ctx, known, req.Override); err != nil {
		return nil, err
	}
	if p := q.resume; p != nil && actOf(p) != r.ActCode {
		return nil, InFlight(*p) // what was begun is not what is asked for
	}
	return q, e.complete(ctx, q)
}

// knownAs returns the payments by which the journal may know the debt of p.
func (e *Engine) knownAs(ctx context.Context, p *journal.Payment) (known []journal.Payment, err error) {
	for _, key := range p.Keys() {
		have, err := e.Journal.ByKey(ctx, key)
		if err != nil {
			return nil, err
		}
		known = append(known, have...)
	}
	return known, nil
}

// actOf is the act code that a payment goes out with: programmes before it was part of
// the key kept it with the requisites alone.
func actOf(p *journal.Payment) string {
	if r := CarriedOf(p).Requisites; p.ActCode == "" && r != nil {
		return r.ActCode
	}
	return p.ActCode
}
