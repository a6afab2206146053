package directbank

import (
	"context"
	"encoding/xml"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	client "github.com/epgu-cli/epgu/internal/bank/directbank"
	"github.com/epgu-cli/epgu/internal/clock"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/gost"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/payfile/onec"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
	"github.com/epgu-cli/epgu/internal/requisites"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Desk is one bank with everything that is needed to talk to it. Not safe for
// concurrent use.
type Desk struct {
	Section *Section
	Client  *client.Client
	Box     Box
	Clock   clock.Clock
	// Open opens the key of a certificate of the store by its name.
	Open func(ctx context.Context, name string) (gost.Signer, error)

	keys map[string]gost.Signer
}

// Order is a payment order with the id by which it is known.
type Order struct {
	ID    string // of the payment
	Order onec.Order
}

// party is the customer as documents name it. Tax numbers are always given: some
// banks want them although the standard does not.
func (d *Desk) party() wire.Customer {
	p := &d.Section.Payer
	return wire.Customer{ID: d.Section.Customer, Name: cut(p.Name, 160), INN: p.INN, KPP: p.KPP}
}

func (d *Desk) bank() wire.Bank {
	return wire.Bank{BIC: d.Section.Payer.BIK, Name: cut(d.Section.Payer.Bank, 160)}
}

func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// seal writes and signs one document.
func (d *Desk) seal(ctx context.Context, kind wire.Kind, id string, doc any) (*client.Sealed, error) {
	if err := d.Section.takes(kind); err != nil {
		return nil, err
	}
	signers, err := d.signers(ctx, kind)
	if err != nil {
		return nil, err
	}
	return d.Client.Seal(ctx, kind, id, doc, d.Section.Compress, signers)
}

// Orders makes a packet of payment orders and keeps it durably. Nothing is sent.
func (d *Desk) Orders(ctx context.Context, packetID string, orders []Order) ([]byte, error) {
	docs := make([]*client.Sealed, len(orders))
	for i := range orders {
		o := &orders[i]
		doc := wire.PayDocRu{Head: d.Client.Head(o.ID), Sender: d.party(), Recipient: d.bank(), Data: orderOf(&o.Order)}
		var err error
		if docs[i], err = d.seal(ctx, wire.KindOrder, o.ID, doc); err != nil {
			return nil, err
		}
	}
	return d.keep(packetID, docs)
}

func (d *Desk) keep(packetID string, docs []*client.Sealed) ([]byte, error) {
	packet, err := d.Client.Pack(packetID, d.party(), d.bank(), docs)
	if err != nil {
		return nil, err
	}
	return packet, d.Box.PutSent(packetID, packet)
}

// Send sends a packet that was kept, once. Fate says what is known of it, whatever
// the error.
func (d *Desk) Send(ctx context.Context, packet []byte) (bankID string, fate client.Fate, err error) {
	bankID, err = d.Client.SendPack(ctx, packet)
	return bankID, client.FateOf(err), err
}

// Ready refuses at once what the bank would refuse after everything was made: it
// looks for the signers and signs in.
func (d *Desk) Ready(ctx context.Context, kind wire.Kind) error {
	if err := d.Section.takes(kind); err != nil {
		return err
	}
	if _, err := d.signers(ctx, kind); err != nil {
		return err
	}
	return d.Client.SignIn(ctx)
}

// ask sends a small document that asks for something, in a packet of its own, and
// returns its id. Asking twice does no harm.
func (d *Desk) ask(ctx context.Context, kind wire.Kind, make func(head wire.Head) any) (string, error) {
	id := uuid.NewString()
	doc, err := d.seal(ctx, kind, id, make(d.Client.Head(id)))
	if err != nil {
		return "", err
	}
	packet, err := d.keep(uuid.NewString(), []*client.Sealed{doc})
	if err == nil {
		err = d.Box.PutSent(id, packet) // so that an answer to it is known for what it is
	}
	if err != nil {
		return "", err
	}
	if _, fate, err := d.Send(ctx, packet); fate != client.Received {
		return "", harmless(err)
	}
	return id, nil
}

// harmless is the error of a question whose answer was lost: it may be asked again.
func harmless(err error) error {
	var f *fault.Error
	if errors.As(err, &f) && f.Exit == exitcode.Unknown {
		return fault.New(exitcode.Unavailable, "bank.no_answer", i18n.Say("банк не ответил на запрос", "the bank did not answer the question")).
			Advise(i18n.Say("повторите команду: запрос ничего не меняет", "repeat the command: the question changes nothing")).Because(err)
	}
	return err
}

// Probe sends a probe; its answer is a notice about the id that it returns.
func (d *Desk) Probe(ctx context.Context) (string, error) {
	return d.ask(ctx, wire.KindProbe, func(h wire.Head) any { return wire.Probe{Head: h, Sender: d.party(), Recipient: d.bank()} })
}

// ProbeTwice sends one probe in one packet twice and tells whether the bank knew the
// second for a repetition: only then may a lost packet be sent again as a question.
// A bank that says so at once keeps repeats; one that does not may still say it later.
func (d *Desk) ProbeTwice(ctx context.Context) (keeps bool, err error) {
	id := uuid.NewString()
	doc, err := d.seal(ctx, wire.KindProbe, id, wire.Probe{Head: d.Client.Head(id), Sender: d.party(), Recipient: d.bank()})
	if err != nil {
		return false, err
	}
	packet, err := d.keep(uuid.NewString(), []*client.Sealed{doc})
	if err != nil {
		return false, err
	}
	if _, fate, err := d.Send(ctx, packet); fate != client.Received {
		return false, harmless(err)
	}
	_, _, err = d.Send(ctx, packet)
	if b := client.AsBankError(err); b != nil && (b.Code == wire.ErrPacketRepeated || b.Code == wire.ErrDocRepeated) {
		return true, nil
	}
	return false, harmless(err)
}

// AskStatement asks for a statement of the payer's account: of the days from and to
// (2006-01-02) for a final one, of today for any other.
func (d *Desk) AskStatement(ctx context.Context, kind, from, to string) (string, error) {
	return d.ask(ctx, wire.KindStatementRequest, func(h wire.Head) any {
		p := &d.Section.Payer
		return wire.StatementRequest{Head: h, Sender: d.party(), Recipient: d.bank(), Data: wire.StatementWindow{Type: kind, From: from + "T00:00:00", To: to + "T23:59:59",
			Account: p.Account, Bank: wire.AtBank{BIC: p.BIK, Name: cut(p.Bank, 160), Account: p.Corr}}}
	})
}

// Today is the day at the bank: this machine's, or that of the bank's last packet when
// the bank's clock is ahead. What it executed since would be missing in a statement
// that ends before.
func (d *Desk) Today() (string, error) {
	day := d.Clock.Now().In(clock.Moscow()).Format(time.DateOnly)
	stamp, err := d.Box.Mark()
	if err != nil {
		return "", err
	}
	since, ok := client.Since(stamp, 0)
	if !ok {
		return day, nil
	}
	at, err := time.Parse(client.MarkLayout, since)
	if err != nil {
		return "", err
	}
	return max(day, at.Format(time.DateOnly)), nil
}

// AskStatus asks what became of a document of ours.
func (d *Desk) AskStatus(ctx context.Context, document string) (string, error) {
	return d.ask(ctx, wire.KindStatusRequest, func(h wire.Head) any {
		return wire.StatusRequest{Head: h, Sender: d.party(), Recipient: d.bank(), ExtID: document}
	})
}

// Recall asks the bank not to execute an order of ours. Only a notice says whether it
// did not.
func (d *Desk) Recall(ctx context.Context, document, reason string) (string, error) {
	return d.ask(ctx, wire.KindRecall, func(h wire.Head) any {
		return wire.Recall{Head: h, Sender: d.party(), Recipient: d.bank(), ExtID: document, Reason: reason}
	})
}

// overlap is how far back a list is asked for beyond the bank's mark: known packets
// cost nothing.
const overlap = 24 * time.Hour

// ever is the mark for banks that demand one and have given none.
const ever = "01.01.1970 00:00:00"

// Handle takes the documents of one packet.
type Handle func(ctx context.Context, docs ...*Incoming) error

// Fetch fetches what the bank has to say and hands the documents of every packet to
// handle, oldest packet first; a packet whose handling fails stays for the next time
// and does not stop the others. A packet is kept before it is looked into, and the time
// mark moves after all of them are kept.
func (d *Desk) Fetch(ctx context.Context, handle Handle) (n int, err error) {
	unlock, err := d.Box.Lock(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := d.take(ctx); err != nil {
		return 0, err
	}
	ids, err := d.Box.Fetched()
	if err != nil {
		return 0, err
	}
	var failed []error
	for _, id := range ids {
		if ctx.Err() != nil {
			return n, errors.Join(append(failed, ctx.Err())...)
		}
		if err := d.packet(ctx, id, handle); errors.Is(err, ErrLater) {
			continue
		} else if err != nil {
			failed = append(failed, err)
			continue
		}
		n++
	}
	return n, errors.Join(failed...)
}

// take fetches every packet that is not known yet.
func (d *Desk) take(ctx context.Context) error {
	stamp, err := d.Box.Mark()
	if err != nil {
		return err
	}
	since, ok := client.Since(stamp, overlap)
	if !ok && d.Section.DateAlways {
		since = ever
	}
	list, err := d.Client.PacketList(ctx, since)
	if err != nil {
		return err
	}
	for _, id := range list.IDs {
		if id = strings.TrimSpace(id); id == "" {
			continue
		}
		known, err := d.Box.Known(id)
		if err != nil {
			return err
		}
		if known {
			continue
		}
		p, err := d.Client.Packet(ctx, id)
		if err != nil {
			return err
		}
		raw, err := xml.Marshal(wire.PacketRoot{Packet: *p})
		if err != nil {
			return err
		}
		if err := d.Box.PutFetched(id, raw); err != nil {
			return err
		}
	}
	if list.Mark == "" || list.Mark == stamp {
		return nil
	}
	return d.Box.SetMark(list.Mark)
}

// packet hands the documents of one packet on.
func (d *Desk) packet(ctx context.Context, id string, handle Handle) error {
	raw, err := d.Box.Open(id)
	if err != nil {
		return err
	}
	var p wire.PacketRoot
	if err := client.Decode(raw, &p); err != nil {
		return err
	}
	docs := make([]*Incoming, len(p.Documents))
	for i := range p.Documents {
		docs[i] = open(&p.Documents[i])
		p.Documents[i].Data.Text = "" // it was opened
	}
	if err := handle(ctx, docs...); err != nil {
		return err
	}
	return d.Box.Done(id)
}

// Incoming is one document of the bank's. One of the pointers is set, or Err says why
// it cannot be read; a document of any other kind has none and is left alone.
type Incoming struct {
	ID        string
	Kind      wire.Kind
	Raw       []byte
	Doc       *wire.StatusDocNotice
	Packet    *wire.StatusPacketNotice
	Statement bool // Raw is a statement
	Letter    *Letter
	Answers   string
	Err       error
}

func open(d *wire.Document) *Incoming {
	in := &Incoming{ID: d.ID, Kind: d.Kind, Answers: strings.ToLower(d.ExtID)}
	if in.Raw, in.Err = client.Open(d); in.Err != nil {
		return in
	}
	switch d.Kind {
	case wire.KindDocNotice:
		in.Doc = new(wire.StatusDocNotice)
		in.Err = client.Decode(in.Raw, in.Doc)
		if in.Err != nil {
			in.Doc = nil
		} else if in.Answers = strings.ToLower(in.Doc.RequestID); in.Answers == "" {
			in.Answers = strings.ToLower(in.Doc.ExtID)
		}
	case wire.KindPacketNotice:
		in.Packet = new(wire.StatusPacketNotice)
		if in.Err = client.Decode(in.Raw, in.Packet); in.Err != nil {
			in.Packet = nil
		}
	case wire.KindLetter:
		in.Letter, in.Err = ParseLetter(in.Raw)
	case wire.KindStatement:
		in.Statement = true
		var head struct {
			RequestID string `xml:"ExtIDStatementRequest"`
		}
		if err := client.Decode(in.Raw, &head); err == nil && head.RequestID != "" {
			in.Answers = strings.ToLower(head.RequestID)
		}
	}
	return in
}

// orderOf lays a payment order out for DirectBank. Empty elements are left out.
func orderOf(o *onec.Order) wire.Order {
	side := func(p *onec.Party) wire.Side {
		s := wire.Side{Name: p.Name, INN: p.INN, KPP: p.KPP, Account: string(p.Account), Bank: &wire.AtBank{BIC: string(p.BIK), Name: cut(p.Bank, 160), City: cut(p.BankPlace, 30), Account: present(p.CorrAccount)}}
		return s
	}
	out := wire.Order{Number: o.Number, Day: o.Date.Format(time.DateOnly), Sum: rubles(o.Kopecks), Payer: side(&o.Payer), Payee: side(&o.Payee),
		TransitionKind: "01", Priority: "5", UIN: o.UIN, Purpose: untrusted.Clean(o.Purpose)}
	if out.UIN == "" {
		out.UIN = requisites.Absent
	}
	if b := o.Budget; b != nil {
		or0 := func(s string) string {
			if s == "" {
				return requisites.Absent
			}
			return s
		}
		out.Budget = &wire.Budget{DrawerStatus: b.DrawerStatus, CBC: b.KBK, OKTMO: or0(b.OKTMO), Reason: or0(b.Basis), Period: or0(b.TaxPeriod), DocNo: or0(b.DocNo), DocDate: or0(b.DocDate)}
	}
	return out
}

func rubles(kopecks int64) string {
	cents := strconv.FormatInt(100+kopecks%100, 10)[1:]
	return strconv.FormatInt(kopecks/100, 10) + "." + cents
}

func present(s string) string {
	if s == requisites.Absent {
		return ""
	}
	return s
}
