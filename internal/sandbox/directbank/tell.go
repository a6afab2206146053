package directbank

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
)

// nameOf is the standard's name of a status.
func nameOf(code string) string {
	switch code {
	case wire.StatusAccepted:
		return "Принят"
	case wire.StatusExecuted:
		return "Исполнен"
	case wire.StatusRefused:
		return "Отклонен банком"
	case wire.StatusSuspended:
		return "Приостановлен"
	case wire.StatusAnnulled:
		return "Аннулирован"
	}
	return "Не подтвержден"
}

func status(code string) wire.Result { return told(code, "") }

func told(code, words string) wire.Result {
	return wire.Result{Status: &wire.Status{Code: code, Name: nameOf(code), MoreInfo: words}}
}

// envelope puts a document of the bank into an envelope.
func envelope(kind wire.Kind, head *wire.Head, ext string, doc any) (wire.Document, error) {
	raw, err := write(doc)
	if err != nil {
		return wire.Document{}, err
	}
	return wire.Document{ID: head.ID, Kind: kind, FormatVersion: head.FormatVersion, ExtID: ext, Data: wire.Data{Text: base64.StdEncoding.EncodeToString(raw)}}, nil
}

// perOutgoing is how many documents a packet to the customer holds at most.
const perOutgoing = 1000

// lateness is by how much a bank that tells late is late.
const lateness = time.Hour

// put makes packets of documents that the customer will find in its list from now on.
func (f *face) put(ctx context.Context, tx *sql.Tx, c customer, version string, now time.Time, docs []wire.Document) error {
	for len(docs) > 0 {
		n := min(len(docs), perOutgoing)
		customer := party(c)
		p := wire.PacketRoot{Packet: wire.Packet{Head: headOf(version, now), Sender: wire.Party{Bank: &wire.Bank{BIC: BIC, Name: Name}}, Recipient: wire.Party{Customer: &customer}, Documents: docs[:n]}}
		raw, err := write(p)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO directbank_out(id, customer, made_us, packet) VALUES(?,?,?,?)", p.ID, c.id, now.Truncate(time.Second).UnixMicro(), raw); err != nil {
			return err
		}
		docs = docs[n:]
	}
	return nil
}

func docNotice(c customer, version string, now time.Time, ext, request string, r wire.Result) (wire.Document, error) {
	customer := party(c)
	n := wire.StatusDocNotice{Head: headOf(version, now), Sender: wire.Party{Bank: &wire.Bank{BIC: BIC, Name: Name}}, Recipient: wire.Party{Customer: &customer}, ExtID: ext, Result: r, RequestID: request}
	return envelope(wire.KindDocNotice, &n.Head, ext, n)
}

// notice tells about a document; request is the status request or recall that it
// answers.
func (in *intake) notice(ext, request string, r wire.Result) error {
	return in.noticeOf("", ext, request, r)
}

// noticeOf is notice about a document of a kind.
func (in *intake) noticeOf(kind wire.Kind, ext, request string, r wire.Result) error {
	d, err := docNotice(in.customer, in.version, in.now, ext, request, r)
	if err != nil {
		return err
	}
	docs := []wire.Document{d}
	if in.ways.has(training.BankTellsTwice) {
		if d, err = docNotice(in.customer, in.version, in.now, ext, request, r); err != nil {
			return err
		}
		docs = append(docs, d)
	}
	if kind == wire.KindOrder && request == "" && in.ways.has(training.BankTellsLate) {
		in.late = append(in.late, docs...)
	} else {
		in.out = append(in.out, docs...)
	}
	return nil
}

// packetNotice tells about a packet, in a packet of its own.
func (in *intake) packetNotice(ctx context.Context, bankID, packetID string, bad *fail) error {
	if bad == nil && in.ways.has(training.BankSilent) {
		return nil
	}
	r := status(wire.StatusAccepted)
	if bad != nil {
		r = wire.Result{Error: &wire.Error{Code: bad.code, Description: bad.description, MoreInfo: bad.more}}
	}
	customer := party(in.customer)
	times := 1
	if in.ways.has(training.BankTellsTwice) {
		times = 2
	}
	for range times {
		n := wire.StatusPacketNotice{Head: headOf(in.version, in.now), Sender: wire.Party{Bank: &wire.Bank{BIC: BIC, Name: Name}}, Recipient: wire.Party{Customer: &customer}, BankID: bankID, Result: r, PacketID: packetID}
		d, err := envelope(wire.KindPacketNotice, &n.Head, packetID, n)
		if err != nil {
			return err
		}
		if err := in.put(ctx, in.tx, in.customer, in.version, in.now, []wire.Document{d}); err != nil {
			return err
		}
	}
	return nil
}

func (in *intake) flush(ctx context.Context) error {
	docs, late := in.out, in.late
	in.out, in.late = nil, nil
	if err := in.put(ctx, in.tx, in.customer, in.version, in.now, docs); err != nil {
		return err
	}
	return in.put(ctx, in.tx, in.customer, in.version, in.now.Add(lateness), late)
}

// statusOf answers a status request. Of an unknown document both ids are those of
// the request.
func (in *intake) statusOf(ctx context.Context, request, id string) error {
	var code, words string
	err := in.tx.QueryRowContext(ctx, "SELECT status, words FROM directbank_documents WHERE customer = ? AND id = ? ORDER BY serial LIMIT 1", in.customer.id, strings.ToLower(id)).Scan(&code, &words)
	if errors.Is(err, sql.ErrNoRows) {
		return in.notice(request, request, wire.Result{Error: &wire.Error{Code: wire.ErrDocUnknown, Description: "Электронный документ с указанным ИД не найден", MoreInfo: id}})
	}
	if err != nil {
		return err
	}
	return in.notice(id, request, told(code, words))
}

// recall annuls an order that was not executed yet.
func (in *intake) recall(ctx context.Context, request, id string) error {
	var serial int64
	var code, words string
	err := in.tx.QueryRowContext(ctx, "SELECT serial, status, words FROM directbank_documents WHERE customer = ? AND id = ? AND kind = ? ORDER BY serial LIMIT 1", in.customer.id, strings.ToLower(id), string(wire.KindOrder)).Scan(&serial, &code, &words)
	if errors.Is(err, sql.ErrNoRows) {
		return in.notice(request, request, wire.Result{Error: &wire.Error{Code: wire.ErrDocUnknown, Description: "Электронный документ с указанным ИД не найден", MoreInfo: id}})
	}
	if err != nil {
		return err
	}
	switch code {
	case wire.StatusAccepted, wire.StatusSuspended, wire.StatusUnconfirmed:
		code, words = wire.StatusAnnulled, "Отозван клиентом"
		if _, err := in.tx.ExecContext(ctx, "UPDATE directbank_documents SET status = ?, words = ?, due_us = NULL WHERE serial = ?", code, words, serial); err != nil {
			return err
		}
	}
	return in.notice(id, request, told(code, words))
}
