// Package problem writes the embedded portal's answers: RFC 9457 problems in
// the reader's language, JSON bodies, request ids, bounded request bodies, and
// a 500 instead of a crash. Only packages under internal/sandbox may import it.
package problem

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// ContentType is the media type of a problem.
const ContentType = "application/problem+json"

// MaxJSON is the largest JSON request body, bytes.
const MaxJSON = 1 << 20

// Error is an answer that says no. Return it from a Handler; any other error
// becomes a 500 whose cause goes to the log, not to the reader.
type Error struct {
	Status     int    // HTTP status
	Code       string // stable, dotted: "charge.not_found"
	Title      i18n.Localised
	Detail     i18n.Localised // may be nil
	Hint       i18n.Localised // may be nil
	Fields     []Field
	RetryAfter time.Duration // 0 when repeating makes no sense
	Ref        string        // the existing thing that a conflict is about
}

// Field is one field at fault.
type Field struct {
	Name    string
	Code    string
	Message i18n.Localised
}

// New returns an answer with a status, a stable code and a title.
func New(status int, code string, title i18n.Localised) *Error {
	return &Error{Status: status, Code: code, Title: title}
}

// WithHint adds what to do next and returns e.
func (e *Error) WithHint(hint i18n.Localised) *Error { e.Hint = hint; return e }

// WithDetail adds an explanation and returns e.
func (e *Error) WithDetail(detail i18n.Localised) *Error { e.Detail = detail; return e }

// WithField adds a field at fault and returns e.
func (e *Error) WithField(name, code string, message i18n.Localised) *Error {
	e.Fields = append(e.Fields, Field{name, code, message})
	return e
}

// Error returns the code and the English title, for logs and tests.
func (e *Error) Error() string { return e.Code + ": " + text(e.Title, i18n.EN) }

func text(l i18n.Localised, lang i18n.Lang) string {
	if l == nil {
		return ""
	}
	return l.In(lang)
}

// NotFound is 404 with a title that names what there is not.
func NotFound(code string) *Error {
	return New(http.StatusNotFound, code, missing(code))
}

// missing says what a code of the kind "thing.not_found" has not found.
func missing(code string) i18n.Message {
	switch code {
	case "application.not_found":
		return i18n.Say("Такого заявления у вас нет", "You have no such application")
	case "draft.not_found":
		return i18n.Say("Такого черновика у вас нет", "You have no such draft")
	case "payment.not_found":
		return i18n.Say("Такого платежа у вас нет", "You have no such payment")
	case "appointment.not_found":
		return i18n.Say("Такой записи на приём у вас нет", "You have no such appointment")
	case "session.not_found":
		return i18n.Say("Такого сеанса нет", "There is no such session")
	case "device.not_found":
		return i18n.Say("Такого устройства нет", "There is no such device")
	case "consent.not_found":
		return i18n.Say("Такого согласия нет", "There is no such consent")
	case "organisation.not_found":
		return i18n.Say("Такой организации у вас нет", "You have no such organisation")
	case "member.not_found":
		return i18n.Say("Такого человека в организации нет", "The organisation has no such member")
	}
	return i18n.Say("Не найдено", "Not found")
}

// BadRequest is 400 for a request that cannot be read.
func BadRequest(detail i18n.Localised) *Error {
	return New(http.StatusBadRequest, "request.malformed",
		i18n.Say("Не удалось прочитать запрос", "The request cannot be read")).WithDetail(detail)
}

// NoMatch is 428: an edit has to name the version that it was made from.
func NoMatch() *Error {
	return New(http.StatusPreconditionRequired, "precondition.required",
		i18n.Say("Нужен заголовок If-Match с прочитанным ETag", "The header If-Match with the ETag that was read is needed"))
}

// Invalid is 422 with the fields at fault.
func Invalid(fields ...Field) *Error {
	e := New(http.StatusUnprocessableEntity, "request.invalid", i18n.Say("Проверьте поля", "Some fields need mending"))
	e.Fields = fields
	return e
}

