// Package calendar is what is to come, as one list and as a file for calendars (RFC
// 5545): visits, terms of charges and of their discounts, answers to applications,
// reminders of drafts, ends of certificates. Commands and the TUI use it.
package calendar

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/epgu-cli/epgu/internal/atomicfile"
	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/cabinet"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Kind is what an entry is about.
type Kind string

// Kinds of entries.
const (
	Appointment Kind = "appointment"
	Charge      Kind = "charge"
	Discount    Kind = "discount"
	Application Kind = "application"
	Draft       Kind = "draft"
	Certificate Kind = "certificate"
)

// Title names a kind for people.
func (k Kind) Title() i18n.Text {
	switch k {
	case Appointment:
		return i18n.Text{RU: "приём", EN: "appointment"}
	case Charge:
		return i18n.Text{RU: "срок оплаты", EN: "term of payment"}
	case Discount:
		return i18n.Text{RU: "скидка", EN: "discount"}
	case Application:
		return i18n.Text{RU: "заявление", EN: "application"}
	case Draft:
		return i18n.Text{RU: "черновик", EN: "draft"}
	case Certificate:
		return i18n.Text{RU: "сертификат", EN: "certificate"}
	}
	return i18n.Text{RU: string(k), EN: string(k)}
}

// Kinds lists all kinds.
func Kinds() []Kind {
	return []Kind{Appointment, Charge, Discount, Application, Draft, Certificate}
}

// Entry is one event of the calendar.
type Entry struct {
	UID         string // stable: the thing's own id
	Kind        Kind
	Summary     string
	Place       string
	Description string // what to do, with the command
	Start, End  time.Time
	AllDay      bool // Start is a day; End is not used
	Tentative   bool // not confirmed yet
	Cancelled   bool
	Alarms      []time.Duration // before Start
	// Sequence grows when the entry changes, Stamp is when it did. Remember sets both.
	Sequence int64
	Stamp    time.Time
}

// Portal is what this package needs of a portal; *cabinet.Client is one.
type Portal interface {
	Appointments(ctx context.Context, state string, q cabinet.PageQuery) (*wire.Page[wire.Appointment], error)
	Charges(ctx context.Context, q cabinet.ChargeQuery) (*wire.Page[wire.Charge], error)
	Applications(ctx context.Context, q cabinet.ApplicationQuery) (*wire.Page[wire.Application], error)
	Drafts(ctx context.Context, q cabinet.PageQuery) (*wire.Page[wire.Draft], error)
}

// Expiring is something kept on this machine that ends: a certificate.
type Expiring struct {
	ID, Name string
	Until    time.Time
}

// Service gathers what is to come.
type Service struct {
	Portal       Portal
	Capabilities func(ctx context.Context) (*wire.Capabilities, error)
	Certificates func(ctx context.Context) ([]Expiring, error)
	Clock        clock.Clock
	Lang         i18n.Lang
}

// Alarms before the events.
const (
	aDay    = 24 * time.Hour
	threeDs = 3 * aDay
	twoHs   = 2 * time.Hour
	aMonth  = 30 * aDay
)

// Entries gathers the entries of some kinds, all of them when none is named, in the
// order of their time. What the portal does not offer is left out.
func (s *Service) Entries(ctx context.Context, kinds ...Kind) ([]Entry, error) {
	if len(kinds) == 0 {
		kinds = Kinds()
	}
	caps, err := s.Capabilities(ctx)
	if err != nil {
		return nil, err
	}
	var out []Entry
	for _, source := range []struct {
		kinds []Kind
		needs wire.Capability
		get   func(context.Context) ([]Entry, error)
	}{
		{[]Kind{Appointment}, wire.CapAppointments, s.appointments},
		{[]Kind{Charge, Discount}, wire.CapCharges, s.charges},
		{[]Kind{Application}, wire.CapApplications, s.applications},
		{[]Kind{Draft}, wire.CapDrafts, s.drafts},
		{[]Kind{Certificate}, "", s.certificates},
	} {
		if !slices.ContainsFunc(source.kinds, func(k Kind) bool { return slices.Contains(kinds, k) }) {
			continue
		}
		if source.needs != "" && cabinet.Require(caps, source.needs) != nil {
			continue
		}
		entries, err := source.get(ctx)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if slices.Contains(kinds, e.Kind) {
				out = append(out, e)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Entry) int { return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.UID, b.UID)) })
	return out, nil
}

func (s *Service) say(ru, en string, args ...any) string {
	return i18n.Text{RU: ru, EN: en}.With(args...).In(s.Lang)
}

