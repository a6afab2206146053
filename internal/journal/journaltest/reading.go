package journaltest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/journal"
)

func counts(t *testing.T, open Opener) {
	j := open(t)
	ps := NewRun("r", 4)
	plan(t, j, ps...)
	plan(t, j, NewPayment(77))
	send(t, j, ps[0].ID)
	move(t, j, Step(ps[0].ID, journal.Sending, journal.Paid, journal.Engine), Step(ps[1].ID, journal.Planned, journal.Refused, journal.Operator))
	got, err := open(t).Counts(t.Context(), "r")
	want := journal.Counts{
		journal.Planned: {N: 2, AmountKopecks: ps[2].AmountKopecks + ps[3].AmountKopecks},
		journal.Paid:    {N: 1, AmountKopecks: ps[0].AmountKopecks}, journal.Refused: {N: 1, AmountKopecks: ps[1].AmountKopecks}}
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) || got.Open() != 2 {
		t.Fatalf("counts %v %v, want %v", got, err, want)
	}
	if got, err := j.Counts(t.Context(), ""); err != nil || got[journal.Planned].N != 1 {
		t.Fatalf("counts of single payments %v %v", got, err)
	}
}

func rows(t testing.TB, j journal.Journal, f journal.Filter) []int {
	t.Helper()
	var out []int
	for p, err := range j.List(t.Context(), f) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p.Row)
	}
	return out
}

func lists(t *testing.T, open Opener) {
	j := open(t)
	const n = 1300 // more than two pages
	ps := NewRun("r", n)
	for i := range ps {
		if i%2 == 1 {
			ps[i].Via = journal.ViaBankFile
		}
	}
	between := NewRun("s", 3)
	for i := range between {
		between[i].UIN = fmt.Sprintf("777%017d", i)
	}
	plan(t, j, ps[:700]...)
	plan(t, j, between...)
	plan(t, j, ps[700:]...)
	if got := rows(t, j, journal.Filter{Run: "r"}); len(got) != n || got[0] != 1 || got[n-1] != n || !slices.IsSorted(got) {
		t.Fatalf("a run lists %d rows", len(got))
	}
	if got := rows(t, j, journal.Filter{Newest: true}); len(got) != n+3 || got[0] != n || got[len(got)-1] != 1 {
		t.Fatalf("newest first lists %d", len(got))
	}
	if got := rows(t, j, journal.Filter{Run: "r", Via: journal.ViaBankFile}); len(got) != n/2 {
		t.Fatalf("a road lists %d", len(got))
	}
	var ts []journal.Transition
	for _, p := range ps[:600] {
		ts = append(ts, Step(p.ID, journal.Planned, journal.Refused, journal.Operator))
	}
	move(t, j, ts...)
	if got := rows(t, j, journal.Filter{Run: "r", States: []journal.State{journal.Planned}}); len(got) != n-600 || got[0] != 601 {
		t.Fatalf("an open state lists %d", len(got))
	}
	if got := rows(t, j, journal.Filter{Run: "r", States: []journal.State{journal.Refused, journal.Paid}}); len(got) != 600 {
		t.Fatalf("final states list %d", len(got))
	}
	move(t, j, Step(ps[1200].ID, journal.Planned, journal.Claimed, journal.Engine))
	if got := rows(t, j, journal.Filter{States: []journal.State{journal.Claimed, journal.Planned}}); len(got) != n-600+3 || got[0] != 1201 || got[1] != 601 {
		t.Fatalf("open states of all runs list %d", len(got))
	}
	if got := rows(t, j, journal.Filter{Profile: "prod"}); len(got) != 0 {
		t.Fatalf("another profile lists %d", len(got))
	}
	p, err := j.Payment(t.Context(), ps[700].ID)
	if err != nil {
		t.Fatal(err)
	}
	since, until := rows(t, j, journal.Filter{Since: p.CreatedAt}), rows(t, j, journal.Filter{Until: p.CreatedAt})
	if len(since) != n-700 || len(until) != 703 {
		t.Fatalf("since lists %d, until %d", len(since), len(until))
	}
}

func listNests(t *testing.T, open Opener) {
	j := open(t)
	plan(t, j, NewRun("r", 20)...)
	seen := 0
	for p, err := range j.List(t.Context(), journal.Filter{Run: "r"}) {
		if err != nil {
			t.Fatal(err)
		}
		for q, err := range j.List(t.Context(), journal.Filter{Run: "r"}) {
			if err != nil {
				t.Fatal(err)
			}
			if q.ID == p.ID {
				move(t, j, Step(p.ID, journal.Planned, journal.Refused, journal.Operator))
				seen++
				break
			}
		}
	}
	if seen != 20 {
		t.Fatalf("moved %d of 20 while listing", seen)
	}
}

