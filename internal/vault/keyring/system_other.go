//go:build darwin || windows

package keyring

import (
	"context"
	"errors"
	"time"

	"github.com/zalando/go-keyring"
)

// systemKeyring is Keychain or Credential Manager. Their calls know no time
// limit, so each runs beside a context; one that never returns is left to end
// with the process, which the keyring then does not use again.
type systemKeyring struct{}

func newBackend(Options, time.Duration) backend { return systemKeyring{} }

// open asks for an account that does not exist: "not found" proves that the
// keyring answers.
func (s systemKeyring) open(ctx context.Context) error {
	_, err := s.get(ctx, "probe")
	if err == nil || errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

func (systemKeyring) get(ctx context.Context, account string) (string, error) {
	return within(ctx, func() (string, error) { return keyring.Get(Service, account) })
}

func (systemKeyring) set(ctx context.Context, account, value string) error {
	_, err := within(ctx, func() (struct{}, error) { return struct{}{}, keyring.Set(Service, account, value) })
	return err
}

func (systemKeyring) remove(ctx context.Context, account string) error {
	_, err := within(ctx, func() (struct{}, error) { return struct{}{}, keyring.Delete(Service, account) })
	return err
}

func (systemKeyring) close() {}

func within[T any](ctx context.Context, call func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		v, err := call()
		done <- result{v, err}
	}()
	var none T
	select {
	case r := <-done:
		if errors.Is(r.err, keyring.ErrNotFound) {
			return none, ErrNotFound
		}
		return r.value, r.err
	case <-ctx.Done():
		return none, ctx.Err()
	}
}
