package account

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/grant"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
	"github.com/epgu-cli/epgu/internal/sandbox/signin"
	"github.com/epgu-cli/epgu/internal/sandbox/waiting"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// register serves POST /registrations.
func (f face) register(w http.ResponseWriter, r *http.Request) error {
	var in cabinet.RegistrationRequest
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	var out cabinet.Challenge
	err := f.DB.Write(r.Context(), func(tx *sql.Tx) (err error) {
		out, err = signin.Register(r.Context(), tx, in, f.Clock.Now())
		return err
	})
	return created(w, "/registrations/"+out.ID, out, err)
}

// recover serves POST /recoveries.
func (f face) recover(w http.ResponseWriter, r *http.Request) error {
	var in cabinet.RecoveryRequest
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	var out cabinet.Challenge
	err := f.committed(r, func(tx *sql.Tx) (refusal *problem.Error, err error) {
		out, refusal, err = signin.Recover(r.Context(), tx, in, f.Clock.Now())
		return refusal, err
	})
	return created(w, "/recoveries/"+out.ID, out, err)
}

func created(w http.ResponseWriter, path string, v any, err error) error {
	if err != nil {
		return err
	}
	w.Header().Set("Location", cabinet.Base+path)
	problem.JSON(w, http.StatusCreated, v)
	return nil
}

// answer serves POST /registrations/{id}/code and /recoveries/{id}/code.
func (f face) answer(kind string) problem.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		var in cabinet.ChallengeAnswer
		if err := problem.ReadJSON(w, r, &in); err != nil {
			return err
		}
		var out cabinet.Challenge
		var refusal *problem.Error
		err := f.DB.Write(r.Context(), func(tx *sql.Tx) (err error) {
			out, refusal, err = signin.Answer(r.Context(), tx, kind, r.PathValue("id"), in, f.Clock.Now())
			return err
		})
		if err != nil {
			return err
		}
		if refusal != nil {
			return refusal
		}
		problem.JSON(w, http.StatusOK, out)
		return nil
	}
}

func caller(r *http.Request) session.Caller {
	c, _ := session.From(r.Context())
	return c
}

// page answers with a whole list: these lists are short.
func page[T any](w http.ResponseWriter, items []T) {
	if items == nil {
		items = []T{}
	}
	problem.JSON(w, http.StatusOK, cabinet.Page[T]{Items: items, Total: len(items)})
}

// sessions serves GET /sessions.
func (f face) sessions(w http.ResponseWriter, r *http.Request) error {
	c := caller(r)
	var out []cabinet.Session
	err := f.DB.Read(r.Context(), func(tx *sql.Tx) error {
		all, err := session.Of(r.Context(), tx, c.OID)
		for _, s := range all {
			out = append(out, cabinet.Session{ID: s.ID, Current: s.ID == c.SessionID, ClientID: s.ClientID, Method: s.Method,
				Agent: untrusted.Text(s.Agent), Address: untrusted.Text(s.Address), OrgOID: formatOID(s.OrgOID), CreatedAt: s.Created})
		}
		return err
	})
	if err != nil {
		return err
	}
	page(w, out)
	return nil
}

func formatOID(oid int64) string {
	if oid == 0 {
		return ""
	}
	return strconv.FormatInt(oid, 10)
}

// endSession serves DELETE /sessions/{id}; "current" is one's own.
func (f face) endSession(w http.ResponseWriter, r *http.Request) error {
	c, id := caller(r), r.PathValue("id")
	if id == "current" {
		id = c.SessionID
	}
	err := f.DB.Write(r.Context(), func(tx *sql.Tx) error {
		s, err := session.Load(r.Context(), tx, id)
		if errors.Is(err, session.ErrNoSession) || err == nil && s.OID != c.OID {
			return problem.NotFound("session.not_found")
		}
		if err != nil {
			return err
		}
		return session.Revoke(r.Context(), tx, id, f.Clock.Now())
	})
	return noContent(w, err)
}

// endOthers serves DELETE /sessions.
func (f face) endOthers(w http.ResponseWriter, r *http.Request) error {
	c := caller(r)
	return noContent(w, f.DB.Write(r.Context(), func(tx *sql.Tx) error {
		_, err := session.RevokeAll(r.Context(), tx, c.OID, c.SessionID, f.Clock.Now())
		return err
	}))
}

func noContent(w http.ResponseWriter, err error) error {
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}

// maxHistory is how many entries of the history are shown.
const maxHistory = 200

// history serves GET /sign-in-history.
func (f face) history(w http.ResponseWriter, r *http.Request) error {
	var out []cabinet.SignInEntry
	err := f.DB.Read(r.Context(), func(tx *sql.Tx) error {
		all, err := signin.History(r.Context(), tx, caller(r).OID, maxHistory)
		for _, e := range all {
			out = append(out, cabinet.SignInEntry{At: e.At, Outcome: e.Outcome, Method: e.Method, ClientID: e.ClientID,
				Agent: untrusted.Text(e.Agent), Address: untrusted.Text(e.Address), Suspicious: e.Suspicious})
		}
		return err
	})
	if err != nil {
		return err
	}
	page(w, out)
	return nil
}

// password serves PUT /me/password.
func (f face) password(w http.ResponseWriter, r *http.Request) error {
	var in cabinet.PasswordChange
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	return noContent(w, f.committed(r, func(tx *sql.Tx) (*problem.Error, error) {
		c := caller(r)
		refusal, err := signin.ChangePassword(r.Context(), tx, who(r), c.SessionID, in, f.Clock.Now())
		if refusal != nil || err != nil {
			return refusal, err
		}
		return nil, f.record(r, tx, c.OID, "password", people.ChangeField{Field: "password", New: "changed"})
	}))
}

