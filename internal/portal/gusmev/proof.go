package gusmev

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
)

// Judge says what a refusal of API ЕПГУ proves (SPEC-1.13, section 2.5). Its wire
// repeats nothing of the request, so the documented body is all that tells the
// portal from something in between, and it is not enough to send a thing again:
// core/applications asks for the order besides. 401, 405, 429 and the failures of
// gateways are documented without a body: they answer a question well enough and
// prove nothing of a change.
func Judge(e *transport.Error) transport.Proof {
	body, ok := errorIn(e)
	switch {
	case !ok && e.Policy == transport.Safe && !strings.Contains(strings.ToLower(e.ContentType), "html"):
		return transport.OwnWords
	case !ok && e.Policy == transport.Safe && e.Status == http.StatusUnauthorized:
		return transport.OwnWords
	case !ok:
		return transport.Unproven
	case body.Code == wire.ErrInternal, e.Status >= http.StatusInternalServerError:
		return transport.OwnWords
	case body.Code == wire.ErrLimitation, e.Status == http.StatusUnauthorized:
		return transport.ProvesPutOff
	}
	return transport.ProvesRefused
}

// errorIn reads the documented error body with a documented code.
func errorIn(e *transport.Error) (body wire.Error, ok bool) {
	if len(e.Body) == 0 || json.Unmarshal(e.Body, &body) != nil {
		return body, false
	}
	_, known := refusalOf(body.Code)
	return body, known
}
