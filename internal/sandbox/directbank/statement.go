package directbank

import (
	"context"
	"database/sql"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
)

// maxDays is the longest period of a statement.
const maxDays = 366

// statement answers a statement request: a document of kind 15 in a packet.
func (in *intake) statement(ctx context.Context, q *wire.StatementRequest) error {
	d := &q.Data
	if d.Account != in.customer.account {
		return in.notice(q.ID, "", wire.Result{Error: &wire.Error{Code: "1013", Description: "Нет прав на счёт", MoreInfo: d.Account}})
	}
	today := in.now.In(clock.Moscow())
	from, to := today.Format(time.DateOnly), today.Format(time.DateOnly)
	if d.Type == wire.StatementFinal {
		from, to = plainDay(d.From), plainDay(d.To)
		a, err := time.Parse(time.DateOnly, from)
		b, err2 := time.Parse(time.DateOnly, to)
		if err != nil || err2 != nil || b.Before(a) || b.Sub(a) > maxDays*24*time.Hour || from > today.Format(time.DateOnly) {
			return in.notice(q.ID, "", wire.Result{Error: &wire.Error{Code: "2206", Description: "Неверный период выписки", MoreInfo: d.From + " – " + d.To}})
		}
	}
	s := wire.Statement{Head: headOf(in.version, in.now), Sender: wire.Bank{BIC: BIC, Name: Name}, Recipient: party(in.customer), RequestID: q.ID}
	s.Data = wire.StatementData{Type: d.Type, From: from + "T00:00:00", To: to + "T23:59:59", Account: d.Account, Bank: wire.AtBank{BIC: BIC, Name: Name}, Stamp: &wire.Stamp{BIC: BIC, Name: Name}}
	if err := in.operations(ctx, &s.Data, from, to); err != nil {
		return err
	}
	if d.Type == wire.StatementBalance {
		s.Data.Operations, s.Data.Debits, s.Data.Credits = nil, "", ""
	}
	doc, err := envelope(wire.KindStatement, &s.Head, q.ID, s)
	if err != nil {
		return err
	}
	in.out = append(in.out, doc)
	return nil
}

// operations fills in the movements of the days and the balances around them.
func (in *intake) operations(ctx context.Context, s *wire.StatementData, from, to string) error {
	now, err := balance(ctx, in.tx, s.Account)
	if err != nil {
		return err
	}
	var since, after sql.NullInt64
	if err := in.tx.QueryRowContext(ctx, "SELECT sum(kopecks), sum(CASE WHEN day > ? THEN kopecks END) FROM directbank_operations WHERE account = ? AND day >= ?", to, s.Account, from).Scan(&since, &after); err != nil {
		return err
	}
	rows, err := in.tx.QueryContext(ctx, `SELECT o.serial, o.day, o.kopecks, d.content FROM directbank_operations o JOIN directbank_documents d ON d.serial = o.document
		WHERE o.account = ? AND o.day BETWEEN ? AND ? ORDER BY o.day, o.serial`, s.Account, from, to)
	if err != nil {
		return err
	}
	defer rows.Close()
	var debits int64
	for rows.Next() {
		var serial, kopecks int64
		var day string
		var content []byte
		if err := rows.Scan(&serial, &day, &kopecks, &content); err != nil {
			return err
		}
		var p wire.PayDocRu
		if err := read(content, &p); err != nil {
			return err
		}
		debits -= kopecks
		op := wire.Operation{Document: wire.Operated{ID: bankID(serial), Kind: wire.KindOrder, PayDocRu: &p.Data}, DC: wire.DebitOperation, Day: day, ExtID: p.ID,
			Stamp: &wire.Stamp{BIC: BIC, Name: Name, Status: &wire.Status{Code: wire.StatusExecuted, Name: nameOf(wire.StatusExecuted)}}}
		if in.ways.has(training.BankNoExtID) {
			op.ExtID = ""
		}
		if in.ways.has(training.BankZones) {
			op.Day += "Z"
		}
		s.Operations = append(s.Operations, op)
	}
	s.Opening, s.Closing = rublesOf(now-since.Int64), rublesOf(now-after.Int64)
	if debits > 0 {
		s.Debits = rublesOf(debits)
	}
	return rows.Err()
}
