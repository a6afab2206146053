// Package gusmev is the embedded portal's face for API ЕПГУ 1.13: reservation,
// submission whole and in parts, details, statuses, cancelling, dictionaries
// and files, with the quirks and limits of the published specification. Only
// internal/sandbox may import it.
package gusmev

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
	"github.com/epgu-cli/epgu/internal/sandbox/departments"
	"github.com/epgu-cli/epgu/internal/sandbox/orders"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/room"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// ScopeOrder is the scope that lets a client submit applications.
const ScopeOrder = "http://lk.gosuslugi.ru/api-order"

// permission is the consent that a person gives to a client of API ЕПГУ.
const permission = "APIPGU"

// Room is the face together with the applications that it serves.
func Room() room.Room {
	schema := orders.Schema()
	return room.Room{Name: "gusmev", Schema: &schema, Mount: Mount}
}

type face struct {
	deps        room.Deps
	departments *departments.Departments
	catalog     func() (*catalog.Catalog, error)
	limiter     *limiter
}

// Mount adds the methods of API ЕПГУ to mux.
func Mount(mux *http.ServeMux, deps room.Deps) error {
	f := &face{deps: deps, departments: departments.New(deps), catalog: catalog.Shared, limiter: newLimiter(deps.Clock)}
	signed := func(pattern string, h handler) {
		mux.Handle(pattern, deps.Sessions.Require(f.limited(h)))
	}
	signed("POST "+wire.PathOrder, f.reserve)
	signed("POST "+wire.PathPush, f.push)
	signed("POST "+wire.PathPushChunked, f.pushChunked)
	signed("POST "+wire.PathOrderDetails, f.details)
	signed("POST "+wire.PathOrderCancel, f.cancel)
	for _, end := range []string{"", "/{$}"} { // public clients ask with a slash at the end
		signed("GET "+wire.PathOrdersStatus+end, f.ordersStatus)
		signed("GET "+wire.PathUpdatedAfter+end, f.updatedAfter)
	}
	signed("GET "+wire.PathDownload, f.download)
	signed("GET "+wire.PathDownloadOlder, f.download)
	mux.Handle("POST "+wire.PathDictionary, answering(f.dictionary))
	return nil
}

// handler serves one method; a *refusal becomes {code, message}.
type handler func(w http.ResponseWriter, r *http.Request) error

// refusal is an error answer of API ЕПГУ.
type refusal struct {
	status  int
	code    string
	message i18n.Localised
}

func (e *refusal) Error() string { return e.code + ": " + e.message.In(i18n.EN) }

func no(status int, code, ru, en string, args ...any) error {
	return &refusal{status, code, i18n.Text{RU: ru, EN: en}.With(args...)}
}

func badRequest(ru, en string, args ...any) error {
	return no(http.StatusBadRequest, wire.ErrBadRequest, ru, en, args...)
}

// errNoContent is 204: there is no such application (SPEC-1.13, section 2.5).
var errNoContent = errors.New("no content")

func answering(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		var e *refusal
		var chunk *orders.Refusal
		var tooBig *http.MaxBytesError
		switch {
		case err == nil:
			return
		case errors.Is(err, errNoContent):
			w.WriteHeader(http.StatusNoContent)
			return
		case errors.As(err, &e):
		case errors.As(err, &chunk):
			e = &refusal{http.StatusBadRequest, wire.ErrBadRequest, chunk.Text}
			if chunk.Conflict {
				e.status = http.StatusConflict
			}
		case errors.As(err, &tooBig):
			e = &refusal{http.StatusBadRequest, wire.ErrBadRequest, i18n.Text{RU: "запрос больше %d байт", EN: "the request is larger than %d bytes"}.With(tooBig.Limit)}
		case errors.Is(err, context.Canceled):
			return // nobody is there to read an answer
		default:
			f := problem.RequestID(r)
			e = &refusal{http.StatusInternalServerError, wire.ErrInternal, i18n.Text{RU: "внутренняя ошибка портала, запрос %s", EN: "the portal failed inside, request %s"}.With(f)}
			logFailure(r, err)
		}
		if e.status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "60")
		}
		problem.JSON(w, e.status, wire.Error{Code: e.code, Message: untrusted.Text(e.message.In(problem.Lang(r)))})
	})
}

// limited counts requests per information system.
func (f *face) limited(h handler) http.Handler {
	return answering(func(w http.ResponseWriter, r *http.Request) error {
		c, err := caller(r)
		if err != nil {
			return err
		}
		if !f.limiter.allow(c.ClientID) {
			return no(http.StatusTooManyRequests, wire.ErrLimitation,
				"больше %d запросов в минуту от одной системы", "more than %d requests a minute from one system", requestsPerMinute)
		}
		return h(w, r)
	})
}

func caller(r *http.Request) (session.Caller, error) {
	c, ok := session.From(r.Context())
	if !ok {
		return c, errors.New("a handler without a caller")
	}
	return c, nil
}

func owner(c session.Caller) orders.Owner { return orders.Owner{OID: c.OID, OrgOID: c.OrgOID} }

