package appointments

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/room"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// Room keeps the appointments and writes the letters about them; what the cabinet
// shows of them is the cabinet's.
func Room() room.Room {
	schema := schema()
	return room.Room{Name: "appointments", Schema: &schema, Mount: func(_ *http.ServeMux, deps room.Deps) error {
		deps.Calendar.Register(reminders())
		return nil
	}}
}

func schema() store.Schema {
	return store.Schema{Name: "appointments", Migrations: []string{`
CREATE TABLE appointments(
	seq        INTEGER PRIMARY KEY AUTOINCREMENT,
	id         TEXT NOT NULL UNIQUE,     -- made by whoever books
	oid        INTEGER NOT NULL,
	org_oid    INTEGER NOT NULL,
	slot       TEXT NOT NULL,
	start_us   INTEGER NOT NULL,
	state      TEXT NOT NULL,            -- held, booked, lapsed, cancelled
	until_us   INTEGER NOT NULL,         -- of a hold: when it lapses; the portal's calendar
	version    INTEGER NOT NULL,
	moves      INTEGER NOT NULL,
	reason     TEXT NOT NULL,            -- of the cancellation
	remind_us  INTEGER,                  -- when a letter is due; NULL when it is sent or too late for one
	created_us INTEGER NOT NULL,
	updated_us INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX appointments_one_for_a_slot ON appointments(slot) WHERE state IN ('held', 'booked');
CREATE INDEX appointments_by_person ON appointments(oid, org_oid, start_us);
CREATE INDEX appointments_to_remind ON appointments(remind_us) WHERE remind_us IS NOT NULL;
CREATE TABLE appointment_waits(
	seq        INTEGER PRIMARY KEY AUTOINCREMENT,
	id         TEXT NOT NULL UNIQUE,
	oid        INTEGER NOT NULL,
	org_oid    INTEGER NOT NULL,
	subject    TEXT NOT NULL,
	place      TEXT NOT NULL,
	from_day   TEXT NOT NULL,            -- yyyy-mm-dd at the place
	to_day     TEXT NOT NULL,
	slot       TEXT NOT NULL,            -- what was offered last
	told_us    INTEGER,                  -- when; NULL while nothing was
	created_us INTEGER NOT NULL
) STRICT;
CREATE INDEX appointment_waits_by_place ON appointment_waits(subject, place, seq);
CREATE INDEX appointment_waits_by_person ON appointment_waits(oid, org_oid, seq);
`}}
}

// States of an appointment, as people are told them.
const (
	Held      = "held"      // nobody else may take the slot; not booked yet
	Booked    = "booked"    // confirmed and to come
	Past      = "past"      // confirmed, and its time is over
	Lapsed    = "lapsed"    // was held and not confirmed in time
	Cancelled = "cancelled" // by whoever had booked it
)

// Rules of the reception.
const (
	holdFor    = 10 * time.Minute
	maxOpen    = 5             // appointments to come of one person
	maxMoves   = 2             // how often one appointment may be moved
	moveUntil  = 3 * time.Hour // before the visit
	cancelTill = time.Hour     // before the visit
	remindFor  = 24 * time.Hour
	maxReason  = 200
)

// Owner is whose an appointment is.
type Owner struct{ OID, OrgOID int64 }

// Booking is one appointment.
type Booking struct {
	Seq              int64
	ID               string
	Owner            Owner
	Slot             Slot
	state            string
	Until            time.Time // of a hold
	Version          int64
	Moves            int
	Reason           string
	Created, Updated time.Time
}

// Number is what people call an appointment.
func (b *Booking) Number() string { return fmt.Sprintf("ЗП-%06d", b.Seq) }

// State is the state at now.
func (b *Booking) State(now time.Time) string {
	switch {
	case b.state == Held && !now.Before(b.Until):
		return Lapsed
	case b.state == Booked && !now.Before(b.Slot.Start):
		return Past
	}
	return b.state
}

// MoveUntil and CancelUntil are the last moments for that; zero when it may not be
// done at all.
func (b *Booking) MoveUntil(now time.Time) time.Time {
	if b.State(now) != Booked || b.Moves >= maxMoves {
		return time.Time{}
	}
	return b.Slot.Start.Add(-moveUntil)
}

