package problem

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"unicode/utf8"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

type requestKey struct{}

type request struct {
	id string
	// subject is the id of the thing that the request is about, in its own words.
	subject string
	lang    i18n.Lang
	log     *slog.Logger
}

func of(r *http.Request) request {
	q, ok := r.Context().Value(requestKey{}).(request)
	if !ok {
		q = request{lang: language(r), log: slog.New(slog.DiscardHandler)}
	}
	return q
}

// RequestID returns the id of the request: what the client sent in
// X-Request-Id, or one that the portal made.
func RequestID(r *http.Request) string { return of(r).id }

// Lang returns the language that the request asks for by Accept-Language;
// Russian when it asks for nothing that the portal speaks.
func Lang(r *http.Request) i18n.Lang { return of(r).lang }

// language reads the first language of Accept-Language that the portal speaks.
// Weights are not weighed: every client of ours lists its languages in order.
func language(r *http.Request) i18n.Lang {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		switch base, _, _ := strings.Cut(strings.ToLower(tag), "-"); base {
		case "ru":
			return i18n.RU
		case "en":
			return i18n.EN
		}
	}
	return i18n.RU
}

// Middleware gives each request an id and a language, echoes the id in
// X-Request-Id and turns a panic into a 500. A panic with
// http.ErrAbortHandler goes on: it cuts the connection on purpose.
func Middleware(log *slog.Logger, next http.Handler) http.Handler {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := request{id: cleanID(r.Header.Get("X-Request-Id")), subject: SubjectOf(r), lang: language(r), log: log}
		if q.id == "" {
			var b [16]byte
			_, _ = rand.Read(b[:]) // never fails (crypto/rand)
			q.id = hex.EncodeToString(b[:])
		}
		w.Header().Set("X-Request-Id", q.id)
		r = r.WithContext(context.WithValue(r.Context(), requestKey{}, q))
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if cause == http.ErrAbortHandler { // the sentinel itself is compared, as net/http does
				panic(cause)
			}
			log.Error("panic", "request", q.id, "path", r.URL.Path, "cause", cause, "stack", string(debug.Stack()))
			Write(w, r, New(http.StatusInternalServerError, "internal",
				i18n.Say("Внутренняя ошибка портала", "The portal failed inside")))
		}()
		next.ServeHTTP(w, r)
	})
}

// maxSubject is the longest thing that a problem says again, bytes.
const maxSubject = 1 << 10

// SubjectOf names what a request of the cabinet API is about: the thing that the
// second segment of its path names ("/payments/{id}/…"), and for a request that
// makes a thing its Idempotency-Key. A problem says it again, so that a client
// can tell the portal's word about this very thing from anybody else's.
func SubjectOf(r *http.Request) string {
	rest, ok := strings.CutPrefix(r.URL.Path, cabinet.Base+"/")
	if !ok {
		return ""
	}
	if _, thing, ok := strings.Cut(rest, "/"); ok {
		thing, _, _ = strings.Cut(thing, "/")
		if len(thing) > maxSubject || !utf8.ValidString(thing) {
			return ""
		}
		return thing // inside a JSON body any text is safe
	}
	return cleanID(r.Header.Get("Idempotency-Key"))
}

// cleanID accepts an id of 1 to 128 characters that can neither break a header
// nor a log line.
func cleanID(s string) string {
	if len(s) > 128 {
		return ""
	}
	for _, c := range []byte(s) {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '_' || c == '.') {
			return ""
		}
	}
	return s
}

func report(r *http.Request, err error) {
	of(r).log.Error("request failed", "request", RequestID(r), "method", r.Method, "path", r.URL.Path, "error", err)
}
