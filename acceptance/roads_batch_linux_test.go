package acceptance

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/vault"
)

// desk is an organisation with many small plans to run, each by a clerk of its own.
type desk struct {
	t       *testing.T
	portal  *portal
	clerk   *clerk
	approve func(plan string)

	mu    sync.Mutex
	rows  []string // of a register, not planned yet
	plans int
}

func newDesk(t *testing.T) *desk {
	bin := build(t)
	d := &desk{t: t, portal: newPortal(t, bin)}
	d.clerk = newClerk(t, bin, d.portal)
	d.clerk.must("sandbox", "seed", "--seed", "8", "--charges", "60", "--kind", "duty", "--user", accountant)
	var bills struct{ Items []bill }
	d.clerk.read(&bills, "bill", "list", "--all")
	for _, b := range bills.Items {
		if b.Kind == "duty" {
			d.rows = append(d.rows, fmt.Sprintf("%s;%d,%02d\n", b.UIN, b.DueKopecks/100, b.DueKopecks%100))
		}
	}
	d.clerk.must("org", "switch", organisation)
	d.approve = d.clerk.approver(d.portal)
	return d
}

// plan plans n rows that no other plan has.
func (d *desk) plan(t *testing.T, n int, approved bool) string {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if n > len(d.rows) {
		t.Fatal("no more charges")
	}
	d.plans++
	register := filepath.Join(d.clerk.home, fmt.Sprintf("%d.csv", d.plans))
	if err := os.WriteFile(register, []byte("УИН;Сумма\n"+strings.Join(d.rows[:n], "")), 0o600); err != nil {
		t.Fatal(err)
	}
	d.rows = d.rows[n:]
	plan := strings.TrimSuffix(register, "csv") + "plan"
	d.clerk.must("batch", "plan", register, "-o", plan)
	if approved {
		d.approve(plan)
	}
	return plan
}