// Wire returns the problem as it travels: requestID and subject are those of the
// request that it answers.
func (e *Error) Wire(lang i18n.Lang, requestID, subject string) cabinet.Problem {
	p := cabinet.Problem{
		Type:         "about:blank",
		Title:        untrusted.Text(text(e.Title, lang)),
		Status:       e.Status,
		Detail:       untrusted.Text(text(e.Detail, lang)),
		Code:         e.Code,
		Hint:         untrusted.Text(text(e.Hint, lang)),
		RequestID:    requestID,
		Subject:      subject,
		RetryAfterMS: e.RetryAfter.Milliseconds(),
		Ref:          e.Ref,
	}
	for _, f := range e.Fields {
		p.Fields = append(p.Fields, cabinet.FieldError{Field: f.Name, Code: f.Code, Message: untrusted.Text(text(f.Message, lang))})
	}
	return p
}

// Write answers r with err.
func Write(w http.ResponseWriter, r *http.Request, err error) {
	var e *Error
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &e):
	case errors.As(err, &tooBig):
		e = New(http.StatusRequestEntityTooLarge, "request.too_large",
			i18n.Text{RU: "Запрос больше %d байт", EN: "The request is larger than %d bytes"}.With(tooBig.Limit))
	case errors.Is(err, context.Canceled):
		// The reader has gone; nobody sees this.
		e = New(499, "request.cancelled", i18n.Say("Запрос отменён", "The request was cancelled"))
	default:
		report(r, err)
		e = New(http.StatusInternalServerError, "internal",
			i18n.Say("Внутренняя ошибка портала", "The portal failed inside"))
	}
	if e.RetryAfter > 0 {
		seconds := (e.RetryAfter + time.Second - 1) / time.Second
		w.Header().Set("Retry-After", strconv.FormatInt(int64(seconds), 10))
	}
	body(w, ContentType, e.Status, e.Wire(Lang(r), RequestID(r), of(r).subject))
}

// JSON answers with v.
func JSON(w http.ResponseWriter, status int, v any) { body(w, "application/json", status, v) }

// encoder is what writes itself faster than encoding/json would, and the same.
type encoder interface{ Encode() ([]byte, error) }

func body(w http.ResponseWriter, contentType string, status int, v any) {
	var b []byte
	var err error
	if e, ok := v.(encoder); ok {
		b, err = e.Encode()
	} else {
		b, err = json.Marshal(v)
	}
	if err != nil {
		// Only our own types come here; a value that JSON cannot hold is a
		// defect, and the recovering middleware turns it into a 500.
		panic(fmt.Sprintf("marshal %T: %v", v, err))
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(b)+1))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n')) // a reader that has gone is nobody's error
}

// ReadJSON reads the one JSON value of the request into v: at most MaxJSON
// bytes, no unknown fields. Its errors are fit to be returned from a Handler.
func ReadJSON(w http.ResponseWriter, r *http.Request, v any) error {
	return decode(http.MaxBytesReader(w, r.Body, MaxJSON), v)
}

// MaxUpload is the largest JSON request body that carries a file, bytes: 5 MiB in base64
// fit.
const MaxUpload = 8 << 20

// ReadUpload is ReadJSON for a body that carries a file.
func ReadUpload(w http.ResponseWriter, r *http.Request, v any) error {
	return decode(http.MaxBytesReader(w, r.Body, MaxUpload), v)
}

// ReadPlain is ReadJSON for a body that is mostly plain: plain reads such a one, and
// says no of any other, having changed nothing.
func ReadPlain(w http.ResponseWriter, r *http.Request, v any, plain func([]byte) bool) error {
	in := http.MaxBytesReader(w, r.Body, MaxJSON)
	var first [2048]byte
	n, err := io.ReadFull(in, first[:])
	if (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) && plain(first[:n]) {
		return nil
	}
	return decode(io.MultiReader(bytes.NewReader(first[:n]), in), v)
}

func decode(in io.Reader, v any) error {
	d := json.NewDecoder(in)
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = errors.New("more than one value")
		}
	}
	if err == nil {
		return nil
	}
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) {
		return err
	}
	return BadRequest(i18n.Text{RU: "нужен один объект JSON: %s", EN: "one JSON object is expected: %s"}.With(err.Error()))
}

// Handler is a handler that may fail; the failure is written by Write.
type Handler func(w http.ResponseWriter, r *http.Request) error

// ServeHTTP serves the request.
func (h Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := h(w, r); err != nil {
		Write(w, r, err)
	}
}
