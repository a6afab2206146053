package cabinet

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/epgu-cli/epgu/internal/i18n"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// draftTerm is how long a draft is kept after its last change, calendar.
const draftTerm = 90 * 24 * time.Hour

// maxDrafts is how many drafts one person may keep.
const maxDrafts = 500

func draftsSchema() store.Schema {
	return store.Schema{Name: "cabinet", Migrations: []string{`
CREATE TABLE drafts(
	id         TEXT PRIMARY KEY,
	oid        INTEGER NOT NULL,
	org_oid    INTEGER NOT NULL,
	service    TEXT NOT NULL,
	version    INTEGER NOT NULL,
	updated_us INTEGER NOT NULL,
	data       TEXT NOT NULL,                -- JSON
	idem_key   TEXT NOT NULL DEFAULT '',
	idem_hash  BLOB
) STRICT;
CREATE INDEX drafts_by_owner ON drafts(oid, org_oid, updated_us);
CREATE UNIQUE INDEX drafts_by_key ON drafts(oid, org_oid, idem_key) WHERE idem_key <> '';
`, savedSchema, `
ALTER TABLE drafts ADD COLUMN form_version TEXT NOT NULL DEFAULT '';
ALTER TABLE drafts ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE drafts ADD COLUMN remind_on TEXT NOT NULL DEFAULT '';   -- yyyy-mm-dd
`, remindersSchema, templatesSchema}}
}

type draft struct {
	id      string
	service string
	version int64
	updated time.Time
	data    map[string]any
	form    string // version of the form
	name    string
	remind  string // yyyy-mm-dd
	due     bool   // the day of remind has come
}

const draftColumns = "id, service, version, updated_us, data, form_version, name, remind_on, remind_on <> '' AND remind_us IS NULL"

func scanDraft(row interface{ Scan(...any) error }) (draft, error) {
	var d draft
	var updated int64
	var data string
	err := row.Scan(&d.id, &d.service, &d.version, &updated, &data, &d.form, &d.name, &d.remind, &d.due)
	if errors.Is(err, sql.ErrNoRows) {
		return d, errNoDraft()
	}
	if err != nil {
		return d, err
	}
	d.updated = time.UnixMicro(updated).UTC()
	return d, json.Unmarshal([]byte(data), &d.data)
}

func errNoDraft() error { return problem.NotFound("draft.not_found") }

// loadDraft returns a draft of the caller that has not run out.
func (f *face) loadDraft(ctx context.Context, tx *sql.Tx, who session.Caller, id string) (draft, error) {
	oldest, err := f.oldest(ctx, tx)
	if err != nil {
		return draft{}, err
	}
	return scanDraft(tx.QueryRowContext(ctx, "SELECT "+draftColumns+" FROM drafts WHERE id = ? AND oid = ? AND org_oid = ? AND updated_us > ?", id, who.OID, who.OrgOID, oldest))
}

func (d draft) etag() string { return `"` + strconv.FormatInt(d.version, 10) + `"` }

func (f *face) wireDraft(d draft, l i18n.Lang) (wire.Draft, error) {
	c, err := f.catalog()
	if err != nil {
		return wire.Draft{}, err
	}
	out := wire.Draft{ID: d.id, Service: d.service, Data: d.data, UpdatedAt: d.updated, ExpiresAt: d.updated.Add(draftTerm), FormVersion: d.form, Name: d.name, RemindOn: d.remind, Due: d.due}
	if s := c.Find(d.service); s != nil {
		out.Title = text(s.Title, l)
	}
	return out, nil
}

func (f *face) answerDraft(w http.ResponseWriter, r *http.Request, status int, d draft) error {
	out, err := f.wireDraft(d, problem.Lang(r))
	if err != nil {
		return err
	}
	w.Header().Set("ETag", d.etag())
	if status == http.StatusCreated {
		w.Header().Set("Location", wire.Base+"/drafts/"+d.id)
	}
	problem.JSON(w, status, out)
	return nil
}

