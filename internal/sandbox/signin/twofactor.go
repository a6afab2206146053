package signin

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base32"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// totpSecretSize is the size of a secret, bytes: that of the digest (RFC 4226).
const totpSecretSize = 20

// NewTOTP makes a secret for an application on a phone. The earlier one works
// until a code of the new one is shown by ChangeTOTP. As with Password, a
// refusal's effects (a wrong password counts) must be committed.
func NewTOTP(ctx context.Context, tx *sql.Tx, who Who, password string, now time.Time) (cabinet.TOTPSetup, *problem.Error, error) {
	p, _, refusal, err := provePassword(ctx, tx, who, password, now)
	if refusal != nil || err != nil {
		return cabinet.TOTPSetup{}, refusal, err
	}
	var b [totpSecretSize]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	secret := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:])
	uri := url.URL{Scheme: "otpauth", Host: "totp", Path: "/epgu sandbox:" + p.Logins()[0],
		// Applications on phones read %20, not every one reads "+".
		RawQuery: strings.ReplaceAll(url.Values{"secret": {secret}, "issuer": {"epgu sandbox"}}.Encode(), "+", "%20")}
	_, err = tx.ExecContext(ctx, "UPDATE credentials SET totp_next = ? WHERE oid = ?", secret, who.OID)
	return cabinet.TOTPSetup{Secret: secret, URI: uri.String()}, nil, err
}

// ChangeTOTP turns the application on by a code of the new secret, or off by a
// code of the present one or a recovery code. Wrong codes count towards the
// lock of the account; as with Password, a refusal's effects must be committed.
func ChangeTOTP(ctx context.Context, tx *sql.Tx, who Who, in cabinet.TOTPChange, now time.Time) (*problem.Error, error) {
	c, err := loadCredentials(ctx, tx, who.OID)
	if err != nil {
		return nil, err
	}
	if now.Before(c.lockedUntil) {
		return errLocked(c, now), nil
	}
	var next string
	if err := tx.QueryRowContext(ctx, "SELECT totp_next FROM credentials WHERE oid = ?", who.OID).Scan(&next); err != nil {
		return nil, err
	}
	secret, kept := next, next
	if in.Off {
		secret, kept = c.totp, ""
	}
	if secret == "" {
		return problem.New(http.StatusConflict, "totp.none", i18n.Say("Приложение не подключено", "No application is set up")), nil
	}
	step, ok := matchTOTP(secret, strings.ReplaceAll(strings.TrimSpace(in.Code), " ", ""), now)
	if ok = ok && (!in.Off || step > c.step); !ok && in.Off {
		wrong, err := spendRecoveryCode(ctx, tx, who.OID, in.Code, now)
		if err != nil {
			return nil, err
		}
		ok = wrong == nil
	}
	if !ok {
		p, err := people.ByOID(ctx, tx, who.OID)
		if err != nil {
			return nil, err
		}
		return fault(ctx, tx, who.flow(), p, "wrong_code", problem.New(http.StatusForbidden, "totp.wrong_code", i18n.Say("Неверный код", "The code is wrong")).
			WithHint(i18n.Say("проверьте время на телефоне и введите новый код", "check the phone's clock and type a new code")), now)
	}
	// What was preferred and is gone is not preferred any more.
	if _, err := tx.ExecContext(ctx, `UPDATE credentials SET totp = ?, totp_next = '', totp_step = ?, failures = 0,
		preferred = CASE WHEN ? = '' AND preferred = 'totp' THEN '' ELSE preferred END WHERE oid = ?`, kept, step, kept, who.OID); err != nil {
		return nil, err
	}
	kind := "security.totp.on"
	if in.Off {
		kind = "security.totp.off"
	}
	_, err = store.AddEvent(ctx, tx, store.Event{At: now, Kind: kind, OID: who.OID})
	return nil, err
}
