package bank

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/room"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// codeTerm is how long a code is good, wall clock.
const codeTerm = 10 * time.Minute

// maxSent is how many codes are sent for one payment.
const maxSent = 5

// ErrTooManyCodes means that no more codes are sent for this payment.
var ErrTooManyCodes = errors.New("too many codes were asked for")

// sendCode sends a fresh code to the payer's phone; the caller saves p.
func (b *Bank) sendCode(ctx context.Context, tx *sql.Tx, p *Payment) error {
	if p.Sent >= maxSent {
		return ErrTooManyCodes
	}
	person, err := people.ByOID(ctx, tx, p.OID)
	if err != nil {
		return err
	}
	p.Sent++
	p.Code = fmt.Sprintf("%06d", room.Draw(b.deps.Seed, "payment code", uint64(p.Serial)<<8+uint64(p.Sent)).IntN(1_000_000)) //nolint:gosec // small positive numbers
	p.CodeUntil = b.deps.Clock.Now().Add(codeTerm)
	p.Target = mask(person.Mobile)
	kind := "sms"
	if m, ok := MethodFor(Owner{p.OID, p.OrgOID}, p.Method); ok && m.Confirm == "token" {
		kind = "push" // to the wallet's application on the same phone
	}
	return people.Send(ctx, tx, people.Message{
		At: b.deps.Clock.Now(), OID: p.OID, To: person.Mobile, Kind: kind, Code: p.Code, Purpose: "payment",
		Text:   fmt.Sprintf("Код %s для оплаты %s (учебный банк)", p.Code, i18n.Rubles(i18n.RU, p.Amount+p.Fee)),
		TextEN: fmt.Sprintf("Code %s to pay %s (training bank)", p.Code, i18n.Rubles(i18n.EN, p.Amount+p.Fee)),
	})
}

// pageKey is what opens the payment page of a payment: whoever has its address
// may confirm it, as with any bank's page.
func (b *Bank) pageKey(id string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "payment page %d %s", b.deps.Seed, id))
	return hex.EncodeToString(sum[:16])
}

// Tell notes that the payee was told of a paid payment, once.
func (*Bank) Tell(ctx context.Context, tx *sql.Tx, p *Payment, now time.Time) error {
	if !p.ToldAt.IsZero() {
		return nil
	}
	p.ToldAt = now
	if err := save(ctx, tx, p); err != nil {
		return err
	}
	_, err := store.AddEvent(ctx, tx, store.Event{At: now, Kind: "payee.told", OID: p.OID, OrgOID: p.OrgOID, Ref: p.ID})
	return err
}

// mask hides all but the last four characters of a phone number.
func mask(phone string) string {
	if len(phone) < 4 {
		return ""
	}
	tail := phone[len(phone)-4:]
	return "+7 *** ***-" + tail[:2] + "-" + tail[2:]
}

// Confirm takes a code for a payment; "" asks for a new one to be sent. What is
// confirmed already stays as it is. It reports whether the code was wrong: the
// attempt is counted, so the caller must commit. After too many wrong codes the
// payment is refused and the money given back.
func (b *Bank) Confirm(ctx context.Context, tx *sql.Tx, p *Payment, code string, now time.Time) (wrong bool, err error) {
	switch {
	case p.State != Confirming:
		return false, nil
	case code == "":
		if err := b.sendCode(ctx, tx, p); err != nil {
			return false, err
		}
		return false, save(ctx, tx, p)
	case subtle.ConstantTimeCompare([]byte(code), []byte(p.Code)) == 1 && b.deps.Clock.Now().Before(p.CodeUntil):
		p.State, p.Next, p.Code = Accepted, now.Add(clearing), ""
		if err := save(ctx, tx, p); err != nil {
			return false, err
		}
		return false, event(ctx, tx, p, now)
	}
	p.Attempts++
	if p.Attempts < maxAttempts {
		return true, save(ctx, tx, p)
	}
	return true, refuse(ctx, tx, p, now, &Reason{"code_attempts",
		i18n.Text{RU: "Слишком много неверных кодов", EN: "Too many wrong codes"},
		i18n.Text{RU: "Начните оплату заново", EN: "Begin the payment anew"}})
}

// refuse ends a payment that was on its way.
func refuse(ctx context.Context, tx *sql.Tx, p *Payment, now time.Time, why *Reason) error {
	p.State, p.Reason, p.Next, p.Code = Refused, why, time.Time{}, ""
	if err := giveBack(ctx, tx, p); err != nil {
		return err
	}
	if err := save(ctx, tx, p); err != nil {
		return err
	}
	return event(ctx, tx, p, now)
}
