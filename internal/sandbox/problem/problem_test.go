package problem_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
)

func serve(t *testing.T, h http.Handler, header map[string]string, body string) (*httptest.ResponseRecorder, map[string]any, string) {
	t.Helper()
	var log bytes.Buffer
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/x", strings.NewReader(body))
	for k, v := range header {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	problem.Middleware(slog.New(slog.NewTextHandler(&log, nil)), h).ServeHTTP(w, r)
	var v map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return w, v, log.String()
}

func TestARefusalSpeaksTheReadersLanguage(t *testing.T) {
	h := problem.Handler(func(http.ResponseWriter, *http.Request) error {
		e := problem.New(http.StatusConflict, "test.busy", i18n.Say("Занято", "Busy")).WithHint(i18n.Say("позже", "later"))
		e.RetryAfter = 1500 * time.Millisecond
		return e
	})
	for lang, want := range map[string]string{"": "Занято", "ru-RU,ru;q=0.9,en;q=0.8": "Занято", "en-GB,en": "Busy", "de, en;q=0.5": "Busy", "fr": "Занято", ";;;,": "Занято"} {
		w, v, _ := serve(t, h, map[string]string{"Accept-Language": lang}, "")
		if v["title"] != want || w.Code != http.StatusConflict || v["code"] != "test.busy" || v["requestId"] == "" || v["retryAfterMs"] != 1500.0 ||
			w.Header().Get("Retry-After") != "2" || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%q: %d %v %v", lang, w.Code, v, w.Header())
		}
	}
}

func TestTheCauseOfAFailureIsLoggedAndNotShown(t *testing.T) {
	for name, h := range map[string]http.Handler{
		"error": problem.Handler(func(http.ResponseWriter, *http.Request) error { return errors.New("secret cause") }),
		"panic": http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret cause") }),
	} {
		w, v, log := serve(t, h, nil, "")
		if w.Code != http.StatusInternalServerError || v["code"] != "internal" || strings.Contains(w.Body.String(), "secret") || !strings.Contains(log, "secret cause") {
			t.Errorf("%s: %d %v, log %q", name, w.Code, v, log)
		}
	}
}

func TestABodyIsOneKnownObject(t *testing.T) {
	h := problem.Handler(func(w http.ResponseWriter, r *http.Request) error {
		var in struct{ A int }
		if err := problem.ReadJSON(w, r, &in); err != nil {
			return err
		}
		problem.JSON(w, http.StatusOK, in)
		return nil
	})
	for body, want := range map[string]int{
		`{"A":1}`: http.StatusOK, `{"A":1} {"A":2}`: http.StatusBadRequest, `{"B":1}`: http.StatusBadRequest, `{"A":"x"}`: http.StatusBadRequest,
		``: http.StatusBadRequest, `{"A":`: http.StatusBadRequest, `{"A":1,"A":` + strings.Repeat(" ", problem.MaxJSON) + `2}`: http.StatusRequestEntityTooLarge,
	} {
		if w, _, _ := serve(t, h, nil, body); w.Code != want {
			t.Errorf("%.30q: %d, want %d", body, w.Code, want)
		}
	}
}
