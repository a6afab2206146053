package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/devices"
	"github.com/epgu-cli/epgu/internal/sandbox/grant"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// Limits of a sign-in (features A2, A4).
const (
	maxFailures = 5                // wrong passwords or codes in a row, then a lock
	LockTerm    = 30 * time.Minute // of a lock that nobody opens
	CodeTerm    = 5 * time.Minute  // of a code by SMS or e-mail
	maxTries    = 3                // wrong codes in one sign-in
	maxSends    = 5                // codes in one sign-in
	resendAfter = 30 * time.Second
)

var attempts = i18n.Plural{One: "попытка", Few: "попытки", Many: "попыток", Sing: "try", Plur: "tries"}

type credentials struct {
	password, totp string
	preferred      string // the factor that is offered first; "" leaves it to the portal
	step           int64
	failures       int
	lockedUntil    time.Time
	lockNumber     string
}

func loadCredentials(ctx context.Context, q store.Queryer, oid int64) (credentials, error) {
	var c credentials
	var locked int64
	err := q.QueryRowContext(ctx, "SELECT password, totp, preferred, totp_step, failures, locked_us, lock_number FROM credentials WHERE oid = ?", oid).
		Scan(&c.password, &c.totp, &c.preferred, &c.step, &c.failures, &locked, &c.lockNumber)
	c.lockedUntil = time.UnixMicro(locked).UTC()
	return c, err
}

// Password takes the login and the password. The refusal is for the person;
// its effects (the count, the lock) must be committed all the same.
func Password(ctx context.Context, tx *sql.Tx, f *Flow, login, password string, now time.Time) (*problem.Error, error) {
	if f.Stage != StagePassword {
		return errNoFlow(), nil
	}
	p, err := people.ByLogin(ctx, tx, login)
	if errors.Is(err, people.ErrNotFound) {
		wasteTime(password)
		return errWrongPassword(), nil
	}
	if err != nil {
		return nil, err
	}
	c, err := loadCredentials(ctx, tx, p.OID)
	if err != nil {
		return nil, err
	}
	if now.Before(c.lockedUntil) {
		wasteTime(password)
		return errLocked(c, now), nil
	}
	if !samePassword(c.password, password) {
		return fault(ctx, tx, f, p, "wrong_password", errWrongPassword(), now)
	}
	f.OID, f.Stage = p.OID, StageFactor
	if refusal := f.chooseImplied(ctx, tx, now); refusal != nil {
		return refusal, nil
	}
	// What comes first and has to be sent is on its way at once.
	first, err := firstFactor(ctx, tx, p, c)
	if err != nil {
		return nil, err
	}
	switch first {
	case "sms", "email":
		err = f.send(ctx, tx, p, first, now)
	case kindPush:
		// A refusal leaves the other ways.
		_, err = f.sendPush(ctx, tx, now)
	}
	if err != nil {
		return nil, err
	}
	return nil, f.Save(ctx, tx)
}

// chooseImplied applies what the request itself says about the organisation.
func (f *Flow) chooseImplied(ctx context.Context, tx *sql.Tx, now time.Time) *problem.Error {
	implied := f.Approved.ImpliedOrg()
	if implied != 0 {
		return f.Choose(ctx, tx, implied, now)
	}
	return nil
}

// Choose sets the organisation that the person acts for; 0 is himself.
func (f *Flow) Choose(ctx context.Context, q store.Queryer, orgOID int64, now time.Time) *problem.Error {
	if orgOID == 0 {
		f.OrgOID = 0
		return nil
	}
	if _, err := people.MemberOf(ctx, q, f.OID, orgOID, now); err != nil {
		return problem.New(http.StatusForbidden, "signin.not_member",
			i18n.Say("Вы не представляете эту организацию", "You do not act for this organisation"))
	}
	f.OrgOID = orgOID
	return nil
}

// fault counts a wrong password or code and locks the account at the limit.
func fault(ctx context.Context, tx *sql.Tx, f *Flow, p people.Person, outcome string, refusal *problem.Error, now time.Time) (*problem.Error, error) {
	c, err := loadCredentials(ctx, tx, p.OID)
	if err != nil {
		return nil, err
	}
	if c.lockNumber != "" && !now.Before(c.lockedUntil) {
		c.failures, c.lockNumber = 0, "" // the lock is over, and so is what was counted in it
	}
	c.failures++
	if c.failures >= maxFailures {
		c.failures, c.lockedUntil, c.lockNumber = 0, now.Add(LockTerm), lockNumber()
		outcome, refusal = "locked", errLocked(c, now)
		if err := notify(ctx, tx, p, "sms", now, "", i18n.Text{
			RU: "Вход в учётную запись закрыт после неверных попыток. Номер обращения: %s",
			EN: "Your account is locked after wrong tries. Request number: %s"}.With(c.lockNumber)); err != nil {
			return nil, err
		}
	}
	if _, err := tx.ExecContext(ctx, "UPDATE credentials SET failures=?, locked_us=?, lock_number=? WHERE oid=?",
		c.failures, c.lockedUntil.UnixMicro(), c.lockNumber, p.OID); err != nil {
		return nil, err
	}
	return refusal, remember(ctx, tx, Entry{At: now, OID: p.OID, ClientID: f.Approved.Client.ID, Method: "PWD", Agent: f.Agent,
		Address: f.Address, Outcome: outcome, Suspicious: outcome == "locked"})
}

