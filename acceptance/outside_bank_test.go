package acceptance

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/clock"
	wire "github.com/epgu-cli/epgu/internal/portal/wire/directbank"
	"github.com/epgu-cli/epgu/internal/portal/wire/training"
)

// bankSchema is the schema that messages of DirectBank are held against.
const bankSchema = "../internal/portal/wire/directbank/testdata/messages.xsd"

// customerAccount is the demo company's account at the training bank.
const customerAccount = "40702810100000000101"

// outsideTools skips where the outside program cannot run.
func outsideTools(t *testing.T) {
	t.Helper()
	for _, tool := range []string{"python3", "xmllint", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed: no outside program is tried (Debian: python3, libxml2-utils, openssl, libengine-gost-openssl)", tool)
		}
	}
	if out, err := exec.CommandContext(t.Context(), "openssl", "engine", "gost").CombinedOutput(); err != nil || !strings.Contains(string(out), "gost") {
		t.Skip("OpenSSL has no GOST engine here: no outside program is tried (Debian: libengine-gost-openssl)")
	}
}

type owed struct {
	UIN, Kind, State, Purpose, Payee, PayeeInn, PayeeKpp, Account, Bik, CorrAccount, Kbk, Oktmo string
	DueKopecks                                                                                  int64
}

// A program that somebody else could have written, from the standard alone, talks to
// `sandbox serve`: from the first sign-in to a statement, in each way in which the bank
// lets a customer in. Its orders settle charges, and the payer gets the receipts.
func TestAnOutsideProgramUsesTheBankFromTheFirstSignInToAStatement(t *testing.T) {
	outsideTools(t)
	bin := build(t)
	p := newPortal(t, bin)
	c := newClerk(t, bin, p)
	c.must("org", "switch", organisation)
	var list struct{ Items []owed }
	c.read(&list, "bill", "list", "--all")
	var bills []owed
	for _, b := range list.Items {
		if b.DueKopecks > 0 && len(bills) < 2 {
			var one owed
			c.read(&one, "bill", "view", b.UIN)
			bills = append(bills, one)
		}
	}
	if len(bills) < 2 {
		t.Fatalf("%d charges of the company", len(bills))
	}
	dir := t.TempDir()
	crt, key := outsideCertificate(t, dir, c)
	schema, err := filepath.Abs(bankSchema)
	if err != nil {
		t.Fatal(err)
	}
	for i, ways := range [][]string{{"otp", "zip"}, {"certificate", "signed"}} {
		b := bills[i]
		c.must("sandbox", "faults", "--bank", strings.Join(ways, ","))
		in, err := json.Marshal(map[string]any{
			"address": "http://" + p.addr + training.DirectBank, "login": training.BankCustomer, "password": training.BankPassword, "inn": training.BankCustomer, "bic": training.BankBIC,
			"account": customerAccount, "schema": schema, "dir": dir, "day": time.Now().In(clock.Moscow()).Format(time.DateOnly), "number": fmt.Sprint(700 + i), "certificate": crt, "key": key,
			"otp":   c.exe + ` sandbox users --jq '.items[] | select(.login == "` + director + `") | .lastCode'`,
			"order": map[string]any{"uin": b.UIN, "kopecks": b.DueKopecks, "payee": b.Payee, "inn": b.PayeeInn, "kpp": b.PayeeKpp, "account": b.Account, "bik": b.Bik, "corr": b.CorrAccount, "kbk": b.Kbk, "oktmo": b.Oktmo, "purpose": b.Purpose},
		})
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "python3", filepath.Join("testdata", "directbank_client.py"))
		cmd.Stdin, cmd.Env = bytes.NewReader(in), c.command().Env
		var errOut bytes.Buffer
		cmd.Stderr = &errOut
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %v\n%s", ways, err, errOut.String())
		}
		var got struct {
			Order, Way     string
			Validated      int
			Signed, Zipped bool
		}
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatal(err)
		}
		if want := [...]string{"Login", "Certificate"}[i]; got.Way != want || got.Signed != (i == 1) || got.Zipped != (i == 0) || got.Validated < 30 {
			t.Errorf("%v: %+v", ways, got)
		}
		c.must("sandbox", "advance", "1m") // ГИС ГМП hears of a payment a little later
		var after owed
		if c.read(&after, "bill", "view", b.UIN); after.State != "paid" {
			t.Errorf("%v: the charge is %s", ways, after.State)
		}
		c.must("pay", "receipt", got.Order, "-o", dir)
	}
	receipts, err := filepath.Glob(filepath.Join(dir, "*.pdf"))
	if err != nil || len(receipts) != 2 {
		t.Errorf("receipts: %v, %v", receipts, err)
	}
}