func byUIN(t *testing.T, open Opener) {
	j := open(t)
	a, b, c := NewPayment(1), NewPayment(1), NewPayment(2)
	b.Payer = "500100732259"
	plan(t, j, a, b, c)
	got, err := j.ByUIN(t.Context(), " "+a.UIN)
	if err != nil || len(got) != 2 {
		t.Fatalf("got %+v %v", got, err)
	}
	for _, none := range []string{"", "0", "18"} {
		if got, err := j.ByUIN(t.Context(), none); err != nil || len(got) != 0 {
			t.Fatalf("УИН %q finds %d %v", none, len(got), err)
		}
	}
}

func collect(t testing.TB, j journal.Journal, f journal.EventFilter) []journal.Event {
	t.Helper()
	var out []journal.Event
	for e, err := range j.Events(t.Context(), f) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

func events(t *testing.T, open Opener) {
	j := open(t)
	ps := NewRun("r", 600)
	plan(t, j, ps...)
	send(t, j, ps[9].ID)
	all := collect(t, j, journal.EventFilter{})
	if len(all) != 602 || all[0].Seq != 1 || all[601].Seq != 602 {
		t.Fatalf("%d events", len(all))
	}
	newest := collect(t, j, journal.EventFilter{Newest: true, Limit: 3})
	if len(newest) != 3 || newest[0].Seq != 602 || newest[2].Seq != 600 {
		t.Fatalf("newest %+v", newest)
	}
	if got := collect(t, j, journal.EventFilter{After: 590, Limit: 5}); len(got) != 5 || got[0].Seq != 591 {
		t.Fatalf("after %+v", got)
	}
	one := collect(t, j, journal.EventFilter{Subject: ps[9].ID})
	if len(one) != 3 || one[0].Kind != journal.PaymentPlanned || one[2].Previous != one[1].Seq || one[1].Previous != one[0].Seq {
		t.Fatalf("of one payment %+v", one)
	}
	var c journal.Change
	if err := json.Unmarshal(one[2].Body, &c); err != nil || c.From != journal.Claimed || c.To != journal.Sending || c.Witness != journal.Engine || string(c.Details) != `{"test":true}` {
		t.Fatalf("change %+v %v", c, err)
	}
}

func story(t *testing.T, open Opener) {
	j := open(t)
	p := NewPayment(1)
	plan(t, j, p)
	move(t, j, Step(p.ID, journal.Planned, journal.Refused, journal.Operator))
	plan(t, j, NewPayment(1))
	got, err := j.Story(t.Context(), p.UIN)
	if err != nil || len(got) != 2 || got[0].Payment == nil || got[0].Payment.ID != p.ID || len(got[0].Events) != 2 || len(got[1].Events) != 1 {
		t.Fatalf("story %+v %v", got, err)
	}
	got, err = j.Story(t.Context(), p.ID)
	if err != nil || len(got) != 1 || got[0].Payment.State != journal.Refused {
		t.Fatalf("story %+v %v", got, err)
	}
	s := NewSubmission(1)
	prepare(t, j, s)
	got, err = j.Story(t.Context(), s.ID)
	if err != nil || len(got) != 1 || got[0].Submission == nil || got[0].Payment != nil {
		t.Fatalf("story %+v %v", got, err)
	}
	_, err = j.Story(t.Context(), "18899999999999999999")
	_ = wantErr[*journal.NotFoundError](t, err)
}

func export(t *testing.T, open Opener) {
	j := open(t)
	ps := NewRun("r", 5)
	plan(t, j, ps...)
	send(t, j, ps[0].ID)
	var b bytes.Buffer
	if err := j.Export(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	var head journal.Head
	for line := range strings.Lines(b.String()) {
		var e journal.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		if e.Seq != head.Seq+1 || journal.Link(head.Hash, &e) != e.Hash {
			t.Fatalf("line %d does not follow from the one before: %s", e.Seq, line)
		}
		head = journal.Head{Seq: e.Seq, Hash: e.Hash}
	}
	if r := Holds(t, j); r.Head != head || head.Seq != 7 {
		t.Fatalf("exported up to %v, verified %v", head, r.Head)
	}
}
