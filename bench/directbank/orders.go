package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	client "github.com/epgu-cli/epgu/internal/bank/directbank"
	"github.com/epgu-cli/epgu/internal/clock"
	engine "github.com/epgu-cli/epgu/internal/core/bulkpay"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/directroad"
	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/core/directbank"
	"github.com/epgu-cli/epgu/internal/journal"
	"github.com/epgu-cli/epgu/internal/journal/sqlite"
	"github.com/epgu-cli/epgu/internal/portal/transport"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
	"github.com/epgu-cli/epgu/internal/requisites"
)

// writePlan writes a plan of state duties without УИН.
func writePlan(name string, n int) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	w, err := planfile.NewWriter(f, planfile.Header{ID: id.String(), Profile: "bench", Payer: training.BankCustomer})
	if err != nil {
		return err
	}
	payee := &planfile.Payee{Name: "УФК по г. Москве (Учебное управление)", INN: "7730176610", KPP: "773001001", Account: "03100643000000017300",
		Bank: "ГУ БАНКА РОССИИ ПО ЦФО//УФК по г. Москве", BIK: "004525988", CorrAccount: "40102810545370000003"}
	budget := &planfile.Budget{Drawer: "08", KBK: "18210301000010000110", OKTMO: "45328000", Basis: "0", Period: "0", DocNo: "0", DocDate: "0"}
	for i := range n {
		if err := w.Write(&planfile.Row{Status: planfile.Pay, Kopecks: int64(500_00 + i), Payer: training.BankCustomer, Payee: payee, Budget: budget,
			Purpose: fmt.Sprintf("Государственная пошлина, строка %d", i+1), Checked: time.Now()}); err != nil {
			return err
		}
	}
	if _, err := w.Close(); err != nil {
		return err
	}
	return f.Close()
}

// atBank starts a fresh bank, has a job done there, and tells how much memory the bank
// took above what it had when nobody had asked for anything.
func atBank(exe, home string, j *job) (out outcome, used int64, err error) {
	if err := os.MkdirAll(home, 0o700); err != nil {
		return out, 0, err
	}
	program := func(args ...string) *exec.Cmd {
		c := exec.Command(exe, args...)
		c.Env = []string{"EPGU_HOME=" + home, "HOME=" + home, "EPGU_STORE=file", "EPGU_LANG=en", "PATH=" + os.Getenv("PATH")}
		return c
	}
	// The calendar stands still until somebody asks for the list of packets: neither
	// side has the bank's work fall between its requests by chance.
	if b, err := program("sandbox", "clock", "--speed", "0", "--skip-idle=true").CombinedOutput(); err != nil {
		return out, 0, fmt.Errorf("sandbox clock: %w\n%s", err, b)
	}
	c := program("sandbox", "serve", "--addr", "127.0.0.1:0", "--json")
	pipe, err := c.StdoutPipe()
	if err != nil {
		return out, 0, err
	}
	if err := c.Start(); err != nil {
		return out, 0, err
	}
	defer func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	}()
	line, err := bufio.NewReader(pipe).ReadString('\n')
	if err != nil {
		return out, 0, err
	}
	var at struct{ URL string }
	if err := json.Unmarshal([]byte(line), &at); err != nil {
		return out, 0, fmt.Errorf("%q: %w", line, err)
	}
	j.URL, j.Bank = at.URL+training.DirectBank, c.Process.Pid
	idle := residentOf(c.Process.Pid, "VmRSS")
	if out, err = inChild(j); err != nil {
		return out, 0, err
	}
	return out, residentOf(c.Process.Pid, "VmHWM") - idle, nil
}

// desk opens the bank as "epgu bank add --training" writes it down.
func desk(ctx context.Context, j *job) (*directbank.Desk, error) {
	u, err := url.Parse(j.URL)
	if err != nil {
		return nil, err
	}
	t, err := transport.New(transport.Options{Origins: []string{u.Scheme + "://" + u.Host}})
	if err != nil {
		return nil, err
	}
	o := client.Options{Address: j.URL, Transport: t, Clock: clock.System{}, Login: func(context.Context) (string, string, error) {
		return training.BankCustomer, training.BankPassword, nil
	}}
	first, err := client.New(o)
	if err != nil {
		return nil, err
	}
	s, _, err := first.Settings(ctx, training.BankCustomer, training.BankBIC, "")
	if err != nil {
		return nil, err
	}
	members := map[string]string{"account": account()}
	directbank.Take(members, s)
	section, err := directbank.ParseSection("training", members)
	if err != nil {
		return nil, err
	}
	o.Customer, o.Version = section.Customer, section.Version
	c, err := client.New(o)
	if err != nil {
		return nil, err
	}
	return &directbank.Desk{Section: section, Client: c, Box: directbank.Disk{Dir: filepath.Join(j.Dir, "box")}, Clock: clock.System{}}, nil
}

// account is the demo company's, whose key follows from the rest.
func account() string {
	for key := range 10 {
		a := fmt.Sprintf("40702810%d00000000101", key)
		if requisites.Check(requisites.KindAccount, a, requisites.Options{BIK: training.BankBIC}).Problem == nil {
			return a
		}
	}
	return ""
}

