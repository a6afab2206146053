package gusmev_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/portaltest"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
)

const passport = "90000000001"

// details asks for an application and reads the order inside the answer.
func details(t *testing.T, p *portaltest.Portal, who *session.Caller, id int64, headers ...string) (wire.DetailsEnvelope, wire.Order) {
	t.Helper()
	var e wire.DetailsEnvelope
	p.Do(who, http.MethodPost, fmt.Sprintf("/api/gusmev/order/%d?embed=STATUS_HISTORY", id), nil, headers...).Want(http.StatusOK).Into(&e)
	var o wire.Order
	if e.Order == nil {
		t.Fatal("no order")
	}
	if err := json.Unmarshal([]byte(*e.Order), &o); err != nil {
		t.Fatalf("the order is not JSON in a JSON string: %v", err)
	}
	return e, o
}

// follow waits for updates until the application has one of the statuses.
func follow(t *testing.T, p *portaltest.Portal, who *session.Caller, id int64, until ...int) wire.Order {
	t.Helper()
	after := "2026-01-01T00:00:00.000"
	for range 30 {
		var list wire.StatusList
		p.Get(who, "/api/gusmev/order/getUpdatedAfter?pageNum=0&pageSize=100&updatedAfter="+after, "Prefer", "wait=5").Want(http.StatusOK).Into(&list)
		for _, st := range list.Content {
			after = max(after, st.Status.Updated)
			for _, want := range until {
				if st.OrderID == id && st.Status.StatusID == want {
					_, o := details(t, p, who, id)
					return o
				}
			}
		}
	}
	_, o := details(t, p, who, id)
	t.Fatalf("application %d never came to %v, it is at %d", id, until, o.OrderStatusID)
	return o
}

func statuses(o wire.Order) string {
	var b strings.Builder
	for _, s := range o.Statuses {
		b.WriteString(strconv.Itoa(s.StatusID) + " ")
	}
	return strings.TrimSpace(b.String())
}

func TestAFreeServiceGoesAllTheWayToItsResult(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	values := p.Form(who, "no-conviction", "purpose", "work")
	id := p.Submit(who, "90000000004", portaltest.Zip(t, map[string][]byte{"req.xml": portaltest.RequestXML("90000000004", values)}))

	e, o := details(t, p, who, id)
	if e.Code != wire.CodeNew || o.OrderStatusID != 17 || e.MessageID == "" || e.MessageID != e.MessageIDAlt {
		t.Errorf("after submission: code %s, status %d, messageId %q, message_id %q", e.Code, o.OrderStatusID, e.MessageID, e.MessageIDAlt)
	}
	e, _ = details(t, p, who, id, "Prefer", "wait=5")
	if e.Code != wire.CodeDone {
		t.Errorf("after waiting: code %s, %v", e.Code, e.Message)
	}
	o = follow(t, p, who, id, 3, 4)
	if got, want := statuses(o), "0 17 21 2 6 7 3"; got != want {
		t.Errorf("statuses %s, want %s", got, want)
	}
	last := o.Statuses[len(o.Statuses)-1]
	if !last.FinalStatus || last.HasResult != "Y" && !o.HasResult || last.Comment == "" || last.Sender == "" {
		t.Errorf("last status %+v", last)
	}
	if len(o.ResponseFiles) != 2 || o.ResponseFiles[0].MimeType != "application/pdf" || !o.ResponseFiles[0].HasDigitalSignature || o.ResponseFiles[1].FileName != "result.pdf.sig" {
		t.Fatalf("result files: %+v", o.ResponseFiles)
	}
	// terrabyte://00/<objectId>/<mnemonic>/<type>
	parts := strings.Split(strings.TrimPrefix(o.ResponseFiles[0].Link, "terrabyte://00/"), "/")
	if parts[0] != strconv.FormatInt(o.CurrentStatusHistoryID, 10) || parts[2] != "3" {
		t.Errorf("link %s, current status %d", o.ResponseFiles[0].Link, o.CurrentStatusHistoryID)
	}
	for _, path := range []string{
		"/api/gusmev/files/download/" + parts[0] + "/3?mnemonic=" + parts[1] + "&eserviceCode=90000000004",
		"/api/storage/v2/files/" + parts[0] + "/3/download?mnemonic=" + parts[1],
	} {
		a := p.Get(who, path).Want(http.StatusOK)
		if !strings.HasPrefix(string(a.Body), "%PDF-") || int64(len(a.Body)) != o.ResponseFiles[0].FileSize || a.Header.Get("Content-Type") != "application/pdf" {
			t.Errorf("%s: %d bytes of %s", path, len(a.Body), a.Header.Get("Content-Type"))
		}
	}
	if a := p.Get(who, "/api/gusmev/files/download/"+strconv.FormatInt(id, 10)+"/2?mnemonic=req.xml").Want(http.StatusOK); !strings.Contains(string(a.Body), "serviceCode=\"90000000004\"") {
		t.Errorf("the attachment came back as %s", a.Body)
	}
}

