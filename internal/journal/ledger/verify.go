package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/epgu-cli/epgu/internal/journal"
)

// verifyPage is how many events or entries Verify holds at a time.
const verifyPage = 512

// Verify recomputes the journal; see journal.Journal.
func (l *Ledger) Verify(ctx context.Context) (journal.Report, error) {
	if err := l.open(); err != nil {
		return journal.Report{}, err
	}
	return l.verify(ctx)
}

func (l *Ledger) verify(ctx context.Context) (journal.Report, error) {
	var v verifier
	err := l.b.Read(ctx, func(r Reader) error {
		v = verifier{r: r, tallies: map[tallyKey]*Tally{}}
		kept, ok, err := l.b.KeptHead(ctx, r)
		if err != nil {
			return err
		}
		v.kept, v.haveKept = kept, ok
		damage, err := l.b.Check(ctx, r)
		if err == nil {
			err = v.chain()
		}
		if err == nil {
			err = v.records()
		}
		if err == nil {
			err = v.sums()
		}
		if err == nil && damage != "" {
			err = v.bad(journal.BadEvent{Fault: journal.Torn, Detail: damage})
		}
		return err
	})
	var corrupt *journal.CorruptError
	if errors.As(err, &corrupt) {
		b := corrupt.Bad
		if b.Seq == 0 && b.Fault == journal.Torn {
			b.Seq = v.report.Head.Seq + 1 // the first that could not be read
		}
		v.report.Bad = &b
		err = &journal.CorruptError{Bad: b}
	}
	return v.report, err
}

type verifier struct {
	r        Reader
	report   journal.Report
	kept     journal.Head
	haveKept bool
	tallies  map[tallyKey]*Tally
}

func (v *verifier) bad(b journal.BadEvent) error { return &journal.CorruptError{Bad: b} }

// chain checks every event in order, and the end against the kept head.
func (v *verifier) chain() error {
	head := &v.report.Head
	keptSeen := v.kept.Seq == 0 && v.kept.Hash == journal.Hash{}
	var forked bool
	for {
		events, err := v.r.Events(head.Seq, verifyPage, false)
		if err != nil {
			return err
		}
		for i := range events {
			e := &events[i]
			if e.Seq != head.Seq+1 {
				return v.bad(journal.BadEvent{Seq: head.Seq + 1, Fault: journal.Missing,
					Detail: fmt.Sprintf("event %d follows event %d", e.Seq, head.Seq)})
			}
			if got := journal.Link(head.Hash, e); got != e.Hash {
				if at := elsewhere(head, events[i+1:]); at != 0 {
					return v.bad(journal.BadEvent{Seq: e.Seq, Subject: e.Subject, Fault: journal.Reordered,
						Detail: fmt.Sprintf("what belongs here stands as event %d", at)})
				}
				return v.bad(journal.BadEvent{Seq: e.Seq, Subject: e.Subject, Fault: journal.Edited,
					Detail: "the event does not match its hash " + e.Hash.String()})
			}
			*head = journal.Head{Seq: e.Seq, Hash: e.Hash}
			v.report.Events++
			if e.Seq == v.kept.Seq {
				keptSeen, forked = true, e.Hash != v.kept.Hash
			}
		}
		if len(events) < verifyPage {
			break
		}
	}
	switch {
	case !v.haveKept && head.Seq > 0:
		return v.bad(journal.BadEvent{Seq: head.Seq, Fault: journal.Headless, Detail: "the separately kept head is absent or unreadable"})
	case !v.haveKept:
		return nil
	case forked:
		return v.bad(journal.BadEvent{Seq: v.kept.Seq, Fault: journal.Forked, Detail: "the separately kept head has another hash for this event: the chain was written anew"})
	case !keptSeen:
		return v.bad(journal.BadEvent{Seq: head.Seq + 1, Fault: journal.Truncated,
			Detail: fmt.Sprintf("the chain ends at event %d, the separately kept head is event %d", head.Seq, v.kept.Seq)})
	}
	v.report.HeadLag = head.Seq - v.kept.Seq
	return nil
}

// elsewhere returns the number under which the event that should follow head
// stands among later ones, 0 when it does not.
func elsewhere(head *journal.Head, later []journal.Event) int64 {
	for i := range later {
		e := later[i]
		e.Seq = head.Seq + 1
		if journal.Link(head.Hash, &e) == e.Hash {
			return later[i].Seq
		}
	}
	return 0
}

// records folds the events of every record and compares the result with the
// projection; every event must belong to a record.
func (v *verifier) records() error {
	var after, told int64
	for {
		entries, err := v.r.Page(PageQuery{All: true, After: after, Until: v.report.Head.Seq, Limit: verifyPage})
		if err != nil {
			return err
		}
		histories, err := readHistories(v.r, entries)
		if err != nil {
			return err
		}
		for i, e := range entries {
			if err := v.record(e, histories[i]); err != nil {
				return err
			}
			told += int64(len(histories[i]))
			v.report.Records++
			k := tallyKey{e.Kind, e.Run, e.State}
			t := v.tallies[k]
			if t == nil {
				t = &Tally{Kind: e.Kind, Run: e.Run, State: e.State}
				v.tallies[k] = t
			}
			t.N++
			t.Amount += e.Amount
		}
		if len(entries) < verifyPage {
			break
		}
		after = entries[len(entries)-1].First
	}
	if told != v.report.Events {
		return v.bad(journal.BadEvent{Fault: journal.Unfounded,
			Detail: fmt.Sprintf("%d events belong to no record", v.report.Events-told)})
	}
	return nil
}

