package cabinet

import (
	"slices"
	"testing"

	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

func message() wire.Message {
	return wire.Message{ID: 1, At: moment(), From: "department", Name: "МВД", Text: "Получено"}
}

func version() wire.Version {
	at := moment()
	return wire.Version{Number: 1, At: at, Origin: "sent", ConfirmedAt: &at, Values: map[string]string{"a": "1"}, Changed: []string{}, Files: []string{}}
}

func entry() wire.PublicApplication {
	return wire.PublicApplication{OrderID: 77, Service: "1", ServiceTitle: "Услуга", Department: "МВД", Region: "45", ReceivedOn: "2026-03-02", StatusID: 6, StatusTitle: "шаг", Indicator: "soon"}
}

// careCalls makes the calls about what follows the sending of an application.
func careCalls(t *testing.T, c *Client, f *fake) {
	t.Helper()
	ctx := t.Context()
	all, err := c.Messages(ctx, 77)
	if err != nil || !slices.Equal(all, []wire.Message{message()}) {
		t.Errorf("messages: %+v, %v", all, err)
	}
	if m, err := c.WriteMessage(ctx, 77, "key-1", "Здравствуйте"); err != nil || *m != message() || f.request().Header.Get("Idempotency-Key") != "key-1" {
		t.Errorf("message: %+v, %v", m, err)
	}
	v, err := c.Versions(ctx, 77)
	if err != nil || v.ETag != `"1"` || len(v.Items) != 1 || v.Items[0].Values["a"] != "1" {
		t.Fatalf("versions: %+v, %v", v, err)
	}
	for what, call := range map[string]func() (*Versions, error){
		"change": func() (*Versions, error) { return c.ChangeApplication(ctx, 77, v.ETag, map[string]any{"a": "2"}) },
		"revert": func() (*Versions, error) { return c.RevertApplication(ctx, 77, v.ETag) },
		"document": func() (*Versions, error) {
			return c.AddDocument(ctx, 77, wire.DocumentInput{Document: "extra", FileName: "a.pdf", Content: []byte("a")})
		},
	} {
		got, err := call()
		if err != nil || got.ETag != `"2"` || f.request().Header.Get("Idempotency-Key") == "" {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
		if match := f.request().Header.Get("If-Match"); (match == v.ETag) != (what != "document") {
			t.Errorf("%s: If-Match %q", what, match)
		}
	}
	if r, err := c.RateApplication(ctx, 77, wire.RatingInput{Score: 5}); err != nil || r.Score != 5 {
		t.Errorf("rating: %+v, %v", r, err)
	}
	p, err := c.PublicApplications(ctx, ApplicationQuery{Region: "45", StatusID: 6, From: "2026-01-01", To: "2026-12-31", Sort: "expected"}, 77)
	if err != nil || len(p.Items) != 1 || p.Items[0] != entry() || f.request().Header.Get("Authorization") != "" {
		t.Errorf("public: %+v, %v", p, err)
	}
}
