// Package cabinet is the client of the cabinet API
// (docs/api/cabinet.openapi.yaml): everything that a portal does and that has
// no public contract. It moves requests and explains refusals; what to do with
// them is decided in internal/core. Core packages, portal/training and
// internal/app may import it.
package cabinet

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

const (
	// MaxWait is the longest wait that the API takes; longer ones are cut to it.
	MaxWait = 60 * time.Second
	// maxReceipt bounds a receipt when the caller names no limit, bytes.
	maxReceipt = 20 << 20
	// capabilitiesFor is how long Offers believes an answer.
	capabilitiesFor = 5 * time.Minute
)

// Client speaks the cabinet API. It is safe for concurrent use.
type Client struct {
	t       *transport.Client
	base    string
	without string // the portal that has no cabinet API, when this is one
	but     []wire.Capability

	mu     sync.Mutex
	caps   *wire.Capabilities
	readAt time.Time
}

// New returns a client of the portal at base ("https://host") that sends
// through t.
func New(t *transport.Client, base string) *Client {
	return &Client{t: t, base: strings.TrimSuffix(base, "/")}
}

func (c *Client) call(method, path string, policy transport.Policy) *transport.Call {
	call := &transport.Call{Method: method, Base: c.base, Path: wire.Base + path, Policy: policy}
	call.Judge = Judge(call)
	return call
}

// get reads one thing into out; nil is for an answer without a body. Such a one
// proves itself by the echoed request id alone: a page in its place does not.
func (c *Client) get(ctx context.Context, call *transport.Call, out any) (*transport.Response, error) {
	if err := c.offered(call); err != nil {
		return nil, err
	}
	bare := out == nil
	if bare { // an answer without a body is 204: a page with a good status is none
		call.Decode, out = noBody, new(struct{})
	}
	resp, err := c.t.JSON(ctx, call, out)
	if err == nil && bare && resp.Header.Get("X-Request-Id") != resp.SentID {
		err = c.t.Strange(call, resp, errors.New("the request's id is not echoed"))
	}
	return resp, Explain(err)
}

func noBody([]byte, any) error { return errors.New("a body where there is none") }

// send is get with a body.
func (c *Client) send(ctx context.Context, call *transport.Call, body, out any) (*transport.Response, error) {
	b, err := transport.JSON(body)
	if err != nil {
		return nil, err
	}
	call.Body = b
	return c.get(ctx, call, out)
}

func withID(call *transport.Call, name, value string) *transport.Call {
	call.PathParams = map[string]string{name: value}
	return call
}

func waiting(call *transport.Call, wait time.Duration) *transport.Call {
	call.Wait = min(wait, MaxWait)
	return call
}

// newKey makes the Idempotency-Key of a call whose caller has no id of its own.
func newKey() (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", err
	}
	return id.String(), nil
}

// Capabilities asks what the portal offers; no sign-in is needed.
func (c *Client) Capabilities(ctx context.Context) (*wire.Capabilities, error) {
	call := c.call(http.MethodGet, "", transport.Safe)
	// Any site may be asked whether it is such a portal, in whatever words it says no.
	call.Path, call.Auth, call.Judge = wire.WellKnown, transport.AuthNone, nil
	var caps wire.Capabilities
	if _, err := c.get(ctx, call, &caps); err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.caps, c.readAt = &caps, c.t.Clock().Now()
	c.mu.Unlock()
	return &caps, nil
}

// Offers is Require on what the portal said within the last five minutes, and
// asks it otherwise.
func (c *Client) Offers(ctx context.Context, capability wire.Capability) error {
	c.mu.Lock()
	caps, old := c.caps, c.t.Clock().Now().Sub(c.readAt) > capabilitiesFor
	c.mu.Unlock()
	if caps == nil || old {
		var err error
		if caps, err = c.Capabilities(ctx); err != nil {
			return err
		}
	}
	return Require(caps, capability)
}

// SignIn begins a sign-in in the terminal. A repetition is harmless: the
// request carries a key of its own.
func (c *Client) SignIn(ctx context.Context, req wire.SignInRequest) (*wire.SignIn, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	call := c.call(http.MethodPost, "/sign-ins", transport.Idempotent)
	call.Auth, call.IdempotencyKey, call.FreshKey = transport.AuthNone, key, true
	call.Secrets = []string{req.Password, req.Authorization.ClientSecret}
	var s wire.SignIn
	if _, err := c.send(ctx, call, req, &s); err != nil {
		return nil, lostFactor(err)
	}
	return &s, nil
}

