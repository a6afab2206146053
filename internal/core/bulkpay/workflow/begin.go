package workflow

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/epgu-cli/epgu/internal/core/bulkpay"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/approval"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Codes of refusals before the first payment.
const (
	CodeEnded = "batch.term_ended"
	CodeStale = "batch.charges_changed"
)

// precheck looks at old charges again and refuses a plan that no longer pays what
// was approved. Nothing has been sent.
func (x *Execution) precheck(ctx context.Context, r *bulkpay.Run) error {
	found, err := r.Precheck(ctx, x.Looking)
	if x.Looked != nil {
		x.Looked()
	}
	if err != nil {
		return err
	}
	if found.Checked > 0 {
		x.desk.Note(i18n.Text{RU: "Начисления смотрели давно, сверено заново: %d; уже оплачено: %d; изменилось: %d", EN: "The charges were looked at long ago, looked at again: %d; paid already: %d; changed: %d"}.
			With(found.Checked, found.Paid.N, found.Stale.N))
	}
	if found.Stale.N > 0 {
		return changed(found)
	}
	if found.Ended.N > 0 {
		if !x.LeaveEnded {
			return fault.New(exitcode.Conflict, CodeEnded, i18n.Text{
				RU: "у строк (%d, на %s) сумма была верна лишь до прошедшего дня; первая — строка %d, до %s", EN: "the sum of %d rows (%s) held only until a day that has passed; the first is row %d, until %s"}.
				With(found.Ended.N, i18n.Money(found.Ended.Kopecks), found.First.N, found.First.NotAfter)).
				Advise(i18n.Say("составьте и одобрите план заново или оплатите остальное: --leave-ended", "make and approve the plan again, or pay the rest: --leave-ended"))
		}
		x.desk.Note(i18n.Text{RU: "Срок суммы прошёл, не будет оплачено строк: %d на %s", EN: "Their sums no longer hold, rows left out: %d, %s"}.With(found.Ended.N, i18n.Money(found.Ended.Kopecks)))
	}
	return nil
}

// changed names the rows whose charges are not what was approved.
func changed(found *bulkpay.Precheck) error {
	f := fault.New(exitcode.Conflict, CodeStale, i18n.Text{
		RU: "план устарел: начисления изменились у строк: %d, на %s; ничего не отправлено", EN: "the plan is stale: the charges of %d rows (%s) have changed; nothing was sent"}.
		With(found.Stale.N, i18n.Money(found.Stale.Kopecks)))
	var rows []string
	for _, c := range found.Changed {
		what := i18n.Text{RU: "в плане %s, сегодня %s", EN: "%s in the plan, %s today"}.With(i18n.Money(c.Kopecks), i18n.Money(c.Due))
		switch c.State {
		case "annulled":
			what = i18n.Say("начисление аннулировано", "the charge was annulled")
		case "not-found":
			what = i18n.Say("начисления больше нет", "the charge is gone")
		}
		f.Fields = append(f.Fields, fault.Field{Name: fmt.Sprintf("%d (%s)", c.Row, untrusted.Clean(c.UIN)), Message: what})
		rows = append(rows, strconv.Itoa(c.Row))
	}
	if found.Stale.N > len(found.Changed) {
		return f.Advise(i18n.Say("составьте и одобрите план заново", "make and approve the plan again"))
	}
	return f.Advise(i18n.Text{RU: "составьте и одобрите план заново или оплатите остальное: --skip %s", EN: "make and approve the plan again, or pay the rest: --skip %s"}.With(strings.Join(rows, ",")))
}

// afford names what the account lacks for what is still to be paid. It stops nothing:
// the bank does, and money may come meanwhile.
func (x *Execution) afford(ctx context.Context, c *Portal, j journal.Journal, p *planfile.Plan) error {
	methods, err := c.Cabinet.PaymentMethods(ctx)
	if err != nil {
		return err
	}
	counts, err := j.Counts(ctx, p.Header.ID)
	if err != nil {
		return err
	}
	left := p.Totals.Pay.Kopecks
	for state, c := range counts {
		if state != journal.Planned && state != journal.Claimed {
			left -= c.AmountKopecks
		}
	}
	for _, m := range methods {
		if m.ID == p.Header.Method && m.BalanceKopecks != nil && *m.BalanceKopecks < left {
			x.desk.Note(i18n.Text{RU: "Внимание: на счёте %s, а осталось оплатить %s — не хватает %s", EN: "Note: the account holds %s, %s are left to pay: %s is missing"}.
				With(i18n.Money(*m.BalanceKopecks), i18n.Money(left), i18n.Money(left-*m.BalanceKopecks)))
		}
	}
	return nil
}

// authorise hands the approvals to a portal that keeps authorisations, and returns
// what its payments are counted against; "" where nothing is.
func (x *Execution) authorise(ctx context.Context, c *Portal, p *planfile.Plan) (string, error) {
	if p.Totals.Pay.N == 0 {
		return "", nil
	}
	err := c.Cabinet.Offers(ctx, wire.CapAuthorisations)
	var lacking *fault.Error
	if errors.As(err, &lacking) && lacking.Code == "capability.missing" {
		x.desk.Note(i18n.Say("Портал не умеет ограничивать план: его границы держит только эта программа", "The portal cannot bound a plan: only this programme holds its bounds"))
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if x.Unbounded {
		if !x.rules.WithoutAuthorisation {
			return "", fault.New(exitcode.Refused, "batch.authorisation_needed", i18n.Say(
				"этот портал сам держит план в границах подписанного; выполнять без этого правила одобрения не разрешают", "this portal itself holds a plan to what was signed; the approval policy does not let it be run without that")).
				Advise(i18n.Say(`выполните без --without-authorisation; разрешить это может только файл правил: "withoutAuthorisation": true`, `run it without --without-authorisation; only a policy file can allow that: "withoutAuthorisation": true`))
		}
		x.desk.Note(i18n.Say("Портал не знает об одобрениях: границы плана держит только эта программа", "The portal is told of no approvals: only this programme holds the plan's bounds"))
		return "", nil
	}
	a, err := approval.Register(ctx, c.Cabinet, p, x.Approved)
	if err != nil {
		return "", err
	}
	x.desk.Note(i18n.Text{
		RU: "Портал не проведёт по этому плану больше %s на %s, до %s; уже проведено %d на %s",
		EN: "The portal pays at most %s and %s under this plan, until %s; so far %d and %s"}.
		With(i18n.Plural{One: "платежа", Few: "платежей", Many: "платежей", Sing: "payment", Plur: "payments"}.Count(int(a.Count)), i18n.Money(a.SumKopecks), i18n.Day(a.NotAfter.Local()), a.UsedCount, i18n.Money(a.UsedKopecks)))
	if given := len(approval.Envelope(p, x.Approved).Signatures); len(a.Signers) < given {
		x.desk.Note(i18n.Text{RU: "Порталу известны не все сертификаты одобривших: он учёл подписей %d из %d", EN: "The portal does not know every approver's certificate: it counts %d of %d signatures"}.With(len(a.Signers), given))
	}
	return a.ID, nil
}
