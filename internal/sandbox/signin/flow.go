package signin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/sandbox/grant"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// The stages of a sign-in.
const (
	StagePassword    = "password"
	StageCertificate = "certificate" // a signature instead of a password
	StageFactor      = "factor"
	StageRole        = "role"
	StageConsent     = "consent"
	StageDone        = "done"
)

// FlowTerm is how long a sign-in may take.
const FlowTerm = 15 * time.Minute

// Flow is a sign-in on its way.
type Flow struct {
	ID       string
	Approved grant.Approved
	Stage    string
	OID      int64
	OrgOID   int64
	Agent    string // User-Agent
	Address  string // remote address
	Expires  time.Time
	Method   string // how the person proved himself: "PWD" or "DS"; not kept between requests

	browser  []byte // hash of the secret in the browser's cookie; nil in the terminal
	code     string
	codeKind string
	sent     time.Time
	sends    int
	tries    int
}

// Start begins a sign-in for an approved request. browser is the secret that
// binds it to one browser, "" in the terminal.
func Start(ctx context.Context, q store.Queryer, a grant.Approved, browser, agent, address string, now time.Time) (Flow, error) {
	a.Request.ClientSecret = "" // it has done its work
	f := Flow{ID: session.NewID(), Approved: a, Stage: StagePassword, Agent: limit(agent, 200), Address: limit(address, 80),
		Expires: now.Add(FlowTerm), Method: "PWD"}
	if browser != "" {
		sum := sha256.Sum256([]byte(browser))
		f.browser = sum[:]
	}
	data, err := json.Marshal(f.Approved)
	if err != nil {
		return f, err
	}
	// Whoever begins sweeps up after those who never finished.
	for _, table := range []string{"flows", "challenges"} {
		if _, err := q.ExecContext(ctx, "DELETE FROM "+table+" WHERE expires_us < ?", now.UnixMicro()); err != nil {
			return f, err
		}
	}
	_, err = q.ExecContext(ctx, "INSERT INTO flows(id, approved, stage, browser, agent, address, expires_us) VALUES(?,?,?,?,?,?,?)",
		f.ID, string(data), f.Stage, f.browser, f.Agent, f.Address, f.Expires.UnixMicro())
	return f, err
}

// Resume is Start for a person whose session lives: only the role and the
// consent are left.
func Resume(ctx context.Context, q store.Queryer, a grant.Approved, oid int64, agent, address string, now time.Time) (Flow, error) {
	f, err := Start(ctx, q, a, "", agent, address, now)
	if err != nil {
		return f, err
	}
	f.OID, f.Stage = oid, StageRole
	return f, f.Save(ctx, q)
}

// errNoFlow answers a sign-in that does not exist, has expired or belongs to
// another browser.
func errNoFlow() *problem.Error {
	return problem.New(http.StatusNotFound, "signin.not_found",
		i18n.Say("Этот вход не найден или истёк", "This sign-in is not found or has expired")).
		WithHint(i18n.Say("начните вход заново", "begin the sign-in again"))
}

// Find returns a sign-in that has not expired; the *problem.Error in err tells
// that there is none.
func Find(ctx context.Context, q store.Queryer, id, browser string, now time.Time) (Flow, error) {
	f := Flow{ID: id, Method: "PWD"}
	var approved string
	var sent, expires int64
	err := q.QueryRowContext(ctx, `SELECT approved, stage, oid, org_oid, browser, code, code_kind, sent_us, sends, tries,
		agent, address, expires_us FROM flows WHERE id = ?`, id).
		Scan(&approved, &f.Stage, &f.OID, &f.OrgOID, &f.browser, &f.code, &f.codeKind, &sent, &f.sends, &f.tries,
			&f.Agent, &f.Address, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return f, errNoFlow()
	}
	if err != nil {
		return f, err
	}
	f.sent, f.Expires = time.UnixMicro(sent).UTC(), time.UnixMicro(expires).UTC()
	if !now.Before(f.Expires) || f.Stage == StageDone {
		return f, errNoFlow()
	}
	var sum []byte
	if browser != "" {
		s := sha256.Sum256([]byte(browser))
		sum = s[:]
	}
	if subtle.ConstantTimeCompare(sum, f.browser) != 1 {
		return f, errNoFlow()
	}
	return f, json.Unmarshal([]byte(approved), &f.Approved)
}

// Save keeps the changed sign-in.
func (f *Flow) Save(ctx context.Context, q store.Queryer) error {
	_, err := q.ExecContext(ctx, `UPDATE flows SET stage=?, oid=?, org_oid=?, code=?, code_kind=?, sent_us=?, sends=?, tries=? WHERE id=?`,
		f.Stage, f.OID, f.OrgOID, f.code, f.codeKind, f.sent.UnixMicro(), f.sends, f.tries, f.ID)
	return err
}

// Drop ends a sign-in without a result.
func Drop(ctx context.Context, q store.Queryer, f *Flow) error {
	f.Stage = StageDone
	return f.Save(ctx, q)
}

// Secret returns a new secret for a cookie.
func Secret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func limit(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}
