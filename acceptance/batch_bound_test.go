package acceptance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// raw is a client made by hand: no more than a marker and HTTP.
type raw struct {
	t      *testing.T
	base   string
	marker string
}

func (r *raw) do(method, path, key string, body any) (int, map[string]any) {
	var in io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			r.t.Error(err)
		}
		in = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.base+"/api/cabinet/v1"+path, in)
	if err != nil {
		r.t.Error(err)
		return 0, nil
	}
	req.Header.Set("Authorization", "Bearer "+r.marker)
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Error(err)
		return 0, nil
	}
	defer resp.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&out); err != nil {
		r.t.Error(err)
	}
	return resp.StatusCode, out
}

// Whoever holds the marker of a run and speaks HTTP by hand cannot pay anything under
// its authorisation that the approvers have not signed, not even within their bounds.
func TestAHandMadeClientCannotPayWhatWasNotSigned(t *testing.T) {
	t.Parallel()
	const rows = 6
	o := newOffice(t, build(t), rows)
	if out, err := o.clerk.run("", "batch", "run", o.plan, "--only", "1-2", "--wait", "20s"); err == nil || !strings.Contains(err.Error(), "exit status 8") {
		t.Fatalf("%s %v", out, err)
	}
	var plan struct{ ID string }
	o.clerk.read(&plan, "batch", "status", o.plan)
	r := &raw{t, "http://" + o.portal.addr, strings.TrimSpace(o.clerk.must("auth", "token"))}
	status, a := r.do(http.MethodGet, "/payment-authorisations/"+plan.ID, "", nil)
	if status != http.StatusOK || a["usedCount"] != 2.0 || a["count"] != float64(rows) || a["sumKopecks"] != float64(o.sum) {
		t.Fatalf("%d %v", status, a)
	}
	// Forty payments at once by requisites, which no charge guards, each twice, with no
	// proof, a made up one, or that of the only row that might be guessed.
	_, seen := r.do(http.MethodGet, "/charges/"+slices.Sorted(maps.Keys(o.due))[0], "", nil)
	var all sync.WaitGroup
	var mu sync.Mutex
	count := map[string]int{}
	for i := range 40 {
		id := fmt.Sprintf("01980000-0000-7000-8000-%012d", i)
		body := map[string]any{"id": id, "amountKopecks": 100, "method": "account", "authorisationId": plan.ID,
			"requisites": map[string]any{"payee": seen["payee"], "purpose": fmt.Sprint("demo ", i)}}
		if i%2 == 1 {
			body["proof"] = map[string]any{"row": i%rows + 1, "path": bytes.Repeat([]byte{byte(i)}, 32*(i%4))}
		}
		for range 2 {
			all.Add(1)
			go func() {
				defer all.Done()
				status, answer := r.do(http.MethodPost, "/payments", id, body)
				mu.Lock()
				defer mu.Unlock()
				count[fmt.Sprint(status, " ", answer["code"])]++
			}()
		}
	}
	all.Wait()
	if n := count["403 authorisation.not_signed"]; n == 0 || n+count["409 payment.in_progress"] != 80 {
		t.Errorf("%v", count)
	}
	// The honest run goes on and pays the rest.
	o.clerk.must("batch", "run", o.plan, "--wait", "20s")
	status, a = r.do(http.MethodGet, "/payment-authorisations/"+plan.ID, "", nil)
	if status != http.StatusOK || a["usedCount"] != float64(rows) || a["state"] != "used" || a["usedKopecks"] != float64(o.sum) {
		t.Errorf("%d %v", status, a)
	}
	if spent := o.held - o.clerk.balance(); spent != o.sum {
		t.Errorf("%v kopecks left the account, %v were signed", spent, o.sum)
	}
}

// A plan that is overwritten in place, once before and once while a run has it open:
// nothing that was not signed is paid, and the rows are named.
func TestAPlanThatIsOverwrittenInPlaceIsNotRun(t *testing.T) {
	o := newOffice(t, build(t), 6)
	whole, err := os.ReadFile(o.plan)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(whole, []byte(`"account":"`))
	f, err := os.OpenFile(o.plan, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("9"), int64(at+len(`"account":"`)+7)); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := o.clerk.run("", "batch", "run", o.plan, "--lang", "en")
	if err == nil || !strings.Contains(err.Error(), "exit status 9") || !strings.Contains(err.Error(), "rows 1 to 6 are not what they were") {
		t.Fatalf("%s %v", out, err)
	}
	if spent := o.held - o.clerk.balance(); spent != 0 {
		t.Errorf("%v kopecks left the account", spent)
	}
}
