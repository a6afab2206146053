package cabinet_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox/portaltest"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
)

// sentAppeal sends an appeal to a department and returns the address of its application.
func sentAppeal(t *testing.T, p *portaltest.Portal, who *session.Caller) (string, int64) {
	t.Helper()
	values := p.Form(who, "public-request", "kind", "question", "subject", "Учебный вопрос", "text", "Учебное обращение без личных данных, для проверки.")
	id := p.Submit(who, "90000000012", portaltest.Zip(t, map[string][]byte{"req.xml": portaltest.RequestXML("90000000012", values)}))
	return base + "/applications/" + strconv.FormatInt(id, 10), id
}

func TestWhatWasSentIsChangedKeptAndUndone(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	app, _ := sentAppeal(t, p, who)
	p.Clock.Advance(2 * time.Hour) // the department has registered it
	var v wire.Page[wire.Version]
	read := p.Get(who, app+"/versions").Want(http.StatusOK)
	read.Into(&v)
	if len(v.Items) != 1 || v.Items[0].Origin != "sent" || v.Items[0].ConfirmedAt == nil || v.Items[0].Values["subject"] != "Учебный вопрос" {
		t.Fatalf("%+v", v)
	}
	tag := read.Header.Get("ETag")
	change := func(tag string, values map[string]any) *portaltest.Answer {
		return p.Post(who, app+"/versions", wire.ChangeInput{Values: values}, "If-Match", tag)
	}
	if got := p.Post(who, app+"/reversions", struct{}{}, "If-Match", tag).Want(http.StatusConflict).Code(); got != "application.nothing_to_revert" {
		t.Error(got)
	}
	p.Post(who, app+"/versions", wire.ChangeInput{Values: map[string]any{"subject": "Иначе"}}).Want(http.StatusPreconditionRequired)
	change(tag, map[string]any{"subject": "Другой вопрос"}).Want(http.StatusCreated).Into(&v)
	if len(v.Items) != 2 || v.Items[1].Changed[0] != "subject" || v.Items[1].ConfirmedAt != nil {
		t.Fatalf("%+v", v.Items)
	}
	if got := change(tag, map[string]any{"subject": "Третий"}).Want(http.StatusPreconditionFailed).Code(); got != "application.changed" {
		t.Error(got)
	}
	tag = `"2"`
	change(tag, map[string]any{"subject": "Другой вопрос"}).Want(http.StatusUnprocessableEntity)
	change(tag, map[string]any{"subject": nil}).Want(http.StatusUnprocessableEntity)
	change(tag, map[string]any{"colour": "red"}).Want(http.StatusUnprocessableEntity)
	change(tag, map[string]any{}).Want(http.StatusUnprocessableEntity)
	p.Post(portaltest.Chief(), app+"/versions", wire.ChangeInput{Values: map[string]any{"subject": "Чужое"}}, "If-Match", tag).Want(http.StatusNotFound)
	// A file is added, then all is put back: the file is gone, the change stays in the record.
	p.Post(who, app+"/documents", wire.DocumentInput{Document: "evidence", FileName: "a.pdf", Content: portaltest.PDF()}).Want(http.StatusCreated).Into(&v)
	p.Post(who, app+"/reversions", struct{}{}, "If-Match", `"3"`).Want(http.StatusCreated).Into(&v)
	last := v.Items[len(v.Items)-1]
	if last.Number != 4 || last.Origin != "reverted" || last.ConfirmedAt == nil || last.Values["subject"] != "Учебный вопрос" || len(last.Files) == 0 {
		t.Errorf("%+v", last)
	}
	if v.Items[1].Values["subject"] != "Другой вопрос" {
		t.Error("the change that was undone is not in the record")
	}
	p.Clock.Advance(60 * 24 * time.Hour)
	if got := change(`"4"`, map[string]any{"subject": "Поздно"}).Want(http.StatusConflict).Code(); got != "application.not_changeable" {
		t.Error(got)
	}
}

