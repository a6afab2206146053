package signin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base32"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/devices"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Kinds of a second factor that are more than a code.
const (
	kindPush     = "push"
	kindRecovery = "recovery"
)

// Factors returns the ways in which the person may confirm himself, best first.
func Factors(ctx context.Context, q store.Queryer, f *Flow) ([]cabinet.Factor, error) {
	p, err := people.ByOID(ctx, q, f.OID)
	if err != nil {
		return nil, err
	}
	c, err := loadCredentials(ctx, q, f.OID)
	if err != nil {
		return nil, err
	}
	return factorsOf(ctx, q, p, c)
}

func factorsOf(ctx context.Context, q store.Queryer, p people.Person, c credentials) ([]cabinet.Factor, error) {
	var out []cabinet.Factor
	if c.totp != "" {
		out = append(out, cabinet.Factor{Kind: "totp"})
	}
	if p.Mobile != "" {
		out = append(out, cabinet.Factor{Kind: "sms", Target: untrusted.Text(people.MaskMobile(p.Mobile))})
	}
	if p.Email != "" {
		out = append(out, cabinet.Factor{Kind: "email", Target: untrusted.Text(people.MaskEmail(p.Email))})
	}
	bound, err := devices.Count(ctx, q, p.OID)
	if err != nil {
		return nil, err
	}
	if bound > 0 {
		out = append(out, cabinet.Factor{Kind: kindPush})
	}
	has, err := certified(ctx, q, p)
	if err != nil {
		return nil, err
	}
	if has {
		out = append(out, cabinet.Factor{Kind: FactorCertificate})
	}
	left, err := recoveryCodesLeft(ctx, q, p.OID)
	if left > 0 {
		out = append(out, cabinet.Factor{Kind: kindRecovery})
	}
	if i := slices.IndexFunc(out, func(f cabinet.Factor) bool { return f.Kind == c.preferred }); i > 0 {
		chosen := out[i]
		out = slices.Insert(slices.Delete(out, i, i+1), 0, chosen)
	}
	return out, err
}

func firstFactor(ctx context.Context, q store.Queryer, p people.Person, c credentials) (string, error) {
	all, err := factorsOf(ctx, q, p, c)
	if err != nil || len(all) == 0 {
		return "", err
	}
	return all[0].Kind, nil
}

func sendable(ctx context.Context, q store.Queryer, p people.Person, kind string) (bool, error) {
	switch kind {
	case "sms":
		return p.Mobile != "", nil
	case "email":
		return p.Email != "", nil
	case kindPush:
		n, err := devices.Count(ctx, q, p.OID)
		return n > 0, err
	}
	return false, nil
}

// SecondFactor tells how a person confirms sign-ins.
func SecondFactor(ctx context.Context, q store.Queryer, oid int64) (cabinet.SecondFactor, error) {
	var out cabinet.SecondFactor
	p, err := people.ByOID(ctx, q, oid)
	if err != nil {
		return out, err
	}
	c, err := loadCredentials(ctx, q, oid)
	if err != nil {
		return out, err
	}
	if out.Factors, err = factorsOf(ctx, q, p, c); err != nil {
		return out, err
	}
	if len(out.Factors) > 0 {
		out.Preferred = out.Factors[0].Kind
	}
	out.TOTP = c.totp != ""
	if out.Devices, err = devices.Count(ctx, q, oid); err != nil {
		return out, err
	}
	out.RecoveryCodes, err = recoveryCodesLeft(ctx, q, oid)
	return out, err
}

// ChangeSecondFactor chooses what is offered first. As with Password, a
// refusal's effects (a wrong password counts) must be committed.
func ChangeSecondFactor(ctx context.Context, tx *sql.Tx, who Who, in cabinet.SecondFactorChange, now time.Time) (*problem.Error, error) {
	if !slices.Contains([]string{"", "totp", "sms", "email", kindPush}, in.Preferred) {
		return problem.Invalid(problem.Field{Name: "preferred", Code: "unknown",
			Message: i18n.Text{RU: "totp, sms, email или push", EN: "totp, sms, email or push"}}), nil
	}
	p, c, refusal, err := provePassword(ctx, tx, who, in.Password, now)
	if refusal != nil || err != nil {
		return refusal, err
	}
	if in.Preferred != "" {
		all, err := factorsOf(ctx, tx, p, c)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(all, func(f cabinet.Factor) bool { return f.Kind == in.Preferred }) {
			return problem.New(http.StatusConflict, "factor.not_ready", i18n.Say("Этот способ ещё не настроен", "This way is not set up yet")).
				WithHint(notReady(in.Preferred)), nil
		}
	}
	if _, err := tx.ExecContext(ctx, "UPDATE credentials SET preferred = ? WHERE oid = ?", in.Preferred, who.OID); err != nil {
		return nil, err
	}
	_, err = store.AddEvent(ctx, tx, store.Event{At: now, Kind: "security.second_factor", OID: who.OID, Ref: in.Preferred})
	return nil, err
}

