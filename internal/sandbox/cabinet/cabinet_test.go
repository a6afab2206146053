package cabinet_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/portaltest"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
)

const base = wire.Base

// payID makes a payment's id for tests.
func payID(n int) string { return fmt.Sprintf("0190c1f0-0000-7000-8000-%012d", n) }

func pay(p *portaltest.Portal, who *session.Caller, q wire.PaymentRequest) *portaltest.Answer {
	return p.Post(who, base+"/payments", q, "Idempotency-Key", q.ID)
}

func unpaid(t testing.TB, p *portaltest.Portal, who *session.Caller, kind string) wire.Charge {
	t.Helper()
	var list wire.Page[wire.Charge]
	p.Get(who, base+"/charges?state=unpaid").Want(http.StatusOK).Into(&list)
	for _, c := range list.Items {
		if c.Kind == kind {
			return c
		}
	}
	t.Fatalf("no unpaid %s among %d", kind, len(list.Items))
	return wire.Charge{}
}

func TestCapabilitiesNeedNoSignIn(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	var c wire.Capabilities
	p.Get(nil, wire.WellKnown).Want(http.StatusOK).Into(&c)
	if c.Kind != "sandbox" || c.APIs["gusmev"] != "1.13" || c.ESIA == nil || !strings.Contains(c.ESIA.CertificatePEM, "BEGIN CERTIFICATE") || !c.Time.Equal(portaltest.Start()) {
		t.Errorf("%+v", c)
	}
}

func TestTheCatalogueIsFoundPagedAndTranslated(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	list := func(query string, headers ...string) wire.Page[wire.Service] {
		var l wire.Page[wire.Service]
		p.Get(nil, base+"/services?"+query, headers...).Want(http.StatusOK).Into(&l)
		return l
	}
	if l := list("query=" + url.QueryEscape("загранпаспорта")); l.Total == 0 || l.Items[0].Slug != "zagranpasport" || l.Items[0].FeeKopecks != 600000 {
		t.Errorf("%+v", l)
	}
	if l := list("query=foreign+passport", "Accept-Language", "en-GB,en;q=0.9"); l.Items[0].Title != "Foreign passport of the new generation" {
		t.Errorf("in English: %s", l.Items[0].Title)
	}
	var seen []string
	for cursor := ""; ; {
		l := list("limit=5&cursor=" + cursor)
		for _, s := range l.Items {
			seen = append(seen, s.Code)
		}
		if cursor = l.NextCursor; cursor == "" {
			if len(seen) != l.Total {
				t.Errorf("%d seen, %d in all", len(seen), l.Total)
			}
			break
		}
	}
	for _, bad := range []string{"limit=0", "limit=201", "limit=x", "cursor=x", "query=" + strings.Repeat("a", 500)} {
		p.Get(nil, base+"/services?"+bad).Want(http.StatusBadRequest)
	}
}

func TestAnUnknownServiceNamesTheNearestThree(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	var e wire.Problem
	p.Get(nil, base+"/services/zagranpassport", "X-Request-Id", "abc-1").Want(http.StatusNotFound).Into(&e)
	if e.Code != "service.not_found" || len(e.Fields) != 3 || e.Fields[0].Field != "90000000001" || e.RequestID != "abc-1" {
		t.Errorf("%+v", e)
	}
}

