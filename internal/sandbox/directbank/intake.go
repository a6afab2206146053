package directbank

import (
	"archive/zip"
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/gost/cert"
	"github.com/epgu-cli/epgu/internal/gost/cms"
	"github.com/epgu-cli/epgu/internal/gost/verdict"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/requisites"
)

// sendPack takes a packet into the queue. Only what can be seen from outside is
// looked at now; documents are parsed later, and told of by notices.
func (f *face) sendPack(ctx context.Context, r *http.Request) (*wire.Success, error) {
	var body bytes.Buffer
	body.Grow(int(min(max(r.ContentLength, 0), maxPacket)) + bytes.MinRead)
	if _, err := body.ReadFrom(io.LimitReader(r.Body, maxPacket+1)); err != nil {
		return nil, err
	}
	raw := body.Bytes()
	bankID := uuid.NewString()
	err := f.DB.Write(ctx, func(tx *sql.Tx) error {
		c, err := f.session(ctx, tx, r)
		if err != nil {
			return err
		}
		if len(raw) > maxPacket {
			return &fail{"2003", "Размер транспортного контейнера больше допустимого", strconv.Itoa(maxPacket)}
		}
		var head struct {
			ID string `xml:"id,attr"`
		}
		if err := read(raw, &head); err != nil || head.ID == "" {
			return &fail{"2001", "Ошибка структуры транспортного контейнера", "это не Packet"}
		}
		w, err := waysOf(ctx, tx)
		if err != nil {
			return err
		}
		id := strings.ToLower(head.ID)
		if !w.has(training.BankTakesRepeats) && !w.has(training.BankQueuesRepeats) {
			var n int
			if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM directbank_packets WHERE customer = ? AND packet_id = ?", c.id, id).Scan(&n); err != nil {
				return err
			}
			if n > 0 {
				return &fail{wire.ErrPacketRepeated, "Дубль транспортного контейнера по ИД", head.ID}
			}
		}
		now, err := f.Calendar.Now(ctx, tx)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO directbank_packets(bank_id, customer, packet_id, raw, due_us) VALUES(?,?,?,?,?)", bankID, c.id, id, raw, now.Add(parsing).UnixMicro())
		return err
	})
	if err != nil {
		return nil, err
	}
	return &wire.Success{SendPacket: &wire.SendPacketResponse{ID: bankID}}, nil
}

// parseDue parses the packets that are due and returns how many.
func (f *face) parseDue(ctx context.Context, tx *sql.Tx, now time.Time) (int, error) {
	type waiting struct {
		serial                     int64
		bankID, customer, packetID string
		raw                        []byte
	}
	rows, err := tx.QueryContext(ctx, "SELECT serial, bank_id, customer, packet_id, raw FROM directbank_packets WHERE due_us <= ? ORDER BY due_us, serial LIMIT 1", now.UnixMicro())
	if err != nil {
		return 0, err
	}
	var due []waiting
	for rows.Next() {
		var p waiting
		if err := rows.Scan(&p.serial, &p.bankID, &p.customer, &p.packetID, &p.raw); err != nil {
			rows.Close()
			return 0, err
		}
		due = append(due, p)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return 0, err
	}
	for _, p := range due {
		c, err := customerBy(ctx, tx, p.customer)
		if err != nil {
			return 0, err
		}
		w, err := waysOf(ctx, tx)
		if err != nil {
			return 0, err
		}
		in := &intake{face: f, tx: tx, ways: w, customer: c, now: now}
		if err := in.packet(ctx, p.raw, p.packetID, p.bankID, p.serial); err != nil {
			return 0, err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE directbank_packets SET raw = NULL, due_us = NULL WHERE serial = ?", p.serial); err != nil {
			return 0, err
		}
	}
	return len(due), nil
}

// intake is the parsing of one packet.
type intake struct {
	*face
	tx       *sql.Tx
	ways     ways
	customer customer
	now      time.Time
	version  string
	out      []wire.Document // what is to be told
	late     []wire.Document // and what is told late
	insert   *sql.Stmt
}

