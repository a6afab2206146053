// Package rawcall sends one request to the portal of the profile as it is told,
// with the profile's marker: to that portal only, reading freely, changing at
// most once. The command "api" uses it.
package rawcall

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/gusmev"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Bounds.
const (
	maxBody  = 64 << 20  // bytes of an answer
	maxParts = 200 << 20 // bytes of what is sent
	maxPages = 10_000
)

// Field is one part of a multipart body: text, or a file.
type Field struct {
	Name string
	Text string
	Path string // of a file, instead of Text
	Type string // Content-Type; "" is that of a field or a file
}

// Request is what to send.
type Request struct {
	Method string // upper case
	Path   string // "/api/…", perhaps with a query
	Query  url.Values
	Body   []byte // JSON; nil when Fields or nothing are sent
	Fields []Field
}

// Reads reports whether a method changes nothing.
func Reads(method string) bool { return method == "GET" || method == "HEAD" }

// Service sends requests to one portal.
type Service struct {
	Transport *transport.Client
	Base      string // origin of the portal
}

// Answer is what came back.
type Answer struct {
	Status int
	Type   string // Content-Type
	Body   []byte
}

// ParseField reads "name=value", "name=@path" and "name=@path;type=mime"
// (or "name=value;type=mime").
func ParseField(s string) (Field, error) {
	name, value, ok := strings.Cut(s, "=")
	if !ok || name == "" {
		return Field{}, fault.New(exitcode.Usage, "api.bad_field", i18n.Text{RU: "«%s»: нужно -F имя=значение или -F имя=@файл", EN: "%q: give -F name=value or -F name=@file"}.With(untrusted.Text(s)))
	}
	f := Field{Name: name}
	if before, kind, typed := strings.Cut(value, ";type="); typed {
		value, f.Type = before, kind
	}
	if path, file := strings.CutPrefix(value, "@"); file {
		f.Path = path
	} else {
		f.Text = value
	}
	return f, nil
}

// target takes the path apart and holds it to the portal of the profile.
func (s *Service) target(path string) (clean, query string, err error) {
	u, err := url.Parse(path)
	if err != nil {
		return "", "", badPath(path)
	}
	if u.Host != "" && u.Scheme+"://"+u.Host != s.Base || u.Opaque != "" || u.User != nil {
		return "", "", fault.New(exitcode.Usage, "api.other_host", i18n.Text{
			RU: "запрос уходит только на портал профиля, %s", EN: "a request goes to the portal of the profile only, %s"}.With(s.Base)).
			Advise(i18n.Say("укажите путь: /api/…; другой портал: --profile", "give a path: /api/…; for another portal: --profile"))
	}
	clean = u.EscapedPath()
	if !strings.HasPrefix(clean, "/") || strings.ContainsAny(clean, "{}") || u.Fragment != "" {
		return "", "", badPath(path)
	}
	return clean, u.RawQuery, nil
}

func badPath(path string) error {
	return fault.New(exitcode.Usage, "api.bad_path", i18n.Text{RU: "«%s» — не путь на портале: он начинается с /", EN: "%q is no path at the portal: it begins with /"}.With(untrusted.Text(path)))
}

// Do sends the request. What changes something is sent once.
func (s *Service) Do(ctx context.Context, q Request) (*Answer, error) {
	path, raw, err := s.target(q.Path)
	if err != nil {
		return nil, err
	}
	if len(q.Query) > 0 {
		if raw != "" {
			raw += "&"
		}
		raw += q.Query.Encode()
	}
	call := &transport.Call{Method: q.Method, Base: s.Base, Path: path, RawQuery: raw, MaxBody: maxBody, Auth: transport.AuthOptional}
	if strings.HasPrefix(path, "/api/gusmev/") {
		call.Judge = gusmev.Judge
	}
	if Reads(q.Method) {
		call.Policy = transport.Safe
	}
	switch {
	case q.Fields != nil:
		if call.Body, err = multipartBody(q.Fields); err != nil {
			return nil, err
		}
	case q.Body != nil:
		call.Body = transport.Bytes("application/json", q.Body)
	}
	resp, err := s.Transport.Do(ctx, call)
	if te := transport.AsError(err); te != nil && te.Kind == transport.Status {
		// What the portal said is printed, and the exit code is the error's.
		return &Answer{Status: te.Status, Type: te.Header.Get("Content-Type"), Body: te.Body}, err
	}
	if err != nil {
		return nil, err
	}
	return &Answer{Status: resp.Status, Type: resp.Header.Get("Content-Type"), Body: resp.Body}, nil
}

func multipartBody(fields []Field) (*transport.Body, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, f := range fields {
		if err := addField(w, &b, f); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return transport.Bytes(w.FormDataContentType(), b.Bytes()), nil
}

func addField(w *multipart.Writer, b *bytes.Buffer, f Field) error {
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", "", "\n", "").Replace
	h := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name="%s"`, quote(f.Name))}}
	if f.Path != "" {
		h.Set("Content-Disposition", fmt.Sprintf(`form-data; name="%s"; filename="%s"`, quote(f.Name), quote(filepath.Base(f.Path))))
		h.Set("Content-Type", "application/octet-stream")
	}
	if f.Type != "" {
		h.Set("Content-Type", f.Type)
	}
	part, err := w.CreatePart(h)
	if err != nil {
		return err
	}
	if f.Path == "" {
		_, err = io.WriteString(part, f.Text)
		return err
	}
	file, err := os.Open(f.Path)
	if err != nil {
		return fault.New(exitcode.Usage, "api.unreadable", i18n.Text{RU: "файл %s не читается", EN: "%s cannot be read"}.With(f.Path)).Because(err)
	}
	defer file.Close()
	if _, err = io.Copy(part, io.LimitReader(file, maxParts+1)); err == nil && b.Len() > maxParts {
		err = fault.New(exitcode.Usage, "api.too_large", i18n.Text{RU: "тело больше %d МБ", EN: "the body is larger than %d MB"}.With(maxParts>>20))
	}
	return err
}

// page is what tells a list of any of the portal's APIs that there is more.
type page struct {
	NextCursor string            `json:"nextCursor"` // cabinet API
	TotalCount int               `json:"totalCount"` // API ЕПГУ, with content
	Content    []json.RawMessage `json:"content"`
}

// Pages reads a list to its end and gives each page's document to emit: by the
// cursor of the cabinet API, or by pageNum of API ЕПГУ. A list whose pages count
// from 0 or from 1 is walked from 0; a page that comes twice is given once.
func (s *Service) Pages(ctx context.Context, q Request, emit func(*Answer) error) error {
	query := url.Values{}
	for k, v := range q.Query {
		query[k] = v
	}
	q.Query = query
	seen, last := 0, ""
	for n := range maxPages {
		a, err := s.Do(ctx, q)
		if err != nil {
			return err
		}
		var p page
		if json.Unmarshal(a.Body, &p) != nil {
			return emit(a)
		}
		if string(a.Body) != last {
			if err := emit(a); err != nil {
				return err
			}
			seen += len(p.Content)
		}
		last = string(a.Body)
		switch {
		case p.NextCursor != "":
			query.Set("cursor", p.NextCursor)
		case len(p.Content) > 0 && seen < p.TotalCount:
			at, err := strconv.Atoi(query.Get("pageNum"))
			if err != nil {
				at = n
			}
			query.Set("pageNum", strconv.Itoa(at+1))
		default:
			return nil
		}
	}
	return fmt.Errorf("%s goes on after %d pages", q.Path, maxPages)
}
