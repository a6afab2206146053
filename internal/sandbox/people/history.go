package people

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// Change is one line of the history of an account (features I1).
type Change struct {
	Seq        int64 // given by the database, ascending
	ID         string
	OID        int64
	At         time.Time // the portal's calendar
	Kind       string    // "profile.edit", "contact", "level", "privacy", "consent.given" …
	Author     Author
	Fields     []ChangeField
	Reverts    string // the change that this one undid
	RevertedBy string
	Before     string // ETag of the profile before it
	After      string // and after it; empty when it does not concern the profile
}

// Author is who made a change.
type Author struct {
	Kind     string `json:"kind"` // "person" or "portal"
	Name     string `json:"name,omitempty"`
	ClientID string `json:"clientId,omitempty"`
}

// Portal is the author of what happens by itself.
func Portal() Author { return Author{Kind: "portal"} }

// ChangeField is one value that changed. Old and New are masked; Undo and Redo
// are what they stand for, when it can be put back.
type ChangeField struct {
	Field string          `json:"field"`
	Old   string          `json:"old,omitempty"`
	New   string          `json:"new,omitempty"`
	Undo  json.RawMessage `json:"undo,omitempty"`
	Redo  json.RawMessage `json:"redo,omitempty"`
}

// Record writes a change down and tells of it as an event. It returns the id.
func Record(ctx context.Context, q store.Queryer, c Change) (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", err
	}
	author, err := json.Marshal(c.Author)
	if err != nil {
		return "", err
	}
	fields, err := json.Marshal(c.Fields)
	if err != nil {
		return "", err
	}
	if _, err := q.ExecContext(ctx, `INSERT INTO profile_changes(id, oid, at_us, kind, author, fields, reverts, before, after) VALUES(?,?,?,?,?,?,?,?,?)`,
		id.String(), c.OID, c.At.UnixMicro(), c.Kind, string(author), string(fields), c.Reverts, c.Before, c.After); err != nil {
		return "", err
	}
	if c.Reverts != "" {
		if _, err := q.ExecContext(ctx, "UPDATE profile_changes SET reverted_by = ? WHERE id = ? AND oid = ?", id.String(), c.Reverts, c.OID); err != nil {
			return "", err
		}
	}
	data, err := json.Marshal(struct {
		Kind   string `json:"kind"`
		Author Author `json:"author"`
	}{c.Kind, c.Author})
	if err != nil {
		return "", err
	}
	_, err = store.AddEvent(ctx, q, store.Event{At: c.At, Kind: "account.changed", OID: c.OID, Ref: id.String(), Data: string(data)})
	return id.String(), err
}

// Rewrite writes a person over the one with the same OID and records what
// became different; no id when nothing did. c says who, when and of what kind.
func Rewrite(ctx context.Context, q store.Queryer, before, after Person, c Change) (string, error) {
	fields, err := Diff(before, after)
	if err != nil {
		return "", err
	}
	if err := Update(ctx, q, after); err != nil {
		return "", err
	}
	if len(fields) == 0 {
		return "", nil
	}
	if c.Before, err = before.ETag(); err != nil {
		return "", err
	}
	if c.After, err = after.ETag(); err != nil {
		return "", err
	}
	c.OID, c.Fields = after.OID, fields
	return Record(ctx, q, c)
}

const changeColumns = "seq, id, oid, at_us, kind, author, fields, reverts, reverted_by, before, after"

func scanChange(row scanner) (Change, error) {
	var c Change
	var at int64
	var author, fields string
	err := row.Scan(&c.Seq, &c.ID, &c.OID, &at, &c.Kind, &author, &fields, &c.Reverts, &c.RevertedBy, &c.Before, &c.After)
	if errors.Is(err, sql.ErrNoRows) {
		return c, ErrNotFound
	}
	if err != nil {
		return c, err
	}
	c.At = time.UnixMicro(at).UTC()
	return c, errors.Join(json.Unmarshal([]byte(author), &c.Author), json.Unmarshal([]byte(fields), &c.Fields))
}

// ChangeByID returns a change of a person; ErrNotFound when there is none.
func ChangeByID(ctx context.Context, q store.Queryer, oid int64, id string) (Change, error) {
	return scanChange(q.QueryRowContext(ctx, "SELECT "+changeColumns+" FROM profile_changes WHERE oid = ? AND id = ?", oid, id))
}

// Changes returns a page of the history, newest first, and how many there are.
// kind "" is every kind; before is the Seq to go on below, 0 from the newest.
func Changes(ctx context.Context, q store.Queryer, oid int64, kind string, before int64, limit int) (list []Change, total int, err error) {
	if err := q.QueryRowContext(ctx, "SELECT count(*) FROM profile_changes WHERE oid = ? AND (? = '' OR kind = ?)", oid, kind, kind).Scan(&total); err != nil {
		return nil, 0, err
	}
	list, err = queryChanges(ctx, q, "oid = ? AND (? = '' OR kind = ?) AND (? = 0 OR seq < ?) ORDER BY seq DESC LIMIT ?", oid, kind, kind, before, before, limit)
	return list, total, err
}

// ChangesAfter returns the changes of a person later than one, oldest first.
func ChangesAfter(ctx context.Context, q store.Queryer, oid, seq int64) ([]Change, error) {
	return queryChanges(ctx, q, "oid = ? AND seq > ? ORDER BY seq", oid, seq)
}

// ChangesSince returns the changes to a profile that was read with this ETag,
// oldest first; none when the ETag is not of this profile.
func ChangesSince(ctx context.Context, q store.Queryer, oid int64, etag string) ([]Change, error) {
	var seq int64
	err := q.QueryRowContext(ctx, "SELECT seq FROM profile_changes WHERE oid = ? AND before = ? ORDER BY seq DESC LIMIT 1", oid, etag).Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return ChangesAfter(ctx, q, oid, seq-1)
}

func queryChanges(ctx context.Context, q store.Queryer, where string, args ...any) ([]Change, error) {
	rows, err := q.QueryContext(ctx, "SELECT "+changeColumns+" FROM profile_changes WHERE "+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Change
	for rows.Next() {
		c, err := scanChange(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// WithContact returns p with another way to be reached: kind is "mobile" or
// "email".
func (p Person) WithContact(kind, value string) Person {
	if kind == "mobile" {
		p.Mobile = value
	} else {
		p.Email = value
	}
	return p
}
