package signin

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"time"

	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
	"github.com/epgu-cli/epgu/internal/ui/i18n"
)

// Recover begins a recovery by a code to the phone or mailbox (features A5). A
// locked account needs the passport as well, and so does nobody else: whoever
// has not locked it need not show papers. For a login that nobody has
// everything goes the same way, but no code is ever right.
func Recover(ctx context.Context, tx *sql.Tx, in cabinet.RecoveryRequest, now time.Time) (cabinet.Challenge, error) {
	p, err := people.ByLogin(ctx, tx, in.Login)
	if errors.Is(err, people.ErrNotFound) {
		c := challenge{kind: ChallengeRecovery, to: people.NormalMobile(in.Login), toKind: "sms"}
		if c.to == "" {
			c.to, c.toKind = people.NormalEmail(in.Login), "email"
		}
		return begin(ctx, tx, c, now)
	}
	if err != nil {
		return cabinet.Challenge{}, err
	}
	c, err := loadCredentials(ctx, tx, p.OID)
	if err != nil {
		return cabinet.Challenge{}, err
	}
	if now.Before(c.lockedUntil) {
		own, has := p.Passport()
		fits := in.Passport != nil && has && own.Series == in.Passport.Series && own.Number == in.Passport.Number
		if in.Passport == nil {
			return cabinet.Challenge{}, problem.Invalid(problem.Field{Name: "passport", Code: "required",
				Message: i18n.Text{RU: "запись закрыта: укажите серию и номер паспорта", EN: "the account is locked: give the passport's series and number"}})
		}
		if !fits {
			return cabinet.Challenge{}, problem.Invalid(problem.Field{Name: "passport", Code: "mismatch",
				Message: i18n.Text{RU: "паспорт не тот, что в учётной записи", EN: "the passport is not the one of the account"}}).
				WithHint(i18n.Text{RU: "обратитесь в поддержку с номером %s", EN: "turn to support with the number %s"}.With(c.lockNumber))
		}
	}
	one := challenge{kind: ChallengeRecovery, oid: p.OID, to: p.Mobile, toKind: "sms"}
	if p.Mobile == "" {
		one.to, one.toKind = p.Email, "email"
	}
	return begin(ctx, tx, one, now)
}

// ChangePassword changes the password of a signed-in person; every session but
// the one named ends.
func ChangePassword(ctx context.Context, tx *sql.Tx, oid int64, current string, in cabinet.PasswordChange, now time.Time) error {
	c, err := loadCredentials(ctx, tx, oid)
	if err != nil {
		return err
	}
	if !samePassword(c.password, in.Old) {
		return problem.New(http.StatusForbidden, "password.wrong", i18n.Say("Нынешний пароль не подходит", "The present password does not fit"))
	}
	if bad := CheckNewPassword("new", in.New); len(bad) > 0 {
		return problem.Invalid(bad...)
	}
	if in.New == in.Old {
		return problem.Invalid(problem.Field{Name: "new", Code: "same", Message: i18n.Text{RU: "это нынешний пароль", EN: "this is the present password"}})
	}
	if err := SetPassword(ctx, tx, oid, in.New); err != nil {
		return err
	}
	if _, err := session.RevokeAll(ctx, tx, oid, current, now); err != nil {
		return err
	}
	_, err = store.AddEvent(ctx, tx, store.Event{At: now, Kind: "security.password", OID: oid})
	return err
}
