package devices

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Push is a request that a person's devices are asked to confirm.
type Push struct {
	ID               string
	OID              int64
	Kind             string // PushSignIn or PushDevice
	Ref              string // the sign-in or the binding
	Number           string // shown where the request was made, typed on the device
	State            string // Pending, Approved, Denied or Expired
	Client           string // what is signed in to, or the name of the new device
	Agent, Address   string
	Created, Expires time.Time
	tries            int
}

// Asked is the request as its asker sees it; nil for none.
func (p Push) Asked() *cabinet.Push {
	if p.ID == "" {
		return nil
	}
	return &cabinet.Push{Number: p.Number, State: p.State, ExpiresAt: p.Expires}
}

// Shown is the request as a device sees it.
func (p Push) Shown() cabinet.DeviceRequest {
	return cabinet.DeviceRequest{ID: p.ID, Kind: p.Kind, Client: untrusted.Text(p.Client), Agent: untrusted.Text(p.Agent),
		Address: untrusted.Text(p.Address), CreatedAt: p.Created, ExpiresAt: p.Expires, State: p.State}
}

const pushColumns = "id, oid, kind, ref, number, state, client, agent, address, tries, created_us, expires_us"

func scanPush(row interface{ Scan(...any) error }, now time.Time) (Push, error) {
	var p Push
	var created, expires int64
	err := row.Scan(&p.ID, &p.OID, &p.Kind, &p.Ref, &p.Number, &p.State, &p.Client, &p.Agent, &p.Address, &p.tries, &created, &expires)
	p.Created, p.Expires = micro(created), micro(expires)
	if p.State == cancelled || p.State == Pending && !now.Before(p.Expires) {
		p.State = Expired
	}
	return p, err
}

// BeginPush asks the devices of a person. Whoever floods them with requests
// that nobody approves is refused for a while.
func BeginPush(ctx context.Context, tx *sql.Tx, p Push, now time.Time) (Push, *problem.Error, error) {
	var lost int
	var first sql.NullInt64
	err := tx.QueryRowContext(ctx, "SELECT count(*), min(created_us) FROM push_requests WHERE oid = ? AND created_us > ? AND state <> ?",
		p.OID, now.Add(-PushHold).UnixMicro(), Approved).Scan(&lost, &first)
	if err != nil {
		return p, nil, err
	}
	if lost >= maxPushes {
		e := problem.New(http.StatusTooManyRequests, "push.blocked",
			i18n.Say("Слишком много запросов на устройства остались без согласия", "Too many requests to the devices were not approved")).
			WithHint(i18n.Say("выберите другой способ или подождите", "choose another way or wait"))
		e.RetryAfter = micro(first.Int64).Add(PushHold).Sub(now)
		return p, e, nil
	}
	n, err := strconv.Atoi(digits(3))
	if err != nil {
		return p, nil, err
	}
	p.ID, p.Number, p.State = session.NewID(), strconv.Itoa(10+n%90), Pending
	p.Created, p.Expires = now, now.Add(PushTerm)
	_, err = tx.ExecContext(ctx, "INSERT INTO push_requests("+pushColumns+") VALUES(?,?,?,?,?,?,?,?,?,0,?,?)",
		p.ID, p.OID, p.Kind, p.Ref, p.Number, p.State, p.Client, p.Agent, p.Address, now.UnixMicro(), p.Expires.UnixMicro())
	return p, nil, err
}

// PushFor returns the latest request of a sign-in or a binding; one without an
// ID when there is none.
func PushFor(ctx context.Context, q store.Queryer, ref string, now time.Time) (Push, error) {
	p, err := scanPush(q.QueryRowContext(ctx, "SELECT "+pushColumns+" FROM push_requests WHERE ref = ? ORDER BY created_us DESC, id LIMIT 1", ref), now)
	if errors.Is(err, sql.ErrNoRows) {
		return Push{State: Expired}, nil
	}
	return p, err
}

// CancelPush takes the waiting requests of a sign-in or a binding back.
func CancelPush(ctx context.Context, q store.Queryer, ref string) error {
	_, err := q.ExecContext(ctx, "UPDATE push_requests SET state = ? WHERE ref = ? AND state = ?", cancelled, ref, Pending)
	return err
}

// Waiting returns what a person's devices are asked now, newest first.
func Waiting(ctx context.Context, q store.Queryer, oid int64, now time.Time) ([]Push, error) {
	rows, err := q.QueryContext(ctx, "SELECT "+pushColumns+" FROM push_requests WHERE oid = ? AND state = ? AND expires_us > ? ORDER BY created_us DESC, id",
		oid, Pending, now.UnixMicro())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Push
	for rows.Next() {
		p, err := scanPush(rows, now)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

// Decide takes the answer of a device. The refusal's effects must be
// committed; fresh tells that the request was decided by this answer.
func Decide(ctx context.Context, tx *sql.Tx, d Device, id string, in cabinet.DeviceDecision, now time.Time) (p Push, fresh bool, refusal *problem.Error, err error) {
	p, err = scanPush(tx.QueryRowContext(ctx, "SELECT "+pushColumns+" FROM push_requests WHERE id = ? AND oid = ?", id, d.OID), now)
	if errors.Is(err, sql.ErrNoRows) || err == nil && p.State == Expired {
		return p, false, problem.NotFound("push.not_found").
			WithHint(i18n.Say("запрос истёк или отозван; что ждёт ответа: epgu auth devices requests", "the request has expired or was taken back; what waits: epgu auth devices requests")), nil
	}
	if err != nil {
		return p, false, nil, err
	}
	want := Denied
	if in.Approve {
		want = Approved
	}
	if p.State != Pending {
		if p.State == want {
			return p, false, nil, nil // an answer that was lost
		}
		return p, false, problem.New(http.StatusConflict, "push.decided", i18n.Say("На этот запрос уже ответили", "This request was answered already")), nil
	}
	if in.Approve && strings.TrimSpace(in.Number) != p.Number {
		p.tries++
		refusal = problem.New(http.StatusForbidden, "push.wrong_number", i18n.Say("Число не то, что показано при входе", "The number is not the one that is shown there")).
			WithDetail(i18n.Text{RU: "осталось: %s", EN: "%s left"}.With(attempts.Count(maxNumbers - p.tries))).
			WithHint(i18n.Say("если входите не вы, отклоните: epgu auth devices deny ЗАПРОС", "if it is not you, deny it: epgu auth devices deny REQUEST"))
		if p.tries >= maxNumbers {
			fresh, p.State = true, Denied
			refusal.Detail = i18n.Say("запрос отклонён", "the request is denied")
		}
	} else {
		fresh, p.State = true, want
	}
	_, err = tx.ExecContext(ctx, "UPDATE push_requests SET state = ?, tries = ? WHERE id = ?", p.State, p.tries, p.ID)
	return p, fresh, refusal, err
}
