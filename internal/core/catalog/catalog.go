// Package catalog finds services and their forms, keeps the person's own ones
// and holds the names of all services in a file for completion and search
// without the portal. Commands and the TUI use it.
package catalog

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/forms"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Portal is what this package needs of the cabinet API; portal/cabinet.Client
// has it.
type Portal interface {
	Services(ctx context.Context, q cabinet.ServiceQuery) (*wire.Page[wire.Service], error)
	Service(ctx context.Context, code string) (*wire.ServiceDetails, error)
	Form(ctx context.Context, code string) (*wire.Form, error)
	FormAgain(ctx context.Context, code string, orderID int64) (*wire.Form, error)
	SavedServices(ctx context.Context, q cabinet.PageQuery) (*wire.Page[wire.Service], error)
	SaveService(ctx context.Context, code string) error
	ForgetService(ctx context.Context, code string) error
	ServiceChanges(ctx context.Context, q cabinet.ChangeQuery) (*wire.Page[wire.ServiceChange], error)
	ServiceIndex(ctx context.Context, tag string) (*wire.ServiceIndex, string, error)
}

// Service answers questions about the catalogue.
type Service struct {
	Portal Portal
	// Names is where the names of services are kept; nil keeps none.
	Names *Names
	// Clock says what day a form is filled on; nil leaves ages to the portal.
	Clock clock.Clock
	// Lang is the language of what the client knows itself, unless the context says another.
	Lang i18n.Lang
	// Own reports that the portal has no catalogue, so that the client's own list of
	// services of API ЕПГУ stands in for it; nil is never.
	Own func(ctx context.Context) bool
}

// lang is the language in which the client is asked.
func (s *Service) lang(ctx context.Context) i18n.Lang { return transport.LanguageOf(ctx, s.Lang) }

func (s *Service) own(ctx context.Context) bool { return s.Own != nil && s.Own(ctx) }

// Query narrows the catalogue; zero fields do not narrow.
type Query struct {
	Text       string // free text: word forms and typos are the portal's business
	Topic      string // key or part of the name
	Situation  string // life situation, likewise
	Department string // likewise
	Region     string // code of a subject or part of its name
	Person     string // "person", "entrepreneur", "organisation", "foreigner"
	Level      string // what an account of this level may ask for
	Fee        string // "free" or "paid"
	Online     bool   // only what can be asked for through the portal
	Obsolete   bool   // also what is no longer rendered
}

// Find returns services, best match first, at most limit of them (0 is all),
// and how many there are. Without Text the person's own ones come first.
func (s *Service) Find(ctx context.Context, q Query, limit int) ([]wire.Service, int, error) {
	if s.own(ctx) {
		return s.findAPI(ctx, q, limit)
	}
	return cabinet.Take(limit, func(page cabinet.PageQuery) (*wire.Page[wire.Service], error) {
		return s.Portal.Services(ctx, cabinet.ServiceQuery{PageQuery: page, Query: q.Text, Topic: q.Topic, Situation: q.Situation, Department: q.Department,
			Region: q.Region, Person: q.Person, Level: q.Level, Fee: q.Fee, Online: q.Online, Obsolete: q.Obsolete})
	})
}

// patience is how long somebody who types waits for the portal's search.
const patience = 300 * time.Millisecond

// Meant returns the codes of the services that a text being typed may mean, best
// first, at most limit of them: as the portal finds them (it knows word forms and
// everyday words), and by the names kept here when it does not answer in time.
func (s *Service) Meant(ctx context.Context, text string, limit int) ([]string, error) {
	in, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found, _, err := s.Find(in, Query{Text: text}, limit)
	var codes []string
	for _, f := range found {
		codes = append(codes, f.Code)
	}
	if err == nil || ctx.Err() != nil || s.Names == nil {
		return codes, err
	}
	for _, h := range s.Names.Search(text, limit) {
		codes = append(codes, h.Code)
	}
	if len(codes) > 0 {
		return codes, nil
	}
	return nil, err
}

// View returns one service by its code or short name. An unknown one is an
// error that names the nearest.
func (s *Service) View(ctx context.Context, code string) (*wire.ServiceDetails, error) {
	if s.own(ctx) {
		return s.viewAPI(ctx, code)
	}
	d, err := s.Portal.Service(ctx, code)
	return d, advise(err)
}

// advise tells where to look for a service that is not there.
func advise(err error) error {
	var f *fault.Error
	if errors.As(err, &f) && f.Exit == exitcode.NotFound && len(f.Fields) > 0 {
		f.Advise(i18n.Say("может быть, одна из этих; поиск по словам: epgu service search СЛОВА", "perhaps one of these; search by words: epgu service search WORDS"))
	}
	return err
}

