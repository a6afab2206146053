package acceptance

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/epgu-cli/epgu/internal/vault"
)

// street is a portal, a person who has signed in there, and copies of the program
// that reach it each by a way of its own.
type street struct {
	t      *testing.T
	portal *portal
	home   *program // reaches the portal straight
}

func newStreet(t *testing.T) *street {
	t.Helper()
	bin := build(t)
	s := &street{t: t, portal: newPortal(t, bin)}
	s.home = newProgram(t, bin, "EPGU_PROFILE=local", "EPGU_PORTAL=http://"+s.portal.addr)
	s.home.signIn("confirmed")
	return s
}

// walker is a program of the same person with a journal of its own.
func (s *street) walker(t *testing.T) (*program, *onWay) {
	t.Helper()
	way := newOnWay(t, "http://"+s.portal.addr)
	p := newProgram(t, filepath.Dir(s.home.exe), "EPGU_PROFILE=local", "EPGU_PORTAL="+way.URL)
	if err := privateCopy(p.home, s.home.home); err != nil {
		t.Fatal(err)
	}
	// The session of a copy belongs to its own way.
	err := p.vault("local").Update(t.Context(), func(x *vault.Secrets, err error) error {
		for name, value := range x.Extra {
			x.Extra[name] = strings.ReplaceAll(value, "http://"+s.portal.addr, way.URL)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return p, way
}

// privateCopy copies a state folder, which nobody else may read. A file that goes
// meanwhile was the mark of a run that has ended.
func privateCopy(to, from string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		at := filepath.Join(to, strings.TrimPrefix(path, from))
		if d.IsDir() {
			return os.MkdirAll(at, 0o700)
		}
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return os.WriteFile(at, data, 0o600)
	})
}

// said is the error that a command printed with --json.
type said struct {
	Code, Message, Hint string
	Exit                int
}

func errorOf(t *testing.T, o outcome) said {
	t.Helper()
	var e said
	for line := range strings.Lines(o.errOut) {
		if strings.HasPrefix(line, "{") && json.Unmarshal([]byte(line), &e) == nil {
			break
		}
	}
	if o.code != 0 && e.Exit != o.code {
		t.Errorf("exit %d, the error says %d: %s", o.code, e.Exit, o.errOut)
	}
	return e
}

// truthful holds the words of a failure to what is known.
func truthful(t *testing.T, o outcome, e said) {
	t.Helper()
	words := strings.ToLower(e.Message)
	switch o.code {
	case 0:
	case 10:
		if !strings.Contains(words, "accepted but not settled") {
			t.Errorf("exit 10 says %q", e.Message)
		}
	case 6:
		if !strings.Contains(words, "did not reach") && !strings.Contains(words, "not being withdrawn") && !strings.Contains(words, "unknown") {
			t.Errorf("exit 6 says %q", e.Message)
		}
	case 7:
		if !strings.Contains(words, "unknown") && !strings.Contains(words, "not known") && !strings.Contains(words, "may still appear") {
			t.Errorf("exit 7 says %q", e.Message)
		}
	case 9:
		if !strings.Contains(words, "already") {
			t.Errorf("exit 9 says %q", e.Message)
		}
	default:
		t.Errorf("exit %d: %s", o.code, o.errOut)
	}
	if e.Hint == "" && o.code != 0 {
		t.Errorf("exit %d without a hint: %s", o.code, e.Message)
	}
}

// through reports whether the portal has the thing, and the program knows it.
func through(o outcome) bool { return o.code == 0 || o.code == 9 || o.code == 10 }

// insist repeats a command, as a person does who was told to, until it is done.
func insist(t *testing.T, p *program, args ...string) outcome {
	t.Helper()
	var last outcome
	for range 4 {
		last = p.end(nil, args...)
		if through(last) {
			return last
		}
	}
	t.Errorf("epgu %s is never done: %+v", strings.Join(args, " "), last)
	return last
}

// first is what the first run may end with: what was carried out is found by asking,
// what was not is told so.
func first(m mischief) []int {
	switch m.carry {
	case before, twice:
		return []int{0, 10}
	case after: // it depends on who is faster
		return []int{0, 6, 10}
	}
	return []int{6}
}

// Whatever something on the way answers, in place of the portal, before a payment was
// carried out or after: every debt is paid once, and nothing untrue is said.
func TestWhateverIsAnsweredOnTheWayEveryDebtIsPaidOnce(t *testing.T) {
	t.Parallel()
	s := newStreet(t)
	all := mischiefs()
	s.home.mustRun("sandbox", "seed", "--seed", "3", "--kind", "fine", "--user", "+79000000001", "--charges", fmt.Sprint(2*len(all)))
	var bills struct {
		Items []struct {
			UIN, Kind, State string
			DueKopecks       int64
			Payee            json.RawMessage
		}
	}
	s.home.decode(&bills, "bill", "list", "--all", "--json")
	var fines []string
	for _, b := range bills.Items {
		if b.Kind == "fine" && b.State == "unpaid" && b.DueKopecks > 0 {
			fines = append(fines, b.UIN)
		}
	}
	if len(fines) < 2*len(all) {
		t.Fatalf("%d fines", len(fines))
	}
	cases := map[string]func(*testing.T){}
	for i, m := range all {
		for k, then := range []string{"", ", and then nobody is there"} {
			cases["fine: "+m.name+then] = func(t *testing.T) {
				p, way := s.walker(t)
				way.arm("/api/cabinet/v1/payments", k == 1, m)
				s.payOnce(t, p, way, m, k == 1, "pay", fines[2*i+k], "--yes", "--json", "--wait", "0s")
			}
		}
		cases["requisites: "+m.name] = func(t *testing.T) {
			p, way := s.walker(t)
			way.arm("/api/cabinet/v1/payments", false, m)
			s.payOnce(t, p, way, m, false, append(byRequisites(1000+i), "--yes", "--json", "--wait", "0s")...)
		}
	}
	atOnce(t, cases)
	// What the portal has: each fine once, each sum once, nothing else.
	var paid struct {
		Items []struct {
			ID, UIN, State string
			AmountKopecks  int64
		}
	}
	s.home.decode(&paid, "pay", "list", "--all", "--json")
	times := map[string]int{}
	for _, p := range paid.Items {
		what := p.UIN
		if what == "" {
			what = fmt.Sprint("requisites ", p.AmountKopecks)
		}
		times[what]++
		if p.State != "paid" && p.State != "accepted" {
			t.Errorf("%s is %s", what, p.State)
		}
	}
	want := slices.Clone(fines[:2*len(all)])
	for i := range all {
		want = append(want, fmt.Sprint("requisites ", (1000+i)*100))
	}
	for _, what := range want {
		if times[what] != 1 {
			t.Errorf("%s was paid %d times", what, times[what])
		}
	}
	if len(paid.Items) != len(want) {
		t.Errorf("the portal has %d payments, %d were made", len(paid.Items), len(want))
	}
}

// byRequisites pays so many rubles without a charge.
func byRequisites(rubles int) []string {
	return []string{"pay", "--payee", "УФК по г. Москве (учебный)", "--account", "03100643000000017300", "--bik", "004525988", "--corr", "40102810545370000003",
		"--inn", "7707083893", "--kpp", "770701001", "--kbk", "18811610121010001140", "--oktmo", "45348000", "--purpose", "Учебный платёж", "--amount", fmt.Sprintf("%d.00", rubles)}
}

func (s *street) payOnce(t *testing.T, p *program, way *onWay, m mischief, away bool, args ...string) {
	t.Helper()
	o := p.end(nil, args...)
	e := errorOf(t, o)
	truthful(t, o, e)
	want := first(m)
	if away { // nobody can be asked
		want = []int{7}
		if m.carry == twice { // the answer came
			want = []int{10}
		}
	}
	if !slices.Contains(want, o.code) {
		t.Errorf("the first run ended with %d, want %v: %s", o.code, want, o.errOut)
	}
	if away && o.code == 7 {
		if o = p.end(nil, args...); through(o) {
			t.Errorf("nobody is there, and the second run ended with %d", o.code)
		}
	}
	way.release()
	if !through(o) {
		insist(t, p, args...)
	}
	if o := p.end(nil, args...); o.code != 9 {
		t.Errorf("after it is paid the command ends with %d: %s", o.code, o.errOut)
	}
	if o := p.end(nil, "audit", "verify", "--json"); o.code != 0 {
		t.Errorf("%+v", o)
	}
}