// outsideCertificate is a key that OpenSSL has made, with its certificate, which the
// company's clerk has bound to its account.
func outsideCertificate(t *testing.T, dir string, c *clerk) (crt, key string) {
	t.Helper()
	crt, key = filepath.Join(dir, "crt.pem"), filepath.Join(dir, "key.pem")
	config := filepath.Join(dir, "openssl.cnf")
	if err := os.WriteFile(config, []byte("[req]\ndistinguished_name=dn\n[dn]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "openssl", "req", "-engine", "gost", "-x509", "-config", config, "-newkey", "gost2012_256", "-pkeyopt", "paramset:XA", "-nodes", "-md_gost12_256", "-subj", "/CN=Outside", "-days", "30", "-keyout", key, "-out", crt).CombinedOutput()
	if err != nil {
		t.Fatalf("openssl: %v\n%s", err, out)
	}
	c.must("cert", "import", "--cert", crt, "--name", "outside")
	if _, err := c.run("", "cert", "bind", "outside"); err == nil {
		t.Fatal("bound without a code")
	}
	code := c.must("sandbox", "users", "--jq", `.items[] | select(.login == "`+accountant+`") | .lastCode`)
	c.must("cert", "bind", "outside", "--code", strings.Trim(strings.TrimSpace(code), `"`))
	return crt, key
}

// What this program sends to a bank and what the bank sends are valid by the schema:
// every packet, and every document inside.
func TestEveryMessageToAndFromTheBankIsValid(t *testing.T) {
	outsideTools(t)
	bin := build(t)
	p := newPortal(t, bin)
	c := newClerk(t, bin, p)
	c.must("org", "switch", organisation)
	dir := t.TempDir()
	crt, key := outsideCertificate(t, dir, c)
	paper := filepath.Join(dir, "paper.txt")
	if err := os.WriteFile(paper, []byte("paper"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.must("sandbox", "faults", "--bank", "certificate,signed,zip,asks")
	// The key is another program's: it signs, and it opens what the bank encrypts.
	signer := []string{"--signer", "exec:openssl cms -engine gost -sign -binary -cades -signer " + crt + " -inkey " + key + " -md md_gost12_256 -outform DER"}
	c.must("bank", "add", "romashka", "--training", "--logon-cert", "outside", "--decrypt", "exec:openssl cms -engine gost -decrypt -inform DER -recip "+crt+" -inkey "+key, "--signers", "outside")
	bank := func(args ...string) string { return c.must(append(append([]string{"bank"}, args...), signer...)...) }
	bank("probe", "romashka")
	var list struct{ Items []owed }
	c.read(&list, "bill", "list", "--all")
	order := append([]string{"pay", "order", list.Items[0].UIN, "--via", "directbank", "--through", "romashka", "--yes"}, signer...)
	c.must(order...)
	bank("letters", "romashka")
	bank("write", "romashka", "--type", "01", "--theme", "t", "--text", "line\nline", "--attach", paper)
	for _, kind := range []string{"final", "today", "balance"} {
		bank("statement", "romashka", "--type", kind)
	}
	if _, err := c.run("", append([]string{"bank", "status", "romashka"}, signer...)...); err != nil {
		t.Fatal(err)
	}
	id := strings.Trim(strings.TrimSpace(c.must("bank", "letters", "romashka", "--kept", "--jq", `.items[] | select(.from == "bank") | .about`)), `"`)
	bank("status", "romashka", id)
	bank("recall", "romashka", id, "--yes")

	box := filepath.Join(c.home, "state", "banks", "romashka")
	kinds := map[wire.Kind]int{}
	for _, folder := range []string{"sent", "done"} {
		files, err := filepath.Glob(filepath.Join(box, folder, "*.packet"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %d packets", folder, err, len(files))
		}
		for _, name := range files {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if folder == "done" {
				var kept struct{ Packet []byte }
				if err := json.Unmarshal(raw, &kept); err != nil {
					t.Fatal(err)
				}
				raw = kept.Packet
			}
			validPacket(t, raw, kinds)
		}
	}
	for _, k := range []wire.Kind{wire.KindPacketNotice, wire.KindDocNotice, wire.KindStatusRequest, wire.KindRecall, wire.KindProbe, wire.KindOrder, wire.KindStatementRequest, wire.KindStatement, wire.KindLetter} {
		if kinds[k] == 0 {
			t.Errorf("no document of kind %s was seen", k)
		}
	}
}

// validPacket holds a packet and its documents against the schema.
func validPacket(t *testing.T, raw []byte, kinds map[wire.Kind]int) {
	t.Helper()
	valid(t, raw)
	var p wire.PacketRoot
	if err := xml.Unmarshal(bytes.TrimPrefix(raw, []byte(wire.BOM)), &p); err != nil {
		t.Fatal(err)
	}
	for i := range p.Documents {
		d := &p.Documents[i]
		inner, err := base64.StdEncoding.DecodeString(d.Data.Text)
		if err == nil && d.Compressed {
			inner, err = unzipped(inner)
		}
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(inner, []byte(wire.BOM)) {
			t.Errorf("a document of kind %s has no mark", d.Kind)
		}
		valid(t, inner)
		kinds[d.Kind]++
	}
}

func valid(t *testing.T, raw []byte) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "xmllint", "--noout", "--schema", bankSchema, "-")
	cmd.Stdin = bytes.NewReader(raw)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\n%.1500s", err, out, raw)
	}
}

func unzipped(raw []byte) ([]byte, error) {
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, err
	}
	f, err := z.File[0].Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}
