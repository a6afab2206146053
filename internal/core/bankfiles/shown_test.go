package bankfiles_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/payfile/onec"
)

// tired is a disk that shows a file, or does not, and fails all the same.
type tired struct {
	bankfiles.Disk
	shows bool
}

type tiredStage struct {
	bankfiles.Stage
	shows bool
}

func (d tired) Begin(dir, tag string, whole bool) (bankfiles.Stage, error) {
	s, err := d.Disk.Begin(dir, tag, whole)
	return tiredStage{s, d.shows}, err
}

func (s tiredStage) Publish() (string, error) {
	if !s.shows {
		return "", os.ErrPermission
	}
	at, err := s.Stage.Publish()
	return at, errors.Join(err, errors.New("the folder could not be synced"))
}

// forgetful is a journal that cannot write down that files were shown.
type forgetful struct {
	journal.Journal
	full bool
}

func (f *forgetful) Move(ctx context.Context, ts []journal.Transition) error {
	if f.full && ts[0].To == journal.Accepted {
		return journal.Store(errors.New("no space"))
	}
	return f.Journal.Move(ctx, ts)
}

// An order whose file may have been seen is unknown until the same command looks
// again; one whose file nobody has seen is taken back.
func TestAnOrderIsTakenBackOnlyWhenNobodyHasSeenItsFile(t *testing.T) {
	for name, c := range map[string]struct {
		disk  tired
		full  bool // the journal's disk
		exit  exitcode.Code
		after journal.State
	}{
		"shown, and the disk failed":            {disk: tired{shows: true}, exit: exitcode.Unknown, after: journal.Accepted},
		"not shown":                             {disk: tired{}, exit: exitcode.Failure, after: journal.Refused},
		"shown, and not written into a journal": {disk: tired{shows: true}, full: true, exit: exitcode.Unknown, after: journal.Accepted},
	} {
		t.Run(name, func(t *testing.T) {
			e := engine(t)
			ledger := &forgetful{Journal: e.Journal.(journal.Journal), full: c.full}
			e.Journal = ledger
			path := filepath.Join(t.TempDir(), "order.txt")
			place, err := bankfiles.NewSheet(shelf(c.disk, c.full), path, "order-sandbox")
			if err != nil {
				t.Fatal(err)
			}
			i := &bankfiles.Issuer{Engine: e, Book: ledger, Payer: payer(), Charset: onec.UTF8}
			_, err = i.Issue(t.Context(), []*billing.Quote{quote(charge())}, "order.txt", place)
			if got := fault.ExitOf(err); got != c.exit {
				t.Errorf("exit %d, want %d: %v", got, c.exit, err)
			}
			if err := place.Close(); err != nil {
				t.Error(err)
			}
			ledger.full = false
			known, err := ledger.ByUIN(t.Context(), uin)
			if err != nil || len(known) != 1 {
				t.Fatal(known, err)
			}
			if p := known[0]; c.exit == exitcode.Unknown {
				if p.State != journal.Sending {
					t.Fatalf("it is %s before anybody has looked", p.State)
				}
				// As the death of the process leaves it.
				if err := ledger.Move(t.Context(), []journal.Transition{{ID: p.ID, From: journal.Sending, To: journal.Unknown, Evidence: journal.Evidence{Witness: journal.Engine}}}); err != nil {
					t.Fatal(err)
				}
				if _, err := bankfiles.Resume(t.Context(), ledger, bankfiles.Disk{}, journal.Filter{Profile: "sandbox"}, filepath.Dir(path), "order-sandbox-"); err != nil {
					t.Fatal(err)
				}
			}
			if p := state(t, e, known[0].ID); p.State != c.after {
				t.Errorf("it is %s, want %s", p.State, c.after)
			}
			if _, err := os.Stat(path); (err == nil) != (c.after == journal.Accepted) {
				t.Errorf("the file: %v", err)
			}
		})
	}
}

// shelf is the tired disk, or a sound one when it is the journal that fails.
func shelf(d tired, sound bool) bankfiles.Shelf {
	if sound {
		return bankfiles.Disk{}
	}
	return d
}
