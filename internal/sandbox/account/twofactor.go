package account

import (
	"database/sql"
	"net/http"

	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/signin"
)

// who is the caller as the history names him.
func who(r *http.Request) signin.Who {
	c := caller(r)
	return signin.Who{OID: c.OID, ClientID: c.ClientID, Agent: r.UserAgent(), Address: signin.Host(r)}
}

// committed writes what f does even when f refuses: wrong codes are counted.
func (f face) committed(r *http.Request, do func(tx *sql.Tx) (*problem.Error, error)) error {
	var refusal *problem.Error
	err := f.DB.Write(r.Context(), func(tx *sql.Tx) (err error) {
		refusal, err = do(tx)
		return err
	})
	if err == nil && refusal != nil {
		return refusal
	}
	return err
}

// newTOTP serves POST /me/totp.
func (f face) newTOTP(w http.ResponseWriter, r *http.Request) error {
	var in cabinet.TOTPRequest
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	var out cabinet.TOTPSetup
	err := f.committed(r, func(tx *sql.Tx) (refusal *problem.Error, err error) {
		out, refusal, err = signin.NewTOTP(r.Context(), tx, who(r), in.Password, f.Clock.Now())
		return refusal, err
	})
	return created(w, "/me/totp", out, err)
}

// changeTOTP serves PUT /me/totp.
func (f face) changeTOTP(w http.ResponseWriter, r *http.Request) error {
	var in cabinet.TOTPChange
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	return noContent(w, f.committed(r, func(tx *sql.Tx) (*problem.Error, error) {
		refusal, err := signin.ChangeTOTP(r.Context(), tx, who(r), in, f.Clock.Now())
		if refusal != nil || err != nil {
			return refusal, err
		}
		on := people.ChangeField{Field: "totp", Old: "no", New: "yes"}
		if in.Off {
			on.Old, on.New = on.New, on.Old
		}
		return nil, f.record(r, tx, caller(r).OID, "security", on)
	}))
}

// secondFactor serves GET /me/second-factor.
func (f face) secondFactor(w http.ResponseWriter, r *http.Request) error {
	var out cabinet.SecondFactor
	err := f.DB.Read(r.Context(), func(tx *sql.Tx) (err error) {
		out, err = signin.SecondFactor(r.Context(), tx, caller(r).OID)
		return err
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, out)
	return nil
}

// changeSecondFactor serves PUT /me/second-factor.
func (f face) changeSecondFactor(w http.ResponseWriter, r *http.Request) error {
	var in cabinet.SecondFactorChange
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	return noContent(w, f.committed(r, func(tx *sql.Tx) (*problem.Error, error) {
		return signin.ChangeSecondFactor(r.Context(), tx, who(r), in, f.Clock.Now())
	}))
}

// recoveryCodes serves POST /me/recovery-codes. A repetition makes another set
// and the one that was lost on the way dies: there is never more than one.
func (f face) recoveryCodes(w http.ResponseWriter, r *http.Request) error {
	var in cabinet.RecoveryCodesRequest
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	var out cabinet.RecoveryCodes
	err := f.committed(r, func(tx *sql.Tx) (refusal *problem.Error, err error) {
		out, refusal, err = signin.NewRecoveryCodes(r.Context(), tx, who(r), in.Password, f.Clock.Now())
		return refusal, err
	})
	return created(w, "/me/recovery-codes", out, err)
}
