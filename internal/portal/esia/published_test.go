package esia

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/gost"
)

// claims are written by hand, as public traces of markers show them: identifiers
// are numbers there, which other descriptions give as texts.
func claims(t *testing.T, format string) json.RawMessage {
	t.Helper()
	raw := json.RawMessage(fmt.Sprintf(format, now().Unix(), now().Add(time.Hour).Unix(), now().Unix(), issuer, mnemonic))
	if !json.Valid(raw) {
		t.Fatalf("%s", raw)
	}
	return raw
}

func TestMarkersAreReadWithTheirIdentifiersInEitherType(t *testing.T) {
	for name, c := range map[string]struct{ access, id string }{
		"texts": {
			`{"nbf":%d,"exp":%d,"iat":%d,"iss":%q,"client_id":%q,"scope":"openid?oid=1000","urn:esia:sid":"sid","urn:esia:sbj_id":"1000","org_oid":"5000"}`,
			`{"nbf":%d,"exp":%d,"iat":%d,"iss":%q,"aud":%q,"sub":"1000","auth_time":0,"amr":"PWD","urn:esia:sid":"sid","urn:esia:sbj":{"urn:esia:sbj:typ":"P","urn:esia:sbj:is_tru":"true","urn:esia:sbj:oid":"1000","urn:esia:sbj:nam":"OID.1000"}}`},
		"numbers": {
			`{"nbf":%d.0,"exp":%d,"iat":%d,"iss":%q,"client_id":%q,"scope":"openid?oid=1000","urn:esia:sid":7,"urn:esia:sbj_id":1000,"org_oid":5000,"permissions":null}`,
			`{"nbf":%d,"exp":%d,"iat":%d,"iss":%q,"aud":[%q],"sub":1000,"auth_time":"1","amr":["DS"],"urn:esia:sid":7,"urn:esia:sbj":{"urn:esia:sbj:typ":"P","urn:esia:sbj:is_tru":true,"urn:esia:sbj:oid":1000,"urn:esia:sbj:nam":1000}}`},
	} {
		w := newWorld(t, nil)
		a, err := w.client.VerifyAccess(t.Context(), w.portal.marker(t, "access", claims(t, c.access)))
		if err != nil || a.SubjectID != 1000 || a.OrgOID != 5000 || a.ExpiresAt != now().Add(time.Hour).Unix() {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
		id, err := w.client.VerifyID(t.Context(), w.portal.marker(t, "id", claims(t, c.id)))
		if err != nil || id.Subject != "1000" || id.Person.OID != 1000 || !id.Person.Trusted {
			t.Errorf("%s: %+v, %v", name, id, err)
		}
	}
	// Leniency about types is no leniency about what they say.
	w := newWorld(t, nil)
	for name, body := range map[string]string{
		"two audiences": `{"nbf":%d,"exp":%d,"iat":%d,"iss":%q,"aud":[%q,"OTHER"],"sub":1000}`,
		"no term":       `{"nbf":%d,"exp":{"at":%d},"iat":%d,"iss":%q,"aud":%q,"sub":1000}`,
		"no issuer":     `{"nbf":%d,"exp":%d,"iat":%d,"iss":[%q,"x"],"aud":%q,"sub":1000}`,
	} {
		if id, err := w.client.VerifyID(t.Context(), w.portal.marker(t, "id", claims(t, body))); err == nil {
			t.Errorf("%s: %+v was believed", name, id)
		}
	}
}

func TestTheAnswerWithMarkersIsReadInEitherShape(t *testing.T) {
	for _, shape := range []string{
		`{"access_token":%q,"refresh_token":"refresh-2","id_token":%q,"state":%q,"token_type":"Bearer","expires_in":3600}`,
		`{"access_token":%q,"refresh_token":"refresh-2","id_token":%q,"state":%q,"token_type":"Bearer","expires_in":"3600","scope":null}`,
	} {
		w := newWorld(t, nil)
		w.mux.HandleFunc("POST /aas/oauth2/v3/te", func(rw http.ResponseWriter, r *http.Request) {
			_ = r.ParseForm()
			_, _ = fmt.Fprintf(rw, shape, w.portal.marker(t, "access", access()), w.portal.marker(t, "id", personal()), r.PostForm.Get("state"))
		})
		got, err := w.client.Standing(t.Context(), "1000")
		if err != nil || got.Refresh != "refresh-2" || got.Claims.SubjectID != 1000 {
			t.Errorf("%s: %+v, %v", shape, got, err)
		}
	}
	w := newWorld(t, nil)
	w.mux.HandleFunc("GET /esia-rs/api/public/v1/orgs/ext-app/{key}/tkn", func(rw http.ResponseWriter, r *http.Request) {
		if q, err := url.ParseQuery(r.URL.RawQuery); err != nil || q.Get("signature") == "" {
			t.Errorf("%v %v", q, err)
		}
		_, _ = fmt.Fprintf(rw, `{"accessTkn":%q,"expires":null}`, w.portal.marker(t, "access", access()))
	})
	if got, err := w.client.APIKey(t.Context(), "11111111-2222-3333-4444-555555555555"); err != nil || got.Access == "" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestPersonDataAreReadInEitherShape(t *testing.T) {
	for name, c := range map[string]struct{ person, contacts, roles string }{
		"published": {
			`{"stateFacts":["EntityRoot"],"firstName":"Иван","lastName":"Иванов","birthDate":"01.02.1990","gender":"M","trusted":true,"citizenship":"RUS","snils":"000-123-123 44","inn":"770000000000","updatedOn":1500000000,"rIdDoc":7,"verifying":false,"status":"REGISTERED","eTag":"A1"}`,
			`{"stateFacts":["hasSize"],"size":1,"elements":[{"stateFacts":["Identifiable"],"id":14,"type":"EML","vrfStu":"VERIFIED","value":"a@example.org","eTag":"B2"}]}`,
			`{"stateFacts":["hasSize"],"size":1,"elements":[{"oid":5000,"prnOid":1000,"fullName":"ООО «Учебная ромашка»","ogrn":"1027700132195","chief":true,"admin":false,"active":true}]}`},
		"deviating": {
			`{"stateFacts":null,"firstName":"Иван","lastName":"Иванов","trusted":"true","inn":770000000000,"rIdDoc":"7","verifying":null,"eTag":1,"snils":null}`,
			`{"size":"1","elements":[{"id":"14","type":"EML","vrfStu":"VERIFIED","value":"a@example.org"}]}`,
			`{"size":1,"elements":[{"oid":"5000","fullName":"ООО «Учебная ромашка»","ogrn":1027700132195,"chief":"Y","active":1}]}`},
	} {
		w := newWorld(t, nil)
		for path, body := range map[string]string{"/rs/prns/1000": c.person, "/rs/prns/1000/ctts": c.contacts, "/rs/prns/1000/roles": c.roles, "/rs/prns/1000/kids": `{"size":0,"elements":null}`} {
			w.mux.HandleFunc("GET "+path, func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, body) })
		}
		p, err := w.client.Person(t.Context(), "1000")
		if err != nil || p.INN != "770000000000" || p.RIDDoc != 7 || LevelOf(p) != Confirmed {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
		contacts, err := w.client.Contacts(t.Context(), "1000")
		if err != nil || len(contacts) != 1 || contacts[0].ID != 14 || contacts[0].Value != "a@example.org" {
			t.Errorf("%s: %+v, %v", name, contacts, err)
		}
		roles, err := w.client.Roles(t.Context(), "1000")
		if err != nil || len(roles) != 1 || roles[0].OID != 5000 || roles[0].OGRN != "1027700132195" || !roles[0].Chief || !roles[0].Active {
			t.Errorf("%s: %+v, %v", name, roles, err)
		}
		if kids, err := w.client.Kids(t.Context(), "1000"); err != nil || len(kids) != 0 {
			t.Errorf("%s: %+v, %v", name, kids, err)
		}
	}
}

func TestTheListsUnderAPersonAreReadInEitherShape(t *testing.T) {
	for name, c := range map[string]struct{ addrs, docs, vhls, kids, org string }{
		"published": {
			`{"stateFacts":["hasSize"],"size":1,"elements":[{"stateFacts":["Identifiable"],"id":21,"type":"PRG","addressStr":"г. Москва, ул. Учебная","zipCode":"101000","countryId":"RUS","region":"Москва","city":"Москва","street":"Учебная","house":"1","flat":"2","fiasCode":"77-0-000-000-000-000-0001-0000-000","eTag":"C3"}]}`,
			`{"size":1,"elements":[{"id":31,"type":"RF_PASSPORT","series":"0000","number":"123456","issueDate":"01.02.2010","issueId":"770001","issuedBy":"ОВД","vrfStu":"VERIFIED"}]}`,
			`{"size":1,"elements":[{"id":41,"name":"Учебная","numberPlate":"А000АА77","regCertificate":{"series":"7700","number":"123456"}}]}`,
			`{"size":1,"elements":[{"id":51,"firstName":"Мария","lastName":"Иванова","birthDate":"01.02.2015","gender":"F","snils":"000-123-123 44"}]}`,
			`{"oid":5000,"shortName":"Ромашка","fullName":"ООО «Учебная ромашка»","type":"LEGAL","ogrn":"1027700132195","inn":"7700000000","kpp":"770001001","leg":"12300","stateFacts":["EntityRoot"]}`},
		"deviating": {
			`{"size":"1","elements":{"id":"21","type":"PRG","addressStr":"г. Москва, ул. Учебная","zipCode":101000,"house":1,"flat":2,"fiasCode":null}}`,
			`{"size":null,"elements":[{"id":"31","type":"RF_PASSPORT","series":"0000","number":123456,"issueId":770001,"expiryDate":null}]}`,
			`{"elements":[{"id":"41","numberPlate":"А000АА77","regCertificate":{"series":7700,"number":123456}}]}`,
			`{"elements":[{"id":"51","firstName":"Мария","lastName":"Иванова","snils":null,"birthDate":"01.02.2015"}]}`,
			`{"oid":"5000","fullName":"ООО «Учебная ромашка»","ogrn":1027700132195,"inn":7700000000,"kpp":770001001,"leg":12300,"type":"LEGAL"}`},
	} {
		w := newWorld(t, nil)
		for path, body := range map[string]string{"prns/1000/addrs": c.addrs, "prns/1000/docs": c.docs, "prns/1000/vhls": c.vhls, "prns/1000/kids": c.kids, "orgs/5000": c.org} {
			w.mux.HandleFunc("GET /rs/"+path, func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, body) })
		}
		if got, err := w.client.Addresses(t.Context(), "1000"); err != nil || len(got) != 1 || got[0].ID != 21 || got[0].ZipCode != "101000" || got[0].House != "1" || got[0].Flat != "2" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if got, err := w.client.Documents(t.Context(), "1000"); err != nil || len(got) != 1 || got[0].ID != 31 || got[0].Number != "123456" || got[0].IssueID != "770001" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if got, err := w.client.Vehicles(t.Context(), "1000"); err != nil || len(got) != 1 || got[0].RegCertDoc == nil || got[0].RegCertDoc.Number != "123456" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if got, err := w.client.Kids(t.Context(), "1000"); err != nil || len(got) != 1 || got[0].ID != 51 || got[0].BirthDate != "01.02.2015" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if got, err := w.client.Org(t.Context(), "5000"); err != nil || got.OID != 5000 || got.OGRN != "1027700132195" || got.INN != "7700000000" || got.Leg != "12300" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// The signature covers what came, not what was understood of it.
func TestAMarkerWithAnotherSignatureIsNotReadLeniently(t *testing.T) {
	w := newWorld(t, nil)
	other := newIdentity(t, "other")
	if _, err := w.client.VerifyAccess(t.Context(), other.marker(t, "access", claims(t, `{"nbf":%d,"exp":%d,"iat":%d,"iss":%q,"client_id":%q,"urn:esia:sbj_id":"1000"}`))); err == nil {
		t.Error("a marker of another portal was believed")
	}
	if _, err := Peek("a.b"); err != gost.ErrToken {
		t.Errorf("%v", err)
	}
}
