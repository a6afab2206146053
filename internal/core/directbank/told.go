package directbank

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"strings"

	client "github.com/epgu-cli/epgu/internal/bank/directbank"
	"github.com/epgu-cli/epgu/internal/core/bankfiles"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/exitcode"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Ledger is what hearing the bank needs of the journal.
type Ledger interface {
	List(ctx context.Context, f journal.Filter) iter.Seq2[journal.Payment, error]
	Move(ctx context.Context, transitions []journal.Transition) error
	Recover(ctx context.Context) (journal.Recovered, error)
	Payment(ctx context.Context, id string) (journal.Payment, error)
	Events(ctx context.Context, f journal.EventFilter) iter.Seq2[journal.Event, error]
}

// Word is what a notice says of an order.
type Word string

// The words.
const (
	Arrived       Word = "arrived"       // the bank has it
	Accepted      Word = "accepted"      // 01
	Executed      Word = "executed"      // 02; the statement will prove it
	Refused       Word = "refused"       // 03, or an error about it
	Suspended     Word = "suspended"     // 04
	Annulled      Word = "annulled"      // 05
	Unconfirmed   Word = "unconfirmed"   // 06
	Unfamiliar    Word = "unknown"       // 2207: the bank does not know it at this moment
	AnotherLike   Word = "another"       // 2203
	Contradiction Word = "contradiction" // it cannot be true beside what is known
	NotRecalled   Word = "not-recalled"  // a request about it was not carried out; the order stands where it stood
	Failed        Word = "failed"        // an error that says nothing of the order
	NeverLeft     Word = "never-left"    // its number was another order's before: the journal itself says that nothing was sent
	Stated        Word = "statement"     // a statement came
	Wrote         Word = "letter"        // the bank wrote a letter
	Unreadable    Word = "unreadable"    // a document that cannot be read
	Other         Word = "other"         // settings, another kind
)

// Told is one thing that the bank told.
type Told struct {
	Document string // the document that it is about, "" when it is about none of ours
	Answers  string // the id of our request that it answers, else of Document
	Kind     wire.Kind
	Word     Word
	Code     string         // of a status or an error
	Words    untrusted.Text // the bank's
	Next     i18n.Message   // what to do
	Payment  *journal.Payment
	To       journal.State // what this moved the payment to; "" when to nothing
	Report   *bankfiles.Report
	Err      error

	packet string // the packet that it is about, "" when it is about the document itself
}

// Ear writes down what the bank tells. Statements settle payments; notices only say
// where an order stands.
type Ear struct {
	Bank    string // the section
	Profile string
	Journal Ledger
	Box     Box
	How     bankfiles.How
	// Statement sees every statement that was read; it may be nil.
	Statement func(in *Incoming)
	// Hear is told everything, packet by packet, after what it proves was written down;
	// nothing is kept here. An error of it ends the taking, and the packet is told of
	// again the next time. It may be nil.
	Hear func(t *Told) error

	heard []Told                      // of the packet that is being taken
	moves []journal.Transition        // that its notices prove
	moved map[string]*journal.Payment // as they will be then
	first int                         // what was heard before them

	takers *bankfiles.Takers // of the numbers of unknown orders
}

// Take hears the documents of a packet; it fits Desk.Fetch. What its notices prove is
// written down in one commit: a bank tells of a thousand orders at once.
func (e *Ear) Take(ctx context.Context, docs ...*Incoming) error {
	for _, in := range docs {
		if err := e.take(ctx, in); err != nil {
			return errors.Join(e.write(ctx), err)
		}
	}
	return e.write(ctx)
}

// tell passes on what was heard.
func (e *Ear) tell() error {
	all := e.heard
	e.heard = nil
	if e.Hear == nil {
		return nil
	}
	for i := range all {
		if err := e.Hear(&all[i]); err != nil {
			return err
		}
	}
	return nil
}

// write writes down what was proved so far, and tells of it.
func (e *Ear) write(ctx context.Context) error {
	moves := e.moves
	e.moves, e.moved = nil, nil
	if len(moves) == 0 {
		return e.tell()
	}
	err := e.Journal.Move(context.WithoutCancel(ctx), moves)
	var stale *journal.StaleError
	if errors.As(err, &stale) {
		err = ErrLater // somebody moved one in between: they are judged anew
	}
	if err != nil {
		e.heard = e.heard[:e.first] // it is heard again
		return errors.Join(err, e.tell())
	}
	return e.tell()
}

// payment is a payment as it is after what was proved so far.
func (e *Ear) payment(ctx context.Context, id string) (*journal.Payment, error) {
	if p := e.moved[id]; p != nil {
		now := *p
		return &now, nil
	}
	p, err := e.Journal.Payment(ctx, id)
	return &p, err
}