func TestAKeyMakesOneChangeOfARepeatedRequest(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	app, _ := sentAppeal(t, p, who)
	p.Clock.Advance(2 * time.Hour)
	for i, c := range []struct {
		path string
		body any
	}{
		{"/versions", wire.ChangeInput{Values: map[string]any{"subject": "Другой вопрос"}}},
		{"/documents", wire.DocumentInput{Document: "evidence", FileName: "a.pdf", Content: portaltest.PDF()}},
		{"/reversions", struct{}{}},
	} {
		tag := `"` + strconv.Itoa(i+1) + `"`
		for range 2 {
			var v wire.Page[wire.Version]
			p.Post(who, app+c.path, c.body, "If-Match", tag, "Idempotency-Key", "key"+c.path).Want(http.StatusCreated).Into(&v)
			if len(v.Items) != i+2 {
				t.Errorf("%s: %d versions, want %d", c.path, len(v.Items), i+2)
			}
		}
		var m wire.Page[wire.Message]
		if p.Get(who, app+"/messages").Want(http.StatusOK).Into(&m); i > 0 && len(m.Items) != 1 {
			t.Errorf("%s: %d messages", c.path, len(m.Items))
		}
	}
	if got := p.Post(who, app+"/versions", wire.ChangeInput{Values: map[string]any{"subject": "Третий"}}, "If-Match", `"4"`, "Idempotency-Key", "key/versions").Want(http.StatusConflict).Code(); got == "" {
		t.Error("a key stands for another request")
	}
}

func TestADepartmentAnswersWhatItIsWritten(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeApprove)
	who := portaltest.Citizen()
	app, _ := sentAppeal(t, p, who)
	write := func(text, key string) *portaltest.Answer {
		return p.Post(who, app+"/messages", wire.MessageInput{Text: text}, "Idempotency-Key", key)
	}
	write(" ", "1").Want(http.StatusUnprocessableEntity)
	var m, again wire.Message
	write("Когда будет решение?", "2").Want(http.StatusCreated).Into(&m)
	write("Когда будет решение?", "2").Want(http.StatusCreated).Into(&again)
	if m != again || m.From != "applicant" {
		t.Errorf("%+v, then %+v", m, again)
	}
	p.Clock.Advance(21 * time.Hour)
	var all wire.Page[wire.Message]
	p.Get(who, app+"/messages").Want(http.StatusOK).Into(&all)
	if len(all.Items) != 2 || all.Items[1].From != "department" || all.Items[1].Name == "" || len(all.Items[1].Text) < 20 {
		t.Fatalf("%+v", all.Items)
	}
	p.Get(portaltest.Chief(), app+"/messages").Want(http.StatusNotFound)
	p.Clock.Advance(60 * 24 * time.Hour)
	if got := write("Спасибо", "3").Want(http.StatusConflict).Code(); got != "application.messages_closed" {
		t.Error(got)
	}
}

func TestADepartmentWaitsForTheDocumentItHasAskedFor(t *testing.T) {
	for _, sends := range []bool{true, false} {
		p := portaltest.Open(t, training.OutcomeDocument)
		who := portaltest.Citizen()
		app, _ := sentAppeal(t, p, who)
		var a wire.Application
		for range 200 {
			p.Clock.Advance(6 * time.Hour)
			if p.Get(who, app).Want(http.StatusOK).Into(&a); a.Wanted != nil {
				break
			}
		}
		if a.Wanted == nil || a.StatusID != 14 {
			t.Fatalf("%+v", a)
		}
		var all wire.Page[wire.Message]
		if p.Get(who, app+"/messages").Want(http.StatusOK).Into(&all); len(all.Items) != 1 {
			t.Errorf("%+v", all.Items)
		}
		want := 4
		if sends {
			doc := wire.DocumentInput{Document: a.Wanted.Document, FileName: "spravka.pdf", Content: portaltest.PDF()}
			for _, bad := range []wire.DocumentInput{
				{Document: "photograph", FileName: "a.pdf", Content: doc.Content}, {Document: doc.Document, FileName: "../a.pdf", Content: doc.Content},
				{Document: doc.Document, FileName: "req.xml", Content: doc.Content}, {Document: doc.Document, FileName: "a.pdf", Content: []byte("MZ")}, {Document: doc.Document, FileName: "a.pdf"},
			} {
				p.Post(who, app+"/documents", bad).Want(http.StatusUnprocessableEntity)
			}
			p.Post(who, app+"/documents", doc).Want(http.StatusCreated)
			want = 3
		}
		p.Clock.Advance(60 * 24 * time.Hour)
		a = wire.Application{}
		p.Get(who, app).Want(http.StatusOK).Into(&a)
		if a.StatusID != want || a.Wanted != nil {
			t.Errorf("sent %v: %+v", sends, a)
		}
	}
}