func TestAnUnpaidDutyHoldsAndPayingMovesOn(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	id := p.Submit(who, passport, p.Zagranpasport(who))
	_, o := details(t, p, who, id)
	if len(o.Payments) != 1 || o.Payments[0].Amount != "600000" || o.Payments[0].Paid || !o.PaymentRequired || !o.HasNoPaidPayment {
		t.Fatalf("payments %+v", o.Payments)
	}
	o = follow(t, p, who, id, 14)
	uin := o.Payments[0].UIN
	if !strings.Contains(o.CurrentStatusHistory.Comment.String(), uin) {
		t.Errorf("the comment does not name the УИН: %s", o.CurrentStatusHistory.Comment)
	}
	pay := "0190c1f0-0000-7000-8000-000000000001"
	p.Post(who, cabinet.Base+"/payments", cabinet.PaymentRequest{ID: pay, UIN: uin, AmountKopecks: 600000, Method: "account"}, "Idempotency-Key", pay).Want(http.StatusCreated)
	o = follow(t, p, who, id, 3)
	if got, want := statuses(o), "0 17 21 2 6 14 6 7 3"; got != want {
		t.Errorf("statuses %s, want %s", got, want)
	}
	if !o.Payments[0].Paid || o.PaymentRequired {
		t.Errorf("payments %+v", o.Payments)
	}
}

func TestACorrectionIsMendedUnderTheSameNumber(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeCorrect)
	who := portaltest.Citizen()
	values := p.Form(who, "no-conviction", "purpose", "work")
	archive := func() []byte {
		return portaltest.Zip(t, map[string][]byte{"req.xml": portaltest.RequestXML("90000000004", values)})
	}
	id := p.Submit(who, "90000000004", archive())
	o := follow(t, p, who, id, 15)
	if !o.CurrentStatusHistory.EditAllowed || o.CurrentStatusHistory.StatusColorCode != "edit" {
		t.Errorf("status %+v", o.CurrentStatusHistory)
	}
	var a cabinet.Application
	p.Get(who, fmt.Sprintf("%s/applications/%d", cabinet.Base, id)).Want(http.StatusOK).Into(&a)
	if a.Correction == nil || len(a.Correction.Fields) != 1 || a.Correction.Fields[0].Field != "previousNames" {
		t.Fatalf("correction %+v", a.Correction)
	}
	values["colour"] = "red" // a mended archive that is worse
	p.Resubmit(who, "90000000004", id, archive())
	e, o := details(t, p, who, id, "Prefer", "wait=5")
	if e.Code != wire.CodeValidation || o.OrderStatusID != 15 {
		t.Errorf("a bad mended archive: code %s, status %d", e.Code, o.OrderStatusID)
	}
	delete(values, "colour")
	values["previousNames"] = "Прежний"
	p.Resubmit(who, "90000000004", id, archive())
	o = follow(t, p, who, id, 3, 4)
	if got, want := statuses(o), "0 17 21 2 15 21 2 6 7 3"; got != want {
		t.Errorf("statuses %s, want %s", got, want)
	}
}

func TestARefusalNamesItsReason(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeRefuse)
	who := portaltest.Citizen()
	values := p.Form(who, "no-conviction", "purpose", "work")
	id := p.Submit(who, "90000000004", portaltest.Zip(t, map[string][]byte{"req.xml": portaltest.RequestXML("90000000004", values)}))
	o := follow(t, p, who, id, 3, 4)
	if o.OrderStatusID != 4 || !o.CurrentStatusHistory.FinalStatus || len(o.CurrentStatusHistory.Comment) < 20 || len(o.ResponseFiles) != 0 {
		t.Errorf("status %d, comment %q", o.OrderStatusID, o.CurrentStatusHistory.Comment)
	}
}

