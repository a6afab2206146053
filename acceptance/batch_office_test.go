package acceptance

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The accountant of the demo organisation, whose charges are paid with the
// organisation's account, and the organisation.
const (
	accountant   = "+79000000004"
	director     = "+79000000005"
	organisation = "1000000101"
)

// person types what a terminal asks to be typed, and pin where a secret is asked.
func person(pin string) func(string) (string, bool) {
	return func(shown string) (string, bool) {
		if _, typed, ok := strings.Cut(shown, "to confirm, type "); ok && strings.HasSuffix(typed, ": ") {
			return strings.TrimSuffix(typed, ": "), true
		}
		return pin, strings.HasSuffix(shown, "Passphrase of the key: ")
	}
}

// portal is the training portal as a process that can be killed and started
// again at the same address, with the same state.
type portal struct {
	*program
	addr string
	cmd  *exec.Cmd
}

func newPortal(t *testing.T, bin string) *portal {
	t.Helper()
	p := &portal{program: newProgram(t, bin), addr: "127.0.0.1:0"}
	t.Cleanup(p.kill)
	if err := p.start(); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *portal) start() error {
	var problem error
	for range 20 {
		// The address may be taken for a moment by a connection of a killed client.
		if problem = p.try(); problem == nil {
			return nil
		}
	}
	return fmt.Errorf("the portal does not start: %w", problem)
}

func (p *portal) try() error {
	cmd := p.command("sandbox", "serve", "--addr", p.addr, "--json")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	var at struct{ Addr string }
	if err == nil {
		err = json.Unmarshal([]byte(line), &at)
	}
	if err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return err
	}
	p.addr, p.cmd = at.Addr, cmd
	return nil
}

// kill ends the portal as a power cut would.
func (p *portal) kill() {
	if p.cmd != nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
		p.cmd = nil
	}
}

// clerk is a client of the portal with a state folder of its own.
type clerk struct{ *program }

// newClerk signs a new client in for the organisation.
func newClerk(t *testing.T, bin string, p *portal, env ...string) *clerk {
	t.Helper()
	c := &clerk{newProgram(t, bin, append(env, "EPGU_PROFILE=office")...)}
	c.signIn(p, accountant, "Schetova-2026")
	return c
}

func (c *clerk) signIn(p *portal, login, password string) {
	c.t.Helper()
	c.must("config", "set", "portal", "http://"+p.addr, "--in-profile", "office")
	code := c.exe + ` sandbox users --jq '.items[] | select(.login == "` + login + `") | .lastCode'`
	if _, err := c.run(password+"\n", "auth", "login", "--user", login, "--password-stdin", "--factor", "sms", "--otp-command", code); err != nil {
		c.t.Fatal(err)
	}
}

// must runs a command that has to succeed.
func (c *clerk) must(args ...string) string {
	c.t.Helper()
	out, err := c.run("", args...)
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}

// read runs a command with --json and decodes what it prints.
func (c *clerk) read(into any, args ...string) {
	c.t.Helper()
	out := c.must(append(args, "--json")...)
	if err := json.Unmarshal([]byte(out), into); err != nil {
		c.t.Fatalf("%v: %v\n%.500s", args, err, out)
	}
}

// office is a demo organisation with an approved plan: rows duties to pay by the
// organisation's account.
type office struct {
	portal *portal
	clerk  *clerk
	plan   string
	rows   int
	sum    int64 // kopecks, of the plan
	held   int64 // on the account before the run
	due    map[string]int64
}

func newOffice(t *testing.T, bin string, rows int, env ...string) *office {
	t.Helper()
	return newOfficeAt(t, bin, newPortal(t, bin), rows, env...)
}

