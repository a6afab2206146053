package cabinet

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/bank"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
	"github.com/epgu-cli/epgu/internal/sandbox/charges"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/receipts"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
	"github.com/epgu-cli/epgu/internal/sandbox/waiting"
)

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

func payeeOf(p catalog.Payee) wire.Payee {
	return wire.Payee{
		Name: wire.Text(p.Name), INN: p.INN, KPP: p.KPP, Account: p.Account, BankName: wire.Text(p.BankName),
		BIK: p.BIK, CorrAccount: p.CorrAccount, KBK: p.KBK, OKTMO: p.OKTMO,
	}
}

// chargeOf shows a charge; the payer of somebody else's charge is not shown.
func chargeOf(c *charges.Charge, who session.Caller, now time.Time, l i18n.Lang) wire.Charge {
	out := wire.Charge{
		UIN: c.UIN, Kind: c.Kind, State: c.State, Title: text(c.Title, l), Purpose: wire.Text(c.Purpose.RU), // a bank reads it, in Russian
		AmountKopecks: c.Amount, DueKopecks: c.Due(now), IssuedAt: c.Issued, Payee: payeeOf(c.Payee),
	}
	if !c.Until.IsZero() {
		out.PayUntil = &c.Until
	}
	if c.Payable() && c.DiscountLasts(now) {
		out.Discount = &wire.Discount{DueKopecks: c.Discounted, LastDay: lastMoment(c.DiscountDay)}
	}
	if c.OrgOID == who.OrgOID && (who.OrgOID != 0 || c.OID == who.OID) {
		out.PayerName, out.PayerID, out.OrderID = wire.Text(c.PayerName), c.PayerID, c.OrderID
		out.PaidKopecks, out.Details = c.PaidBefore, detailsOf(c.Details, l)
		if c.State == charges.Paid {
			out.PaymentID = c.PaymentID
		}
	}
	return out
}

// lastMoment is the end of the day in Moscow.
func lastMoment(t time.Time) time.Time {
	y, m, d := t.In(clock.Moscow()).Date()
	return time.Date(y, m, d, 23, 59, 59, 0, clock.Moscow())
}

