package cabinet_test

import (
	"bytes"
	"encoding/pem"
	"image/png"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/verdict"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox/portaltest"
)

func TestChargesAreFoundByWhatStandsOnPaper(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	var list wire.Page[wire.Charge]
	find := func(by, value string) *portaltest.Answer {
		return p.Get(who, base+"/charge-search?by="+by+"&value="+url.QueryEscape(value))
	}
	find("sts", "0000 000009").Want(http.StatusOK).Into(&list)
	if list.Total != 2 || list.Items[0].Details == nil || list.Items[0].Details.VIN != "X0000000000000009" || list.Items[0].Details.Photos != 2 {
		t.Fatalf("%+v", list)
	}
	fine := list.Items[0]
	for by, value := range map[string]string{"uin": fine.UIN, "ruling": fine.Details.Ruling, "vin": "x0000000000000009", "licence": "0000000309", "inn": "960000000300", "snils": "000-000-009 09"} {
		var l wire.Page[wire.Charge]
		find(by, value).Want(http.StatusOK).Into(&l)
		found := false
		for _, c := range l.Items {
			found = found || c.UIN == fine.UIN
		}
		if !found {
			t.Errorf("by %s %s: %+v", by, value, l)
		}
	}
	if got := find("inn", "7707083893").Want(http.StatusForbidden).Code(); got != "charge.not_yours" {
		t.Error(got)
	}
	find("colour", "red").Want(http.StatusBadRequest)
	find("sts", "").Want(http.StatusBadRequest)
	// A stranger finds the fine and sees neither whose it is nor what happened.
	var theirs wire.Page[wire.Charge]
	p.Get(portaltest.Chief(), base+"/charge-search?by=ruling&value="+fine.Details.Ruling).Want(http.StatusOK).Into(&theirs)
	if len(theirs.Items) != 1 || theirs.Items[0].PayerName != "" || theirs.Items[0].Details != nil {
		t.Errorf("%+v", theirs)
	}
	picture := p.Get(who, base+"/charges/"+fine.UIN+"/photos/1").Want(http.StatusOK)
	if _, err := png.Decode(bytes.NewReader(picture.Body)); err != nil {
		t.Error(err)
	}
	p.Get(who, base+"/charges/"+fine.UIN+"/photos/3").Want(http.StatusNotFound)
	p.Get(portaltest.Chief(), base+"/charges/"+fine.UIN+"/photos/1").Want(http.StatusNotFound)
}

func TestADisputeIsFiledOnceAndAnsweredInTime(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	for _, tc := range []struct{ kind, reason, want, state string }{{"fine", "not-mine", "granted", "annulled"}, {"tax", "amount", "rejected", "unpaid"}} {
		c := unpaid(t, p, who, tc.kind)
		file := func(key string, q wire.DisputeRequest) *portaltest.Answer {
			return p.Post(who, base+"/charges/"+c.UIN+"/disputes", q, "Idempotency-Key", key)
		}
		q := wire.DisputeRequest{Reason: tc.reason, Text: "почему"}
		var d, again wire.Dispute
		file("key-"+tc.kind, q).Want(http.StatusCreated).Into(&d)
		file("key-"+tc.kind, q).Want(http.StatusCreated).Into(&again)
		if d.State != "filed" || d != again {
			t.Errorf("%+v, then %+v", d, again)
		}
		if got := file("another", q).Want(http.StatusConflict).Code(); got != "charge.disputed" {
			t.Error(got)
		}
		file("", wire.DisputeRequest{Reason: "because"}).Want(http.StatusUnprocessableEntity)
		p.Post(portaltest.Chief(), base+"/charges/"+c.UIN+"/disputes", q, "Idempotency-Key", "k").Want(http.StatusNotFound)
		p.Clock.Advance(11 * 24 * time.Hour)
		var after wire.Charge
		p.Get(who, base+"/charges/"+c.UIN).Want(http.StatusOK).Into(&after)
		if after.State != tc.state || after.Dispute == nil || after.Dispute.State != tc.want || after.Dispute.Answer == "" {
			t.Errorf("%s: %+v", tc.reason, after)
		}
	}
}

func TestEveryStateOfAChargeSaysWhatIsDue(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	n := 100
	for _, tc := range []struct {
		state   string
		payable bool
	}{{"partly-paid", true}, {"clarified", true}, {"annulled", false}, {"forcibly-settled", false}} {
		p.Post(nil, training.Base+"/seed", training.SeedRequest{Seed: 1, Login: "petr@example.org", Charges: 1, Kind: tc.state}).Want(http.StatusOK)
		var l wire.Page[wire.Charge]
		p.Get(who, base+"/charges?state="+tc.state).Want(http.StatusOK).Into(&l)
		if len(l.Items) != 1 || l.Items[0].State != tc.state || (l.Items[0].DueKopecks > 0) != tc.payable {
			t.Fatalf("%s: %+v", tc.state, l.Items)
		}
		c := l.Items[0]
		if tc.state == "partly-paid" && (c.PaidKopecks == 0 || c.Discount != nil && c.DueKopecks != c.Discount.DueKopecks-c.PaidKopecks) {
			t.Errorf("%+v", c)
		}
		var due wire.Page[wire.Charge]
		p.Get(who, base+"/charges?state=due&limit=200").Want(http.StatusOK).Into(&due)
		listed := false
		for _, x := range due.Items {
			listed = listed || x.UIN == c.UIN
		}
		if listed != tc.payable {
			t.Errorf("%s among what is due: %v", tc.state, listed)
		}
		if !tc.payable {
			continue
		}
		n++
		pay(p, who, wire.PaymentRequest{ID: payID(n), UIN: c.UIN, AmountKopecks: c.DueKopecks, Method: "account"}).Want(http.StatusCreated)
		p.Clock.Advance(time.Minute)
		p.Get(who, base+"/charges/"+c.UIN).Want(http.StatusOK).Into(&c)
		if c.State != "paid" {
			t.Errorf("%s and paid: %+v", tc.state, c)
		}
	}
}