// readDraft reads and checks the body of POST and PUT.
func (f *face) readDraft(w http.ResponseWriter, r *http.Request) (*catalog.Service, wire.DraftInput, error) {
	var in wire.DraftInput
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return nil, in, err
	}
	c, err := f.catalog()
	if err != nil {
		return nil, in, err
	}
	s := c.Find(in.Service)
	if s == nil {
		return nil, in, unknownService(c, in.Service)
	}
	if s.State == catalog.Obsolete {
		return nil, in, obsolete(c, s)
	}
	if in.Data == nil {
		in.Data = map[string]any{}
	}
	bad := unknownAnswers(s, in.Data)
	if _, err := time.Parse(time.DateOnly, in.RemindOn); err != nil && in.RemindOn != "" {
		bad = append(bad, problem.Field{Name: "remindOn", Code: "date", Message: i18n.Say("нужна дата вида 2026-01-31", "a date like 2026-01-31 is needed")})
	}
	if len([]rune(in.Name)) > 100 || len(in.FormVersion) > 40 {
		bad = append(bad, problem.Field{Name: "name", Code: "length", Message: i18n.Say("не больше 100 знаков", "at most 100 characters")})
	}
	if len(bad) > 0 {
		e := problem.Invalid(bad...)
		e.Status = http.StatusBadRequest
		return nil, in, e
	}
	return s, in, nil
}

// unknownAnswers names the answers that the form of a service has no field for;
// the rest of a draft may still be mended.
func unknownAnswers(s *catalog.Service, data map[string]any) []problem.Field {
	values, bad := formTexts(data)
	for _, p := range s.Validate(values, true, "") {
		if p.Code == "unknown" {
			bad = append(bad, problem.Field{Name: p.Field, Code: p.Code, Message: p.Message})
		}
	}
	return bad
}

// maxDraftValues bounds how many values a draft holds.
const maxDraftValues = 10_000

// formTexts writes the values of a form as texts by path: children[0].lastName.
func formTexts(data map[string]any) (map[string]string, []problem.Field) {
	out := map[string]string{}
	var bad []problem.Field
	var walk func(path string, v any, depth int)
	walk = func(path string, v any, depth int) {
		if len(out)+len(bad) > maxDraftValues || depth > 16 {
			bad = append(bad, problem.Field{Name: path, Code: "type", Message: i18n.Say("слишком много вложенных значений", "too many nested values")})
			return
		}
		switch v := v.(type) {
		case nil:
		case string:
			out[path] = v
		case bool:
			out[path] = strconv.FormatBool(v)
		case float64:
			out[path] = strconv.FormatFloat(v, 'f', -1, 64)
		case map[string]any:
			for name, x := range v {
				walk(path+"."+name, x, depth+1)
			}
		case []any:
			for i, x := range v {
				walk(path+"["+strconv.Itoa(i)+"]", x, depth+1)
			}
		}
	}
	for name, v := range data {
		walk(name, v, 0)
	}
	return out, bad
}

// listDrafts is GET /drafts.
func (f *face) listDrafts(w http.ResponseWriter, r *http.Request) error {
	limit, offset, err := pageOf(r.URL.Query())
	if err != nil {
		return err
	}
	who := caller(r)
	var items []wire.Draft
	total := 0
	err = f.deps.DB.Read(r.Context(), func(tx *sql.Tx) error {
		oldest, err := f.oldest(r.Context(), tx)
		if err != nil {
			return err
		}
		where := " FROM drafts WHERE oid = ? AND org_oid = ? AND updated_us > ?"
		if err := tx.QueryRowContext(r.Context(), "SELECT count(*)"+where, who.OID, who.OrgOID, oldest).Scan(&total); err != nil {
			return err
		}
		rows, err := tx.QueryContext(r.Context(), "SELECT "+draftColumns+where+" ORDER BY updated_us DESC, id LIMIT ? OFFSET ?", who.OID, who.OrgOID, oldest, limit, offset)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			d, err := scanDraft(rows)
			if err != nil {
				return err
			}
			out, err := f.wireDraft(d, problem.Lang(r))
			if err != nil {
				return err
			}
			items = append(items, out)
		}
		return rows.Err()
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, page(items, total, offset))
	return nil
}

// oldest returns the moment before which drafts have run out, microseconds.
func (f *face) oldest(ctx context.Context, tx *sql.Tx) (int64, error) {
	now, err := f.deps.Calendar.Now(ctx, tx)
	return now.Add(-draftTerm).UnixMicro(), err
}