func (in *intake) packet(ctx context.Context, raw []byte, packetID, bankID string, serial int64) (err error) {
	in.version = wire.OldestVersion
	var p wire.PacketRoot
	if err := read(raw, &p); err != nil {
		return in.packetNotice(ctx, bankID, packetID, &fail{"2001", "Ошибка структуры транспортного контейнера", err.Error()})
	}
	if in.ways.has(training.BankQueuesRepeats) {
		var n int
		if err := in.tx.QueryRowContext(ctx, "SELECT count(*) FROM directbank_packets WHERE customer = ? AND packet_id = ? AND serial < ?", in.customer.id, packetID, serial).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return in.packetNotice(ctx, bankID, p.ID, &fail{wire.ErrPacketRepeated, "Дубль транспортного контейнера по ИД", p.ID})
		}
	}
	in.version = p.FormatVersion
	var bad *fail
	switch {
	case !slices.Contains(wire.Versions(), p.FormatVersion):
		in.version, bad = wire.NewestVersion, &fail{"2006", "Версия транспортного контейнера не поддерживается", p.FormatVersion}
	case p.Sender.Customer == nil || p.Sender.Customer.ID != in.customer.id || p.Sender.Customer.INN != in.customer.org.INN:
		bad = &fail{"2004", "Отправитель не найден", ""}
	case p.Recipient.Bank == nil || p.Recipient.Bank.BIC != BIC:
		bad = &fail{"2005", "Получатель не найден", ""}
	case len(p.Documents) == 0:
		bad = &fail{"2001", "Ошибка структуры транспортного контейнера", "нет документов"}
	}
	if bad != nil {
		return in.packetNotice(ctx, bankID, p.ID, bad)
	}
	if in.insert, err = in.tx.PrepareContext(ctx, `INSERT INTO directbank_documents(customer, id, kind, number, day, status, words, account, kopecks, uin, came_us, due_us, content) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)`); err != nil {
		return err
	}
	defer in.insert.Close()
	if err := in.packetNotice(ctx, bankID, p.ID, nil); err != nil {
		return err
	}
	for i := range p.Documents {
		d := &p.Documents[i]
		err := in.document(ctx, d)
		var said *fail
		if errors.As(err, &said) {
			err = in.noticeOf(d.Kind, d.ID, "", wire.Result{Error: &wire.Error{Code: said.code, Description: said.description, MoreInfo: said.more}})
		}
		if err != nil {
			return err
		}
	}
	return in.flush(ctx)
}

// document takes one document; a *fail is told about it.
func (in *intake) document(ctx context.Context, d *wire.Document) error {
	if !slices.Contains(taken(), d.Kind) {
		return &fail{"2007", "Вид электронного документа не поддерживается", string(d.Kind)}
	}
	raw, err := open(d)
	if err != nil {
		return err
	}
	d.Data.Text = "" // a packet holds a thousand of them
	if err := in.signatures(ctx, d, raw); err != nil {
		return err
	}
	if !in.ways.has(training.BankTakesRepeats) {
		var n int
		if err := in.tx.QueryRowContext(ctx, "SELECT count(*) FROM directbank_documents WHERE customer = ? AND id = ?", in.customer.id, strings.ToLower(d.ID)).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return &fail{wire.ErrDocRepeated, "Дубль электронного документа по ИД", d.ID}
		}
	}
	switch d.Kind {
	case wire.KindOrder:
		return in.order(ctx, d, raw)
	case wire.KindProbe:
		var p wire.Probe
		return in.small(ctx, d, raw, &p, &p.Head, func() error { return in.notice(d.ID, "", status(wire.StatusAccepted)) })
	case wire.KindStatusRequest:
		var q wire.StatusRequest
		return in.small(ctx, d, raw, &q, &q.Head, func() error { return in.statusOf(ctx, d.ID, q.ExtID) })
	case wire.KindRecall:
		var q wire.Recall
		return in.small(ctx, d, raw, &q, &q.Head, func() error { return in.recall(ctx, d.ID, q.ExtID) })
	case wire.KindStatementRequest:
		var q wire.StatementRequest
		return in.small(ctx, d, raw, &q, &q.Head, func() error { return in.statement(ctx, &q) })
	}
	var l wire.Letter
	return in.small(ctx, d, raw, &l, &l.Head, func() error { return in.letter(ctx, &l) })
}

// small takes a document that is answered at once and remembers its id.
func (in *intake) small(ctx context.Context, d *wire.Document, raw []byte, out any, head *wire.Head, answer func() error) error {
	if err := read(raw, out); err != nil {
		return &fail{"2201", "Документ не соответствует схеме", err.Error()}
	}
	if !strings.EqualFold(head.ID, d.ID) {
		return &fail{"2201", "Документ не соответствует схеме", "id документа и id в контейнере различаются"}
	}
	r := &record{status: wire.StatusExecuted, content: raw}
	said := answer()
	var refused *fail
	if errors.As(said, &refused) {
		r.status, r.words = wire.StatusRefused, refused.description+": "+refused.more
	} else if said != nil {
		return said
	}
	return errors.Join(in.keep(ctx, d, r), said)
}

