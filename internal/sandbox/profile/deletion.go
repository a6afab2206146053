package profile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/calendar"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/signin"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

const (
	// deletionTerm is how long the portal takes to answer, calendar (152-ФЗ,
	// art. 21: ten working days, which is two weeks).
	deletionTerm = 14 * 24 * time.Hour
	// outdated is the age from which a message or a sign-in is out of date.
	outdated = 180 * 24 * time.Hour
)

// The states of a request for deletion.
const (
	stateAccepted = "accepted"
	stateDone     = "done"
	stateRefused  = "refused"
)

type deletion struct {
	seq          int64
	id, what     string
	oid          int64
	state        string
	created, due time.Time
	deleted      int
}

const deletionColumns = "seq, id, oid, what, state, created_us, due_us, deleted"

func scanDeletion(row interface{ Scan(...any) error }) (deletion, error) {
	var d deletion
	var created, due int64
	err := row.Scan(&d.seq, &d.id, &d.oid, &d.what, &d.state, &created, &due, &d.deleted)
	d.created, d.due = time.UnixMicro(created).UTC(), time.UnixMicro(due).UTC()
	return d, err
}

func (d deletion) number() string { return fmt.Sprintf("УД-%06d", d.seq) }

func (d deletion) wire(lang i18n.Lang) cabinet.DeletionRequest {
	out := cabinet.DeletionRequest{ID: d.id, Number: d.number(), What: d.what, State: d.state, CreatedAt: d.created, AnswerBy: d.due, Deleted: d.deleted}
	switch d.state {
	case stateDone:
		out.Answer = untrusted.Text(i18n.Text{RU: "удалено записей: %d", EN: "records deleted: %d"}.With(d.deleted).In(lang))
	case stateRefused:
		out.Answer = untrusted.Text(i18n.Text{RU: "устаревших данных этого вида нет", EN: "there are no outdated data of this kind"}.In(lang))
	}
	return out
}

// RequestDeletion files a request to delete outdated data; one of a kind may
// wait at a time.
func RequestDeletion(ctx context.Context, tx *sql.Tx, author people.Author, oid int64, in cabinet.DeletionInput, lang i18n.Lang, today time.Time) (cabinet.DeletionRequest, error) {
	var none cabinet.DeletionRequest
	if !slices.Contains([]string{"documents", "messages", "sign-ins"}, in.What) {
		return none, problem.Invalid(problem.Field{Name: "what", Code: "unknown",
			Message: i18n.Text{RU: "documents, messages или sign-ins", EN: "documents, messages or sign-ins"}})
	}
	open, err := scanDeletion(tx.QueryRowContext(ctx, "SELECT "+deletionColumns+" FROM deletion_requests WHERE oid = ? AND what = ? AND state = 'accepted'", oid, in.What))
	if err == nil {
		e := problem.New(http.StatusConflict, "deletion.pending", i18n.Text{RU: "Такой запрос уже рассматривают: %s", EN: "Such a request is being looked at already: %s"}.With(open.number()))
		e.Ref = open.id
		return none, e
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return none, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return none, err
	}
	d := deletion{id: id.String(), oid: oid, what: in.What, state: stateAccepted, created: today, due: today.Add(deletionTerm)}
	r, err := tx.ExecContext(ctx, "INSERT INTO deletion_requests(id, oid, what, state, created_us, due_us) VALUES(?,?,?,?,?,?)",
		d.id, oid, d.what, d.state, today.UnixMicro(), d.due.UnixMicro())
	if err != nil {
		return none, err
	}
	if d.seq, err = r.LastInsertId(); err != nil {
		return none, err
	}
	_, err = people.Record(ctx, tx, people.Change{OID: oid, At: today, Kind: KindDeletion, Author: author,
		Fields: []people.ChangeField{{Field: "deletion", New: d.number() + " " + d.what}}})
	return d.wire(lang), err
}

// Deletions lists a person's requests, newest first.
func Deletions(ctx context.Context, q store.Queryer, oid int64, lang i18n.Lang) ([]cabinet.DeletionRequest, error) {
	rows, err := q.QueryContext(ctx, "SELECT "+deletionColumns+" FROM deletion_requests WHERE oid = ? ORDER BY seq DESC LIMIT 200", oid)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []cabinet.DeletionRequest
	for rows.Next() {
		d, err := scanDeletion(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, d.wire(lang))
	}
	return out, rows.Err()
}

// DeletionWorker answers the requests that have fallen due.
func DeletionWorker() calendar.Worker {
	return calendar.Worker{
		Name: "deletions",
		Next: func(ctx context.Context, tx *sql.Tx) (time.Time, bool, error) {
			var due sql.NullInt64
			err := tx.QueryRowContext(ctx, "SELECT min(due_us) FROM deletion_requests WHERE state = 'accepted'").Scan(&due)
			return time.UnixMicro(due.Int64).UTC(), due.Valid, err
		},
		Run: decideDeletion,
	}
}

func decideDeletion(ctx context.Context, tx *sql.Tx, now time.Time) (int, error) {
	d, err := scanDeletion(tx.QueryRowContext(ctx, "SELECT "+deletionColumns+" FROM deletion_requests WHERE state = 'accepted' AND due_us <= ? ORDER BY due_us, seq LIMIT 1", now.UnixMicro()))
	if err != nil {
		return 0, err
	}
	if d.deleted, err = remove(ctx, tx, d, now); err != nil {
		return 0, err
	}
	if d.state = stateDone; d.deleted == 0 {
		d.state = stateRefused
	}
	if _, err := tx.ExecContext(ctx, "UPDATE deletion_requests SET state = ?, deleted = ? WHERE seq = ?", d.state, d.deleted, d.seq); err != nil {
		return 0, err
	}
	_, err = people.Record(ctx, tx, people.Change{OID: d.oid, At: now, Kind: KindDeletion, Author: people.Portal(),
		Fields: []people.ChangeField{{Field: "deletion", Old: d.number() + " " + stateAccepted, New: d.number() + " " + d.state}}})
	return 1, err
}

// remove deletes what is out of date and returns how many records went.
func remove(ctx context.Context, tx *sql.Tx, d deletion, now time.Time) (int, error) {
	switch d.what {
	case "documents":
		before, err := people.ByOID(ctx, tx, d.oid)
		if err != nil {
			return 0, err
		}
		after := before
		after.Documents = slices.DeleteFunc(slices.Clone(before.Documents), func(doc people.Document) bool {
			ends, err := time.Parse(time.DateOnly, doc.Expires)
			return err == nil && ends.AddDate(0, 0, 1).Before(now) && doc.Type != cabinet.DocumentPassport
		})
		_, err = people.Rewrite(ctx, tx, before, after, people.Change{At: now, Kind: KindDeletion, Author: people.Portal()})
		return len(before.Documents) - len(after.Documents), err
	case "messages":
		return people.ForgetMessages(ctx, tx, d.oid, now.Add(-outdated))
	}
	return signin.ForgetHistory(ctx, tx, d.oid, now.Add(-outdated))
}
