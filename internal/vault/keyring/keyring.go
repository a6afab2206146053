// Package keyring keeps small keys in the keyring of the operating system: the
// Secret Service on a session bus (Linux, BSD), Keychain (macOS), Credential
// Manager (Windows). It asks once per process whether a keyring answers, never
// starts a bus or a service, never waits longer than it was allowed to, and
// without a person present never opens a prompt. Only internal/vault and the
// wiring of the program import it.
package keyring

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"
)

// Service is the name under which all keys of the program are filed.
const Service = "epgu"

// The time limits of one operation. Without a terminal nobody can answer a
// prompt, and a command on a dead bus must be over within 3 s in total, so a
// little less is spent here.
const (
	HeadlessLimit    = 2500 * time.Millisecond
	InteractiveLimit = 60 * time.Second
)

// machineLimit bounds what needs no person even when one is present: reaching
// the bus and finding the service.
const machineLimit = HeadlessLimit

// ErrNotFound reports that the keyring works and holds no such key.
var ErrNotFound = errors.New("no such key in the keyring")

// ErrVerify reports that the keyring took a key and gave another one back.
var ErrVerify = errors.New("the keyring did not keep the key")

// Reason is a stable word for why the keyring cannot be used.
type Reason string

// The reasons.
const (
	NoBus        Reason = "no_bus"        // there is no session bus
	NoAnswer     Reason = "no_answer"     // the bus or the keyring does not answer in time
	NoService    Reason = "no_service"    // nobody on the bus offers secrets
	NoCollection Reason = "no_collection" // the service has no default keyring yet
	Locked       Reason = "locked"        // the keyring is locked and nobody is here to unlock it
	Dismissed    Reason = "dismissed"     // the person closed the prompt
	Unanswered   Reason = "unanswered"    // nobody answered the prompt in time
	Failed       Reason = "failed"        // the keyring answered with an error
	Turned       Reason = "turned_off"    // the user chose not to use the keyring
)

// Unavailable is the error of a keyring that cannot be used.
type Unavailable struct {
	Reason Reason
	Err    error // the cause, if there is one
}

// Error returns the reason and the cause.
func (u *Unavailable) Error() string {
	if u.Err != nil {
		return fmt.Sprintf("keyring unavailable (%s): %v", u.Reason, u.Err)
	}
	return fmt.Sprintf("keyring unavailable (%s)", u.Reason)
}

// Unwrap returns the cause.
func (u *Unavailable) Unwrap() error { return u.Err }

// ReasonOf returns why the keyring could not be used, or "" when err does not
// say that.
func ReasonOf(err error) Reason {
	var u *Unavailable
	if errors.As(err, &u) {
		return u.Reason
	}
	return ""
}

// Options configure a Keyring.
type Options struct {
	// Getenv reads DBUS_SESSION_BUS_ADDRESS and XDG_RUNTIME_DIR.
	Getenv func(string) string
	// Interactive says that a person is present: locked keyrings may ask them.
	Interactive bool
	// OnWait is called when a prompt of the keyring was opened and the program
	// now waits for the person, at most for limit. It may be nil, and it may
	// be called from another goroutine.
	OnWait func(limit time.Duration)
	// Limit replaces the time limit of an operation; for tests.
	Limit time.Duration
}

// backend is one kind of keyring. Every call respects its context, except
// where the operating system offers no way to.
type backend interface {
	// open finds out whether the keyring can be used and unlocks it if it may.
	open(ctx context.Context) error
	get(ctx context.Context, account string) (string, error)
	set(ctx context.Context, account, value string) error
	remove(ctx context.Context, account string) error
	close()
}

// Keyring is the keyring of the operating system. It does nothing until it is
// first used. It is safe for concurrent use; operations run one at a time.
type Keyring struct {
	interactive bool
	limit       time.Duration
	backend     backend
	turn        chan struct{}
	probed      bool
	broken      *Unavailable
}

// New returns a keyring without touching it.
func New(o Options) *Keyring {
	limit := o.Limit
	if limit == 0 {
		limit = HeadlessLimit
		if o.Interactive {
			limit = InteractiveLimit
		}
	}
	return &Keyring{interactive: o.Interactive, limit: limit, backend: newBackend(o, limit), turn: make(chan struct{}, 1)}
}

// Probe reports whether the keyring can be used; the error is *Unavailable. The
// question is put to the system once per process, and so is a request to
// unlock; later calls repeat the answer.
func (k *Keyring) Probe(ctx context.Context) error {
	return k.do(ctx, func(context.Context) error { return nil })
}

// Get returns the key filed under account. It returns ErrNotFound when there is
// none and *Unavailable when nobody can tell.
func (k *Keyring) Get(ctx context.Context, account string) ([]byte, error) {
	var key []byte
	err := k.do(ctx, func(ctx context.Context) (err error) {
		key, err = k.read(ctx, account)
		return err
	})
	return key, err
}

// Set files the key under account, in place of what was there, and reads it
// back. It returns ErrVerify when the keyring says yes and forgets.
func (k *Keyring) Set(ctx context.Context, account string, key []byte) error {
	return k.do(ctx, func(ctx context.Context) error {
		if err := k.backend.set(ctx, account, base64.StdEncoding.EncodeToString(key)); err != nil {
			return err
		}
		back, err := k.read(ctx, account)
		if errors.Is(err, ErrNotFound) || err == nil && !bytes.Equal(back, key) {
			return ErrVerify
		}
		return err
	})
}

// Delete removes the key filed under account; it is no error when there is
// none.
func (k *Keyring) Delete(ctx context.Context, account string) error {
	err := k.do(ctx, func(ctx context.Context) error { return k.backend.remove(ctx, account) })
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// Close ends the connection to the keyring, if there is one.
func (k *Keyring) Close() {
	k.turn <- struct{}{}
	k.backend.close()
	<-k.turn
}

func (k *Keyring) read(ctx context.Context, account string) ([]byte, error) {
	s, err := k.backend.get(ctx, account)
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		// Not quoted: it may be somebody's password.
		return nil, errors.New("the key in the keyring is not base64")
	}
	return key, nil
}

// do runs one operation in its turn, after the probe and within the limit. A
// keyring that once was unavailable stays so for this process: the second
// timeout would tell nothing new.
func (k *Keyring) do(ctx context.Context, op func(context.Context) error) error {
	select {
	case k.turn <- struct{}{}:
		defer func() { <-k.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if k.broken != nil {
		return k.broken
	}
	limited, cancel := context.WithTimeout(ctx, k.limit)
	defer cancel()
	var err error
	if !k.probed {
		err = k.backend.open(limited)
		k.probed = err == nil
	}
	if err == nil {
		err = op(limited)
	}
	switch {
	case err == nil, errors.Is(err, ErrNotFound), errors.Is(err, ErrVerify):
		return err
	case ctx.Err() != nil:
		// The caller gave up, which says nothing about the keyring.
		return ctx.Err()
	}
	var u *Unavailable
	if !errors.As(err, &u) {
		u = &Unavailable{Reason: Failed, Err: err}
		if limited.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
			u.Reason = NoAnswer
		}
	}
	k.broken = u
	return u
}