func TestBadArchivesAreRefusedWithEveryProblemNamed(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	good := p.Form(who, "zagranpasport", "reason", "first", "office", "77-01", "employment", "retired", "holder", "adult")
	with := func(pairs ...string) []byte {
		v := map[string]string{}
		for k, x := range good {
			v[k] = x
		}
		for i := 0; i < len(pairs); i += 2 {
			v[pairs[i]] = pairs[i+1]
		}
		return portaltest.RequestXML(passport, v, "photo=photo.jpg")
	}
	req, photo := with(), portaltest.Photo(t)
	cases := []struct {
		name  string
		files map[string][]byte
		raw   []byte
		code  string
		words []string
	}{
		{name: "no archive at all", raw: []byte("this is not a zip"), code: wire.CodeInvalidFiles, words: []string{"zip"}},
		{name: "a folder", files: map[string][]byte{"a/req.xml": req}, code: wire.CodeInvalidFiles, words: []string{"a/req.xml"}},
		{name: "a way out of the folder", files: map[string][]byte{"..": req}, code: wire.CodeInvalidFiles, words: []string{".."}},
		{name: "an archive inside", files: map[string][]byte{"req.xml": req, "photo.jpg": portaltest.Zip(t, map[string][]byte{"x": []byte("y")})}, code: wire.CodeInvalidFiles, words: []string{"photo.jpg"}},
		{name: "a bomb", files: map[string][]byte{"req.xml": req, "photo.jpg": make([]byte, 30<<20)}, code: wire.CodeInvalidFiles, words: []string{"photo.jpg"}},
		{name: "no request", files: map[string][]byte{"photo.jpg": photo}, code: wire.CodeReqNotFound, words: []string{"req.xml"}},
		{name: "broken XML", files: map[string][]byte{"req.xml": []byte("<application"), "photo.jpg": photo}, code: wire.CodeValidation, words: []string{"req.xml"}},
		{name: "a document type", files: map[string][]byte{"req.xml": append([]byte("<!DOCTYPE x [<!ENTITY a \"b\">]>"), req[39:]...), "photo.jpg": photo}, code: wire.CodeValidation, words: []string{"req.xml"}},
		{name: "another form", files: map[string][]byte{"req.xml": []byte("<x/>")}, code: wire.CodeValidation, words: []string{"urn:epgu:sandbox:application:1.0"}},
		{name: "another service", files: map[string][]byte{"req.xml": portaltest.RequestXML("90000000002", good)}, code: wire.CodeValidation, words: []string{"90000000002"}},
		{name: "several fields", files: map[string][]byte{"req.xml": with("firstName", "", "office", "nowhere", "birthDate", "1.1.1990"), "photo.jpg": photo}, code: wire.CodeValidation, words: []string{"firstName", "office", "birthDate"}},
		{name: "no photo", files: map[string][]byte{"req.xml": portaltest.RequestXML(passport, good)}, code: wire.CodeFilesVerify, words: []string{"photo"}},
		{name: "a photo that is not in the archive", files: map[string][]byte{"req.xml": req}, code: wire.CodeFilesVerify, words: []string{"photo.jpg"}},
		{name: "a text named photo.jpg", files: map[string][]byte{"req.xml": req, "photo.jpg": []byte("hello")}, code: wire.CodeFilesVerify, words: []string{"image/jpeg"}},
		{name: "a stray file", files: map[string][]byte{"req.xml": req, "photo.jpg": photo, "diary.txt": []byte("x")}, code: wire.CodeFilesVerify, words: []string{"diary.txt"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			archive := tc.raw
			if archive == nil {
				archive = portaltest.Zip(t, tc.files)
			}
			id := p.Submit(who, passport, archive)
			e, o := details(t, p, who, id, "Prefer", "wait=5", "Accept-Language", "en")
			if e.Code != tc.code || e.Message == nil {
				t.Fatalf("code %s, want %s; %v", e.Code, tc.code, e.Message)
			}
			for _, w := range tc.words {
				if !strings.Contains(e.Message.String(), w) {
					t.Errorf("the message does not name %q: %s", w, e.Message)
				}
			}
			if o.OrderStatusID != 24 || len(o.Payments) != 0 {
				t.Errorf("status %d, payments %v", o.OrderStatusID, o.Payments)
			}
			p.Clock.Advance(time.Hour)
		})
	}
}