// CertificateSignIn begins a sign-in by a certificate. A repetition is
// harmless: the request carries a key of its own.
func (c *Client) CertificateSignIn(ctx context.Context, req wire.CertificateSignInRequest) (*wire.SignIn, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	call := c.call(http.MethodPost, "/certificate-sign-ins", transport.Idempotent)
	call.Auth, call.IdempotencyKey, call.FreshKey = transport.AuthNone, key, true
	call.Secrets = []string{req.Authorization.ClientSecret}
	var s wire.SignIn
	if _, err := c.send(ctx, call, req, &s); err != nil {
		return nil, lostFactor(err)
	}
	return &s, nil
}

// Factor confirms a sign-in; an empty code of kind "sms" or "email" asks for a
// new one to be sent. After a lost answer the sign-in is begun anew.
func (c *Client) Factor(ctx context.Context, signIn string, answer wire.FactorAnswer) (*wire.SignIn, error) {
	call := withID(c.call(http.MethodPost, "/sign-ins/{id}/factor", transport.Once), "id", signIn)
	call.Auth, call.Secrets = transport.AuthNone, []string{answer.Code, answer.Signature}
	var s wire.SignIn
	if _, err := c.send(ctx, call, answer, &s); err != nil {
		return nil, lostFactor(err)
	}
	return &s, nil
}

// Me returns the person behind the marker and the role it acts in.
func (c *Client) Me(ctx context.Context) (*wire.Me, error) {
	var me wire.Me
	if _, err := c.get(ctx, c.call(http.MethodGet, "/me", transport.Safe), &me); err != nil {
		return nil, err
	}
	return &me, nil
}

// Service returns one service by its code or slug. For an unknown one the
// *ProblemError inside the fault names the nearest in Problem.Fields.
func (c *Client) Service(ctx context.Context, code string) (*wire.ServiceDetails, error) {
	call := withID(c.call(http.MethodGet, "/services/{code}", transport.Safe), "code", code)
	call.Auth = transport.AuthOptional
	var s wire.ServiceDetails
	if _, err := c.get(ctx, call, &s); err != nil {
		return nil, err
	}
	return &s, nil
}

// Form returns the form of a service, prefilled when somebody is signed in.
func (c *Client) Form(ctx context.Context, code string) (*wire.Form, error) {
	call := withID(c.call(http.MethodGet, "/services/{code}/form", transport.Safe), "code", code)
	call.Auth = transport.AuthOptional
	return c.form(ctx, call)
}

// FormAgain returns the form of a service filled as one of the caller's earlier
// applications for it was, as far as that still holds.
func (c *Client) FormAgain(ctx context.Context, code string, orderID int64) (*wire.Form, error) {
	call := withID(c.call(http.MethodGet, "/services/{code}/form", transport.Safe), "code", code)
	call.Query = query("repeat", strconv.FormatInt(orderID, 10))
	return c.form(ctx, call)
}

func (c *Client) form(ctx context.Context, call *transport.Call) (*wire.Form, error) {
	var f wire.Form
	if _, err := c.get(ctx, call, &f); err != nil {
		return nil, err
	}
	return &f, nil
}

// Charge returns one charge by its УИН.
func (c *Client) Charge(ctx context.Context, uin string) (*wire.Charge, error) {
	return c.charge(ctx, uin, nil)
}

// ChargeForBank is Charge with its texts in Russian whatever language people read:
// they go into payment orders, plans and payment codes, which banks read.
func (c *Client) ChargeForBank(ctx context.Context, uin string) (*wire.Charge, error) {
	return c.charge(ctx, uin, http.Header{"Accept-Language": {"ru"}})
}

func (c *Client) charge(ctx context.Context, uin string, header http.Header) (*wire.Charge, error) {
	var ch wire.Charge
	call := withID(c.call(http.MethodGet, "/charges/{uin}", transport.Safe), "uin", uin)
	call.Header = header
	resp, err := c.get(ctx, call, &ch)
	if err == nil && ch.UIN != uin {
		err = c.t.Strange(call, resp, errors.New("an answer about another charge"))
	}
	if err != nil {
		return nil, err
	}
	return &ch, nil
}

