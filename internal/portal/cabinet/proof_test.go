package cabinet

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// answering is a portal that answers every request with one message, written by
// hand; RID and SUBJECT stand for what the request brought.
func answering(t *testing.T, status int, kind, body string) *Client {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, strings.NewReplacer("RID", r.Header.Get("X-Request-Id"), "SUBJECT", subject(r)).Replace(body))
	}))
	tc, err := transport.New(transport.Options{Base: &http.Transport{}, Origins: []string{s.URL}, MaxAttempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tc.CloseIdle(); s.Close() })
	return New(tc, s.URL)
}

// asAnybody lets calls go without a marker, which these portals do not look at.
func asAnybody(c *Client) *Client {
	c.t = c.t.WithTokens(func(context.Context, string) (string, error) { return "marker", nil })
	return c
}

func TestOnlyThePortalsOwnWordsAboutThisPaymentAreARefusal(t *testing.T) {
	const problem = "application/problem+json"
	whole := func(status int, code string) string {
		return fmt.Sprintf(`{"title":"Нет","status":%d,"code":%q,"requestId":"RID","subject":"SUBJECT"}`, status, code)
	}
	type answer struct {
		name, kind, body string
		status           int
		want             transport.Proof
		exit             exitcode.Code
	}
	table := []answer{
		{"the portal's refusal", problem, whole(409, "payment.duplicate"), 409, transport.ProvesRefused, exitcode.Conflict},
		{"another payment's sum", problem, whole(422, "payment.amount_mismatch"), 422, transport.ProvesRefused, exitcode.Refused},
		{"no such charge", problem, whole(404, "charge.not_found"), 404, transport.ProvesRefused, exitcode.NotFound},
		{"the media type with a parameter", "application/problem+json; charset=utf-8", whole(403, "authorisation.exceeded"), 403, transport.ProvesRefused, exitcode.Refused},
		{"too many requests", problem, whole(429, "portal.too_many_requests"), 429, transport.ProvesPutOff, exitcode.Unavailable},
		{"closed for a time", problem, whole(503, "portal.unavailable"), 503, transport.ProvesPutOff, exitcode.Unavailable},
		{"an ended marker", problem, whole(401, "auth.expired"), 401, transport.ProvesPutOff, exitcode.Auth},
		{"at work on it", problem, whole(409, "payment.in_progress"), 409, transport.OwnWords, exitcode.Unknown},
		{"the id stands for another payment", problem, whole(409, "payment.key_reused"), 409, transport.OwnWords, exitcode.Unknown},
		{"a failure inside", problem, whole(500, "internal"), 500, transport.OwnWords, exitcode.Unknown},
		{"a code that we do not know", problem, whole(403, "policy.blocked"), 403, transport.OwnWords, exitcode.Unknown},
		{"a payment code that we do not know", problem, whole(403, "payment.frozen"), 403, transport.OwnWords, exitcode.Unknown},
		{"JSON of another kind", "application/json", whole(409, "payment.duplicate"), 409, transport.Unproven, exitcode.Unknown},
		{"the status of another answer", problem, whole(409, "payment.duplicate"), 403, transport.Unproven, exitcode.Unknown},
		{"another request's id", problem, `{"title":"Нет","status":409,"code":"payment.duplicate","requestId":"other","subject":"SUBJECT"}`, 409, transport.Unproven, exitcode.Unknown},
		{"no request id", problem, `{"title":"Нет","status":409,"code":"payment.duplicate","subject":"SUBJECT"}`, 409, transport.Unproven, exitcode.Unknown},
		{"another payment", problem, `{"title":"Нет","status":409,"code":"payment.duplicate","requestId":"RID","subject":"other"}`, 409, transport.Unproven, exitcode.Unknown},
		{"no payment", problem, `{"title":"Нет","status":409,"code":"payment.duplicate","requestId":"RID"}`, 409, transport.Unproven, exitcode.Unknown},
		{"cut off", problem, `{"title":"Нет","status":409,"code":"payment.dup`, 409, transport.Unproven, exitcode.Unknown},
	}
	for _, status := range []int{400, 401, 403, 404, 405, 408, 409, 410, 413, 418, 422, 423, 429, 451, 500, 501, 502, 503, 504, 511} {
		table = append(table,
			answer{"a page", "text/html", "<html>Sign in to the network</html>", status, transport.Unproven, exitcode.Unknown},
			answer{"nothing", "", "", status, transport.Unproven, exitcode.Unknown},
			answer{"a gateway's problem", problem, fmt.Sprintf(`{"title":"Blocked","status":%d,"code":"waf.blocked"}`, status), status, transport.Unproven, exitcode.Unknown})
	}
	req := wire.PaymentRequest{ID: paymentID, UIN: "18810177170325189254", AmountKopecks: 1, Method: "account"}
	for _, tc := range table {
		c := asAnybody(answering(t, tc.status, tc.kind, tc.body))
		_, err := c.Pay(t.Context(), req)
		if te := transport.AsError(err); te == nil || te.Proof != tc.want || fault.ExitOf(err) != tc.exit {
			t.Errorf("%s, %d: proof %v, exit %v, want %v and %v: %v", tc.name, tc.status, te.Proof, fault.ExitOf(err), tc.want, tc.exit, err)
		}
		if _, err := c.ConfirmPayment(t.Context(), paymentID, "1234"); transport.AsError(err).Proof != tc.want {
			t.Errorf("confirming: %s, %d: %v", tc.name, tc.status, err)
		}
	}
}

