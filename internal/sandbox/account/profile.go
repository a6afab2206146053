package account

import (
	"context"
	"database/sql"
	"net/http"
	"strconv"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/grant"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/profile"
	"github.com/epgu-cli/epgu/internal/sandbox/signin"
)

// author is the caller as the history of changes names him.
func author(r *http.Request) people.Author {
	return people.Author{Kind: "person", ClientID: caller(r).ClientID}
}

// times returns the wall clock and the portal's calendar.
func (f face) times(ctx context.Context, tx *sql.Tx) (wall, today time.Time, err error) {
	today, err = f.Calendar.Now(ctx, tx)
	return f.Clock.Now(), today, err
}

// profile serves GET /me/profile.
func (f face) profile(w http.ResponseWriter, r *http.Request) error {
	var out cabinet.Profile
	err := f.DB.Read(r.Context(), func(tx *sql.Tx) error {
		p, err := people.ByOID(r.Context(), tx, caller(r).OID)
		if err != nil {
			return err
		}
		out, err = f.tagged(w, r, tx, p)
		return err
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, out)
	return nil
}

// tagged returns a profile as it travels and sets its ETag.
func (f face) tagged(w http.ResponseWriter, r *http.Request, tx *sql.Tx, p people.Person) (cabinet.Profile, error) {
	etag, err := p.ETag()
	if err != nil {
		return cabinet.Profile{}, err
	}
	w.Header().Set("ETag", etag)
	return profile.Wire(r.Context(), tx, p)
}

// editProfile serves PATCH /me/profile with If-Match.
func (f face) editProfile(w http.ResponseWriter, r *http.Request) error {
	var in cabinet.ProfileEdit
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	return f.changed(w, r, http.StatusOK, func(tx *sql.Tx, today time.Time) (people.Person, string, error) {
		return profile.Edit(r.Context(), tx, author(r), caller(r).OID, r.Header.Get("If-Match"), in, today)
	})
}

// revert serves POST /me/changes/{id}/revert.
func (f face) revert(w http.ResponseWriter, r *http.Request) error {
	var in cabinet.RevertRequest
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	return f.changed(w, r, http.StatusCreated, func(tx *sql.Tx, today time.Time) (people.Person, string, error) {
		return profile.Revert(r.Context(), tx, author(r), caller(r).OID, r.PathValue("id"), in.WithLater, today)
	})
}

// changed answers with the profile after a change and the change itself.
func (f face) changed(w http.ResponseWriter, r *http.Request, status int, act func(tx *sql.Tx, today time.Time) (people.Person, string, error)) error {
	var out cabinet.ProfileEdited
	err := f.DB.Write(r.Context(), func(tx *sql.Tx) error {
		_, today, err := f.times(r.Context(), tx)
		if err != nil {
			return err
		}
		p, id, err := act(tx, today)
		if err != nil {
			return err
		}
		if out.Profile, err = f.tagged(w, r, tx, p); err != nil || id == "" {
			return err
		}
		c, err := people.ChangeByID(r.Context(), tx, p.OID, id)
		if err != nil {
			return err
		}
		change := profile.WireChange(c, p, problem.Lang(r))
		out.Change = &change
		return nil
	})
	if err != nil {
		return err
	}
	problem.JSON(w, status, out)
	return nil
}

// defaultPage and maxPage bound a page of the history.
const (
	defaultPage = 50
	maxPage     = 200
)

// changes serves GET /me/changes.
func (f face) changes(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	limit, before := defaultPage, int64(0)
	var bad []problem.Field
	if s := q.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > maxPage {
			bad = append(bad, problem.Field{Name: "limit", Code: "range", Message: i18n.Text{RU: "от 1 до 200", EN: "1 to 200"}})
		}
		limit = n
	}
	if s := q.Get("cursor"); s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 1 {
			bad = append(bad, problem.Field{Name: "cursor", Code: "malformed", Message: i18n.Text{RU: "это не курсор", EN: "this is no cursor"}})
		}
		before = n
	}
	if len(bad) > 0 {
		e := problem.Invalid(bad...)
		e.Status = http.StatusBadRequest
		return e
	}
	out := cabinet.Page[cabinet.Change]{Items: []cabinet.Change{}}
	err := f.DB.Read(r.Context(), func(tx *sql.Tx) error {
		p, err := people.ByOID(r.Context(), tx, caller(r).OID)
		if err != nil {
			return err
		}
		list, total, err := people.Changes(r.Context(), tx, p.OID, q.Get("kind"), before, limit+1)
		if err != nil {
			return err
		}
		if out.Total = total; len(list) > limit {
			list = list[:limit]
			out.NextCursor = strconv.FormatInt(list[limit-1].Seq, 10)
		}
		for _, c := range list {
			out.Items = append(out.Items, profile.WireChange(c, p, problem.Lang(r)))
		}
		return nil
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, out)
	return nil
}

