package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"time"
)

// maxErrorBody bounds the body of an error answer, bytes; the rest is dropped.
const maxErrorBody = 64 << 10

// waitGrace is how long after Call.Wait a held answer may still be on its way, over
// all attempts. A wait is somebody's deadline: it ends the request and its body.
const waitGrace = 3 * time.Second

// Do sends the call and returns its whole answer. The error is a *fault.Error
// around an *Error, except that a call that the caller cancelled, and that
// cannot have done anything, returns context.Canceled.
func (c *Client) Do(ctx context.Context, call *Call) (*Response, error) {
	limit := call.MaxBody
	if limit <= 0 {
		limit = c.opts.MaxBody
	}
	return c.run(ctx, call, func(resp *http.Response, dog *watchdog) ([]byte, bool, error) {
		defer dog.within(c.opts.Whole)()
		b, err := readAll(resp.Body, limit, resp.ContentLength)
		return b, true, err
	})
}

// JSON is Do with the answer decoded into out (nil, or an answer without a
// body, decodes nothing). An answer that is not the JSON expected is an error
// like a lost one: what the portal did is not known from it.
func (c *Client) JSON(ctx context.Context, call *Call, out any) (*Response, error) {
	if out == nil {
		return c.Do(ctx, call)
	}
	limit := call.MaxBody
	if limit <= 0 {
		limit = c.opts.MaxBody
	}
	decode := json.Unmarshal
	if call.Decode != nil {
		decode = call.Decode
	}
	return c.run(ctx, call, func(resp *http.Response, dog *watchdog) ([]byte, bool, error) {
		defer dog.within(c.opts.Whole)()
		b, err := readAll(resp.Body, limit, resp.ContentLength)
		if err == nil && resp.StatusCode != http.StatusNoContent {
			if err = decode(b, out); err != nil {
				err = &notJSON{body: b, err: err}
			}
		}
		return b, true, err
	})
}

// notJSON is the body of an answer that should have been JSON.
type notJSON struct {
	body []byte
	err  error
}

func (e *notJSON) Error() string { return "decode answer: " + e.err.Error() }
func (e *notJSON) Unwrap() error { return e.err }

// Copy sends the call and streams the body of its answer to w, at most limit
// bytes (Options.MaxBody when not positive). A failure after the first byte is not
// repeated: w has seen part of the answer.
func (c *Client) Copy(ctx context.Context, call *Call, w io.Writer, limit int64) (*Response, int64, error) {
	if limit <= 0 {
		limit = c.opts.MaxBody
	}
	var written int64
	resp, err := c.run(ctx, call, func(resp *http.Response, _ *watchdog) ([]byte, bool, error) {
		n, err := io.Copy(w, io.LimitReader(resp.Body, limit+1))
		written += n
		if err == nil && n > limit {
			err = errTooLarge
		}
		return nil, n == 0, err
	})
	return resp, written, err
}

// consume reads the body of a good answer; again says whether the call may be
// repeated if that fails.
type consume func(*http.Response, *watchdog) (body []byte, again bool, err error)

func (c *Client) run(ctx context.Context, call *Call, eat consume) (*Response, error) {
	if err := call.check(); err != nil {
		return nil, err
	}
	token, err := c.token(ctx, call)
	if err != nil {
		return nil, err
	}
	requestID := c.opts.NewRequestID()
	pacer := call.Pacer
	if pacer == nil {
		pacer = c.opts.Pacer
	}
	delays := newDelays(c.opts.MaxDelay)
	if call.Wait > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, call.Wait+waitGrace)
		defer cancel()
	}
	renewed, earlier := false, false
	for n := 1; ; n++ {
		if err := errors.Join(ctx.Err(), pacer.Wait(ctx)); err != nil {
			return nil, c.fail(call, &Error{Kind: NeverSent, RequestID: requestID, Err: err, earlier: earlier})
		}
		resp, failure := c.once(ctx, call, token, requestID, n, eat)
		if failure == nil {
			return resp, nil
		}
		failure.Attempts, failure.earlier = n, earlier
		earlier = earlier || failure.MayHaveHappened()
		if failure.Status == http.StatusUnauthorized && token != "" && !renewed && !(call.Policy == Once && failure.MayHaveHappened()) {
			// Nothing was done, so even a Once call may follow.
			renewed = true
			fresh, err := c.opts.Tokens(ctx, token)
			if err != nil {
				return nil, err
			}
			if fresh != "" && fresh != token {
				token = fresh
				continue
			}
		}
		if failure.Status == http.StatusTooManyRequests {
			pacer.Hold(min(failure.RetryAfter, c.opts.MaxDelay)) // for every worker, whatever becomes of this call
		}
		if call.Policy == Once || !failure.passing() || n >= c.opts.MaxAttempts || ctx.Err() != nil {
			return nil, c.fail(call, failure)
		}
		delay, ok := delays.next(failure.RetryAfter)
		if !ok {
			return nil, c.fail(call, failure)
		}
		if err := c.opts.Clock.Sleep(ctx, delay); err != nil {
			failure.Err = errors.Join(err, failure.Err)
			return nil, c.fail(call, failure)
		}
	}
}

func (c *Client) token(ctx context.Context, call *Call) (string, error) {
	if call.Auth == AuthNone {
		return "", nil
	}
	var token string
	if c.opts.Tokens != nil {
		t, err := c.opts.Tokens(ctx, "")
		if err != nil {
			return "", err
		}
		token = t
	}
	if token == "" && call.Auth == AuthRequired {
		return "", notSignedIn()
	}
	return token, nil
}