func notReady(kind string) i18n.Localised {
	switch kind {
	case "totp":
		return i18n.Say("подключите приложение: epgu auth 2fa enable totp", "set the application up: epgu auth 2fa enable totp")
	case kindPush:
		return i18n.Say("привяжите устройство: epgu auth devices bind на нём", "bind a device: epgu auth devices bind on it")
	}
	return i18n.Say("добавьте телефон или почту в профиль", "add a phone or an e-mail address to the profile")
}

// Who is a signed-in person who changes the account, and where he does it.
type Who struct {
	OID                      int64
	ClientID, Agent, Address string
}

// flow stands for the sign-in of somebody who is in already, for the history.
func (w Who) flow() *Flow {
	f := &Flow{OID: w.OID, Agent: limit(w.Agent, 200), Address: limit(w.Address, 80)}
	f.Approved.Client.ID = w.ClientID
	return f
}

// provePassword asks a signed-in person for the password again; wrong ones
// count towards the lock of the account.
func provePassword(ctx context.Context, tx *sql.Tx, who Who, password string, now time.Time) (people.Person, credentials, *problem.Error, error) {
	p, err := people.ByOID(ctx, tx, who.OID)
	if err != nil {
		return p, credentials{}, nil, err
	}
	c, err := loadCredentials(ctx, tx, who.OID)
	if err != nil {
		return p, c, nil, err
	}
	if now.Before(c.lockedUntil) {
		return p, c, errLocked(c, now), nil
	}
	if samePassword(c.password, password) {
		return p, c, nil, nil
	}
	refusal, err := fault(ctx, tx, who.flow(), p, "wrong_password", errPasswordAgain(), now)
	return p, c, refusal, err
}

// ProvePassword asks a signed-in person for the present password before a
// change by which an account could be taken over. As with Password, a refusal's
// effects (a wrong password counts towards the lock) must be committed.
func ProvePassword(ctx context.Context, tx *sql.Tx, who Who, password string, now time.Time) (*problem.Error, error) {
	_, _, refusal, err := provePassword(ctx, tx, who, password, now)
	return refusal, err
}

func errPasswordAgain() *problem.Error {
	return problem.New(http.StatusForbidden, "password.wrong", i18n.Say("Нынешний пароль не подходит", "The present password does not fit"))
}

// recoveryCodes is how many codes a set has.
const recoveryCodes = 10

// NewRecoveryCodes makes a new set; the earlier one stops working.
func NewRecoveryCodes(ctx context.Context, tx *sql.Tx, who Who, password string, now time.Time) (cabinet.RecoveryCodes, *problem.Error, error) {
	var out cabinet.RecoveryCodes
	if _, _, refusal, err := provePassword(ctx, tx, who, password, now); refusal != nil || err != nil {
		return out, refusal, err
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM recovery_codes WHERE oid = ?", who.OID); err != nil {
		return out, nil, err
	}
	for len(out.Codes) < recoveryCodes {
		var b [7]byte
		_, _ = rand.Read(b[:]) // never fails (crypto/rand)
		code := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))[:10]
		if _, err := tx.ExecContext(ctx, "INSERT INTO recovery_codes(oid, code) VALUES(?, ?)", who.OID, recoveryHash(code)); err != nil {
			return out, nil, err
		}
		out.Codes = append(out.Codes, code[:5]+"-"+code[5:])
	}
	_, err := store.AddEvent(ctx, tx, store.Event{At: now, Kind: "security.recovery_codes", OID: who.OID})
	return out, nil, err
}

// recoveryHash is what is kept of a code of 50 random bits.
func recoveryHash(code string) []byte {
	sum := sha256.Sum256([]byte(strings.ToLower(strings.ReplaceAll(code, "-", ""))))
	return sum[:]
}

func recoveryCodesLeft(ctx context.Context, q store.Queryer, oid int64) (n int, err error) {
	err = q.QueryRowContext(ctx, "SELECT count(*) FROM recovery_codes WHERE oid = ? AND used_us = 0", oid).Scan(&n)
	return n, err
}

// spendRecoveryCode takes a code; each works once.
func spendRecoveryCode(ctx context.Context, tx *sql.Tx, oid int64, code string, now time.Time) (*problem.Error, error) {
	r, err := tx.ExecContext(ctx, "UPDATE recovery_codes SET used_us = ? WHERE oid = ? AND code = ? AND used_us = 0", now.UnixMicro(), oid, recoveryHash(code))
	if err != nil {
		return nil, err
	}
	n, err := r.RowsAffected()
	if err != nil || n == 1 {
		return nil, err
	}
	return problem.New(http.StatusUnauthorized, codeWrong, i18n.Say("Неверный код", "The code is wrong")), nil
}
