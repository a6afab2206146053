package waiting_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox/portaltest"
	"github.com/epgu-cli/epgu/internal/sandbox/waiting"
)

func TestOnlyAWholePositiveNumberOfSecondsIsAWait(t *testing.T) {
	cases := map[string]time.Duration{
		"": 0, "wait=5": 5 * time.Second, "respond-async, wait=10": 10 * time.Second, "Wait = 7": 7 * time.Second, `wait="3"`: 3 * time.Second,
		"wait=100000": waiting.MaxWait, "wait=0": 0, "wait=-1": 0, "wait=x": 0, "wait": 0, "return=minimal": 0,
	}
	for header, want := range cases {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		if header != "" {
			r.Header.Set("Prefer", header)
		}
		if got := waiting.Asked(r); got != want {
			t.Errorf("%q: %v, want %v", header, got, want)
		}
	}
}

func TestWaitingNeverRunsOutSomebodysOwnDeadline(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeCorrect)
	who := portaltest.Citizen()
	values := p.Form(who, "no-conviction", "purpose", "work")
	id := p.Submit(who, "90000000004", portaltest.Zip(t, map[string][]byte{"req.xml": portaltest.RequestXML("90000000004", values)}))
	target := fmt.Sprintf("%s/applications/%d", cabinet.Base, id)
	var a cabinet.Application
	for range 10 {
		p.Get(who, target, "Prefer", "wait=2").Want(http.StatusOK).Into(&a)
	}
	// Waiting for any update goes through the same calendar.
	p.Get(who, "/api/gusmev/order/getUpdatedAfter?updatedAfter=2030-01-01T00:00:00.000", "Prefer", "wait=2").Want(http.StatusOK)
	p.Get(who, target).Want(http.StatusOK).Into(&a)
	if a.StatusID != 15 || a.Correction == nil {
		t.Fatalf("status %d: the term of the correction ran out while somebody waited", a.StatusID)
	}
	p.Post(nil, training.Base+"/clock/advance", training.Advance{Seconds: int64(61 * 24 * time.Hour / time.Second)}).Want(http.StatusOK)
	p.Get(who, target).Want(http.StatusOK).Into(&a)
	if a.StatusID != 4 || !a.Final {
		t.Errorf("status %d after the term", a.StatusID)
	}
}

func TestWithoutSkippingAWaitLastsItsTimeAndNotMore(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	p.Do(nil, http.MethodPatch, training.Base+"/clock", []byte(`{"skipIdle":false}`)).Want(http.StatusOK)
	before := p.Clock.Now()
	p.Get(who, "/api/gusmev/order/getUpdatedAfter?updatedAfter=2030-01-01T00:00:00.000", "Prefer", "wait=7").Want(http.StatusOK)
	if got := p.Clock.Now().Sub(before); got != 7*time.Second {
		t.Errorf("waited %v", got)
	}
}
