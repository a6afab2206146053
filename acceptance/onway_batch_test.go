package acceptance

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// The batch road: whatever something on the way answers to whichever row, the same
// command and "reconcile" pay every row once.
func TestWhateverIsAnsweredOnTheWayEveryRowIsPaidOnce(t *testing.T) {
	t.Parallel()
	bin, all := build(t), mischiefs()
	p := newPortal(t, bin)
	way := newOnWay(t, "http://"+p.addr)
	p.addr = strings.TrimPrefix(way.URL, "http://")
	o := newOfficeAt(t, bin, p, len(all)+4)
	var ends []int
	// A few at a time: a run that loses one answer after another pauses longer and longer.
	done := 0
	for few := range slices.Chunk(all, 3) {
		only := fmt.Sprintf("%d-%d", done+1, done+len(few))
		done += len(few)
		last := done == len(all)
		way.arm("/api/cabinet/v1/payments", last, few...)
		got := o.clerk.end(nil, "batch", "run", o.plan, "--only", only, "--wait", "1s", "--json")
		ends = append(ends, got.code)
		if err := known(got.code, got.errOut); err != nil || got.code == 9 {
			t.Errorf("%v", got)
		}
		if got.code == 7 && !strings.Contains(got.errOut, "unknown") {
			t.Errorf("exit 7 says %q", got.errOut)
		}
		var standing struct{ Refused int }
		if o.clerk.read(&standing, "batch", "status", o.plan); standing.Refused != 0 {
			t.Fatalf("%d rows are refused, and the portal refused none", standing.Refused)
		}
	}
	t.Logf("the runs ended with %v", ends)
	if !slices.Contains(ends, 7) {
		t.Error("no run ended with 7 although nobody could be asked")
	}
	way.release()
	o.finish(o.clerk, o.plan)
	o.settled(o.clerk, o.plan)
}

// A code that confirms a payment: whatever is answered to it, the payment is asked.
func TestWhateverIsAnsweredOnTheWayToACodeThePaymentIsAsked(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	p, way := s.walker(t)
	s.home.mustRun("sandbox", "seed", "--seed", "5", "--kind", "fine", "--user", "+79000000001", "--charges", "19")
	var bills struct {
		Items []struct {
			UIN, Kind, State string
			DueKopecks       int64
		}
	}
	s.home.decode(&bills, "bill", "list", "--all", "--json")
	i := 0
	for _, b := range bills.Items {
		if b.Kind != "fine" || b.State != "unpaid" || b.DueKopecks > 500_000 || i == len(mischiefs()) {
			continue
		}
		m := mischiefs()[i]
		i++
		if o := p.end(nil, "pay", b.UIN, "--method", "card", "--yes", "--json"); o.code != 10 {
			t.Fatalf("%+v", o)
		}
		code := func() string {
			return strings.TrimSpace(s.home.mustRun("sandbox", "users", "--jq", `.items[] | select(.login == "+79000000001") | .lastCode`))
		}
		way.arm("/api/cabinet/v1/payments/", false, m)
		args := []string{"pay", b.UIN, "--code", code(), "--yes", "--json", "--wait", "1s"}
		o := p.end(nil, args...)
		e := errorOf(t, o)
		want := []int{0, 10}
		if m.carry == never || m.carry == after {
			want = append(want, 6)
		}
		if !slices.Contains(want, o.code) || o.code == 6 && !strings.Contains(e.Message, "did not reach the portal") {
			t.Errorf("%s: exit %d: %s", m.name, o.code, o.errOut)
		}
		way.release()
		if o.code == 6 {
			if o = p.end(nil, args...); !through(o) {
				t.Errorf("%s: repeated, it ended with %d: %s", m.name, o.code, o.errOut)
			}
		}
	}
	if i < len(mischiefs()) {
		t.Errorf("%d of %d were tried", i, len(mischiefs()))
	}
}

// A deadline that the user gives ends a request whose answer stalls or trickles.
func TestADeadlineEndsARequestWhoseAnswerStallsOrTrickles(t *testing.T) {
	s := newStreet(t)
	var made struct{ OrderID int64 }
	s.home.decode(&made, "application", "create", "no-conviction", "--submit", "--json")
	for name, slow := range map[string]func(http.ResponseWriter, *http.Request){
		"nothing comes": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"half an answer": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `{"code":"OK`)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
		"it trickles": func(w http.ResponseWriter, r *http.Request) {
			for tick := time.Tick(50 * time.Millisecond); r.Context().Err() == nil; <-tick {
				_, _ = io.WriteString(w, " ")
				_ = http.NewResponseController(w).Flush()
			}
		},
	} {
		p, way := s.walker(t)
		way.slow(slow)
		for _, args := range [][]string{
			{"application", "watch", fmt.Sprint(made.OrderID), "--timeout", "2s", "--json"},
		} {
			o := p.end(nil, args...)
			if o.code != 10 || o.took > 20*time.Second || o.took < 2*time.Second {
				t.Errorf("%s, %v: exit %d after %s: %s", name, args, o.code, o.took, o.errOut)
			}
		}
	}
}
