// Package training serves the controls that only a training portal has: its
// calendar, its people, its faults. They answer in-process and loopback
// callers only. Only the root package sandbox imports it.
package training

import (
	"context"
	"database/sql"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox/faults"
	"github.com/epgu-cli/epgu/internal/sandbox/grant"
	"github.com/epgu-cli/epgu/internal/sandbox/inprocess"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/pki"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/room"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// maxAdvance is the furthest that one request may move the calendar.
const maxAdvance = 10 * 366 * 24 * time.Hour

// Mount adds the controls to mux; rooms are asked for demo charges.
func Mount(mux *http.ServeMux, deps room.Deps, rooms []room.Room) error {
	f := face{deps, rooms}
	for _, e := range []struct {
		method, path string
		serve        problem.Handler
	}{
		{"GET", "/clock", f.clock},
		{"PATCH", "/clock", f.patchClock},
		{"POST", "/clock/advance", f.advance},
		{"GET", "/users", f.users},
		{"GET", "/messages", f.strangers},
		{"GET", "/faults", f.faults},
		{"PUT", "/faults", f.setFaults},
		{"POST", "/reset", f.reset},
		{"POST", "/seed", f.seed},
		{"GET", "/client", f.client},
		{"POST", "/keys/rotate", f.rotate},
	} {
		mux.Handle(e.method+" "+training.Base+e.path, near(e.serve))
	}
	return nil
}

// near lets only this machine through. A page in a browser of this machine may
// not use the controls either: it would send an Origin of its own, or, when its
// name was made to point here (DNS rebinding), that name as the Host.
func near(next http.Handler) http.Handler {
	return problem.Handler(func(w http.ResponseWriter, r *http.Request) error {
		if !inprocess.Near(r) || !inprocess.NearHost(r) || r.Header.Get("Origin") != "" {
			return problem.New(http.StatusForbidden, "training.not_local",
				i18n.Say("Управление учебным порталом доступно только с этой машины", "The training controls answer this machine only"))
		}
		next.ServeHTTP(w, r)
		return nil
	})
}

type face struct {
	room.Deps
	rooms []room.Room
}

func (f face) clock(w http.ResponseWriter, r *http.Request) error {
	now, speed, skip, err := f.Calendar.Settings(r.Context())
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, training.Clock{Now: now, Speed: speed, SkipIdle: skip})
	return nil
}

func (f face) patchClock(w http.ResponseWriter, r *http.Request) error {
	var in training.ClockPatch
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	if in.Speed != nil && (*in.Speed < 0 || *in.Speed > 1e6) {
		return problem.Invalid(problem.Field{Name: "speed", Code: "range",
			Message: i18n.Text{RU: "от 0 до 1000000", EN: "0 to 1000000"}})
	}
	if err := f.Calendar.Configure(r.Context(), in.Speed, in.SkipIdle); err != nil {
		return err
	}
	return f.clock(w, r)
}

func (f face) advance(w http.ResponseWriter, r *http.Request) error {
	var in training.Advance
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	if in.Seconds < 0 || in.Seconds > int64(maxAdvance/time.Second) {
		return problem.Invalid(problem.Field{Name: "seconds", Code: "range",
			Message: i18n.Text{RU: "вперёд и не дальше 10 лет", EN: "forward and by 10 years at most"}})
	}
	now, n, err := f.Calendar.Advance(r.Context(), time.Duration(in.Seconds)*time.Second)
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, training.AdvanceResult{Now: now, Events: n})
	return nil
}

// list is the body of an answer with items.
type list[T any] struct {
	Items []T `json:"items"`
}

// maxMessages is how many messages of one person are shown.
const maxMessages = 20

