package acceptance

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/epgu-cli/epgu/internal/app"
	"github.com/epgu-cli/epgu/internal/core/billing"
	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/sqlite"
)

// ending is how a command that moves money or files something may end.
type ending string

// The endings, and the one exit code that each has on every road.
const (
	done        ending = "done"
	refused     ending = "refused"
	unreachable ending = "not reached, safe to repeat"
	unknown     ending = "unknown"
	partly      ending = "partly"
	conflict    ending = "done already, or being done"
	pending     ending = "pending"
	interrupted ending = "interrupted"
)

func endings() map[ending]int {
	return map[ending]int{done: 0, refused: 4, unreachable: 6, unknown: 7, partly: 8, conflict: 9, pending: 10, interrupted: 130}
}

// road is a way by which something leaves, or by which its fate is told.
type road struct {
	commands []string // in the tree of commands
	cases    []roadCase
	// never says of each ending that no case has, why this road does not end so.
	never map[ending]string
}

type roadCase struct {
	ending ending
	how    string // told apart from other cases of the same ending
	run    func(*testing.T) outcome
}

// roads are the ways of one town.
func roads(t *testing.T) []road {
	s := &town{street: newStreet(t)}
	s.seed()
	requisites := func(rubles int) []string { return append(byRequisites(rubles), "--yes", "--json") }
	tax := func(rubles int) []string {
		return []string{"pay", "tax", "--kind", "transport", "--period", fmt.Sprintf("ГД.00.%d", 2000+rubles%25), "--amount", fmt.Sprint(rubles), "--yes", "--json"}
	}
	all := []road{s.byUIN(), s.without("pay", 2000, requisites), s.without("pay tax", 3000, tax), s.byCode(), s.byOrder(), s.byStatement(),
		s.application("application create", "no-conviction"), s.oneStepApplication(), s.draft(), s.withdrawal(), s.dispute(), s.notice()}
	return append(all, batchRoads(t)...)
}

// nouns are commands that only hold others.
func nouns() []string {
	return strings.Fields("application appointment audit auth bank batch bill calendar cert check config dict org pension powers profile sandbox service support")
}

// What each command of the programme is to this table and to the one of changes
// (changes_test.go): a command that stands in neither, and is not said to change
// nothing outside, has no proof of its exit codes.
func changesNothingOutside() []string {
	return strings.Split(`audit export|audit show|audit verify|alias|api|
application download|application draft|application draft list|application draft view|application history|application list|application template|application template list|application template view|application view|application watch|
application board|application public|application versions|appointment coupon|appointment list|appointment places|appointment slots|appointment subjects|appointment view|appointment wait list|
auth 2fa keep|auth 2fa|auth devices|auth 2fa status|auth devices list|auth devices requests|auth history|auth sessions|auth status|auth token|
bank add|bank letters|bank list|bank probe|bank remove|bank statement|bank status|
batch approve|batch check|batch close|batch plan|batch report|batch show|batch status|batch template|
bill certificate|bill list|bill photos|bill search|bill view|
cert bindings|cert import|cert list|cert new|cert remove|cert view|
calendar export|calendar list|calendar watch|check account|check basis|check bik|check docdate|check docno|check inn|check kbk|check kpp|check ogrn|check oktmo|check payer|check period|
check qr|check snils|check status|check type|check uin|check uip|
completion|config get|config list|config set|conformance|demo|dict get|dict list|doctor|org list|org members|org stats|
pay list|pay methods|pay order show|pay qr|pay receipt|pay view|
pension accounts|pension contributions|pension expected|pension statement|pension view|
powers check|profile consents|profile history|profile level|profile privacy requests|profile view|
sandbox advance|sandbox clock|sandbox faults|sandbox messages|sandbox photo|sandbox reset|sandbox seed|sandbox serve|sandbox users|
service api|service fees|service form|service list|service search|service updates|service view|
sign|support incident|tunnel|verify|version`, "|")
}

