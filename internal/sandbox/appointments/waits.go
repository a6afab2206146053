package appointments

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/calendar"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// maxWaits is how many places in waiting lists one person may have.
const maxWaits = 10

// Wait is a place in a waiting list.
type Wait struct {
	Seq      int64
	ID       string
	Owner    Owner
	Subject  Subject
	Place    Place
	From, To string // days at the place, yyyy-mm-dd
	Offered  string // slot that was offered last
	Told     time.Time
	Created  time.Time
}

const waitColumns = "seq, id, oid, org_oid, subject, place, from_day, to_day, slot, told_us, created_us"

func scanWait(row interface{ Scan(...any) error }) (*Wait, error) {
	var w Wait
	var subject, place string
	var told sql.NullInt64
	var created int64
	err := row.Scan(&w.Seq, &w.ID, &w.Owner.OID, &w.Owner.OrgOID, &subject, &place, &w.From, &w.To, &w.Offered, &told, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, problem.NotFound("appointment_wait.not_found")
	}
	if err != nil {
		return nil, err
	}
	w.Subject, _ = Find(subject)
	if w.Place, _, err = w.Subject.Place(place); err != nil {
		return nil, err
	}
	if w.Created = time.UnixMicro(created).UTC(); told.Valid {
		w.Told = time.UnixMicro(told.Int64).UTC()
	}
	return &w, nil
}

// Join puts somebody into a waiting list. The same id again is the same place in it.
func (r Reception) Join(ctx context.Context, tx *sql.Tx, w Wait, now time.Time) (*Wait, error) {
	had, err := GetWait(ctx, tx, w.Owner, w.ID)
	if err == nil {
		return had, nil
	}
	if p := (*problem.Error)(nil); !errors.As(err, &p) {
		return nil, err
	}
	waits, err := Waits(ctx, tx, w.Owner)
	if err != nil {
		return nil, err
	}
	for _, other := range waits {
		if other.Subject.ID == w.Subject.ID && other.Place.ID == w.Place.ID {
			e := problem.New(http.StatusConflict, "appointment_wait.exists", i18n.Say("Вы уже в этом листе ожидания", "You are in this waiting list already"))
			e.Ref = other.ID
			return nil, e
		}
	}
	if len(waits) >= maxWaits {
		return nil, problem.New(http.StatusConflict, "appointment_wait.too_many", i18n.Text{RU: "Листов ожидания не больше %d", EN: "At most %d waiting lists"}.With(maxWaits))
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO appointment_waits(id, oid, org_oid, subject, place, from_day, to_day, slot, created_us) VALUES(?,?,?,?,?,?,?,'',?)",
		w.ID, w.Owner.OID, w.Owner.OrgOID, w.Subject.ID, w.Place.ID, w.From, w.To, now.UnixMicro()); err != nil {
		return nil, err
	}
	return GetWait(ctx, tx, w.Owner, w.ID)
}

// GetWait returns a place in a waiting list; somebody else's is as if it were not there.
func GetWait(ctx context.Context, q store.Queryer, who Owner, id string) (*Wait, error) {
	return scanWait(q.QueryRowContext(ctx, "SELECT "+waitColumns+" FROM appointment_waits WHERE id = ? AND oid = ? AND org_oid = ?", id, who.OID, who.OrgOID))
}