func TestPartsFollowTheRulesOfTheSpecification(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	send := func(id int64, n, of int, content []byte) *portaltest.Answer {
		kind, body := portaltest.Multipart(portaltest.Meta(passport), content, fmt.Sprintf("orderId=%d", id), fmt.Sprintf("chunk=%d", n), fmt.Sprintf("chunks=%d", of))
		return p.Do(who, http.MethodPost, "/api/gusmev/push/chunked", body, "Content-Type", kind)
	}
	reserve := func() int64 {
		var ref wire.OrderRef
		p.Do(who, http.MethodPost, "/api/gusmev/order", portaltest.Meta(passport)).Want(http.StatusOK).Into(&ref)
		return ref.OrderID
	}
	// An archive of three parts: stored noise, so that it stays large.
	noise := make([]byte, 11_000_000)
	for i, x := 0, uint32(1); i < len(noise); i++ {
		x = x*1664525 + 1013904223
		noise[i] = byte(x >> 24)
	}
	archive := append(portaltest.Zip(t, map[string][]byte{"req.xml": portaltest.RequestXML(passport, nil)}), noise...)
	a, b, c := archive[:5_000_000], archive[5_000_000:10_000_000], archive[10_000_000:]

	id := reserve()
	if got := send(id, 1, 3, b).Want(http.StatusBadRequest).Code(); got != wire.ErrBadRequest {
		t.Errorf("a middle part first: %s", got)
	}
	send(id, 0, 3, a[:4_999_999]).Want(http.StatusBadRequest)
	send(id, 0, 3, a).Want(http.StatusPartialContent)
	send(id, 0, 3, a).Want(http.StatusPartialContent) // the answer was lost
	send(id, 2, 3, c).Want(http.StatusBadRequest)     // the last before the others
	send(id, 1, 4, b).Want(http.StatusBadRequest)     // another count
	send(id, 1, 3, b).Want(http.StatusPartialContent)
	send(id, 1, 3, a).Want(http.StatusConflict) // the same part, another content
	var ref wire.OrderRef
	send(id, 2, 3, c).Want(http.StatusOK).Into(&ref)
	if ref.OrderID != id {
		t.Errorf("orderId %d", ref.OrderID)
	}
	send(id, 2, 3, c).Want(http.StatusOK) // the answer was lost
	send(id, 1, 3, b).Want(http.StatusPartialContent)
	send(id, 2, 3, b).Want(http.StatusConflict)

	id = reserve()
	send(id, 0, 2, a).Want(http.StatusPartialContent)
	p.Clock.Advance(5*time.Minute + time.Second)
	send(id, 1, 2, c).Want(http.StatusBadRequest)
	send(id, 0, 2, a).Want(http.StatusPartialContent)
	send(id, 1, 2, c).Want(http.StatusOK)

	if got := send(1, 0, 1, c).Want(http.StatusBadRequest).Code(); got != wire.ErrNotFound {
		t.Errorf("an unknown order: %s", got)
	}
	stranger := portaltest.Citizen()
	stranger.OID = people.OIDChief
	kind, body := portaltest.Multipart(portaltest.Meta(passport), c, fmt.Sprintf("orderId=%d", id))
	if got := p.Do(stranger, http.MethodPost, "/api/gusmev/push/chunked", body, "Content-Type", kind).Want(http.StatusForbidden).Code(); got != wire.ErrOrderAccess {
		t.Errorf("a stranger: %s", got)
	}
}