// beginContact serves POST /me/contact-changes.
func (f face) beginContact(w http.ResponseWriter, r *http.Request) error {
	var in cabinet.ContactChangeRequest
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	var out cabinet.ContactChange
	err := f.committed(r, func(tx *sql.Tx) (*problem.Error, error) {
		now := f.Clock.Now()
		refusal, err := signin.ProvePassword(r.Context(), tx, who(r), in.Password, now)
		if refusal != nil || err != nil {
			return refusal, err
		}
		out, err = profile.BeginContact(r.Context(), tx, caller(r).OID, in, now)
		return nil, err
	})
	return created(w, "/me/contact-changes/"+out.ID, out, err)
}

// answerContact serves POST /me/contact-changes/{id}/code.
func (f face) answerContact(w http.ResponseWriter, r *http.Request) error {
	var in cabinet.ContactCode
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	var out cabinet.ContactChange
	var refusal *problem.Error
	err := f.DB.Write(r.Context(), func(tx *sql.Tx) error {
		wall, today, err := f.times(r.Context(), tx)
		if err != nil {
			return err
		}
		out, refusal, err = profile.AnswerContact(r.Context(), tx, author(r), caller(r).OID, r.PathValue("id"), in.Code, wall, today)
		return err
	})
	if err != nil {
		return err
	}
	if refusal != nil {
		return refusal
	}
	problem.JSON(w, http.StatusOK, out)
	return nil
}

// privacy serves GET /me/privacy.
func (f face) privacy(w http.ResponseWriter, r *http.Request) error {
	var p people.Privacy
	err := f.DB.Read(r.Context(), func(tx *sql.Tx) (err error) {
		p, err = people.PrivacyOf(r.Context(), tx, caller(r).OID)
		return err
	})
	if err != nil {
		return err
	}
	w.Header().Set("ETag", profile.PrivacyTag(p))
	problem.JSON(w, http.StatusOK, profile.WirePrivacy(p, problem.Lang(r)))
	return nil
}

// editPrivacy serves PATCH /me/privacy with If-Match.
func (f face) editPrivacy(w http.ResponseWriter, r *http.Request) error {
	var in cabinet.PrivacyEdit
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	var p people.Privacy
	err := f.DB.Write(r.Context(), func(tx *sql.Tx) error {
		wall, today, err := f.times(r.Context(), tx)
		if err != nil {
			return err
		}
		p, err = profile.EditPrivacy(r.Context(), tx, author(r), caller(r).OID, r.Header.Get("If-Match"), in, grant.TrainingClient, wall, today)
		return err
	})
	if err != nil {
		return err
	}
	w.Header().Set("ETag", profile.PrivacyTag(p))
	problem.JSON(w, http.StatusOK, profile.WirePrivacy(p, problem.Lang(r)))
	return nil
}

// deletions serves GET /me/deletion-requests.
func (f face) deletions(w http.ResponseWriter, r *http.Request) error {
	var out []cabinet.DeletionRequest
	err := f.DB.Read(r.Context(), func(tx *sql.Tx) (err error) {
		out, err = profile.Deletions(r.Context(), tx, caller(r).OID, problem.Lang(r))
		return err
	})
	if err != nil {
		return err
	}
	page(w, out)
	return nil
}

// requestDeletion serves POST /me/deletion-requests.
func (f face) requestDeletion(w http.ResponseWriter, r *http.Request) error {
	var in cabinet.DeletionInput
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	var out cabinet.DeletionRequest
	err := f.DB.Write(r.Context(), func(tx *sql.Tx) error {
		_, today, err := f.times(r.Context(), tx)
		if err != nil {
			return err
		}
		out, err = profile.RequestDeletion(r.Context(), tx, author(r), caller(r).OID, in, problem.Lang(r), today)
		return err
	})
	return created(w, "/me/deletion-requests/"+out.ID, out, err)
}
