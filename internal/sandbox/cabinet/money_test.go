package cabinet_test

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/portaltest"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
)

func TestDemoChargesHaveValidRequisites(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	for _, who := range []*session.Caller{portaltest.Citizen(), portaltest.Chief()} {
		var list wire.Page[wire.Charge]
		p.Get(who, base+"/charges").Want(http.StatusOK).Into(&list)
		if list.Total < 4 {
			t.Fatalf("%d charges", list.Total)
		}
		for _, c := range list.Items {
			if !requisites.ValidUIN(c.UIN) || !requisites.Valid(requisites.KindKBK, c.Payee.KBK) || !requisites.Valid(requisites.KindPayerID, c.PayerID) {
				t.Errorf("УИН %s, КБК %s, payer %q", c.UIN, c.Payee.KBK, c.PayerID)
			}
			if c.DueKopecks == 0 || c.DueKopecks > c.AmountKopecks {
				t.Errorf("%s: due %d of %d", c.Title, c.DueKopecks, c.AmountKopecks)
			}
		}
	}
	var one wire.Charge
	fine := unpaid(t, p, portaltest.Citizen(), "fine")
	p.Get(portaltest.Chief(), base+"/charges/"+fine.UIN).Want(http.StatusOK).Into(&one)
	if one.PayerName != "" || one.PayerID != "" {
		t.Errorf("a stranger sees the payer %q", one.PayerName)
	}
	if got := p.Get(portaltest.Citizen(), base+"/charges/18810177170325189254").Want(http.StatusNotFound).Code(); got != "charge.not_found" {
		t.Error(got)
	}
	p.Get(portaltest.Citizen(), base+"/charges?state=blue").Want(http.StatusBadRequest)
}

func TestADiscountLastsToTheEndOfItsDayInMoscow(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	var fine wire.Charge
	var list wire.Page[wire.Charge]
	p.Get(who, base+"/charges").Want(http.StatusOK).Into(&list)
	for _, c := range list.Items {
		if c.Discount != nil {
			fine = c
		}
	}
	if fine.Discount == nil || fine.Discount.DueKopecks*4 != fine.AmountKopecks*3 || fine.DueKopecks != fine.Discount.DueKopecks {
		t.Fatalf("%+v", fine)
	}
	due := func() int64 {
		var c wire.Charge
		p.Get(who, base+"/charges/"+fine.UIN).Want(http.StatusOK).Into(&c)
		return c.DueKopecks
	}
	p.Clock.Advance(fine.Discount.LastDay.Sub(portaltest.Start()))
	if got := due(); got != fine.Discount.DueKopecks {
		t.Errorf("on the last day: %d", got)
	}
	p.Clock.Advance(2 * time.Second)
	if got := due(); got != fine.AmountKopecks {
		t.Errorf("a day later: %d", got)
	}
}