func TestOnlyThePortalItselfSaysThatAPaymentNeverArrived(t *testing.T) {
	for _, tc := range []struct {
		kind, body string
		exit       exitcode.Code
	}{
		{"application/problem+json", `{"title":"Нет","status":404,"code":"payment.not_found","requestId":"RID","subject":"SUBJECT"}`, exitcode.NotFound},
		{"application/problem+json", `{"title":"Нет","status":404,"code":"payment.not_found","requestId":"an earlier question","subject":"SUBJECT"}`, exitcode.Unavailable},
		{"application/problem+json", `{"title":"Нет","status":404,"code":"payment.not_found","requestId":"RID","subject":"another"}`, exitcode.Unavailable},
		{"text/html", "<html>404</html>", exitcode.Unavailable},
		{"", "", exitcode.Unavailable},
	} {
		_, err := asAnybody(answering(t, 404, tc.kind, tc.body)).Payment(t.Context(), paymentID, 0)
		if fault.ExitOf(err) != tc.exit {
			t.Errorf("%s: exit %v, want %v: %v", tc.body, fault.ExitOf(err), tc.exit, err)
		}
	}
	_, err := asAnybody(answering(t, 200, "application/json", `{"id":"0195a1b2-0000-7000-8000-000000000009","state":"paid"}`)).Payment(t.Context(), paymentID, 0)
	if fault.ExitOf(err) != exitcode.Unavailable {
		t.Errorf("an answer about another payment: %v", err)
	}
}

func TestAPageInPlaceOfAnAnswerIsNamed(t *testing.T) {
	c := asAnybody(answering(t, 200, "text/html; charset=utf-8", "<html>Sign in to the network</html>"))
	_, err := c.Charge(t.Context(), "18810177170325189254")
	if fault.ExitOf(err) != exitcode.Unavailable || !strings.Contains(err.Error(), "sign-in page") {
		t.Errorf("%v", err)
	}
	if err := c.DeleteDraft(t.Context(), "d1"); fault.ExitOf(err) != exitcode.Unavailable || !strings.Contains(err.Error(), "unknown") {
		t.Errorf("a page was taken for a deletion: %v", err)
	}
	if err := c.ChangePassword(t.Context(), wire.PasswordChange{Old: "a", New: "b"}); fault.ExitOf(err) != exitcode.Unknown {
		t.Errorf("a page was taken for a new password: %v", err)
	}
}
