package devices

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Offered returns the ways in which a person may confirm a device, best first.
func Offered(ctx context.Context, q store.Queryer, p people.Person) ([]cabinet.Factor, error) {
	var out []cabinet.Factor
	if p.Mobile != "" {
		out = append(out, cabinet.Factor{Kind: "sms", Target: untrusted.Text(people.MaskMobile(p.Mobile))})
	}
	if p.Email != "" {
		out = append(out, cabinet.Factor{Kind: "email", Target: untrusted.Text(people.MaskEmail(p.Email))})
	}
	n, err := Count(ctx, q, p.OID)
	if n > 0 {
		out = append(out, cabinet.Factor{Kind: "push"})
	}
	return out, err
}

// Outcome is what a confirmation did.
type Outcome struct {
	Bound   bool // the device is bound now
	Anew    bool // in the place of an earlier one
	Blocked bool // the code was one wrong code too many
}

// Confirm takes the code that confirms a device, or sends one when it is empty.
// The refusal's effects must be committed.
func Confirm(ctx context.Context, tx *sql.Tx, b *Binding, p people.Person, in cabinet.FactorAnswer, now time.Time) (o Outcome, refusal *problem.Error, err error) {
	if b.Done() {
		return o, nil, nil // an answer that was lost
	}
	if refusal, err = errBlocked(ctx, tx, b.OID, now); refusal != nil || err != nil {
		return o, refusal, err
	}
	code := strings.ReplaceAll(strings.TrimSpace(in.Code), " ", "")
	if code == "" {
		refusal, err = b.send(ctx, tx, p, in.Kind, now)
		return o, refusal, err
	}
	if in.Kind != b.otpKind {
		return o, problem.Invalid(problem.Field{Name: "kind", Code: "unknown",
			Message: i18n.Text{RU: "сначала попросите код этого вида", EN: "ask for a code of this kind first"}}), nil
	}
	if in.Kind == "push" {
		if refusal, err = b.answered(ctx, tx, code, now); refusal != nil || err != nil || b.otpKind != "" {
			return o, refusal, err
		}
	} else if !now.Before(b.sent.Add(CodeTerm)) {
		return o, problem.New(http.StatusForbidden, "device.code_expired", i18n.Say("Срок кода истёк", "The code has expired")).
			WithHint(i18n.Say("запросите новый код", "ask for a new code")), nil
	} else if subtle.ConstantTimeCompare([]byte(b.otp), []byte(code)) != 1 {
		refusal, o.Blocked, err = wrong(ctx, tx, b.OID, "", problem.New(http.StatusForbidden, "device.wrong_confirmation", i18n.Say("Неверный код", "The code is wrong")).
			WithHint(i18n.Say("сверьте код с сообщением; новый пришлёт та же команда без --otp", "compare the code with the message; the same command without --otp sends a new one")), now)
		return o, refusal, err
	}
	if refusal, err = errFull(ctx, tx, b.OID, b.replaces); refusal != nil || err != nil { // somebody was faster
		return o, refusal, err
	}
	o.Bound = true
	o.Anew, err = b.bind(ctx, tx, now)
	return o, nil, err
}

// answered looks at the push that a device was to confirm; once it is approved
// nothing is awaited any more.
func (b *Binding) answered(ctx context.Context, tx *sql.Tx, number string, now time.Time) (*problem.Error, error) {
	push, err := PushFor(ctx, tx, b.ID, now)
	if err != nil {
		return nil, err
	}
	state := push.State
	if push.Number != number {
		state = Expired
	}
	switch state {
	case Pending:
		return nil, nil
	case Approved:
		b.otpKind = ""
		return nil, nil
	case Denied:
		if _, err := tx.ExecContext(ctx, "DELETE FROM device_bindings WHERE id = ?", b.ID); err != nil {
			return nil, err
		}
		return problem.New(http.StatusForbidden, "push.denied", i18n.Say("Привязка отклонена на другом устройстве", "The binding was denied on another device")), nil
	}
	return errPushExpired(http.StatusForbidden), nil
}

func errPushExpired(status int) *problem.Error {
	return problem.New(status, "push.expired", i18n.Say("На устройстве никто не ответил вовремя", "Nobody answered on the device in time")).
		WithHint(i18n.Say("пошлите запрос ещё раз или выберите другой способ", "send the request again or choose another way"))
}

