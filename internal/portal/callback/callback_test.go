package callback

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/epgu-cli/epgu/internal/i18n"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func listen(t *testing.T) *Listener {
	t.Helper()
	l, err := Listen(t.Context(), "http://127.0.0.1/callback", i18n.EN)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// get is one visit of a browser; change may alter the request.
func get(t *testing.T, address string, change func(*http.Request)) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(req)
	}
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestOnlyTheAwaitedAnswerEndsTheWaiting(t *testing.T) {
	l := listen(t)
	got := make(chan string, 1)
	go func() {
		address, err := l.Wait(t.Context(), func(address string) Verdict {
			if strings.Contains(address, "state=mine") {
				return Accepted
			}
			return Foreign
		})
		if err != nil {
			t.Error(err)
		}
		got <- address
	}()
	for _, visit := range []struct {
		name   string
		path   string
		change func(*http.Request)
		status int
	}{
		{"another state", "?code=stolen&state=other", nil, http.StatusBadRequest},
		{"another path", "/../favicon.ico?state=mine", nil, http.StatusNotFound},
		{"another method", "?code=1&state=mine", func(r *http.Request) { r.Method = http.MethodPost }, http.StatusMethodNotAllowed},
		{"a host of the network", "?code=1&state=mine", func(r *http.Request) { r.Host = "thief.example" }, http.StatusNotFound},
		{"a query without end", "?state=mine&code=" + strings.Repeat("a", maxQuery), nil, http.StatusNotFound},
	} {
		if status, _ := get(t, l.Address()+visit.path, visit.change); status != visit.status {
			t.Errorf("%s: %d, want %d", visit.name, status, visit.status)
		}
	}
	status, page := get(t, l.Address()+"?code=secret-code&state=mine", nil)
	if status != http.StatusOK || strings.Contains(page, "secret-code") || !strings.Contains(page, "Return to the terminal") {
		t.Errorf("%d %s", status, page)
	}
	if address := <-got; address != l.Address()+"?code=secret-code&state=mine" {
		t.Errorf("%s", address)
	}
}

func TestWaitingEndsWithItsContext(t *testing.T) {
	l := listen(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Wait(ctx, func(string) Verdict { return Foreign }); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestOnlyLoopbackAddressesAreListenedOn(t *testing.T) {
	for address, want := range map[string]bool{
		"http://127.0.0.1/callback": true, "http://[::1]:8000/": true, "http://127.0.0.1:7000/cb": true,
		"https://127.0.0.1/callback": false, "http://0.0.0.0/callback": false, "http://example.org/": false,
		"http://localhost/": false, "http://user@127.0.0.1/": false, "": false,
	} {
		if Loopback(address) != want {
			t.Errorf("%q: %v", address, !want)
		}
		if !want {
			if _, err := Listen(t.Context(), address, i18n.EN); !errors.Is(err, ErrNotLoopback) {
				t.Errorf("%q: %v", address, err)
			}
		}
	}
}
