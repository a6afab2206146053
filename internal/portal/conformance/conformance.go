// Package conformance asks a portal that claims to speak API ЕПГУ and ЕСИА what it
// does, table by table of the published specification (SPEC-1.12.1), by calls that
// change nothing: they are unsigned, name what does not exist, or only read.
package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	"github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// State is what came of one check.
type State string

// The states.
const (
	Agrees   State = "agrees"
	Differs  State = "differs"
	NotAsked State = "not-asked" // a sign-in is needed
)

// Finding is one check.
type Finding struct {
	Table string // of SPEC-1.12.1, or the place in another document
	Call  string // method and path
	Asked i18n.Text
	State State
	Said  untrusted.Text // what the portal answered, when it differs
}

// absentOrder is a number that no application has: the largest that the type takes,
// so that a cancellation of it can touch nothing.
const absentOrder = "9223372036854775807"

// absentKey is an API-Key that nobody has.
const absentKey = "00000000-0000-4000-8000-000000000000"

// Options say which portal is asked, and how.
type Options struct {
	Portal, ESIA string // addresses; a portal on this machine may be plain http
	// Tokens gives the marker for calls that need one; nil is not signed in.
	Tokens    func(ctx context.Context, refused string) (string, error)
	Via       map[string]string // tunnels, by address
	Clock     clock.Clock
	UserAgent string
	Lang      i18n.Lang
	Log       io.Writer // of the requests, without secrets; nil keeps none
}

// Check asks everything and returns what came of each question. An error is an address
// that cannot be used, or a portal that does not answer at all.
func Check(ctx context.Context, o Options) ([]Finding, error) {
	client, err := transport.New(transport.Options{
		Origins: []string{o.Portal, o.ESIA}, Tokens: o.Tokens, Via: o.Via, Clock: o.Clock,
		UserAgent: o.UserAgent, Lang: o.Lang, Log: o.Log, MaxAttempts: 1})
	if err != nil {
		return nil, fault.New(exitcode.Usage, "conformance.address", i18n.Text{RU: "адрес %s не годится: http бывает только на этой машине", EN: "%s cannot be used: http is for this machine only"}.With(o.Portal)).Because(err)
	}
	defer client.CloseIdle()
	return portal{Options: o, client: client}.run(ctx)
}

type portal struct {
	Options
	client *transport.Client
}

// answer is what came back, whatever its status.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) String() string {
	return strconv.Itoa(a.status) + " " + string(a.body[:min(len(a.body), 200)])
}

// document is a JSON object of an answer; nil when it is none.
func (a answer) document() map[string]any {
	d := json.NewDecoder(bytes.NewReader(a.body))
	d.UseNumber()
	var out map[string]any
	if d.Decode(&out) != nil {
		return nil
	}
	return out
}

// check is one question with what the specification demands of the answer.
type check struct {
	table  string
	call   transport.Call
	esia   bool
	signed bool
	asked  i18n.Text
	holds  func(answer) bool
}

// run makes the checks in the order of the tables. The error is that of a portal
// which cannot be reached at all; then what was found so far is returned too.
func (p portal) run(ctx context.Context) ([]Finding, error) {
	var out []Finding
	for _, c := range p.checks() {
		f := Finding{Table: c.table, Call: c.call.Method + " " + c.call.Path, Asked: c.asked, State: NotAsked}
		if !c.signed || p.Tokens != nil {
			got, err := p.ask(ctx, c)
			if err != nil {
				return out, err
			}
			if f.State = Agrees; !c.holds(got) {
				f.State, f.Said = Differs, untrusted.Text(got.String())
			}
		}
		out = append(out, f)
	}
	return out, nil
}

func (p portal) ask(ctx context.Context, c check) (answer, error) {
	call := c.call
	if call.Base = p.Portal; c.esia {
		call.Base = p.ESIA
	}
	call.Policy, call.Auth = transport.Safe, transport.AuthNone
	if c.signed {
		call.Auth = transport.AuthRequired
	}
	resp, err := p.client.Do(ctx, &call)
	if err == nil {
		return answer{resp.Status, resp.Header, resp.Body}, nil
	}
	if te := transport.AsError(err); te != nil && te.Status != 0 {
		return answer{te.Status, te.Header, te.Body}, nil
	} else if te != nil && te.Kind == transport.Redirected {
		return answer{http.StatusFound, te.Header, nil}, nil
	}
	return answer{}, err
}

func say(ru, en string) i18n.Text { return i18n.Text{RU: ru, EN: en} }

func status(codes ...int) func(answer) bool {
	return func(a answer) bool {
		for _, c := range codes {
			if a.status == c {
				return true
			}
		}
		return false
	}
}

