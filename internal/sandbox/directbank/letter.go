package directbank

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"hash/crc32"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/epgu-cli/epgu/internal/clock"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
)

// lettersLimit is what all attachments of a letter may have, bytes.
const lettersLimit = 1 << 20

// letterTypes are the letters that the bank takes.
func letterTypes() []wire.LetterType {
	return []wire.LetterType{{Code: "01", Name: "Обращение"}, {Code: "02", Name: "Ответ на запрос банка"}}
}

// letter takes a letter. An answer to the bank's question about an order that waits for
// it lets the order go on, if papers are attached.
func (in *intake) letter(ctx context.Context, l *wire.Letter) error {
	d := &l.Data
	known := false
	for _, t := range letterTypes() {
		known = known || t.Code == d.Type
	}
	switch {
	case l.Sender.Customer == nil || l.Recipient.Bank == nil:
		return &fail{"2201", "Документ не соответствует схеме", "письмо клиента банку"}
	case !known:
		return &fail{"2205", "Ошибка в реквизитах", "вид письма " + d.Type}
	case strings.TrimSpace(d.Text) == "":
		return &fail{"2205", "Ошибка в реквизитах", "текст письма"}
	}
	total := 0
	for i := range d.Attachments {
		f := &d.Attachments[i].File
		data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(f.Text), ""))
		if err != nil || int64(len(data)) != f.Size || crc32.ChecksumIEEE(data) != f.CRC {
			return &fail{"2205", "Ошибка в реквизитах", "вложение " + f.Name + " повреждено"}
		}
		total += len(data)
	}
	if total > lettersLimit {
		return &fail{"2204", "Размер электронного документа больше допустимого", strconv.Itoa(lettersLimit)}
	}
	if err := in.notice(l.ID, "", status(wire.StatusAccepted)); err != nil {
		return err
	}
	if d.Linked == nil || len(d.Attachments) == 0 {
		return nil
	}
	var serial int64
	err := in.tx.QueryRowContext(ctx, "SELECT serial FROM directbank_documents WHERE customer = ? AND id = ? AND kind = ? AND status = ? AND due_us IS NULL", in.customer.id, strings.ToLower(d.Linked.ID), string(wire.KindOrder), wire.StatusSuspended).Scan(&serial)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = in.tx.ExecContext(ctx, "UPDATE directbank_documents SET status = ?, words = '', due_us = ? WHERE serial = ?", wire.StatusAccepted, in.now.Add(execution).UnixMicro(), serial)
	return err
}

// question asks the customer for the papers behind an order.
func (in *intake) question(o *wire.PayDocRu) error {
	customer := party(in.customer)
	l := wire.Letter{Head: headOf(in.version, in.now), Sender: wire.Party{Bank: &wire.Bank{BIC: BIC, Name: Name}}, Recipient: wire.Party{Customer: &customer}}
	text := "Пришлите документ, на основании которого составлено поручение № " + o.Data.Number + ". До ответа оно не исполняется."
	file := []byte("Что прислать: договор, счёт или постановление, по которому идёт платёж.\n")
	l.Data = wire.LetterData{CorrespondenceID: l.ID, Number: o.Data.Number, Day: in.now.In(clock.Moscow()).Format(time.DateOnly), Type: "02", Theme: "Запрос документов", Text: text,
		Attachments: []wire.Attachment{{File: wire.BinaryFile{ID: uuid.NewString(), Name: "что прислать.txt", Extension: "txt", Size: int64(len(file)), CRC: crc32.ChecksumIEEE(file), Created: l.CreationDate, Text: base64.StdEncoding.EncodeToString(file)}}},
		Linked:      &wire.LinkedDoc{ID: o.ID, Kind: wire.KindOrder}}
	d, err := envelope(wire.KindLetter, &l.Head, "", l)
	if err == nil {
		in.out = append(in.out, d)
	}
	return err
}
