package transport

import "net/http"

// Proof is what an answer that says no proves about the request it answers. A
// status proves nothing by itself: a proxy, a filter or a network's sign-in page
// answers with any of them, before the request was carried out or after. So the
// protocol judges (Call.Judge), and only what the portal alone could have said of
// this very request counts. docs/evidence.md is the table for people.
type Proof int

// The proofs, from none to all.
const (
	// Unproven: nothing shows that the portal said it.
	Unproven Proof = iota
	// OwnWords: the portal said it, and it does not say whether the request was
	// carried out ("failed inside", "at work on it", a code that we do not know).
	OwnWords
	// ProvesPutOff: the portal did not look at the request; the same one may be
	// made again.
	ProvesPutOff
	// ProvesRefused: the portal read the request and carried out nothing of it.
	ProvesRefused
)

// judge asks the protocol what the answer proves. An answer to a question is the
// portal's own unless the protocol can tell better.
func (call *Call) judge(e *Error) Proof {
	switch {
	case e.Status < 400: // a redirect is never about the request
		return Unproven
	case call.Judge != nil:
		return call.Judge(e)
	case call.Policy == Safe && (!e.page() || e.Status == http.StatusUnauthorized):
		return OwnWords // nothing depends on it but words; a gateway's 401 still asks for a new marker
	}
	return Unproven
}

// PutOff reports whether the portal answered without looking at the request:
// the marker was not good, there were too many requests, or it is closed for a
// time. The same request may be made again later.
func (e *Error) PutOff() bool { return e.Kind == Status && e.Proof == ProvesPutOff }

// Denied reports whether the portal read the request and said no.
func (e *Error) Denied() bool { return e.Kind == Status && e.Proof == ProvesRefused }

// AboutCaller reports whether the refusal is about whoever asks and not about
// what was asked for: nobody is signed in, or the powers do not reach. Every
// other request of the same kind would meet the same refusal.
func (e *Error) AboutCaller() bool {
	return e.Kind == Foreign || e.Kind == Status && e.Proof > Unproven && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden)
}
