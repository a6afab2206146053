package vault

import (
	"context"
	"errors"
	"time"
)

// ErrRejected is wrapped by an exchange whose refresh token the portal refused
// for good (OAuth "invalid_grant"). No other error removes anything.
var ErrRejected = errors.New("the portal rejected the refresh token")

// The time limits of a refresh. An exchange ends before the others that wait
// for its lock give up.
const (
	exchangeLimit = 30 * time.Second
	lockLimit     = 60 * time.Second
	// exchangeGrace is how long an exchange that is under way may go on after
	// its caller gave up: the portal may have rotated the token already, and
	// only the answer holds the new one.
	exchangeGrace = 5 * time.Second
)

// Refresh returns secrets for which isFresh holds. Those stored are returned at
// once if they are fresh. Otherwise one goroutine of one process at a time takes
// the lock, reads again, adopts what another has brought meanwhile, or calls
// exchange and stores its result before anybody uses it; so many processes with
// one expired token cause one exchange.
//
// exchange gets the stored secrets and returns them with the new tokens in
// place. Before it is called the vault is proven writable, for an exchange
// spends the refresh token. An error that wraps ErrRejected removes the session
// that was tried, and only that one: not tokens that came in meanwhile, not the
// TOTP seed, not the extra secrets. Any other error removes nothing.
//
// Secrets from EPGU_TOKEN_COMMAND are refreshed by running the command once
// more; those from EPGU_TOKEN are not (CodeExpired). The other errors are those
// of Load, Save and exchange.
func (v *Vault) Refresh(ctx context.Context, isFresh func(Secrets) bool, exchange func(context.Context, Secrets) (Secrets, error)) (Secrets, error) {
	if err := v.begin(ctx); err != nil {
		return Secrets{}, err
	}
	defer v.end()
	s, err := v.load(ctx)
	if err != nil || isFresh(s) {
		return s, err
	}
	switch k := v.given(); k {
	case Env:
		return Secrets{}, givenExpired(k)
	case Command:
		v.token = ""
		if s, err = v.load(ctx); err == nil && !isFresh(s) {
			return Secrets{}, givenExpired(k)
		}
		return s, err
	}
	err = v.locked(ctx, func() error {
		s, err = v.exchange(ctx, isFresh, exchange)
		return err
	})
	if err != nil {
		return Secrets{}, err
	}
	return s, nil
}

// exchange is the part of Refresh under the lock.
func (v *Vault) exchange(ctx context.Context, isFresh func(Secrets) bool, exchange func(context.Context, Secrets) (Secrets, error)) (Secrets, error) {
	tried, err := v.load(ctx)
	if err != nil || isFresh(tried) {
		return tried, err
	}
	if err := v.store(ctx, tried); err != nil {
		return Secrets{}, err
	}
	running, cancel := withGrace(ctx)
	defer cancel()
	s, err := exchange(running, tried.Clone())
	// What came of the exchange is kept even if the caller has left.
	kept := context.WithoutCancel(ctx)
	switch {
	case err == nil:
		return s, v.store(kept, s)
	case !errors.Is(err, ErrRejected):
		return Secrets{}, err
	}
	now, lerr := v.load(kept)
	switch {
	case lerr != nil:
		return Secrets{}, err
	case !now.sameTokens(tried):
		// Somebody who does not know the lock has signed in meanwhile.
		if isFresh(now) {
			return now, nil
		}
		return Secrets{}, err
	}
	rest := now.WithoutTokens()
	if rest.IsZero() {
		return Secrets{}, errors.Join(err, v.remove(kept))
	}
	return Secrets{}, errors.Join(err, v.store(kept, rest))
}

// withGrace returns a context that outlives ctx by exchangeGrace and never
// lasts longer than exchangeLimit.
func withGrace(ctx context.Context) (context.Context, context.CancelFunc) {
	running, cancel := context.WithTimeout(context.WithoutCancel(ctx), exchangeLimit)
	stop := context.AfterFunc(ctx, func() {
		t := time.AfterFunc(exchangeGrace, cancel)
		context.AfterFunc(running, func() { t.Stop() })
	})
	return running, func() { stop(); cancel() }
}