// commands lists every command that runs something, without "epgu".
func commands() []string {
	var out []string
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		name := strings.TrimPrefix(strings.TrimPrefix(c.CommandPath(), "epgu"), " ")
		if c.Runnable() && name != "" && c.Name() != "help" && !c.Hidden && c.IsAvailableCommand() {
			out = append(out, name)
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(app.Commands(i18n.EN, io.Discard))
	return out
}

// Whatever the road, an ending has one exit code, and what is unknown is 7.
func TestEveryEndingOfEveryRoadHasItsExitCode(t *testing.T) {
	t.Parallel()
	all := roads(t)
	for _, r := range all {
		seen := map[ending]bool{}
		for _, c := range r.cases {
			seen[c.ending] = true
		}
		for e := range endings() {
			if seen[e] == (r.never[e] != "") {
				t.Errorf("%v, %s: neither tried nor said why it cannot be, or both", r.commands, e)
			}
		}
	}
	var have []string
	for _, r := range all {
		have = append(have, r.commands...)
	}
	slices.Sort(have)
	want := roadCommands()
	slices.Sort(want)
	if have = slices.Compact(have); !slices.Equal(have, want) {
		t.Errorf("the roads are %v, the list says %v", have, want)
	}
	cases := map[string]func(*testing.T){}
	for _, r := range all {
		for _, c := range r.cases {
			name := strings.TrimSpace(r.commands[0] + ": " + string(c.ending) + " " + c.how)
			if cases[name] != nil {
				t.Errorf("two cases are called %s", name)
			}
			cases[name] = func(t *testing.T) {
				o := c.run(t)
				if want := endings()[c.ending]; o.code != want {
					t.Errorf("exit %d, want %d\n%s%s", o.code, want, o.out, o.errOut)
				}
				if o.code == 7 && !strings.Contains(o.errOut, "unknown") && !strings.Contains(o.errOut, "not known") && !strings.Contains(o.errOut, "may still appear") {
					t.Errorf("exit 7 says %q", o.errOut)
				}
			}
		}
	}
	atOnce(t, cases)
}

// A new command has to be put into a table.
func TestEveryCommandHasARoadOrACaseOnTheWayOrChangesNothingOutside(t *testing.T) {
	known := map[string]string{}
	for _, name := range roadCommands() {
		known[name] = "the roads"
	}
	for _, c := range changes() {
		for _, name := range c.commands {
			known[name] = "the changes"
		}
	}
	// A recall moves no payment by itself: the bank's notice does.
	known["bank write"] = "the road to a bank (batch_directbank.txtar)"
	known["bank recall"] = "the road to a bank (batch_directbank.txtar)"
	for _, name := range changesNothingOutside() {
		name = strings.TrimSpace(name)
		if known[name] != "" {
			t.Errorf("%q is among %s, and is said to change nothing", name, known[name])
		}
		known[name] = "what changes nothing outside"
	}
	for _, name := range commands() {
		if known[name] == "" && !slices.Contains(nouns(), name) {
			t.Errorf("epgu %s stands in no table: give it a road (roads_test.go) or a case on the way (changes_test.go)", name)
		}
	}
}

// roadCommands are those of roads, without a portal to build them.
func roadCommands() []string {
	return []string{"pay", "pay tax", "pay order", "pay import", "pay notify", "batch run", "batch reconcile", "application create", "application submit",
		"application edit", "application cancel", "bill dispute"}
}

// town is a street with fines to pay.
type town struct {
	*street
	mu    sync.Mutex
	fines []bill // not used yet
	codes sync.Mutex
}

type bill struct {
	UIN, Kind, State string
	DueKopecks       int64
}

func (s *town) seed() {
	s.home.mustRun("sandbox", "seed", "--seed", "9", "--kind", "fine", "--user", "+79000000001", "--charges", "60")
	s.home.mustRun("sandbox", "seed", "--seed", "11", "--kind", "tax", "--user", "+79000000001", "--charges", "10")
	s.home.mustRun("sandbox", "seed", "--seed", "10", "--kind", "annulled", "--user", "+79000000001", "--charges", "2")
	var bills struct{ Items []bill }
	s.home.decode(&bills, "bill", "list", "--all", "--state", "all", "--json")
	// Those of a certain size are few: they come last, for whoever needs one.
	slices.SortStableFunc(bills.Items, func(a, b bill) int {
		special := func(b bill) int {
			if small(b) || large(b) {
				return 1
			}
			return 0
		}
		return special(a) - special(b)
	})
	s.fines = bills.Items
}

// fine takes a charge that nobody has paid yet and that fits.
func (s *town) fine(t *testing.T, fits func(bill) bool) string {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, b := range s.fines {
		if fits(b) {
			s.fines = slices.Delete(s.fines, i, i+1)
			return b.UIN
		}
	}
	t.Fatal("no such charge is left")
	return ""
}

func annulled(b bill) bool { return b.State == "annulled" }
func unpaid(b bill) bool   { return b.Kind == "fine" && b.State == "unpaid" && b.DueKopecks > 0 }
func small(b bill) bool    { return unpaid(b) && b.DueKopecks <= 60_000 }
func large(b bill) bool    { return b.State == "unpaid" && b.DueKopecks > 300_000 }

// nobody lets every request end as if there were no portal.
func (w *onWay) nobody() {
	w.slow(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
}

// lose carries the next request under a path over, loses its answer and lets nobody be
// there afterwards.
func (w *onWay) lose(path string) { w.arm(path, true, mischief{carry: before}) }

// broken runs a command and interrupts it once the answer that is kept back is due.
func broken(t *testing.T, p *program, w *onWay, which func(*http.Request) bool, args ...string) outcome {
	t.Helper()
	due, let := w.keepBack(which)
	cmd := p.command(args...)
	var out, errOut strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }() // how it ended is in ProcessState
	select {
	case <-due:
	case <-ended:
		t.Fatalf("epgu %s ended with %d before it could be interrupted: %s", strings.Join(args, " "), cmd.ProcessState.ExitCode(), errOut.String())
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	// Whoever awaits what is on its way gets it a little later.
	defer time.AfterFunc(time.Second, let).Stop()
	<-ended
	return outcome{code: cmd.ProcessState.ExitCode(), out: out.String(), errOut: errOut.String()}
}

func asked(method, path string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.Method == method && under(path, r) }
}

const payments = "/api/cabinet/v1/payments"

// alone runs a command of a walker of its own.
func (s *town) alone(args func(*testing.T, *program, *onWay) []string) func(*testing.T) outcome {
	return func(t *testing.T) outcome {
		p, way := s.walker(t)
		return p.end(nil, args(t, p, way)...)
	}
}

func (s *town) byUIN() road {
	pay := func(uins ...string) []string { return append(append([]string{"pay"}, uins...), "--yes", "--json") }
	return road{commands: []string{"pay"}, cases: []roadCase{
		{done, "", s.alone(func(t *testing.T, _ *program, _ *onWay) []string { return pay(s.fine(t, unpaid)) })},
		{refused, "", s.alone(func(t *testing.T, _ *program, _ *onWay) []string {
			return append(pay(s.fine(t, large)), "--method", "wallet")
		})},
		{unreachable, "", s.alone(func(t *testing.T, _ *program, w *onWay) []string { w.nobody(); return pay(s.fine(t, unpaid)) })},
		{unreachable, "at the payment", s.alone(func(t *testing.T, _ *program, w *onWay) []string {
			w.arm(payments, false, mischief{carry: never})
			return pay(s.fine(t, unpaid))
		})},
		{unknown, "", s.alone(func(t *testing.T, _ *program, w *onWay) []string { w.lose(payments); return pay(s.fine(t, unpaid)) })},
		{unknown, "of the second", s.alone(func(t *testing.T, _ *program, w *onWay) []string {
			w.arm(payments, true, mischief{carry: before, status: -1}, mischief{carry: before})
			return pay(s.fine(t, unpaid), s.fine(t, unpaid), "--wait", "0s")
		})},
		{unknown, "and broken off", func(t *testing.T) outcome {
			p, way := s.walker(t)
			return broken(t, p, way, asked("POST", payments), pay(s.fine(t, unpaid))...)
		}},
		{partly, "", s.alone(func(t *testing.T, _ *program, _ *onWay) []string {
			return append(pay(s.fine(t, small), s.fine(t, large)), "--method", "wallet")
		})},
		{conflict, "", s.alone(func(t *testing.T, p *program, _ *onWay) []string {
			args := pay(s.fine(t, unpaid))
			p.mustRun(args...)
			return args
		})},
		{pending, "", s.alone(func(t *testing.T, _ *program, _ *onWay) []string {
			return append(pay(s.fine(t, unpaid)), "--wait", "0s")
		})},
		{interrupted, "", func(t *testing.T) outcome {
			p, way := s.walker(t)
			return broken(t, p, way, asked("GET", "/api/cabinet/v1/charges/"), pay(s.fine(t, unpaid))...)
		}},
	}}
}

// without is a payment without a charge; each case pays another sum.
func (s *town) without(command string, from int, args func(rubles int) []string) road {
	next := func() []string { s.mu.Lock(); defer s.mu.Unlock(); from++; return args(from) }
	return road{commands: []string{command}, cases: []roadCase{
		{done, "by requisites", s.alone(func(*testing.T, *program, *onWay) []string { return next() })},
		{refused, "by requisites", s.alone(func(*testing.T, *program, *onWay) []string {
			args := next()
			args[slices.Index(args, "--amount")+1] = "4500"
			return append(args, "--method", "wallet")
		})},
		{unreachable, "by requisites", s.alone(func(_ *testing.T, _ *program, w *onWay) []string {
			w.arm(payments, false, mischief{carry: never})
			return next()
		})},
		{unknown, "by requisites", s.alone(func(_ *testing.T, _ *program, w *onWay) []string { w.lose(payments); return next() })},
		{unknown, "by requisites and broken off", func(t *testing.T) outcome {
			p, way := s.walker(t)
			return broken(t, p, way, asked("POST", payments), next()...)
		}},
		{conflict, "by requisites", s.alone(func(_ *testing.T, p *program, _ *onWay) []string {
			args := next()
			p.mustRun(args...)
			return args
		})},
		{pending, "by requisites", s.alone(func(*testing.T, *program, *onWay) []string { return append(next(), "--wait", "0s") })},
		{interrupted, "by requisites", func(t *testing.T) outcome {
			p, way := s.walker(t)
			return broken(t, p, way, asked("GET", "/api/cabinet/v1/payment-methods"), next()...)
		}},
	}, never: map[ending]string{partly: "it is one payment"}}
}

// byCard pays by card and returns the command that gives its code.
func (s *town) byCard(t *testing.T, p *program) []string {
	t.Helper()
	uin := s.fine(t, unpaid)
	s.codes.Lock()
	defer s.codes.Unlock()
	if o := p.end(nil, "pay", uin, "--method", "card", "--yes", "--json"); o.code != 10 {
		t.Fatalf("%+v", o)
	}
	code := s.home.mustRun("sandbox", "users", "--jq", `.items[] | select(.login == "+79000000001") | .lastCode`)
	return []string{"pay", uin, "--code", strings.TrimSpace(code), "--yes", "--json"}
}

// byCode is the confirmation of a payment that waits for a code.
func (s *town) byCode() road {
	return road{commands: []string{"pay"}, cases: []roadCase{
		{done, "by a code", s.alone(func(t *testing.T, p *program, _ *onWay) []string { return s.byCard(t, p) })},
		{refused, "by a code", s.alone(func(t *testing.T, p *program, _ *onWay) []string {
			args := s.byCard(t, p)
			args[3] = "000000x"
			return args
		})},
		{unreachable, "by a code", s.alone(func(t *testing.T, p *program, w *onWay) []string {
			args := s.byCard(t, p)
			w.arm(payments+"/", false, mischief{carry: never})
			return args
		})},
		{unknown, "by a code", s.alone(func(t *testing.T, p *program, w *onWay) []string {
			args := s.byCard(t, p)
			w.lose(payments + "/")
			return args
		})},
		{conflict, "by a code", s.alone(func(t *testing.T, p *program, _ *onWay) []string {
			args := s.byCard(t, p)
			p.mustRun(args...)
			return args
		})},
		{pending, "by a code", s.alone(func(t *testing.T, p *program, _ *onWay) []string {
			return append(s.byCard(t, p), "--wait", "0s")
		})},
		{unknown, "by a code and broken off", func(t *testing.T) outcome {
			p, way := s.walker(t)
			return broken(t, p, way, asked("POST", payments+"/"), s.byCard(t, p)...)
		}},
		{interrupted, "by a code", func(t *testing.T) outcome {
			p, way := s.walker(t)
			return broken(t, p, way, asked("GET", payments+"/"), s.byCard(t, p)...)
		}},
	}, never: map[ending]string{partly: "it is one payment"}}
}

// leftHalfDone lets the journal of a program hold an order as a process leaves it that
// died after its file was taken to the bank: nobody can tell what became of it.
func leftHalfDone(t *testing.T, home, profile string, p journal.Payment) {
	t.Helper()
	j, err := sqlite.Open(t.Context(), sqlite.Options{Dir: filepath.Join(home, "state", "journal", profile)})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	p.ID, p.Profile, p.Via = "01990000-0000-7000-8000-00000000abcd", profile, journal.ViaBankFile
	if p.Extra, err = (billing.Carried{File: "order.txt", Number: "900", Day: "2026-01-12", PayerAccount: "40817810700000000001", Dir: filepath.Join(home, "gone"), Set: "order-gone"}).Extra(); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Plan(t.Context(), []journal.Payment{p}); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Claim(t.Context(), journal.Claim{IDs: []string{p.ID}}); err != nil {
		t.Fatal(err)
	}
	if err := j.Move(t.Context(), []journal.Transition{{ID: p.ID, From: journal.Claimed, To: journal.Sending, Evidence: journal.Evidence{Witness: journal.Engine}}}); err != nil {
		t.Fatal(err)
	}
}

func (s *town) order(t *testing.T, p *program, uin string) []string {
	t.Helper()
	return []string{"pay", "order", uin, "-o", filepath.Join(p.home, "order.txt"), "--charset", "utf-8", "--payer-name", "Учебный Пётр", "--payer-inn", "960000000300",
		"--payer-account", "40817810700000000001", "--payer-bik", "044525225", "--yes", "--json"}
}

func (s *town) byOrder() road {
	return road{commands: []string{"pay order"}, cases: []roadCase{
		{done, "", s.alone(func(t *testing.T, p *program, _ *onWay) []string { return s.order(t, p, s.fine(t, unpaid)) })},
		{refused, "", s.alone(func(t *testing.T, p *program, _ *onWay) []string {
			return s.order(t, p, s.fine(t, annulled))
		})},
		{unreachable, "", s.alone(func(t *testing.T, p *program, w *onWay) []string { w.nobody(); return s.order(t, p, s.fine(t, unpaid)) })},
		{unknown, "", s.alone(func(t *testing.T, p *program, _ *onWay) []string {
			uin := s.fine(t, unpaid)
			leftHalfDone(t, p.home, "local", journal.Payment{UIN: uin, AmountKopecks: 50000, Payer: "1000000003"})
			return s.order(t, p, uin)
		})},
		{conflict, "", s.alone(func(t *testing.T, p *program, _ *onWay) []string {
			args := s.order(t, p, s.fine(t, unpaid))
			p.mustRun(args...)
			args[4] += "2" // another file
			return args
		})},
		{conflict, "as a file", s.alone(func(t *testing.T, p *program, _ *onWay) []string {
			args := s.order(t, p, s.fine(t, unpaid))
			p.mustRun(args...)
			return args
		})},
		{interrupted, "", func(t *testing.T) outcome {
			p, way := s.walker(t)
			return broken(t, p, way, asked("GET", "/api/cabinet/v1/charges/"), s.order(t, p, s.fine(t, unpaid))...)
		}},
	}, never: map[ending]string{partly: "the orders of a call stand in one file", pending: "what the bank does is told by a statement: pay import"}}
}

// byStatement is the bank's word about orders.
func (s *town) byStatement() road {
	statement := func(t *testing.T, p *program, change func(string) string) string {
		t.Helper()
		args := s.order(t, p, s.fine(t, unpaid))
		p.mustRun(args...)
		text, err := os.ReadFile(args[4])
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(p.home, "statement.txt")
		if err := os.WriteFile(path, []byte(change(executed(string(text)))), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	as := func(text string) string { return text }
	return road{commands: []string{"pay import"}, cases: []roadCase{
		{done, "", s.alone(func(t *testing.T, p *program, _ *onWay) []string {
			return []string{"pay", "import", statement(t, p, as), "--json"}
		})},
		{unknown, "", s.alone(func(t *testing.T, p *program, _ *onWay) []string {
			leftHalfDone(t, p.home, "local", journal.Payment{UIN: s.fine(t, unpaid), AmountKopecks: 50000, Payer: "1000000003"})
			return []string{"pay", "import", statement(t, p, as), "--json"}
		})},
		{unknown, "and nobody reads", func(t *testing.T) outcome {
			p, _ := s.walker(t)
			leftHalfDone(t, p.home, "local", journal.Payment{UIN: s.fine(t, unpaid), AmountKopecks: 50000, Payer: "1000000003"})
			return unread(t, p, "pay", "import", statement(t, p, as), "--json")
		}},
		{partly, "", s.alone(func(t *testing.T, p *program, _ *onWay) []string {
			path := statement(t, p, func(text string) string {
				_, sum, _ := strings.Cut(text, "Сумма=")
				sum, _, _ = strings.Cut(sum, "\r")
				return strings.ReplaceAll(text, "Сумма="+sum, "Сумма=1.00")
			})
			return []string{"pay", "import", path, "--json"}
		})},
	}, never: map[ending]string{refused: "a bank's refusal is a row of the statement, and settles nothing", unreachable: "no portal is asked", conflict: "a row that is known already settles nothing more",
		pending: "what the statement does not name is left as it was", interrupted: "a file is read at once"}}
}

// executed is the bank's word that it has carried out the orders of a file.
func executed(orders string) string {
	var out strings.Builder
	for line := range strings.Lines(orders) {
		out.WriteString(line)
		if day, ok := strings.CutPrefix(line, "Дата="); ok {
			out.WriteString("ДатаСписано=" + day)
		}
	}
	return out.String()
}

// unread runs a command whose output nobody reads.
func unread(t *testing.T, p *program, args ...string) outcome {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := p.command(args...)
	var errOut strings.Builder
	cmd.Stdout, cmd.Stderr = w, &errOut
	err = cmd.Run()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return outcome{code: cmd.ProcessState.ExitCode(), errOut: errOut.String()}
}

const push = "/api/gusmev/push"

// portalSaysNo is a refusal of API ЕПГУ in its documented words.
func portalSaysNo() mischief {
	return mischief{carry: never, status: http.StatusForbidden, kind: "application/json", body: `{"code":"access_denied_service","message":"Доступ запрещён"}`}
}

// application is a submission under a reserved number.
func (s *town) application(command, service string) road {
	create := []string{"application", "create", service, "--submit", "--json"}
	return road{commands: []string{command, "application edit"}, cases: []roadCase{
		{done, "", s.alone(func(*testing.T, *program, *onWay) []string { return create })},
		{refused, "", s.alone(func(_ *testing.T, _ *program, w *onWay) []string { w.arm(push, false, portalSaysNo()); return create })},
		{unreachable, "", s.alone(func(_ *testing.T, _ *program, w *onWay) []string { w.nobody(); return create })},
		{unreachable, "at the push", s.alone(func(_ *testing.T, _ *program, w *onWay) []string {
			w.arm(push, false, mischief{carry: never})
			return create
		})},
		{unknown, "", s.alone(func(_ *testing.T, _ *program, w *onWay) []string { w.lose(push); return create })},
		{unknown, "and broken off", func(t *testing.T) outcome {
			p, way := s.walker(t)
			return broken(t, p, way, asked("POST", push), create...)
		}},
		{conflict, "", s.alone(func(_ *testing.T, p *program, _ *onWay) []string { p.mustRun(create...); return create })},
		{interrupted, "", func(t *testing.T) outcome {
			p, way := s.walker(t)
			return broken(t, p, way, asked("GET", "/api/cabinet/v1/services/"), create...)
		}},
	}, never: map[ending]string{partly: "it is one application", pending: "what the department does is followed by application watch"}}
}

// oneStepApplication is a submission without a number of its own.
func (s *town) oneStepApplication() road {
	create := func(why string) []string {
		return []string{"application", "create", "income-certificate", "--submit", "--json", "--set", "year=2025", "--again", why}
	}
	// One journal knows them all and one is sent at a time, so that the portal's news
	// can be told apart.
	var turn sync.Mutex
	p, way := s.walker(s.t)
	one := func(run func(t *testing.T, p *program, w *onWay) outcome) func(*testing.T) outcome {
		return func(t *testing.T) outcome {
			turn.Lock()
			defer turn.Unlock()
			defer way.release()
			return run(t, p, way)
		}
	}
	return road{commands: []string{"application create"}, cases: []roadCase{
		{done, "in one step", one(func(_ *testing.T, p *program, _ *onWay) outcome { return p.end(nil, create("first")...) })},
		{refused, "in one step", one(func(_ *testing.T, p *program, w *onWay) outcome {
			w.arm(push, false, portalSaysNo())
			return p.end(nil, create("refused")...)
		})},
		{unreachable, "in one step", one(func(_ *testing.T, p *program, w *onWay) outcome {
			w.nobody()
			return p.end(nil, create("unreachable")...)
		})},
		{unknown, "in one step", one(func(t *testing.T, p *program, w *onWay) outcome {
			w.lose(push)
			o := p.end(nil, create("lost")...)
			w.release()
			insist(t, p, create("lost")...)
			return o
		})},
		{conflict, "in one step", one(func(_ *testing.T, p *program, _ *onWay) outcome {
			p.mustRun(create("twice")...)
			return p.end(nil, create("twice")...)
		})},
		{interrupted, "in one step", one(func(t *testing.T, p *program, w *onWay) outcome {
			return broken(t, p, w, asked("GET", "/api/cabinet/v1/services/"), create("interrupted")...)
		})},
	}, never: map[ending]string{partly: "it is one application", pending: "what the department does is followed by application watch"}}
}

// draft is a draft that is sent.
func (s *town) draft() road {
	submit := func(t *testing.T, p *program) []string {
		t.Helper()
		var d struct{ DraftID string }
		p.decode(&d, "application", "create", "inn", "--json")
		return []string{"application", "submit", d.DraftID, "--json"}
	}
	return road{commands: []string{"application submit"}, cases: []roadCase{
		{done, "", s.alone(func(t *testing.T, p *program, _ *onWay) []string { return submit(t, p) })},
		{refused, "", s.alone(func(t *testing.T, p *program, w *onWay) []string {
			args := submit(t, p)
			w.arm(push, false, portalSaysNo())
			return args
		})},
		{unreachable, "", s.alone(func(t *testing.T, p *program, w *onWay) []string {
			args := submit(t, p)
			w.arm(push, false, mischief{carry: never})
			return args
		})},
		{unknown, "", s.alone(func(t *testing.T, p *program, w *onWay) []string {
			args := submit(t, p)
			w.lose(push)
			return args
		})},
		{conflict, "", s.alone(func(t *testing.T, p *program, _ *onWay) []string {
			p.mustRun(submit(t, p)...)
			return submit(t, p)
		})},
		{interrupted, "", func(t *testing.T) outcome {
			p, way := s.walker(t)
			return broken(t, p, way, asked("GET", "/api/cabinet/v1/services/"), submit(t, p)...)
		}},
	}, never: map[ending]string{partly: "it is one application", pending: "what the department does is followed by application watch"}}
}

func (s *town) withdrawal() road {
	const order = "/api/gusmev/order/*/cancel"
	cancel := func(t *testing.T, p *program) []string {
		t.Helper()
		var made struct{ OrderID int64 }
		p.decode(&made, "application", "create", "inn", "--submit", "--json")
		return []string{"application", "cancel", fmt.Sprint(made.OrderID), "--reason", "передумал", "--yes"}
	}
	return road{commands: []string{"application cancel"}, cases: []roadCase{
		{done, "", s.alone(func(t *testing.T, p *program, _ *onWay) []string { return cancel(t, p) })},
		{refused, "", s.alone(func(t *testing.T, p *program, w *onWay) []string {
			args := cancel(t, p)
			w.arm(order, false, portalSaysNo())
			return args
		})},
		{unreachable, "", s.alone(func(t *testing.T, p *program, w *onWay) []string {
			args := cancel(t, p)
			w.arm(order, false, mischief{carry: never})
			return args
		})},
		{unknown, "", s.alone(func(t *testing.T, p *program, w *onWay) []string {
			args := cancel(t, p)
			w.lose(order)
			return args
		})},
		{unknown, "and broken off", func(t *testing.T) outcome {
			p, way := s.walker(t)
			return broken(t, p, way, asked("POST", order), cancel(t, p)...)
		}},
		{interrupted, "", func(t *testing.T) outcome {
			p, way := s.walker(t)
			return broken(t, p, way, asked("POST", "/api/gusmev/order/*"), cancel(t, p)...)
		}},
	}, never: map[ending]string{partly: "it is one application", pending: "that it is being withdrawn is what was asked for", conflict: "withdrawing twice is the same"}}
}

func (s *town) dispute() road {
	const charge = "/api/cabinet/v1/charges/"
	dispute := func(t *testing.T) []string {
		t.Helper()
		return []string{"bill", "dispute", s.fine(t, unpaid), "--reason", "not-mine", "--text", "продан", "--json"}
	}
	return road{commands: []string{"bill dispute"}, cases: []roadCase{
		{done, "", s.alone(func(t *testing.T, _ *program, _ *onWay) []string { return dispute(t) })},
		{unreachable, "", s.alone(func(t *testing.T, _ *program, w *onWay) []string { w.nobody(); return dispute(t) })},
		{unreachable, "after it was carried out", s.alone(func(t *testing.T, _ *program, w *onWay) []string { w.lose(charge); return dispute(t) })},
		{conflict, "", s.alone(func(t *testing.T, _ *program, _ *onWay) []string {
			args := dispute(t)
			args[2] = s.fine(t, annulled)
			return args
		})},
		{interrupted, "", func(t *testing.T) outcome {
			p, way := s.walker(t)
			return broken(t, p, way, asked("POST", charge), dispute(t)...)
		}},
	}, never: map[ending]string{refused: "the portal's only no is that the charge is closed", unknown: "the same words are the same dispute: the command may be repeated", partly: "it is one dispute", pending: "its answer is seen in bill view"}}
}

func (s *town) notice() road {
	paid := func(t *testing.T, p *program, more ...string) []string {
		t.Helper()
		var made struct{ ID string }
		o := p.end(nil, append([]string{"pay", s.fine(t, unpaid), "--yes", "--json"}, more...)...)
		if err := json.Unmarshal([]byte(o.out), &made); err != nil {
			t.Fatalf("%v: %+v", err, o)
		}
		return []string{"pay", "notify", made.ID, "--json"}
	}
	return road{commands: []string{"pay notify"}, cases: []roadCase{
		{done, "", s.alone(func(t *testing.T, p *program, _ *onWay) []string { return paid(t, p) })},
		{unreachable, "", s.alone(func(t *testing.T, p *program, w *onWay) []string { args := paid(t, p); w.nobody(); return args })},
		{unreachable, "after it was carried out", s.alone(func(t *testing.T, p *program, w *onWay) []string {
			args := paid(t, p)
			w.lose(payments + "/")
			return args
		})},
		{conflict, "", s.alone(func(t *testing.T, p *program, _ *onWay) []string {
			s.codes.Lock()
			defer s.codes.Unlock()
			return paid(t, p, "--method", "card")
		})},
		{interrupted, "", func(t *testing.T) outcome {
			p, way := s.walker(t)
			return broken(t, p, way, asked("POST", payments+"/"), paid(t, p)...)
		}},
	}, never: map[ending]string{refused: "the portal's only no is that the payment has not gone through", unknown: "a payment has one notice: the command may be repeated", partly: "it is one notice", pending: "it is told at once"}}
}