// send sends the orders of a plan as "epgu batch run --via directbank" does, and hears
// what the bank tells.
func send(j *job, out *outcome) error {
	ctx := context.Background()
	p, err := planfile.Open(j.Plan)
	if err != nil {
		return err
	}
	defer p.Close()
	own, err := sqlite.Open(ctx, sqlite.Options{Dir: filepath.Join(j.Dir, "journal")})
	if err != nil {
		return err
	}
	defer own.Close()
	d, err := desk(ctx, j)
	if err != nil {
		return err
	}
	debug.FreeOSMemory()
	out.Idle = residentOf(os.Getpid(), "VmRSS")
	defer engine.SaveMemory(p.Totals.Rows)()
	before := cpuOf(j.Bank) + ownCPU()
	began, spent := time.Now(), ownCPU()
	road := &directroad.Road{Journal: own, Plan: p, Clock: clock.System{}, Bank: d, Name: d.Section.Name, Payer: d.Section.Payer, MaxOrders: j.Packet}
	result, err := road.Send(ctx)
	if err != nil {
		return err
	}
	out.Posted, out.Packets = time.Since(began), len(result.Packets)
	if n := result.Counts[journal.Accepted].N; n != p.Totals.Pay.N {
		return fmt.Errorf("%d of %d orders were accepted", n, p.Totals.Pay.N)
	}
	list, err := d.Client.PacketList(ctx, "")
	if err != nil {
		return err
	}
	if len(list.IDs) < out.Packets {
		return fmt.Errorf("the bank has %d packets to tell of %d", len(list.IDs), out.Packets)
	}
	out.Booked, out.Own, out.Both, out.Sent = time.Since(began), ownCPU()-spent, cpuOf(j.Bank)+ownCPU()-before, peakResident()
	began = time.Now()
	executed := 0
	ear := &directbank.Ear{Bank: d.Section.Name, Profile: "bench", Journal: own, Box: d.Box, Hear: func(t *directbank.Told) error {
		if t.Word == directbank.Executed {
			executed++
		}
		return nil
	}}
	if _, err := d.Fetch(ctx, ear.Take); err != nil {
		return err
	}
	out.Heard = time.Since(began)
	if executed != p.Totals.Pay.N {
		return fmt.Errorf("%d of %d orders were executed", executed, p.Totals.Pay.N)
	}
	return nil
}

// post posts the packets that were sent before to another bank.
func post(j *job, out *outcome) error {
	ctx := context.Background()
	d, err := desk(ctx, j)
	if err != nil {
		return err
	}
	if err := d.Client.SignIn(ctx); err != nil {
		return err
	}
	names, err := made(filepath.Join(j.Dir, "box", "sent"))
	if err != nil {
		return err
	}
	sid, err := signIn(j.URL, d.Section.Customer)
	if err != nil {
		return err
	}
	out.Idle = residentOf(os.Getpid(), "VmRSS")
	before := cpuOf(j.Bank) + ownCPU()
	began, spent := time.Now(), ownCPU()
	for _, name := range names {
		packet, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		answer, err := ask(http.MethodPost, j.URL+"/SendPack", sid, d.Section.Customer, packet)
		if err != nil {
			return err
		}
		if !bytes.Contains(answer, []byte("<SendPacketResponse>")) {
			return fmt.Errorf("the bank answers %.300s", answer)
		}
	}
	out.Posted, out.Packets = time.Since(began), len(names)
	if _, err := ask(http.MethodGet, j.URL+"/GetPackList", sid, d.Section.Customer, nil); err != nil {
		return err
	}
	out.Booked, out.Own, out.Both, out.Sent = time.Since(began), ownCPU()-spent, cpuOf(j.Bank)+ownCPU()-before, peakResident()
	return nil
}

// made lists packets in the order in which they were made.
func made(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	infos := make([]fs.FileInfo, 0, len(entries))
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		infos = append(infos, info)
	}
	slices.SortFunc(infos, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	out := make([]string, len(infos))
	for i := range infos {
		out[i] = filepath.Join(dir, infos[i].Name())
	}
	return out, nil
}

func signIn(base, customer string) (sid string, err error) {
	r, err := http.NewRequest(http.MethodPost, base+"/Logon", nil)
	if err != nil {
		return "", err
	}
	r.SetBasicAuth(training.BankCustomer, training.BankPassword)
	answer, err := do(r, customer)
	if err != nil {
		return "", err
	}
	_, rest, _ := strings.Cut(string(answer), "<SID>")
	sid, _, _ = strings.Cut(rest, "</SID>")
	return sid, nil
}

func ask(method, address, sid, customer string, body []byte) ([]byte, error) {
	r, err := http.NewRequest(method, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header["SID"] = []string{sid}
	return do(r, customer)
}

func do(r *http.Request, customer string) ([]byte, error) {
	r.Header.Set("Content-Type", wire.MediaType)
	r.Header["CustomerID"], r.Header["APIVersion"] = []string{customer}, []string{wire.NewestVersion}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}