// record folds one record.
func (v *verifier) record(have *Entry, events []journal.Event) error {
	bad := func(seq int64, f journal.Fault, format string, args ...any) error {
		return v.bad(journal.BadEvent{Seq: seq, Subject: have.ID, Fault: f, Detail: fmt.Sprintf(format, args...)})
	}
	if len(events) == 0 {
		return bad(have.Last, journal.Unfounded, "the record names event %d, which is absent", have.Last)
	}
	first := &events[0]
	if first.Previous != 0 {
		return bad(first.Seq, journal.Missing, "the record's history begins with an event that follows another")
	}
	var want *Entry
	may := journal.PaymentMayMove
	moved := journal.PaymentMoved
	switch first.Kind {
	case journal.PaymentPlanned, journal.PaymentBegun:
		var p journal.Payment
		if err := p.Decode(first.Body); err != nil {
			return bad(first.Seq, journal.Impossible, "the body is no payment: %v", err)
		}
		if p.Key() != p.BusinessKey {
			return bad(first.Seq, journal.Impossible, "the business key is not that of the payment")
		}
		if want = paymentEntry(&p, first.Seq); first.Kind == journal.PaymentBegun {
			if p.State != journal.Sending || p.Owner == "" {
				return bad(first.Seq, journal.Impossible, "a payment that began as %s of owner %q", p.State, p.Owner)
			}
			want = begunEntry(&p, first.Seq)
		}
	case journal.SubmissionPrepared:
		var s journal.Submission
		if err := json.Unmarshal(first.Body, &s); err != nil {
			return bad(first.Seq, journal.Impossible, "the body is no application: %v", err)
		}
		want = submissionEntry(&s, first.Seq)
		may, moved = journal.SubmissionMayMove, journal.SubmissionMoved
	default:
		return bad(first.Seq, journal.Impossible, "the first event is of kind %s", first.Kind)
	}
	for i := range events {
		e := &events[i]
		if e.Subject != want.ID {
			return bad(e.Seq, journal.Unfounded, "the event is about %s", e.Subject)
		}
		if i == 0 {
			continue
		}
		var c journal.Change
		if e.Kind != moved {
			return bad(e.Seq, journal.Impossible, "the event is of kind %s", e.Kind)
		}
		if err := c.Decode(e.Body); err != nil {
			return bad(e.Seq, journal.Impossible, "the body is no change: %v", err)
		}
		if c.From != want.State || !may(c.From, c.To, c.Witness) {
			return bad(e.Seq, journal.Impossible, "a move from %s to %s on the word of %s, while %s", c.From, c.To, c.Witness, want.State)
		}
		if err := want.apply(&c, e.Seq, e.At); err != nil {
			return bad(e.Seq, journal.Impossible, "%v", err)
		}
	}
	if what := differ(have, want); what != "" {
		return bad(want.Last, journal.Unfounded, "the record's %s is not what its events say", what)
	}
	return nil
}

// differ names the first field in which two entries differ.
func differ(a, b *Entry) string {
	switch {
	case a.ID != b.ID:
		return "ID"
	case a.Kind != b.Kind:
		return "kind"
	case a.Key != b.Key:
		return "key"
	case a.Attempt != b.Attempt || a.Overridden != b.Overridden:
		return "attempt"
	case a.Run != b.Run || a.Row != b.Row:
		return "run or row"
	case a.Amount != b.Amount:
		return "amount"
	case a.State != b.State:
		return "state"
	case a.Owner != b.Owner:
		return "owner"
	case a.LeaseUntil != b.LeaseUntil:
		return "lease"
	case a.First != b.First || a.Last != b.Last:
		return "place in the chain"
	case string(a.Live) != string(b.Live):
		return "details"
	}
	return ""
}

// sums compares the tallies with the records.
func (v *verifier) sums() error {
	have, err := v.r.Tallies(0, "", true)
	if err != nil {
		return err
	}
	for _, t := range have {
		k := tallyKey{t.Kind, t.Run, t.State}
		want := v.tallies[k]
		delete(v.tallies, k)
		if want == nil {
			want = &Tally{}
		}
		if t.N != want.N || t.Amount != want.Amount {
			return v.bad(journal.BadEvent{Fault: journal.Unfounded,
				Detail: fmt.Sprintf("the tally of run %q, %s says %d, there are %d", t.Run, t.State, t.N, want.N)})
		}
	}
	for k, t := range v.tallies {
		return v.bad(journal.BadEvent{Fault: journal.Unfounded,
			Detail: fmt.Sprintf("the tally of run %q, %s is absent, there are %d", k.run, k.state, t.N)})
	}
	return nil
}
