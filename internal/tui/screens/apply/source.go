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
	"github.com/epgu-cli/epgu/internal/core/templates"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Source is what this screen needs of the core.
type Source interface {
	// Begin reads a service, its form with what is known of the person, and what it is
	// filled from.
	Begin(ctx context.Context, from Start) (*Task, error)
	// KeepTemplate keeps the answers of a form under a name. A name that is there
	// already is a conflict, exit code 9, unless it may be replaced.
	KeepTemplate(ctx context.Context, t *Task, name string, values map[string]any, replace bool) (wire.Template, error)
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

// Start says what a form is filled from, besides what is known of the person: the
// latest draft of the service unless one of the others is given.
type Start struct {
	// Code is the service's; "" when Repeat names it.
	Code string
	// Fresh takes nothing else, Template the answers of the template of this name,
	// Repeat those of an earlier application.
	Fresh    bool
	Template string
	Repeat   int64
	// Held are answers that came into no draft any more and stand instead of the
	// draft's; nil when there are none.
	Held map[string]any
}

// goesOn reports whether the draft is gone on with.
func (s Start) goesOn() bool { return !s.Fresh && s.Template == "" && s.Repeat == 0 }

// Task is a form to be filled.
type Task struct {
	Service *wire.ServiceDetails
	Filling *forms.Filling
	// Known is what was known before anybody answered.
	Known forms.Known
	Draft Draft
	// Templates are those of the service, by name.
	Templates []wire.Template
	// Told says what the form was filled from and what is otherwise by now; empty
	// when there is nothing to tell.
	Told []i18n.Message
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

func (c core) Begin(ctx context.Context, from Start) (*Task, error) {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return nil, err
	}
	code := from.Code
	if from.Repeat != 0 {
		a, err := conn.Cabinet.Application(ctx, from.Repeat, 0)
		if err != nil {
			return nil, err
		}
		code = a.Service
	}
	t := &Task{}
	if t.Service, err = conn.Catalog.View(ctx, code); err != nil {
		return nil, err
	}
	form, err := c.filled(ctx, conn, t, from)
	if err != nil {
		return nil, err
	}
	if from.goesOn() {
		if t.Draft, err = c.draft(ctx, conn, form); err != nil {
			return nil, err
		}
	}
	if from.Held != nil {
		t.Draft.Values = from.Held
	}
	t.Filling = form.Fill(t.Known, t.Draft.Values, conn.Dictionaries)
	if t.Templates, err = c.templates(ctx, conn, form.Service); err != nil {
		return nil, err
	}
	have, err := conn.SignIn.LevelFor(ctx, func(l wire.Level) bool { return account.Reaches(l, t.Service.Level) })
	if err != nil {
		return nil, err
	}
	if !account.Reaches(have, t.Service.Level) {
		t.TooLow = account.TooLow(t.Service.Title, have, t.Service.Level)
	}
	t.Open, err = c.open(ctx, conn, t.Service.Code)
	return t, err
}

// filled reads the form of a task with what is known, and says what it is filled from.
func (c core) filled(ctx context.Context, conn *factory.Connection, t *Task, from Start) (*forms.Form, error) {
	if from.Repeat != 0 {
		form, known, superseded, err := conn.Catalog.FormAgain(ctx, t.Service.Code, from.Repeat)
		t.Known, t.Told = known, templates.ToldAgain(from.Repeat, known, superseded)
		if len(t.Service.Documents) > 0 {
			t.Told = append(t.Told, i18n.Say("Вложения не повторяются: приложите их снова.", "Attachments are not repeated: attach them again."))
		}
		return form, err
	}
	form, known, err := conn.Catalog.Form(ctx, t.Service.Code)
	if err != nil || from.Template == "" {
		t.Known = known
		return form, err
	}
	found, err := conn.Templates.Find(ctx, from.Template)
	if err != nil {
		return nil, err
	}
	var m forms.Migration
	if t.Known, m, err = templates.Lay(form, known, &found.Template); err != nil {
		return nil, err
	}
	t.Told = templates.ToldLaid(&found.Template, form, m)
	return form, nil
}

// draft is the latest one of a service, with its answers as the form asks for them now.
func (c core) draft(ctx context.Context, conn *factory.Connection, form *forms.Form) (Draft, error) {
	for d, err := range conn.Cabinet.AllDrafts(ctx) { // the latest first
		if err != nil {
			return Draft{}, err
		}
		if d.Service != form.Service {
			continue
		}
		kept, err := conn.Cabinet.Draft(ctx, d.ID)
		if err != nil {
			return Draft{}, err
		}
		values, _ := form.Migrate(kept.Data) // the heading says that the form has changed
		out := Draft{kept.ID, kept.ETag, kept.FormVersion, kept.Name, kept.RemindOn, kept.UpdatedAt, values, conn.Drafts.Files(kept.ID)}
		if kept.Due {
			out.RemindOn = "" // the person has come back to it
		}
		return out, nil
	}
	return Draft{}, nil
}

// templates are those of a service; a portal that keeps none has none.
func (c core) templates(ctx context.Context, conn *factory.Connection, service string) ([]wire.Template, error) {
	if conn.Templates == nil {
		return nil, nil
	}
	all, err := conn.Templates.All(ctx, service)
	if f := fault.Of(err); f != nil && (f.Exit == exitcode.Refused || f.Exit == exitcode.NotFound) {
		return nil, nil
	}
	return all, err
}

// open is an application for the service of which nobody knows whether it arrived.
func (c core) open(ctx context.Context, conn *factory.Connection, service string) (journal.Submission, error) {
	j, err := c.f.Journal(ctx)
	if err != nil {
		return journal.Submission{}, err
	}
	for s, err := range j.ListSubmissions(ctx, journal.SubmissionFilter{Profile: conn.Profile, States: []journal.State{journal.Unknown, journal.Sending}, Newest: true}) {
		if err != nil || s.Service == service {
			return s, err
		}
	}
	return journal.Submission{}, nil
}

func (c core) KeepTemplate(ctx context.Context, t *Task, name string, values map[string]any, replace bool) (wire.Template, error) {
	conn, err := c.f.Connect(ctx)
	if err != nil {
		return wire.Template{}, err
	}
	kept, err := conn.Templates.Keep(ctx, name, t.Filling.Form(), t.Known, values, replace)
	if err != nil {
		return wire.Template{}, err
	}
	return kept.Template, nil
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
	if err := req.Content.Published(ctx, s.Service, c.f.Language(ctx), c.f.Clock.Now()); err != nil {
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
