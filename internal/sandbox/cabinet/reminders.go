package cabinet

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/calendar"
	"github.com/epgu-cli/epgu/internal/sandbox/catalog"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
)

const remindersSchema = `
ALTER TABLE drafts ADD COLUMN remind_us INTEGER;   -- when a letter about it is due; NULL when it is sent or none was asked for
CREATE INDEX drafts_to_remind ON drafts(remind_us) WHERE remind_us IS NOT NULL;
`

// remindHour is the hour of Moscow at which letters about drafts go out.
const remindHour = 9

// remindAt returns when a letter is due for a draft that was changed at now, in
// microseconds: nil when there is nothing new to be sent. A day that is past, or
// on which the draft would be gone, is refused.
func remindAt(day, before string, now time.Time) (any, error) {
	if day == "" || day == before {
		return nil, nil
	}
	at, err := time.ParseInLocation(time.DateOnly, day, clock.Moscow())
	if err != nil {
		return nil, err // readDraft has checked it
	}
	today := now.In(clock.Moscow()).Format(time.DateOnly)
	last := now.Add(draftTerm).In(clock.Moscow()).AddDate(0, 0, -1).Format(time.DateOnly)
	if day <= today || day > last {
		e := problem.Invalid(problem.Field{Name: "remindOn", Code: "range",
			Message: i18n.Text{RU: "день после %s и не позже %s: дольше черновик не хранится", EN: "a day after %s and not later than %s: a draft is kept no longer"}.With(today, last)})
		e.Status = http.StatusBadRequest
		return nil, e
	}
	return at.Add(remindHour * time.Hour).UnixMicro(), nil
}

// reminders sends a letter about each draft on the day that its owner has named.
func (f *face) reminders() calendar.Worker {
	return calendar.Worker{
		Name: "draft-reminders",
		Next: func(ctx context.Context, tx *sql.Tx) (time.Time, bool, error) {
			var at sql.NullInt64
			err := tx.QueryRowContext(ctx, "SELECT min(remind_us) FROM drafts WHERE remind_us IS NOT NULL").Scan(&at)
			return time.UnixMicro(at.Int64).UTC(), at.Valid, err
		},
		Run: f.remind,
	}
}

func (f *face) remind(ctx context.Context, tx *sql.Tx, now time.Time) (int, error) {
	var id, service, name string
	var oid int64
	err := tx.QueryRowContext(ctx, "SELECT id, oid, service, name FROM drafts WHERE remind_us <= ? ORDER BY remind_us, id LIMIT 1", now.UnixMicro()).Scan(&id, &oid, &service, &name)
	if err != nil {
		return 0, err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE drafts SET remind_us = NULL WHERE id = ?", id); err != nil {
		return 0, err
	}
	p, err := people.ByOID(ctx, tx, oid)
	if errors.Is(err, people.ErrNotFound) {
		return 1, nil
	}
	if err != nil {
		return 0, err
	}
	title, err := f.titleOf(service)
	if err != nil {
		return 0, err
	}
	ru, en := title.RU, title.EN
	if name != "" {
		ru, en = name+", "+ru, name+", "+en
	}
	m := people.Message{At: f.deps.Clock.Now(), OID: oid, To: p.Email, Kind: "email", Purpose: "draft",
		Text:   fmt.Sprintf("Вы просили напомнить о черновике: %s. Продолжить: epgu application submit %s", ru, id),
		TextEN: fmt.Sprintf("You asked to be reminded of a draft: %s. To go on: epgu application submit %s", en, id)}
	if m.To == "" {
		m.To, m.Kind = p.Mobile, "sms"
	}
	return 1, people.Send(ctx, tx, m)
}

// titleOf names a service; its code when the catalogue has it no more.
func (f *face) titleOf(service string) (i18n.Text, error) {
	c, err := f.catalog()
	if err != nil {
		return i18n.Text{}, err
	}
	if s := c.Find(service); s != nil {
		return s.Title, nil
	}
	return i18n.Text{RU: service, EN: service}, nil
}

// obsolete refuses a service that is rendered no more, and names what stands for
// it.
func obsolete(c *catalog.Catalog, s *catalog.Service) error {
	e := problem.New(http.StatusConflict, "service.obsolete", i18n.Text{RU: "Услуга «%s» больше не оказывается", EN: "The service %q is no longer rendered"}.With(s.Title))
	if next := c.Find(s.Successor); next != nil {
		e = e.WithHint(i18n.Text{RU: "Вместо неё — «%s», %s", EN: "%q (%s) stands for it"}.With(next.Title, next.Slug)).WithField(next.Code, "successor", next.Title)
	}
	return e
}
