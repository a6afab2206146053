package bankfiles

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/payfile/onec"
)

// Place is where a file is put: Write fills it, Publish shows it under its
// name, and what was never published is gone.
type Place interface {
	Write(p []byte) (int, error)
	Commit() (path string, err error)
}

// settled is a place whose file is found again after a process has died: its payments
// carry where it is. Sheet is one.
type settled interface {
	ID() string
	Dir() string
	Keep()
	// Withdraw sees to it that a file which could not be shown cannot appear later.
	Withdraw(why error) error
}

// Issued is a payment whose order stands in the file.
type Issued struct {
	Payment journal.Payment
	Number  string
	File    string
	Notes   []fault.Field // what the law of the day says of the payer; it is no error
}

// Issuer writes payment orders.
type Issuer struct {
	Engine  *billing.Engine
	Payer   Payer
	Charset onec.Charset
	Book    Book   // the journal that Engine writes to
	Number  string // of the first order; "" follows the last one in the journal
}

// Issue journals the quotes as payments by a bank file, writes their orders and
// then publishes the file: what the bank may execute is in the journal before
// anybody can hand it over. If the file cannot be published the payments go
// back to planned. Everything wrong with any order is reported before anything
// is journalled.
func (i *Issuer) Issue(ctx context.Context, quotes []*billing.Quote, name string, place Place) ([]Issued, error) {
	day := i.Engine.Clock.Now().In(clock.Moscow())
	book := NewNumbers(i.Book)
	numbers, err := i.numbers(ctx, book, day, len(quotes))
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	w := onec.NewWriter(&body, onec.WriteOptions{Charset: i.Charset, Sender: "epgu", Created: day, From: day, To: day, Accounts: []string{i.Payer.Account}})
	var faults []fault.Field
	out := make([]Issued, len(quotes))
	for k, q := range quotes {
		s := OfCharge(q.Charge, q.AmountKopecks)
		if q.Requisites != nil {
			s = Subject{Kopecks: q.AmountKopecks, Requisites: *q.Requisites}
		}
		out[k].Number = numbers[k]
		o := s.Order(i.Payer, out[k].Number, day)
		d := o.Document()
		for _, f := range d.Check() {
			faults = append(faults, f.AsField())
		}
		for _, f := range d.Doubts() {
			switch f.Code { // what there is to say of the payee, the quote has said
			case "onec.enp.kpp", "onec.payer.trader", "onec.unlisted":
				f.Line, f.Document = 0, 0 // there is no file yet
				out[k].Notes = append(out[k].Notes, f.AsField())
			}
		}
		if err := w.Write(d); err != nil {
			var f *fault.Error
			if !errors.As(err, &f) {
				return nil, err
			}
			faults = append(faults, f.Fields...)
		}
		q.Via = journal.ViaBankFile
		if at, ok := place.(settled); ok {
			q.Carried.Set, q.Carried.Dir = at.ID(), at.Dir()
		}
		q.Carried.File, q.Carried.Number, q.Carried.PayerAccount, q.Carried.Day = name, out[k].Number, i.Payer.Account, day.Format(time.DateOnly)
	}
	if len(faults) > 0 {
		e := fault.New(exitcode.Usage, "order.invalid", i18n.Say("платёжное поручение не составить; в журнал ничего не записано", "the payment order cannot be made; nothing was journalled"))
		e.Fields = faults
		return nil, e
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if _, err := place.Write(body.Bytes()); err != nil {
		return nil, err
	}
	for k, q := range quotes {
		if out[k].Payment, err = i.Engine.Hand(ctx, q); err != nil {
			return nil, i.takeBack(ctx, place, out[:k+1], err)
		}
	}
	if i.Number == "" { // a number that a person chose is theirs to answer for
		if err := i.unique(ctx, book, out); err != nil {
			return nil, i.takeBack(ctx, place, out, err)
		}
	}
	path, err := place.Commit()
	if err != nil {
		err = fmt.Errorf("publish the bank file: %w", err)
		if at, ok := place.(settled); ok && !errors.Is(err, fs.ErrExist) {
			if err2 := at.Withdraw(err); err2 != nil {
				return nil, err2 // somebody may have seen it: its payments stay as they are
			}
		}
		return nil, i.takeBack(ctx, place, out, err)
	}
	for k := range out {
		out[k].File = path
		if err := i.Engine.Handed(ctx, &out[k].Payment, path); err != nil {
			return out, NotWritten(path, err)
		}
	}
	return out, nil
}

// unique refuses orders whose numbers somebody else took meanwhile.
func (i *Issuer) unique(ctx context.Context, book *Numbers, list []Issued) error {
	payments := make([]journal.Payment, len(list))
	for k := range list {
		payments[k] = list[k].Payment
	}
	ours, err := book.Ours(ctx, payments)
	if err == nil && !ours {
		err = NumbersTaken()
	}
	return err
}

// NumbersTaken is the error of orders whose numbers others took at the same time.
func NumbersTaken() error {
	return fault.New(exitcode.Conflict, "order.number_taken", i18n.Say(
		"номера поручений в это же время занял другой процесс; файл не записан", "another process took the order numbers at the same time; the file was not written")).
		Advise(i18n.Say("повторите ту же команду", "repeat the same command"))
}

// takeBack withdraws payments whose file nobody has seen. When one cannot be, what was
// written of the file stays, and Resume tells by it.
func (i *Issuer) takeBack(ctx context.Context, place Place, list []Issued, why error) error {
	all := []error{why}
	for k := range list {
		if p := &list[k].Payment; p.State == journal.Sending {
			all = append(all, i.Engine.TakeBack(ctx, p))
		} else if at, ok := place.(settled); ok && p.ID != "" {
			at.Keep() // it broke off where nobody can tell how far it went
		}
	}
	err := errors.Join(all...)
	if at, ok := place.(settled); ok && errors.Join(all[1:]...) != nil {
		at.Keep()
	}
	return err
}

// numbers proposes the numbers of n orders: from the given one on, else after
// the last that the journal knows of the same account and year.
func (i *Issuer) numbers(ctx context.Context, book *Numbers, day time.Time, n int) ([]string, error) {
	out, err := book.Take(ctx, i.Payer.Account, day, n)
	if err != nil || i.Number == "" {
		return out, err
	}
	first, err := strconv.Atoi(i.Number)
	if err != nil || first < 1 || first+n-1 > orderNumbers {
		return nil, fault.New(exitcode.Usage, "order.number", i18n.Text{RU: "номер поручения — от 1 до %d", EN: "the number of an order is from 1 to %d"}.With(orderNumbers))
	}
	for k := range out {
		out[k] = strconv.Itoa(first + k)
	}
	return out, nil
}
