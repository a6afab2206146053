package journaltest

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/journal"
)

// Property drives a store and the model with the same random calls from several
// handles, which come and go, and wants the same answers.
func Property(t *testing.T, fresh func(t testing.TB) Opener) {
	if underRace {
		if err := flag.Set("rapid.checks", "25"); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		model := NewModel()
		p := &pair{t: t, rt: rt, open: fresh(t), model: model}
		for range handles {
			p.reopen(len(p.store), false)
		}
		defer func() {
			for _, j := range p.store {
				if err := j.Close(); err != nil {
					rt.Errorf("close: %v", err)
				}
			}
		}()
		rt.Repeat(map[string]func(*rapid.T){
			"plan":    p.plan,
			"claim":   p.claim,
			"move":    p.move,
			"prepare": p.prepare,
			"moveApp": p.moveApp,
			"recover": p.recover,
			"die":     p.die,
			"":        p.same,
		})
		if r, err := p.store[0].Verify(t.Context()); err != nil {
			rt.Fatalf("verify: %v (%+v)", err, r)
		}
	})
}

const handles = 3

type pair struct {
	t     *testing.T
	rt    *rapid.T
	open  Opener
	model *Model
	store []journal.Journal
	ideal []journal.Journal
	ids   []string // payments
	apps  []string
}

// reopen puts a new handle in place i, after closing what stood there.
func (p *pair) reopen(i int, end bool) {
	if end {
		if err := errors.Join(p.store[i].Close(), p.ideal[i].Close()); err != nil {
			p.rt.Fatalf("close: %v", err)
		}
	} else {
		p.store, p.ideal = append(p.store, nil), append(p.ideal, nil)
	}
	p.store[i], p.ideal[i] = p.open(p.t), p.model.Open()
}

func (p *pair) pick(rt *rapid.T) int { return rapid.IntRange(0, handles-1).Draw(rt, "handle") }

// kind is an error without its words.
func kind(err error) string {
	var f *fault.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &f):
		return f.Code
	}
	return err.Error()
}

func (p *pair) agree(rt *rapid.T, what string, got, want any, gotErr, wantErr error) {
	if kind(gotErr) != kind(wantErr) {
		rt.Fatalf("%s: error %v, the model says %v", what, gotErr, wantErr)
	}
	if g, w := fmt.Sprint(got), fmt.Sprint(want); gotErr == nil && g != w {
		rt.Fatalf("%s:\n store %s\n model %s", what, g, w)
	}
}

// face is what two journals must agree on about a payment; owners are named by
// their handles.
func (p *pair) face(js []journal.Journal, q journal.Payment) string {
	owner := slices.IndexFunc(js, func(j journal.Journal) bool { return j.Owner() == q.Owner })
	return fmt.Sprint(q.ID, q.BusinessKey, q.State, q.Attempt, q.LinkedTo, q.Run, q.Row, q.Reason, q.PortalPaymentID, owner, q.Override != nil, !q.LeaseUntil.IsZero(), string(q.Extra),
		q.SettledBy, q.ReturnedBy, q.PaidAt.IsZero(), q.PaidAt.Equal(q.UpdatedAt))
}

func (p *pair) faces(js []journal.Journal, ps []journal.Payment) string {
	out := make([]string, len(ps))
	for i, q := range ps {
		out[i] = p.face(js, q)
	}
	return strings.Join(out, "\n")
}

func (p *pair) plan(rt *rapid.T) {
	i := p.pick(rt)
	ps := make([]journal.Payment, rapid.IntRange(1, 4).Draw(rt, "n"))
	for k := range ps {
		ps[k] = NewPayment(rapid.IntRange(1, 6).Draw(rt, "key"))
		if rapid.IntRange(0, 2).Draw(rt, "without УИН") == 0 {
			ps[k].UIN, ps[k].ActCode = "", rapid.SampledFrom([]string{"", "0101", "0102"}).Draw(rt, "act code")
		}
		ps[k].Run = rapid.SampledFrom([]string{"", "r", "s"}).Draw(rt, "run")
		ps[k].Row = rapid.IntRange(1, 3).Draw(rt, "row")
		if rapid.IntRange(0, 5).Draw(rt, "override") == 0 {
			ps[k].Override = &journal.Override{Reason: rapid.SampledFrom([]string{"test", " Test", "other"}).Draw(rt, "reason"), Who: "demo"}
		}
		if len(p.ids) > 0 && rapid.IntRange(0, 4).Draw(rt, "link") == 0 {
			ps[k].LinkedTo = rapid.SampledFrom(p.ids).Draw(rt, "linkedTo")
		}
		if len(p.ids) > 0 && rapid.IntRange(0, 6).Draw(rt, "sameID") == 0 {
			ps[k].ID = rapid.SampledFrom(p.ids).Draw(rt, "id")
		}
	}
	call := func(j journal.Journal) ([]journal.PlanResult, error) { return j.Plan(p.t.Context(), ps) }
	switch rapid.IntRange(0, 3).Draw(rt, "take or begin") {
	case 2:
		call = func(j journal.Journal) ([]journal.PlanResult, error) { return j.Take(p.t.Context(), ps, time.Hour) }
	case 3:
		call = func(j journal.Journal) ([]journal.PlanResult, error) { return j.Begin(p.t.Context(), ps) }
	}
	got, gotErr := call(p.store[i])
	want, wantErr := call(p.ideal[i])
	brief := func(js []journal.Journal, rs []journal.PlanResult) (out []string) {
		for _, r := range rs {
			out = append(out, fmt.Sprint(r.Outcome, " ", p.face(js, r.Payment)))
		}
		return out
	}
	p.agree(rt, "plan", brief(p.store, got), brief(p.ideal, want), gotErr, wantErr)
	for _, r := range want {
		if r.Outcome != journal.Duplicate {
			p.ids = append(p.ids, r.Payment.ID)
		}
	}
}