// once puts the request on the wire one time.
func (c *Client) once(ctx context.Context, call *Call, token, requestID string, n int, eat consume) (*Response, *Error) {
	began := c.opts.Clock.Now()
	ctx, dog, stop := watch(ctx, c.opts.Idle+call.Wait)
	defer stop()
	a := &attempt{call: call, token: token, dog: dog}
	trace := &connTrace{}
	ctx = httptrace.WithClientTrace(context.WithValue(ctx, attemptKey{}, a), trace.hooks())

	r := c.resty.R().SetContext(ctx).SetPathParams(call.PathParams).SetQueryParamsFromValues(call.Query)
	r.Header = call.header(ctx, c, requestID)
	if call.Body != nil && call.Body.Open == nil {
		r.SetBody(call.Body.bytes)
	}
	address := call.Base + call.Path
	if call.RawQuery != "" {
		address += "?" + call.RawQuery
	}
	answer, err := r.Execute(call.Method, address)
	rec := Record{At: began, Method: call.Method, Host: hostOf(call.Base), Path: call.Path, OrderID: call.OrderID, RequestID: requestID, Attempt: n, Took: c.opts.Clock.Now().Sub(began)}
	rec.Query, rec.Headers, rec.Body = a.told.Query, a.told.Headers, a.told.Body
	if err != nil {
		failure := networkFailure(ctx, err, trace)
		if answer != nil && answer.RawResponse != nil { // a redirect that was not followed
			_ = answer.RawResponse.Body.Close()
			failure.Header = answer.RawResponse.Header
		}
		failure.RequestID = requestID
		rec.Outcome = failure.Kind.String()
		c.note(rec, call, token, failure)
		return nil, failure
	}
	raw := answer.RawResponse
	defer func() { _ = raw.Body.Close() }()
	rec.Status, rec.Outcome = raw.StatusCode, "answered"
	if id := boundedID(raw.Header.Get("X-Request-Id")); id != "" {
		rec.RequestID = id
	}
	if raw.StatusCode >= 300 {
		end := dog.within(c.opts.Whole)
		body, _ := io.ReadAll(io.LimitReader(raw.Body, maxErrorBody)) // what could be read is enough to explain
		end()
		failure := &Error{Kind: Status, Status: raw.StatusCode, Body: body, ContentType: raw.Header.Get("Content-Type"),
			Header: raw.Header, RequestID: rec.RequestID, SentID: requestID, RetryAfter: retryAfter(raw.Header, c.opts.Clock.Now())}
		call.describe(failure)
		failure.Proof = call.judge(failure)
		c.log.response(raw, body, call, token)
		rec.Answer = c.answered(raw, body, call, token)
		c.note(rec, call, token, nil)
		return nil, failure
	}
	body, again, err := eat(raw, dog)
	if err != nil {
		failure := bodyFailure(ctx, err)
		failure.ContentType = raw.Header.Get("Content-Type")
		call.describe(failure)
		failure.Status, failure.RequestID, failure.unrepeatable = raw.StatusCode, rec.RequestID, !again
		rec.Outcome = failure.Kind.String()
		if failure.Kind == BadAnswer {
			c.log.response(raw, failure.Body, call, token)
		}
		c.note(rec, call, token, failure)
		return nil, failure
	}
	c.log.response(raw, body, call, token)
	rec.Answer = c.answered(raw, body, call, token)
	c.note(rec, call, token, nil)
	return &Response{Status: raw.StatusCode, Header: raw.Header, Body: body, RequestID: rec.RequestID, SentID: requestID, Attempts: n}, nil
}

// answered is what the record of a request keeps of its answer.
func (c *Client) answered(resp *http.Response, body []byte, call *Call, token string) string {
	if c.opts.Records == nil {
		return ""
	}
	return newRedactor(call, token).body(resp.Header.Get("Content-Type"), body)
}

// note writes the incident record and, for a failure, the debug log.
func (c *Client) note(rec Record, call *Call, token string, failure *Error) {
	if failure != nil {
		c.log.failure(failure, call, token)
	}
	if c.opts.Records != nil {
		c.opts.Records(rec)
	}
}

// fail fills in what the call knows and returns the error for people.
func (c *Client) fail(call *Call, e *Error) error {
	call.describe(e)
	if errors.Is(e.Err, context.Canceled) && !e.MayHaveHappened() {
		return context.Canceled
	}
	return e.Fault()
}

// describe fills in what the call knows of its failure.
func (call *Call) describe(e *Error) {
	e.Method, e.Host, e.Path, e.Policy = call.Method, hostOf(call.Base), call.Path, call.Policy
	e.freshKey = call.FreshKey
}

// Strange is the failure of a call that was answered well and not about what was
// asked for: another id, no id. What the portal did is not known from it.
func (c *Client) Strange(call *Call, resp *Response, why error) error {
	return c.fail(call, &Error{Kind: BadAnswer, Status: resp.Status, Body: head(resp.Body), ContentType: resp.Header.Get("Content-Type"), RequestID: resp.RequestID, Attempts: resp.Attempts, Err: why})
}

// AsError returns the *Error inside err, or nil.
func AsError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// maxAhead is how much is set aside at most for a body on the word of its header.
const maxAhead = 64 << 10

// readAll reads at most limit bytes and fails with errTooLarge beyond. Announced is
// how many there should be, -1 when nobody says.
func readAll(r io.Reader, limit, announced int64) ([]byte, error) {
	var b bytes.Buffer
	if announced > 0 {
		b.Grow(int(min(announced, maxAhead)) + bytes.MinRead) // so that it need not grow
	}
	n, err := b.ReadFrom(io.LimitReader(r, limit+1))
	if err == nil && n > limit {
		return nil, errTooLarge
	}
	return b.Bytes(), err
}

func head(b []byte) []byte { return b[:min(len(b), maxErrorBody)] }