func TestMultipartPartsMayComeInAnyOrderButMetaMustBeJSON(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	archive := p.Zagranpasport(who)
	kind, body := portaltest.Multipart(portaltest.Meta(passport), archive)
	p.Do(who, http.MethodPost, "/api/gusmev/push", body, "Content-Type", kind).Want(http.StatusOK)
	for name, mangled := range map[string]string{
		"no type of meta": strings.Replace(string(body), "\r\nContent-Type: application/json", "", 1),
		"meta as text":    strings.Replace(string(body), "Content-Type: application/json", "Content-Type: text/plain", 1),
		"no meta":         strings.Replace(string(body), `name="meta"`, `name="other"`, 1),
		"cut short":       string(body[:len(body)/2]),
	} {
		if got := p.Do(who, http.MethodPost, "/api/gusmev/push", []byte(mangled), "Content-Type", kind).Want(http.StatusBadRequest).Code(); got != wire.ErrBadRequest {
			t.Errorf("%s: %s", name, got)
		}
	}
	p.Do(who, http.MethodPost, "/api/gusmev/push", []byte("{}")).Want(http.StatusBadRequest)
}

func TestEveryRefusalHasItsCode(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	reserve := func(who *session.Caller, meta string) *portaltest.Answer {
		return p.Do(who, http.MethodPost, "/api/gusmev/order", []byte(meta))
	}
	meta := string(portaltest.Meta(passport))
	change := func(f func(*session.Caller)) *session.Caller {
		c := portaltest.Citizen()
		f(c)
		return c
	}
	cases := []struct {
		name   string
		who    *session.Caller
		meta   string
		status int
		code   string
	}{
		{"nobody", nil, meta, 401, "unauthorized"},
		{"no consent", change(func(c *session.Caller) { c.Permissions = nil }), meta, 403, wire.ErrPersonPermissions},
		{"no scope", change(func(c *session.Caller) { c.Scopes = nil }), meta, 403, wire.ErrSystem},
		{"too low a level", change(func(c *session.Caller) { c.OID, c.Level = people.OIDStandard, cabinet.LevelStandard }), meta, 403, wire.ErrUser},
		{"an organisation where citizens apply", portaltest.Chief(), meta, 403, wire.ErrUserLegal},
		{"no power", change(func(c *session.Caller) { c.OID, c.OrgOID = people.OIDAccountant, people.OIDCompany }), meta, 403, wire.ErrPushDenied},
		{"no such service", portaltest.Citizen(), `{"region":"45000000000","serviceCode":"1","targetCode":"-1"}`, 400, wire.ErrServiceNotFound},
		{"a slug is no code here", portaltest.Citizen(), `{"region":"45000000000","serviceCode":"zagranpasport"}`, 400, wire.ErrServiceNotFound},
		{"a wrong region", portaltest.Citizen(), `{"region":"Москва","serviceCode":"90000000001"}`, 400, wire.ErrBadRequest},
		{"no JSON", portaltest.Citizen(), `meta`, 400, wire.ErrBadRequest},
		{"a good one", portaltest.Citizen(), meta, 200, ""},
	}
	for _, tc := range cases {
		if got := reserve(tc.who, tc.meta).Want(tc.status).Code(); got != tc.code {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.code)
		}
	}
	p.Do(portaltest.Citizen(), http.MethodPost, "/api/gusmev/order/7", nil).Want(http.StatusNoContent)
	p.Get(portaltest.Citizen(), "/api/gusmev/order/7").Want(http.StatusMethodNotAllowed)
	p.Get(portaltest.Citizen(), "/api/gusmev/files/download/7/3?mnemonic=result.pdf").Want(http.StatusNoContent)
}

func TestTwentyApplicationsInTenMinutesAndNotOneMore(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	values := p.Form(who, "no-conviction", "purpose", "work")
	kind, body := portaltest.Multipart(portaltest.Meta("90000000004"), portaltest.Zip(t, map[string][]byte{"req.xml": portaltest.RequestXML("90000000004", values)}))
	for range 20 {
		p.Do(who, http.MethodPost, "/api/gusmev/push", body, "Content-Type", kind).Want(http.StatusOK)
	}
	a := p.Do(who, http.MethodPost, "/api/gusmev/push", body, "Content-Type", kind).Want(http.StatusTooManyRequests)
	if a.Code() != wire.ErrLimitation || a.Header.Get("Retry-After") == "" {
		t.Errorf("%s, Retry-After %q", a.Body, a.Header.Get("Retry-After"))
	}
	p.Do(who, http.MethodPost, "/api/gusmev/order", portaltest.Meta("90000000002")).Want(http.StatusOK) // another service
	p.Clock.Advance(10*time.Minute + time.Second)
	p.Do(who, http.MethodPost, "/api/gusmev/push", body, "Content-Type", kind).Want(http.StatusOK)
}

