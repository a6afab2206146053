package signin

import (
	"context"
	"database/sql"
	"net"
	"net/http"
	"time"

	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/grant"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
)

// Host returns the address that a request came from, without the port.
func Host(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return host
	}
	return r.RemoteAddr
}

// CheckPerson checks what ЕСИА asks of the person behind a sign-in.
func CheckPerson(ctx context.Context, tx *sql.Tx, flow *Flow, now time.Time) (*grant.Error, error) {
	p, err := people.ByOID(ctx, tx, flow.OID)
	if err != nil {
		return nil, err
	}
	orgs, err := people.OrgsOf(ctx, tx, flow.OID, now)
	if err != nil {
		return nil, err
	}
	// Who gives nothing to other systems is not signed in to them.
	privacy, err := people.PrivacyOf(ctx, tx, flow.OID)
	if err != nil {
		return nil, err
	}
	if client := flow.Approved.Client.ID; client != grant.TrainingClient && !privacy.Allows(people.SharingSystems) {
		return grant.Withheld("the owner of the data has forbidden to share them with other systems"), nil
	}
	return flow.Approved.CheckPerson(p.Level == cabinet.LevelConfirmed, len(orgs) > 0), nil
}

// Sent returns how the code that is awaited was sent: "sms", "email" or "".
func (f *Flow) Sent() string {
	if f.code == "" {
		return ""
	}
	return f.codeKind
}
