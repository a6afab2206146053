package profile

import (
	"context"
	"database/sql"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	"github.com/epgu-cli/epgu/internal/sandbox/people"
	"github.com/epgu-cli/epgu/internal/sandbox/problem"
	"github.com/epgu-cli/epgu/internal/sandbox/session"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// PrivacyTag is the ETag of a person's choice.
func PrivacyTag(p people.Privacy) string { return `"` + strconv.FormatInt(p.Version, 10) + `"` }

// WirePrivacy returns a person's choice as it travels.
func WirePrivacy(p people.Privacy, lang i18n.Lang) cabinet.Privacy {
	out := cabinet.Privacy{Advertising: !p.NoAdvertising}
	for _, kind := range people.SharingKinds() {
		out.Sharing = append(out.Sharing, cabinet.Sharing{With: kind, Title: untrusted.Text(people.SharingTitle(kind).In(lang)), Allowed: p.Allows(kind)})
	}
	return out
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// EditPrivacy changes what may be done with a person's data. own is the system
// of the portal itself: when other systems are forbidden, their sessions end.
// wall is the wall clock, today the portal's calendar.
func EditPrivacy(ctx context.Context, tx *sql.Tx, author people.Author, oid int64, match string, in cabinet.PrivacyEdit, own string, wall, today time.Time) (people.Privacy, error) {
	before, err := people.PrivacyOf(ctx, tx, oid)
	if err != nil {
		return before, err
	}
	if match == "" {
		return before, problem.NoMatch()
	}
	if match != "*" && match != PrivacyTag(before) {
		e := problem.New(http.StatusPreconditionFailed, "privacy.changed", i18n.Say("Настройки успели измениться", "The settings were changed meanwhile")).
			WithHint(i18n.Say("Посмотрите их снова и повторите правку", "Look at them again and repeat the edit"))
		return before, withPresent(e, before, in)
	}
	after := before
	after.Refused = maps.Clone(before.Refused)
	var fields []people.ChangeField
	if in.Advertising != nil && *in.Advertising == before.NoAdvertising {
		after.NoAdvertising = !*in.Advertising
		fields = append(fields, people.ChangeField{Field: "privacy.advertising", Old: yesNo(!before.NoAdvertising), New: yesNo(*in.Advertising)})
	}
	var bad faults
	for _, kind := range slices.Sorted(maps.Keys(in.Sharing)) {
		allowed := in.Sharing[kind]
		if !slices.Contains(people.SharingKinds(), kind) {
			bad.add("sharing."+kind, "unknown", "нет такого получателя", "there is no such third party")
			continue
		}
		if allowed == before.Allows(kind) {
			continue
		}
		if after.Refused == nil {
			after.Refused = map[string]bool{}
		}
		after.Refused[kind] = !allowed
		fields = append(fields, people.ChangeField{Field: "privacy.sharing." + kind, Old: yesNo(!allowed), New: yesNo(allowed)})
	}
	if len(bad) > 0 {
		return before, problem.Invalid(bad...)
	}
	if len(fields) == 0 {
		return before, nil
	}
	after.Version++
	if err := people.SetPrivacy(ctx, tx, oid, after); err != nil {
		return before, err
	}
	if !after.Allows(people.SharingSystems) && before.Allows(people.SharingSystems) {
		if err := endOthers(ctx, tx, oid, own, wall); err != nil {
			return before, err
		}
	}
	_, err = people.Record(ctx, tx, people.Change{OID: oid, At: today, Kind: KindPrivacy, Author: author, Fields: fields})
	return after, err
}

// withPresent names what stands differently now from what was wished.
func withPresent(e *problem.Error, now people.Privacy, in cabinet.PrivacyEdit) *problem.Error {
	is := i18n.Text{RU: "сейчас: %s", EN: "now: %s"}
	word := func(b bool) i18n.Text {
		if b {
			return i18n.Text{RU: "разрешено", EN: "allowed"}
		}
		return i18n.Text{RU: "запрещено", EN: "forbidden"}
	}
	if in.Advertising != nil {
		e = e.WithField("advertising", "changed", is.With(word(!now.NoAdvertising)))
	}
	for _, kind := range slices.Sorted(maps.Keys(in.Sharing)) {
		e = e.WithField("sharing."+kind, "changed", is.With(word(now.Allows(kind))))
	}
	return e
}

// endOthers ends the sessions of every system but the portal's own.
func endOthers(ctx context.Context, tx *sql.Tx, oid int64, own string, now time.Time) error {
	all, err := session.Of(ctx, tx, oid)
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.ClientID == own {
			continue
		}
		if _, err := session.RevokeClient(ctx, tx, oid, s.ClientID, session.WhyConsent, now); err != nil {
			return err
		}
	}
	return nil
}
