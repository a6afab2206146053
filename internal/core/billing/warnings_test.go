package billing_test

import (
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

const mine, theirs = "1140000000000000000009", "1140000000000000000017"

func TestWarningsThatSaveMoneyReadPlainlyInBothLanguages(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	fine := func(change func(*cabinet.Charge)) cabinet.Charge {
		c := cabinet.Charge{UIN: uin, Kind: "fine", State: "unpaid", AmountKopecks: 100000, DueKopecks: 50000, PayerID: mine,
			Payee: cabinet.Payee{Name: "УФК", Account: "03100643000000019502", KBK: "18811601123010001140", OKTMO: "45328000"}}
		if change != nil {
			change(&c)
		}
		return c
	}
	ends := func(day int) *cabinet.Discount {
		return &cabinet.Discount{DueKopecks: 50000, LastDay: time.Date(2026, 3, day, 20, 59, 59, 0, time.UTC)}
	}
	last := func(account, oktmo string) *journal.Payment {
		return &journal.Payment{PayeeAccount: account, OKTMO: oktmo, CreatedAt: time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC)}
	}
	before := now.AddDate(0, 0, -2)
	for _, tc := range []struct {
		name   string
		charge cabinet.Charge
		facts  billing.Facts
		ru, en string
	}{
		{"nothing to say", fine(nil), billing.Facts{Self: []string{mine}, Last: last("03100643000000019502", "45328000")}, "", ""},
		{"a duty to the single tax payment", fine(func(c *cabinet.Charge) { c.Kind, c.Payee.KBK = "duty", "18201061201010000510" }), billing.Facts{},
			"это КБК единого налогового платежа: госпошлина, отправленная туда, для вас потеряна",
			"this is the КБК of the single tax payment: a state duty sent there is lost for you"},
		{"the discount ends tomorrow", fine(func(c *cabinet.Charge) { c.Discount = ends(3) }), billing.Facts{},
			"скидка кончается завтра, 03.03.2026: потом будет 1 000,00 ₽ вместо 500,00 ₽",
			"the discount ends tomorrow, 2026-03-03: then it will be 1,000.00 RUB instead of 500.00 RUB"},
		{"the discount ends today", fine(func(c *cabinet.Charge) { c.Discount = ends(2) }), billing.Facts{},
			"скидка кончается сегодня: завтра будет 1 000,00 ₽ вместо 500,00 ₽",
			"the discount ends today: tomorrow it will be 1,000.00 RUB instead of 500.00 RUB"},
		{"the discount lasts", fine(func(c *cabinet.Charge) { c.Discount = ends(9) }), billing.Facts{}, "", ""},
		{"another sum than due", fine(nil), billing.Facts{GivenKopecks: 60000}, "к оплате 500,00 ₽, а вы указали 600,00 ₽", "500.00 RUB is due, but you gave 600.00 RUB"},
		{"another account than last time", fine(nil), billing.Facts{Last: last("03100643000000010000", "45328000")},
			"счёт получателя другой: в прошлый раз (15.01.2026) платили на 03100643000000010000, теперь на 03100643000000019502; сверьте реквизиты",
			"the payee's account has changed: last time (2026-01-15) it was 03100643000000010000, now it is 03100643000000019502; compare the requisites"},
		{"another ОКТМО than last time", fine(nil), billing.Facts{Last: last("03100643000000019502", "46000000")},
			"ОКТМО получателя другой: в прошлый раз (15.01.2026) был 46000000, теперь 45328000; сверьте реквизиты",
			"the payee's ОКТМО has changed: last time (2026-01-15) it was 46000000, now it is 45328000; compare the requisites"},
		{"somebody else's charge", fine(func(c *cabinet.Charge) { c.PayerID = theirs }), billing.Facts{Self: []string{mine}},
			"это начисление выставлено не вам: деньги зачтутся тому, кому оно выставлено",
			"this charge is not yours: the money will count for whom it was charged to"},
		{"a charge whose payer is hidden", fine(func(c *cabinet.Charge) { c.PayerID = "" }), billing.Facts{Self: []string{mine}},
			"это начисление выставлено не вам: деньги зачтутся тому, кому оно выставлено",
			"this charge is not yours: the money will count for whom it was charged to"},
		{"the term has passed", fine(func(c *cabinet.Charge) { c.PayUntil = &before }), billing.Facts{}, "срок оплаты прошёл 28.02.2026", "the term of payment ended on 2026-02-28"},
		{"a part is paid", fine(func(c *cabinet.Charge) { c.State = "partly-paid" }), billing.Facts{},
			"часть уже оплачена: начислено 1 000,00 ₽, осталось 500,00 ₽", "a part is paid already: 1,000.00 RUB was charged, 500.00 RUB is left"},
		{"a corrected charge", fine(func(c *cabinet.Charge) { c.State = "clarified" }), billing.Facts{},
			"ведомство уточнило начисление: сумма или реквизиты могли измениться", "the department has corrected this charge: its sum or requisites may have changed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.facts.Now = now
			var ru, en string
			for i, w := range billing.Warnings(tc.charge, tc.facts) {
				if i > 0 {
					t.Errorf("more than one warning: %s", w.In(i18n.EN))
				}
				ru, en = w.In(i18n.RU), w.In(i18n.EN)
			}
			if plain(ru) != tc.ru || plain(en) != tc.en {
				t.Errorf("got  %q / %q\nwant %q / %q", plain(ru), plain(en), tc.ru, tc.en)
			}
		})
	}
}

