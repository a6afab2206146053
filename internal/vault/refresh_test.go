package vault_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/vault"
	"github.com/epgu-cli/epgu/internal/vault/keyring"
)

func fresh(s vault.Secrets) bool { return s.Access == "fresh" }

func renew(_ context.Context, s vault.Secrets) (vault.Secrets, error) {
	s.Access, s.Refresh = "fresh", "rotated"
	return s, nil
}

func forbidden(t *testing.T) func(context.Context, vault.Secrets) (vault.Secrets, error) {
	return func(context.Context, vault.Secrets) (vault.Secrets, error) {
		t.Error("an exchange was made")
		return vault.Secrets{}, errors.New("forbidden")
	}
}

func TestAFreshTokenIsNotExchanged(t *testing.T) {
	v := vault.Open(options(t.TempDir(), &ring{}))
	mustSave(t, v, vault.Secrets{Access: "fresh", Refresh: "r"})
	if s, err := v.Refresh(t.Context(), fresh, forbidden(t)); err != nil || s.Refresh != "r" {
		t.Error(err)
	}
}

func TestNobodySignedInIsNotExchanged(t *testing.T) {
	v := vault.Open(options(t.TempDir(), &ring{}))
	if _, err := v.Refresh(t.Context(), fresh, forbidden(t)); !errors.Is(err, vault.ErrNotFound) {
		t.Error(err)
	}
}

func TestAnExchangedTokenIsOnDiskBeforeItIsUsed(t *testing.T) {
	dir := t.TempDir()
	r := &ring{}
	v := vault.Open(options(dir, r))
	mustSave(t, v, sample())
	s, err := v.Refresh(t.Context(), fresh, renew)
	if err != nil || s.Access != "fresh" {
		t.Fatal(err)
	}
	want := sample()
	want.Access, want.Refresh = "fresh", "rotated"
	if got := mustLoad(t, vault.Open(options(dir, r))); !same(got, want) {
		t.Error("the disk does not hold the new tokens with all the rest")
	}
}

func TestGoroutinesWithAnExpiredTokenCauseOneExchange(t *testing.T) {
	dir := t.TempDir()
	r := &ring{}
	shared := vault.Open(options(dir, r))
	mustSave(t, shared, vault.Secrets{Access: "old", Refresh: "r"})
	var exchanges, successes atomic.Int32
	var wg sync.WaitGroup
	for i := range 20 {
		v := shared
		if i%2 == 1 {
			v = vault.Open(options(dir, r))
		}
		wg.Go(func() {
			s, err := v.Refresh(context.Background(), fresh, func(ctx context.Context, s vault.Secrets) (vault.Secrets, error) {
				exchanges.Add(1)
				return renew(ctx, s)
			})
			if err == nil && s.Access == "fresh" {
				successes.Add(1)
			}
		})
	}
	wg.Wait()
	if exchanges.Load() != 1 || successes.Load() != 20 {
		t.Errorf("%d exchanges, %d successes; want 1 and 20", exchanges.Load(), successes.Load())
	}
}

func TestARejectedRefreshRemovesOnlyTheSessionThatWasTried(t *testing.T) {
	rejected := fmt.Errorf("invalid_grant: %w", vault.ErrRejected)
	for _, c := range []struct {
		name   string
		before vault.Secrets
		during func(*testing.T, string, *ring) // what happens while the portal answers
		want   vault.Secrets
		ok     bool
		gone   bool
	}{
		{name: "the session goes, the rest stays", before: sample(),
			want: vault.Secrets{TOTPSeed: "seed-hunter2", Extra: map[string]string{"apiKey": "key-hunter2"}}},
		{name: "nothing but the session", before: vault.Secrets{Access: "old", Refresh: "r"}, gone: true},
		{name: "a fresh session that came meanwhile is adopted", before: sample(),
			during: func(t *testing.T, dir string, r *ring) {
				plant(t, dir, r, vault.Secrets{Access: "fresh", Refresh: "other"})
			},
			want: vault.Secrets{Access: "fresh", Refresh: "other"}, ok: true},
		{name: "a stale session that came meanwhile stays", before: sample(),
			during: func(t *testing.T, dir string, r *ring) {
				plant(t, dir, r, vault.Secrets{Access: "stale", Refresh: "other"})
			},
			want: vault.Secrets{Access: "stale", Refresh: "other"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			r := &ring{}
			v := vault.Open(options(dir, r))
			mustSave(t, v, c.before)
			s, err := v.Refresh(t.Context(), fresh, func(_ context.Context, _ vault.Secrets) (vault.Secrets, error) {
				if c.during != nil {
					c.during(t, dir, r)
				}
				return vault.Secrets{}, rejected
			})
			if c.ok != (err == nil) || !c.ok && !errors.Is(err, vault.ErrRejected) || c.ok && !same(s, c.want) {
				t.Errorf("refresh: %v", err)
			}
			got, err := vault.Open(options(dir, r)).Load(t.Context())
			if c.gone {
				if !errors.Is(err, vault.ErrNotFound) {
					t.Errorf("load: %v", err)
				}
			} else if err != nil || !same(got, c.want) {
				t.Errorf("left in the vault: wrong, %v", err)
			}
		})
	}
}