// createDraft is POST /drafts.
func (f *face) createDraft(w http.ResponseWriter, r *http.Request) error {
	s, in, err := f.readDraft(w, r)
	if err != nil {
		return err
	}
	data, err := json.Marshal(in.Data)
	if err != nil {
		return err
	}
	who := caller(r)
	var d draft
	err = f.deps.DB.Write(r.Context(), func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRowContext(r.Context(), "SELECT count(*) FROM drafts WHERE oid = ? AND org_oid = ?", who.OID, who.OrgOID).Scan(&n); err != nil {
			return err
		}
		if n >= maxDrafts {
			return problem.New(http.StatusConflict, "draft.too_many", i18n.Text{RU: "Черновиков не больше %d", EN: "At most %d drafts"}.With(maxDrafts))
		}
		now, err := f.deps.Calendar.Now(r.Context(), tx)
		if err != nil {
			return err
		}
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		remind, err := remindAt(in.RemindOn, "", now)
		if err != nil {
			return err
		}
		d = draft{id: id.String(), service: s.Code, version: 1, updated: now, data: in.Data, form: in.FormVersion, name: in.Name, remind: in.RemindOn}
		_, err = tx.ExecContext(r.Context(), "INSERT INTO drafts(id, oid, org_oid, service, version, updated_us, data, form_version, name, remind_on, remind_us) VALUES(?,?,?,?,1,?,?,?,?,?,?)",
			d.id, who.OID, who.OrgOID, d.service, now.UnixMicro(), string(data), d.form, d.name, d.remind, remind)
		return err
	})
	if err != nil {
		return err
	}
	return f.answerDraft(w, r, http.StatusCreated, d)
}

// getDraft is GET /drafts/{id}.
func (f *face) getDraft(w http.ResponseWriter, r *http.Request) error {
	var d draft
	err := f.deps.DB.Read(r.Context(), func(tx *sql.Tx) (err error) {
		d, err = f.loadDraft(r.Context(), tx, caller(r), r.PathValue("id"))
		return err
	})
	if err != nil {
		return err
	}
	return f.answerDraft(w, r, http.StatusOK, d)
}

// putDraft is PUT /drafts/{id} with If-Match.
func (f *face) putDraft(w http.ResponseWriter, r *http.Request) error {
	match := r.Header.Get("If-Match")
	if match == "" {
		return problem.NoMatch()
	}
	s, in, err := f.readDraft(w, r)
	if err != nil {
		return err
	}
	data, err := json.Marshal(in.Data)
	if err != nil {
		return err
	}
	var d draft
	err = f.deps.DB.Write(r.Context(), func(tx *sql.Tx) error {
		if d, err = f.loadDraft(r.Context(), tx, caller(r), r.PathValue("id")); err != nil {
			return err
		}
		if !matches(match, d.etag()) {
			return changed(s, d, in)
		}
		now, err := f.deps.Calendar.Now(r.Context(), tx)
		if err != nil {
			return err
		}
		remind, err := remindAt(in.RemindOn, d.remind, now)
		if err != nil {
			return err
		}
		if in.RemindOn != d.remind {
			d.due = false
		}
		d.service, d.version, d.updated, d.data = s.Code, d.version+1, now, in.Data
		d.form, d.name, d.remind = in.FormVersion, in.Name, in.RemindOn
		_, err = tx.ExecContext(r.Context(), "UPDATE drafts SET service = ?, version = ?, updated_us = ?, data = ?, form_version = ?, name = ?, remind_on = ? WHERE id = ?",
			d.service, d.version, now.UnixMicro(), string(data), d.form, d.name, d.remind, d.id)
		if err == nil && (remind != nil || d.remind == "") {
			_, err = tx.ExecContext(r.Context(), "UPDATE drafts SET remind_us = ? WHERE id = ?", remind, d.id)
		}
		return err
	})
	if err != nil {
		return err
	}
	return f.answerDraft(w, r, http.StatusOK, d)
}

func matches(header, etag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		if part = strings.TrimSpace(part); part == "*" || part == etag {
			return true
		}
	}
	return false
}

// changed is 412 with the fields that somebody else changed meanwhile.
func changed(s *catalog.Service, d draft, in wire.DraftInput) error {
	e := problem.New(http.StatusPreconditionFailed, "draft.changed", i18n.Say("Черновик успели изменить", "The draft was changed meanwhile"))
	e.Hint = i18n.Say("Прочитайте его снова и повторите правку", "Read it again and repeat the edit")
	for i := range s.Fields {
		name := s.Fields[i].Name
		if fmt.Sprint(d.data[name]) != fmt.Sprint(in.Data[name]) {
			e = e.WithField(name, "changed", s.Fields[i].Title)
		}
	}
	return e
}

// deleteDraft is DELETE /drafts/{id}.
func (f *face) deleteDraft(w http.ResponseWriter, r *http.Request) error {
	who := caller(r)
	err := f.deps.DB.Write(r.Context(), func(tx *sql.Tx) error {
		res, err := tx.ExecContext(r.Context(), "DELETE FROM drafts WHERE id = ? AND oid = ? AND org_oid = ?", r.PathValue("id"), who.OID, who.OrgOID)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, errNoDraft())
		}
		return nil
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
