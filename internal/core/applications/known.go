package applications

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/portal/gusmev"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/gusmev"
)

// Desk is what Known needs of API ЕПГУ; portal/gusmev.Client has it.
type Desk interface {
	Order(ctx context.Context, id int64, history bool) (*gusmev.OrderInfo, error)
	Statuses(ctx context.Context, ids []int64) ([]wire.OrderStatus, error)
	UpdatedAfter(ctx context.Context, since time.Time, wait time.Duration) ([]wire.OrderStatus, error)
}

// Known finds a person's applications where the portal has no list of them: those
// that changed since a moment, and those of the journal of this machine.
type Known struct {
	Portal  Desk
	Journal Ledger
	Profile string
	Lang    i18n.Lang
}

// List returns the applications, newest change first, at most limit of them (0 is
// all), and how many there are. Of the portal's own ones only those are known that
// changed since the moment.
func (k *Known) List(ctx context.Context, since time.Time, limit int) ([]cabinet.Application, int, error) {
	found := map[int64]*cabinet.Application{}
	var ids []int64
	var unnumbered []cabinet.Application
	for s, err := range k.Journal.ListSubmissions(ctx, journal.SubmissionFilter{Profile: k.Profile}) {
		if err != nil {
			return nil, 0, err
		}
		a := cabinet.Application{OrderID: s.OrderID, Service: s.Service, ServiceTitle: cabinet.Text(s.Title), CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt, StatusTitle: k.stateTitle(s.State)}
		switch {
		case s.OrderID != 0:
			found[s.OrderID] = &a
			ids = append(ids, s.OrderID)
		case s.State == journal.Unknown || s.State == journal.Sending:
			unnumbered = append(unnumbered, a)
		}
	}
	updates, err := k.Portal.UpdatedAfter(ctx, since, 0)
	if err != nil {
		return nil, 0, err
	}
	current, err := k.Portal.Statuses(ctx, ids)
	if err != nil {
		return nil, 0, err
	}
	for _, u := range slices.Concat(updates, current) {
		if u.Status == nil {
			continue
		}
		a := found[u.OrderID]
		if a == nil {
			a = &cabinet.Application{OrderID: u.OrderID}
			found[u.OrderID] = a
		}
		at, err := gusmev.ParseTime(u.Status.Updated)
		if err != nil || a.StatusID != 0 && at.Before(a.UpdatedAt) {
			continue
		}
		a.StatusID, a.StatusTitle, a.UpdatedAt = u.Status.StatusID, u.Status.StatusName, at
	}
	out := unnumbered
	for _, a := range found {
		out = append(out, *a)
	}
	slices.SortFunc(out, func(a, b cabinet.Application) int {
		return cmp.Or(b.UpdatedAt.Compare(a.UpdatedAt), cmp.Compare(b.OrderID, a.OrderID))
	})
	total := len(out)
	if limit > 0 && total > limit {
		out = out[:limit]
	}
	for i := range out {
		if out[i].Service != "" || out[i].OrderID == 0 {
			continue
		}
		full, err := k.View(ctx, out[i].OrderID)
		if err != nil {
			return nil, 0, err
		}
		out[i] = *full
	}
	return out, total, nil
}

// Whole reads what a short list leaves out of each application that has a number.
func (k *Known) Whole(ctx context.Context, all []cabinet.Application) error {
	for i := range all {
		if all[i].OrderID == 0 || all[i].Region != "" {
			continue
		}
		full, err := k.View(ctx, all[i].OrderID)
		if err != nil {
			return err
		}
		all[i] = *full
	}
	return nil
}

func (k *Known) stateTitle(s journal.State) cabinet.Text {
	t := i18n.Text{RU: "на портале не найдено", EN: "not found at the portal"}
	switch s {
	case journal.Unknown, journal.Sending:
		t = i18n.Text{RU: "дошло ли, неизвестно: повторите команду подачи", EN: "not known whether it arrived: repeat the command that sent it"}
	case journal.Reserved:
		t = i18n.Text{RU: "номер получен, ничего не отправлено", EN: "a number was taken, nothing was sent"}
	case journal.Refused:
		t = i18n.Text{RU: "портал не принял", EN: "the portal did not take it"}
	}
	return cabinet.Text(t.In(k.Lang))
}

// View returns one application. An unknown number is a fault with exit code 5.
func (k *Known) View(ctx context.Context, id int64) (*cabinet.Application, error) {
	info, err := k.Portal.Order(ctx, id, false)
	if err != nil {
		return nil, err
	}
	o := info.Order
	if o == nil {
		title := info.Message
		if why := info.Explain(); !why.IsZero() {
			title = cabinet.Text(why.In(k.Lang))
		}
		return &cabinet.Application{OrderID: id, StatusTitle: title, Final: info.Stage() == gusmev.Failed}, nil
	}
	a := &cabinet.Application{OrderID: id, Service: o.EserviceID, ServiceTitle: o.ServiceName, Department: o.StateStructureName,
		Region:   o.UserSelectedRegion,
		StatusID: o.OrderStatusID, StatusTitle: o.OrderStatusName, HasResult: o.HasResult || len(o.ResponseFiles) > 0}
	// A time that cannot be read is left out rather than the whole application.
	a.CreatedAt, _ = gusmev.ParseTime(o.OrderDate)
	a.UpdatedAt, _ = gusmev.ParseTime(o.Updated)
	if s := o.CurrentStatusHistory; s != nil {
		a.Final = s.FinalStatus
		if s.Title != "" {
			a.StatusTitle = s.Title // the service's own word, where there is one
		}
		if o.OrderStatusID == statusCorrection {
			a.Correction = &cabinet.Correction{Text: s.Comment}
		}
	}
	for _, p := range o.Payments {
		if !p.Paid {
			a.UnpaidUINs = append(a.UnpaidUINs, p.UIN)
		}
	}
	return a, nil
}