// prove notes that a payment moves.
func (e *Ear) prove(p *journal.Payment, move journal.Transition) {
	if len(e.moves) == 0 {
		e.first, e.moved = len(e.heard), map[string]*journal.Payment{}
	}
	e.moves = append(e.moves, move)
	e.moved[p.ID] = p
}

func (e *Ear) take(ctx context.Context, in *Incoming) error {
	t := Told{Kind: in.Kind, Answers: in.Answers, Word: Other}
	var err error
	switch {
	case in.Err != nil:
		t.Word, t.Err = Unreadable, in.Err // it is kept, and does not stop the others
	case in.Doc != nil:
		return e.doc(ctx, in, &t)
	case in.Packet != nil:
		return e.packet(ctx, in)
	case in.Kind == wire.KindSettings:
		t.Next = i18n.Text{RU: "банк прислал новые настройки обмена: возьмите их (epgu bank add %s), покажется, что меняется", EN: "the bank sent new exchange settings: take them (epgu bank add %s), which shows what changes"}.With(e.Bank)
	case in.Letter != nil:
		l := in.Letter
		t.Document, t.Word, t.Words = l.ID, Wrote, l.Theme
		t.Next = i18n.Text{RU: "прочитайте: epgu bank letters %s %s", EN: "read it: epgu bank letters %s %s"}.With(e.Bank, untrusted.Text(l.ID))
		if t.Answers = l.Reply; t.Answers == "" {
			t.Answers = l.ID
		}
		err = e.Box.PutLetter(l.ID, in.Raw)
	case in.Statement:
		if err := e.write(ctx); err != nil { // it settles payments by itself
			return err
		}
		t.Word = Stated
		t.Report, err = bankfiles.Import(ctx, e.Journal, e.Profile, "directbank:"+e.Bank+":"+journal.Cut(in.ID, 64), bytes.NewReader(in.Raw), e.How)
		if t.Report == nil {
			t.Report = &bankfiles.Report{}
		}
		if isUsage(err) {
			t.Word, t.Err, err = Unreadable, err, nil
		}
	}
	if err != nil {
		return err
	}
	if in.Statement && e.Statement != nil {
		e.Statement(in)
	}
	e.heard = append(e.heard, t)
	return nil
}

// Again sends the packet of an unknown payment once more, byte for byte, as a question:
// only to a bank that is known to keep repeats, where either answer proves that its
// orders are there, once; and only while nothing is known of any of them, for all of
// them go once more. It reports whether the fate of the payment is known now.
//
// Where the journal shows that the packet never left (bankfiles.Takers), it is not sent,
// whatever the bank: its payments are planned again, and take numbers of their own.
//
// That one more copy may be there is written down before it leaves: when its answer is
// lost, too, and it is refused for a copy, the first one may be executed all the same.
func (e *Ear) Again(ctx context.Context, d *Desk, id string) (bool, error) {
	p, err := e.Journal.Payment(ctx, id)
	if err != nil || p.State != journal.Unknown || p.Via != journal.ViaDirectBank {
		return err == nil && (p.State == journal.Accepted || p.State == journal.Planned), err // with another one of its packet
	}
	packet, err := e.Box.Sent(billing.CarriedOf(&p).Packet)
	if err != nil || packet == nil {
		return false, err
	}
	all, err := e.inside(ctx, packet)
	if err != nil || len(all) == 0 {
		return false, err
	}
	if e.takers == nil {
		e.takers = bankfiles.NewTakers(e.Journal)
	}
	if later, err := e.takers.Later(ctx, all); err != nil {
		return false, err
	} else if later {
		return true, e.neverLeft(ctx, all)
	}
	if !d.Section.KeepsRepeats {
		return false, nil
	}
	ctx = context.WithoutCancel(ctx)
	count := func(more int) error {
		ts := make([]journal.Transition, len(all))
		for i := range all {
			c := billing.CarriedOf(&all[i])
			c.Sendings += more
			extra, err := c.Extra()
			if err != nil {
				return err
			}
			all[i].Extra = extra
			ts[i] = journal.Transition{ID: all[i].ID, From: journal.Unknown, To: journal.Unknown, Reason: all[i].Reason, Extra: extra, Evidence: journal.Evidence{Witness: journal.OwnFile}}
		}
		return e.Journal.Move(ctx, ts)
	}
	if err := count(1); err != nil {
		return false, err
	}
	_, fate, err := d.Send(ctx, packet)
	switch fate {
	case client.Received:
	case client.NotTaken:
		return false, errors.Join(harmless(err), count(-1))
	default:
		return false, harmless(err)
	}
	known := client.AsBankError(err) // it knew the copy for one
	moves, heard := make([]journal.Transition, len(all)), make([]Told, len(all))
	for i := range all {
		q := &all[i]
		heard[i] = Told{Kind: wire.KindOrder, Document: q.ID, Answers: q.ID, Word: Arrived, Payment: q, To: journal.Accepted}
		if known != nil {
			heard[i].Code, heard[i].Words = known.Code, known.Words()
		}
		move, ok := e.moveOf(q, "", &heard[i])
		if !ok {
			return false, nil
		}
		if known != nil {
			c := billing.CarriedOf(q)
			c.Sendings--
			if move.Extra, err = c.Extra(); err != nil {
				return false, err
			}
		}
		moves[i] = move
	}
	if err := e.Journal.Move(ctx, moves); err != nil {
		return false, err
	}
	for i := range all {
		all[i].State, all[i].Extra = journal.Accepted, moves[i].Extra
	}
	e.heard = append(e.heard, heard...)
	return true, e.tell()
}