// SendCode sends a new code by "sms" or "email", or a request to the person's
// devices by "push"; the earlier one stops working.
func SendCode(ctx context.Context, tx *sql.Tx, f *Flow, kind string, now time.Time) (*problem.Error, error) {
	if f.Stage != StageFactor {
		return errNoFlow(), nil
	}
	p, err := people.ByOID(ctx, tx, f.OID)
	if err != nil {
		return nil, err
	}
	if refusal, err := f.endDenied(ctx, tx, now); refusal != nil || err != nil {
		return refusal, err
	}
	able, err := sendable(ctx, tx, p, kind)
	if err != nil {
		return nil, err
	}
	if !able {
		return problem.Invalid(problem.Field{Name: "kind", Code: "unknown",
			Message: i18n.Text{RU: "код можно прислать по sms или email, запрос на устройство — push", EN: "a code can come by sms or email, a request to a device by push"}}), nil
	}
	if f.sends >= maxSends {
		return problem.New(http.StatusTooManyRequests, "signin.too_many_codes",
			i18n.Say("Больше кодов в этом входе прислать нельзя", "No more codes can be sent in this sign-in")).
			WithHint(i18n.Say("начните вход заново", "begin the sign-in again")), nil
	}
	if wait := f.sent.Add(resendAfter).Sub(now); f.sends > 0 && f.codeKind == kind && wait > 0 {
		e := problem.New(http.StatusTooManyRequests, "signin.code_too_soon",
			i18n.Say("Новый код можно запросить чуть позже", "A new code can be asked for a little later")).WithDetail(inSeconds(wait))
		e.RetryAfter = wait
		return e, nil
	}
	if err := devices.CancelPush(ctx, tx, f.ID); err != nil {
		return nil, err
	}
	if kind == kindPush {
		if refusal, err := f.sendPush(ctx, tx, now); refusal != nil || err != nil {
			return refusal, err
		}
	} else if err := f.send(ctx, tx, p, kind, now); err != nil {
		return nil, err
	}
	return nil, f.Save(ctx, tx)
}

func (f *Flow) send(ctx context.Context, tx *sql.Tx, p people.Person, kind string, now time.Time) error {
	f.code, f.codeKind, f.sent, f.tries = randomCode(), kind, now, 0
	f.sends++
	return notify(ctx, tx, p, kind, now, f.code, i18n.Text{
		RU: "Код для входа на учебный портал: %s. Никому его не сообщайте.",
		EN: "Code to sign in to the training portal: %s. Tell it to nobody."}.With(f.code))
}

func notify(ctx context.Context, q store.Queryer, p people.Person, kind string, now time.Time, code string, text i18n.Message) error {
	to := p.Mobile
	if kind == "email" || to == "" {
		kind, to = "email", p.Email
	}
	return people.Send(ctx, q, people.Message{At: now, OID: p.OID, To: to, Kind: kind, Text: text.In(i18n.RU), TextEN: text.In(i18n.EN),
		Code: code, Purpose: "sign-in"})
}

// Factor takes the second factor. On success the sign-in goes on to the
// choice of a role; a push that nobody has answered yet leaves the stage as it
// is. As with Password, a refusal's effects must be committed.
func Factor(ctx context.Context, tx *sql.Tx, f *Flow, kind, code string, now time.Time) (*problem.Error, error) {
	if f.Stage != StageFactor {
		return errNoFlow(), nil
	}
	p, err := people.ByOID(ctx, tx, f.OID)
	if err != nil {
		return nil, err
	}
	c, err := loadCredentials(ctx, tx, f.OID)
	if err != nil {
		return nil, err
	}
	if now.Before(c.lockedUntil) {
		return errLocked(c, now), nil
	}
	if refusal, err := f.endDenied(ctx, tx, now); refusal != nil || err != nil {
		return refusal, err
	}
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	var refusal *problem.Error
	switch kind {
	case kindPush:
		var decided bool
		if decided, refusal, err = f.checkPush(ctx, tx, code, now); err == nil && !decided && refusal == nil {
			return nil, nil // still waiting: the stage stays
		}
	case kindRecovery:
		refusal, err = spendRecoveryCode(ctx, tx, f.OID, code, now)
	default:
		refusal = f.checkFactor(&c, kind, code, now)
	}
	if err != nil {
		return nil, err
	}
	if refusal == nil {
		f.code, f.Stage = "", StageRole
		if _, err := tx.ExecContext(ctx, "UPDATE credentials SET failures = 0, totp_step = ? WHERE oid = ?", c.step, f.OID); err != nil {
			return nil, err
		}
		return nil, f.Save(ctx, tx)
	}
	if refusal.Code != codeWrong {
		return refusal, f.Save(ctx, tx)
	}
	f.tries++
	if f.tries >= maxTries {
		f.Stage = StageDone
		refusal = problem.New(http.StatusTooManyRequests, "signin.too_many_tries",
			i18n.Say("Слишком много неверных кодов", "Too many wrong codes")).
			WithHint(i18n.Say("начните вход заново", "begin the sign-in again"))
	} else {
		refusal.Detail = i18n.Text{RU: "осталось: %s", EN: "%s left"}.With(attempts.Count(maxTries - f.tries))
	}
	if err := f.Save(ctx, tx); err != nil {
		return nil, err
	}
	return fault(ctx, tx, f, p, "wrong_code", refusal, now)
}