// refusal is an error of API ЕПГУ (appendix 4): code and message are texts.
func refusal(codes ...int) func(answer) bool {
	return func(a answer) bool {
		d := a.document()
		_, code := d["code"].(string)
		_, message := d["message"].(string)
		return status(codes...)(a) && code && message
	}
}

func number(v any) bool { _, ok := v.(json.Number); return ok }

// list is what tables 21 and 24 describe.
func list(each func(map[string]any) bool) func(answer) bool {
	return func(a answer) bool {
		d := a.document()
		content, ok := d["content"].([]any)
		if a.status != http.StatusOK || !ok || !number(d["count"]) || !number(d["totalCount"]) {
			return false
		}
		for _, e := range content {
			m, ok := e.(map[string]any)
			if !ok || !number(m["orderId"]) || m["orderSearchStatus"] != "FOUND" && m["orderSearchStatus"] != "NOT_FOUND" {
				return false
			}
			if st, ok := m["status"].(map[string]any); ok && (!number(st["statusId"]) || !isText(st["statusName"]) || !isText(st["updated"])) {
				return false
			}
			if !each(m) {
				return false
			}
		}
		return true
	}
}

func isText(v any) bool { _, ok := v.(string); return ok }

func any1(map[string]any) bool { return true }

// dictionary is what table 32 describes, with at most so many items.
func dictionary(most int) func(answer) bool {
	return func(a answer) bool {
		d := a.document()
		e, ok := d["error"].(map[string]any)
		items, listed := d["items"].([]any)
		if a.status != http.StatusOK || !ok || e["code"] != json.Number("0") || !isText(e["message"]) || !number(d["total"]) || !listed || len(items) > most {
			return false
		}
		for _, i := range items {
			m, ok := i.(map[string]any)
			if !ok || !isText(m["value"]) || !isText(m["title"]) {
				return false
			}
		}
		return true
	}
}

func noDictionary(a answer) bool {
	e, ok := a.document()["error"].(map[string]any)
	return status(http.StatusOK, http.StatusNotFound)(a) && ok && number(e["code"]) && e["code"] != json.Number("0")
}

// esiaError is what the token endpoint answers (МР ЕСИА, appendix В).
func esiaError(a answer) bool {
	d := a.document()
	description, _ := d["error_description"].(string)
	return a.status >= 400 && a.status < 500 && isText(d["error"]) && strings.HasPrefix(description, "ESIA-")
}