func TestCancellingHasItsLimits(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	id := p.Submit(who, passport, p.Zagranpasport(who))
	cancel := func(c *session.Caller, query string) *portaltest.Answer {
		return p.Do(c, http.MethodPost, fmt.Sprintf("/api/gusmev/order/%d/cancel%s", id, query), nil)
	}
	if got := cancel(who, "").Want(http.StatusBadRequest).Code(); got != wire.ErrBadRequest {
		t.Error(got)
	}
	stranger := portaltest.Citizen()
	stranger.OID = people.OIDChief
	cancel(stranger, "?reason=x").Want(http.StatusForbidden)
	cancel(who, "?reason=%D0%9F%D0%B5%D1%80%D0%B5%D0%B4%D1%83%D0%BC%D0%B0%D0%BB").Want(http.StatusOK)
	if got := cancel(who, "?reason=x").Want(http.StatusMethodNotAllowed).Code(); got != wire.ErrCancelNotAllowed {
		t.Error(got)
	}
	o := follow(t, p, who, id, 10)
	if !o.Closed || o.PaymentRequired || !strings.Contains(o.Statuses[len(o.Statuses)-2].Comment.String(), "Передумал") {
		t.Errorf("%+v", o.Statuses)
	}
	p.Do(who, http.MethodPost, "/api/gusmev/order/1/cancel?reason=x", nil).Want(http.StatusNoContent)
}

func TestStatusListsFindPageAndKeepTheirTimeZone(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	var ids []string
	for range 3 {
		ids = append(ids, strconv.FormatInt(p.Submit(who, passport, p.Zagranpasport(who)), 10))
		p.Clock.Advance(time.Second)
	}
	var list wire.StatusList
	p.Get(who, "/api/gusmev/order/getOrdersStatus?pageNum=0&pageSize=2&orderIds="+ids[0]+",5,"+ids[2]).Want(http.StatusOK).Into(&list)
	if list.Count != 2 || list.TotalCount != 3 || list.Content[0].OrderSearchStatus != "FOUND" || list.Content[1].OrderSearchStatus != "NOT_FOUND" || list.Content[1].Status != nil {
		t.Errorf("%+v", list)
	}
	updated := list.Content[0].Status.Updated
	if at, err := time.Parse(wire.LocalTimeLayout, updated); err != nil || at.Hour() != 12 { // 9:00 UTC is 12:00 in Moscow
		t.Errorf("updated %s: %v", updated, err)
	}
	after := func(moment string) int {
		var list wire.StatusList
		p.Get(who, "/api/gusmev/order/getUpdatedAfter?updatedAfter="+moment).Want(http.StatusOK).Into(&list)
		return list.TotalCount
	}
	if n := after("2026-09-01T11:59:59.000"); n != 3 {
		t.Errorf("since the start: %d", n)
	}
	if n := after(updated); n != 2 {
		t.Errorf("after the first: %d", n)
	}
	if n := after("2026-09-01T13:00:00.000"); n != 0 {
		t.Errorf("after an hour: %d", n)
	}
	for _, q := range []string{"getUpdatedAfter?updatedAfter=yesterday", "getUpdatedAfter", "getOrdersStatus", "getOrdersStatus?orderIds=x", "getOrdersStatus?orderIds=1&pageSize=0", "getOrdersStatus?orderIds=1&pageNum=-1"} {
		p.Get(who, "/api/gusmev/order/"+q).Want(http.StatusBadRequest)
	}
}