func (b *Binding) send(ctx context.Context, tx *sql.Tx, p people.Person, kind string, now time.Time) (*problem.Error, error) {
	offered, err := Offered(ctx, tx, p)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(offered, func(f cabinet.Factor) bool { return f.Kind == kind }) {
		return problem.Invalid(problem.Field{Name: "kind", Code: "unknown",
			Message: i18n.Text{RU: "так подтвердить нельзя", EN: "this way is not available"}}), nil
	}
	if b.sends >= maxSends {
		return problem.New(http.StatusTooManyRequests, "device.too_many_sends", i18n.Say("Больше кодов прислать нельзя", "No more codes can be sent")).
			WithHint(i18n.Say("начните привязку на устройстве заново: epgu auth devices bind", "begin anew on the device: epgu auth devices bind")), nil
	}
	if wait := b.sent.Add(resendAfter).Sub(now); b.sends > 0 && b.otpKind == kind && wait > 0 {
		e := problem.New(http.StatusTooManyRequests, "device.code_too_soon", i18n.Say("Новый код можно запросить чуть позже", "A new code can be asked for a little later")).
			WithDetail(i18n.Text{RU: "через %d с", EN: "in %d s"}.With(int((wait + time.Second - 1) / time.Second)))
		e.RetryAfter = wait
		return e, nil
	}
	if err := CancelPush(ctx, tx, b.ID); err != nil {
		return nil, err
	}
	b.otpKind, b.sent = kind, now
	b.sends++
	if kind == "push" {
		push, refusal, err := BeginPush(ctx, tx, Push{OID: b.OID, Kind: PushDevice, Ref: b.ID, Client: b.Name, Agent: b.Agent, Address: b.Address}, now)
		if refusal != nil || err != nil {
			return refusal, err
		}
		b.otp = push.Number
		return nil, b.save(ctx, tx)
	}
	b.otp = digits(6)
	text := i18n.Text{RU: "Код для привязки устройства «%s» к учётной записи: %s. Никому его не сообщайте.",
		EN: "Code to bind the device %q to your account: %s. Tell it to nobody."}.With(b.Name, b.otp)
	to := p.Mobile
	if kind == "email" {
		to = p.Email
	}
	if err := people.Send(ctx, tx, people.Message{At: now, OID: p.OID, To: to, Kind: kind, Text: text.In(i18n.RU), TextEN: text.In(i18n.EN),
		Code: b.otp, Purpose: "device"}); err != nil {
		return nil, err
	}
	return nil, b.save(ctx, tx)
}

// sameTry names a try of a code, so that one whose refusal was lost and that is
// repeated counts once. The code belongs to it: another one under the same key
// is another guess. "" is a try without a key, which always counts.
func sameTry(key, code string) string {
	if key == "" {
		return ""
	}
	return hex.EncodeToString(hash(key + "\x00" + code))
}

// wrong counts a wrong code and blocks binding at the limit. The try that was
// counted last (see sameTry) counts once.
func wrong(ctx context.Context, tx *sql.Tx, oid int64, try string, refusal *problem.Error, now time.Time) (*problem.Error, bool, error) {
	var n int
	var last string
	err := tx.QueryRowContext(ctx, "SELECT wrong, key FROM device_locks WHERE oid = ?", oid).Scan(&n, &last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, false, err
	}
	if try == "" || try != last {
		n++
	}
	var until time.Time
	blocked := n >= maxWrong
	if blocked {
		n, until = 0, now.Add(BlockTerm)
		refusal = blockedUntil(until, now)
	} else {
		refusal.Detail = i18n.Text{RU: "осталось: %s", EN: "%s left"}.With(attempts.Count(maxWrong - n))
	}
	locked := int64(0)
	if blocked {
		locked = until.UnixMicro()
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO device_locks(oid, wrong, key, locked_us) VALUES(?,?,?,?)
		ON CONFLICT(oid) DO UPDATE SET wrong=excluded.wrong, key=excluded.key, locked_us=excluded.locked_us`, oid, n, try, locked)
	return refusal, blocked, err
}

// errBlocked refuses while binding is blocked.
func errBlocked(ctx context.Context, q store.Queryer, oid int64, now time.Time) (*problem.Error, error) {
	var locked int64
	err := q.QueryRowContext(ctx, "SELECT locked_us FROM device_locks WHERE oid = ?", oid).Scan(&locked)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if until := micro(locked); err == nil && now.Before(until) {
		return blockedUntil(until, now), nil
	}
	return nil, err
}

func blockedUntil(until, now time.Time) *problem.Error {
	e := problem.New(http.StatusLocked, "device.blocked", i18n.Say("Привязка устройств закрыта после неверных кодов", "Binding devices is blocked after wrong codes")).
		WithDetail(i18n.Text{RU: "до %s UTC", EN: "until %s UTC"}.With(until.UTC().Format("2006-01-02 15:04"))).
		WithHint(i18n.Say("подождите; привязанные устройства работают: epgu auth devices list", "wait; the bound devices go on working: epgu auth devices list"))
	e.RetryAfter = until.Sub(now)
	return e
}
