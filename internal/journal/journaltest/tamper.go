package journaltest

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/journal"
)

// Raw is a store opened behind the journal's back.
type Raw struct {
	Exec func(t testing.TB, statements ...string) // without the triggers that refuse
	Blob func(hex string) string                  // a literal
}

// Tamper spoils journals in every way that rows can be spoiled, and wants Verify
// to name the first bad event and to leave everything as it found it.
func Tamper(t *testing.T, fresh func(t testing.TB) (Opener, Raw)) {
	const n = 20 // events before the tampering
	for _, c := range []struct {
		name  string
		spoil func(raw Raw, events []journal.Event) []string
		fault journal.Fault
		seq   int64
	}{
		{"AnEditedBody", func(raw Raw, ev []journal.Event) []string {
			body := strings.Replace(string(ev[4].Body), "sandbox", "sandb0x", 1)
			return []string{"UPDATE events SET body = " + raw.Blob(hex.EncodeToString([]byte(body))) + " WHERE seq = 5"}
		}, journal.Edited, 5},
		{"AnEditedTime", func(Raw, []journal.Event) []string { return []string{"UPDATE events SET at = at + 1 WHERE seq = 7"} }, journal.Edited, 7},
		{"AnEventEditedWithItsHash", func(raw Raw, ev []journal.Event) []string {
			e := ev[4]
			e.Body = []byte(strings.Replace(string(e.Body), "sandbox", "sandb0x", 1))
			e.Hash = journal.Link(ev[3].Hash, &e)
			return []string{fmt.Sprintf("UPDATE events SET body = %s, hash = %s WHERE seq = 5", raw.Blob(hex.EncodeToString(e.Body)), raw.Blob(e.Hash.String()))}
		}, journal.Edited, 6},
		{"TheWholeChainWrittenAnew", func(raw Raw, ev []journal.Event) (out []string) {
			ev[4].Body = []byte(strings.Replace(string(ev[4].Body), "sandbox", "sandb0x", 1))
			for i := 4; i < len(ev); i++ {
				ev[i].Hash = journal.Link(ev[i-1].Hash, &ev[i])
				out = append(out, fmt.Sprintf("UPDATE events SET body = %s, hash = %s WHERE seq = %d",
					raw.Blob(hex.EncodeToString(ev[i].Body)), raw.Blob(ev[i].Hash.String()), ev[i].Seq))
			}
			return out
		}, journal.Forked, n},
		{"AMissingEvent", func(Raw, []journal.Event) []string { return []string{"DELETE FROM events WHERE seq = 9"} }, journal.Missing, 9},
		{"TwoEventsSwapped", func(Raw, []journal.Event) []string {
			return []string{"UPDATE events SET seq = -1 WHERE seq = 5", "UPDATE events SET seq = 5 WHERE seq = 6", "UPDATE events SET seq = 6 WHERE seq = -1"}
		}, journal.Reordered, 5},
		{"ATruncatedTail", func(Raw, []journal.Event) []string { return []string{"DELETE FROM events WHERE seq > 17"} }, journal.Truncated, 18},
		{"ATailCutWithItsRecords", func(Raw, []journal.Event) []string {
			return []string{"DELETE FROM events WHERE seq > 17", "DELETE FROM entries WHERE last > 17"}
		}, journal.Truncated, 18},
		{"EverythingDeleted", func(Raw, []journal.Event) []string {
			return []string{"DELETE FROM events", "DELETE FROM entries", "DELETE FROM tallies"}
		}, journal.Truncated, 1},
		{"ARecordMovedWithoutAnEvent", func(Raw, []journal.Event) []string {
			return []string{"UPDATE entries SET state = 'refused' WHERE first = 3"}
		}, journal.Unfounded, 3},
		{"ARecordsKeyFreed", func(Raw, []journal.Event) []string {
			return []string{"UPDATE entries SET key = 'u:1:x' WHERE first = 3"}
		}, journal.Unfounded, 3},
		{"ARecordDeleted", func(Raw, []journal.Event) []string { return []string{"DELETE FROM entries WHERE first = 3"} }, journal.Unfounded, 0},
		{"ATallyChanged", func(Raw, []journal.Event) []string {
			return []string{"UPDATE tallies SET amount = amount + 1 WHERE n > 0"}
		}, journal.Unfounded, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			open, raw := fresh(t)
			j := open(t)
			ps := NewRun("r", n-2)
			plan(t, j, ps...)
			send(t, j, ps[0].ID)
			ev := collect(t, j, journal.EventFilter{})
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			raw.Exec(t, c.spoil(raw, ev)...)

			// Whoever opens it writes nothing, whether or not anybody has verified it.
			first := open(t)
			refuses(t, first, c.fault)
			j = open(t)
			for range 2 { // the second look finds the same: nothing was mended or overwritten
				r, err := j.Verify(t.Context())
				e := wantErr[*journal.CorruptError](t, err)
				if r.Bad == nil || *r.Bad != e.Bad || e.Bad.Fault != c.fault || e.Bad.Seq != c.seq {
					t.Fatalf("found %v, want %s at event %d", e, c.fault, c.seq)
				}
			}
			refuses(t, j, c.fault)
			refuses(t, first, c.fault)
		})
		t.Run(c.name+"UnderAnOpenJournal", func(t *testing.T) {
			open, raw := fresh(t)
			j := open(t)
			ps := NewRun("r", n-2)
			plan(t, j, ps...)
			send(t, j, ps[0].ID)
			raw.Exec(t, c.spoil(raw, collect(t, j, journal.EventFilter{}))...)
			refuses(t, j, c.fault)
			refuses(t, open(t), c.fault)
		})
	}
}

// refuses wants every kind of writing refused, and no event more than there were.
func refuses(t *testing.T, j journal.Journal, want journal.Fault) {
	t.Helper()
	before := count(t, j)
	_, planned := j.Plan(t.Context(), []journal.Payment{NewPayment(500)})
	_, claimed := j.Claim(t.Context(), journal.Claim{Run: "r", N: 1})
	_, recovered := j.Recover(t.Context())
	_, prepared := j.Prepare(t.Context(), NewSubmission(500))
	moved := j.Move(t.Context(), []journal.Transition{Step(newID(), journal.Accepted, journal.Paid, journal.Statement)})
	for i, err := range []error{planned, claimed, recovered, prepared, moved} {
		var corrupt *journal.CorruptError
		if !errors.As(err, &corrupt) || corrupt.Bad.Fault != want {
			t.Errorf("writing of kind %d: %v, want it refused as %s", i, err, want)
		}
	}
	if after := count(t, j); after != before {
		t.Fatalf("%d events became %d", before, after)
	}
}

// count is how many events there are, whatever they say.
func count(t *testing.T, j journal.Journal) int {
	t.Helper()
	n := 0
	for _, err := range j.Events(t.Context(), journal.EventFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}
