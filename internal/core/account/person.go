package account

import (
	"context"

	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// PersonPortal is what the profile of a person needs of a portal.
type PersonPortal interface {
	Profile(ctx context.Context) (*cabinet.Profile, error)
	EditProfile(ctx context.Context, etag string, edit wire.ProfileEdit) (*wire.ProfileEdited, error)
	Changes(ctx context.Context, kind string, q cabinet.PageQuery) (*wire.Page[wire.Change], error)
	RevertChange(ctx context.Context, id string, withLater bool) (*wire.ProfileEdited, error)
	ChangeContact(ctx context.Context, req wire.ContactChangeRequest) (*wire.ContactChange, error)
	ConfirmContact(ctx context.Context, id, code string) (*wire.ContactChange, error)
	Privacy(ctx context.Context) (*cabinet.Privacy, error)
	EditPrivacy(ctx context.Context, etag string, edit wire.PrivacyEdit) (*wire.Privacy, error)
	DeletionRequests(ctx context.Context) ([]wire.DeletionRequest, error)
	RequestDeletion(ctx context.Context, what string) (*wire.DeletionRequest, error)
}

// Profile returns all that the portal keeps about the person, with the version
// that an edit names.
func (s *Service) Profile(ctx context.Context) (*cabinet.Profile, error) {
	return offered(ctx, s, wire.CapProfileEdit, func() (*cabinet.Profile, error) { return s.Portal.Profile(ctx) })
}

// Edit sends an edit of the profile that was read as p. Exit code 9 means that
// it was changed meanwhile; the fields of the fault say how.
func (s *Service) Edit(ctx context.Context, p *cabinet.Profile, edit wire.ProfileEdit) (*wire.ProfileEdited, error) {
	return offered(ctx, s, wire.CapProfileEdit, func() (*wire.ProfileEdited, error) { return s.Portal.EditProfile(ctx, p.ETag, edit) })
}

// ChangeContact begins to change the phone or the e-mail: a code goes there. It
// takes the present password.
func (s *Service) ChangeContact(ctx context.Context, kind, value, password string) (*wire.ContactChange, error) {
	return offered(ctx, s, wire.CapProfileEdit, func() (*wire.ContactChange, error) {
		return s.Portal.ChangeContact(ctx, wire.ContactChangeRequest{Kind: kind, Value: value, Password: password})
	})
}

// ConfirmContact confirms a new contact; an empty code asks for a new one.
func (s *Service) ConfirmContact(ctx context.Context, id, code string) (*wire.ContactChange, error) {
	return offered(ctx, s, wire.CapProfileEdit, func() (*wire.ContactChange, error) { return s.Portal.ConfirmContact(ctx, id, code) })
}

// Changes returns the history of the account, newest first: at most limit
// lines (0 is all), and how many there are. kind "" is every kind.
func (s *Service) Changes(ctx context.Context, kind string, limit int) ([]wire.Change, int, error) {
	type page struct {
		items []wire.Change
		total int
	}
	p, err := offered(ctx, s, wire.CapProfileEdit, func() (page, error) {
		items, total, err := cabinet.Take(limit, func(q cabinet.PageQuery) (*wire.Page[wire.Change], error) { return s.Portal.Changes(ctx, kind, q) })
		return page{items, total}, err
	})
	return p.items, p.total, err
}

// Change returns one line of the history; exit code 5 when there is none.
func (s *Service) Change(ctx context.Context, id string) (wire.Change, error) {
	list, _, err := s.Changes(ctx, "", 0)
	if err != nil {
		return wire.Change{}, err
	}
	for _, c := range list {
		if c.ID == id {
			return c, nil
		}
	}
	return wire.Change{}, fault.New(exitcode.NotFound, "change.not_found", i18n.Text{RU: "в истории нет изменения «%s»", EN: "the history has no change %q"}.With(wire.Text(id))).
		AdviseRun("epgu profile history")
}

// Revert undoes a change, with what was changed since when withLater.
func (s *Service) Revert(ctx context.Context, id string, withLater bool) (*wire.ProfileEdited, error) {
	return offered(ctx, s, wire.CapProfileEdit, func() (*wire.ProfileEdited, error) { return s.Portal.RevertChange(ctx, id, withLater) })
}

// Privacy returns what may be done with the person's data.
func (s *Service) Privacy(ctx context.Context) (*cabinet.Privacy, error) {
	return offered(ctx, s, wire.CapProfileEdit, func() (*cabinet.Privacy, error) { return s.Portal.Privacy(ctx) })
}

// EditPrivacy changes what may be done with the person's data.
func (s *Service) EditPrivacy(ctx context.Context, p *cabinet.Privacy, edit wire.PrivacyEdit) (*wire.Privacy, error) {
	return offered(ctx, s, wire.CapProfileEdit, func() (*wire.Privacy, error) { return s.Portal.EditPrivacy(ctx, p.ETag, edit) })
}

// Deletions returns the requests to delete outdated data, newest first.
func (s *Service) Deletions(ctx context.Context) ([]wire.DeletionRequest, error) {
	return offered(ctx, s, wire.CapProfileEdit, func() ([]wire.DeletionRequest, error) { return s.Portal.DeletionRequests(ctx) })
}

// RequestDeletion asks to delete outdated data of a kind.
func (s *Service) RequestDeletion(ctx context.Context, what string) (*wire.DeletionRequest, error) {
	return offered(ctx, s, wire.CapProfileEdit, func() (*wire.DeletionRequest, error) { return s.Portal.RequestDeletion(ctx, what) })
}