// MovesLeft is how often it may still be moved.
func (b *Booking) MovesLeft() int { return maxMoves - b.Moves }

// CancelUntil is the last moment for giving an appointment up.
func (b *Booking) CancelUntil(now time.Time) time.Time {
	switch b.State(now) {
	case Held:
		return b.Until
	case Booked:
		return b.Slot.Start.Add(-cancelTill)
	}
	return time.Time{}
}

// ETag names the version.
func (b *Booking) ETag() string { return `"` + strconv.FormatInt(b.Version, 10) + `"` }

const columns = "seq, id, oid, org_oid, slot, state, until_us, version, moves, reason, created_us, updated_us"

func scan(row interface{ Scan(...any) error }) (*Booking, error) {
	var b Booking
	var slot string
	var until, created, updated int64
	err := row.Scan(&b.Seq, &b.ID, &b.Owner.OID, &b.Owner.OrgOID, &slot, &b.state, &until, &b.Version, &b.Moves, &b.Reason, &created, &updated)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, problem.NotFound("appointment.not_found")
	}
	if err != nil {
		return nil, err
	}
	var ok bool
	if b.Slot, ok, err = ParseSlot(slot); err != nil || !ok {
		return nil, errors.Join(err, fmt.Errorf("appointment %s has a slot that is none: %q", b.ID, slot))
	}
	b.Until, b.Created, b.Updated = time.UnixMicro(until).UTC(), time.UnixMicro(created).UTC(), time.UnixMicro(updated).UTC()
	return &b, nil
}

// Get returns an appointment of the owner by its id or its number; somebody else's
// is as if it were not there.
func Get(ctx context.Context, q store.Queryer, who Owner, id string) (*Booking, error) {
	where, arg := "id = ?", any(id)
	if n, ok := strings.CutPrefix(id, "ЗП-"); ok {
		seq, err := strconv.ParseInt(n, 10, 64)
		if err != nil {
			return nil, problem.NotFound("appointment.not_found")
		}
		where, arg = "seq = ?", seq
	}
	return scan(q.QueryRowContext(ctx, "SELECT "+columns+" FROM appointments WHERE "+where+" AND oid = ? AND org_oid = ?", arg, who.OID, who.OrgOID))
}

// stateWhere is State in SQL; its arguments are now twice.
func stateWhere(state string) string {
	switch state {
	case "upcoming":
		return " AND (state = 'held' AND until_us > ? OR state = 'booked' AND start_us > ?)"
	case "over":
		return " AND NOT (state = 'held' AND until_us > ? OR state = 'booked' AND start_us > ?)"
	}
	return " AND (? IS NOT NULL OR ? IS NOT NULL)"
}

// List returns appointments of the owner, the nearest first while they are to come and
// the latest first otherwise; state is "upcoming", "over" or "" for all.
func List(ctx context.Context, q store.Queryer, who Owner, state string, limit, offset int, now time.Time) (list []*Booking, total int, err error) {
	from := " FROM appointments WHERE oid = ? AND org_oid = ?" + stateWhere(state)
	args := []any{who.OID, who.OrgOID, now.UnixMicro(), now.UnixMicro()}
	if err := q.QueryRowContext(ctx, "SELECT count(*)"+from, args...).Scan(&total); err != nil {
		return nil, 0, err
	}
	order := " ORDER BY start_us DESC, seq DESC"
	if state == "upcoming" {
		order = " ORDER BY start_us, seq"
	}
	rows, err := q.QueryContext(ctx, "SELECT "+columns+from+order+" LIMIT ? OFFSET ?", append(args, limit, offset)...)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	for rows.Next() {
		b, err := scan(rows)
		if err != nil {
			return nil, 0, err
		}
		list = append(list, b)
	}
	return list, total, rows.Err()
}

// takenAt lists the slots of a place that somebody holds or has booked.
func takenAt(ctx context.Context, q store.Queryer, s Subject, p Place, now time.Time) (map[string]bool, error) {
	prefix := s.ID + "." + p.ID + "."
	rows, err := q.QueryContext(ctx, "SELECT slot FROM appointments WHERE slot >= ? AND slot < ? AND (state = 'booked' OR state = 'held' AND until_us > ?)", prefix, prefix+"~", now.UnixMicro())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]bool{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		out[id] = true
	}
	return out, rows.Err()
}

