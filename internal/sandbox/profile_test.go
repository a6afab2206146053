package sandbox_test

import (
	"database/sql"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// patch sends an edit with If-Match.
func (p *portal) patch(path, token, match, body string) answer {
	p.t.Helper()
	h := map[string]string{"Authorization": "Bearer " + token, "Content-Type": "application/json"}
	if match != "" {
		h["If-Match"] = match
	}
	return p.do("PATCH", api+path, h, body)
}

func TestAProfileIsEditedOnlyAsItWasReadAndSaysWhatChangedMeanwhile(t *testing.T) {
	p := openPortal(t)
	token := p.tokens(p.system()).access
	read := p.call("GET", "/me/profile", token, "")
	tag := read.header.Get("ETag")
	if tag == "" || read.json(t)["lastName"] != "Образцова" {
		t.Fatalf("%v %s", read.header, read.body)
	}
	const move = `{"addresses":[{"type":"PLV","region":"Учебная область","city":"г. Новый","house":"2"}]}`
	if a := p.patch("/me/profile", token, "", move); a.status != http.StatusPreconditionRequired {
		t.Errorf("without If-Match: %d %s", a.status, a.body)
	}
	first := p.patch("/me/profile", token, tag, move)
	if first.status != http.StatusOK || first.header.Get("ETag") == tag {
		t.Fatalf("%d %v %s", first.status, first.header, first.body)
	}
	late := p.patch("/me/profile", token, tag, `{"inn":"960000000300"}`)
	v := late.json(t)
	fields, _ := v["fields"].([]any)
	if late.status != http.StatusPreconditionFailed || v["code"] != "profile.changed" || len(fields) != 1 {
		t.Fatalf("%d %s", late.status, late.body)
	}
	if f := fields[0].(map[string]any); f["field"] != "address.PLV" || !strings.Contains(f["message"].(string), "стало «г. Новый") {
		t.Errorf("%v", f)
	}
	// The same edit once more changes nothing and leaves no line.
	again := p.patch("/me/profile", token, first.header.Get("ETag"), move)
	if again.status != http.StatusOK || again.json(t)["change"] != nil || again.header.Get("ETag") != first.header.Get("ETag") {
		t.Errorf("%d %s", again.status, again.body)
	}
	if a := p.patch("/me/profile", token, `"of nobody"`, move); a.status != http.StatusPreconditionFailed {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestEveryMistakeOfAnEditIsToldAtOnce(t *testing.T) {
	p := openPortal(t)
	token := p.tokens(p.system()).access
	a := p.patch("/me/profile", token, "*", `{"lastName":"","firstName":"<b>","birthDate":"2999-01-01","gender":"X","birthPlace":"a\nb","inn":"1",
		"addresses":[{"type":"PLV","zipCode":"12","house":""},{"type":"XXX"}],
		"documents":[{"type":"RF_PASSPORT","series":"12","number":"x","issueDate":"2000-01-01"},{"type":"DIPLOMA"},{"type":"FRGN_PASS","remove":true}]}`)
	got := strings.Join(fields(t, a), " ")
	for _, want := range []string{"lastName", "firstName", "birthDate", "gender", "birthPlace", "inn", "addresses.PLV.zipCode", "addresses.PLV.region", "addresses.PLV.house",
		"documents.RF_PASSPORT.series", "documents.RF_PASSPORT.number", "documents.FRGN_PASS"} {
		if !strings.Contains(got, want) {
			t.Errorf("%d: no %s in %s", a.status, want, got)
		}
	}
	if a := p.patch("/me/profile", token, "*", `{"inn":"960000000300"}`); a.status != http.StatusUnprocessableEntity || !strings.HasPrefix(strings.Join(fields(t, a), ""), "inn") {
		t.Errorf("the ИНН of somebody else: %d %s", a.status, a.body)
	}
	if a := p.patch("/me/profile", token, "*", `{"documents":[{"type":"RF_PASSPORT","remove":true}]}`); a.status != http.StatusConflict || a.json(t)["code"] != "profile.passport_needed" {
		t.Errorf("%d %s", a.status, a.body)
	}
	if n := len(items(t, p.call("GET", "/me/changes?kind=profile.edit", token, ""))); n != 0 {
		t.Errorf("refused edits left %d changes", n)
	}
}

func TestTheHistoryShowsNoPersonalValueAndBelongsToItsOwner(t *testing.T) {
	p := openPortal(t)
	s := p.system()
	token := p.tokens(s).access
	id := p.edit(t, token, `{"lastName":"Секретова","documents":[{"type":"RF_PASSPORT","series":"0000","number":"000012","issueDate":"2015-01-01"}],
		"addresses":[{"type":"PLV","region":"Учебная область","city":"г. Новый","street":"ул. Тайная","house":"77"}]}`)
	a := p.call("GET", "/me/changes", token, "")
	for _, secret := range []string{"Секретова", "Образцова\"", "000012", "Тайная", "77"} {
		if strings.Contains(string(a.body), `"old":"`+secret) || strings.Contains(string(a.body), `"new":"`+secret) || secret == "Тайная" && strings.Contains(string(a.body), secret) {
			t.Errorf("the history shows %q: %s", secret, a.body)
		}
	}
	other := p.chief(s)
	if a := p.call("POST", "/me/changes/"+id+"/revert", other, `{}`); a.status != http.StatusNotFound {
		t.Errorf("somebody undid a stranger's change: %d %s", a.status, a.body)
	}
	for _, c := range items(t, p.call("GET", "/me/changes", other, "")) {
		if c["id"] == id {
			t.Error("somebody reads a stranger's history")
		}
	}
}

func TestTheHistoryIsPaged(t *testing.T) {
	p := openPortal(t)
	token := p.tokens(p.system()).access
	for _, house := range []string{"1", "2", "3", "4"} {
		p.edit(t, token, `{"addresses":[{"type":"PRG","region":"Область","house":"`+house+`x"}]}`)
	}
	seen, cursor := map[string]bool{}, ""
	for range 5 {
		v := p.call("GET", "/me/changes?limit=2&cursor="+cursor, token, "").json(t)
		for _, c := range v["items"].([]any) {
			seen[c.(map[string]any)["id"].(string)] = true
		}
		if v["total"] != 5.0 {
			t.Errorf("total %v", v["total"])
		}
		if cursor, _ = v["nextCursor"].(string); cursor == "" {
			break
		}
	}
	if len(seen) != 5 { // four edits and the consent of the sign-in
		t.Errorf("%d changes on the pages", len(seen))
	}
	for _, bad := range []string{"limit=0", "limit=201", "limit=x", "cursor=x", "cursor=-1"} {
		if a := p.call("GET", "/me/changes?"+bad, token, ""); a.status != http.StatusBadRequest {
			t.Errorf("%s: %d", bad, a.status)
		}
	}
}

func TestAContactIsChangedByACodeThatExpiresAndIsGuessedThrice(t *testing.T) {
	p := openPortal(t)
	token := p.tokens(p.system()).access
	begin := func() string {
		a := p.call("POST", "/me/contact-changes", token, `{"kind":"email","value":"New@Example.org","password":"`+annaPassword+`"}`)
		if a.status != http.StatusCreated {
			t.Fatalf("%d %s", a.status, a.body)
		}
		return a.json(t)["id"].(string)
	}
	answer := func(id, code string) answer {
		return p.call("POST", "/me/contact-changes/"+id+"/code", token, `{"code":"`+code+`"}`)
	}
	id := begin()
	for i, want := range []int{http.StatusForbidden, http.StatusForbidden, http.StatusTooManyRequests, http.StatusNotFound} {
		if a := answer(id, "wrong"); a.status != want {
			t.Errorf("try %d: %d %s", i+1, a.status, a.body)
		}
	}
	id = begin()
	if a := answer(id, ""); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" {
		t.Errorf("a new code at once: %d %s", a.status, a.body)
	}
	p.clock.Advance(6 * time.Minute)
	if a := answer(id, p.lastCode(anna)); a.json(t)["code"] != "contact.code_expired" {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := answer(id, ""); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := answer(id, p.lastCode(anna)); a.status != http.StatusOK || a.json(t)["state"] != "done" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if got := p.call("GET", "/me/profile", token, "").json(t)["email"]; got != "new@example.org" {
		t.Errorf("%v", got)
	}
	for name, body := range map[string]string{"taken": `{"kind":"mobile","value":"+79000000001","password":"` + annaPassword + `"}`, "no number": `{"kind":"mobile","value":"12","password":"` + annaPassword + `"}`,
		"no mailbox": `{"kind":"email","value":"x","password":"` + annaPassword + `"}`, "the same": `{"kind":"email","value":"new@example.org","password":"` + annaPassword + `"}`} {
		if a := p.call("POST", "/me/contact-changes", token, body); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
}

func TestFiveContactChangesMayBeBegunAndANewerEndsTheOneThatWaits(t *testing.T) {
	p := openPortal(t)
	token := p.tokens(p.system()).access
	begin := func() answer {
		return p.call("POST", "/me/contact-changes", token, `{"kind":"mobile","value":"+79000000098","password":"`+annaPassword+`"}`)
	}
	first := begin().json(t)["id"].(string)
	code := p.lastCode(anna)
	for i := range 4 {
		if a := begin(); a.status != http.StatusCreated {
			t.Fatalf("%d: %d %s", i+2, a.status, a.body)
		}
	}
	if a := p.call("POST", "/me/contact-changes/"+first+"/code", token, `{"code":"`+code+`"}`); a.status != http.StatusNotFound {
		t.Errorf("the code of a replaced change: %d %s", a.status, a.body)
	}
	if a := begin(); a.status != http.StatusTooManyRequests || a.json(t)["code"] != "contact.too_many" || a.header.Get("Retry-After") != "1800" {
		t.Errorf("%d %s", a.status, a.body)
	}
	p.clock.Advance(30 * time.Minute)
	if a := begin(); a.status != http.StatusCreated {
		t.Errorf("half an hour later: %d %s", a.status, a.body)
	}
}

func TestWhoForbidsOtherSystemsIsSignedInToNoneAndOutOfAll(t *testing.T) {
	p := openPortal(t)
	own := p.system()
	other := own
	other.id = "OTHER"
	db, err := sql.Open("sqlite", filepath.Join(p.dir, "portal.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("INSERT INTO clients SELECT 'OTHER', 'Other', certificate, redirects, scopes FROM clients WHERE id = ?", own.id); err != nil {
		t.Fatal(err)
	}
	theirs := p.tokens(other).access
	p.clock.Advance(time.Minute)
	token := p.tokens(own).access
	if a := p.patch("/me/privacy", token, `"0"`, `{"sharing":{"systems":false}}`); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := p.call("GET", "/me", theirs, ""); a.status != http.StatusUnauthorized {
		t.Errorf("a session with another system lives: %d", a.status)
	}
	if a := p.call("GET", "/me", token, ""); a.status != http.StatusOK {
		t.Errorf("the portal's own session ended: %d", a.status)
	}
	p.clock.Advance(time.Minute)
	if a := p.begin(p.authorization(other), anna, annaPassword, ""); a.status != http.StatusForbidden || a.json(t)["code"] != "esia.007004" {
		t.Errorf("another system is let in: %d %s", a.status, a.body)
	}
	if a := p.begin(p.authorization(own), anna, annaPassword, ""); a.status != http.StatusCreated {
		t.Errorf("the portal's own system is not: %d %s", a.status, a.body)
	}
}

func TestPrivacyIsEditedOnlyAsItWasRead(t *testing.T) {
	p := openPortal(t)
	token := p.tokens(p.system()).access
	tag := p.call("GET", "/me/privacy", token, "").header.Get("ETag")
	if a := p.patch("/me/privacy", token, tag, `{"advertising":false}`); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	a := p.patch("/me/privacy", token, tag, `{"advertising":true,"sharing":{"banks":false}}`)
	if a.status != http.StatusPreconditionFailed || len(fields(t, a)) != 2 || !strings.Contains(string(a.body), "sharing.banks") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := p.patch("/me/privacy", token, "*", `{"sharing":{"nobody":true}}`); a.status != http.StatusUnprocessableEntity {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := p.patch("/me/privacy", token, "", `{}`); a.status != http.StatusPreconditionRequired {
		t.Errorf("%d %s", a.status, a.body)
	}
}