// neverLeft plans payments again whose packet was made and not sent.
func (e *Ear) neverLeft(ctx context.Context, all []journal.Payment) error {
	moves, heard := make([]journal.Transition, len(all)), make([]Told, len(all))
	for i := range all {
		c := billing.CarriedOf(&all[i])
		c.Sendings--
		extra, err := c.Unsent()
		if err != nil {
			return err
		}
		moves[i] = journal.Transition{ID: all[i].ID, From: journal.Unknown, To: journal.Planned, Extra: extra, Evidence: journal.Evidence{Witness: journal.OwnFile}}
		heard[i] = Told{Kind: wire.KindOrder, Document: all[i].ID, Answers: all[i].ID, Word: NeverLeft, Payment: &all[i], To: journal.Planned, Next: next(NeverLeft)}
	}
	if err := e.Journal.Move(ctx, moves); err != nil {
		return err
	}
	for i := range all {
		all[i].State, all[i].Extra = journal.Planned, moves[i].Extra
	}
	e.heard = append(e.heard, heard...)
	return e.tell()
}

// inside returns the payments of the orders in a packet of ours, none unless the fate
// of each is unknown.
func (e *Ear) inside(ctx context.Context, packet []byte) ([]journal.Payment, error) {
	var root wire.PacketRoot
	if err := client.Decode(packet, &root); err != nil {
		return nil, err
	}
	var out []journal.Payment
	for i := range root.Documents {
		if root.Documents[i].Kind != wire.KindOrder {
			continue
		}
		p, err := e.Journal.Payment(ctx, strings.ToLower(root.Documents[i].ID))
		if err != nil {
			return nil, err
		}
		if p.State != journal.Unknown || !strings.EqualFold(billing.CarriedOf(&p).Packet, root.ID) {
			return nil, nil
		}
		out = append(out, p)
	}
	return out, nil
}

// doc hears a notice about a document.
func (e *Ear) doc(ctx context.Context, in *Incoming, t *Told) error {
	n := in.Doc
	t.Document = strings.ToLower(strings.TrimSpace(n.ExtID))
	t.Word, t.Code, t.Words = wordOf(&n.Result)
	if t.Word == Unfamiliar { // both ids are those of the request
		t.Next = i18n.Say("документ может ещё стоять в очереди банка: спросите позже; если и выписка его не покажет, решите сами: epgu batch reconcile ПЛАН --decide …",
			"the document may still wait in the bank's queue: ask later; when the statement does not show it either, decide yourself: epgu batch reconcile PLAN --decide …")
		e.heard = append(e.heard, *t)
		return nil
	}
	// The answer to a recall names the order, too, and may say that the recall itself
	// came to nothing; the standard has the same codes for that.
	if n.RequestID != "" && t.Word == Refused {
		kind, err := e.asked(n.RequestID)
		if err != nil {
			return err
		}
		if kind != wire.KindStatusRequest {
			t.Word = NotRecalled
		}
	}
	return e.about(ctx, in, t)
}

// asked is the kind of a request of ours, "" when we have made none of this id.
func (e *Ear) asked(id string) (wire.Kind, error) {
	raw, err := e.Box.Sent(strings.ToLower(strings.TrimSpace(id)))
	if err != nil || raw == nil {
		return "", err
	}
	var p wire.PacketRoot
	if err := client.Decode(raw, &p); err != nil {
		return "", err
	}
	for i := range p.Documents {
		if strings.EqualFold(p.Documents[i].ID, strings.TrimSpace(id)) {
			return p.Documents[i].Kind, nil
		}
	}
	return "", nil
}

