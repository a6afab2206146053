package profile

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Limits of a contact change, by the wall clock; the same as at sign-in.
const (
	codeTerm    = 5 * time.Minute
	contactTerm = 30 * time.Minute
	maxTries    = 3
	maxSends    = 5
	maxContacts = 5 // changes of one kind begun within contactTerm
	resendAfter = 30 * time.Second
)

// contact is a new phone or address of e-mail that waits for its code.
type contact struct {
	id, kind, value, code string
	oid                   int64
	sent, expires         time.Time
	sends, tries          int
}

func (c contact) masked() string {
	if c.kind == "mobile" {
		return people.MaskMobile(c.value)
	}
	return people.MaskEmail(c.value)
}

func (c contact) wire(state string) cabinet.ContactChange {
	return cabinet.ContactChange{ID: c.id, Kind: c.kind, State: state, Target: untrusted.Text(c.masked()), ExpiresAt: c.expires}
}

// BeginContact takes a new phone or address of e-mail and sends it a code. The
// caller has proved the password of the request. now is the wall clock.
func BeginContact(ctx context.Context, tx *sql.Tx, oid int64, in cabinet.ContactChangeRequest, now time.Time) (cabinet.ContactChange, error) {
	var none cabinet.ContactChange
	p, err := people.ByOID(ctx, tx, oid)
	if err != nil {
		return none, err
	}
	c := contact{kind: in.Kind, oid: oid, expires: now.Add(contactTerm)}
	var bad faults
	present := p.Mobile
	switch in.Kind {
	case "mobile":
		if c.value = people.NormalMobile(in.Value); c.value == "" {
			bad.add("mobile", "malformed", "нужен мобильный номер вида +79000000000", "a mobile number like +79000000000 is expected")
		}
	case "email":
		present = p.Email
		if c.value = people.NormalEmail(in.Value); c.value == "" {
			bad.add("email", "malformed", "нужен адрес вида name@example.org", "an address like name@example.org is expected")
		}
	default:
		bad.add("kind", "unknown", "mobile или email", "mobile or email")
	}
	if len(bad) == 0 && c.value == present {
		bad.add(in.Kind, "same", "это и есть нынешний контакт", "this is the present one already")
	}
	if len(bad) > 0 {
		return none, problem.Invalid(bad...)
	}
	if err := free(ctx, tx, p, in.Kind, c.value); err != nil {
		return none, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return none, err
	}
	c.id = id.String()
	if err := replaceContact(ctx, tx, c, now); err != nil {
		return none, err
	}
	if err := c.send(ctx, tx, now); err != nil {
		return none, err
	}
	return c.wire("code"), c.save(ctx, tx)
}

// replaceContact makes room for a newer wish: it ends the one that waits, which
// stays known until its term, for each brings a message to somebody's phone and
// tries to guess its code.
func replaceContact(ctx context.Context, tx *sql.Tx, c contact, now time.Time) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM contact_changes WHERE expires_us <= ?", now.UnixMicro()); err != nil {
		return err
	}
	var n int
	var first sql.NullInt64
	if err := tx.QueryRowContext(ctx, "SELECT count(*), min(expires_us) FROM contact_changes WHERE oid = ? AND kind = ?", c.oid, c.kind).Scan(&n, &first); err != nil {
		return err
	}
	if n >= maxContacts {
		wait := time.UnixMicro(first.Int64).Sub(now)
		e := problem.New(http.StatusTooManyRequests, "contact.too_many", i18n.Say("Слишком много смен контакта подряд", "Too many changes of the contact in a row")).
			WithDetail(i18n.Text{RU: "следующая через %d мин", EN: "the next in %d min"}.With(int(wait/time.Minute) + 1))
		e.RetryAfter = wait
		return e
	}
	_, err := tx.ExecContext(ctx, "UPDATE contact_changes SET tries = ? WHERE oid = ? AND kind = ?", maxTries, c.oid, c.kind)
	return err
}

func (c *contact) send(ctx context.Context, tx *sql.Tx, now time.Time) error {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return err
	}
	c.code, c.sent = fmt.Sprintf("%06d", n), now
	c.sends++
	text := i18n.Text{RU: "Код для смены контакта на учебном портале: %s. Если это не вы, ничего не делайте.",
		EN: "Code to change a contact at the training portal: %s. If it was not you, do nothing."}.With(c.code)
	kind := "sms"
	if c.kind == "email" {
		kind = "email"
	}
	return people.Send(ctx, tx, people.Message{At: now, OID: c.oid, To: c.value, Kind: kind,
		Text: text.In(i18n.RU), TextEN: text.In(i18n.EN), Code: c.code, Purpose: "contact"})
}

