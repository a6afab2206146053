package cabinet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// reply is a canned answer.
type reply struct {
	status int
	body   any // a value to encode, or bytes
	etag   string
	lost   bool // cut the connection instead
	after  string
}

// fake is a hand-written portal whose traffic is held against the contract.
type fake struct {
	contract *contract
	mu       sync.Mutex
	replies  map[string][]reply // by operationId; the last one stays
	seen     map[string]int
	last     *http.Request
}

// times returns how often an operation was called.
func (f *fake) times(op string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seen[op]
}

// request returns the last request.
func (f *fake) request() *http.Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	pointer, op := f.contract.request(r)
	f.seen[op]++
	f.last = r
	list := f.replies[op]
	if len(list) == 0 {
		f.contract.t.Errorf("no answer prepared for %s", op)
		w.WriteHeader(http.StatusTeapot)
		return
	}
	rep := list[0]
	if len(list) > 1 {
		f.replies[op] = list[1:]
	}
	if rep.lost {
		if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
			_ = conn.Close()
		}
		return
	}
	contentType := "application/json"
	body, raw := rep.body.([]byte)
	if raw {
		contentType = "application/pdf"
	} else if rep.body != nil {
		if p, ok := rep.body.(wire.Problem); ok { // every problem vouches for itself
			p.RequestID, p.Subject = r.Header.Get("X-Request-Id"), subject(r)
			rep.body = p
		}
		b, err := json.Marshal(rep.body)
		if err != nil {
			f.contract.t.Error(err)
		}
		body = b
	}
	if rep.status >= 400 {
		contentType = "application/problem+json"
	}
	f.contract.answer(pointer, op, rep.status, contentType, body)
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("X-Request-Id", r.Header.Get("X-Request-Id"))
	if rep.etag != "" {
		w.Header().Set("ETag", rep.etag)
	}
	if rep.after != "" {
		w.Header().Set("Retry-After", rep.after)
	}
	w.WriteHeader(rep.status)
	_, _ = w.Write(body)
}

// subject is what a request is about, by the rule of the API's description.
func subject(r *http.Request) string {
	if parts := strings.Split(strings.TrimPrefix(r.URL.Path, wire.Base+"/"), "/"); len(parts) > 1 {
		return parts[1]
	}
	return r.Header.Get("Idempotency-Key")
}

func portal(t *testing.T, replies map[string][]reply) (*Client, *fake) {
	t.Helper()
	f := &fake{contract: readContract(t), replies: replies, seen: map[string]int{}}
	s := httptest.NewServer(f)
	clk := clock.NewManual(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC))
	tc, err := transport.New(transport.Options{Base: &http.Transport{}, Origins: []string{s.URL}, Clock: clk, Lang: i18n.RU,
		Tokens: func(context.Context, string) (string, error) { return "marker", nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tc.CloseIdle(); s.Close() })
	return New(tc, s.URL+"/"), f
}

func moment() time.Time { return time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC) }

var payee = wire.Payee{Name: "УФК", INN: "7707083893", KPP: "770701001", Account: "03100643000000019502", BankName: "Банк", BIK: "024501901", CorrAccount: "40102810045370000002", KBK: "18811630020016000140", OKTMO: "45328000"}

const paymentID = "0195a1b2-0000-7000-8000-000000000001"

func payment(state string) wire.Payment {
	return wire.Payment{ID: paymentID, State: state, UIN: "18810177170325189254", AmountKopecks: 50000, Method: "account", Title: "Штраф", CreatedAt: moment(), Payee: payee, PayerName: "Иванов"}
}

func application() wire.Application {
	return wire.Application{OrderID: 77, Service: "10000000113", ServiceTitle: "Услуга", Department: "МВД", StatusID: 17, StatusTitle: "Зарегистрировано", CreatedAt: moment(), UpdatedAt: moment()}
}

func charge() wire.Charge {
	return wire.Charge{UIN: "18810177170325189254", Kind: "fine", State: "unpaid", Title: "Штраф", Purpose: "Штраф", AmountKopecks: 50000, DueKopecks: 25000, IssuedAt: moment(), Payee: payee, PayerName: "Иванов", PayerID: "1010000000008751379232"}
}

