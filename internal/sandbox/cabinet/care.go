package cabinet

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
	"github.com/epgu-cli/epgu/internal/sandbox/departments"
	"github.com/epgu-cli/epgu/internal/sandbox/orders"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
)

// ownOrder finds an application of the caller that was sent.
func (f *face) ownOrder(r *http.Request, tx *sql.Tx) (*orders.Order, *catalog.Service, time.Time, error) {
	none := time.Time{}
	id, err := strconv.ParseInt(r.PathValue("orderId"), 10, 64)
	if err != nil {
		return nil, nil, none, problem.NotFound("application.not_found")
	}
	o, err := orders.Get(r.Context(), tx, id)
	if errors.Is(err, orders.ErrNotFound) || err == nil && (!orderOwner(caller(r)).Owns(o) || o.Submitted.IsZero()) {
		return nil, nil, none, problem.NotFound("application.not_found")
	}
	if err != nil {
		return nil, nil, none, err
	}
	c, err := f.catalog()
	if err != nil {
		return nil, nil, none, err
	}
	s := c.Find(o.Service)
	if s == nil {
		return nil, nil, none, fmt.Errorf("application %d: no service %s", o.ID, o.Service)
	}
	now, err := f.deps.Calendar.Now(r.Context(), tx)
	return o, s, now, err
}

func messageOf(m orders.Message, s *catalog.Service, l i18n.Lang) wire.Message {
	out := wire.Message{ID: m.ID, At: m.At, From: "applicant", Text: text(m.Text, l)}
	if !m.Own {
		out.From, out.Name = "department", text(s.Dept().Name, l)
	}
	return out
}