func TestAPaymentIsMadeOnceHoweverOftenItIsSent(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	c := unpaid(t, p, who, "tax")
	q := wire.PaymentRequest{ID: payID(1), UIN: c.UIN, AmountKopecks: c.DueKopecks, Method: "account"}
	before := balance(p, who, "account")
	var made, again wire.Payment
	pay(p, who, q).Want(http.StatusCreated).Into(&made)
	if made.State != "accepted" || made.ReceiptID != "" {
		t.Errorf("%+v", made)
	}
	pay(p, who, q).Want(http.StatusOK).Into(&again)
	if again.ID != made.ID {
		t.Errorf("%+v", again)
	}
	var e wire.Problem
	other := q
	other.AmountKopecks++
	pay(p, who, other).Want(http.StatusConflict).Into(&e)
	if e.Code != "payment.key_reused" || e.Ref != q.ID {
		t.Errorf("%+v", e)
	}
	other = q
	other.ID = payID(2)
	pay(p, who, other).Want(http.StatusConflict).Into(&e)
	if e.Code != "payment.duplicate" || e.Ref != q.ID {
		t.Errorf("in flight: %+v", e)
	}
	p.Get(who, base+"/payments/"+q.ID+"/receipt").Want(http.StatusConflict)
	a := p.Get(who, base+"/payments/"+q.ID, "Prefer", "wait=10").Want(http.StatusOK)
	a.Into(&made)
	if made.State != "paid" || made.PaidAt == nil || !requisites.Valid(requisites.KindUIP, made.UIP) || a.Header.Get("Preference-Applied") != "wait=10" {
		t.Errorf("%+v", made)
	}
	pay(p, who, other).Want(http.StatusConflict).Into(&e)
	if e.Code != "payment.duplicate" || e.Ref != q.ID {
		t.Errorf("paid: %+v", e)
	}
	if after := balance(p, who, "account"); before-after != c.DueKopecks {
		t.Errorf("%d kopecks left the account, due were %d", before-after, c.DueKopecks)
	}
	// The paid flag lags behind the money.
	var charge wire.Charge
	p.Get(who, base+"/charges/"+c.UIN).Want(http.StatusOK).Into(&charge)
	if charge.State != "unpaid" {
		t.Errorf("at once: %s", charge.State)
	}
	p.Clock.Advance(time.Minute)
	p.Get(who, base+"/charges/"+c.UIN).Want(http.StatusOK).Into(&charge)
	if charge.State != "paid" || charge.DueKopecks != 0 || charge.PaymentID != q.ID {
		t.Errorf("a minute later: %+v", charge)
	}
	var list wire.Page[wire.Payment]
	p.Get(who, base+"/payments?state=paid&uin="+c.UIN).Want(http.StatusOK).Into(&list)
	if list.Total != 1 {
		t.Errorf("%d payments", list.Total)
	}
}

func balance(p *portaltest.Portal, who *session.Caller, method string) int64 {
	var l wire.Page[wire.PaymentMethod]
	p.Get(who, base+"/payment-methods").Want(http.StatusOK).Into(&l)
	for _, m := range l.Items {
		if m.ID == method {
			return *m.BalanceKopecks
		}
	}
	return -1
}

func TestTwoProcessesCannotPayOneChargeTwice(t *testing.T) {
	one := portaltest.Open(t, training.OutcomeApprove)
	two := one.Beside()
	who := portaltest.Citizen()
	c := unpaid(t, one, who, "tax")
	results := make(chan int)
	for i, p := range []*portaltest.Portal{one, two, one, two} {
		go func() {
			results <- pay(p, who, wire.PaymentRequest{ID: payID(10 + i), UIN: c.UIN, AmountKopecks: c.DueKopecks, Method: "account"}).Status
		}()
	}
	count := map[int]int{}
	for range 4 {
		count[<-results]++
	}
	if count[http.StatusCreated] != 1 || count[http.StatusConflict] != 3 {
		t.Errorf("%v", count)
	}
	if left := balance(one, who, "account"); left != 250_000_00-c.DueKopecks {
		t.Errorf("%d kopecks left", left)
	}
}

func TestTheBankRefusesWithAReasonAndAdvice(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	tax := unpaid(t, p, who, "tax")
	var made wire.Payment
	for i, tc := range []struct{ method, reason string }{{"wallet", "insufficient_funds"}, {"mobile", "insufficient_funds"}} {
		pay(p, who, wire.PaymentRequest{ID: payID(20 + i), UIN: tax.UIN, AmountKopecks: tax.DueKopecks, Method: tc.method}).Want(http.StatusCreated).Into(&made)
		if made.State != "refused" || made.Reason == nil || made.Reason.Code != tc.reason || made.Reason.Advice == "" {
			t.Errorf("%s: %+v", tc.method, made)
		}
	}
	big := wire.PaymentRequest{ID: payID(25), AmountKopecks: 200_000_00, Method: "card", Requisites: &wire.Requisites{Payee: tax.Payee, Purpose: "Налог"}}
	pay(p, who, big).Want(http.StatusCreated).Into(&made)
	if made.Reason == nil || made.Reason.Code != "limit" {
		t.Errorf("%+v", made)
	}
	// A refusal does not stand in the way of another try.
	pay(p, who, wire.PaymentRequest{ID: payID(29), UIN: tax.UIN, AmountKopecks: tax.DueKopecks, Method: "account"}).Want(http.StatusCreated)
}

