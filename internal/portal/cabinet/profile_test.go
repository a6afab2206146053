package cabinet

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

const changeID = "0195a1b2-0000-7000-8000-000000000077"

func profile() wire.Profile {
	return wire.Profile{OID: "1000", LastName: "Учебный", FirstName: "Пётр", BirthDate: "1985-04-12", Gender: "M", Level: wire.LevelConfirmed,
		Addresses: []wire.Address{{Type: wire.AddressLiving, Region: "Учебная область", House: "1"}},
		Documents: []wire.ProfileDocument{{Type: wire.DocumentPassport, Series: "0000", Number: "000009", Verified: true}},
		Children:  []wire.ProfileChild{}, Vehicles: []wire.ProfileVehicle{}}
}

func change() wire.Change {
	return wire.Change{ID: changeID, At: moment(), Kind: "profile.edit", Author: wire.ChangeAuthor{Kind: "person", Name: "Учебный Пётр", ClientID: "EPGU"},
		Fields: []wire.ChangeField{{Field: "inn", Title: "ИНН", Old: "**00", New: "**36"}}, Revertible: true}
}

func contactChange(state string) wire.ContactChange {
	return wire.ContactChange{ID: changeID, Kind: "mobile", State: state, Target: "+7 *** ***-00-77", ExpiresAt: moment()}
}

func privacy() wire.Privacy {
	return wire.Privacy{Advertising: true, Sharing: []wire.Sharing{{With: "banks", Title: "банкам", Allowed: true}}}
}

func deletionRequest() wire.DeletionRequest {
	return wire.DeletionRequest{ID: changeID, Number: "УД-000001", What: "documents", State: "accepted", CreatedAt: moment(), AnswerBy: moment()}
}

// profileReplies are the answers that the calls of profileCalls get.
func profileReplies() map[string][]reply {
	edited := wire.ProfileEdited{Profile: profile(), Change: &wire.Change{}}
	*edited.Change = change()
	return map[string][]reply{
		"getProfile": {{status: 200, body: profile(), etag: `"a"`}}, "editProfile": {{status: 200, body: edited, etag: `"b"`}},
		"listChanges": ok(page1(change())), "revertChange": {{status: 201, body: edited, etag: `"a"`}},
		"createContactChange": {{status: 201, body: contactChange("code")}}, "answerContactChange": ok(contactChange("done")),
		"getPrivacy": {{status: 200, body: privacy(), etag: `"1"`}}, "editPrivacy": {{status: 200, body: privacy(), etag: `"2"`}},
		"listDeletionRequests": ok(page1(deletionRequest())), "createDeletionRequest": {{status: 201, body: deletionRequest()}},
	}
}

// profileCalls makes every call of the profile.
func profileCalls(t *testing.T, c *Client, f *fake) {
	t.Helper()
	ctx := t.Context()
	same := func(name string, got, want any, err error) {
		t.Helper()
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
	p, err := c.Profile(ctx)
	same("profile", p, &Profile{Profile: profile(), ETag: `"a"`}, err)
	inn := "960000000236"
	edited, err := c.EditProfile(ctx, p.ETag, wire.ProfileEdit{INN: &inn, Documents: []wire.DocumentEdit{{Type: wire.DocumentForeign, Series: "00", Number: "0000003"}}})
	if err != nil || edited.Change == nil || edited.Change.ID != changeID {
		t.Errorf("edit: %+v %v", edited, err)
	}
	if h := f.request().Header; h.Get("If-Match") != `"a"` || h.Get("Idempotency-Key") == "" {
		t.Errorf("an edit went out with %v", h)
	}
	changes, err := c.Changes(ctx, "profile.edit", PageQuery{Limit: 10})
	same("changes", changes.Items, []wire.Change{change()}, err)
	if _, err := c.RevertChange(ctx, changeID, true); err != nil || f.request().Header.Get("Idempotency-Key") == "" {
		t.Errorf("revert: %v", err)
	}
	begun, err := c.ChangeContact(ctx, wire.ContactChangeRequest{Kind: "mobile", Value: "+79000000077", Password: "Present-1"})
	if err != nil || begun.State != "code" {
		t.Errorf("contact: %+v %v", begun, err)
	}
	if done, err := c.ConfirmContact(ctx, changeID, "123456"); err != nil || done.State != "done" {
		t.Errorf("contact: %+v %v", done, err)
	}
	choice, err := c.Privacy(ctx)
	same("privacy", choice, &Privacy{Privacy: privacy(), ETag: `"1"`}, err)
	no := false
	if _, err := c.EditPrivacy(ctx, choice.ETag, wire.PrivacyEdit{Advertising: &no, Sharing: map[string]bool{"banks": false}}); err != nil {
		t.Error(err)
	}
	asked, err := c.RequestDeletion(ctx, "documents")
	want := deletionRequest()
	same("deletion", asked, &want, err)
	list, err := c.DeletionRequests(ctx)
	same("deletions", list, []wire.DeletionRequest{want}, err)
}

func TestAProfileThatChangedMeanwhileIsAConflictThatSaysHow(t *testing.T) {
	c, _ := portal(t, map[string][]reply{"editProfile": {{status: 412, body: wire.Problem{Title: "Данные успели измениться", Status: 412, Code: "profile.changed",
		Fields: []wire.FieldError{{Field: "inn", Code: "changed", Message: "ИНН: было «**00», стало «**36»"}}}}}})
	_, err := c.EditProfile(t.Context(), `"old"`, wire.ProfileEdit{})
	var f *fault.Error
	if !errors.As(err, &f) || f.Exit != exitcode.Conflict || f.Code != "profile.changed" || len(f.Fields) != 1 || f.Fields[0].Name != "inn" {
		t.Errorf("%+v", f)
	}
}

func TestARequestThatIsStillAtWorkIsAskedForAgain(t *testing.T) {
	busy := reply{status: 409, after: "1", body: wire.Problem{Title: "Ещё выполняется", Status: 409, Code: "idempotency.in_progress", RetryAfterMS: 1000}}
	c, f := portal(t, map[string][]reply{"createDeletionRequest": {busy, {status: 201, body: deletionRequest()}}})
	if _, err := c.RequestDeletion(t.Context(), "documents"); err != nil || f.times("createDeletionRequest") != 2 {
		t.Errorf("%d calls, %v", f.times("createDeletionRequest"), err)
	}
}
