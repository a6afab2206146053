// Package apply is the screen on which a form is filled and an application
// submitted: the pages of the form one after the other, files, a review with
// everything that is wrong, and the sending. It fills by the engine of the
// commands, keeps its answers in the drafts of the commands, and submits by the
// same function as "epgu application create --submit".
package apply

import (
	"context"
	"time"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	"github.com/epgu-cli/epgu/internal/cli/signer"
	"github.com/epgu-cli/epgu/internal/core/account"
	"github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Source is what this screen needs of the core.
type Source interface {
	// Begin reads a service, its form with what is known of the person, and the
	// draft that is gone on with: the latest of this service, unless fresh. held are
	// answers that came into no draft any more and stand instead of the draft's; nil
	// when there are none.
	Begin(ctx context.Context, code string, fresh bool, held map[string]any) (*Task, error)
	// Save keeps the answers as a draft, a new one when d has no ID.
	Save(ctx context.Context, service *wire.ServiceDetails, d Draft) (Draft, error)
	// Remove throws away the draft of an application that is in.
	Remove(ctx context.Context, id string) error
	// Certificates names the certificates with a key on this machine.
	Certificates() ([]string, error)
	// Submit sends the application, or clears up what became of one with the same
	// content.
	Submit(ctx context.Context, s Sending) (applications.Receipt, error)
}

// Task is a form to be filled.
type Task struct {
	Service *wire.ServiceDetails
	Filling *forms.Filling
	Draft   Draft
	// TooLow says why this account cannot submit it; nil when it can.
	TooLow error
	// Open is an earlier application for the service of which nobody knows whether
	// it arrived; its State is empty when there is none.
	Open journal.Submission
}

// Draft is where the answers are kept. The zero Draft is kept nowhere yet.
type Draft struct {
	ID, ETag, Version, Name, RemindOn string
	At                                time.Time
	Values                            map[string]any
	Files                             map[string]string // paths by the document's name; kept on this machine
}

// Sending is a filled application.
type Sending struct {
	Service     *wire.ServiceDetails
	Values      map[string]any
	Attached    []applications.Attachment
	Certificate string // signs every file; "" signs nothing
	PIN         string
}

// Over is the source over the core.
func Over(f *factory.Factory) Source { return core{f} }

type core struct{ f *factory.Factory }

func (c core) Begin(ctx context.Context, code string, fresh bool, held map[string]any) (*Task, error) {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return nil, err
	}
	t := &Task{}
	if t.Service, err = conn.Catalog.View(ctx, code); err != nil {
		return nil, err
	}
	form, known, err := conn.Catalog.Form(ctx, t.Service.Code)
	if err != nil {
		return nil, err
	}
	if !fresh {
		for d, err := range conn.Cabinet.AllDrafts(ctx) { // the latest first
			if err != nil {
				return nil, err
			}
			if d.Service != t.Service.Code {
				continue
			}
			kept, err := conn.Cabinet.Draft(ctx, d.ID)
			if err != nil {
				return nil, err
			}
			values, _ := form.Migrate(kept.Data) // the heading says that the form has changed
			t.Draft = Draft{kept.ID, kept.ETag, kept.FormVersion, kept.Name, kept.RemindOn, kept.UpdatedAt, values, conn.Drafts.Files(kept.ID)}
			if kept.Due {
				t.Draft.RemindOn = "" // the person has come back to it
			}
			break
		}
	}
	if held != nil {
		t.Draft.Values = held
	}
	t.Filling = form.Fill(known, t.Draft.Values, conn.Dictionaries)
	have, err := conn.SignIn.LevelFor(ctx, func(l wire.Level) bool { return account.Reaches(l, t.Service.Level) })
	if err != nil {
		return nil, err
	}
	if !account.Reaches(have, t.Service.Level) {
		t.TooLow = account.TooLow(t.Service.Title, have, t.Service.Level)
	}
	j, err := c.f.Journal(ctx)
	if err != nil {
		return nil, err
	}
	for s, err := range j.ListSubmissions(ctx, journal.SubmissionFilter{Profile: conn.Profile, States: []journal.State{journal.Unknown, journal.Sending}, Newest: true}) {
		if err != nil {
			return nil, err
		}
		if s.Service == t.Service.Code {
			t.Open = s
			break
		}
	}
	return t, nil
}

func (c core) Save(ctx context.Context, service *wire.ServiceDetails, d Draft) (Draft, error) {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return d, err
	}
	in := wire.DraftInput{Service: service.Code, Data: d.Values, FormVersion: d.Version, Name: d.Name, RemindOn: d.RemindOn}
	var kept *cabinet.Draft
	if d.ID == "" {
		kept, err = conn.Cabinet.CreateDraft(ctx, in)
	} else {
		kept, err = conn.Cabinet.PutDraft(ctx, d.ID, d.ETag, in)
	}
	if err != nil {
		return d, err
	}
	d.ID, d.ETag, d.At = kept.ID, kept.ETag, kept.UpdatedAt
	return d, conn.Drafts.KeepFiles(d.ID, d.Files)
}

func (c core) Remove(ctx context.Context, id string) error {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return err
	}
	if err := conn.Cabinet.DeleteDraft(ctx, id); err != nil {
		return err
	}
	conn.Drafts.Forget(id)
	return nil
}

func (c core) Certificates() ([]string, error) {
	store, err := signer.Store(c.f)
	if err != nil {
		return nil, err
	}
	all, err := store.List()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, x := range all {
		names = append(names, x.Name)
	}
	return names, nil
}

func (c core) Submit(ctx context.Context, s Sending) (applications.Receipt, error) {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return applications.Receipt{}, err
	}
	me, err := conn.SignIn.Me(ctx)
	if err != nil {
		return applications.Receipt{}, err
	}
	req := applications.NewRequest(s.Service, me.Applicant(), me.Name().String(), s.Values, s.Attached)
	if err := req.Content.Published(ctx, s.Service, c.f.IO.Lang, c.f.Clock.Now()); err != nil {
		return applications.Receipt{}, err
	}
	if s.Certificate != "" {
		store, err := signer.Store(c.f)
		if err != nil {
			return applications.Receipt{}, err
		}
		req.Signer, err = store.Open(ctx, s.Certificate, "", func(context.Context, string) ([]byte, error) { return []byte(s.PIN), nil })
		if err != nil {
			return applications.Receipt{}, err
		}
	}
	submitter, err := conn.Applications(ctx)
	if err != nil {
		return applications.Receipt{}, err
	}
	return submitter.Submit(ctx, req)
}