// packet hears a notice about a packet: what it says is said of every order in it.
func (e *Ear) packet(ctx context.Context, in *Incoming) error {
	n := in.Packet
	base := Told{Kind: in.Kind, Answers: strings.ToLower(n.PacketID)}
	base.Word, base.Code, base.Words = wordOf(&n.Result)
	if base.Word == Accepted {
		base.Word = Arrived // a packet's 01 says nothing of its documents
	}
	raw, err := e.Box.Sent(n.PacketID)
	if err != nil {
		return err
	}
	if n.PacketID == "" || raw == nil {
		e.heard = append(e.heard, base)
		return nil
	}
	var p wire.PacketRoot
	if err := client.Decode(raw, &p); err != nil {
		return err
	}
	for i := range p.Documents {
		if p.Documents[i].Kind != wire.KindOrder {
			continue
		}
		t := base
		t.Document, t.packet = strings.ToLower(p.Documents[i].ID), n.PacketID
		if err := e.about(ctx, in, &t); err != nil {
			return err
		}
	}
	return nil
}

// wordOf reads a result.
func wordOf(r *wire.Result) (w Word, code string, words untrusted.Text) {
	if s := r.Status; s != nil {
		code = strings.TrimSpace(s.Code)
		words = (&client.BankError{Description: untrusted.Text(s.Name), MoreInfo: untrusted.Text(s.MoreInfo)}).Words()
		switch code {
		case wire.StatusAccepted:
			return Accepted, code, words
		case wire.StatusExecuted:
			return Executed, code, words
		case wire.StatusRefused:
			return Refused, code, words
		case wire.StatusSuspended:
			return Suspended, code, words
		case wire.StatusAnnulled:
			return Annulled, code, words
		case wire.StatusUnconfirmed:
			return Unconfirmed, code, words
		}
		return Failed, code, words
	}
	if r.Error == nil {
		return Failed, "", ""
	}
	code = strings.TrimSpace(r.Error.Code)
	words = (&client.BankError{Description: untrusted.Text(r.Error.Description), MoreInfo: untrusted.Text(r.Error.MoreInfo)}).Words()
	switch {
	case code == wire.ErrPacketRepeated, code == wire.ErrDocRepeated:
		return Arrived, code, words // of our own id: the first copy is there
	case code == wire.ErrDocLike:
		return AnotherLike, code, words
	case code == wire.ErrDocUnknown:
		return Unfamiliar, code, words
	case len(code) == 4 && slices.Contains([]string{"11", "20", "22"}, code[:2]):
		return Refused, code, words
	}
	return Failed, code, words
}

// ErrLater leaves a document for the next time: its payment is in the hands of a
// process that lives.
var ErrLater = errors.New("the payment is being sent at this moment")

// about moves the payment that a notice is about, if it proves anything of it.
func (e *Ear) about(ctx context.Context, in *Incoming, t *Told) error {
	t.Next = next(t.Word)
	p, err := e.payment(ctx, t.Document)
	var none *journal.NotFoundError
	if !journal.IsUUID(t.Document) || errors.As(err, &none) {
		t.Next = i18n.Message{}       // which is said of orders
		e.heard = append(e.heard, *t) // about a request or a letter of ours, or of somebody else
		return nil
	}
	if err != nil {
		return err
	}
	if c := billing.CarriedOf(p); p.Via != journal.ViaDirectBank || c.Bank != e.Bank || t.packet != "" && !strings.EqualFold(t.packet, c.Packet) {
		// Another bank's order, or one that has gone in another packet since: whoever
		// speaks of it here knows nothing of where it is.
		e.heard = append(e.heard, *t)
		return nil
	}
	move, ok := e.moveOf(p, in.ID, t)
	t.Payment = p
	if p.State == journal.Sending {
		return ErrLater
	}
	if ok {
		e.prove(p, move)
		t.To = move.To
		p.State, p.Extra = move.To, move.Extra
	}
	e.heard = append(e.heard, *t)
	return nil
}

