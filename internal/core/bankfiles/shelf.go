package bankfiles

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"

	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/fileset"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/payfile/onec"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Shelf is where files for a bank are put so that they appear together or not at
// all; see package fileset. Disk is the one of the system.
type Shelf interface {
	Begin(dir, tag string, whole bool) (Stage, error)
	Settle(dir, id, name string) (fate fileset.Fate, path string, err error)
	Left(dir, prefix string) ([]string, error)
	Remove(dir, id string) error
	Open(path string) (io.ReadCloser, error)
}

// Stage is a set of files that nobody sees yet. Leave gives it up as it is, for
// whoever settles it; Drop removes it.
type Stage interface {
	ID() string
	Dir() string
	Create(name string) (io.WriteCloser, error)
	Publish() (dir string, err error)
	Leave() error
	Drop() error
}

// Disk is the shelf of the system.
type Disk struct{}

// Begin starts a set; see fileset.Begin.
func (Disk) Begin(dir, tag string, whole bool) (Stage, error) {
	s, err := fileset.Begin(dir, tag, whole)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Settle says what became of a set; see fileset.Settle.
func (Disk) Settle(dir, id, name string) (fileset.Fate, string, error) {
	return fileset.Settle(dir, id, name)
}

// Left lists what dead processes have left; see fileset.Left.
func (Disk) Left(dir, prefix string) ([]string, error) { return fileset.Left(dir, prefix) }

// Remove removes what is left of a set; see fileset.Remove.
func (Disk) Remove(dir, id string) error { return fileset.Remove(dir, id) }

// Open opens a file to read.
func (Disk) Open(path string) (io.ReadCloser, error) { return os.Open(path) }

// Withdraw sees to it that a set which could not be shown, for the reason given, cannot
// appear later. An error means that it can be seen, or that nobody knows: then its
// payments count as sent, and Resume looks again.
func Withdraw(shelf Shelf, stage Stage, name string, why error) error {
	err := stage.Leave()
	if err == nil {
		var fate fileset.Fate
		if fate, _, err = shelf.Settle(stage.Dir(), stage.ID(), name); err == nil && fate == fileset.Withdrawn {
			return nil
		}
	}
	return fault.New(exitcode.Unknown, "bankfile.unsettled", i18n.Text{
		RU: "файл для банка в папке %s не удалось ни показать, ни убрать: исход неизвестен", EN: "the file for the bank in folder %s could be neither shown nor taken away: the outcome is unknown"}.With(untrusted.Text(stage.Dir()))).
		Because(errors.Join(why, err)).Advise(repeatToFind())
}

// NotWritten is the end of orders whose file can be seen, and about which nothing more
// could be written down.
func NotWritten(path string, cause error) *fault.Error {
	return fault.New(exitcode.Unknown, "bankfile.not_written", i18n.Text{
		RU: "поручения для банка уже лежат в %s, но в журнал это записать не удалось: исход неизвестен", EN: "the orders for the bank are in %s already, but that could not be written to the journal: the outcome is unknown"}.With(untrusted.Text(path))).
		Because(cause).Advise(repeatToFind())
}

func repeatToFind() i18n.Message {
	return i18n.Say("освободите место на диске или верните права на папки и повторите ту же команду: она сначала найдёт этот файл и второго поручения не составит",
		"free space on the disk, or give back the rights to the folders, and repeat the same command: it finds this file first and makes no second order")
}

// Finished is what Resume found.
type Finished struct {
	Accepted int // their orders stand in a file that can be seen
	Planned  int // nobody has seen their orders, and nobody will: they may go out again
	Unknown  int // their file is not where it was to be: somebody has taken it away, or it is on another machine
}

// Resume clears up what processes that died have left half done: of each payment that
// went by a bank file and whose outcome is unknown it looks for the file. Payments
// whose order stands in a file are accepted; those whose set was never shown return to
// planned, after the set was made impossible to show. f chooses the payments; dir and
// prefix say which sets that matter to no payment are removed.
func Resume(ctx context.Context, j Ledger, shelf Shelf, f journal.Filter, dir, prefix string) (Finished, error) {
	// Whoever wrote these is dead already: what hangs on them is unknown from now on,
	// or is seen to be on its way.
	left, err := shelf.Left(dir, prefix)
	if err != nil {
		return Finished{}, err
	}
	if _, err := j.Recover(ctx); err != nil {
		return Finished{}, err
	}
	out, matter, err := finish(ctx, j, shelf, f)
	if err != nil {
		return out, err
	}
	for _, id := range left {
		if !matter[id] {
			if err := shelf.Remove(dir, id); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}

// finish moves what can be told; matter are the sets on which payments still hang.
func finish(ctx context.Context, j Ledger, shelf Shelf, f journal.Filter) (out Finished, matter map[string]bool, err error) {
	matter = map[string]bool{}
	type file struct{ dir, set, name string }
	fates := map[file]*found{}
	var moves []journal.Transition
	f.Via, f.States = journal.ViaBankFile, []journal.State{journal.Unknown, journal.Sending}
	for p, err := range j.List(ctx, f) {
		if err != nil {
			return out, nil, err
		}
		c := billing.CarriedOf(&p)
		if p.State == journal.Sending {
			matter[c.Set] = true
			continue
		}
		at := file{c.Dir, c.Set, c.File}
		it := fates[at]
		if it == nil {
			if it, err = look(shelf, at.dir, at.set, at.name); err != nil {
				return out, nil, err
			}
			fates[at] = it
		}
		t := journal.Transition{ID: p.ID, From: journal.Unknown}
		switch {
		case it.fate == fileset.Published && it.numbers[c.Number] == p.AmountKopecks:
			t.To = journal.Accepted
			out.Accepted++
		case it.fate == fileset.Withdrawn:
			t.To = journal.Planned
			if t.Extra, err = c.Unsent(); err != nil {
				return out, nil, err
			}
			out.Planned++
		default:
			out.Unknown++
			matter[c.Set] = true
			continue
		}
		details, err := json.Marshal(map[string]string{"file": c.File, "set": c.Set, "seen": it.word()})
		if err != nil {
			return out, nil, err
		}
		t.Evidence = journal.Evidence{Witness: journal.OwnFile, Details: details}
		moves = append(moves, t)
	}
	for len(moves) > 0 {
		n := min(len(moves), journal.MaxGroup)
		if err := j.Move(context.WithoutCancel(ctx), moves[:n]); err != nil {
			return out, nil, err
		}
		moves = moves[n:]
	}
	return out, matter, nil
}

// found is what was found of one file.
type found struct {
	fate    fileset.Fate
	numbers map[string]int64 // of the orders in it, with their kopecks
}

func (f *found) word() string {
	if f.fate == fileset.Published {
		return "published"
	}
	return "never published"
}

func look(shelf Shelf, dir, set, name string) (*found, error) {
	out := &found{}
	if set == "" {
		return out, nil // from before sets: only a statement or a person can tell
	}
	fate, path, err := shelf.Settle(dir, set, name)
	if err != nil {
		return nil, err
	}
	out.fate = fate
	if fate != fileset.Published {
		return out, nil
	}
	in, err := shelf.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	out.numbers = map[string]int64{}
	r := onec.NewReader(in)
	for {
		var d onec.Document
		if err := r.Next(&d); errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return nil, err
		}
		o, _ := d.Order()
		out.numbers[o.Number] = o.Kopecks
	}
}
