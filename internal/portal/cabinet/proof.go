package cabinet

import (
	"encoding/json"
	"mime"
	"strings"

	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// problemType is the media type of a problem (RFC 9457).
const problemType = "application/problem+json"

// Judge says what a refusal of the cabinet API proves about call. A problem is the
// portal's own word about this very request when it repeats the request's id and
// what the request was about: nothing else on the way writes these into a body.
// What it then proves depends on its code. It is the Judge of every call here.
func Judge(call *transport.Call) func(*transport.Error) transport.Proof {
	return func(e *transport.Error) transport.Proof {
		p, ok := problemIn(e)
		if !ok || p.Status != e.Status || p.RequestID == "" || p.RequestID != e.SentID || p.Subject != subjectOf(call) {
			return transport.Unproven
		}
		return proofOf(p.Code)
	}
}

// problemIn reads the problem that an answer carries.
func problemIn(e *transport.Error) (p wire.Problem, ok bool) {
	kind, _, err := mime.ParseMediaType(e.ContentType)
	if err != nil || kind != problemType || json.Unmarshal(e.Body, &p) != nil {
		return p, false
	}
	return p, p.Code != "" && p.Title != ""
}

// subjectOf names what a call is about, as the API does: the second segment of the
// path, or for a call that makes a thing its key.
func subjectOf(call *transport.Call) string {
	rest, ok := strings.CutPrefix(call.Path, wire.Base+"/")
	if !ok {
		return ""
	}
	_, thing, ok := strings.Cut(rest, "/")
	if !ok {
		return call.IdempotencyKey
	}
	thing, _, _ = strings.Cut(thing, "/")
	if name, ok := strings.CutPrefix(thing, "{"); ok {
		return call.PathParams[strings.TrimSuffix(name, "}")]
	}
	return thing
}

// proofOf says what a code proves (docs/api/cabinet.openapi.yaml). A code of a
// family that we do not know is the portal's word in a language that is not ours.
func proofOf(code string) transport.Proof {
	family, name, _ := strings.Cut(code, ".")
	switch {
	case family == "auth", code == "portal.too_many_requests", code == "portal.unavailable", code == "request.too_slow":
		return transport.ProvesPutOff
	case family == "idempotency", name == "key_reused", code == "payment.in_progress", code == "request.cancelled":
		return transport.OwnWords
	}
	switch family {
	case "payment":
		switch name {
		case "duplicate", "amount_mismatch", "not_found", "not_paid", "wrong_code", "too_many_codes":
			return transport.ProvesRefused
		}
	case "request":
		switch name {
		case "malformed", "invalid", "too_large":
			return transport.ProvesRefused
		}
	case "bad_delegation", "push_denied": // the words of API ЕПГУ, of one part
		if name == "" {
			return transport.ProvesRefused
		}
	case "authorisation", "charge", "dispute", "application", "draft", "template", "service", "path", "precondition",
		"signin", "factor", "challenge", "recovery", "password", "totp", "push", "device", "session", "roles", "esia",
		"profile", "change", "contact", "privacy", "level", "consent", "deletion", "certificate", "organisation", "member",
		"pension", "training", "appointment", "appointment_subject", "appointment_place", "appointment_wait", "slot":
		return transport.ProvesRefused
	}
	return transport.OwnWords
}