func TestDictionariesHavePagesAndLevels(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	ask := func(code, body string) wire.Dictionary {
		var d wire.Dictionary
		p.Do(nil, http.MethodPost, "/api/nsi/v1/dictionary/"+code, []byte(body)).Want(http.StatusOK).Into(&d)
		return d
	}
	d := ask("EXTERNAL_BIC", `{"treeFiltering":"ONELEVEL","pageNum":1,"pageSize":2}`)
	if d.Error.Code != 0 || d.Total != 4 || len(d.Items) != 2 || d.Items[0].AttributeValues["CORR_ACCOUNT"] == "" {
		t.Errorf("%+v", d)
	}
	if d := ask("EXTERNAL_BIC", `{"treeFiltering":"ONELEVEL","pageNum":3,"pageSize":2}`); len(d.Items) != 0 || d.Total != 4 {
		t.Errorf("past the end: %+v", d)
	}
	if d := ask("TO_PFR", `{"treeFiltering":"ONELEVEL","pageNum":1,"pageSize":10}`); d.Total < 80 || len(d.Items) != 10 || d.Items[0].IsLeaf {
		t.Errorf("roots: %+v", d)
	}
	if d := ask("TO_PFR", `{"treeFiltering":"SUBTREE","parentRefItemValue":"087","pageNum":1,"pageSize":10}`); d.Total != 2 || !d.Items[0].IsLeaf || *d.Items[0].ParentValue != "087" {
		t.Errorf("below a root: %+v", d)
	}
	var english wire.Dictionary
	p.Do(nil, http.MethodPost, "/api/nsi/v1/dictionary/OKVED", []byte(`{"treeFiltering":"SUBTREE","parentRefItemValue":"62"}`), "Accept-Language", "en").Want(http.StatusOK).Into(&english)
	if english.Total != 3 || english.Items[0].Title != "Software development" {
		t.Errorf("in English: %+v", english)
	}
	if d := ask("NOTHING", `{}`); d.Error.Code != 7 || d.Error.Message != "Entity not found" {
		t.Errorf("an unknown dictionary: %+v", d)
	}
}

func TestAnApplicationOfTheRealServiceKeepsItsOwnForm(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	guid := "8d8567db-d445-4759-a122-6b4cefeca22c"
	archive := portaltest.Zip(t, map[string][]byte{
		"req_" + guid + ".xml":   []byte(`<?xml version="1.0" encoding="UTF-8"?><ЭДПФР xmlns="http://example.org/zdp"/>`),
		"trans_" + guid + ".xml": []byte(`<?xml version="1.0" encoding="UTF-8"?><tr/>`),
	})
	id := p.Submit(who, "10000000109", archive)
	if o := follow(t, p, who, id, 3, 4, 24); o.OrderStatusID != 3 || len(o.AttachmentFiles) != 2 {
		t.Errorf("status %d, files %+v", o.OrderStatusID, o.AttachmentFiles)
	}
}

func TestTwoProcessesServeOnePortal(t *testing.T) {
	one := portaltest.Open(t, training.OutcomeApprove)
	two := one.Beside()
	who := portaltest.Citizen()
	archive := one.Zagranpasport(who)
	done := make(chan []int64)
	for _, p := range []*portaltest.Portal{one, two} {
		go func() {
			var ids []int64
			for range 8 {
				ids = append(ids, p.Submit(who, passport, archive))
			}
			done <- ids
		}()
	}
	seen := map[int64]bool{}
	for range 2 {
		for _, id := range <-done {
			if seen[id] {
				t.Errorf("number %d was given out twice", id)
			}
			seen[id] = true
		}
	}
	uins := map[string]bool{}
	for id := range seen {
		_, o := details(t, two, who, id)
		if len(o.Payments) != 1 || uins[o.Payments[0].UIN] {
			t.Fatalf("application %d: payments %+v", id, o.Payments)
		}
		uins[o.Payments[0].UIN] = true
	}
	if len(seen) != 16 {
		t.Errorf("%d applications", len(seen))
	}
}

func TestAMendedApplicationKeepsItsOneDuty(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeCorrect)
	who := portaltest.Citizen()
	id := p.Submit(who, passport, p.Zagranpasport(who))
	o := follow(t, p, who, id, 15)
	p.Resubmit(who, passport, id, p.Zagranpasport(who))
	o2 := follow(t, p, who, id, 14)
	if len(o2.Payments) != 1 || o2.Payments[0].UIN != o.Payments[0].UIN {
		t.Errorf("before %+v, after %+v", o.Payments, o2.Payments)
	}
	pay := "0190c1f0-0000-7000-8000-000000000002"
	p.Post(who, cabinet.Base+"/payments", cabinet.PaymentRequest{ID: pay, UIN: o.Payments[0].UIN, AmountKopecks: 600000, Method: "account"}, "Idempotency-Key", pay).Want(http.StatusCreated)
	if o := follow(t, p, who, id, 3); statuses(o) != "0 17 21 2 15 21 2 6 14 6 7 3" {
		t.Errorf("statuses %s", statuses(o))
	}
}
