package acceptance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
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

// Whoever holds the marker of a run and speaks HTTP by hand still spends, under
// its authorisation, not more than the approvers have signed.
func TestAHandMadeClientCannotPayBeyondWhatWasSigned(t *testing.T) {
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
	// Forty payments at once by requisites, which no charge guards, each twice.
	_, seen := r.do(http.MethodGet, "/charges/"+slices.Sorted(maps.Keys(o.due))[0], "", nil)
	var all sync.WaitGroup
	var mu sync.Mutex
	count := map[string]int{}
	for i := range 40 {
		id := fmt.Sprintf("01980000-0000-7000-8000-%012d", i)
		body := map[string]any{"id": id, "amountKopecks": 100, "method": "account", "authorisationId": plan.ID,
			"requisites": map[string]any{"payee": seen["payee"], "purpose": fmt.Sprint("demo ", i)}}
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
	if count["201 <nil>"] != rows-2 || count["403 authorisation.exceeded"] == 0 {
		t.Errorf("%v", count)
	}
	if status, answer := r.do(http.MethodPost, "/payments", "01980000-0000-7000-8000-000000009999", map[string]any{"id": "01980000-0000-7000-8000-000000009999", "amountKopecks": o.sum,
		"method": "account", "authorisationId": plan.ID, "requisites": map[string]any{"payee": seen["payee"], "purpose": "demo"}}); status != http.StatusForbidden {
		t.Errorf("%d %v", status, answer)
	}
	status, a = r.do(http.MethodGet, "/payment-authorisations/"+plan.ID, "", nil)
	if status != http.StatusOK || a["usedCount"] != float64(rows) || a["state"] != "used" || a["usedKopecks"].(float64) > float64(o.sum) {
		t.Errorf("%d %v", status, a)
	}
	if spent := float64(o.held - o.clerk.balance()); spent != a["usedKopecks"] {
		t.Errorf("%v kopecks left the account, the authorisation counts %v", spent, a["usedKopecks"])
	}
	// The honest run finds its bound used up, stops, and refuses none of its rows.
	_, err := o.clerk.run("", "batch", "run", o.plan, "--wait", "1s", "--json")
	if err == nil || !strings.Contains(err.Error(), "exit status 4") || !strings.Contains(err.Error(), "beyond what the approvers have authorised") {
		t.Errorf("%v", err)
	}
	var standing struct{ Refused, Unknown int }
	o.clerk.read(&standing, "batch", "status", o.plan)
	if standing.Refused != 0 || standing.Unknown != 0 {
		t.Errorf("%+v", standing)
	}
}
