package account

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/store"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// organisations serves GET /organisations.
func (f face) organisations(w http.ResponseWriter, r *http.Request) error {
	c := caller(r)
	var out []cabinet.Organisation
	err := f.DB.Read(r.Context(), func(tx *sql.Tx) error {
		members, err := people.OrgsOf(r.Context(), tx, c.OID, f.Clock.Now())
		if err != nil {
			return err
		}
		for _, m := range members {
			o, err := people.OrgByOID(r.Context(), tx, m.OrgOID)
			if err != nil {
				return err
			}
			org := cabinet.Organisation{OID: formatOID(o.OID), Name: untrusted.Text(o.ShortName), Kind: o.Type, INN: o.INN, KPP: o.KPP, OGRN: o.OGRN,
				Position: untrusted.Text(m.Position), Chief: m.Chief, Powers: powers(m), Current: o.OID == c.OrgOID}
			if !m.Until.IsZero() {
				org.Until = &m.Until
			}
			out = append(out, org)
		}
		return nil
	})
	if err != nil {
		return err
	}
	page(w, out)
	return nil
}

func powers(m people.Member) []string {
	if m.Powers == nil {
		return []string{}
	}
	return m.Powers
}

// chiefOf returns the organisation of the address; only its chief gets it.
func (f face) chiefOf(ctx context.Context, q store.Queryer, r *http.Request) (int64, error) {
	oid, err := strconv.ParseInt(r.PathValue("oid"), 10, 64)
	if err != nil {
		return 0, problem.NotFound("organisation.not_found")
	}
	m, err := people.MemberOf(ctx, q, caller(r).OID, oid, f.Clock.Now())
	if errors.Is(err, people.ErrNotFound) {
		return 0, problem.NotFound("organisation.not_found")
	}
	if err != nil {
		return 0, err
	}
	if !m.Chief {
		return 0, problem.New(http.StatusForbidden, "organisation.not_chief",
			i18n.Say("Полномочия раздаёт только руководитель", "Only the chief gives powers"))
	}
	return oid, nil
}

func (f face) wireMember(ctx context.Context, q store.Queryer, m people.Member) (cabinet.Member, error) {
	p, err := people.ByOID(ctx, q, m.PersonOID)
	out := cabinet.Member{OID: formatOID(m.PersonOID), Name: untrusted.Text(p.FullName()), Position: untrusted.Text(m.Position),
		Chief: m.Chief, Powers: powers(m)}
	if !m.Until.IsZero() {
		out.Until = &m.Until
	}
	return out, err
}

// members serves GET /organisations/{oid}/members.
func (f face) members(w http.ResponseWriter, r *http.Request) error {
	var out []cabinet.Member
	err := f.DB.Read(r.Context(), func(tx *sql.Tx) error {
		org, err := f.chiefOf(r.Context(), tx, r)
		if err != nil {
			return err
		}
		all, err := people.MembersOf(r.Context(), tx, org, f.Clock.Now())
		if err != nil {
			return err
		}
		for _, m := range all {
			one, err := f.wireMember(r.Context(), tx, m)
			if err != nil {
				return err
			}
			out = append(out, one)
		}
		return nil
	})
	if err != nil {
		return err
	}
	page(w, out)
	return nil
}

// addMember serves POST /organisations/{oid}/members.
func (f face) addMember(w http.ResponseWriter, r *http.Request) error {
	var in cabinet.MemberInput
	if err := problem.ReadJSON(w, r, &in); err != nil {
		return err
	}
	var bad []problem.Field
	for _, p := range in.Powers {
		if !slices.Contains([]string{people.PowerOrders, people.PowerPayments}, p) {
			bad = append(bad, problem.Field{Name: "powers", Code: "unknown",
				Message: i18n.Text{RU: "полномочия: orders (заявления) и payments (платежи)", EN: "powers are orders and payments"}})
			break
		}
	}
	if len(in.Powers) == 0 {
		bad = append(bad, problem.Field{Name: "powers", Code: "required", Message: i18n.Text{RU: "дайте хотя бы одно", EN: "give at least one"}})
	}
	if in.Until != nil && !in.Until.After(f.Clock.Now()) {
		bad = append(bad, problem.Field{Name: "until", Code: "past", Message: i18n.Text{RU: "срок уже прошёл", EN: "the term is over already"}})
	}
	if strings.TrimSpace(in.Position) == "" || len(in.Position) > 200 {
		bad = append(bad, problem.Field{Name: "position", Code: "required", Message: i18n.Text{RU: "укажите должность", EN: "give the position"}})
	}
	if len(bad) > 0 {
		return problem.Invalid(bad...)
	}
	var out cabinet.Member
	var org int64
	err := f.DB.Write(r.Context(), func(tx *sql.Tx) (err error) {
		if org, err = f.chiefOf(r.Context(), tx, r); err != nil {
			return err
		}
		p, err := people.ByLogin(r.Context(), tx, in.Login)
		if errors.Is(err, people.ErrNotFound) {
			return problem.Invalid(problem.Field{Name: "login", Code: "unknown", Message: i18n.Text{RU: "нет такого человека", EN: "nobody has this login"}})
		}
		if err != nil {
			return err
		}
		if p.OID == caller(r).OID {
			return problem.Invalid(problem.Field{Name: "login", Code: "self", Message: i18n.Text{RU: "у руководителя все полномочия и так есть", EN: "the chief has every power already"}})
		}
		if p.Level != cabinet.LevelConfirmed {
			return problem.Invalid(problem.Field{Name: "login", Code: "level",
				Message: i18n.Text{RU: "у человека не подтверждена учётная запись", EN: "the person's account is not confirmed"}})
		}
		m := people.Member{PersonOID: p.OID, OrgOID: org, Position: in.Position, Powers: in.Powers}
		if in.Until != nil {
			m.Until = *in.Until
		}
		if err := people.SetMember(r.Context(), tx, m); err != nil {
			return err
		}
		if err := f.record(r, tx, p.OID, "powers", people.ChangeField{Field: "powers", New: formatOID(org) + " " + strings.Join(in.Powers, ",")}); err != nil {
			return err
		}
		out, err = f.wireMember(r.Context(), tx, m)
		return err
	})
	return created(w, "/organisations/"+formatOID(org)+"/members/"+out.OID, out, err)
}

// removeMember serves DELETE /organisations/{oid}/members/{person}.
func (f face) removeMember(w http.ResponseWriter, r *http.Request) error {
	return noContent(w, f.DB.Write(r.Context(), func(tx *sql.Tx) error {
		org, err := f.chiefOf(r.Context(), tx, r)
		if err != nil {
			return err
		}
		person, err := strconv.ParseInt(r.PathValue("person"), 10, 64)
		if err != nil {
			return problem.NotFound("member.not_found")
		}
		m, err := people.MemberOf(r.Context(), tx, person, org, f.Clock.Now())
		if errors.Is(err, people.ErrNotFound) {
			return problem.NotFound("member.not_found")
		}
		if err != nil {
			return err
		}
		if m.Chief {
			return problem.New(http.StatusForbidden, "organisation.chief_stays",
				i18n.Say("Руководителя убрать нельзя", "The chief cannot be removed"))
		}
		if err := people.RemoveMember(r.Context(), tx, person, org); err != nil {
			return err
		}
		return f.record(r, tx, person, "powers", people.ChangeField{Field: "powers", Old: formatOID(org) + " " + strings.Join(m.Powers, ",")})
	}))
}