func (s *Service) appointments(ctx context.Context) ([]Entry, error) {
	list, _, err := cabinet.Take(0, func(q cabinet.PageQuery) (*wire.Page[wire.Appointment], error) {
		return s.Portal.Appointments(ctx, "upcoming", q)
	})
	var out []Entry
	for _, a := range list {
		out = append(out, Entry{UID: "appointment-" + a.ID + "@epgu", Kind: Appointment, Summary: s.say("Приём: %s", "Appointment: %s", a.Subject.Title),
			Place: a.Place.Title.String() + ", " + a.Place.Address.String(), Description: s.say("Запись %s. epgu appointment view %s", "Appointment %s. epgu appointment view %s", a.Number, a.Number),
			Start: a.Slot.Start, End: a.Slot.End, Tentative: a.State == "held", Alarms: []time.Duration{aDay, twoHs}})
	}
	return out, err
}

func (s *Service) charges(ctx context.Context) ([]Entry, error) {
	list, _, err := cabinet.Take(0, func(q cabinet.PageQuery) (*wire.Page[wire.Charge], error) {
		return s.Portal.Charges(ctx, cabinet.ChargeQuery{PageQuery: q, State: "due"})
	})
	var out []Entry
	for _, c := range list {
		e := Entry{AllDay: true, Description: "epgu pay " + c.UIN, Alarms: []time.Duration{threeDs, aDay}}
		due := c.DueKopecks
		if c.Discount != nil {
			due = c.AmountKopecks // that day the discount is over
			d := e
			d.UID, d.Kind, d.Start = "discount-"+c.UIN+"@epgu", Discount, day0(c.Discount.LastDay)
			d.Summary = s.say("Последний день скидки: %s, %s", "Last day of the discount: %s, %s", c.Title, i18n.Money(c.Discount.DueKopecks))
			out = append(out, d)
		}
		if c.PayUntil != nil {
			e.UID, e.Kind, e.Start = "charge-"+c.UIN+"@epgu", Charge, day0(*c.PayUntil)
			e.Summary = s.say("Оплатить: %s, %s", "To pay: %s, %s", c.Title, i18n.Money(due))
			out = append(out, e)
		}
	}
	return out, err
}

// day0 is the day of a moment by the clock of Moscow, by which terms are counted.
func day0(t time.Time) time.Time {
	y, m, d := t.In(clock.Moscow()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, clock.Moscow())
}

func (s *Service) applications(ctx context.Context) ([]Entry, error) {
	list, _, err := cabinet.Take(0, func(q cabinet.PageQuery) (*wire.Page[wire.Application], error) {
		return s.Portal.Applications(ctx, cabinet.ApplicationQuery{PageQuery: q, State: "active"})
	})
	var out []Entry
	for _, a := range list {
		id := strconv.FormatInt(a.OrderID, 10)
		if a.ExpectedAt != nil {
			out = append(out, Entry{UID: "application-" + id + "@epgu", Kind: Application, AllDay: true, Start: day0(*a.ExpectedAt),
				Summary: s.say("Ждём решения: %s", "A decision is expected: %s", a.ServiceTitle), Description: "epgu application view " + id})
		}
		if a.Correction != nil {
			out = append(out, Entry{UID: "correction-" + id + "@epgu", Kind: Application, AllDay: true, Start: day0(a.Correction.Until), Alarms: []time.Duration{aDay},
				Summary: s.say("Исправить заявление: %s", "Mend the application: %s", a.ServiceTitle), Description: "epgu application edit " + id})
		}
	}
	return out, err
}

func (s *Service) drafts(ctx context.Context) ([]Entry, error) {
	list, _, err := cabinet.Take(0, func(q cabinet.PageQuery) (*wire.Page[wire.Draft], error) { return s.Portal.Drafts(ctx, q) })
	var out []Entry
	for _, d := range list {
		on, bad := time.ParseInLocation(time.DateOnly, d.RemindOn, clock.Moscow())
		if d.RemindOn == "" || bad != nil {
			continue
		}
		out = append(out, Entry{UID: "draft-" + d.ID + "@epgu", Kind: Draft, AllDay: true, Start: on,
			Summary: s.say("Вернуться к черновику: %s", "Return to the draft: %s", d.Title), Description: "epgu application submit " + d.ID})
	}
	return out, err
}