const codeWrong = "signin.wrong_code"

func (f *Flow) checkFactor(c *credentials, kind, code string, now time.Time) *problem.Error {
	wrong := problem.New(http.StatusUnauthorized, codeWrong, i18n.Say("Неверный код", "The code is wrong"))
	switch kind {
	case "totp":
		if c.totp == "" {
			return errKind()
		}
		step, ok := matchTOTP(c.totp, code, now)
		if !ok {
			return wrong
		}
		if step <= c.step {
			e := problem.New(http.StatusUnauthorized, "signin.code_used",
				i18n.Say("Этот код уже использован", "This code was used already")).
				WithHint(i18n.Say("дождитесь следующего кода", "wait for the next code"))
			e.RetryAfter = time.Unix((c.step+1)*totpStep, 0).Sub(now)
			return e
		}
		c.step = step
		return nil
	case "sms", "email":
		if f.codeKind != kind || f.code == "" {
			return errKind()
		}
		if !now.Before(f.sent.Add(CodeTerm)) {
			return problem.New(http.StatusUnauthorized, "signin.code_expired",
				i18n.Say("Срок кода истёк", "The code has expired")).
				WithHint(i18n.Say("запросите новый код", "ask for a new code"))
		}
		if subtle.ConstantTimeCompare([]byte(f.code), []byte(code)) != 1 {
			return wrong
		}
		return nil
	}
	return errKind()
}

func errKind() *problem.Error {
	return problem.Invalid(problem.Field{Name: "kind", Code: "unknown",
		Message: i18n.Text{RU: "так подтвердить вход нельзя; сначала запросите код", EN: "this way is not available; ask for a code first"}})
}

// Done finishes a sign-in: it makes the authorisation code and writes history.
func Done(ctx context.Context, tx *sql.Tx, f *Flow, now time.Time) (code, sessionID string, err error) {
	code, sessionID, err = grant.Complete(ctx, tx, f.Approved,
		grant.Who{OID: f.OID, OrgOID: f.OrgOID, Method: f.Method, Agent: f.Agent, Address: f.Address}, now)
	if err != nil {
		return "", "", err
	}
	f.Stage = StageDone
	if err := f.Save(ctx, tx); err != nil {
		return "", "", err
	}
	e := Entry{At: now, OID: f.OID, ClientID: f.Approved.Client.ID, Method: f.Method, Agent: f.Agent, Address: f.Address, Outcome: "done"}
	if e.Suspicious, err = unfamiliar(ctx, tx, e); err != nil {
		return "", "", err
	}
	if err := remember(ctx, tx, e); err != nil {
		return "", "", err
	}
	data, err := json.Marshal(map[string]any{"agent": f.Agent, "address": f.Address, "suspicious": e.Suspicious})
	if err != nil {
		return "", "", err
	}
	_, err = store.AddEvent(ctx, tx, store.Event{At: now, Kind: "security.sign_in", OID: f.OID, Ref: sessionID, Data: string(data)})
	return code, sessionID, err
}

func errWrongPassword() *problem.Error {
	return problem.New(http.StatusUnauthorized, "signin.wrong_password",
		i18n.Say("Неверный логин или пароль", "The login or the password is wrong")).
		WithHint(i18n.Say("сверьте раскладку и Caps Lock; забытый пароль меняет epgu auth recover", "look at the keyboard layout and Caps Lock; a forgotten password is changed by epgu auth recover"))
}

func errLocked(c credentials, now time.Time) *problem.Error {
	e := problem.New(http.StatusLocked, "signin.locked", i18n.Say("Учётная запись закрыта после неверных попыток",
		"The account is locked after wrong tries")).
		WithDetail(i18n.Text{RU: "номер обращения %s, до %s UTC", EN: "request number %s, until %s UTC"}.With(c.lockNumber, c.lockedUntil.UTC().Format("15:04"))).
		WithHint(i18n.Say("подождите или откройте запись по паспортным данным: epgu auth recover",
			"wait, or open the account by passport data: epgu auth recover"))
	e.RetryAfter, e.Ref = c.lockedUntil.Sub(now), c.lockNumber
	return e
}

func randomCode() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic(err) // never fails (crypto/rand)
	}
	return fmt.Sprintf("%06d", n)
}

func lockNumber() string { return "L-" + randomCode() }