func TestAPaymentByCardIsConfirmedByACode(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	c := unpaid(t, p, who, "tax")
	id := payID(30)
	var made wire.Payment
	pay(p, who, wire.PaymentRequest{ID: id, UIN: c.UIN, AmountKopecks: c.DueKopecks, Method: "card"}).Want(http.StatusCreated).Into(&made)
	if made.State != "confirming" || made.Confirm == nil || made.Confirm.Kind != "sms" || !strings.HasSuffix(made.Confirm.Target.String(), "00-01") {
		t.Fatalf("%+v", made)
	}
	confirm := func(code string) *portaltest.Answer {
		return p.Post(who, base+"/payments/"+id+"/confirmation", wire.Confirmation{Code: code})
	}
	if got := confirm("wrong").Want(http.StatusUnprocessableEntity).Code(); got != "payment.wrong_code" {
		t.Error(got)
	}
	confirm("").Want(http.StatusOK) // a new code
	confirm(smsCode(t, p)).Want(http.StatusOK).Into(&made)
	if made.State != "accepted" {
		t.Errorf("%+v", made)
	}
	confirm("000000").Want(http.StatusOK) // what is confirmed stays so

	c = unpaid(t, p, who, "debt")
	id = payID(31)
	before := balance(p, who, "card")
	pay(p, who, wire.PaymentRequest{ID: id, UIN: c.UIN, AmountKopecks: c.DueKopecks, Method: "card"}).Want(http.StatusCreated)
	for range 4 {
		confirm("wrong").Want(http.StatusUnprocessableEntity)
	}
	confirm("wrong").Want(http.StatusOK).Into(&made)
	if made.State != "refused" || made.Reason.Code != "code_attempts" || balance(p, who, "card") != before {
		t.Errorf("%+v, balance %d, before %d", made, balance(p, who, "card"), before)
	}
	id = payID(32)
	pay(p, who, wire.PaymentRequest{ID: id, UIN: c.UIN, AmountKopecks: c.DueKopecks, Method: "card"}).Want(http.StatusCreated)
	p.Clock.Advance(16 * time.Minute)
	p.Get(who, base+"/payments/"+id).Want(http.StatusOK).Into(&made)
	if made.State != "refused" || made.Reason.Code != "code_expired" {
		t.Errorf("%+v", made)
	}
}

// smsCode reads the latest code from the demo phone.
func smsCode(t *testing.T, p *portaltest.Portal) string {
	t.Helper()
	code := p.LatestCode("+7(900)0000001")
	if len(code) != 6 {
		t.Fatalf("code %q", code)
	}
	return code
}

