package esia

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/esia"
)

func TestAPersonAndCollectionsAreReadEitherWay(t *testing.T) {
	w := newWorld(t, nil)
	w.mux.HandleFunc("GET /rs/prns/1000", func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer marker" {
			t.Error("no marker")
		}
		_, _ = io.WriteString(rw, `{"firstName":"Иван\u001b[2J","lastName":"Иванов","birthDate":"01.02.1990","trusted":true,"rIdDoc":7,"snils":"000-123-123 44","extra":{}}`)
	})
	w.mux.HandleFunc("GET /rs/prns/1000/ctts", func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("embed") != "(elements)" {
			t.Errorf("%s", r.URL)
		}
		_, _ = fmt.Fprintf(rw, `{"stateFacts":["hasSize"],"size":2,"elements":["%s/rs/prns/1000/ctts/1",{"id":2,"type":"EML","value":"a@example.org","vrfStu":"VERIFIED"}]}`, w.url)
	})
	w.mux.HandleFunc("GET /rs/prns/1000/ctts/1", func(rw http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(rw, `{"id":1,"type":"MBT","value":"+7(900)0000000","vrfStu":"NOT_VERIFIED"}`)
	})
	w.mux.HandleFunc("GET /rs/prns/1000/roles", func(rw http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(rw, `{"size":1,"elements":[{"oid":5000,"fullName":"ООО «Учебная ромашка»","ogrn":"1027700132195","chief":true,"active":true}]}`)
	})
	w.mux.HandleFunc("GET /rs/orgs/5000", func(rw http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(rw, `{"oid":5000,"fullName":"ООО «Учебная ромашка»","inn":"7707083893"}`)
	})
	p, err := w.client.Person(t.Context(), "1000")
	if err != nil || p.LastName != "Иванов" || LevelOf(p) != Confirmed || strings.Contains(fmt.Sprint(p.FirstName), "\x1b") {
		t.Errorf("%+v %v", p, err)
	}
	contacts, err := w.client.Contacts(t.Context(), "1000")
	if err != nil || len(contacts) != 2 || contacts[0].Type != "MBT" || contacts[1].Type != "EML" {
		t.Errorf("%+v %v", contacts, err)
	}
	roles, err := w.client.Roles(t.Context(), "1000")
	if err != nil || len(roles) != 1 || !roles[0].Chief || roles[0].OID != 5000 {
		t.Errorf("%+v %v", roles, err)
	}
	if org, err := w.client.Org(t.Context(), "5000"); err != nil || org.INN != "7707083893" {
		t.Errorf("%+v %v", org, err)
	}
	if _, err := w.client.Person(t.Context(), "2000"); fault.ExitOf(err) != exitcode.NotFound {
		t.Errorf("%v", err)
	}
}

func TestElementsLeadNowhereOutsidePersonData(t *testing.T) {
	for _, address := range []string{"https://evil.example/rs/prns/1/ctts/1", "http://u@HOST/rs/x", "HOSTURL/aas/oauth2/v3/te", "HOSTURL/rs/../aas", "/rs/prns/1", "HOSTURL/rs/{oid}", "javascript:1"} {
		w := newWorld(t, nil)
		address = strings.ReplaceAll(strings.ReplaceAll(address, "HOSTURL", w.url), "HOST", strings.TrimPrefix(w.url, "http://"))
		w.mux.HandleFunc("/", func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/rs/prns/1000/ctts" {
				t.Errorf("%s led to %s", address, r.URL)
			}
			_, _ = fmt.Fprintf(rw, `{"size":1,"elements":[%q]}`, address)
		})
		_, err := w.client.Contacts(t.Context(), "1000")
		wantFault(t, err, exitcode.Unavailable, "esia.bad_element")
	}
}

func TestAnEndlessCollectionIsRefused(t *testing.T) {
	w := newWorld(t, nil)
	w.mux.HandleFunc("/", func(rw http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(rw, `{"elements":[`+strings.Repeat(`{},`, maxElements)+`{}]}`)
	})
	_, err := w.client.Kids(t.Context(), "1000")
	wantFault(t, err, exitcode.Failure, "esia.too_many")
}

func TestTheLevelOfAnAccountIsTold(t *testing.T) {
	for want, p := range map[Level]wire.Person{Simplified: {}, Standard: {RIDDoc: 1}, Confirmed: {RIDDoc: 1, Trusted: true}} {
		if got := LevelOf(&p); got != want {
			t.Errorf("%+v: %v, want %v", p, got, want)
		}
	}
}

func TestARefusalOfPersonDataKeepsThePortalsWords(t *testing.T) {
	w := newWorld(t, nil)
	w.mux.HandleFunc("/", func(rw http.ResponseWriter, _ *http.Request) {
		rw.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(rw, `{"code":"ESIA-005003","message":"Маркер не даёт этих сведений"}`)
	})
	_, err := w.client.Vehicles(t.Context(), "1000")
	f := wantFault(t, err, exitcode.Refused, "esia.005003")
	if !strings.Contains(f.Message.In(i18n.RU), "Маркер не даёт этих сведений") {
		t.Errorf("%q", f.Message.In(i18n.RU))
	}
}
