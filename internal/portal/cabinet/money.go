package cabinet

import (
	"context"
	"io"
	"net/http"
	"strconv"

	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// maxPhoto bounds a photo of an offence, bytes.
const maxPhoto = 20 << 20

// SearchCharges returns one page of the charges that have a number: by is one
// of "uin", "ruling", "sts", "vin", "licence", "inn" and "snils".
func (c *Client) SearchCharges(ctx context.Context, by, value string, q PageQuery) (*wire.Page[wire.Charge], error) {
	return page[wire.Charge](ctx, c, "/charge-search", transport.AuthRequired, q, query("by", by, "value", value))
}

// ChargePhoto streams a photo of an offence (PNG, numbered from 1) to w and
// returns its bytes.
func (c *Client) ChargePhoto(ctx context.Context, uin string, number int, w io.Writer) (int64, error) {
	call := c.call(http.MethodGet, "/charges/{uin}/photos/{number}", transport.Safe)
	call.PathParams = map[string]string{"uin": uin, "number": strconv.Itoa(number)}
	call.Header = http.Header{"Accept": {"image/png, application/problem+json;q=0.9"}}
	_, n, err := c.t.Copy(ctx, call, w, maxPhoto)
	return n, Explain(err)
}

// DisputeCharge disputes a charge. key names the dispute: repeating the call
// with the same key is harmless.
func (c *Client) DisputeCharge(ctx context.Context, uin, key string, req wire.DisputeRequest) (*wire.Dispute, error) {
	call := withID(c.call(http.MethodPost, "/charges/{uin}/disputes", transport.Idempotent), "uin", uin)
	call.IdempotencyKey = key
	var d wire.Dispute
	if _, err := c.send(ctx, call, req, &d); err != nil {
		return nil, err
	}
	return &d, nil
}

// DebtCertificate returns a signed certificate of debts, or of none.
func (c *Client) DebtCertificate(ctx context.Context) (*wire.SignedDocument, error) {
	var d wire.SignedDocument
	if _, err := c.get(ctx, c.call(http.MethodGet, "/debt-certificate", transport.Safe), &d); err != nil {
		return nil, err
	}
	return &d, nil
}

// NotifyPayee tells the payee of a paid payment that the money has moved. A
// repetition answers with the first notice.
func (c *Client) NotifyPayee(ctx context.Context, payment string) (*wire.PayeeNotice, error) {
	call := withID(c.call(http.MethodPost, "/payments/{id}/payee-notices", transport.Idempotent), "id", payment)
	call.IdempotencyKey = payment
	var n wire.PayeeNotice
	if _, err := c.get(ctx, call, &n); err != nil {
		return nil, err
	}
	return &n, nil
}

// Pension returns the pension account.
func (c *Client) Pension(ctx context.Context) (*wire.Pension, error) {
	var p wire.Pension
	if _, err := c.get(ctx, c.call(http.MethodGet, "/pension", transport.Safe), &p); err != nil {
		return nil, err
	}
	return &p, nil
}

// PensionContributions returns one page of what employers paid in, the latest
// first; year 0 is all of them.
func (c *Client) PensionContributions(ctx context.Context, year int, q PageQuery) (*wire.Page[wire.PensionContribution], error) {
	y := ""
	if year != 0 {
		y = strconv.Itoa(year)
	}
	return page[wire.PensionContribution](ctx, c, "/pension/contributions", transport.AuthRequired, q, query("year", y))
}

// PensionStatement returns a signed statement of the pension account.
func (c *Client) PensionStatement(ctx context.Context) (*wire.SignedDocument, error) {
	var d wire.SignedDocument
	if _, err := c.get(ctx, c.call(http.MethodGet, "/pension/statement", transport.Safe), &d); err != nil {
		return nil, err
	}
	return &d, nil
}