// Form returns the form of a service and what the portal already knows of the
// person.
func (s *Service) Form(ctx context.Context, code string) (*forms.Form, forms.Known, error) {
	if s.own(ctx) {
		return s.formAPI(ctx, code)
	}
	w, err := s.Portal.Form(ctx, code)
	if err != nil {
		return nil, forms.Known{}, err
	}
	return s.parsed(ctx, w)
}

// FormAgain is Form filled as an earlier application for the service was.
// Superseded are its answers in place of which the profile or a register says
// another by now.
func (s *Service) FormAgain(ctx context.Context, code string, orderID int64) (form *forms.Form, known forms.Known, superseded []wire.Superseded, err error) {
	w, err := s.Portal.FormAgain(ctx, code, orderID)
	if err != nil {
		return nil, forms.Known{}, nil, err
	}
	form, known, err = s.parsed(ctx, w)
	return form, known, w.Superseded, err
}

func (s *Service) parsed(ctx context.Context, w *wire.Form) (*forms.Form, forms.Known, error) {
	f, err := forms.Parse(w.Service, w.Version, w.Schema)
	if err != nil {
		return nil, forms.Known{}, err
	}
	f.Lang = s.lang(ctx)
	if s.Clock != nil {
		f.Today = s.Clock.Now().In(clock.Moscow()).Format(time.DateOnly)
	}
	known := forms.Known{Values: w.Prefill, Sources: w.Sources, Reused: w.Reused}
	for path, items := range w.Suggestions {
		if known.Suggestions == nil {
			known.Suggestions = map[string][]forms.Suggestion{}
		}
		for _, x := range items {
			known.Suggestions[path] = append(known.Suggestions[path], forms.Suggestion{Title: x.Title, Source: x.Source, Values: x.Values})
		}
	}
	return f, known, nil
}

// Documents says of the attachments of a service what a form asks of them.
func Documents(list []wire.Document) []forms.Document {
	out := make([]forms.Document, len(list))
	for i, d := range list {
		out[i] = forms.Document{Name: d.Name, Title: d.Title, Required: d.Required || d.RequiredWhen, When: d.When}
	}
	return out
}

// Asked returns the attachments of a service, each required or not as the
// answers make it.
func Asked(x *forms.Filling, list []wire.Document) ([]wire.Document, error) {
	asked, err := x.Attachments(Documents(list))
	if err != nil {
		return nil, err
	}
	out := slices.Clone(list)
	for i := range out {
		out[i].Required = slices.ContainsFunc(asked, func(a forms.Document) bool { return a.Name == out[i].Name && a.Required })
	}
	return out, nil
}

// Going returns the names of the documents that go with the answers so far: those
// whose condition, if they have one, holds.
func Going(x *forms.Filling, list []wire.Document) (map[string]bool, error) {
	asked, err := x.Attachments(Documents(list))
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, d := range asked {
		out[d.Name] = true
	}
	return out, nil
}

// Saved returns the services that the person keeps, at most limit (0 is all),
// and how many there are.
func (s *Service) Saved(ctx context.Context, limit int) ([]wire.Service, int, error) {
	return cabinet.Take(limit, func(page cabinet.PageQuery) (*wire.Page[wire.Service], error) {
		return s.Portal.SavedServices(ctx, page)
	})
}

// Save keeps a service; keeping it again changes nothing.
func (s *Service) Save(ctx context.Context, code string) error {
	return advise(s.Portal.SaveService(ctx, code))
}

// Forget keeps a service no longer.
func (s *Service) Forget(ctx context.Context, code string) error {
	return advise(s.Portal.ForgetService(ctx, code))
}

// Changes returns what became different in services, latest first: in the kept
// ones since each was kept (or since a day, yyyy-mm-dd), or in all of them.
func (s *Service) Changes(ctx context.Context, since string, all bool, limit int) ([]wire.ServiceChange, int, error) {
	return cabinet.Take(limit, func(page cabinet.PageQuery) (*wire.Page[wire.ServiceChange], error) {
		return s.Portal.ServiceChanges(ctx, cabinet.ChangeQuery{PageQuery: page, Since: since, Saved: !all})
	})
}

// Refresh asks the portal for the names of services when those kept are older
// than a day, and keeps them. A portal that cannot tell is no failure: names
// are a convenience.
func (s *Service) Refresh(ctx context.Context) {
	if s.Names == nil || !s.Names.stale() || s.lang(ctx) != s.Lang || s.own(ctx) { // names in another language have another place
		return
	}
	kept, err := s.Names.load()
	if err != nil {
		kept = &file{}
	}
	index, tag, err := s.Portal.ServiceIndex(ctx, kept.Tag)
	if err != nil {
		return
	}
	if index != nil {
		kept = &file{Tag: tag, Items: index.Items}
	}
	s.Names.keep(kept)
}
