package acceptance

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// count is how many applications of a service the portal has of the person.
func (s *street) count(service string) int {
	s.t.Helper()
	var list struct {
		Items []struct{ Service string }
	}
	s.home.decode(&list, "application", "list", "--all", "--json", "orderId,service")
	n := 0
	for _, a := range list.Items {
		if a.Service == service {
			n++
		}
	}
	return n
}

// Whatever something on the way answers, one application is made of one form: under
// a reserved number, which is asked about, and in one step, where the portal's news are.
func TestWhateverIsAnsweredOnTheWayOneApplicationIsMade(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	all := mischiefs()
	if len(all) > 19 {
		t.Fatal("the portal takes 20 applications for a service within ten minutes")
	}
	cases := map[string]func(*testing.T){}
	for _, m := range all {
		cases["a reserved number: "+m.name] = func(t *testing.T) {
			p, way := s.walker(t)
			args := []string{"application", "create", "no-conviction", "--submit", "--json"}
			way.arm("/api/gusmev/push", false, m)
			o := p.end(nil, args...)
			truthful(t, o, errorOf(t, o))
			if want := first(m); !slices.Contains(want, o.code) {
				t.Errorf("the first run ended with %d, want %v: %s", o.code, want, o.errOut)
			}
			way.release()
			if !through(o) {
				insist(t, p, args...)
			}
			if o := p.end(nil, args...); o.code != 9 {
				t.Errorf("after it is submitted the command ends with %d: %s", o.code, o.errOut)
			}
		}
		cases["a cancellation: "+m.name] = func(t *testing.T) {
			p, way := s.walker(t)
			var made struct{ OrderID int64 }
			p.decode(&made, "application", "create", "inn", "--submit", "--json")
			way.arm("/api/gusmev/order/*/cancel", false, m)
			args := []string{"application", "cancel", fmt.Sprint(made.OrderID), "--reason", "передумал", "--yes", "--json"}
			o := p.end(nil, args[:len(args)-1]...)
			want := []int{0}
			switch m.carry {
			case never:
				want = []int{6}
			case after:
				want = []int{0, 6}
			}
			if !slices.Contains(want, o.code) {
				t.Errorf("the first run ended with %d, want %v: %s", o.code, want, o.errOut)
			}
			way.release()
			if o.code != 0 {
				if o := p.end(nil, args[:len(args)-1]...); o.code != 0 {
					t.Errorf("repeated, it ended with %d: %s", o.code, o.errOut)
				}
			}
			var seen struct{ StatusID int }
			if p.decode(&seen, "application", "view", fmt.Sprint(made.OrderID), "--json"); seen.StatusID != 9 && seen.StatusID != 10 {
				t.Errorf("the application is at %d", seen.StatusID)
			}
		}
	}
	cases["in one step"] = func(t *testing.T) { s.oneStep(t, all) }
	atOnce(t, cases)
	if n := s.count("90000000004"); n != len(all) {
		t.Errorf("the portal has %d applications under reserved numbers, %d were made", n, len(all))
	}
}

// oneStep submits by the push that has no number. One journal knows them all, so
// that the portal's news can be told apart.
func (s *street) oneStep(t *testing.T, all []mischief) {
	p, way := s.walker(t)
	const service = "90000000008"
	made := 0
	// Those that never arrive come last: what is unknown may have made what is found.
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b mischief) int {
		late := func(m mischief) int {
			if m.carry == never {
				return 1
			}
			return 0
		}
		return late(a) - late(b)
	})
	for i, m := range all {
		if m.carry == twice {
			continue // this wire has nothing to know a repetition by, and neither has the portal
		}
		args := []string{"application", "create", "income-certificate", "--submit", "--json", "--set", fmt.Sprint("year=", 2025-i%3), "--again", fmt.Sprint("нужна справка ", i)}
		way.arm("/api/gusmev/push", false, m)
		o := p.end(nil, args...)
		e := errorOf(t, o)
		truthful(t, o, e)
		way.release()
		switch m.carry {
		case before:
			made++
			if o.code != 0 {
				t.Errorf("%s: the first run ended with %d: %s", m.name, o.code, o.errOut)
			}
			if o := p.end(nil, args...); o.code != 9 {
				t.Errorf("%s: the same decision ended with %d: %s", m.name, o.code, o.errOut)
			}
		case after:
			made++
			if o.code != 0 {
				insist(t, p, args...)
			}
		default: // it may be on its way still: nothing is sent again for ten minutes
			for range 2 {
				if o.code != 7 || e.Code != "application.not_seen_yet" {
					t.Errorf("%s: exit %d: %s", m.name, o.code, o.errOut)
				}
				o = p.end(nil, args...)
				e = errorOf(t, o)
			}
		}
	}
	if n := s.count(service); n != made {
		t.Errorf("the portal has %d applications that were sent in one step, %d were made", n, made)
	}
}

// Commands whose request the portal knows again by its key repeat it themselves.
func TestWhateverIsAnsweredOnTheWayOtherChangesAreMadeOnce(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	all := mischiefs()
	s.home.mustRun("sandbox", "seed", "--seed", "4", "--kind", "fine", "--user", "+79000000001", "--charges", fmt.Sprint(len(all)))
	var bills struct {
		Items []struct{ UIN, Kind, State string }
	}
	s.home.decode(&bills, "bill", "list", "--all", "--json")
	var fines []string
	for _, b := range bills.Items {
		if b.Kind == "fine" && b.State == "unpaid" {
			fines = append(fines, b.UIN)
		}
	}
	answers := filepath.Join(t.TempDir(), "draft.yaml")
	if err := os.WriteFile(answers, []byte("reason: first\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := map[string]func(*testing.T){}
	for i, m := range all {
		cases["a dispute: "+m.name] = func(t *testing.T) {
			p, way := s.walker(t)
			way.arm("/api/cabinet/v1/charges/", false, m)
			args := []string{"bill", "dispute", fines[i], "--reason", "not-mine", "--text", "продан", "--json"}
			o := p.end(nil, args...)
			truthful(t, o, errorOf(t, o))
			if o.code != 0 {
				t.Errorf("ended with %d: %s", o.code, o.errOut)
			}
			way.release()
			if again := p.end(nil, args...); again.code != 0 || strings.Contains(o.out, `"id"`) && again.out != o.out {
				t.Errorf("repeated: %+v, first: %+v", again, o)
			}
		}
		cases["a draft: "+m.name] = func(t *testing.T) {
			p, way := s.walker(t)
			way.arm("/api/cabinet/v1/drafts", false, m)
			if o := p.end(nil, "application", "create", "zagranpasport", "--from", answers); o.code != 0 {
				t.Errorf("ended with %d: %s", o.code, o.errOut)
			}
			way.release()
		}
	}
	atOnce(t, cases)
	var drafts struct{ Total int }
	s.home.decode(&drafts, "application", "draft", "--json")
	if drafts.Total != len(all) {
		t.Errorf("%d drafts, %d were made", drafts.Total, len(all))
	}
}