// plain makes every space an ordinary one.
func plain(s string) string {
	out := []rune(s)
	for i, r := range out {
		if r == '\u00a0' || r == '\u202f' {
			out[i] = ' '
		}
	}
	return string(out)
}

func TestPayingWhatIsPaidOrOnItsWaySaysSoInBothLanguages(t *testing.T) {
	p := journal.Payment{ID: "0195a1b2-0000-7000-8000-000000000001", ReceiptID: "r-1", State: journal.Accepted, UpdatedAt: time.Date(2026, 3, 2, 12, 0, 0, 0, time.Local)}
	for _, tc := range []struct {
		err    *fault.Error
		ru, en string
	}{
		{billing.AlreadyPaid(p), "уже оплачено 02.03.2026 12:00: платёж 0195a1b2-0000-7000-8000-000000000001, квитанция r-1; ничего не отправлено",
			"already paid on 2026-03-02 12:00: payment 0195a1b2-0000-7000-8000-000000000001, receipt r-1; nothing was sent"},
		{billing.InFlight(p), "этот платёж уже в пути (0195a1b2-0000-7000-8000-000000000001, «принят, ждёт проведения»); второй не отправлен",
			"this payment is already on its way (0195a1b2-0000-7000-8000-000000000001, accepted, not settled yet); no second one was sent"},
	} {
		if ru, en := tc.err.Message.In(i18n.RU), tc.err.Message.In(i18n.EN); ru != tc.ru || en != tc.en || tc.err.Exit != exitcode.Conflict {
			t.Errorf("%s\n%s\nexit %d", ru, en, tc.err.Exit)
		}
	}
}

func taxes() billing.ManualRequest {
	return billing.ManualRequest{Kind: "tax", AmountKopecks: 412300, Payer: mine, Requisites: cabinet.Requisites{Purpose: "Налог", Period: "ГД.00.2025",
		Payee: cabinet.Payee{Name: "УФК", Account: "03100643000000019502", BIK: "024501901", KBK: "18210604012021000110", OKTMO: "45328000"}}}
}

