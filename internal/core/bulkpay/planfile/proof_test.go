package planfile_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/epgu-cli/epgu/internal/core/bulkpay/planfile"
	"github.com/epgu-cli/epgu/internal/fault"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// mixed is a plan of every kind of row.
func mixed(t *testing.T, rows, block int) (*planfile.Plan, []byte) {
	t.Helper()
	var b bytes.Buffer
	w, err := planfile.NewWriter(&b, planfile.Header{ID: "01980000-0000-7000-8000-000000000001", Profile: "demo", Payer: "7700000000", BlockRows: block})
	if err != nil {
		t.Fatal(err)
	}
	for n := range rows {
		r := planfile.Row{Status: planfile.Pay, Kopecks: int64(100 + n), UIN: fmt.Sprintf("18%018d", n), Payer: "7700000000",
			Payee:  &planfile.Payee{Name: "УФК «Пример» \xff", INN: "7701000000", KPP: "770101001", Account: fmt.Sprint("0310", n), Bank: "Банк", BIK: "004525988", CorrAccount: "40102810545370000003"},
			Budget: &planfile.Budget{KBK: "18811601123010001140", OKTMO: "45382000", Period: "МС.07.2026", DocNo: "0"}, Purpose: "штраф, «<&>»"}
		switch n % 5 {
		case 1:
			r.Checked = time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC)
		case 2:
			r.UIN = ""
		case 3:
			r.Status = planfile.Changed
		case 4:
			r.UIN, r.ActCode = "0", "0014"
		}
		if err := w.Write(&r); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	p, err := planfile.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return p, b.Bytes()
}

func requestOf(r *planfile.Row) *cabinet.PaymentRequest {
	req := &cabinet.PaymentRequest{AmountKopecks: r.Kopecks, UIN: r.UIN, Requisites: r.Requisites()}
	if req.Requisites != nil {
		req.UIN = ""
	}
	return req
}

func TestProofsAreThoseThatPythonComputesFromTheDocument(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 here")
	}
	for _, shape := range [][2]int{{1, 256}, {2, 1}, {7, 4}, {8, 4}, {9, 2}, {21, 8}, {300, 256}, {513, 256}} {
		p, data := mixed(t, shape[0], shape[1])
		name := filepath.Join(t.TempDir(), "a.plan")
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), python, "testdata/proof.py", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
		have := []string{p.Totals.Root}
		for r, err := range p.ToPay(1) {
			if err != nil {
				t.Fatal(err)
			}
			proof, err := p.Vouch(r.N, requestOf(r))
			if err != nil {
				t.Fatalf("%d rows, row %d: %v", shape[0], r.N, err)
			}
			have = append(have, fmt.Sprint(proof.Row, " ", hex.EncodeToString(proof.Path)))
		}
		if strings.Join(have, "\n") != strings.Join(want, "\n") {
			t.Errorf("%d rows in blocks of %d:\n%s\nPython says\n%s", shape[0], shape[1], have[0], want[0])
		}
	}
}

func TestNoPaymentIsVouchedForThatIsNotTheOneOfItsRow(t *testing.T) {
	p, _ := mixed(t, 10, 4)
	rows := map[int]*planfile.Row{}
	for r, err := range p.ToPay(1) {
		if err != nil {
			t.Fatal(err)
		}
		rows[r.N] = r
	}
	for name, c := range map[string]struct {
		of, as int
		change func(*cabinet.PaymentRequest)
	}{
		"another sum":                  {1, 1, func(q *cabinet.PaymentRequest) { q.AmountKopecks++ }},
		"another УИН":                  {1, 1, func(q *cabinet.PaymentRequest) { q.UIN = "18000000000000000009" }},
		"requisites beside an УИН":     {1, 1, func(q *cabinet.PaymentRequest) { q.Requisites = &cabinet.Requisites{} }},
		"another account":              {3, 3, func(q *cabinet.PaymentRequest) { q.Requisites.Payee.Account = "03109" }},
		"another purpose":              {3, 3, func(q *cabinet.PaymentRequest) { q.Requisites.Purpose += "!" }},
		"another payee":                {5, 5, func(q *cabinet.PaymentRequest) { q.Requisites.Payee.Name += "!" }},
		"another row":                  {1, 2, func(*cabinet.PaymentRequest) {}},
		"another row by requisites":    {3, 8, func(*cabinet.PaymentRequest) {}},
		"a row that is not to be paid": {1, 4, func(*cabinet.PaymentRequest) {}},
		"no row":                       {1, 0, func(*cabinet.PaymentRequest) {}},
		"a row beyond the last":        {1, 11, func(*cabinet.PaymentRequest) {}},
	} {
		req := requestOf(rows[c.of])
		c.change(req)
		if _, err := p.Vouch(c.as, req); codeOf(err) != planfile.CodeNotSigned {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func codeOf(err error) string {
	var f *fault.Error
	errors.As(err, &f)
	if f == nil {
		return ""
	}
	return f.Code
}