// record is what is kept of a document.
type record struct {
	number, day, status, words, account, uin string
	kopecks                                  int64
	due                                      time.Time
	content                                  []byte
}

func (in *intake) keep(ctx context.Context, d *wire.Document, r *record) error {
	var due any
	if !r.due.IsZero() {
		due = r.due.UnixMicro()
	}
	_, err := in.insert.ExecContext(ctx, in.customer.id, strings.ToLower(d.ID), string(d.Kind), r.number, r.day, r.status, r.words, r.account, r.kopecks, r.uin, in.now.UnixMicro(), due, r.content)
	return err
}

// open undoes base64 and zip.
func open(d *wire.Document) ([]byte, error) {
	if d.Encrypted {
		return nil, &fail{"2010", "Не удалось расшифровать документ", "шифрование не используется"}
	}
	raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(d.Data.Text), ""))
	if err != nil {
		return nil, &fail{"2001", "Ошибка структуры транспортного контейнера", "Data не base64"}
	}
	if !d.Compressed {
		return raw, nil
	}
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil || len(z.File) != 1 {
		return nil, &fail{"2011", "Не удалось распаковать документ", ""}
	}
	r, err := z.File[0].Open()
	if err != nil {
		return nil, &fail{"2011", "Не удалось распаковать документ", ""}
	}
	defer r.Close()
	raw, err = io.ReadAll(io.LimitReader(r, maxPacket+1))
	if err != nil || len(raw) > maxPacket {
		return nil, &fail{"2011", "Не удалось распаковать документ", ""}
	}
	return raw, nil
}

// signatures holds the signatures against the exact bytes and the rule. Whose they
// are is not asked: a real bank knows its customers' certificates.
func (in *intake) signatures(ctx context.Context, d *wire.Document, raw []byte) error {
	need := strings.Count(signRule(in.ways, d.Kind), "1")
	if len(d.Signatures) < need {
		return &fail{"2013", "Отсутствует электронная подпись", "нужно подписей: " + strconv.Itoa(need)}
	}
	signers := map[string]bool{}
	for _, s := range d.Signatures {
		der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s.SignedData), ""))
		if err != nil {
			return &fail{"2015", "Электронная подпись не может быть проверена", "SignedData не base64"}
		}
		r, err := cms.VerifyDetached(ctx, der, bytes.NewReader(raw), &cms.VerifyOptions{Chain: cert.ChainOptions{Time: in.Clock.Now()}})
		if err != nil || len(r.Signatures) != 1 || r.Signatures[0].Certificate == nil {
			return &fail{"2015", "Электронная подпись не может быть проверена", "нужен CMS одного подписанта с его сертификатом"}
		}
		one := r.Signatures[0]
		for _, why := range one.Reasons {
			if why.Status == verdict.Invalid {
				return &fail{"2014", "Электронная подпись недействительна", why.Code}
			}
		}
		if !sameSerial(s.Serial, one.Certificate) || s.Issuer != one.Certificate.Issuer.CommonName.Raw() {
			return &fail{"1101", "Сертификат не найден", s.Serial}
		}
		signers[one.Certificate.Hash()] = true
	}
	if len(signers) < need {
		return &fail{"2013", "Отсутствует электронная подпись", "подписи одного и того же подписанта"}
	}
	return nil
}

func sameSerial(hex string, c *cert.Certificate) bool {
	return strings.EqualFold(strings.TrimLeft(hex, "0"), strings.TrimLeft(c.Serial(), "0"))
}