// Reception books, moves and gives up.
type Reception struct{ Seed uint64 }

// offers is how many other slots a refusal names.
const offers = 3

// take makes a slot the caller's or says why not, with other slots of the place.
func (r Reception) take(ctx context.Context, tx *sql.Tx, id string, now time.Time, but string) (Slot, error) {
	slot, ok, err := ParseSlot(id)
	if err != nil {
		return slot, err
	}
	if !ok {
		return slot, problem.NotFound("slot.not_found").WithHint(i18n.Say("Свободное время — в списке слотов места", "Free times are in the list of a place's slots"))
	}
	if !slot.bookable(now) {
		e := problem.New(http.StatusConflict, "slot.closed", i18n.Say("На это время уже или ещё не записывают", "This time cannot be booked any more or yet"))
		return slot, r.advise(ctx, tx, e, slot, now)
	}
	if _, err := tx.ExecContext(ctx, "UPDATE appointments SET state = ?, updated_us = until_us WHERE slot = ? AND state = 'held' AND until_us <= ?", Lapsed, slot.ID, now.UnixMicro()); err != nil {
		return slot, err
	}
	var other string
	err = tx.QueryRowContext(ctx, "SELECT id FROM appointments WHERE slot = ? AND state IN ('held', 'booked')", slot.ID).Scan(&other)
	if err == nil && other == but {
		return slot, problem.New(http.StatusConflict, "appointment.same", i18n.Say("Запись и так на это время", "The appointment is at this time already"))
	}
	if err == nil || slot.crowded(r.Seed) {
		e := problem.New(http.StatusConflict, "slot.taken", i18n.Say("Это время уже занято", "This time is taken already"))
		return slot, r.advise(ctx, tx, e, slot, now)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return slot, err
	}
	return slot, nil
}

// advise adds the nearest free times to a refusal.
func (r Reception) advise(ctx context.Context, tx *sql.Tx, e *problem.Error, slot Slot, now time.Time) error {
	free, err := Free(ctx, tx, r.Seed, slot.Subject, slot.Place, slot.Start, Horizon, offers, now)
	if err == nil && len(free) == 0 {
		free, err = Free(ctx, tx, r.Seed, slot.Subject, slot.Place, time.Time{}, Horizon, offers, now)
	}
	if err != nil {
		return err
	}
	for _, s := range free {
		at := s.Start.Format("02.01.2006 15:04")
		e = e.WithField(s.ID, "alternative", i18n.Text{RU: at, EN: s.Start.Format("2006-01-02 15:04")})
	}
	if len(free) == 0 {
		e = e.WithHint(i18n.Say("Свободного времени здесь нет: встаньте в лист ожидания", "There is no free time here: join the waiting list"))
	}
	return e
}

// Hold keeps a slot for its owner for ten minutes. The same id again is the same hold.
func (r Reception) Hold(ctx context.Context, tx *sql.Tx, who Owner, id, slotID string, now time.Time) (b *Booking, made bool, err error) {
	var oid, org int64
	var had string
	err = tx.QueryRowContext(ctx, "SELECT oid, org_oid, slot FROM appointments WHERE id = ?", id).Scan(&oid, &org, &had)
	if err == nil {
		if who != (Owner{oid, org}) || had != slotID {
			return nil, false, problem.New(http.StatusConflict, "appointment.id_used", i18n.Say("Этот номер уже у другой записи", "This id belongs to another appointment"))
		}
		b, err = Get(ctx, tx, who, id)
		return b, false, err
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return nil, false, err
	}
	slot, err := r.take(ctx, tx, slotID, now, "")
	if err != nil {
		return nil, false, err
	}
	if who.OrgOID != 0 && !slot.Subject.Orgs {
		return nil, false, problem.New(http.StatusForbidden, "appointment.personal", i18n.Say("Сюда приходит сам человек, не организация", "A person comes here, not an organisation")).
			WithHint(i18n.Say("Вернитесь к роли гражданина и повторите", "Return to the citizen's role and repeat"))
	}
	if err := r.admit(ctx, tx, who, slot, now); err != nil {
		return nil, false, err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO appointments(id, oid, org_oid, slot, start_us, state, until_us, version, moves, reason, created_us, updated_us) VALUES(?,?,?,?,?,?,?,1,0,'',?,?)",
		id, who.OID, who.OrgOID, slot.ID, slot.Start.UnixMicro(), Held, now.Add(holdFor).UnixMicro(), now.UnixMicro(), now.UnixMicro())
	if err != nil {
		return nil, false, err
	}
	b, err = Get(ctx, tx, who, id)
	return b, true, err
}

