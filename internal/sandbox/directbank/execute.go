package directbank

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/sandbox/bank"
	"github.com/epgu-cli/epgu/internal/sandbox/charges"
)

// perRun is how many orders one transaction executes at most.
const perRun = 1000

// dueOrder is an order whose time has come.
type dueOrder struct {
	serial                             int64
	customer, id, status, account, uin string
	kopecks                            int64
	came                               time.Time
	content                            []byte
}

// executeDue executes the orders that are due and returns how many.
func (f *face) executeDue(ctx context.Context, tx *sql.Tx, now time.Time) (int, error) {
	rows, err := tx.QueryContext(ctx, "SELECT serial, customer, id, status, account, uin, kopecks, came_us, content FROM directbank_documents WHERE due_us <= ? ORDER BY due_us, serial LIMIT ?", now.UnixMicro(), perRun)
	if err != nil {
		return 0, err
	}
	var due []dueOrder
	for rows.Next() {
		var o dueOrder
		var came int64
		if err := rows.Scan(&o.serial, &o.customer, &o.id, &o.status, &o.account, &o.uin, &o.kopecks, &came, &o.content); err != nil {
			rows.Close()
			return 0, err
		}
		o.came = time.UnixMicro(came)
		due = append(due, o)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil || len(due) == 0 {
		return 0, err
	}
	w, err := waysOf(ctx, tx)
	if err != nil {
		return 0, err
	}
	tells := map[string][]wire.Document{}
	var order []string
	customers := map[string]customer{}
	for i := range due {
		o := &due[i]
		c, ok := customers[o.customer]
		if !ok {
			if c, err = customerBy(ctx, tx, o.customer); err != nil {
				return 0, err
			}
			customers[o.customer], order = c, append(order, o.customer)
		}
		code, words, err := f.execute(ctx, tx, c, o, w, now)
		if err != nil {
			return 0, err
		}
		if code == o.status || w.has(training.BankSilent) {
			continue
		}
		var p wire.PayDocRu
		if err := read(o.content, &p); err != nil {
			return 0, err
		}
		times := 1
		if w.has(training.BankTellsTwice) {
			times = 2
		}
		for range times {
			d, err := docNotice(c, p.FormatVersion, now, p.ID, "", told(code, words))
			if err != nil {
				return 0, err
			}
			tells[o.customer] = append(tells[o.customer], d)
		}
	}
	from := now
	if w.has(training.BankTellsLate) {
		from = now.Add(lateness)
	}
	for _, id := range order {
		if err := f.put(ctx, tx, customers[id], wire.OldestVersion, from, tells[id]); err != nil {
			return 0, err
		}
	}
	return len(due), nil
}

// execute moves the money of an order, or puts it off, and returns its status.
func (f *face) execute(ctx context.Context, tx *sql.Tx, c customer, o *dueOrder, w ways, now time.Time) (code, words string, err error) {
	has, err := balance(ctx, tx, o.account)
	if err != nil {
		return "", "", err
	}
	var due any
	switch {
	case w.has(training.BankSuspends) && o.status == wire.StatusAccepted, has < o.kopecks && now.Sub(o.came) < validity:
		code, words, due = wire.StatusSuspended, "Недостаточно средств на счёте", now.Add(retrial).UnixMicro()
	case has < o.kopecks:
		code, words = wire.StatusRefused, "На счёте десять дней не было денег"
	default:
		code = wire.StatusExecuted
		if err := setBalance(ctx, tx, o.account, has-o.kopecks); err != nil {
			return "", "", err
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO directbank_operations(account, day, kopecks, document) VALUES(?,?,?,?)", o.account, now.In(clock.Moscow()).Format(time.DateOnly), -o.kopecks, o.serial); err != nil {
			return "", "", err
		}
		if err := f.settle(ctx, tx, c, o, now); err != nil {
			return "", "", err
		}
	}
	_, err = tx.ExecContext(ctx, "UPDATE directbank_documents SET status = ?, words = ?, due_us = ? WHERE serial = ?", code, words, due, o.serial)
	return code, words, err
}

// settle pays the charge of an order with an УИН, when there is one and it is not
// paid. The money has left in any case.
func (f *face) settle(ctx context.Context, tx *sql.Tx, c customer, o *dueOrder, now time.Time) error {
	if o.uin == "" {
		return nil
	}
	charge, err := charges.Get(ctx, tx, o.uin)
	if errors.Is(err, charges.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if charge.State == charges.Paid || charge.State == charges.Annulled || charge.Due(now) != o.kopecks {
		return nil
	}
	_, err = bank.Executed(ctx, tx, bank.Settlement{ID: o.id, Owner: bank.Owner{OrgOID: c.org.OID}, PayerName: c.org.ShortName, Charge: charge}, now)
	return err
}

// bankID is the bank's own number of an operation.
func bankID(serial int64) string { return "UB" + strconv.FormatInt(1_000_000_000+serial, 10) }