func TestEveryServiceAndFormFollowsTheContract(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	var all []wire.Service
	for cursor := ""; ; {
		var l wire.Page[wire.Service]
		p.Get(nil, base+"/services?limit=200&obsolete=true&cursor="+cursor).Want(http.StatusOK).Into(&l)
		all = append(all, l.Items...)
		if cursor = l.NextCursor; cursor == "" {
			break
		}
	}
	if len(all) < 240 {
		t.Errorf("%d services", len(all))
	}
	for _, s := range all {
		for _, lang := range []string{"ru", "en"} {
			var d wire.ServiceDetails
			p.Get(nil, base+"/services/"+s.Slug, "Accept-Language", lang).Want(http.StatusOK).Into(&d)
			var f wire.Form
			p.Get(portaltest.Citizen(), base+"/services/"+s.Code+"/form", "Accept-Language", lang).Want(http.StatusOK).Into(&f)
			if f.Service != s.Code || len(f.Prefill) == 0 {
				t.Errorf("%s: form of %s with %d values known", s.Slug, f.Service, len(f.Prefill))
			}
		}
	}
	var f wire.Form
	p.Get(nil, base+"/services/zagranpasport/form").Want(http.StatusOK).Into(&f)
	if f.Prefill != nil {
		t.Error("a stranger is told what the portal knows")
	}
}

func TestFiveAnswersAreEnoughForAForeignPassport(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	values := p.Form(portaltest.Citizen(), "zagranpasport")
	for _, name := range []string{"lastName", "firstName", "middleName", "birthDate", "birthPlace", "gender", "snils", "passportSeries", "passportNumber", "passportIssuedAt", "registrationAddress", "mobile", "email"} {
		if values[name] == "" {
			t.Errorf("%s is not known", name)
		}
	}
}

func TestMeTellsPersonAndRole(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	var me wire.Me
	p.Get(portaltest.Citizen(), base+"/me").Want(http.StatusOK).Into(&me)
	if me.Role.Kind != "person" || me.LastName == "" || me.Level != wire.LevelConfirmed {
		t.Errorf("%+v", me)
	}
	p.Get(portaltest.Chief(), base+"/me").Want(http.StatusOK).Into(&me)
	if me.Role.Kind != "organisation" || !me.Role.Chief || me.Role.INN == "" {
		t.Errorf("%+v", me.Role)
	}
	if got := p.Get(nil, base+"/me").Want(http.StatusUnauthorized).Code(); got != "auth.required" {
		t.Error(got)
	}
}

func TestDraftsAreEditedOnlyAsTheyWereRead(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	in := wire.DraftInput{Service: "zagranpasport", Data: map[string]any{"reason": "first"}}
	a := p.Post(who, base+"/drafts", in, "Idempotency-Key", "k1").Want(http.StatusCreated)
	var d wire.Draft
	a.Into(&d)
	tag := a.Header.Get("ETag")
	if d.Service != "90000000001" || d.Title == "" || tag == "" || a.Header.Get("Location") != base+"/drafts/"+d.ID {
		t.Errorf("%+v, %v", d, a.Header)
	}
	var again wire.Draft
	p.Post(who, base+"/drafts", in, "Idempotency-Key", "k1").Want(http.StatusCreated).Into(&again)
	if again.ID != d.ID {
		t.Error("a lost answer makes a second draft")
	}
	in.Data["office"] = "77-01"
	if got := p.Post(who, base+"/drafts", in, "Idempotency-Key", "k1").Want(http.StatusConflict).Code(); got != "idempotency.key_reused" {
		t.Error(got)
	}
	put := func(body wire.DraftInput, headers ...string) *portaltest.Answer {
		raw, _ := json.Marshal(body)
		return p.Do(who, http.MethodPut, base+"/drafts/"+d.ID, raw, headers...)
	}
	put(in).Want(http.StatusPreconditionRequired)
	newer := put(in, "If-Match", tag).Want(http.StatusOK).Header.Get("ETag")
	in.Data["reason"] = "lost"
	var e wire.Problem
	put(in, "If-Match", tag).Want(http.StatusPreconditionFailed).Into(&e)
	if e.Code != "draft.changed" || len(e.Fields) != 1 || e.Fields[0].Field != "reason" {
		t.Errorf("%+v", e)
	}
	put(in, "If-Match", newer).Want(http.StatusOK)
	put(wire.DraftInput{Service: "zagranpasport", Data: map[string]any{"colour": "red", "reason": []string{"x"}}}, "If-Match", "*").Want(http.StatusBadRequest).Into(&e)
	if len(e.Fields) != 2 {
		t.Errorf("%+v", e.Fields)
	}
	var l wire.Page[wire.Draft]
	p.Get(who, base+"/drafts").Want(http.StatusOK).Into(&l)
	if l.Total != 1 || l.Items[0].Data["reason"] != "lost" {
		t.Errorf("%+v", l)
	}
	stranger := portaltest.Citizen()
	stranger.OID = people.OIDChief
	p.Get(stranger, base+"/drafts/"+d.ID).Want(http.StatusNotFound)
	p.Do(stranger, http.MethodDelete, base+"/drafts/"+d.ID, nil).Want(http.StatusNotFound)
	p.Do(who, http.MethodDelete, base+"/drafts/"+d.ID, nil).Want(http.StatusNoContent)
	p.Get(who, base+"/drafts/"+d.ID).Want(http.StatusNotFound)

	p.Post(who, base+"/drafts", in, "Idempotency-Key", "k2").Want(http.StatusCreated).Into(&d)
	p.Clock.Advance(91 * 24 * time.Hour)
	p.Get(who, base+"/drafts/"+d.ID).Want(http.StatusNotFound)
}

