// Package applications is the screens of what was asked for: the board of
// applications, and one of them with its history, what it costs and its result.
package applications

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/epgu-cli/epgu/internal/cli/factory"
	core "github.com/epgu-cli/epgu/internal/core/applications"
	"github.com/epgu-cli/epgu/internal/core/tracking"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	"github.com/epgu-cli/epgu/internal/portal/gusmev"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	orders "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
	"github.com/epgu-cli/epgu/internal/safepath"
)

// Source is what these screens need of the core.
type Source interface {
	// Applications returns all applications, as the portal orders them.
	Applications(ctx context.Context) ([]wire.Application, error)
	Application(ctx context.Context, id int64) (*details, error)
	// Download saves the files of the result into the current folder, and returns
	// the paths of those that are saved, whatever happens to the others.
	Download(ctx context.Context, id int64) ([]string, error)
	// Write sends a message to the department.
	Write(ctx context.Context, id int64, text string) error
	// Withdraw asks the portal to withdraw it, for a reason in words.
	Withdraw(ctx context.Context, id int64, reason string) error
}

// details is one application whole.
type details struct {
	wire.Application
	History  []tracking.Event // oldest first
	Messages []message
	Files    []orders.File // of the result
}

// message is what a department or the applicant wrote.
type message struct {
	At   time.Time // zero when the portal does not say it readably
	Own  bool
	From orders.Text
	Text orders.Text
}

// Over is the source over the core.
func Over(f *factory.Factory) Source { return over{f} }

type over struct{ f *factory.Factory }

func (o over) Applications(ctx context.Context) ([]wire.Application, error) {
	conn, err := o.f.Connect(ctx)
	if err != nil {
		return nil, err
	}
	all, _, err := cabinet.Take(0, func(q cabinet.PageQuery) (*wire.Page[wire.Application], error) {
		return conn.Cabinet.Applications(ctx, cabinet.ApplicationQuery{PageQuery: q})
	})
	return all, err
}

func (o over) Application(ctx context.Context, id int64) (*details, error) {
	conn, err := o.f.Connect(ctx)
	if err != nil {
		return nil, err
	}
	a, err := conn.Cabinet.Application(ctx, id, 0)
	if err != nil {
		return nil, err
	}
	d := &details{Application: *a}
	watcher := tracking.Watcher{Portal: conn.Gusmev, Clock: o.f.Clock}
	if d.History, err = watcher.History(ctx, id); err != nil {
		return nil, err
	}
	info, err := conn.Gusmev.Order(ctx, id, false)
	if err != nil || info.Order == nil {
		return d, err
	}
	d.Files = info.Order.ResponseFiles
	if !conn.LacksCatalog(ctx) { // a cabinet has both sides of it
		all, err := conn.Cabinet.Messages(ctx, id)
		for _, m := range all {
			d.Messages = append(d.Messages, message{m.At, m.From == "applicant", m.Name, m.Text})
		}
		return d, err
	}
	for _, m := range info.Order.TextMessages {
		at, err := gusmev.ParseTime(m.Date)
		if err != nil {
			at = time.Time{}
		}
		d.Messages = append(d.Messages, message{at, false, m.From, m.Text})
	}
	return d, nil
}

func (o over) Write(ctx context.Context, id int64, text string) error {
	conn, err := o.f.Connect(ctx)
	if err != nil {
		return err
	}
	key, err := uuid.NewV7()
	if err != nil {
		return err
	}
	_, err = conn.Cabinet.WriteMessage(ctx, id, key.String(), text)
	return err
}

func (o over) Download(ctx context.Context, id int64) ([]string, error) {
	conn, err := o.f.Connect(ctx)
	if err != nil {
		return nil, err
	}
	save := core.SaveOptions{Policy: safepath.Number, Time: o.f.Clock.Now()}
	if !conn.LacksCatalog(ctx) {
		caps, err := conn.Cabinet.Capabilities(ctx)
		if err != nil {
			return nil, err
		}
		save.RootPEM = caps.DocumentRootPEM
	}
	got, err := core.SaveResult(ctx, conn.Gusmev, id, ".", save)
	paths := make([]string, len(got))
	for i, s := range got {
		paths[i] = s.Path
	}
	return paths, err
}

func (o over) Withdraw(ctx context.Context, id int64, reason string) error {
	conn, err := o.f.Connect(ctx)
	if err != nil {
		return err
	}
	return core.Withdraw(ctx, conn.Gusmev, id, reason)
}