func TestDocumentsOfThePortalVerify(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	for _, path := range []string{"/debt-certificate", "/pension/statement"} {
		var d wire.SignedDocument
		p.Get(portaltest.Citizen(), base+path).Want(http.StatusOK).Into(&d)
		block, _ := pem.Decode([]byte(d.RootPEM))
		root, err := cert.Parse(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		check := func(content []byte) (*cms.Result, error) {
			return cms.VerifyDetached(t.Context(), d.Signature, bytes.NewReader(content), &cms.VerifyOptions{Chain: cert.ChainOptions{Roots: []*cert.Certificate{root}, Time: portaltest.Start()}})
		}
		res, err := check(d.PDF)
		if err != nil || len(res.Signatures) != 1 || res.Status() != verdict.Valid {
			t.Errorf("%s: %+v, %v", path, res, err)
		}
		if res, err := check(append([]byte("x"), d.PDF...)); err == nil && res.Status() == verdict.Valid {
			t.Errorf("%s: a changed document verifies", path)
		}
		if !bytes.HasPrefix(d.PDF, []byte("%PDF-")) {
			t.Errorf("%s: %.10q", path, d.PDF)
		}
	}
	p.Get(portaltest.Chief(), base+"/pension").Want(http.StatusForbidden)
	var pension wire.Pension
	p.Get(portaltest.Citizen(), base+"/pension").Want(http.StatusOK).Into(&pension)
	if len(pension.Accounts) != 2 || pension.Accounts[0].BalanceKopecks <= 0 || len(pension.Expected) != 3 {
		t.Errorf("%+v", pension)
	}
	var l wire.Page[wire.PensionContribution]
	p.Get(portaltest.Citizen(), base+"/pension/contributions?year=2025&limit=5").Want(http.StatusOK).Into(&l)
	if l.Total != 12 || len(l.Items) != 5 || l.NextCursor == "" || !strings.HasPrefix(l.Items[0].Period, "2025-12") {
		t.Errorf("%+v", l)
	}
	p.Get(portaltest.Citizen(), base+"/pension/contributions?year=1900").Want(http.StatusBadRequest)
}

func TestThePaymentPageTakesTheCodeAndNothingElse(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	c := unpaid(t, p, who, "tax")
	var made wire.Payment
	pay(p, who, wire.PaymentRequest{ID: payID(60), UIN: c.UIN, AmountKopecks: c.DueKopecks, Method: "card"}).Want(http.StatusCreated).Into(&made)
	page := made.Confirm.Page
	if page == "" {
		t.Fatalf("%+v", made)
	}
	key := page[strings.Index(page, "key=")+4:]
	send := func(key, code string) *portaltest.Answer {
		form := url.Values{"key": {key}, "code": {code}, "step": {"pay"}}
		return p.Do(nil, http.MethodPost, page, []byte(form.Encode()), "Content-Type", "application/x-www-form-urlencoded")
	}
	p.Get(nil, strings.Split(page, "?")[0]).Want(http.StatusNotFound)
	p.Get(nil, strings.Split(page, "?")[0]+"?key=0").Want(http.StatusNotFound)
	a := p.Get(nil, page+"&lang=en").Want(http.StatusOK)
	for _, want := range []string{`<html lang="en">`, `<label for="code">`, `autocomplete="one-time-code"`, c.UIN} {
		if !strings.Contains(string(a.Body), want) {
			t.Errorf("no %q on the page:\n%s", want, a.Body)
		}
	}
	if csp := a.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || a.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("%v", a.Header)
	}
	if a := send(key, "000000").Want(http.StatusUnprocessableEntity); !strings.Contains(string(a.Body), `role="alert"`) {
		t.Errorf("%s", a.Body)
	}
	send("wrong", smsCode(t, p)).Want(http.StatusNotFound)
	if a := send(key, smsCode(t, p)).Want(http.StatusOK); !strings.Contains(string(a.Body), `id="outcome"`) {
		t.Errorf("%s", a.Body)
	}
	p.Get(who, base+"/payments/"+made.ID, "Prefer", "wait=10").Want(http.StatusOK).Into(&made)
	if made.State != "paid" {
		t.Errorf("%+v", made)
	}
	// The payee is told once, of a paid payment only.
	var one, two wire.PayeeNotice
	p.Do(who, http.MethodPost, base+"/payments/"+made.ID+"/payee-notices", nil).Want(http.StatusCreated).Into(&one)
	p.Clock.Advance(time.Hour)
	p.Do(who, http.MethodPost, base+"/payments/"+made.ID+"/payee-notices", nil).Want(http.StatusCreated).Into(&two)
	if one != two {
		t.Errorf("%+v, then %+v", one, two)
	}
}

func TestAWalletAsksForItsToken(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	c := unpaid(t, p, who, "fine")
	var made wire.Payment
	pay(p, who, wire.PaymentRequest{ID: payID(61), UIN: c.UIN, AmountKopecks: c.DueKopecks, Method: "wallet"}).Want(http.StatusCreated).Into(&made)
	if made.State != "confirming" || made.Confirm.Kind != "token" || made.Confirm.Page != "" {
		t.Fatalf("%+v", made)
	}
	p.Post(who, base+"/payments/"+made.ID+"/confirmation", wire.Confirmation{Code: smsCode(t, p)}).Want(http.StatusOK).Into(&made)
	if made.State != "accepted" {
		t.Errorf("%+v", made)
	}
}