func service() wire.Service {
	return wire.Service{Code: "10000000113", Slug: "zagranpasport", Title: "Загранпаспорт", Summary: "x", Department: "МВД", Topic: "Документы", Level: wire.LevelConfirmed, TermDays: 30}
}

func draft() wire.Draft {
	return wire.Draft{ID: "d1", Service: "10000000113", Title: "Загранпаспорт", Data: map[string]any{"name": "Иван"}, UpdatedAt: moment(), ExpiresAt: moment()}
}

func ok(body any) []reply { return []reply{{status: 200, body: body}} }

func page1[T any](item T) wire.Page[T] { return wire.Page[T]{Items: []T{item}, Total: 1} }

func TestEveryCallKeepsTheContract(t *testing.T) {
	caps := wire.Capabilities{Portal: "Учебный", Kind: "sandbox", Version: "1", APIs: map[string]string{"cabinet": "1.0"}, Capabilities: []wire.Capability{wire.CapPayments}, Time: moment(), MaxFileBytes: 5 << 20}
	signIn := wire.SignIn{ID: "s1", State: "factor", Factors: []wire.Factor{{Kind: "sms", Target: "+7 *** 34"}}, ExpiresAt: moment()}
	byCertificate := wire.SignIn{ID: "s2", State: "factor", Factors: []wire.Factor{{Kind: wire.FactorCertificate, Challenge: "epgu sign-in 1"}}, ExpiresAt: moment()}
	me := wire.Me{OID: "1000", LastName: "Иванов", FirstName: "Иван", Level: wire.LevelConfirmed, Role: wire.Role{Kind: "person"}}
	details := wire.ServiceDetails{Service: service(), TargetCode: "-1", Region: "45000000000", Steps: []wire.Text{"раз"}, Documents: []wire.Document{}, Fees: []wire.Fee{}, LegalActs: []wire.Text{}, Contacts: []wire.Text{}, Signature: "none", Push: "chunked"}
	form := wire.Form{Service: "10000000113", Version: "1", Schema: json.RawMessage(`{"type":"object"}`)}
	method := wire.PaymentMethod{ID: "account", Kind: "account", Title: "Счёт", Default: true, LimitKopecks: 1}
	app, ch, dr, sv, pay := application(), charge(), draft(), service(), payment("accepted")
	tp := wire.Template{ID: "t1", Name: "Отпуск", Service: sv.Code, Title: sv.Title, Data: map[string]any{"name": "Иван"}, UpdatedAt: moment()}
	dispute := wire.Dispute{ID: "d-1", UIN: ch.UIN, State: "filed", Reason: "not-mine", FiledAt: moment(), AnswerBy: moment()}
	document := wire.SignedDocument{FileName: "debts.pdf", Title: "Справка", IssuedAt: moment(), PDF: []byte("%PDF-1.7"), Signature: []byte{0x30}, Debts: 1, TotalKopecks: 2}
	authorisation := wire.Authorisation{ID: paymentID, PlanSHA256: strings.Repeat("ab", 32), PaymentsRoot: strings.Repeat("cd", 32), PlanRows: 2, Count: 2, SumKopecks: 3, State: "open", CreatedAt: moment(), NotAfter: moment(),
		Signers: []wire.AuthorisationSigner{{Name: "Иванов", Certificate: "AB", SignedAt: moment(), Trust: "bound"}}}
	notice := wire.PayeeNotice{PaymentID: paymentID, Payee: "УФК", SentAt: moment()}
	pension := wire.Pension{SNILS: "000-000-000 00", Accounts: []wire.PensionAccount{{ID: "i", Kind: "insurance", Title: "Страховая пенсия", Insurer: "СФР"}}, Points: "12.345", Expected: []wire.PensionPayment{}, RetirementDate: "2050-01-01", AsOf: moment()}
	contribution := wire.PensionContribution{Period: "2026-02", Account: "i", Employer: "ООО", EmployerINN: "7707083893", AmountKopecks: 1}
	replies := map[string][]reply{
		"getCapabilities": ok(caps), "createSignIn": {{status: 201, body: signIn}}, "createCertificateSignIn": {{status: 201, body: byCertificate}}, "answerFactor": ok(wire.SignIn{ID: "s1", State: "done", Code: "c", AuthState: "st", ExpiresAt: moment()}),
		"getServiceIndex":    {{status: 200, body: wire.ServiceIndex{Items: []wire.ServiceHint{{Code: sv.Code, Slug: sv.Slug, Title: sv.Title, Words: []wire.Text{"загран"}}}}, etag: `"a-ru"`}, {status: 304}},
		"listServiceChanges": ok(page1(wire.ServiceChange{Date: "2026-01-01", Service: sv.Code, Slug: sv.Slug, Title: sv.Title, Kind: "fee", Text: "Пошлина"})),
		"listSavedServices":  ok(page1(sv)), "saveService": {{status: 204}}, "forgetService": {{status: 204}},
		"getMe": ok(me), "listServices": ok(page1(sv)), "getService": ok(details), "getForm": ok(form),
		"listDrafts": ok(page1(dr)), "createDraft": {{status: 201, body: dr, etag: `"1"`}}, "getDraft": {{status: 200, body: dr, etag: `"1"`}}, "putDraft": {{status: 200, body: dr, etag: `"2"`}}, "deleteDraft": {{status: 204}},
		"listMessages": ok(page1(message())), "writeMessage": {{status: 201, body: message()}}, "addDocument": {{status: 201, body: page1(version()), etag: `"2"`}},
		"listVersions": {{status: 200, body: page1(version()), etag: `"1"`}}, "changeApplication": {{status: 201, body: page1(version()), etag: `"2"`}}, "revertApplication": {{status: 201, body: page1(version()), etag: `"2"`}},
		"rateApplication": ok(wire.Rating{Score: 5, At: moment()}), "listPublicApplications": ok(page1(entry())),
		"listTemplates": ok(page1(tp)), "createTemplate": {{status: 201, body: tp, etag: `"1"`}}, "getTemplate": {{status: 200, body: tp, etag: `"1"`}}, "putTemplate": {{status: 200, body: tp, etag: `"2"`}}, "deleteTemplate": {{status: 204}},
		"listCharges": ok(page1(ch)), "getCharge": ok(ch), "listPaymentMethods": ok(page1(method)),
		"listPayments": ok(page1(pay)), "createPayment": {{status: 201, body: pay}}, "getPayment": ok(pay), "confirmPayment": ok(payment("paid")), "getReceipt": {{status: 200, body: []byte("%PDF-1.7")}},
		"createPaymentAuthorisation": {{status: 201, body: authorisation}}, "getPaymentAuthorisation": ok(authorisation),
		"checkApprover":    ok(wire.ApproverAnswer{Certificate: "AB", Trust: "bound", Own: true}),
		"listApplications": ok(page1(app)), "getApplication": ok(app),
		"searchCharges": ok(page1(ch)), "getChargePhoto": {{status: 200, body: []byte("\x89PNG")}}, "disputeCharge": {{status: 201, body: dispute}}, "getDebtCertificate": ok(document),
		"notifyPayee": {{status: 201, body: notice}}, "getPension": ok(pension), "listPensionContributions": ok(page1(contribution)), "getPensionStatement": ok(document),
	}
	maps.Copy(replies, profileReplies())
	maps.Copy(replies, deviceReplies())
	maps.Copy(replies, appointmentReplies())
	c, f := portal(t, replies)
	ctx := t.Context()
	must := func(name string, got, want any, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	gotCaps, err := c.Capabilities(ctx)
	must("capabilities", gotCaps, &caps, err)
	gotIn, err := c.SignIn(ctx, wire.SignInRequest{Login: "demo", Password: "x", Authorization: wire.AuthorizationRequest{ClientID: "a", ClientSecret: "b", ClientCertificateHash: strings.Repeat("A", 64), RedirectURI: "https://localhost/cb", Scope: "openid", State: "0195a1b2-0000-4000-8000-000000000001", Timestamp: "2026.03.02 13:00:00 +0300", AccessType: "offline"}})
	must("sign-in", gotIn, &signIn, err)
	if f.request().Header.Get("Idempotency-Key") == "" {
		t.Error("a sign-in went out without a key")
	}
	gotByCertificate, err := c.CertificateSignIn(ctx, wire.CertificateSignInRequest{Authorization: wire.AuthorizationRequest{RedirectURI: "https://localhost/cb", Scope: "openid", State: "0195a1b2-0000-4000-8000-000000000001", Timestamp: "2026.03.02 13:00:00 +0300", AccessType: "offline", Protocol: wire.ProtocolV1}})
	must("sign-in by a certificate", gotByCertificate, &byCertificate, err)
	if got, err := c.Factor(ctx, "s2", wire.FactorAnswer{Kind: wire.FactorCertificate, Signature: "MIAA"}); err != nil || got.Code != "c" {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := c.Factor(ctx, "s1", wire.FactorAnswer{Kind: "sms", Code: "123456"}); err != nil || got.Code != "c" {
		t.Errorf("%+v %v", got, err)
	}
	gotMe, err := c.Me(ctx)
	must("me", gotMe, &me, err)
	services, err := c.Services(ctx, ServiceQuery{Query: "загран паспорт", Topic: "Документы", Department: "МВД", PageQuery: PageQuery{Limit: 500}})
	must("services", services.Items, []wire.Service{sv}, err)
	gotDetails, err := c.Service(ctx, "zagranpasport")
	must("service", gotDetails, &details, err)
	check := func(what string, err error, ok bool) {
		t.Helper()
		if err != nil || !ok {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err = c.Services(ctx, ServiceQuery{Situation: "birth", Region: "77", Person: "person", Level: "standard", Fee: "free", Online: true, Obsolete: true})
	check("Services with every filter", err, f.request().URL.Query().Get("obsolete") == "true" && f.request().URL.Query().Get("fee") == "free")
	index, tag, err := c.ServiceIndex(ctx, "")
	check("ServiceIndex", err, index != nil && tag == `"a-ru"` && index.Items[0].Slug == sv.Slug)
	index, tag, err = c.ServiceIndex(ctx, tag)
	check("ServiceIndex unchanged", err, index == nil && tag == `"a-ru"` && f.request().Header.Get("If-None-Match") == tag)
	changes, err := c.ServiceChanges(ctx, ChangeQuery{Since: "2026-01-01", Saved: true})
	check("ServiceChanges", err, len(changes.Items) == 1)
	kept, err := c.SavedServices(ctx, PageQuery{})
	check("SavedServices", err, len(kept.Items) == 1)
	check("SaveService", c.SaveService(ctx, "zagranpasport"), true)
	check("ForgetService", c.ForgetService(ctx, "zagranpasport"), true)
	gotForm, err := c.Form(ctx, "zagranpasport")
	must("form", gotForm, &form, err)
	drafts, err := c.Drafts(ctx, PageQuery{})
	must("drafts", drafts.Items, []wire.Draft{dr}, err)
	input := wire.DraftInput{Service: dr.Service, Data: dr.Data}
	created, err := c.CreateDraft(ctx, input)
	must("create draft", created, &Draft{Draft: dr, ETag: `"1"`}, err)
	gotDraft, err := c.Draft(ctx, "d1")
	must("draft", gotDraft, &Draft{Draft: dr, ETag: `"1"`}, err)
	put, err := c.PutDraft(ctx, "d1", `"1"`, input)
	must("put draft", put, &Draft{Draft: dr, ETag: `"2"`}, err)
	if err := c.DeleteDraft(ctx, "d1"); err != nil {
		t.Error(err)
	}
	templates, err := c.Templates(ctx, PageQuery{})
	must("templates", templates.Items, []wire.Template{tp}, err)
	keep := wire.TemplateInput{Name: "Отпуск", Service: tp.Service, Data: tp.Data}
	template, err := c.CreateTemplate(ctx, keep)
	must("create template", template, &Template{Template: tp, ETag: `"1"`}, err)
	template, err = c.Template(ctx, "t1")
	must("template", template, &Template{Template: tp, ETag: `"1"`}, err)
	template, err = c.PutTemplate(ctx, "t1", `"1"`, keep)
	must("put template", template, &Template{Template: tp, ETag: `"2"`}, err)
	check("delete template", c.DeleteTemplate(ctx, "t1"), true)
	_, err = c.FormAgain(ctx, "zagranpasport", 77)
	check("FormAgain", err, f.request().URL.Query().Get("repeat") == "77")
	charges, err := c.Charges(ctx, ChargeQuery{State: "unpaid", UIN: ch.UIN, OrderID: 77})
	must("charges", charges.Items, []wire.Charge{ch}, err)
	gotCharge, err := c.Charge(ctx, ch.UIN)
	must("charge", gotCharge, &ch, err)
	methods, err := c.PaymentMethods(ctx)
	must("methods", methods, []wire.PaymentMethod{method}, err)
	payments, err := c.Payments(ctx, PaymentQuery{UIN: ch.UIN, State: "paid"})
	must("payments", payments.Items, []wire.Payment{pay}, err)
	gotPay, err := c.Pay(ctx, wire.PaymentRequest{ID: paymentID, UIN: ch.UIN, AmountKopecks: 25000, Method: "account"})
	must("pay", gotPay, &pay, err)
	if f.request().Header.Get("Idempotency-Key") != paymentID {
		t.Error("the key of a payment is not its id")
	}
	gotPayment, err := c.Payment(ctx, paymentID, 10*time.Minute)
	must("payment", gotPayment, &pay, err)
	if got := f.request().Header.Get("Prefer"); got != "wait=60" {
		t.Errorf("Prefer %q", got)
	}
	if got, err := c.ConfirmPayment(ctx, paymentID, "123456"); err != nil || got.State != "paid" {
		t.Errorf("%+v %v", got, err)
	}
	var pdf bytes.Buffer
	if n, err := c.Receipt(ctx, paymentID, &pdf, 0); err != nil || n != 8 || pdf.String() != "%PDF-1.7" {
		t.Errorf("%d %v", n, err)
	}
	authorised, err := c.Authorise(ctx, wire.AuthorisationRequest{ID: paymentID, PlanSHA256: strings.Repeat("ab", 32), PaymentsRoot: strings.Repeat("cd", 32), PlanRows: 2, Count: 2, SumKopecks: 3, NotAfter: moment(),
		Signatures: []wire.AuthorisationSignature{{Statement: "x", Signature: []byte{0x30}}}})
	must("authorise", authorised, &authorisation, err)
	if f.request().Header.Get("Idempotency-Key") != paymentID {
		t.Error("the key of an authorisation is not its id")
	}
	approver, err := c.CheckApprover(ctx, "-----BEGIN CERTIFICATE-----")
	must("approver", approver, &wire.ApproverAnswer{Certificate: "AB", Trust: "bound", Own: true}, err)
	gotAuthorisation, err := c.Authorisation(ctx, paymentID)
	must("authorisation", gotAuthorisation, &authorisation, err)
	apps, err := c.Applications(ctx, ApplicationQuery{State: "active", Service: "zagranpasport"})
	must("applications", apps.Items, []wire.Application{app}, err)
	gotApp, err := c.Application(ctx, 77, 30*time.Second)
	must("application", gotApp, &app, err)
	found, err := c.SearchCharges(ctx, "sts", "9900000001", PageQuery{})
	must("search", found.Items, []wire.Charge{ch}, err)
	var png bytes.Buffer
	if n, err := c.ChargePhoto(ctx, ch.UIN, 1, &png); err != nil || n != 4 {
		t.Errorf("photo: %d %v", n, err)
	}
	disputed, err := c.DisputeCharge(ctx, ch.UIN, "key-1", wire.DisputeRequest{Reason: "not-mine", Text: "не моя машина"})
	must("dispute", disputed, &dispute, err)
	certificate, err := c.DebtCertificate(ctx)
	must("certificate", certificate, &document, err)
	told, err := c.NotifyPayee(ctx, paymentID)
	must("notify", told, &notice, err)
	gotPension, err := c.Pension(ctx)
	must("pension", gotPension, &pension, err)
	contributions, err := c.PensionContributions(ctx, 2026, PageQuery{})
	must("contributions", contributions.Items, []wire.PensionContribution{contribution}, err)
	pensionStatement, err := c.PensionStatement(ctx)
	must("pension statement", pensionStatement, &document, err)
	profileCalls(t, c, f)
	deviceCalls(t, c)
	appointmentCalls(t, c, f)
	careCalls(t, c, f)

	for template, item := range f.contract.doc["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			if o, isOp := op.(map[string]any); isOp && o["operationId"] != nil && f.times(o["operationId"].(string)) == 0 {
				t.Errorf("nothing was called at %s %s", method, template)
			}
		}
	}
}

func TestAProblemBecomesAFaultInThePortalsWords(t *testing.T) {
	c, _ := portal(t, map[string][]reply{"getService": {{status: 404, body: wire.Problem{Title: "Услуги \u202enet\x1b[2J нет", Status: 404, Code: "service.not_found", Hint: "Ближайшие названы ниже",
		Fields: []wire.FieldError{{Field: "10000000113", Code: "near", Message: "Загранпаспорт\x07"}}}}}})
	_, err := c.Service(t.Context(), "nope")
	var f *fault.Error
	if !errors.As(err, &f) || f.Exit != exitcode.NotFound || f.Code != "service.not_found" || f.RequestID == "" || len(f.Fields) != 1 || f.Fields[0].Name != "10000000113" {
		t.Fatalf("%+v", f)
	}
	text := f.Message.In(i18n.RU) + f.Hint.In(i18n.RU) + f.Fields[0].Message.In(i18n.EN) + fmt.Sprint(err)
	if strings.ContainsAny(text, "\x1b\x07\u202e") {
		t.Errorf("hostile text reaches the terminal: %q", text)
	}
	var p *ProblemError
	if !errors.As(err, &p) || p.Fields[0].Message.Raw() != "Загранпаспорт\x07" {
		t.Errorf("%+v", p)
	}
}

func TestADuplicatePaymentNamesTheEarlierOne(t *testing.T) {
	c, f := portal(t, map[string][]reply{"createPayment": {{status: 409, body: wire.Problem{Title: "Уже оплачено", Status: 409, Code: "payment.duplicate", Ref: "earlier-id"}}}})
	_, err := c.Pay(t.Context(), wire.PaymentRequest{ID: paymentID, UIN: "18810177170325189254", AmountKopecks: 1, Method: "account"})
	var p *ProblemError
	if !errors.As(err, &p) || p.Ref != "earlier-id" || fault.ExitOf(err) != exitcode.Conflict || f.times("createPayment") != 1 {
		t.Errorf("%v", err)
	}
}

func TestALostReplyToAPaymentIsAnUnknownOutcomeAndIsNotRepeated(t *testing.T) {
	for _, bad := range []reply{
		{lost: true},
		{status: 500, body: wire.Problem{Title: "Сбой", Status: 500, Code: "internal", Hint: "Повторите"}},
		{status: 503, body: wire.Problem{Title: "Сбой", Status: 503, Code: "overloaded"}},
		{status: 201, body: func() wire.Payment { p := payment("accepted"); p.ID = "0195a1b2-0000-7000-8000-000000000002"; return p }()},
	} {
		c, f := portal(t, map[string][]reply{"createPayment": {bad}})
		_, err := c.Pay(t.Context(), wire.PaymentRequest{ID: paymentID, UIN: "18810177170325189254", AmountKopecks: 1, Method: "account"})
		if fault.ExitOf(err) != exitcode.Unknown || f.times("createPayment") != 1 {
			t.Errorf("%+v: %v, %d requests", bad, err, f.times("createPayment"))
			continue
		}
		var fe *fault.Error
		if errors.As(err, &fe); !strings.Contains(fe.Hint.In(i18n.RU), "сначала узнайте") {
			t.Errorf("%+v: hint %q", bad, fe.Hint.In(i18n.RU))
		}
	}
}

func TestAPaymentThatThePortalRefusedToTakeIsSafeToRepeat(t *testing.T) {
	for _, bad := range []reply{
		{status: 429, body: wire.Problem{Title: "Часто", Status: 429, Code: "portal.too_many_requests", RetryAfterMS: 2000}},
		{status: 503, body: wire.Problem{Title: "Работы", Status: 503, Code: "portal.unavailable", RetryAfterMS: 2000}},
		{status: 503, body: wire.Problem{Title: "Работы", Status: 503, Code: "portal.unavailable"}, after: "2"},
	} {
		c, f := portal(t, map[string][]reply{"createPayment": {bad}})
		_, err := c.Pay(t.Context(), wire.PaymentRequest{ID: paymentID, UIN: "18810177170325189254", AmountKopecks: 1, Method: "account"})
		te := transport.AsError(err)
		if fault.ExitOf(err) != exitcode.Unavailable || f.times("createPayment") != 1 || te.RetryAfter != 2*time.Second {
			t.Errorf("%+v: %v, %d requests", bad, err, f.times("createPayment"))
		}
	}
}

func TestALostReplyToACodeIsASignInToBeginAnew(t *testing.T) {
	c, f := portal(t, map[string][]reply{"answerFactor": {{lost: true}}})
	_, err := c.Factor(t.Context(), "s1", wire.FactorAnswer{Kind: "sms", Code: "123456"})
	if fault.ExitOf(err) != exitcode.Unavailable || f.times("answerFactor") != 1 {
		t.Errorf("%v, %d requests", err, f.times("answerFactor"))
	}
}

func TestADraftChangedMeanwhileIsAConflict(t *testing.T) {
	c, _ := portal(t, map[string][]reply{"putDraft": {{status: 412, body: wire.Problem{Title: "Черновик изменён", Status: 412, Code: "draft.changed"}}}})
	_, err := c.PutDraft(t.Context(), "d1", `"1"`, wire.DraftInput{Service: "x", Data: map[string]any{}})
	if fault.ExitOf(err) != exitcode.Conflict {
		t.Errorf("%v", err)
	}
}

func TestADeletionWhoseAnswerWasLostIsDone(t *testing.T) {
	gone := reply{status: 404, body: wire.Problem{Title: "Нет", Status: 404, Code: "draft.not_found"}}
	c, _ := portal(t, map[string][]reply{"deleteDraft": {{status: 502, body: wire.Problem{Title: "Сбой", Status: 502, Code: "gateway"}}, gone}})
	if err := c.DeleteDraft(t.Context(), "d1"); err != nil {
		t.Error(err)
	}
	c, _ = portal(t, map[string][]reply{"deleteDraft": {gone}})
	if err := c.DeleteDraft(t.Context(), "d1"); fault.ExitOf(err) != exitcode.NotFound {
		t.Errorf("%v", err)
	}
}

func TestAllPagesAreWalkedAndACircleIsNoticed(t *testing.T) {
	p1 := wire.Page[wire.Charge]{Items: []wire.Charge{charge()}, NextCursor: "a", Total: 3}
	p2 := wire.Page[wire.Charge]{Items: []wire.Charge{charge(), charge()}, Total: 3}
	c, f := portal(t, map[string][]reply{"listCharges": {{status: 200, body: p1}, {status: 200, body: p2}}})
	n := 0
	for _, err := range c.AllCharges(t.Context(), ChargeQuery{State: "unpaid"}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 3 || f.times("listCharges") != 2 || f.request().URL.Query().Get("cursor") != "a" || f.request().URL.Query().Get("limit") != "200" {
		t.Errorf("%d charges, %s", n, f.request().URL)
	}
	c, _ = portal(t, map[string][]reply{"listCharges": {{status: 200, body: p1}}})
	var last error
	for _, err := range c.AllCharges(t.Context(), ChargeQuery{}) {
		last = err
	}
	if !errors.Is(last, errPaging) {
		t.Errorf("%v", last)
	}
}

func TestAMissingCapabilitySaysWhoOffersItAndWhatWorksInstead(t *testing.T) {
	for _, capability := range []wire.Capability{wire.CapSignIn, wire.CapCertificateSignIn, wire.CapCatalog, wire.CapDrafts, wire.CapCorrections, wire.CapCharges, wire.CapPayments, wire.CapProfile, wire.CapTraining} {
		err := Require(Official("Госуслуги"), capability)
		var f *fault.Error
		if !errors.As(err, &f) || f.Exit != exitcode.Refused || f.Code != "capability.missing" {
			t.Fatalf("%s: %v", capability, err)
		}
		for _, l := range []i18n.Lang{i18n.RU, i18n.EN} {
			if m := f.Message.In(l); !strings.Contains(m, "sandbox") || !strings.Contains(m, "Госуслуги") || strings.Contains(m, "%!") {
				t.Errorf("%s: %q", capability, m)
			}
			if capability != wire.CapTraining && f.Hint.In(l) == "" {
				t.Errorf("%s: no hint in %s", capability, l)
			}
		}
	}
	if err := Require(Official("Госуслуги"), wire.CapApplications); err != nil {
		t.Error(err)
	}
	if err := Require(nil, wire.CapPayments); err == nil {
		t.Error("nothing known was taken for everything")
	}
}

func TestCapabilitiesAreAskedOnceInFiveMinutes(t *testing.T) {
	caps := wire.Capabilities{Portal: "Учебный", Kind: "sandbox", Version: "1", APIs: map[string]string{}, Capabilities: []wire.Capability{wire.CapPayments}, Time: moment(), MaxFileBytes: 1}
	c, f := portal(t, map[string][]reply{"getCapabilities": ok(caps)})
	for range 3 {
		if err := c.Offers(t.Context(), wire.CapPayments); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Offers(t.Context(), wire.CapDrafts); fault.ExitOf(err) != exitcode.Refused {
		t.Errorf("%v", err)
	}
	if f.times("getCapabilities") != 1 {
		t.Errorf("asked %d times", f.times("getCapabilities"))
	}
}

func FuzzExplainNeverShowsControlBytes(f *testing.F) {
	f.Add([]byte(`{"title":"a\u001b[2J","status":400,"code":"x.y","hint":"\u202e","fields":[{"field":"\u0007","code":"c","message":"\u009b"}]}`))
	f.Add([]byte(`{"title":"a","status":400,"code":"charge.x","requestId":"r-1","subject":"18810000000000000001"}`))
	f.Add([]byte(`{"title":1}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		te := &transport.Error{Kind: transport.Status, Status: 400, Host: "h", Body: body, ContentType: "application/problem+json", SentID: "r-1"}
		// A body is the portal's word only when it repeats the request's id and subject.
		var p wire.Problem
		call := &transport.Call{Path: wire.Base + "/charges/{uin}", PathParams: map[string]string{"uin": "18810000000000000001"}}
		if proof := Judge(call)(te); proof != transport.Unproven && (json.Unmarshal(body, &p) != nil || p.RequestID != "r-1" || p.Subject != "18810000000000000001") {
			t.Fatalf("%q proves %v", body, proof)
		}
		te.Proof = transport.ProvesRefused
		var fe *fault.Error
		if !errors.As(Explain(te.Fault()), &fe) {
			t.Fatal("not a fault")
		}
		all := fe.Code + fe.Message.In(i18n.RU) + fe.Hint.In(i18n.EN) + fe.RequestID
		for _, field := range fe.Fields {
			all += field.Name + field.Message.In(i18n.RU)
		}
		if strings.ContainsAny(all, "\x00\x07\x1b\n\r\u009b\u202e") {
			t.Errorf("%q", all)
		}
	})
}
