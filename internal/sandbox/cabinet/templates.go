package cabinet

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
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
)

// maxTemplates is how many templates one person may keep.
const maxTemplates = 200

const templatesSchema = `
CREATE TABLE templates(
	id           TEXT PRIMARY KEY,
	oid          INTEGER NOT NULL,
	org_oid      INTEGER NOT NULL,
	name         TEXT NOT NULL,
	name_key     TEXT NOT NULL,                -- in lower case: names that differ by that alone are one
	service      TEXT NOT NULL,
	version      INTEGER NOT NULL,
	updated_us   INTEGER NOT NULL,
	form_version TEXT NOT NULL,
	data         TEXT NOT NULL                 -- JSON
) STRICT;
CREATE UNIQUE INDEX templates_by_name ON templates(oid, org_oid, name_key);
`

type stencil struct {
	id, name, service, form string
	version                 int64
	updated                 time.Time
	data                    map[string]any
}

const templateColumns = "id, name, service, version, updated_us, form_version, data"

func scanTemplate(row interface{ Scan(...any) error }) (stencil, error) {
	var t stencil
	var updated int64
	var data string
	err := row.Scan(&t.id, &t.name, &t.service, &t.version, &updated, &t.form, &data)
	if errors.Is(err, sql.ErrNoRows) {
		return t, problem.NotFound("template.not_found")
	}
	if err != nil {
		return t, err
	}
	t.updated = time.UnixMicro(updated).UTC()
	return t, json.Unmarshal([]byte(data), &t.data)
}

func loadTemplate(ctx context.Context, tx *sql.Tx, who session.Caller, id string) (stencil, error) {
	return scanTemplate(tx.QueryRowContext(ctx, "SELECT "+templateColumns+" FROM templates WHERE id = ? AND oid = ? AND org_oid = ?", id, who.OID, who.OrgOID))
}

func (t stencil) etag() string { return `"` + strconv.FormatInt(t.version, 10) + `"` }

func (f *face) wireTemplate(t stencil, l i18n.Lang) (wire.Template, error) {
	title, err := f.titleOf(t.service)
	return wire.Template{ID: t.id, Name: wire.Text(t.name), Service: t.service, Title: text(title, l), Data: t.data, FormVersion: t.form, UpdatedAt: t.updated}, err
}

func (f *face) answerTemplate(w http.ResponseWriter, r *http.Request, status int, t stencil) error {
	out, err := f.wireTemplate(t, problem.Lang(r))
	if err != nil {
		return err
	}
	w.Header().Set("ETag", t.etag())
	if status == http.StatusCreated {
		w.Header().Set("Location", wire.Base+"/application-templates/"+t.id)
	}
	problem.JSON(w, status, out)
	return nil
}

// readTemplate reads and checks the body of POST and PUT.
func (f *face) readTemplate(w http.ResponseWriter, r *http.Request) (*catalog.Service, wire.TemplateInput, error) {
	var in wire.TemplateInput
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
	if in.Name = strings.TrimSpace(in.Name); in.Name == "" || len([]rune(in.Name)) > 100 || strings.ContainsFunc(in.Name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		bad = append(bad, problem.Field{Name: "name", Code: "length", Message: i18n.Say("название из 1–100 знаков в одну строку", "a name of 1 to 100 characters on one line")})
	}
	if len(in.FormVersion) > 40 {
		bad = append(bad, problem.Field{Name: "formVersion", Code: "length", Message: i18n.Say("не больше 40 знаков", "at most 40 characters")})
	}
	if len(bad) > 0 {
		e := problem.Invalid(bad...)
		e.Status = http.StatusBadRequest
		return nil, in, e
	}
	return s, in, nil
}

// nameTaken refuses a name that another template of the caller has.
func nameTaken(ctx context.Context, tx *sql.Tx, who session.Caller, name, but string) error {
	var id string
	err := tx.QueryRowContext(ctx, "SELECT id FROM templates WHERE oid = ? AND org_oid = ? AND name_key = ? AND id <> ?", who.OID, who.OrgOID, strings.ToLower(name), but).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	e := problem.New(http.StatusConflict, "template.exists", i18n.Text{RU: "Шаблон «%s» уже есть", EN: "There is a template %q already"}.With(name))
	e.Ref = id
	return e
}

