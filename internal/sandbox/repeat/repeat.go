// Package repeat recognises a request that was sent before: the one mechanism
// behind Idempotency-Key at the embedded portal. A POST or PATCH of the cabinet API that
// carries the header is carried out in one transaction together with the note
// of its answer, so neither a lost answer nor a killed process can make it
// happen twice. Only the root package sandbox imports it.
package repeat

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
	"github.com/epgu-cli/epgu/internal/sandbox/waiting"
)

const (
	// Term is how long an answer is kept, by the wall clock: long enough for a
	// monthly job that died and is started again the next morning.
	Term = 30 * 24 * time.Hour
	// maxKey is the longest key, bytes.
	maxKey = 128
	// maxBody bounds the body of a request with a key, bytes: it has to be read
	// whole to be compared. An attachment of 5 MB in base64 fits.
	maxBody = 16 << 20
	// retryAfter is what somebody hears whose first request is still at work.
	retryAfter = time.Second
)

// Schema is what this package keeps. Requests are kept as hashes, answers sealed.
func Schema() store.Schema {
	return store.Schema{Name: "repeat", Migrations: []string{`
CREATE TABLE answers(
	scope      BLOB NOT NULL,            -- hash of who asked, where and with which key
	body_hash  BLOB NOT NULL,
	status     INTEGER NOT NULL,
	header     TEXT NOT NULL,            -- JSON
	body       BLOB NOT NULL,            -- sealed
	expires_us INTEGER NOT NULL,         -- wall clock
	PRIMARY KEY(scope)
) STRICT;
CREATE INDEX answers_by_term ON answers(expires_us);
`}}
}

// Guard is the mechanism; one stands before all handlers.
type Guard struct {
	DB       *store.DB
	Sessions *session.Sessions
	Clock    clock.Clock
	// Own lists the paths that keep a rule of their own: the key names the thing
	// itself, and a repetition hears how it stands today.
	Own []string

	mu     sync.Mutex
	atWork map[[sha256.Size]byte]struct{}
}

