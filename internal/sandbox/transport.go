package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"syscall"

	"github.com/epgu-cli/epgu/internal/sandbox/inprocess"
)

// Transport returns the portal as a RoundTripper that calls the handler in
// this process: bodies are streamed both ways, cancelling the request's context
// or closing the answer's body cancels the handler, and a handler that aborts
// (http.ErrAbortHandler) looks like a cut connection: ECONNRESET before the
// answer began, io.ErrUnexpectedEOF in the middle of it.
func (p *Portal) Transport() http.RoundTripper { return transport{p.handler} }

type transport struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		if req.Body != nil {
			_ = req.Body.Close() // the contract of RoundTripper; nothing was read
		}
		return nil, err
	}
	ctx, cancel := context.WithCancel(inprocess.Mark(req.Context()))
	in := req.Clone(ctx)
	in.URL = &url.URL{Path: req.URL.Path, RawPath: req.URL.RawPath, RawQuery: req.URL.RawQuery}
	in.RequestURI = in.URL.RequestURI()
	in.RemoteAddr = inprocess.RemoteAddr
	in.Header = make(http.Header, len(req.Header))
	for name, values := range req.Header { // as a server reads them off the wire
		in.Header[http.CanonicalHeaderKey(name)] = append(in.Header[http.CanonicalHeaderKey(name)], values...)
	}
	in.Proto, in.ProtoMajor, in.ProtoMinor = "HTTP/1.1", 1, 1
	if in.Host == "" {
		in.Host = req.URL.Host
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	body := &guardedBody{body: in.Body}
	in.Body = body

	pr, pw := io.Pipe()
	w := &answer{header: http.Header{}, pipe: pw, began: make(chan struct{}), ended: make(chan struct{})}
	go w.serve(t.handler, in, body)

	select {
	case <-w.began:
	case <-w.ended:
	case <-ctx.Done():
	}
	// A handler that ends because of the cancelling must not pass for one that
	// answered.
	if err := req.Context().Err(); err != nil {
		cancel()
		body.shut()
		_ = pr.CloseWithError(err) // unblocks a handler that is about to write
		return nil, err
	}
	if !w.hasBegun() { // ended without a word: the connection was cut
		cancel()
		_ = pr.Close()
		return nil, fmt.Errorf("the embedded portal cut the connection: %w", syscall.ECONNRESET)
	}
	stop := context.AfterFunc(ctx, func() { _ = pw.CloseWithError(ctx.Err()) })
	resp := &http.Response{
		Status:     strconv.Itoa(w.status) + " " + http.StatusText(w.status),
		StatusCode: w.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        w.sent,
		Request:       req,
		ContentLength: -1,
		Body:          &answerBody{PipeReader: pr, close: func() { stop(); cancel() }},
	}
	if n, err := strconv.ParseInt(w.sent.Get("Content-Length"), 10, 64); err == nil && n >= 0 {
		resp.ContentLength = n
	}
	return resp, nil
}

// answer is the ResponseWriter of one request.
type answer struct {
	header http.Header
	sent   http.Header // as it was when the answer began
	status int
	pipe   *io.PipeWriter
	once   sync.Once
	began  chan struct{}
	ended  chan struct{}
	silent bool // no body may follow: HEAD, 204, 304
}

func (a *answer) hasBegun() bool {
	select {
	case <-a.began:
		return true
	default:
		return false
	}
}

// serve runs the handler to its end and closes the answer accordingly.
func (a *answer) serve(h http.Handler, r *http.Request, body *guardedBody) {
	defer close(a.ended)
	defer body.shut()
	defer func() {
		if cause := recover(); cause != nil {
			// The middleware has answered every other panic already.
			_ = a.pipe.CloseWithError(io.ErrUnexpectedEOF)
			return
		}
		a.WriteHeader(http.StatusOK)
		_ = a.pipe.Close()
	}()
	a.silent = r.Method == http.MethodHead
	h.ServeHTTP(a, r)
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if status >= 100 && status < 200 {
		return // informational answers are not passed on
	}
	a.once.Do(func() {
		a.status, a.sent = status, a.header.Clone()
		a.silent = a.silent || status == http.StatusNoContent || status == http.StatusNotModified
		close(a.began)
	})
}

// Write implements http.ResponseWriter.
func (a *answer) Write(b []byte) (int, error) {
	if !a.hasBegun() && a.header.Get("Content-Type") == "" {
		a.header.Set("Content-Type", http.DetectContentType(b))
	}
	a.WriteHeader(http.StatusOK)
	if a.silent {
		return len(b), nil
	}
	return a.pipe.Write(b)
}

// Flush implements http.Flusher: nothing is held back but the header.
func (a *answer) Flush() { a.WriteHeader(http.StatusOK) }

// answerBody cancels the handler when the client closes the body.
type answerBody struct {
	*io.PipeReader
	close func()
}

// Close implements io.Closer.
func (b *answerBody) Close() error {
	b.close()
	return b.PipeReader.Close()
}

// guardedBody is the request's body: after RoundTrip has returned an error or
// the handler has ended, nobody reads it any more, and it is closed once.
type guardedBody struct {
	mu   sync.Mutex
	body io.ReadCloser
	done bool
}

var errBodyClosed = errors.New("the request's body is closed")

// Read implements io.Reader.
func (g *guardedBody) Read(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.done {
		return 0, errBodyClosed
	}
	return g.body.Read(p)
}

// Close implements io.Closer; as in a real server it does not stop the client.
func (g *guardedBody) Close() error { return nil }

func (g *guardedBody) shut() {
	// A blocked Read holds the lock; closing the body under it is what ends
	// the Read, so the closing does not wait for the lock.
	_ = g.body.Close()
	g.mu.Lock()
	g.done = true
	g.mu.Unlock()
}