func (p *pair) claim(rt *rapid.T) {
	i := p.pick(rt)
	c := journal.Claim{Run: rapid.SampledFrom([]string{"", "r", "s"}).Draw(rt, "run"), N: rapid.IntRange(1, 3).Draw(rt, "n"), Lease: time.Hour}
	if len(p.ids) > 0 && rapid.Bool().Draw(rt, "byID") {
		c.IDs = []string{rapid.SampledFrom(p.ids).Draw(rt, "id"), rapid.SampledFrom(p.ids).Draw(rt, "id")}
	}
	got, gotErr := p.store[i].Claim(p.t.Context(), c)
	want, wantErr := p.ideal[i].Claim(p.t.Context(), c)
	p.agree(rt, "claim", p.faces(p.store, got), p.faces(p.ideal, want), gotErr, wantErr)
}

func witness(rt *rapid.T) journal.Witness {
	return rapid.SampledFrom([]journal.Witness{journal.Engine, journal.Engine, journal.Engine, journal.PortalByID, journal.Statement, journal.ChargeFlag, journal.Operator, journal.OwnFile, journal.Bank}).Draw(rt, "witness")
}

func (p *pair) move(rt *rapid.T) {
	if len(p.ids) == 0 {
		return
	}
	i := p.pick(rt)
	states := []journal.State{journal.Planned, journal.Claimed, journal.Sending, journal.Accepted, journal.Paid, journal.Refused, journal.Unknown, journal.Returned}
	ts := make([]journal.Transition, rapid.IntRange(1, 3).Draw(rt, "n"))
	for k := range ts {
		id := rapid.SampledFrom(p.ids).Draw(rt, "id")
		from := rapid.SampledFrom(states).Draw(rt, "from")
		if rapid.IntRange(0, 3).Draw(rt, "right") > 0 { // mostly from where it is
			if q, err := p.ideal[i].Payment(p.t.Context(), id); err == nil {
				from = q.State
			}
		}
		ts[k] = Step(id, from, rapid.SampledFrom(states).Draw(rt, "to"), witness(rt))
		if rapid.Bool().Draw(rt, "words") {
			ts[k].Reason = journal.Reason{Code: "c", Text: rapid.StringN(0, 20, -1).Draw(rt, "text")}
			ts[k].PortalPaymentID = "P"
		}
		if to := ts[k].To; (to == journal.Paid || to == journal.Returned) && rapid.Bool().Draw(rt, "document") {
			ts[k].Document = &journal.Document{Number: rapid.SampledFrom([]string{"7", "007", "8"}).Draw(rt, "number"), Day: "2026-07-03"}
		}
	}
	p.agree(rt, "move", nil, nil, p.store[i].Move(p.t.Context(), ts), p.ideal[i].Move(p.t.Context(), ts))
}

func (p *pair) prepare(rt *rapid.T) {
	i := p.pick(rt)
	s := NewSubmission(rapid.IntRange(1, 3).Draw(rt, "content"))
	if rapid.IntRange(0, 5).Draw(rt, "override") == 0 {
		s.Override = &journal.Override{Reason: rapid.SampledFrom([]string{"test", " Test", "other"}).Draw(rt, "reason"), Who: "demo"}
	}
	got, gotErr := p.store[i].Prepare(p.t.Context(), s)
	want, wantErr := p.ideal[i].Prepare(p.t.Context(), s)
	p.agree(rt, "prepare", fmt.Sprint(got.Outcome, got.Submission.ID, got.Submission.State, got.Submission.OrderID, got.Submission.LinkedTo),
		fmt.Sprint(want.Outcome, want.Submission.ID, want.Submission.State, want.Submission.OrderID, want.Submission.LinkedTo), gotErr, wantErr)
	if want.Outcome != journal.Duplicate {
		p.apps = append(p.apps, s.ID)
	}
}