func (f face) users(w http.ResponseWriter, r *http.Request) error {
	lang := problem.Lang(r)
	out := list[training.User]{Items: []training.User{}}
	err := f.DB.Read(r.Context(), func(tx *sql.Tx) error {
		demo := map[int64]people.Demo{}
		order := []int64{}
		for _, d := range people.DemoPeople() {
			demo[d.OID] = d
			order = append(order, d.OID)
		}
		all, err := people.All(r.Context(), tx)
		if err != nil {
			return err
		}
		known := map[int64]people.Person{}
		for _, p := range all {
			known[p.OID] = p
			if _, ok := demo[p.OID]; !ok {
				order = append(order, p.OID) // somebody who registered
			}
		}
		for _, oid := range order {
			u, err := user(r.Context(), tx, known[oid], demo[oid], lang)
			if err != nil {
				return err
			}
			out.Items = append(out.Items, u)
		}
		return nil
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, out)
	return nil
}

func user(ctx context.Context, q store.Queryer, p people.Person, d people.Demo, lang i18n.Lang) (training.User, error) {
	u := training.User{Name: untrusted.Text(p.FullName()), Logins: p.Logins(), Level: string(p.Level),
		Password: d.Password, TOTPSecret: d.TOTPSecret, Role: untrusted.Text(d.Role.In(lang))}
	if len(u.Logins) > 0 {
		u.Login = u.Logins[0]
	}
	if d.OrgOID != 0 {
		u.OrgOID = strconv.FormatInt(d.OrgOID, 10)
	}
	var err error
	u.Messages, err = messages(ctx, q, p.OID, lang)
	return u, err
}

func messages(ctx context.Context, q store.Queryer, oid int64, lang i18n.Lang) ([]training.Message, error) {
	all, err := people.Messages(ctx, q, oid, maxMessages)
	if err != nil {
		return nil, err
	}
	var out []training.Message
	for _, m := range all {
		text := m.Text
		if lang == i18n.EN && m.TextEN != "" {
			text = m.TextEN
		}
		out = append(out, training.Message{At: m.At, To: m.To, Kind: m.Kind, Text: untrusted.Text(text), Code: m.Code})
	}
	return out, nil
}

// strangers shows the messages to people who have no account yet: the codes of
// registrations.
func (f face) strangers(w http.ResponseWriter, r *http.Request) error {
	out := list[training.Message]{}
	err := f.DB.Read(r.Context(), func(tx *sql.Tx) (err error) {
		out.Items, err = messages(r.Context(), tx, 0, problem.Lang(r))
		return err
	})
	if err != nil {
		return err
	}
	if out.Items == nil {
		out.Items = []training.Message{}
	}
	problem.JSON(w, http.StatusOK, out)
	return nil
}

func (f face) faults(w http.ResponseWriter, r *http.Request) error {
	var out training.Faults
	err := f.DB.Read(r.Context(), func(tx *sql.Tx) (err error) {
		out, err = faults.Get(r.Context(), tx)
		return err
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, out)
	return nil
}

func (f face) setFaults(w http.ResponseWriter, r *http.Request) error {
	var in training.Faults
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	var bad []problem.Field
	for _, share := range []struct {
		name string
		v    float64
	}{{"loseReply", in.LoseReply}, {"refuse", in.Refuse}, {"status503", in.Status503}, {"status429", in.Status429}} {
		if !(share.v >= 0 && share.v <= 1) {
			bad = append(bad, problem.Field{Name: share.name, Code: "range", Message: i18n.Text{RU: "доля от 0 до 1", EN: "a share of 0 to 1"}})
		}
	}
	if in.LoseReply+in.Refuse+in.Status503+in.Status429 > 1 {
		bad = append(bad, problem.Field{Name: "loseReply", Code: "sum", Message: i18n.Text{RU: "сумма долей больше 1", EN: "the shares add up to more than 1"}})
	}
	if in.SlowMS < 0 || in.SlowMS > 10*60*1000 {
		bad = append(bad, problem.Field{Name: "slowMs", Code: "range", Message: i18n.Text{RU: "от 0 до 600000", EN: "0 to 600000"}})
	}
	if lag := in.PaidLagSeconds; lag != nil && (*lag < 0 || *lag > 365*24*3600) {
		bad = append(bad, problem.Field{Name: "paidLagSeconds", Code: "range", Message: i18n.Text{RU: "от 0 до года", EN: "0 to a year"}})
	}
	if in.BankWays != nil {
		for _, way := range *in.BankWays {
			if !slices.Contains(training.BankWays(), way) {
				bad = append(bad, problem.Field{Name: "bankWays", Code: "unknown", Message: i18n.Text{RU: "есть: " + strings.Join(training.BankWays(), ", "), EN: "there are: " + strings.Join(training.BankWays(), ", ")}})
				break
			}
		}
	}
	if codes := gusmev.ErrorCodes(); in.Answer != "" && !slices.Contains(codes, in.Answer) {
		bad = append(bad, problem.Field{Name: "answer", Code: "unknown", Message: i18n.Text{RU: "есть: " + strings.Join(codes, ", "), EN: "there are: " + strings.Join(codes, ", ")}})
	}
	if codes := append(gusmev.FailedCodes(), gusmev.CodeRetry, ""); in.Intake != nil && !slices.Contains(codes, *in.Intake) {
		bad = append(bad, problem.Field{Name: "intake", Code: "unknown", Message: i18n.Text{RU: "есть: " + strings.Join(codes, ", "), EN: "there are: " + strings.Join(codes, ", ")}})
	}
	if len(bad) > 0 {
		return problem.Invalid(bad...)
	}
	err := f.DB.Write(r.Context(), func(tx *sql.Tx) error {
		if in.Intake != nil {
			if err := store.SetSetting(r.Context(), tx, room.SettingIntake, *in.Intake); err != nil {
				return err
			}
		}
		if in.BankWays != nil {
			if err := store.SetSetting(r.Context(), tx, room.SettingBankWays, strings.Join(*in.BankWays, " ")); err != nil {
				return err
			}
		}
		if in.OutcomeSeed != nil {
			if err := store.SetSetting(r.Context(), tx, room.SettingOutcomeSeed, strconv.FormatUint(*in.OutcomeSeed, 10)); err != nil {
				return err
			}
		}
		if in.PaidLagSeconds != nil {
			if err := store.SetSetting(r.Context(), tx, room.SettingPaidLag, strconv.FormatInt(*in.PaidLagSeconds, 10)); err != nil {
				return err
			}
		}
		return faults.Set(r.Context(), tx, in)
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, in)
	return nil
}

func (f face) reset(w http.ResponseWriter, r *http.Request) error {
	if err := f.DB.Reset(r.Context()); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// maxSeed is how many charges one request may make.
const maxSeed = 200_000

func (f face) seed(w http.ResponseWriter, r *http.Request) error {
	var in training.SeedRequest
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	if in.Charges < 0 || in.Charges > maxSeed {
		return problem.Invalid(problem.Field{Name: "charges", Code: "range",
			Message: i18n.Text{RU: "от 0 до 200000", EN: "0 to 200000"}})
	}
	made := 0
	err := f.DB.Write(r.Context(), func(tx *sql.Tx) error {
		var oids []int64
		if in.Login != "" {
			p, err := people.ByLogin(r.Context(), tx, in.Login)
			if err != nil {
				return problem.Invalid(problem.Field{Name: "login", Code: "unknown",
					Message: i18n.Text{RU: "нет такого человека", EN: "nobody has this login"}})
			}
			oids = []int64{p.OID}
		} else {
			for _, d := range people.DemoPeople() {
				oids = append(oids, d.OID)
			}
		}
		for _, one := range f.rooms {
			if one.Seed == nil {
				continue
			}
			n, err := one.Seed(r.Context(), tx, f.Deps, in, oids)
			if err != nil {
				return err
			}
			made += n
		}
		return nil
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, training.SeedResult{Charges: made})
	return nil
}

func (f face) client(w http.ResponseWriter, r *http.Request) error {
	var out training.Client
	err := f.DB.Read(r.Context(), func(tx *sql.Tx) error {
		pair, err := pki.Load(r.Context(), tx, pki.Client)
		if err != nil {
			return err
		}
		out = training.Client{ClientID: grant.TrainingClient, KeyPEM: pair.KeyPEM(),
			CertificatePEM: string(pair.Certificate.PEM()), RedirectURI: grant.TrainingRedirect, PasteURI: grant.TrainingPaste}
		keys, err := grant.APIKeys(r.Context(), tx)
		if err != nil {
			return err
		}
		for _, k := range keys {
			p, err := people.ByOID(r.Context(), tx, k.OID)
			if err != nil {
				return err
			}
			out.APIKeys = append(out.APIKeys, training.APIKey{Key: k.Key, Person: untrusted.Text(p.FullName()), OrgOID: strconv.FormatInt(k.OrgOID, 10)})
		}
		return nil
	})
	if err != nil {
		return err
	}
	problem.JSON(w, http.StatusOK, out)
	return nil
}

// rotate makes a new key for markers, as ЕСИА does every year.
func (f face) rotate(w http.ResponseWriter, r *http.Request) error {
	err := f.DB.Write(r.Context(), func(tx *sql.Tx) error {
		_, err := pki.RotateMarker(r.Context(), tx, f.Clock.Now())
		return err
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