func TestApplicationsAreListedWithWhatAPersonNeeds(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	id := p.Submit(who, "90000000001", p.Zagranpasport(who))
	p.Do(who, http.MethodPost, "/api/gusmev/order", portaltest.Meta("90000000002")).Want(http.StatusOK) // reserved only
	var a wire.Application
	p.Get(who, fmt.Sprintf("%s/applications/%d", base, id)).Want(http.StatusOK).Into(&a)
	if a.StatusID != 17 || len(a.UnpaidUINs) != 1 || a.ExpectedAt == nil || a.CancelUntil == nil || a.Final || a.Department == "" {
		t.Errorf("%+v", a)
	}
	p.Get(who, fmt.Sprintf("%s/applications/%d", base, id), "Prefer", "wait=5").Want(http.StatusOK).Into(&a)
	if a.StatusID != 21 {
		t.Errorf("after a wait: status %d", a.StatusID)
	}
	for query, want := range map[string]int{"": 1, "state=active": 1, "state=final": 0, "state=unpaid": 0, "service=zagranpasport": 1, "service=90000000002": 0} {
		var l wire.Page[wire.Application]
		p.Get(who, base+"/applications?"+query).Want(http.StatusOK).Into(&l)
		if l.Total != want {
			t.Errorf("%q: %d, want %d", query, l.Total, want)
		}
	}
	p.Get(who, base+"/applications?state=blue").Want(http.StatusBadRequest)
	p.Get(who, base+"/applications?service=nothing").Want(http.StatusNotFound)
	p.Get(portaltest.Chief(), fmt.Sprintf("%s/applications/%d", base, id)).Want(http.StatusNotFound)
}

func TestAnOrganisationPaysForItselfAndSeesOnlyItsOwn(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	chief := portaltest.Chief()
	fine := unpaid(t, p, chief, "fine")
	pay(p, chief, wire.PaymentRequest{ID: payID(60), UIN: fine.UIN, AmountKopecks: fine.DueKopecks, Method: "account"}).Want(http.StatusCreated)
	var list wire.Page[wire.Payment]
	p.Get(portaltest.Citizen(), base+"/payments").Want(http.StatusOK).Into(&list)
	if list.Total != 0 {
		t.Errorf("a citizen sees %d payments of the company", list.Total)
	}
	accountant := portaltest.Chief()
	accountant.OID, accountant.Chief, accountant.Powers = people.OIDAccountant, false, []string{"payments"}
	p.Get(accountant, base+"/payments").Want(http.StatusOK).Into(&list)
	if list.Total != 1 || list.Items[0].PayerName == "" {
		t.Errorf("the accountant sees %d", list.Total)
	}
}