// Waits lists the waiting lists that somebody is in, the latest first.
func Waits(ctx context.Context, q store.Queryer, who Owner) ([]*Wait, error) {
	rows, err := q.QueryContext(ctx, "SELECT "+waitColumns+" FROM appointment_waits WHERE oid = ? AND org_oid = ? ORDER BY seq DESC", who.OID, who.OrgOID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []*Wait
	for rows.Next() {
		w, err := scanWait(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, rows.Err()
}

// Leave takes somebody out of a waiting list.
func Leave(ctx context.Context, tx *sql.Tx, who Owner, id string) error {
	res, err := tx.ExecContext(ctx, "DELETE FROM appointment_waits WHERE id = ? AND oid = ? AND org_oid = ?", id, who.OID, who.OrgOID)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, problem.NotFound("appointment_wait.not_found"))
	}
	return nil
}

// freed offers a slot that has become free to the first who waits for it.
func (r Reception) freed(ctx context.Context, tx *sql.Tx, s Slot, now time.Time) error {
	if !s.bookable(now) {
		return nil
	}
	day := s.Start.Format(time.DateOnly)
	w, err := scanWait(tx.QueryRowContext(ctx, "SELECT "+waitColumns+" FROM appointment_waits WHERE subject = ? AND place = ? AND from_day <= ? AND to_day >= ? AND told_us IS NULL ORDER BY seq LIMIT 1",
		s.Subject.ID, s.Place.ID, day, day))
	if p := (*problem.Error)(nil); errors.As(err, &p) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE appointment_waits SET slot = ?, told_us = ? WHERE seq = ?", s.ID, now.UnixMicro(), w.Seq); err != nil {
		return err
	}
	if _, err := store.AddEvent(ctx, tx, store.Event{At: now, Kind: "appointment.offered", OID: w.Owner.OID, OrgOID: w.Owner.OrgOID, Ref: s.ID}); err != nil {
		return err
	}
	ru, en := what(s)
	return write(ctx, tx, w.Owner.OID, now,
		fmt.Sprintf("Освободилось время: %s. Записаться: epgu appointment create %s --slot %s", ru, s.Subject.ID, s.ID),
		fmt.Sprintf("A time has become free: %s. To book it: epgu appointment create %s --slot %s", en, s.Subject.ID, s.ID))
}

func what(s Slot) (ru, en string) {
	return fmt.Sprintf("%s, %s, %s, %s", s.Subject.Title.RU, s.Start.Format("02.01.2006 в 15:04"), s.Place.Title.RU, s.Place.Address.RU),
		fmt.Sprintf("%s, %s, %s, %s", s.Subject.Title.EN, s.Start.Format("2006-01-02 at 15:04"), s.Place.Title.EN, s.Place.Address.EN)
}

// write sends a letter to a person.
func write(ctx context.Context, tx *sql.Tx, oid int64, now time.Time, ru, en string) error {
	p, err := people.ByOID(ctx, tx, oid)
	if errors.Is(err, people.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	m := people.Message{At: now, OID: oid, To: p.Email, Kind: "email", Purpose: "appointment", Text: ru, TextEN: en}
	if m.To == "" {
		m.To, m.Kind = p.Mobile, "sms"
	}
	return people.Send(ctx, tx, m)
}

// reminders sends a letter the day before each visit.
func reminders() calendar.Worker {
	return calendar.Worker{
		Name: "appointment-reminders",
		Next: func(ctx context.Context, tx *sql.Tx) (time.Time, bool, error) {
			var at sql.NullInt64
			err := tx.QueryRowContext(ctx, "SELECT min(remind_us) FROM appointments WHERE remind_us IS NOT NULL").Scan(&at)
			return time.UnixMicro(at.Int64).UTC(), at.Valid, err
		},
		Run: func(ctx context.Context, tx *sql.Tx, now time.Time) (int, error) {
			b, err := scan(tx.QueryRowContext(ctx, "SELECT "+columns+" FROM appointments WHERE remind_us <= ? ORDER BY remind_us, seq LIMIT 1", now.UnixMicro()))
			if err != nil {
				return 0, err
			}
			if _, err := tx.ExecContext(ctx, "UPDATE appointments SET remind_us = NULL WHERE seq = ?", b.Seq); err != nil {
				return 0, err
			}
			if _, err := store.AddEvent(ctx, tx, store.Event{At: now, Kind: "appointment.tomorrow", OID: b.Owner.OID, OrgOID: b.Owner.OrgOID, Ref: b.ID}); err != nil {
				return 0, err
			}
			ru, en := what(b.Slot)
			return 1, write(ctx, tx, b.Owner.OID, now, "Завтра вы записаны: "+ru+". Запись "+b.Number(), "Tomorrow you have an appointment: "+en+". Appointment "+b.Number())
		},
	}
}