// moveOf says what a notice proves of a payment. Orders only go forward: a word that
// comes late changes nothing, one that cannot be true beside what is known is a
// contradiction for a person to see. Of an order that was sent more than once a
// refusal may be about a copy, so it proves nothing.
func (e *Ear) moveOf(p *journal.Payment, notice string, t *Told) (journal.Transition, bool) {
	c := billing.CarriedOf(p)
	move := journal.Transition{ID: p.ID, From: p.State, Evidence: journal.Evidence{Witness: journal.Bank}}
	said := map[string]string{"bank": e.Bank, "notice": journal.Cut(notice, 64), "word": string(t.Word), "code": journal.Cut(t.Code, 16), "words": journal.Cut(t.Words.Raw(), 512)}
	var err error
	if move.Evidence.Details, err = json.Marshal(said); err != nil {
		return move, false
	}
	open := p.State == journal.Accepted || p.State == journal.Unknown
	switch t.Word {
	case Refused, Annulled:
		switch {
		case p.State == journal.Paid, c.BankStatus == wire.StatusExecuted:
			t.Word = Contradiction
		case open && c.Sendings > 1:
			t.Next = i18n.Say("поручение уходило в банк не один раз, и отказ может относиться к повтору: решит выписка", "the order went to the bank more than once, and the refusal may be about a copy: the statement will tell")
		case open:
			move.To = journal.Refused
			move.Reason = journal.CutReason(journal.Reason{Code: "directbank." + t.Code, Text: t.Words.Raw()})
			c.BankStatus = statusOnly(t.Code)
			move.Extra, err = c.Extra()
			return move, err == nil
		}
	case Arrived, Accepted, Executed, Suspended, Unconfirmed:
		switch {
		case p.State == journal.Refused && t.Word == Executed, p.State == journal.Planned, p.State == journal.Claimed:
			t.Word = Contradiction
		case open && (p.State == journal.Unknown || rank(t.Code) > rank(c.BankStatus)):
			move.To = journal.Accepted
			if r := rank(t.Code); r > rank(c.BankStatus) {
				c.BankStatus = t.Code
			}
			if t.Word == Suspended || t.Word == Unconfirmed {
				move.Reason = journal.CutReason(journal.Reason{Code: "directbank." + t.Code, Text: t.Words.Raw()})
			}
			move.Extra, err = c.Extra()
			return move, err == nil
		}
	}
	if t.Word == Contradiction {
		t.Next = i18n.Say("слова банка противоречат тому, что о платеже известно: позвоните в банк; журнал не изменён", "the bank's word contradicts what is known of the payment: call the bank; the journal was left alone")
	}
	return move, false
}

// statusOnly is a status of a document, "" for the code of an error.
func statusOnly(code string) string {
	if len(code) == 2 {
		return code
	}
	return ""
}

// rank orders the statuses of an order: one of a lower rank that comes later is old
// news.
func rank(code string) int {
	return 1 + slices.Index([]string{wire.StatusAccepted, wire.StatusUnconfirmed, wire.StatusSuspended, wire.StatusExecuted}, code)
}

// next says what to do about a word.
func next(w Word) i18n.Message {
	switch w {
	case Executed:
		return i18n.Say("оплаченным его сделает выписка: epgu pay import --bank ИМЯ", "the statement makes it paid: epgu pay import --bank NAME")
	case Suspended:
		return i18n.Say("обычно это значит, что на счёте нет денег: пополните его, банк исполнит поручение сам; если банк о чём-то спрашивает, ответьте: epgu bank letters ИМЯ; или отзовите: epgu bank recall ИМЯ ПЛАТЁЖ", "as a rule there is no money on the account: top it up, and the bank executes the order by itself; if the bank asks something, answer: epgu bank letters NAME; or recall it: epgu bank recall NAME PAYMENT")
	case Unconfirmed:
		return i18n.Say("подтвердите поручение в интернет-банке", "confirm the order in the bank's web office")
	case Refused:
		return i18n.Say("исправьте названное банком; новый платёж получит новый номер", "mend what the bank names; a new payment gets a new number")
	case NotRecalled:
		return i18n.Say("банк не выполнил запрос о поручении, а само оно там, где было; отклонено ли оно, скажет epgu bank status ИМЯ ПЛАТЁЖ", "the bank did not carry out the request about the order, which stands where it stood; epgu bank status NAME PAYMENT tells whether it was refused")
	case NeverLeft:
		return i18n.Say("поручение не уходило: его номер раньше взяло другое; повторите команду, которой платили", "the order never left: another one had taken its number before; repeat the command that was paying")
	case Annulled:
		return i18n.Say("поручение отозвано; долг можно оплатить заново", "the order was recalled; the debt may be paid anew")
	case AnotherLike:
		return i18n.Say("найдите второй документ с тем же номером и датой в интернет-банке, прежде чем платить снова", "find the other document of this number and date in the bank's web office before paying again")
	}
	return i18n.Message{}
}

// isUsage reports whether the document itself is at fault, so that reading it again
// would not help.
func isUsage(err error) bool { return err != nil && fault.ExitOf(err) == exitcode.Usage }
