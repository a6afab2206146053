package signin

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// The kinds of a challenge.
const (
	ChallengeRegistration = "registration"
	ChallengeRecovery     = "recovery"
)

const (
	// challengeTerm is how long a registration or a recovery may take.
	challengeTerm = time.Hour
	// maxChallenges is how many of them one phone or mailbox may have under way.
	maxChallenges = 5
)

// challenge is a registration or a recovery that waits for a code.
type challenge struct {
	id, kind string
	oid      int64         // whom it recovers; 0 for nobody
	person   people.Person // who registers
	code     string
	to       string // phone or address
	toKind   string // "sms" or "email"
	sent     time.Time
	sends    int
	tries    int
	expires  time.Time
}

func (c challenge) wire(state string) cabinet.Challenge {
	var target string
	switch {
	case c.kind == ChallengeRecovery:
		// Where the code went would tell who has an account.
	case c.toKind == "email":
		target = people.MaskEmail(c.to)
	default:
		target = people.MaskMobile(c.to)
	}
	w := cabinet.Challenge{ID: c.id, State: state, Target: untrusted.Text(target), ExpiresAt: c.expires}
	if until := c.sent.Add(CodeTerm); state == "code" {
		w.CodeExpiresAt = &until
	}
	return w
}

func (c *challenge) save(ctx context.Context, q store.Queryer) error {
	data, err := json.Marshal(c.person)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO challenges(id, kind, oid, data, code, recipient, recipient_kind, sent_us, sends, tries, expires_us)
		VALUES(?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT(id) DO UPDATE SET code=excluded.code, sent_us=excluded.sent_us,
			sends=excluded.sends, tries=excluded.tries, expires_us=excluded.expires_us`,
		c.id, c.kind, c.oid, string(data), c.code, c.to, c.toKind, c.sent.UnixMicro(), c.sends, c.tries, c.expires.UnixMicro())
	return err
}

func findChallenge(ctx context.Context, q store.Queryer, kind, id string, now time.Time) (challenge, error) {
	c := challenge{id: id, kind: kind}
	var data string
	var sent, expires int64
	err := q.QueryRowContext(ctx, `SELECT oid, data, code, recipient, recipient_kind, sent_us, sends, tries, expires_us
		FROM challenges WHERE id = ? AND kind = ?`, id, kind).
		Scan(&c.oid, &data, &c.code, &c.to, &c.toKind, &sent, &c.sends, &c.tries, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return c, problem.NotFound("challenge.not_found")
	}
	if err != nil {
		return c, err
	}
	c.sent, c.expires = time.UnixMicro(sent).UTC(), time.UnixMicro(expires).UTC()
	if !now.Before(c.expires) || c.tries >= maxTries {
		return c, problem.NotFound("challenge.not_found")
	}
	return c, json.Unmarshal([]byte(data), &c.person)
}

// begin makes a challenge and sends its first code.
func begin(ctx context.Context, tx *sql.Tx, c challenge, now time.Time) (cabinet.Challenge, error) {
	if err := tooMany(ctx, tx, c, now); err != nil {
		return cabinet.Challenge{}, err
	}
	c.id, c.expires = session.NewID(), now.Add(challengeTerm)
	if err := c.send(ctx, tx, now); err != nil {
		return cabinet.Challenge{}, err
	}
	return c.wire("code"), c.save(ctx, tx)
}

// tooMany refuses one more registration or recovery with a phone or mailbox that
// has begun several: each brings tries to guess a code, and a message.
func tooMany(ctx context.Context, q store.Queryer, c challenge, now time.Time) error {
	var n int
	var first sql.NullInt64
	err := q.QueryRowContext(ctx, "SELECT count(*), min(expires_us) FROM challenges WHERE kind = ? AND recipient = ? AND expires_us > ?", c.kind, c.to, now.UnixMicro()).Scan(&n, &first)
	if err != nil || n < maxChallenges {
		return err
	}
	wait := time.UnixMicro(first.Int64).Sub(now)
	e := problem.New(http.StatusTooManyRequests, "challenge.too_many", i18n.Say("Слишком много попыток с этим телефоном или почтой", "Too many tries with this phone or mailbox")).
		WithDetail(i18n.Text{RU: "следующая через %d мин", EN: "the next in %d min"}.With(int(wait/time.Minute) + 1)).
		WithHint(i18n.Say("введите код из последнего сообщения: epgu auth confirm НОМЕР", "type the code of the latest message: epgu auth confirm ID"))
	e.RetryAfter = wait
	return e
}

// inSeconds says how long to wait.
func inSeconds(wait time.Duration) i18n.Message {
	return i18n.Text{RU: "через %d с", EN: "in %d s"}.With(int((wait + time.Second - 1) / time.Second))
}

func (c *challenge) send(ctx context.Context, tx *sql.Tx, now time.Time) error {
	c.code, c.sent = randomCode(), now
	c.sends++
	if c.kind == ChallengeRecovery && c.oid == 0 {
		return nil // nobody has that login, and nobody is told so
	}
	text := i18n.Text{RU: "Код для регистрации на учебном портале: %s", EN: "Code to register at the training portal: %s"}
	if c.kind == ChallengeRecovery {
		text = i18n.Text{RU: "Код для смены пароля на учебном портале: %s. Если это не вы, ничего не делайте.",
			EN: "Code to change your password at the training portal: %s. If it was not you, do nothing."}
	}
	return people.Send(ctx, tx, people.Message{At: now, OID: c.oid, To: c.to, Kind: c.toKind,
		Text: text.With(c.code).In(i18n.RU), TextEN: text.With(c.code).In(i18n.EN), Code: c.code, Purpose: c.kind})
}

// resend sends a new code instead of the earlier one.
func (c *challenge) resend(ctx context.Context, tx *sql.Tx, now time.Time) (*problem.Error, error) {
	if c.sends >= maxSends {
		return problem.New(http.StatusTooManyRequests, "challenge.too_many_codes",
			i18n.Say("Больше кодов прислать нельзя", "No more codes can be sent")).
			WithHint(i18n.Say("начните заново", "begin again")), nil
	}
	if wait := c.sent.Add(resendAfter).Sub(now); wait > 0 {
		e := problem.New(http.StatusTooManyRequests, "challenge.code_too_soon",
			i18n.Say("Новый код можно запросить чуть позже", "A new code can be asked for a little later")).WithDetail(inSeconds(wait))
		e.RetryAfter = wait
		return e, nil
	}
	if err := c.send(ctx, tx, now); err != nil {
		return nil, err
	}
	return nil, c.save(ctx, tx)
}

// check checks a code; a wrong one is counted, and the count must be committed.
func (c *challenge) check(ctx context.Context, tx *sql.Tx, code string, now time.Time) (*problem.Error, error) {
	if !now.Before(c.sent.Add(CodeTerm)) {
		return problem.New(http.StatusUnauthorized, "challenge.code_expired", i18n.Say("Срок кода истёк", "The code has expired")).
			WithHint(i18n.Say("запросите новый: epgu auth confirm НОМЕР --resend", "ask for a new one: epgu auth confirm ID --resend")), nil
	}
	nobody := c.kind == ChallengeRecovery && c.oid == 0
	if subtle.ConstantTimeCompare([]byte(c.code), []byte(code)) == 1 && !nobody {
		return nil, nil
	}
	c.tries++
	e := problem.New(http.StatusUnauthorized, "challenge.wrong_code", i18n.Say("Неверный код", "The code is wrong")).
		WithDetail(i18n.Text{RU: "осталось: %s", EN: "%s left"}.With(attempts.Count(maxTries - c.tries))).
		WithHint(i18n.Say("сверьте код с последним сообщением или запросите новый: epgu auth confirm НОМЕР --resend",
			"compare the code with the latest message, or ask for a new one: epgu auth confirm ID --resend"))
	if c.tries >= maxTries {
		e = problem.New(http.StatusTooManyRequests, "challenge.too_many_tries", i18n.Say("Слишком много неверных кодов", "Too many wrong codes")).
			WithHint(i18n.Say("начните заново", "begin again"))
	}
	return e, c.save(ctx, tx)
}

func (c *challenge) drop(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM challenges WHERE id = ?", c.id)
	return err
}
