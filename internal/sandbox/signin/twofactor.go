package signin

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base32"
	"net/http"
	"net/url"
	"time"

	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
	"github.com/epgu-cli/epgu/internal/ui/i18n"
)

// totpSecretSize is the size of a secret, bytes: that of the digest (RFC 4226).
const totpSecretSize = 20

// NewTOTP makes a secret for an application on a phone. The earlier one works
// until a code of the new one is shown by ChangeTOTP.
func NewTOTP(ctx context.Context, tx *sql.Tx, oid int64) (cabinet.TOTPSetup, error) {
	var b [totpSecretSize]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	secret := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:])
	p, err := people.ByOID(ctx, tx, oid)
	if err != nil {
		return cabinet.TOTPSetup{}, err
	}
	uri := url.URL{Scheme: "otpauth", Host: "totp", Path: "/epgu sandbox:" + p.Logins()[0],
		RawQuery: url.Values{"secret": {secret}, "issuer": {"epgu sandbox"}}.Encode()}
	_, err = tx.ExecContext(ctx, "UPDATE credentials SET totp_next = ? WHERE oid = ?", secret, oid)
	return cabinet.TOTPSetup{Secret: secret, URI: uri.String()}, err
}

// ChangeTOTP turns the application on by a code of the new secret, or off by a
// code of the present one.
func ChangeTOTP(ctx context.Context, tx *sql.Tx, oid int64, in cabinet.TOTPChange, now time.Time) error {
	c, err := loadCredentials(ctx, tx, oid)
	if err != nil {
		return err
	}
	var next string
	if err := tx.QueryRowContext(ctx, "SELECT totp_next FROM credentials WHERE oid = ?", oid).Scan(&next); err != nil {
		return err
	}
	secret, kept := next, next
	if in.Off {
		secret, kept = c.totp, ""
	}
	if secret == "" {
		return problem.New(http.StatusConflict, "totp.none", i18n.Say("Приложение не подключено", "No application is set up"))
	}
	step, ok := matchTOTP(secret, in.Code, now)
	if !ok || in.Off && step <= c.step {
		return problem.New(http.StatusForbidden, "totp.wrong_code", i18n.Say("Неверный код", "The code is wrong")).
			WithHint(i18n.Say("проверьте время на телефоне и введите новый код", "check the phone's clock and type a new code"))
	}
	if _, err := tx.ExecContext(ctx, "UPDATE credentials SET totp = ?, totp_next = '', totp_step = ? WHERE oid = ?", kept, step, oid); err != nil {
		return err
	}
	kind := "security.totp.on"
	if in.Off {
		kind = "security.totp.off"
	}
	_, err = store.AddEvent(ctx, tx, store.Event{At: now, Kind: kind, OID: oid})
	return err
}
