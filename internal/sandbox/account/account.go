// Package account is the cabinet's face of signing in and of the account's
// life: terminal sign-in, registration, recovery, levels, sessions, history,
// consents, devices. The rules are in signin, devices, grant and people. Only the root package
// sandbox imports it.
package account

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/grant"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/profile"
	"github.com/epgu-cli/epgu/internal/sandbox/room"
	"github.com/epgu-cli/epgu/internal/sandbox/signin"
	"github.com/epgu-cli/epgu/internal/sandbox/waiting"
)

// Mount adds the endpoints to mux.
func Mount(mux *http.ServeMux, deps room.Deps) error {
	f := face{deps}
	for _, e := range []struct {
		method, path string
		serve        problem.Handler
	}{
		{"POST", "/sign-ins", f.begin},
		{"POST", "/certificate-sign-ins", f.beginCertificate},
		{"POST", "/sign-ins/{id}/factor", f.factor},
		{"POST", "/registrations", f.register},
		{"POST", "/registrations/{id}/code", f.answer(signin.ChallengeRegistration)},
		{"POST", "/recoveries", f.recover},
		{"POST", "/recoveries/{id}/code", f.answer(signin.ChallengeRecovery)},
		{"POST", "/device-bindings", f.bindDevice},
		{"POST", "/device-bindings/{id}/token", f.deviceToken},
		{"GET", "/device", f.byDevice(f.device)},
		{"GET", "/device-requests", f.byDevice(f.deviceRequests)},
		{"PUT", "/device-requests/{id}", f.byDevice(f.decideRequest)},
	} {
		mux.Handle(e.method+" "+cabinet.Base+e.path, e.serve)
	}
	for _, e := range []struct {
		method, path string
		serve        problem.Handler
	}{
		{"POST", "/roles/switch", f.switchRole},
		{"GET", "/sessions", f.sessions},
		{"DELETE", "/sessions", f.endOthers},
		{"DELETE", "/sessions/{id}", f.endSession},
		{"GET", "/sign-in-history", f.history},
		{"PUT", "/me/password", f.password},
		{"POST", "/me/totp", f.newTOTP},
		{"PUT", "/me/totp", f.changeTOTP},
		{"GET", "/me/second-factor", f.secondFactor},
		{"PUT", "/me/second-factor", f.changeSecondFactor},
		{"POST", "/me/recovery-codes", f.recoveryCodes},
		{"GET", "/devices", f.devices},
		{"POST", "/devices", f.claimDevice},
		{"POST", "/devices/{id}/confirmation", f.confirmDevice},
		{"DELETE", "/devices/{id}", f.removeDevice},
		{"GET", "/level-requests", f.levels},
		{"POST", "/level-requests", f.raiseLevel},
		{"GET", "/consents", f.consents},
		{"DELETE", "/consents/{id}", f.revokeConsent},
		{"GET", "/me/profile", f.profile},
		{"PATCH", "/me/profile", f.editProfile},
		{"POST", "/me/contact-changes", f.beginContact},
		{"POST", "/me/contact-changes/{id}/code", f.answerContact},
		{"GET", "/me/changes", f.changes},
		{"POST", "/me/changes/{id}/revert", f.revert},
		{"GET", "/me/privacy", f.privacy},
		{"PATCH", "/me/privacy", f.editPrivacy},
		{"GET", "/me/deletion-requests", f.deletions},
		{"POST", "/me/deletion-requests", f.requestDeletion},
		{"GET", "/organisations", f.organisations},
		{"GET", "/organisations/{oid}/members", f.members},
		{"POST", "/organisations/{oid}/members", f.addMember},
		{"DELETE", "/organisations/{oid}/members/{person}", f.removeMember},
	} {
		mux.Handle(e.method+" "+cabinet.Base+e.path, deps.Sessions.Require(e.serve))
	}
	deps.Calendar.Register(signin.LevelWorker())
	deps.Calendar.Register(profile.DeletionWorker())
	return nil
}

type face struct{ room.Deps }

// begin serves POST /sign-ins.
func (f face) begin(w http.ResponseWriter, r *http.Request) error {
	var in cabinet.SignInRequest
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	return f.start(w, r, in.Authorization, in.OrgOID, func(ctx context.Context, tx *sql.Tx, flow *signin.Flow, org int64, now time.Time) (out cabinet.SignIn, refusal *problem.Error, err error) {
		if refusal, err = signin.Password(ctx, tx, flow, in.Login, in.Password, now); refusal != nil || err != nil {
			return out, refusal, err
		}
		if org != 0 {
			if refusal = flow.Choose(ctx, tx, org, now); refusal != nil {
				return out, refusal, signin.Drop(ctx, tx, flow)
			}
			if err := flow.Save(ctx, tx); err != nil {
				return out, nil, err
			}
		}
		no, err := signin.CheckPerson(ctx, tx, flow, now)
		if err != nil {
			return out, nil, err
		}
		if no != nil {
			return out, problemOf(no), nil
		}
		out, err = f.waitingForFactor(ctx, tx, flow, now)
		return out, nil, err
	})
}