// admit refuses a second visit for one thing, a visit at the time of another, and too
// many of them.
func (r Reception) admit(ctx context.Context, tx *sql.Tx, who Owner, slot Slot, now time.Time) error {
	open, total, err := List(ctx, tx, who, "upcoming", maxOpen+1, 0, now)
	if err != nil {
		return err
	}
	for _, b := range open {
		if b.Slot.Subject.ID == slot.Subject.ID {
			e := problem.New(http.StatusConflict, "appointment.exists", i18n.Text{RU: "Вы уже записаны: %s, %s", EN: "You have an appointment already: %s, %s"}.With(b.Number(), b.Slot.Start.Format("02.01.2006 15:04"))).
				WithHint(i18n.Say("Перенесите её или отмените", "Move it or cancel it"))
			e.Ref = b.ID
			return e
		}
		if b.Slot.Start.Before(slot.End()) && slot.Start.Before(b.Slot.End()) {
			e := problem.New(http.StatusConflict, "appointment.overlaps", i18n.Text{RU: "В это время у вас другая запись: %s, %s", EN: "You have another appointment at this time: %s, %s"}.With(b.Number(), b.Slot.Subject.Title))
			e.Ref = b.ID
			return e
		}
	}
	if total >= maxOpen {
		return problem.New(http.StatusConflict, "appointment.too_many", i18n.Text{RU: "Записей, которые ещё предстоят, не больше %d", EN: "At most %d appointments to come"}.With(maxOpen))
	}
	return nil
}

// Confirm books what is held. A booked one stays as it is.
func (r Reception) Confirm(ctx context.Context, tx *sql.Tx, who Owner, id string, now time.Time) (*Booking, error) {
	b, err := Get(ctx, tx, who, id)
	if err != nil {
		return nil, err
	}
	switch b.State(now) {
	case Booked:
		return b, nil
	case Held:
	case Lapsed:
		return nil, problem.New(http.StatusConflict, "appointment.lapsed", i18n.Say("Время держали десять минут, запись не подтвердили", "The time was held for ten minutes and not confirmed")).
			WithHint(i18n.Say("Выберите время снова", "Choose a time again"))
	default:
		return nil, over(b, now)
	}
	if _, err := tx.ExecContext(ctx, "UPDATE appointments SET state = ?, version = version + 1, remind_us = ?, updated_us = ? WHERE id = ?",
		Booked, remindAt(b.Slot, now), now.UnixMicro(), b.ID); err != nil {
		return nil, err
	}
	return r.told(ctx, tx, who, b.ID, "appointment.booked", now)
}

// remindAt is when the letter is due that reminds of a visit; nil when that is past.
func remindAt(s Slot, now time.Time) any {
	if at := s.Start.Add(-remindFor); at.After(now) {
		return at.UnixMicro()
	}
	return nil
}

func over(b *Booking, now time.Time) error {
	return problem.New(http.StatusConflict, "appointment."+b.State(now), i18n.Text{RU: "Записи %s больше нет: %s", EN: "The appointment %s is no more: %s"}.With(b.Number(), stateTitle(b.State(now))))
}

func stateTitle(state string) i18n.Text {
	switch state {
	case Past:
		return i18n.Text{RU: "её время прошло", EN: "its time is over"}
	case Lapsed:
		return i18n.Text{RU: "не подтверждена вовремя", EN: "not confirmed in time"}
	}
	return i18n.Text{RU: "отменена", EN: "cancelled"}
}