// walker is a clerk of the same organisation with a journal of its own.
func (d *desk) walker(t *testing.T) (*program, *onWay) {
	t.Helper()
	way := newOnWay(t, "http://"+d.portal.addr)
	p := newProgram(t, filepath.Dir(d.clerk.exe), "EPGU_PROFILE=office")
	d.mu.Lock() // nobody plans while the clerk's journal is copied
	err := privateCopy(p.home, d.clerk.home)
	d.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(p.home, "config", "config.toml")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, []byte(strings.ReplaceAll(string(text), "http://"+d.portal.addr, way.URL)), 0o600); err != nil {
		t.Fatal(err)
	}
	err = p.vault("office").Update(t.Context(), func(x *vault.Secrets, err error) error {
		for name, value := range x.Extra {
			x.Extra[name] = strings.ReplaceAll(value, "http://"+d.portal.addr, way.URL)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return p, way
}

// run runs a plan of two rows, as it was made by ready.
func (d *desk) run(args func(t *testing.T, p *program, w *onWay, plan string) []string) func(*testing.T) outcome {
	return func(t *testing.T) outcome {
		p, way := d.walker(t)
		return p.end(nil, args(t, p, way, d.plan(t, 2, true))...)
	}
}

// firstRow is the payment of a plan's first row.
func firstRow(t *testing.T, plan string) journal.Payment {
	t.Helper()
	p, err := planfile.Open(plan)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for row, err := range p.ToPay(1) {
		if err != nil {
			t.Fatal(err)
		}
		return row.Payment(p.Head(), journal.ViaBankFile)
	}
	t.Fatal("an empty plan")
	return journal.Payment{}
}

// A plan's bound is registered once, whatever is answered to that, and the plan is paid.
func TestWhateverIsAnsweredOnTheWayAPlanIsBoundOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	cases := map[string]func(*testing.T){}
	for few := range slices.Chunk(mischiefs(), 3) {
		cases[few[0].name+" and so on"] = func(t *testing.T) {
			p, way := d.walker(t)
			plan := d.plan(t, 1, true)
			way.aim("POST /payment-authorisations", false, few...)
			if o := p.end(nil, "batch", "run", plan, "--wait", "40s", "--json"); o.code != 0 {
				t.Errorf("exit %d: %s", o.code, o.errOut)
			}
		}
	}
	atOnce(t, cases)
}

func batchRoads(t *testing.T) []road {
	d := newDesk(t)
	run := func(plan string, more ...string) []string {
		return append([]string{"batch", "run", plan, "--json"}, more...)
	}
	portal := road{commands: []string{"batch run"}, cases: []roadCase{
		{done, "by the portal", d.run(func(_ *testing.T, _ *program, _ *onWay, plan string) []string { return run(plan, "--wait", "40s") })},
		{refused, "by the portal", d.run(func(_ *testing.T, _ *program, _ *onWay, plan string) []string {
			return run(plan, "--without-authorisation")
		})},
		{unreachable, "by the portal", d.run(func(_ *testing.T, _ *program, w *onWay, plan string) []string { w.nobody(); return run(plan) })},
		{unknown, "by the portal", d.run(func(_ *testing.T, _ *program, w *onWay, plan string) []string {
			w.lose(payments)
			return run(plan, "--wait", "1s", "--concurrency", "1")
		})},
		{unknown, "by the portal, and nobody reads", func(t *testing.T) outcome {
			p, way := d.walker(t)
			plan := d.plan(t, 2, true)
			way.lose(payments)
			return unread(t, p, "batch", "run", plan, "--wait", "1s", "--concurrency", "1")
		}},
		{partly, "by the portal", d.run(func(_ *testing.T, _ *program, _ *onWay, plan string) []string {
			return run(plan, "--only", "1", "--wait", "40s")
		})},
		{conflict, "by the portal", func(t *testing.T) outcome {
			p, _ := d.walker(t)
			return p.end(nil, run(d.plan(t, 2, false))...)
		}},
		{pending, "by the portal", d.run(func(_ *testing.T, _ *program, _ *onWay, plan string) []string { return run(plan, "--wait", "0s") })},
		{interrupted, "by the portal", func(t *testing.T) outcome {
			p, way := d.walker(t)
			return broken(t, p, way, asked("GET", "/api/cabinet/v1/payment-methods"), run(d.plan(t, 2, true))...)
		}},
		{interrupted, "by the portal, a payment on its way", func(t *testing.T) outcome {
			p, way := d.walker(t)
			return broken(t, p, way, asked("POST", payments), run(d.plan(t, 2, true), "--concurrency", "1")...)
		}},
	}}
	write := func(t *testing.T, p *program, plan string, more ...string) []string {
		t.Helper()
		payers := filepath.Join(p.home, "payers.json")
		if err := os.WriteFile(payers, []byte(`[{"name":"ООО «Пример»","inn":"7707083893","kpp":"773001001","account":"40702810138250123017","bik":"044525225","bank":"ПАО СБЕРБАНК","corr":"30101810400000000225"}]`), 0o600); err != nil {
			t.Fatal(err)
		}
		return run(plan, append([]string{"--via", "bank-file", "--payers", payers, "-o", filepath.Join(p.home, "bank")}, more...)...)
	}
	files := road{commands: []string{"batch run"}, cases: []roadCase{
		{done, "by bank files", d.run(func(t *testing.T, p *program, _ *onWay, plan string) []string { return write(t, p, plan) })},
		{unknown, "by bank files", d.run(func(t *testing.T, p *program, _ *onWay, plan string) []string {
			leftHalfDone(t, p.home, "office", firstRow(t, plan))
			return write(t, p, plan)
		})},
		{unknown, "by bank files, and nobody reads", func(t *testing.T) outcome {
			p, _ := d.walker(t)
			plan := d.plan(t, 2, true)
			leftHalfDone(t, p.home, "office", firstRow(t, plan))
			return unread(t, p, write(t, p, plan)...)
		}},
		{partly, "by bank files", d.run(func(t *testing.T, p *program, _ *onWay, plan string) []string {
			return write(t, p, plan, "--max-sum", "0.01")
		})},
		{conflict, "by bank files", func(t *testing.T) outcome {
			p, _ := d.walker(t)
			return p.end(nil, write(t, p, d.plan(t, 2, false))...)
		}},
	}, never: map[ending]string{refused: "a bank's no is told by its statement", unreachable: "no portal is asked", pending: "what the bank does is told by its statement",
		interrupted: "it asks nobody; what a death leaves is found by the next call (TestARunByBankFilesKilledAgainAndAgainWritesEveryOrderOnce)"}}
	reconcile := func(plan string) []string { return []string{"batch", "reconcile", plan, "--json"} }
	told := road{commands: []string{"batch reconcile"}, cases: []roadCase{
		{done, "", d.run(func(_ *testing.T, p *program, _ *onWay, plan string) []string {
			p.mustRun(run(plan, "--wait", "40s")...)
			return reconcile(plan)
		})},
		{unknown, "", d.run(func(_ *testing.T, p *program, w *onWay, plan string) []string {
			w.lose(payments)
			p.end(nil, run(plan, "--wait", "1s", "--concurrency", "1")...)
			return reconcile(plan)
		})},
		{unknown, "and nobody reads", func(t *testing.T) outcome {
			p, way := d.walker(t)
			plan := d.plan(t, 2, true)
			way.lose(payments)
			p.end(nil, run(plan, "--wait", "1s", "--concurrency", "1")...)
			return unread(t, p, reconcile(plan)...)
		}},
		{unknown, "and broken off", func(t *testing.T) outcome {
			p, way := d.walker(t)
			plan := d.plan(t, 2, true)
			way.lose(payments)
			p.end(nil, run(plan, "--wait", "1s", "--concurrency", "1")...)
			way.release()
			return broken(t, p, way, asked("GET", payments), reconcile(plan)...)
		}},
		{unknown, "by bank files", d.run(func(t *testing.T, p *program, _ *onWay, plan string) []string {
			leftHalfDone(t, p.home, "office", firstRow(t, plan))
			return reconcile(plan)
		})},
		{pending, "", d.run(func(_ *testing.T, p *program, w *onWay, plan string) []string {
			p.end(nil, run(plan, "--wait", "0s")...)
			w.nobody()
			return reconcile(plan)
		})},
		{interrupted, "", func(t *testing.T) outcome {
			p, way := d.walker(t)
			plan := d.plan(t, 2, true)
			p.end(nil, run(plan, "--wait", "0s")...)
			return broken(t, p, way, asked("GET", payments), reconcile(plan)...)
		}},
	}, never: map[ending]string{refused: "it sends nothing", unreachable: "what nobody can be asked about stays as it is: unknown, or pending", partly: "what is open is unknown or pending",
		conflict: "only a decision about what is over conflicts (batch_unknown.txtar)"}}
	return []road{portal, files, told}
}
