package signin

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// Recover begins a recovery by a code to the phone or mailbox (features A5). A
// locked account needs the passport as well, and so does nobody else: whoever
// has not locked it need not show papers. For a login that nobody has
// everything goes the same way, but no code is ever right. Wrong passports are
// counted, and the count must be committed with the refusal.
func Recover(ctx context.Context, tx *sql.Tx, in cabinet.RecoveryRequest, now time.Time) (cabinet.Challenge, *problem.Error, error) {
	p, err := people.ByLogin(ctx, tx, in.Login)
	if errors.Is(err, people.ErrNotFound) {
		// Nothing is sent, but the tries of this login count as anybody's do.
		out, err := begin(ctx, tx, challenge{kind: ChallengeRecovery, to: limit(people.NormalLogin(in.Login), 254), toKind: "sms"}, now)
		return out, nil, err
	}
	if err != nil {
		return cabinet.Challenge{}, nil, err
	}
	c, err := loadCredentials(ctx, tx, p.OID)
	if err != nil {
		return cabinet.Challenge{}, nil, err
	}
	if now.Before(c.lockedUntil) {
		own, has := p.Passport()
		fits := in.Passport != nil && has && own.Series == in.Passport.Series && own.Number == in.Passport.Number
		if in.Passport == nil {
			return cabinet.Challenge{}, problem.Invalid(problem.Field{Name: "passport", Code: "required",
				Message: i18n.Text{RU: "запись закрыта: укажите серию и номер паспорта", EN: "the account is locked: give the passport's series and number"}}), nil
		}
		if c.failures >= maxFailures {
			e := problem.New(http.StatusTooManyRequests, "recovery.too_many_tries", i18n.Say("Слишком много неверных паспортов", "Too many wrong passports")).
				WithDetail(i18n.Text{RU: "до %s UTC", EN: "until %s UTC"}.With(c.lockedUntil.UTC().Format("15:04"))).
				WithHint(i18n.Text{RU: "подождите или обратитесь в поддержку с номером %s", EN: "wait, or turn to support with the number %s"}.With(c.lockNumber))
			e.RetryAfter = c.lockedUntil.Sub(now)
			return cabinet.Challenge{}, e, nil
		}
		if !fits {
			// While the account is locked nothing else counts.
			_, err := tx.ExecContext(ctx, "UPDATE credentials SET failures = failures + 1 WHERE oid = ?", p.OID)
			return cabinet.Challenge{}, problem.Invalid(problem.Field{Name: "passport", Code: "mismatch",
				Message: i18n.Text{RU: "паспорт не тот, что в учётной записи", EN: "the passport is not the one of the account"}}).
				WithHint(i18n.Text{RU: "обратитесь в поддержку с номером %s", EN: "turn to support with the number %s"}.With(c.lockNumber)), err
		}
	}
	one := challenge{kind: ChallengeRecovery, oid: p.OID, to: p.Mobile, toKind: "sms"}
	if p.Mobile == "" {
		one.to, one.toKind = p.Email, "email"
	}
	out, err := begin(ctx, tx, one, now)
	return out, nil, err
}

// ChangePassword changes the password of a signed-in person; every session but
// the one named ends. A wrong present password counts towards the lock of the
// account; as with Password, a refusal's effects must be committed.
func ChangePassword(ctx context.Context, tx *sql.Tx, who Who, current string, in cabinet.PasswordChange, now time.Time) (*problem.Error, error) {
	if _, _, refusal, err := provePassword(ctx, tx, who, in.Old, now); refusal != nil || err != nil {
		return refusal, err
	}
	if bad := CheckNewPassword("new", in.New); len(bad) > 0 {
		return problem.Invalid(bad...), nil
	}
	if in.New == in.Old {
		return problem.Invalid(problem.Field{Name: "new", Code: "same", Message: i18n.Text{RU: "это нынешний пароль", EN: "this is the present password"}}), nil
	}
	if err := SetPassword(ctx, tx, who.OID, in.New); err != nil {
		return nil, err
	}
	if _, err := session.RevokeAll(ctx, tx, who.OID, current, now); err != nil {
		return nil, err
	}
	_, err := store.AddEvent(ctx, tx, store.Event{At: now, Kind: "security.password", OID: who.OID})
	return nil, err
}