// newOfficeAt is newOffice at a portal that is reached by its addr.
func newOfficeAt(t *testing.T, bin string, p *portal, rows int, env ...string) *office {
	t.Helper()
	o := &office{portal: p, rows: rows, due: map[string]int64{}}
	c := newClerk(t, bin, o.portal, env...)
	o.clerk = c
	c.must("sandbox", "seed", "--seed", "7", "--charges", fmt.Sprint(rows), "--kind", "duty", "--user", accountant)
	var bills struct {
		Items []struct {
			UIN, Kind  string
			DueKopecks int64
		}
	}
	c.read(&bills, "bill", "list", "--all")
	var register strings.Builder
	register.WriteString("УИН;Сумма\n")
	for _, b := range bills.Items {
		if b.Kind != "duty" {
			continue // what the person owed before
		}
		o.due[b.UIN] = b.DueKopecks
		fmt.Fprintf(&register, "%s;%d,%02d\n", b.UIN, b.DueKopecks/100, b.DueKopecks%100)
	}
	path := filepath.Join(c.home, "july.csv")
	if err := os.WriteFile(path, []byte(register.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	c.must("org", "switch", organisation)
	o.held = c.balance()
	o.plan = filepath.Join(c.home, "july.plan")
	var plan struct {
		ToPay      int
		SumKopecks int64
	}
	c.read(&plan, "batch", "plan", path, "-o", o.plan)
	if plan.ToPay != rows || len(o.due) != rows {
		t.Fatalf("%+v of %d charges, want %d", plan, len(o.due), rows)
	}
	o.sum = plan.SumKopecks
	c.approve(o.plan, o.portal)
	return o
}

// approve lets the organisation's chief sign the plan at a terminal of his own, by a
// certificate that the portal has issued to him.
func (c *clerk) approve(plan string, p *portal) {
	c.t.Helper()
	c.approver(p)(plan)
}

// approver gives the chief a key and a certificate; what it returns signs a plan.
func (c *clerk) approver(p *portal) (approve func(plan string)) {
	c.t.Helper()
	const pin = "Demo-2026"
	boss := &clerk{newProgram(c.t, filepath.Dir(c.exe), "EPGU_PROFILE=office")}
	pinFile := filepath.Join(boss.home, "pin")
	if err := os.WriteFile(pinFile, []byte(pin), 0o600); err != nil {
		c.t.Fatal(err)
	}
	boss.signIn(p, director, "Direktorov-2026")
	boss.must("cert", "new", "approver", "--subject", "CN=Demo", "--pin-file", pinFile)
	boss.must("cert", "request", "approver", "--send", "--pin-file", pinFile)
	keys := filepath.Join(boss.home, "state", "certificates", "approver")
	return func(plan string) {
		c.t.Helper()
		cmd := boss.command("batch", "approve", plan, "--key", filepath.Join(keys, "key.pem"), "--cert", filepath.Join(keys, "certificates.pem"))
		if shown, err := onTerminal(cmd, person(pin)); err != nil {
			c.t.Fatalf("approve: %v\n%s", err, shown)
		}
	}
}

func (c *clerk) balance() int64 {
	c.t.Helper()
	var methods struct {
		Items []struct {
			ID             string
			BalanceKopecks int64
		}
	}
	c.read(&methods, "pay", "methods")
	for _, m := range methods.Items {
		if m.ID == "account" {
			return m.BalanceKopecks
		}
	}
	c.t.Fatal("the organisation has no account")
	return 0
}

// finish brings the plan to its end the way a person would: run, and reconcile
// what is unknown, until the run says that every row is paid.
func (o *office) finish(c *clerk, plan string) {
	c.t.Helper()
	for range 20 {
		_, err := c.run("", "batch", "run", plan, "--wait", "20s")
		if err == nil {
			return
		}
		c.t.Logf("not through yet: %v", err)
		if strings.Contains(err.Error(), "exit status 7") {
			if _, err := c.run("", "batch", "reconcile", plan); err != nil {
				c.t.Logf("reconcile: %v", err)
			}
		}
	}
	c.t.Error("the plan was not brought to its end")
}

// settled holds what the portal knows against the plan and against the journal:
// every charge paid once, for its sum, and nothing else paid.
func (o *office) settled(c *clerk, plan string) {
	t := c.t
	t.Helper()
	var payments struct {
		Total int
		Items []struct {
			ID, UIN, State string
			AmountKopecks  int64
		}
	}
	c.read(&payments, "pay", "list", "--all")
	paid := map[string]string{} // by УИН
	var sum int64
	for _, p := range payments.Items {
		if other := paid[p.UIN]; other != "" {
			t.Errorf("%s was paid twice: %s and %s", p.UIN, other, p.ID)
		}
		if p.State != "paid" || p.AmountKopecks != o.due[p.UIN] {
			t.Errorf("payment %s of %s is %s for %d kopecks, %d are due", p.ID, p.UIN, p.State, p.AmountKopecks, o.due[p.UIN])
		}
		paid[p.UIN] = p.ID
		sum += p.AmountKopecks
	}
	if payments.Total != o.rows || len(paid) != o.rows || sum != o.sum {
		t.Errorf("the portal has %d payments of %d charges for %d kopecks; the plan has %d for %d", payments.Total, len(paid), sum, o.rows, o.sum)
	}
	if now := c.balance(); o.held-now != o.sum {
		t.Errorf("the account is lighter by %d kopecks, the plan's sum is %d", o.held-now, o.sum)
	}

	status := map[string]any{}
	c.read(&status, "batch", "status", plan)
	for _, state := range []string{"accepted", "sending", "claimed", "planned", "unknown", "refused", "unsent"} {
		if status[state] != 0.0 {
			t.Errorf("the journal has %v rows that are %s", status[state], state)
		}
	}
	if status["paid"] != float64(o.rows) || status["paidKopecks"] != float64(o.sum) {
		t.Errorf("the journal has %v rows paid for %v", status["paid"], status["paidKopecks"])
	}

	result := filepath.Join(c.home, "result.csv")
	if err := os.RemoveAll(result); err != nil {
		t.Fatal(err)
	}
	c.must("batch", "report", plan, "-o", result)
	data, err := os.ReadFile(result)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	if len(lines) != o.rows+1 {
		t.Errorf("the report has %d lines for %d rows", len(lines), o.rows)
	}
	for _, line := range lines[1:] {
		// УИН, sum, state, payment, …
		if cells := strings.Split(line, ";"); len(cells) < 4 || cells[2] != "paid" || paid[cells[0]] != cells[3] {
			t.Errorf("the portal has payment %s, the report says %s", paid[cells[0]], line)
		}
	}
	var audit struct{ Holds bool }
	if c.read(&audit, "audit", "verify"); !audit.Holds {
		t.Error("the journal's chain is broken")
	}
}