// record writes a change of somebody's account by the caller into its history.
func (f face) record(r *http.Request, tx *sql.Tx, oid int64, kind string, fields ...people.ChangeField) error {
	_, today, err := f.times(r.Context(), tx)
	if err != nil {
		return err
	}
	who := author(r)
	if caller(r).OID != oid {
		p, err := people.ByOID(r.Context(), tx, caller(r).OID)
		if err != nil {
			return err
		}
		who.Name = p.FullName()
	}
	_, err = people.Record(r.Context(), tx, people.Change{OID: oid, At: today, Kind: kind, Author: who, Fields: fields})
	return err
}

// levels serves GET /level-requests. A waiting request (Prefer: wait) holds its
// answer until nothing is pending.
func (f face) levels(w http.ResponseWriter, r *http.Request) error {
	var out []cabinet.LevelRequest
	wait := waiting.Asked(r)
	err := waiting.Until(r.Context(), f.Deps, wait, func(ctx context.Context) (done, skip bool, err error) {
		err = f.DB.Read(ctx, func(tx *sql.Tx) (err error) {
			out, err = signin.LevelRequests(ctx, tx, caller(r).OID, problem.Lang(r))
			return err
		})
		pending := slices.ContainsFunc(out, func(l cabinet.LevelRequest) bool { return l.State == "pending" })
		return !pending, true, err
	})
	if err != nil {
		return err
	}
	waiting.Applied(w, wait)
	page(w, out)
	return nil
}

// raiseLevel serves POST /level-requests.
func (f face) raiseLevel(w http.ResponseWriter, r *http.Request) error {
	var in cabinet.LevelRequestInput
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	var out cabinet.LevelRequest
	err := f.DB.Write(r.Context(), func(tx *sql.Tx) error {
		today, err := f.Calendar.Now(r.Context(), tx)
		if err != nil {
			return err
		}
		out, err = signin.RaiseLevel(r.Context(), tx, caller(r).OID, in, today)
		return err
	})
	return created(w, "/level-requests", out, err)
}

// consents serves GET /consents.
func (f face) consents(w http.ResponseWriter, r *http.Request) error {
	var out []cabinet.Consent
	err := f.DB.Read(r.Context(), func(tx *sql.Tx) error {
		all, err := grant.ConsentsOf(r.Context(), tx, caller(r).OID, f.Clock.Now())
		for _, c := range all {
			k := cabinet.Consent{ID: c.ID, ClientID: c.ClientID, Sysname: c.Sysname, Responsible: untrusted.Text(c.Responsible),
				Scopes: c.Scopes, GivenAt: c.Given}
			if !c.Until.IsZero() {
				k.Until = &c.Until
			}
			out = append(out, k)
		}
		return err
	})
	if err != nil {
		return err
	}
	page(w, out)
	return nil
}

// revokeConsent serves DELETE /consents/{id}. The sessions with that system end
// with the consent: a marker issued before opens nothing any more.
func (f face) revokeConsent(w http.ResponseWriter, r *http.Request) error {
	c := caller(r)
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return problem.NotFound("consent.not_found")
	}
	return noContent(w, f.DB.Write(r.Context(), func(tx *sql.Tx) error {
		wall, today, err := f.times(r.Context(), tx)
		if err != nil {
			return err
		}
		consent, ok, err := grant.RevokeConsent(r.Context(), tx, c.OID, id, wall)
		if err != nil {
			return err
		}
		if !ok {
			return problem.NotFound("consent.not_found")
		}
		_, err = people.Record(r.Context(), tx, people.Change{OID: c.OID, At: today, Kind: "consent.withdrawn", Author: author(r),
			Fields: []people.ChangeField{{Field: "consent", Old: consent.Title()}}})
		return err
	}))
}

// switchRole serves POST /roles/switch: a new authorisation code in another
// role for somebody who is signed in already.
func (f face) switchRole(w http.ResponseWriter, r *http.Request) error {
	var in cabinet.RoleSwitch
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	org, err := parseOrg(in.OrgOID)
	if err != nil {
		return err
	}
	c := caller(r)
	var out cabinet.SignIn
	err = f.DB.Write(r.Context(), func(tx *sql.Tx) error {
		ctx, now := r.Context(), f.Clock.Now()
		request := grant.FromWire(in.Authorization)
		if request.ClientID != c.ClientID {
			return problem.New(http.StatusForbidden, "roles.foreign_client",
				i18n.Say("Роль меняет только та система, в которую вы вошли", "Only the system you signed in to may switch the role"))
		}
		client, err := grant.LoadClient(ctx, tx, request.ClientID)
		if err != nil {
			return err
		}
		approved, no := grant.Check(request, client, true, now)
		if no != nil {
			return problemOf(no)
		}
		flow, err := signin.Resume(ctx, tx, approved, c.OID, r.UserAgent(), signin.Host(r), now)
		if err != nil {
			return err
		}
		if no, err = signin.CheckPerson(ctx, tx, &flow, now); err != nil {
			return err
		} else if no != nil {
			return problemOf(no)
		}
		if refusal := flow.Choose(ctx, tx, org, now); refusal != nil {
			return refusal
		}
		// The new session was proved as the one that it comes from.
		if from, err := session.Load(ctx, tx, c.SessionID); err == nil && from.Method != "PWD" {
			flow.Method = "DS"
		}
		out = cabinet.SignIn{ID: flow.ID, State: "done", AuthState: request.State, ExpiresAt: flow.Expires}
		out.Code, _, err = signin.Done(ctx, tx, &flow, now)
		return err
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, out)
	return nil
}
