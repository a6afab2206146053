package bankroad

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/core/bulkpay"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
)

// set is the files of one call with the payments in them. Its steps, each durable
// before the next: the rows are claimed, their orders written where nobody sees them,
// the rows marked as sent by these files, the files shown, the rows accepted. Wherever
// it breaks off, the next call can tell by the journal and the folder which it was.
type set struct {
	road     *Road
	stage    bankfiles.Stage // nil until there is a file
	files    []File
	payments []item
	sending  int  // so many of payments, from the first, are or may be sending
	kept     bool // the stage stays for whoever settles it
}

// item is a payment of the set.
type item struct {
	id    string
	file  int // in files
	row   *planfile.Row
	payer *bankfiles.Payer
	extra json.RawMessage // what it carries once it is sent
}

// file writes a file of orders into the stage, for the last of the payments.
func (s *set) file(payer bankfiles.Payer, rows []*planfile.Row, numbers []string) error {
	r := s.road
	if s.stage == nil {
		st, err := r.Shelf.Begin(r.Dir, r.tag()+"-"+bulkpay.Day(r.Clock.Now()), true)
		if err != nil {
			return folder(r.Dir, err)
		}
		s.stage = st
	}
	// Named after the first row that is in it: rows before that one may have gone by
	// an earlier file of the same day.
	name := fmt.Sprintf("%s-%s-%06d.txt", bulkpay.Day(r.Clock.Now()), r.tag(), rows[0].N)
	f, err := s.stage.Create(name)
	if err != nil {
		return folder(r.Dir, err)
	}
	sum, err := r.orders(f, payer, rows, numbers)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	mine := s.payments[len(s.payments)-len(rows):]
	for i, row := range rows {
		mine[i].file, mine[i].row, mine[i].payer = len(s.files), row, &payer
		if mine[i].extra, err = (billing.Carried{File: name, Number: numbers[i], Day: r.day().Format(time.DateOnly), PayerAccount: payer.Account, Drawn: markOf(&payer, row),
			Dir: s.stage.Dir(), Set: s.stage.ID(), NotAfter: row.NotAfter, Checked: row.Checked}).Extra(); err != nil {
			return err
		}
	}
	s.files = append(s.files, File{name, payer.Account, len(rows), sum, numbers[0], numbers[len(numbers)-1]})
	return nil
}

func folder(dir string, err error) error {
	return fault.New(exitcode.Usage, "bankroad.folder", i18n.Text{RU: "в папку %s не записать", EN: "folder %s cannot be written to"}.With(dir)).Because(err)
}

// issue marks the payments as sent, shows the files and accepts the payments. again
// says that somebody else took the numbers at the same time; nobody has seen anything.
func (s *set) issue(ctx context.Context) (again bool, err error) {
	// From this commit on the rows count as sent by these files under these numbers,
	// whether or not the next step is reached.
	if err := s.move(ctx, journal.Claimed, journal.Sending); err != nil {
		return false, s.back(ctx, err)
	}
	ids := make([]journal.Payment, len(s.payments))
	for i := range s.payments {
		ids[i].ID = s.payments[i].id
	}
	if ours, err := s.road.numbers.Ours(ctx, ids); err != nil || !ours {
		return err == nil, s.back(ctx, err)
	}
	if err := s.alone(ctx); err != nil {
		return false, s.back(ctx, err)
	}
	at, err := s.stage.Publish()
	if err != nil {
		return false, s.unpublished(ctx, err)
	}
	for i := range s.files {
		s.files[i].Path = filepath.Join(at, s.files[i].Path)
	}
	if err := s.move(ctx, journal.Sending, journal.Accepted); err != nil {
		return false, bankfiles.NotWritten(at, err)
	}
	return false, nil
}

// unpublished clears up after files that could not be shown, or perhaps were.
func (s *set) unpublished(ctx context.Context, err error) error {
	s.kept = true
	if errors.Is(err, fs.ErrExist) {
		err = fault.New(exitcode.Conflict, "bankroad.file_exists", i18n.Text{
			RU: "файл %s уже есть; прежний мог уйти в банк, поэтому он не заменяется", EN: "file %s exists; it may have gone to the bank, so it is not replaced"}.With(s.files[0].Path)).Because(err)
		return s.back(ctx, err)
	}
	if err2 := bankfiles.Withdraw(s.road.Shelf, s.stage, s.files[0].Path, err); err2 != nil {
		return err2 // the payments become unknown, and the next call looks again
	}
	return s.back(ctx, err)
}

// back returns every payment to planned: nobody has seen its order. When that fails
// the stage stays, and the next call tells by it.
func (s *set) back(ctx context.Context, why error) error {
	ctx = context.WithoutCancel(ctx)
	var errs []error
	for _, part := range [...]struct {
		from  journal.State
		items []item
	}{{journal.Sending, s.payments[:s.sending]}, {journal.Claimed, s.payments[s.sending:]}} {
		errs = append(errs, s.each(ctx, part.items, func(*item) journal.Transition {
			return journal.Transition{From: part.from, To: journal.Planned}
		}))
	}
	if err := errors.Join(errs...); err != nil {
		s.kept = true
		return errors.Join(why, err)
	}
	s.kept = false
	return why
}

// move moves all payments, in as few commits as there can be.
func (s *set) move(ctx context.Context, from, to journal.State) error {
	if to == journal.Accepted {
		details := make([]json.RawMessage, len(s.files))
		for i, f := range s.files {
			var err error
			if details[i], err = json.Marshal(map[string]string{"file": filepath.Base(f.Path)}); err != nil {
				return err
			}
		}
		return s.each(ctx, s.payments, func(it *item) journal.Transition {
			return journal.Transition{From: from, To: to, Evidence: journal.Evidence{Details: details[it.file]}}
		})
	}
	for s.sending < len(s.payments) {
		part := s.payments[s.sending:min(s.sending+journal.MaxGroup, len(s.payments))]
		if err := s.each(ctx, part, func(it *item) journal.Transition {
			return journal.Transition{From: from, To: to, Extra: it.extra}
		}); err != nil {
			return err
		}
		s.sending += len(part)
	}
	return nil
}

// each moves items in groups, each group in one commit.
func (s *set) each(ctx context.Context, items []item, how func(*item) journal.Transition) error {
	for len(items) > 0 {
		ts := make([]journal.Transition, min(len(items), journal.MaxGroup))
		for i := range ts {
			ts[i] = how(&items[i])
			ts[i].ID, ts[i].Evidence.Witness = items[i].id, journal.Engine
		}
		if err := s.road.Journal.Move(ctx, ts); err != nil {
			return err
		}
		items = items[len(ts):]
	}
	return nil
}

// end gives the stage up: as it is, when payments may still hang on it.
func (s *set) end() error {
	switch {
	case s.stage == nil:
		return nil
	case s.kept:
		return s.stage.Leave()
	}
	return s.stage.Drop()
}
