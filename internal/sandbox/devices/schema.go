// Package devices is the devices that people bind to their accounts at the
// embedded portal (features A7): codes, tokens, limits and blocks, and the
// requests that a bound device confirms. Signing in by push is in signin. Only
// packages under internal/sandbox may import it.
package devices

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// The portal's limits.
const (
	BindTerm    = 10 * time.Minute // of the code that a device shows (features A2: codes live 5–10 minutes)
	CodeTerm    = 5 * time.Minute  // of a code by SMS or e-mail
	PushTerm    = 2 * time.Minute  // of a request to a device
	BlockTerm   = time.Hour        // of binding, after wrong codes
	PushHold    = 15 * time.Minute // how long unanswered and denied requests count
	MaxDevices  = 5                // bound to one person at a time
	maxWrong    = 5                // wrong codes in a row, then binding is blocked
	maxWaiting  = 10               // codes that devices at one address wait with
	maxSends    = 3                // codes or requests to confirm one device
	maxPushes   = 5                // requests of a person within PushHold that nobody approved
	maxNumbers  = 3                // numbers that may be tried for one request
	resendAfter = 30 * time.Second
	maxName     = 60 // of a device, characters
)

// The kinds of a request to a device.
const (
	PushSignIn = "sign-in"
	PushDevice = "device"
)

// The states of a request to a device.
const (
	Pending   = "pending"
	Approved  = "approved"
	Denied    = "denied"
	Expired   = "expired"
	cancelled = "cancelled" // the asker has chosen another way
)

var attempts = i18n.Plural{One: "попытка", Few: "попытки", Many: "попыток", Sing: "try", Plur: "tries"}

// Schema is what this package keeps; times are of the wall clock.
func Schema() store.Schema {
	return store.Schema{
		Name: "devices",
		Migrations: []string{`
CREATE TABLE device_bindings(
	id         TEXT PRIMARY KEY,
	key        TEXT NOT NULL,             -- Idempotency-Key; '' is none
	code       TEXT NOT NULL,             -- 8 digits
	secret     BLOB NOT NULL,             -- hash of what the device keeps
	name       TEXT NOT NULL,
	replaces   TEXT NOT NULL,             -- devices.id
	agent      TEXT NOT NULL,
	address    TEXT NOT NULL,
	state      TEXT NOT NULL,             -- code, confirm, done
	oid        INTEGER NOT NULL DEFAULT 0, -- who confirms
	device     TEXT NOT NULL DEFAULT '',  -- devices.id, when done
	otp        TEXT NOT NULL DEFAULT '',  -- code or number that is awaited
	otp_kind   TEXT NOT NULL DEFAULT '',
	sent_us    INTEGER NOT NULL DEFAULT 0,
	sends      INTEGER NOT NULL DEFAULT 0,
	asked_us   INTEGER NOT NULL,
	expires_us INTEGER NOT NULL
) STRICT;
CREATE INDEX device_bindings_by_code ON device_bindings(code);
CREATE TABLE devices(
	id       TEXT PRIMARY KEY,
	oid      INTEGER NOT NULL,
	name     TEXT NOT NULL,
	agent    TEXT NOT NULL,
	address  TEXT NOT NULL,
	token    BLOB,                        -- hash; NULL until the device took it
	bound_us INTEGER NOT NULL,
	seen_us  INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX devices_by_person ON devices(oid, bound_us);
CREATE UNIQUE INDEX devices_by_token ON devices(token) WHERE token IS NOT NULL;
CREATE TABLE device_locks(
	oid       INTEGER PRIMARY KEY,
	wrong     INTEGER NOT NULL,
	key       TEXT NOT NULL,              -- the last wrong try, see sameTry
	locked_us INTEGER NOT NULL            -- blocked until
) STRICT;
CREATE TABLE push_requests(
	id         TEXT PRIMARY KEY,
	oid        INTEGER NOT NULL,
	kind       TEXT NOT NULL,             -- sign-in, device
	ref        TEXT NOT NULL,             -- flows.id or device_bindings.id
	number     TEXT NOT NULL,
	state      TEXT NOT NULL,             -- pending, approved, denied, cancelled
	client     TEXT NOT NULL,
	agent      TEXT NOT NULL,
	address    TEXT NOT NULL,
	tries      INTEGER NOT NULL DEFAULT 0,
	created_us INTEGER NOT NULL,
	expires_us INTEGER NOT NULL
) STRICT;
CREATE INDEX push_by_person ON push_requests(oid, created_us);
CREATE INDEX push_by_ref ON push_requests(ref, created_us);
`, `
ALTER TABLE device_bindings DROP COLUMN key; -- package repeat remembers the requests of the whole cabinet
`},
	}
}

func digits(n int) string {
	limit := big.NewInt(1)
	for range n {
		limit.Mul(limit, big.NewInt(10))
	}
	v, err := rand.Int(rand.Reader, limit)
	if err != nil {
		panic(err) // never fails (crypto/rand)
	}
	return fmt.Sprintf("%0*d", n, v)
}

// newSecret returns a secret and what the portal keeps of it.
func newSecret() (secret string, sum []byte) {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	secret = base64.RawURLEncoding.EncodeToString(b[:])
	return secret, hash(secret)
}

// hash is what is kept of a secret of 256 random bits.
func hash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

func micro(us int64) time.Time { return time.UnixMicro(us).UTC() }