// listCharges is GET /charges.
func (f *face) listCharges(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	limit, offset, err := pageOf(q)
	if err != nil {
		return err
	}
	filter := charges.Filter{UIN: q.Get("uin")}
	if filter.State, err = oneOf(q, "state", charges.Due, charges.Unpaid, charges.PartlyPaid, charges.Clarified, charges.Paid, charges.Annulled, charges.Forced); err != nil {
		return err
	}
	if v := q.Get("orderId"); v != "" {
		if filter.OrderID, err = strconv.ParseInt(v, 10, 64); err != nil {
			return problem.BadRequest(i18n.Say("orderId: нужен номер заявления", "orderId: the number of an application is needed"))
		}
	}
	who := caller(r)
	var items []wire.Charge
	total := 0
	err = f.deps.DB.Read(r.Context(), func(tx *sql.Tx) error {
		now, err := f.deps.Calendar.Now(r.Context(), tx)
		if err != nil {
			return err
		}
		list, n, err := charges.List(r.Context(), tx, who.OID, who.OrgOID, filter, limit, offset)
		total = n
		for _, c := range list {
			items = append(items, chargeOf(c, who, now, problem.Lang(r)))
		}
		return err
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, page(items, total, offset))
	return nil
}

func noCharge(uin string) error {
	return problem.New(http.StatusNotFound, "charge.not_found", i18n.Text{RU: "Начисления с УИН %s нет", EN: "There is no charge with УИН %s"}.With(uin)).
		WithHint(i18n.Say("Проверьте цифры: новое начисление может появиться не сразу", "Check the digits: a new charge may take time to appear"))
}

// getCharge is GET /charges/{uin}.
func (f *face) getCharge(w http.ResponseWriter, r *http.Request) error {
	var out wire.Charge
	err := f.deps.DB.Read(r.Context(), func(tx *sql.Tx) error {
		now, err := f.deps.Calendar.Now(r.Context(), tx)
		if err != nil {
			return err
		}
		c, err := charges.Get(r.Context(), tx, r.PathValue("uin"))
		if errors.Is(err, charges.ErrNotFound) {
			return noCharge(r.PathValue("uin"))
		}
		if err != nil {
			return err
		}
		out = chargeOf(c, caller(r), now, problem.Lang(r))
		if out.PayerID == "" {
			return nil // a stranger's disputes are no business of the caller
		}
		switch d, err := charges.LatestDispute(r.Context(), tx, c.UIN); {
		case err == nil:
			shown := disputeOf(d, problem.Lang(r))
			out.Dispute = &shown
		case !errors.Is(err, charges.ErrNotFound):
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, out)
	return nil
}

// methods is GET /payment-methods.
func (f *face) methods(w http.ResponseWriter, r *http.Request) error {
	o := bankOwner(caller(r))
	var items []wire.PaymentMethod
	err := f.deps.DB.Read(r.Context(), func(tx *sql.Tx) error {
		for _, m := range bank.Methods() {
			if _, ok := bank.MethodFor(o, m.ID); !ok {
				continue
			}
			balance, err := m.Balance(r.Context(), tx, o)
			if err != nil {
				return err
			}
			items = append(items, wire.PaymentMethod{
				ID: m.ID, Kind: m.ID, Title: text(m.Title, problem.Lang(r)), Default: len(items) == 0,
				Confirm: m.Confirm, LimitKopecks: m.Limit, BalanceKopecks: &balance,
			})
		}
		return nil
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, page(items, len(items), 0))
	return nil
}

func paymentOf(p *bank.Payment, l i18n.Lang) wire.Payment {
	out := wire.Payment{
		ID: p.ID, State: p.State, UIN: p.UIN, AmountKopecks: p.Amount, FeeKopecks: p.Fee, Method: p.Method,
		Title: text(p.Title, l), CreatedAt: p.Created, UIP: p.UIP, Payee: payeeOf(p.Payee), PayerName: wire.Text(p.PayerName), Purpose: wire.Text(p.Purpose),
		AuthorisationID: p.Authorisation,
	}
	if !p.PaidAt.IsZero() {
		out.PaidAt, out.ReceiptID = &p.PaidAt, p.ID
	}
	if p.Reason != nil {
		out.Reason = &wire.Reason{Code: p.Reason.Code, Text: text(p.Reason.Text, l), Advice: text(p.Reason.Advice, l)}
	}
	if p.State == bank.Confirming {
		out.Confirm = &wire.Factor{Kind: "sms", Target: wire.Text(p.Target)}
		if m, ok := bank.MethodFor(bank.Owner{OID: p.OID, OrgOID: p.OrgOID}, p.Method); ok {
			out.Confirm.Kind = m.Confirm
		}
		if p.PageKey != "" {
			out.Confirm.Page = payPagePath(p)
		}
	}
	if !p.ToldAt.IsZero() {
		out.PayeeToldAt = &p.ToldAt
	}
	if p.Requisites != nil {
		out.Period = p.Requisites.Period
	}
	return out
}

// listPayments is GET /payments.
func (f *face) listPayments(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	limit, offset, err := pageOf(q)
	if err != nil {
		return err
	}
	state, err := oneOf(q, "state", "accepted", "confirming", "paid", "refused")
	if err != nil {
		return err
	}
	var items []wire.Payment
	total := 0
	err = f.deps.DB.Read(r.Context(), func(tx *sql.Tx) error {
		list, n, err := bank.List(r.Context(), tx, bankOwner(caller(r)), q.Get("uin"), state, limit, offset)
		total = n
		for _, p := range list {
			items = append(items, paymentOf(p, problem.Lang(r)))
		}
		return err
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, page(items, total, offset))
	return nil
}

// createPayment is POST /payments.
func (f *face) createPayment(w http.ResponseWriter, r *http.Request) error {
	who := caller(r)
	if !who.May("payments") {
		return session.NoPower(i18n.Text{RU: "Нет полномочий платить от организации", EN: "No power to pay for the organisation"})
	}
	var in wire.PaymentRequest
	if err := problem.ReadPlain(w, r, &in, func(b []byte) bool { return wire.DecodePaymentRequest(b, &in) }); err != nil {
		return err
	}
	order, err := orderFor(in, r.Header.Get("Idempotency-Key"), who)
	if err != nil {
		return err
	}
	if !f.working.begin(in.ID) {
		e := problem.New(http.StatusConflict, "payment.in_progress", i18n.Say("Запрос с этим номером сейчас выполняется", "A request with this id is being carried out")).
			WithHint(i18n.Say("спросите о платеже по номеру немного позже", "ask for the payment by its id a little later"))
		e.RetryAfter, e.Ref = time.Second, in.ID
		return e
	}
	defer f.working.end(in.ID)
	var p *bank.Payment
	created := false
	err = f.deps.DB.Write(r.Context(), func(tx *sql.Tx) error {
		now, err := f.deps.Calendar.Now(r.Context(), tx)
		if err != nil {
			return err
		}
		p, created, err = f.bank.Pay(r.Context(), tx, order, now)
		return err
	})
	if err != nil {
		return refusedPayment(err, in)
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
		w.Header().Set("Location", wire.Base+"/payments/"+p.ID)
	}
	out := paymentOf(p, problem.Lang(r))
	problem.JSON(w, status, &out)
	return nil
}

// checkKey checks the id that a client made and that its key repeats.
func checkKey(id, key string) error {
	if parsed, err := uuid.Parse(id); err != nil || parsed.String() != id {
		return problem.BadRequest(i18n.Say("id: нужен UUID строчными буквами", "id: a UUID in lower case is needed"))
	}
	if key != id {
		return problem.BadRequest(i18n.Say("заголовок Idempotency-Key должен быть равен id", "the header Idempotency-Key must equal id"))
	}
	return nil
}

// orderFor checks the form of a request; what it says is checked by the bank.
func orderFor(in wire.PaymentRequest, key string, who session.Caller) (bank.Order, error) {
	o := bank.Order{ID: in.ID, Owner: bankOwner(who), UIN: in.UIN, Amount: in.AmountKopecks, Method: in.Method, Authorisation: in.AuthorisationID}
	if in.Proof != nil {
		o.Proof = bank.Proof{Row: in.Proof.Row, Path: in.Proof.Path}
	}
	if err := checkKey(in.ID, key); err != nil {
		return o, err
	}
	body, err := in.Encode()
	if err != nil {
		return o, err
	}
	hash := sha256.Sum256(body)
	o.Hash = hash[:]
	var bad []problem.Field
	if in.AmountKopecks <= 0 {
		bad = append(bad, problem.Field{Name: "amountKopecks", Code: "range", Message: i18n.Say("сумма должна быть больше нуля", "the amount must be above zero")})
	}
	switch {
	case in.UIN != "" && in.Requisites != nil, in.UIN == "" && in.Requisites == nil:
		bad = append(bad, problem.Field{Name: "uin", Code: "required", Message: i18n.Say("нужен либо УИН, либо реквизиты", "either a УИН or requisites are needed")})
	case in.Requisites != nil:
		bad = append(bad, checkRequisites(in.Requisites)...)
		q := in.Requisites
		o.Purpose = q.Purpose
		o.Payee = catalog.Payee{
			Name: q.Payee.Name.Raw(), INN: q.Payee.INN, KPP: q.Payee.KPP, Account: q.Payee.Account, BankName: q.Payee.BankName.Raw(),
			BIK: q.Payee.BIK, CorrAccount: q.Payee.CorrAccount, KBK: q.Payee.KBK, OKTMO: q.Payee.OKTMO,
		}
		o.Requisites = &bank.Requisites{Period: q.Period, Status: q.Status, Basis: q.Basis, DocNo: q.DocNo, DocDate: q.DocDate, ActCode: q.ActCode}
	}
	if len(bad) > 0 {
		return o, problem.Invalid(bad...)
	}
	return o, nil
}

// refusedPayment turns the bank's answers into problems.
func refusedPayment(err error, in wire.PaymentRequest) error {
	var duplicate *bank.DuplicateError
	var amount *bank.AmountError
	var ended *bank.EndedError
	var exceeded *bank.ExceededError
	var row *bank.RowPaidError
	switch {
	case errors.Is(err, bank.ErrKeyReused):
		e := problem.New(http.StatusConflict, "payment.key_reused", i18n.Say("Этот номер платежа уже использован для другого платежа", "This payment id stands for another payment"))
		e.Ref = in.ID
		return e
	case errors.As(err, &duplicate):
		e := problem.New(http.StatusConflict, "payment.duplicate", i18n.Say("Это начисление уже оплачено или оплачивается", "This charge is paid or being paid")).
			WithHint(i18n.Say("Платить второй раз не нужно: смотрите платёж в ref", "Do not pay again: see the payment in ref"))
		e.Ref = duplicate.PaymentID
		return e
	case errors.As(err, &amount):
		return problem.New(http.StatusUnprocessableEntity, "payment.amount_mismatch",
			i18n.Text{RU: "Сегодня к оплате %s, а не %s", EN: "%s is due today, not %s"}.With(i18n.Money(amount.Due), i18n.Money(in.AmountKopecks))).
			WithField("amountKopecks", "amount", i18n.Message{Text: i18n.Text{RU: "%d", EN: "%d"}, Args: []any{amount.Due}})
	case errors.Is(err, bank.ErrNoCharge):
		return noCharge(in.UIN)
	case errors.Is(err, bank.ErrNotAuthorised):
		return noAuthorisation(in.AuthorisationID)
	case errors.Is(err, bank.ErrNotSigned):
		return problem.New(http.StatusForbidden, "authorisation.not_signed", i18n.Say("Этого платежа нет среди тех, что подписали одобрившие", "This payment is not among those that the approvers have signed")).
			WithHint(i18n.Say("получатель, счёт, УИН, сумма и номер строки должны быть теми же, что в одобренном плане", "the payee, the account, the УИН, the sum and the row must be those of the approved plan"))
	case errors.As(err, &row):
		e := problem.New(http.StatusForbidden, "authorisation.row_used", i18n.Say("Эта строка плана уже оплачена другим платежом", "This row of the plan is paid by another payment"))
		e.Ref = row.PaymentID
		return e
	case errors.As(err, &ended):
		return problem.New(http.StatusForbidden, "authorisation.ended", i18n.Text{RU: "Срок разрешения на оплату истёк %s", EN: "The payment authorisation ended on %s"}.With(ended.Until.Format(time.RFC3339))).
			WithHint(i18n.Say("составьте и одобрите план заново", "make and approve the plan again"))
	case errors.As(err, &exceeded):
		return problem.New(http.StatusForbidden, "authorisation.exceeded", i18n.Say("Платёж больше, чем разрешили одобрившие", "The payment goes beyond what the approvers have authorised")).
			WithDetail(exceeded.Left()).
			WithHint(i18n.Say("сверьте платежи под этим разрешением с планом: кто-то платил не по нему", "hold the payments under this authorisation against the plan: somebody has paid outside it"))
	case errors.Is(err, bank.ErrNoMethod):
		return problem.Invalid(problem.Field{Name: "method", Code: "choice", Message: i18n.Text{RU: "способа %q нет", EN: "there is no method %q"}.With(in.Method)})
	}
	return err
}

// payment returns the payment that the path names, if it is the caller's.
func (f *face) payment(ctx context.Context, tx *sql.Tx, r *http.Request) (*bank.Payment, error) {
	p, err := bank.Get(ctx, tx, r.PathValue("id"))
	if errors.Is(err, bank.ErrNotFound) || err == nil && !bankOwner(caller(r)).Owns(p) {
		return nil, problem.NotFound("payment.not_found")
	}
	return p, err
}

// getPayment is GET /payments/{id}; with Prefer: wait it holds the answer while
// the bank is at it.
func (f *face) getPayment(w http.ResponseWriter, r *http.Request) error {
	wait := waiting.Asked(r)
	var p *bank.Payment
	err := waiting.Until(r.Context(), f.deps, wait, func(ctx context.Context) (done, skip bool, err error) {
		err = f.deps.DB.Read(ctx, func(tx *sql.Tx) error {
			if p, err = f.payment(ctx, tx, r); err == nil && p.Forgotten(f.deps.Clock.Now()) {
				err = problem.NotFound("payment.not_found").
					WithHint(i18n.Say("по номеру портал отвечает 30 дней; старые платежи есть в списке", "the portal answers by id for 30 days; older payments are in the list"))
			}
			return err
		})
		if err != nil {
			return false, false, err
		}
		return p.State != bank.Accepted, true, nil
	})
	if err != nil {
		return err
	}
	waiting.Applied(w, wait)
	out := paymentOf(p, problem.Lang(r))
	problem.JSON(w, http.StatusOK, &out)
	return nil
}

// confirmPayment is POST /payments/{id}/confirmation.
func (f *face) confirmPayment(w http.ResponseWriter, r *http.Request) error {
	var in wire.Confirmation
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	var p *bank.Payment
	wrong := false
	err := f.deps.DB.Write(r.Context(), func(tx *sql.Tx) error {
		now, err := f.deps.Calendar.Now(r.Context(), tx)
		if err != nil {
			return err
		}
		if p, err = f.payment(r.Context(), tx, r); err != nil {
			return err
		}
		wrong, err = f.bank.Confirm(r.Context(), tx, p, strings.TrimSpace(in.Code), now)
		return err
	})
	switch {
	case errors.Is(err, bank.ErrTooManyCodes):
		return problem.New(http.StatusTooManyRequests, "payment.too_many_codes", i18n.Say("Больше кодов не высылаем", "No more codes are sent"))
	case err != nil:
		return err
	case wrong && p.State == bank.Confirming:
		return problem.New(http.StatusUnprocessableEntity, "payment.wrong_code", i18n.Say("Неверный или устаревший код", "The code is wrong or too old")).
			WithHint(i18n.Say("Пустой code вышлет новый", "An empty code sends a new one"))
	}
	problem.JSON(w, http.StatusOK, paymentOf(p, problem.Lang(r)))
	return nil
}

// receipt is GET /payments/{id}/receipt.
func (f *face) receipt(w http.ResponseWriter, r *http.Request) error {
	var p *bank.Payment
	err := f.deps.DB.Read(r.Context(), func(tx *sql.Tx) (err error) {
		p, err = f.payment(r.Context(), tx, r)
		return err
	})
	if err != nil {
		return err
	}
	pdf, err := receipts.Payment(p, problem.Lang(r))
	if errors.Is(err, receipts.ErrNotPaid) {
		return problem.New(http.StatusConflict, "payment.not_paid", i18n.Say("Платёж ещё не прошёл", "The payment has not gone through yet"))
	}
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Length", strconv.Itoa(len(pdf)))
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", receipts.FileName(p, p.PaidAt)))
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(pdf) // a reader that has gone is nobody's error
	return nil
}