func (s *Service) certificates(ctx context.Context) ([]Entry, error) {
	list, err := s.Certificates(ctx)
	var out []Entry
	for _, c := range list {
		out = append(out, Entry{UID: "certificate-" + c.ID + "@epgu", Kind: Certificate, AllDay: true, Start: day0(c.Until), Alarms: []time.Duration{aMonth, threeDs},
			Summary: s.say("Кончается сертификат «%s»", "The certificate %q ends", c.Name), Description: "epgu cert list"})
	}
	return out, err
}

// forgotten is how long a cancelled entry is still told to calendars.
const forgotten = 30 * aDay

// kept is what is remembered of an entry: enough to tell that it has changed, and to
// cancel it when it is gone.
type kept struct {
	Digest   string    `json:"digest"`
	Sequence int64     `json:"sequence"`
	Stamp    time.Time `json:"stamp"`
	Entry    Entry     `json:"entry"`
}

// memory is the file of what calendars were told.
type memory struct {
	Version int             `json:"version"`
	Entries map[string]kept `json:"entries"` // by UID
}

const (
	memoryVersion = 1
	maxMemory     = 64 << 20
)

// Remember sets the sequence and the stamp of each entry by what the file at path says
// that calendars were told last, adds as cancelled what has gone since, and keeps the
// file. It says whether anything has changed. The first time everything is new. Kinds
// that were not asked for stay as they were.
func Remember(path string, entries []Entry, kinds []Kind, now time.Time) (told []Entry, changed bool, err error) {
	m, err := recall(path)
	if err != nil {
		return nil, false, err
	}
	if len(kinds) == 0 {
		kinds = Kinds()
	}
	now = now.UTC().Truncate(time.Second)
	seen := map[string]bool{}
	for _, e := range entries {
		seen[e.UID] = true
		was, had := m.Entries[e.UID]
		digest := e.digest()
		switch {
		case had && was.Digest == digest:
			e.Sequence, e.Stamp = was.Sequence, was.Stamp
		case had:
			e.Sequence, e.Stamp, changed = was.Sequence+1, now, true
		default:
			e.Sequence, e.Stamp, changed = 0, now, true
		}
		m.Entries[e.UID] = kept{digest, e.Sequence, e.Stamp, e}
		told = append(told, e)
	}
	var gone []Entry
	for uid, was := range m.Entries {
		if seen[uid] || !slices.Contains(kinds, was.Entry.Kind) {
			continue
		}
		e := was.Entry
		if !e.Cancelled {
			if e.over(now) { // it is not cancelled, its time has come
				delete(m.Entries, uid)
				continue
			}
			e.Cancelled, e.Sequence, e.Stamp, changed = true, was.Sequence+1, now, true
			m.Entries[uid] = kept{e.digest(), e.Sequence, e.Stamp, e}
		} else if now.Sub(e.Stamp) > forgotten {
			delete(m.Entries, uid)
			changed = true
			continue
		}
		gone = append(gone, e)
	}
	slices.SortFunc(gone, func(a, b Entry) int { return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.UID, b.UID)) })
	if changed {
		b, err := json.Marshal(m)
		if err != nil {
			return nil, false, err
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, false, err
		}
		if err := atomicfile.Write(path, b, 0o600); err != nil {
			return nil, false, err
		}
	}
	return append(told, gone...), changed, nil
}

// over reports whether the time of an entry has passed.
func (e *Entry) over(now time.Time) bool {
	if e.AllDay {
		return !now.Before(e.Start.AddDate(0, 0, 1))
	}
	return !now.Before(e.End)
}

// digest stands for everything that people see of an entry.
func (e Entry) digest() string {
	e.Sequence, e.Stamp = 0, time.Time{}
	e.Start, e.End = e.Start.UTC(), e.End.UTC()
	b, _ := json.Marshal(e) // plain values
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func recall(path string) (*memory, error) {
	m := &memory{Version: memoryVersion, Entries: map[string]kept{}}
	fi, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	bad := func(why error) error {
		return fault.New(exitcode.Failure, "calendar.memory", i18n.Text{RU: "файл с тем, что уже передано календарям, не читается: %s", EN: "the file of what calendars were told cannot be read: %s"}.With(path)).
			Advise(i18n.Say("удалите его: записи получат номера изменений заново", "delete it: entries then get their sequence numbers anew")).Because(why)
	}
	if err != nil {
		return nil, bad(err)
	}
	if fi.Size() > maxMemory {
		return nil, bad(errors.New("too large"))
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, bad(err)
	}
	if err := json.Unmarshal(b, m); err != nil {
		return nil, bad(err)
	}
	if m.Version != memoryVersion || m.Entries == nil {
		return nil, bad(errors.New("made by another version"))
	}
	return m, nil
}
