// Package gusmev is the client of API ЕПГУ 1.13 ("gusmev"): it reserves order
// numbers, pushes archives whole or in chunks, follows orders and fetches
// files. It decides nothing about applications; core/applications and
// core/tracking do. They and internal/app may import it.
package gusmev

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/portal/lenient"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
)

// Limits returns the request limit of API ЕПГУ per information system. The
// hourly (120,000) and daily (2,880,000) limits are the same rate.
func Limits() transport.Limits {
	return transport.Limits{Requests: 2000, Per: time.Minute, Burst: 50, Source: "SPEC-1.13 of 18.07.2024"}
}

// UserLimit returns the limit of applications for one service by one user.
func UserLimit() transport.Limits {
	return transport.Limits{Requests: 20, Per: 10 * time.Minute, Burst: 20, Source: "SPEC-1.13 of 18.07.2024"}
}

// Options configure a Client.
type Options struct {
	// Base is the address of the API, "https://www.gosuslugi.ru".
	Base string
	// Pacer holds the limit of the API for all workers; nil takes that of the
	// transport. NewPacer(Limits(), clock) makes one.
	Pacer *transport.Pacer
	// MinChunk and MaxChunk bound the parts of a chunked push, bytes; 0 is the
	// published limit. Tests lower them.
	MinChunk, MaxChunk int64
	// Downloads chooses the path that files are fetched from.
	Downloads DownloadPath
}

// Client speaks API ЕПГУ. It is safe for concurrent use.
type Client struct {
	t    *transport.Client
	opts Options
}

// New returns a client that sends through t.
func New(t *transport.Client, opts Options) *Client {
	if opts.MinChunk <= 0 {
		opts.MinChunk = wire.MinChunkBytes
	}
	if opts.MaxChunk <= 0 {
		opts.MaxChunk = wire.MaxChunkBytes
	}
	return &Client{t: t, opts: opts}
}

func (c *Client) call(method, path string) *transport.Call {
	return &transport.Call{Method: method, Base: c.opts.Base, Path: path, Pacer: c.opts.Pacer, Judge: Judge, Decode: lenient.Unmarshal}
}

func (c *Client) orderCall(method, path string, id int64) *transport.Call {
	call := c.call(method, path)
	call.PathParams = map[string]string{"id": strconv.FormatInt(id, 10)}
	call.OrderID = id
	return call
}

// Reserve takes an order number for an application to come (SPEC-1.13,
// "Создание заявления"). A number to which nothing was pushed is not an
// application, so a lost answer is safe to repeat.
func (c *Client) Reserve(ctx context.Context, meta wire.Meta) (int64, error) {
	call := c.call(http.MethodPost, wire.PathOrder)
	body, err := transport.JSON(meta)
	if err != nil {
		return 0, err
	}
	call.Body, call.Policy = body, transport.Safe
	var ref wire.OrderRef
	resp, err := c.t.JSON(ctx, call, &ref)
	if err != nil {
		return 0, Explain(err)
	}
	if ref.OrderID <= 0 {
		return 0, c.noOrderID(call, resp)
	}
	return ref.OrderID, nil
}

// OrderInfo is what order details say.
type OrderInfo struct {
	Code      string      // processing state, a Code… constant of the wire package
	Message   wire.Text   // the portal's words about it
	MessageID string      // of the answer, for support
	Order     *wire.Order // nil while the portal has not made the order yet
	RequestID string
}

// Order returns the state of an order; history asks for every status it had.
// An unknown number is a fault with exit code 5.
func (c *Client) Order(ctx context.Context, id int64, history bool) (*OrderInfo, error) {
	call := c.orderCall(http.MethodPost, wire.PathOrderDetails, id)
	call.Policy = transport.Safe
	if history {
		call.Query = url.Values{"embed": {"STATUS_HISTORY"}}
	}
	var env wire.DetailsEnvelope
	resp, err := c.t.JSON(ctx, call, &env)
	if err != nil {
		return nil, Explain(err)
	}
	if resp.Status == http.StatusNoContent {
		return nil, orderNotFound(id, resp.RequestID)
	}
	info := &OrderInfo{Code: env.Code, MessageID: env.MessageID, RequestID: resp.RequestID}
	if info.MessageID == "" {
		info.MessageID = env.MessageIDAlt
	}
	if env.Message != nil {
		info.Message = *env.Message
	}
	if env.Order != nil && *env.Order != "" {
		order, err := decodeOrder(*env.Order)
		if err != nil {
			return nil, badOrder(id, resp.RequestID, err)
		}
		info.Order = order
	}
	return info, nil
}

// Cancel withdraws an order; possible only while its current status allows it.
// The reason is sent when given: the live API has asked for one although the
// specification does not know it. The answers of this method have no body, so
// none of them proves much: Order tells what became of it.
func (c *Client) Cancel(ctx context.Context, id int64, reason string) error {
	call := c.orderCall(http.MethodPost, wire.PathOrderCancel, id)
	if reason != "" {
		call.Query = url.Values{"reason": {reason}}
	}
	resp, err := c.t.Do(ctx, call)
	if err != nil {
		return Explain(err)
	}
	if resp.Status == http.StatusNoContent {
		return orderNotFound(id, resp.RequestID)
	}
	return nil
}

// CancelNotAllowed is the refusal of a cancellation at this stage.
func CancelNotAllowed() *fault.Error {
	r, _ := refusalOf(wire.ErrCancelNotAllowed)
	return fault.New(exitcode.Refused, "gusmev."+wire.ErrCancelNotAllowed, r.text.With()).Advise(r.hint.With())
}