// firstProof is what a way to sign in asks for first. What a refusal has counted is
// committed with it.
type firstProof func(ctx context.Context, tx *sql.Tx, flow *signin.Flow, org int64, now time.Time) (cabinet.SignIn, *problem.Error, error)

// start begins a sign-in without a browser: the client's request is checked as ЕСИА
// checks it, then the first proof is asked for.
func (f face) start(w http.ResponseWriter, r *http.Request, authorization cabinet.AuthorizationRequest, orgOID string, prove firstProof) error {
	org, err := parseOrg(orgOID)
	if err != nil {
		return err
	}
	var out cabinet.SignIn
	var refusal *problem.Error
	err = f.DB.Write(r.Context(), func(tx *sql.Tx) error {
		ctx, now := r.Context(), f.Clock.Now()
		request := grant.FromWire(authorization)
		client, err := grant.LoadClient(ctx, tx, request.ClientID)
		if err != nil && !errors.Is(err, grant.ErrNoClient) {
			return err
		}
		approved, no := grant.Check(request, client, err == nil, now)
		if no != nil {
			refusal = problemOf(no)
			return nil
		}
		flow, err := signin.Start(ctx, tx, approved, "", r.UserAgent(), signin.Host(r), now)
		if err != nil {
			return err
		}
		out, refusal, err = prove(ctx, tx, &flow, org, now)
		return err
	})
	if err != nil {
		return err
	}
	if refusal != nil {
		return refusal
	}
	w.Header().Set("Location", cabinet.Base+"/sign-ins/"+out.ID)
	problem.JSON(w, http.StatusCreated, out)
	return nil
}

// waitingForFactor is a sign-in that waits for a second factor.
func (f face) waitingForFactor(ctx context.Context, tx *sql.Tx, flow *signin.Flow, now time.Time) (cabinet.SignIn, error) {
	out := cabinet.SignIn{ID: flow.ID, State: "factor", ExpiresAt: flow.Expires}
	var err error
	if out.Factors, err = f.factors(ctx, tx, flow); err != nil {
		return out, err
	}
	out.Push, err = flow.Push(ctx, tx, now)
	return out, err
}

// factor serves POST /sign-ins/{id}/factor; one that waits for a push holds its
// answer as long as it is asked to.
func (f face) factor(w http.ResponseWriter, r *http.Request) error {
	var in cabinet.FactorAnswer
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	wait, err := f.awaitPush(r, in, r.PathValue("id"))
	if err != nil {
		return err
	}
	var out cabinet.SignIn
	var refusal *problem.Error
	err = f.DB.Write(r.Context(), func(tx *sql.Tx) error {
		ctx, now := r.Context(), f.Clock.Now()
		flow, err := signin.Find(ctx, tx, r.PathValue("id"), "", now)
		if err != nil {
			return err
		}
		if in.Kind == signin.FactorCertificate {
			if refusal, err = f.byCertificate(ctx, tx, &flow, in.Signature, now); refusal != nil || err != nil {
				return err
			}
			out = cabinet.SignIn{ID: flow.ID, State: "done", ExpiresAt: flow.Expires}
			out.AuthState = flow.Approved.Request.State
			out.Code, _, err = signin.Done(ctx, tx, &flow, now)
			return err
		}
		if in.Code == "" {
			if refusal, err = signin.SendCode(ctx, tx, &flow, in.Kind, now); refusal != nil || err != nil {
				return err
			}
			out, err = f.waitingForFactor(ctx, tx, &flow, now)
			return err
		}
		if refusal, err = signin.Factor(ctx, tx, &flow, in.Kind, in.Code, now); refusal != nil || err != nil {
			return err
		}
		if flow.Stage == signin.StageFactor { // nobody has answered the push yet
			out, err = f.waitingForFactor(ctx, tx, &flow, now)
			return err
		}
		out = cabinet.SignIn{ID: flow.ID, ExpiresAt: flow.Expires}
		// Typing the command in one's own terminal is the choice of the role
		// and the consent that the pages ask for.
		out.State, out.AuthState = "done", flow.Approved.Request.State
		out.Code, _, err = signin.Done(ctx, tx, &flow, now)
		return err
	})
	if err != nil {
		return err
	}
	if refusal != nil {
		return refusal
	}
	waiting.Applied(w, wait)
	problem.JSON(w, http.StatusOK, out)
	return nil
}

// problemOf tells a refusal by ЕСИА in the cabinet's words: the code
// "esia.007015" and the published text as the detail.
func problemOf(e *grant.Error) *problem.Error {
	if e == nil {
		return nil
	}
	status := http.StatusBadRequest
	switch e.OAuth() {
	case "invalid_client", "unauthorized_client":
		status = http.StatusUnauthorized
	case "access_denied":
		status = http.StatusForbidden
	}
	code := "esia." + e.Code[len("ESIA-"):]
	return problem.New(status, code, i18n.Say("ЕСИА отклонила запрос", "ESIA refused the request")).
		WithDetail(i18n.Say(e.Error(), e.Error()))
}

// parseOrg reads the field orgOid of a request; 0 is none.
func parseOrg(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	oid, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, problem.Invalid(problem.Field{Name: "orgOid", Code: "malformed",
			Message: i18n.Text{RU: "нужно число", EN: "a number is expected"}})
	}
	return oid, nil
}
