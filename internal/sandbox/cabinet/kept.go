package cabinet

import (
	"context"
	"database/sql"
	"encoding/json"
	"net/http"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
)

// maxSaved is how many services one person may keep.
const maxSaved = 200

const savedSchema = `
CREATE TABLE saved_services(
	oid      INTEGER NOT NULL,
	org_oid  INTEGER NOT NULL,
	service  TEXT NOT NULL,                 -- code
	saved_us INTEGER NOT NULL,              -- of the calendar
	PRIMARY KEY (oid, org_oid, service)
) STRICT, WITHOUT ROWID;
`

// kept is what makes services a caller's own.
type kept struct {
	saved map[string]bool
	since map[string]time.Time // when each was saved
	used  map[string]int       // applications
}

// kept reads what the caller keeps and has asked for; empty without a marker.
func (f *face) kept(r *http.Request) (*kept, error) {
	o := &kept{saved: map[string]bool{}, since: map[string]time.Time{}, used: map[string]int{}}
	who, ok := session.From(r.Context())
	if !ok {
		return o, nil
	}
	return o, f.deps.DB.Read(r.Context(), func(tx *sql.Tx) error { return o.read(r.Context(), tx, who) })
}

func (o *kept) read(ctx context.Context, tx *sql.Tx, who session.Caller) error {
	err := each(ctx, tx, "SELECT service, saved_us FROM saved_services WHERE oid = ? AND org_oid = ?", who, func(service string, n int64) {
		o.saved[service], o.since[service] = true, time.UnixMicro(n).UTC()
	})
	if err != nil {
		return err
	}
	return each(ctx, tx, "SELECT service, count(*) FROM orders WHERE oid = ? AND org_oid = ? GROUP BY service", who, func(service string, n int64) {
		o.used[service] = int(n)
	})
}

func each(ctx context.Context, tx *sql.Tx, query string, who session.Caller, f func(service string, n int64)) error {
	rows, err := tx.QueryContext(ctx, query, who.OID, who.OrgOID)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var service string
		var n int64
		if err := rows.Scan(&service, &n); err != nil {
			return err
		}
		f(service, n)
	}
	return rows.Err()
}

// order says which services come first: kept ones, then those asked for most.
func (o *kept) order() map[string]int {
	out := make(map[string]int, len(o.saved)+len(o.used))
	for code, n := range o.used {
		out[code] = n
	}
	for code := range o.saved {
		out[code] += 1 << 20
	}
	return out
}

func (o *kept) page(c *catalog.Catalog, found []*catalog.Brief, limit, offset int, l i18n.Lang) wire.Page[wire.Service] {
	from := min(offset, len(found))
	var items []wire.Service
	for _, s := range found[from:min(from+limit, len(found))] {
		item := brief(c, s, l)
		item.Saved, item.Used = o.saved[s.Code], o.used[s.Code]
		items = append(items, item)
	}
	return page(items, len(found), from)
}

// savedServices is GET /saved-services.
func (f *face) savedServices(w http.ResponseWriter, r *http.Request) error {
	limit, offset, err := pageOf(r.URL.Query())
	if err != nil {
		return err
	}
	c, err := f.catalog()
	if err != nil {
		return err
	}
	o, err := f.kept(r)
	if err != nil {
		return err
	}
	found, err := c.Search(catalog.Filter{Only: o.saved, Obsolete: true, First: o.order()})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, o.page(c, found, limit, offset, problem.Lang(r)))
	return nil
}

