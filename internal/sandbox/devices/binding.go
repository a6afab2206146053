package devices

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// The states of a binding.
const (
	stateCode    = "code"    // the device shows its code
	stateConfirm = "confirm" // somebody signed in has typed it
	stateDone    = "done"
)

// Asker is where a request comes from.
type Asker struct{ Agent, Address string }

// Binding is a device on its way to be bound.
type Binding struct {
	ID, Name       string
	OID            int64 // who confirms; 0 for nobody yet
	Agent, Address string
	Asked, Expires time.Time

	state, code, replaces, device string
	secret                        []byte
	otp, otpKind                  string
	sent                          time.Time
	sends                         int
}

const bindingColumns = `id, code, secret, name, replaces, agent, address, state, oid, device, otp, otp_kind, sent_us, sends, asked_us, expires_us`

func scanBinding(row interface{ Scan(...any) error }) (Binding, error) {
	var b Binding
	var sent, asked, expires int64
	err := row.Scan(&b.ID, &b.code, &b.secret, &b.Name, &b.replaces, &b.Agent, &b.Address, &b.state, &b.OID, &b.device, &b.otp, &b.otpKind,
		&sent, &b.sends, &asked, &expires)
	b.sent, b.Asked, b.Expires = micro(sent), micro(asked), micro(expires)
	return b, err
}

func (b *Binding) save(ctx context.Context, q store.Queryer) error {
	_, err := q.ExecContext(ctx, `UPDATE device_bindings SET replaces=?, state=?, oid=?, device=?, otp=?, otp_kind=?, sent_us=?, sends=?, expires_us=? WHERE id=?`,
		b.replaces, b.state, b.OID, b.device, b.otp, b.otpKind, b.sent.UnixMicro(), b.sends, b.Expires.UnixMicro(), b.ID)
	return err
}

// cleanName returns a name fit to be shown, "" when there is none.
func cleanName(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, ""), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
}

