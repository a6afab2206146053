package gusmev

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
)

func TestANumberIsReservedWithTheMetaAsJSON(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/gusmev/order", func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		if string(b) != `{"region":"36000000000","serviceCode":"10000000113","targetCode":"-10000000113"}` || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %q", r.Header.Get("Content-Type"), b)
		}
		if r.Header.Get("Authorization") != "Bearer marker" {
			t.Error("no marker")
		}
		_, _ = io.WriteString(w, `{"orderId":52353456}`)
	})
	c, _ := portal(t, mux, Options{})
	id, err := c.Reserve(t.Context(), meta)
	if err != nil || id != 52353456 {
		t.Errorf("%d %v", id, err)
	}
}

func TestAnAnswerWithoutANumberIsNotSuccess(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/gusmev/order", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{}`) })
	mux.HandleFunc("POST /api/gusmev/push", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"orderId":0}`) })
	c, _ := portal(t, mux, Options{})
	_, err := c.Reserve(t.Context(), meta)
	wantFault(t, err, exitcode.Unavailable, "gusmev.no_order_id")
	_, err = c.Push(t.Context(), meta, strings.NewReader("zip"), 3, "a.zip")
	wantFault(t, err, exitcode.Unknown, "gusmev.no_order_id")
}

func TestOrderDetailsAreReadOutOfTheirString(t *testing.T) {
	order := `{"id":77,"orderStatusId":15,"orderStatusName":"Требует \u001b[31mисправления","statuses":[{"id":1,"statusId":17,"title":"Зарегистрировано","date":"2022-07-25T13:01:47.438+0300","finalStatus":false,"cancelAllowed":true,"hasResult":"N"}],"orderResponseFiles":[{"id":"5/files/cmVxLnhtbA","fileName":"req.xml","fileSize":653,"link":"terrabyte://00/5/req.xml/2"}],"unknownField":[1]}`
	quoted, err := json.Marshal(order)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ spelling, code string }{{"messageId", "OK"}, {"message_id", "DONE"}} {
		mux := http.NewServeMux()
		mux.HandleFunc("POST /api/gusmev/order/77", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.RawQuery != "embed=STATUS_HISTORY" || r.ContentLength > 0 {
				t.Errorf("query %q, %d bytes of body", r.URL.RawQuery, r.ContentLength)
			}
			_, _ = fmt.Fprintf(w, `{"code":%q,"message":null,%q:"mid-1","order":%s}`, tc.code, tc.spelling, quoted)
		})
		c, _ := portal(t, mux, Options{})
		info, err := c.Order(t.Context(), 77, true)
		if err != nil {
			t.Fatal(err)
		}
		if info.MessageID != "mid-1" || info.Code != tc.code || info.Stage() != HandedOn || info.Order.ID != 77 || len(info.Order.Statuses) != 1 || len(info.Order.ResponseFiles) != 1 {
			t.Errorf("%+v", info)
		}
		if s := fmt.Sprint(info.Order.OrderStatusName); strings.Contains(s, "\x1b") {
			t.Errorf("hostile text reaches the terminal: %q", s)
		}
	}
}

func TestAnUnknownOrderIsNotFound(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	c, _ := portal(t, mux, Options{})
	_, err := c.Order(t.Context(), 1, false)
	wantFault(t, err, exitcode.NotFound, "gusmev.order_not_found")
	wantFault(t, c.Cancel(t.Context(), 1, ""), exitcode.NotFound, "gusmev.order_not_found")
}

func TestProcessingStatesAreTold(t *testing.T) {
	for code, want := range map[string]Stage{
		wire.CodeNew: Processing, wire.CodeVerifying: Processing, wire.CodeVerified: Processing, wire.CodeRetry: Processing, "SOMETHING_NEW": Processing,
		wire.CodeDone: HandedOn, wire.CodeOK: HandedOn,
		wire.CodeLimitation: Failed, wire.CodeInvalidFiles: Failed, wire.CodeValidation: Failed, wire.CodeReqNotFound: Failed, wire.CodeMPCNotFound: Failed,
		wire.CodeReqVerify: Failed, wire.CodeFilesVerify: Failed, wire.CodeInternal: Failed, wire.CodeForbidden: Failed,
	} {
		info := OrderInfo{Code: code}
		if info.Stage() != want {
			t.Errorf("%s: %v", code, info.Stage())
		}
		if m := info.Explain(); want == Failed && (m.In(i18n.RU) == "" || m.In(i18n.EN) == "") {
			t.Errorf("%s is not explained", code)
		}
	}
}

func TestCancelSendsTheReasonAndTellsRefusalsApart(t *testing.T) {
	var status atomic.Int32
	var body atomic.Value
	body.Store("")
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/gusmev/order/5/cancel", func(w http.ResponseWriter, r *http.Request) {
		if got := r.URL.Query().Get("reason"); got != "передумал" {
			t.Errorf("reason %q", got)
		}
		w.WriteHeader(int(status.Load()))
		_, _ = io.WriteString(w, body.Load().(string))
	})
	c, _ := portal(t, mux, Options{})
	for _, tc := range []struct {
		status int32
		body   string
		exit   exitcode.Code
		code   string
	}{
		{403, "", exitcode.Unknown, "transport.outcome_unknown"}, // anything on the way says so
		{405, "", exitcode.Unknown, "transport.outcome_unknown"},
		{409, "<html>blocked</html>", exitcode.Unknown, "transport.outcome_unknown"},
		{403, `{"code":"waf_blocked","message":"нет"}`, exitcode.Unknown, "transport.outcome_unknown"},
		{403, `{"code":"order_access","message":"нет прав"}`, exitcode.Refused, "gusmev.order_access"},
		{409, `{"code":"cancel_not_allowed","message":"поздно"}`, exitcode.Refused, "gusmev.cancel_not_allowed"},
		{500, `{"code":"internal_error","message":""}`, exitcode.Unknown, "gusmev.internal_error"},
	} {
		status.Store(tc.status)
		body.Store(tc.body)
		wantFault(t, c.Cancel(t.Context(), 5, "передумал"), tc.exit, tc.code)
	}
	status.Store(200)
	body.Store("")
	if err := c.Cancel(t.Context(), 5, "передумал"); err != nil {
		t.Error(err)
	}
}

func TestEveryPublishedErrorCodeIsExplainedInBothLanguages(t *testing.T) {
	for code, exit := range map[string]exitcode.Code{
		wire.ErrPersonPermissions: exitcode.Refused, wire.ErrPersonalData: exitcode.Refused, wire.ErrService: exitcode.Refused,
		wire.ErrSystem: exitcode.Refused, wire.ErrUser: exitcode.Refused, wire.ErrUserLegal: exitcode.Refused, wire.ErrBadDelegation: exitcode.Refused,
		wire.ErrBadRequest: exitcode.Refused, wire.ErrCancelNotAllowed: exitcode.Refused, wire.ErrConfigDelegation: exitcode.Refused,
		wire.ErrInternal: exitcode.Unavailable, wire.ErrLimitation: exitcode.Unavailable, wire.ErrNotFound: exitcode.NotFound,
		wire.ErrOrderAccess: exitcode.Refused, wire.ErrPushDenied: exitcode.Refused, wire.ErrServiceNotFound: exitcode.NotFound,
	} {
		status := 403
		if code == wire.ErrInternal {
			status = 500
		}
		mux := http.NewServeMux()
		mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Request-Id", "rid")
			w.WriteHeader(status)
			_, _ = fmt.Fprintf(w, `{"code":%q,"message":"слова портала\u001b]0;x\u0007"}`, code)
		})
		c, _ := portal(t, mux, Options{})
		_, err := c.Reserve(t.Context(), meta)
		f := wantFault(t, err, exit, "gusmev."+code)
		ru := f.Message.In(i18n.RU)
		if !strings.Contains(ru, "слова портала") || strings.ContainsAny(ru, "\x1b\x07") || f.RequestID != "rid" {
			t.Errorf("%s: %q %q", code, ru, f.RequestID)
		}
		var api *APIError
		if !errors.As(err, &api) || api.Code != code || api.Status != status {
			t.Errorf("%s: no APIError inside", code)
		}
	}
}

func TestAnUnpublishedErrorCodeKeepsThePortalsWords(t *testing.T) {
	var status atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(int(status.Load()))
		_, _ = io.WriteString(w, `{"code":"new_in_1_14","message":"новое правило"}`)
	})
	c, _ := portal(t, mux, Options{})
	status.Store(400)
	_, err := c.Reserve(t.Context(), meta)
	f := wantFault(t, err, exitcode.Refused, "portal.rejected")
	if !strings.Contains(f.Message.In(i18n.EN), "новое правило") {
		t.Errorf("%q", f.Message.In(i18n.EN))
	}
	status.Store(500) // whether a push happened is not known, so nobody says "refused"
	_, err = c.Push(t.Context(), meta, strings.NewReader("zip"), 3, "a")
	wantFault(t, err, exitcode.Unknown, "transport.outcome_unknown")
}

func TestDictionaryPagesAreWalkedWithoutAMarker(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/nsi/v1/dictionary/{code}", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the marker was sent")
		}
		if r.PathValue("code") != "EXTERNAL_BIC" {
			_, _ = io.WriteString(w, `{"error":{"code":7,"message":"Entity not found"},"items":[]}`)
			return
		}
		var req wire.DictionaryRequest
		if err := json.NewDecoder(r.Body).Decode(&req); err != nil || req.TreeFiltering != "ONELEVEL" {
			t.Errorf("%+v %v", req, err)
		}
		items := make([]string, 0, req.PageSize)
		for i := (req.PageNum - 1) * req.PageSize; i < min(req.PageNum*req.PageSize, 899); i++ {
			items = append(items, fmt.Sprintf(`{"value":"%d","parentValue":null,"title":"Банк","isLeaf":true,"attributeValues":{"BIC":"044525225"}}`, i))
		}
		_, _ = fmt.Fprintf(w, `{"error":{"code":0,"message":"operation completed"},"fieldErrors":[],"total":899,"items":[%s]}`, strings.Join(items, ","))
	})
	c, _ := portal(t, mux, Options{})
	n := 0
	for item, err := range c.DictionaryItems(t.Context(), "EXTERNAL_BIC", "") {
		if err != nil {
			t.Fatal(err)
		}
		if item.Value != fmt.Sprint(n) {
			t.Fatalf("item %d is %q", n, item.Value)
		}
		n++
	}
	if n != 899 {
		t.Errorf("%d items", n)
	}
	_, err := c.Dictionary(t.Context(), "NOPE", wire.DictionaryRequest{})
	wantFault(t, err, exitcode.NotFound, "gusmev.dictionary_not_found")
}

func TestAFileIsFetchedFromTheOlderPathWhenThePortalKnowsNoOther(t *testing.T) {
	var older atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/storage/v2/files/{id}/{type}/download", func(w http.ResponseWriter, r *http.Request) {
		older.Add(1)
		if r.PathValue("id") != "2058864134" || r.PathValue("type") != "3" || r.URL.Query().Get("mnemonic") != "решение 1.pdf" {
			t.Errorf("%s", r.URL)
		}
		_, _ = io.WriteString(w, "%PDF")
	})
	c, _ := portal(t, mux, Options{})
	var b strings.Builder
	n, err := c.Download(t.Context(), Source{Link: "terrabyte://00/2058864134/решение 1.pdf/3"}, &b, 0)
	if err != nil || n != 4 || b.String() != "%PDF" || older.Load() != 1 {
		t.Errorf("%d %q %v", n, b.String(), err)
	}
	_, err = c.Download(t.Context(), Source{Link: "terrabyte://00/2058864134/решение 1.pdf/3"}, io.Discard, 2)
	if err == nil {
		t.Error("a file above the limit was accepted")
	}
	_, err = c.Download(t.Context(), Source{Link: "https://example.com/x"}, io.Discard, 0)
	wantFault(t, err, exitcode.Failure, "gusmev.bad_link")
}

func TestAFileIsFetchedWithItsServiceCode(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/gusmev/files/download/{id}/{type}", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("eserviceCode") != "10000000113" {
			t.Errorf("%s", r.URL)
		}
		_, _ = io.WriteString(w, "data")
	})
	c, _ := portal(t, mux, Options{Downloads: DownloadCurrent})
	if n, err := c.Download(t.Context(), Source{Link: "terrabyte://00/1/a/2", EserviceCode: "10000000113"}, io.Discard, 0); n != 4 || err != nil {
		t.Errorf("%d %v", n, err)
	}
}

// The specification puts a result under currentStatusHistoryId (SPEC-1.12.1, table 33);
// portals are known that keep it under the object of its link only.
func TestAResultIsAskedForUnderItsStatusAndThenUnderItsObject(t *testing.T) {
	for name, here := range map[string]string{"published": "6000000002", "otherwise": "2000000001"} {
		var asked []string
		mux := http.NewServeMux()
		mux.HandleFunc("GET /api/gusmev/files/download/{id}/{type}", func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.PathValue("id"))
			if r.PathValue("id") != here {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			_, _ = io.WriteString(w, "data")
		})
		c, _ := portal(t, mux, Options{})
		n, err := c.Download(t.Context(), Source{Link: "terrabyte://00/2000000001/result.pdf/3", StatusHistoryID: 6000000002}, io.Discard, 0)
		if n != 4 || err != nil || asked[0] != "6000000002" || asked[len(asked)-1] != here {
			t.Errorf("%s: %d %v %v", name, n, err, asked)
		}
	}
	// What was attached lies under the object of its link.
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/gusmev/files/download/2000000001/2", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "req") })
	c, _ := portal(t, mux, Options{})
	if n, err := c.Download(t.Context(), Source{Link: "terrabyte://00/2000000001/req.xml/2", StatusHistoryID: 6000000002}, io.Discard, 0); n != 3 || err != nil {
		t.Errorf("%d %v", n, err)
	}
}

func FuzzParseLink(f *testing.F) {
	for _, s := range []string{"terrabyte://00/2058864134/req.xml/2", "terrabyte://00/1/a/b/3", "terrabyte://00//x/2", "terrabyte://00/1//2", "http://x", "terrabyte://00/1/../../2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l, err := ParseLink(s)
		if err != nil {
			return
		}
		if back := fmt.Sprintf("terrabyte://00/%d/%s/%d", l.ObjectID, l.Mnemonic, l.ObjectType); l.ObjectID <= 0 || l.Mnemonic == "" || len(back) > len(s) {
			t.Errorf("%q read as %+v", s, l)
		}
	})
}

func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"2022-07-25T13:01:47.438+0300", "2022-12-21T20:49:37.672", "2022-12-21T20:49:37", "2022-12-21T20:49:37Z", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, err := ParseTime(s)
		if err == nil && at.IsZero() && !strings.HasPrefix(s, "0001") {
			t.Errorf("%q read as the zero time", s)
		}
	})
}