// saveService is PUT /saved-services/{code}; repeating it changes nothing.
func (f *face) saveService(w http.ResponseWriter, r *http.Request) error {
	_, s, err := f.find(r)
	if err != nil {
		return err
	}
	who := caller(r)
	err = f.deps.DB.Write(r.Context(), func(tx *sql.Tx) error {
		now, err := f.deps.Calendar.Now(r.Context(), tx)
		if err != nil {
			return err
		}
		var n int
		if err := tx.QueryRowContext(r.Context(), "SELECT count(*) FROM saved_services WHERE oid = ? AND org_oid = ? AND service <> ?", who.OID, who.OrgOID, s.Code).Scan(&n); err != nil {
			return err
		}
		if n >= maxSaved {
			return problem.New(http.StatusConflict, "service.too_many_saved", i18n.Text{
				RU: "Сохранено уже %d услуг: уберите ненужные", EN: "%d services are saved already: remove some"}.With(n))
		}
		_, err = tx.ExecContext(r.Context(), "INSERT INTO saved_services VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", who.OID, who.OrgOID, s.Code, now.UnixMicro())
		return err
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// forgetService is DELETE /saved-services/{code}.
func (f *face) forgetService(w http.ResponseWriter, r *http.Request) error {
	_, s, err := f.find(r)
	if err != nil {
		return err
	}
	who := caller(r)
	err = f.deps.DB.Write(r.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(r.Context(), "DELETE FROM saved_services WHERE oid = ? AND org_oid = ? AND service = ?", who.OID, who.OrgOID, s.Code)
		return err
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// serviceIndex is GET /service-index.
func (f *face) serviceIndex(w http.ResponseWriter, r *http.Request) error {
	c, err := f.catalog()
	if err != nil {
		return err
	}
	l := problem.Lang(r)
	tag := `"` + c.Version() + "-" + string(l) + `-2"` // 2 is the layout: titles in the other language are among the words
	w.Header().Set("ETag", tag)
	w.Header().Set("Vary", "Accept-Language")
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	out := wire.ServiceIndex{Items: []wire.ServiceHint{}}
	for _, s := range c.Services() {
		if s.State == catalog.Obsolete {
			continue
		}
		hint := wire.ServiceHint{Code: s.Code, Slug: s.Slug, Title: text(s.Title, l)}
		for _, k := range s.Keywords {
			hint.Words = append(hint.Words, wire.Text(k))
		}
		for _, other := range []i18n.Lang{i18n.RU, i18n.EN} {
			if t := text(s.Title, other); t != hint.Title {
				hint.Words = append(hint.Words, t)
			}
		}
		out.Items = append(out.Items, hint)
	}
	body, err := json.Marshal(out)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, err = w.Write(body)
	return err
}

// serviceChanges is GET /service-changes.
func (f *face) serviceChanges(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	limit, offset, err := pageOf(q)
	if err != nil {
		return err
	}
	since := q.Get("since")
	if _, err := time.Parse(time.DateOnly, since); since != "" && err != nil {
		return problem.BadRequest(i18n.Text{RU: "since: нужна дата вида 2026-01-31, а не %q", EN: "since: a day like 2026-01-31, not %q"}.With(since))
	}
	c, err := f.catalog()
	if err != nil {
		return err
	}
	o, err := f.kept(r)
	if err != nil {
		return err
	}
	list, err := c.Changes()
	if err != nil {
		return err
	}
	var today string
	err = f.deps.DB.Read(r.Context(), func(tx *sql.Tx) error {
		now, err := f.deps.Calendar.Now(r.Context(), tx)
		today = now.Format(time.DateOnly)
		return err
	})
	if err != nil {
		return err
	}
	saved := q.Get("saved") == "true"
	l := problem.Lang(r)
	var found []wire.ServiceChange
	for _, ch := range list {
		from := since
		if saved && from == "" {
			from = o.since[ch.Service].Format(time.DateOnly)
		}
		if ch.Date > today || ch.Date < from || saved && !o.saved[ch.Service] {
			continue
		}
		s := c.Find(ch.Service)
		found = append(found, wire.ServiceChange{Date: ch.Date, Service: s.Code, Slug: s.Slug, Title: text(s.Title, l), Kind: ch.Kind, Text: text(ch.Text, l)})
	}
	from := min(offset, len(found))
	problem.JSON(w, http.StatusOK, page(found[from:min(from+limit, len(found))], len(found), from))
	return nil
}
