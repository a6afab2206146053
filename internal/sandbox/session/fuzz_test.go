package session_test

import (
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/portal/wire/esia"
	"github.com/epgu-cli/epgu/internal/sandbox/pki"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
	"github.com/epgu-cli/epgu/internal/sandbox/store"

	"database/sql"
)

func FuzzVerifyTakesOnlyWhatThePortalSigned(f *testing.F) {
	c := clock.NewManual(time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC))
	db, err := store.Open(f.Context(), f.TempDir(), session.Schema(), pki.Schema(c))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = db.Close() })
	s := session.New(db, c, "http://issuer.invalid/")
	var good string
	if err := db.Write(f.Context(), func(tx *sql.Tx) error {
		good, err = s.IssueAccess(f.Context(), tx, esia.AccessClaims{ExpiresAt: c.Now().Add(time.Hour).Unix(), SubjectID: 7})
		return err
	}); err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add("..")
	f.Add("e30.e30.")
	f.Fuzz(func(t *testing.T, token string) {
		claims, err := s.Verify(t.Context(), token)
		if err == nil && (token != good || claims.SubjectID != 7) {
			t.Errorf("accepted %q", token)
		}
	})
}