func (p *pair) moveApp(rt *rapid.T) {
	if len(p.apps) == 0 {
		return
	}
	i := p.pick(rt)
	states := []journal.State{journal.Prepared, journal.Reserved, journal.Sending, journal.Accepted, journal.Refused, journal.Unknown}
	id := rapid.SampledFrom(p.apps).Draw(rt, "id")
	q, err := p.ideal[i].Submission(p.t.Context(), id)
	if err != nil {
		rt.Fatal(err)
	}
	st := AppStep(id, q.State, rapid.SampledFrom(states).Draw(rt, "to"), witness(rt))
	st.OrderID = int64(rapid.IntRange(0, 2).Draw(rt, "order"))
	st.ChunksSent = rapid.IntRange(0, 3).Draw(rt, "chunks")
	ts := []journal.SubmissionTransition{st}
	p.agree(rt, "move application", nil, nil, p.store[i].MoveSubmissions(p.t.Context(), ts), p.ideal[i].MoveSubmissions(p.t.Context(), ts))
}

func (p *pair) recover(rt *rapid.T) {
	i := p.pick(rt)
	got, gotErr := p.store[i].Recover(p.t.Context())
	want, wantErr := p.ideal[i].Recover(p.t.Context())
	p.agree(rt, "recover", got, want, gotErr, wantErr)
}

func (p *pair) die(rt *rapid.T) { p.reopen(p.pick(rt), true) }

// same compares everything that can be read.
func (p *pair) same(rt *rapid.T) {
	all := func(j journal.Journal, states ...journal.State) (out []journal.Payment) {
		for q, err := range j.List(p.t.Context(), journal.Filter{States: states}) {
			if err != nil {
				rt.Fatal(err)
			}
			out = append(out, q)
		}
		return out
	}
	p.agree(rt, "list", p.faces(p.store, all(p.store[0])), p.faces(p.ideal, all(p.ideal[0])), nil, nil)
	open := []journal.State{journal.Unknown, journal.Planned, journal.Sending}
	p.agree(rt, "list of open states", p.faces(p.store, all(p.store[1], open...)), p.faces(p.ideal, all(p.ideal[1], open...)), nil, nil)
	// Only the first few, of one kind or another in turn.
	few := journal.Filter{N: 1 + len(p.ids)%4}
	switch len(p.ids) / 4 % 3 {
	case 1:
		few.Newest = true
	case 2:
		few.States = open
	}
	first := func(j journal.Journal) (out []journal.Payment) {
		for q, err := range j.List(p.t.Context(), few) {
			if err != nil {
				rt.Fatal(err)
			}
			out = append(out, q)
		}
		return out
	}
	p.agree(rt, "first few", p.faces(p.store, first(p.store[0])), p.faces(p.ideal, first(p.ideal[0])), nil, nil)
	for _, run := range []string{"", "r", "s"} {
		got, gotErr := p.store[1].Counts(p.t.Context(), run)
		want, wantErr := p.ideal[1].Counts(p.t.Context(), run)
		p.agree(rt, "counts", got, want, gotErr, wantErr)
	}
	keys := make([]string, 0, 5)
	for _, n := range []int{4, 2, 6, 2} {
		q := NewPayment(n)
		keys = append(keys, q.Key())
	}
	keys = append(keys, "none")
	gotKeys, gotErr := p.store[2].ByKeys(p.t.Context(), keys)
	wantKeys, wantErr := p.ideal[2].ByKeys(p.t.Context(), keys)
	p.agree(rt, "by keys", p.faces(p.store, gotKeys), p.faces(p.ideal, wantKeys), gotErr, wantErr)
	uins := []string{NewPayment(5).UIN, "0", NewPayment(1).UIN, NewPayment(3).UIN, NewPayment(1).UIN}
	gotKeys, gotErr = p.store[2].ByUINs(p.t.Context(), uins)
	wantKeys, wantErr = p.ideal[2].ByUINs(p.t.Context(), uins)
	p.agree(rt, "by УИНs", p.faces(p.store, gotKeys), p.faces(p.ideal, wantKeys), gotErr, wantErr)
	apps := func(j journal.Journal) (out []string) {
		for s, err := range j.ListSubmissions(p.t.Context(), journal.SubmissionFilter{}) {
			if err != nil {
				rt.Fatal(err)
			}
			out = append(out, fmt.Sprint(s.ID, s.State, s.OrderID, s.ChunksSent, s.Attempt, s.LinkedTo))
		}
		return out
	}
	p.agree(rt, "applications", apps(p.store[2]), apps(p.ideal[2]), nil, nil)
	active := map[string]string{}
	for _, q := range all(p.store[0]) {
		if q.State.Frees() {
			continue
		}
		one := q.BusinessKey + " " + strings.ToLower(strings.TrimSpace(q.Again())) // a key has one, and each reason one more
		if other, taken := active[one]; taken {
			rt.Fatalf("%s and %s are both open under one key and reason", other, q.ID)
		}
		active[one] = q.ID
	}
}