// access checks that the marker lets its bearer use API ЕПГУ at all.
func access(c session.Caller) error {
	if !c.Has(ScopeOrder) {
		return no(http.StatusForbidden, wire.ErrSystem, "в маркере нет области доступа %s", "the marker has no scope %s", ScopeOrder)
	}
	if c.OrgOID == 0 && !c.Consented(permission) {
		return no(http.StatusForbidden, wire.ErrPersonPermissions, "пользователь не дал согласия APIPGU", "the person has not given the consent APIPGU")
	}
	if !c.May("orders") {
		return no(http.StatusForbidden, wire.ErrPushDenied, "нет полномочий подавать заявления от организации", "no power to submit for the organisation")
	}
	return nil
}

// service returns the service that a meta names, if the caller may ask for it.
func (f *face) service(c session.Caller, m wire.Meta) (*catalog.Service, error) {
	all, err := f.catalog()
	if err != nil {
		return nil, err
	}
	s := all.Find(m.ServiceCode)
	if s == nil || s.Code != m.ServiceCode {
		return nil, no(http.StatusBadRequest, wire.ErrServiceNotFound, "услуга %q не найдена", "no service %q", m.ServiceCode)
	}
	if m.TargetCode != "" && m.TargetCode != s.TargetCode() && m.TargetCode != s.Code {
		return nil, no(http.StatusBadRequest, wire.ErrServiceNotFound, "у услуги %s нет цели %q", "service %s has no target %q", s.Code, m.TargetCode)
	}
	if n := len(m.Region); n != 2 && n != 11 || strings.Trim(m.Region, "0123456789") != "" {
		return nil, badRequest("region: нужен код ОКАТО, 11 цифр", "region: an ОКАТО of 11 digits is needed")
	}
	if c.OrgOID != 0 && !s.Orgs {
		return nil, no(http.StatusForbidden, wire.ErrUserLegal, "услуга %s только для граждан", "service %s is for citizens only", s.Code)
	}
	if !c.AtLeast(cabinet.Level(s.Level)) {
		return nil, no(http.StatusForbidden, wire.ErrUser,
			"для услуги нужна %s учётная запись, у вас %s", "the service needs a %s account, yours is %s", levelName(s.Level), levelName(string(c.Level)))
	}
	return s, nil
}

// taken refuses a service that takes no applications today.
func (f *face) taken(s *catalog.Service, now time.Time) error {
	if s.Taken(now) {
		return nil
	}
	if s.State == catalog.Seasonal {
		return no(http.StatusForbidden, wire.ErrService, "услуга %s сезонная: заявления принимают в дни %s (месяц-число)", "service %s is seasonal: applications are taken %s (month-day)", s.Code, s.Season)
	}
	all, err := f.catalog()
	if err != nil {
		return err
	}
	next := all.Find(s.Successor)
	if next == nil {
		return no(http.StatusForbidden, wire.ErrService, "услуга %s больше не оказывается", "service %s is no longer rendered", s.Code)
	}
	return no(http.StatusForbidden, wire.ErrService, "услуга %s больше не оказывается, вместо неё %s (%s)", "service %s is no longer rendered; %s (%s) stands for it", s.Code, next.Code, next.Slug)
}

func levelName(level string) i18n.Text {
	switch level {
	case catalog.LevelSimplified:
		return i18n.Text{RU: "упрощённая", EN: "simplified"}
	case catalog.LevelStandard:
		return i18n.Text{RU: "стандартная", EN: "standard"}
	default:
		return i18n.Text{RU: "подтверждённая", EN: "confirmed"}
	}
}

// find returns the application that the path names, if it is the caller's.
func (f *face) find(ctx context.Context, tx *sql.Tx, c session.Caller, id int64) (*orders.Order, error) {
	o, err := orders.Get(ctx, tx, id)
	if errors.Is(err, orders.ErrNotFound) {
		return nil, errNoContent
	}
	if err != nil {
		return nil, err
	}
	if !owner(c).Owns(o) {
		return nil, no(http.StatusForbidden, wire.ErrOrderAccess,
			"у пользователя нет прав для работы с текущим заявлением", "this user has no rights to this application")
	}
	return o, nil
}

func pathID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id <= 0 {
		return 0, badRequest("номер заявления — целое число, а не %q", "the number of an application is whole, not %q", r.PathValue("id"))
	}
	return id, nil
}

// underLimit checks the limit of applications per service and user.
func underLimit(ctx context.Context, tx *sql.Tx, c session.Caller, s *catalog.Service, now time.Time) error {
	n, err := orders.SubmittedSince(ctx, tx, c.OID, s.Code, now.Add(-orders.SubmissionWindow))
	if err != nil {
		return err
	}
	if n >= orders.MaxSubmissions {
		return no(http.StatusTooManyRequests, wire.ErrLimitation,
			"не больше %d заявлений на услугу за 10 минут", "at most %d applications for a service in 10 minutes", orders.MaxSubmissions)
	}
	return nil
}