func TestRequisitesArePaidOnceForOnePeriodAndSum(t *testing.T) {
	b := newBank()
	e := engine(b, open(t, t.TempDir()))
	pay := func(req billing.ManualRequest) (journal.Payment, error) {
		q, err := e.QuoteRequisites(t.Context(), req)
		if err != nil {
			return journal.Payment{}, err
		}
		p, err := e.Pay(t.Context(), q)
		if err != nil {
			return p, err
		}
		return e.Follow(t.Context(), p.ID, time.Minute, nil)
	}
	p, err := pay(taxes())
	if err != nil || p.State != journal.Paid || p.UIN != "" || billing.CarriedOf(&p).Requisites.Payee.KBK != "18210604012021000110" {
		t.Fatalf("%+v, %v", p, err)
	}
	_, err = pay(taxes())
	wantExit(t, err, exitcode.Conflict)
	wantMoved(t, b, 412300)
	next := taxes()
	next.Requisites.Period = "ГД.00.2026"
	if _, err := pay(next); err != nil {
		t.Fatal(err)
	}
	wantMoved(t, b, 2*412300)
	changed := taxes()
	changed.Requisites.Payee.OKTMO = "46000000"
	q, err := e.QuoteRequisites(t.Context(), changed)
	if err != nil || len(q.Warnings) != 1 {
		t.Fatalf("%v: the journal knows another ОКТМО: %v", err, q.Warnings)
	}
}

func TestActsOfOneCourtAreDebtsOfTheirOwn(t *testing.T) {
	b := newBank()
	j := open(t, t.TempDir())
	e := engine(b, j)
	pay := func(code string) (journal.Payment, error) {
		req := taxes()
		req.Requisites.ActCode = code
		q, err := e.QuoteRequisites(t.Context(), req)
		if err != nil {
			return journal.Payment{}, err
		}
		return e.Pay(t.Context(), q)
	}
	for i, code := range []string{"0101", "0102"} {
		if p, err := pay(code); err != nil || p.ActCode != code || billing.CarriedOf(&p).Requisites.ActCode != code {
			t.Fatalf("%+v, %v", p, err)
		}
		wantMoved(t, b, int64(i+1)*412300)
	}
	for _, code := range []string{"0101", "0102"} {
		_, err := pay(code)
		wantExit(t, err, exitcode.Conflict)
	}
	wantMoved(t, b, 2*412300)

	// What an earlier programme has begun is not finished with another code.
	old := taxes()
	p := journal.Payment{Profile: e.Profile, Via: journal.ViaPortal, Payer: mine, PayeeAccount: old.Requisites.Payee.Account, KBK: old.Requisites.Payee.KBK, OKTMO: old.Requisites.Payee.OKTMO,
		Period: "ГД.00.2024", AmountKopecks: old.AmountKopecks}
	old.Requisites.Period, old.Requisites.ActCode = p.Period, "0101"
	var err error
	if p.Extra, err = (billing.Carried{Requisites: &old.Requisites}).Extra(); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Plan(t.Context(), []journal.Payment{p}); err != nil {
		t.Fatal(err)
	}
	other := old
	other.Requisites.ActCode = "0102"
	_, err = e.QuoteRequisites(t.Context(), other)
	wantExit(t, err, exitcode.Conflict)
	q, err := e.QuoteRequisites(t.Context(), old)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Pay(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	wantMoved(t, b, 3*412300)
}

func TestWhatWentToABankInAFileIsNotAskedOfThePortal(t *testing.T) {
	b := newBank()
	j := open(t, t.TempDir())
	e := engine(b, j)
	res, err := j.Plan(t.Context(), []journal.Payment{{Profile: e.Profile, Via: journal.ViaBankFile, Payer: mine, UIN: uin, AmountKopecks: 600000}})
	if err != nil {
		t.Fatal(err)
	}
	id := res[0].Payment.ID
	if _, err := j.Claim(t.Context(), journal.Claim{IDs: []string{id}}); err != nil {
		t.Fatal(err)
	}
	engineSaw := journal.Evidence{Witness: journal.Engine}
	if err := j.Move(t.Context(), []journal.Transition{{ID: id, From: journal.Claimed, To: journal.Sending, Evidence: engineSaw}, {ID: id, From: journal.Sending, To: journal.Accepted, Evidence: engineSaw}}); err != nil {
		t.Fatal(err)
	}
	_, err = e.Quote(t.Context(), billing.PayRequest{UIN: uin})
	wantExit(t, err, exitcode.Conflict)
	if p, err := j.Payment(t.Context(), id); err != nil || p.State != journal.Accepted {
		t.Fatalf("%+v, %v", p, err)
	}
}
