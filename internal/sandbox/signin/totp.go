package signin

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238 as every application on a phone speaks it
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// totpStep is the length of one step of RFC 6238, seconds.
const totpStep = 30

// totpCode returns the six-digit code of a step; "" for a secret that is no
// base32.
func totpCode(secret string, step int64) string {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimRight(strings.ToUpper(secret), "="))
	if err != nil || len(key) == 0 {
		return ""
	}
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step))
	m := hmac.New(sha1.New, key)
	m.Write(counter[:])
	sum := m.Sum(nil)
	at := sum[len(sum)-1] & 0x0f
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[at:])&0x7fffffff)%1_000_000)
}

// TOTP returns the code that an application on a phone shows at a moment.
func TOTP(secret string, at time.Time) string { return totpCode(secret, at.Unix()/totpStep) }

// matchTOTP returns the step whose code was given: this one, the one before or
// the next, for phones that are a little off.
func matchTOTP(secret, code string, at time.Time) (step int64, ok bool) {
	now := at.Unix() / totpStep
	for _, s := range []int64{now, now - 1, now + 1} {
		if want := totpCode(secret, s); want != "" && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok
}