// Middleware puts the mechanism before next.
func (g *Guard) Middleware(next http.Handler) http.Handler {
	return problem.Handler(func(w http.ResponseWriter, r *http.Request) error {
		key := r.Header.Get("Idempotency-Key")
		if r.Method != http.MethodPost && r.Method != http.MethodPatch || key == "" || !strings.HasPrefix(r.URL.Path, cabinet.Base+"/") ||
			slices.Contains(g.Own, r.URL.Path) || waiting.Asked(r) > 0 { // whoever waits must not hold the database

			next.ServeHTTP(w, r)
			return nil
		}
		if len(key) > maxKey {
			return problem.BadRequest(i18n.Text{RU: "Idempotency-Key: не больше %d знаков", EN: "Idempotency-Key: at most %d characters"}.With(maxKey))
		}
		r, known := g.Sessions.Known(r)
		if !known && r.Header.Get("Authorization") != "" {
			next.ServeHTTP(w, r) // a bad marker: the handler says so
			return nil
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			return err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		scope, seal := scopeOf(r, key)
		if !g.enter(scope) {
			e := problem.New(http.StatusConflict, "idempotency.in_progress",
				i18n.Say("Запрос с этим ключом ещё выполняется", "A request with this key is still at work")).
				WithHint(i18n.Say("Повторите его чуть позже с тем же ключом", "Repeat it a little later with the same key"))
			e.RetryAfter = retryAfter
			return e
		}
		defer g.leave(scope)
		return g.serve(w, r, next, kept{scope, seal, sha256.Sum256(body)})
	})
}

// kept is where an answer is kept: under the hash of who asked, where and with
// which key, sealed by a key that only the asker can name again. Answers hold
// secrets (recovery codes), and whoever reads the database learns none.
type kept struct{ scope, seal, body [sha256.Size]byte }

// scopeOf names a request: whose it is, where it goes and its key. The same
// key of another person or for another path is another one.
func scopeOf(r *http.Request, key string) (scope, seal [sha256.Size]byte) {
	who := struct {
		Use          string
		OID, Org     int64
		Client       string
		Method, Path string
		Query, Key   string
	}{Use: "scope", Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Key: key}
	if c, ok := session.From(r.Context()); ok {
		who.OID, who.Org, who.Client = c.OID, c.OrgOID, c.ClientID
	}
	hash := func() [sha256.Size]byte {
		h := sha256.New()
		_ = json.NewEncoder(h).Encode(who) // a struct of plain fields into a hash cannot fail
		return [sha256.Size]byte(h.Sum(nil))
	}
	scope = hash()
	who.Use = "seal"
	return scope, hash()
}

// sealer returns the cipher of an answer.
func (k kept) sealer() (cipher.AEAD, error) {
	block, err := aes.NewCipher(k.seal[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func (g *Guard) enter(scope [sha256.Size]byte) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, busy := g.atWork[scope]; busy {
		return false
	}
	if g.atWork == nil {
		g.atWork = map[[sha256.Size]byte]struct{}{}
	}
	g.atWork[scope] = struct{}{}
	return true
}

func (g *Guard) leave(scope [sha256.Size]byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.atWork, scope)
}

// errFailed rolls back what a handler did before it failed inside.
var errFailed = errors.New("the handler failed")

// serve carries a request out, or gives the answer that it got before. Another
// process with the same key waits for the transaction and then finds the answer.
func (g *Guard) serve(w http.ResponseWriter, r *http.Request, next http.Handler, at kept) error {
	var out answer
	err := g.DB.Write(r.Context(), func(tx *sql.Tx) error {
		ctx, now := r.Context(), g.Clock.Now()
		earlier, hash, found, err := load(ctx, tx, at, now)
		switch {
		case err != nil:
			return err
		case found && !bytes.Equal(hash, at.body[:]):
			return problem.New(http.StatusConflict, "idempotency.key_reused",
				i18n.Say("Этот ключ уже использован для другого запроса", "This key was used for another request")).
				WithHint(i18n.Say("Для нового запроса нужен новый ключ", "A new request needs a new key"))
		case found:
			out = earlier
			return nil
		}
		out = answer{header: w.Header().Clone()}
		next.ServeHTTP(&out, r.WithContext(store.Within(ctx, tx)))
		if out.status >= http.StatusInternalServerError {
			return errFailed
		}
		if out.status >= http.StatusMultipleChoices {
			// A refusal made nothing: it is not kept, and the same key may be
			// used once the cause is mended. What it counted (a wrong code)
			// stands.
			return nil
		}
		return keep(ctx, tx, at, out, now)
	})
	if err != nil && !errors.Is(err, errFailed) {
		return err
	}
	out.send(w)
	return nil
}

func load(ctx context.Context, tx *sql.Tx, at kept, now time.Time) (a answer, hash []byte, found bool, err error) {
	var header string
	var body []byte
	err = tx.QueryRowContext(ctx, "SELECT body_hash, status, header, body FROM answers WHERE scope = ? AND expires_us > ?", at.scope[:], now.UnixMicro()).
		Scan(&hash, &a.status, &header, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return a, nil, false, nil
	}
	if err != nil {
		return a, nil, false, err
	}
	if bytes.Equal(hash, at.body[:]) { // another request is refused without looking at the answer
		aead, err := at.sealer()
		if err != nil {
			return a, nil, false, err
		}
		if body, err = aead.Open(nil, nil, body, hash); err != nil {
			return a, nil, false, err
		}
	}
	a.body.Write(body)
	if err := json.Unmarshal([]byte(header), &a.header); err != nil {
		return a, nil, false, err
	}
	a.header.Set("Idempotency-Replayed", "true")
	return a, hash, true, nil
}

func keep(ctx context.Context, tx *sql.Tx, at kept, a answer, now time.Time) error {
	headers := http.Header{}
	for _, name := range []string{"Content-Type", "Content-Length", "Cache-Control", "Location", "Etag"} {
		if v := a.header.Get(name); v != "" {
			headers.Set(name, v)
		}
	}
	header, err := json.Marshal(headers)
	if err != nil {
		return err
	}
	aead, err := at.sealer()
	if err != nil {
		return err
	}
	sealed := aead.Seal(nil, nil, a.body.Bytes(), at.body[:])
	if _, err := tx.ExecContext(ctx, "DELETE FROM answers WHERE expires_us <= ?", now.UnixMicro()); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO answers(scope, body_hash, status, header, body, expires_us) VALUES(?,?,?,?,?,?)",
		at.scope[:], at.body[:], a.status, string(header), sealed, now.Add(Term).UnixMicro())
	return err
}

// answer takes what a handler writes.
type answer struct {
	status int
	header http.Header
	body   bytes.Buffer
}

// Header returns the headers of the answer.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader takes the status; the first one counts, as with net/http.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// Write takes a part of the body.
func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

func (a *answer) send(w http.ResponseWriter) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	if a.status == 0 {
		a.status = http.StatusOK
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body.Bytes()) // a reader that has gone is nobody's error
}
