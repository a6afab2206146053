package cabinet_test

import (
	"net/http"
	"net/url"
	"slices"
	"testing"

	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox/portaltest"
)

func TestKeptServicesComeFirstAndTellWhatChanged(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	list := func(path string) []wire.Service {
		t.Helper()
		var l wire.Page[wire.Service]
		p.Get(who, base+path).Want(http.StatusOK).Into(&l)
		return l.Items
	}
	p.Get(nil, base+"/saved-services").Want(http.StatusUnauthorized)
	p.Do(nil, http.MethodPut, base+"/saved-services/school-enrolment", nil).Want(http.StatusUnauthorized)
	p.Do(who, http.MethodPut, base+"/saved-services/nothing", nil).Want(http.StatusNotFound)
	for range 2 { // keeping again changes nothing
		p.Do(who, http.MethodPut, base+"/saved-services/school-enrolment", nil).Want(http.StatusNoContent)
	}
	if l := list("/saved-services"); len(l) != 1 || l[0].Slug != "school-enrolment" || !l[0].Saved {
		t.Errorf("%+v", l)
	}
	if l := list("/services"); l[0].Slug != "school-enrolment" || !l[0].Saved || l[1].Saved {
		t.Errorf("first %s, then %s", l[0].Slug, l[1].Slug)
	}
	stranger := portaltest.Chief()
	var theirs wire.Page[wire.Service]
	p.Get(stranger, base+"/saved-services").Want(http.StatusOK).Into(&theirs)
	if theirs.Total != 0 {
		t.Error("another person's kept services are shown")
	}

	changes := func(query string) []wire.ServiceChange {
		t.Helper()
		var l wire.Page[wire.ServiceChange]
		p.Get(who, base+"/service-changes?"+query).Want(http.StatusOK).Into(&l)
		return l.Items
	}
	if got := changes("saved=true"); len(got) != 0 { // kept today, nothing has changed since
		t.Errorf("%+v", got)
	}
	if got := changes("saved=true&since=2026-01-01"); len(got) != 1 || got[0].Kind != "term" {
		t.Errorf("%+v", got)
	}
	// The form of November is not in force yet on the first of September.
	p.Post(nil, training.Base+"/clock/advance", training.Advance{Seconds: 70 * 24 * 3600}).Want(http.StatusOK)
	if got := changes("saved=true"); len(got) != 1 || got[0].Kind != "form" || got[0].Slug != "school-enrolment" {
		t.Errorf("%+v", got)
	}
	p.Get(who, base+"/service-changes?since=yesterday").Want(http.StatusBadRequest)

	p.Do(who, http.MethodDelete, base+"/saved-services/school-enrolment", nil).Want(http.StatusNoContent)
	p.Do(who, http.MethodDelete, base+"/saved-services/school-enrolment", nil).Want(http.StatusNoContent)
	if l := list("/saved-services"); len(l) != 0 {
		t.Errorf("%+v", l)
	}
}

func TestAServiceThatWasAskedForComesBeforePopularOnes(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	p.Submit(who, "90000000012", portaltest.Zip(t, map[string][]byte{"req.xml": portaltest.RequestXML("90000000012", p.Form(who, "public-request"))}))
	var l wire.Page[wire.Service]
	p.Get(who, base+"/services").Want(http.StatusOK).Into(&l)
	if l.Items[0].Slug != "public-request" || l.Items[0].Used != 1 {
		t.Errorf("first %s, used %d", l.Items[0].Slug, l.Items[0].Used)
	}
}

func TestTheIndexIsGivenOnceAndThenOnlyWhenItChanged(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	var index wire.ServiceIndex
	a := p.Get(nil, base+"/service-index", "Accept-Language", "ru").Want(http.StatusOK)
	a.Into(&index)
	tag := a.Header.Get("ETag")
	if len(index.Items) < 240 || index.Items[0].Slug != "zagranpasport" || len(index.Items[0].Words) == 0 || tag == "" {
		t.Fatalf("%d services, tag %q", len(index.Items), tag)
	}
	first := index.Items[0]
	if !slices.Contains(first.Words, "Foreign passport of the new generation") || slices.Contains(first.Words, first.Title) {
		t.Errorf("what it is called in the other language: %q", first.Words)
	}
	p.Get(nil, base+"/service-index", "Accept-Language", "ru", "If-None-Match", tag).Want(http.StatusNotModified)
	p.Get(nil, base+"/service-index", "Accept-Language", "en", "If-None-Match", tag).Want(http.StatusOK)
}

func TestFiltersThatMeanNothingAreRefused(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	for _, q := range []string{"person=cat", "level=high", "fee=cheap", "topic=" + url.QueryEscape(string(make([]byte, 401)))} {
		p.Get(nil, base+"/services?"+q).Want(http.StatusBadRequest)
	}
	var l wire.Page[wire.Service]
	p.Get(nil, base+"/services?situation=birth&fee=free&person=person&level=confirmed&online=true&region="+url.QueryEscape("Москва")).Want(http.StatusOK).Into(&l)
	if l.Total == 0 {
		t.Error("nothing for a birth")
	}
}

func TestAnObsoleteServiceNamesWhatStandsForIt(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	var d wire.ServiceDetails
	p.Get(nil, base+"/services/pfr-old-benefit").Want(http.StatusOK).Into(&d)
	if d.State != "obsolete" || d.Successor != "90000104006" || d.Online {
		t.Errorf("%+v", d.Service)
	}
	var e wire.Problem
	p.Post(who, base+"/drafts", wire.DraftInput{Service: "pfr-old-benefit"}, "Idempotency-Key", "k1").Want(http.StatusConflict).Into(&e)
	if e.Code != "service.obsolete" || len(e.Fields) != 1 || e.Fields[0].Field != d.Successor {
		t.Errorf("%+v", e)
	}
	order := func(code string) *portaltest.Answer {
		return p.Post(who, "/api/gusmev/order", map[string]any{"region": "45000000000", "serviceCode": code, "targetCode": "-" + code})
	}
	order(d.Code).Want(http.StatusForbidden)
	order("90000108009").Want(http.StatusForbidden) // the state examination, in September
	order("90000109001").Want(http.StatusOK)        // admission to a university, until the end of September
}
