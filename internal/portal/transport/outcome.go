package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"syscall"
)

// connTrace notes how far a request got. The hooks run on the connection's
// goroutines.
type connTrace struct {
	dialled atomic.Bool // net/http looked for a connection, so the trace can be believed
	wrote   atomic.Bool // the headers of the request were written
}

func (t *connTrace) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn:      func(string) { t.dialled.Store(true) },
		WroteHeaders: func() { t.wrote.Store(true) },
	}
}

// networkFailure tells a request that never left from one whose answer was
// lost. Where that cannot be known, the answer was lost.
func networkFailure(ctx context.Context, err error, trace *connTrace) *Error {
	var ue *url.Error
	parse := false
	if errors.As(err, &ue) { // its text would show the query
		parse = ue.Op == "parse"
		err = ue.Err
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	e := &Error{Kind: Lost, Err: err}
	switch {
	case errors.Is(err, errRedirect):
		e.Kind = Redirected
	case errors.Is(err, errForeign):
		e.Kind = Foreign
	case parse || errors.Is(err, errOpenBody):
		e.Kind, e.unrepeatable = NeverSent, true
	case trace.dialled.Load():
		if !trace.wrote.Load() {
			e.Kind = NeverSent
		}
	case neverDialled(err):
		e.Kind = NeverSent
	}
	e.noCipher = e.Kind == NeverSent && noCipher(err)
	e.certificate = e.Kind == NeverSent && badCertificate(err)
	return e
}

// noCipher reports whether the server ended the handshake because it shares no cipher
// suite or version with this program. A server that speaks only GOST suites, which
// crypto/tls does not have, does so: alerts 40 (handshake_failure), 70
// (protocol_version) and 71 (insufficient_security) of RFC 5246, section 7.2.
func noCipher(err error) bool {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" {
		return false
	}
	switch op.Err.Error() {
	case "tls: handshake failure", "tls: protocol version not supported", "tls: insufficient security level":
		return true
	}
	return false
}

// bodyFailure explains a good answer whose body did not come whole.
func bodyFailure(ctx context.Context, err error) *Error {
	if errors.Is(err, errTooLarge) {
		return &Error{Kind: TooLarge, Err: err}
	}
	var bad *notJSON
	if errors.As(err, &bad) {
		return &Error{Kind: BadAnswer, Body: head(bad.body), Err: err}
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return &Error{Kind: Lost, Err: err}
}

// neverDialled judges by the error alone, for a Base that is not net/http's.
func neverDialled(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	return errors.As(err, &op) && op.Op == "dial" || errors.As(err, &dns) || errors.Is(err, syscall.ECONNREFUSED) || badCertificate(err)
}

func badCertificate(err error) bool {
	var verify *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &verify) || errors.As(err, &record) || errors.As(err, &alert) ||
		errors.As(err, &authority) || errors.As(err, &host) || errors.As(err, &invalid)
}