func TestWrongPaymentsAreRefusedBeforeTheBank(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	c := unpaid(t, p, who, "tax")
	good := wire.PaymentRequest{ID: payID(40), UIN: c.UIN, AmountKopecks: c.DueKopecks, Method: "account"}
	change := func(f func(*wire.PaymentRequest)) wire.PaymentRequest { q := good; f(&q); return q }
	cases := []struct {
		name   string
		q      wire.PaymentRequest
		key    string
		status int
		code   string
	}{
		{"the key is not the id", good, "other", 400, "request.malformed"},
		{"the id is no UUID", change(func(q *wire.PaymentRequest) { q.ID = "1" }), "1", 400, "request.malformed"},
		{"another sum", change(func(q *wire.PaymentRequest) { q.AmountKopecks-- }), good.ID, 422, "payment.amount_mismatch"},
		{"nothing", change(func(q *wire.PaymentRequest) { q.AmountKopecks = 0 }), good.ID, 422, "request.invalid"},
		{"no such charge", change(func(q *wire.PaymentRequest) { q.UIN = "18810177170325189254" }), good.ID, 404, "charge.not_found"},
		{"no such method", change(func(q *wire.PaymentRequest) { q.Method = "gold" }), good.ID, 422, "request.invalid"},
		{"neither charge nor requisites", change(func(q *wire.PaymentRequest) { q.UIN = "" }), good.ID, 422, "request.invalid"},
		{"bad requisites", change(func(q *wire.PaymentRequest) {
			q.UIN, q.Requisites = "", &wire.Requisites{Payee: wire.Payee{INN: "7705401341", BIK: "044525225", Account: "40702810138250123018"}}
		}), good.ID, 422, "request.invalid"},
	}
	for _, tc := range cases {
		if got := p.Post(who, base+"/payments", tc.q, "Idempotency-Key", tc.key).Want(tc.status).Code(); got != tc.code {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.code)
		}
	}
	accountant := portaltest.Chief()
	accountant.OID, accountant.Chief, accountant.Powers = people.OIDAccountant, false, []string{"orders"}
	if got := pay(p, accountant, good).Want(http.StatusForbidden).Code(); got != "push_denied" {
		t.Error(got)
	}
	p.Do(who, http.MethodPost, base+"/payments", []byte(`{"id":"x","surprise":1}`), "Idempotency-Key", "x").Want(http.StatusBadRequest)
	stranger := portaltest.Citizen()
	stranger.OID = people.OIDChief
	pay(p, who, good).Want(http.StatusCreated)
	p.Get(stranger, base+"/payments/"+good.ID).Want(http.StatusNotFound)
	if got := pay(p, stranger, good).Want(http.StatusConflict).Code(); got != "payment.key_reused" {
		t.Error(got)
	}
}

func TestAReceiptIsTheSameEveryTimeAndItsCodeIsReadable(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	c := unpaid(t, p, who, "tax")
	id := payID(50)
	pay(p, who, wire.PaymentRequest{ID: id, UIN: c.UIN, AmountKopecks: c.DueKopecks, Method: "account"}).Want(http.StatusCreated)
	p.Get(who, base+"/payments/"+id, "Prefer", "wait=10").Want(http.StatusOK)
	first := p.Get(who, base+"/payments/"+id+"/receipt").Want(http.StatusOK)
	p.Clock.Advance(time.Hour)
	second := p.Beside().Get(who, base+"/payments/"+id+"/receipt").Want(http.StatusOK)
	if !bytes.Equal(first.Body, second.Body) || !bytes.HasPrefix(first.Body, []byte("%PDF-")) {
		t.Errorf("%d and %d bytes", len(first.Body), len(second.Body))
	}
	for _, tool := range []string{"pdftotext", "pdftoppm", "zbarimg"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not here: the receipt's text and code are not read back", tool)
		}
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "r.pdf")
	if err := os.WriteFile(file, first.Body, 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := exec.Command("pdftotext", "-layout", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"SANDBOX", c.UIN, "Квитанция"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the receipt does not say %q", want)
		}
	}
	if err := exec.Command("pdftoppm", "-r", "200", "-png", file, filepath.Join(dir, "r")).Run(); err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob(filepath.Join(dir, "r*.png"))
	if err != nil || len(pages) == 0 {
		t.Fatal(err, pages)
	}
	code, err := exec.Command("zbarimg", "-q", "--raw", pages[0]).Output()
	if err != nil || !strings.HasPrefix(string(code), "ST00012|Name=") || !strings.Contains(string(code), "UIN="+c.UIN) {
		t.Errorf("the code reads %q, %v", code, err)
	}
}