// listTemplates is GET /application-templates, by name.
func (f *face) listTemplates(w http.ResponseWriter, r *http.Request) error {
	limit, offset, err := pageOf(r.URL.Query())
	if err != nil {
		return err
	}
	who := caller(r)
	var items []wire.Template
	total := 0
	err = f.deps.DB.Read(r.Context(), func(tx *sql.Tx) error {
		where := " FROM templates WHERE oid = ? AND org_oid = ?"
		if err := tx.QueryRowContext(r.Context(), "SELECT count(*)"+where, who.OID, who.OrgOID).Scan(&total); err != nil {
			return err
		}
		rows, err := tx.QueryContext(r.Context(), "SELECT "+templateColumns+where+" ORDER BY name_key LIMIT ? OFFSET ?", who.OID, who.OrgOID, limit, offset)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			t, err := scanTemplate(rows)
			if err != nil {
				return err
			}
			out, err := f.wireTemplate(t, problem.Lang(r))
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

// createTemplate is POST /application-templates.
func (f *face) createTemplate(w http.ResponseWriter, r *http.Request) error {
	s, in, err := f.readTemplate(w, r)
	if err != nil {
		return err
	}
	data, err := json.Marshal(in.Data)
	if err != nil {
		return err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	ctx, who := r.Context(), caller(r)
	t := stencil{id: id.String(), name: in.Name, service: s.Code, form: in.FormVersion, version: 1, data: in.Data}
	err = f.deps.DB.Write(ctx, func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM templates WHERE oid = ? AND org_oid = ?", who.OID, who.OrgOID).Scan(&n); err != nil {
			return err
		}
		if n >= maxTemplates {
			return problem.New(http.StatusConflict, "template.too_many", i18n.Text{RU: "Шаблонов не больше %d", EN: "At most %d templates"}.With(maxTemplates))
		}
		if err := nameTaken(ctx, tx, who, t.name, ""); err != nil {
			return err
		}
		if t.updated, err = f.deps.Calendar.Now(ctx, tx); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO templates(id, oid, org_oid, name, name_key, service, version, updated_us, form_version, data) VALUES(?,?,?,?,?,?,1,?,?,?)",
			t.id, who.OID, who.OrgOID, t.name, strings.ToLower(t.name), t.service, t.updated.UnixMicro(), t.form, string(data))
		return err
	})
	if err != nil {
		return err
	}
	return f.answerTemplate(w, r, http.StatusCreated, t)
}

// getTemplate is GET /application-templates/{id}.
func (f *face) getTemplate(w http.ResponseWriter, r *http.Request) error {
	var t stencil
	err := f.deps.DB.Read(r.Context(), func(tx *sql.Tx) (err error) {
		t, err = loadTemplate(r.Context(), tx, caller(r), r.PathValue("id"))
		return err
	})
	if err != nil {
		return err
	}
	return f.answerTemplate(w, r, http.StatusOK, t)
}

// putTemplate is PUT /application-templates/{id} with If-Match.
func (f *face) putTemplate(w http.ResponseWriter, r *http.Request) error {
	match := r.Header.Get("If-Match")
	if match == "" {
		return problem.NoMatch()
	}
	s, in, err := f.readTemplate(w, r)
	if err != nil {
		return err
	}
	data, err := json.Marshal(in.Data)
	if err != nil {
		return err
	}
	ctx, who := r.Context(), caller(r)
	var t stencil
	err = f.deps.DB.Write(ctx, func(tx *sql.Tx) error {
		if t, err = loadTemplate(ctx, tx, who, r.PathValue("id")); err != nil {
			return err
		}
		if !matches(match, t.etag()) {
			return problem.New(http.StatusPreconditionFailed, "template.changed", i18n.Say("Шаблон успели изменить", "The template was changed meanwhile")).
				WithHint(i18n.Say("Прочитайте его снова и повторите правку", "Read it again and repeat the edit"))
		}
		if err := nameTaken(ctx, tx, who, in.Name, t.id); err != nil {
			return err
		}
		if t.updated, err = f.deps.Calendar.Now(ctx, tx); err != nil {
			return err
		}
		t.name, t.service, t.form, t.data, t.version = in.Name, s.Code, in.FormVersion, in.Data, t.version+1
		_, err = tx.ExecContext(ctx, "UPDATE templates SET name = ?, name_key = ?, service = ?, version = ?, updated_us = ?, form_version = ?, data = ? WHERE id = ?",
			t.name, strings.ToLower(t.name), t.service, t.version, t.updated.UnixMicro(), t.form, string(data), t.id)
		return err
	})
	if err != nil {
		return err
	}
	return f.answerTemplate(w, r, http.StatusOK, t)
}

// deleteTemplate is DELETE /application-templates/{id}.
func (f *face) deleteTemplate(w http.ResponseWriter, r *http.Request) error {
	who := caller(r)
	err := f.deps.DB.Write(r.Context(), func(tx *sql.Tx) error {
		res, err := tx.ExecContext(r.Context(), "DELETE FROM templates WHERE id = ? AND oid = ? AND org_oid = ?", r.PathValue("id"), who.OID, who.OrgOID)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, problem.NotFound("template.not_found"))
		}
		return nil
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