// order takes a payment order.
func (in *intake) order(ctx context.Context, d *wire.Document, raw []byte) error {
	var p wire.PayDocRu
	if err := read(raw, &p); err != nil {
		return &fail{"2201", "Документ не соответствует схеме", err.Error()}
	}
	o := &p.Data
	if !strings.EqualFold(p.ID, d.ID) {
		return &fail{"2201", "Документ не соответствует схеме", "id документа и id в контейнере различаются"}
	}
	sum, ok := kopecksOf(o.Sum)
	switch {
	case !ok || sum <= 0:
		return &fail{"2205", "Ошибка в реквизитах", "сумма " + o.Sum}
	case o.Payer.Account != in.customer.account || o.Payer.Bank == nil || o.Payer.Bank.BIC != BIC:
		return &fail{"2205", "Ошибка в реквизитах", "счёт плательщика не ваш"}
	case o.Payer.INN != in.customer.org.INN:
		return &fail{"2205", "Ошибка в реквизитах", "ИНН плательщика не ваш"}
	case o.Number == "" || len(o.Number) > 6 || strings.Trim(o.Number, "0123456789") != "":
		return &fail{"2205", "Ошибка в реквизитах", "номер документа " + o.Number}
	case o.Purpose == "" || len([]rune(o.Purpose)) > 210:
		return &fail{"2205", "Ошибка в реквизитах", "назначение платежа"}
	case o.Payee.Name == "":
		return &fail{"2205", "Ошибка в реквизитах", "наименование получателя"}
	}
	if o.Payee.Bank == nil {
		return &fail{"2205", "Ошибка в реквизитах", "банк получателя"}
	}
	bic, err := requisites.ParseBIK(o.Payee.Bank.BIC)
	if err != nil {
		return &fail{"2205", "Ошибка в реквизитах", "БИК получателя"}
	}
	if _, err := requisites.ParseAccountAt(o.Payee.Account, bic); err != nil {
		return &fail{"2205", "Ошибка в реквизитах", "счёт получателя"}
	}
	today := in.now.In(clock.Moscow())
	made, err := time.ParseInLocation(time.DateOnly, plainDay(o.Day), clock.Moscow())
	if err != nil || made.After(today.AddDate(0, 0, 10)) || made.Before(today.AddDate(0, 0, -11)) {
		return &fail{"2205", "Ошибка в реквизитах", "дата документа " + o.Day}
	}
	if !in.ways.has(training.BankTakesRepeats) {
		var n int
		if err := in.tx.QueryRowContext(ctx, "SELECT count(*) FROM directbank_documents WHERE customer = ? AND number = ? AND number <> '' AND day = ? AND status NOT IN (?, ?)", // as the index has it
			in.customer.id, o.Number, plainDay(o.Day), wire.StatusRefused, wire.StatusAnnulled).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return &fail{wire.ErrDocLike, "Дубль электронного документа по дате, номеру и отправителю", "№ " + o.Number + " от " + plainDay(o.Day)}
		}
	}
	uin := o.UIN
	if strings.Trim(uin, "0") == "" {
		uin = ""
	}
	r := &record{number: o.Number, day: plainDay(o.Day), status: wire.StatusAccepted, account: in.customer.account, kopecks: sum, uin: uin, due: in.now.Add(execution), content: raw}
	switch {
	case in.ways.has(training.BankRefuses):
		r.status, r.words, r.due = wire.StatusRefused, "Отказано по указанию учебного портала", time.Time{}
	case in.ways.has(training.BankAsks) && atLeast(in.version, "2.3.1"):
		r.status, r.words, r.due = wire.StatusSuspended, "Банк ждёт ответа на письмо", time.Time{}
		if err := in.question(&p); err != nil {
			return err
		}
	case in.ways.has(training.BankConfirms):
		r.status, r.due = wire.StatusUnconfirmed, in.now.Add(retrial) // somebody confirms it the next day
	}
	if err := in.keep(ctx, d, r); err != nil {
		return err
	}
	if in.ways.has(training.BankSilent) && r.status != wire.StatusRefused {
		return nil
	}
	return in.noticeOf(wire.KindOrder, d.ID, "", told(r.status, r.words))
}

// plainDay is a date without a zone.
func plainDay(s string) string { return s[:min(len(s), len(time.DateOnly))] }

// kopecksOf reads a sum of rubles exactly.
func kopecksOf(s string) (int64, bool) {
	rubles, rest, dot := strings.Cut(s, ".")
	if len(rest) > 2 || dot && rest == "" || len(rubles) == 0 || len(rubles) > 15 || strings.Trim(rubles+rest, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(rubles+(rest + "00")[:2], 10, 64)
	return n, err == nil
}

func rublesOf(kopecks int64) string {
	sign := ""
	if kopecks < 0 {
		sign, kopecks = "-", -kopecks
	}
	cents := strconv.FormatInt(100+kopecks%100, 10)[1:]
	return sign + strconv.FormatInt(kopecks/100, 10) + "." + cents
}