func TestANetworkErrorRemovesNothing(t *testing.T) {
	dir := t.TempDir()
	r := &ring{}
	v := vault.Open(options(dir, r))
	mustSave(t, v, sample())
	down := errors.New("connection refused")
	if _, err := v.Refresh(t.Context(), fresh, func(context.Context, vault.Secrets) (vault.Secrets, error) {
		return vault.Secrets{}, down
	}); !errors.Is(err, down) {
		t.Errorf("refresh: %v", err)
	}
	if got := mustLoad(t, vault.Open(options(dir, r))); !same(got, sample()) {
		t.Error("the vault was changed")
	}
}

func TestTheRefreshTokenIsNotSpentWhenTheVaultCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	r := &ring{}
	mustSave(t, vault.Open(options(dir, r)), sample())
	// A directory where the lock file should be stops every writer, even root.
	lock := filepath.Join(dir, "profile-prod.lock")
	replaceByDirectory(t, lock)
	_, err := vault.Open(options(dir, r)).Refresh(t.Context(), fresh, forbidden(t))
	wantCode(t, err, vault.CodeWrite, exitcode.Failure)
}

func TestAnExchangeUnderWayIsKeptWhenItsCallerLeaves(t *testing.T) {
	dir := t.TempDir()
	r := &ring{}
	v := vault.Open(options(dir, r))
	mustSave(t, v, vault.Secrets{Access: "old", Refresh: "r"})
	ctx, cancel := context.WithCancel(t.Context())
	_, _ = v.Refresh(ctx, fresh, func(running context.Context, s vault.Secrets) (vault.Secrets, error) {
		cancel() // the person presses Ctrl-C while the portal rotates the token
		if running.Err() != nil {
			return s, running.Err()
		}
		return renew(running, s)
	})
	if got := mustLoad(t, vault.Open(options(dir, r))); got.Refresh != "rotated" {
		t.Error("the rotated token was lost")
	}
}

func TestTokensGivenFromOutsideAreRefreshedOnlyByTheirSource(t *testing.T) {
	_, err := vault.Open(options(t.TempDir(), &ring{}, vault.EnvToken, "old")).Refresh(t.Context(), fresh, forbidden(t))
	wantCode(t, err, vault.CodeExpired, exitcode.Auth)
	if runtime.GOOS == "windows" {
		t.Skip("skipped: the commands of this test are for a POSIX shell")
	}
	mark := filepath.Join(t.TempDir(), "mark")
	v := vault.Open(options(t.TempDir(), &ring{}, vault.EnvCommand, "if [ -e '"+mark+"' ]; then echo fresh; else : > '"+mark+"'; echo old; fi"))
	if s, err := v.Refresh(t.Context(), fresh, forbidden(t)); err != nil || s.Access != "fresh" {
		t.Errorf("command: %v", err)
	}
	v = vault.Open(options(t.TempDir(), &ring{}, vault.EnvCommand, "echo old"))
	_, err = v.Refresh(t.Context(), fresh, forbidden(t))
	wantCode(t, err, vault.CodeExpired, exitcode.Auth)
}

func TestAKeyringThatIsAwayStopsARefreshBeforeTheExchange(t *testing.T) {
	dir := t.TempDir()
	r := &ring{}
	mustSave(t, vault.Open(options(dir, r)), sample())
	r.away = keyring.NoBus
	_, err := vault.Open(options(dir, r)).Refresh(t.Context(), fresh, forbidden(t))
	wantCode(t, err, vault.CodeAway, exitcode.Auth)
}