// PaymentMethods returns the ways to pay, the usual one first.
func (c *Client) PaymentMethods(ctx context.Context) ([]wire.PaymentMethod, error) {
	var page wire.Page[wire.PaymentMethod]
	if _, err := c.get(ctx, c.call(http.MethodGet, "/payment-methods", transport.Safe), &page); err != nil {
		return nil, err
	}
	return page.Items, nil
}

// Pay pays. req.ID must be durably kept before the call: it is the key by
// which the portal knows the payment. The request goes out once; exit code 7
// means that Payment(req.ID) must be asked before anything else. A fault with
// code "payment.duplicate" carries the earlier payment in ProblemError.Ref.
func (c *Client) Pay(ctx context.Context, req wire.PaymentRequest) (*wire.Payment, error) {
	call := c.call(http.MethodPost, "/payments", transport.Once)
	call.IdempotencyKey = req.ID
	body, err := req.Encode()
	if err != nil {
		return nil, err
	}
	call.Body, call.Decode = transport.Bytes("application/json", body), decodePayment
	var p wire.Payment
	resp, err := c.get(ctx, call, &p)
	if err != nil {
		return nil, err
	}
	if p.ID != req.ID || p.State == "" {
		return nil, c.strangePayment(call, resp)
	}
	return &p, nil
}

// decodePayment decodes an answer about a payment.
func decodePayment(body []byte, out any) error {
	p, ok := out.(*wire.Payment)
	if !ok {
		return json.Unmarshal(body, out)
	}
	return p.Decode(body)
}

// Payment returns one payment; a positive wait lets the portal hold the answer
// until its state changes. Exit code 5 means that the portal has never
// accepted a payment with this id, and it is the portal itself that says so.
func (c *Client) Payment(ctx context.Context, id string, wait time.Duration) (*wire.Payment, error) {
	var p wire.Payment
	call := waiting(withID(c.call(http.MethodGet, "/payments/{id}", transport.Safe), "id", id), wait)
	call.Decode = decodePayment
	resp, err := c.get(ctx, call, &p)
	if err != nil {
		return nil, err
	}
	if p.ID != id || p.State == "" {
		return nil, c.strangePayment(call, resp)
	}
	return &p, nil
}

// ConfirmPayment confirms a payment by a code; an empty one asks for a new
// code to be sent. After exit code 7 ask Payment.
func (c *Client) ConfirmPayment(ctx context.Context, id, code string) (*wire.Payment, error) {
	call := withID(c.call(http.MethodPost, "/payments/{id}/confirmation", transport.Once), "id", id)
	call.Secrets = []string{code}
	var p wire.Payment
	resp, err := c.send(ctx, call, wire.Confirmation{Code: code}, &p)
	if err != nil {
		return nil, err
	}
	if p.ID != id || p.State == "" {
		return nil, c.strangePayment(call, resp)
	}
	return &p, nil
}

// Receipt streams the PDF receipt of a payment to w, at most limit bytes (20
// MiB when not positive), and returns how many were written.
func (c *Client) Receipt(ctx context.Context, payment string, w io.Writer, limit int64) (int64, error) {
	if limit <= 0 {
		limit = maxReceipt
	}
	return c.document(ctx, withID(c.call(http.MethodGet, "/payments/{id}/receipt", transport.Safe), "id", payment), w, limit)
}

// document streams a PDF to w, at most limit bytes.
func (c *Client) document(ctx context.Context, call *transport.Call, w io.Writer, limit int64) (int64, error) {
	call.Header = http.Header{"Accept": {"application/pdf, application/problem+json;q=0.9"}}
	if err := c.offered(call); err != nil {
		return 0, err
	}
	_, n, err := c.t.Copy(ctx, call, w, limit)
	return n, Explain(err)
}

// Application returns the cabinet's view of one application; a positive wait
// lets the portal hold the answer until it changes.
func (c *Client) Application(ctx context.Context, orderID int64, wait time.Duration) (*wire.Application, error) {
	call := waiting(withID(c.call(http.MethodGet, "/applications/{orderId}", transport.Safe), "orderId", strconv.FormatInt(orderID, 10)), wait)
	call.OrderID = orderID
	var a wire.Application
	if _, err := c.get(ctx, call, &a); err != nil {
		return nil, err
	}
	return &a, nil
}

// query keeps the parameters that are set.
func query(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	return v
}