func (p portal) checks() []check {
	body := func(s string) *transport.Body { return transport.Bytes("application/json", []byte(s)) }
	order := map[string]string{"id": absentOrder}
	page := func(more url.Values) url.Values {
		q := url.Values{"pageNum": {"0"}, "pageSize": {"1"}}
		for k, v := range more {
			q[k] = v
		}
		return q
	}
	after := page(url.Values{"updatedAfter": {p.Clock.Now().UTC().Format("2006-01-02T15:04:05.000")}})
	meta := `{"region":"36000000000","serviceCode":"0","targetCode":"-0"}`
	file := map[string]string{"objectId": absentOrder, "objectType": "3"}
	unsigned := say("без маркера — 401", "without a marker: 401")
	post := func(path string, b *transport.Body) transport.Call {
		return transport.Call{Method: http.MethodPost, Path: path, Body: b}
	}
	get := func(path string, q url.Values) transport.Call {
		return transport.Call{Method: http.MethodGet, Path: path, Query: q}
	}
	with := func(c transport.Call, params map[string]string) transport.Call { c.PathParams = params; return c }
	no := status(http.StatusUnauthorized)
	return []check{
		{table: "5", call: post(gusmev.PathOrder, body(meta)), asked: unsigned, holds: no},
		{table: "9", call: post(gusmev.PathPushChunked, nil), asked: unsigned, holds: no},
		{table: "13", call: post(gusmev.PathPush, nil), asked: unsigned, holds: no},
		{table: "17", call: with(post(gusmev.PathOrderCancel, nil), order), asked: unsigned, holds: no},
		{table: "20", call: get(gusmev.PathOrdersStatus, page(url.Values{"orderIds": {absentOrder}})), asked: unsigned, holds: no},
		{table: "23", call: get(gusmev.PathUpdatedAfter, after), asked: unsigned, holds: no},
		{table: "26", call: with(post(gusmev.PathOrderDetails, nil), order), asked: unsigned, holds: no},
		{table: "34", call: with(get(gusmev.PathDownloadOlder, url.Values{"mnemonic": {"req.xml"}}), file), asked: unsigned, holds: no},
		{table: "6", signed: true, call: post(gusmev.PathOrder, body(meta)), asked: say("услуга, которой нет, — ошибка с code и message", "a service that does not exist: an error with code and message"), holds: refusal(400, 403, 409)},
		{table: "6", signed: true, call: post(gusmev.PathOrder, body(`{}`)), asked: say("нет обязательных полей — 400 с code и message", "mandatory fields are missing: 400 with code and message"), holds: refusal(400)},
		{table: "10", signed: true, call: post(gusmev.PathPushChunked, transport.Bytes("multipart/form-data; boundary=x", []byte("--x--\r\n"))), asked: say("нет обязательных частей — 400 с code и message", "mandatory parts are missing: 400 with code and message"), holds: refusal(400)},
		{table: "14", signed: true, call: post(gusmev.PathPush, transport.Bytes("multipart/form-data; boundary=x", []byte("--x--\r\n"))), asked: say("нет обязательных частей — 400 с code и message", "mandatory parts are missing: 400 with code and message"), holds: refusal(400)},
		{table: "18", signed: true, call: with(post(gusmev.PathOrderCancel, nil), order), asked: say("заявления нет — 204, 404 или ошибка с code", "no such application: 204, 404, or an error with a code"), holds: func(a answer) bool { return status(204, 404)(a) || refusal(400, 403)(a) }},
		{table: "21", signed: true, call: get(gusmev.PathOrdersStatus, page(url.Values{"orderIds": {absentOrder}})), asked: say("count, totalCount, content; заявления нет — NOT_FOUND без статуса", "count, totalCount, content; no such application: NOT_FOUND without a status"),
			holds: list(func(m map[string]any) bool { return m["orderSearchStatus"] == "NOT_FOUND" && m["status"] == nil })},
		{table: "21", signed: true, call: get(gusmev.PathOrdersStatus+"/", page(url.Values{"orderIds": {absentOrder}})), asked: say("то же с чертой в конце (таблица 3)", "the same with a slash at the end (table 3)"), holds: list(any1)},
		{table: "24", signed: true, call: get(gusmev.PathUpdatedAfter, after), asked: say("count, totalCount, content с числами и текстами по таблице", "count, totalCount, content with numbers and texts as in the table"), holds: list(any1)},
		{table: "24", signed: true, call: get(gusmev.PathUpdatedAfter+"/", after), asked: say("то же с чертой в конце (таблица 3)", "the same with a slash at the end (table 3)"), holds: list(any1)},
		{table: "27", signed: true, call: with(post(gusmev.PathOrderDetails, nil), order), asked: say("заявления нет — 204 или ошибка с code", "no such application: 204, or an error with a code"), holds: func(a answer) bool { return status(204)(a) || refusal(400, 403)(a) }},
		{table: "31", call: with(post(gusmev.PathDictionary, body(`{"treeFiltering":"ONELEVEL","pageNum":1,"pageSize":2}`)), map[string]string{"code": "BIC"}), asked: say("справочник без входа, по две записи", "a dictionary without sign-in, two items a page"), holds: dictionary(2)},
		{table: "31", call: with(post(gusmev.PathDictionary, body(`{"treeFiltering":"ONELEVEL","pageNum":2,"pageSize":1}`)), map[string]string{"code": "BIC"}), asked: say("вторая страница", "the second page"), holds: dictionary(1)},
		{table: "32", call: with(post(gusmev.PathDictionary, body(`{"treeFiltering":"ONELEVEL","pageNum":1,"pageSize":1}`)), map[string]string{"code": "NO_SUCH_DICTIONARY"}), asked: say("справочника нет — error.code не 0", "no such dictionary: error.code is not 0"), holds: noDictionary},
		{table: "34", signed: true, call: with(get(gusmev.PathDownloadOlder, url.Values{"mnemonic": {"req.xml"}}), file), asked: say("файла нет — 204, 404 или ошибка с code", "no such file: 204, 404, or an error with a code"), holds: func(a answer) bool { return status(204, 404)(a) || refusal(400, 403)(a) }},
		{table: "ЕСИА В.2", esia: true, call: post("/aas/oauth2/v3/te", transport.Form(url.Values{"grant_type": {"authorization_code"}})), asked: say("нет параметров — error и ESIA-… в error_description", "parameters are missing: error, and ESIA-… in error_description"), holds: esiaError},
		{table: "ЕСИА Б.12", esia: true, call: with(get("/esia-rs/api/public/v1/orgs/ext-app/{key}/tkn", url.Values{"signature": {"AA"}}), map[string]string{"key": absentKey}), asked: say("ключа API нет — 404", "no such API-Key: 404"), holds: status(http.StatusNotFound)},
	}
}
