// Package callback listens on a loopback port for the browser that the
// portal's sign-in page sends back (RFC 8252, section 7.3). It hands the address
// over and knows nothing of what stands in it. cli and tui may import it.
package callback

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
)

// ErrNotLoopback says that the redirect address is not one on which a program
// on this machine may listen.
var ErrNotLoopback = errors.New("callback: not a plain http address of this machine")

// maxQuery bounds what a browser may bring, bytes.
const maxQuery = 16 << 10

// Verdict is what became of an address that a browser brought.
type Verdict int

// The verdicts.
const (
	Foreign  Verdict = iota // it belongs to another request: the waiting goes on
	Accepted                // it is the awaited one
	Refused                 // it is the awaited one, and it says no
)

// Listener waits for one browser.
type Listener struct {
	l    net.Listener
	addr url.URL
	lang i18n.Lang
}

// Loopback reports whether a program may listen on the redirect address.
func Loopback(redirect string) bool {
	u, err := url.Parse(redirect)
	if err != nil || u.Scheme != "http" || u.User != nil || u.RawQuery != "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return ip != nil && ip.IsLoopback()
}

// Listen listens on the address of the redirect; without a port in it, on any
// free one.
func Listen(ctx context.Context, redirect string, lang i18n.Lang) (*Listener, error) {
	if !Loopback(redirect) {
		return nil, ErrNotLoopback
	}
	u, err := url.Parse(redirect)
	if err != nil {
		return nil, err
	}
	port := u.Port()
	if port == "" {
		port = "0"
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return nil, fmt.Errorf("listen for the browser: %w", err)
	}
	addr := url.URL{Scheme: "http", Host: l.Addr().String(), Path: u.Path}
	if addr.Path == "" {
		addr.Path = "/"
	}
	return &Listener{l: l, addr: addr, lang: lang}, nil
}

// Address is the redirect address with the port that was taken.
func (l *Listener) Address() string { return l.addr.String() }

// Close ends a listener that Wait was never called on.
func (l *Listener) Close() error { return l.l.Close() }

// Wait serves until judge has accepted or refused an address, or ctx ends. It
// returns the address. Nothing is served afterwards.
func (l *Listener) Wait(ctx context.Context, judge func(address string) Verdict) (string, error) {
	came := make(chan string, 1)
	srv := &http.Server{
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { l.serve(w, r, judge, came) }),
		ReadHeaderTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 2 * maxQuery,
	}
	srv.SetKeepAlivesEnabled(false)
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(l.l) }()
	defer func() {
		// The page on its way to the browser is finished first.
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if srv.Shutdown(grace) != nil {
			_ = srv.Close()
		}
		<-ended
	}()
	select {
	case address := <-came:
		return address, nil
	case err := <-ended:
		ended <- err // for the deferred wait
		return "", fmt.Errorf("listen for the browser: %w", err)
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (l *Listener) serve(w http.ResponseWriter, r *http.Request, judge func(string) Verdict, came chan<- string) {
	// A page of the network that names this address by a host of its own
	// (DNS rebinding) is not the portal's browser.
	if r.Host != l.addr.Host || r.URL.Path != l.addr.Path || len(r.URL.RawQuery) > maxQuery {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "GET", http.StatusMethodNotAllowed)
		return
	}
	address := l.addr
	address.RawQuery = r.URL.RawQuery
	verdict := judge(address.String())
	l.page(w, verdict)
	if verdict == Foreign {
		return
	}
	select {
	case came <- address.String():
	default: // a second browser comes too late
	}
}

// page tells the person where to look next. It needs no script and loads nothing.
func (l *Listener) page(w http.ResponseWriter, v Verdict) {
	title := i18n.Text{RU: "Ответ портала получен", EN: "The portal's answer has arrived"}
	text := i18n.Text{RU: "Вернитесь в терминал. Это окно можно закрыть.", EN: "Return to the terminal. This window may be closed."}
	status := http.StatusOK
	switch v {
	case Refused:
		title = i18n.Text{RU: "Вход не выполнен", EN: "You are not signed in"}
	case Foreign:
		status = http.StatusBadRequest
		title = i18n.Text{RU: "Это ответ на другой вход", EN: "This is the answer to another sign-in"}
		text = i18n.Text{RU: "Закончите вход на странице, которую открыла программа.", EN: "Finish the sign-in on the page that the program opened."}
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	var b strings.Builder
	fmt.Fprintf(&b, "<!doctype html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\"><title>%s</title></head>\n<body><main><h1>%s</h1><p>%s</p></main></body></html>\n",
		l.lang, html.EscapeString(title.In(l.lang)), html.EscapeString(title.In(l.lang)), html.EscapeString(text.In(l.lang)))
	_, _ = w.Write([]byte(b.String())) // a browser that has gone is nobody's error
}