func TestAnInvitationComesInWritingBeforeTheDecision(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeInvite)
	who := portaltest.Citizen()
	app, _ := sentAppeal(t, p, who)
	p.Clock.Advance(60 * 24 * time.Hour)
	var a wire.Application
	var all wire.Page[wire.Message]
	p.Get(who, app).Want(http.StatusOK).Into(&a)
	p.Get(who, app+"/messages").Want(http.StatusOK).Into(&all)
	if a.StatusID != 3 || len(all.Items) != 1 || !all.Items[0].At.Before(a.UpdatedAt) {
		t.Errorf("%+v, %+v", a, all.Items)
	}
}

func TestAServiceIsRatedOnceItHasEnded(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeRefuse)
	who := portaltest.Citizen()
	app, _ := sentAppeal(t, p, who)
	rate := func(score int) *portaltest.Answer {
		return p.Do(who, http.MethodPut, app+"/rating", []byte(`{"score":`+strconv.Itoa(score)+`,"text":"быстро"}`), "Content-Type", "application/json")
	}
	if got := rate(5).Want(http.StatusConflict).Code(); got != "application.not_rateable" {
		t.Error(got)
	}
	p.Clock.Advance(60 * 24 * time.Hour)
	rate(6).Want(http.StatusUnprocessableEntity)
	rate(2).Want(http.StatusOK)
	rate(4).Want(http.StatusOK)
	var a wire.Application
	p.Get(who, app).Want(http.StatusOK).Into(&a)
	if a.Rating == nil || a.Rating.Score != 4 || a.Rating.Text != "быстро" {
		t.Errorf("%+v", a.Rating)
	}
}

func TestThePublicRegisterNamesNobodyAndShowsTheTerm(t *testing.T) {
	p := portaltest.Open(t, training.OutcomeDocument)
	_, id := sentAppeal(t, p, portaltest.Citizen())
	entry := func(query string) (wire.PublicApplication, int) {
		var l wire.Page[wire.PublicApplication]
		p.Get(nil, base+"/public-applications"+query).Want(http.StatusOK).Into(&l)
		if len(l.Items) == 0 {
			return wire.PublicApplication{}, l.Total
		}
		return l.Items[0], l.Total
	}
	e, n := entry("?service=public-request&region=45&state=active&sort=expected")
	if n != 1 || e.OrderID != id || e.Region != "45" || e.Indicator != "in-time" || e.ExpectedAt == nil || e.ServiceTitle == "" {
		t.Fatalf("%+v of %d", e, n)
	}
	if _, n := entry("?orderId=1"); n != 0 {
		t.Errorf("%d of a number that is not there", n)
	}
	p.Get(nil, base+"/public-applications?state=x").Want(http.StatusBadRequest)
	seen := map[string]bool{}
	for range 100 {
		p.Clock.Advance(12 * time.Hour)
		e, _ = entry("?orderId=" + strconv.FormatInt(id, 10))
		seen[e.Indicator] = true
	}
	if !seen["waiting"] || e.Indicator != "refused" || e.ExpectedAt != nil {
		t.Errorf("%v, at the end %+v", seen, e)
	}
}
