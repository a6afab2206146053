package signin

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"
	"unicode"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/sandbox/devices"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
)

// Register begins a registration (features A2).
func Register(ctx context.Context, tx *sql.Tx, in cabinet.RegistrationRequest, now time.Time) (cabinet.Challenge, error) {
	p := people.Person{LastName: strings.TrimSpace(in.LastName), FirstName: strings.TrimSpace(in.FirstName),
		MiddleName: strings.TrimSpace(in.MiddleName), BirthDate: in.BirthDate, Citizenship: "RUS", INN: in.INN,
		Mobile: people.NormalMobile(in.Mobile), Email: people.NormalEmail(in.Email), Level: cabinet.LevelSimplified}
	var bad []problem.Field
	add := func(field, code, ru, en string) {
		bad = append(bad, problem.Field{Name: field, Code: code, Message: i18n.Text{RU: ru, EN: en}})
	}
	for _, name := range []struct {
		field, value string
		needed       bool
	}{{"lastName", p.LastName, true}, {"firstName", p.FirstName, true}, {"middleName", p.MiddleName, false}} {
		switch {
		case name.value == "" && name.needed:
			add(name.field, "required", "заполните", "fill it in")
		case !isName(name.value):
			add(name.field, "malformed", "только буквы, пробел, дефис и апостроф", "letters, spaces, hyphens and apostrophes only")
		}
	}
	if born, err := time.Parse(time.DateOnly, p.BirthDate); err != nil {
		add("birthDate", "malformed", "нужна дата вида 1990-12-31", "a date like 1990-12-31 is expected")
	} else if born.After(now) || born.Year() < 1900 {
		add("birthDate", "range", "такой даты рождения не бывает", "nobody was born then")
	} else if born.AddDate(14, 0, 0).After(now) {
		add("birthDate", "too_young", "регистрация — с 14 лет", "registration is from the age of 14")
	}
	if in.Mobile != "" && p.Mobile == "" {
		add("mobile", "malformed", "нужен номер вида +79001234567", "a number like +79001234567 is expected")
	}
	if in.Email != "" && p.Email == "" {
		add("email", "malformed", "это не адрес почты", "this is no e-mail address")
	}
	if in.Mobile == "" && in.Email == "" {
		add("mobile", "required", "укажите телефон или почту", "give a phone or an e-mail address")
	}
	if in.INN != "" && (len(in.INN) != 12 || !requisites.ValidINN(in.INN)) {
		add("inn", "malformed", "ИНН не сходится с контрольными цифрами", "the check digits of the ИНН do not fit")
	}
	if !in.AgreeTerms {
		add("agreeTerms", "required", "без согласия с условиями зарегистрироваться нельзя", "registration needs your agreement to the terms")
	}
	taken, err := takenFields(ctx, tx, p)
	if err != nil {
		return cabinet.Challenge{}, err
	}
	if bad = append(bad, taken...); len(bad) > 0 {
		return cabinet.Challenge{}, problem.Invalid(bad...)
	}
	c := challenge{kind: ChallengeRegistration, person: p, to: p.Mobile, toKind: "sms"}
	if p.Mobile == "" {
		c.to, c.toKind = p.Email, "email"
	}
	return begin(ctx, tx, c, now)
}

func isName(s string) bool {
	for _, r := range s {
		if !unicode.IsLetter(r) && r != ' ' && r != '-' && r != '\'' && r != '’' {
			return false
		}
	}
	return len(s) <= 200
}

// takenFields tells which logins of p somebody else has already.
func takenFields(ctx context.Context, q store.Queryer, p people.Person) ([]problem.Field, error) {
	var out []problem.Field
	for _, login := range []struct{ field, value string }{
		{"mobile", p.Mobile}, {"email", p.Email}, {"inn", p.INN}, {"snils", p.SNILS}} {
		if login.value == "" {
			continue
		}
		other, err := people.ByLogin(ctx, q, login.value)
		if errors.Is(err, people.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if other.OID != p.OID {
			out = append(out, problem.Field{Name: login.field, Code: "taken",
				Message: i18n.Text{RU: "уже есть учётная запись", EN: "somebody has an account with it already"}})
		}
	}
	return out, nil
}

// Answer takes the code of a challenge and the new password, or sends a new
// code when there is none. The refusal's effects must be committed.
func Answer(ctx context.Context, tx *sql.Tx, kind, id string, in cabinet.ChallengeAnswer, now time.Time) (cabinet.Challenge, *problem.Error, error) {
	c, err := findChallenge(ctx, tx, kind, id, now)
	if err != nil {
		return cabinet.Challenge{}, nil, err
	}
	if in.Code == "" {
		refusal, err := c.resend(ctx, tx, now)
		return c.wire("code"), refusal, err
	}
	// The password is judged first: a code must not be spent on a bad one.
	if bad := CheckNewPassword("password", in.Password); len(bad) > 0 {
		return cabinet.Challenge{}, problem.Invalid(bad...), nil
	}
	if refusal, err := c.check(ctx, tx, in.Code, now); refusal != nil || err != nil {
		return cabinet.Challenge{}, refusal, err
	}
	if kind == ChallengeRegistration {
		taken, err := takenFields(ctx, tx, c.person)
		if err != nil {
			return cabinet.Challenge{}, nil, err
		}
		if len(taken) > 0 { // somebody was faster
			return cabinet.Challenge{}, problem.Invalid(taken...), c.drop(ctx, tx)
		}
		if c.oid, err = people.Create(ctx, tx, c.person); err != nil {
			return cabinet.Challenge{}, nil, err
		}
	}
	if err := SetPassword(ctx, tx, c.oid, in.Password); err != nil {
		return cabinet.Challenge{}, nil, err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE credentials SET failures = 0, locked_us = 0, lock_number = '' WHERE oid = ?", c.oid); err != nil {
		return cabinet.Challenge{}, nil, err
	}
	if _, err := session.RevokeAll(ctx, tx, c.oid, "", now); err != nil {
		return cabinet.Challenge{}, nil, err
	}
	// Whoever had the account before may have bound a device of his own.
	if _, err := devices.RemoveAll(ctx, tx, c.oid); err != nil {
		return cabinet.Challenge{}, nil, err
	}
	p, err := people.ByOID(ctx, tx, c.oid)
	if err != nil {
		return cabinet.Challenge{}, nil, err
	}
	if _, err := store.AddEvent(ctx, tx, store.Event{At: now, Kind: "security." + kind, OID: c.oid}); err != nil {
		return cabinet.Challenge{}, nil, err
	}
	done := c.wire("done")
	done.Login = p.Logins()[0]
	return done, nil, c.drop(ctx, tx)
}
