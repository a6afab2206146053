package transport

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// request makes the request of one attempt, without the token and without a body
// that is streamed: the gate adds both.
func (call *Call) request(ctx context.Context, c *Client, requestID string) (*http.Request, error) {
	address := call.Base + expand(call.Path, call.PathParams)
	if len(call.Query) > 0 {
		separator := "?"
		if strings.Contains(address, "?") {
			separator = "&"
		}
		address += separator + call.Query.Encode()
	}
	var body io.Reader
	if call.Body != nil && call.Body.Open == nil {
		body = bytes.NewReader(call.Body.bytes)
	}
	req, err := http.NewRequestWithContext(ctx, call.Method, address, body)
	if err != nil {
		return nil, err
	}
	req.Header = call.header(c, requestID)
	return req, nil
}

// expand puts the parameters, escaped, in the place of their {name}; a name that is
// not among them stays.
func expand(path string, params map[string]string) string {
	if len(params) == 0 {
		return path
	}
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(path, "{")
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			out.WriteString(path)
			return out.String()
		}
		out.WriteString(before)
		if value, ok := params[name]; ok {
			out.WriteString(url.PathEscape(value))
		} else {
			out.WriteString("{" + name + "}")
		}
		path = after
	}
}