// listMessages is GET /applications/{orderId}/messages, oldest first.
func (f *face) listMessages(w http.ResponseWriter, r *http.Request) error {
	items := []wire.Message{}
	err := f.deps.DB.Read(r.Context(), func(tx *sql.Tx) error {
		o, s, _, err := f.ownOrder(r, tx)
		if err != nil {
			return err
		}
		all, err := orders.Messages(r.Context(), tx, o.ID)
		for _, m := range all {
			items = append(items, messageOf(m, s, problem.Lang(r)))
		}
		return err
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, page(items, len(items), 0))
	return nil
}

// writeMessage is POST /applications/{orderId}/messages.
func (f *face) writeMessage(w http.ResponseWriter, r *http.Request) error {
	var in wire.MessageInput
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	in.Text = strings.TrimSpace(in.Text)
	if n := utf8.RuneCountInString(in.Text); n == 0 || n > orders.MaxMessage {
		return problem.Invalid(problem.Field{Name: "text", Code: "length", Message: i18n.Text{RU: "нужно от 1 до %d знаков", EN: "1 to %d characters are needed"}.With(orders.MaxMessage)})
	}
	var out wire.Message
	err := f.deps.DB.Write(r.Context(), func(tx *sql.Tx) error {
		o, s, now, err := f.ownOrder(r, tx)
		if err != nil {
			return err
		}
		if !orders.Conversable(o) {
			return problem.New(http.StatusConflict, "application.messages_closed", i18n.Text{RU: "Переписка закрыта: %s", EN: "The correspondence is closed: %s"}.With(orders.Title(o.StatusID)))
		}
		m, err := orders.Write(r.Context(), tx, o, orders.Message{At: now, Own: true, Text: i18n.Text{RU: in.Text, EN: in.Text}}, departments.ReplyAt(now))
		out = messageOf(m, s, problem.Lang(r))
		return err
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusCreated, out)
	return nil
}

// notChangeable refuses a change that comes too late, or would leave a signature
// behind that does not fit.
func notChangeable(o *orders.Order, s *catalog.Service, now time.Time) error {
	switch {
	case o.Phase == orders.Mending:
		return problem.New(http.StatusConflict, "application.under_correction", i18n.Say("Ведомство вернуло заявление на исправление: отправьте исправленное под тем же номером", "The department has sent the application back: send the mended one under the same number"))
	case !orders.Changeable(o, now):
		return problem.New(http.StatusConflict, "application.not_changeable", i18n.Text{RU: "Сейчас заявление менять нельзя: %s", EN: "The application cannot be changed now: %s"}.With(orders.Title(o.StatusID)))
	case s.Signature == "qualified":
		return problem.New(http.StatusConflict, "application.signed", i18n.Say("Заявление подписано: изменить его без новой подписи нельзя", "The application is signed: it cannot be changed without a new signature")).
			WithHint(i18n.Say("Отзовите его и подайте новое или дождитесь, что ведомство попросит исправить", "Withdraw it and submit another, or wait until the department asks for a correction"))
	}
	return nil
}

// unchanged holds a change against the version that its author has seen.
func unchanged(r *http.Request, o *orders.Order) error {
	match := r.Header.Get("If-Match")
	if match == "" {
		return problem.NoMatch()
	}
	if !matches(match, versionTag(o)) {
		return problem.New(http.StatusPreconditionFailed, "application.changed", i18n.Say("Заявление успели изменить", "The application was changed meanwhile")).
			WithHint(i18n.Say("Посмотрите, что изменилось, и повторите", "See what has changed, and repeat"))
	}
	return nil
}

func versionTag(o *orders.Order) string { return `"` + strconv.Itoa(o.Version) + `"` }

// listVersions is GET /applications/{orderId}/versions, oldest first.
func (f *face) listVersions(w http.ResponseWriter, r *http.Request) error {
	return f.versions(w, r, http.StatusOK, f.deps.DB.Read, func(*sql.Tx, *orders.Order, *catalog.Service, time.Time) error { return nil })
}

// versions does something with an application and answers with its versions.
func (f *face) versions(w http.ResponseWriter, r *http.Request, status int, in func(context.Context, func(*sql.Tx) error) error, do func(*sql.Tx, *orders.Order, *catalog.Service, time.Time) error) error {
	items := []wire.Version{}
	tag := ""
	err := in(r.Context(), func(tx *sql.Tx) error {
		o, s, now, err := f.ownOrder(r, tx)
		if err != nil {
			return err
		}
		if err := do(tx, o, s, now); err != nil {
			return err
		}
		tag = versionTag(o)
		all, err := orders.Versions(r.Context(), tx, o.ID)
		for i, v := range all {
			wv := wire.Version{Number: v.Number, At: v.At, Origin: string(v.Origin), Values: v.Values, Changed: []string{}, Files: []string{}}
			if wv.Values == nil {
				wv.Values = map[string]string{}
			}
			if !v.Confirmed.IsZero() {
				wv.ConfirmedAt = &v.Confirmed
			}
			if i > 0 {
				wv.Changed, wv.Files = differing(all[i-1].Values, v.Values), append(wv.Files, all[i-1].Files...)
			}
			items = append(items, wv)
		}
		return err
	})
	if err != nil {
		return err
	}
	w.Header().Set("ETag", tag)
	problem.JSON(w, status, page(items, len(items), 0))
	return nil
}

func differing(a, b map[string]string) []string {
	out := []string{}
	for name, v := range a {
		if w, ok := b[name]; !ok || w != v {
			out = append(out, name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// changeApplication is POST /applications/{orderId}/versions with If-Match.
func (f *face) changeApplication(w http.ResponseWriter, r *http.Request) error {
	var in wire.ChangeInput
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	if len(in.Values) == 0 {
		return problem.Invalid(problem.Field{Name: "values", Code: "required", Message: i18n.Say("нечего менять", "there is nothing to change")})
	}
	fresh, bad := formTexts(in.Values)
	if len(bad) > 0 {
		return problem.Invalid(bad...)
	}
	ctx := r.Context()
	return f.versions(w, r, http.StatusCreated, f.deps.DB.Write, func(tx *sql.Tx, o *orders.Order, s *catalog.Service, now time.Time) error {
		if err := unchanged(r, o); err != nil {
			return err
		}
		if err := notChangeable(o, s, now); err != nil {
			return err
		}
		values := maps.Clone(o.Values)
		if values == nil {
			values = map[string]string{}
		}
		for name := range in.Values { // a group or a list is replaced whole
			maps.DeleteFunc(values, func(have, _ string) bool {
				return have == name || strings.HasPrefix(have, name+".") || strings.HasPrefix(have, name+"[")
			})
		}
		maps.Copy(values, fresh)
		maps.DeleteFunc(values, func(_, v string) bool { return v == "" })
		var wrong []problem.Field
		for _, p := range s.Validate(values, false, now.In(clock.Moscow()).Format(time.DateOnly)) {
			wrong = append(wrong, problem.Field{Name: p.Field, Code: p.Code, Message: p.Message})
		}
		if len(wrong) > 0 {
			return problem.Invalid(wrong...)
		}
		if maps.Equal(values, o.Values) {
			return problem.Invalid(problem.Field{Name: "values", Code: "same", Message: i18n.Say("так и есть: ничего не меняется", "it is so already: nothing changes")})
		}
		var before, after int64
		if fee := s.FeeFor(o.Values); fee != nil {
			before = fee.Kopecks
		}
		if fee := s.FeeFor(values); fee != nil {
			after = fee.Kopecks
		}
		if before != after {
			return problem.New(http.StatusConflict, "application.change_costs", i18n.Say("С этим изменением пошлина другая", "The duty is another with this change")).
				WithHint(i18n.Say("Отзовите заявление и подайте новое", "Withdraw the application and submit another"))
		}
		o.Values = values
		if err := orders.AddVersion(ctx, tx, o, orders.Changed, now); err != nil {
			return err
		}
		return orders.Save(ctx, tx, o)
	})
}

// revertApplication is POST /applications/{orderId}/reversions with If-Match.
func (f *face) revertApplication(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	return f.versions(w, r, http.StatusCreated, f.deps.DB.Write, func(tx *sql.Tx, o *orders.Order, s *catalog.Service, now time.Time) error {
		if err := unchanged(r, o); err != nil {
			return err
		}
		if err := notChangeable(o, s, now); err != nil {
			return err
		}
		err := orders.Revert(ctx, tx, o, now)
		if errors.Is(err, orders.ErrNothingToRevert) {
			return problem.New(http.StatusConflict, "application.nothing_to_revert", i18n.Say("С тех пор как ведомство приняло заявление, ничего не менялось", "Nothing has changed since the department took the application"))
		}
		if err != nil {
			return err
		}
		return orders.Save(ctx, tx, o)
	})
}

// addDocument is POST /applications/{orderId}/documents.
func (f *face) addDocument(w http.ResponseWriter, r *http.Request) error {
	var in wire.DocumentInput
	if err := problem.ReadUpload(w, r, &in); err != nil {
		return err
	}
	ctx := r.Context()
	return f.versions(w, r, http.StatusCreated, f.deps.DB.Write, func(tx *sql.Tx, o *orders.Order, s *catalog.Service, now time.Time) error {
		asked := o.Wanted != nil && !o.Wanted.Received && o.Wanted.Document == in.Document && !o.Final
		if !asked {
			if err := notChangeable(o, s, now); err != nil {
				return err
			}
		}
		if bad := badDocument(s, in, asked); len(bad) > 0 {
			return problem.Invalid(bad...)
		}
		if err := orders.ReplaceFile(ctx, tx, o, orders.File{Name: in.FileName, MIME: orders.Sniff(in.Content), Kind: "ATTACHMENT", Content: in.Content}); err != nil {
			return err
		}
		if err := orders.AddVersion(ctx, tx, o, orders.Attached, now); err != nil {
			return err
		}
		if _, err := orders.Write(ctx, tx, o, orders.Message{At: now, Own: true, Text: i18n.Text{RU: "Приложен файл " + in.FileName, EN: "Attached: " + in.FileName}}, time.Time{}); err != nil {
			return err
		}
		if asked {
			if err := departments.New(f.deps).DocumentCame(ctx, tx, o, now); err != nil {
				return err
			}
		}
		return orders.Save(ctx, tx, o)
	})
}

// badDocument says what is wrong with a document: by its content, never by its name.
func badDocument(s *catalog.Service, in wire.DocumentInput, asked bool) []problem.Field {
	var bad []problem.Field
	add := func(name, code string, m i18n.Localised) {
		bad = append(bad, problem.Field{Name: name, Code: code, Message: m})
	}
	d := s.Document(in.Document)
	if d == nil && asked {
		d = &catalog.Document{Name: orders.ExtraDocument, Types: []string{"application/pdf", "image/jpeg", "image/png"}}
	}
	if d == nil {
		add("document", "choice", i18n.Say("услуга не принимает такого документа", "the service takes no such document"))
		return bad
	}
	limit := d.MaxBytes
	if limit <= 0 {
		limit = catalog.MaxAttachmentBytes
	}
	switch kind := orders.Sniff(in.Content); {
	case len(in.Content) == 0:
		add("content", "required", i18n.Say("файл пуст", "the file is empty"))
	case int64(len(in.Content)) > limit:
		add("content", "size", i18n.Text{RU: "%d байт, можно не больше %d", EN: "%d bytes, at most %d"}.With(len(in.Content), limit))
	case !slices.Contains(d.Types, kind):
		add("content", "type", i18n.Text{RU: "по содержимому это %s, нужно %s", EN: "it is %s by its content, needed: %s"}.With(kind, strings.Join(d.Types, ", ")))
	}
	if !orders.PlainName(in.FileName) || in.FileName == s.Request || path.Ext(in.FileName) == ".sig" {
		add("fileName", "name", i18n.Say("такое имя файла не подходит", "this file name will not do"))
	}
	return bad
}

// rateApplication is PUT /applications/{orderId}/rating.
func (f *face) rateApplication(w http.ResponseWriter, r *http.Request) error {
	var in wire.RatingInput
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	in.Text = strings.TrimSpace(in.Text)
	var bad []problem.Field
	if in.Score < 1 || in.Score > 5 {
		bad = append(bad, problem.Field{Name: "score", Code: "range", Message: i18n.Say("от 1 до 5", "from 1 to 5")})
	}
	if utf8.RuneCountInString(in.Text) > 1000 {
		bad = append(bad, problem.Field{Name: "text", Code: "length", Message: i18n.Say("не больше 1000 знаков", "at most 1000 characters")})
	}
	if len(bad) > 0 {
		return problem.Invalid(bad...)
	}
	var out wire.Rating
	err := f.deps.DB.Write(r.Context(), func(tx *sql.Tx) error {
		o, _, now, err := f.ownOrder(r, tx)
		if err != nil {
			return err
		}
		if !orders.Rateable(o) {
			return problem.New(http.StatusConflict, "application.not_rateable", i18n.Text{RU: "Оценить можно, когда услуга оказана или в ней отказано; сейчас: %s", EN: "It can be rated once the service is rendered or refused; now: %s"}.With(orders.Title(o.StatusID)))
		}
		o.Rating = &orders.Rating{Score: in.Score, Text: in.Text, At: now}
		out = wire.Rating{Score: in.Score, Text: wire.Text(in.Text), At: now}
		return orders.Save(r.Context(), tx, o)
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, out)
	return nil
}

// publicApplications is GET /public-applications: nobody signs in, nobody is named.
func (f *face) publicApplications(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	limit, offset, err := pageOf(q)
	if err != nil {
		return err
	}
	filter, err := f.filterOf(q)
	if err != nil {
		return err
	}
	if v := q.Get("orderId"); v != "" {
		id, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return problem.BadRequest(i18n.Say("orderId: нужно число", "orderId: a number is needed"))
		}
		filter.IDs = []int64{id}
	}
	c, err := f.catalog()
	if err != nil {
		return err
	}
	l := problem.Lang(r)
	items := []wire.PublicApplication{}
	total := 0
	err = f.deps.DB.Read(r.Context(), func(tx *sql.Tx) error {
		now, err := f.deps.Calendar.Now(r.Context(), tx)
		if err != nil {
			return err
		}
		list, n, err := orders.Public(r.Context(), tx, filter, limit, offset)
		if err != nil {
			return err
		}
		total = n
		for _, o := range list {
			a := wire.PublicApplication{OrderID: o.ID, Service: o.Service, Region: o.Region[:min(2, len(o.Region))], ReceivedOn: o.Submitted.In(clock.Moscow()).Format(time.DateOnly),
				StatusID: o.StatusID, StatusTitle: text(orders.Title(o.StatusID), l), Indicator: string(orders.Indicate(o, now))}
			if s := c.Find(o.Service); s != nil {
				a.ServiceTitle, a.Department = text(s.Title, l), text(s.Dept().Name, l)
			}
			if !o.Final {
				a.ExpectedAt = &o.Expected
			}
			items = append(items, a)
		}
		return nil
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, page(items, total, offset))
	return nil
}