// Ask gives a device the code to show and the secret to keep.
func Ask(ctx context.Context, tx *sql.Tx, in cabinet.DeviceBindingRequest, from Asker, now time.Time) (cabinet.DeviceBinding, error) {
	var none cabinet.DeviceBinding
	name := cleanName(in.Name)
	if name == "" || utf8.RuneCountInString(name) > maxName {
		return none, problem.Invalid(problem.Field{Name: "name", Code: "length",
			Message: i18n.Text{RU: "назовите устройство, не длиннее %d знаков", EN: "name the device, at most %d characters"}.With(maxName)})
	}
	if len(in.Replaces) > 64 {
		return none, problem.BadRequest(i18n.Say("слишком длинные данные", "the data are too long"))
	}
	// Whoever begins sweeps up after those who never finished.
	for _, drop := range []string{"DELETE FROM device_bindings WHERE expires_us <= ?", "DELETE FROM push_requests WHERE created_us <= ?"} {
		edge := now
		if strings.Contains(drop, "push") {
			edge = now.Add(-2 * PushHold)
		}
		if _, err := tx.ExecContext(ctx, drop, edge.UnixMicro()); err != nil {
			return none, err
		}
	}
	secret, sum := newSecret()
	var waiting int
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM device_bindings WHERE address = ? AND state <> ?", from.Address, stateDone).Scan(&waiting); err != nil {
		return none, err
	}
	if waiting >= maxWaiting {
		e := problem.New(http.StatusTooManyRequests, "device.too_many_codes",
			i18n.Say("Слишком много устройств ждут привязки с этого адреса", "Too many devices at this address wait to be bound")).
			WithHint(i18n.Say("подтвердите показанный код или подождите, пока прежние истекут", "confirm a code that is shown, or wait until the earlier ones expire"))
		e.RetryAfter = BindTerm
		return none, e
	}
	b := Binding{ID: session.NewID(), Name: name, Agent: from.Agent, Address: from.Address, Asked: now, Expires: now.Add(BindTerm), state: stateCode}
	for taken := 1; taken > 0; {
		b.code = digits(8)
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM device_bindings WHERE code = ?", b.code).Scan(&taken); err != nil {
			return none, err
		}
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO device_bindings(id, code, secret, name, replaces, agent, address, state, asked_us, expires_us)
		VALUES(?,?,?,?,?,?,?,?,?,?)`, b.ID, b.code, sum, name, in.Replaces, b.Agent, b.Address, b.state, now.UnixMicro(), b.Expires.UnixMicro())
	return b.shown(secret), err
}

func (b Binding) shown(secret string) cabinet.DeviceBinding {
	return cabinet.DeviceBinding{ID: b.ID, Code: b.code[:4] + "-" + b.code[4:], Secret: secret, ExpiresAt: b.Expires}
}

// Claim finds the device that shows a code, for the person who typed it.
// in.Replaces names a device to bind anew, key is the Idempotency-Key. The refusal's effects (the count, the
// block) must be committed; blocked tells that it was this code that blocked.
func Claim(ctx context.Context, tx *sql.Tx, oid int64, in cabinet.DeviceClaim, key string, now time.Time) (b Binding, blocked bool, refusal *problem.Error, err error) {
	if refusal, err = errBlocked(ctx, tx, oid, now); refusal != nil || err != nil {
		return b, false, refusal, err
	}
	code := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		if r == '-' || r == ' ' {
			return -1
		}
		return 'x' // no code has it
	}, in.Code)
	b, err = scanBinding(tx.QueryRowContext(ctx, "SELECT "+bindingColumns+" FROM device_bindings WHERE code = ? AND expires_us > ? AND oid IN (0, ?)",
		code, now.UnixMicro(), oid))
	if errors.Is(err, sql.ErrNoRows) {
		refusal, blocked, err = wrong(ctx, tx, oid, sameTry(key, in.Code), problem.New(http.StatusForbidden, "device.wrong_code",
			i18n.Say("Ни одно устройство не ждёт с таким кодом", "No device waits with this code")).
			WithHint(i18n.Say("сверьте код с экраном устройства; истёкший код заменит новый: epgu auth devices bind на устройстве",
				"compare the code with the device's screen; an expired one is replaced by epgu auth devices bind on the device")), now)
		return b, blocked, refusal, err
	}
	if err != nil || b.state == stateDone {
		return b, false, nil, err
	}
	if in.Replaces != "" {
		if _, err := find(ctx, tx, oid, in.Replaces); err != nil {
			return b, false, nil, err
		}
		b.replaces = in.Replaces
	}
	if b.replaces != "" {
		// What the device says of its past holds only for the account it was bound to.
		var e *problem.Error
		if _, err := find(ctx, tx, oid, b.replaces); errors.As(err, &e) {
			b.replaces = ""
		} else if err != nil {
			return b, false, nil, err
		}
	}
	if refusal, err = errFull(ctx, tx, oid, b.replaces); refusal != nil || err != nil {
		return b, false, refusal, err
	}
	b.OID, b.state = oid, stateConfirm
	return b, false, nil, b.save(ctx, tx)
}

// FindClaimed returns a binding that its person may confirm; 404 otherwise.
func FindClaimed(ctx context.Context, q store.Queryer, oid int64, id string, now time.Time) (Binding, error) {
	b, err := scanBinding(q.QueryRowContext(ctx, "SELECT "+bindingColumns+" FROM device_bindings WHERE id = ? AND oid = ? AND expires_us > ?", id, oid, now.UnixMicro()))
	if errors.Is(err, sql.ErrNoRows) {
		return b, problem.NotFound("device.binding_not_found").
			WithHint(i18n.Say("код устройства истёк; новый покажет epgu auth devices bind на устройстве", "the device's code has expired; epgu auth devices bind on the device shows a new one"))
	}
	return b, err
}

// errFull refuses a device above the limit; one bound anew takes no place.
func errFull(ctx context.Context, q store.Queryer, oid int64, replaces string) (*problem.Error, error) {
	var n int
	if err := q.QueryRowContext(ctx, "SELECT count(*) FROM devices WHERE oid = ? AND id <> ?", oid, replaces).Scan(&n); err != nil || n < MaxDevices {
		return nil, err
	}
	return problem.New(http.StatusConflict, "device.limit", i18n.Say("Больше устройств привязать нельзя", "No more devices can be bound")).
		WithDetail(i18n.Text{RU: "привязано %d, предел %d", EN: "%d are bound, the limit is %d"}.With(n, MaxDevices)).
		WithHint(i18n.Say("уберите ненужное: epgu auth devices remove УСТРОЙСТВО, или привяжите вместо него: epgu auth devices rebind УСТРОЙСТВО КОД",
			"remove one that is not needed: epgu auth devices remove DEVICE, or bind in its place: epgu auth devices rebind DEVICE CODE")), nil
}

// Wire returns the binding as its person sees it. offered are the ways to
// confirm it.
func (b Binding) Wire(ctx context.Context, q store.Queryer, offered []cabinet.Factor, now time.Time) (cabinet.DeviceConfirmation, error) {
	w := cabinet.DeviceConfirmation{ID: b.ID, State: stateConfirm, Name: untrusted.Text(b.Name), Agent: untrusted.Text(b.Agent),
		Address: untrusted.Text(b.Address), AskedAt: b.Asked, ExpiresAt: b.Expires}
	if b.state == stateDone {
		w.State = stateDone
		return w, nil
	}
	w.Factors, w.Sent = offered, b.otpKind
	if b.replaces != "" {
		d, err := find(ctx, q, b.OID, b.replaces)
		if err != nil {
			return w, err
		}
		w.Replaces = untrusted.Text(d.Name)
	}
	if b.otpKind == "push" {
		p, err := PushFor(ctx, q, b.ID, now)
		if err != nil {
			return w, err
		}
		w.Push = p.Asked()
	}
	return w, nil
}

// Done reports whether the device is bound.
func (b Binding) Done() bool { return b.state == stateDone }

// bind makes the device, or gives the one that it replaces a new life: the
// earlier token dies now.
func (b *Binding) bind(ctx context.Context, tx *sql.Tx, now time.Time) (anew bool, err error) {
	if b.replaces != "" {
		r, err := tx.ExecContext(ctx, "UPDATE devices SET name=?, agent=?, address=?, token=NULL, bound_us=?, seen_us=0 WHERE id=? AND oid=?",
			b.Name, b.Agent, b.Address, now.UnixMicro(), b.replaces, b.OID)
		if err != nil {
			return false, err
		}
		n, err := r.RowsAffected()
		if err != nil {
			return false, err
		}
		anew, b.device = n == 1, b.replaces
	}
	if !anew {
		b.device = session.NewID()
		if _, err := tx.ExecContext(ctx, "INSERT INTO devices(id, oid, name, agent, address, bound_us) VALUES(?,?,?,?,?,?)",
			b.device, b.OID, b.Name, b.Agent, b.Address, now.UnixMicro()); err != nil {
			return false, err
		}
	}
	// The device has as long to take its token as it had to be confirmed.
	b.state, b.otp, b.otpKind, b.Expires = stateDone, "", "", now.Add(BindTerm)
	if _, err := tx.ExecContext(ctx, "DELETE FROM device_locks WHERE oid = ?", b.OID); err != nil {
		return false, err
	}
	return anew, b.save(ctx, tx)
}

// Collect gives a device the token of its binding once that is confirmed.
func Collect(ctx context.Context, tx *sql.Tx, id, secret string, now time.Time) (cabinet.DeviceToken, error) {
	none := cabinet.DeviceToken{State: "waiting"}
	b, err := scanBinding(tx.QueryRowContext(ctx, "SELECT "+bindingColumns+" FROM device_bindings WHERE id = ? AND expires_us > ?", id, now.UnixMicro()))
	if errors.Is(err, sql.ErrNoRows) || err == nil && subtle.ConstantTimeCompare(b.secret, hash(secret)) != 1 {
		return none, problem.NotFound("device.binding_not_found").
			WithHint(i18n.Say("код истёк; попросите новый: epgu auth devices bind", "the code has expired; ask for a new one: epgu auth devices bind"))
	}
	if err != nil || b.state != stateDone {
		return none, err
	}
	d, err := find(ctx, tx, b.OID, b.device)
	if err != nil {
		return none, err
	}
	token, sum := newSecret()
	if _, err := tx.ExecContext(ctx, "UPDATE devices SET token = ? WHERE id = ?", sum, d.ID); err != nil {
		return none, err
	}
	w := d.Wire()
	return cabinet.DeviceToken{State: stateDone, Device: &w, Token: token}, nil
}