func late(until time.Time, zone Zone, ru, en string) error {
	at := until.In(zone.Location())
	return problem.New(http.StatusConflict, "appointment.too_late", i18n.Text{RU: ru, EN: en}.With(at.Format("02.01.2006 15:04")))
}

// Move takes an appointment to another time of the same subject; the time it had is
// free again.
func (r Reception) Move(ctx context.Context, tx *sql.Tx, who Owner, id, slotID string, match func(etag string) error, now time.Time) (*Booking, error) {
	b, err := Get(ctx, tx, who, id)
	if err != nil {
		return nil, err
	}
	if err := match(b.ETag()); err != nil {
		return nil, err
	}
	if b.State(now) != Booked {
		if b.State(now) == Held {
			return nil, problem.New(http.StatusConflict, "appointment.held", i18n.Say("Запись ещё не подтверждена", "The appointment is not confirmed yet"))
		}
		return nil, over(b, now)
	}
	if b.Moves >= maxMoves {
		return nil, problem.New(http.StatusConflict, "appointment.moved_enough", i18n.Text{RU: "Запись переносят не больше %d раз", EN: "An appointment is moved at most %d times"}.With(maxMoves)).
			WithHint(i18n.Say("Её можно отменить и записаться снова", "It can be cancelled and made anew"))
	}
	if until := b.MoveUntil(now); !now.Before(until) {
		return nil, late(until, b.Slot.Place.Zone, "Перенести можно было до %s", "It could be moved until %s")
	}
	slot, err := r.take(ctx, tx, slotID, now, b.ID)
	if err != nil {
		return nil, err
	}
	if slot.Subject.ID != b.Slot.Subject.ID {
		return nil, problem.New(http.StatusConflict, "appointment.other_subject", i18n.Text{RU: "Это время — для другого: %s", EN: "That time is for something else: %s"}.With(slot.Subject.Title))
	}
	if _, err := tx.ExecContext(ctx, "UPDATE appointments SET slot = ?, start_us = ?, moves = moves + 1, version = version + 1, remind_us = ?, updated_us = ? WHERE id = ?",
		slot.ID, slot.Start.UnixMicro(), remindAt(slot, now), now.UnixMicro(), b.ID); err != nil {
		return nil, err
	}
	if err := r.freed(ctx, tx, b.Slot, now); err != nil {
		return nil, err
	}
	return r.told(ctx, tx, who, b.ID, "appointment.moved", now)
}

// Cancel gives an appointment up. A cancelled one stays as it is.
func (r Reception) Cancel(ctx context.Context, tx *sql.Tx, who Owner, id, reason string, now time.Time) (*Booking, error) {
	if len([]rune(reason)) > maxReason {
		return nil, problem.Invalid(problem.Field{Name: "reason", Code: "length", Message: i18n.Text{RU: "не больше %d знаков", EN: "at most %d characters"}.With(maxReason)})
	}
	b, err := Get(ctx, tx, who, id)
	if err != nil {
		return nil, err
	}
	switch b.State(now) {
	case Cancelled:
		return b, nil
	case Held, Booked:
	default:
		return nil, over(b, now)
	}
	if until := b.CancelUntil(now); !now.Before(until) {
		return nil, late(until, b.Slot.Place.Zone, "Отменить можно было до %s", "It could be cancelled until %s")
	}
	if _, err := tx.ExecContext(ctx, "UPDATE appointments SET state = ?, reason = ?, version = version + 1, remind_us = NULL, updated_us = ? WHERE id = ?",
		Cancelled, reason, now.UnixMicro(), b.ID); err != nil {
		return nil, err
	}
	if err := r.freed(ctx, tx, b.Slot, now); err != nil {
		return nil, err
	}
	return r.told(ctx, tx, who, b.ID, "appointment.cancelled", now)
}

// told writes down that something happened to an appointment and returns it as it is
// now.
func (r Reception) told(ctx context.Context, tx *sql.Tx, who Owner, id, kind string, now time.Time) (*Booking, error) {
	if _, err := store.AddEvent(ctx, tx, store.Event{At: now, Kind: kind, OID: who.OID, OrgOID: who.OrgOID, Ref: id}); err != nil {
		return nil, err
	}
	return Get(ctx, tx, who, id)
}
