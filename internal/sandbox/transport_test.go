package sandbox

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
)

func call(t *testing.T, ctx context.Context, h http.HandlerFunc, method string, body io.Reader) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, Origin+"/a%2Fb?q=1", body)
	if err != nil {
		t.Fatal(err)
	}
	return transport{h}.RoundTrip(req)
}

func TestTheHandlerSeesARequestAsFromTheWire(t *testing.T) {
	resp, err := call(t, t.Context(), func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/a/b" || r.URL.RawPath != "/a%2Fb" || r.RequestURI != "/a%2Fb?q=1" || r.Host != "epgu-sandbox.invalid" || r.URL.Host != "" {
			t.Errorf("%+v %s %s", r.URL, r.RequestURI, r.Host)
		}
		b, err := io.ReadAll(r.Body)
		if err != nil || string(b) != "question" {
			t.Errorf("%q %v", b, err)
		}
		w.Header().Set("X-Test", "1")
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "answer")
		w.Header().Set("X-Late", "1")
	}, "POST", strings.NewReader("question"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || string(b) != "answer" || resp.StatusCode != http.StatusTeapot || resp.Header.Get("X-Test") != "1" || resp.Header.Get("X-Late") != "" {
		t.Errorf("%d %q %v %v", resp.StatusCode, b, resp.Header, err)
	}
}

func TestBodiesStreamBothWays(t *testing.T) {
	pr, pw := io.Pipe()
	resp, err := call(t, t.Context(), func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		buf := make([]byte, 4)
		for {
			n, err := r.Body.Read(buf)
			_, _ = w.Write(buf[:n])
			if err != nil {
				return
			}
		}
	}, "POST", pr)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for range 3 { // the answer comes before the question has ended
		if _, err := io.WriteString(pw, "ping"); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 4)
		if _, err := io.ReadFull(resp.Body, got); err != nil || string(got) != "ping" {
			t.Fatalf("%q %v", got, err)
		}
	}
	_ = pw.Close()
	if b, err := io.ReadAll(resp.Body); err != nil || len(b) != 0 {
		t.Errorf("%q %v", b, err)
	}
}

func TestAnAbortBeforeTheAnswerLooksLikeAReset(t *testing.T) {
	_, err := call(t, t.Context(), func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "GET", nil)
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%v", err)
	}
}

func TestAnAbortInTheMiddleLooksLikeACutConnection(t *testing.T) {
	resp, err := call(t, t.Context(), func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		panic(http.ErrAbortHandler)
	}, "GET", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if string(b) != "half" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%q %v", b, err)
	}
}

func TestCancellingTheRequestEndsTheHandler(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	began, ended := make(chan struct{}), make(chan struct{})
	go func() { <-began; cancel() }()
	_, err := call(t, ctx, func(_ http.ResponseWriter, r *http.Request) {
		defer close(ended)
		close(began)
		<-r.Context().Done()
	}, "GET", nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	<-ended
}

func TestClosingTheAnswerEndsTheHandler(t *testing.T) {
	ended := make(chan struct{})
	resp, err := call(t, t.Context(), func(w http.ResponseWriter, _ *http.Request) {
		defer close(ended)
		for {
			if _, err := io.WriteString(w, "more"); err != nil {
				return
			}
		}
	}, "GET", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	<-ended
}

func TestAHeadAnswerHasNoBody(t *testing.T) {
	resp, err := call(t, t.Context(), func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "6")
		_, _ = io.WriteString(w, "answer")
	}, "HEAD", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, err := io.ReadAll(resp.Body); err != nil || len(b) != 0 || resp.ContentLength != 6 {
		t.Errorf("%q %v %d", b, err, resp.ContentLength)
	}
}