func (c *contact) save(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO contact_changes(id, oid, kind, value, code, sent_us, sends, tries, expires_us) VALUES(?,?,?,?,?,?,?,?,?)
		ON CONFLICT(id) DO UPDATE SET code=excluded.code, sent_us=excluded.sent_us, sends=excluded.sends, tries=excluded.tries`,
		c.id, c.oid, c.kind, c.value, c.code, c.sent.UnixMicro(), c.sends, c.tries, c.expires.UnixMicro())
	return err
}

func findContact(ctx context.Context, tx *sql.Tx, oid int64, id string, now time.Time) (contact, error) {
	c := contact{id: id, oid: oid}
	var sent, expires int64
	err := tx.QueryRowContext(ctx, "SELECT kind, value, code, sent_us, sends, tries, expires_us FROM contact_changes WHERE id = ? AND oid = ?", id, oid).
		Scan(&c.kind, &c.value, &c.code, &sent, &c.sends, &c.tries, &expires)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return c, err
	}
	c.sent, c.expires = time.UnixMicro(sent).UTC(), time.UnixMicro(expires).UTC()
	if err != nil || !now.Before(c.expires) || c.tries >= maxTries {
		return c, problem.NotFound("contact.not_found").WithHint(i18n.Say("начните смену контакта заново", "begin the change anew"))
	}
	return c, nil
}

// AnswerContact takes the code of a contact change, or sends a new one when
// there is none. The refusal's effects must be committed: wrong codes are
// counted. wall is the wall clock, today the portal's calendar.
func AnswerContact(ctx context.Context, tx *sql.Tx, author people.Author, oid int64, id, code string, wall, today time.Time) (cabinet.ContactChange, *problem.Error, error) {
	c, err := findContact(ctx, tx, oid, id, wall)
	if err != nil {
		return cabinet.ContactChange{}, nil, err
	}
	if code == "" {
		refusal, err := c.resend(ctx, tx, wall)
		return c.wire("code"), refusal, err
	}
	if refusal, err := c.check(ctx, tx, code, wall); refusal != nil || err != nil {
		return c.wire("code"), refusal, err
	}
	before, err := people.ByOID(ctx, tx, oid)
	if err != nil {
		return c.wire("code"), nil, err
	}
	if err := free(ctx, tx, before, c.kind, c.value); err != nil {
		return c.wire("code"), nil, err // somebody was faster
	}
	after := before.WithContact(c.kind, c.value)
	if _, err := people.Rewrite(ctx, tx, before, after, people.Change{At: today, Kind: KindContact, Author: author}); err != nil {
		return c.wire("code"), nil, err
	}
	if err := warnOld(ctx, tx, before, c, wall); err != nil {
		return c.wire("code"), nil, err
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM contact_changes WHERE id = ?", c.id)
	return c.wire("done"), nil, err
}

// warnOld tells the earlier phone or mailbox that another took its place.
func warnOld(ctx context.Context, tx *sql.Tx, before people.Person, c contact, now time.Time) error {
	to, kind := before.Mobile, "sms"
	if c.kind == "email" {
		to, kind = before.Email, "email"
	}
	if to == "" {
		return nil
	}
	text := i18n.Text{RU: "В вашей учётной записи указан новый контакт: %s. Если это не вы, восстановите доступ.",
		EN: "Your account has a new contact: %s. If it was not you, recover the account."}.With(c.masked())
	return people.Send(ctx, tx, people.Message{At: now, OID: c.oid, To: to, Kind: kind, Text: text.In(i18n.RU), TextEN: text.In(i18n.EN), Purpose: "contact"})
}

func (c *contact) resend(ctx context.Context, tx *sql.Tx, now time.Time) (*problem.Error, error) {
	if c.sends >= maxSends {
		return problem.New(http.StatusTooManyRequests, "contact.too_many_codes", i18n.Say("Больше кодов прислать нельзя", "No more codes can be sent")).
			WithHint(i18n.Say("начните смену контакта заново", "begin the change anew")), nil
	}
	if wait := c.sent.Add(resendAfter).Sub(now); wait > 0 {
		e := problem.New(http.StatusTooManyRequests, "contact.code_too_soon", i18n.Say("Новый код можно запросить чуть позже", "A new code can be asked for a little later"))
		e.RetryAfter = wait
		return e, nil
	}
	if err := c.send(ctx, tx, now); err != nil {
		return nil, err
	}
	return nil, c.save(ctx, tx)
}

func (c *contact) check(ctx context.Context, tx *sql.Tx, code string, now time.Time) (*problem.Error, error) {
	if !now.Before(c.sent.Add(codeTerm)) {
		return problem.New(http.StatusForbidden, "contact.code_expired", i18n.Say("Срок кода истёк", "The code has expired")).
			WithHint(i18n.Say("запросите новый код", "ask for a new code")), nil
	}
	if subtle.ConstantTimeCompare([]byte(c.code), []byte(code)) == 1 {
		return nil, nil
	}
	c.tries++
	e := problem.New(http.StatusForbidden, "contact.wrong_code", i18n.Say("Неверный код", "The code is wrong")).
		WithDetail(i18n.Text{RU: "осталось попыток: %d", EN: "tries left: %d"}.With(maxTries - c.tries))
	if c.tries >= maxTries {
		e = problem.New(http.StatusTooManyRequests, "contact.too_many_tries", i18n.Say("Слишком много неверных кодов", "Too many wrong codes")).
			WithHint(i18n.Say("начните смену контакта заново", "begin the change anew"))
	}
	return e, c.save(ctx, tx)
}
