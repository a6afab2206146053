// Package profile is what a person may do with the data that the embedded
// portal keeps about him: edit them, put an earlier state back, confirm a new
// phone, limit what is shared and ask for the deletion of what is outdated.
// Every act is a change in the history (features A9, I1). Only
// sandbox/account imports it.
package profile

import (
	"context"
	"database/sql"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/signin"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// The kinds of changes that this package makes.
const (
	KindEdit     = "profile.edit"
	KindRevert   = "profile.revert"
	KindContact  = "contact"
	KindPrivacy  = "privacy"
	KindDeletion = "deletion"
)

// Edit writes what in holds over the profile that was read with the ETag
// match. It returns the profile as it is then and the id of the change, empty
// when everything was so already. now is the portal's calendar.
//
// The rule about levels: whoever edits a name, the birth, the sex or the
// passport of a checked account falls back to the simplified level; the portal
// files the check itself, and the former level comes back when the registers
// agree.
func Edit(ctx context.Context, tx *sql.Tx, author people.Author, oid int64, match string, in cabinet.ProfileEdit, now time.Time) (people.Person, string, error) {
	before, err := people.ByOID(ctx, tx, oid)
	if err != nil {
		return before, "", err
	}
	if err := CheckMatch(ctx, tx, before, match); err != nil {
		return before, "", err
	}
	after, bad := apply(before, in, now)
	if len(bad) > 0 {
		return before, "", problem.Invalid(bad...)
	}
	if after.INN != before.INN {
		if err := free(ctx, tx, after, "inn", after.INN); err != nil {
			return before, "", err
		}
	}
	return write(ctx, tx, before, after, people.Change{At: now, Kind: KindEdit, Author: author})
}

// write records an edit and files the check that it needs.
func write(ctx context.Context, tx *sql.Tx, before, after people.Person, c people.Change) (people.Person, string, error) {
	fields, err := people.Diff(before, after)
	if err != nil {
		return before, "", err
	}
	if slices.ContainsFunc(fields, func(f people.ChangeField) bool { return people.Identity(f.Field) }) {
		if after.Level, err = recheck(ctx, tx, before, after, c.At); err != nil {
			return before, "", err
		}
	}
	id, err := people.Rewrite(ctx, tx, before, after, c)
	return after, id, err
}

// recheck files the check of who somebody is and returns the level until then.
func recheck(ctx context.Context, tx *sql.Tx, before, after people.Person, now time.Time) (cabinet.Level, error) {
	pending, err := signin.LevelPending(ctx, tx, after.OID)
	if err != nil {
		return before.Level, err
	}
	if pending {
		return before.Level, problem.New(http.StatusConflict, "level.pending", i18n.Say("Данные сейчас проверяются", "The data are being checked")).
			WithHint(i18n.Say("дождитесь решения: epgu profile level", "wait for the decision: epgu profile level"))
	}
	level := before.Level
	if level == cabinet.LevelSimplified {
		lowered, yes, err := signin.Lowered(ctx, tx, after.OID)
		if err != nil || !yes {
			return level, err // nothing was checked yet, so nothing is lost
		}
		level = lowered
	}
	if _, ok := after.Passport(); !ok {
		return before.Level, problem.New(http.StatusConflict, "profile.passport_needed",
			i18n.Say("Проверенная учётная запись не может остаться без паспорта", "A checked account cannot do without a passport")).
			WithHint(i18n.Say("впишите новый паспорт вместо прежнего", "write the new passport over the earlier one"))
	}
	return cabinet.LevelSimplified, signin.Recheck(ctx, tx, after, level, now)
}

// CheckMatch refuses an edit of a profile that is not the one that was read:
// 412 with what was changed meanwhile.
func CheckMatch(ctx context.Context, tx *sql.Tx, p people.Person, match string) error {
	if match == "" {
		return problem.NoMatch()
	}
	etag, err := p.ETag()
	if err != nil || match == "*" || match == etag {
		return err
	}
	since, err := people.ChangesSince(ctx, tx, p.OID, match)
	if err != nil {
		return err
	}
	e := problem.New(http.StatusPreconditionFailed, "profile.changed", i18n.Say("Данные успели измениться", "The data were changed meanwhile"))
	e.Hint = i18n.Say("Посмотрите их снова и повторите правку", "Look at them again and repeat the edit")
	for _, c := range since {
		for _, f := range c.Fields {
			e = e.WithField(f.Field, "changed", i18n.Text{RU: "%s: было «%s», стало «%s»", EN: "%s: was %q, is %q"}.With(people.FieldTitle(f.Field), f.Old, f.New))
		}
	}
	return e
}

// Revert undoes a change: its fields are put back as they were before it. What
// was changed again since is refused, unless withLater.
func Revert(ctx context.Context, tx *sql.Tx, author people.Author, oid int64, id string, withLater bool, now time.Time) (people.Person, string, error) {
	p, err := people.ByOID(ctx, tx, oid)
	if err != nil {
		return p, "", err
	}
	c, err := people.ChangeByID(ctx, tx, oid, id)
	if err != nil {
		return p, "", notFound(err, "change.not_found")
	}
	if !Revertible(c) {
		return p, "", problem.New(http.StatusConflict, "change.not_revertible", i18n.Say("Это изменение так не отменить", "This change cannot be undone in this way")).
			WithHint(i18n.Say("телефон и почту меняет epgu profile edit --mobile или --email, остальное — своя команда",
				"the phone and the e-mail are changed by epgu profile edit --mobile or --email, the rest by its own command"))
	}
	later, err := people.ChangesAfter(ctx, tx, oid, c.Seq)
	if err != nil {
		return p, "", err
	}
	after := p
	for _, f := range c.Fields {
		if !people.Revertible(f.Field) {
			continue // the level follows from the data
		}
		present, err := p.Fact(f.Field)
		if err != nil {
			return p, "", err
		}
		if string(present.Raw) != string(f.Redo) && !withLater {
			return p, "", superseded(later, f.Field)
		}
		if err := after.Set(f.Field, f.Undo); err != nil {
			return p, "", err
		}
	}
	after = checked(p, after)
	if after.INN != p.INN {
		if err := free(ctx, tx, after, "inn", after.INN); err != nil {
			return p, "", err
		}
	}
	fresh, change, err := write(ctx, tx, p, after, people.Change{At: now, Kind: KindRevert, Author: author, Reverts: id})
	if err == nil && change == "" {
		return p, "", problem.New(http.StatusConflict, "change.nothing_to_undo", i18n.Say("Всё уже так, как было до этого изменения", "Everything is already as it was before this change"))
	}
	return fresh, change, err
}

// superseded is 409 naming the latest change of the field.
func superseded(later []people.Change, field string) error {
	e := problem.New(http.StatusConflict, "change.superseded", i18n.Text{RU: "С тех пор изменено снова: %s", EN: "Changed again since: %s"}.With(people.FieldTitle(field))).
		WithHint(i18n.Say("отмените сначала более позднее изменение или добавьте --with-later", "undo the later change first, or add --with-later"))
	for _, c := range slices.Backward(later) {
		if slices.ContainsFunc(c.Fields, func(f people.ChangeField) bool { return f.Field == field }) {
			e.Ref = c.ID
			break
		}
	}
	return e
}

// Revertible reports whether a change can be undone by its owner.
func Revertible(c people.Change) bool {
	if c.Kind != KindEdit && c.Kind != KindRevert {
		return false
	}
	return slices.ContainsFunc(c.Fields, func(f people.ChangeField) bool { return people.Revertible(f.Field) })
}

// Wire returns a person's profile as it travels.
func Wire(ctx context.Context, tx *sql.Tx, p people.Person) (cabinet.Profile, error) {
	text := func(s string) cabinet.Text { return untrusted.Text(s) }
	out := cabinet.Profile{
		OID: formatOID(p.OID), LastName: text(p.LastName), FirstName: text(p.FirstName), MiddleName: text(p.MiddleName),
		BirthDate: p.BirthDate, Gender: p.Gender, BirthPlace: text(p.BirthPlace), Citizenship: p.Citizenship,
		SNILS: p.SNILS, INN: p.INN, Mobile: p.Mobile, Email: p.Email, Level: p.Level,
		Addresses: []cabinet.Address{}, Documents: []cabinet.ProfileDocument{}, Children: []cabinet.ProfileChild{}, Vehicles: []cabinet.ProfileVehicle{},
	}
	var err error
	if out.Recheck, err = signin.LevelPending(ctx, tx, p.OID); err != nil {
		return out, err
	}
	for _, a := range p.Addresses {
		out.Addresses = append(out.Addresses, cabinet.Address{Type: a.Type, ZipCode: a.ZipCode, Region: text(a.Region), City: text(a.City),
			Street: text(a.Street), House: text(a.House), Flat: text(a.Flat)})
	}
	slices.SortFunc(out.Addresses, func(a, b cabinet.Address) int { return strings.Compare(a.Type, b.Type) })
	for _, d := range p.Documents {
		out.Documents = append(out.Documents, cabinet.ProfileDocument{Type: d.Type, Series: d.Series, Number: d.Number, IssueDate: d.IssueDate,
			IssueID: d.IssueID, IssuedBy: text(d.IssuedBy), ExpiresAt: d.Expires, Verified: d.Verified})
	}
	slices.SortFunc(out.Documents, func(a, b cabinet.ProfileDocument) int { return strings.Compare(a.Type, b.Type) })
	for _, k := range p.Kids {
		out.Children = append(out.Children, cabinet.ProfileChild{LastName: text(k.LastName), FirstName: text(k.FirstName),
			MiddleName: text(k.MiddleName), BirthDate: k.BirthDate, SNILS: k.SNILS})
	}
	for _, v := range p.Vehicles {
		out.Vehicles = append(out.Vehicles, cabinet.ProfileVehicle{Name: text(v.Name), Plate: v.Plate, VIN: v.VIN, STS: v.STS})
	}
	return out, nil
}

// WireChange returns a change as it travels.
func WireChange(c people.Change, owner people.Person, lang i18n.Lang) cabinet.Change {
	out := cabinet.Change{ID: c.ID, At: c.At, Kind: c.Kind, Revertible: Revertible(c) && c.RevertedBy == "", Reverts: c.Reverts, RevertedBy: c.RevertedBy,
		Author: cabinet.ChangeAuthor{Kind: c.Author.Kind, Name: untrusted.Text(c.Author.Name), ClientID: c.Author.ClientID}, Fields: []cabinet.ChangeField{}}
	switch {
	case c.Author.Kind == "portal":
		out.Author.Name = untrusted.Text(i18n.Text{RU: "портал", EN: "the portal"}.In(lang))
	case c.Author.Name == "":
		out.Author.Name = untrusted.Text(owner.FullName())
	}
	for _, f := range c.Fields {
		old, fresh := shown(f.Field, f.Old, lang), shown(f.Field, f.New, lang)
		out.Fields = append(out.Fields, cabinet.ChangeField{Field: f.Field, Title: untrusted.Text(people.FieldTitle(f.Field).In(lang)),
			Old: untrusted.Text(old), New: untrusted.Text(fresh)})
	}
	return out
}

// shown words a value of the history in the reader's language.
func shown(field, value string, lang i18n.Lang) string {
	var t i18n.Text
	switch value {
	case "yes":
		t = i18n.Text{RU: "да", EN: "yes"}
	case "no":
		t = i18n.Text{RU: "нет", EN: "no"}
	case "changed":
		t = i18n.Text{RU: "изменён", EN: "changed"}
	case "simplified":
		t = i18n.Text{RU: "упрощённая", EN: "simplified"}
	case "standard":
		t = i18n.Text{RU: "стандартная", EN: "standard"}
	case "confirmed":
		t = i18n.Text{RU: "подтверждённая", EN: "confirmed"}
	default:
		return value
	}
	if strings.Contains(field, "Name") {
		return value
	}
	return t.In(lang)
}
